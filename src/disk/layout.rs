//! Where an image keeps the disk's blocks: the one form in which VHD and VHDX tables are compared and explained.
//!
//! Reads headers and tables and never the sectors. Content is compared by it in [`super::guest`], byte ranges are put
//! into the image's own terms in [`super::place`].

use std::io::{Read, Seek};

use super::header::{DiskId, HeaderError};
use super::manifest::ByteRange;
use super::name::FileKind;
use super::vhd::{DYNAMIC_BYTES, FOOTER_BYTES, Vhd, VhdKind, read_vhd};
use super::vhd_table::read_table;
use super::vhdx::{Vhdx, read_vhdx};
use super::vhdx_table;

/// How a fixed image, which has no blocks, is divided.
const FIXED_BLOCK_BYTES: u32 = 2 << 20;
/// The largest fixed VHD: 2040 GiB.
const MOST_FIXED_BYTES: u64 = 2040 << 30;

/// Where an image keeps the disk's blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The disk's identity.
    pub id: DiskId,
    /// The parent's identity; none in an image that stands alone.
    pub parent: Option<DiskId>,
    /// The disk's size in bytes.
    pub virtual_bytes: u64,
    /// A block's size in bytes; the disk's last block may have fewer.
    pub block_bytes: u32,
    /// Which sectors of a block are its own: a bitmap of so many bytes stands right before each block; 0 for none.
    pub bitmap_bytes: u64,
    /// For each block of the disk the byte of the file at which its sectors begin; none where the image has none.
    ///
    /// Invariant: inside the file, and no two overlap. Checked by [`read_layout`].
    pub blocks: Vec<Option<u64>>,
    /// The image's other structures, by place.
    pub structures: Vec<(ByteRange, &'static str)>,
}

impl Layout {
    /// How many bytes of a block belong to the disk.
    pub(super) fn used_bytes(&self, block: u64) -> u64 {
        let size = u64::from(self.block_bytes);
        self.virtual_bytes.saturating_sub(block * size).min(size)
    }
}

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
    let mut structures = vec![(span(footer_at, FOOTER_BYTES as u64), "the footer")];
    let (block_bytes, bitmap_bytes, blocks) = match &vhd.dynamic {
        None => (FIXED_BLOCK_BYTES, 0, fixed_blocks(vhd, footer_at)?),
        Some(header) => {
            let dynamic_at = vhd.footer.dynamic_offset.unwrap_or_default();
            structures.push((span(0, FOOTER_BYTES as u64), "the footer's copy"));
            structures.push((span(dynamic_at, DYNAMIC_BYTES as u64), "the dynamic header"));
            structures.push((span(header.table_offset, u64::from(header.table_entries) * 4), "the block table"));
            let bitmap_bytes = header.bitmap_bytes();
            let table = read_table(reader, vhd)?;
            let places = table.into_iter().map(|place| place.map(|place| place + bitmap_bytes)).collect();
            (header.block_bytes, bitmap_bytes, places)
        }
    };
    structures.sort_by_key(|(range, _)| range.start);
    Ok(Layout {
        id: vhd.footer.id,
        parent: vhd.parent().filter(|_| vhd.footer.kind == VhdKind::Differencing).map(|parent| parent.id),
        virtual_bytes: vhd.footer.virtual_bytes,
        block_bytes,
        bitmap_bytes,
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
    let blocks = vhdx_table::read_table(reader, vhdx)?;
    let mut structures = vhdx_table::structures();
    structures.push((span(vhdx.block_table.0, vhdx.block_table.1), "the block table"));
    structures.push((span(vhdx.metadata.0, vhdx.metadata.1), "the metadata"));
    structures.sort_by_key(|(range, _)| range.start);
    Ok(Layout {
        id: vhdx.id,
        parent: vhdx.parent.as_ref().and_then(|parent| parent.linkages.first().copied()),
        virtual_bytes: vhdx.virtual_bytes,
        block_bytes: vhdx.block_bytes,
        bitmap_bytes: 0,
        blocks,
        structures,
    })
}

pub(super) fn span(start: u64, bytes: u64) -> ByteRange {
    ByteRange { start, end: start.saturating_add(bytes) }
}
