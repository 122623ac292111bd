//! Where an image keeps the disk's blocks: the one form in which VHD and VHDX tables are compared and explained.
//!
//! Pure values and their JSON form, in which a server sends them beside its fingerprints: with them whoever compares can
//! name blocks and sectors without reading a file. They are read in `disk::layout`; byte ranges are put into an image's
//! own terms in [`super::place`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::identity::DiskId;
use super::manifest::{ByteRange, Digest};
use super::place::SECTOR_BYTES;

/// More than any image has.
const MOST_STRUCTURES: usize = 32;
/// The same of blocks.
const MOST_BLOCKS: usize = 4 << 20;

/// A part of an image that holds no sectors of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Structure {
    /// The footer of a VHD.
    Footer,
    /// The copy of the footer at the begin of a VHD that has blocks.
    FooterCopy,
    /// The header of a VHD that has blocks.
    DynamicHeader,
    /// The table that says where each block is.
    BlockTable,
    /// The first bytes of a VHDX.
    FileIdentifier,
    /// The first of a VHDX's two headers.
    FirstHeader,
    /// The second of a VHDX's two headers.
    SecondHeader,
    /// The table of a VHDX's regions.
    RegionTable,
    /// The copy of the table of regions.
    RegionTableCopy,
    /// The metadata of a VHDX.
    Metadata,
    /// The log of a VHDX.
    Log,
}

/// Where an image keeps the disk's blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "LayoutForm")]
pub struct Layout {
    /// The parent's identity; none in an image that stands alone.
    pub parent: Option<DiskId>,
    /// The disk's size in bytes.
    pub virtual_bytes: u64,
    /// A block's size in bytes; the disk's last block may have fewer.
    pub block_bytes: u32,
    /// Which sectors of a block are its own: a bitmap of so many bytes stands right before each block; 0 for none.
    pub bitmap_bytes: u64,
    /// Whether the format knows no blocks: the sectors stand one after the other, and are only divided for reading.
    pub is_fixed: bool,
    /// For each block of the disk the byte of the file at which its sectors begin; none where the image has none.
    ///
    /// Invariant: no two overlap. Checked where an image's tables are read, and where a layout is read from JSON.
    pub blocks: Vec<Option<u64>>,
    /// The image's other structures, by place.
    pub structures: Vec<(ByteRange, Structure)>,
}

impl Layout {
    /// How many bytes of a block belong to the disk.
    pub fn used_bytes(&self, block: u64) -> u64 {
        let size = u64::from(self.block_bytes);
        self.virtual_bytes.saturating_sub(block.saturating_mul(size)).min(size)
    }

    /// Whether two images divide one disk alike and stand on one parent, so that their blocks can be compared.
    pub fn same_form(&self, other: &Layout) -> bool {
        let form = |one: &Layout| (one.virtual_bytes, one.block_bytes, one.parent, one.blocks.len());
        form(self) == form(other)
    }

    /// Whether every block stands in the same place.
    pub fn same_places(&self, other: &Layout) -> bool {
        (self.bitmap_bytes, &self.blocks) == (other.bitmap_bytes, &other.blocks)
    }
}

/// What a server sends of an image beside its manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Where it keeps the disk's blocks.
    pub layout: Layout,
    /// For each block of the manifest in which structures stand, the digest of what stands beside them. Two images of one
    /// layout whose manifests differ nowhere else, and whose digests here are equal, differ in their structures alone.
    pub beside: BTreeMap<u64, Digest>,
}

/// A layout as it was sent, by whomever.
#[derive(Deserialize)]
struct LayoutForm {
    parent: Option<DiskId>,
    virtual_bytes: u64,
    block_bytes: u32,
    bitmap_bytes: u64,
    is_fixed: bool,
    blocks: Vec<Option<u64>>,
    structures: Vec<(ByteRange, Structure)>,
}

impl TryFrom<LayoutForm> for Layout {
    type Error = &'static str;

    fn try_from(form: LayoutForm) -> Result<Layout, &'static str> {
        let LayoutForm { parent, virtual_bytes, block_bytes, bitmap_bytes, is_fixed, blocks, structures } = form;
        let size = u64::from(block_bytes);
        if structures.len() > MOST_STRUCTURES {
            return Err("an image has more structures than any format knows");
        }
        if !size.is_power_of_two() || size < SECTOR_BYTES || blocks.len() > MOST_BLOCKS {
            return Err("an image's blocks are of a size or number that no format knows");
        }
        if virtual_bytes.div_ceil(size) != blocks.len() as u64 {
            return Err("an image's block table doesn't fit its disk's size");
        }
        let mut places: Vec<u64> = blocks.iter().flatten().copied().collect();
        places.sort_unstable();
        let is_outside = |place: &u64| *place < bitmap_bytes || place.checked_add(size).is_none();
        if places.iter().any(is_outside) {
            return Err("a block of an image lies outside every file");
        }
        if places.windows(2).any(|pair| pair[1] - bitmap_bytes < pair[0] + size) {
            return Err("a block of an image overlaps another");
        }
        Ok(Layout { parent, virtual_bytes, block_bytes, bitmap_bytes, is_fixed, blocks, structures })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(blocks: &[Option<u64>]) -> Layout {
        Layout {
            parent: None,
            virtual_bytes: 4096 * blocks.len() as u64 - 512,
            block_bytes: 4096,
            bitmap_bytes: 512,
            is_fixed: false,
            blocks: blocks.to_vec(),
            structures: vec![(ByteRange { start: 0, end: 512 }, Structure::FooterCopy)],
        }
    }

    #[test]
    fn a_layout_is_read_back_as_it_was_written_and_refused_where_it_can_not_be() {
        let back = |layout: &Layout| {
            let text = serde_json::to_string(layout).expect("JSON");
            serde_json::from_str::<Layout>(&text).map_err(|error| error.to_string())
        };
        let right = layout(&[Some(8192), None, Some(1024)]);
        assert_eq!(back(&right), Ok(right.clone()));
        let wrong = [
            (layout(&[Some(8192), Some(8192)]), "overlaps"),
            (layout(&[Some(8192), Some(12288)]), "overlaps"),
            (layout(&[Some(511)]), "outside"),
            (layout(&[Some(u64::MAX)]), "outside"),
            (Layout { virtual_bytes: u64::MAX, ..right.clone() }, "doesn't fit"),
            (Layout { block_bytes: 0, ..right.clone() }, "no format knows"),
            (Layout { block_bytes: 6144, ..right }, "no format knows"),
        ];
        for (layout, why) in wrong {
            let refused = back(&layout).expect_err(why);
            assert!(refused.contains(why), "{refused}");
        }
    }
}
