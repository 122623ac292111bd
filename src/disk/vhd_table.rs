//! Reads the block table of a dynamic or differencing VHD: where each block's sectors are.
//!
//! Reads at most 16 MiB whatever the file says, and never the sectors. The headers before it are read in
//! [`super::vhd`].

use std::io::{Read, Seek};

use super::header::{HeaderError, field, read_at};
use super::vhd::{SECTOR_BYTES, Vhd};

/// A block table entry that stands for a block without sectors of its own.
pub(super) const UNALLOCATED: u32 = u32::MAX;
/// As many blocks as the largest VHD (2040 GiB) has at the smallest usual block size (512 KiB).
const MOST_BLOCKS: u64 = 2040 * 1024 * 2;

/// Reads the block table: for each block of the disk the byte at which its bitmap and sectors begin; none where the
/// block has no sectors of its own.
///
/// # Errors
/// [`HeaderError::Value`] for a block outside the file, for two blocks in one place, and for more blocks than any
/// VHD can have; nothing is allocated before its bytes were read.
pub fn read_table<R: Read + Seek>(reader: &mut R, vhd: &Vhd) -> Result<Vec<Option<u64>>, HeaderError> {
    let Some(header) = &vhd.dynamic else {
        return Ok(Vec::new());
    };
    let name = "the block table";
    let blocks = vhd.footer.virtual_bytes.div_ceil(header.block_bytes.into());
    let refuse = |index: u64, value, why| HeaderError::Value {
        field: "an entry of the block table",
        offset: header.table_offset.saturating_add(index * 4),
        value,
        why,
    };
    if blocks > MOST_BLOCKS {
        return Err(HeaderError::Value {
            field: name,
            offset: header.table_offset,
            value: blocks,
            why: "too many blocks",
        });
    }
    let stored_bytes = header.bitmap_bytes() + u64::from(header.block_bytes);
    let mut places = Vec::new();
    let mut chunk = [0; 4096];
    while (places.len() as u64) < blocks {
        let first = places.len() as u64;
        let count = (blocks - first).min(1024) as usize;
        read_at(reader, name, header.table_offset.saturating_add(first * 4), &mut chunk[..count * 4])?;
        for (at, entry) in chunk[..count * 4].chunks_exact(4).enumerate() {
            let sector = u32::from_be_bytes(field(entry, 0));
            let place = u64::from(sector) * SECTOR_BYTES;
            if sector != UNALLOCATED && place.saturating_add(stored_bytes) > vhd.file_bytes {
                return Err(refuse(first + at as u64, sector.into(), "the block lies outside the file"));
            }
            places.push((sector != UNALLOCATED).then_some(place));
        }
    }
    let mut sorted: Vec<(u64, u64)> =
        (0..).zip(&places).filter_map(|(index, place)| Some(((*place)?, index))).collect();
    sorted.sort_unstable();
    for pair in sorted.windows(2) {
        if pair[1].0 - pair[0].0 < stored_bytes {
            return Err(refuse(pair[1].1, pair[1].0 / SECTOR_BYTES, "the block overlaps another"));
        }
    }
    Ok(places)
}
