//! What each product is: a folder each with its table, its observation and its procedures.
//!
//! Pure: a system emits requests and reads replies. It never performs anything, and reads no clock,
//! environment or random source. Begin with [`co_store`]; a new system is a new folder and a line in [`all`].

pub mod co_store;
pub mod lifekeeper;
pub mod sun_ray;
pub mod wsmgr;

use std::collections::HashMap;
use std::sync::OnceLock;

use serde_json::Value as Json;

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

/// What was asked, and what was answered. Where something was asked twice, the first answer stands.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    all: HashMap<Request, Answered>,
    /// How many answers there were, those that are kept no more among them.
    count: usize,
}

#[derive(Debug, Clone)]
struct Answered {
    /// How many answers came before.
    place: usize,
    reply: Reply,
    /// The value of an answer that is JSON, or why it is none; read once it is wanted.
    json: OnceLock<Result<Json, String>>,
}

impl Extend<(Request, Reply)> for Answers {
    fn extend<I: IntoIterator<Item = (Request, Reply)>>(&mut self, answers: I) {
        for (request, reply) in answers {
            let answered = Answered { place: self.count, reply, json: OnceLock::new() };
            self.all.entry(request).or_insert(answered);
            self.count += 1;
        }
    }
}

impl FromIterator<(Request, Reply)> for Answers {
    fn from_iter<I: IntoIterator<Item = (Request, Reply)>>(answers: I) -> Answers {
        let mut all = Answers::default();
        all.extend(answers);
        all
    }
}

impl Answers {
    /// Returns the answer to a request, where it was asked.
    pub fn to(&self, request: &Request) -> Option<&Reply> {
        self.all.get(request).map(|answered| &answered.reply)
    }

    /// Returns the value that was answered to a request, which is read once however often it is looked at; none where the
    /// answer is no JSON text.
    ///
    /// # Errors
    /// Why the text can't be read, as a sentence.
    pub fn json(&self, request: &Request) -> Option<Result<&Json, String>> {
        let answered = self.all.get(request)?;
        let Reply::Json(text) = &answered.reply else { return None };
        let read = || serde_json::from_str(text).map_err(|error| format!("unreadable answer: {error}"));
        Some(answered.json.get_or_init(read).as_ref().map_err(String::clone))
    }

    /// Returns those of `requests` that were not asked yet.
    pub fn missing(&self, requests: Vec<Request>) -> Vec<Request> {
        requests.into_iter().filter(|request| !self.all.contains_key(request)).collect()
    }

    /// Keeps the answers to some requests alone, so that all others are asked again.
    pub fn retain(&mut self, is_kept: impl Fn(&Request) -> bool) {
        self.all.retain(|request, _| is_kept(request));
    }

    /// Returns what was asked with the answers, in the order in which they came.
    pub fn in_order(&self) -> Vec<(&Request, &Reply)> {
        let mut all: Vec<_> = self.all.iter().collect();
        all.sort_by_key(|(_, answered)| answered.place);
        all.into_iter().map(|(request, answered)| (request, &answered.reply)).collect()
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
