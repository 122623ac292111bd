//! What a store folder holds, with fingerprints and chains: the answer of the machine that has the disks.
//!
//! Only reads, but for the file in which it remembers fingerprints. Decides nothing: listings are compared in
//! `model::disks::compare`.

use std::collections::BTreeMap;
use std::io::{self, Cursor};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::disk::cache::{Ask, Cache};
use crate::disk::chain::{check_chains, image_of, read_images};
use crate::disk::compare::FileState;
use crate::disk::difference::{Difference, Unplaced};
use crate::disk::folder::{FolderError, read_folder};
use crate::disk::layout::{Image, read_image};
use crate::disk::listing::{Content, FileSeen, Listing};
use crate::disk::manifest::Fingerprint;
use crate::disk::pair::{compare_pair, is_as_listed};
pub use crate::disk::watch::{Progress, Watch};

/// How often progress is told.
const TOLD_EVERY: Duration = Duration::from_millis(250);
/// How often what was read is written down, so that a process that is killed loses no more than that.
const SAVED_EVERY: Duration = Duration::from_secs(10);

/// Where fingerprints are remembered, and whether they may answer.
#[derive(Debug, Clone, Copy)]
pub struct Memory<'a> {
    /// The file; none: nothing is remembered.
    pub file: Option<&'a Path>,
    /// Whether every file is read again, whatever is remembered of it.
    pub afresh: bool,
}

/// Who attends a reading.
#[derive(Clone, Copy)]
pub struct Attending<'a> {
    /// Is told how far it is; called from a thread of its own, a few times each second.
    pub tell: &'a (dyn Fn(Progress) + Sync),
    /// Is told, in English, where what is remembered is damaged or foreign, and is left out.
    pub note: &'a dyn Fn(&str),
}

/// Lists a store folder with the fingerprints of its files and the faults of their chains.
///
/// What goes wrong with the remembering is logged and costs time alone.
///
/// # Errors
/// Where the folder can't be listed; a file that can't be read is an entry of the listing.
pub fn of_folder(folder: &Path, memory: Memory<'_>) -> Result<Listing, FolderError> {
    let _reading = Reading::begin();
    let note = |note: &str| tracing::warn!("{note}");
    watch_folder(folder, memory, &Watch::below(&ALL), Attending { tell: &|_| {}, note: &note })
}

/// Counts what this process reads through [`of_folder`], for whoever shows how far a command is.
static ALL: Watch = Watch::new();
static READINGS: AtomicUsize = AtomicUsize::new(0);

/// A reading that has begun and not ended.
struct Reading;

impl Reading {
    fn begin() -> Reading {
        READINGS.fetch_add(1, Ordering::Relaxed);
        Reading
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        READINGS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Returns whether this process reads a store folder through [`of_folder`] right now.
pub fn is_reading() -> bool {
    READINGS.load(Ordering::Relaxed) > 0
}

/// Returns how far all readings through [`of_folder`] are, `elapsed` after somebody began to look.
pub fn progress(elapsed: Duration) -> Progress {
    ALL.progress(elapsed)
}

/// Lists a store folder as [`of_folder`] does, tells how far it is, and can be stopped by its watch, which must be a new
/// one: files that weren't read to their end are unread then, and the next call goes on where this one stopped.
///
/// # Errors
/// As [`of_folder`].
pub fn watch_folder(
    folder: &Path,
    memory: Memory<'_>,
    watch: &Watch,
    attending: Attending<'_>,
) -> Result<Listing, FolderError> {
    let tell = attending.tell;
    let cache = memory.file.map_or_else(Cache::default, |file| {
        let (cache, note) = Cache::load(file);
        note.iter().for_each(|note| (attending.note)(note));
        cache
    });
    let ask = Ask { digest: true, paranoid: memory.afresh, now: Timestamp::now(), watch };
    let mut listing = thread::scope(|scope| {
        // Dropped with this closure, which ends the thread.
        let (_reading, ended) = channel();
        let cache = &cache;
        scope.spawn(move || attend(cache, memory.file, watch, tell, &ended));
        read_folder(folder, cache, &ask)
    })?;
    if watch.progress(Duration::ZERO).read_bytes > 0 {
        save(&cache, memory.file);
    }
    if !watch.is_stopped() {
        listing.broken = check_chains(&read_images(folder, &listing));
    }
    Ok(listing)
}

/// Reads of a listing's images what goes beside the manifests to whoever compares them without the files.
pub fn images(folder: &Path, listing: &Listing) -> BTreeMap<String, Image> {
    let read = listing.files.iter().filter(|file| matches!(file.content, Content::Read(_) | Content::Outlined(_)));
    read.filter_map(|file| Some((file.name.clone(), read_image(folder, file)?))).collect()
}

/// Reads two files of this machine that differ, the master's and a server's, where they do, and says more exactly how; what
/// was found before stays where they are no longer as they were listed, or can't be read.
pub fn compare_again(found: &Difference, servers: [&str; 2], listed: [(&Path, &FileSeen); 2]) -> Difference {
    let paths = listed.map(|(folder, seen)| folder.join(&seen.name));
    let files = [paths[0].as_path(), paths[1].as_path()];
    let are_as_listed = || files.iter().zip(listed).all(|(path, (_, seen))| is_as_listed(path, seen));
    let changed = || Difference { parts: Err(Unplaced::NotAgain), ..found.clone() };
    if !are_as_listed() {
        return changed();
    }
    let _reading = Reading::begin();
    let watch = Watch::below(&ALL);
    watch.expect(files.iter().filter_map(|path| path.metadata().ok()).map(|file| file.len()).sum());
    match compare_pair(servers, files, Some(&found.ranges), &watch) {
        _ if !are_as_listed() => changed(),
        // Where the disks alone were read, the manifests say which bytes differ.
        FileState::Differs(closer) if closer.ranges.is_empty() => {
            Difference { ranges: found.ranges.clone(), grain: found.grain, ..closer }
        }
        FileState::Differs(closer) => closer,
        _ => changed(),
    }
}

/// Tells how far a reading is and writes down what was read, until it has ended.
fn attend(cache: &Cache, file: Option<&Path>, watch: &Watch, tell: &(dyn Fn(Progress) + Sync), ended: &Receiver<()>) {
    let begun = Instant::now();
    let mut saved = begun;
    while ended.recv_timeout(TOLD_EVERY) == Err(RecvTimeoutError::Timeout) {
        tell(watch.progress(begun.elapsed()));
        if saved.elapsed() >= SAVED_EVERY {
            save(cache, file);
            saved = Instant::now();
        }
    }
}

fn save(cache: &Cache, file: Option<&Path>) {
    if let Some(Err(error)) = file.map(|file| cache.save(file)) {
        tracing::warn!("{error}");
    }
}

/// Fills a listing with the fingerprints and chain faults of files that lie in memory.
pub fn of_memory<B: AsRef<[u8]>>(listing: &mut Listing, read: &dyn Fn(&str) -> io::Result<(B, Fingerprint)>) {
    let mut images = Vec::new();
    for file in &mut listing.files {
        file.content = match read(&file.name) {
            Ok((bytes, print)) => {
                images.extend(image_of(&file.name, file.modified, &mut Cursor::new(&bytes)));
                Content::Read(print)
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
