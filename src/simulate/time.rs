//! Time in a simulation: it passes when somebody waits or is slow, and the time of day can be set.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::run::clock::{Clock, Wait};

/// A clock that all of a simulation share.
#[derive(Debug, Clone, Default)]
pub struct Time(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    elapsed: Duration,
    set_by: SignedDuration,
}

/// 2026-11-21 13:00 UTC, when every simulation begins: seconds since the Unix epoch.
const BEGIN: i64 = 1_795_266_000;

impl Time {
    /// Lets time pass.
    pub fn pass(&self, span: Duration) {
        self.change(|state| state.elapsed = state.elapsed.saturating_add(span));
    }

    /// Sets the time of day, forth or back.
    pub fn set(&self, by: SignedDuration) {
        self.change(|state| state.set_by = state.set_by.saturating_add(by));
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = Timestamp::from_second(BEGIN).unwrap_or(Timestamp::UNIX_EPOCH);
        let passed = SignedDuration::try_from(state.elapsed).unwrap_or(SignedDuration::MAX);
        begin.saturating_add(passed.saturating_add(state.set_by)).unwrap_or(begin)
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed
    }

    /// Passes the time at once, and lets others have a turn.
    fn wait(&self, span: Duration) -> Wait<'_> {
        self.pass(span);
        let mut is_first = true;
        Box::pin(poll_fn(move |_| match std::mem::take(&mut is_first) {
            true => Poll::Pending,
            false => Poll::Ready(()),
        }))
    }
}
