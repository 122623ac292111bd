//! The fingerprint of a file's content, and where two fingerprints differ.
//!
//! Pure values: no file is opened here. A fingerprint is taken in `disk::fingerprint`.

use std::fmt;
use std::str::FromStr;

use blake3::hazmat::HasherExt;
use serde::{Deserialize, Serialize};

use super::tree::Tree;

/// The size of a manifest's blocks in bytes: 2 MiB, the block size of most dynamic VHDs.
///
/// Invariant: a power of two of whole BLAKE3 chunks, so that each block is a subtree of the whole file's hash.
pub const BLOCK_BYTES: u64 = 2 << 20;

/// A BLAKE3 value; in text and JSON 64 hexadecimal digits, as `b3sum` prints it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Digest, String> {
        blake3::Hash::from_hex(text)
            .map(|hash| Digest(*hash.as_bytes()))
            .map_err(|_| format!("`{text}` is not a BLAKE3 digest of 64 hexadecimal digits"))
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Digest, String> {
        text.parse()
    }
}

/// What a file contains, block by block.
///
/// A block's value is the chaining value of its subtree in the whole file's BLAKE3 hash, so equal values at one index
/// mean equal bytes. A block of zeros has none (`null` in JSON): a sparse copy of a file equals a dense one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The size of every block but the last, in bytes.
    pub block_bytes: u64,
    /// One entry for each block, in order; none for a block of zeros.
    pub blocks: Vec<Option<Digest>>,
}

/// What a file contains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The file's length in bytes.
    pub bytes: u64,
    /// The digest of the whole file, as `b3sum` prints it.
    pub blake3: Digest,
    /// The content block by block.
    pub manifest: Manifest,
}

impl Fingerprint {
    /// The fingerprint of bytes that lie in memory; files are read in `disk::fingerprint`.
    pub fn of(bytes: &[u8]) -> Fingerprint {
        let (mut blocks, mut tree, mut root) = (Vec::new(), Tree::default(), None);
        for (at, block) in (0..).zip(bytes.chunks(BLOCK_BYTES as usize)) {
            let mut hasher = blake3::Hasher::new();
            let value = hasher.set_input_offset(at * BLOCK_BYTES).update(block).finalize_non_root();
            // A file of one block is its own root.
            root = root.or_else(|| Some(Digest(*hasher.finalize().as_bytes())));
            tree.add(value);
            blocks.push(block.iter().any(|&byte| byte != 0).then_some(Digest(value)));
        }
        let manifest = Manifest { block_bytes: BLOCK_BYTES, blocks };
        let blake3 = tree.digest().or(root).unwrap_or_else(|| Digest(*blake3::hash(bytes).as_bytes()));
        Fingerprint { bytes: bytes.len() as u64, blake3, manifest }
    }

    /// Whether two files hold the same bytes.
    pub fn same_content(&self, other: &Fingerprint) -> bool {
        self.bytes == other.bytes && self.blake3 == other.blake3
    }
}

/// What a file contains, block by block, with or without the digest of the whole.
///
/// Equal content can be told from the manifest alone, and holes then cost nothing; the digest needs a value for each
/// block of zeros as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outline {
    /// The file's length in bytes.
    pub bytes: u64,
    /// The content block by block.
    pub manifest: Manifest,
    /// The digest of the whole file, as `b3sum` prints it; none where nobody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blake3: Option<Digest>,
}

impl Outline {
    /// The fingerprint; none where the digest isn't known.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        let manifest = self.manifest.clone();
        self.blake3.map(|blake3| Fingerprint { bytes: self.bytes, blake3, manifest })
    }

    /// Whether the manifest has as many blocks as the length asks for.
    pub fn fits(&self) -> bool {
        let size = self.manifest.block_bytes;
        size != 0 && self.bytes.div_ceil(size) == self.manifest.blocks.len() as u64
    }
}

impl From<&Fingerprint> for Outline {
    fn from(found: &Fingerprint) -> Outline {
        Outline { bytes: found.bytes, manifest: found.manifest.clone(), blake3: Some(found.blake3) }
    }
}

/// A run of bytes of a file, from `start` up to but without `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByteRange {
    /// The first byte.
    pub start: u64,
    /// The byte after the last.
    pub end: u64,
}

impl fmt::Display for ByteRange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} to {}", Place(self.start), Place(self.end))
    }
}

struct Place(u64);

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => out.write_str("0"),
            mebi if mebi.is_multiple_of(1 << 20) => write!(out, "{} MiB", mebi >> 20),
            kibi if kibi.is_multiple_of(1 << 10) => write!(out, "{} KiB", kibi >> 10),
            bytes => write!(out, "byte {bytes}"),
        }
    }
}

/// The ranges in which two files differ, to the block; empty where they hold the same bytes.
///
/// A range may begin before the first byte that differs and end after the last, by less than a block. What only the
/// longer file has differs. Fingerprints that don't fit together (another block size, a manifest that doesn't fit its
/// digest) differ as a whole, so that a listing from elsewhere is never taken for equal by mistake.
pub fn differing_ranges(a: &Fingerprint, b: &Fingerprint) -> Vec<ByteRange> {
    if a.same_content(b) {
        return Vec::new();
    }
    let ranges = differing_blocks((a.bytes, &a.manifest), (b.bytes, &b.manifest));
    if ranges.is_empty() { vec![whole(a.bytes, b.bytes)] } else { ranges }
}

/// The ranges in which two files differ by their lengths and manifests, as [`differing_ranges`] gives them.
pub fn differing_blocks(a: (u64, &Manifest), b: (u64, &Manifest)) -> Vec<ByteRange> {
    let ((a_bytes, a), (b_bytes, b)) = (a, b);
    let longest = a_bytes.max(b_bytes);
    let size = a.block_bytes;
    let fits = |bytes: u64, manifest: &Manifest| {
        manifest.block_bytes == size && size != 0 && bytes.div_ceil(size) == manifest.blocks.len() as u64
    };
    if !fits(a_bytes, a) || !fits(b_bytes, b) {
        return vec![whole(a_bytes, b_bytes)];
    }
    let mut ranges = Ranges::default();
    for (index, (ours, theirs)) in (0..).zip(a.blocks.iter().zip(&b.blocks)) {
        if ours != theirs {
            let start = index * size;
            ranges.add(start, start.saturating_add(size).min(longest));
        }
    }
    ranges.add(a_bytes.min(b_bytes), longest);
    ranges.0
}

fn whole(a: u64, b: u64) -> ByteRange {
    ByteRange { start: 0, end: a.max(b) }
}

/// Ranges in order, neighbours joined.
#[derive(Debug, Default)]
pub(crate) struct Ranges(pub(crate) Vec<ByteRange>);

impl Ranges {
    /// Adds a range that doesn't begin before the last one; an empty one is nothing.
    pub(crate) fn add(&mut self, start: u64, end: u64) {
        match self.0.last_mut() {
            _ if start >= end => {}
            Some(last) if last.end >= start => last.end = last.end.max(end),
            _ => self.0.push(ByteRange { start, end }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: u64, blocks: &[u8]) -> Fingerprint {
        let blocks: Vec<_> = blocks.iter().map(|&n| (n != 0).then_some(Digest([n; 32]))).collect();
        let text = format!("{bytes} {blocks:?}");
        Fingerprint {
            bytes,
            blake3: Digest(*blake3::hash(text.as_bytes()).as_bytes()),
            manifest: Manifest { block_bytes: BLOCK_BYTES, blocks },
        }
    }

    fn differing(a: &Fingerprint, b: &Fingerprint) -> Vec<String> {
        assert_eq!(differing_ranges(a, b), differing_ranges(b, a));
        differing_ranges(a, b).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn bytes_in_memory_have_the_digest_that_b3sum_prints() {
        for length in [0, 1, 1024, BLOCK_BYTES as usize, 2 * BLOCK_BYTES as usize + 7, 5 * BLOCK_BYTES as usize] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let found = Fingerprint::of(&bytes);
            assert_eq!(found.blake3.0, *blake3::hash(&bytes).as_bytes(), "{length}");
            assert_eq!(found.manifest.blocks.len() as u64, (length as u64).div_ceil(BLOCK_BYTES));
        }
    }

    // DV-01
    #[test]
    fn blocks_that_differ_are_named_and_neighbours_joined() {
        let a = file(5 * BLOCK_BYTES, &[1, 2, 3, 4, 5]);
        assert_eq!(differing(&a, &a), [""; 0]);
        assert_eq!(differing(&a, &file(5 * BLOCK_BYTES, &[1, 9, 9, 4, 9])), ["2 MiB to 6 MiB", "8 MiB to 10 MiB"]);
    }

    // DV-01
    #[test]
    fn what_only_the_longer_file_has_differs_even_if_it_is_zeros() {
        let a = file(BLOCK_BYTES + 1024, &[1, 0]);
        assert_eq!(differing(&a, &file(3 * BLOCK_BYTES, &[1, 0, 0])), ["2049 KiB to 6 MiB"]);
        assert_eq!(differing(&a, &file(BLOCK_BYTES + 100, &[1, 7])), ["2 MiB to 2049 KiB"]);
        assert_eq!(differing(&file(0, &[]), &file(3, &[7])), ["0 to byte 3"]);
    }

    #[test]
    fn fingerprints_that_do_not_fit_differ_as_a_whole() {
        let a = file(2 * BLOCK_BYTES, &[1, 2]);
        let mut torn = file(2 * BLOCK_BYTES, &[1]);
        assert_eq!(differing(&a, &torn), ["0 to 4 MiB"]);
        torn.manifest = Manifest { block_bytes: 0, blocks: Vec::new() };
        assert_eq!(differing(&a, &torn), ["0 to 4 MiB"]);
        let forged = Fingerprint { blake3: torn.blake3, ..a.clone() };
        assert_eq!(differing(&a, &forged), ["0 to 4 MiB"]);
    }

    #[test]
    fn a_digest_is_read_back_as_it_was_written() {
        let digest = Digest(*blake3::hash(b"Hoge").as_bytes());
        assert_eq!(digest.to_string(), blake3::hash(b"Hoge").to_hex().as_str());
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!("12".parse::<Digest>().is_err());
    }
}
