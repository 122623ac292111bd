//! [`super::read_vhdx`] against a small image put together by hand; real ones are in `tests/disk.rs`.

use std::io::Cursor;

use super::*;

const REGION: usize = 1 << 20;

fn put(image: &mut [u8], at: usize, bytes: &[u8]) {
    image[at..at + bytes.len()].copy_from_slice(bytes);
}

fn seal(image: &mut [u8], at: usize, bytes: usize) {
    put(image, at + 4, &[0; 4]);
    let crc = crc32c(&image[at..at + bytes]);
    put(image, at + 4, &crc.to_le_bytes());
}

fn text(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Headers of a differencing image: 1 MiB of fixed places, then the metadata region.
pub(in crate::disk) fn image(log: u8) -> Vec<u8> {
    let mut image = vec![0; REGION + (128 << 10)];
    put(&mut image, 0, b"vhdxfile");
    put(&mut image, 8, &text("by hand"));
    for (at, sequence) in [(64 << 10, 7u64), (128 << 10, 8)] {
        put(&mut image, at, b"head");
        put(&mut image, at + 8, &sequence.to_le_bytes());
        put(&mut image, at + 16, &[1; 16]);
        put(&mut image, at + 32, &[sequence as u8; 16]);
        put(&mut image, at + 48, &[log; 16]);
        put(&mut image, at + 66, &[1]);
        seal(&mut image, at, HEADER_BYTES);
    }
    for at in [192 << 10, 256 << 10] {
        put(&mut image, at, b"regi");
        put(&mut image, at + 8, &1u32.to_le_bytes());
        put(&mut image, at + 16, &METADATA.to_mixed_order());
        put(&mut image, at + 32, &(REGION as u64).to_le_bytes());
        put(&mut image, at + 40, &(128u32 << 10).to_le_bytes());
        put(&mut image, at + 44, &[1]);
        seal(&mut image, at, TABLE_BYTES);
    }
    let mut locator = PARENT_IS_VHDX.to_mixed_order().to_vec();
    locator.extend([0, 0, 2, 0]);
    let pairs = [("parent_linkage", "{09090909-0909-0909-0909-090909090909}"), ("relative_path", ".\\Hoge.vhdx")];
    let mut texts = Vec::new();
    for (key, value) in pairs {
        let place = |texts: &Vec<u8>| (20 + 2 * 12 + texts.len() as u32).to_le_bytes();
        locator.extend(place(&texts));
        texts.extend(text(key));
        locator.extend(place(&texts));
        texts.extend(text(value));
        locator.extend([(text(key).len() as u16).to_le_bytes(), (text(value).len() as u16).to_le_bytes()].concat());
    }
    locator.extend(texts);
    let parameters = [(32u32 << 20).to_le_bytes(), 2u32.to_le_bytes()].concat();
    let items = [
        (FILE_PARAMETERS, parameters),
        (VIRTUAL_SIZE, (5u64 << 30).to_le_bytes().to_vec()),
        (VIRTUAL_ID, vec![3; 16]),
        (PARENT_LOCATOR, locator),
    ];
    put(&mut image, REGION, b"metadata");
    put(&mut image, REGION + 10, &(items.len() as u16).to_le_bytes());
    let mut offset = TABLE_BYTES;
    for (index, (item, value)) in items.iter().enumerate() {
        let at = REGION + 32 + index * 32;
        put(&mut image, at, &item.to_mixed_order());
        put(&mut image, at + 16, &(offset as u32).to_le_bytes());
        put(&mut image, at + 20, &(value.len() as u32).to_le_bytes());
        put(&mut image, REGION + offset, value);
        offset += value.len();
    }
    image
}

fn read(image: &[u8]) -> Result<Vhdx, HeaderError> {
    read_vhdx(&mut Cursor::new(image))
}

#[test]
fn the_checksum_is_crc_32c() {
    // The check value of the Rocksoft model for CRC-32C, also in RFC 3720, B.4, by other inputs.
    assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
}

#[test]
fn the_header_with_the_higher_number_counts() {
    let vhdx = read(&image(0)).expect("valid");
    assert!(vhdx.faults.is_empty(), "{:?}", vhdx.faults);
    assert_eq!((vhdx.header.sequence, vhdx.header.data_write), (8, DiskId([8; 16])));
    assert_eq!((vhdx.virtual_bytes, vhdx.block_bytes, vhdx.id), (5 << 30, 32 << 20, DiskId([3; 16])));
    assert_eq!((vhdx.creator.as_str(), vhdx.is_open()), ("by hand", false));
    let parent = vhdx.parent.expect("a differencing image");
    assert_eq!(parent.linkages, [DiskId([9; 16])]);
    assert_eq!(parent.paths, [("relative_path".to_owned(), ".\\Hoge.vhdx".to_owned())]);
}

#[test]
fn a_damaged_current_header_leaves_the_other() {
    let mut image = image(0);
    image[(128 << 10) + 9] ^= 1;
    let vhdx = read(&image).expect("the other is valid");
    assert_eq!((vhdx.header.sequence, vhdx.faults.len()), (7, 1));
    image[(64 << 10) + 9] ^= 1;
    let error = read(&image).expect_err("neither is valid").to_string();
    assert!(error.starts_with("the checksum of the header at byte 65536 is"), "{error}");
}

#[test]
fn two_headers_of_one_number_must_be_equal() {
    let mut image = image(0);
    put(&mut image, (64 << 10) + 8, &8u64.to_le_bytes());
    seal(&mut image, 64 << 10, HEADER_BYTES);
    let error = read(&image).expect_err("which one counts can't be said").to_string();
    assert_eq!(error, "the header at byte 65536 and its copy at byte 131072 differ");
    let second = image[128 << 10..][..HEADER_BYTES].to_vec();
    put(&mut image, 64 << 10, &second);
    assert_eq!(read(&image).expect("equal ones occur").header.sequence, 8);
}

#[test]
fn a_log_that_is_not_empty_means_open() {
    assert!(read(&image(5)).expect("valid").is_open());
}

#[test]
fn a_block_that_hides_the_parents_is_no_block_of_the_parents() {
    let mut vhdx = read(&image(0)).expect("valid");
    (vhdx.block_table, vhdx.sector_bytes) = ((0, 4096), 512);
    let mut table = vec![0; 4096];
    let read_table = |table: &[u8], vhdx: &Vhdx| super::super::vhdx_table::read_table(&mut Cursor::new(table), vhdx);
    assert_eq!(read_table(&table, &vhdx).expect("all are the parent's"), vec![None; 160]);
    for state in [1, 2, 3] {
        table[8] = state;
        let error = read_table(&table, &vhdx).expect_err("not the parent's").to_string();
        assert!(error.contains("at byte 8") && error.contains("hide the parent's"), "{error}");
    }
    vhdx.parent = None;
    assert_eq!(read_table(&table, &vhdx).expect("there is none to hide"), vec![None; 160]);
}

#[test]
fn an_item_outside_its_region_is_refused() {
    let mut image = image(0);
    put(&mut image, REGION + 32 + 3 * 32 + 20, &u32::MAX.to_le_bytes());
    let error = read(&image).expect_err("too long").to_string();
    assert!(error.contains("the item lies outside the metadata region"), "{error}");
}

#[test]
fn a_region_outside_the_file_is_refused() {
    let mut image = image(0);
    for at in [192 << 10, 256 << 10] {
        put(&mut image, at + 32, &u64::MAX.to_le_bytes());
        seal(&mut image, at, TABLE_BYTES);
    }
    let error = read(&image).expect_err("outside").to_string();
    assert!(error.contains("the region lies outside the file"), "{error}");
}
