//! A run's journal: one line an event, appended and flushed before anybody acts on it.

use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::format::journal as file;
use crate::model::event::{Entry, Event};

use super::state::{StateFault, flush_folder};

/// What a journal is written to: a file, or what takes its place in a simulation.
pub trait Medium: Debug {
    /// Writes behind what is there. Where it fails, a part may be written.
    ///
    /// # Errors
    /// What the system says.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes what was written outlive a power cut.
    ///
    /// # Errors
    /// What the system says.
    fn flush(&mut self) -> io::Result<()>;
    /// Cuts off all but the first `bytes`.
    ///
    /// # Errors
    /// What the system says.
    fn cut(&mut self, bytes: u64) -> io::Result<()>;
}

impl Medium for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, bytes: u64) -> io::Result<()> {
        self.set_len(bytes)
    }
}

/// A journal that is open for appending.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    out: Box<dyn Medium>,
    previous: String,
    number: u64,
    /// A write failed: what is at the end of the medium is not known.
    is_broken: bool,
}

impl Journal {
    /// Begins a journal where none is.
    ///
    /// # Errors
    /// Returns a [`StateFault`]; a journal that is there already is never touched.
    pub fn begin(path: &Path) -> Result<Journal, StateFault> {
        let fault = |cause| StateFault { act: "write", path: path.into(), cause };
        let out = OpenOptions::new().append(true).create_new(true).open(path).map_err(fault)?;
        path.parent().map_or(Ok(()), flush_folder)?;
        Ok(Journal::empty(path, Box::new(out)))
    }

    /// Begins a journal on a medium with nothing on it; `path` is its name for people.
    pub fn empty(path: &Path, out: Box<dyn Medium>) -> Journal {
        Journal { path: path.into(), out, previous: file::FIRST_PREVIOUS.into(), number: 0, is_broken: false }
    }

    /// Returns the digest of the last line, to which the next is chained.
    pub fn last_hash(&self) -> &str {
        &self.previous
    }

    /// Opens a journal that was read, to go on behind its last whole line. A torn line at its end is cut off.
    ///
    /// # Errors
    /// Returns a [`StateFault`].
    pub fn go_on(path: &Path, read: &file::Journal) -> Result<Journal, StateFault> {
        let fault = |cause| StateFault { act: "write", path: path.into(), cause };
        let out = OpenOptions::new().append(true).open(path).map_err(fault)?;
        Journal::go_on_with(path, Box::new(out), read)
    }

    /// Goes on behind the last whole line of a medium that was read; `path` is its name for people.
    ///
    /// # Errors
    /// Returns a [`StateFault`].
    pub fn go_on_with(path: &Path, mut out: Box<dyn Medium>, read: &file::Journal) -> Result<Journal, StateFault> {
        if let Some(torn) = &read.torn {
            out.cut(torn.offset).map_err(|cause| StateFault { act: "write", path: path.into(), cause })?;
        }
        let number = read.entries.last().map_or(0, |entry| entry.number);
        Ok(Journal { path: path.into(), out, previous: read.last_hash.clone(), number, is_broken: false })
    }

    /// Appends an event and flushes it to the disk.
    ///
    /// # Errors
    /// Returns a [`StateFault`]: the event may or may not be on disk, and nothing may be done on its strength. Nothing
    /// is written behind it any more, for half a line may be there: who goes on reads the journal first.
    pub fn write(&mut self, at: Timestamp, event: Event) -> Result<Entry, StateFault> {
        let entry = Entry { number: self.number + 1, at, event };
        let line = file::line(&entry, &self.previous);
        let written = match self.is_broken {
            true => Err(io::Error::other("an earlier line could not be written")),
            false => self.out.append(format!("{line}\n").as_bytes()).and_then(|()| self.out.flush()),
        };
        self.is_broken = written.is_err();
        written.map_err(|cause| StateFault { act: "write", path: self.path.clone(), cause })?;
        self.previous = file::digest(&line);
        self.number += 1;
        Ok(entry)
    }
}
