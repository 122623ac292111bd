//! Which run of a group has the last word: the one that was planned last. Whoever planned a group anew, by `apply` or by
//! `undo`, has done so with what was there then; an earlier run must not go on over it.
//!
//! Runs are told apart by the generation that each part of them took, not by clocks; by when they began only where a
//! journal of an earlier version has none.

use std::fs;

use jiff::Timestamp;

use crate::model::event::{Entry, Event};
use crate::model::plan::{GroupPlan, GroupVerdict};
use crate::model::table::Table;

use super::generation::{self, InSync};
use super::next::{Next, next};
use super::runs::{self, Run, RunFault};
use super::state::{State, StateFault};

/// What a run has planned, and what of it is left to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The run's id.
    pub run: String,
    /// Whether nothing is left to resume.
    pub is_finished: bool,
    /// When it began; none where nothing of it was written.
    pub began: Option<Timestamp>,
    groups: Vec<Claimed>,
    /// When it began, or its folder was made.
    since: Timestamp,
}

/// One group of a run's plan that was ready or in sync.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Claimed {
    group: String,
    system: &'static str,
    /// The latest number that the run took of it.
    number: Option<u64>,
    is_ready: bool,
    /// Whether a step of it is left.
    is_open: bool,
}

/// Somebody has planned a group anew since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    /// The group.
    pub group: String,
    /// Whether the earlier run has steps of it left.
    pub is_open: bool,
    /// The later run, and whether it is finished; none where the group was found as declared.
    pub run: Option<(String, bool)>,
}

impl Claim {
    /// Returns what a run claims.
    pub fn of(state: &State, run: &Run) -> Claim {
        let entries = &run.journal.entries;
        let began = entries.first().map(|entry| entry.at);
        let made = || fs::metadata(state.run(&run.id).join("plan.json")).and_then(|meta| meta.modified()).ok();
        let since = began.or_else(|| made().and_then(|made| Timestamp::try_from(made).ok()));
        let groups = run.plan.groups.iter().filter(|group| is_planned(group)).map(|group| Claimed {
            group: group.topology.group.clone(),
            system: group.topology.table.system,
            number: number(entries, group),
            is_ready: group.verdict == GroupVerdict::Ready,
            is_open: next(group, entries) != Next::Nothing,
        });
        Claim {
            run: run.id.clone(),
            is_finished: runs::is_finished(run),
            began,
            groups: groups.collect(),
            since: since.unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }

    /// Returns the groups that somebody else planned anew after this run had taken them last.
    ///
    /// # Errors
    /// Returns a [`StateFault`] where a group's generation can't be read.
    pub fn overtaken(&self, all: &[Claim], state: &State) -> Result<Vec<Later>, StateFault> {
        let mut overtaken = Vec::new();
        for mine in self.groups.iter().filter(|mine| mine.is_ready) {
            let others = all.iter().filter(|other| other.run != self.run);
            let same = |theirs: &&Claimed| theirs.is_same(mine);
            let theirs = others.filter_map(|other| Some((other, other.groups.iter().find(same)?)));
            let later = theirs.filter(|(other, theirs)| self.is_before(mine, theirs.number, other.since));
            let last = later.max_by_key(|(other, theirs)| (theirs.number, other.since));
            let in_sync = generation::latest(state, mine.system, &mine.group)?.and_then(|latest| latest.in_sync);
            let is_in_sync = |one: &InSync| self.is_before(mine, Some(one.number), one.at);
            let run = match (last, in_sync.filter(is_in_sync)) {
                (None, None) => continue,
                (Some((_, theirs)), Some(in_sync)) if theirs.number < Some(in_sync.number) => None,
                (None, Some(_)) => None,
                (Some((other, _)), _) => Some((other.run.clone(), other.is_finished)),
            };
            overtaken.push(Later { group: mine.group.clone(), is_open: mine.is_open, run });
        }
        Ok(overtaken)
    }

    /// Returns whether the run took the group before somebody else did, with that number and at that time.
    fn is_before(&self, mine: &Claimed, number: Option<u64>, at: Timestamp) -> bool {
        match (mine.number, number) {
            (Some(mine), Some(theirs)) => mine < theirs,
            _ => self.since < at,
        }
    }
}

impl Claimed {
    /// Groups are told apart as their locks are: names that differ in case alone are one.
    fn is_same(&self, other: &Claimed) -> bool {
        self.system == other.system && self.group.to_lowercase() == other.group.to_lowercase()
    }
}

fn is_planned(group: &GroupPlan) -> bool {
    matches!(group.verdict, GroupVerdict::Ready | GroupVerdict::InSync)
}

/// Returns the number that a run took of a group: the latest, where it walks it; where the group was in sync, the one with
/// which it was planned, for whoever goes on with the run looks at the others alone.
fn number(entries: &[Entry], group: &GroupPlan) -> Option<u64> {
    let is_walked = group.verdict == GroupVerdict::Ready;
    let of = |entry: &Entry| match &entry.event {
        Event::RunStarted { generations, .. } => generations.get(&group.topology.group).copied(),
        Event::RunResumed { generations, .. } if is_walked => generations.get(&group.topology.group).copied(),
        _ => None,
    };
    entries.iter().filter_map(of).max()
}

/// What all runs of a state folder claim.
#[derive(Debug, Default)]
pub struct Claims {
    /// Of each run, in no particular order.
    pub all: Vec<Claim>,
    /// The runs that can't be relied on, with why.
    pub broken: Vec<(String, RunFault)>,
}

/// Returns what all runs of a state folder claim.
///
/// # Errors
/// Returns a [`StateFault`] where the folder can't be read.
pub fn claims(state: &State, tables: &[&'static Table]) -> Result<Claims, StateFault> {
    let mut claims = Claims::default();
    for id in state.runs()? {
        match runs::read(state, &id, tables) {
            Ok(run) => claims.all.push(Claim::of(state, &run)),
            Err(fault) => claims.broken.push((id, fault)),
        }
    }
    Ok(claims)
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
