//! One server's cheapest walk to its goal, through a given sequence of group events.
//!
//! A group event is a row that concerns more than one server: a handover, or what finishes one. Between two
//! events servers are independent, so each server's part of the shortest plan is a shortest path in a small
//! layered graph: one layer before, between and after the events.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::machine::{Code, Cost, LEAD, Machine, Reading, Role, Row, Sure};
use crate::model::table::{Leader, Statement};

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
    /// What the server is to be when the layer ends.
    pub ends: Ends,
}

/// What a server is to be at a moment on its way, for the sake of the minima.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Ends {
    /// Whatever it is.
    #[default]
    Anyhow,
    /// Counted for that count.
    Counted(usize),
    /// Counted for some count, or where it may end: its service is not disrupted.
    Undisrupted,
}

/// Where a server may end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Goal {
    /// In that role, with the marks that are wanted of it.
    Declared {
        /// The role.
        role: &'static str,
        /// Bits of the statements that hold for the server.
        says: u8,
    },
    /// In the role that it has: it is not named, so it is left alone.
    Unmoved {
        /// That role.
        role: &'static str,
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
    /// Which rows somebody in the group may use, as such bits: in others no server has a part.
    pub shared: u64,
    /// By which rows the server that is to lead may take the lead, as such bits; none where nobody is to lead.
    pub last_lead: u64,
    /// What it is to be right before the lead is taken for the last time, where somebody is sure to take it.
    pub before_lead: Ends,
    /// What it is to be in the end.
    pub in_the_end: Ends,
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

    /// Returns the least that a server of that kind and standing still costs, given what is sure to happen in the group, and
    /// that nobody takes the lead where that is not sure; none where nothing leads to its goal.
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
        if self.leads_on(machine, kind, from) {
            for row in machine.rows_of_all().filter(|row| of.usable & (1 << row) != 0) {
                let without = self.kind(Kind { usable: of.usable & !(1 << row), ..of.clone() });
                if !self.leads_on(machine, without, from) {
                    needs |= 1 << row;
                }
            }
        }
        self.needs.insert((kind, from), needs);
        needs
    }

    /// Returns whether something leads to the goal, whoever takes the lead or nobody.
    fn leads_on(&mut self, machine: &Machine, kind: usize, from: Code) -> bool {
        [0, LEAD].into_iter().any(|sure| self.distance(machine, kind, from, sure).is_some())
    }
}

impl Goal {
    /// Returns whether the server may be moved at all.
    pub fn may_move(&self) -> bool {
        matches!(self, Goal::Declared { .. })
    }

    /// Returns whether the server is the one that is to lead.
    fn leads(&self, machine: &Machine) -> bool {
        matches!(self, Goal::Declared { role, .. } if machine.table.leads(role))
    }

    /// Returns whether a statement holds for the server; of one that is not named that is not known here.
    fn may_say(&self, statement: Statement) -> bool {
        match self {
            Goal::Declared { says, .. } => says & (1 << statement as u8) != 0,
            Goal::Unmoved { .. } => true,
        }
    }

    /// Returns whether a standing is where the server may end.
    pub fn is_met(&self, machine: &Machine, code: Code, reading: Reading) -> bool {
        match self {
            Goal::Declared { role, says } => {
                machine.is_wanted(code, role, |statement| says & (1 << statement as u8) != 0, reading)
            }
            Goal::Unmoved { role } => machine.is_role(code, role),
        }
    }
}

impl Ends {
    /// Returns what it is to be for the sake of both; none where that is not one thing.
    pub fn and(self, other: Ends) -> Option<Ends> {
        match (self, other) {
            (Ends::Anyhow, one) | (one, Ends::Anyhow) => Some(one),
            (Ends::Undisrupted, one) | (one, Ends::Undisrupted) => Some(one),
            (Ends::Counted(one), Ends::Counted(other)) => (one == other).then_some(self),
        }
    }

    /// Returns whether a standing is so.
    fn holds(self, machine: &Machine, goal: &Goal, code: Code, reading: Reading) -> bool {
        match self {
            Ends::Anyhow => true,
            Ends::Counted(index) => machine.counted(code, reading) & (1 << index) != 0,
            Ends::Undisrupted => machine.counted(code, reading) != 0 || goal.is_met(machine, code, reading),
        }
    }
}

/// Where a server is in the relaxed graph: its standing, what is still sure to happen, and whether the lead was taken for
/// the last time.
type Halt = (Code, Sure, bool);

/// The least cost from a standing to the goal where every part in a row of another server is free, and where the server has
/// its part in all that is sure to happen: never more than what it really costs.
///
/// Where it is sure that somebody takes the lead, the server that is to lead takes it last, and nobody after it; where that
/// is not sure, nobody takes it, and so nobody steps down. That is no more than what holds in every sequence that ends as
/// declared: whoever leads in the end was the last to take the lead. And the server's part in each row of a real sequence
/// is an edge here, at the same price where the row is used for it and free where it is used for another.
fn distance(machine: &Machine, kind: &Kind, from: Code, sure: Sure) -> Option<Cost> {
    let begin: Halt = (from, sure, sure & LEAD == 0);
    let mut best: HashMap<Halt, Cost> = HashMap::from([(begin, Cost::default())]);
    let mut queue = BinaryHeap::from([Reverse((Cost::default(), begin))]);
    while let Some(Reverse((cost, at))) = queue.pop() {
        let (code, sure, _) = at;
        if sure == 0 && kind.goal.is_met(machine, code, kind.reading) && kind.is_so(machine, kind.in_the_end, code) {
            return Some(cost);
        }
        if best.get(&at).is_some_and(|known| *known < cost) {
            continue;
        }
        for (index, row) in machine.rows.iter().enumerate() {
            for (role, price) in kind.parts(index, row).into_iter().flatten() {
                let Some(next) = machine.effect(row, role, code, kind.reading) else { continue };
                for (left, is_last) in kind.after(machine, at, index, role).into_iter().flatten() {
                    let (total, to) = (cost + price, (next, left, is_last));
                    if best.get(&to).is_none_or(|known| total < *known) {
                        best.insert(to, total);
                        queue.push(Reverse((total, to)));
                    }
                }
            }
        }
    }
    None
}

impl Kind {
    fn is_so(&self, machine: &Machine, ends: Ends, code: Code) -> bool {
        ends.holds(machine, &self.goal, code, self.reading)
    }

    /// Returns the parts that the server may have in a row, and what they cost it.
    fn parts(&self, index: usize, row: &Row) -> [Option<(Role, Cost)>; 3] {
        let is_in = |rows: u64| rows & (1 << index) != 0;
        let may_hand = row.hands() && row.says_of_leader().is_none_or(|statement| self.goal.may_say(statement));
        [
            (self.goal.may_move() && is_in(self.usable)).then_some((Role::This, row.cost)),
            (is_in(self.shared) && may_hand).then_some((Role::OldLeader, Cost::default())),
            (is_in(self.shared) && !row.is_local).then_some((Role::Other, Cost::default())),
        ]
    }

    /// Returns what is sure to happen after a row in which the server has that part, and whether the lead was taken for the
    /// last time: where a row takes it, that may be so or not.
    fn after(&self, machine: &Machine, at: Halt, index: usize, role: Role) -> [Option<(Sure, bool)>; 2] {
        let ((code, sure, is_last), row) = (at, &machine.rows[index]);
        let left = sure & !row.settles(index);
        if self.last_lead == 0 {
            return [Some((left, is_last)), None];
        }
        if row.settles(index) & LEAD == 0 {
            let stays = !is_last || row.transition.leader != Leader::StepsDown;
            return [stays.then_some((left, is_last)), None];
        }
        let by_next = (role == Role::This) == self.goal.leads(machine);
        let may_be_last = by_next && self.last_lead & (1 << index) != 0 && self.is_so(machine, self.before_lead, code);
        [(!is_last).then_some((left | LEAD, false)), (!is_last && may_be_last).then_some((left, true))]
    }
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
        let here = question.layers[layer];
        let is_so = here.ends.holds(machine, &question.goal, code, question.reading);
        if layer == last && is_so && question.goal.is_met(machine, code, question.reading) {
            return Some(Walk { cost, layers: trace(&best, at, size, last) });
        }
        let mut reach = |to: usize, cost: Cost, row: Option<usize>| {
            if best.get(&to).is_none_or(|(known, _)| cost < *known) {
                best.insert(to, (cost, Some((at, row))));
                queue.push(Reverse((cost, to)));
            }
        };
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
        let event = here.ends_with.filter(|_| is_so);
        let next = event.and_then(|(row, role)| machine.effect(&machine.rows[row], role, code, question.reading));
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
