//! A run of one or more groups: its folder, its journal, and how it is found again.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use thiserror::Error;

use crate::format::journal::{self as journal_file, JournalFault};
use crate::format::plan::{self as plan_file, PlanFileFault};
use crate::model::event::{Ending, Entry, Event, Outcome};
use crate::model::plan::{GroupPlan, GroupVerdict, Plan};
use crate::model::table::Table;

use super::claims::{Claim, Claims, Later, claims};
use super::group::{GroupRun, run_group};
use super::journal::Journal;
use super::log::Log;
use super::next::{Next, next};
use super::side_by_side::side_by_side;
use super::state::{State, StateFault, flush_folder, make_folder, write_file};

/// A run as it stands on disk.
#[derive(Debug)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// Its plan.
    pub plan: Plan,
    /// The plan's id.
    pub plan_id: String,
    /// What its journal holds.
    pub journal: journal_file::Journal,
}

/// Why a run could not be found or read.
#[derive(Debug, Error)]
pub enum RunFault {
    /// There is no such run.
    #[error("there is no run `{0}`")]
    Missing(String),
    /// Several runs' ids begin so.
    #[error("several runs begin with `{0}`: {1}")]
    Several(String, String),
    /// There is no run at all.
    #[error("there is no run yet in `{0}`")]
    None(String),
    /// Another plan lies in the run's folder than the one that its journal tells of.
    #[error("the plan in the folder of run `{run}` is not the one that the run began with")]
    OtherPlan {
        /// The run.
        run: String,
        /// The id of the plan that it began with.
        began_with: String,
    },
    /// The journal can't be relied on.
    #[error("the journal of run `{run}` can't be relied on")]
    Journal {
        /// The run.
        run: String,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        fault: JournalFault,
    },
    /// The plan can't be relied on.
    #[error("the plan of run `{run}` can't be relied on")]
    Plan {
        /// The run.
        run: String,
        /// What is wrong.
        #[source]
        fault: Box<PlanFileFault>,
    },
    /// A file can't be read.
    #[error(transparent)]
    State(#[from] StateFault),
}

/// Who runs, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account.
    pub who: String,
    /// The machine.
    pub host: String,
}

/// Makes a new run's folder with its plan and an empty journal; returns the run's id, its plan's id and the journal.
///
/// # Errors
/// Returns a [`StateFault`]; nothing of the group has been changed then.
pub fn begin(state: &State, plan: &Plan, now: Timestamp) -> Result<(String, String, Journal), StateFault> {
    let (text, plan_id) = plan_file::write(plan);
    let seed = format!("{plan_id} {now} {}", std::process::id());
    let id = blake3::hash(seed.as_bytes()).to_hex()[..8].to_string();
    let folder = state.run(&id);
    let runs = state.runs_folder();
    make_folder(&runs)?;
    // Two runs of one id would share a plan: the second is refused.
    fs::create_dir(&folder).map_err(|cause| StateFault { act: "make", path: folder.clone(), cause })?;
    flush_folder(&runs)?;
    flush_folder(state.folder())?;
    write_file(&folder.join("plan.json"), text.as_bytes())?;
    let journal = Journal::begin(&folder.join("journal.jsonl"))?;
    Ok((id, plan_id, journal))
}

/// Finds a run by its id or the beginning of its id; an empty one, as of a variable that is not set, names none.
///
/// # Errors
/// Returns a [`RunFault`].
pub fn find(state: &State, wanted: &str, tables: &[&'static Table]) -> Result<Run, RunFault> {
    let runs = state.runs()?;
    let matching: Vec<&String> = runs.iter().filter(|run| !wanted.is_empty() && run.starts_with(wanted)).collect();
    match matching.as_slice() {
        [] => Err(RunFault::Missing(wanted.into())),
        [one] => read(state, one, tables),
        many => {
            let ids = many.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", ");
            Err(RunFault::Several(wanted.into(), ids))
        }
    }
}

/// What there is to go on with.
#[derive(Debug)]
pub struct Latest {
    /// The latest run that is not finished; none where every run is.
    pub run: Option<Run>,
    /// The runs that are not finished and that must not be gone on with, with what has taken their place.
    pub overtaken: Vec<(String, Later)>,
    /// The runs that can't be relied on, with why, so that whoever asks can say so.
    pub broken: Vec<(String, RunFault)>,
}

/// Finds the latest run that is not finished. Runs that can't be relied on are passed over, and those of which a group
/// with steps left was planned anew since.
///
/// # Errors
/// Returns a [`RunFault`] where there is no run at all, or the folder can't be read.
pub fn latest(state: &State, tables: &[&'static Table]) -> Result<Latest, RunFault> {
    let Claims { all: claims, broken } = claims(state, tables)?;
    if claims.is_empty() && broken.is_empty() {
        return Err(RunFault::None(state.folder().display().to_string()));
    }
    let mut latest = Latest { run: None, overtaken: Vec::new(), broken };
    let mut found: Option<&Claim> = None;
    for claim in claims.iter().filter(|claim| !claim.is_finished) {
        match claim.overtaken(&claims, state)?.into_iter().find(|later| later.is_open) {
            Some(later) => latest.overtaken.push((claim.run.clone(), later)),
            None if found.is_none_or(|known| known.began < claim.began) => found = Some(claim),
            None => {}
        }
    }
    latest.run = found.map(|claim| read(state, &claim.run, tables)).transpose()?;
    Ok(latest)
}

/// Returns whether nothing is left to resume: every group that could be walked was, and the run's end is noted.
pub fn is_finished(run: &Run) -> bool {
    is_over(&run.plan, &run.journal.entries)
}

/// Returns whether nothing is left to resume of a plan with this journal.
pub fn is_over(plan: &Plan, entries: &[Entry]) -> bool {
    let is_ended = matches!(entries.last().map(|entry| &entry.event), Some(Event::RunEnded { .. }));
    let mut ready = plan.groups.iter().filter(|group| group.verdict == GroupVerdict::Ready);
    is_ended && ready.all(|group| next(group, entries) == Next::Nothing)
}

/// Returns the exit code that stands for the groups of a plan in which nothing can be done.
pub fn unready(plan: &Plan) -> u8 {
    worst(plan.groups.iter().map(|group| match group.verdict {
        GroupVerdict::InSync | GroupVerdict::Ready => 0,
        GroupVerdict::Blocked => 5,
        GroupVerdict::Undetermined => 3,
    }))
}

/// Reads a run.
///
/// # Errors
/// Returns a [`RunFault`]; a journal that was altered is refused, a torn last line is left out.
pub fn read(state: &State, id: &str, tables: &[&'static Table]) -> Result<Run, RunFault> {
    let folder = state.run(id);
    let bytes = |name: &str| {
        let path = folder.join(name);
        fs::read(&path).map_err(|cause| StateFault { act: "read", path, cause })
    };
    let plan_bytes = bytes("plan.json")?;
    let name = folder.join("plan.json").display().to_string();
    let (plan, plan_id) = plan_file::read(&name, &plan_bytes, tables)
        .map_err(|fault| RunFault::Plan { run: id.into(), fault: Box::new(fault) })?;
    let path = folder.join("journal.jsonl");
    let journal = journal_file::read(&bytes("journal.jsonl")?, tables).map_err(|fault| RunFault::Journal {
        run: id.into(),
        path,
        fault,
    })?;
    match journal.entries.first().map(|entry| &entry.event) {
        Some(Event::RunStarted { plan: began_with, .. }) if *began_with != plan_id => {
            Err(RunFault::OtherPlan { run: id.into(), began_with: began_with.clone() })
        }
        _ => Ok(Run { id: id.into(), plan, plan_id, journal }),
    }
}

/// Says how this part of a run begins: as the first, or as one that goes on.
pub fn opening(run: &str, plan_id: &str, entries: &[Entry], identity: Identity) -> Event {
    let Identity { who, host } = identity;
    match entries.is_empty() {
        // New, or killed before its first line was whole.
        true => Event::RunStarted {
            run: run.into(),
            plan: plan_id.into(),
            tool: concat!("rolewalk ", env!("CARGO_PKG_VERSION")).into(),
            who,
            host,
            generations: BTreeMap::new(),
        },
        false => Event::RunResumed { who, host, generations: BTreeMap::new() },
    }
}

/// One process's part of a run: its opening, all groups side by side but those that share something, and its end. Returns the exit code, of which
/// `unready` is that of the groups in which nothing can be done.
///
/// `done` is told of the groups that are as declared, before the run's end is noted: a run that is killed meanwhile is
/// not finished, and whoever resumes it makes up for it.
///
/// # Errors
/// Returns the [`StateFault`] where the journal could not be written, and what `done` says.
pub async fn go<E: From<StateFault>>(
    groups: Vec<GroupRun<'_>>,
    log: Log<'_>,
    opening: Event,
    unready: u8,
    done: impl FnOnce(&[&GroupPlan]) -> Result<(), E>,
) -> Result<u8, E> {
    let log = RefCell::new(log);
    log.borrow_mut().write(opening)?;
    let endings = walk(&groups, &log).await?;
    let declared = groups.iter().zip(&endings).filter(|(_, ending)| **ending == Ending::Done);
    done(&declared.map(|(group, _)| group.plan).collect::<Vec<_>>())?;
    let code = worst(endings.iter().map(|ending| ending.exit_code()).chain([unready]));
    end(code, &log)?;
    Ok(code)
}

/// Walks all groups side by side, and those that share something one after another; returns their endings in their order.
async fn walk(groups: &[GroupRun<'_>], log: &RefCell<Log<'_>>) -> Result<Vec<Ending>, StateFault> {
    let mut lanes: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (at, group) in groups.iter().enumerate() {
        let shared = (group.system.shares)(&group.plan.topology.group);
        lanes.entry((group.system.table.system, shared)).or_default().push(at);
    }
    log.borrow_mut().share(lanes.len() > 1);
    let walked = side_by_side(lanes.values().map(|lane| walk_lane(groups, lane, log))).await;
    log.borrow_mut().share(false);
    let mut endings: Vec<(usize, Ending)> = Vec::with_capacity(groups.len());
    for lane in walked {
        endings.extend(lane?);
    }
    endings.sort_by_key(|(at, _)| *at);
    Ok(endings.into_iter().map(|(_, ending)| ending).collect())
}

/// Walks the groups of a lane one after another. One that stopped before it began a step goes on once others of the lane
/// have done something since: it may be what it stopped for.
async fn walk_lane(
    groups: &[GroupRun<'_>],
    lane: &[usize],
    log: &RefCell<Log<'_>>,
) -> Result<Vec<(usize, Ending)>, StateFault> {
    let mut endings: BTreeMap<usize, (Ending, usize)> = BTreeMap::new();
    loop {
        let mut has_moved = false;
        for at in lane {
            let group = &groups[*at].plan.topology.group;
            let others =
                lane.iter().filter(|other| *other != at).map(|other| groups[*other].plan.topology.group.as_str());
            let others: BTreeSet<&str> = others.collect();
            let may_go_on = match endings.get(at) {
                None => true,
                Some((Ending::Unknown | Ending::Blocked, seen)) => {
                    let log = log.borrow();
                    done_by(&others, &log) > *seen && has_not_begun(group, log.of(group))
                }
                Some(_) => false,
            };
            if may_go_on {
                has_moved = true;
                let ending = run_group(&groups[*at], log).await?;
                endings.insert(*at, (ending, done_by(&others, &log.borrow())));
            }
        }
        if !has_moved {
            return Ok(endings.into_iter().map(|(at, (ending, _))| (at, ending)).collect());
        }
    }
}

/// Counts the steps that these groups have done.
fn done_by(groups: &BTreeSet<&str>, log: &Log<'_>) -> usize {
    let entries = groups.iter().flat_map(|group| log.of(group));
    entries.filter(|entry| matches!(entry.event, Event::StepDone { .. })).count()
}

/// Returns whether a group's last step stopped before anything of it was begun.
fn has_not_begun(group: &str, entries: &[Entry]) -> bool {
    let outcome = |entry: &Entry| match &entry.event {
        Event::StepStopped { group: of, outcome, .. } if of == group => Some(*outcome),
        _ => None,
    };
    entries.iter().rev().find_map(outcome) == Some(Outcome::NotStarted)
}

/// Writes how the run ended. The last that is done of it: a run without this line is not finished.
fn end(exit_code: u8, log: &RefCell<Log<'_>>) -> Result<(), StateFault> {
    if exit_code == 130 {
        log.borrow_mut().write(Event::RunInterrupted)?;
    }
    log.borrow_mut().write(Event::RunEnded { exit_code })
}

/// Returns the worst of several exit codes.
pub fn worst(codes: impl IntoIterator<Item = u8>) -> u8 {
    const WORST_FIRST: [u8; 12] = [70, 130, 1, 9, 8, 7, 3, 5, 6, 2, 4, 0];
    let rank = |code: &u8| WORST_FIRST.iter().position(|one| one == code).unwrap_or(2);
    codes.into_iter().min_by_key(rank).unwrap_or(0)
}

#[cfg(test)]
#[path = "runs_tests.rs"]
mod tests;
