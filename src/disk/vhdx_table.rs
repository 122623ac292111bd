//! Reads the block table of a VHDX: where each block's sectors are.
//!
//! Reads at most 32 MiB whatever the file says, and never the sectors. A differencing image whose blocks are only partly
//! its own is refused, because its bitmaps lie elsewhere; so is one with blocks that hide the parent's and hold nothing,
//! which the answer could not tell from the parent's. The headers before it are read in [`super::vhdx`].
//!
//! # Source
//! "\[MS-VHDX\]: Virtual Hard Disk v2 (VHDX) File Format", Microsoft, 2.5 "BAT".

use std::io::{Read, Seek};

use super::header::{HeaderError, field, read_at};
use super::layout::{Structure, span};
use super::manifest::ByteRange;
use super::vhdx::Vhdx;

const MEBI: u64 = 1 << 20;
/// As many as a disk of 64 TB has in blocks of 16 MiB.
const MOST_BLOCKS: u64 = 4 << 20;
/// Bits 0 to 2 of an entry: what of the block is in the file.
const NOT_PRESENT: u64 = 0;
const UNDEFINED: u64 = 1;
const ZERO: u64 = 2;
const UNMAPPED: u64 = 3;
const FULLY_PRESENT: u64 = 6;
const PARTIALLY_PRESENT: u64 = 7;

/// Reads the block table: for each block of the disk the byte at which its sectors begin; none where the image has
/// none of them.
///
/// # Errors
/// [`HeaderError::Value`] for a block outside the file, two blocks in one place, a state that the format doesn't have
/// or this reader doesn't know, and for more blocks than it can hold.
pub(super) fn read_table<R: Read + Seek>(reader: &mut R, vhdx: &Vhdx) -> Result<Vec<Option<u64>>, HeaderError> {
    let (table_at, table_bytes) = vhdx.block_table;
    let refuse = |field, offset, value, why| Err(HeaderError::Value { field, offset, value, why });
    let size = u64::from(vhdx.block_bytes);
    if !size.is_power_of_two() || !(MEBI..=256 * MEBI).contains(&size) {
        return refuse("the block size", vhdx.metadata.0, size, "a power of two from 1 to 256 MiB");
    }
    if !matches!(vhdx.sector_bytes, 512 | 4096) {
        return refuse("the sector size", vhdx.metadata.0, vhdx.sector_bytes.into(), "512 or 4096");
    }
    // After so many blocks the table has an entry for their sectors' bitmap.
    let ratio = (u64::from(vhdx.sector_bytes) << 23) / size;
    let blocks = vhdx.virtual_bytes.div_ceil(size);
    let entries = blocks.saturating_add(blocks.saturating_sub(1) / ratio);
    if blocks > MOST_BLOCKS || entries > table_bytes / 8 {
        return refuse("the block table", table_at, blocks, "too many blocks for the table, or for this reader");
    }
    let mut places: Vec<Option<u64>> = Vec::new();
    let mut chunk = [0; 4096];
    let mut entry = 0;
    while entry < entries {
        let count = (entries - entry).min(512);
        let part = &mut chunk[..count as usize * 8];
        read_at(reader, "the block table", table_at + entry * 8, part)?;
        for (at, bytes) in (entry..).zip(part.chunks_exact(8)) {
            if (at + 1) % (ratio + 1) == 0 {
                continue;
            }
            let value = u64::from_le_bytes(field(bytes, 0));
            let place = (value >> 20).saturating_mul(MEBI);
            let offset = table_at + at * 8;
            let name = "an entry of the block table";
            places.push(match value & 7 {
                NOT_PRESENT => None,
                // Without sectors of its own as well, but they hide the parent's.
                UNDEFINED | ZERO | UNMAPPED if vhdx.parent.is_some() => {
                    return refuse(
                        name,
                        offset,
                        value,
                        "blocks that hide the parent's without any sectors aren't read",
                    );
                }
                UNDEFINED | ZERO | UNMAPPED => None,
                FULLY_PRESENT if place.saturating_add(size) <= vhdx.file_bytes => Some(place),
                FULLY_PRESENT => return refuse(name, offset, value, "the block lies outside the file"),
                PARTIALLY_PRESENT => {
                    return refuse(name, offset, value, "blocks that are partly the parent's aren't read");
                }
                _ => return refuse(name, offset, value, "the format has no such state"),
            });
        }
        entry += count;
    }
    let mut sorted: Vec<u64> = places.iter().flatten().copied().collect();
    sorted.sort_unstable();
    if let Some(pair) = sorted.windows(2).find(|pair| pair[1] - pair[0] < size) {
        return refuse("the block table", table_at, pair[1], "a block overlaps another");
    }
    Ok(places)
}

/// The structures that stand at the same place in every VHDX.
pub(super) fn structures() -> Vec<(ByteRange, Structure)> {
    const TABLE_BYTES: u64 = 64 << 10;
    use Structure::{FileIdentifier, FirstHeader, RegionTable, RegionTableCopy, SecondHeader};
    let all = [FileIdentifier, FirstHeader, SecondHeader, RegionTable, RegionTableCopy];
    (0..).map(|at| span(at * TABLE_BYTES, TABLE_BYTES)).zip(all).collect()
}
