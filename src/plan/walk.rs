//! One server's cheapest walk to its goal, through a given sequence of group events.
//!
//! A group event is a row that concerns more than one server: a handover, or what finishes one. Between two
//! events servers are independent, so each server's part of the shortest plan is a shortest path in a small
//! layered graph: one layer before, between and after the events.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::machine::{Code, Cost, Machine, Reading, Role, Sure};
use crate::model::table::Leader;

/// What one server's walk depends on. Two servers of the same question have the same walk.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    /// Where the server is.
    pub start: Code,
    /// Where it may end.
    pub goal: Goal,
    /// Its part in each event, with the event's row and whether another server leads before the event; the last
    /// item tells the same of the time after all events.
    pub layers: Vec<Layer>,
    /// Which rows may be used for it, as bits by the row's place in the table.
    pub usable: u64,
    /// How unknown marks are read.
    pub reading: Reading,
}

/// The time between two events, as one server sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Layer {
    /// Whether another server leads.
    pub another_leads: bool,
    /// The row of the event that ends the layer and the server's part in it; none for the last layer.
    pub ends_with: Option<(usize, Role)>,
}

/// Where a server may end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Goal {
    /// In that role, with the marks that are wanted of it (the flag: `keep: master-files` is declared).
    Declared {
        /// The role.
        role: &'static str,
        /// Bits of the statements that hold for the server.
        says: u8,
        /// Only where it is counted for that count, too.
        counted: Option<usize>,
    },
    /// In the role that it has: it is not named, so it is left alone.
    Unmoved {
        /// That role.
        role: &'static str,
        /// Only where it is counted for that count, too.
        counted: Option<usize>,
    },
}

/// One server's walk: for each layer, the rows to take in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// What it costs, without the events themselves.
    pub cost: Cost,
    /// The rows, by their place in the table, layer by layer.
    pub layers: Vec<Vec<usize>>,
}

/// What a server's own distance to its goal depends on, besides its standing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Kind {
    /// Where the server may end.
    pub goal: Goal,
    /// Which rows may be used for it, as bits by the row's place in the table.
    pub usable: u64,
    /// How unknown marks are read.
    pub reading: Reading,
}

/// By a server's standing and what is sure to happen: what it still costs at the least.
type Distances = HashMap<(Code, Sure), Option<Cost>>;

/// Remembers the answers to questions that many servers share. It belongs to one table.
#[derive(Debug, Default)]
pub struct Memory {
    /// How much all searches have looked at so far.
    pub looks: usize,
    walks: HashMap<Question, Option<Walk>>,
    kinds: HashMap<Kind, usize>,
    distances: Vec<(Kind, Distances)>,
    needs: HashMap<(usize, Code), Sure>,
}

impl Memory {
    /// Returns the cheapest walk, or none where no walk leads to the goal.
    pub fn walk(&mut self, machine: &Machine, question: &Question) -> Option<&Walk> {
        if !self.walks.contains_key(question) {
            let walk = cheapest(machine, question);
            self.walks.insert(question.clone(), walk);
        }
        self.walks.get(question).and_then(Option::as_ref)
    }

    /// Returns the number of a kind, for [`Memory::distance`].
    pub fn kind(&mut self, kind: Kind) -> usize {
        if let Some(known) = self.kinds.get(&kind) {
            return *known;
        }
        self.kinds.insert(kind.clone(), self.distances.len());
        self.distances.push((kind, HashMap::new()));
        self.distances.len() - 1
    }

    /// Returns the least that a server of that kind and standing still costs, given what is sure to happen in the group;
    /// none where nothing leads to its goal.
    pub fn distance(&mut self, machine: &Machine, kind: usize, from: Code, sure: Sure) -> Option<Cost> {
        let (kind, known) = &mut self.distances[kind];
        *known.entry((from, sure)).or_insert_with(|| distance(machine, kind, from, sure))
    }

    /// Returns the rows that a server of that kind and standing is sure to use, of those that concern all servers: without
    /// them nothing leads to its goal.
    pub fn needs(&mut self, machine: &Machine, kind: usize, from: Code) -> Sure {
        if let Some(known) = self.needs.get(&(kind, from)) {
            return *known;
        }
        let of = self.distances[kind].0.clone();
        let mut needs = 0;
        if self.distance(machine, kind, from, 0).is_some() {
            for row in machine.rows_of_all().filter(|row| of.usable & (1 << row) != 0) {
                let without = self.kind(Kind { usable: of.usable & !(1 << row), ..of.clone() });
                if self.distance(machine, without, from, 0).is_none() {
                    needs |= 1 << row;
                }
            }
        }
        self.needs.insert((kind, from), needs);
        needs
    }
}

impl Goal {
    /// Returns whether the server may be moved at all.
    pub fn may_move(&self) -> bool {
        matches!(self, Goal::Declared { .. })
    }

    /// Returns whether a standing is where the server may end.
    pub fn is_met(&self, machine: &Machine, code: Code, reading: Reading) -> bool {
        let (counted, there) = match self {
            Goal::Declared { role, says, counted } => {
                (counted, machine.is_wanted(code, role, |statement| says & (1 << statement as u8) != 0, reading))
            }
            Goal::Unmoved { role, counted } => (counted, machine.is_role(code, role)),
        };
        there && counted.is_none_or(|index| machine.counted(code, reading) & (1 << index) != 0)
    }

    /// Returns the goal of a server that is to be counted for that count, too.
    pub fn counted_for(&self, index: usize) -> Goal {
        let mut goal = self.clone();
        match &mut goal {
            Goal::Declared { counted, .. } | Goal::Unmoved { counted, .. } => *counted = Some(index),
        }
        goal
    }
}

/// The least cost from a standing to the goal where every part in a row of another server is free, and where the server has
/// its part in all that is sure to happen: never more than what it really costs.
fn distance(machine: &Machine, kind: &Kind, from: Code, sure: Sure) -> Option<Cost> {
    let Kind { goal, usable, reading } = kind;
    let mut best: HashMap<(Code, Sure), Cost> = HashMap::from([((from, sure), Cost::default())]);
    let mut queue = BinaryHeap::from([Reverse((Cost::default(), from, sure))]);
    while let Some(Reverse((cost, code, sure))) = queue.pop() {
        if sure == 0 && goal.is_met(machine, code, *reading) {
            return Some(cost);
        }
        if best.get(&(code, sure)).is_some_and(|known| *known < cost) {
            continue;
        }
        for (index, row) in machine.rows.iter().enumerate() {
            let this = (goal.may_move() && usable & (1 << index) != 0).then_some((Role::This, row.cost));
            let old =
                matches!(row.transition.leader, Leader::Hands { .. }).then_some((Role::OldLeader, Cost::default()));
            let other = (!row.is_local).then_some((Role::Other, Cost::default()));
            for (role, price) in [this, old, other].into_iter().flatten() {
                let Some(next) = machine.effect(row, role, code, *reading) else { continue };
                let (total, left) = (cost + price, sure & !row.settles(index));
                if best.get(&(next, left)).is_none_or(|known| total < *known) {
                    best.insert((next, left), total);
                    queue.push(Reverse((total, next, left)));
                }
            }
        }
    }
    None
}

/// Finds the cheapest walk (Dijkstra over layer and standing). Equal walks are told apart by the table's order.
fn cheapest(machine: &Machine, question: &Question) -> Option<Walk> {
    let size = machine.codes();
    let last = question.layers.len() - 1;
    let node = |layer: usize, code: Code| layer * size + code as usize;
    let mut best: Reached = HashMap::new();
    let mut queue = BinaryHeap::new();
    best.insert(node(0, question.start), (Cost::default(), None));
    queue.push(Reverse((Cost::default(), node(0, question.start))));
    while let Some(Reverse((cost, at))) = queue.pop() {
        if best.get(&at).is_some_and(|(known, _)| *known < cost) {
            continue;
        }
        let (layer, code) = (at / size, (at % size) as Code);
        if layer == last && question.goal.is_met(machine, code, question.reading) {
            return Some(Walk { cost, layers: trace(&best, at, size, last) });
        }
        let mut reach = |to: usize, cost: Cost, row: Option<usize>| {
            if best.get(&to).is_none_or(|(known, _)| cost < *known) {
                best.insert(to, (cost, Some((at, row))));
                queue.push(Reverse((cost, to)));
            }
        };
        let here = question.layers[layer];
        let usable = |index: usize| question.goal.may_move() && question.usable & (1 << index) != 0;
        for (index, row) in machine.rows.iter().enumerate().filter(|(index, row)| row.is_local && usable(*index)) {
            let led = here.another_leads || row.transition.leader == Leader::Any;
            let next = machine.effect(row, Role::This, code, question.reading).filter(|_| led);
            if let Some(next) = next {
                let lateness = if row.makes { layer } else { last - layer };
                let step = Cost { lateness: lateness as i32, ..row.cost };
                reach(node(layer, next), cost + step, Some(index));
            }
        }
        let next =
            here.ends_with.and_then(|(row, role)| machine.effect(&machine.rows[row], role, code, question.reading));
        if let Some(next) = next {
            reach(node(layer + 1, next), cost, None);
        }
    }
    None
}

/// Per node: its cost, the node before it, and the row that was taken from there, where one was.
type Reached = HashMap<usize, (Cost, Option<(usize, Option<usize>)>)>;

fn trace(best: &Reached, end: usize, size: usize, last: usize) -> Vec<Vec<usize>> {
    let mut layers = vec![Vec::new(); last + 1];
    let mut at = end;
    while let Some((_, Some((before, row)))) = best.get(&at) {
        if let Some(row) = row {
            layers[at / size].push(*row);
        }
        at = *before;
    }
    layers.iter_mut().for_each(|rows| rows.reverse());
    layers
}
