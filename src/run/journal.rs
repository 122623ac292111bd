//! A run's journal on disk: one line an event, appended and flushed before anybody acts on it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::format::journal as file;
use crate::model::event::{Entry, Event};

use super::state::StateFault;

/// A journal that is open for appending.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    out: File,
    previous: String,
    number: u64,
}

impl Journal {
    /// Begins a journal where none is.
    ///
    /// # Errors
    /// Returns a [`StateFault`]; a journal that is there already is never touched.
    pub fn begin(path: &Path) -> Result<Journal, StateFault> {
        let fault = |cause| StateFault { act: "write", path: path.into(), cause };
        let out = OpenOptions::new().append(true).create_new(true).open(path).map_err(fault)?;
        flush_folder(path).map_err(fault)?;
        Ok(Journal { path: path.into(), out, previous: file::NO_LINE.into(), number: 0 })
    }

    /// Opens a journal that was read, to go on behind its last whole line. A torn line at its end is cut off.
    ///
    /// # Errors
    /// Returns a [`StateFault`].
    pub fn go_on(path: &Path, read: &file::Journal) -> Result<Journal, StateFault> {
        let fault = |cause| StateFault { act: "write", path: path.into(), cause };
        let out = OpenOptions::new().append(true).open(path).map_err(fault)?;
        if let Some(torn) = &read.torn {
            out.set_len(torn.offset).map_err(fault)?;
        }
        let number = read.entries.last().map_or(0, |entry| entry.number);
        Ok(Journal { path: path.into(), out, previous: read.last.clone(), number })
    }

    /// Appends an event and flushes it to the disk.
    ///
    /// # Errors
    /// Returns a [`StateFault`]: the event may or may not be on disk, and nothing may be done on its strength.
    pub fn write(&mut self, event: Event) -> Result<Entry, StateFault> {
        let entry = Entry { number: self.number + 1, at: Timestamp::now(), event };
        let line = file::line(&entry, &self.previous);
        let fault = |cause| StateFault { act: "write", path: self.path.clone(), cause };
        self.out.write_all(format!("{line}\n").as_bytes()).and_then(|()| self.out.sync_data()).map_err(fault)?;
        self.previous = file::digest(&line);
        self.number += 1;
        Ok(entry)
    }
}

/// Makes a new file's name durable, where the system lets us.
#[cfg(unix)]
fn flush_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(not(unix))]
fn flush_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}
