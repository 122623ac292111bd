//! What the file system says about a file without its content being read.
//!
//! Equal stamps make it likely that a file is as it was; they never prove it. Used by [`super::fingerprint`] to see a
//! change while reading, and by [`super::cache`] to find an answer again.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Which file it is, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileId {
    /// The file system.
    pub device: u64,
    /// The file's number in it.
    pub number: u64,
}

/// What the file system says about a file. Times are in units of 100 ns since 1970-01-01 UTC, as NTFS counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The length in bytes.
    pub bytes: u64,
    /// When the content was last written; programs can set it.
    pub modified: i64,
    /// When anything about the file last changed, which programs can't set; none where the system has no such time.
    pub changed: Option<i64>,
    /// Which file it is; none where the system doesn't say.
    pub file: Option<FileId>,
}

impl Stamp {
    /// The stamp that metadata contain. On Windows they don't say which file it is.
    pub fn of(metadata: &Metadata) -> Stamp {
        let (changed, file) = identity(metadata);
        Stamp { bytes: metadata.len(), modified: metadata.modified().map_or(0, hundred_ns), changed, file }
    }

    /// The stamp of an open file.
    ///
    /// # Errors
    /// What the system said.
    pub fn of_file(file: &File) -> io::Result<Stamp> {
        let stamp = Stamp::of(&file.metadata()?);
        Ok(Stamp { file: stamp.file.or_else(|| opened_identity(file)), ..stamp })
    }

    /// The stamp of the file that has a name now.
    ///
    /// # Errors
    /// What the system said.
    pub fn at(path: &Path) -> io::Result<Stamp> {
        // Only an open file of Windows says which it is. Elsewhere a pipe may have the name, and opening it would wait.
        if cfg!(windows) { Stamp::of_file(&File::open(path)?) } else { Ok(Stamp::of(&path.metadata()?)) }
    }

    /// When the content was last written.
    pub fn modified_at(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_nanosecond(i128::from(self.modified) * 100).unwrap_or_default()
    }

    /// When the file was last written or changed, whichever is later.
    pub fn touched(&self) -> i64 {
        self.changed.unwrap_or(i64::MIN).max(self.modified)
    }
}

fn hundred_ns(time: SystemTime) -> i64 {
    let ticks = |nanos: u128| i64::try_from(nanos / 100).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => ticks(after.as_nanos()),
        Err(before) => -ticks(before.duration().as_nanos()),
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> (Option<i64>, Option<FileId>) {
    use std::os::unix::fs::MetadataExt;
    let changed = metadata.ctime().saturating_mul(10_000_000).saturating_add(metadata.ctime_nsec() / 100);
    (Some(changed), Some(FileId { device: metadata.dev(), number: metadata.ino() }))
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> (Option<i64>, Option<FileId>) {
    (None, None)
}

/// # Source
/// "BY_HANDLE_FILE_INFORMATION" of the Windows API. A file system without such numbers gives zero.
#[cfg(windows)]
fn opened_identity(file: &File) -> Option<FileId> {
    let told = winapi_util::file::information(file).ok().filter(|told| told.file_index() != 0)?;
    Some(FileId { device: told.volume_serial_number(), number: told.file_index() })
}

#[cfg(not(windows))]
fn opened_identity(_: &File) -> Option<FileId> {
    None
}
