//! One group's planning problem in numbers, and the rules that every moment of a plan keeps.

use std::collections::HashSet;

use crate::model::name::ServerName;
use crate::model::snapshot::Standings;
use crate::model::table::{Leader, Statement, Transition};
use crate::model::topology::{Declared, Topology};

use super::machine::{Code, Machine, Reading, Role, Row};
use super::walk::Goal;

/// One group's planning problem.
#[derive(Debug, Clone)]
pub struct Problem<'a> {
    /// The compiled table.
    pub machine: &'a Machine,
    /// The servers: the declared ones in file order, then the others by name.
    pub servers: Vec<ServerName>,
    /// Where each is.
    pub starts: Vec<Code>,
    /// Where each may end.
    pub goals: Vec<Goal>,
    /// Which rows may be used for each, as bits by the row's place in the table.
    pub usable: Vec<u64>,
    /// The statements that hold for each, as bits.
    pub says: Vec<u8>,
    /// Which rows somebody may use, as such bits.
    pub shared: u64,
    /// By which rows the server that is to lead may take the lead, as such bits.
    pub last_lead: u64,
    /// The server that is to lead; none where the group is to have no leader any more.
    pub next_leader: Option<usize>,
    /// The `keep` minima: a count's place in the table, and the least.
    pub floors: Vec<(usize, u32)>,
    /// The most servers that may be disrupted at once.
    pub disrupt_at_most: Option<u32>,
    /// How unknown marks are read.
    pub reading: Reading,
}

/// One move of a plan: a row, used for a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Move {
    /// The server's place in [`Problem::servers`].
    pub server: usize,
    /// The row's place in the table.
    pub row: usize,
}

const STATEMENTS: [Statement; 5] = [
    Statement::Lost,
    Statement::Reinstalled,
    Statement::KeepMasterFiles,
    Statement::TakenBack,
    Statement::WithoutLeader,
];

impl<'a> Problem<'a> {
    /// Puts a topology and standings into numbers.
    ///
    /// Returns none where the role of a declared server is unknown, or nobody is declared to lead where somebody must.
    pub fn of(
        machine: &'a Machine,
        topology: &Topology,
        standings: &Standings,
        reading: Reading,
    ) -> Option<Problem<'a>> {
        let unnamed = standings.keys().filter(|server| topology.declared(server).is_none());
        let declared: Vec<ServerName> = topology.servers.iter().map(|one| one.server.clone()).collect();
        let named = declared.len();
        let mut servers = declared;
        servers.extend(unnamed.filter(|server| standings[*server].role.is_some()).cloned());
        let starts: Option<Vec<Code>> =
            servers.iter().map(|server| standings.get(server).and_then(|standing| machine.code(standing))).collect();
        let is_without = topology.is_without_leader();
        let says: Vec<u8> =
            servers.iter().map(|server| statements(topology, topology.declared(server), is_without)).collect();
        let goal = |index: usize| match topology.servers.get(index) {
            Some(one) if index < named => Goal::Declared { role: one.role, says: says[index] },
            _ => Goal::Unmoved { role: standings[&servers[index]].role.unwrap_or_default() },
        };
        // Of a row that needs something said of the old leader: whether it is said of anybody.
        let said = says.iter().fold(0, |all, one| all | one);
        let has_leader = |row: &Row| row.says_of_leader().is_none_or(|one| said & bit(one) != 0);
        let usable = |says: &u8| {
            let may = machine.rows.iter().enumerate().filter(|(_, row)| row.may_be_used(|one| says & bit(one) != 0));
            may.filter(|(_, row)| has_leader(row)).map(|(index, _)| 1 << index).sum()
        };
        let floor = |(role, least): &(&str, u32)| {
            machine.table.counts.iter().position(|count| count.name == *role).map(|index| (index, *least))
        };
        let next_leader = topology.servers.iter().position(|one| machine.table.leads(one.role));
        if next_leader.is_none() && !is_without {
            return None;
        }
        let usable: Vec<u64> = says.iter().map(usable).collect();
        Some(Problem {
            machine,
            starts: starts?,
            goals: (0..servers.len()).map(goal).collect(),
            shared: usable.iter().take(named).fold(0, |all, one| all | one),
            last_lead: next_leader.map_or(0, |next| usable[next] & machine.leading_rows()),
            usable,
            says,
            next_leader,
            floors: topology.keep.iter().filter_map(floor).collect(),
            disrupt_at_most: topology.disrupt_at_most,
            servers,
            reading,
        })
    }

    /// Returns how a server's unknown marks are read: nothing can be asked of a lost server, and what its marks are does
    /// not matter any more.
    pub fn reading(&self, server: usize) -> Reading {
        if self.is_lost(server) { Reading::Hopeful } else { self.reading }
    }

    /// Returns whether no mark is unknown that anything depends on: both readings are the same problem then.
    pub fn knows_all(&self) -> bool {
        (0..self.servers.len()).all(|server| self.is_lost(server) || self.machine.knows_all(self.starts[server]))
    }

    /// Returns the counts that a server of that standing adds to, as bits; a lost server adds to none.
    pub fn counted(&self, server: usize, code: Code) -> u32 {
        if self.is_lost(server) { 0 } else { self.machine.counted(code, self.reading) }
    }

    /// Returns whether a server is declared lost.
    pub fn is_lost(&self, server: usize) -> bool {
        self.says[server] & bit(Statement::Lost) != 0
    }

    /// Returns moves by name, in the order in which they are walked: what takes something back stands in the way of others'
    /// guards and of nothing that the search looks at, so it comes last.
    pub fn walk_of(&self, moves: &[Move]) -> Vec<(ServerName, &'static Transition)> {
        let named = |step: &Move| (self.servers[step.server].clone(), self.machine.rows[step.row].transition);
        let (back, rest): (Vec<_>, Vec<_>) =
            moves.iter().map(named).partition(|(_, row)| row.says == Some(Statement::TakenBack));
        [rest, back].concat()
    }

    /// Returns the problem without `keep` and `disrupt_at_most`.
    pub fn without_minima(&self) -> Problem<'a> {
        Problem { floors: Vec::new(), disrupt_at_most: None, ..self.clone() }
    }

    /// Returns the problem without the rows that nobody can come to use, whatever others do.
    pub fn tightened(&self) -> Problem<'a> {
        let same = |server: usize| (self.starts[server], self.usable[server], self.reading(server), server);
        let mut movable: Vec<_> =
            (0..self.servers.len()).filter(|server| self.goals[*server].may_move()).map(same).collect();
        movable.sort_unstable();
        movable.dedup_by_key(|(start, usable, reading, _)| (*start, *usable, *reading));
        let mut shared = 0;
        loop {
            let used = movable.iter().fold(shared, |all, (.., server)| all | self.used(*server, shared));
            if used == shared {
                let usable = self.usable.iter().map(|rows| rows & shared).collect();
                return Problem { usable, shared, last_lead: self.last_lead & shared, ..self.clone() };
            }
            shared = used;
        }
    }

    /// Returns the rows that a server can come to use where others use those that are shared, as bits.
    fn used(&self, server: usize, shared: u64) -> u64 {
        let usable = self.usable[server] & !self.out_of_reach(shared);
        let (mut used, mut waiting) = (0, vec![self.starts[server]]);
        let mut seen: HashSet<Code> = waiting.iter().copied().collect();
        while let Some(code) = waiting.pop() {
            for (index, row) in self.machine.rows.iter().enumerate() {
                for role in [Role::This, Role::OldLeader, Role::Other] {
                    let rows = if role == Role::This { usable } else { shared };
                    let takes_part = role == Role::This || !row.is_local;
                    if rows & (1 << index) == 0 || !takes_part {
                        continue;
                    }
                    let Some(next) = self.machine.effect(row, role, code, self.reading(server)) else { continue };
                    used |= if role == Role::This { 1 << index } else { 0 };
                    if seen.insert(next) {
                        waiting.push(next);
                    }
                }
            }
        }
        used
    }

    /// Returns the rows of a group that nobody leads, as bits, where somebody leads and no row that is used steps down.
    fn out_of_reach(&self, used: u64) -> u64 {
        let rows = |leader: Leader| {
            let of = self.machine.rows.iter().enumerate().filter(move |(_, row)| row.transition.leader == leader);
            of.fold(0, |all, (index, _)| all | 1 << index)
        };
        let is_led = self.leader(&self.starts).is_some() && used & rows(Leader::StepsDown) == 0;
        if is_led { rows(Leader::Leaderless) } else { 0 }
    }

    /// Returns the server that leads in `codes`.
    pub fn leader(&self, codes: &[Code]) -> Option<usize> {
        codes.iter().position(|code| self.machine.leads(*code))
    }

    /// Returns what part `server` plays in a row used for `actor` while `leader` leads.
    pub fn role(&self, row: &Row, actor: usize, leader: Option<usize>, server: usize) -> Role {
        match &row.transition.leader {
            _ if server == actor => Role::This,
            Leader::Hands { .. } if leader == Some(server) => Role::OldLeader,
            _ => Role::Other,
        }
    }

    /// Returns the leader after a row is used for `actor` while `leader` leads; none where the row can't be used then.
    pub fn next(&self, row: &Row, actor: usize, leader: Option<usize>) -> Option<Option<usize>> {
        self.may(row, leader == Some(actor), leader).then_some(match &row.transition.leader {
            Leader::Any | Leader::Led => leader,
            Leader::StepsDown => None,
            Leader::Leaderless | Leader::Hands { .. } => Some(actor),
        })
    }

    /// Returns whether a row can be used while `leader` leads, for the leader itself or for another.
    pub fn may(&self, row: &Row, for_leader: bool, leader: Option<usize>) -> bool {
        let another = leader.filter(|_| !for_leader);
        match &row.transition.leader {
            Leader::Any => true,
            Leader::Led => another.is_some(),
            Leader::Leaderless => leader.is_none(),
            Leader::StepsDown => for_leader,
            Leader::Hands { .. } => another
                .is_some_and(|old| row.says_of_leader().is_none_or(|statement| self.says[old] & bit(statement) != 0)),
        }
    }

    /// Returns whether a row may be used for a server at all.
    pub fn may_use(&self, server: usize, row: usize) -> bool {
        self.usable[server] & (1 << row) != 0 && self.goals[server].may_move()
    }

    /// Returns whether one server is where it may end.
    pub fn is_home(&self, server: usize, code: Code) -> bool {
        self.goals[server].is_met(self.machine, code, self.reading(server))
    }

    /// Returns whether a server is disrupted: it was counted in the beginning, is not now, and is not yet where it may
    /// end. Where `disrupt_at_most` is not declared nobody asks.
    pub fn is_disrupted(&self, server: usize, code: Code) -> bool {
        self.disrupt_at_most.is_some()
            && self.counted(server, self.starts[server]) != 0
            && self.counted(server, code) == 0
            && !self.is_home(server, code)
    }
}

/// What `keep` and `disrupt_at_most` speak of, counted at one moment.
#[derive(Debug, Clone)]
pub struct Watch {
    /// How many are counted, for each of [`Problem::floors`].
    pub counts: Vec<u32>,
    /// How many are disrupted.
    pub disrupted: u32,
}

impl Watch {
    /// Counts the beginning.
    pub fn of(problem: &Problem<'_>, codes: &[Code]) -> Watch {
        let counted = |index: &(usize, u32)| {
            let bits = codes.iter().enumerate().map(|(server, code)| problem.counted(server, *code) >> index.0 & 1);
            bits.sum()
        };
        let disrupted = (0..codes.len()).filter(|server| problem.is_disrupted(*server, codes[*server])).count();
        Watch { counts: problem.floors.iter().map(counted).collect(), disrupted: disrupted as u32 }
    }

    /// Returns the count after `changes`, or the rule that forbids them.
    ///
    /// # Errors
    /// As [`Watch::allows`].
    pub fn after(&self, problem: &Problem<'_>, codes: &[Code], changes: &[(usize, Code)]) -> Result<Watch, Broken> {
        let mut next = self.clone();
        for (server, code) in changes {
            let before = problem.counted(*server, codes[*server]);
            let after = problem.counted(*server, *code);
            for (count, (index, _)) in next.counts.iter_mut().zip(&problem.floors) {
                *count = *count + (after >> index & 1) - (before >> index & 1);
            }
            next.disrupted = next.disrupted + u32::from(problem.is_disrupted(*server, *code))
                - u32::from(problem.is_disrupted(*server, codes[*server]));
        }
        self.allows(problem, &next).map(|()| next)
    }

    /// Says whether the moment of `next` may follow on this one.
    ///
    /// A count that is below its minimum already may not fall further; one that is not may not fall below it.
    ///
    /// # Errors
    /// Returns the rule that forbids it.
    pub fn allows(&self, problem: &Problem<'_>, next: &Watch) -> Result<(), Broken> {
        for ((after, before), (index, least)) in next.counts.iter().zip(&self.counts).zip(&problem.floors) {
            if after < least && after < before {
                return Err(Broken::Keep(*index));
            }
        }
        match problem.disrupt_at_most {
            Some(most) if next.disrupted > most && next.disrupted > self.disrupted => Err(Broken::Disruption),
            _ => Ok(()),
        }
    }
}

/// A rule of the topology that a move would break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Broken {
    /// The `keep` minimum of that count.
    Keep(usize),
    /// `disrupt_at_most`.
    Disruption,
}

fn bit(statement: Statement) -> u8 {
    1 << statement as u8
}

fn statements(topology: &Topology, declared: Option<&Declared>, is_without_leader: bool) -> u8 {
    let holds = |statement: &Statement| match statement {
        Statement::Lost => declared.is_some_and(|one| one.lost),
        Statement::Reinstalled => declared.is_some_and(|one| one.reinstalled.is_some()),
        Statement::KeepMasterFiles => topology.keep_master_files,
        Statement::TakenBack => declared.is_some_and(|one| topology.taken_back(&one.server).is_some()),
        Statement::WithoutLeader => is_without_leader,
    };
    STATEMENTS.iter().filter(|one| holds(one)).map(|one| bit(*one)).sum()
}
