//! One pass over an open file: its manifest, and the digest of the whole where that is asked for.
//!
//! Zeros are looked for before they are hashed, and holes aren't read. Whether the file stayed as it was is seen in
//! [`super::opened`].

use std::io;

use blake3::hazmat::{ChainingValue, HasherExt};

use super::manifest::{BLOCK_BYTES, Digest, Manifest, Outline};
use super::scan::{PIECE_BYTES, Scanned, scan};
use super::source::{Source, is_zeros};
use super::watch::Watch;
use super::zeros::{hasher_of_zeros, value_of_zeros};
use crate::model::disks::tree::Tree;

/// After how many blocks a reading is worth being gone on with: each GiB.
const CHECKPOINT_BLOCKS: usize = 512;

/// Room is made at once for the blocks of 1 TiB, since a list that grows takes twice as much; whoever sets a length of more
/// than that has not taken any memory by it.
const MOST_FORESEEN: u64 = 512 << 10;

/// What is to be hashed.
pub(super) struct Job<'a> {
    pub(super) source: &'a Source,
    /// How many bytes are expected; fewer are an error of the kind `UnexpectedEof`.
    pub(super) bytes: u64,
    /// The first blocks, as they are known from before.
    pub(super) known: &'a [Option<Digest>],
    /// Whether the digest of the whole is asked for.
    pub(super) digest: bool,
    pub(super) watch: &'a Watch,
    /// Takes the first blocks each time that another [`CHECKPOINT_BLOCKS`] of them were read.
    pub(super) checkpoint: &'a (dyn Fn(&[Option<Digest>]) + Sync),
}

/// What came of it.
pub(super) enum Hashed {
    Whole(Outline),
    /// It was stopped after these first blocks.
    Stopped(Vec<Option<Digest>>),
}

/// Hashes what the job says and reports the bytes read since the last report.
pub(super) fn hash(job: &Job<'_>, progress: &mut dyn FnMut(u64)) -> io::Result<Hashed> {
    let count = job.bytes.div_ceil(BLOCK_BYTES);
    let manifest = |blocks| Manifest { block_bytes: BLOCK_BYTES, blocks };
    if count <= 1 {
        let (entry, digest) = hash_only(job)?;
        job.watch.add(job.bytes);
        progress(job.bytes);
        let blocks = (0..count).map(|_| entry).collect();
        return Ok(Hashed::Whole(Outline { bytes: job.bytes, manifest: manifest(blocks), blake3: Some(digest) }));
    }
    let holes = job.source.holes(job.bytes);
    let work = |index: u64, buffer: &mut [u8]| -> io::Result<_> {
        let bytes = BLOCK_BYTES.min(job.bytes - index * BLOCK_BYTES);
        let entry = match job.known.get(index as usize) {
            Some(known) => known.map(|digest| digest.0),
            None if holes.has(index) => None,
            None => hash_block(job.source, index, bytes, buffer)?.map(|hasher| hasher.finalize_non_root()),
        };
        let value: Option<ChainingValue> = entry.or_else(|| job.digest.then(|| value_of_zeros(index, bytes)));
        Ok((entry.map(Digest), value))
    };
    let (mut blocks, mut tree) = (Vec::with_capacity(count.min(MOST_FORESEEN) as usize), Tree::default());
    let scanned = scan(count, PIECE_BYTES, job.watch, &work, &mut |index, (entry, value)| {
        let bytes = BLOCK_BYTES.min(job.bytes - index * BLOCK_BYTES);
        if (index as usize) < job.known.len() {
            job.watch.add_known(bytes);
        } else {
            job.watch.add(bytes);
            progress(bytes);
        }
        blocks.push(entry);
        if blocks.len() % CHECKPOINT_BLOCKS == 0 && blocks.len() > job.known.len() {
            (job.checkpoint)(&blocks);
        }
        value.into_iter().for_each(|value| tree.add(value));
    })?;
    if scanned == Scanned::Stopped {
        return Ok(Hashed::Stopped(blocks));
    }
    let blake3 = if job.digest { tree.digest() } else { None };
    Ok(Hashed::Whole(Outline { bytes: job.bytes, manifest: manifest(blocks), blake3 }))
}

/// The only block of a small file, and the digest of the whole.
fn hash_only(job: &Job<'_>) -> io::Result<(Option<Digest>, Digest)> {
    let mut buffer = vec![0; job.bytes as usize];
    let found = hash_block(job.source, 0, job.bytes, &mut buffer)?;
    let entry = found.as_ref().map(|hasher| Digest(hasher.finalize_non_root()));
    let hasher = found.unwrap_or_else(|| hasher_of_zeros(0, job.bytes));
    Ok((entry, Digest(*hasher.finalize().as_bytes())))
}

/// A hasher that has read the block; none where the block is zeros.
fn hash_block(source: &Source, index: u64, bytes: u64, buffer: &mut [u8]) -> io::Result<Option<blake3::Hasher>> {
    let block = &mut buffer[..bytes as usize];
    source.fill(block, index * BLOCK_BYTES)?;
    Ok((!is_zeros(block)).then(|| {
        let mut hasher = hasher_of_zeros(index, 0);
        hasher.update(block);
        hasher
    }))
}
