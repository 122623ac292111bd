//! What is common to reading headers: bounded reads, fields at offsets, and what can be wrong with them.
//!
//! Never allocates by a number that a file contains: a reader asks for a length it knows. Used by [`super::vhd`]
//! and [`super::vhdx`].

use std::io::{self, Read, Seek, SeekFrom};

pub use crate::model::disks::identity::DiskId;

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
