//! What a run has done to one group so far, read off its events: for the lines that say what was done, what was
//! not, and what the servers are now.

use std::collections::BTreeSet;

use super::phrases;
use super::words::{few, fill, role_of, step_numbers};
use crate::model::event::{Entry, Event, Outcome};
use crate::model::name::ServerName;
use crate::model::plan::{GroupPlan, Step};
use crate::model::table::RoleName;
use crate::model::words::Language;

/// What a run has done to one group so far.
#[derive(Debug, Default)]
pub(super) struct RunState {
    /// The steps that were seen to be done.
    pub done: BTreeSet<usize>,
    /// The step that was begun last and is not done, with what is known of it.
    pub open: Option<(usize, Outcome)>,
    /// Whether anything in the group may have been changed by the run.
    pub touched: bool,
    /// The servers whose role was seen last to be another than the plan foresaw; none where it is unknown.
    pub otherwise: Vec<(ServerName, Option<RoleName>)>,
}

/// Returns what the events say of a group.
pub(super) fn state<'a>(events: impl Iterator<Item = &'a Entry>, group: &str) -> RunState {
    let mut state = RunState::default();
    for entry in events.filter(|entry| entry.event.group() == Some(group)) {
        match &entry.event {
            Event::GuardsAsked { step, .. } if state.open.is_none_or(|(open, _)| open != *step) => {
                state.open = Some((*step, Outcome::NotStarted));
            }
            Event::StepStarted { step, .. } => {
                state.open = Some((*step, Outcome::Unknown));
                state.touched = true;
            }
            Event::StepStopped { step, outcome, otherwise, .. } => {
                state.otherwise.clone_from(otherwise);
                state.open = Some((*step, *outcome));
                let is_clean = matches!(outcome, Outcome::NotStarted | Outcome::FailedUnchanged);
                state.touched = !(is_clean && state.done.is_empty());
            }
            Event::StepDone { step, .. } => {
                state.done.insert(*step);
                state.otherwise.clear();
                state.open = None;
                state.touched = true;
            }
            _ => {}
        }
    }
    state
}

impl RunState {
    /// Returns the first step that is not done.
    pub fn next(&self, plan: &GroupPlan) -> Option<usize> {
        plan.steps.iter().map(|step| step.number).find(|number| !self.done.contains(number))
    }

    /// Says what was done, what was not begun, and what the servers are now.
    pub fn sums_up(&self, plan: &GroupPlan, language: Language) -> String {
        if !self.touched {
            return phrases::NOTHING_CHANGED.say(language).into();
        }
        let begun = self.open.filter(|(_, outcome)| *outcome != Outcome::NotStarted).map(|(step, _)| step);
        let done: Vec<usize> = self.done.iter().copied().collect();
        let left: Vec<usize> = plan
            .steps
            .iter()
            .map(|step| step.number)
            .filter(|number| !self.done.contains(number) && begun != Some(*number))
            .collect();
        let list = |numbers: &[usize]| match numbers.is_empty() {
            true => phrases::NONE.say(language).to_string(),
            false => step_numbers(numbers, language),
        };
        let colon = phrases::COLON.say(language);
        let said = [
            format!("{}{colon}{}", phrases::DONE_LIST.say(language), list(&done)),
            format!("{}{colon}{}", phrases::NOT_STARTED_LIST.say(language), list(&left)),
            format!("{}{colon}{}", phrases::NOW.say(language), self.servers(plan, language)),
        ];
        said.join(phrases::SEMICOLON.say(language))
    }

    /// Says what the servers are now: the leader, and those that the plan touches.
    fn servers(&self, plan: &GroupPlan, language: Language) -> String {
        let table = plan.topology.table;
        let mut standings = plan.standings.clone();
        plan.steps.iter().filter(|step| self.done.contains(&step.number)).for_each(|step| step.apply(&mut standings));
        let mut unsure: Vec<&ServerName> = match self.open {
            Some((number, Outcome::Unknown | Outcome::FailedChanged)) => {
                plan.steps.iter().filter(|step| step.number == number).flat_map(moved).collect()
            }
            _ => Vec::new(),
        };
        for (server, role) in &self.otherwise {
            unsure.retain(|one| *one != server);
            match role {
                Some(role) => standings.entry(server.clone()).or_default().role = Some(role),
                None => unsure.push(server),
            }
        }
        let mut named: Vec<&ServerName> = standings
            .iter()
            .filter(|(_, one)| one.role.is_some_and(|role| table.leads(role)))
            .map(|(name, _)| name)
            .collect();
        for server in self.otherwise.iter().map(|(server, _)| server).chain(plan.steps.iter().flat_map(moved)) {
            if !named.contains(&server) && named.len() < 64 {
                named.push(server);
            }
        }
        let said: Vec<String> = named
            .into_iter()
            .map(|server| match unsure.contains(&server) {
                true => fill(phrases::NOT_CERTAIN, language, &[("server", server.as_str())]),
                false => format!("{server}: {}", role_of(standings.get(server), table, language)),
            })
            .collect();
        few(&said, 8, language)
    }
}

/// Returns the servers whose role a step moves, and the one that it is about.
fn moved(step: &Step) -> impl Iterator<Item = &ServerName> {
    std::iter::once(&step.server).chain(step.changes.iter().map(|change| &change.server))
}
