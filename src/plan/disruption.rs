//! How long those who use a group are disrupted by its plan: not by single steps, but from the step that takes the leader
//! or a server away to the one after which it serves again. Read off the standings that the plan foresees.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::model::name::ServerName;
use crate::model::plan::{GroupPlan, Step};
use crate::model::snapshot::{Standings, leaders};
use crate::model::table::Disruption;

/// Where in its course a plan disrupts.
#[derive(Debug)]
pub struct Course<'a> {
    steps: &'a [Step],
    /// For each moment, from before the first step to after the last, whether it is one that a later step is to end: the
    /// group has no leader, or a server does not serve that did.
    is_between: Vec<bool>,
}

/// What a step has to do with a disruption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Whether it comes in the middle of one: there is no stopping before it.
    pub is_under_way: bool,
    /// How long the disruption that begins with it may last; nothing where it disrupts nobody.
    pub lasts: Duration,
    /// The step that ends it.
    pub until: usize,
}

impl<'a> Course<'a> {
    /// Follows a plan.
    pub fn of(plan: &'a GroupPlan) -> Course<'a> {
        let mut is_between = without_leader(plan);
        out_of_service(plan, &mut is_between);
        Course { steps: &plan.steps, is_between }
    }

    /// Returns what a step of the plan has to do with a disruption.
    pub fn span(&self, step: &Step) -> Span {
        let before = step.number.saturating_sub(1);
        let is_between = |moment: usize| self.is_between.get(moment) == Some(&true);
        let until = (step.number..).find(|moment| !is_between(*moment)).unwrap_or(step.number);
        let is_disrupted = step.transition.disruption != Disruption::None || until > step.number;
        let part = self.steps.get(before..until).filter(|_| is_disrupted).unwrap_or_default();
        Span { is_under_way: is_between(before), lasts: part.iter().map(|one| one.transition.limit).sum(), until }
    }
}

/// Says of each moment whether nobody leads then, and somebody is to later.
fn without_leader(plan: &GroupPlan) -> Vec<bool> {
    let table = plan.topology.table;
    let mut leading: BTreeSet<&ServerName> = leaders(table, &plan.standings).collect();
    let mut is_led = vec![!leading.is_empty()];
    for step in &plan.steps {
        for change in &step.changes {
            match table.leads(change.to) {
                true => leading.insert(&change.server),
                false => leading.remove(&change.server),
            };
        }
        is_led.push(!leading.is_empty());
    }
    let last = is_led.iter().rposition(|is_led| *is_led).unwrap_or(0);
    is_led.iter().enumerate().map(|(moment, is_led)| !is_led && moment < last).collect()
}

/// Marks the moments at which a server does not serve that did before, and is to later.
fn out_of_service(plan: &GroupPlan, is_between: &mut [bool]) {
    let serves = plan.topology.table.serves;
    if serves.is_empty() {
        return;
    }
    let touched: BTreeSet<&ServerName> = plan.steps.iter().flat_map(Step::touches).collect();
    let start = |server: &&ServerName| ((*server).clone(), plan.standings.get(*server).cloned().unwrap_or_default());
    let mut standings: Standings = touched.iter().map(start).collect();
    let does_serve =
        |standings: &Standings, server: &ServerName| standings.get(server).is_some_and(|it| it.meets(serves));
    // The servers that served once, and since which moment one does not.
    let mut away: BTreeMap<&ServerName, Option<usize>> =
        touched.iter().filter(|server| does_serve(&standings, server)).map(|server| (*server, None)).collect();
    for step in &plan.steps {
        step.apply(&mut standings);
        for server in step.touches() {
            if does_serve(&standings, server) {
                if let Some(Some(since)) = away.insert(server, None) {
                    is_between[since..step.number].fill(true);
                }
            } else if let Some(since @ None) = away.get_mut(server) {
                *since = Some(step.number);
            }
        }
    }
}

#[cfg(test)]
#[path = "disruption_tests.rs"]
mod tests;
