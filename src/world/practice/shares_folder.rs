//! A farm's shares as real folders with real files: `shares/SERVER/STORE`.

use std::fs::{self, File, FileTimes};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::bytes::Bytes;
use super::shares::{Share, Shares, StoredFile};

/// The folder that holds all shares, and one beside it for files that are being written.
#[derive(Debug, Clone)]
pub struct FolderShares {
    /// `shares`.
    pub shares: PathBuf,
    /// `writing`: a file is written here and renamed into its share, so that no share ever holds half a file.
    pub writing: PathBuf,
}

impl FolderShares {
    fn path(&self, share: &Share) -> PathBuf {
        self.shares.join(&share.server).join(&share.store)
    }

    fn inside(&self, share: &Share, path: &str) -> PathBuf {
        path.split('/').fold(self.path(share), |folder, part| folder.join(part))
    }
}

impl Shares for FolderShares {
    fn place(&self, share: &Share) -> Option<(PathBuf, PathBuf)> {
        Some((self.path(share), self.shares.with_file_name("fingerprints")))
    }

    fn has(&self, share: &Share) -> bool {
        self.path(share).is_dir()
    }

    fn make(&mut self, share: &Share) -> io::Result<()> {
        fs::create_dir_all(self.path(share))
    }

    fn files(&self, share: &Share, folder: Option<&str>) -> io::Result<Vec<StoredFile>> {
        let folder = folder.map_or_else(|| self.path(share), |folder| self.inside(share, folder));
        let mut files = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                let metadata = entry.metadata()?;
                let name = entry.file_name().to_string_lossy().into_owned();
                files.push(StoredFile { name, bytes: metadata.len(), modified: hundred_ns(metadata.modified()?) });
            }
        }
        files.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(files)
    }

    fn folders(&self, share: &Share) -> io::Result<Vec<String>> {
        let mut folders = Vec::new();
        for entry in fs::read_dir(self.path(share))? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        folders.sort();
        Ok(folders)
    }

    fn read(&self, share: &Share, path: &str) -> io::Result<Bytes> {
        fs::read(self.inside(share, path)).map(Bytes::from)
    }

    fn write(&mut self, share: &Share, path: &str, content: &Bytes, modified: i64) -> io::Result<()> {
        let place = self.inside(share, path);
        if path.contains('/') {
            place.parent().map_or(Ok(()), fs::create_dir_all)?;
        }
        fs::create_dir_all(&self.writing)?;
        let beside = self.writing.join("file");
        write_at(&beside, content, modified)?;
        fs::rename(beside, place)
    }

    fn remove(&mut self, share: &Share, path: &str) -> io::Result<()> {
        fs::remove_file(self.inside(share, path))
    }

    fn rename_folder(&mut self, share: &Share, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.inside(share, from), self.inside(share, to))
    }
}

fn write_at(path: &Path, content: &[u8], modified: i64) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(content)?;
    file.set_times(FileTimes::new().set_modified(system_time(modified)))
}

fn system_time(hundred_ns: i64) -> SystemTime {
    let distance = Duration::from_nanos(hundred_ns.unsigned_abs().saturating_mul(100));
    let time = if hundred_ns < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    time.unwrap_or(UNIX_EPOCH)
}

fn hundred_ns(time: SystemTime) -> i64 {
    let units = |distance: Duration| i64::try_from(distance.as_nanos() / 100).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => units(after),
        Err(before) => -units(before.duration()),
    }
}
