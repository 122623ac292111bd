//! The journal of a run as the loop writes it: checked against the run's generations, on disk, then shown.
//!
//! Groups that are walked side by side share their flushes: each of them has its line on disk before it goes on, and one
//! flush does that for all that have written since the last.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::model::event::{Entry, Event};

use super::clock::Clock;
use super::generation::Fence;
use super::journal::Journal;
use super::side_by_side::turn;
use super::state::StateFault;

/// A journal with those who watch it: every event is on disk before anybody sees it.
pub struct Log<'a> {
    journal: Journal,
    /// Each group's entries, all of them on disk.
    of_groups: HashMap<String, Vec<Entry>>,
    /// The entries that were written since the last flush.
    unflushed: Vec<Entry>,
    clock: &'a dyn Clock,
    show: Box<dyn FnMut(&Entry) + 'a>,
    fences: Vec<Fence>,
    is_shared: bool,
}

impl<'a> Log<'a> {
    /// Puts a journal and its watcher together; `entries` are what the journal holds already.
    pub fn new(journal: Journal, entries: Vec<Entry>, clock: &'a dyn Clock, show: impl FnMut(&Entry) + 'a) -> Log<'a> {
        let (of_groups, unflushed, fences) = (HashMap::new(), Vec::new(), Vec::new());
        let mut log = Log { journal, of_groups, unflushed, clock, show: Box::new(show), fences, is_shared: false };
        entries.into_iter().for_each(|entry| log.keep(entry));
        log
    }

    /// Has every line checked against the generations that the run has taken: once another has taken a group, nothing
    /// of it is written any more, and so nothing done.
    pub fn fenced(mut self, fences: impl IntoIterator<Item = Fence>) -> Log<'a> {
        self.fences.extend(fences);
        self
    }

    /// Says whether several groups write side by side from now on, so that it is worth while to wait for their lines.
    pub fn share(&mut self, is_shared: bool) {
        self.is_shared = is_shared;
    }

    /// Returns a group's entries so far.
    pub fn of(&self, group: &str) -> &[Entry] {
        self.of_groups.get(group).map_or(&[], Vec::as_slice)
    }

    /// Writes an event to disk, then shows it.
    ///
    /// # Errors
    /// Returns a [`StateFault`] where it could not be written, or where another run has taken the group since: nothing may
    /// be done on its strength.
    pub fn write(&mut self, event: Event) -> Result<(), StateFault> {
        self.append(event).and_then(|number| self.flush_to(number))
    }

    /// Writes an event, which may not be on disk yet; returns its number.
    fn append(&mut self, event: Event) -> Result<u64, StateFault> {
        self.check(event.group())?;
        let entry = self.journal.append(self.clock.now(), event)?;
        let number = entry.number;
        self.unflushed.push(entry);
        Ok(number)
    }

    /// Has the event of that number on disk, with all before it.
    fn flush_to(&mut self, number: u64) -> Result<(), StateFault> {
        if self.journal.flushed() >= number {
            return Ok(());
        }
        self.journal.flush()?;
        for entry in std::mem::take(&mut self.unflushed) {
            (self.show)(&entry);
            self.keep(entry);
        }
        Ok(())
    }

    fn check(&self, group: Option<&str>) -> Result<(), StateFault> {
        let mut concerned = self.fences.iter().filter(|fence| group.is_none_or(|group| group == fence.group()));
        concerned.try_for_each(Fence::check)
    }

    fn keep(&mut self, entry: Entry) {
        if let Some(group) = entry.event.group() {
            match self.of_groups.get_mut(group) {
                Some(entries) => entries.push(entry),
                None => drop(self.of_groups.insert(group.to_string(), vec![entry])),
            }
        }
    }
}

/// Writes an event to disk, then shows it. Where several groups write side by side the others are let on first, so that
/// one flush is for the lines of all.
///
/// # Errors
/// As [`Log::write`].
pub async fn write(log: &RefCell<Log<'_>>, event: Event) -> Result<(), StateFault> {
    if !log.borrow().is_shared {
        return log.borrow_mut().write(event);
    }
    let group = event.group().map(str::to_string);
    let number = log.borrow_mut().append(event)?;
    turn().await;
    let mut log = log.borrow_mut();
    log.flush_to(number)?;
    // Others had a turn since it was looked at.
    log.check(group.as_deref())
}
