//! Hostile bytes against everything that parses: an answer or an error, never a panic, and never more memory than a
//! header is worth. Every case comes from proptest's seed, which it prints when one fails.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use proptest::prelude::*;

use super::header::field;
use super::layout::{Layout, read_layout};
use super::listing::Listing;
use super::manifest::{ByteRange, Digest, Fingerprint, Manifest, differing_ranges};
use super::name::{Backup, DiskFileName, FileKind, left_out};
use super::place::place;
use super::vhd::{self, VhdTime, read_vhd};
use super::vhd_build::{Image, ParentLink, build_differencing};
use super::vhd_table::read_table;
use super::vhdx::{self, crc32c, read_vhdx};

/// Bytes followed by zeros up to any length, counting what is asked of it.
///
/// The parsers allocate only what they then read, so the largest request is their largest allocation.
struct Endless {
    begin: Cursor<Vec<u8>>,
    end: Vec<u8>,
    bytes: u64,
    place: u64,
    largest: usize,
    total: u64,
}

impl Endless {
    fn new(begin: Vec<u8>, end: Vec<u8>, zeros: u64) -> Endless {
        let bytes = (begin.len() + end.len()) as u64 + zeros;
        Endless { begin: Cursor::new(begin), end, bytes, place: 0, largest: 0, total: 0 }
    }
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.largest = self.largest.max(buffer.len());
        let used = self.bytes.saturating_sub(self.place).min(buffer.len() as u64) as usize;
        for (at, byte) in (self.place..).zip(&mut buffer[..used]) {
            let from_end = at.checked_sub(self.bytes - self.end.len() as u64);
            let found = match from_end {
                Some(from_end) => self.end.get(from_end as usize),
                None => self.begin.get_ref().get(at as usize),
            };
            *byte = found.copied().unwrap_or(0);
        }
        self.place += used as u64;
        self.total += used as u64;
        Ok(used)
    }
}

impl Seek for Endless {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.place = match to {
            // As the system does: no file has a place beyond this.
            SeekFrom::Start(place) if place <= i64::MAX as u64 => place,
            SeekFrom::End(0) => self.bytes,
            _ => return Err(io::ErrorKind::Unsupported.into()),
        };
        Ok(self.place)
    }
}

fn parse(reader: &mut Endless) {
    if let Ok(vhd) = read_vhd(reader) {
        let _ = read_table(reader, &vhd);
    }
    let _ = read_vhdx(reader);
    for kind in [FileKind::Vhd, FileKind::Vhdx] {
        if let Ok(layout) = read_layout(reader, kind) {
            let ranges = [ByteRange { start: 0, end: u64::MAX }, ByteRange { start: 700, end: 9000 }];
            let _ = place(&layout, &ranges);
        }
    }
    assert!(reader.largest <= 1 << 20, "{} bytes at once", reader.largest);
    assert!(reader.total <= 60 << 20, "{} bytes in all", reader.total);
}

/// A small differencing image: 8 KiB blocks, so that the whole of it is worth mutating.
fn version() -> Vec<u8> {
    let parent = ParentLink { id: Image::small("Hoge").id(), modified: VhdTime(1), file: "Hoge.vhd".to_owned() };
    let image = Image { virtual_bytes: 64 << 10, block_bytes: 8 << 10, ..Image::small("Hoge.1") };
    build_differencing(&image, &parent).expect("valid")
}

/// Makes the checksums right again, so that what lies behind them is reached.
fn seal_vhd(image: &mut [u8]) {
    for at in [0, image.len().saturating_sub(512)] {
        seal(image, at, 512, 64, |bytes| vhd::sum(bytes, 64).to_be_bytes());
    }
    let dynamic = u64::from_be_bytes(field(image, 16));
    seal(image, usize::try_from(dynamic).unwrap_or(usize::MAX), 1024, 36, |bytes| vhd::sum(bytes, 36).to_be_bytes());
}

fn seal_vhdx(image: &mut [u8]) {
    for (at, bytes) in [(64, 4), (128, 4), (192, 64), (256, 64)].map(|(at, bytes)| (at << 10, bytes << 10)) {
        seal(image, at, bytes, 4, |bytes| {
            let mut cleared = bytes.to_vec();
            cleared[4..8].fill(0);
            crc32c(&cleared).to_le_bytes()
        });
    }
}

fn seal(image: &mut [u8], at: usize, bytes: usize, sum_at: usize, sum: impl Fn(&[u8]) -> [u8; 4]) {
    if let Some(part) = image.get_mut(at..).and_then(|rest| rest.get_mut(..bytes)) {
        let sum = sum(part);
        part[sum_at..sum_at + 4].copy_from_slice(&sum);
    }
}

/// Places and what is written there; extremes are as likely as anything.
fn mutations(places: usize) -> impl Strategy<Value = Vec<(usize, Vec<u8>)>> {
    let values = prop_oneof![
        any::<[u8; 1]>().prop_map(|bytes| bytes.to_vec()),
        any::<[u8; 4]>().prop_map(|bytes| bytes.to_vec()),
        Just(vec![0xff; 4]),
        Just(vec![0xff; 8]),
        Just(vec![0; 8]),
        Just(vec![0x7f, 0xff, 0xff, 0xff]),
        Just(vec![0xff, 0xff, 0xff, 0x7f]),
        Just(vec![0, 0, 0, 0x40, 0, 0, 0, 0]),
    ];
    prop::collection::vec((0..places, values), 0..6)
}

fn mutate(image: &mut [u8], mutations: &[(usize, Vec<u8>)]) {
    for (at, bytes) in mutations {
        if let Some(place) = image.get_mut(*at..).and_then(|rest| rest.get_mut(..bytes.len())) {
            place.copy_from_slice(bytes);
        }
    }
}

/// How many cases each rule is tried with: as many as `PROPTEST_CASES` says, or these.
fn cases(usual: u32) -> ProptestConfig {
    const UNTOLD: u32 = 256;
    let told = ProptestConfig::default();
    let cases = if told.cases == UNTOLD { usual } else { told.cases };
    ProptestConfig { cases, failure_persistence: None, ..told }
}

/// Files whose length alone would fill any memory.
fn zeros() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), Just(1), 0..1u64 << 20, Just(1 << 40), Just(1 << 62)]
}

fn fingerprint() -> impl Strategy<Value = Fingerprint> {
    let block = prop::option::of(0..3u8).prop_map(|byte| byte.map(|byte| Digest([byte; 32])));
    (any::<u64>(), 0..9u64, any::<bool>(), 0..4u8, prop::collection::vec(block, 0..6)).prop_map(
        |(any, size, fits, digest, blocks)| {
            let bytes = if fits { (blocks.len() as u64 * size).saturating_sub(any % size.max(1)) } else { any };
            Fingerprint { bytes, blake3: Digest([digest; 32]), manifest: Manifest { block_bytes: size, blocks } }
        },
    )
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn random_bytes_are_no_image(begin in prop::collection::vec(any::<u8>(), 0..3000), zeros in zeros()) {
        parse(&mut Endless::new(begin.clone(), Vec::new(), zeros));
        parse(&mut Endless::new(Vec::new(), begin, zeros));
    }

    #[test]
    fn a_mutated_vhd_gives_an_answer_or_an_error(
        places in mutations(2560), ends in mutations(512), sealed in any::<bool>(), cut in 0..8usize, zeros in zeros()
    ) {
        let mut image = version();
        mutate(&mut image, &places);
        let end = image.len() - 512;
        mutate(&mut image[end..], &ends);
        if sealed {
            seal_vhd(&mut image);
        }
        let end = image.split_off(end);
        // One in eight is cut short, at a place that depends on the mutations.
        if cut == 0 {
            image.truncate(places.first().map_or(100, |(at, _)| *at));
        }
        parse(&mut Endless::new(image, end, zeros));
    }

    #[test]
    fn names_of_any_kind_are_taken_apart(name in "\\PC{0,40}", digits in "[0-9_.]{0,30}") {
        for name in [name.clone(), format!("{name}.{digits}.avhd"), format!("{name}.avhd.{digits}")] {
            let _ = (DiskFileName::parse(&name), Backup::parse(&name), left_out(&name, true), left_out(&name, false));
        }
    }

    // DV-01
    #[test]
    fn ranges_are_in_order_inside_the_longer_file_and_the_same_both_ways(a in fingerprint(), b in fingerprint()) {
        let ranges = differing_ranges(&a, &b);
        prop_assert_eq!(&ranges, &differing_ranges(&b, &a));
        prop_assert_eq!(ranges.is_empty(), a.same_content(&b));
        let longest = a.bytes.max(b.bytes);
        // Two empty files can only differ by a forged digest; that range is empty.
        let inside = |range: &ByteRange| range.end <= longest && (range.start < range.end || longest == 0);
        prop_assert!(ranges.iter().all(inside), "{:?}", ranges);
        prop_assert!(ranges.windows(2).all(|pair| pair[0].end < pair[1].start), "{:?}", ranges);
    }

    #[test]
    fn a_layout_of_any_numbers_is_refused_or_places_every_range(
        sizes in (any::<u64>(), 0..70000u32, 0..2000u64), blocks in prop::collection::vec(prop::option::of(any::<u64>()), 0..6),
        near in any::<bool>(), ends in (any::<u64>(), any::<u64>())
    ) {
        let (mut virtual_bytes, block_bytes, bitmap_bytes) = sizes;
        let mut blocks = blocks;
        if near {
            virtual_bytes = blocks.len() as u64 * u64::from(block_bytes);
            blocks.iter_mut().flatten().for_each(|place| *place %= 1 << 20);
        }
        let text = serde_json::json!({
            "parent": null, "virtual_bytes": virtual_bytes, "block_bytes": block_bytes, "bitmap_bytes": bitmap_bytes,
            "is_fixed": false, "blocks": blocks, "structures": [[{ "start": ends.1, "end": ends.0 }, "log"]],
        });
        if let Ok(layout) = serde_json::from_value::<Layout>(text) {
            let ranges = [ByteRange { start: 0, end: u64::MAX }, ByteRange { start: ends.0, end: ends.1 }];
            prop_assert!(place(&layout, &ranges).len() <= 4 * blocks.len() + 2);
        }
    }

    #[test]
    fn a_listing_of_any_text_is_read_or_refused(text in "\\PC{0,60}", bytes in any::<u64>(), block in any::<u64>()) {
        let _ = serde_json::from_str::<Listing>(&text);
        let file = format!(
            r#"{{"files":[{{"path":"a.vhd","bytes":{bytes},"modified":"1970-01-01T00:00:00Z",
            "blake3":"{}","manifest":{{"block_bytes":{block},"blocks":[null]}}}}]}}"#, Digest([0; 32]));
        if let Ok(listing) = serde_json::from_str::<Listing>(&file) {
            prop_assert_eq!(bytes.div_ceil(block), 1);
            prop_assert_eq!(listing.files.len(), 1);
        }
    }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn a_mutated_vhdx_gives_an_answer_or_an_error(
        heads in mutations(128), tables in mutations(128), items in mutations(160), locator in mutations(400),
        sealed in any::<bool>(), cut in 0..8usize, zeros in zeros()
    ) {
        let mut image = vhdx::tests::image(0);
        for offset in [64 << 10, 128 << 10] {
            mutate(&mut image[offset..], &heads);
        }
        for offset in [192 << 10, 256 << 10] {
            mutate(&mut image[offset..], &tables);
        }
        mutate(&mut image[1 << 20..], &items);
        mutate(&mut image[(1 << 20) + (64 << 10)..], &locator);
        if sealed {
            seal_vhdx(&mut image);
        }
        if cut == 0 {
            image.truncate(items.first().map_or(100, |(at, _)| at << 13));
        }
        parse(&mut Endless::new(image, Vec::new(), zeros));
    }
}

/// The largest table that a header may ask for, in a file that is large enough for it.
#[test]
fn a_table_of_the_largest_disk_is_read_in_small_pieces() {
    let mut image = version();
    let end = image.len() - 512;
    for footer in [0, end] {
        image[footer + 48..footer + 56].copy_from_slice(&(2040u64 << 30).to_be_bytes());
    }
    image[512 + 28..512 + 32].copy_from_slice(&u32::MAX.to_be_bytes());
    image[512 + 32..512 + 36].copy_from_slice(&(512u32 << 10).to_be_bytes());
    // Behind everything else, among zeros: every entry is block 0.
    image[512 + 16..512 + 24].copy_from_slice(&(1u64 << 40).to_be_bytes());
    seal_vhd(&mut image);
    let mut reader = Endless::new(image.clone(), image.split_off(end), 1 << 42);
    let vhd = read_vhd(&mut reader).expect("sealed");
    let error = read_table(&mut reader, &vhd).expect_err("all blocks are in one place").to_string();
    assert!(error.ends_with("the block overlaps another"), "{error}");
    assert!(reader.largest <= 4096 && reader.total < 17 << 20, "{} of {}", reader.largest, reader.total);
}
