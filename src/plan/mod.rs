//! From what is declared and what is there to the shortest safe sequence of steps. Pure: the same input gives the
//! same plan.
//!
//! [`plan`] is the entrance. It puts the group into numbers ([`problem`], [`machine`]), searches ([`solve`]),
//! turns the moves into steps with their guards ([`steps`]), and where there is no safe sequence makes the
//! argument ([`explain`], [`impossible`]). [`check`] verifies a plan without any of these. [`drift`] is the same line stopped early.

pub mod ask;
pub mod back;
mod candidates;
pub mod check;
mod crowd;
mod demand;
pub mod disruption;
pub mod drift;
pub mod drift_merge;
mod explain;
mod impossible;
mod joint;
mod kept;
pub mod lint;
mod machine;
mod muster;
mod notes;
mod order;
mod problem;
mod relax;
mod sentence;
mod solve;
pub mod steps;
mod trial;
mod waiver;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::fact::{Fact, FactKey, Facts};
use crate::model::guard::Verdict;
use crate::model::moment::Moment;
use crate::model::name::ServerName;
use crate::model::plan::{Block, GroupPlan, GroupVerdict, Shortest, Step};
use crate::model::snapshot::{GroupSnapshot, Standings};
use crate::model::table::Transition;
use crate::model::topology::Topology;

use machine::{Machine, Reading};
use problem::Problem;
use solve::Solution;
use trial::Trial;
use walk::Memory;

/// Plans one group.
///
/// `now` decides which waivers hold; nothing else depends on it.
pub fn plan(topology: &Topology, snapshot: &GroupSnapshot, now: Timestamp) -> GroupPlan {
    let machine = Machine::of(topology.table);
    plan_with(&machine, &mut Memory::default(), topology, snapshot, now, Argument::Whole)
}

/// Plans several groups, remembering across them what does not depend on the group.
pub fn plan_all(groups: &[(&Topology, &GroupSnapshot)], now: Timestamp) -> Vec<GroupPlan> {
    plan_each(groups, now, Argument::Whole)
}

/// Plans several groups for those who ask only whether and how: as [`plan_all`], but where there is no safe sequence
/// nothing is looked for that would help, and only the rule is named.
pub fn outline_all(groups: &[(&Topology, &GroupSnapshot)], now: Timestamp) -> Vec<GroupPlan> {
    plan_each(groups, now, Argument::Rule)
}

/// How much of an argument is made where there is no safe sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Argument {
    /// The rule that can't be kept.
    Rule,
    /// That, what else stands in the way, and what would help.
    Whole,
}

fn plan_each(groups: &[(&Topology, &GroupSnapshot)], now: Timestamp, argument: Argument) -> Vec<GroupPlan> {
    let mut known: Vec<(&'static str, Machine, Memory)> = Vec::new();
    let mut plans = Vec::with_capacity(groups.len());
    for (topology, snapshot) in groups {
        let at = match known.iter().position(|(system, ..)| *system == topology.table.system) {
            Some(at) => at,
            None => {
                known.push((topology.table.system, Machine::of(topology.table), Memory::default()));
                known.len() - 1
            }
        };
        let (_, machine, memory) = &mut known[at];
        plans.push(plan_with(machine, memory, topology, snapshot, now, argument));
    }
    plans
}

fn plan_with(
    machine: &Machine,
    memory: &mut Memory,
    topology: &Topology,
    snapshot: &GroupSnapshot,
    now: Timestamp,
    argument: Argument,
) -> GroupPlan {
    let mut standings = snapshot.servers.clone();
    for declared in &topology.servers {
        standings.entry(declared.server.clone()).or_default();
    }
    let mut plan = GroupPlan {
        topology: topology.clone(),
        verdict: GroupVerdict::InSync,
        shortest: Shortest::Proven,
        steps: Vec::new(),
        blocked_by: Vec::new(),
        follow_ups: Vec::new(),
        notes: Vec::new(),
        candidates: Vec::new(),
        relies_on: BTreeMap::new(),
        standings,
    };
    match decide(machine, memory, topology, &plan.standings, (&snapshot.facts, now), argument) {
        Decision::Moves(moves, shortest) => {
            plan.shortest = shortest;
            plan.steps = steps::steps(topology, &plan.standings, &moves);
            ask_guards(&mut plan, snapshot, now);
            // Planned again with the waivers: a hint that does not work is none.
            if let Some((relaxed, hint)) = waiver::relaxation(&plan, now)
                && plan_with(machine, memory, &relaxed, snapshot, now, Argument::Rule).verdict == GroupVerdict::Ready
            {
                plan.blocked_by.iter_mut().for_each(|block| block.hint = Some(hint.clone()));
            }
        }
        Decision::Undetermined(blocks) => {
            plan.verdict = GroupVerdict::Undetermined;
            // Nothing is claimed of a sequence that was not chosen.
            plan.shortest = Shortest::NotProven;
            plan.blocked_by = blocks;
        }
        Decision::Blocked(blocks, shortest) => {
            plan.verdict = GroupVerdict::Blocked;
            plan.shortest = shortest;
            plan.blocked_by = explain::with_evidence(topology, &plan.standings, &snapshot.facts, now, blocks);
        }
    }
    plan.notes = (topology.table.caveat)(&snapshot.facts).into_iter().chain(notes::notes(&plan)).collect();
    plan.candidates = candidates::candidates(&plan, &snapshot.facts, now);
    plan.relies_on = relied(&plan, &snapshot.facts);
    plan.follow_ups = notes::follow_ups(&plan);
    plan
}

/// What the search says, before the guards are asked.
enum Decision {
    Moves(Vec<(ServerName, &'static Transition)>, Shortest),
    Undetermined(Vec<Block>),
    /// And whether it is proven that there is no safe sequence.
    Blocked(Vec<Block>, Shortest),
}

fn decide(
    machine: &Machine,
    memory: &mut Memory,
    topology: &Topology,
    standings: &Standings,
    (facts, now): (&Facts, Timestamp),
    argument: Argument,
) -> Decision {
    if let Some(decision) = explain::before_search(topology, standings, facts) {
        return decision;
    }
    // What roles there are is known from here on: the one thing that is left to lack is a leader that is declared.
    let Some(hopeful) = Problem::of(machine, topology, standings, Reading::Hopeful) else {
        return Decision::Blocked(vec![explain::nobody_to_lead(topology)], Shortest::Proven);
    };
    match solve::solve(&hopeful, memory, joint::THOROUGH) {
        Solution::Found(moves, shortest) => match solve::is_certain(&hopeful, memory, joint::THOROUGH, &moves) {
            true => Decision::Moves(hopeful.walk_of(&moves), shortest),
            false => Decision::Undetermined(explain::undetermined(topology, standings, facts)),
        },
        Solution::Impossible(why) => {
            let blocks = match argument {
                Argument::Rule => vec![impossible::rule(topology, why)],
                Argument::Whole => {
                    impossible::argument(&mut Trial::of(machine, memory, topology, standings, facts, now), why)
                }
            };
            let proven = if why.is_proven() { Shortest::Proven } else { Shortest::NotProven };
            Decision::Blocked(blocks, proven)
        }
    }
}

/// Asks every step's guards.
fn ask_guards(plan: &mut GroupPlan, snapshot: &GroupSnapshot, now: Timestamp) {
    let topology = &plan.topology;
    let mut moment = Moment::of(topology, &snapshot.facts, plan.standings.clone());
    for step in &mut plan.steps {
        step.guards = ask::ask_at(&mut moment, step, now);
        moment.take(step);
    }
    // The same refusal before several steps is one reason.
    let mut told = BTreeSet::new();
    let is_new = |block: &Block| told.insert((block.rule.clone(), block.because.clone()));
    plan.blocked_by = plan.steps.iter().flat_map(refusals).filter(is_new).collect();
    plan.verdict = match (plan.steps.is_empty(), plan.blocked_by.is_empty()) {
        (true, _) => GroupVerdict::InSync,
        (false, true) => GroupVerdict::Ready,
        (false, false) => GroupVerdict::Blocked,
    };
}

/// Returns the facts that the guards of the steps and of the candidates read.
fn relied(plan: &GroupPlan, facts: &Facts) -> BTreeMap<FactKey, Fact> {
    let table = plan.topology.table;
    let of_lead = candidates::guards(table).filter(|_| !plan.candidates.is_empty());
    let asked = plan.steps.iter().flat_map(|step| step.transition.guards.iter().copied()).chain(of_lead);
    let read: BTreeSet<&str> =
        asked.filter_map(|name| table.guard(name)).flat_map(|guard| guard.reads.iter().copied()).collect();
    let relied = facts.0.iter().filter(|(key, _)| read.contains(key.name.as_str()));
    relied.map(|(key, fact)| (key.clone(), fact.clone())).collect()
}

fn refusals(step: &Step) -> Vec<Block> {
    let refused = step.guards.iter().filter(|guard| guard.answer.verdict == Verdict::No && guard.waived.is_none());
    let block = |guard: &crate::model::guard::GuardAnswer| Block {
        step: Some(step.number),
        server: Some(step.server.clone()),
        rule: guard.name.into(),
        because: guard.answer.because.clone(),
        hint: None,
    };
    refused.map(block).collect()
}
