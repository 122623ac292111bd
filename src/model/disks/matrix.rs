//! The servers of a store side by side: files × servers, and what is known of each server as a whole.
//!
//! Plain values. They are made in `system::co_store::matrix` and shown in `report::disks`.

use super::compare::FileState;
use super::inventory::{Beside, Inventory, Record, State};
use super::link::BrokenLink;
use super::listing::Quarantine;
use super::name::{DiskFileName, same_name};
use super::recorded::Changed;
use crate::model::name::ServerName;
use crate::model::table::{MarkValue, RoleName};

/// The servers of one store, side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// The group's name.
    pub group: String,
    /// The system's name.
    pub system: String,
    /// The server against whose files the others were compared; none where it is unknown.
    pub master: Option<ServerName>,
    /// The servers, in the order of their names.
    pub servers: Vec<Column>,
    /// The files that any of them holds, by name.
    pub files: Vec<Row>,
    /// The files that are no longer as they were recorded, though no new version came.
    pub changed: Vec<Changed>,
    /// What PVS's own inventory says; none where it was not asked. It counts for nothing in [`Matrix::amount`].
    pub inventory: Option<Inventory>,
}

/// What is known of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The server.
    pub server: ServerName,
    /// Its role; none where it is unknown.
    pub role: Option<RoleName>,
    /// What its files are as a whole, or why that is unknown.
    pub disks: Result<MarkValue, String>,
    /// The bytes of its vDisk files; none where they could not be listed.
    pub bytes: Option<u64>,
    /// The folders `Invalid` and those renamed from it.
    pub quarantines: Vec<Quarantine>,
    /// What is wrong with its chains.
    pub broken: Vec<BrokenLink>,
}

/// One file on all servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The file's name.
    pub path: String,
    /// How it is on each server, in the order of [`Matrix::servers`].
    pub cells: Vec<Cell>,
}

/// One file on one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// It is the master's file, against which the others are compared.
    Master,
    /// Compared with the master's.
    Compared(FileState),
    /// To come with the next replication: no image is on the server yet.
    Awaiting,
    /// Left over from the server's time as a slave; not compared.
    Leftover {
        /// Its length.
        bytes: u64,
    },
    /// Not there, and not wanted there.
    Absent,
    /// It can't be said.
    Unknown,
}

/// What the servers amount to, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Amount {
    /// Every file is as it should be, or comes by itself.
    Equal,
    /// Files differ, are missing or extra, lie in a folder `Invalid`, or changed without a new version.
    Different,
    /// Something could not be determined.
    Unknown,
}

impl Matrix {
    /// Returns what the servers amount to; what could not be determined goes before what differs, as for every command.
    pub fn amount(&self) -> Amount {
        let cells = self.files.iter().flat_map(|row| &row.cells).map(cell_amount);
        let servers = self.servers.iter().map(|column| match &column.disks {
            Err(_) => Amount::Unknown,
            Ok("invalid" | "divergent") => Amount::Different,
            Ok(_) => Amount::Equal,
        });
        let changed = self.changed.iter().map(|_| Amount::Different);
        cells.chain(servers).chain(changed).max().unwrap_or(Amount::Equal)
    }

    /// Returns how what PVS says of a version stands to the bytes of its files.
    pub fn beside(&self, record: &Record) -> Beside {
        let properties = DiskFileName::parse(&record.file).map(|name| name.properties());
        let cell = |file: &str| self.cell(&record.server, file);
        let [image, properties] = [cell(&record.file), properties.and_then(|file| cell(&file))];
        match record.state {
            Ok(State::UpToDate) if is_wrong(image) || is_wrong(properties) => Beside::TakenForGood,
            Ok(State::FileMissing | State::FileOutdated) if is_right(image) => Beside::TakenForBehind,
            Ok(State::PropertiesMissing | State::PropertiesOutdated) if is_right(properties) => Beside::TakenForBehind,
            _ => Beside::NoConflict,
        }
    }

    fn cell(&self, server: &ServerName, file: &str) -> Option<&Cell> {
        let at = self.servers.iter().position(|column| column.server == *server)?;
        self.files.iter().find(|row| same_name(&row.path, file))?.cells.get(at)
    }
}

fn is_right(cell: Option<&Cell>) -> bool {
    matches!(cell, Some(Cell::Master | Cell::Compared(FileState::Equal)))
}

fn is_wrong(cell: Option<&Cell>) -> bool {
    match cell {
        Some(Cell::Awaiting | Cell::Compared(FileState::Missing)) => true,
        Some(Cell::Compared(state)) => state.is_divergent(),
        _ => false,
    }
}

fn cell_amount(cell: &Cell) -> Amount {
    match cell {
        Cell::Compared(FileState::Equal | FileState::Maintenance)
        | Cell::Master
        | Cell::Awaiting
        | Cell::Leftover { .. }
        | Cell::Absent => Amount::Equal,
        Cell::Compared(FileState::Missing | FileState::Extra) => Amount::Different,
        Cell::Compared(state) if state.is_divergent() => Amount::Different,
        Cell::Compared(_) | Cell::Unknown => Amount::Unknown,
    }
}
