//! Compares files that are on this machine by their bytes: no digest is made, and every block that differs is named.
//!
//! Twice as fast as digests, and good for nothing else: files on other machines are compared by their fingerprints, in
//! [`super::compare`]. A file that changes meanwhile is in use, never divergent.

use std::collections::BTreeMap;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::compare::{Comparison, FileState, Maintenance, ServerFiles, compare_by, in_doubt_by_reading};
use super::difference::{Difference, Grain, Parts, Unplaced};
use super::fingerprint::FingerprintError;
use super::folder::list_folder;
use super::guest::{GuestError, SameDisk, are_equal_in, differing_parts, differing_sectors, layout_of};
use super::layout::Layout;
use super::listing::FileSeen;
use super::manifest::{BLOCK_BYTES, ByteRange, Ranges};
use super::name::folded;
use super::opened::Opened;
use super::place::{Part, SECTOR_BYTES, place};
use super::scan::{PIECE_BYTES, Scanned, scan};
use super::source::Holes;
use super::watch::Watch;

/// In a block with more runs of differing sectors than that, all from the first to the last counts as one.
const MOST_RUNS: usize = 16;

/// Compares two files and names where they differ: in each block of 2 MiB every run of sectors, or all from the first that
/// differs to the last where there are many, neighbours joined; and what only the longer file has. None where it was
/// stopped.
///
/// # Errors
/// [`FingerprintError::InUse`] where one of them changed meanwhile, which says nothing about their content.
pub fn compare_files(a: &Path, b: &Path, watch: &Watch) -> Result<Option<Vec<ByteRange>>, FingerprintError> {
    compare_within(None, a, b, watch)
}

/// The same of the blocks of 2 MiB alone in which `within` lies, in its order: what else the files hold is known to be equal.
fn compare_within(
    within: Option<&[ByteRange]>,
    a: &Path,
    b: &Path,
    watch: &Watch,
) -> Result<Option<Vec<ByteRange>>, FingerprintError> {
    let (a, b) = (Opened::open(a)?, Opened::open(b)?);
    let (shorter, longer) = (a.stamp.bytes.min(b.stamp.bytes), a.stamp.bytes.max(b.stamp.bytes));
    let sides = Sides { holes: [&a, &b].map(|one| one.source.holes(one.stamp.bytes)), files: [&a, &b], bytes: shorter };
    let count = shorter.div_ceil(BLOCK_BYTES);
    let size = |index: u64| 2 * BLOCK_BYTES.min(shorter - index * BLOCK_BYTES);
    let (known, asked): (Vec<u64>, Vec<u64>) = (0..count).partition(|&index| !lies_in(within, index));
    watch.add_known(known.into_iter().map(size).sum());
    let (holes, blocks): (Vec<u64>, Vec<u64>) = asked.into_iter().partition(|&index| sides.are_holes(index));
    watch.add(holes.into_iter().map(size).sum());
    let mut ranges = Ranges::default();
    let work = |at: u64, buffer: &mut [u8]| sides.differing(blocks[at as usize], buffer);
    let scanned = scan(blocks.len() as u64, 2 * PIECE_BYTES, watch, &work, &mut |at, found| {
        watch.add(size(blocks[at as usize]));
        found.into_iter().for_each(|range| ranges.add(range.start, range.end));
    });
    let scanned = scanned.map_err(|(side, error)| [&a, &b][side].refused(error))?;
    a.check()?;
    b.check()?;
    watch.add(longer - shorter);
    ranges.add(shorter, longer);
    Ok((scanned == Scanned::Whole).then_some(ranges.0))
}

/// Whether something of a block of 2 MiB lies in ranges that stand in order, each behind the last.
fn lies_in(within: Option<&[ByteRange]>, index: u64) -> bool {
    let (start, end) = (index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES);
    within.is_none_or(|ranges| {
        let next = ranges.partition_point(|range| range.end <= start);
        ranges.get(next).is_some_and(|range| range.start < end)
    })
}

struct Sides<'a> {
    files: [&'a Opened; 2],
    holes: [Holes; 2],
    /// The length of the shorter file.
    bytes: u64,
}

impl Sides<'_> {
    /// Whether the block is a hole in both, and so equal.
    fn are_holes(&self, index: u64) -> bool {
        self.holes.iter().all(|holes| holes.has(index))
    }

    /// Where the block differs, to the sector, or which file could not be read.
    fn differing(&self, index: u64, buffer: &mut [u8]) -> Result<Vec<ByteRange>, (usize, io::Error)> {
        let is_hole = [self.holes[0].has(index), self.holes[1].has(index)];
        let (start, mut found) = (index * BLOCK_BYTES, Ranges::default());
        let end = self.bytes.min(start + BLOCK_BYTES);
        let (ours, theirs) = buffer.split_at_mut(PIECE_BYTES);
        let bytes = (end - start) as usize;
        let (ours, theirs) = (&mut ours[..bytes], &mut theirs[..bytes]);
        for (side, block) in [&mut *ours, &mut *theirs].into_iter().enumerate() {
            match is_hole[side] {
                true => block.fill(0),
                false => self.files[side].source.fill(block, start).map_err(|error| (side, error))?,
            }
        }
        for sector in differing_sectors(ours, theirs) {
            let place = start + sector * SECTOR_BYTES;
            found.add(place, (place + SECTOR_BYTES).min(end));
        }
        match &found.0[..] {
            [first, .., last] if found.0.len() > MOST_RUNS => Ok(vec![ByteRange { start: first.start, end: last.end }]),
            _ => Ok(found.0),
        }
    }
}

/// Compares folders on this machine, each a server's store by its server's name, as [`super::compare::compare`]
/// compares listings. Images that hold the same disk in another layout are told as such.
///
/// Where it is stopped, what wasn't compared yet is unread.
pub fn compare_folders(
    master: &str,
    folders: &[(String, PathBuf)],
    maintenance: &Maintenance,
    watch: &Watch,
) -> Comparison {
    let listed = |(server, folder): &(String, PathBuf)| ServerFiles {
        server: server.clone(),
        listing: list_folder(folder).map_err(|error| format!("{error}: {}", error.source)),
    };
    let servers: Vec<ServerFiles> = folders.iter().map(listed).collect();
    let folder = |name: &str| folders.iter().find(|(server, _)| server == name).map(|(_, folder)| folder);
    watch.expect(bytes_to_read(master, &servers));
    compare_by(master, &servers, maintenance, &|pair, leading, ours| {
        if let Some(in_doubt) = in_doubt_by_reading(pair, leading, ours) {
            return in_doubt;
        }
        match (folder(pair.master), folder(pair.server)) {
            // The master is what the others are compared with.
            _ if pair.master == pair.server => FileState::Equal,
            (Some(a), Some(b)) => {
                let paths = [a.join(&leading.name), b.join(&ours.name)];
                compare_pair([pair.master, pair.server], [&paths[0], &paths[1]], None, watch)
            }
            _ => FileState::Unread { server: pair.server.to_owned() },
        }
    })
}

/// What there is to read, in bytes: each file that the master has as well, and the master's own each time.
fn bytes_to_read(master: &str, servers: &[ServerFiles]) -> u64 {
    let known = |one: &ServerFiles| one.listing.as_ref().map_or(Vec::new(), |listing| listing.files.clone());
    let (leading, others): (Vec<&ServerFiles>, Vec<_>) = servers.iter().partition(|one| one.server == master);
    let masters: BTreeMap<String, u64> =
        leading.iter().flat_map(|one| known(one)).map(|file| (folded(&file.name), file.bytes)).collect();
    let both = others.iter().flat_map(|one| known(one));
    both.filter_map(|file| Some(file.bytes + masters.get(&folded(&file.name))?)).sum()
}

/// Whether a file is still as it was listed.
pub fn is_as_listed(path: &Path, seen: &FileSeen) -> bool {
    Opened::open(path).is_ok_and(|one| (one.stamp.bytes, one.stamp.modified_at()) == (seen.bytes, seen.modified))
}

/// Compares the master's file with a server's, both on this machine, by their names: where they differ to the sector, in
/// which blocks of the disk, and whether the disk is the same all the same. What is known of where they may differ bounds
/// what is read, unless blocks stand in other places.
pub fn compare_pair(servers: [&str; 2], [a, b]: [&Path; 2], within: Option<&[ByteRange]>, watch: &Watch) -> FileState {
    let layouts = layouts(servers, [a, b]);
    let (is_one_form, is_one_place) = match &layouts {
        Ok([one, other]) => (one.same_form(other), one.same_places(other)),
        Err(_) => (false, false),
    };
    // Blocks in other places make files differ nearly everywhere: the disks in them say more than the files.
    let moved = (is_one_form && !is_one_place).then(|| differing_parts(a, b, watch).ok().flatten());
    if matches!(&moved, Some(Some(parts)) if parts.is_empty()) {
        watch.add([a, b].iter().filter_map(|path| path.metadata().ok()).map(|file| file.len()).sum());
        return same(SameDisk::OtherLayout, Vec::new(), Parts::default());
    }
    let ranges = match compare_within(within, a, b, watch) {
        Ok(Some(ranges)) if ranges.is_empty() => return FileState::Equal,
        Ok(Some(ranges)) => ranges,
        Ok(None) => return FileState::Unread { server: servers[1].to_owned() },
        Err(error) => return in_doubt(servers, a, &error),
    };
    let parts = match (layouts, moved) {
        (Err(why), _) => Err(why),
        (Ok(_), Some(parts)) => parts.ok_or(Unplaced::NotAgain),
        (Ok(_), None) if !is_one_form => Err(Unplaced::OtherForm),
        (Ok([_, ours]), None) => {
            let parts: Vec<Part> = place(&ours, &ranges).into_iter().map(|placed| placed.part).collect();
            let blocks = parts.iter().filter_map(|part| blocks_of(part, &ours)).flatten().collect();
            let is_header = parts.iter().all(Part::may_be_of_another_moment);
            if is_header && matches!(are_equal_in(a, b, &blocks, watch), Ok(true)) {
                let headers = parts.into_iter().filter(|part| !matches!(part, Part::Sectors { .. }));
                return same(SameDisk::OtherHeader, ranges, headers.collect());
            }
            Ok(parts.into_iter().collect())
        }
    };
    FileState::Differs(Difference { same_disk: None, ranges, grain: Grain::Sector, parts })
}

/// The disk's blocks that a part is of; none where it is no block's.
fn blocks_of(part: &Part, layout: &Layout) -> Option<RangeInclusive<u64>> {
    let block = |sector: u64| sector * SECTOR_BYTES / u64::from(layout.block_bytes).max(1);
    match *part {
        Part::Structure(_) => None,
        Part::Bitmap { block } => Some(block..=block),
        Part::Sectors { first, last, .. } => Some(block(first)..=block(last)),
    }
}

fn same(how: SameDisk, ranges: Vec<ByteRange>, parts: Parts) -> FileState {
    FileState::Differs(Difference { same_disk: Some(how), ranges, grain: Grain::Sector, parts: Ok(parts) })
}

/// Where two images keep their blocks, or why nothing is known of that.
fn layouts(servers: [&str; 2], paths: [&Path; 2]) -> Result<[Layout; 2], Unplaced> {
    let read = |at: usize| {
        layout_of(paths[at]).map_err(|error| {
            let why = match &error {
                GuestError::NotAnImage { .. } => return Unplaced::NotAnImage,
                GuestError::Header { source, .. } => source.to_string(),
                GuestError::File(error) => super::folder::reason(error),
                GuestError::Stopped => error.to_string(),
            };
            Unplaced::Headers { server: servers[at].to_owned(), why }
        })
    };
    Ok([read(0)?, read(1)?])
}

fn in_doubt(servers: [&str; 2], masters: &Path, error: &FingerprintError) -> FileState {
    use FingerprintError::{InUse, NotAFile, Open, Read, Stopped};
    let (InUse { path, .. } | NotAFile { path } | Open { path, .. } | Read { path, .. } | Stopped { path, .. }) = error;
    let server = servers[usize::from(path != masters)].to_owned();
    match error {
        InUse { why, .. } => FileState::InUse { server, why: (*why).to_owned() },
        error => FileState::Unreadable { server, why: super::folder::reason(error) },
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Write;

    use super::*;
    use crate::disk::compare::Disks;
    use crate::disk::layout::Structure;
    use crate::disk::vhd_build::{Image, build_dynamic};

    const BLOCK: usize = BLOCK_BYTES as usize;

    fn differing(a: &[u8], b: &[u8]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = [("a", a), ("b", b)].map(|(name, bytes)| {
            let path = folder.path().join(name);
            fs::write(&path, bytes).expect("written");
            path
        });
        let watch = Watch::default();
        let ranges = compare_files(&paths[0], &paths[1], &watch).expect("readable").expect("not stopped");
        let bytes = watch.progress(std::time::Duration::ZERO).read_bytes;
        assert_eq!(bytes, (a.len() + b.len()) as u64);
        ranges.iter().map(ToString::to_string).collect()
    }

    // DV-01
    #[test]
    fn every_place_that_differs_is_named_to_the_sector() {
        let a = vec![7; 5 * BLOCK + 100];
        let mut b = a.clone();
        assert_eq!(differing(&a, &b), [""; 0]);
        b[BLOCK + 700] ^= 1;
        b[3 * BLOCK - 1] ^= 1;
        b[3 * BLOCK] ^= 1;
        b[5 * BLOCK + 99] ^= 1;
        let expected = ["byte 2097664 to 2049 KiB", "byte 6290944 to byte 6291968", "10 MiB to byte 10485860"];
        assert_eq!(differing(&a, &b), expected);
        assert_eq!(differing(&a, &a[..3 * BLOCK]), ["6 MiB to byte 10485860"]);
        assert_eq!(differing(&[], &[0; 3]), ["0 to byte 3"]);
        // Sectors far apart are told apart, as long as they are few.
        let other = |sectors: usize| {
            let mut b = a.clone();
            (0..sectors).for_each(|at| b[at * 4096] ^= 1);
            b
        };
        assert_eq!(differing(&a, &other(3)), ["0 to byte 512", "4 KiB to byte 4608", "8 KiB to byte 8704"]);
        assert_eq!(differing(&a, &other(17)), ["0 to byte 66048"]);
    }

    // DV-01
    #[test]
    fn what_is_known_to_be_equal_is_not_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = ["a", "b"].map(|name| folder.path().join(name));
        let a = vec![7; 4 * BLOCK + 100];
        let mut b = a.clone();
        for at in [0, 2 * BLOCK + 700, 4 * BLOCK + 1] {
            b[at] ^= 1;
        }
        fs::write(&paths[0], &a).expect("written");
        fs::write(&paths[1], &b).expect("written");
        let block = |at: u64| ByteRange { start: at * BLOCK_BYTES, end: (at + 1) * BLOCK_BYTES };
        let watch = Watch::default();
        let known = [block(2), ByteRange { start: 4 * BLOCK_BYTES, end: a.len() as u64 }];
        let found = compare_within(Some(&known), &paths[0], &paths[1], &watch).expect("readable").expect("not stopped");
        let places: Vec<u64> = found.iter().map(|range| range.start).collect();
        assert_eq!(places, [2 * BLOCK_BYTES + 512, 4 * BLOCK_BYTES]);
        let progress = watch.progress(std::time::Duration::ZERO);
        let both = 2 * a.len() as u64;
        assert_eq!((progress.read_bytes, progress.done_bytes), (2 * (BLOCK_BYTES + 100), both));
        let none = compare_within(Some(&[]), &paths[0], &paths[1], &watch).expect("readable").expect("not stopped");
        assert_eq!(none, []);
    }

    // DV-01
    #[test]
    fn a_hole_equals_zeros_and_differs_from_anything_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let paths = ["sparse", "dense"].map(|name| folder.path().join(name));
        File::create(&paths[0]).expect("made").set_len(4 * BLOCK_BYTES).expect("resized");
        let mut zeros = vec![0; 4 * BLOCK];
        fs::write(&paths[1], &zeros).expect("written");
        let differing = |a, b| compare_files(a, b, &Watch::default()).expect("readable").expect("not stopped");
        assert_eq!(differing(&paths[0], &paths[1]), []);
        zeros[BLOCK] = 1;
        fs::write(&paths[1], &zeros).expect("written");
        let one = [ByteRange { start: BLOCK_BYTES, end: BLOCK_BYTES + 512 }];
        assert_eq!((&differing(&paths[0], &paths[1])[..], &differing(&paths[1], &paths[0])[..]), (&one[..], &one[..]));
    }

    // DV-01, DV-02
    #[test]
    fn one_disk_in_another_layout_is_told_and_stays_divergent() {
        let farm = tempfile::tempdir().expect("a folder");
        let image = |blocks: Vec<u32>| Image { blocks, ..Image::small("Hoge") };
        let build = |blocks| build_dynamic(&image(blocks)).expect("valid");
        let mut header = build(vec![0, 5]);
        let end = header.len() - 512;
        for footer in [0, end] {
            header[footer + 24] ^= 1;
            let sum = super::super::vhd::sum(&header[footer..footer + 512], 64);
            header[footer + 64..footer + 68].copy_from_slice(&sum.to_be_bytes());
        }
        let mut sector = build(vec![5, 0]);
        sector[end - 600] ^= 1;
        let stores = [
            ("PVS1", build(vec![0, 5])),
            ("PVS2", build(vec![5, 0])),
            ("PVS3", header),
            ("PVS4", sector),
            ("PVS5", build(vec![0, 5])),
        ];
        let folders = stores.map(|(server, bytes)| {
            let folder = farm.path().join(server);
            fs::create_dir(&folder).expect("a folder");
            File::create(folder.join("Hoge.vhd")).expect("made").write_all(&bytes).expect("written");
            (server.to_owned(), folder)
        });
        let watch = Watch::default();
        let found = compare_folders("PVS1", &folders, &Maintenance::new(), &watch);
        let states: Vec<&FileState> = found.servers.iter().map(|server| &server.files[0].state).collect();
        let [
            FileState::Equal,
            FileState::Differs(layout),
            FileState::Differs(header),
            FileState::Differs(sector),
            equal,
        ] = states[..]
        else {
            panic!("{states:?}")
        };
        assert_eq!(equal, &FileState::Equal);
        let kinds = [layout, header, sector].map(|found| found.same_disk);
        assert_eq!(kinds, [Some(SameDisk::OtherLayout), Some(SameDisk::OtherHeader), None]);
        let parts = |found: &Difference| found.parts.as_ref().expect("placed").first.clone();
        let footers = [Structure::FooterCopy, Structure::Footer].map(Part::Structure);
        assert_eq!(parts(header), footers);
        // 600 bytes before the footer: in the last sector but one of block 0, which stands last.
        assert_eq!(parts(sector), [Part::Sectors { block: Some(0), first: 1022, last: 1022 }]);
        let disks: Vec<&Disks> = found.servers.iter().map(|server| &server.disks).collect();
        let divergent = &Disks::Divergent;
        assert_eq!(disks, [&Disks::Complete, divergent, divergent, divergent, &Disks::Complete]);
        let progress = watch.progress(std::time::Duration::ZERO);
        assert_eq!(progress.done_bytes, progress.total_bytes);
    }

    #[test]
    fn a_comparison_that_is_stopped_says_unread_and_never_equal() {
        let farm = tempfile::tempdir().expect("a folder");
        let folders = ["PVS1", "PVS2"].map(|server| (server.to_owned(), farm.path().join(server)));
        for (_, folder) in &folders {
            fs::create_dir(folder).expect("a folder");
            fs::write(folder.join("Hoge.vhd"), vec![7; BLOCK]).expect("written");
        }
        let watch = Watch::default();
        watch.stop();
        let found = compare_folders("PVS1", &folders, &Maintenance::new(), &watch);
        assert_eq!(found.servers[1].files[0].state, FileState::Unread { server: "PVS2".to_owned() });
        assert!(matches!(found.servers[1].disks, Disks::Unknown { .. }), "{found:?}");
    }
}
