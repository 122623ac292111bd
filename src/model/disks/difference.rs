//! How a file that holds other bytes than the master's differs from it: where, in which blocks and sectors of the disk, and
//! whether the disk in it is the same all the same.
//!
//! Pure. What is the same in spite of other bytes explains a divergence, and never ends it: servers must hold the same
//! files (DV-01). Made of manifests here, and to the sector in `disk::pair` where both files can be read.

use super::layout::{Image, Layout, Structure};
use super::manifest::{BLOCK_BYTES, ByteRange};
use super::place::{Part, place};

/// The most parts that are kept of one file; the others are counted.
const MOST_PARTS: usize = 100;

/// How a file differs from the master's of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// How it holds the same disk in spite of other bytes; none where it doesn't, or where that isn't known.
    pub same_disk: Option<SameDisk>,
    /// The bytes that differ, neighbours joined; empty where the disks alone were compared.
    pub ranges: Vec<ByteRange>,
    /// How exactly `ranges` and `parts` are known.
    pub grain: Grain,
    /// What stands there, or why that isn't known.
    pub parts: Result<Parts, Unplaced>,
}

/// How two images whose files differ hold the same disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameDisk {
    /// Every block stands in the same place: the headers alone differ.
    OtherHeader,
    /// Blocks stand in other places.
    OtherLayout,
}

/// How exactly a place is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// To the manifest's block of 2 MiB: what differs lies somewhere in it.
    Block,
    /// To the sector of 512 bytes.
    Sector,
}

/// Why it isn't known which parts of an image differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unplaced {
    /// The file is no disk image.
    NotAnImage,
    /// Whoever answered for a server didn't tell what its image's headers say.
    HeadersNotRead {
        /// The server.
        server: String,
    },
    /// Headers or tables could not be understood.
    Headers {
        /// The server whose image it is.
        server: String,
        /// Why not.
        why: String,
    },
    /// The images are of disks of another size, of blocks of another size, or of versions of another parent.
    OtherForm,
    /// The blocks stand in other places, and whether the disks differ was not read.
    OtherPlaces,
    /// The files changed or could not be read while they were compared again.
    NotAgain,
}

/// The parts of an image that differ: the first few, and how many there are besides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// The first of them.
    pub first: Vec<Part>,
    /// How many more there are.
    pub more: usize,
}

impl Parts {
    /// Adds a part; sectors that go on where the last part ended in the same block belong to it.
    pub fn add(&mut self, part: Part) {
        if self.more > 0 || self.first.len() == MOST_PARTS {
            self.more += 1;
            return;
        }
        match (self.first.last_mut(), part) {
            (Some(Part::Sectors { block, last, .. }), Part::Sectors { block: next, first, last: end })
                if *block == next && last.checked_add(1) == Some(first) =>
            {
                *last = end;
            }
            (_, part) => self.first.push(part),
        }
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }
}

impl FromIterator<Part> for Parts {
    fn from_iter<I: IntoIterator<Item = Part>>(all: I) -> Parts {
        let mut parts = Parts::default();
        all.into_iter().for_each(|part| parts.add(part));
        parts
    }
}

/// A side of a comparison: the server, and what it sent of its image beside the manifest.
pub(crate) type Side<'a> = (&'a str, Option<&'a Image>);

impl Difference {
    /// The difference of two images by their manifests, explained by what servers sent of their headers.
    pub(crate) fn by_manifests(ranges: Vec<ByteRange>, master: Side<'_>, ours: Side<'_>) -> Difference {
        let (same_disk, parts) = match (master.1, ours.1) {
            (None, _) => (None, Err(Unplaced::HeadersNotRead { server: master.0.to_owned() })),
            (_, None) => (None, Err(Unplaced::HeadersNotRead { server: ours.0.to_owned() })),
            (Some(one), Some(other)) if !one.layout.same_form(&other.layout) => (None, Err(Unplaced::OtherForm)),
            (Some(one), Some(other)) if !one.layout.same_places(&other.layout) => (None, Err(Unplaced::OtherPlaces)),
            (Some(one), Some(other)) => {
                let parts: Vec<Part> = place(&other.layout, &ranges).into_iter().map(|placed| placed.part).collect();
                let is_header = !parts.contains(&Part::Structure(Structure::Metadata))
                    && differ_in_structures_alone(&ranges, one, other);
                // The block of 2 MiB in which a structure stands holds sectors as well, which are known to be equal.
                let parts = parts.into_iter().filter(|part| !is_header || matches!(part, Part::Structure(_))).collect();
                (is_header.then_some(SameDisk::OtherHeader), Ok(parts))
            }
        };
        Difference { same_disk, ranges, grain: Grain::Block, parts }
    }

    /// The difference of files that are no images.
    pub(crate) fn of_bytes(ranges: Vec<ByteRange>, grain: Grain) -> Difference {
        Difference { same_disk: None, ranges, grain, parts: Err(Unplaced::NotAnImage) }
    }
}

/// Whether every block of the manifest that differs is equal in both but for the structures in it.
fn differ_in_structures_alone(ranges: &[ByteRange], one: &Image, other: &Image) -> bool {
    let is_equal = |index: u64| one.beside.get(&index).is_some_and(|digest| other.beside.get(&index) == Some(digest));
    let mut blocks = ranges.iter().flat_map(|range| range.start / BLOCK_BYTES..range.end.div_ceil(BLOCK_BYTES));
    one.layout == other.layout && stand_apart(&one.layout) && blocks.all(is_equal)
}

/// Whether no structure stands where blocks do, as it may in an image that was cut short: only then is what stands beside
/// the structures all that the blocks hold.
fn stand_apart(layout: &Layout) -> bool {
    let structures: Vec<ByteRange> = layout.structures.iter().map(|(range, _)| *range).collect();
    place(layout, &structures).iter().all(|placed| matches!(placed.part, Part::Structure(_)))
}

#[cfg(test)]
#[path = "difference_tests.rs"]
mod tests;
