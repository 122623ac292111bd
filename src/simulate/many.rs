//! Many simulations, side by side, and what they came to.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::fault::{Cell, Fault, cells};
use super::ground::Ground;
use super::one::{End, Outcome, simulate};

/// Which simulations.
#[derive(Debug, Clone, Copy)]
pub struct Seeds {
    /// The system whose groups are simulated.
    pub ground: &'static Ground,
    /// The first seed.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// After how long no more are begun; none: all are.
    pub span: Option<Duration>,
}

/// What many simulations came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// How many seeds were simulated.
    pub seeds: u64,
    /// How many processes ran: each run and each resume is one.
    pub processes: u64,
    /// How many simulations ended how.
    pub ends: BTreeMap<End, u64>,
    /// How often each kind of fault struck.
    pub faults: BTreeMap<Fault, u64>,
    /// For the system, how often each fault struck at each row and moment. Every cell of its table is there.
    pub cells: BTreeMap<&'static str, BTreeMap<Cell, u64>>,
    /// The seeds with broken invariants, and which these are.
    pub broken: BTreeMap<u64, Vec<String>>,
}

impl Report {
    /// Returns the cells that no fault met.
    pub fn missing(&self) -> Vec<(&'static str, Cell)> {
        let of_system = |(system, cells): (&&'static str, &BTreeMap<Cell, u64>)| {
            let missing = cells.iter().filter(|(_, count)| **count == 0);
            missing.map(|(cell, _)| (*system, *cell)).collect::<Vec<_>>()
        };
        self.cells.iter().flat_map(of_system).collect()
    }

    fn empty(ground: &Ground) -> Report {
        let table = ground.system.table;
        let cells = cells(table.transitions).into_iter().map(|cell| (cell, 0)).collect();
        Report { cells: BTreeMap::from([(table.system, cells)]), ..Report::default() }
    }

    fn add(&mut self, ground: &Ground, seed: u64, outcome: Outcome) {
        self.seeds += 1;
        self.processes += outcome.processes as u64;
        *self.ends.entry(outcome.end).or_default() += 1;
        for (cell, fault) in outcome.struck {
            *self.faults.entry(fault).or_default() += 1;
            let cells = self.cells.get_mut(ground.system.table.system);
            if let Some(count) = cell.zip(cells).and_then(|(cell, cells)| cells.get_mut(&cell)) {
                *count += 1;
            }
        }
        if !outcome.broken.is_empty() {
            self.broken.insert(seed, outcome.broken);
        }
    }

    fn merge(&mut self, other: Report) {
        self.seeds += other.seeds;
        self.processes += other.processes;
        other.ends.into_iter().for_each(|(end, count)| *self.ends.entry(end).or_default() += count);
        other.faults.into_iter().for_each(|(fault, count)| *self.faults.entry(fault).or_default() += count);
        for (system, cells) in other.cells {
            let mine = self.cells.entry(system).or_default();
            cells.into_iter().for_each(|(cell, count)| *mine.entry(cell).or_default() += count);
        }
        self.broken.extend(other.broken);
    }
}

/// Returns the cell that is to be met with a seed: seeds in a row go through all cells.
pub fn target(ground: &Ground, seed: u64) -> Cell {
    let all = cells(ground.system.table.transitions);
    let at = usize::try_from(seed % all.len() as u64).unwrap_or(0);
    all[at]
}

/// Simulates many seeds on all processors. What comes out depends on the seeds alone.
pub fn simulate_many(seeds: Seeds) -> Report {
    let (next, begun) = (AtomicU64::new(0), Instant::now());
    let is_over = || seeds.span.is_some_and(|span| begun.elapsed() >= span);
    let work = || {
        let mut report = Report::empty(seeds.ground);
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= seeds.count || is_over() {
                return report;
            }
            let seed = seeds.first.wrapping_add(index);
            let cell = target(seeds.ground, seed);
            let outcome = catch_unwind(AssertUnwindSafe(|| simulate(seeds.ground, seed, cell)));
            let panicked = |_| Outcome { broken: vec!["a panic".into()], ..Outcome::default() };
            report.add(seeds.ground, seed, outcome.unwrap_or_else(panicked));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut report = Report::empty(seeds.ground);
        for thread in running {
            // Panics were caught where they were.
            if let Ok(part) = thread.join() {
                report.merge(part);
            }
        }
        report
    })
}
