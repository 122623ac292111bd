//! The journal of a run as the loop writes it: checked against the run's generations, on disk, then shown.

use jiff::Timestamp;

use crate::model::event::{Entry, Event};

use super::again::Again;
use super::clock::Clock;
use super::generation::Fence;
use super::journal::Journal;
use super::state::StateFault;

/// A journal with those who watch it: every event is on disk before anybody sees it.
pub struct Log<'a> {
    journal: Journal,
    entries: Vec<Entry>,
    clock: &'a dyn Clock,
    show: Box<dyn FnMut(&Entry) + 'a>,
    fences: Vec<Fence>,
    again: Option<Again>,
}

impl<'a> Log<'a> {
    /// Puts a journal and its watcher together; `entries` are what the journal holds already.
    pub fn new(journal: Journal, entries: Vec<Entry>, clock: &'a dyn Clock, show: impl FnMut(&Entry) + 'a) -> Log<'a> {
        Log { journal, entries, clock, show: Box::new(show), fences: Vec::new(), again: None }
    }

    /// Has every line checked against the generations that the run has taken: once another has taken a group, nothing
    /// of it is written any more, and so nothing done.
    pub fn fenced(mut self, fences: impl IntoIterator<Item = Fence>) -> Log<'a> {
        self.fences.extend(fences);
        self
    }

    /// Writes nothing, and shows nothing, as long as a run that waits for a person comes to the same as last time.
    pub fn sparing(mut self) -> Log<'a> {
        self.again = Again::of(&self.entries);
        self
    }

    /// Writes an event to disk, then shows it. Where nothing new is to be told ([`Log::sparing`]) it is held back.
    ///
    /// # Errors
    /// Returns a [`StateFault`] where it could not be written, or where another run has taken the group since: nothing may
    /// be done on its strength.
    pub fn write(&mut self, event: Event) -> Result<(), StateFault> {
        self.check(event.group())?;
        let at = self.clock.now();
        let Some(again) = &mut self.again else { return self.put(at, event) };
        let Err(all) = again.take(at, event) else { return Ok(()) };
        self.again = None;
        all.into_iter().try_for_each(|(at, event)| self.put(at, event))
    }

    fn put(&mut self, at: Timestamp, event: Event) -> Result<(), StateFault> {
        let entry = self.journal.write(at, event)?;
        // A machine that stood still in between may have written behind what another wrote.
        self.check(entry.event.group())?;
        (self.show)(&entry);
        self.entries.push(entry);
        Ok(())
    }

    fn check(&self, group: Option<&str>) -> Result<(), StateFault> {
        let mut concerned = self.fences.iter().filter(|fence| group.is_none_or(|group| group == fence.group()));
        concerned.try_for_each(Fence::check)
    }

    /// Returns all entries so far.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}
