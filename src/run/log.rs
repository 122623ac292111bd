//! The journal of a run as the loop writes it: checked against the run's generations, on disk, then shown.
//!
//! Groups that are walked side by side share their flushes: each of them has its line on disk before it goes on, and one
//! flush does that for all that have written since the last.

use std::cell::RefCell;
use std::collections::HashMap;

use jiff::Timestamp;

use crate::model::event::{Entry, Event};

use super::again::Again;
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
    again: Option<Again>,
    is_shared: bool,
}

impl<'a> Log<'a> {
    /// Puts a journal and its watcher together; `entries` are what the journal holds already.
    pub fn new(journal: Journal, entries: Vec<Entry>, clock: &'a dyn Clock, show: impl FnMut(&Entry) + 'a) -> Log<'a> {
        let (of_groups, unflushed, fences) = (HashMap::new(), Vec::new(), Vec::new());
        let (again, is_shared) = (None, false);
        let mut log = Log { journal, of_groups, unflushed, clock, show: Box::new(show), fences, again, is_shared };
        entries.into_iter().for_each(|entry| log.keep(entry));
        log
    }

    /// Has every line checked against the generations that the run has taken: once another has taken a group, nothing
    /// of it is written any more, and so nothing done.
    pub fn fenced(mut self, fences: impl IntoIterator<Item = Fence>) -> Log<'a> {
        self.fences.extend(fences);
        self
    }

    /// Writes nothing, and shows nothing, as long as a run that waits for a person comes to the same as last time, which is
    /// the end of `entries`.
    pub fn sparing(mut self, entries: &[Entry]) -> Log<'a> {
        self.again = Again::of(entries);
        self
    }

    /// Says whether several groups write side by side from now on, so that it is worth while to wait for their lines. Without
    /// generations none waits: another may take the group meanwhile, and nothing else would tell.
    pub fn share(&mut self, is_shared: bool) {
        self.is_shared = is_shared && !self.fences.is_empty();
    }

    /// Returns a group's entries so far.
    pub fn of(&self, group: &str) -> &[Entry] {
        self.of_groups.get(group).map_or(&[], Vec::as_slice)
    }

    /// Writes an event to disk, then shows it. Where nothing new is to be told ([`Log::sparing`]) it is held back.
    ///
    /// # Errors
    /// Returns a [`StateFault`] where it could not be written, or where another run has taken the group since: nothing may
    /// be done on its strength.
    pub fn write(&mut self, event: Event) -> Result<(), StateFault> {
        let at = self.clock.now();
        let Some(again) = &mut self.again else { return self.put(at, event) };
        // Another may have taken the group though there is nothing to write.
        let group = event.group().map(str::to_string);
        match again.take(at, event) {
            Ok(()) => self.check(group.as_deref()),
            Err(all) => {
                self.again = None;
                all.into_iter().try_for_each(|(at, event)| self.put(at, event))
            }
        }
    }

    fn put(&mut self, at: Timestamp, event: Event) -> Result<(), StateFault> {
        let group = event.group().map(str::to_string);
        let number = self.append(at, event)?;
        self.flush_to(number)?;
        self.check(group.as_deref())
    }

    /// Writes an event, which may not be on disk yet; returns its number.
    fn append(&mut self, at: Timestamp, event: Event) -> Result<u64, StateFault> {
        self.check(event.group())?;
        let entry = self.journal.append(at, event)?;
        let number = entry.number;
        self.unflushed.push(entry);
        Ok(number)
    }

    /// Has the event of that number on disk, with all before it, and shows those of groups that nobody has taken since.
    fn flush_to(&mut self, number: u64) -> Result<(), StateFault> {
        if self.journal.flushed() >= number {
            return Ok(());
        }
        self.journal.flush()?;
        for entry in std::mem::take(&mut self.unflushed) {
            // A machine that stood still in between may have written behind what another wrote: its group ends with that.
            if self.check(entry.event.group()).is_ok() {
                (self.show)(&entry);
                self.keep(entry);
            }
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
    if !log.borrow().is_shared || log.borrow().again.is_some() {
        return log.borrow_mut().write(event);
    }
    let group = event.group().map(str::to_string);
    let number = {
        let mut log = log.borrow_mut();
        let at = log.clock.now();
        log.append(at, event)?
    };
    turn().await;
    let mut log = log.borrow_mut();
    log.flush_to(number)?;
    // Others had a turn since it was looked at.
    log.check(group.as_deref())
}
