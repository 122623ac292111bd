//! Works on the blocks of a file by several threads, and hands over the results in order.
//!
//! Each thread reads and works on blocks of its own: that takes less time than a thread that reads for others, and little
//! memory. Knows nothing of what the work is.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use super::watch::Watch;

/// As much as a block of a manifest. A read that leaves no pages behind fetches nothing ahead of it: from a cold disk pieces of
/// 1 MiB took half as long again and pieces of 128 KiB twice as long, from memory all took the same.
pub(super) const PIECE_BYTES: usize = 2 << 20;
/// Systems copy faster into buffers that begin where a page does: a sixth of the processor time of a read.
const PAGE_BYTES: usize = 4096;
/// While some wait for the disk, others work: on two processors four threads took two thirds of the time of two, cold.
const LEAST_THREADS: usize = 4;
/// More than most disks can feed, and about as many as use up a machine's memory bandwidth.
const MOST_THREADS: usize = 8;

/// What is done with a block, in a buffer of its thread's own: it is called from several threads.
pub(super) type Work<'a, T, E> = &'a (dyn Fn(u64, &mut [u8]) -> Result<T, E> + Sync);

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
pub(super) fn scan<T: Send, E: Send>(
    count: u64,
    buffer_bytes: usize,
    watch: &Watch,
    work: Work<'_, T, E>,
    each: &mut dyn FnMut(u64, T),
) -> Result<Scanned, E> {
    let next = AtomicU64::new(0);
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = processors.clamp(LEAST_THREADS, MOST_THREADS).min(usize::try_from(count).unwrap_or(MOST_THREADS));
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
        Ok::<u64, E>(wanted)
    })?;
    Ok(if handed == count { Scanned::Whole } else { Scanned::Stopped })
}
