//! One order for a host's shell, ready to be sent.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::Host;
use super::child::Task;
use super::nonce::Nonce;

/// How many bytes an answer may have.
pub const MOST: usize = 16 * 1024 * 1024;
/// How many bytes the fingerprints of a store may have, or a file that is copied.
pub const MOST_LONG: usize = 256 * 1024 * 1024;

/// An order: one of the fixed programs, and data.
#[derive(Debug, Clone)]
pub struct Order {
    /// The word by which its answer is known.
    pub nonce: Nonce,
    /// What an SSH server's shell reads.
    pub line: String,
    /// What is started where the host is this machine.
    pub program: PathBuf,
    /// And its words.
    pub words: Vec<OsString>,
    /// Whether it only looks, so that it may be sent before it is known that the host can be reached.
    pub looks: bool,
    /// What it reads from standard input; the only way of a secret.
    pub reads: Option<Vec<u8>>,
    /// Whether it may read files for hours.
    pub long: bool,
    /// How long it may take; none: as long as the host lets a command take, or a long reading.
    pub limit: Option<Duration>,
    /// How many bytes its answer may have.
    pub most: usize,
}

impl Order {
    /// Returns an order that changes something, as far as anybody knows, and reads nothing.
    pub fn new(nonce: Nonce, line: String, program: PathBuf, words: Vec<OsString>) -> Order {
        Order { nonce, line, program, words, looks: false, reads: None, long: false, limit: None, most: MOST }
    }

    /// Returns the order as one that only looks.
    #[must_use]
    pub fn looking(self) -> Order {
        Order { looks: true, ..self }
    }

    /// Returns whether it only looks, and briefly, and reads nothing.
    pub fn only_looks(&self) -> bool {
        self.looks && !self.long && self.reads.is_none()
    }

    /// Returns what a child on the way to a host is to do for it.
    pub fn task(&self, host: &Host) -> Task<'_> {
        let usual = if self.long { host.limits.hash } else { host.limits.command };
        let limit = self.limit.unwrap_or(usual);
        Task { reads: self.reads.as_deref(), limit, most: self.most, until: Some(&self.nonce) }
    }

    /// Returns the order with something to read.
    #[must_use]
    pub fn reading(mut self, bytes: Vec<u8>) -> Order {
        self.reads = Some(bytes);
        self
    }

    /// Returns the order as one that may take so long.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Order {
        self.limit = Some(limit);
        self
    }

    /// Returns the order as one whose answer may be large, and take the time of a long reading.
    #[must_use]
    pub fn long(mut self) -> Order {
        self.long = true;
        self.most = MOST_LONG;
        self
    }
}

/// What an order was answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status with which its program ended.
    pub status: i32,
    /// What it wrote.
    pub wrote: Vec<u8>,
    /// The beginning of what it wrote to standard error.
    pub said: Vec<u8>,
}
