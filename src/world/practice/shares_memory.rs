//! A farm's shares in memory, for tests and rehearsals.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use super::bytes::Bytes;
use super::shares::{Share, Shares, StoredFile};

/// All shares.
#[derive(Debug, Clone, Default)]
pub struct MemoryShares(BTreeMap<Share, Files>);

#[derive(Debug, Clone, Default)]
struct Files {
    folders: BTreeSet<String>,
    files: BTreeMap<String, (Bytes, i64)>,
}

impl MemoryShares {
    fn share(&self, share: &Share) -> io::Result<&Files> {
        self.0.get(share).ok_or_else(missing)
    }

    fn share_mut(&mut self, share: &Share) -> io::Result<&mut Files> {
        self.0.get_mut(share).ok_or_else(missing)
    }
}

impl Shares for MemoryShares {
    fn place(&self, _share: &Share) -> Option<(PathBuf, PathBuf)> {
        None
    }

    fn has(&self, share: &Share) -> bool {
        self.0.contains_key(share)
    }

    fn make(&mut self, share: &Share) -> io::Result<()> {
        self.0.entry(share.clone()).or_default();
        Ok(())
    }

    fn files(&self, share: &Share, folder: Option<&str>) -> io::Result<Vec<StoredFile>> {
        let inside = |path: &str| match folder {
            None => Some(path.to_owned()).filter(|path| !path.contains('/')),
            Some(folder) => path.strip_prefix(folder)?.strip_prefix('/').map(str::to_owned),
        };
        let files = self.share(share)?.files.iter();
        Ok(files
            .filter_map(|(path, (content, modified))| {
                Some(StoredFile { name: inside(path)?, bytes: content.len() as u64, modified: *modified })
            })
            .collect())
    }

    fn folders(&self, share: &Share) -> io::Result<Vec<String>> {
        Ok(self.share(share)?.folders.iter().cloned().collect())
    }

    fn read(&self, share: &Share, path: &str) -> io::Result<Bytes> {
        self.share(share)?.files.get(path).map(|(content, _)| content.clone()).ok_or_else(missing)
    }

    fn write(&mut self, share: &Share, path: &str, content: &Bytes, modified: i64) -> io::Result<()> {
        let files = self.share_mut(share)?;
        if let Some((folder, _)) = path.split_once('/') {
            files.folders.insert(folder.to_owned());
        }
        files.files.insert(path.to_owned(), (content.clone(), modified));
        Ok(())
    }

    fn remove(&mut self, share: &Share, path: &str) -> io::Result<()> {
        self.share_mut(share)?.files.remove(path).map(|_| ()).ok_or_else(missing)
    }

    fn rename_folder(&mut self, share: &Share, from: &str, to: &str) -> io::Result<()> {
        let files = self.share_mut(share)?;
        if !files.folders.remove(from) {
            return Err(missing());
        }
        files.folders.insert(to.to_owned());
        let moved = |path: &str| Some(format!("{to}/{}", path.strip_prefix(from)?.strip_prefix('/')?));
        let old = std::mem::take(&mut files.files);
        files.files = old.into_iter().map(|(path, file)| (moved(&path).unwrap_or(path), file)).collect();
        Ok(())
    }
}

fn missing() -> io::Error {
    io::Error::new(ErrorKind::NotFound, "no such file or folder")
}
