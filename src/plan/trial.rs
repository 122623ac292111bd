//! Planning again with something changed: what an argument says would help was tried here.
//!
//! All trials of one argument share an effort: where it is used up nothing more is tried, and nothing is claimed of what
//! was not.

use crate::model::plan::Shortest;
use crate::model::snapshot::Standings;
use crate::model::topology::Topology;

use super::joint::{self, Effort};
use super::machine::{Machine, Reading};
use super::problem::Problem;
use super::solve::{Impossible, Solution, solve};
use super::walk::Memory;

/// How much all trials of one argument may look at: that of a few plans.
const LOOKS: usize = 24_000_000;
/// What a server costs in each trial, in looks: whatever a trial does besides searching.
const EACH: usize = 8;

/// Plans one group again and again.
pub struct Trial<'a> {
    /// What is declared.
    pub topology: &'a Topology,
    /// What is there.
    pub standings: &'a Standings,
    machine: &'a Machine,
    memory: &'a mut Memory,
    looks: usize,
    /// Whether some trial was not made, or met its bound.
    pub is_short: bool,
}

impl<'a> Trial<'a> {
    /// Begins with the whole effort.
    pub fn of(
        machine: &'a Machine,
        memory: &'a mut Memory,
        topology: &'a Topology,
        standings: &'a Standings,
    ) -> Trial<'a> {
        Trial { topology, standings, machine, memory, looks: LOOKS, is_short: false }
    }

    /// Returns whether there is a plan.
    pub fn works(&mut self, topology: &Topology, standings: &Standings) -> bool {
        let spent = standings.len() * EACH;
        if self.looks < spent {
            self.is_short = true;
            return false;
        }
        self.looks -= spent;
        let Some(problem) = Problem::of(self.machine, topology, standings, Reading::Hopeful) else { return false };
        let effort = Effort { looks: self.looks.min(joint::THOROUGH.looks), ..joint::THOROUGH };
        let before = self.memory.looks;
        let solution = solve(&problem, self.memory, effort);
        self.looks = self.looks.saturating_sub(self.memory.looks - before);
        self.is_short |= matches!(solution, Solution::Impossible(Impossible::NotFound | Impossible::Bound(_)));
        matches!(solution, Solution::Found(_, Shortest::Proven | Shortest::NotProven))
    }

    /// Returns whether there is a plan with other declarations.
    pub fn declared(&mut self, topology: &Topology) -> bool {
        let standings = self.standings;
        self.works(topology, standings)
    }
}

/// Returns the highest number below `least` that is enough; whatever is enough, anything lower is.
pub fn highest(least: u32, mut is_enough: impl FnMut(u32) -> bool) -> Option<u32> {
    let (mut low, mut high) = (0, least);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_enough(middle) { low = middle + 1 } else { high = middle }
    }
    low.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::highest;

    #[test]
    fn the_highest_minimum_that_is_enough_is_found_in_few_trials() {
        for least in 0..40 {
            for enough in 0..=least {
                let mut trials = 0;
                let found = highest(least, |lower| {
                    trials += 1;
                    lower < enough
                });
                assert_eq!(found, enough.checked_sub(1));
                assert!(trials <= 6, "{trials} trials below {least}");
            }
        }
    }
}
