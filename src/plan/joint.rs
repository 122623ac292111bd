//! The exact search over all servers of a group at once, for the groups in which `keep` or `disrupt_at_most`
//! ties the servers together (A* with the sum of the servers' own distances as its bound).

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::rc::Rc;

use crate::model::table::Leader;

use super::machine::{Code, Cost, Machine, Reading, Role};
use super::problem::{Move, Problem, Watch};
use super::walk::Goal;

/// How many standings of the whole group are looked at before the search gives up.
pub const BOUND: usize = 50_000;

/// How many standings of single servers these may hold altogether: what bounds time and memory in groups of more than
/// 200 servers.
const HELD: usize = 200 * BOUND;

/// What the search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joint {
    /// A shortest sequence.
    Found(Vec<Move>),
    /// There is none.
    Impossible,
    /// The bound was met first.
    Bound,
}

struct Node {
    codes: Rc<[Code]>,
    cost: Cost,
    from: Option<(usize, Move)>,
}

/// Searches for a shortest safe sequence, looking at no more than `bound` standings of the group.
pub fn search(problem: &Problem<'_>, bound: usize) -> Joint {
    let mut distances = Distances::default();
    let Some(first) = distances.sum(problem, &problem.starts) else { return Joint::Impossible };
    let bound = bound.min(HELD / problem.servers.len().max(1));
    let start: Rc<[Code]> = problem.starts.as_slice().into();
    let mut nodes = vec![Node { codes: start.clone(), cost: Cost::default(), from: None }];
    let mut seen: HashMap<Rc<[Code]>, usize> = HashMap::from([(start, 0)]);
    let moves = moves(problem);
    let mut queue = BinaryHeap::from([(Reverse((first, 0usize)), 0usize)]);
    let mut order = 0;
    while let Some((Reverse((_, _)), at)) = queue.pop() {
        if seen.get(&nodes[at].codes) != Some(&at) {
            continue;
        }
        if problem.is_done(&nodes[at].codes) {
            return Joint::Found(trace(&nodes, at));
        }
        if nodes.len() > bound {
            return Joint::Bound;
        }
        let codes = nodes[at].codes.clone();
        let (leader, watch) = (problem.leader(&codes), Watch::of(problem, &codes));
        let Some(here) = distances.sum(problem, &codes) else { continue };
        for step in &moves {
            let Some(changes) = problem.changes(&codes, leader, *step) else { continue };
            if watch.after(problem, &codes, &changes).is_err() {
                continue;
            }
            let mut next = codes.to_vec();
            changes.iter().for_each(|(server, code)| next[*server] = *code);
            let next: Rc<[Code]> = next.into();
            let cost = nodes[at].cost + problem.machine.rows[step.row].cost;
            if seen.get(&next).is_some_and(|known| nodes[*known].cost <= cost) {
                continue;
            }
            if nodes.len() > 2 * bound {
                return Joint::Bound;
            }
            if let Some(rest) = distances.moved(problem, here, &codes, &changes) {
                order += 1;
                seen.insert(next.clone(), nodes.len());
                queue.push((Reverse((cost + rest, order)), nodes.len()));
                nodes.push(Node { codes: next, cost, from: Some((at, *step)) });
            }
        }
    }
    Joint::Impossible
}

/// Returns a cost that no safe sequence is below; none where there is no sequence at all.
pub fn least(problem: &Problem<'_>) -> Option<Cost> {
    Distances::default().sum(problem, &problem.starts)
}

/// Every move there is, those that make redundancy first, then by file order.
fn moves(problem: &Problem<'_>) -> Vec<Move> {
    let rows = problem.machine.rows.iter().enumerate();
    let (makes, breaks): (Vec<_>, Vec<_>) = rows.partition(|(_, row)| row.makes && row.is_local);
    let each = |rows: Vec<(usize, &super::machine::Row)>| {
        let rows: Vec<usize> = rows.into_iter().map(|(index, _)| index).collect();
        (0..problem.servers.len()).flat_map(move |server| rows.clone().into_iter().map(move |row| Move { server, row }))
    };
    each(makes).chain(each(breaks)).collect()
}

fn trace(nodes: &[Node], end: usize) -> Vec<Move> {
    let mut moves = Vec::new();
    let mut at = end;
    while let Some((before, step)) = nodes[at].from {
        moves.push(step);
        at = before;
    }
    moves.reverse();
    moves
}

/// The least that each server still costs by itself, remembered by standing and goal.
#[derive(Default)]
struct Distances(HashMap<(Code, Goal, u64, Reading), Option<Cost>>);

impl Distances {
    fn sum(&mut self, problem: &Problem<'_>, codes: &[Code]) -> Option<Cost> {
        (0..codes.len()).try_fold(Cost::default(), |sum, server| Some(sum + self.of(problem, server, codes[server])?))
    }

    /// Returns the sum after `changes`, from the sum before them.
    fn moved(&mut self, problem: &Problem<'_>, sum: Cost, codes: &[Code], changes: &[(usize, Code)]) -> Option<Cost> {
        changes.iter().try_fold(sum, |sum, (server, code)| {
            let before = self.of(problem, *server, codes[*server])?;
            Some(sum + self.of(problem, *server, *code)? - before)
        })
    }

    fn of(&mut self, problem: &Problem<'_>, server: usize, code: Code) -> Option<Cost> {
        let key = (code, problem.goals[server].clone(), problem.usable[server], problem.reading(server));
        if let Some(known) = self.0.get(&key) {
            return *known;
        }
        let found = distance(problem.machine, &key);
        self.0.insert(key, found);
        found
    }
}

/// The least cost from a standing to the goal where every part in a row of another server is free: never more than
/// what it really costs.
fn distance(machine: &Machine, key: &(Code, Goal, u64, Reading)) -> Option<Cost> {
    let (from, goal, usable, reading) = key;
    let mut best: HashMap<Code, Cost> = HashMap::from([(*from, Cost::default())]);
    let mut queue = BinaryHeap::from([Reverse((Cost::default(), *from))]);
    while let Some(Reverse((cost, code))) = queue.pop() {
        if goal.is_met(machine, code, *reading) {
            return Some(cost);
        }
        if best.get(&code).is_some_and(|known| *known < cost) {
            continue;
        }
        for (index, row) in machine.rows.iter().enumerate() {
            let this = (goal.may_move() && usable & (1 << index) != 0).then_some((Role::This, row.cost));
            let old =
                matches!(row.transition.leader, Leader::Hands { .. }).then_some((Role::OldLeader, Cost::default()));
            let other = (!row.is_local).then_some((Role::Other, Cost::default()));
            for (role, price) in [this, old, other].into_iter().flatten() {
                let Some(next) = machine.effect(row, role, code, *reading) else { continue };
                let total = cost + price;
                if best.get(&next).is_none_or(|known| total < *known) {
                    best.insert(next, total);
                    queue.push(Reverse((total, next)));
                }
            }
        }
    }
    None
}
