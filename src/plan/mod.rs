//! From what is declared and what is there to the shortest safe sequence of steps. Pure: the same input gives the
//! same plan.
//!
//! [`plan`] is the entrance. It puts the group into numbers ([`problem`], [`machine`]), searches ([`solve`]),
//! turns the moves into steps with their guards ([`steps`]), and where there is no safe sequence makes the
//! argument ([`explain`]). [`check`] verifies a plan without any of these. [`drift`] is the same line stopped early.

pub mod ask;
pub mod back;
pub mod check;
pub mod drift;
pub mod drift_merge;
mod explain;
mod joint;
pub mod lint;
mod machine;
mod order;
mod problem;
mod sentence;
mod solve;
pub mod steps;
mod walk;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::fact::{Fact, FactKey, Facts};
use crate::model::guard::Verdict;
use crate::model::name::ServerName;
use crate::model::plan::{Block, FollowUp, GroupPlan, GroupVerdict, Shortest, Step};
use crate::model::snapshot::{GroupSnapshot, Standings, leaders};
use crate::model::table::Transition;
use crate::model::topology::Topology;
use crate::model::words::Text;

use machine::{Machine, Reading};
use problem::Problem;
use solve::Solution;
use walk::Memory;

/// Plans one group.
///
/// `now` decides which waivers hold; nothing else depends on it.
pub fn plan(topology: &Topology, snapshot: &GroupSnapshot, now: Timestamp) -> GroupPlan {
    let machine = Machine::of(topology.table);
    plan_with(&machine, &mut Memory::default(), topology, snapshot, now)
}

/// Plans several groups, remembering across them what does not depend on the group.
pub fn plan_all(groups: &[(&Topology, &GroupSnapshot)], now: Timestamp) -> Vec<GroupPlan> {
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
        plans.push(plan_with(machine, memory, topology, snapshot, now));
    }
    plans
}

fn plan_with(
    machine: &Machine,
    memory: &mut Memory,
    topology: &Topology,
    snapshot: &GroupSnapshot,
    now: Timestamp,
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
        notes: notes(topology, snapshot, &standings),
        relies_on: BTreeMap::new(),
        standings,
    };
    match decide(machine, memory, topology, &plan.standings, &snapshot.facts) {
        Decision::Moves(moves, shortest) => {
            plan.shortest = shortest;
            plan.steps = steps::steps(topology, &plan.standings, &moves);
            ask_guards(&mut plan, snapshot, now);
        }
        Decision::Undetermined(blocks) => {
            plan.verdict = GroupVerdict::Undetermined;
            plan.blocked_by = blocks;
        }
        Decision::Blocked(blocks) => {
            plan.verdict = GroupVerdict::Blocked;
            plan.blocked_by = explain::with_evidence(topology, &plan.standings, &snapshot.facts, now, blocks);
        }
    }
    plan.follow_ups = follow_ups(&plan);
    plan
}

/// What the search says, before the guards are asked.
enum Decision {
    Moves(Vec<(ServerName, &'static Transition)>, Shortest),
    Undetermined(Vec<Block>),
    Blocked(Vec<Block>),
}

fn decide(
    machine: &Machine,
    memory: &mut Memory,
    topology: &Topology,
    standings: &Standings,
    facts: &Facts,
) -> Decision {
    if let Some(decision) = explain::before_search(topology, standings, facts) {
        return decision;
    }
    let mut solved = Vec::new();
    for reading in [Reading::Doubtful, Reading::Hopeful] {
        let Some(problem) = Problem::of(machine, topology, standings, reading) else {
            return Decision::Undetermined(Vec::new());
        };
        let solution = solve::solve(&problem, memory);
        solved.push((solution, problem));
    }
    let (hopeful, doubtful) = (solved.pop(), solved.pop());
    match (hopeful, doubtful) {
        (Some((Solution::Found(moves, shortest), problem)), Some((doubtful, _))) => match doubtful {
            Solution::Found(same, _) if same == moves => {
                let row =
                    |step: &problem::Move| (problem.servers[step.server].clone(), machine.rows[step.row].transition);
                Decision::Moves(moves.iter().map(row).collect(), shortest)
            }
            _ => Decision::Undetermined(explain::undetermined(topology, standings, facts)),
        },
        (Some((Solution::Impossible(why), problem)), _) => {
            Decision::Blocked(explain::impossible(&problem, memory, topology, standings, why))
        }
        _ => Decision::Undetermined(Vec::new()),
    }
}

/// Asks every step's guards and notes which facts they read.
fn ask_guards(plan: &mut GroupPlan, snapshot: &GroupSnapshot, now: Timestamp) {
    let mut standings = plan.standings.clone();
    let topology = &plan.topology;
    for step in &mut plan.steps {
        step.guards = ask::ask(topology, step, &standings, &snapshot.facts, now);
        step.apply(&mut standings);
    }
    let read: Vec<&str> = (plan.steps.iter())
        .flat_map(|step| step.transition.guards)
        .filter_map(|name| topology.table.guard(name))
        .flat_map(|guard| guard.reads.iter().copied())
        .collect();
    let relied = snapshot.facts.0.iter().filter(|(key, _)| read.contains(&key.name.as_str()));
    plan.relies_on = relied.map(|(key, fact): (&FactKey, &Fact)| (key.clone(), fact.clone())).collect();
    // The same refusal before several steps is one reason.
    let mut blocks: Vec<Block> = Vec::new();
    for block in plan.steps.iter().flat_map(refusals) {
        if !blocks.iter().any(|one| one.rule == block.rule && one.because == block.because) {
            blocks.push(block);
        }
    }
    plan.blocked_by = blocks;
    plan.verdict = match (plan.steps.is_empty(), plan.blocked_by.is_empty()) {
        (true, _) => GroupVerdict::InSync,
        (false, true) => GroupVerdict::Ready,
        (false, false) => GroupVerdict::Blocked,
    };
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

fn notes(topology: &Topology, snapshot: &GroupSnapshot, standings: &Standings) -> Vec<Text> {
    let mut notes = Vec::new();
    notes.extend((topology.table.caveat)(&snapshot.facts));
    let named = topology.by_name();
    let unnamed: Vec<String> = (standings.iter())
        .filter(|(server, standing)| {
            !named.contains_key(server) && standing.role != topology.table.roles.first().map(|role| role.name)
        })
        .map(|(server, standing)| format!("`{server}` ({})", standing.role.unwrap_or("?")))
        .collect();
    if !unnamed.is_empty() {
        let list = unnamed.join(", ");
        notes.push(Text::new(
            format!("observed but not named, and so left alone: {list}"),
            format!("観測されたが宣言にないため、変更しない: {list}"),
        ));
    }
    notes
}

/// Returns what is left for later: from the marks that the end of the plan shows.
fn follow_ups(plan: &GroupPlan) -> Vec<FollowUp> {
    let table = plan.topology.table;
    let end = plan.standings_before(usize::MAX);
    let (named, leader) = (plan.topology.by_name(), leaders(table, &end).next());
    let mut found: Vec<FollowUp> = Vec::new();
    for (server, standing) in &end {
        let was_named = named.contains_key(server);
        for row in table.transitions {
            let Some(form) = &row.follow_up else { continue };
            let (mark, values) = form.while_mark;
            let due = standing.mark(mark).is_some_and(|value| values.contains(&value)) && standing.role.is_some();
            // Servers come one after another: what is known of this one stands at the end.
            let of_server = found.iter().rev().take_while(|one| one.server == *server);
            let known = of_server.into_iter().any(|one| one.name == form.name);
            if due && !known && was_named {
                let says = sentence::why(&plan.topology, server, leader, form.says);
                found.push(FollowUp { server: server.clone(), name: form.name, says });
            }
        }
    }
    found
}
