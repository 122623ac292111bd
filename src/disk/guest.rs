//! Says whether two images hold the same disk although their files differ.
//!
//! A disk's blocks may stand in any order in its image, and headers carry times and names: files then differ in nearly
//! every byte and terminals see no difference. What is said here explains a divergence and never ends it, since servers
//! must hold the same files (DV-01). Two local images are compared by their bytes; for images on two machines each makes
//! a [`Guest`]. A differencing image is the same where its own blocks and their bitmaps are, on a parent of one identity.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use super::fingerprint::FingerprintError;
use super::header::{DiskId, HeaderError};
use super::layout::{Layout, read_layout};
use super::manifest::Digest;
use super::name::DiskFileName;
use super::opened::Opened;
use super::scan::{PIECE_BYTES, Scanned, scan};
use super::source::is_zeros;
use super::watch::Watch;

/// How two images whose files differ hold the same disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SameDisk {
    /// Every block stands in the same place: the headers alone differ.
    OtherHeader,
    /// Blocks stand in other places.
    OtherLayout,
}

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

/// Whether two images keep their blocks in other places, so that their files differ; no where that can't be said.
pub(super) fn keep_other_places(a: &Path, b: &Path) -> bool {
    matches!((Image::open(a), Image::open(b)), (Ok(a), Ok(b)) if a.layout.blocks != b.layout.blocks)
}

/// Compares the disks in two local images, by their bytes and without digests, up to the first difference. The watch
/// can stop it, and counts nothing.
///
/// # Errors
/// As [`read_guest`].
pub fn compare_guests(a: &Path, b: &Path, watch: &Watch) -> Result<Option<SameDisk>, GuestError> {
    let (a, b) = (Image::open(a)?, Image::open(b)?);
    let (ours, theirs) = (&a.layout, &b.layout);
    let form = |layout: &Layout| (layout.virtual_bytes, layout.block_bytes, layout.parent, layout.blocks.len());
    if form(ours) != form(theirs) {
        return Ok(None);
    }
    let differs = AtomicBool::new(false);
    let work = |index: u64, buffer: &mut [u8]| {
        if !differs.load(Ordering::Relaxed) && !same_block(&a, &b, index, buffer)? {
            differs.store(true, Ordering::Relaxed);
        }
        Ok(())
    };
    let scanned = scan(ours.blocks.len() as u64, 2 * PIECE_BYTES, watch, &work, &mut |_, ()| {});
    let scanned = scanned.map_err(|error| a.opened.refused(error))?;
    a.opened.check()?;
    b.opened.check()?;
    if scanned == Scanned::Stopped {
        return Err(GuestError::Stopped);
    }
    let kind = if ours.blocks == theirs.blocks { SameDisk::OtherHeader } else { SameDisk::OtherLayout };
    Ok((!differs.into_inner()).then_some(kind))
}

fn same_block(a: &Image, b: &Image, index: u64, buffer: &mut [u8]) -> io::Result<bool> {
    let (ours, theirs) = buffer.split_at_mut(PIECE_BYTES);
    let is_stored = |image: &Image| image.layout.blocks[index as usize].is_some();
    let mut same = true;
    match (is_stored(a), is_stored(b)) {
        (true, true) => {
            let (mut at, bitmap_bytes) = (0, b.own_bitmap_bytes());
            let start = b.layout.blocks[index as usize].unwrap_or_default() - bitmap_bytes;
            a.pieces(index, ours, &mut |piece| {
                let theirs = &mut theirs[..piece.len()];
                b.opened.source.fill(theirs, start + at)?;
                at += piece.len() as u64;
                same = piece == theirs;
                Ok(same)
            })?;
        }
        (false, false) => {}
        // In a differencing image a block that is there hides the parent's, and one that isn't shows it.
        _ if a.layout.parent.is_some() => same = false,
        (stored, _) => {
            let image = if stored { a } else { b };
            image.pieces(index, ours, &mut |piece| {
                same = is_zeros(piece);
                Ok(same)
            })?;
        }
    }
    Ok(same)
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
        let cases = [
            (base(&[0, 5]), base(&[5, 0]), layout),
            (base(&[0, 5]), zeros, layout),
            (base(&[0, 5]), base(&[0, 4]), None),
            (version(&[0, 5], "Hoge"), version(&[5, 0], "Hoge"), layout),
            (version(&[0, 5], "Hoge"), version(&[5, 0], "Fuga"), None),
            (version(&[0, 5], "Hoge"), version(&[5], "Hoge"), None),
            (version(&[0, 5], "Hoge"), bitmap, None),
        ];
        for (at, (a, b, want)) in cases.into_iter().enumerate() {
            let paths = ["a.1.avhd", "b.1.avhd"].map(|name| folder.path().join(name));
            fs::write(&paths[0], a).expect("written");
            fs::write(&paths[1], b).expect("written");
            let watch = Watch::default();
            assert_eq!(compare_guests(&paths[0], &paths[1], &watch).expect("readable"), want, "{at}");
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
