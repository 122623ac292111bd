//! Finds the shortest safe sequence of moves of one group.
//!
//! First each server by itself, through the fewest group events (`walk`), put in order (`order`): where that
//! order keeps every rule, it is a shortest sequence, because no server could do with less. Where `keep` or
//! `disrupt_at_most` forbid it, the whole group is searched exactly (`joint`) up to a bound; beyond the bound
//! servers are led through the standings that are counted, and the result is not claimed to be shortest.

use crate::model::plan::Shortest;

use super::joint::{self, Joint};
use super::machine::Cost;
use super::order::order;
use super::problem::{Broken, Move, Problem};
use super::walk::{Goal, Layer, Memory, Question, Walk};

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

/// Finds the shortest safe sequence.
pub fn solve(problem: &Problem<'_>, memory: &mut Memory) -> Solution {
    let Some((events, walks)) = cheapest(problem, memory) else {
        return if problem.machine.ties_servers {
            search_all(problem, memory)
        } else {
            Solution::Impossible(Impossible::Rows)
        };
    };
    let broken = match order(problem, &events, &walks) {
        Ok(moves) if problem.machine.ties_servers => return shorter(problem, memory, moves),
        Ok(moves) => return Solution::Found(moves, Shortest::Proven),
        Err(broken) => broken,
    };
    match joint::search(problem, memory, joint::BOUND) {
        Joint::Found(moves) => Solution::Found(moves, Shortest::Proven),
        Joint::Impossible => Solution::Impossible(Impossible::Broken(broken)),
        Joint::Bound => match counted(problem, memory, broken) {
            Some(moves) => Solution::Found(moves, Shortest::NotProven),
            None => Solution::Impossible(Impossible::Bound(broken)),
        },
    }
}

/// Searches the whole group, where rows of servers that don't lead tie the servers together.
fn search_all(problem: &Problem<'_>, memory: &mut Memory) -> Solution {
    match joint::search(problem, memory, joint::BOUND) {
        Joint::Found(moves) => Solution::Found(moves, Shortest::Proven),
        Joint::Bound => Solution::Impossible(Impossible::NotFound),
        Joint::Impossible => {
            match (problem.floors.first(), joint::search(&problem.without_minima(), memory, joint::BOUND)) {
                (Some((index, _)), Joint::Found(_)) => Solution::Impossible(Impossible::Broken(Broken::Keep(*index))),
                (None, Joint::Found(_)) => Solution::Impossible(Impossible::Broken(Broken::Disruption)),
                _ => Solution::Impossible(Impossible::Rows),
            }
        }
    }
}

/// Looks for a shorter sequence than `known` in the whole group; beyond the bound `known` is as good as any.
fn shorter(problem: &Problem<'_>, memory: &mut Memory, known: Vec<Move>) -> Solution {
    match joint::search(problem, memory, joint::BOUND) {
        Joint::Found(moves) => Solution::Found(moves, Shortest::Proven),
        Joint::Impossible | Joint::Bound => Solution::Found(known, Shortest::NotProven),
    }
}

/// Finds the cheapest walks of all servers over the cheapest sequence of group events, minima left aside.
///
/// Usually the events are the business of the server that is to lead and of those that have led. Where each server by
/// itself could do with less, another may lead for a while: in a group without a leader, to let the leader leave its
/// rung and come back, or because its taking over mends what else would take steps.
fn cheapest(problem: &Problem<'_>, memory: &mut Memory) -> Option<(Vec<Move>, Vec<Walk>)> {
    let least = joint::least(problem, memory)?;
    let found = cheapest_among(problem, memory, &[]);
    let steps = |walks: &[Walk]| walks.iter().map(|walk| walk.cost.steps).sum::<u32>();
    let is_least = found.as_ref().is_some_and(|(events, walks)| events.len() as u32 + steps(walks) <= least.steps);
    if is_least { found } else { cheapest_among(problem, memory, &problem.unlike_servers()) }
}

/// As [`cheapest`], with events by `others` besides.
fn cheapest_among(problem: &Problem<'_>, memory: &mut Memory, others: &[usize]) -> Option<(Vec<Move>, Vec<Walk>)> {
    let mut best: Option<(Cost, Vec<Move>, Vec<Walk>)> = None;
    let mut sequences = vec![Sequence { events: Vec::new(), leaders: vec![problem.leader(&problem.starts)] }];
    for length in 0..=EVENTS_AT_MOST {
        if best.as_ref().is_some_and(|(cost, _, _)| (cost.steps as usize) < length) {
            break;
        }
        for sequence in &sequences {
            if sequence.leaders.last() != Some(&Some(problem.next_leader)) {
                continue;
            }
            let found = walks(problem, memory, sequence);
            if let Some((cost, walks)) =
                found.filter(|(cost, _)| best.as_ref().is_none_or(|(known, _, _)| cost < known))
            {
                best = Some((cost, sequence.events.clone(), walks));
            }
        }
        sequences = sequences.iter().flat_map(|sequence| longer(problem, sequence, others)).collect();
    }
    best.map(|(_, events, walks)| (events, walks))
}

/// A sequence of group events, and who leads before, between and after them.
struct Sequence {
    events: Vec<Move>,
    leaders: Vec<Option<usize>>,
}

/// Returns the sequence with one more event: by the server that is to lead, by one that leads or has led, or by `others`.
fn longer(problem: &Problem<'_>, sequence: &Sequence, others: &[usize]) -> Vec<Sequence> {
    let leader = sequence.leaders.last().copied().flatten();
    let mut actors = vec![problem.next_leader];
    actors.extend(leader.filter(|one| *one != problem.next_leader));
    for one in sequence.leaders[0].iter().chain(others) {
        if !actors.contains(one) {
            actors.push(*one);
        }
    }
    let events =
        actors.into_iter().flat_map(|server| (0..problem.machine.rows.len()).map(move |row| Move { server, row }));
    let usable = events.filter(|event| {
        !problem.machine.rows[event.row].is_local
            && problem.usable[event.server] & (1 << event.row) != 0
            && problem.goals[event.server].may_move()
    });
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
        let goal = problem.goals[event.server].clone();
        memory.walk(problem.machine, &question(problem, sequence, event.server, goal))?;
    }
    let mut found = Vec::with_capacity(problem.servers.len());
    for server in 0..problem.servers.len() {
        let question = question(problem, sequence, server, problem.goals[server].clone());
        let walk = memory.walk(problem.machine, &question)?;
        total = total + walk.cost;
        found.push(walk.clone());
    }
    Some((total, found))
}

fn question(problem: &Problem<'_>, sequence: &Sequence, server: usize, goal: Goal) -> Question {
    let layer = |(index, leader): (usize, &Option<usize>)| Layer {
        another_leads: leader.is_some_and(|one| one != server),
        ends_with: sequence
            .events
            .get(index)
            .map(|event| (event.row, problem.role(&problem.machine.rows[event.row], event.server, *leader, server))),
    };
    Question {
        start: problem.starts[server],
        goal,
        layers: sequence.leaders.iter().enumerate().map(layer).collect(),
        usable: problem.usable[server],
        reading: problem.reading(server),
    }
}

/// Leads one server after another, the cheapest first, through standings that are counted, until the minimum holds.
fn counted(problem: &Problem<'_>, memory: &mut Memory, broken: Broken) -> Option<Vec<Move>> {
    let Broken::Keep(index) = broken else { return None };
    let (events, mut walks) = cheapest(problem, memory)?;
    let leaders = events.iter().scan(problem.leader(&problem.starts), |leader, event| {
        *leader = problem.next(&problem.machine.rows[event.row], event.server, *leader)?;
        Some(*leader)
    });
    let leaders = std::iter::once(problem.leader(&problem.starts)).chain(leaders).collect();
    let sequence = Sequence { events, leaders };
    let mut better: Vec<(Cost, usize, Walk)> = Vec::new();
    for (server, usual) in walks.iter().enumerate() {
        let Goal::Declared { role, says, counted: None } = problem.goals[server] else { continue };
        let question = question(problem, &sequence, server, Goal::Declared { role, says, counted: Some(index) });
        if let Some(walk) = memory.walk(problem.machine, &question).filter(|walk| *walk != usual) {
            better.push((walk.cost, server, walk.clone()));
        }
    }
    better.sort_by_key(|(cost, server, _)| (*cost, *server));
    for (_, server, walk) in better {
        walks[server] = walk;
        if let Ok(moves) = order(problem, &sequence.events, &walks) {
            return Some(moves);
        }
    }
    None
}
