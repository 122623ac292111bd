//! Reads a file once and gives its fingerprint.
//!
//! One pass makes both the digest that `b3sum` prints and the manifest, because a manifest's blocks are subtrees of
//! the file's hash. Reads through small buffers whatever the file's size. A file that changes meanwhile is reported as
//! in use, because bytes from two moments are no evidence of divergence. The pass itself is in [`super::hashing`],
//! folders are read in [`super::folder`].

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::hashing::{Hashed, Job, hash};
use super::manifest::{Digest, Fingerprint, Outline};
use super::opened::Opened;
use super::stamp::Stamp;
use super::watch::Watch;

/// Why a file has no fingerprint.
#[derive(Debug, thiserror::Error)]
pub enum FingerprintError {
    /// It couldn't be opened or its metadata couldn't be read.
    #[error("`{}` could not be opened", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It couldn't be read to its end.
    #[error("`{}` could not be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It is a folder, a device or a pipe.
    #[error("`{}` is not a file", path.display())]
    NotAFile {
        /// What was to be read.
        path: PathBuf,
    },
    /// It changed while it was read, or another program holds it.
    #[error("`{}` is in use: {why}", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
        /// How that was seen.
        why: &'static str,
    },
    /// Reading was stopped by its [`Watch`]; it can go on from the checkpoint.
    #[error("reading `{}` was stopped", path.display())]
    Stopped {
        /// The file.
        path: PathBuf,
        /// What was read until then.
        checkpoint: Box<Checkpoint>,
    },
}

/// A fingerprint and the stamp that the file had before, during and after reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What the file contains.
    pub fingerprint: Fingerprint,
    /// What the file system said about it.
    pub stamp: Stamp,
}

/// An outline and the stamp that the file had before, during and after reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlined {
    /// What the file contains.
    pub outline: Outline,
    /// What the file system said about it.
    pub stamp: Stamp,
}

/// How far a reading had come when it was stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// What the file system said about the file; a file with another stamp is read from its beginning.
    pub stamp: Stamp,
    /// The first blocks' entries of the manifest.
    pub blocks: Vec<Option<Digest>>,
}

/// Reads a file and gives its fingerprint.
///
/// # Errors
/// [`FingerprintError::InUse`] where the file changed meanwhile, which says nothing about its content.
pub fn fingerprint(path: &Path) -> Result<Fingerprint, FingerprintError> {
    read(path, &mut |_| {}).map(|reading| reading.fingerprint)
}

/// Reads a file as [`fingerprint`] does and reports progress: the bytes read since the last report.
///
/// # Errors
/// As [`fingerprint`].
pub fn read(path: &Path, progress: &mut dyn FnMut(u64)) -> Result<Reading, FingerprintError> {
    full(take(path, true, None, &Watch::default(), progress, &|_, _| {})?, path)
}

/// Reads a file as [`fingerprint`] does, from a checkpoint where there is one that still fits; can be watched and
/// stopped.
///
/// # Errors
/// As [`fingerprint`], and [`FingerprintError::Stopped`].
pub fn read_on(path: &Path, from: Option<&Checkpoint>, watch: &Watch) -> Result<Reading, FingerprintError> {
    full(take(path, true, from, watch, &mut |_| {}, &|_, _| {})?, path)
}

/// Reads a file as [`read_on`] does, but for its manifest alone: blocks of zeros aren't hashed, holes not even read.
///
/// # Errors
/// As [`read_on`].
pub fn outline(path: &Path, from: Option<&Checkpoint>, watch: &Watch) -> Result<Outlined, FingerprintError> {
    take(path, false, from, watch, &mut |_| {}, &|_, _| {})
}

/// Reads a file as is asked; `keep` gets the file's stamp and first blocks each GiB, in case that the process ends before the file does.
pub(super) fn take(
    path: &Path,
    digest: bool,
    from: Option<&Checkpoint>,
    watch: &Watch,
    progress: &mut dyn FnMut(u64),
    keep: &(dyn Fn(Stamp, &[Option<Digest>]) + Sync),
) -> Result<Outlined, FingerprintError> {
    let opened = Opened::open(path)?;
    let stamp = opened.stamp;
    let known = from.filter(|from| from.stamp == stamp).map_or(&[][..], |from| &from.blocks);
    let checkpoint = |blocks: &[Option<Digest>]| keep(stamp, blocks);
    let job = Job { source: &opened.source, bytes: stamp.bytes, known, digest, watch, checkpoint: &checkpoint };
    let hashed = hash(&job, progress).map_err(|source| opened.refused(source))?;
    opened.check()?;
    match hashed {
        Hashed::Whole(outline) => Ok(Outlined { outline, stamp }),
        Hashed::Stopped(blocks) => {
            let checkpoint = Box::new(Checkpoint { stamp, blocks });
            Err(FingerprintError::Stopped { path: path.to_owned(), checkpoint })
        }
    }
}

pub(super) fn full(found: Outlined, path: &Path) -> Result<Reading, FingerprintError> {
    match found.outline.fingerprint() {
        Some(fingerprint) => Ok(Reading { fingerprint, stamp: found.stamp }),
        None => Err(FingerprintError::Read {
            path: path.to_owned(),
            source: io::Error::other("bug: the digest was asked for and not made"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Write;

    use super::*;
    use crate::disk::manifest::{BLOCK_BYTES, differing_ranges};

    const BLOCK: usize = BLOCK_BYTES as usize;

    fn content(bytes: usize) -> Vec<u8> {
        let mut content = vec![0; bytes];
        blake3::Hasher::new().update(b"content").finalize_xof().fill(&mut content);
        content
    }

    fn written(content: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(content).expect("written");
        file
    }

    fn of(content: &[u8]) -> Fingerprint {
        fingerprint(written(content).path()).expect("readable")
    }

    #[test]
    fn the_digest_is_the_one_that_b3sum_prints() {
        for bytes in [
            0,
            1,
            1023,
            1024,
            1025,
            BLOCK - 1,
            BLOCK,
            BLOCK + 1,
            2 * BLOCK,
            2 * BLOCK + 1,
            3 * BLOCK,
            5 * BLOCK + 77,
            8 * BLOCK,
            11 * BLOCK + 1024,
        ] {
            let content = content(bytes);
            let found = of(&content);
            assert_eq!(found.blake3.to_string(), blake3::hash(&content).to_hex().as_str(), "{bytes}");
            assert_eq!((found.bytes, found.manifest.blocks.len()), (bytes as u64, bytes.div_ceil(BLOCK)));
        }
    }

    // DV-01
    #[test]
    fn a_flipped_byte_is_named_by_its_range() {
        let mut content = content(5 * BLOCK);
        let before = of(&content);
        content[3 * BLOCK + 17] ^= 1;
        let ranges = differing_ranges(&before, &of(&content));
        assert_eq!(ranges.len(), 1);
        assert_eq!(ranges[0].to_string(), "6 MiB to 8 MiB");
    }

    #[test]
    fn a_sparse_copy_equals_a_dense_one() {
        let sparse = tempfile::NamedTempFile::new().expect("a file");
        sparse.as_file().set_len(BLOCK_BYTES * 3 + 5).expect("resized");
        let found = fingerprint(sparse.path()).expect("readable");
        assert_eq!(found.manifest.blocks, [None; 4]);
        assert_eq!(found, of(&vec![0; 3 * BLOCK + 5]));
    }

    #[test]
    fn a_file_written_while_it_is_read_is_in_use() {
        let file = written(&content(6 * BLOCK));
        let mut writer = file.reopen().expect("opened");
        let mut first = true;
        let result = read(file.path(), &mut |_| {
            if std::mem::take(&mut first) {
                std::thread::sleep(std::time::Duration::from_millis(20));
                writer.write_all(b"another").expect("written");
            }
        });
        assert!(matches!(result, Err(FingerprintError::InUse { .. })), "{result:?}");
    }

    #[test]
    fn a_file_cut_short_grown_or_replaced_while_it_is_read_is_in_use() {
        type Act = fn(&Path);
        let acts: [Act; 3] = [
            |path| File::options().write(true).open(path).and_then(|file| file.set_len(7)).expect("cut"),
            |path| File::options().append(true).open(path).and_then(|mut file| file.write_all(b"!")).expect("grown"),
            |path| {
                fs::write(path.with_extension("new"), "other").expect("written");
                fs::rename(path.with_extension("new"), path).expect("renamed");
            },
        ];
        // Wine 8 renames nothing over a file that is open, as Windows 10 and later do.
        let is_wine = Path::new(r"C:\windows\system32\winecfg.exe").exists();
        if is_wine {
            println!("not run: a file that is replaced while it is read, by Wine");
        }
        for act in &acts[..acts.len() - usize::from(is_wine)] {
            let file = written(&content(12 * BLOCK));
            let mut first = true;
            let result = read(file.path(), &mut |_| {
                if std::mem::take(&mut first) {
                    std::thread::sleep(std::time::Duration::from_millis(20));
                    act(file.path());
                }
            });
            assert!(matches!(result, Err(FingerprintError::InUse { .. })), "{result:?}");
        }
    }

    #[test]
    fn an_outline_has_the_fingerprints_manifest_and_no_digest() {
        let mut content = content(4 * BLOCK);
        content[BLOCK..3 * BLOCK].fill(0);
        content[2 * BLOCK + 300_000] = 1;
        let file = written(&content);
        let full = fingerprint(file.path()).expect("readable");
        let found = outline(file.path(), None, &Watch::default()).expect("readable").outline;
        assert_eq!((&found.manifest, found.blake3), (&full.manifest, None));
        assert_eq!(found.manifest.blocks[1], None);
        assert_eq!(full.blake3.to_string(), blake3::hash(&content).to_hex().as_str());
    }

    #[test]
    fn holes_anywhere_give_the_digest_that_b3sum_prints() {
        let mut content = content(9 * BLOCK + 77);
        content[2 * BLOCK..5 * BLOCK].fill(0);
        content[7 * BLOCK - 4096..].fill(0);
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.as_file().set_len(content.len() as u64).expect("resized");
        for (start, end) in [(0, 2 * BLOCK), (5 * BLOCK, 7 * BLOCK - 4096)] {
            std::io::Seek::seek(&mut file, io::SeekFrom::Start(start as u64)).expect("placed");
            file.write_all(&content[start..end]).expect("written");
        }
        let found = fingerprint(file.path()).expect("readable");
        assert_eq!(found, of(&content));
        assert_eq!(found.blake3.to_string(), blake3::hash(&content).to_hex().as_str());
    }

    #[test]
    fn a_stopped_reading_goes_on_from_its_checkpoint() {
        let whole = content(9 * BLOCK + 5);
        let file = written(&whole);
        let watch = Watch::default();
        let mut stop_soon = |_| watch.stop();
        let stopped = take(file.path(), true, None, &watch, &mut stop_soon, &|_, _| {}).expect_err("stopped");
        let FingerprintError::Stopped { checkpoint, .. } = stopped else { panic!("{stopped}") };
        let known = checkpoint.blocks.len() as u64;
        assert!(known >= 1, "{known}");

        let watch = Watch::default();
        let reading = read_on(file.path(), Some(&checkpoint), &watch).expect("readable");
        assert_eq!(reading.fingerprint, of(&whole));
        let progress = watch.progress(std::time::Duration::from_secs(1));
        assert_eq!(progress.read_bytes, (whole.len() as u64).saturating_sub(known * BLOCK_BYTES));
        assert_eq!(progress.done_bytes, whole.len() as u64);

        // Another stamp: nothing of it is used, however right it looks.
        let mut forged = *checkpoint.clone();
        forged.blocks = vec![None; known as usize];
        assert_ne!(read_on(file.path(), Some(&forged), &Watch::default()).expect("readable").fingerprint, of(&whole));
        forged.stamp.modified -= 1;
        assert_eq!(read_on(file.path(), Some(&forged), &Watch::default()).expect("readable").fingerprint, of(&whole));
    }

    #[test]
    fn progress_adds_up_to_the_file() {
        let file = written(&content(3 * BLOCK + 9));
        let mut total = 0;
        read(file.path(), &mut |bytes| total += bytes).expect("readable");
        assert_eq!(total, 3 * BLOCK_BYTES + 9);
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(matches!(fingerprint(folder.path()), Err(FingerprintError::NotAFile { .. })));
        let absent = folder.path().join("absent.vhd");
        assert!(matches!(fingerprint(&absent), Err(FingerprintError::Open { .. })));
    }
}
