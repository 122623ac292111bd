//! A run's journal: one line an event, appended and flushed before anybody acts on it.
//!
//! Several lines may be flushed at once. A power cut before that leaves some of the first of them, the last of these cut
//! short, as it leaves one line or a part of it.

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
    /// The number of the last line that outlives a power cut.
    flushed: u64,
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
        Journal {
            path: path.into(),
            out,
            previous: file::FIRST_PREVIOUS.into(),
            number: 0,
            flushed: 0,
            is_broken: false,
        }
    }

    /// Returns the digest of the last line, to which the next is chained.
    pub fn last_hash(&self) -> &str {
        &self.previous
    }

    /// Returns the number of the last line that outlives a power cut.
    pub fn flushed(&self) -> u64 {
        self.flushed
    }

    /// Opens a journal that was read, to go on behind its last whole line. A torn line at its end is cut off.
    ///
    /// # Errors
    /// Returns a [`StateFault`].
    pub fn go_on(path: &Path, read: &file::Journal) -> Result<Journal, StateFault> {
        let fault = |cause| StateFault { act: "write", path: path.into(), cause };
        if let Some(torn) = &read.torn {
            // Windows lets nobody cut a file who may only append to it.
            let cut = OpenOptions::new().write(true).open(path).and_then(|file| file.set_len(torn.offset));
            cut.map_err(fault)?;
        }
        let out = OpenOptions::new().append(true).open(path).map_err(fault)?;
        Ok(Journal::behind(path, Box::new(out), read))
    }

    /// Goes on behind the last whole line of a medium that was read; `path` is its name for people.
    ///
    /// # Errors
    /// Returns a [`StateFault`].
    pub fn go_on_with(path: &Path, mut out: Box<dyn Medium>, read: &file::Journal) -> Result<Journal, StateFault> {
        if let Some(torn) = &read.torn {
            out.cut(torn.offset).map_err(|cause| StateFault { act: "write", path: path.into(), cause })?;
        }
        Ok(Journal::behind(path, out, read))
    }

    fn behind(path: &Path, out: Box<dyn Medium>, read: &file::Journal) -> Journal {
        let number = read.entries.last().map_or(0, |entry| entry.number);
        let previous = read.last_hash.clone();
        Journal { path: path.into(), out, previous, number, flushed: number, is_broken: false }
    }

    /// Appends an event and flushes it to the disk.
    ///
    /// # Errors
    /// Returns a [`StateFault`]: the event may or may not be on disk, and nothing may be done on its strength. Nothing
    /// is written behind it any more, for half a line may be there: who goes on reads the journal first.
    pub fn write(&mut self, at: Timestamp, event: Event) -> Result<Entry, StateFault> {
        let entry = self.append(at, event)?;
        self.flush()?;
        Ok(entry)
    }

    /// Appends an event, which is not flushed yet: nothing may be done on its strength before [`Journal::flush`].
    ///
    /// # Errors
    /// As [`Journal::write`].
    pub fn append(&mut self, at: Timestamp, event: Event) -> Result<Entry, StateFault> {
        let entry = Entry { number: self.number + 1, at, event };
        let mut line = file::line(&entry, &self.previous);
        let digest = file::digest(&line);
        line.push('\n');
        self.go(|out| out.append(line.as_bytes()))?;
        self.previous = digest;
        self.number += 1;
        Ok(entry)
    }

    /// Flushes all events that were appended to the disk.
    ///
    /// # Errors
    /// As [`Journal::write`].
    pub fn flush(&mut self) -> Result<(), StateFault> {
        self.go(|out| out.flush())?;
        self.flushed = self.number;
        Ok(())
    }

    fn go(&mut self, act: impl FnOnce(&mut dyn Medium) -> io::Result<()>) -> Result<(), StateFault> {
        let done = match self.is_broken {
            true => Err(io::Error::other("an earlier line could not be written")),
            false => act(self.out.as_mut()),
        };
        self.is_broken = done.is_err();
        done.map_err(|cause| StateFault { act: "write", path: self.path.clone(), cause })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn half_a_line_is_cut_off_by_whoever_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let read = || file::read(&fs::read(&path).unwrap(), &[]).unwrap();
        Journal::begin(&path).unwrap().write(Timestamp::UNIX_EPOCH, Event::RunInterrupted).unwrap();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, [&whole[..], b"{\"event\":"].concat()).unwrap();
        let torn = read();
        assert_eq!(torn.torn.as_ref().map(|torn| torn.offset), Some(whole.len() as u64));
        let mut journal = Journal::go_on(&path, &torn).unwrap();
        assert_eq!(fs::read(&path).unwrap(), whole);
        journal.write(Timestamp::UNIX_EPOCH, Event::RunInterrupted).unwrap();
        let numbers: Vec<u64> = read().entries.iter().map(|entry| entry.number).collect();
        assert_eq!((numbers, read().torn.is_none()), (vec![1, 2], true));
    }
}
