//! Time as the loop sees it: the machine's own, or whatever takes its place in a simulation.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// A wait that ends.
pub type Wait<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Whoever tells the time.
pub trait Clock: Debug {
    /// Returns the time of day (UTC). It may be set, and may step back.
    fn now(&self) -> Timestamp;
    /// Returns how long the clock has run. Never steps back.
    fn elapsed(&self) -> Duration;
    /// Waits so long.
    fn wait(&self, span: Duration) -> Wait<'_>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct MachineClock {
    begun: Instant,
}

impl MachineClock {
    /// Starts the clock.
    pub fn start() -> MachineClock {
        MachineClock { begun: Instant::now() }
    }
}

impl Clock for MachineClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    fn wait(&self, span: Duration) -> Wait<'_> {
        Box::pin(tokio::time::sleep(span))
    }
}
