//! Reads a file once and gives its fingerprint.
//!
//! One pass makes both the digest that `b3sum` prints and the manifest, because a manifest's blocks are subtrees of
//! the file's hash. Reads through half a MiB of buffers whatever the file's size, and never through a memory map:
//! a mapped file that is cut short kills its reader. A file that changes meanwhile is reported as in use, because
//! bytes from two moments are no evidence of divergence. Folders are read in [`super::folder`].

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use blake3::hazmat::HasherExt;

use super::manifest::{BLOCK_BYTES, Blocks, Fingerprint};
use super::stamp::Stamp;

/// Small enough to stay in a processor's own cache between reading and hashing.
const PIECE_BYTES: usize = 128 << 10;
/// More than most disks can feed.
const MOST_THREADS: usize = 4;
static ZEROS: [u8; 4096] = [0; 4096];

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
}

/// A fingerprint and the stamp that the file had before, during and after reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// What the file contains.
    pub fingerprint: Fingerprint,
    /// What the file system said about it.
    pub stamp: Stamp,
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
    let in_use = |why| FingerprintError::InUse { path: path.to_owned(), why };
    // Looked at before it is opened, because opening a pipe waits for its writer.
    let metadata = fs::metadata(path).map_err(|source| refused(path, source))?;
    if !metadata.is_file() {
        return Err(FingerprintError::NotAFile { path: path.to_owned() });
    }
    let file = File::open(path).map_err(|source| refused(path, source))?;
    let stamp = |file: &File| file.metadata().map(|found| Stamp::of(&found));
    let before = stamp(&file).map_err(|source| refused(path, source))?;
    let fingerprint = hash(&file, before.bytes, progress).map_err(|source| match source.kind() {
        _ if held(&source) => in_use("another program holds it"),
        io::ErrorKind::UnexpectedEof => in_use("it was cut short while it was read"),
        _ => FingerprintError::Read { path: path.to_owned(), source },
    })?;
    let after = stamp(&file).map_err(|source| refused(path, source))?;
    let named = fs::metadata(path).map_or(None, |found| Some(Stamp::of(&found)));
    if after != before {
        return Err(in_use("it was written while it was read"));
    }
    if named != Some(before) {
        return Err(in_use("it was replaced while it was read"));
    }
    Ok(Reading { fingerprint, stamp: before })
}

fn refused(path: &Path, source: io::Error) -> FingerprintError {
    match held(&source) {
        true => FingerprintError::InUse { path: path.to_owned(), why: "another program holds it" },
        false => FingerprintError::Open { path: path.to_owned(), source },
    }
}

/// Whether Windows refused because of another program: a sharing violation or a locked range.
fn held(error: &io::Error) -> bool {
    cfg!(windows) && matches!(error.raw_os_error(), Some(32 | 33))
}

/// Hashes as many bytes as are expected; fewer are an error of the kind `UnexpectedEof`.
fn hash(file: &File, expected_bytes: u64, progress: &mut dyn FnMut(u64)) -> io::Result<Fingerprint> {
    let count = expected_bytes.div_ceil(BLOCK_BYTES);
    if count > 1 {
        return hash_blocks(file, expected_bytes, count, progress);
    }
    let mut blocks = Blocks::default();
    if count == 0 {
        return Ok(blocks.finish(*blake3::hash(&[]).as_bytes()));
    }
    let mut buffer = vec![0; PIECE_BYTES.min(expected_bytes as usize)];
    let (hasher, zeros) = hash_block(file, 0, expected_bytes, &mut buffer)?;
    blocks.add(expected_bytes, hasher.finalize_non_root(), zeros);
    progress(expected_bytes);
    Ok(blocks.finish(*hasher.finalize().as_bytes()))
}

/// Each thread reads and hashes blocks of its own, in pieces that stay in its processor's cache: that takes less time
/// than a thread that reads for others, and next to no memory.
fn hash_blocks(file: &File, expected_bytes: u64, count: u64, progress: &mut dyn FnMut(u64)) -> io::Result<Fingerprint> {
    let next = AtomicU64::new(0);
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    let (sender, hashed) = channel();
    let work = |sender: Sender<_>| {
        let mut buffer = vec![0; PIECE_BYTES];
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return;
            }
            let offset = index * BLOCK_BYTES;
            let bytes = BLOCK_BYTES.min(expected_bytes - offset);
            let block = hash_block(file, offset, bytes, &mut buffer)
                .map(|(hasher, zeros)| (index, (bytes, hasher.finalize_non_root(), zeros)));
            if sender.send(block).is_err() {
                return;
            }
        }
    };
    let work = &work;
    thread::scope(|scope| {
        // Dropped with this closure, so that the threads stop when nobody wants their answers any more.
        let hashed = hashed;
        for sender in vec![sender; threads] {
            scope.spawn(move || work(sender));
        }
        let mut blocks = Blocks::default();
        // Blocks that were hashed before an earlier one.
        let mut early = BTreeMap::new();
        let mut wanted = 0;
        for block in hashed {
            let (index, block) = block?;
            early.insert(index, block);
            while let Some((bytes, value, zeros)) = early.remove(&wanted) {
                blocks.add(bytes, value, zeros);
                progress(bytes);
                wanted += 1;
            }
        }
        // There are two blocks or more, so the root is made of them.
        Ok(blocks.finish([0; 32]))
    })
}

fn hash_block(file: &File, offset: u64, bytes: u64, buffer: &mut [u8]) -> io::Result<(blake3::Hasher, bool)> {
    let mut hasher = blake3::Hasher::new();
    hasher.set_input_offset(offset);
    let (mut done, mut zeros) = (0, true);
    while done < bytes {
        let piece = (bytes - done).min(buffer.len() as u64) as usize;
        match read_at(file, &mut buffer[..piece], offset + done) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                let piece = &buffer[..read];
                zeros = zeros && piece.chunks(ZEROS.len()).all(|part| part == &ZEROS[..part.len()]);
                hasher.update(piece);
                done += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok((hasher, zeros))
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::disk::manifest::differing_ranges;

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
        for act in acts {
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
