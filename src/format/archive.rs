//! Files in one zip archive, stored as they are: any tool unpacks it, and the same files give the same bytes for ever.
//!
//! Only what [`pack`] writes is read: an archive that holds anything besides its files, or holds them otherwise, is
//! refused, so that nothing hides in one. It never opens a file; the sums are [`super::evidence`]'s.

use thiserror::Error;

/// A file's name and what is in it.
pub type Packed = (String, Vec<u8>);

/// The most files of an archive.
const MOST_FILES: usize = 10_000;
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
/// Version 2.0, made on a system whose file modes are Unix's.
const VERSION: u16 = 20;
const MADE_BY: u16 = 3 << 8 | VERSION;
/// Names are UTF-8.
const FLAGS: u16 = 1 << 11;
/// 1980-01-01, where the format's time begins: when it was packed is no part of the evidence.
const DATE: u16 = 0b10_0001;
/// A plain file that all may read.
const MODE: u32 = 0o100_644 << 16;

/// Why an archive can't be packed or read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ArchiveFault {
    /// It is larger than the format holds.
    #[error("the files are too large for one archive")]
    TooLarge,
    /// It is no zip archive.
    #[error("it is no zip archive")]
    NoArchive,
    /// It is not as rolewalk packs files.
    #[error("the archive was packed or changed by another program")]
    Foreign,
}

/// Packs files in their order.
///
/// # Errors
/// [`ArchiveFault::TooLarge`] beyond what a zip archive without extensions holds: 4 GiB, 65,535 files.
pub fn pack(files: &[Packed]) -> Result<Vec<u8>, ArchiveFault> {
    let size = |n: usize| u32::try_from(n).map_err(|_| ArchiveFault::TooLarge);
    let (mut out, mut index) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let name_length = u16::try_from(name.len()).map_err(|_| ArchiveFault::TooLarge)?;
        let at = size(out.len())?;
        let mut entry = Vec::with_capacity(26);
        for field in [VERSION, FLAGS, 0, 0, DATE] {
            entry.extend(field.to_le_bytes());
        }
        for field in [crc32(content), size(content.len())?, size(content.len())?] {
            entry.extend(field.to_le_bytes());
        }
        entry.extend(name_length.to_le_bytes());
        entry.extend([0, 0]);
        out.extend(LOCAL);
        out.extend(&entry);
        out.extend(name.as_bytes());
        out.extend(content);
        index.extend(CENTRAL);
        index.extend(MADE_BY.to_le_bytes());
        index.extend(&entry);
        index.extend([0; 6]);
        index.extend(MODE.to_le_bytes());
        index.extend(at.to_le_bytes());
        index.extend(name.as_bytes());
    }
    let count = u16::try_from(files.len()).map_err(|_| ArchiveFault::TooLarge)?;
    let (begin, length) = (size(out.len())?, size(index.len())?);
    out.extend(index);
    out.extend(END);
    out.extend([0; 4]);
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend(begin.to_le_bytes());
    out.extend([0, 0]);
    Ok(out)
}

/// Returns the files of an archive that [`pack`] wrote.
///
/// # Errors
/// Returns an [`ArchiveFault`] for all other bytes.
pub fn unpack(bytes: &[u8]) -> Result<Vec<Packed>, ArchiveFault> {
    if !bytes.starts_with(&LOCAL) && !bytes.starts_with(&END) {
        return Err(ArchiveFault::NoArchive);
    }
    let mut files = Vec::new();
    let mut rest = bytes;
    while rest.starts_with(&LOCAL) {
        let (file, after) = entry(rest).ok_or(ArchiveFault::Foreign)?;
        files.push(file);
        rest = after;
        if files.len() > MOST_FILES {
            return Err(ArchiveFault::TooLarge);
        }
    }
    // Whatever else could be in it is in the bytes: they must be those of these very files.
    match pack(&files)? == bytes {
        true => Ok(files),
        false => Err(ArchiveFault::Foreign),
    }
}

/// Returns the first file of some bytes, and the bytes after it.
fn entry(bytes: &[u8]) -> Option<(Packed, &[u8])> {
    let size = u32::from_le_bytes(bytes.get(22..26)?.try_into().ok()?) as usize;
    let name_length = usize::from(u16::from_le_bytes(bytes.get(26..28)?.try_into().ok()?));
    let name_end = 30 + name_length;
    let end = name_end.checked_add(size)?;
    let name = String::from_utf8(bytes.get(30..name_end)?.to_vec()).ok()?;
    Some(((name, bytes.get(name_end..end)?.to_vec()), bytes.get(end..)?))
}

/// Returns the CRC-32 of ISO 3309, which zip has for each file. It finds accidents only.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    !bytes.iter().fold(!0, |crc, byte| TABLE[((crc ^ u32::from(*byte)) & 0xFF) as usize] ^ (crc >> 8))
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let (mut crc, mut bit) = (index as u32, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Vec<Packed> {
        vec![
            ("a.txt".into(), b"hello\n".to_vec()),
            ("\u{8a08}\u{753b}.json".into(), vec![0; 300]),
            ("e".into(), vec![]),
        ]
    }

    #[test]
    fn what_is_packed_is_unpacked_and_the_same_files_give_the_same_bytes() {
        let packed = pack(&files()).unwrap();
        assert_eq!(unpack(&packed).unwrap(), files());
        assert_eq!(packed, pack(&files()).unwrap());
        assert_eq!(unpack(&pack(&[]).unwrap()).unwrap(), []);
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn whatever_else_is_in_an_archive_is_refused() {
        let packed = pack(&files()).unwrap();
        let mut looked_at = 0;
        for at in 0..packed.len() {
            let mut altered = packed.clone();
            altered[at] ^= 1;
            // A file's content or name may be another; its sums are then another as well, and nobody packed that.
            assert!(unpack(&altered).is_err(), "byte {at}");
            assert!(unpack(&packed[..at]).is_err(), "cut at {at}");
            looked_at += 1;
        }
        assert_eq!(looked_at, packed.len());
        for hidden in [[b"x".as_slice(), &packed].concat(), [&packed, b"x".as_slice()].concat()] {
            assert!(unpack(&hidden).is_err());
        }
    }
}
