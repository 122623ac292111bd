//! The disk under a journal in a simulation: it knows what was written and what was flushed.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::format::journal::{self, Journal, JournalFault};
use crate::run::journal::Medium;
use crate::system::tables;

use super::random::Random;

/// What is on the disk.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    /// All bytes that were written.
    pub bytes: Vec<u8>,
    /// How many of them outlive a power cut.
    pub flushed: usize,
    /// What was read of the bytes since they changed.
    read: Option<Result<Arc<Journal>, JournalFault>>,
}

/// What happens to a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// All is well.
    Fine,
    /// So many bytes are written, then it fails.
    Part(usize),
    /// All is written, and flushing fails.
    Unflushed,
    /// All is written and flushed, and the process is no more.
    Last,
    /// All is written, and flushing is said to have been done.
    #[cfg(test)]
    Forgotten,
}

/// Who is asked what happens to each write: the line is given.
pub trait Fate: Send + Sync {
    /// Returns what happens.
    fn of_write(&self, line: &str) -> Write;
}

/// The medium of one machine's journal.
pub struct SimulatedMedium {
    disk: Arc<Mutex<Disk>>,
    fate: Box<dyn Fate>,
    is_to_fail: bool,
    #[cfg(test)]
    is_to_forget: bool,
}

impl std::fmt::Debug for SimulatedMedium {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimulatedMedium").finish_non_exhaustive()
    }
}

impl SimulatedMedium {
    /// Puts a disk and its fate together.
    pub fn new(disk: Arc<Mutex<Disk>>, fate: Box<dyn Fate>) -> SimulatedMedium {
        SimulatedMedium {
            disk,
            fate,
            is_to_fail: false,
            #[cfg(test)]
            is_to_forget: false,
        }
    }

    fn change(&self, change: impl FnOnce(&mut Disk)) {
        let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut disk);
        disk.read = None;
    }
}

impl Medium for SimulatedMedium {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let fate = self.fate.of_write(&String::from_utf8_lossy(bytes));
        let part = match fate {
            Write::Part(part) => part.min(bytes.len()),
            _ => bytes.len(),
        };
        self.change(|disk| disk.bytes.extend(&bytes[..part]));
        match fate {
            Write::Fine => Ok(()),
            Write::Part(_) => Err(io::ErrorKind::StorageFull.into()),
            Write::Unflushed => {
                self.is_to_fail = true;
                Ok(())
            }
            #[cfg(test)]
            Write::Forgotten => {
                self.is_to_forget = true;
                Ok(())
            }
            Write::Last => {
                self.change(|disk| disk.flushed = disk.bytes.len());
                Err(io::Error::other("the process is no more"))
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.is_to_fail) {
            return Err(io::Error::other("the line could not be flushed"));
        }
        #[cfg(test)]
        if std::mem::take(&mut self.is_to_forget) {
            return Ok(());
        }
        let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        disk.flushed = disk.bytes.len();
        Ok(())
    }

    fn cut(&mut self, bytes: u64) -> io::Result<()> {
        self.change(|disk| {
            disk.bytes.truncate(usize::try_from(bytes).unwrap_or(usize::MAX));
            disk.flushed = disk.flushed.min(disk.bytes.len());
        });
        Ok(())
    }
}

impl Disk {
    /// Returns a disk with these bytes on it.
    pub fn of(bytes: Vec<u8>) -> Disk {
        Disk { flushed: bytes.len(), bytes, read: None }
    }

    /// Reads the journal; bytes that are as they were are not read again.
    ///
    /// # Errors
    /// Why the journal is refused.
    pub fn journal(&mut self) -> Result<Arc<Journal>, JournalFault> {
        let read = || journal::read(&self.bytes, &tables()).map(Arc::new);
        match &self.read {
            Some(read) => read.clone(),
            None => self.read.insert(read()).clone(),
        }
    }

    /// Returns how much of what was not flushed is there before zeros follow: nothing of one line, any part of several.
    fn zeros_begin(&self, random: &mut Random, kept: usize) -> usize {
        let lines = self.bytes[self.flushed..].iter().filter(|byte| **byte == b'\n').count();
        if lines > 1 { random.below(kept + 1) } else { 0 }
    }

    /// Loses what was not flushed; of a torn line a part stays, or zeros where it was to be.
    pub fn power_cut(&mut self, random: &mut Random, is_torn: bool) {
        let unflushed = self.bytes.len() - self.flushed.min(self.bytes.len());
        let kept = if is_torn { random.below(unflushed) } else { 0 };
        let end = self.flushed + kept;
        if is_torn && random.percent(30) {
            let from = self.flushed + self.zeros_begin(random, kept);
            self.bytes[from..end].fill(0);
        }
        self.bytes.truncate(end);
        self.flushed = self.bytes.len();
        self.read = None;
    }
}
