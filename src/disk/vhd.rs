//! Reads the headers of VHD images (`.vhd`, `.avhd`): footer, dynamic header, parent.
//!
//! Reads a few kilobytes and never the sectors; what it proves is which disk this is and whose child, never that
//! two files hold the same bytes (an overwritten sector leaves every header as it was). Content is compared by
//! [`super::fingerprint`], the block table is read in [`super::vhd_table`]; links between files are checked in [`super::chain`].
//!
//! # Source
//! "Virtual Hard Disk Image Format Specification", Microsoft, 2006; libvhdi's "Virtual Hard Disk (VHD) image
//! format" where the specification is silent.

use std::io::{Read, Seek};

use serde::{Deserialize, Serialize};

use super::header::{DiskId, HeaderError, field, length, read_at};
pub(super) use super::place::SECTOR_BYTES;

pub(super) const FOOTER_BYTES: usize = 512;
pub(super) const DYNAMIC_BYTES: usize = 1024;
pub(super) const FOOTER_COOKIE: [u8; 8] = *b"conectix";
pub(super) const DYNAMIC_COOKIE: [u8; 8] = *b"cxsparse";
const MOST_PATH_BYTES: u32 = 4096;
/// 2000-01-01 00:00:00 UTC in Unix time.
const EPOCH: i64 = 946_684_800;

/// A moment as VHD files store it: whole seconds since 2000-01-01 00:00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VhdTime(pub u32);

impl VhdTime {
    /// The VHD time of a moment, its fraction of a second cut off; none before 2000 and after 2136.
    pub fn of(moment: jiff::Timestamp) -> Option<VhdTime> {
        let since = moment.as_nanosecond().div_euclid(1_000_000_000) - i128::from(EPOCH);
        u32::try_from(since).ok().map(VhdTime)
    }

    /// The moment in Unix time.
    pub fn timestamp(self) -> jiff::Timestamp {
        // Every such second lies before the year 2137, well inside what a Timestamp can hold.
        jiff::Timestamp::from_second(EPOCH + i64::from(self.0)).unwrap_or(jiff::Timestamp::MAX)
    }
}

/// How a VHD stores its sectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VhdKind {
    /// All sectors, one after the other.
    Fixed,
    /// Only blocks that were written.
    Dynamic,
    /// Only sectors that differ from a parent's.
    Differencing,
}

/// The footer: which disk this is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footer {
    /// How sectors are stored.
    pub kind: VhdKind,
    /// The disk's identity.
    pub id: DiskId,
    /// When the image was made (some writers: last written).
    pub written: VhdTime,
    /// The program that made it, four characters.
    pub creator: [u8; 4],
    /// The disk's size in bytes when it was made.
    pub original_bytes: u64,
    /// The disk's size in bytes now.
    pub virtual_bytes: u64,
    /// Where the dynamic header begins; none in a fixed image.
    pub dynamic_offset: Option<u64>,
    /// Whether the footer holds a saved state of a virtual machine.
    pub saved_state: bool,
}

/// One of the places where a parent may be found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParentPath {
    /// Platform code: `W2ku` an absolute, `W2ru` a relative Windows path.
    pub platform: String,
    /// The path.
    pub path: String,
}

/// What a differencing image says about its parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The parent's identity.
    pub id: DiskId,
    /// The parent file's modification time when the link was made.
    pub modified: VhdTime,
    /// The parent's name or path.
    pub name: String,
    /// Where it may be found; only Windows paths that could be read.
    pub paths: Vec<ParentPath>,
}

/// The dynamic header: where the blocks are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DynamicHeader {
    /// Where the block table begins, in bytes from the start of the file.
    pub table_offset: u64,
    /// How many entries the table has.
    pub table_entries: u32,
    /// A block's size in bytes, without its sector bitmap.
    ///
    /// Invariant: a power of two, at least a sector. Checked by [`read_vhd`].
    pub block_bytes: u32,
    /// The parent; none in an image that stands alone.
    pub parent: Option<Parent>,
}

impl DynamicHeader {
    /// The size in bytes of the sector bitmap that stands before each block.
    pub fn bitmap_bytes(&self) -> u64 {
        (u64::from(self.block_bytes) / SECTOR_BYTES).div_ceil(8).next_multiple_of(SECTOR_BYTES)
    }
}

/// The headers of a VHD image.
#[derive(Debug)]
pub struct Vhd {
    /// The file's length in bytes.
    pub file_bytes: u64,
    /// The footer at the end, or its copy at the start where that alone is valid.
    pub footer: Footer,
    /// The dynamic header; none in a fixed image.
    pub dynamic: Option<DynamicHeader>,
    /// What is damaged although the image could be understood.
    pub faults: Vec<HeaderError>,
}

impl Vhd {
    /// What the image says about its parent; none where it stands alone.
    pub fn parent(&self) -> Option<&Parent> {
        self.dynamic.as_ref()?.parent.as_ref()
    }
}

/// Reads the headers of a VHD image.
///
/// A damaged footer whose copy is valid is a fault, not an error, because the image can still be understood.
///
/// # Errors
/// The first thing without which the image can't be understood, with its place.
pub fn read_vhd<R: Read + Seek>(reader: &mut R) -> Result<Vhd, HeaderError> {
    let file_bytes = length(reader)?;
    let mut faults = Vec::new();
    let end = file_bytes.saturating_sub(FOOTER_BYTES as u64);
    let footer = match read_footer(reader, "the footer", end) {
        Ok(footer) => {
            if footer.dynamic_offset.is_some() {
                match read_footer(reader, "the footer's copy", 0) {
                    Ok(copy) if copy == footer => {}
                    Ok(_) => {
                        faults.push(HeaderError::CopiesDiffer { field: "the footer", offset: end, copy_offset: 0 })
                    }
                    Err(error) => faults.push(error),
                }
            }
            footer
        }
        Err(error) => match read_footer(reader, "the footer's copy", 0) {
            Ok(copy) if copy.dynamic_offset.is_some() => {
                faults.push(error);
                copy
            }
            _ => return Err(error),
        },
    };
    let dynamic = match footer.dynamic_offset {
        Some(offset) => Some(read_dynamic(reader, offset, &footer, &mut faults)?),
        None => None,
    };
    Ok(Vhd { file_bytes, footer, dynamic, faults })
}

fn read_footer<R: Read + Seek>(reader: &mut R, name: &'static str, offset: u64) -> Result<Footer, HeaderError> {
    let mut bytes = [0; FOOTER_BYTES];
    read_at(reader, name, offset, &mut bytes)?;
    if field::<8>(&bytes, 0) != FOOTER_COOKIE {
        return Err(HeaderError::Unmarked { field: name, offset });
    }
    check_sum(name, offset, &bytes, 64)?;
    let refuse = |field, at: u64, value, why| HeaderError::Value { field, offset: offset + at, value, why };
    let version = u32::from_be_bytes(field(&bytes, 12));
    if version >> 16 != 1 {
        return Err(refuse("the footer's version", 12, version.into(), "only version 1 is known"));
    }
    let kind = match u32::from_be_bytes(field(&bytes, 60)) {
        2 => VhdKind::Fixed,
        3 => VhdKind::Dynamic,
        4 => VhdKind::Differencing,
        other => {
            return Err(refuse("the disk's type", 60, other.into(), "fixed is 2, dynamic 3, differencing 4"));
        }
    };
    Ok(Footer {
        kind,
        id: DiskId(field(&bytes, 68)),
        written: VhdTime(u32::from_be_bytes(field(&bytes, 24))),
        creator: field(&bytes, 28),
        original_bytes: u64::from_be_bytes(field(&bytes, 40)),
        virtual_bytes: u64::from_be_bytes(field(&bytes, 48)),
        dynamic_offset: (kind != VhdKind::Fixed).then(|| u64::from_be_bytes(field(&bytes, 16))),
        saved_state: bytes[84] != 0,
    })
}

fn read_dynamic<R: Read + Seek>(
    reader: &mut R,
    offset: u64,
    footer: &Footer,
    faults: &mut Vec<HeaderError>,
) -> Result<DynamicHeader, HeaderError> {
    let mut bytes = [0; DYNAMIC_BYTES];
    read_at(reader, "the dynamic header", offset, &mut bytes)?;
    if field::<8>(&bytes, 0) != DYNAMIC_COOKIE {
        return Err(HeaderError::Unmarked { field: "the dynamic header", offset });
    }
    check_sum("the dynamic header", offset, &bytes, 36)?;
    // The header was read, so its end, and each place inside it, is a possible offset.
    let refuse = |field, at: u64, value, why| HeaderError::Value { field, offset: offset + at, value, why };
    let table_entries = u32::from_be_bytes(field(&bytes, 28));
    let block_bytes = u32::from_be_bytes(field(&bytes, 32));
    if !block_bytes.is_power_of_two() || u64::from(block_bytes) < SECTOR_BYTES {
        return Err(refuse("the block size", 32, block_bytes.into(), "it is a power of two of at least 512"));
    }
    if u64::from(table_entries) < footer.virtual_bytes.div_ceil(block_bytes.into()) {
        let why = "the block table is too short for the disk's size";
        return Err(refuse("the number of blocks", 28, table_entries.into(), why));
    }
    let parent = (footer.kind == VhdKind::Differencing).then(|| Parent {
        id: DiskId(field(&bytes, 40)),
        modified: VhdTime(u32::from_be_bytes(field(&bytes, 56))),
        name: utf16(&bytes[64..576], u16::from_be_bytes),
        paths: read_paths(reader, &bytes, faults),
    });
    Ok(DynamicHeader { table_offset: u64::from_be_bytes(field(&bytes, 16)), table_entries, block_bytes, parent })
}

fn read_paths<R: Read + Seek>(reader: &mut R, header: &[u8], faults: &mut Vec<HeaderError>) -> Vec<ParentPath> {
    let mut paths = Vec::new();
    for at in (576..576 + 8 * 24).step_by(24) {
        let platform = field::<4>(header, at);
        if platform != *b"W2ku" && platform != *b"W2ru" {
            continue;
        }
        let path_bytes = u32::from_be_bytes(field(header, at + 8));
        let offset = u64::from_be_bytes(field(header, at + 16));
        if path_bytes > MOST_PATH_BYTES {
            let why = "no path is longer than 4096 bytes";
            faults.push(HeaderError::Value { field: "a parent path's length", offset, value: path_bytes.into(), why });
            continue;
        }
        let mut bytes = vec![0; path_bytes as usize];
        match read_at(reader, "a parent path", offset, &mut bytes) {
            Ok(()) => paths.push(ParentPath {
                platform: String::from_utf8_lossy(&platform).into_owned(),
                path: utf16(&bytes, u16::from_le_bytes),
            }),
            Err(error) => faults.push(error),
        }
    }
    paths
}

/// Text up to its first NUL; what is no character becomes U+FFFD.
pub(super) fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units: Vec<u16> =
        bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).take_while(|&unit| unit != 0).collect();
    String::from_utf16_lossy(&units)
}

/// The checksum of footer and dynamic header: the one's complement of the sum of all bytes but its own four.
pub(super) fn sum(bytes: &[u8], sum_at: usize) -> u32 {
    let own = sum_at..sum_at + 4;
    !bytes.iter().enumerate().filter(|(at, _)| !own.contains(at)).map(|(_, &byte)| u32::from(byte)).sum::<u32>()
}

fn check_sum(name: &'static str, offset: u64, bytes: &[u8], sum_at: usize) -> Result<(), HeaderError> {
    let (stored, computed) = (u32::from_be_bytes(field(bytes, sum_at)), sum(bytes, sum_at));
    if stored == computed {
        return Ok(());
    }
    Err(HeaderError::Checksum { field: name, offset, stored, computed })
}
