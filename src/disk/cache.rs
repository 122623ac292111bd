//! Remembers fingerprints, so that a file that hasn't changed isn't read again.
//!
//! Never answers for a file whose length, times, identity or first and last bytes have changed. What it can't see:
//! other bytes written into the same file, of the same length and with the times set back, on a system that has no change
//! time (Windows' library shows none); whoever must be certain asks with [`Ask::paranoid`]. Keeps checkpoints of
//! readings, each GiB and where they were stopped. A cache file that is damaged or someone else's is ignored with a note,
//! because it saves time and proves nothing.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fingerprint::{Checkpoint, FingerprintError, Outlined, Reading, full, take};
use super::header::read_at;
use super::manifest::{BLOCK_BYTES, Digest, Manifest, Outline};
use super::stamp::Stamp;
use super::watch::Watch;

const FORMAT: &str = "rolewalk fingerprint cache 2";
/// A file whose first line is longer is not of this format.
const MOST_HEADING_BYTES: u64 = 1 << 10;
const HEAD_BYTES: u64 = 64 << 10;
const TAIL_BYTES: u64 = 512;
/// Longer than any file system's steps of time (FAT: two seconds), in units of 100 ns.
const SETTLED: i64 = 30_000_000;

/// Fingerprints of files as they were when they were read; may be used from several threads.
#[derive(Debug, Default)]
pub struct Cache {
    entries: Mutex<BTreeMap<PathBuf, Entry>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    stamp: Stamp,
    /// The digest of the first 64 KiB and the last 512 bytes, where images have their headers.
    header: Digest,
    /// The manifest's entries, or the first of them where reading was stopped.
    blocks: Vec<Option<Digest>>,
    /// The digest of the whole file; none where nobody asked, or where reading was stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    blake3: Option<Digest>,
    /// Whether it was taken since the cache file was read, and is newer than what stands there.
    #[serde(skip)]
    is_new: bool,
}

impl Entry {
    /// What the file contains, as far as it was asked for; none where less is known.
    fn outline(&self, digest: bool) -> Option<Outline> {
        let manifest = Manifest { block_bytes: BLOCK_BYTES, blocks: self.blocks.clone() };
        let outline = Outline { bytes: self.stamp.bytes, manifest, blake3: self.blake3 };
        (outline.fits() && (self.blake3.is_some() || !digest)).then_some(outline)
    }
}

/// What is asked of the cache.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Whether the digest of the whole file is asked for, and not its manifest alone.
    pub digest: bool,
    /// Whether every file is read, whatever is remembered of it.
    pub paranoid: bool,
    /// The time; a file that was touched less than three seconds before is not remembered, because it could change
    /// again within the same tick of its file system's clock and keep its stamp.
    pub now: Timestamp,
    /// Counts what is read, and can stop it.
    pub watch: &'a Watch,
}

/// The cache file's first line.
#[derive(Serialize, Deserialize)]
struct Heading {
    format: String,
    /// The digest of everything after the first line.
    blake3: Digest,
}

/// Why the cache couldn't be written; nothing but time is lost.
#[derive(Debug, thiserror::Error)]
#[error("the fingerprint cache `{}` could not be written", path.display())]
pub struct CacheError {
    /// The cache file.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

impl Cache {
    /// Reads a cache file. One that is absent gives an empty cache; so does one that is damaged or foreign, with a
    /// note that says so.
    pub fn load(path: &Path) -> (Cache, Option<String>) {
        let note = |why: &str| {
            (Cache::default(), Some(format!("the fingerprint cache `{}` was ignored: {why}", path.display())))
        };
        let mut file = match File::open(path) {
            Ok(file) => BufReader::new(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return (Cache::default(), None);
            }
            Err(error) => return note(&error.to_string()),
        };
        let mut first = Vec::new();
        if let Err(error) = file.by_ref().take(MOST_HEADING_BYTES).read_until(b'\n', &mut first) {
            return note(&error.to_string());
        }
        let heading = match serde_json::from_slice::<Heading>(&first) {
            Ok(heading) if heading.format == FORMAT => heading,
            _ => return note("it is not of this format"),
        };
        let mut body = Digested { file, hasher: blake3::Hasher::new() };
        let entries = serde_json::from_reader(BufReader::new(&mut body));
        match io::copy(&mut body, &mut io::sink()) {
            Err(error) => note(&error.to_string()),
            Ok(_) if heading.blake3.0 != *body.hasher.finalize().as_bytes() => note("it is damaged"),
            Ok(_) => match entries {
                Ok(entries) => (Cache { entries: Mutex::new(entries) }, None),
                Err(error) => note(&error.to_string()),
            },
        }
    }

    /// Writes the cache beside its file and renames it there, without the files that no longer exist. What others have
    /// written there meanwhile stays: two folders that are read at once share one file.
    ///
    /// # Errors
    /// The old cache file, if there was one, is as it was.
    pub fn save(&self, path: &Path) -> Result<(), CacheError> {
        let failed = |source| CacheError { path: path.to_owned(), source };
        // Until the new file has its name, nobody else reads the old one to write it anew.
        let _held = hold(path).map_err(failed)?;
        let theirs = Cache::load(path).0.entries.into_inner().unwrap_or_else(PoisonError::into_inner);
        let is_there = |file: &Path| !fs::metadata(file).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        let mut ours = self.entries();
        ours.retain(|file, _| is_there(file));
        let mut all: BTreeMap<&PathBuf, &Entry> = theirs.iter().filter(|(file, _)| is_there(file)).collect();
        for (file, entry) in &*ours {
            if entry.is_new || !all.contains_key(file) {
                all.insert(file, entry);
            }
        }
        // Written twice, so that the text is never in memory: it is twice as long as what it says.
        let mut hasher = blake3::Hasher::new();
        serde_json::to_writer(BufWriter::new(&mut hasher), &all).map_err(|error| failed(error.into()))?;
        let heading = Heading { format: FORMAT.to_owned(), blake3: Digest(*hasher.finalize().as_bytes()) };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let beside = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        let mut out = BufWriter::new(beside.as_file());
        serde_json::to_writer(&mut out, &heading).map_err(|error| failed(error.into()))?;
        out.write_all(b"\n").map_err(failed)?;
        serde_json::to_writer(&mut out, &all).map_err(|error| failed(error.into()))?;
        out.flush().map_err(failed)?;
        drop(out);
        beside.as_file().sync_all().map_err(failed)?;
        beside.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Gives a file's fingerprint, from memory where the file is as it was and by reading it otherwise.
    ///
    /// # Errors
    /// As [`super::fingerprint::read`].
    pub fn read(
        &self,
        path: &Path,
        now: Timestamp,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Reading, FingerprintError> {
        let ask = Ask { digest: true, paranoid: false, now, watch: &Watch::default() };
        full(self.answer(path, &ask, progress)?, path)
    }

    /// Gives what a file contains: from memory where the file is as it was, on from a checkpoint where reading it was
    /// stopped, and by reading it otherwise.
    ///
    /// # Errors
    /// As [`super::fingerprint::read_on`]; where it was stopped, what was read until then is remembered.
    pub fn ask(&self, path: &Path, ask: &Ask<'_>) -> Result<Outlined, FingerprintError> {
        self.answer(path, ask, &mut |_| {})
    }

    fn answer(&self, path: &Path, ask: &Ask<'_>, progress: &mut dyn FnMut(u64)) -> Result<Outlined, FingerprintError> {
        let key = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let entry = if ask.paranoid { None } else { self.remembered(&key) };
        if let Some(entry) = &entry
            && let Some(outline) = entry.outline(ask.digest)
        {
            ask.watch.add_known(outline.bytes);
            return Ok(Outlined { outline, stamp: entry.stamp });
        }
        let from = entry.map(|entry| Checkpoint { stamp: entry.stamp, blocks: entry.blocks });
        let checkpoint = |stamp, blocks: &[_]| self.keep(key.clone(), ask, stamp, (blocks, None));
        let result = take(path, ask.digest, from.as_ref(), ask.watch, progress, &checkpoint);
        match &result {
            Ok(Outlined { outline, stamp }) => self.keep(key, ask, *stamp, (&outline.manifest.blocks, outline.blake3)),
            Err(FingerprintError::Stopped { checkpoint, .. }) => {
                self.keep(key, ask, checkpoint.stamp, (&checkpoint.blocks, None));
            }
            Err(_) => _ = self.entries().remove(&key),
        }
        result
    }

    /// Remembers what was read, unless the file was touched a moment ago or has changed since. The first blocks of a file of
    /// which more is known already add nothing, if that still holds.
    fn keep(&self, key: PathBuf, ask: &Ask<'_>, stamp: Stamp, known: (&[Option<Digest>], Option<Digest>)) {
        let settled = stamp.touched() < hundred_ns(ask.now).saturating_sub(SETTLED);
        let (blocks, blake3) = known;
        match header(&key) {
            Ok((now, header)) if settled && now == stamp && key.to_str().is_some() => {
                let mut entries = self.entries();
                let says_more = |old: &Entry| {
                    (old.stamp, old.header) == (stamp, header)
                        && old.blocks.len() > blocks.len()
                        && old.blocks.starts_with(blocks)
                };
                if !entries.get(&key).is_some_and(says_more) {
                    entries.insert(key, Entry { stamp, header, blocks: blocks.to_vec(), blake3, is_new: true });
                }
            }
            _ => _ = self.entries().remove(&key),
        }
    }

    /// What is known of a file that is as it was.
    fn remembered(&self, key: &Path) -> Option<Entry> {
        let now = Stamp::at(key).ok()?;
        let entry = self.entries().get(key).filter(|entry| entry.stamp == now).cloned()?;
        (header(key).ok()? == (entry.stamp, entry.header)).then_some(entry)
    }

    /// The entries; a thread that panicked has left them whole, since each change is one call.
    fn entries(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that is hashed while it is read.
struct Digested<R> {
    file: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Read for Digested<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.hasher.update(&buffer[..read]);
        Ok(read)
    }
}

/// Waits until nobody else writes the cache file, and holds it until what is returned is dropped.
fn hold(path: &Path) -> io::Result<File> {
    let mut lock = path.as_os_str().to_owned();
    lock.push(".lock");
    let lock = File::options().write(true).create(true).truncate(false).open(lock)?;
    lock.lock()?;
    Ok(lock)
}

fn hundred_ns(time: Timestamp) -> i64 {
    i64::try_from(time.as_nanosecond() / 100).unwrap_or(i64::MAX)
}

/// The stamp of a file and the digest of its first and last bytes, both of one opening.
fn header(path: &Path) -> io::Result<(Stamp, Digest)> {
    let mut file = File::open(path)?;
    let stamp = Stamp::of_file(&file)?;
    let mut hasher = blake3::Hasher::new();
    let head = stamp.bytes.min(HEAD_BYTES);
    let tail = stamp.bytes.min(TAIL_BYTES);
    for (offset, bytes) in [(0, head), (stamp.bytes - tail, tail)] {
        let mut buffer = vec![0; bytes as usize];
        read_at(&mut file, "the header", offset, &mut buffer).map_err(io::Error::other)?;
        hasher.update(&buffer);
    }
    if Stamp::of_file(&file)? != stamp {
        return Err(io::Error::other("the file changed while it was read"));
    }
    Ok((stamp, Digest(*hasher.finalize().as_bytes())))
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
