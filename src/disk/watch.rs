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
    /// What counts the same for all readings together.
    all: Option<&'static Watch>,
}

impl Watch {
    /// A watch that has counted nothing.
    pub const fn new() -> Watch {
        let zero = AtomicU64::new;
        Watch { total: zero(0), done: zero(0), known: zero(0), stopped: AtomicBool::new(false), all: None }
    }

    /// A watch of one reading; whatever it counts, `all` counts as well. Each is stopped by itself.
    pub fn below(all: &'static Watch) -> Watch {
        Watch { all: Some(all), ..Watch::new() }
    }

    /// Adds to what there is to read, in bytes.
    pub fn expect(&self, bytes: u64) {
        self.each(|one| &one.total, bytes);
    }

    /// Counts bytes that were read.
    pub fn add(&self, bytes: u64) {
        self.each(|one| &one.done, bytes);
    }

    /// Counts bytes that needn't be read, because they are known from before.
    pub fn add_known(&self, bytes: u64) {
        self.each(|one| &one.known, bytes);
    }

    fn each(&self, count: fn(&Watch) -> &AtomicU64, bytes: u64) {
        for one in std::iter::once(self).chain(self.all) {
            count(one).fetch_add(bytes, Ordering::Relaxed);
        }
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
    /// What came after `begun`, an earlier state of the same watch.
    pub fn since(self, begun: Progress) -> Progress {
        Progress {
            done_bytes: self.done_bytes.saturating_sub(begun.done_bytes),
            total_bytes: self.total_bytes.saturating_sub(begun.total_bytes),
            read_bytes: self.read_bytes.saturating_sub(begun.read_bytes),
            elapsed: self.elapsed.saturating_sub(begun.elapsed),
        }
    }

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

    #[test]
    fn several_readings_are_counted_together_and_each_burst_of_them_by_itself() {
        static ALL: Watch = Watch::new();
        let (one, other) = (Watch::below(&ALL), Watch::below(&ALL));
        one.expect(100);
        one.add(100);
        let begun = ALL.progress(Duration::from_secs(10));
        other.expect(300);
        other.add_known(100);
        other.add(50);
        other.stop();
        let now = ALL.progress(Duration::from_secs(11)).since(begun);
        let want = Progress { done_bytes: 150, total_bytes: 300, read_bytes: 50, elapsed: Duration::from_secs(1) };
        assert_eq!(now, want);
        assert_eq!(now.left(), Some(Duration::from_secs(3)));
        assert!(!one.is_stopped() && !ALL.is_stopped());
    }
}
