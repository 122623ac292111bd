//! A run of one or more groups: its folder, its journal, and how it is found again.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;

use jiff::Timestamp;
use thiserror::Error;

use crate::format::journal::{self as journal_file, JournalFault};
use crate::format::plan::{self as plan_file, PlanFileFault};
use crate::model::event::{Ending, Entry, Event};
use crate::model::plan::Plan;
use crate::model::table::Table;

use super::group::{GroupRun, Log, run_group};
use super::journal::Journal;
use super::side_by_side::side_by_side;
use super::state::{State, StateFault, make_folder, write_file};

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

/// Makes a new run's folder with its plan and an empty journal.
///
/// # Errors
/// Returns a [`StateFault`]; nothing of the group has been changed then.
pub fn begin(state: &State, plan: &Plan, now: Timestamp) -> Result<(String, Journal), StateFault> {
    let (text, plan_id) = plan_file::write(plan);
    let seed = format!("{plan_id} {now} {}", std::process::id());
    let id = blake3::hash(seed.as_bytes()).to_hex()[..8].to_string();
    let folder = state.run(&id);
    make_folder(&folder)?;
    write_file(&folder.join("plan.json"), text.as_bytes())?;
    let journal = Journal::begin(&folder.join("journal.jsonl"))?;
    Ok((id, journal))
}

/// Finds a run by its id, the beginning of its id, or, without one, the latest that is not finished.
///
/// # Errors
/// Returns a [`RunFault`].
pub fn find(state: &State, wanted: Option<&str>, tables: &[&'static Table]) -> Result<Run, RunFault> {
    let runs = state.runs()?;
    let Some(wanted) = wanted else { return latest(state, &runs, tables) };
    let matching: Vec<&String> = runs.iter().filter(|run| run.starts_with(wanted)).collect();
    match matching.as_slice() {
        [] => Err(RunFault::Missing(wanted.into())),
        [one] => read(state, one, tables),
        many => {
            let ids = many.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", ");
            Err(RunFault::Several(wanted.into(), ids))
        }
    }
}

fn latest(state: &State, runs: &[String], tables: &[&'static Table]) -> Result<Run, RunFault> {
    let mut found: Option<Run> = None;
    let began = |run: &Run| run.journal.entries.first().map(|entry| entry.at);
    for id in runs {
        let run = read(state, id, tables)?;
        let is_later = found.as_ref().is_none_or(|known| began(known) < began(&run));
        if !is_finished(&run.journal.entries) && is_later {
            found = Some(run);
        }
    }
    found.ok_or_else(|| RunFault::None(state.folder().display().to_string()))
}

/// Returns whether nothing is left to resume.
pub fn is_finished(entries: &[Entry]) -> bool {
    matches!(entries.last().map(|entry| &entry.event), Some(Event::RunEnded { exit_code: 0 }))
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
    Ok(Run { id: id.into(), plan, plan_id, journal })
}

/// Walks all groups, side by side, and writes how the run ended.
///
/// # Errors
/// Returns a [`StateFault`] where the journal could not be written.
pub async fn walk(groups: &[GroupRun<'_>], log: &RefCell<Log<'_>>) -> Result<Vec<Ending>, StateFault> {
    let walked = side_by_side(groups.iter().map(|group| run_group(group, log))).await;
    let endings: Vec<Ending> = walked.into_iter().collect::<Result<_, _>>()?;
    let exit_code = worst(endings.iter().map(|ending| ending.exit_code()));
    if exit_code == 130 {
        log.borrow_mut().write(Event::RunInterrupted)?;
    }
    log.borrow_mut().write(Event::RunEnded { exit_code })?;
    Ok(endings)
}

/// Returns the worst of several exit codes.
pub fn worst(codes: impl IntoIterator<Item = u8>) -> u8 {
    const WORST_FIRST: [u8; 12] = [130, 70, 1, 9, 8, 7, 3, 5, 6, 2, 4, 0];
    let rank = |code: &u8| WORST_FIRST.iter().position(|one| one == code).unwrap_or(2);
    codes.into_iter().min_by_key(rank).unwrap_or(0)
}
