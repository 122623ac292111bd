//! What [`super`] answers from memory, and what it reads again.

use std::time::{Duration, SystemTime};

use super::*;
use crate::disk::manifest::Fingerprint;

const LATER: Timestamp = Timestamp::MAX;
const GIB: u64 = 1 << 30;

struct Asked {
    fingerprint: Fingerprint,
    bytes_read: u64,
}

fn ask(cache: &Cache, path: &Path) -> Asked {
    let mut bytes_read = 0;
    let reading = cache.read(path, LATER, &mut |bytes| bytes_read += bytes).expect("readable");
    Asked { fingerprint: reading.fingerprint, bytes_read }
}

fn image(folder: &Path, content: &[u8], modified: SystemTime) -> PathBuf {
    let path = folder.join("Hoge.vhd");
    let mut file = File::options().create(true).write(true).truncate(false).open(&path).expect("opened");
    file.write_all(content).expect("written");
    file.set_modified(modified).expect("set");
    path
}

fn then() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

#[test]
fn an_unchanged_file_is_answered_without_reading_it_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = image(folder.path(), &[7; 200_000], then());
    let saved = folder.path().join("cache.json");
    let (cache, note) = Cache::load(&saved);
    assert_eq!(note, None);
    let first = ask(&cache, &path);
    cache.save(&saved).expect("saved");
    let (cache, note) = Cache::load(&saved);
    assert_eq!(note, None);
    let second = ask(&cache, &path);
    assert_eq!((first.bytes_read, second.bytes_read), (200_000, 0));
    assert_eq!(first.fingerprint, second.fingerprint);
}

#[test]
fn two_that_write_one_cache_file_keep_each_others_entries() {
    let folder = tempfile::tempdir().expect("a folder");
    let saved = folder.path().join("cache.json");
    let stores = ["one", "two"].map(|store| {
        let store = folder.path().join(store);
        fs::create_dir(&store).expect("a folder");
        image(&store, &[7; 1000], then())
    });
    let caches = stores.each_ref().map(|path| {
        let cache = Cache::load(&saved).0;
        assert_eq!(ask(&cache, path).bytes_read, 1000);
        cache
    });
    caches.iter().for_each(|cache| cache.save(&saved).expect("saved"));
    // What the first knows of its file is now the older of the two.
    image(folder.path().join("two").as_path(), &[8; 2000], then());
    let later = Cache::load(&saved).0;
    assert_eq!(stores.each_ref().map(|path| ask(&later, path).bytes_read), [0, 2000]);
    later.save(&saved).expect("saved");
    caches[0].save(&saved).expect("saved");
    let last = Cache::load(&saved).0;
    assert_eq!(stores.each_ref().map(|path| ask(&last, path).bytes_read), [0, 0]);
}

/// Writes other bytes and sets the modification time back; says what the cache then answers.
fn overwritten(at: usize, forge: impl Fn(&mut Entry, Stamp)) -> Asked {
    let folder = tempfile::tempdir().expect("a folder");
    let mut content = vec![7; 200_000];
    let path = image(folder.path(), &content, then());
    let cache = Cache::default();
    ask(&cache, &path);
    std::thread::sleep(Duration::from_millis(20));
    content[at] ^= 1;
    image(folder.path(), &content, then());
    let stamp = Stamp::at(&path).expect("there");
    cache.entries().values_mut().for_each(|entry| forge(entry, stamp));
    let asked = ask(&cache, &path);
    let right = asked.fingerprint.blake3.0 == *blake3::hash(&content).as_bytes();
    assert_eq!(right, asked.bytes_read > 0);
    asked
}

#[cfg(unix)]
#[test]
fn other_bytes_behind_the_same_length_and_time_are_seen() {
    assert_eq!(overwritten(100_000, |_, _| {}).bytes_read, 200_000);
}

#[test]
fn another_file_is_seen_behind_the_same_name_length_and_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, beside) = (folder.path().join("store"), folder.path().join("beside"));
    [&store, &beside].into_iter().for_each(|folder| fs::create_dir(folder).expect("a folder"));
    let mut content = vec![7; 200_000];
    let path = image(&store, &content, then());
    let cache = Cache::default();
    ask(&cache, &path);
    content[100_000] ^= 1;
    fs::rename(image(&beside, &content, then()), &path).expect("renamed");
    let asked = ask(&cache, &path);
    assert_eq!(asked.bytes_read, 200_000);
    assert_eq!(asked.fingerprint.blake3.0, *blake3::hash(&content).as_bytes());
}

#[test]
fn other_headers_are_seen_even_where_no_time_tells() {
    assert_eq!(overwritten(10, |entry, stamp| entry.stamp = stamp).bytes_read, 200_000);
    assert_eq!(overwritten(199_990, |entry, stamp| entry.stamp = stamp).bytes_read, 200_000);
}

// The limit that the module's documentation names.
#[test]
fn without_any_time_that_tells_a_sector_in_the_middle_is_not_seen() {
    assert_eq!(overwritten(100_000, |entry, stamp| entry.stamp = stamp).bytes_read, 0);
}

#[test]
fn another_length_or_time_is_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = image(folder.path(), b"one", then());
    let cache = Cache::default();
    ask(&cache, &path);
    image(folder.path(), b"one", then() + Duration::from_nanos(100));
    assert_eq!(ask(&cache, &path).bytes_read, 3);
    image(folder.path(), b"three", then() + Duration::from_nanos(100));
    assert_eq!(ask(&cache, &path).bytes_read, 5);
}

#[test]
fn a_file_touched_a_moment_ago_is_not_remembered() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = image(folder.path(), b"one", then());
    let cache = Cache::default();
    let touched = Stamp::at(&path).expect("there").touched();
    let now = Timestamp::from_nanosecond(i128::from(touched) * 100).expect("in range");
    cache.read(&path, now, &mut |_| {}).expect("readable");
    assert_eq!(ask(&cache, &path).bytes_read, 3);
    assert_eq!(ask(&cache, &path).bytes_read, 0);
}

#[test]
fn a_damaged_or_foreign_cache_is_ignored_with_a_note() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = image(folder.path(), b"one", then());
    let saved = folder.path().join("cache.json");
    let cache = Cache::default();
    ask(&cache, &path);
    cache.save(&saved).expect("saved");
    let whole = fs::read(&saved).expect("there");
    let mut flipped = whole.clone();
    // A digit of a digest: still JSON, but another fingerprint.
    let at = whole.len() - 20;
    flipped[at] = if flipped[at] == b'0' { b'1' } else { b'0' };
    for bytes in [&flipped[..], &whole[..whole.len() / 2], b"", b"\n", b"{}\n{}", &[0xff; 900]] {
        fs::write(&saved, bytes).expect("written");
        let (cache, note) = Cache::load(&saved);
        assert!(note.is_some_and(|note| note.contains("was ignored")));
        assert_eq!(ask(&cache, &path).bytes_read, 3);
    }
    assert!(Cache::load(folder.path()).1.is_some(), "a folder is no cache");
}

fn asked(cache: &Cache, path: &Path, digest: bool, paranoid: bool) -> (Option<Digest>, u64) {
    let watch = Watch::default();
    let found = cache.ask(path, &Ask { digest, paranoid, now: LATER, watch: &watch }).expect("readable");
    (found.outline.blake3, watch.progress(Duration::from_secs(1)).read_bytes)
}

#[test]
fn a_paranoid_question_reads_whatever_is_remembered() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut content = vec![7; 200_000];
    let path = image(folder.path(), &content, then());
    let cache = Cache::default();
    let before = asked(&cache, &path, true, false).0;
    content[100_000] ^= 1;
    image(folder.path(), &content, then());
    // As where no time tells of the change.
    let stamp = Stamp::at(&path).expect("there");
    cache.entries().values_mut().for_each(|entry| entry.stamp = stamp);
    assert_eq!(asked(&cache, &path, true, false), (before, 0));
    let after = Some(Digest(*blake3::hash(&content).as_bytes()));
    assert_eq!(asked(&cache, &path, true, true), (after, 200_000));
    assert_eq!(asked(&cache, &path, true, false), (after, 0));
}

#[test]
fn a_paranoid_reading_that_was_stopped_takes_nothing_away_from_what_is_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut content = vec![7; 12 * BLOCK_BYTES as usize];
    let path = image(folder.path(), &content, then());
    let cache = Cache::default();
    let stopped = || {
        let watch = Watch::default();
        let ask = Ask { digest: true, paranoid: true, now: LATER, watch: &watch };
        cache.answer(&path, &ask, &mut |_| watch.stop()).expect_err("stopped");
    };
    let before = asked(&cache, &path, true, false).0;
    stopped();
    assert_eq!(asked(&cache, &path, true, false), (before, 0));
    // Where it found other bytes, what was known is of another file.
    content[0] ^= 1;
    image(folder.path(), &content, then());
    let (stamp, header) = header(&path).expect("readable");
    cache.entries().values_mut().for_each(|entry| (entry.stamp, entry.header) = (stamp, header));
    stopped();
    let after = asked(&cache, &path, true, false);
    assert_eq!(after.0, Some(Digest(*blake3::hash(&content).as_bytes())));
    assert!(after.1 < content.len() as u64, "it goes on from where it was stopped");
}

#[test]
fn a_digest_is_made_of_a_remembered_manifest_without_reading() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut content = vec![7; 3 * BLOCK_BYTES as usize + 9];
    content[BLOCK_BYTES as usize..2 * BLOCK_BYTES as usize].fill(0);
    let path = image(folder.path(), &content, then());
    let cache = Cache::default();
    assert_eq!(asked(&cache, &path, false, false), (None, content.len() as u64));
    assert_eq!(asked(&cache, &path, false, false), (None, 0));
    let digest = Some(Digest(*blake3::hash(&content).as_bytes()));
    assert_eq!(asked(&cache, &path, true, false), (digest, 0));
}

#[test]
fn a_reading_that_was_stopped_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = image(folder.path(), &vec![7; 12 * BLOCK_BYTES as usize], then());
    let saved = folder.path().join("cache.json");
    let (cache, watch) = (Cache::default(), Watch::default());
    let ask = Ask { digest: true, paranoid: false, now: LATER, watch: &watch };
    let stopped = cache.answer(&path, &ask, &mut |_| watch.stop()).expect_err("stopped");
    let FingerprintError::Stopped { checkpoint, .. } = stopped else { panic!("{stopped}") };
    cache.save(&saved).expect("saved");
    let (cache, note) = Cache::load(&saved);
    assert_eq!(note, None);
    let (digest, read_bytes) = asked(&cache, &path, true, false);
    assert_eq!(read_bytes, (12 - checkpoint.blocks.len() as u64) * BLOCK_BYTES);
    assert_eq!(digest, Some(Digest(*blake3::hash(&vec![7; 12 * BLOCK_BYTES as usize]).as_bytes())));
}

#[test]
fn files_that_are_gone_leave_the_cache_when_it_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = image(folder.path(), b"one", then());
    let cache = Cache::default();
    ask(&cache, &path);
    fs::remove_file(&path).expect("removed");
    cache.save(&folder.path().join("cache.json")).expect("saved");
    assert!(cache.entries().is_empty());
}

// A process that is killed says nothing any more: what a reading has until then is kept on the way.
#[test]
fn a_reading_that_ends_without_a_word_goes_on_from_its_last_gib() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, saved) = (folder.path().join("Hoge.vhd"), folder.path().join("cache"));
    File::create(&path).expect("made").set_len(3 * GIB / 2).expect("resized");
    let cache = Cache::default();
    let ask = |watch| Ask { digest: false, paranoid: false, now: LATER, watch };
    let mut read = 0;
    let watch = Watch::default();
    cache
        .answer(&path, &ask(&watch), &mut |bytes| {
            read += bytes;
            if read == GIB + BLOCK_BYTES {
                cache.save(&saved).expect("saved");
            }
        })
        .expect("readable");
    let (cache, note) = Cache::load(&saved);
    assert_eq!(note, None);
    let watch = Watch::default();
    cache.ask(&path, &ask(&watch)).expect("readable");
    assert_eq!(watch.progress(Duration::ZERO).read_bytes, GIB / 2);
}
