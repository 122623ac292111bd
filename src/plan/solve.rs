//! Finds the shortest safe sequence of moves of one group.
//!
//! First each server by itself, through the fewest group events (`walk`), put in order (`order`). Where that keeps every
//! rule and costs no more than the servers by themselves, it is a shortest sequence. Where the minima forbid it, as few
//! servers as can be are led through standings that they allow (`kept`). What is not the shortest for sure by then is searched
//! for in the whole group (`joint`), up to a bound; beyond it, what is found is not claimed to be shortest.

use crate::model::plan::Shortest;

use super::joint::{self, Effort, Joint, Least};
use super::kept::kept;
use super::machine::{Cost, Reading};
use super::order::{order, spans};
use super::problem::{Broken, Move, Problem};
use super::walk::{Ends, Layer, Memory, Question, Walk};

/// The most group events that one plan may need. A handover is one, stepping down and being promoted are two.
const EVENTS_AT_MOST: usize = 3;

/// What came of the search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Solution {
    /// A sequence, and what may be claimed of it.
    Found(Vec<Move>, Shortest),
    /// There is no safe sequence.
    Impossible(Impossible),
}

/// Why there is no safe sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Impossible {
    /// Not even without the topology's own minima.
    Rows,
    /// The minima forbid it.
    Broken(Broken),
    /// None was found within the bound, minima or not.
    NotFound,
    /// None was found within the bound.
    Bound(Broken),
}

impl Impossible {
    /// Returns whether it is certain that there is none.
    pub fn is_proven(self) -> bool {
        matches!(self, Impossible::Rows | Impossible::Broken(_))
    }
}

/// Finds the shortest safe sequence.
pub fn solve(problem: &Problem<'_>, memory: &mut Memory, effort: Effort) -> Solution {
    let Some(least) = joint::least(problem, memory) else { return Solution::Impossible(Impossible::Rows) };
    let walked = cheapest(problem, memory, least);
    let (known, broken) = match &walked {
        None => (None, None),
        Some((sequence, walks)) => match order(problem, &sequence.events, &spans(sequence.events.len(), walks)) {
            Ok(moves) => (Some(moves), None),
            Err(stuck) => (kept(problem, memory, sequence, walks, stuck), stuck.broken),
        },
    };
    let is_proven = |least: Least| known.as_ref().is_some_and(|moves| is_least(problem, moves, least));
    if is_proven(least) {
        return Solution::Found(known.unwrap_or_default(), Shortest::Proven);
    }
    let tight = problem.tightened();
    match joint::least(&tight, memory) {
        None => Solution::Impossible(Impossible::Rows),
        Some(least) if is_proven(least) => Solution::Found(known.unwrap_or_default(), Shortest::Proven),
        Some(_) => searched(&tight, memory, effort, known, broken),
    }
}

/// Searches the whole group for what is shorter than what is known, or for anything where nothing is known.
fn searched(
    problem: &Problem<'_>,
    memory: &mut Memory,
    effort: Effort,
    known: Option<Vec<Move>>,
    broken: Option<Broken>,
) -> Solution {
    match joint::search(problem, memory, effort, known.as_ref().map(|moves| cost(problem, moves))) {
        Joint::Found(moves) => Solution::Found(moves, Shortest::Proven),
        Joint::Impossible => match known {
            Some(moves) => Solution::Found(moves, Shortest::Proven),
            None => {
                Solution::Impossible(broken.map_or_else(|| without_minima(problem, memory, effort), Impossible::Broken))
            }
        },
        Joint::Bound(least) => match known.or_else(|| joint::any(problem, memory, effort)) {
            Some(moves) if cost(problem, &moves).steps <= least.steps => Solution::Found(moves, Shortest::Proven),
            Some(moves) => Solution::Found(moves, Shortest::NotProven),
            None => Solution::Impossible(broken.map_or(Impossible::NotFound, Impossible::Bound)),
        },
    }
}

/// Returns whether these moves are chosen whichever way unknown marks are read.
pub fn is_certain(problem: &Problem<'_>, memory: &mut Memory, effort: Effort, moves: &[Move]) -> bool {
    // Where nothing is unknown, reading it otherwise changes nothing.
    problem.knows_all() || {
        let doubtful = Problem { reading: Reading::Doubtful, ..problem.clone() };
        matches!(solve(&doubtful, memory, effort), Solution::Found(same, _) if same == moves)
    }
}

/// Says why there is no sequence in a group whose servers can't be walked one by one.
fn without_minima(problem: &Problem<'_>, memory: &mut Memory, effort: Effort) -> Impossible {
    let broken = match (problem.floors.first(), problem.disrupt_at_most) {
        (Some((index, _)), _) => Broken::Keep(*index),
        (None, Some(_)) => Broken::Disruption,
        (None, None) => return Impossible::Rows,
    };
    match joint::search(&problem.without_minima(), memory, effort, None) {
        Joint::Found(_) => Impossible::Broken(broken),
        Joint::Impossible => Impossible::Rows,
        Joint::Bound(_) => Impossible::Bound(broken),
    }
}

fn cost(problem: &Problem<'_>, moves: &[Move]) -> Cost {
    moves.iter().fold(Cost::default(), |sum, step| sum + problem.machine.rows[step.row].cost)
}

/// Returns whether no sequence can be shorter; where rows tie servers together, nor better among those as short.
fn is_least(problem: &Problem<'_>, moves: &[Move], least: Least) -> bool {
    let (cost, least) = (cost(problem, moves), least.kept.unwrap_or(least.alone));
    if problem.machine.ties_servers { cost <= least } else { cost.steps <= least.steps }
}

/// Finds the cheapest walks of all servers over the cheapest sequence of group events, minima left aside.
///
/// The events are the business of the server that is to lead and of those that have led. Where another that leads for
/// a while would save steps, the walks cost more than the least, and the whole group is searched.
fn cheapest(problem: &Problem<'_>, memory: &mut Memory, least: Least) -> Option<(Sequence, Vec<Walk>)> {
    let mut best: Option<(Cost, Sequence, Vec<Walk>)> = None;
    let mut sequences = vec![Sequence { events: Vec::new(), leaders: vec![problem.leader(&problem.starts)] }];
    for length in 0..=EVENTS_AT_MOST {
        for sequence in &sequences {
            if sequence.leaders.last() != Some(&problem.next_leader) {
                continue;
            }
            let found = walks(problem, memory, sequence);
            if let Some((cost, walks)) =
                found.filter(|(cost, _)| best.as_ref().is_none_or(|(known, _, _)| cost < known))
            {
                best = Some((cost, sequence.clone(), walks));
            }
        }
        if best.as_ref().is_some_and(|(cost, _, _)| cost.steps as usize <= length || *cost <= least.alone) {
            break;
        }
        sequences = sequences.iter().flat_map(|sequence| longer(problem, sequence)).collect();
    }
    best.map(|(_, sequence, walks)| (sequence, walks))
}

/// A sequence of group events, and who leads before, between and after them.
#[derive(Debug, Clone)]
pub struct Sequence {
    /// The events.
    pub events: Vec<Move>,
    /// Who leads: before each event, and after the last.
    pub leaders: Vec<Option<usize>>,
}

/// Returns the sequence with one more event: by the server that is to lead, or by one that leads or has led.
fn longer(problem: &Problem<'_>, sequence: &Sequence) -> Vec<Sequence> {
    let leader = sequence.leaders.last().copied().flatten();
    let mut actors: Vec<usize> = problem.next_leader.into_iter().collect();
    actors.extend(leader.filter(|one| Some(*one) != problem.next_leader));
    actors.extend(sequence.leaders[0].filter(|one| !actors.contains(one)));
    let events =
        actors.into_iter().flat_map(|server| (0..problem.machine.rows.len()).map(move |row| Move { server, row }));
    let usable =
        events.filter(|event| !problem.machine.rows[event.row].is_local && problem.may_use(event.server, event.row));
    let next = |event: Move| {
        let after = problem.next(&problem.machine.rows[event.row], event.server, leader)?;
        let (mut events, mut leaders) = (sequence.events.clone(), sequence.leaders.clone());
        events.push(event);
        leaders.push(after);
        Some(Sequence { events, leaders })
    };
    usable.filter_map(next).collect()
}

/// Returns what the sequence costs with every server's cheapest walk through it.
fn walks(problem: &Problem<'_>, memory: &mut Memory, sequence: &Sequence) -> Option<(Cost, Vec<Walk>)> {
    let events = sequence.events.iter().map(|event| problem.machine.rows[event.row].cost);
    let mut total = events.fold(Cost::default(), |sum, cost| sum + cost);
    // Whoever makes an event is the likeliest not to get there.
    for event in &sequence.events {
        memory.walk(problem.machine, &question(problem, sequence, event.server))?;
    }
    let mut found = Vec::with_capacity(problem.servers.len());
    for server in 0..problem.servers.len() {
        let walk = memory.walk(problem.machine, &question(problem, sequence, server))?;
        total = total + walk.cost;
        found.push(walk.clone());
    }
    Some((total, found))
}

/// Returns what a server's walk through the sequence depends on.
pub fn question(problem: &Problem<'_>, sequence: &Sequence, server: usize) -> Question {
    let layer = |(index, leader): (usize, &Option<usize>)| Layer {
        ends: Ends::Anyhow,
        another_leads: leader.is_some_and(|one| one != server),
        ends_with: sequence
            .events
            .get(index)
            .map(|event| (event.row, problem.role(&problem.machine.rows[event.row], event.server, *leader, server))),
    };
    Question {
        start: problem.starts[server],
        goal: problem.goals[server].clone(),
        layers: sequence.leaders.iter().enumerate().map(layer).collect(),
        usable: problem.usable[server],
        reading: problem.reading(server),
    }
}
