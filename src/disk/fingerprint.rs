//! Reads a file once and gives its fingerprint.
//!
//! One pass makes both the digest that `b3sum` prints and the manifest, because a manifest's blocks are subtrees of
//! the file's hash. Reads through at most 8 MiB of buffers whatever the file's size, and never through a memory map:
//! a mapped file that is cut short kills its reader. A file that changes meanwhile is reported as in use, because
//! bytes from two moments are no evidence of divergence. Folders are read in [`super::folder`].

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use blake3::hazmat::HasherExt;

use super::manifest::{BLOCK_BYTES, Blocks, Fingerprint};
use super::stamp::Stamp;

const BUFFERS: usize = 4;
/// Below this BLAKE3 gains nothing from more than one thread.
const WORTH_THREADS_BYTES: usize = 128 << 10;
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
    // One byte more than expected is enough to see that the file has grown.
    let bytes = (&file).take(before.bytes.saturating_add(1));
    let fingerprint = hash(bytes, before.bytes, progress).map_err(|source| match held(&source) {
        true => in_use("another program holds it"),
        false => FingerprintError::Read { path: path.to_owned(), source },
    })?;
    if fingerprint.bytes != before.bytes {
        return Err(in_use("its length changed while it was read"));
    }
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

/// Hashes what a reader gives. `expected_bytes` only decides how much memory is worth its while.
fn hash(source: impl Read + Send, expected_bytes: u64, progress: &mut dyn FnMut(u64)) -> io::Result<Fingerprint> {
    if expected_bytes < BLOCK_BYTES {
        return hash_alone(source, expected_bytes, progress);
    }
    // Reading and hashing overlap: a thread of its own fills buffers, and gets them back emptied.
    let (filled, to_hash) = sync_channel::<io::Result<(Vec<u8>, usize)>>(BUFFERS);
    let (emptied, to_fill) = sync_channel::<Vec<u8>>(BUFFERS);
    for _ in 0..BUFFERS {
        // The channel has room for all of them and its receiver is alive.
        let _ = emptied.send(vec![0; BLOCK_BYTES as usize]);
    }
    thread::scope(|scope| {
        scope.spawn(move || fill_buffers(source, &to_fill, &filled));
        // Dropped with this closure, also by a panic in `progress`, so that the reader never waits for ever.
        let emptied = emptied;
        let mut blocks = Blocks::default();
        for block in to_hash {
            let (buffer, used) = block?;
            add(&mut blocks, &buffer[..used]);
            progress(used as u64);
            // The reader may have ended already; then no buffer is wanted.
            let _ = emptied.send(buffer);
        }
        Ok(blocks.finish())
    })
}

fn hash_alone(mut source: impl Read, expected_bytes: u64, progress: &mut dyn FnMut(u64)) -> io::Result<Fingerprint> {
    // Shorter than a block, and one byte more is read than expected.
    let mut buffer = vec![0; expected_bytes as usize + 1];
    let used = fill(&mut source, &mut buffer)?;
    let mut blocks = Blocks::default();
    add(&mut blocks, &buffer[..used]);
    progress(used as u64);
    Ok(blocks.finish())
}

fn fill_buffers(mut source: impl Read, to_fill: &Receiver<Vec<u8>>, filled: &SyncSender<io::Result<(Vec<u8>, usize)>>) {
    while let Ok(mut buffer) = to_fill.recv() {
        let result = fill(&mut source, &mut buffer);
        let more = matches!(result, Ok(used) if used == buffer.len());
        if filled.send(result.map(|used| (buffer, used))).is_err() || !more {
            return;
        }
    }
}

fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut used = 0;
    while used < buffer.len() {
        match source.read(&mut buffer[used..]) {
            Ok(0) => break,
            Ok(read) => used += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(used)
}

fn add(blocks: &mut Blocks, block: &[u8]) {
    if block.is_empty() {
        return;
    }
    let mut hasher = blake3::Hasher::new();
    hasher.set_input_offset(blocks.offset());
    if block.len() >= WORTH_THREADS_BYTES {
        hasher.update_rayon(block);
    } else {
        hasher.update(block);
    }
    let zeros = block.chunks(ZEROS.len()).all(|piece| piece == &ZEROS[..piece.len()]);
    blocks.add(block.len() as u64, &hasher, zeros);
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
