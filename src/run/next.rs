//! What is next in a group, from its plan and the journal. Pure.

use std::collections::BTreeSet;

use crate::model::event::{Entry, Event, Outcome};
use crate::model::plan::{GroupPlan, Step};

/// What is next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next<'a> {
    /// This step; `begun` where the journal has its intent and not its outcome.
    Step {
        /// The step.
        step: &'a Step,
        /// Whether it was begun before.
        begun: bool,
    },
    /// Nothing: every step is done.
    Nothing,
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
        Some(step) => Next::Step { step, begun: begun.contains(&step.number) },
        None => Next::Nothing,
    }
}

/// Returns whether it is not known what came of a step that was begun: its requests were asked, and no later line says
/// that nothing was changed, or that a person was asked.
pub fn is_in_doubt(group: &str, step: usize, entries: &[Entry]) -> bool {
    let says = |entry: &Entry| match &entry.event {
        Event::StepStarted { step: of, .. } if *of == step => Some(true),
        Event::OperatorAsked { step: of, .. } if *of == step => Some(false),
        Event::StepStopped { step: of, outcome, .. } if *of == step => match outcome {
            Outcome::NotStarted => None,
            Outcome::FailedUnchanged | Outcome::Waiting => Some(false),
            Outcome::FailedChanged | Outcome::Unknown => Some(true),
        },
        _ => None,
    };
    entries.iter().rev().filter(|entry| entry.event.group() == Some(group)).find_map(says).unwrap_or(false)
}
