//! What was observed: each server's standing, and the facts.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::fact::Facts;
use super::name::ServerName;
use super::table::{LeftOut, MarkName, MarkValue, Need, RoleName, Table};

/// A server's role and marks. What is missing is unknown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Standing {
    /// The role; none where it is unknown.
    pub role: Option<RoleName>,
    /// The marks that are known.
    pub marks: BTreeMap<MarkName, MarkValue>,
}

/// Every server's standing.
pub type Standings = BTreeMap<ServerName, Standing>;

/// One group as it was observed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GroupSnapshot {
    /// The group's name.
    pub group: String,
    /// The system's name.
    pub system: String,
    /// Every server that was seen or asked for.
    pub servers: Standings,
    /// What else was seen.
    pub facts: Facts,
}

/// Everything that one observation saw.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// When (UTC).
    pub at: Option<Timestamp>,
    /// The groups.
    pub groups: Vec<GroupSnapshot>,
}

impl Standing {
    /// Returns a standing with that role and no known marks.
    pub fn of(role: RoleName) -> Self {
        Self { role: Some(role), marks: BTreeMap::new() }
    }

    /// Returns the same standing with one more mark known.
    pub fn with(mut self, mark: MarkName, value: MarkValue) -> Self {
        self.marks.insert(mark, value);
        self
    }

    /// Returns a mark's value; none where it is unknown.
    pub fn mark(&self, mark: &str) -> Option<MarkValue> {
        self.marks.get(mark).copied()
    }

    /// Returns whether every need is known to be met.
    pub fn meets(&self, needs: &[Need]) -> bool {
        needs.iter().all(|need| self.mark(need.mark).is_some_and(|value| need.accepts(value)))
    }

    /// Fills in the marks that the table takes to be as wanted where they are left out.
    pub fn fill(&mut self, table: &Table) {
        let Some(role) = self.role else { return };
        for mark in table.marks.iter().filter(|mark| mark.left_out == LeftOut::AsWanted) {
            if let Some(want) = table.want(role, mark.name) {
                self.marks.entry(mark.name).or_insert(want.values[0]);
            }
        }
    }
}

impl Snapshot {
    /// Returns the groups by system and name: for those who ask for many.
    pub fn by_name(&self) -> HashMap<(&str, &str), &GroupSnapshot> {
        self.groups.iter().rev().map(|one| ((one.system.as_str(), one.group.as_str()), one)).collect()
    }

    /// Returns the group of that system and name.
    pub fn group(&self, system: &str, group: &str) -> Option<&GroupSnapshot> {
        self.groups.iter().find(|one| one.system == system && one.group == group)
    }
}

/// Returns the servers that are known to lead.
pub fn leaders<'a>(table: &'a Table, standings: &'a Standings) -> impl Iterator<Item = &'a ServerName> {
    standings.iter().filter(|(_, standing)| standing.role.is_some_and(|role| table.leads(role))).map(|(name, _)| name)
}
