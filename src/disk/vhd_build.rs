//! Builds small valid VHD images, for the practice farm and for tests.
//!
//! The same specification always gives the same bytes: nothing here reads a clock or draws a random number. Images
//! are returned as bytes and never written; what they must look like is read by [`super::vhd`].
//!
//! # Source
//! "Virtual Hard Disk Image Format Specification", Microsoft, 2006.

use super::header::DiskId;
use super::vhd::{DYNAMIC_BYTES, DYNAMIC_COOKIE, FOOTER_BYTES, FOOTER_COOKIE, SECTOR_BYTES, VhdTime, sum};
use super::vhd_table::UNALLOCATED;

const MOST_VIRTUAL_BYTES: u64 = 1 << 30;

/// An image to be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// What identity and content are derived from; images with other seeds are other disks.
    pub seed: String,
    /// The disk's size in bytes: whole sectors, at most 1 GiB.
    pub virtual_bytes: u64,
    /// A block's size in bytes: a power of two from 4 KiB to 16 MiB.
    pub block_bytes: u32,
    /// The blocks that have content, by number; each costs a block's size of the file.
    pub blocks: Vec<u32>,
    /// The footer's time.
    pub written: VhdTime,
}

impl Image {
    /// A disk of 4 MiB in blocks of 512 KiB, of which the first has content: a file of about half a MiB.
    pub fn small(seed: impl Into<String>) -> Image {
        Image {
            seed: seed.into(),
            virtual_bytes: 4 << 20,
            block_bytes: 512 << 10,
            blocks: vec![0],
            written: VhdTime(0),
        }
    }

    /// The identity that the built image has.
    pub fn id(&self) -> DiskId {
        let mut id = [0; 16];
        blake3::Hasher::new_derive_key("rolewalk practice disk identity")
            .update(self.seed.as_bytes())
            .finalize_xof()
            .fill(&mut id);
        // A name-based identity of the form that RFC 9562 calls version 8.
        id[6] = id[6] & 0x0f | 0x80;
        id[8] = id[8] & 0x3f | 0x80;
        DiskId(id)
    }
}

/// The parent that a differencing image names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParentLink {
    /// The parent's identity.
    pub id: DiskId,
    /// The parent file's modification time.
    pub modified: VhdTime,
    /// The parent's file name, without a folder.
    pub file: String,
}

/// Why an image can't be built as specified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// The disk's size isn't whole sectors up to 1 GiB.
    #[error("a disk of {0} bytes can't be built: whole sectors of 512 bytes, at most 1 GiB")]
    VirtualBytes(u64),
    /// The block size isn't a power of two from 4 KiB to 16 MiB.
    #[error("blocks of {0} bytes can't be built: a power of two from 4 KiB to 16 MiB")]
    BlockBytes(u32),
    /// A block is named twice or lies behind the disk's end.
    #[error("block {0} is named twice or lies behind the disk's end")]
    Block(u32),
    /// The parent's name is too long for its field.
    #[error("the parent's name `{0}` is longer than 255 characters")]
    ParentName(String),
}

/// Builds a dynamic image that stands alone.
///
/// # Errors
/// What can't be built as specified.
pub fn build_dynamic(image: &Image) -> Result<Vec<u8>, BuildError> {
    build(image, None)
}

/// Builds a differencing image; every sector of its blocks counts as changed.
///
/// # Errors
/// What can't be built as specified.
pub fn build_differencing(image: &Image, parent: &ParentLink) -> Result<Vec<u8>, BuildError> {
    build(image, Some(parent))
}

/// The content of a block, as it stands in the image.
pub fn block_content(image: &Image, block: u32) -> Vec<u8> {
    let mut content = vec![0; image.block_bytes as usize];
    blake3::Hasher::new_derive_key("rolewalk practice disk content")
        .update(&block.to_be_bytes())
        .update(image.seed.as_bytes())
        .finalize_xof()
        .fill(&mut content);
    // Where the disk ends inside its last block, nothing stands behind its end.
    let begins = u64::from(block) * u64::from(image.block_bytes);
    let used = image.virtual_bytes.saturating_sub(begins).min(u64::from(image.block_bytes)) as usize;
    content[used..].fill(0);
    content
}

fn build(image: &Image, parent: Option<&ParentLink>) -> Result<Vec<u8>, BuildError> {
    let entries = check(image)?;
    let path = parent.map(relative_path).transpose()?;
    let path_offset = FOOTER_BYTES + DYNAMIC_BYTES;
    let table_offset = path_offset + path.as_ref().map_or(0, |path| whole_sectors(path.len()));
    let blocks_offset = table_offset + whole_sectors(entries as usize * 4);
    let bitmap_bytes = whole_sectors((image.block_bytes as usize / SECTOR_BYTES as usize).div_ceil(8));

    let mut table = vec![UNALLOCATED; entries as usize];
    for (at, &block) in image.blocks.iter().enumerate() {
        let place = blocks_offset + at * (bitmap_bytes + image.block_bytes as usize);
        // At most 1 GiB of content: its sectors' numbers fit.
        match table.get_mut(block as usize) {
            Some(entry) if *entry == UNALLOCATED => *entry = (place / SECTOR_BYTES as usize) as u32,
            _ => return Err(BuildError::Block(block)),
        }
    }

    let footer = footer(image, if parent.is_some() { 4 } else { 3 });
    let mut file = footer.to_vec();
    file.extend(dynamic_header(image, entries, table_offset as u64, parent, path.as_deref()));
    file.extend(path.unwrap_or_default());
    file.resize(table_offset, 0);
    file.extend(table.iter().flat_map(|entry| entry.to_be_bytes()));
    file.resize(blocks_offset, 0xff);
    for &block in &image.blocks {
        let bitmap_end = file.len() + bitmap_bytes;
        file.resize(file.len() + (image.block_bytes as usize / SECTOR_BYTES as usize).div_ceil(8), 0xff);
        file.resize(bitmap_end, 0);
        file.extend(block_content(image, block));
    }
    file.extend(footer);
    Ok(file)
}

fn check(image: &Image) -> Result<u32, BuildError> {
    let bytes = image.virtual_bytes;
    if bytes == 0 || bytes > MOST_VIRTUAL_BYTES || !bytes.is_multiple_of(SECTOR_BYTES) {
        return Err(BuildError::VirtualBytes(bytes));
    }
    if !image.block_bytes.is_power_of_two() || !(4 << 10..=16 << 20).contains(&image.block_bytes) {
        return Err(BuildError::BlockBytes(image.block_bytes));
    }
    // At most 1 GiB in blocks of at least 4 KiB.
    Ok(bytes.div_ceil(image.block_bytes.into()) as u32)
}

fn whole_sectors(bytes: usize) -> usize {
    bytes.next_multiple_of(SECTOR_BYTES as usize)
}

fn relative_path(parent: &ParentLink) -> Result<Vec<u8>, BuildError> {
    if parent.file.encode_utf16().count() > 255 {
        return Err(BuildError::ParentName(parent.file.clone()));
    }
    Ok(format!(".\\{}", parent.file).encode_utf16().flat_map(u16::to_le_bytes).collect())
}

fn footer(image: &Image, kind: u32) -> [u8; FOOTER_BYTES] {
    let mut bytes = [0; FOOTER_BYTES];
    let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
    put(0, &FOOTER_COOKIE);
    put(8, &2u32.to_be_bytes());
    put(12, &0x0001_0000u32.to_be_bytes());
    put(16, &(FOOTER_BYTES as u64).to_be_bytes());
    put(24, &image.written.0.to_be_bytes());
    // Readers take the size from its own field, and not from the geometry that can't express it, only for
    // creators they know; this is Windows' name (QEMU, block/vpc.c).
    put(28, b"win ");
    put(32, &0x000a_0000u32.to_be_bytes());
    put(36, b"Wi2k");
    put(40, &image.virtual_bytes.to_be_bytes());
    put(48, &image.virtual_bytes.to_be_bytes());
    put(56, &geometry(image.virtual_bytes / SECTOR_BYTES));
    put(60, &kind.to_be_bytes());
    put(68, &image.id().0);
    let sum = sum(&bytes, 64);
    bytes[64..68].copy_from_slice(&sum.to_be_bytes());
    bytes
}

/// Cylinders, heads and sectors per track as the specification's appendix computes them for small disks.
fn geometry(sectors: u64) -> [u8; 4] {
    let mut per_track = 17;
    let mut tracks = sectors / per_track;
    let mut heads = tracks.div_ceil(1024).max(4);
    if tracks >= heads * 1024 || heads > 16 {
        per_track = 31;
        heads = 16;
        tracks = sectors / per_track;
    }
    if tracks >= heads * 1024 {
        per_track = 63;
        heads = 16;
        tracks = sectors / per_track;
    }
    let cylinders = (tracks / heads).min(u16::MAX.into()) as u16;
    let [high, low] = cylinders.to_be_bytes();
    [high, low, heads as u8, per_track as u8]
}

fn dynamic_header(
    image: &Image,
    entries: u32,
    table_offset: u64,
    parent: Option<&ParentLink>,
    path: Option<&[u8]>,
) -> [u8; DYNAMIC_BYTES] {
    let mut bytes = [0; DYNAMIC_BYTES];
    let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
    put(0, &DYNAMIC_COOKIE);
    put(8, &[0xff; 8]);
    put(16, &table_offset.to_be_bytes());
    put(24, &0x0001_0000u32.to_be_bytes());
    put(28, &entries.to_be_bytes());
    put(32, &image.block_bytes.to_be_bytes());
    if let (Some(parent), Some(path)) = (parent, path) {
        let name: Vec<u8> = parent.file.encode_utf16().flat_map(u16::to_be_bytes).collect();
        put(40, &parent.id.0);
        put(56, &parent.modified.0.to_be_bytes());
        put(64, &name);
        put(576, b"W2ru");
        // Space in sectors: what the specification says, whatever some writers do.
        put(580, &((whole_sectors(path.len()) as u64 / SECTOR_BYTES) as u32).to_be_bytes());
        put(584, &(path.len() as u32).to_be_bytes());
        put(592, &((FOOTER_BYTES + DYNAMIC_BYTES) as u64).to_be_bytes());
    }
    let sum = sum(&bytes, 36);
    bytes[36..40].copy_from_slice(&sum.to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::disk::header::HeaderError;
    use crate::disk::vhd::{VhdKind, read_vhd};
    use crate::disk::vhd_table::read_table;

    fn base() -> Vec<u8> {
        build_dynamic(&Image { blocks: vec![0, 5], ..Image::small("Hoge") }).expect("a valid specification")
    }

    #[test]
    fn a_built_base_is_read_back() {
        let bytes = base();
        let mut reader = Cursor::new(&bytes);
        let vhd = read_vhd(&mut reader).expect("a valid image");
        assert!(vhd.faults.is_empty(), "{:?}", vhd.faults);
        assert_eq!((vhd.footer.kind, vhd.footer.virtual_bytes), (VhdKind::Dynamic, 4 << 20));
        assert_eq!(vhd.footer.id, Image::small("Hoge").id());
        assert_eq!(vhd.parent(), None);
        let table = read_table(&mut reader, &vhd).expect("a valid table");
        let allocated: Vec<usize> = (0..8).filter(|&block| table[block].is_some()).collect();
        assert_eq!(allocated, [0, 5]);
        assert!((100 << 10..1536 << 10).contains(&bytes.len()), "{} bytes", bytes.len());
    }

    #[test]
    fn a_built_version_names_its_parent() {
        let parent =
            ParentLink { id: Image::small("Hoge").id(), modified: VhdTime(700_000_000), file: "教室.vhd".into() };
        let bytes = build_differencing(&Image::small("Hoge.1"), &parent).expect("a valid specification");
        let vhd = read_vhd(&mut Cursor::new(&bytes)).expect("a valid image");
        let found = vhd.parent().expect("a differencing image has a parent");
        assert_eq!((found.id, found.modified, found.name.as_str()), (parent.id, parent.modified, "教室.vhd"));
        assert_eq!(found.paths[0].path, ".\\教室.vhd");
        assert!(vhd.faults.is_empty(), "{:?}", vhd.faults);
    }

    #[test]
    fn the_same_specification_gives_the_same_bytes() {
        assert_eq!(base(), base());
        assert_ne!(build_dynamic(&Image::small("Hoge")), build_dynamic(&Image::small("Fuga")));
    }

    #[test]
    fn what_cannot_be_built_is_refused() {
        let small = Image::small("Hoge");
        let refused = |image: Image| build_dynamic(&image).expect_err("can't be built");
        assert_eq!(refused(Image { virtual_bytes: 100, ..small.clone() }), BuildError::VirtualBytes(100));
        assert_eq!(refused(Image { block_bytes: 1000, ..small.clone() }), BuildError::BlockBytes(1000));
        assert_eq!(refused(Image { blocks: vec![8], ..small.clone() }), BuildError::Block(8));
        assert_eq!(refused(Image { blocks: vec![1, 1], ..small }), BuildError::Block(1));
    }

    #[test]
    fn a_damaged_footer_is_named_and_its_copy_used() {
        let mut bytes = base();
        let end = bytes.len() - 512;
        bytes[end + 50] ^= 1;
        let vhd = read_vhd(&mut Cursor::new(&bytes)).expect("the copy is valid");
        assert_eq!(vhd.footer.id, Image::small("Hoge").id());
        assert!(
            matches!(vhd.faults[..], [HeaderError::Checksum { field: "the footer", offset, .. }] if offset == end as u64)
        );
        bytes[50] ^= 1;
        let error = read_vhd(&mut Cursor::new(&bytes)).expect_err("neither is valid");
        assert!(error.to_string().starts_with("the checksum of the footer at byte"), "{error}");
    }

    #[test]
    fn a_table_that_points_outside_the_file_is_refused() {
        let mut bytes = base();
        bytes[1536..1540].copy_from_slice(&0x7fff_ffffu32.to_be_bytes());
        let mut reader = Cursor::new(&bytes);
        let vhd = read_vhd(&mut reader).expect("the headers are valid");
        let error = read_table(&mut reader, &vhd).expect_err("the table is not");
        assert_eq!(
            error.to_string(),
            "an entry of the block table at byte 1536 is 0x7fffffff: the block lies outside the file"
        );
    }

    #[test]
    fn a_file_without_a_footer_is_refused() {
        let error = |bytes: &[u8]| read_vhd(&mut Cursor::new(bytes)).expect_err("no image").to_string();
        assert_eq!(error(b"MZ"), "the file ends at byte 2, before the footer at byte 0 is complete");
        assert_eq!(error(&[0; 1024]), "the footer isn't at byte 512");
    }
}
