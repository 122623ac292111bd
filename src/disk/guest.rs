//! Says whether two images hold the same disk although their files differ.
//!
//! A disk's blocks may stand in any order in its image, and headers carry times and names: files then differ in nearly
//! every byte and terminals see no difference. What is said here explains a divergence and never ends it, since servers
//! must hold the same files (DV-01). Two local images are compared by their bytes; for images on two machines each makes
//! a [`Guest`]. A differencing image is the same where its own blocks and their bitmaps are, on a parent of one identity.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use super::difference::Parts;
pub use super::difference::SameDisk;
use super::fingerprint::FingerprintError;
use super::header::{DiskId, HeaderError};
use super::layout::{Layout, read_layout};
use super::manifest::Digest;
use super::name::DiskFileName;
use super::opened::Opened;
use super::place::{Part, SECTOR_BYTES};
use super::scan::{PIECE_BYTES, Scanned, scan};
use super::source::is_zeros;
use super::watch::Watch;

/// Why the disk in an image isn't known.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// The file couldn't be read, or it is in use.
    #[error(transparent)]
    File(#[from] FingerprintError),
    /// Its headers or tables couldn't be understood.
    #[error("`{}` could not be understood", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: HeaderError,
    },
    /// The name is not that of a disk image.
    #[error("`{}` is not the name of a disk image", path.display())]
    NotAnImage {
        /// The file.
        path: PathBuf,
    },
    /// It was stopped by its [`Watch`].
    #[error("reading was stopped")]
    Stopped,
}

/// The disk in an image, whatever the image's layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guest {
    /// The disk's size in bytes.
    pub virtual_bytes: u64,
    /// A block's size in bytes.
    pub block_bytes: u32,
    /// The parent's identity; none in an image that stands alone.
    pub parent: Option<DiskId>,
    /// The digest of where the blocks stand.
    pub places: Digest,
    /// Each block's digest; none where the image has none, and in an image that stands alone for a block of zeros.
    pub blocks: Vec<Option<Digest>>,
}

impl Guest {
    /// How two images hold the same disk; none where they don't, or where that can't be said.
    pub fn same_disk(&self, other: &Guest) -> Option<SameDisk> {
        let is_same = self.virtual_bytes == other.virtual_bytes
            && self.block_bytes == other.block_bytes
            && self.parent == other.parent
            && self.blocks == other.blocks;
        let kind = if self.places == other.places { SameDisk::OtherHeader } else { SameDisk::OtherLayout };
        is_same.then_some(kind)
    }
}

/// Reads the disk in an image.
///
/// # Errors
/// As [`GuestError`] says; a file that changed meanwhile is in use.
pub fn read_guest(path: &Path, watch: &Watch) -> Result<Guest, GuestError> {
    let image = Image::open(path)?;
    let layout = &image.layout;
    let mut places = blake3::Hasher::new();
    for place in &layout.blocks {
        places.update(&place.map_or(u64::MAX, |place| place).to_le_bytes());
    }
    let work = |index: u64, buffer: &mut [u8]| {
        let mut hasher = blake3::Hasher::new();
        let mut zeros = true;
        let mut each = |piece: &[u8]| {
            zeros = zeros && is_zeros(piece);
            hasher.update(piece);
            Ok(true)
        };
        let is_stored = image.pieces(index, buffer, &mut each)?;
        Ok((is_stored && !(zeros && layout.parent.is_none())).then(|| Digest(*hasher.finalize().as_bytes())))
    };
    let mut blocks = Vec::new();
    let scanned = scan(layout.blocks.len() as u64, PIECE_BYTES, watch, &work, &mut |index, block| {
        watch.add(layout.used_bytes(index));
        blocks.push(block);
    });
    let scanned = scanned.map_err(|error| image.opened.refused(error))?;
    image.opened.check()?;
    if scanned == Scanned::Stopped {
        return Err(GuestError::Stopped);
    }
    Ok(Guest {
        virtual_bytes: layout.virtual_bytes,
        block_bytes: layout.block_bytes,
        parent: layout.parent,
        places: Digest(*places.finalize().as_bytes()),
        blocks,
    })
}

/// Reads where an image keeps its blocks.
///
/// # Errors
/// As [`GuestError`] says.
pub(super) fn layout_of(path: &Path) -> Result<Layout, GuestError> {
    Ok(Image::open(path)?.layout)
}

/// Whether some of the disk's blocks are equal in two local images, wherever they stand; no where the disks can't be
/// compared. The watch can stop it, and counts nothing.
///
/// # Errors
/// As [`read_guest`].
pub(super) fn are_equal_in(a: &Path, b: &Path, blocks: &BTreeSet<u64>, watch: &Watch) -> Result<bool, GuestError> {
    let (a, b) = (Image::open(a)?, Image::open(b)?);
    let all = a.layout.blocks.len() as u64;
    let blocks: Vec<u64> = blocks.iter().copied().collect();
    // A file that was changed since may have fewer blocks.
    if blocks.last().is_some_and(|last| *last >= all) {
        return Ok(false);
    }
    Ok(compare(&a, &b, &blocks, true, watch)?.is_some_and(|parts| parts.is_empty()))
}

/// Says where the disks in two local images differ, wherever their blocks stand; none where they can't be compared. The
/// watch can stop it, and counts nothing.
///
/// # Errors
/// As [`read_guest`].
pub(super) fn differing_parts(a: &Path, b: &Path, watch: &Watch) -> Result<Option<Parts>, GuestError> {
    let (a, b) = (Image::open(a)?, Image::open(b)?);
    let all: Vec<u64> = (0..a.layout.blocks.len() as u64).collect();
    compare(&a, &b, &all, false, watch)
}

fn compare(
    a: &Image,
    b: &Image,
    blocks: &[u64],
    to_the_first: bool,
    watch: &Watch,
) -> Result<Option<Parts>, GuestError> {
    if !a.layout.same_form(&b.layout) {
        return Ok(None);
    }
    let differs = AtomicBool::new(false);
    let work = |at: u64, buffer: &mut [u8]| {
        if to_the_first && differs.load(Ordering::Relaxed) {
            return Ok(Vec::new());
        }
        let found = differing_in_block(a, b, blocks[at as usize], buffer)?;
        if !found.is_empty() {
            differs.store(true, Ordering::Relaxed);
        }
        Ok(found)
    };
    let mut parts = Parts::default();
    let scanned = scan(blocks.len() as u64, 2 * PIECE_BYTES, watch, &work, &mut |_, found| {
        found.into_iter().for_each(|part| parts.add(part));
    });
    let scanned = scanned.map_err(|(side, error)| [a, b][side].opened.refused(error))?;
    a.opened.check()?;
    b.opened.check()?;
    if scanned == Scanned::Stopped {
        return Err(GuestError::Stopped);
    }
    Ok(Some(parts))
}

/// Where a block differs: its bitmap, and from the first sector that differs to the last. A block that neither image has is
/// equal; one that an image which stands alone doesn't have is one of zeros. An error names the side that wasn't readable.
fn differing_in_block(a: &Image, b: &Image, index: u64, buffer: &mut [u8]) -> Result<Vec<Part>, (usize, io::Error)> {
    match [a, b].map(|image| image.layout.blocks[index as usize].is_some()) {
        [false, false] => return Ok(Vec::new()),
        // In a differencing image a block that is there hides the parent's, and one that isn't shows it.
        [one, other] if one != other && a.layout.parent.is_some() => {
            let sectors = a.layout.used_bytes(index).div_ceil(SECTOR_BYTES);
            return Ok(vec![a.sectors(index, 0, sectors.saturating_sub(1))]);
        }
        _ => {}
    }
    let (ours, theirs) = buffer.split_at_mut(PIECE_BYTES);
    let bitmap_bytes = a.own_bitmap_bytes();
    let (mut is_bitmap, mut differing) = (false, None);
    let end = bitmap_bytes + a.layout.used_bytes(index);
    for at in (0..end).step_by(PIECE_BYTES) {
        let bytes = (end - at).min(PIECE_BYTES as u64) as usize;
        let (ours, theirs) = (&mut ours[..bytes], &mut theirs[..bytes]);
        a.fill(ours, index, at).map_err(|error| (0, error))?;
        b.fill(theirs, index, at).map_err(|error| (1, error))?;
        for place in differing_sectors(ours, theirs).map(|sector| at + sector * SECTOR_BYTES) {
            match place.checked_sub(bitmap_bytes) {
                None => is_bitmap = true,
                Some(place) => {
                    let sector = place / SECTOR_BYTES;
                    differing = Some((differing.map_or(sector, |(first, _)| first), sector));
                }
            }
        }
    }
    let bitmap = is_bitmap.then_some(Part::Bitmap { block: index });
    Ok(bitmap.into_iter().chain(differing.map(|(first, last)| a.sectors(index, first, last))).collect())
}

/// The sectors that differ, by number in two pieces of one length.
pub(super) fn differing_sectors<'a>(a: &'a [u8], b: &'a [u8]) -> impl Iterator<Item = u64> + 'a {
    // Most pieces are equal, and compared as a whole much faster than by sectors.
    let (a, b) = if a == b { (&a[..0], &b[..0]) } else { (a, b) };
    let sectors = a.chunks(SECTOR_BYTES as usize).zip(b.chunks(SECTOR_BYTES as usize));
    (0..).zip(sectors).filter(|(_, (a, b))| a != b).map(|(at, _)| at)
}

struct Image {
    opened: Opened,
    layout: Layout,
}

impl Image {
    fn open(path: &Path) -> Result<Image, GuestError> {
        let name = path.file_name().and_then(|name| DiskFileName::parse(name.to_str()?));
        let kind = name.map(|name| name.kind).filter(|kind| kind.is_image());
        let kind = kind.ok_or_else(|| GuestError::NotAnImage { path: path.to_owned() })?;
        let opened = Opened::open(path)?;
        let layout = read_layout(&mut io::BufReader::new(&opened.source.file), kind)
            .map_err(|source| GuestError::Header { path: path.to_owned(), source })?;
        Ok(Image { opened, layout })
    }

    /// Bitmaps count where a parent's sectors show through; in an image that stands alone every sector is its own.
    fn own_bitmap_bytes(&self) -> u64 {
        if self.layout.parent.is_some() { self.layout.bitmap_bytes } else { 0 }
    }

    /// Sectors of a block, from one of its sectors to another, both included.
    fn sectors(&self, index: u64, first: u64, last: u64) -> Part {
        let before = index * u64::from(self.layout.block_bytes) / SECTOR_BYTES;
        let block = (!self.layout.is_fixed).then_some(index);
        Part::Sectors { block, first: before + first, last: before + last }
    }

    /// Fills a buffer with what a block's bitmap and sectors hold from a byte on, with zeros where the image has none of it.
    fn fill(&self, buffer: &mut [u8], index: u64, at: u64) -> io::Result<()> {
        match self.layout.blocks[index as usize] {
            Some(place) => self.opened.source.fill(buffer, place - self.own_bitmap_bytes() + at),
            None => {
                buffer.fill(0);
                Ok(())
            }
        }
    }

    /// Calls `each` with a block's bitmap and sectors, piece by piece, until it says no; says whether the block is in
    /// the image.
    fn pieces(
        &self,
        index: u64,
        buffer: &mut [u8],
        each: &mut dyn FnMut(&[u8]) -> io::Result<bool>,
    ) -> io::Result<bool> {
        let Some(place) = self.layout.blocks[index as usize] else {
            return Ok(false);
        };
        let end = place + self.layout.used_bytes(index);
        let mut at = place - self.own_bitmap_bytes();
        while at < end {
            let piece = &mut buffer[..(end - at).min(PIECE_BYTES as u64) as usize];
            self.opened.source.fill(piece, at)?;
            at += piece.len() as u64;
            if !each(piece)? {
                break;
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::disk::vhd::VhdTime;
    use crate::disk::vhd_build::{Image as Built, ParentLink, build_differencing, build_dynamic};

    // DV-01
    #[test]
    fn guests_and_bytes_give_the_same_answer() {
        let folder = tempfile::tempdir().expect("a folder");
        let built = |blocks: &[u32]| Built { blocks: blocks.to_vec(), ..Built::small("Hoge") };
        let link = |seed: &str| ParentLink { id: Built::small(seed).id(), modified: VhdTime(1), file: "x.vhd".into() };
        let version = |blocks: &[u32], parent: &str| build_differencing(&built(blocks), &link(parent)).expect("valid");
        let base = |blocks: &[u32]| build_dynamic(&built(blocks)).expect("valid");
        let mut zeros = base(&[0, 5, 3]);
        let end = zeros.len() - 512;
        zeros[end - (512 << 10)..end].fill(0);
        let mut bitmap = version(&[5, 0], "Hoge");
        // The first bitmap stands before the first block, both after the table.
        let first = bitmap.len() - 512 - 2 * ((512 << 10) + 512);
        bitmap[first] ^= 0x80;
        let layout = Some(SameDisk::OtherLayout);
        let sectors = |block: u64| Part::Sectors { block: Some(block), first: block << 10, last: (block << 10) + 1023 };
        let bit = Part::Bitmap { block: 5 };
        let cases = [
            (base(&[0, 5]), base(&[5, 0]), layout, Some(vec![])),
            (base(&[0, 5]), zeros, layout, Some(vec![])),
            (base(&[0, 5]), base(&[0, 4]), None, Some(vec![sectors(4), sectors(5)])),
            (version(&[0, 5], "Hoge"), version(&[5, 0], "Hoge"), layout, Some(vec![])),
            (version(&[0, 5], "Hoge"), version(&[5, 0], "Fuga"), None, None),
            (version(&[0, 5], "Hoge"), version(&[5], "Hoge"), None, Some(vec![sectors(0)])),
            (version(&[0, 5], "Hoge"), bitmap, None, Some(vec![bit])),
        ];
        for (at, (a, b, want, parts)) in cases.into_iter().enumerate() {
            let paths = ["a.1.avhd", "b.1.avhd"].map(|name| folder.path().join(name));
            fs::write(&paths[0], a).expect("written");
            fs::write(&paths[1], b).expect("written");
            let watch = Watch::default();
            let all = (0..8).collect();
            assert_eq!(are_equal_in(&paths[0], &paths[1], &all, &watch).expect("readable"), want.is_some(), "{at}");
            let found = differing_parts(&paths[0], &paths[1], &watch).expect("readable");
            assert_eq!(found.map(|found| found.first), parts, "{at}");
            let [a, b] = paths.map(|path| read_guest(&path, &watch).expect("readable"));
            assert_eq!(a.same_disk(&b), want, "{at}");
            assert_eq!(a.same_disk(&a), Some(SameDisk::OtherHeader));
        }
    }

    #[test]
    fn what_is_no_image_has_no_guest() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("Hoge.vhd");
        fs::write(&path, "text").expect("written");
        assert!(matches!(read_guest(&path, &Watch::default()), Err(GuestError::Header { .. })));
        let other = folder.path().join("Hoge.pvp");
        assert!(matches!(read_guest(&other, &Watch::default()), Err(GuestError::NotAnImage { .. })));
    }
}
