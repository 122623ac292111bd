//! What PVS's own inventory says, as a part of the JSON of [`super::disks`].

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::disks::inventory::{Beside, Inventory, Record, Says, State};
use crate::model::disks::matrix::{Column, Matrix};

/// What PVS's own inventory says of a store.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PvsFile {
    /// Each server by its name.
    servers: BTreeMap<String, SaysFile>,
    versions: Vec<VersionFile>,
    /// Why something of it is unknown.
    unknown: Vec<String>,
}

/// What PVS says of a server as a whole.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum SaysFile {
    UpToDate,
    Behind,
    Unknown,
    /// It tells of no version there, as of a server that does not serve the store.
    NotListed,
}

/// What PVS says of one version of a vDisk on one server.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct VersionFile {
    server: String,
    /// The file name of the version's image.
    file: String,
    /// The folder in which PVS looks for it; empty where it does not say.
    folder: String,
    state: VersionStateFile,
    /// Why the state is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    bytes: BesideFile,
}

/// How PVS says that a version is on a server.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum VersionStateFile {
    UpToDate,
    FileMissing,
    FileOutdated,
    PropertiesMissing,
    PropertiesOutdated,
    Unknown,
}

/// How what PVS says stands to the bytes.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum BesideFile {
    /// They do not contradict each other, as far as both are known.
    NoConflict,
    /// PVS takes it for up to date, and a file of it is missing or holds other bytes than the master's.
    TakenForGood,
    /// PVS takes it for behind, and the file that PVS means is there with the master's bytes.
    TakenForBehind,
}

/// Returns what PVS says, as it is written.
pub(super) fn pvs(matrix: &Matrix, inventory: &Inventory) -> PvsFile {
    let says = |column: &Column| match inventory.says(&column.server) {
        Says::UpToDate => SaysFile::UpToDate,
        Says::Behind => SaysFile::Behind,
        Says::Unknown => SaysFile::Unknown,
        Says::NotListed => SaysFile::NotListed,
    };
    PvsFile {
        servers: matrix.servers.iter().map(|column| (column.server.to_string(), says(column))).collect(),
        versions: inventory.records.iter().map(|record| version(matrix, record)).collect(),
        unknown: inventory.unknown.clone(),
    }
}

fn version(matrix: &Matrix, record: &Record) -> VersionFile {
    VersionFile {
        server: record.server.to_string(),
        file: record.file.clone(),
        folder: record.folder.clone(),
        state: match record.state {
            Ok(State::UpToDate) => VersionStateFile::UpToDate,
            Ok(State::FileMissing) => VersionStateFile::FileMissing,
            Ok(State::FileOutdated) => VersionStateFile::FileOutdated,
            Ok(State::PropertiesMissing) => VersionStateFile::PropertiesMissing,
            Ok(State::PropertiesOutdated) => VersionStateFile::PropertiesOutdated,
            Err(_) => VersionStateFile::Unknown,
        },
        because: record.state.as_ref().err().cloned(),
        bytes: match matrix.beside(record) {
            Beside::NoConflict => BesideFile::NoConflict,
            Beside::TakenForGood => BesideFile::TakenForGood,
            Beside::TakenForBehind => BesideFile::TakenForBehind,
        },
    }
}
