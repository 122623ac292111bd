//! Whether a request that a run gave up a moment ago may still be carried out: read off the journals of the state folder, and
//! only off those that were written lately. A new run waits for it before it looks, as one does that goes on.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::model::event::Entry;
use crate::model::plan::GroupPlan;
use crate::model::table::Table;
use crate::model::topology::Topology;

use super::next::{Begun, Next, may_land, next};
use super::runs::{self, RunFault};
use super::settling::is_recent;
use super::state::{State, StateFault};

/// A step whose last request had no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing {
    /// The run.
    pub run: String,
    /// The group.
    pub group: String,
    /// The step's number.
    pub step: usize,
    /// How long its request may still be carried out.
    pub left: Duration,
}

/// Returns what may still be carried out in these groups, each with how long that takes at most
/// ([`crate::world::World::lands_within`]); and the runs that could not be read.
///
/// # Errors
/// Returns a [`StateFault`] where the folder is there and can't be read.
pub fn landing(
    state: &State,
    groups: &[(&Topology, Duration)],
    tables: &[&'static Table],
    now: Timestamp,
) -> Result<(Vec<Landing>, Vec<RunFault>), StateFault> {
    let (mut landing, mut broken) = (Vec::new(), Vec::new());
    let Some(longest) = groups.iter().map(|(_, within)| *within).max().filter(|longest| !longest.is_zero()) else {
        return Ok((landing, broken));
    };
    for id in state.runs()?.iter().filter(|id| is_recent(state, id, longest * 2)) {
        let run = match runs::read(state, id, tables) {
            Ok(run) => run,
            Err(fault) => {
                broken.push(fault);
                continue;
            }
        };
        for (topology, within) in groups {
            let is_of =
                |plan: &&GroupPlan| plan.topology.group == topology.group && plan.topology.table == topology.table;
            let Some(plan) = run.plan.groups.iter().find(is_of) else { continue };
            if let Some((step, left)) = lands(plan, &run.journal.entries, *within, now) {
                landing.push(Landing { run: id.clone(), group: topology.group.clone(), step, left });
            }
        }
    }
    Ok((landing, broken))
}

/// Returns the step and how long it is waited for. Whoever wrote the journal's last line may have waited as long for an
/// answer as it takes at most, and given it up only then; a clock that stepped back makes nobody wait longer than once.
fn lands(plan: &GroupPlan, entries: &[Entry], within: Duration, now: Timestamp) -> Option<(usize, Duration)> {
    let Next::Step { step, begun: Begun::Yes | Begun::InDoubt } = next(plan, entries) else { return None };
    if !may_land(&plan.topology.group, step.number, entries) {
        return None;
    }
    let until = entries.last()?.at.checked_add(SignedDuration::try_from(within * 2).ok()?).ok()?;
    let left = Duration::try_from(until.duration_since(now)).unwrap_or_default().min(within);
    (!left.is_zero()).then_some((step.number, left))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::sample;
    use crate::model::event::{Event, Outcome};
    use crate::model::request::NO_ANSWER;
    use crate::model::words::Text;
    use crate::run::runs::{Identity, begin, opening};

    const WITHIN: Duration = Duration::from_secs(600);

    /// The journal of a run whose first step was begun at minute 1, and what was answered to it.
    fn begun(state: &State, reply: Option<&str>) -> Topology {
        let plan = sample::plan();
        let (run, id, mut journal) = begin(state, &plan, sample::at(0)).unwrap();
        let (group, step) = (plan.groups[0].topology.group.clone(), &plan.groups[0].steps[0]);
        let identity = Identity { who: "admin".into(), host: "desk".into() };
        journal.write(sample::at(0), opening(&run, &id, &[], identity)).unwrap();
        let (transition, server) = (step.transition.name.into(), step.server.clone());
        let started = Event::StepStarted { group: group.clone(), step: 1, transition, server, requests: Vec::new() };
        journal.write(sample::at(1), started).unwrap();
        if let Some(reply) = reply {
            let request = String::new();
            journal.write(sample::at(1), Event::Answered { group, step: 1, request, reply: reply.into() }).unwrap();
        }
        plan.groups[0].topology.clone()
    }

    fn waits(reply: Option<&str>, minute: i64) -> Option<Duration> {
        let folder = tempfile::tempdir().unwrap();
        let state = State::at(folder.path());
        let topology = begun(&state, reply);
        let (found, broken) = landing(&state, &[(&topology, WITHIN)], &sample::tables(), sample::at(minute)).unwrap();
        assert!(broken.is_empty());
        assert!(found.iter().all(|one| (one.group.as_str(), one.step) == (topology.group.as_str(), 1)));
        found.first().map(|one| one.left)
    }

    #[test]
    fn a_new_run_waits_for_what_had_no_answer_a_moment_ago_and_for_nothing_else() {
        let lost = format!("{NO_ANSWER}the connection was lost");
        assert_eq!(waits(Some(&lost), 2), Some(WITHIN));
        assert_eq!(waits(None, 2), Some(WITHIN), "it was killed before any answer");
        assert_eq!(waits(Some(&lost), -30), Some(WITHIN), "the clock was set back");
        assert_eq!(waits(Some(&lost), 20), Some(Duration::from_secs(60)));
        assert_eq!(waits(Some(&lost), 21), None);
        let folder = tempfile::tempdir().unwrap();
        let state = State::at(folder.path());
        let topology = begun(&state, Some(&lost));
        let ask = |group: &Topology, within| landing(&state, &[(group, within)], &sample::tables(), sample::at(2));
        assert!(ask(&topology, Duration::ZERO).unwrap().0.is_empty(), "nothing lands late there");
        let other = Topology { group: "Other".into(), ..topology };
        assert!(ask(&other, WITHIN).unwrap().0.is_empty());
    }

    #[test]
    fn nobody_waits_for_what_surely_changed_nothing() {
        let plan = sample::plan();
        let entry = |event| Entry { number: 1, at: sample::at(1), event };
        let group = || plan.groups[0].topology.group.clone();
        let (transition, server) = ("drain".into(), plan.groups[0].steps[0].server.clone());
        let stopped = Event::StepStopped {
            group: group(),
            step: 1,
            outcome: Outcome::FailedUnchanged,
            cause: Text::new("refused", "拒否"),
            otherwise: Vec::new(),
        };
        let started = Event::StepStarted { group: group(), step: 1, transition, server, requests: Vec::new() };
        let entries = [entry(started), entry(stopped)];
        assert_eq!(lands(&plan.groups[0], &entries[..1], WITHIN, sample::at(2)), Some((1, WITHIN)));
        assert_eq!(lands(&plan.groups[0], &entries, WITHIN, sample::at(2)), None);
    }
}
