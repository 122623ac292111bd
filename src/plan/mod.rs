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
pub mod drift;
pub mod drift_merge;
mod explain;
mod impossible;
mod joint;
pub mod lint;
mod machine;
mod muster;
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
use crate::model::plan::{Block, FollowUp, GroupPlan, GroupVerdict, Shortest, Step};
use crate::model::snapshot::{GroupSnapshot, Standings, leaders};
use crate::model::table::{By, Statement, Transition};
use crate::model::topology::Topology;
use crate::model::words::Text;

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
        notes: notes(topology, snapshot, &standings),
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
            plan.blocked_by = blocks;
        }
        Decision::Blocked(blocks, shortest) => {
            plan.verdict = GroupVerdict::Blocked;
            plan.shortest = shortest;
            plan.blocked_by = explain::with_evidence(topology, &plan.standings, &snapshot.facts, now, blocks);
        }
    }
    plan.notes.extend(window(&plan.steps));
    plan.candidates = candidates::candidates(&plan, &snapshot.facts, now);
    plan.relies_on = relied(&plan, &snapshot.facts);
    plan.follow_ups = follow_ups(&plan);
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
    let Some(hopeful) = Problem::of(machine, topology, standings, Reading::Hopeful) else {
        return Decision::Undetermined(Vec::new());
    };
    let (moves, shortest) = match solve::solve(&hopeful, memory, joint::THOROUGH) {
        Solution::Found(moves, shortest) => (moves, shortest),
        Solution::Impossible(why) => {
            let blocks = match argument {
                Argument::Rule => vec![impossible::rule(topology, why)],
                Argument::Whole => {
                    impossible::argument(&mut Trial::of(machine, memory, topology, standings, facts, now), why)
                }
            };
            let proven = if why.is_proven() { Shortest::Proven } else { Shortest::NotProven };
            return Decision::Blocked(blocks, proven);
        }
    };
    // Where nothing is unknown, reading it otherwise changes nothing.
    if !hopeful.knows_all() {
        let doubtful = Problem { reading: Reading::Doubtful, ..hopeful.clone() };
        let is_same =
            matches!(solve::solve(&doubtful, memory, joint::THOROUGH), Solution::Found(same, _) if same == moves);
        if !is_same {
            return Decision::Undetermined(explain::undetermined(topology, standings, facts));
        }
    }
    let row = |step: &problem::Move| (hopeful.servers[step.server].clone(), machine.rows[step.row].transition);
    // What takes something back stands in the way of others' guards and of nothing that the search looks at: it comes last.
    let (back, rest): (Vec<_>, Vec<_>) =
        moves.iter().map(row).partition(|(_, row)| row.says == Some(Statement::TakenBack));
    Decision::Moves([rest, back].concat(), shortest)
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

fn notes(topology: &Topology, snapshot: &GroupSnapshot, standings: &Standings) -> Vec<Text> {
    let mut notes = Vec::new();
    notes.extend((topology.table.caveat)(&snapshot.facts));
    notes.extend(without_leader(topology));
    let unnamed: Vec<String> = (standings.iter())
        .filter(|(server, standing)| {
            topology.declared(server).is_none() && standing.role != topology.table.roles.first().map(|role| role.name)
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

/// Says that nobody is declared to lead, where that is no fault: it is meant as it stands there.
fn without_leader(topology: &Topology) -> Option<Text> {
    let role = topology.table.leading().filter(|_| topology.is_without_leader())?;
    Some(Text::new(
        format!(
            "no server is declared {role}: the group is to have none any more, what it serves is removed from every server, and nothing takes over from then on"
        ),
        format!(
            "{role} と宣言されたサーバーがない: グループが提供するものをすべてのサーバーから削除し、以後は引き継ぎも行われない"
        ),
    ))
}

/// Names the moment between the guards and the act, in which what others do is not seen: for every request but a
/// database's, which carries its conditions with it.
fn window(steps: &[Step]) -> Option<Text> {
    let ours: Vec<usize> =
        steps.iter().filter(|step| step.transition.by == By::Automatic).map(|step| step.number).collect();
    if ours.is_empty() {
        return None;
    }
    let (en, ja) = (ranges(&ours, " to "), ranges(&ours, "～"));
    let ((en, its), (ja, sono)) = match ours.len() {
        1 => ((format!("step {en}"), "its"), (ja, "その")),
        _ => ((format!("steps {en}"), "their"), (ja, "それぞれの")),
    };
    Some(Text::new(
        format!(
            "window: the guards of {} are asked right before {} requests, and what others do in between is seen at the next look, which stops the run; only a change of a database row carries its conditions in its own transaction",
            en, its
        ),
        format!(
            "確認と実行の間: ステップ {} の条件は{}要求の直前に確認する。その間のほかの操作は次の確認で検知して停止する。データベースの行の変更だけは、同じトランザクションで条件を確認する",
            ja, sono
        ),
    ))
}

/// Writes rising numbers with those that follow one another drawn together.
fn ranges(numbers: &[usize], to: &str) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let told = runs.iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}{to}{last}"),
    });
    told.collect::<Vec<_>>().join(", ")
}

/// Returns what is left for later: from the marks that the end of the plan shows.
fn follow_ups(plan: &GroupPlan) -> Vec<FollowUp> {
    let table = plan.topology.table;
    let end = plan.standings_before(usize::MAX);
    let leader = leaders(table, &end).next();
    let mut found: Vec<FollowUp> = Vec::new();
    for (server, standing) in &end {
        let was_named = plan.topology.declared(server).is_some();
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
