//! Says of a byte range of an image what is there: which structure, which block and which of the disk's sectors.
//!
//! Pure: a layout and ranges in, parts out. Layouts are read in [`super::layout`].

use serde::{Deserialize, Serialize};

use super::layout::Layout;
use super::manifest::ByteRange;
use super::vhd::SECTOR_BYTES;

/// What a range of an image's bytes is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum Part {
    /// A header or table.
    Structure {
        /// Its name: `the footer`, `the block table`.
        name: String,
    },
    /// The bitmap that says which sectors of a block are its own.
    Bitmap {
        /// The block's number.
        block: u64,
    },
    /// Sectors of the disk.
    Sectors {
        /// The block that holds them.
        block: u64,
        /// The first sector's number on the disk, in units of 512 bytes.
        first: u64,
        /// The last sector's number on the disk.
        last: u64,
    },
}

/// A range of an image's bytes and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// The bytes of the file.
    #[serde(flatten)]
    pub range: ByteRange,
    /// What is there.
    #[serde(flatten)]
    pub part: Part,
}

/// Says what is at each range, in the order of the file; what belongs to nothing is left out.
pub fn place(layout: &Layout, ranges: &[ByteRange]) -> Vec<Placed> {
    let mut blocks: Vec<(u64, u64)> =
        (0..).zip(&layout.blocks).filter_map(|(index, place)| Some(((*place)?, index))).collect();
    blocks.sort_unstable();
    let mut found = Vec::new();
    for range in ranges {
        for (structure, name) in &layout.structures {
            let part = Part::Structure { name: (*name).to_owned() };
            found.extend(overlap(*range, *structure).map(|range| Placed { range, part }));
        }
        let size = u64::from(layout.block_bytes);
        let first = blocks.partition_point(|(place, _)| place + size <= range.start);
        for &(place, block) in blocks[first..].iter().take_while(|(place, _)| place - layout.bitmap_bytes < range.end) {
            let bitmap = ByteRange { start: place - layout.bitmap_bytes, end: place };
            found.extend(overlap(*range, bitmap).map(|range| Placed { range, part: Part::Bitmap { block } }));
            let sectors = ByteRange { start: place, end: place + layout.used_bytes(block) };
            found.extend(overlap(*range, sectors).map(|range| {
                let sector = |byte: u64| (block * size + (byte - place)) / SECTOR_BYTES;
                let part = Part::Sectors { block, first: sector(range.start), last: sector(range.end - 1) };
                Placed { range, part }
            }));
        }
    }
    found.sort_by_key(|placed| placed.range.start);
    found
}

fn overlap(a: ByteRange, b: ByteRange) -> Option<ByteRange> {
    let range = ByteRange { start: a.start.max(b.start), end: a.end.min(b.end) };
    (range.start < range.end).then_some(range)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::disk::layout::read_layout;
    use crate::disk::name::FileKind;
    use crate::disk::vhd::VhdTime;
    use crate::disk::vhd_build::{Image, ParentLink, build_differencing, build_dynamic};

    // DV-01
    #[test]
    fn bytes_of_an_image_are_named_by_structure_block_and_sector() {
        let image = Image { blocks: vec![5, 0], ..Image::small("Hoge") };
        let parent = ParentLink { id: image.id(), modified: VhdTime(1), file: "Hoge.vhd".to_owned() };
        let built = [(build_dynamic(&image), FileKind::Vhd), (build_differencing(&image, &parent), FileKind::Avhd)];
        for (bytes, kind) in built {
            let bytes = bytes.expect("valid");
            let layout = read_layout(&mut Cursor::new(&bytes), kind).expect("valid");
            let five = layout.blocks[5].expect("allocated");
            let one = |start: u64, end: u64| place(&layout, &[ByteRange { start, end }]);
            let sector = 5 * (512 << 10) / 512;
            let flipped = one(five + 700, five + 701);
            assert_eq!(flipped.len(), 1, "{flipped:?}");
            assert_eq!(flipped[0].part, Part::Sectors { block: 5, first: sector + 1, last: sector + 1 });
            assert_eq!(one(five - 1, five)[0].part, Part::Bitmap { block: 5 });
            let whole = one(0, bytes.len() as u64);
            let names: Vec<&str> = whole
                .iter()
                .filter_map(|placed| match &placed.part {
                    Part::Structure { name } => Some(name.as_str()),
                    _ => None,
                })
                .collect();
            assert_eq!(names, ["the footer's copy", "the dynamic header", "the block table", "the footer"]);
            let blocks = whole.iter().filter(|placed| matches!(placed.part, Part::Sectors { .. })).count();
            assert_eq!((blocks, whole.len()), (2, 8));
        }
    }

    // DV-01
    #[test]
    fn bytes_of_a_fixed_image_are_sectors() {
        let footer = build_dynamic(&Image::small("Hoge")).expect("valid")[..512].to_vec();
        let mut image = vec![7; 4 << 20];
        image.extend(footer);
        let end = image.len() - 512;
        image[end + 60..end + 64].copy_from_slice(&2u32.to_be_bytes());
        let sum = crate::disk::vhd::sum(&image[end..], 64);
        image[end + 64..end + 68].copy_from_slice(&sum.to_be_bytes());
        let layout = read_layout(&mut Cursor::new(&image), FileKind::Vhd).expect("valid");
        let found = place(&layout, &[ByteRange { start: 3 << 20, end: (3 << 20) + 1024 }]);
        assert_eq!(found[0].part, Part::Sectors { block: 1, first: 6144, last: 6145 });
        let error = read_layout(&mut Cursor::new(&image[1 << 20..]), FileKind::Vhd).expect_err("cut short");
        assert!(error.to_string().starts_with("the disk's size at byte"), "{error}");
    }
}
