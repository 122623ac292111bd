//! What the loop meets instead of the world, its disk and its watchers: the [`Play`].

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use crate::model::event::Entry;
use crate::model::request::Request;
use crate::world::{Answering, LANDS_WITHIN, Stage};

use super::disk::{Fate, Write};
use super::play::Play;

/// A play that those on stage share.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<Play>>);

impl Shared {
    /// Shares a play.
    pub fn new(play: Play) -> Shared {
        Shared(Arc::new(Mutex::new(play)))
    }

    /// Takes the play in hand.
    pub fn hand(&self) -> MutexGuard<'_, Play> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows an entry that a machine has written.
    pub fn told(&self, machine: usize, entry: &Entry) {
        let mut play = self.hand();
        play.tell(|| format!("machine {machine}: {:?}", entry.event));
        play.watch_event(machine, &entry.event);
        play.follow(machine, &entry.event);
    }
}

/// The world as one group of one machine's run meets it.
pub struct Actor {
    /// The play.
    pub play: Shared,
    /// The machine.
    pub machine: usize,
    /// The group.
    pub group: usize,
}

impl Stage for Actor {
    fn lands_within(&self) -> Duration {
        LANDS_WITHIN
    }

    fn perform<'a>(&'a self, request: &'a Request) -> Answering<'a> {
        // While two machines run, each request gives the other a turn.
        let mut gives_turn = self.play.hand().machines[1].is_running;
        let mut is_dead = false;
        Box::pin(poll_fn(move |_| {
            if std::mem::take(&mut gives_turn) || is_dead {
                return Poll::Pending;
            }
            let mut play = self.play.hand();
            let reply = match play.machines[self.machine].crash {
                Some(_) => None,
                None => play.perform(self.machine, self.group, request),
            };
            is_dead = reply.is_none();
            reply.map_or(Poll::Pending, Poll::Ready)
        }))
    }
}

/// What happens to the writes of one machine.
pub struct Writes {
    /// The play.
    pub play: Shared,
    /// The machine.
    pub machine: usize,
}

impl Fate for Writes {
    fn of_write(&self, line: &str) -> Write {
        self.play.hand().write(self.machine, line)
    }
}
