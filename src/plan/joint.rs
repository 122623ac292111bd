//! The exact search over all servers of a group at once, for the groups in which `keep` or `disrupt_at_most`
//! ties the servers together (A* with the sum of the servers' own distances as its bound).

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::machine::{Code, Cost, Reading, Role};
use super::problem::{Move, Problem, Watch};
use super::walk::{Kind, Memory};

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
    codes: Vec<Code>,
    cost: Cost,
    /// The least that is left to do.
    left: Cost,
    from: Option<(usize, Move)>,
}

/// Searches for a shortest safe sequence, looking at no more than `bound` standings of the group.
pub fn search(problem: &Problem<'_>, memory: &mut Memory, bound: usize) -> Joint {
    let kinds = kinds(problem, memory);
    let Some(first) = sum(problem, memory, &kinds, &problem.starts) else { return Joint::Impossible };
    let bound = bound.min(HELD / problem.servers.len().max(1));
    let (alike, mut fitting) = (Alike::of(problem), Fitting::default());
    let mut nodes = vec![Node { codes: problem.starts.clone(), cost: Cost::default(), left: first, from: None }];
    let mut seen: HashMap<Vec<Code>, usize> = HashMap::from([(alike.key(&problem.starts), 0)]);
    let mut queue = BinaryHeap::from([Reverse((first, 0usize))]);
    while let Some(Reverse((total, at))) = queue.pop() {
        let codes = nodes[at].codes.clone();
        if nodes[at].cost + nodes[at].left != total || seen.get(&alike.key(&codes)) != Some(&at) {
            continue;
        }
        if problem.is_done(&codes) {
            return Joint::Found(trace(&nodes, at));
        }
        if nodes.len() > bound {
            return Joint::Bound;
        }
        let (leader, watch) = (problem.leader(&codes), Watch::of(problem, &codes));
        for step in fitting.moves(problem, &codes) {
            let Some(changes) = problem.changes(&codes, leader, step) else { continue };
            if watch.after(problem, &codes, &changes).is_err() {
                continue;
            }
            let mut next = codes.clone();
            changes.iter().for_each(|(server, code)| next[*server] = *code);
            let cost = nodes[at].cost + problem.machine.rows[step.row].cost;
            let key = alike.key(&next);
            if seen.get(&key).is_some_and(|known| nodes[*known].cost <= cost) {
                continue;
            }
            if nodes.len() > 2 * bound {
                return Joint::Bound;
            }
            if let Some(left) = moved(problem, memory, &kinds, nodes[at].left, &codes, &changes) {
                seen.insert(key, nodes.len());
                queue.push(Reverse((cost + left, nodes.len())));
                nodes.push(Node { codes: next, cost, left, from: Some((at, step)) });
            }
        }
    }
    Joint::Impossible
}

/// Returns a cost that no safe sequence is below; none where there is no sequence at all.
pub fn least(problem: &Problem<'_>, memory: &mut Memory) -> Option<Cost> {
    let kinds = kinds(problem, memory);
    sum(problem, memory, &kinds, &problem.starts)
}

/// What each server's own distance depends on besides its standing, as a number that the memory gave it.
fn kinds(problem: &Problem<'_>, memory: &mut Memory) -> Vec<usize> {
    let kind = |server: usize| Kind {
        goal: problem.goals[server].clone(),
        usable: problem.usable[server],
        reading: problem.reading(server),
    };
    (0..problem.servers.len()).map(|server| memory.kind(kind(server))).collect()
}

/// The least that all servers still cost, each by itself.
fn sum(problem: &Problem<'_>, memory: &mut Memory, kinds: &[usize], codes: &[Code]) -> Option<Cost> {
    let mut pairs = kinds.iter().zip(codes);
    pairs.try_fold(Cost::default(), |sum, (kind, code)| {
        memory.distance(problem.machine, *kind, *code).map(|cost| sum + cost)
    })
}

/// The same after `changes`, from the sum before them.
fn moved(
    problem: &Problem<'_>,
    memory: &mut Memory,
    kinds: &[usize],
    left: Cost,
    codes: &[Code],
    changes: &[(usize, Code)],
) -> Option<Cost> {
    changes.iter().try_fold(left, |sum, (server, code)| {
        let before = memory.distance(problem.machine, kinds[*server], codes[*server])?;
        let after = memory.distance(problem.machine, kinds[*server], *code)?;
        Some(sum + after - before)
    })
}

/// Servers that may change places: whatever is possible with one in a standing is possible with the other in it.
struct Alike {
    classes: Vec<Vec<usize>>,
}

impl Alike {
    fn of(problem: &Problem<'_>) -> Alike {
        let mut found: HashMap<_, Vec<usize>> = HashMap::new();
        for server in 0..problem.servers.len() {
            // What is disrupted is told by where a server began.
            let began = problem.disrupt_at_most.map(|_| problem.starts[server]);
            let kind = (&problem.goals[server], problem.usable[server], problem.says[server], began);
            found.entry(kind).or_default().push(server);
        }
        Alike { classes: found.into_values().filter(|class| class.len() > 1).collect() }
    }

    /// Returns what is the same for all standings of the group that differ only in who of those alike is where.
    fn key(&self, codes: &[Code]) -> Vec<Code> {
        let mut key = codes.to_vec();
        for class in &self.classes {
            let mut sorted: Vec<Code> = class.iter().map(|server| codes[*server]).collect();
            sorted.sort_unstable();
            class.iter().zip(sorted).for_each(|(server, code)| key[*server] = code);
        }
        key
    }
}

/// The rows that fit a server of a standing: those that make redundancy, and the others.
#[derive(Default)]
struct Fitting(HashMap<(Code, Reading), [Vec<usize>; 2]>);

impl Fitting {
    /// Returns every move that may fit, those that make redundancy first, then by file order.
    fn moves(&mut self, problem: &Problem<'_>, codes: &[Code]) -> Vec<Move> {
        let mut moves = [Vec::new(), Vec::new()];
        for (server, code) in codes.iter().enumerate() {
            let reading = problem.reading(server);
            let rows = self.0.entry((*code, reading)).or_insert_with(|| rows(problem, *code, reading));
            for (moves, rows) in moves.iter_mut().zip(rows) {
                moves.extend(rows.iter().map(|row| Move { server, row: *row }));
            }
        }
        moves.concat()
    }
}

fn rows(problem: &Problem<'_>, code: Code, reading: Reading) -> [Vec<usize>; 2] {
    let machine = problem.machine;
    let fits = |index: &usize| machine.effect(&machine.rows[*index], Role::This, code, reading).is_some();
    let makes = |index: &usize| machine.rows[*index].makes && machine.rows[*index].is_local;
    let (makes, breaks) = (0..machine.rows.len()).filter(fits).partition(makes);
    [makes, breaks]
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
