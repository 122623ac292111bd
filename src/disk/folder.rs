//! Reads a store folder: lists it, and fingerprints its vDisk files, many at once.
//!
//! Opens files for reading only and looks into no folder but the `Invalid` ones. A file that can't be read is an entry
//! with its reason; a folder that can't be listed is an error, because what isn't known isn't absent.

use std::fs;
use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::cache::{Ask, Cache};
use super::fingerprint::{self, FingerprintError, Outlined, Reading};
use super::listing::{Content, FileSeen, LeftOutEntry, Listing, Quarantine};
use super::manifest::BLOCK_BYTES;
use super::name::{LeftOut, folded, left_out};
use super::stamp::Stamp;

/// How many small files are read at once.
const MOST_WORKERS: usize = 6;
/// Files of more bytes than a block are read by several threads each, one file after the other: more at once would only
/// make a disk seek.
const LARGE_BYTES: u64 = BLOCK_BYTES;

/// Why a store folder couldn't be listed.
#[derive(Debug, thiserror::Error)]
#[error("the folder `{}` could not be listed", path.display())]
pub struct FolderError {
    /// The folder.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// Lists a store folder without reading any file's content.
///
/// # Errors
/// Where the folder can't be listed to its end.
pub fn list_folder(folder: &Path) -> Result<Listing, FolderError> {
    let failed = |source| FolderError { path: folder.to_owned(), source };
    let mut listing = Listing::default();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Follows links, and where a link leads nowhere the file can't be read.
        let metadata = fs::metadata(entry.path());
        let is_folder = metadata.as_ref().is_ok_and(fs::Metadata::is_dir);
        match left_out(&name, is_folder) {
            None => listing.files.push(seen(name, metadata, entry.file_name().to_str().is_some())),
            Some(because) => {
                if because == LeftOut::Quarantine {
                    listing.quarantines.push(quarantine(&entry.path(), name.clone()));
                }
                listing.left_out.push(LeftOutEntry { path: name, because });
            }
        }
    }
    listing.files.sort_by_cached_key(|file| (folded(&file.name), file.name.clone()));
    listing.quarantines.sort_by_cached_key(|found| (folded(&found.path), found.path.clone()));
    listing.left_out.sort_by_cached_key(|entry| (folded(&entry.path), entry.path.clone()));
    Ok(listing)
}

fn seen(name: String, metadata: io::Result<fs::Metadata>, is_unicode: bool) -> FileSeen {
    let (stamp, content) = match metadata {
        Ok(_) if !is_unicode => (None, Content::Unreadable { why: "its name isn't Unicode".to_owned() }),
        Ok(metadata) => (Some(Stamp::of(&metadata)), Content::Unread),
        Err(error) => (None, Content::Unreadable { why: error.to_string() }),
    };
    let (bytes, modified) = stamp.map_or_else(Default::default, |stamp| (stamp.bytes, stamp.modified_at()));
    FileSeen { name, bytes, modified, content }
}

fn quarantine(path: &Path, name: String) -> Quarantine {
    let entries = fs::read_dir(path).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
    match entries {
        Err(error) => Quarantine { unreadable: Some(error.to_string()), ..Quarantine::of(name, []) },
        Ok(entries) => {
            Quarantine::of(name, entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()))
        }
    }
}

/// Lists a store folder and fingerprints its vDisk files.
///
/// # Errors
/// As [`list_folder`]; a file that can't be read is an entry of the listing.
pub fn hash_folder(folder: &Path) -> Result<Listing, FolderError> {
    hash_folder_by(folder, &|path| fingerprint::read(path, &mut |_| {}))
}

/// A way to a file's fingerprint: reading it, with progress reported or answers kept, as the caller likes.
pub type ReadFile<'a> = &'a (dyn Fn(&Path) -> Result<Reading, FingerprintError> + Sync);

/// Lists a store folder and fingerprints its vDisk files by `read`, which is called from several threads.
///
/// # Errors
/// As [`hash_folder`].
pub fn hash_folder_by(folder: &Path, read: ReadFile<'_>) -> Result<Listing, FolderError> {
    let read = |path: &Path| {
        read(path).map(|Reading { fingerprint, stamp }| Outlined { outline: (&fingerprint).into(), stamp })
    };
    let mut listing = list_folder(folder)?;
    read_files(folder, &mut listing, &read);
    Ok(listing)
}

/// Lists a store folder and reads its vDisk files by way of a cache, as deep as `ask` says, watched by `ask.watch`.
///
/// Where it is stopped, the files that weren't read yet are entries that say so, and the cache holds a checkpoint of
/// those that were being read.
///
/// # Errors
/// As [`list_folder`]; a file that can't be read is an entry of the listing.
pub fn read_folder(folder: &Path, cache: &Cache, ask: &Ask<'_>) -> Result<Listing, FolderError> {
    let mut listing = list_folder(folder)?;
    ask.watch.expect(listing.files.iter().filter(|file| file.content == Content::Unread).map(|file| file.bytes).sum());
    read_files(folder, &mut listing, &|path: &Path| cache.ask(path, ask));
    Ok(listing)
}

fn read_files(
    folder: &Path,
    listing: &mut Listing,
    read: &(dyn Fn(&Path) -> Result<Outlined, FingerprintError> + Sync),
) {
    let unread = (0..listing.files.len()).filter(|&at| listing.files[at].content == Content::Unread);
    let (large, small): (Vec<usize>, Vec<usize>) = unread.partition(|&at| listing.files[at].bytes > LARGE_BYTES);
    let files = &listing.files;
    let hash = |at: usize| (at, hashed(&files[at], read(&folder.join(&files[at].name))));
    let mut done: Vec<(usize, FileSeen)> = large.into_iter().map(hash).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(&at) = small.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push(hash(at));
        }
        done
    };
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_WORKERS).min(small.len());
    done.extend(thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let join = threads.into_iter().map(|thread| thread.join());
        join.flat_map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect::<Vec<_>>()
    }));
    for (at, file) in done {
        listing.files[at] = file;
    }
}

fn hashed(file: &FileSeen, result: Result<Outlined, FingerprintError>) -> FileSeen {
    let content = match result {
        Ok(Outlined { outline, stamp }) => {
            let content = match outline.fingerprint() {
                Some(fingerprint) => Content::Read(fingerprint),
                None => Content::Outlined(outline),
            };
            return FileSeen { name: file.name.clone(), bytes: stamp.bytes, modified: stamp.modified_at(), content };
        }
        Err(FingerprintError::InUse { why, .. }) => Content::InUse { why: why.to_owned() },
        Err(FingerprintError::Stopped { .. }) => Content::Unread,
        Err(error) => Content::Unreadable { why: reason(&error) },
    };
    FileSeen { content, ..file.clone() }
}

/// The system's own words, since the entry names the file already.
pub(super) fn reason(error: &FingerprintError) -> String {
    match error {
        FingerprintError::Open { source, .. } | FingerprintError::Read { source, .. } => source.to_string(),
        FingerprintError::NotAFile { .. } => "it is not a file".to_owned(),
        FingerprintError::InUse { why, .. } => (*why).to_owned(),
        FingerprintError::Stopped { .. } => "reading was stopped".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, content) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("inside the folder")).expect("a folder");
            fs::write(path, content).expect("written");
        }
        folder
    }

    // DV-01, DV-03
    #[test]
    fn a_store_folder_is_listed_with_fingerprints_and_quarantine() {
        let folder = store(&[
            ("Hoge.vhd", "base"),
            ("Hoge.1.avhd", "version"),
            ("Hoge.1.pvp", "properties"),
            ("Hoge.1.lok", "held"),
            ("readme.txt", "text"),
            ("WriteCache/x.vhdx", "cache"),
            ("Invalid/Hoge.11.avhd.20170907_123456_000000", "old"),
            ("Invalid/notes.txt", "notes"),
            ("Invalid.20170908/Hoge.9.avhd.20170907_123456_000000", "old"),
        ]);
        let listing = hash_folder(folder.path()).expect("readable");
        let names: Vec<&str> = listing.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["Hoge.1.avhd", "Hoge.1.pvp", "Hoge.vhd"]);
        let Content::Read(found) = &listing.files[2].content else { panic!("{listing:?}") };
        assert_eq!(found.blake3.to_string(), blake3::hash(b"base").to_hex().as_str());
        assert_eq!(listing.image_bytes(), 11);

        let [in_force, renamed] = &listing.quarantines[..] else { panic!("{listing:?}") };
        assert_eq!((in_force.blocks(), renamed.blocks()), (true, false));
        assert_eq!(in_force.backups[0].file, "Hoge.11.avhd");
        assert_eq!(in_force.others, ["notes.txt"]);
        let left: Vec<&str> = listing.left_out.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(left, ["Hoge.1.lok", "Invalid", "Invalid.20170908", "readme.txt", "WriteCache"]);
    }

    #[test]
    fn a_listing_is_read_back_as_it_was_written() {
        let folder = store(&[("Hoge.vhd", "base"), ("Fuga.vhd", ""), ("Invalid/x", "")]);
        let listing = hash_folder(folder.path()).expect("readable");
        let text = serde_json::to_string(&listing).expect("JSON");
        assert_eq!(serde_json::from_str::<Listing>(&text).expect("the same form"), listing);
        let first: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let keys: Vec<&String> = first["files"][1].as_object().expect("an object").keys().collect();
        assert_eq!(keys.len(), 5, "{keys:?}");
        assert_eq!(first["files"][1]["blake3"], blake3::hash(b"base").to_hex().as_str());
    }

    #[test]
    fn a_manifest_that_does_not_fit_is_refused_when_it_is_read() {
        let text = r#"{"files": [{"path": "Hoge.vhd", "bytes": 9, "modified": "2026-01-01T00:00:00Z",
            "blake3": "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
            "manifest": {"block_bytes": 2097152, "blocks": []}}]}"#;
        let error = serde_json::from_str::<Listing>(text).expect_err("does not fit").to_string();
        assert!(error.starts_with("the manifest of `Hoge.vhd` doesn't fit its length of 9 bytes"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_cannot_be_read_is_an_entry_with_its_reason() {
        let folder = store(&[("Hoge.vhd", "base")]);
        std::os::unix::fs::symlink("nowhere", folder.path().join("Gone.vhd")).expect("linked");
        let listing = hash_folder(folder.path()).expect("readable");
        assert!(matches!(&listing.files[0].content, Content::Unreadable { why } if why.contains("No such file")));
        assert!(matches!(&listing.files[1].content, Content::Read(_)));
    }

    #[test]
    fn a_folder_that_cannot_be_listed_is_an_error_and_not_empty() {
        let error = hash_folder(Path::new("/nowhere/at/all")).expect_err("absent");
        assert_eq!(error.to_string(), "the folder `/nowhere/at/all` could not be listed");
    }
}
