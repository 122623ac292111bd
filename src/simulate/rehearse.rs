//! The crash matrix of a plan: on a practice copy of what was observed, the run crashes before, inside and after each
//! step in turn; what is there then, and what `resume` does.

use jiff::Timestamp;

use crate::model::event::{Ending, Entry, Event};
use crate::model::name::ServerName;
use crate::model::plan::{GroupPlan, Plan};
pub use crate::model::rehearsal::{Crash, Place, Rehearsal, Resume, told};
use crate::model::snapshot::{GroupSnapshot, Standing, Standings};
use crate::model::topology::Topology;
use crate::run::clock::Clock;
use crate::run::observe::site_of;

use super::ground::{self, Ground};
use super::one::{Part, entries, process};
use super::play::{Group, Play};
use super::plot::Cue;
use super::random::Random;
use super::stage::Shared;

/// Why a plan can't be rehearsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RehearsalFault {
    /// Its system has no practice farm.
    #[error("there is no practice farm for `{0}`")]
    NoFarm(String),
    /// No farm can be as the group was observed.
    #[error("no practice farm can be as `{group}` was observed: {why}")]
    NoCopy {
        /// The group.
        group: String,
        /// What no farm can be.
        why: String,
    },
}

/// Rehearses one group's plan as if it began at `now`. Maintenance windows are left out: nothing is rehearsed of a run that
/// may not begin, and when one does begin is for people to choose.
///
/// # Errors
/// Returns a [`RehearsalFault`].
pub fn rehearse(plan: &GroupPlan, now: Timestamp) -> Result<Rehearsal, RehearsalFault> {
    let topology = Topology { maintenance: Vec::new(), ..plan.topology.clone() };
    let plan = &GroupPlan { topology, ..plan.clone() };
    let system = plan.topology.table.system;
    let ground = ground::find(system).ok_or_else(|| RehearsalFault::NoFarm(system.into()))?;
    let whole = stage(ground, plan, now, None)?;
    let mut processes = 0;
    let all = Plan { groups: vec![plan.clone()] };
    process(&whole, &all, &mut processes);
    let told = entries(&whole);
    let requests: Vec<usize> = plan.steps.iter().map(|step| asked(&told, step.number)).collect();
    let mut crashes = Vec::new();
    for (step, requests) in plan.steps.iter().zip(&requests).filter(|(_, requests)| **requests > 0) {
        let inside = (1..=*requests).map(|carried_out| Place::Inside { carried_out });
        for place in [Place::Before].into_iter().chain(inside).chain([Place::After]) {
            crashes.extend(crash(ground, (plan, &all), now, step.number, place)?);
        }
    }
    Ok(Rehearsal { ending: ending(&told), requests, crashes })
}

/// Crashes once, and resumes; none where the run does not come so far.
fn crash(
    ground: &'static Ground,
    (plan, all): (&GroupPlan, &Plan),
    now: Timestamp,
    step: usize,
    place: Place,
) -> Result<Option<Crash>, RehearsalFault> {
    let shared = stage(ground, plan, now, Some(Cue { step, place }))?;
    let mut processes = 0;
    if !matches!(process(&shared, all, &mut processes), Part::Crashed) {
        return Ok(None);
    }
    let truth = shared.hand().truth(0);
    let known = entries(&shared).len();
    process(&shared, all, &mut processes);
    let told = entries(&shared);
    let is_done =
        |entry: &Entry| matches!(&entry.event, Event::StepDone { step: of, already: true, .. } if *of == step);
    let later = &told[known.min(told.len())..];
    let resume = match (later.iter().any(is_done), asked(later, step)) {
        (true, _) => Resume::NotesDone,
        (false, 0) => Resume::Stops,
        (false, requests) => Resume::Asks { requests },
    };
    let is_reached = crate::run::foreseen::is_reached(&plan.steps[step - 1], &truth);
    let seen = otherwise(&plan.standings_before(step), &truth);
    Ok(Some(Crash { step, place, seen, is_reached, resume, ending: ending(later) }))
}

/// Makes a farm that is as the plan saw the group.
fn stage(
    ground: &'static Ground,
    plan: &GroupPlan,
    now: Timestamp,
    cue: Option<Cue>,
) -> Result<Shared, RehearsalFault> {
    let group = plan.topology.group.clone();
    let mut seen = GroupSnapshot {
        group: group.clone(),
        system: plan.topology.table.system.into(),
        servers: plan.standings.clone(),
        ..GroupSnapshot::default()
    };
    seen.facts.0 = plan.relies_on.clone();
    let farm = (ground.copy)(&seen).map_err(|why| RehearsalFault::NoCopy { group: group.clone(), why })?;
    let mut play = Play::new(Random::of(0), farm, ground);
    play.time.set(now.duration_since(play.time.now()));
    let site = site_of(plan, &(ground.site)(&plan.topology));
    play.groups.push(Group { plan: plan.clone(), site, acts: Vec::new(), begun: Default::default() });
    play.cue = cue;
    if let Some((server, was, is)) = otherwise(&plan.standings, &play.truth(0)).into_iter().next() {
        let why = format!("{server} was {}, and the copy's is {}", told(&was), told(&is));
        return Err(RehearsalFault::NoCopy { group, why });
    }
    Ok(Shared::new(play))
}

/// Returns the servers whose role or known marks are otherwise.
fn otherwise(was: &Standings, is: &GroupSnapshot) -> Vec<(ServerName, Standing, Standing)> {
    let nothing = Standing::default();
    let differs = |(server, was): (&ServerName, &Standing)| {
        let is = is.servers.get(server).unwrap_or(&nothing);
        let mark_differs = |(mark, value): (&&'static str, &&'static str)| is.mark(mark) != Some(value);
        let is_other = (was.role.is_some() && was.role != is.role) || was.marks.iter().any(mark_differs);
        is_other.then(|| (server.clone(), was.clone(), is.clone()))
    };
    was.iter().filter_map(differs).collect()
}

/// Returns how many requests were asked of the world for a step.
fn asked(entries: &[Entry], step: usize) -> usize {
    let begun = entries.iter().rev().find_map(|entry| match &entry.event {
        Event::StepStarted { step: of, requests, .. } if *of == step => Some(requests.len()),
        _ => None,
    });
    begun.unwrap_or(0)
}

fn ending(entries: &[Entry]) -> Option<Ending> {
    entries.iter().rev().find_map(|entry| match &entry.event {
        Event::GroupEnded { ending, .. } => Some(*ending),
        _ => None,
    })
}
