//! Planning again with something changed: what an argument says would help was tried here, guards included.
//!
//! All trials of one argument share an effort: where it is used up nothing more is tried, and nothing is claimed of what
//! was not.

use jiff::Timestamp;

use crate::model::fact::Facts;
use crate::model::guard::{Answer, Verdict};
use crate::model::moment::Moment;
use crate::model::name::ServerName;
use crate::model::snapshot::Standings;
use crate::model::topology::Topology;

use super::ask::ask_at;
use super::joint::{self, Effort};
use super::machine::{Machine, Reading};
use super::problem::{Move, Problem};
use super::solve::{self, Impossible, Solution, solve};
use super::steps::steps;
use super::walk::Memory;

/// How much all trials of one argument may look at: that of a few plans.
const LOOKS: usize = 24_000_000;
/// What a server costs in each trial, in looks: whatever a trial does besides searching.
const EACH: usize = 8;
/// What it costs to ask the guards of a step, in looks.
const ASKED: usize = 64;

/// Plans one group again and again.
pub struct Trial<'a> {
    /// What is declared.
    pub topology: &'a Topology,
    /// What is there.
    pub standings: &'a Standings,
    facts: &'a Facts,
    now: Timestamp,
    machine: &'a Machine,
    memory: &'a mut Memory,
    looks: usize,
    /// Whether some trial was not made, or met its bound.
    pub is_short: bool,
    /// Whether some change would make a sequence possible, which one depending on what is unknown.
    pub is_open: bool,
    /// The first guard that said no to a step of a sequence that some change would make possible, with the server that the
    /// step was about.
    pub refused: Option<(&'static str, ServerName, Answer)>,
}

impl<'a> Trial<'a> {
    /// Begins with the whole effort.
    pub fn of(
        machine: &'a Machine,
        memory: &'a mut Memory,
        topology: &'a Topology,
        standings: &'a Standings,
        facts: &'a Facts,
        now: Timestamp,
    ) -> Trial<'a> {
        Trial {
            topology,
            standings,
            facts,
            now,
            machine,
            memory,
            looks: LOOKS,
            is_short: false,
            is_open: false,
            refused: None,
        }
    }

    /// Returns whether there is a safe sequence, whatever the guards say.
    pub fn works(&mut self, topology: &Topology, standings: &Standings) -> bool {
        self.found(topology, standings).is_some()
    }

    /// Returns whether there is a plan, the guards asked: whether a hint of it may be shown.
    ///
    /// What is known of a server whose marks are changed is known of it as it is now, and so is not known here.
    pub fn holds(&mut self, topology: &Topology, standings: &Standings) -> bool {
        let Some(moves) = self.found(topology, standings) else { return false };
        self.looks = self.looks.saturating_sub(moves.len() * ASKED);
        let Some(problem) = Problem::of(self.machine, topology, standings, Reading::Hopeful) else { return false };
        if !self.is_certain(&problem, &moves) {
            self.is_open = true;
            return false;
        }
        let is_as_now = |server: &ServerName| self.standings.get(server) == standings.get(server);
        let stay = self.facts.0.iter().filter(|(key, _)| key.server.as_ref().is_none_or(is_as_now));
        let facts = Facts(stay.map(|(key, fact)| (key.clone(), fact.clone())).collect());
        let mut moment = Moment::of(topology, &facts, standings.clone());
        for step in steps(topology, standings, &problem.walk_of(&moves)) {
            let answers = ask_at(&mut moment, &step, self.now);
            let no = answers.into_iter().find(|one| one.answer.verdict == Verdict::No && one.waived.is_none());
            if let Some(guard) = no {
                self.refused.get_or_insert((guard.name, step.server, guard.answer));
                return false;
            }
            moment.take(&step);
        }
        true
    }

    fn found(&mut self, topology: &Topology, standings: &Standings) -> Option<Vec<Move>> {
        let spent = standings.len() * EACH;
        if self.looks < spent {
            self.is_short = true;
            return None;
        }
        self.looks -= spent;
        let problem = Problem::of(self.machine, topology, standings, Reading::Hopeful)?;
        let solution = self.spending(|memory, effort| solve(&problem, memory, effort));
        self.is_short |= matches!(solution, Solution::Impossible(Impossible::NotFound | Impossible::Bound(_)));
        match solution {
            Solution::Found(moves, _) => Some(moves),
            Solution::Impossible(_) => None,
        }
    }

    /// Returns whether the plan would not be undetermined: what is unknown leads to the same moves, however it is read.
    fn is_certain(&mut self, problem: &Problem<'_>, moves: &[Move]) -> bool {
        self.spending(|memory, effort| solve::is_certain(problem, memory, effort, moves))
    }

    /// Searches with no more than is left, and takes off what that needed.
    fn spending<T>(&mut self, search: impl FnOnce(&mut Memory, Effort) -> T) -> T {
        let effort = Effort { looks: self.looks.min(joint::THOROUGH.looks), ..joint::THOROUGH };
        let before = self.memory.looks;
        let found = search(self.memory, effort);
        self.looks = self.looks.saturating_sub(self.memory.looks - before);
        found
    }

    /// Returns whether there is a safe sequence with other declarations, whatever the guards say.
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
