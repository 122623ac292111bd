//! Works on the blocks of a file by several threads, and hands over the results in order.
//!
//! Each thread reads and works on blocks of its own, in pieces that stay in its processor's cache: that takes less time
//! than a thread that reads for others, and next to no memory. Knows nothing of what the work is.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use super::watch::Watch;

/// Small enough to stay in a processor's caches between reading and hashing; large enough that what a read costs that leaves no
/// pages behind does not count: 128 KiB took half as long again from a cold disk, and no less from memory.
pub(super) const PIECE_BYTES: usize = 1 << 20;
/// Systems copy faster into buffers that begin where a page does: a sixth of the processor time of a read.
const PAGE_BYTES: usize = 4096;
/// More than most disks can feed, and about as many as use up a machine's memory bandwidth.
const MOST_THREADS: usize = 8;

/// How a scan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scanned {
    /// All blocks were handed over.
    Whole,
    /// It was stopped; those that were handed over are the first ones, without a gap.
    Stopped,
}

/// Calls `work` for each block, with a buffer of `buffer_bytes` of its thread's own, and `each` with the results in
/// the order of the blocks.
///
/// # Errors
/// The first error of `work`, in the order of time.
pub(super) fn scan<T: Send>(
    count: u64,
    buffer_bytes: usize,
    watch: &Watch,
    work: &(dyn Fn(u64, &mut [u8]) -> io::Result<T> + Sync),
    each: &mut dyn FnMut(u64, T),
) -> io::Result<Scanned> {
    let next = AtomicU64::new(0);
    let processors = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    let threads = processors.min(usize::try_from(count).unwrap_or(MOST_THREADS));
    let (sender, results) = channel();
    let run = |sender: Sender<_>| {
        let mut room = vec![0; buffer_bytes + PAGE_BYTES];
        let begin = room.as_ptr().align_offset(PAGE_BYTES).min(PAGE_BYTES);
        let buffer = &mut room[begin..begin + buffer_bytes];
        while !watch.is_stopped() {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count || sender.send(work(index, buffer).map(|result| (index, result))).is_err() {
                return;
            }
        }
    };
    let run = &run;
    let handed = thread::scope(|scope| {
        // Dropped with this closure, so that the threads stop when nobody wants their answers any more.
        let results = results;
        for sender in vec![sender; threads] {
            scope.spawn(move || run(sender));
        }
        // Blocks that were done before an earlier one.
        let mut early = BTreeMap::new();
        let mut wanted = 0;
        for result in results {
            let (index, result) = result?;
            early.insert(index, result);
            while let Some(result) = early.remove(&wanted) {
                each(wanted, result);
                wanted += 1;
                if watch.is_stopped() {
                    return Ok(wanted);
                }
            }
        }
        Ok::<u64, io::Error>(wanted)
    })?;
    Ok(if handed == count { Scanned::Whole } else { Scanned::Stopped })
}
