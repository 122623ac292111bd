//! Which servers may still be moving, because a run did a step to them a moment ago: read off the journals of the state
//! folder, and only off those that were written lately.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};

use crate::model::event::Event;
use crate::model::name::ServerName;
use crate::model::table::Table;
use crate::model::topology::Topology;

use super::runs::{self, Run, RunFault};
use super::state::{State, StateFault};

/// Until when servers may still be moving, by system, group and server.
pub type Settling = BTreeMap<(String, String), BTreeMap<ServerName, Timestamp>>;

/// Returns which servers of these topologies may still be moving at `now`, and the runs that could not be read.
///
/// Only where a topology declares `settling`: every step was seen to be done, so nothing has to move any more.
///
/// # Errors
/// Returns a [`StateFault`] where the folder is there and can't be read.
pub fn settling(
    state: &State,
    topologies: &[Topology],
    tables: &[&'static Table],
    now: Timestamp,
) -> Result<(Settling, Vec<RunFault>), StateFault> {
    let (mut settling, mut broken) = (Settling::new(), Vec::new());
    let longest = topologies.iter().filter_map(|one| one.settling).max();
    let Some(longest) = longest.filter(|span| !span.is_zero()) else { return Ok((settling, broken)) };
    for id in state.runs()?.iter().filter(|id| is_recent(state, id, longest)) {
        match runs::read(state, id, tables) {
            Ok(run) => note(&mut settling, &run, topologies, now),
            Err(fault) => broken.push(fault),
        }
    }
    Ok((settling, broken))
}

/// Returns whether a run's journal was written within the longest time that matters; where that can't be told, it is read.
pub(super) fn is_recent(state: &State, id: &str, longest: Duration) -> bool {
    let written = fs::metadata(state.run(id).join("journal.jsonl")).and_then(|meta| meta.modified());
    let age = written.ok().and_then(|at| SystemTime::now().duration_since(at).ok());
    age.is_none_or(|age| age <= longest)
}

fn note(settling: &mut Settling, run: &Run, topologies: &[Topology], now: Timestamp) {
    for entry in &run.journal.entries {
        let Event::StepDone { group, step, already: false, .. } = &entry.event else { continue };
        let Some(plan) = run.plan.groups.iter().find(|one| one.topology.group == *group) else { continue };
        let Some(step) = plan.steps.iter().find(|one| one.number == *step) else { continue };
        let declared = topologies.iter().find(|one| one.group == *group && one.table == plan.topology.table);
        let Some((declared, span)) = declared.and_then(|one| Some((one, one.settling?))) else { continue };
        let Ok(until) = SignedDuration::try_from(span).and_then(|span| entry.at.checked_add(span)) else { continue };
        if until <= now {
            continue;
        }
        let servers = settling.entry((declared.table.system.into(), group.clone())).or_default();
        for server in step.touches() {
            let known = servers.entry(server.clone()).or_insert(until);
            *known = until.max(*known);
        }
    }
}

#[cfg(test)]
#[path = "settling_tests.rs"]
mod tests;
