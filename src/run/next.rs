//! What is next in a group, from its plan and the journal. Pure.

use std::collections::BTreeSet;

use crate::model::event::{Entry, Event, Outcome};
use crate::model::plan::{GroupPlan, Step};
use crate::model::request::NO_ANSWER;

/// What is next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next<'a> {
    /// This step.
    Step {
        /// The step.
        step: &'a Step,
        /// Whether the journal has its intent, and not its outcome.
        begun: Begun,
    },
    /// Nothing: every step is done.
    Nothing,
}

/// Whether an earlier part of the run began a step that is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// It did not.
    No,
    /// It did, and knew that nothing of it was left behind.
    Yes,
    /// It did, and what came of that is not known.
    InDoubt,
}

/// Returns what is next in the group.
pub fn next<'a>(plan: &'a GroupPlan, entries: &[Entry]) -> Next<'a> {
    let group = &plan.topology.group;
    let mut done = BTreeSet::new();
    let mut begun = BTreeSet::new();
    for entry in entries.iter().filter(|entry| entry.event.group() == Some(group)) {
        match &entry.event {
            Event::StepStarted { step, .. } => drop(begun.insert(*step)),
            Event::StepDone { step, .. } => drop(done.insert(*step)),
            _ => {}
        }
    }
    match plan.steps.iter().find(|step| !done.contains(&step.number)) {
        Some(step) if !begun.contains(&step.number) => Next::Step { step, begun: Begun::No },
        Some(step) if is_in_doubt(group, step.number, entries) => Next::Step { step, begun: Begun::InDoubt },
        Some(step) => Next::Step { step, begun: Begun::Yes },
        None => Next::Nothing,
    }
}

/// Returns whether a request of the step may still be on its way: no answer came to the last one, or the process ended
/// before any could. Whoever began the step again since has waited for those before.
pub fn may_land(group: &str, step: usize, entries: &[Entry]) -> bool {
    let mut is_stopped = false;
    for entry in entries.iter().rev().filter(|entry| entry.event.group() == Some(group)) {
        match &entry.event {
            // What follows in this order is another process's.
            Event::GroupStarted { .. } => is_stopped = false,
            Event::StepStopped { step: of, outcome, .. } if *of == step => is_stopped = *outcome != Outcome::Unknown,
            Event::Answered { step: of, reply, .. } if *of == step && reply.starts_with(NO_ANSWER) => return true,
            Event::StepStarted { step: of, .. } if *of == step => return !is_stopped,
            _ => {}
        }
    }
    false
}

/// Returns whether it is not known what came of a step that was begun: its requests were asked, and no later line says
/// that nothing was changed, or that a person was asked.
fn is_in_doubt(group: &str, step: usize, entries: &[Entry]) -> bool {
    let (mut is_in_doubt, mut is_acting) = (false, false);
    for entry in entries.iter().filter(|entry| entry.event.group() == Some(group)) {
        match &entry.event {
            Event::GroupStarted { .. } => is_acting = false,
            Event::StepStarted { step: of, .. } if *of == step => (is_in_doubt, is_acting) = (true, true),
            // Whoever is asked to attest something before the step goes on settles nothing.
            Event::OperatorAsked { step: of, .. } if *of == step && is_acting => is_in_doubt = false,
            Event::StepStopped { step: of, outcome, .. } if *of == step => match outcome {
                Outcome::NotStarted => {}
                Outcome::FailedUnchanged | Outcome::Waiting => is_in_doubt = false,
                Outcome::FailedChanged | Outcome::Unknown => is_in_doubt = true,
            },
            _ => {}
        }
    }
    is_in_doubt
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::event::Ending;
    use crate::model::name::ServerName;
    use crate::model::words::Text;

    fn lands(events: &[Event]) -> bool {
        let entry = |event: &Event| Entry { number: 1, at: Timestamp::UNIX_EPOCH, event: event.clone() };
        may_land("Web", 1, &events.iter().map(entry).collect::<Vec<_>>())
    }

    #[test]
    fn a_request_may_land_late_until_whoever_goes_on_has_asked_again() {
        let group = || "Web".to_string();
        let started = Event::GroupStarted { group: group(), steps: 1 };
        let begun = Event::StepStarted {
            group: group(),
            step: 1,
            transition: "drain".into(),
            server: ServerName::new("web3").unwrap(),
            requests: Vec::new(),
        };
        let answered = |reply: &str| Event::Answered {
            group: group(),
            step: 1,
            request: "load balancer: set web3 to drain".into(),
            reply: reply.into(),
        };
        let stopped = |outcome| Event::StepStopped {
            group: group(),
            step: 1,
            outcome,
            cause: Text::new("because", "because"),
            otherwise: Vec::new(),
        };
        let ended = Event::GroupEnded { group: group(), ending: Ending::Unknown };
        let lost = answered(&format!("{NO_ANSWER}no answer came within 5 s"));
        let fine = answered("drain, 0 sessions, up");

        // Given up; and nobody has asked again since, whatever a later process looked at.
        let given_up = [started.clone(), begun.clone(), lost, stopped(Outcome::FailedChanged), ended];
        assert!(lands(&given_up));
        let looked = [&given_up[..], &[started.clone(), stopped(Outcome::Unknown)]].concat();
        assert!(lands(&looked));
        // The process was no more before an answer came.
        assert!(lands(&[started.clone(), begun.clone(), fine.clone()]));
        assert!(lands(&[started.clone(), begun.clone(), started.clone()]));
        let not_gone_on = [started.clone(), begun.clone(), started.clone(), stopped(Outcome::NotStarted)];
        assert!(lands(&not_gone_on), "whoever did not go on with it did not wait for it either");
        // Every request was answered, and the step stopped for another reason.
        assert!(!lands(&[started.clone(), begun.clone(), fine.clone(), stopped(Outcome::FailedChanged)]));
        // Whoever asked again has waited before.
        let again = [&given_up[..], &[started.clone(), begun, fine, stopped(Outcome::FailedChanged)]].concat();
        assert!(!lands(&again));
        assert!(!lands(&[started]));
    }

    #[test]
    fn what_came_of_a_step_stays_in_doubt_until_a_line_after_its_act_says_it() {
        let group = || "Web".to_string();
        let started = Event::GroupStarted { group: group(), steps: 1 };
        let begun = Event::StepStarted {
            group: group(),
            step: 1,
            transition: "drain".into(),
            server: ServerName::new("web3").unwrap(),
            requests: Vec::new(),
        };
        let asked = Event::OperatorAsked {
            group: group(),
            step: 1,
            host: ServerName::new("web3").unwrap(),
            instructions: Vec::new(),
            until: Timestamp::UNIX_EPOCH,
        };
        let stopped = |outcome| Event::StepStopped {
            group: group(),
            step: 1,
            outcome,
            cause: Text::new("because", "because"),
            otherwise: Vec::new(),
        };
        let in_doubt = |events: &[&Event]| {
            let entry = |event: &&Event| Entry { number: 1, at: Timestamp::UNIX_EPOCH, event: (*event).clone() };
            is_in_doubt("Web", 1, &events.iter().map(entry).collect::<Vec<_>>())
        };
        assert!(!in_doubt(&[&started]));
        assert!(in_doubt(&[&started, &begun]));
        // The act itself was to ask a person; nothing of ours can still land.
        assert!(!in_doubt(&[&started, &begun, &asked]));
        // The next process asks for an attestation before it goes on.
        assert!(in_doubt(&[&started, &begun, &started, &asked]));
        assert!(in_doubt(&[&started, &begun, &started, &asked, &stopped(Outcome::NotStarted)]));
        assert!(in_doubt(&[&started, &begun, &stopped(Outcome::Unknown)]));
        assert!(!in_doubt(&[&started, &begun, &stopped(Outcome::FailedUnchanged)]));
    }
}
