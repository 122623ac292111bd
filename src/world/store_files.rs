//! What a store folder holds, with fingerprints and chains: the answer of the machine that has the disks.
//!
//! Only reads, but for the file in which it remembers fingerprints. Decides nothing: listings are compared in
//! `model::disks::compare`.

use std::io::{self, Cursor};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use crate::disk::cache::Cache;
use crate::disk::chain::{check_chains, image_of, read_images};
use crate::disk::fingerprint;
use crate::disk::folder::{FolderError, hash_folder_by};
use crate::disk::listing::{Content, FileSeen, Listing};
use crate::disk::manifest::Fingerprint;

/// Where fingerprints are remembered, and whether they may answer.
#[derive(Debug, Clone, Copy)]
pub struct Memory<'a> {
    /// The file; none: nothing is remembered.
    pub file: Option<&'a Path>,
    /// Whether every file is read again, whatever is remembered of it.
    pub afresh: bool,
}

/// Lists a store folder with the fingerprints of its files and the faults of their chains.
///
/// What goes wrong with the remembering is logged and costs time alone.
///
/// # Errors
/// Where the folder can't be listed; a file that can't be read is an entry of the listing.
pub fn of_folder(folder: &Path, memory: Memory<'_>) -> Result<Listing, FolderError> {
    let now = Timestamp::now();
    let cache = match memory.file.filter(|_| !memory.afresh) {
        Some(file) => {
            let (cache, note) = Cache::load(file);
            note.iter().for_each(|note| tracing::warn!("{note}"));
            cache
        }
        None => Cache::default(),
    };
    let anything_read = AtomicBool::new(false);
    let mut listing = match memory.file {
        Some(_) => hash_folder_by(folder, &|path| {
            cache.read(path, now, &mut |_| anything_read.store(true, Ordering::Relaxed))
        })?,
        None => hash_folder_by(folder, &|path| fingerprint::read(path, &mut |_| {}))?,
    };
    if let Some(Err(error)) = memory.file.filter(|_| anything_read.into_inner()).map(|file| cache.save(file)) {
        tracing::warn!("{error}");
    }
    listing.broken = check_chains(&read_images(folder, &listing));
    Ok(listing)
}

/// Fills a listing with the fingerprints and chain faults of files that lie in memory.
pub fn of_memory(listing: &mut Listing, read: &dyn Fn(&str) -> io::Result<Vec<u8>>) {
    let mut images = Vec::new();
    for file in &mut listing.files {
        file.content = match read(&file.name) {
            Ok(bytes) => {
                images.extend(image_of(&file.name, file.modified, &mut Cursor::new(&bytes)));
                Content::Read(Fingerprint::of(&bytes))
            }
            Err(error) => Content::Unreadable { why: error.to_string() },
        };
    }
    listing.broken = check_chains(&images);
}

/// Returns an entry of a listing whose content was not read; times count 100 ns since the Unix epoch (UTC).
pub fn unread(name: String, bytes: u64, modified: i64) -> FileSeen {
    let modified = Timestamp::from_nanosecond(i128::from(modified) * 100).unwrap_or_default();
    FileSeen { name, bytes, modified, content: Content::Unread }
}
