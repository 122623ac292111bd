//! Reads where an image keeps the disk's blocks.
//!
//! Headers and tables are read and, for whoever compares it from afar, what stands right beside them; no other sectors.
//! Content is compared by it in [`super::guest`], byte ranges are put into the image's own terms in [`super::place`].

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

use super::fingerprint::FingerprintError;
use super::header::HeaderError;
use super::listing::FileSeen;
use super::manifest::{BLOCK_BYTES, ByteRange, Digest};
use super::name::{DiskFileName, FileKind};
use super::opened::Opened;
use super::vhd::{DYNAMIC_BYTES, FOOTER_BYTES, Vhd, VhdKind, read_vhd};
use super::vhd_table::read_table;
use super::vhdx::{Vhdx, read_vhdx};
use super::vhdx_table;
pub use crate::model::disks::layout::{Image, Layout, Structure};

/// How a fixed image, which has no blocks, is divided.
const FIXED_BLOCK_BYTES: u32 = 2 << 20;
/// The largest fixed VHD: 2040 GiB.
const MOST_FIXED_BYTES: u64 = 2040 << 30;
/// In so many blocks of 2 MiB stand the structures of images whose disks have up to 64 TB, as far as those are usual.
const MOST_BESIDE: usize = 16;

/// Reads where an image keeps its blocks.
///
/// # Errors
/// As [`read_vhd`] and [`read_vhdx`], and for tables that point outside the file or into one place twice; a kind that
/// is no image is an [`HeaderError::Unmarked`].
pub fn read_layout<R: Read + Seek>(reader: &mut R, kind: FileKind) -> Result<Layout, HeaderError> {
    match kind {
        FileKind::Vhd | FileKind::Avhd => {
            let vhd = read_vhd(reader)?;
            vhd_layout(reader, &vhd)
        }
        FileKind::Vhdx | FileKind::Avhdx => {
            let vhdx = read_vhdx(reader)?;
            vhdx_layout(reader, &vhdx)
        }
        _ => Err(HeaderError::Unmarked { field: "a disk image", offset: 0 }),
    }
}

fn vhd_layout<R: Read + Seek>(reader: &mut R, vhd: &Vhd) -> Result<Layout, HeaderError> {
    let footer_at = vhd.file_bytes.saturating_sub(FOOTER_BYTES as u64);
    let mut structures = vec![(span(footer_at, FOOTER_BYTES as u64), Structure::Footer)];
    let (block_bytes, bitmap_bytes, blocks) = match &vhd.dynamic {
        None => (FIXED_BLOCK_BYTES, 0, fixed_blocks(vhd, footer_at)?),
        Some(header) => {
            let dynamic_at = vhd.footer.dynamic_offset.unwrap_or_default();
            structures.push((span(0, FOOTER_BYTES as u64), Structure::FooterCopy));
            structures.push((span(dynamic_at, DYNAMIC_BYTES as u64), Structure::DynamicHeader));
            structures.push((span(header.table_offset, u64::from(header.table_entries) * 4), Structure::BlockTable));
            let bitmap_bytes = header.bitmap_bytes();
            let table = read_table(reader, vhd)?;
            let places = table.into_iter().map(|place| place.map(|place| place + bitmap_bytes)).collect();
            (header.block_bytes, bitmap_bytes, places)
        }
    };
    structures.sort_by_key(|(range, _)| range.start);
    Ok(Layout {
        parent: vhd.parent().filter(|_| vhd.footer.kind == VhdKind::Differencing).map(|parent| parent.id),
        virtual_bytes: vhd.footer.virtual_bytes,
        block_bytes,
        bitmap_bytes,
        is_fixed: vhd.dynamic.is_none(),
        blocks,
        structures,
    })
}

fn fixed_blocks(vhd: &Vhd, sectors_end: u64) -> Result<Vec<Option<u64>>, HeaderError> {
    let bytes = vhd.footer.virtual_bytes;
    if bytes > sectors_end || bytes > MOST_FIXED_BYTES {
        let why = "a fixed disk's sectors lie before its footer, and are 2040 GiB at most";
        return Err(HeaderError::Value { field: "the disk's size", offset: sectors_end + 48, value: bytes, why });
    }
    Ok((0..bytes.div_ceil(FIXED_BLOCK_BYTES.into())).map(|at| Some(at * u64::from(FIXED_BLOCK_BYTES))).collect())
}

fn vhdx_layout<R: Read + Seek>(reader: &mut R, vhdx: &Vhdx) -> Result<Layout, HeaderError> {
    let refused = |field, offset, why| Err(HeaderError::Value { field, offset, value: 0, why });
    if vhdx.is_open() {
        return refused("the log", vhdx.header.log_place.0, "it holds changes that the tables don't know of yet");
    }
    let parent = vhdx.parent.as_ref().map(|parent| parent.linkages.first().copied());
    if parent == Some(None) {
        return refused("the parent's linkage", vhdx.metadata.0, "a version names its parent");
    }
    let blocks = vhdx_table::read_table(reader, vhdx)?;
    let mut structures = vhdx_table::structures();
    structures.push((span(vhdx.block_table.0, vhdx.block_table.1), Structure::BlockTable));
    structures.push((span(vhdx.metadata.0, vhdx.metadata.1), Structure::Metadata));
    structures.push((span(vhdx.header.log_place.0, vhdx.header.log_place.1), Structure::Log));
    structures.sort_by_key(|(range, _)| range.start);
    Ok(Layout {
        parent: parent.flatten(),
        virtual_bytes: vhdx.virtual_bytes,
        block_bytes: vhdx.block_bytes,
        bitmap_bytes: 0,
        is_fixed: false,
        blocks,
        structures,
    })
}

pub(super) fn span(start: u64, bytes: u64) -> ByteRange {
    ByteRange { start, end: start.saturating_add(bytes) }
}

/// Reads what a server sends of an image beside its manifest; none of a file that is no image, that can't be understood, or
/// that is no longer as it was listed.
pub fn read_image(folder: &Path, seen: &FileSeen) -> Option<Image> {
    let kind = DiskFileName::parse(&seen.name)?.kind;
    let opened = Opened::open(&folder.join(&seen.name)).ok()?;
    if (opened.stamp.bytes, opened.stamp.modified_at()) != (seen.bytes, seen.modified) {
        return None;
    }
    let layout = read_layout(&mut BufReader::new(&opened.source.file), kind).ok()?;
    let beside = read_beside(&opened, &layout).ok()?;
    Some(Image { layout, beside })
}

/// The digests of what stands beside the structures, in the manifest's blocks that hold any; none where there are so many
/// that reading them would be a second reading of the file.
fn read_beside(opened: &Opened, layout: &Layout) -> Result<BTreeMap<u64, Digest>, FingerprintError> {
    let bytes = opened.stamp.bytes;
    let within = |range: &ByteRange| range.start / BLOCK_BYTES..range.end.min(bytes).div_ceil(BLOCK_BYTES);
    let indices = layout.structures.iter().flat_map(|(range, _)| within(range));
    // Of a region that claims to be huge no more is counted than is needed to see that.
    let indices: BTreeSet<u64> = indices.take(layout.structures.len() + MOST_BESIDE).collect();
    if indices.len() > MOST_BESIDE {
        return Ok(BTreeMap::new());
    }
    let digest = |index: u64| -> io::Result<(u64, Digest)> {
        let start = index * BLOCK_BYTES;
        let mut block = vec![0; BLOCK_BYTES.min(bytes - start) as usize];
        opened.source.fill(&mut block, start)?;
        let end = start + block.len() as u64;
        for (range, _) in layout.structures.iter().filter(|(range, _)| range.start < end && range.end > start) {
            block[range.start.saturating_sub(start) as usize..(range.end.min(end) - start) as usize].fill(0);
        }
        Ok((index, Digest(*blake3::hash(&block).as_bytes())))
    };
    let read = indices.into_iter().map(digest).collect::<io::Result<_>>().map_err(|error| opened.refused(error))?;
    opened.check()?;
    Ok(read)
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
