//! What is next in a group, from its plan and the journal. Pure.

use std::collections::BTreeSet;

use crate::model::event::{Entry, Event};
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
