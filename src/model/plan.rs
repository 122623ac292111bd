//! A plan: what would be done to each group, step by step, and why.

use std::collections::{BTreeMap, HashSet};

use super::fact::{Fact, FactKey};
use super::guard::GuardAnswer;
use super::name::ServerName;
use super::snapshot::{Standing, Standings};
use super::table::{MarkName, MarkValue, RoleName, Transition};
use super::topology::Topology;
use super::words::Text;

/// The plan for one or more groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The groups, in the order in which they were declared.
    pub groups: Vec<GroupPlan>,
}

/// The plan for one group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupPlan {
    /// What is declared.
    pub topology: Topology,
    /// What was observed: every server's standing before the first step.
    pub standings: Standings,
    /// What comes out.
    pub verdict: GroupVerdict,
    /// Whether it is proven that no shorter sequence is safe.
    pub shortest: Shortest,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// Why nothing can be done; empty unless the verdict is `blocked` or `undetermined`.
    pub blocked_by: Vec<Block>,
    /// What is left for later by nature, now and after the steps.
    pub follow_ups: Vec<FollowUp>,
    /// What a reader should know besides: servers that are not named, moments without a leader.
    pub notes: Vec<Text>,
    /// Who could lead next and who could not, right before the lead moves; empty where it stays where it is.
    pub candidates: Vec<Candidate>,
    /// The facts that guards of this plan read, as they were observed.
    pub relies_on: BTreeMap<FactKey, Fact>,
}

/// What comes out of planning one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupVerdict {
    /// As declared: no steps.
    InSync,
    /// Steps, and no guard says no.
    Ready,
    /// A guard says no, or there is no safe plan.
    Blocked,
    /// A role or mark on which the choice of steps depends is unknown.
    Undetermined,
}

impl GroupVerdict {
    /// Returns the verdict as it stands in files.
    pub fn as_str(self) -> &'static str {
        match self {
            GroupVerdict::InSync => "in-sync",
            GroupVerdict::Ready => "ready",
            GroupVerdict::Blocked => "blocked",
            GroupVerdict::Undetermined => "undetermined",
        }
    }
}

/// Whether it is proven that no shorter sequence is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortest {
    /// It is.
    Proven,
    /// It is not: the search met its bound.
    NotProven,
}

impl Shortest {
    /// Returns the claim as it stands in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Shortest::Proven => "proven",
            Shortest::NotProven => "not proven",
        }
    }
}

/// A transition bound to a server.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its place in the group's sequence, counted from 1.
    pub number: usize,
    /// The server that it is about.
    pub server: ServerName,
    /// The row.
    pub transition: &'static Transition,
    /// The leader before the step, where there is one.
    pub leader: Option<ServerName>,
    /// On which server it is done.
    pub runs_on: ServerName,
    /// The roles that change: one edge of the table each.
    pub changes: Vec<RoleChange>,
    /// The marks that change.
    pub marks: Vec<MarkChange>,
    /// What the guards say, in the order of asking.
    pub guards: Vec<GuardAnswer>,
    /// Why the step is there, in one sentence.
    pub why: Text,
}

/// One server's role before and after a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleChange {
    /// The server.
    pub server: ServerName,
    /// Its role before.
    pub from: RoleName,
    /// Its role after.
    pub to: RoleName,
}

/// One server's mark before and after a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkChange {
    /// The server.
    pub server: ServerName,
    /// The mark.
    pub mark: MarkName,
    /// Its value before; none where it was unknown.
    pub from: Option<MarkValue>,
    /// Its value after.
    pub to: MarkValue,
}

/// One reason why nothing can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The step whose guard says no, where there is one.
    pub step: Option<usize>,
    /// The server that it is about, where it is about one.
    pub server: Option<ServerName>,
    /// The name of the guard or rule.
    pub rule: String,
    /// The argument.
    pub because: Text,
    /// What would help, where something is known to.
    pub hint: Option<Text>,
}

/// A server, and whether it could lead next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The server.
    pub server: ServerName,
    /// Whether a row leads there, and no guard says no.
    pub eligible: bool,
    /// Why it is eligible, or why not.
    pub because: Text,
}

/// Work that is left for later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    /// The server.
    pub server: ServerName,
    /// The work's name.
    pub name: &'static str,
    /// What is left.
    pub says: Text,
}

impl Step {
    /// Applies the step's changes to `standings`.
    pub fn apply(&self, standings: &mut Standings) {
        for change in &self.changes {
            standings.entry(change.server.clone()).or_default().role = Some(change.to);
        }
        for mark in &self.marks {
            standings.entry(mark.server.clone()).or_default().marks.insert(mark.mark, mark.to);
        }
    }

    /// Returns the servers that the step changes, each once.
    pub fn touches(&self) -> Vec<&ServerName> {
        let changed = self.changes.iter().map(|one| &one.server).chain(self.marks.iter().map(|one| &one.server));
        let mut seen = HashSet::new();
        std::iter::once(&self.server).chain(changed).filter(|server| seen.insert(*server)).collect()
    }

    /// Returns whether a server's standing is as it is to be after the step, counting values that are as good.
    ///
    /// Marks that the step does not set are not looked at.
    pub fn reached_by(&self, server: &ServerName, seen: &Standing) -> bool {
        let role = self.changes.iter().find(|change| change.server == *server).map(|change| change.to);
        let role = role.or_else(|| (self.server == *server).then_some(self.transition.to));
        role.is_none_or(|role| seen.role == Some(role))
            && self.marks.iter().filter(|mark| mark.server == *server).all(|mark| {
                let value = seen.mark(mark.mark);
                value == Some(mark.to) || value.is_some_and(|value| self.as_good(server, mark.mark, value))
            })
    }

    /// Returns whether a server's mark is as the step sets it, counting values that are as good; so it is where the step
    /// does not set it.
    pub fn sets(&self, server: &ServerName, mark: MarkName, seen: &Standing) -> bool {
        let set = self.marks.iter().find(|one| one.server == *server && one.mark == mark);
        set.is_none_or(|set| {
            let value = seen.mark(mark);
            value == Some(set.to) || value.is_some_and(|value| self.as_good(server, mark, value))
        })
    }

    fn as_good(&self, server: &ServerName, mark: MarkName, value: MarkValue) -> bool {
        let is_this = self.server == *server;
        let own = self.transition.sets.iter().filter(|_| is_this);
        let others = self.transition.others.iter().flat_map(|other| other.sets).filter(|_| !is_this);
        own.chain(others).any(|set| set.mark == mark && set.or.contains(&value))
    }
}

impl GroupPlan {
    /// Returns every server's standing right before step `number`, as the plan foresees it.
    pub fn standings_before(&self, number: usize) -> Standings {
        let mut standings = self.standings.clone();
        for step in self.steps.iter().take_while(|step| step.number < number) {
            step.apply(&mut standings);
        }
        standings
    }
}
