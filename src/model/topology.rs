//! What people declare: the topology of one group.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::name::ServerName;
use super::roster::Roster;
use super::table::{RoleName, Statement, Table};
use super::window::Window;

/// The declared topology of one group.
///
/// Invariant: exactly one server has the leading role, or the group is [`Topology::is_without_leader`]; names are unique,
/// and every role is the table's; checked by `format::topology`.
#[derive(Debug, Clone, PartialEq)]
pub struct Topology {
    /// The group's name.
    pub group: String,
    /// The table of the group's system.
    pub table: &'static Table,
    /// The name of the connection, where one is given.
    pub connection: Option<String>,
    /// The servers, in file order.
    pub servers: Roster,
    /// Minima that hold at every moment, by role.
    pub keep: Vec<(RoleName, u32)>,
    /// Whether `divergence: { keep: master-files }` is declared.
    pub keep_master_files: bool,
    /// Guards whose `no` or `unknown` is accepted for a time.
    pub waivers: Vec<Waiver>,
    /// When changes may be made; none: always.
    pub maintenance: Vec<Window>,
    /// How long differences may last after a step at a server before they are drift; none: not at all.
    pub settling: Option<Duration>,
    /// The most servers whose service may be disrupted at once.
    pub disrupt_at_most: Option<u32>,
    /// Where it was declared.
    pub source: Source,
}

/// One declared server.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    /// Its name.
    pub server: ServerName,
    /// The role that it is to have.
    pub role: RoleName,
    /// Why, in the author's words.
    pub because: Option<String>,
    /// `lost: true`.
    pub lost: bool,
    /// `reinstalled: DATE`.
    pub reinstalled: Option<Date>,
    /// The line of the file on which it stands, counted from 1.
    pub line: usize,
}

/// A guard whose `no` or `unknown` is accepted for a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiver {
    /// The guard's name.
    pub guard: &'static str,
    /// The server that it holds for; none for every server.
    pub server: Option<ServerName>,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The last day (UTC) on which it holds.
    pub until: Date,
}

/// Where a topology was declared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Source {
    /// The file, as it was named on the command line, with `/` between folders.
    pub file: String,
    /// The line of the document's first key, counted from 1.
    pub line: usize,
    /// The steps of an earlier run that are taken back. No file declares them: only `undo` does.
    pub takes_back: Vec<TakenBack>,
}

/// A step of an earlier run that left the server where it was and is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenBack {
    /// The server that the step was about.
    pub server: ServerName,
    /// The name that the step gave to what it moved out of the way, as that run's journal tells it.
    pub left: String,
}

impl Topology {
    /// Returns what is declared of a server.
    pub fn declared(&self, server: &ServerName) -> Option<&Declared> {
        self.servers.find(server)
    }

    /// Returns the server that is to lead.
    pub fn leader(&self) -> Option<&ServerName> {
        self.servers.iter().find(|one| self.table.leads(one.role)).map(|one| &one.server)
    }

    /// Returns whether a server is declared lost: nothing can be seen of it, and nothing on it matters any more.
    pub fn is_lost(&self, server: &ServerName) -> bool {
        self.says(Statement::Lost, server)
    }

    /// Returns whether the group is declared to have no leader any more: nobody is to lead, and the table lets every
    /// server end in the role that is declared of it.
    pub fn is_without_leader(&self) -> bool {
        let roles = self.table.without_leader;
        !roles.is_empty() && self.servers.iter().all(|one| roles.contains(&one.role))
    }

    /// Returns whether `statement` was made about `server` (or, where it is one about the group, at all).
    pub fn says(&self, statement: Statement, server: &ServerName) -> bool {
        match statement {
            Statement::Lost => self.declared(server).is_some_and(|one| one.lost),
            Statement::Reinstalled => self.declared(server).is_some_and(|one| one.reinstalled.is_some()),
            Statement::KeepMasterFiles => self.keep_master_files,
            Statement::TakenBack => self.taken_back(server).is_some(),
            Statement::WithoutLeader => self.is_without_leader(),
        }
    }

    /// Returns what is taken back at a server.
    pub fn taken_back(&self, server: &ServerName) -> Option<&TakenBack> {
        self.source.takes_back.iter().find(|one| one.server == *server)
    }

    /// Returns the waiver for a guard at a server that holds at `now`.
    pub fn waiver(&self, guard: &str, server: &ServerName, now: Timestamp) -> Option<&Waiver> {
        if self.waivers.is_empty() {
            return None;
        }
        let today = today(now);
        self.waivers_of(guard, server).find(|waiver| waiver.until >= today)
    }

    /// Returns the waiver for a guard at a server that held last, where none does at `now` any more.
    pub fn ended_waiver(&self, guard: &str, server: &ServerName, now: Timestamp) -> Option<&Waiver> {
        self.waivers_of(guard, server).max_by_key(|waiver| waiver.until).filter(|waiver| waiver.until < today(now))
    }

    fn waivers_of(&self, guard: &str, server: &ServerName) -> impl Iterator<Item = &Waiver> {
        let is_of =
            move |waiver: &&Waiver| waiver.guard == guard && waiver.server.as_ref().is_none_or(|one| one == server);
        self.waivers.iter().filter(is_of)
    }
}

/// Returns the day on which a waiver that ends with it still holds.
fn today(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}
