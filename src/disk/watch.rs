//! How far a reading is, and the wish that it stops.
//!
//! Reads no clock: whoever shows progress says how much time has passed. Shared by all threads of a reading and by
//! whoever watches it; readers are in [`super::fingerprint`] and [`super::pair`].

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Counts what was read, and can be told to stop.
#[derive(Debug, Default)]
pub struct Watch {
    total: AtomicU64,
    done: AtomicU64,
    known: AtomicU64,
    stopped: AtomicBool,
}

impl Watch {
    /// Adds to what there is to read, in bytes.
    pub fn expect(&self, bytes: u64) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts bytes that were read.
    pub fn add(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts bytes that needn't be read, because they are known from before.
    pub fn add_known(&self, bytes: u64) {
        self.known.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Makes every reading end with what it has, at its next block of 2 MiB.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether [`Watch::stop`] was called.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// How far it is, `elapsed` after it began.
    pub fn progress(&self, elapsed: Duration) -> Progress {
        let (done, known) = (self.done.load(Ordering::Relaxed), self.known.load(Ordering::Relaxed));
        Progress {
            done_bytes: done.saturating_add(known),
            total_bytes: self.total.load(Ordering::Relaxed),
            read_bytes: done,
            elapsed,
        }
    }
}

/// How far a reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is dealt with, in bytes.
    pub done_bytes: u64,
    /// What there is, in bytes; less than `done_bytes` where files grew, and 0 where nobody said.
    pub total_bytes: u64,
    /// What of `done_bytes` was read, and not known from before.
    pub read_bytes: u64,
    /// Since the reading began.
    pub elapsed: Duration,
}

impl Progress {
    /// The rate in bytes per second; none before anything was read.
    pub fn bytes_per_second(&self) -> Option<u64> {
        let seconds = self.elapsed.as_secs_f64();
        (self.read_bytes > 0 && seconds > 0.0).then(|| (self.read_bytes as f64 / seconds) as u64)
    }

    /// The time that the rest takes at this rate; none before a rate is known.
    pub fn left(&self) -> Option<Duration> {
        let rest = self.total_bytes.saturating_sub(self.done_bytes);
        let rate = self.bytes_per_second()?.max(1);
        Some(Duration::from_secs(rest / rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_time_left_come_from_what_was_read_and_not_from_what_was_known() {
        let watch = Watch::default();
        watch.expect(1000);
        let begun = watch.progress(Duration::ZERO);
        assert_eq!((begun.bytes_per_second(), begun.left()), (None, None));
        watch.add_known(400);
        watch.add(200);
        let half = watch.progress(Duration::from_secs(2));
        assert_eq!((half.done_bytes, half.total_bytes), (600, 1000));
        assert_eq!((half.bytes_per_second(), half.left()), (Some(100), Some(Duration::from_secs(4))));
        watch.add(900);
        assert_eq!(watch.progress(Duration::from_secs(2)).left(), Some(Duration::ZERO));
    }
}
