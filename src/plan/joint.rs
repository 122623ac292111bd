//! The search over all servers of a group at once, for the groups in which `keep`, `disrupt_at_most` or rows tie the
//! servers together (A* over the group as a [`Crowd`], with what the servers cost by themselves as its bound).
//!
//! It is bounded by what it looks at and by what it holds, never by time: the same input meets the bound at the same
//! moment. Among moments that promise the same it goes on from the one reached last, so that a way which nothing
//! forbids is walked straight down.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::rc::Rc;

use super::crowd::{Counts, Crowd, Outlook, Place, Stir};
use super::machine::Cost;
use super::order::{Span, order};
use super::problem::{Move, Problem};
use super::walk::Memory;

/// How much a search may look at and hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// How many places of moments it may look at: one moment of a group has as many as there are kinds of servers in
    /// different standings. It bounds the time.
    pub looks: usize,
    /// How many places it may hold. It bounds the memory: some 30 bytes each.
    pub held: usize,
}

/// What a plan is worth.
pub const THOROUGH: Effort = Effort { looks: 8_000_000, held: 2_000_000 };

/// How much less of a way that is found later counts: the search is drawn to the goal, and may miss the shortest way.
const DRAWN: u32 = 5;

/// What the search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joint {
    /// A shortest sequence.
    Found(Vec<Move>),
    /// There is none; where one was known, none that costs less.
    Impossible,
    /// The bound was met first: none costs less than this.
    Bound(Cost),
}

/// What no sequence costs less than.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Least {
    /// Minima left aside.
    pub alone: Cost,
    /// With the minima, as far as they speak of the end; none where they can't be kept.
    pub kept: Option<Cost>,
}

struct Node {
    counts: Rc<Counts>,
    outlook: Outlook,
    cost: Cost,
    from: Option<(usize, Stir)>,
}

/// What waits for its turn: a moment that was looked at already, or a move from one.
enum Turn {
    Node(usize),
    Stir(usize, Stir),
}

/// Searches for a sequence that costs less than `known` and than which none costs less.
pub fn search(problem: &Problem<'_>, memory: &mut Memory, effort: Effort, known: Option<Cost>) -> Joint {
    explore(problem, memory, effort, known, 1)
}

/// Searches for any sequence; nothing where none was found within the effort, or there is none.
pub fn any(problem: &Problem<'_>, memory: &mut Memory, effort: Effort) -> Option<Vec<Move>> {
    match explore(problem, memory, effort, None, DRAWN) {
        Joint::Found(moves) => Some(moves),
        _ => None,
    }
}

/// Returns what no safe sequence costs less than; none where there is no sequence at all, minima or not.
pub fn least(problem: &Problem<'_>, memory: &mut Memory) -> Option<Least> {
    let mut crowd = Crowd::of(problem, memory);
    let start = crowd.start().clone();
    let outlook = crowd.outlook(&start)?;
    Some(Least { alone: outlook.alone, kept: crowd.left(&start, &outlook) })
}

fn explore(problem: &Problem<'_>, memory: &mut Memory, effort: Effort, known: Option<Cost>, drawn: u32) -> Joint {
    let mut looks = 0;
    let found = walk_crowd(problem, memory, effort, known, drawn, &mut looks);
    memory.looks += looks;
    found
}

fn walk_crowd(
    problem: &Problem<'_>,
    memory: &mut Memory,
    effort: Effort,
    known: Option<Cost>,
    drawn: u32,
    looks: &mut usize,
) -> Joint {
    let mut crowd = Crowd::of(problem, memory);
    let start = Rc::new(crowd.start().clone());
    let Some(outlook) = crowd.outlook(&start) else { return Joint::Impossible };
    let Some(first) = crowd.left(&start, &outlook) else { return Joint::Impossible };
    let mut held = start.len();
    let mut seen: HashMap<Rc<Counts>, usize> = HashMap::from([(Rc::clone(&start), 0)]);
    let mut nodes = vec![Node { counts: start, outlook, cost: Cost::default(), from: None }];
    let mut turns = vec![Turn::Node(0)];
    let mut queue = BinaryHeap::from([(Reverse(first), 0usize)]);
    while let Some((Reverse(promise), turn)) = queue.pop() {
        let at = match turns[turn] {
            Turn::Node(at) => at,
            Turn::Stir(from, stir) => {
                // Only now is it worth while to look at more than the server that moves.
                *looks += nodes[from].counts.len();
                let leader = crowd.leader(&nodes[from].counts);
                let Some(counts) = crowd.after(&nodes[from].counts, leader, stir) else { continue };
                let cost = nodes[from].cost + problem.machine.rows[stir.1].cost;
                if seen.get(&counts).is_some_and(|known| nodes[*known].cost <= cost) {
                    continue;
                }
                let Some(outlook) = crowd.outlook(&counts) else { continue };
                let Some(left) = crowd.left(&counts, &outlook) else { continue };
                if known.is_some_and(|known| cost + left >= known) {
                    continue;
                }
                held += counts.len() + 4;
                let counts = Rc::new(counts);
                let at = nodes.len();
                seen.insert(Rc::clone(&counts), at);
                nodes.push(Node { counts, outlook, cost, from: Some((from, stir)) });
                let promises = cost + left.times(drawn);
                if promises > promise {
                    queue.push((Reverse(promises), turns.len()));
                    turns.push(Turn::Node(at));
                    continue;
                }
                at
            }
        };
        let counts = Rc::clone(&nodes[at].counts);
        // Another way there costs less.
        if seen.get(&counts) != Some(&at) {
            continue;
        }
        if crowd.is_done(&counts) {
            let stirs = trace(&nodes, at);
            return crowd.who(&stirs).map_or(Joint::Impossible, |moves| Joint::Found(in_order(problem, moves)));
        }
        if *looks > effort.looks || held > effort.held {
            return Joint::Bound(promise);
        }
        let leader = crowd.leader(&counts);
        // The last one that is pushed is the first to be looked at again.
        for stir in crowd.stirs(&counts).into_iter().rev() {
            *looks += 1;
            let outlook = match problem.machine.rows[stir.1].is_local {
                true => {
                    crowd.to(leader, stir).and_then(|to| crowd.outlook_after(&counts, &nodes[at].outlook, stir.0, to))
                }
                false => {
                    *looks += counts.len();
                    crowd.after(&counts, leader, stir).and_then(|next| crowd.outlook(&next))
                }
            };
            let Some(outlook) = outlook else { continue };
            if nodes[at].outlook.watch.allows(problem, &outlook.watch).is_err() {
                continue;
            }
            let cost = nodes[at].cost + problem.machine.rows[stir.1].cost;
            if known.is_some_and(|known| cost + outlook.alone >= known) {
                continue;
            }
            held += 1;
            queue.push((Reverse(cost + outlook.alone.times(drawn)), turns.len()));
            turns.push(Turn::Stir(at, stir));
        }
    }
    Joint::Impossible
}

fn trace(nodes: &[Node], end: usize) -> Vec<(Place, usize)> {
    let mut stirs = Vec::new();
    let mut at = end;
    while let Some((before, stir)) = nodes[at].from {
        stirs.push(stir);
        at = before;
    }
    stirs.reverse();
    stirs
}

/// Puts the same moves in the documented order, where the rules allow it.
fn in_order(problem: &Problem<'_>, moves: Vec<Move>) -> Vec<Move> {
    let (mut events, mut spans, mut span) = (Vec::new(), Vec::new(), Span::new());
    for step in &moves {
        match problem.machine.rows[step.row].is_local {
            true => span.entry(step.server).or_default().push(step.row),
            false => {
                events.push(*step);
                spans.push(std::mem::take(&mut span));
            }
        }
    }
    spans.push(span);
    order(problem, &events, &spans).unwrap_or(moves)
}
