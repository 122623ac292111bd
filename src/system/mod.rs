//! What each product is: a folder each with its table, its observation and its procedures.
//!
//! Pure: a system emits requests and reads replies. It never performs anything, and reads no clock,
//! environment or random source. Begin with [`co_store`]; a new system is a new folder and a line in [`all`].

pub mod co_store;
pub mod lifekeeper;
pub mod sun_ray;
pub mod wsmgr;

use crate::model::attestation::{Attestable, Attestation};
use crate::model::plan::Step;
use crate::model::request::{Reply, Request, Task};
use crate::model::site::Site;
use crate::model::snapshot::GroupSnapshot;
use crate::model::table::Table;

/// A product: its table, and how to look at a group of it and to move its servers.
#[derive(Debug)]
pub struct System {
    /// The table.
    pub table: &'static Table,
    /// Returns what must be asked next to observe the group; empty once everything was asked.
    pub asks: fn(&Site, &Answers) -> Vec<Request>,
    /// Reads the group's snapshot off the answers. What was not answered is unknown.
    pub reads: fn(&Site, &Answers) -> GroupSnapshot,
    /// Returns the requests that carry out a step, given what is there right now; those that are done already are left out.
    pub acts: fn(&Site, &Step, &GroupSnapshot) -> Vec<Request>,
    /// Says what a reply to one of the step's requests means.
    pub judges: fn(&Request, &Reply) -> Judgement,
    /// The facts that no probe can see and a person may attest.
    pub attestable: &'static [Attestable],
    /// Returns what a group shares with others, so that a step of one may stand in the way of another's: groups of which
    /// it is the same are walked one after another. The group itself where it shares nothing.
    pub shares: fn(&str) -> &str,
}

/// What was asked, and what was answered.
#[derive(Debug, Clone, Default)]
pub struct Answers(pub Vec<(Request, Reply)>);

impl Answers {
    /// Returns the answer to a request, where it was asked.
    pub fn to(&self, request: &Request) -> Option<&Reply> {
        self.0.iter().find(|(asked, _)| asked == request).map(|(_, reply)| reply)
    }

    /// Returns those of `requests` that were not asked yet.
    pub fn missing(&self, requests: Vec<Request>) -> Vec<Request> {
        requests.into_iter().filter(|request| self.to(request).is_none()).collect()
    }
}

impl System {
    /// Returns the question for what people have attested about a group.
    pub fn read_attested(table: &'static Table, group: &str) -> Request {
        Request::ReadAttested { system: table.system, group: group.into() }
    }

    /// Returns the fact of that name that may be attested.
    pub fn attestable(&self, name: &str, of_server: bool) -> Option<&'static Attestable> {
        self.attestable.iter().find(|one| one.name == name && one.of_server == of_server)
    }
}

impl Answers {
    /// Returns what people have attested, each with whether it is over; or why that can't be told.
    ///
    /// # Errors
    /// The reason as a sentence.
    pub fn attested(&self, request: &Request) -> Result<&[(Attestation, bool)], String> {
        match self.to(request) {
            Some(Reply::Attested(all)) => Ok(all),
            Some(Reply::Refused { why } | Reply::Unknown { why }) => Err(why.clone()),
            Some(_) => Err("an answer of another kind came".into()),
            None => Err("nobody was asked what is attested".into()),
        }
    }
}

/// What a reply to a request of a step means, before anybody has looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// As it should be; the proof is still a look.
    Fine,
    /// It failed.
    Failed(String),
    /// Nobody can tell from the reply.
    Unknown(String),
    /// A person was asked and has not done it yet.
    Waiting(Task),
}

/// Returns every system that rolewalk knows.
pub fn all() -> &'static [System] {
    const ALL: &[System] = &[co_store::SYSTEM, sun_ray::SYSTEM, lifekeeper::SYSTEM, wsmgr::SYSTEM];
    ALL
}

/// Returns the tables of all systems.
pub fn tables() -> Vec<&'static Table> {
    all().iter().map(|system| system.table).collect()
}

/// Returns the system of that name.
pub fn find(name: &str) -> Option<&'static System> {
    all().iter().find(|system| system.table.system == name)
}
