//! Who is who in a store, as far as the answers tell by now. It is read once, however many questions and facts depend
//! on it.

use std::collections::BTreeSet;

use crate::model::attestation::merge;
use crate::model::fact::Facts;
use crate::model::name::ServerName;
use crate::model::request::Request;
use crate::model::site::Site;
use crate::system::{Answers, System};

use super::guards::fact;
use super::replies::{rows, server_names};
use super::table::TABLE;
use super::{SYSTEM, sql};

/// What the answers tell, each part or why it is unknown.
pub(super) struct View<'a> {
    pub site: &'a Site,
    pub answers: &'a Answers,
    /// The server that the database names as the store's master.
    pub master: Result<ServerName, String>,
    /// The servers with storage for the store.
    pub storages: Result<BTreeSet<ServerName>, String>,
    /// The servers through which PVS may be asked, the likeliest first.
    candidates: Vec<ServerName>,
    /// PVS itself.
    pub pvs: Result<Pvs, String>,
}

/// PVS, as far as it answers.
pub(super) struct Pvs {
    /// The server through which it is asked.
    pub via: ServerName,
    /// The servers of the farm.
    pub registered: BTreeSet<ServerName>,
}

impl<'a> View<'a> {
    pub fn new(site: &'a Site, answers: &'a Answers) -> View<'a> {
        let (master, storages) = (master_of(site, answers), storages_of(site, answers));
        let named = master.iter().chain(storages.iter().flatten());
        let mut seen = BTreeSet::new();
        let candidates: Vec<_> = named.chain(&site.servers).filter(|server| seen.insert(*server)).cloned().collect();
        let pvs = answering(answers, &candidates);
        View { site, answers, master, storages, candidates, pvs }
    }

    /// Returns what finds a server through which PVS answers: the likeliest is asked alone, as nearly always it is the one, and
    /// then all others at once, so that dead ones do not add up.
    pub fn seek(&self) -> Vec<Request> {
        let all: Vec<Request> = self.candidates.iter().map(|server| servers_of(server, None)).collect();
        let is_first = all.iter().all(|request| self.answers.to(request).is_none());
        let most = if is_first { 1 } else { all.len() };
        self.answers.missing(all).into_iter().take(most).collect()
    }

    /// Returns every server that is declared, registered or named by the database, as PVS spells it, or else the database:
    /// the products may compare their names letter by letter.
    pub fn known_servers(&self) -> Vec<ServerName> {
        // A set keeps the spelling that came first.
        let mut servers = self.pvs.as_ref().map(|pvs| pvs.registered.clone()).unwrap_or_default();
        servers.extend(self.master.iter().chain(self.storages.iter().flatten()).chain(&self.site.servers).cloned());
        servers.into_iter().collect()
    }

    /// Returns the servers that hold the store's files: the master and the storages.
    pub fn holders(&self) -> BTreeSet<&ServerName> {
        self.master.iter().chain(self.storages.iter().flatten()).collect()
    }

    /// Returns a server's role, or why it can't be told.
    pub fn role(&self, server: &ServerName) -> Result<&'static str, String> {
        let is_master = self.master.as_ref().map_err(String::clone)? == server;
        let is_registered = self.pvs.as_ref().map_err(String::clone)?.registered.contains(server);
        match (is_registered, is_master) {
            (true, true) => Ok("master"),
            (false, true) => Err("the database names it as master, and PVS does not know it".into()),
            (false, false) => Ok("unregistered"),
            (true, false) => {
                let is_storage = self.storages.as_ref().map_err(String::clone)?.contains(server);
                Ok(if is_storage { "slave" } else { "additional" })
            }
        }
    }
}

/// Finds the first server through which PVS gave an answer that can be read. A farm without a single server is none: the one
/// that answers is in it. Where there is none, says what the likeliest server has said.
fn answering(answers: &Answers, candidates: &[ServerName]) -> Result<Pvs, String> {
    let mut said = None;
    for via in candidates {
        match server_names(answers, &servers_of(via, None)) {
            Ok(registered) if !registered.is_empty() => return Ok(Pvs { via: via.clone(), registered }),
            Ok(_) => {}
            Err(why) => said = said.or_else(|| Some(format!("; `{via}`: {why}"))),
        }
    }
    Err(format!("PVS did not answer through any server{}", said.unwrap_or_default()))
}

/// Returns the request for the servers of the farm; with a store, for those that are ticked on it, also where the path that
/// they have for it is invalid.
pub(super) fn servers_of(via: &ServerName, store: Option<&str>) -> Request {
    let ticked = store.map(|store| [("StoreName", store.to_string()), ("All", "true".into())]);
    Request::Cmdlet { on: via.clone(), name: "Get-PvsServer", parameters: ticked.into_iter().flatten().collect() }
}

/// Asks what is attested where the site has no query for it.
pub(super) fn attested(site: &Site) -> Option<Request> {
    let has_all = site.storages_query.is_some() && site.tasks_query.is_some();
    (!has_all).then(|| System::read_attested(&TABLE, &site.group))
}

/// Notes what is attested of a fact for which the site has no query, or that it has none.
pub(super) fn note_attested(facts: &mut Facts, site: &Site, answers: &Answers, name: &str, query: &str) {
    facts.miss(None, name, format!("the connection has no query `{query}`, and nobody has attested `{name}`"));
    match attested(site).map(|request| answers.attested(&request)) {
        Some(Ok(all)) => {
            let all: Vec<_> = all.iter().filter(|(one, _)| one.name == name).cloned().collect();
            merge(facts, &TABLE, SYSTEM.attestable, &all);
        }
        Some(Err(why)) => facts.miss(None, name, format!("the connection has no query `{query}`; attested: {why}")),
        None => {}
    }
}

fn master_of(site: &Site, answers: &Answers) -> Result<ServerName, String> {
    match rows(answers, &Request::Query(sql::read_store(&site.group)))? {
        [row] => match row.get(1) {
            Some(Some(name)) => ServerName::new(name).map_err(|fault| format!("dbo.store: {fault}")),
            _ => Err("dbo.store names no master".into()),
        },
        [] => Err(format!("dbo.store has no row with the name {:?}", site.group)),
        many => Err(format!("dbo.store has {} rows with the name {:?}", many.len(), site.group)),
    }
}

fn storages_of(site: &Site, answers: &Answers) -> Result<BTreeSet<ServerName>, String> {
    let Some(query) = &site.storages_query else {
        let mut facts = Facts::default();
        note_attested(&mut facts, site, answers, fact::STORAGES, "storages");
        let names = facts.list(None, fact::STORAGES)?.iter();
        return names.map(|name| ServerName::new(name).map_err(|fault| format!("attested: {fault}"))).collect();
    };
    let name = |row: &Vec<Option<String>>| match row.as_slice() {
        [Some(name)] => ServerName::new(name).map_err(|fault| format!("query `storages`: {fault}")),
        [None] => Err("query `storages` returned a row without a name".to_string()),
        // Which of them is the server is not for us to guess.
        other => Err(format!("query `storages` returned {} columns; one is wanted, the server's name", other.len())),
    };
    rows(answers, &Request::Query(sql::site_storages(query, &site.group)))?.iter().map(name).collect()
}
