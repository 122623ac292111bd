//! A file that is being read: opened, and checked afterwards for having stayed as it was.
//!
//! Bytes from two moments are no evidence of anything, so whoever reads a file's content calls [`Opened::check`] before
//! using it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::fingerprint::FingerprintError;
use super::source::Source;
use super::stamp::Stamp;

/// A file that is being read.
#[derive(Debug)]
pub(super) struct Opened {
    path: PathBuf,
    pub(super) source: Source,
    /// What the file system said when it was opened.
    pub(super) stamp: Stamp,
}

impl Opened {
    pub(super) fn open(path: &Path) -> Result<Opened, FingerprintError> {
        let refused = |source| match is_held(&source) {
            true => FingerprintError::InUse { path: path.to_owned(), why: HELD },
            false => FingerprintError::Open { path: path.to_owned(), source },
        };
        // Looked at before it is opened, because opening a pipe waits for its writer.
        if !fs::metadata(path).map_err(refused)?.is_file() {
            return Err(FingerprintError::NotAFile { path: path.to_owned() });
        }
        let file = File::open(path).map_err(refused)?;
        let stamp = Stamp::of_file(&file).map_err(refused)?;
        Ok(Opened { path: path.to_owned(), source: Source::new(file), stamp })
    }

    /// What a failed read means.
    pub(super) fn refused(&self, source: io::Error) -> FingerprintError {
        match source.kind() {
            _ if is_held(&source) => self.in_use(HELD),
            io::ErrorKind::UnexpectedEof => self.in_use("it was cut short while it was read"),
            _ => FingerprintError::Read { path: self.path.clone(), source },
        }
    }

    /// Says whether file and name are what they were when it was opened.
    pub(super) fn check(&self) -> Result<(), FingerprintError> {
        let after = Stamp::of_file(&self.source.file).map_err(|source| self.refused(source))?;
        if after != self.stamp {
            return Err(self.in_use("it was written while it was read"));
        }
        match Stamp::at(&self.path) {
            Ok(named) if named == self.stamp => Ok(()),
            _ => Err(self.in_use("it was replaced while it was read")),
        }
    }

    fn in_use(&self, why: &'static str) -> FingerprintError {
        FingerprintError::InUse { path: self.path.clone(), why }
    }
}

const HELD: &str = "another program holds it";

/// Whether Windows refused because of another program: a sharing violation or a locked range.
fn is_held(error: &io::Error) -> bool {
    cfg!(windows) && matches!(error.raw_os_error(), Some(32 | 33))
}
