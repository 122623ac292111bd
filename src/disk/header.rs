//! What is common to reading headers: bounded reads, fields at offsets, and what can be wrong with them.
//!
//! Never allocates by a number that a file contains: a reader asks for a length it knows. Used by [`super::vhd`]
//! and [`super::vhdx`].

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};

use serde::{Deserialize, Serialize};

/// What is wrong with a disk image's header, at which byte of the file, in which field.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// The file ends before the field does.
    #[error("the file ends at byte {file_bytes}, before {field} at byte {offset} is complete")]
    Truncated {
        /// The field that was read.
        field: &'static str,
        /// Where the field begins, in bytes from the start of the file.
        offset: u64,
        /// The file's length in bytes.
        file_bytes: u64,
    },
    /// The bytes by which the structure is known aren't there.
    #[error("{field} isn't at byte {offset}")]
    Unmarked {
        /// The structure that was looked for.
        field: &'static str,
        /// Where it was looked for, in bytes from the start of the file.
        offset: u64,
    },
    /// The structure's checksum doesn't fit its bytes.
    #[error("the checksum of {field} at byte {offset} is {stored:#010x}, its bytes give {computed:#010x}")]
    Checksum {
        /// The structure.
        field: &'static str,
        /// Where it begins, in bytes from the start of the file.
        offset: u64,
        /// The checksum that the file contains.
        stored: u32,
        /// The checksum that its bytes give.
        computed: u32,
    },
    /// A value that the format doesn't allow, or that this reader doesn't know.
    #[error("{field} at byte {offset} is {value:#x}: {why}")]
    Value {
        /// The field.
        field: &'static str,
        /// Where the field begins, in bytes from the start of the file.
        offset: u64,
        /// What it contains.
        value: u64,
        /// Why that can't be.
        why: &'static str,
    },
    /// The two copies of a structure are both valid and say different things.
    #[error("{field} at byte {offset} and its copy at byte {copy_offset} differ")]
    CopiesDiffer {
        /// The structure.
        field: &'static str,
        /// Where the one that counts begins.
        offset: u64,
        /// Where the other begins.
        copy_offset: u64,
    },
    /// The system couldn't read.
    #[error("{field} at byte {offset} could not be read")]
    Read {
        /// The field that was read.
        field: &'static str,
        /// Where it begins, in bytes from the start of the file.
        offset: u64,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// The length of what is read, found by seeking to its end.
///
/// # Errors
/// [`HeaderError::Read`] where seeking fails.
pub(super) fn length<R: Seek>(reader: &mut R) -> Result<u64, HeaderError> {
    reader.seek(SeekFrom::End(0)).map_err(|source| HeaderError::Read {
        field: "the end of the file",
        offset: 0,
        source,
    })
}

/// Fills `bytes` from `offset`.
///
/// # Errors
/// [`HeaderError::Truncated`] where the file is too short, [`HeaderError::Read`] where the system can't read.
pub(super) fn read_at<R: Read + Seek>(
    reader: &mut R,
    field: &'static str,
    offset: u64,
    bytes: &mut [u8],
) -> Result<(), HeaderError> {
    let read = |source| HeaderError::Read { field, offset, source };
    reader.seek(SeekFrom::Start(offset)).map_err(read)?;
    match reader.read_exact(bytes) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Err(HeaderError::Truncated { field, offset, file_bytes: length(reader)? })
        }
        Err(error) => Err(read(error)),
    }
}

/// The `N` bytes at `at`; zeros beyond the end, which callers with fixed-size structures never reach.
pub(super) fn field<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut out = [0; N];
    if let Some(found) = bytes.get(at..).and_then(|rest| rest.get(..N)) {
        out.copy_from_slice(found);
    }
    out
}

/// The 128-bit identity of a disk, as sixteen bytes in the order in which they are displayed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct DiskId(pub [u8; 16]);

impl DiskId {
    /// The identity that a GUID stored in Microsoft's mixed order has (VHDX).
    pub fn from_mixed_order(b: [u8; 16]) -> DiskId {
        DiskId([b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]])
    }

    /// The identity as VHDX files store it; the same exchange of bytes undoes itself.
    pub fn to_mixed_order(self) -> [u8; 16] {
        DiskId::from_mixed_order(self.0).0
    }

    /// Whether every byte is zero, which means that there is none.
    pub fn is_zero(self) -> bool {
        self.0 == [0; 16]
    }

    /// Reads `2dc27766-f623-4200-9d64-115e9bfd4a08`, in braces or without, in either case.
    pub fn parse(text: &str) -> Option<DiskId> {
        let bare = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
        let mut id = [0; 16];
        let mut digits = bare.char_indices().filter(|&(at, digit)| !(digit == '-' && matches!(at, 8 | 13 | 18 | 23)));
        for byte in &mut id {
            let high = digits.next()?.1.to_digit(16)?;
            let low = digits.next()?.1.to_digit(16)?;
            *byte = u8::try_from(high << 4 | low).ok()?;
        }
        (digits.next().is_none() && bare.len() == 36).then_some(DiskId(id))
    }
}

impl fmt::Display for DiskId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                out.write_str("-")?;
            }
            write!(out, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for DiskId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "DiskId({self})")
    }
}

impl From<DiskId> for String {
    fn from(id: DiskId) -> String {
        id.to_string()
    }
}

impl TryFrom<String> for DiskId {
    type Error = String;

    fn try_from(text: String) -> Result<DiskId, String> {
        DiskId::parse(&text).ok_or_else(|| format!("`{text}` is not a disk's identity"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_read_back_as_it_was_written() {
        let text = "2dc27766-f623-4200-9d64-115e9bfd4a08";
        let id = DiskId::parse(text).expect("a GUID");
        assert_eq!(id.to_string(), text);
        assert_eq!(DiskId::parse("{2DC27766-F623-4200-9D64-115E9BFD4A08}"), Some(id));
        assert_eq!(DiskId::from_mixed_order(id.to_mixed_order()), id);
        for wrong in ["", "2dc27766", "2dc27766-f623-4200-9d64-115e9bfd4a0é", "2dc27766xf623-4200-9d64-115e9bfd4a08"] {
            assert_eq!(DiskId::parse(wrong), None, "{wrong}");
        }
    }
}
