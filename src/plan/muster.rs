//! Where every server of a group stands at one moment of a sequence of moves.
//!
//! Servers are kept by their standing as well, so that a move which concerns all of them costs what it changes and not
//! what the group holds. It decides nothing: rules are for [`super::problem`].

use std::collections::{BTreeMap, BTreeSet};

use super::machine::{Code, Role};
use super::problem::{Move, Problem};

/// Every server's standing at one moment.
pub struct Muster<'a> {
    problem: &'a Problem<'a>,
    /// Each server's standing, by its place in [`Problem::servers`].
    pub codes: Vec<Code>,
    /// The server that leads.
    pub leader: Option<usize>,
    /// Who stands where, those that are lost apart: their unknown marks are read otherwise.
    ranks: BTreeMap<(bool, Code), BTreeSet<usize>>,
}

impl<'a> Muster<'a> {
    /// Returns the beginning.
    pub fn of(problem: &'a Problem<'a>) -> Muster<'a> {
        let codes = problem.starts.clone();
        let mut ranks: BTreeMap<(bool, Code), BTreeSet<usize>> = BTreeMap::new();
        for (server, code) in codes.iter().enumerate() {
            ranks.entry((problem.is_lost(server), *code)).or_default().insert(server);
        }
        Muster { problem, leader: problem.leader(&codes), codes, ranks }
    }

    /// Returns the servers whose standing a move changes, with the new standing: the one that it is about, then the old
    /// leader, then the others. None where the move can't be made.
    pub fn changes(&self, step: Move) -> Option<Vec<(usize, Code)>> {
        let (problem, machine) = (self.problem, self.problem.machine);
        let row = &machine.rows[step.row];
        if !problem.may_use(step.server, step.row) {
            return None;
        }
        problem.next(row, step.server, self.leader)?;
        let effect = |server: usize, role| machine.effect(row, role, self.codes[server], problem.reading(server));
        let mut changes = vec![(step.server, effect(step.server, Role::This)?)];
        if row.is_local {
            return Some(changes);
        }
        let old = self.leader.filter(|old| row.hands() && *old != step.server);
        if let Some(old) = old {
            changes.push((old, effect(old, Role::OldLeader)?));
        }
        for ((_, code), servers) in &self.ranks {
            let others = || servers.iter().copied().filter(|one| *one != step.server && Some(*one) != old);
            let Some(like) = others().next() else { continue };
            let to = effect(like, Role::Other)?;
            changes.extend(others().filter(|_| to != *code).map(|server| (server, to)));
        }
        Some(changes)
    }

    /// Makes a move, whose changes these are.
    pub fn take(&mut self, step: Move, changes: &[(usize, Code)]) {
        let row = &self.problem.machine.rows[step.row];
        self.leader = self.problem.next(row, step.server, self.leader).unwrap_or(self.leader);
        for (server, code) in changes {
            let lost = self.problem.is_lost(*server);
            let before = (lost, self.codes[*server]);
            if let Some(rank) = self.ranks.get_mut(&before) {
                rank.remove(server);
                if rank.is_empty() {
                    self.ranks.remove(&before);
                }
            }
            self.ranks.entry((lost, *code)).or_default().insert(*server);
            self.codes[*server] = *code;
        }
    }
}
