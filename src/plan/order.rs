//! The order of steps between two group events: what makes redundancy before what breaks it, then file order,
//! as far as the minima of the topology allow.
//!
//! Servers that are alike and about to make the same move are asked about once: what the minima say to one of them
//! they say to each. So a group costs what its steps cost, however many servers wait for their turn.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::crowd::likeness;
use super::machine::{Code, Row};
use super::muster::Muster;
use super::problem::{Broken, Move, Problem, Watch};
use super::walk::Walk;

/// What is done between two group events: for each server that moves then, its rows.
pub type Span = BTreeMap<usize, Vec<usize>>;

/// Returns what is done before, between and after that many events, as the servers' walks have it.
pub fn spans(events: usize, walks: &[Walk]) -> Vec<Span> {
    let mut spans = vec![Span::new(); events + 1];
    for (server, walk) in walks.iter().enumerate() {
        let moved = walk.layers.iter().enumerate().filter(|(_, rows)| !rows.is_empty());
        moved.for_each(|(layer, rows)| drop(spans[layer].insert(server, rows.clone())));
    }
    spans
}

/// Puts the events, and what every server does between them, into one sequence.
///
/// # Errors
/// Returns where no next move would do, and why not.
pub fn order(problem: &Problem<'_>, events: &[Move], spans: &[Span]) -> Result<Vec<Move>, Stuck> {
    let mut line = Line::of(problem);
    for (index, span) in spans.iter().enumerate() {
        let event = events.get(index);
        let taken = line.take_all(span).and_then(|()| event.map_or(Ok(()), |event| line.take(*event)));
        taken.map_err(|broken| Stuck { span: index, broken })?;
    }
    Ok(line.moves)
}

/// Where no next move would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stuck {
    /// Before or in the event that ends that span.
    pub span: usize,
    /// The rule that would be broken; none where it is no rule of the topology, and a move does not fit.
    pub broken: Option<Broken>,
}

struct Line<'a> {
    problem: &'a Problem<'a>,
    muster: Muster<'a>,
    watch: Watch,
    /// Each server's class of those that the minima can't tell from one another.
    classes: Vec<usize>,
    moves: Vec<Move>,
}

/// Servers whose next row is the same, in the same standing and class.
type Turn = (usize, Code, usize);

/// Who waits for which row: remedies first, then what makes redundancy, then what breaks it.
type Waiting = [BTreeMap<Turn, BTreeSet<usize>>; 3];

impl<'a> Line<'a> {
    fn of(problem: &'a Problem<'a>) -> Line<'a> {
        let muster = Muster::of(problem);
        let watch = Watch::of(problem, &muster.codes);
        let mut known = HashMap::new();
        let is_bound = !problem.floors.is_empty() || problem.disrupt_at_most.is_some();
        let mut class = |server: usize| {
            let next = known.len();
            *known.entry(likeness(problem, server)).or_insert(next)
        };
        let classes = (0..problem.servers.len()).map(|server| if is_bound { class(server) } else { 0 }).collect();
        Line { problem, muster, watch, classes, moves: Vec::new() }
    }

    fn take(&mut self, step: Move) -> Result<(), Option<Broken>> {
        let changes = self.muster.changes(step).ok_or(None)?;
        self.watch = self.watch.after(self.problem, &self.muster.codes, &changes)?;
        self.muster.take(step, &changes);
        self.moves.push(step);
        Ok(())
    }

    /// Takes all rows of the servers that wait, each server's in their order.
    fn take_all(&mut self, span: &Span) -> Result<(), Option<Broken>> {
        let mut waiting = Waiting::default();
        let mut taken: HashMap<usize, usize> = HashMap::new();
        for (server, rows) in span {
            self.wait(&mut waiting, *server, rows[0]);
        }
        while waiting.iter().any(|turns| !turns.is_empty()) {
            let (server, rank, turn) = self.take_first(&waiting)?;
            let turns = &mut waiting[rank];
            if let Some(same) = turns.get_mut(&turn) {
                same.remove(&server);
                if same.is_empty() {
                    turns.remove(&turn);
                }
            }
            let at = taken.entry(server).or_default();
            *at += 1;
            if let Some(row) = span.get(&server).and_then(|rows| rows.get(*at)) {
                self.wait(&mut waiting, server, *row);
            }
        }
        Ok(())
    }

    fn wait(&self, waiting: &mut Waiting, server: usize, row: usize) {
        let turn = (row, self.muster.codes[server], self.classes[server]);
        waiting[rank(&self.problem.machine.rows[row])].entry(turn).or_default().insert(server);
    }

    /// Takes the first row that is allowed: by rank, then by the order of the file.
    fn take_first(&mut self, waiting: &Waiting) -> Result<(usize, usize, Turn), Option<Broken>> {
        let mut broken = None;
        for (rank, turns) in waiting.iter().enumerate() {
            let mut first: Vec<(usize, Turn)> =
                turns.iter().filter_map(|(turn, same)| Some((*same.first()?, *turn))).collect();
            first.sort_unstable();
            for (server, turn) in first {
                match self.take(Move { server, row: turn.0 }) {
                    Ok(()) => return Ok((server, rank, turn)),
                    Err(rule) => broken = rule,
                }
            }
        }
        Err(broken)
    }
}

/// What was declared as a remedy comes before all else, because what it mends stands in the way of others.
fn rank(row: &Row) -> usize {
    match (row.makes, row.transition.says.is_some()) {
        (true, true) => 0,
        (true, false) => 1,
        (false, _) => 2,
    }
}
