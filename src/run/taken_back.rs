//! Which steps of a run can be taken back besides roles, as its journal tells it. Pure; looks at nothing but the journal.

use crate::model::event::{Entry, Event};
use crate::model::plan::{GroupPlan, Step};
use crate::model::request::Request;
use crate::model::topology::TakenBack;
use crate::plan::back::is_taken_back;

/// A step that the run did, and what the journal tells of the name that it gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Told<'a> {
    /// The step.
    pub step: &'a Step,
    /// What to take back; none where the journal does not tell for sure which folder this run renamed.
    pub taken_back: Option<TakenBack>,
}

/// Returns the steps of a group that were seen to be done and that a row takes back.
pub fn taken_back<'a>(plan: &'a GroupPlan, entries: &[Entry]) -> Vec<Told<'a>> {
    let group = plan.topology.group.as_str();
    let ours: Vec<&Event> =
        entries.iter().map(|entry| &entry.event).filter(|event| event.group() == Some(group)).collect();
    let is_done =
        |step: &&Step| ours.iter().any(|event| matches!(event, Event::StepDone { step: of, .. } if *of == step.number));
    let steps = plan.steps.iter().filter(|step| is_taken_back(plan.topology.table, step)).filter(is_done);
    let told = |step: &'a Step| {
        let left = left(step.number, &ours);
        Told { step, taken_back: left.map(|left| TakenBack { server: step.server.clone(), left }) }
    };
    steps.map(told).collect()
}

/// What became of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reply {
    /// Nobody knows: the line is missing, or no answer came.
    None,
    Renamed,
    Refused,
}

/// Returns the name that a step gave: of the attempt that was answered so, or of the only one that may have been carried
/// out. Whether such a folder is there is seen before anything is renamed.
fn left(number: usize, events: &[&Event]) -> Option<String> {
    let mut attempts: Vec<(&str, Reply)> = Vec::new();
    for event in events {
        match event {
            Event::StepStarted { step, requests, .. } if *step == number => {
                let names = requests.iter().filter_map(|request| Request::renamed_to(&request.en));
                attempts.extend(names.map(|name| (name, Reply::None)));
            }
            Event::Answered { step, request, reply, .. } if *step == number => {
                let last = attempts.last_mut().filter(|(name, _)| Request::renamed_to(request) == Some(*name));
                if let Some((_, of)) = last {
                    *of = match reply.as_str() {
                        "renamed" => Reply::Renamed,
                        refused if refused.starts_with("refused") => Reply::Refused,
                        _ => Reply::None,
                    };
                }
            }
            _ => {}
        }
    }
    let of = |wanted: Reply| attempts.iter().filter(move |(_, reply)| *reply == wanted).map(|(name, _)| *name);
    let only = || {
        let name = of(Reply::None).next()?;
        of(Reply::None).all(|other| other == name).then_some(name)
    };
    of(Reply::Renamed).next().or_else(only).map(Into::into)
}

#[cfg(test)]
#[path = "taken_back_tests.rs"]
mod tests;
