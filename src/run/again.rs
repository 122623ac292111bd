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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::ServerName;
    use crate::model::words::Text;

    const AT: Timestamp = Timestamp::UNIX_EPOCH;

    /// A part of a run that waits for a person, after so many answers.
    fn part(answers: usize) -> Vec<Event> {
        let (group, step) = ("Store".to_string(), 1);
        let server = ServerName::new("PVS1").unwrap();
        let opening =
            Event::RunResumed { who: "hanako".into(), host: "admin1".into(), generations: Default::default() };
        let started = Event::StepStarted {
            group: group.clone(),
            step,
            transition: "register".into(),
            server: server.clone(),
            requests: vec![Text::new("ask", "ask"); answers],
        };
        let answered =
            Event::Answered { group: group.clone(), step, request: "ask".into(), reply: "it is waited for".into() };
        let asked = Event::OperatorAsked { group, step, host: server, instructions: Vec::new(), until: AT };
        let answered = std::iter::repeat_n(answered, answers);
        [opening, started].into_iter().chain(answered).chain([asked, WAITS]).collect()
    }

    /// How many events of a part that comes to the same are held back.
    fn held(part: Vec<Event>) -> usize {
        let entry = |(number, event): (u64, Event)| Entry { number, at: AT, event };
        let entries: Vec<Entry> = (1..).zip(part.clone()).map(entry).collect();
        let mut again = Again::of(&entries).unwrap();
        part.into_iter().take_while(|event| again.take(AT, event.clone()).is_ok()).count()
    }

    #[test]
    fn a_part_that_only_asks_a_person_is_held_back_and_one_that_sends_more_has_its_intent_written() {
        assert_eq!(held(part(1)), part(1).len());
        // Its opening alone: the step's intent comes to disk before its first request is sent.
        assert_eq!(held(part(2)), 1);
    }
}
