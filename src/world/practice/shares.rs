//! Where a farm's vDisk files are: one share for each server and store. Two stores for them exist, a folder and
//! memory; the rules above don't know which it is.

use std::io;
use std::path::PathBuf;

use super::bytes::Bytes;
use crate::disk::name::left_out;

/// One share: the folder of one store on one server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share {
    /// The server, as the farm writes it.
    pub server: String,
    /// The CO-Store store, as the farm writes it.
    pub store: String,
}

/// One file of a share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// When it was last written, in units of 100 ns since the Unix epoch (UTC).
    pub modified: i64,
}

/// The shares of a farm.
///
/// A `path` is the name of a file in the share, or of a folder in the share and a file in it with `/` between them.
pub trait Shares: Send {
    /// Returns the share's folder and the file beside all shares that remembers fingerprints; none in memory.
    fn place(&self, share: &Share) -> Option<(PathBuf, PathBuf)>;
    /// Returns whether the share is there.
    fn has(&self, share: &Share) -> bool;
    /// Makes an empty share; one that is there is left alone.
    fn make(&mut self, share: &Share) -> io::Result<()>;
    /// Returns the files of the share, or of one folder in it, sorted by name.
    fn files(&self, share: &Share, folder: Option<&str>) -> io::Result<Vec<StoredFile>>;
    /// Returns the names of the folders in the share, sorted.
    fn folders(&self, share: &Share) -> io::Result<Vec<String>>;
    /// Returns a file's content.
    fn read(&self, share: &Share, path: &str) -> io::Result<Bytes>;
    /// Writes a whole file, with its folder where that is missing.
    fn write(&mut self, share: &Share, path: &str, content: &Bytes, modified: i64) -> io::Result<()>;
    /// Removes a file.
    fn remove(&mut self, share: &Share, path: &str) -> io::Result<()>;
    /// Gives a folder in the share another name.
    fn rename_folder(&mut self, share: &Share, from: &str, to: &str) -> io::Result<()>;
}

/// Returns the vDisk files of a share: all but the lock files, which each server has
/// for itself, and what is no vDisk file at all.
pub fn disk_files(shares: &dyn Shares, share: &Share) -> io::Result<Vec<StoredFile>> {
    let mut files = shares.files(share, None)?;
    files.retain(|file| left_out(&file.name, false).is_none());
    Ok(files)
}
