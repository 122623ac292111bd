//! Says of a byte range of an image what is there: which structure, which block and which of the disk's sectors.
//!
//! Pure: a layout and ranges in, parts out. Layouts are read in `disk::layout`.

use super::layout::{Layout, Structure};
use super::manifest::ByteRange;

/// The unit in which sectors of a disk are counted, whatever the disk's own sectors are.
pub const SECTOR_BYTES: u64 = 512;

/// What a range of an image's bytes is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A header or table.
    Structure(Structure),
    /// The bitmap that says which sectors of a block are its own.
    Bitmap {
        /// The block's number.
        block: u64,
    },
    /// Sectors of the disk.
    Sectors {
        /// The block that holds them; none in an image without blocks.
        block: Option<u64>,
        /// The first sector's number on the disk, in units of 512 bytes.
        first: u64,
        /// The last sector's number on the disk.
        last: u64,
    },
}

impl Part {
    /// Whether the disk may be the same where this part differs and no sector does. Metadata say how the disk is read, and
    /// of a bitmap it is not agreed what it means in an image that stands alone.
    pub fn may_be_of_another_moment(&self) -> bool {
        !matches!(self, Part::Structure(Structure::Metadata) | Part::Bitmap { .. })
    }
}

/// A range of an image's bytes and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The bytes of the file.
    pub range: ByteRange,
    /// What is there.
    pub part: Part,
}

/// Says what is at each range, in the order of the file; what belongs to nothing is left out.
pub fn place(layout: &Layout, ranges: &[ByteRange]) -> Vec<Placed> {
    let mut blocks: Vec<(u64, u64)> =
        (0..).zip(&layout.blocks).filter_map(|(index, place)| Some(((*place)?, index))).collect();
    blocks.sort_unstable();
    let mut found = Vec::new();
    for range in ranges {
        for (place, structure) in &layout.structures {
            let part = Part::Structure(*structure);
            found.extend(overlap(*range, *place).map(|range| Placed { range, part }));
        }
        let size = u64::from(layout.block_bytes);
        let first = blocks.partition_point(|(place, _)| place + size <= range.start);
        for &(place, block) in blocks[first..].iter().take_while(|(place, _)| place - layout.bitmap_bytes < range.end) {
            let bitmap = ByteRange { start: place - layout.bitmap_bytes, end: place };
            found.extend(overlap(*range, bitmap).map(|range| Placed { range, part: Part::Bitmap { block } }));
            let sectors = ByteRange { start: place, end: place + layout.used_bytes(block) };
            found.extend(overlap(*range, sectors).map(|range| {
                let sector = |byte: u64| (block * size + (byte - place)) / SECTOR_BYTES;
                let block = (!layout.is_fixed).then_some(block);
                let part = Part::Sectors { block, first: sector(range.start), last: sector(range.end - 1) };
                Placed { range, part }
            }));
        }
    }
    found.sort_by_key(|placed| placed.range.start);
    found
}

fn overlap(a: ByteRange, b: ByteRange) -> Option<ByteRange> {
    let range = ByteRange { start: a.start.max(b.start), end: a.end.min(b.end) };
    (range.start < range.end).then_some(range)
}
