//! What a part of a run would write that its last part has written already: a job that resumes a waiting run every minute
//! is not to fill the disk with the same lines. Nothing is acted on that is not on disk: the last part's intent is there.

use jiff::Timestamp;

use crate::model::event::{Ending, Entry, Event};

/// The last part of a run that waits, and how far a part that goes on has come to the same.
#[derive(Debug)]
pub struct Again {
    last: Vec<Event>,
    held: Vec<(Timestamp, Event)>,
}

impl Again {
    /// Begins to compare with the last part of a journal; none where that did not end with waiting for a person.
    pub fn of(entries: &[Entry]) -> Option<Again> {
        if entries.last().map(|entry| &entry.event) != Some(&WAITS) {
            return None;
        }
        let part = last_part(entries).iter().map(|entry| entry.event.clone());
        Some(Again { last: part.collect(), held: Vec::new() })
    }

    /// Takes the next event where it says nothing new. Where it does, returns all that was held back, in its order.
    ///
    /// # Errors
    /// The events that are to be written now, this one the last.
    pub fn take(&mut self, at: Timestamp, event: Event) -> Result<(), Vec<(Timestamp, Event)>> {
        let is_same = self.is_same(&event);
        self.held.push((at, event));
        if is_same { Ok(()) } else { Err(std::mem::take(&mut self.held)) }
    }

    fn is_same(&self, event: &Event) -> bool {
        let place = self.held.len();
        match (event, self.last.get(place)) {
            (Event::RunResumed { .. }, Some(Event::RunStarted { .. } | Event::RunResumed { .. })) => true,
            // Only that a person is asked may be done on the strength of what an earlier part wrote: its answer is the one
            // between. A step that asks for anything else before has its intent on disk anew.
            (Event::StepStarted { .. }, Some(last)) => {
                let mut after = self.last.iter().skip(place + 1);
                let after = (after.next(), after.next());
                event == last && matches!(after, (Some(Event::Answered { .. }), Some(Event::OperatorAsked { .. })))
            }
            (_, last) => last == Some(event),
        }
    }
}

/// How a part ends that waits for a person.
const WAITS: Event = Event::RunEnded { exit_code: Ending::WAITING };

/// Returns the entries of the last part of a run, its beginning the first.
pub fn last_part(entries: &[Entry]) -> &[Entry] {
    let is_opening = |entry: &Entry| matches!(entry.event, Event::RunStarted { .. } | Event::RunResumed { .. });
    &entries[entries.iter().rposition(is_opening).unwrap_or(0)..]
}
