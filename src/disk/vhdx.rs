//! Reads the headers of VHDX images (`.vhdx`, `.avhdx`): both headers, region table, metadata, parent.
//!
//! Reads at most about 1.3 MiB whatever the file says, and neither log nor sectors. An image whose log is not empty is
//! open or was not closed cleanly; what its headers say may then be out of date. Content is compared by
//! [`super::fingerprint`]; links between files are checked in [`super::chain`].
//!
//! # Source
//! "\[MS-VHDX\]: Virtual Hard Disk v2 (VHDX) File Format", Microsoft.

use std::io::{Read, Seek};

use serde::{Deserialize, Serialize};

use super::header::{DiskId, HeaderError, field, length, read_at};
use super::vhd::utf16;

const HEADER_OFFSETS: [u64; 2] = [64 << 10, 128 << 10];
const REGION_OFFSETS: [u64; 2] = [192 << 10, 256 << 10];
const TABLE_BYTES: usize = 64 << 10;
const HEADER_BYTES: usize = 4096;
/// The format allows no more entries in a region or metadata table.
const MOST_ENTRIES: u64 = 2047;
/// The format allows no larger metadata item.
const MOST_ITEM_BYTES: u64 = 1 << 20;

const BLOCK_TABLE: DiskId = id(0x2dc2_7766_f623_4200_9d64_115e_9bfd_4a08);
const METADATA: DiskId = id(0x8b7c_a206_4790_4b9a_b8fe_575f_050f_886e);
const FILE_PARAMETERS: DiskId = id(0xcaa1_6737_fa36_4d43_b3b6_33f0_aa44_e76b);
const VIRTUAL_SIZE: DiskId = id(0x2fa5_4224_cd1b_4876_b211_5dbe_d83b_f4b8);
const SECTOR_SIZE: DiskId = id(0x8141_bf1d_a96f_4709_ba47_f233_a8fa_ab5f);
const VIRTUAL_ID: DiskId = id(0xbeca_12ab_b2e6_4523_93ef_c309_e000_c746);
const PARENT_LOCATOR: DiskId = id(0xa8d3_5f2d_b30b_454d_abf7_d3d8_4834_ab0c);
const PARENT_IS_VHDX: DiskId = id(0xb04a_efb7_d19e_4a81_b789_25b8_e944_5913);

const fn id(value: u128) -> DiskId {
    DiskId(value.to_be_bytes())
}

/// One of the two headers: what changes with every writing session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VhdxHeader {
    /// Counts the header's writings; the valid header with the higher number is the current one.
    pub sequence: u64,
    /// New with the first change of anything after an opening.
    pub file_write: DiskId,
    /// New with the first change of the disk's content after an opening; by it children know their parent.
    pub data_write: DiskId,
    /// Zero where the log is empty.
    pub log: DiskId,
    /// Where the log is and its length, in bytes.
    pub log_place: (u64, u64),
}

/// What a differencing image says about its parent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VhdxParent {
    /// The parent's [`VhdxHeader::data_write`]; either of the two may be the one that fits.
    pub linkages: Vec<DiskId>,
    /// Where the parent may be found: key (`relative_path`, `volume_path`, `absolute_win32_path`) and path.
    pub paths: Vec<(String, String)>,
}

/// The headers of a VHDX image.
#[derive(Debug)]
pub struct Vhdx {
    /// The file's length in bytes.
    pub file_bytes: u64,
    /// The program that made it.
    pub creator: String,
    /// The current header.
    pub header: VhdxHeader,
    /// A block's size in bytes.
    pub block_bytes: u32,
    /// The disk's size in bytes.
    pub virtual_bytes: u64,
    /// A logical sector's size in bytes; 0 where the image doesn't say.
    pub sector_bytes: u32,
    /// Where the block table is and its length, in bytes; empty where the image names none.
    pub(super) block_table: (u64, u64),
    /// Where the metadata are and their length, in bytes.
    pub(super) metadata: (u64, u64),
    /// The disk's identity, the same in a parent and its children.
    pub id: DiskId,
    /// The parent; none in an image that stands alone.
    pub parent: Option<VhdxParent>,
    /// What is damaged although the image could be understood.
    pub faults: Vec<HeaderError>,
}

impl Vhdx {
    /// Whether the log is not empty: a program has the image open for writing, or didn't close it.
    pub fn is_open(&self) -> bool {
        !self.header.log.is_zero()
    }
}

/// Reads the headers of a VHDX image.
///
/// # Errors
/// The first thing without which the image can't be understood, with its place.
pub fn read_vhdx<R: Read + Seek>(reader: &mut R) -> Result<Vhdx, HeaderError> {
    let file_bytes = length(reader)?;
    let mut faults = Vec::new();
    let mut identifier = [0; 520];
    read_at(reader, "the file identifier", 0, &mut identifier)?;
    if field::<8>(&identifier, 0) != *b"vhdxfile" {
        return Err(HeaderError::Unmarked { field: "the file identifier", offset: 0 });
    }
    let header = current_header(reader, &mut faults)?;
    let Regions { metadata, block_table } = regions(reader, file_bytes, &mut faults)?;
    let items = read_items(reader, metadata)?;
    let parameters: [u8; 8] = items.take(reader, "the file parameters", FILE_PARAMETERS)?;
    let virtual_bytes = u64::from_le_bytes(items.take(reader, "the disk's size", VIRTUAL_SIZE)?);
    let id = DiskId::from_mixed_order(items.take(reader, "the disk's identity", VIRTUAL_ID)?);
    let has_parent = u32::from_le_bytes(field(&parameters, 4)) & 2 != 0;
    Ok(Vhdx {
        file_bytes,
        creator: utf16(&identifier[8..], u16::from_le_bytes),
        header,
        block_bytes: u32::from_le_bytes(field(&parameters, 0)),
        virtual_bytes,
        sector_bytes: items.take(reader, "the sector size", SECTOR_SIZE).map_or(0, u32::from_le_bytes),
        block_table: (block_table.offset, block_table.bytes),
        metadata: (metadata.offset, metadata.bytes),
        id,
        parent: has_parent.then(|| read_parent(reader, &items)).transpose()?,
        faults,
    })
}

fn current_header<R: Read + Seek>(reader: &mut R, faults: &mut Vec<HeaderError>) -> Result<VhdxHeader, HeaderError> {
    match HEADER_OFFSETS.map(|offset| read_header(reader, offset)) {
        [Ok(first), Ok(second)] if first.sequence == second.sequence => {
            // Two equal headers occur; two that differ under one number leave no current one.
            let [offset, copy_offset] = HEADER_OFFSETS;
            if first == second {
                Ok(first)
            } else {
                Err(HeaderError::CopiesDiffer { field: "the header", offset, copy_offset })
            }
        }
        [Ok(first), Ok(second)] => Ok(if first.sequence > second.sequence { first } else { second }),
        [Ok(valid), Err(fault)] | [Err(fault), Ok(valid)] => {
            faults.push(fault);
            Ok(valid)
        }
        [Err(error), Err(_)] => Err(error),
    }
}

fn read_header<R: Read + Seek>(reader: &mut R, offset: u64) -> Result<VhdxHeader, HeaderError> {
    let mut bytes = [0; HEADER_BYTES];
    read_at(reader, "the header", offset, &mut bytes)?;
    check_marks("the header", offset, &mut bytes, *b"head")?;
    let version = u16::from_le_bytes(field(&bytes, 66));
    if version != 1 {
        let why = "only version 1 is known";
        return Err(HeaderError::Value { field: "the version", offset: offset + 66, value: version.into(), why });
    }
    Ok(VhdxHeader {
        sequence: u64::from_le_bytes(field(&bytes, 8)),
        file_write: DiskId::from_mixed_order(field(&bytes, 16)),
        data_write: DiskId::from_mixed_order(field(&bytes, 32)),
        log: DiskId::from_mixed_order(field(&bytes, 48)),
        log_place: (u64::from_le_bytes(field(&bytes, 72)), u32::from_le_bytes(field(&bytes, 68)).into()),
    })
}

/// Checks signature and CRC-32C; leaves the checksum's bytes zero.
fn check_marks(name: &'static str, offset: u64, bytes: &mut [u8], signature: [u8; 4]) -> Result<(), HeaderError> {
    if field::<4>(bytes, 0) != signature {
        return Err(HeaderError::Unmarked { field: name, offset });
    }
    let stored = u32::from_le_bytes(field(bytes, 4));
    bytes[4..8].fill(0);
    let computed = crc32c(bytes);
    if stored == computed { Ok(()) } else { Err(HeaderError::Checksum { field: name, offset, stored, computed }) }
}

#[derive(Clone, Copy)]
struct Region {
    offset: u64,
    bytes: u64,
}

/// The regions that are known.
struct Regions {
    metadata: Region,
    block_table: Region,
}

fn regions<R: Read + Seek>(
    reader: &mut R,
    file_bytes: u64,
    faults: &mut Vec<HeaderError>,
) -> Result<Regions, HeaderError> {
    match REGION_OFFSETS.map(|offset| read_regions(reader, offset, file_bytes)) {
        [Ok(first), Ok(_)] => Ok(first),
        [Ok(valid), Err(fault)] | [Err(fault), Ok(valid)] => {
            faults.push(fault);
            Ok(valid)
        }
        [Err(error), Err(_)] => Err(error),
    }
}

fn read_regions<R: Read + Seek>(reader: &mut R, offset: u64, file_bytes: u64) -> Result<Regions, HeaderError> {
    let name = "the region table";
    let mut bytes = vec![0; TABLE_BYTES];
    read_at(reader, name, offset, &mut bytes)?;
    check_marks(name, offset, &mut bytes, *b"regi")?;
    let count = entries("the number of regions", offset + 8, u32::from_le_bytes(field(&bytes, 8)).into())?;
    let mut metadata = None;
    let mut block_table = Region { offset: 0, bytes: 0 };
    for at in (0..count).map(|index| 16 + index * 32) {
        let place = offset + at as u64;
        let kind = DiskId::from_mixed_order(field(&bytes, at));
        let region = Region {
            offset: u64::from_le_bytes(field(&bytes, at + 16)),
            bytes: u32::from_le_bytes(field(&bytes, at + 24)).into(),
        };
        let required = u32::from_le_bytes(field(&bytes, at + 28)) & 1 != 0;
        if region.offset.checked_add(region.bytes).is_none_or(|end| end > file_bytes) {
            let why = "the region lies outside the file";
            return Err(HeaderError::Value {
                field: "a region's offset",
                offset: place + 16,
                value: region.offset,
                why,
            });
        }
        if kind == METADATA {
            metadata = Some(region);
        } else if kind == BLOCK_TABLE {
            block_table = region;
        } else if required {
            let why = "the region is required and unknown";
            return Err(HeaderError::Value { field: "a region", offset: place, value: region.offset, why });
        }
    }
    let metadata = metadata.ok_or(HeaderError::Unmarked { field: "the metadata region's entry", offset })?;
    Ok(Regions { metadata, block_table })
}

fn entries(name: &'static str, offset: u64, count: u64) -> Result<usize, HeaderError> {
    if count > MOST_ENTRIES {
        return Err(HeaderError::Value { field: name, offset, value: count, why: "the format allows 2047" });
    }
    Ok(count as usize)
}

/// The metadata table, as it was read, and the region in which its items lie.
struct Items {
    region: Region,
    table: Vec<u8>,
    count: usize,
}

fn read_items<R: Read + Seek>(reader: &mut R, region: Region) -> Result<Items, HeaderError> {
    let name = "the metadata table";
    let mut table = vec![0; TABLE_BYTES];
    read_at(reader, name, region.offset, &mut table)?;
    if field::<8>(&table, 0) != *b"metadata" {
        return Err(HeaderError::Unmarked { field: name, offset: region.offset });
    }
    let count = u16::from_le_bytes(field(&table, 10));
    let count = entries("the number of metadata items", region.offset + 10, count.into())?;
    Ok(Items { region, table, count })
}

impl Items {
    /// Where an item is in the file, and its length.
    fn find(&self, name: &'static str, item: DiskId) -> Result<(u64, u64), HeaderError> {
        let entry = (0..self.count)
            .map(|index| 32 + index * 32)
            .find(|&at| DiskId::from_mixed_order(field(&self.table, at)) == item);
        let at = entry.ok_or(HeaderError::Unmarked { field: name, offset: self.region.offset })?;
        let offset = u64::from(u32::from_le_bytes(field(&self.table, at + 16)));
        let bytes = u64::from(u32::from_le_bytes(field(&self.table, at + 20)));
        let place = self.region.offset + at as u64;
        let refuse = |at, value, why| Err(HeaderError::Value { field: name, offset: place + at, value, why });
        if offset + bytes > self.region.bytes {
            return refuse(16, offset, "the item lies outside the metadata region");
        }
        if bytes > MOST_ITEM_BYTES {
            return refuse(20, bytes, "the format allows 1 MiB");
        }
        Ok((self.region.offset + offset, bytes))
    }

    fn take<R: Read + Seek, const N: usize>(
        &self,
        reader: &mut R,
        name: &'static str,
        item: DiskId,
    ) -> Result<[u8; N], HeaderError> {
        let (offset, bytes) = self.find(name, item)?;
        if bytes < N as u64 {
            return Err(HeaderError::Value { field: name, offset, value: bytes, why: "the item is too short" });
        }
        let mut value = [0; N];
        read_at(reader, name, offset, &mut value)?;
        Ok(value)
    }
}

fn read_parent<R: Read + Seek>(reader: &mut R, items: &Items) -> Result<VhdxParent, HeaderError> {
    let name = "the parent locator";
    let (offset, bytes) = items.find(name, PARENT_LOCATOR)?;
    // At most 1 MiB, and the region that holds it lies inside the file.
    let mut locator = vec![0; bytes as usize];
    read_at(reader, name, offset, &mut locator)?;
    let kind = DiskId::from_mixed_order(field(&locator, 0));
    if locator.len() < 20 || kind != PARENT_IS_VHDX {
        return Err(HeaderError::Unmarked { field: name, offset });
    }
    let mut parent = VhdxParent::default();
    for at in (0..usize::from(u16::from_le_bytes(field(&locator, 18)))).map(|index| 20 + index * 12) {
        if at + 12 > locator.len() {
            return Err(HeaderError::Truncated { field: name, offset: offset + at as u64, file_bytes: offset + bytes });
        }
        let text = |place: usize, bytes: usize| {
            let start = u32::from_le_bytes(field(&locator, at + place)) as usize;
            let bytes = usize::from(u16::from_le_bytes(field(&locator, at + bytes)));
            let found = locator.get(start..).and_then(|rest| rest.get(..bytes));
            found.map(|found| utf16(found, u16::from_le_bytes)).ok_or(HeaderError::Value {
                field: "a text of the parent locator",
                offset: offset + (at + place) as u64,
                value: start as u64,
                why: "it lies outside the locator",
            })
        };
        let (key, value) = (text(0, 8)?, text(4, 10)?);
        match key.as_str() {
            "parent_linkage" | "parent_linkage2" => parent.linkages.extend(DiskId::parse(&value)),
            _ => parent.paths.push((key, value)),
        }
    }
    Ok(parent)
}

const CRC_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

/// CRC-32C (Castagnoli), as VHDX headers carry it.
pub(super) fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| crc >> 8 ^ CRC_TABLE[usize::from(crc as u8 ^ byte)])
}

#[cfg(test)]
#[path = "vhdx_tests.rs"]
pub(in crate::disk) mod tests;
