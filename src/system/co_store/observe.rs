//! How a store is observed: what is asked in which order, and what the answers say.
//!
//! The database names the master and, through the site's queries, storages and tasks. PVS, asked through any
//! server that answers, tells which servers are registered, ticked and up, how many terminals run, and which
//! versions are in maintenance. Each server's share tells its files. What is not answered is unknown, never absent.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::model::attestation::merge;
use crate::model::disks::compare::{Comparison, Maintenance};
use crate::model::fact::{Facts, Value};
use crate::model::name::ServerName;
use crate::model::request::{Reply, Request};
use crate::model::site::Site;
use crate::model::snapshot::{GroupSnapshot, Standing, Standings, leaders};
use crate::system::{Answers, System};

use super::guards::fact;
use super::table::TABLE;
use super::{SYSTEM, diff_store, disks, link_store, sql, versions};

/// Why nothing is known of a server's state in PVS while it is not registered there.
pub const NOT_REGISTERED: &str = "it is not registered in PVS";

/// Returns what must be asked next; empty once everything was asked.
pub fn asks(site: &Site, answers: &Answers) -> Vec<Request> {
    let first = answers.missing(database(site));
    if !first.is_empty() {
        return first;
    }
    let Some(via) = vantage(site, answers) else {
        return seek(site, answers);
    };
    let hashes = answers.missing(hashes(site, answers, &via));
    if !hashes.is_empty() {
        return hashes;
    }
    let mut requests = rest(site, answers, &via);
    requests.extend(versions::asks(site, answers, &via));
    answers.missing(requests)
}

/// Returns what finds a server through which PVS answers: the likeliest is asked alone, as nearly always it is the one, and
/// then all others at once, so that dead ones do not add up.
pub(super) fn seek(site: &Site, answers: &Answers) -> Vec<Request> {
    let all: Vec<Request> = candidates(site, answers).iter().map(|server| servers_of(server, None)).collect();
    let is_first = all.iter().all(|request| answers.to(request).is_none());
    let most = if is_first { 1 } else { all.len() };
    answers.missing(all).into_iter().take(most).collect()
}

/// Returns the requests for the fingerprints of all that hold the store's files. They are asked before what changes by
/// the minute, because they may take hours.
fn hashes(site: &Site, answers: &Answers, via: &ServerName) -> Vec<Request> {
    let known = known_servers(site, answers, registered_names(answers, &servers_of(via, None)).unwrap_or_default());
    let holders = holders(site, answers);
    let asked = known.iter().filter(|server| site.compare_content && holders.contains(*server));
    asked.map(|server| disks::fingerprints(site, server)).collect()
}

/// Reads the store's snapshot off the answers.
pub fn reads(site: &Site, answers: &Answers) -> GroupSnapshot {
    let mut facts = Facts::default();
    let via = vantage(site, answers);
    let master = master_of(site, answers);
    let registered = match &via {
        Some(via) => registered_names(answers, &servers_of(via, None)),
        None => Err(silent(site, answers)),
    };
    let storages = storages_of(site, answers);
    note_group(&mut facts, site, answers, via.as_ref());
    let ticked = via.as_ref().and_then(|via| Ticked::of(site, answers, via));
    let mut snapshot =
        GroupSnapshot { group: site.group.clone(), system: "co-store".into(), ..GroupSnapshot::default() };
    for server in known_servers(site, answers, registered.clone().unwrap_or_default()) {
        note_server(&mut facts, site, answers, via.as_ref(), &server, &registered);
        let role = role(&server, &master, &registered, &storages);
        if let Err(why) = &role {
            facts.miss(Some(&server), "role", why.clone());
        }
        let mut standing = Standing { role: role.ok(), ..Standing::default() };
        if let Some(ticks) = ticked.as_ref().map(|ticked| ticked.mark(&server, standing.role)) {
            standing.marks.insert("ticks", ticks);
        }
        snapshot.servers.insert(server, standing);
    }
    let comparison = comparison(site, answers, &snapshot.servers);
    let master_files = leaders(&TABLE, &snapshot.servers).next().and_then(|one| disks::lengths(site, answers, one));
    let roles: Vec<(ServerName, Standing)> = snapshot.servers.clone().into_iter().collect();
    for (server, standing) in roles {
        let looked = disks::Looked {
            site,
            answers,
            server: &server,
            standing: &standing,
            comparison: &comparison,
            master_files: master_files.as_ref(),
        };
        if let Some(value) = disks::mark(&looked, &mut facts) {
            snapshot.servers.entry(server).or_default().marks.insert("disks", value);
        }
    }
    snapshot.facts = facts;
    snapshot
}

/// Compares the files of all servers that are known to hold them, or says why that can't be done.
pub fn comparison(site: &Site, answers: &Answers, standings: &Standings) -> Result<Comparison, String> {
    let role = |wanted: &str| {
        let with = standings.iter().filter(move |(_, standing)| standing.role == Some(wanted));
        with.map(|(server, _)| server).collect::<Vec<_>>()
    };
    let masters = role("master");
    let master = masters.first().ok_or("no master is known to compare with")?;
    let holders: Vec<&ServerName> = masters.iter().copied().chain(role("slave")).collect();
    disks::compared(site, answers, master, &holders, &in_maintenance(site, answers))
        .ok_or_else(|| "the files were not compared by content".into())
}

/// Returns the versions that PVS says are in maintenance; none where it did not answer.
pub fn in_maintenance(site: &Site, answers: &Answers) -> Maintenance {
    vantage(site, answers).map(|via| versions::in_maintenance(site, answers, &via)).unwrap_or_default()
}

/// Asks what is attested where the site has no query for it.
fn attested(site: &Site) -> Option<Request> {
    let has_all = site.storages_query.is_some() && site.tasks_query.is_some();
    (!has_all).then(|| System::read_attested(&TABLE, &site.group))
}

/// Notes what is attested of a fact for which the site has no query, or that it has none.
fn note_attested(facts: &mut Facts, site: &Site, answers: &Answers, name: &str, query: &str) {
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

fn database(site: &Site) -> Vec<Request> {
    let storages = site.storages_query.iter().map(|query| sql::site_storages(query, &site.group));
    let tasks = site.tasks_query.iter().map(|query| sql::site_tasks(query, &site.group));
    let queries = std::iter::once(sql::read_store(&site.group)).chain(storages).chain(tasks).map(Request::Query);
    queries.chain(attested(site)).collect()
}

fn rest(site: &Site, answers: &Answers, via: &ServerName) -> Vec<Request> {
    let store = &site.group;
    let stores = [store.clone(), diff_store(store)];
    let mut requests: Vec<Request> =
        stores.iter().flat_map(|store| [servers_of(via, Some(store)), serving(via, store)]).collect();
    let registered = registered_names(answers, &servers_of(via, None)).unwrap_or_default();
    for server in known_servers(site, answers, registered.clone()) {
        if registered.contains(&server) {
            requests.push(status_of(via, &server));
            requests.extend(terminal_counts(via, store, &server));
            requests.push(free_space(via, store, &server));
        }
        requests.push(Request::ListStore { on: server.clone(), store: store.clone() });
    }
    requests
}

/// Returns the request for the servers of the farm; with a store, for those that are ticked on it, also where the path that
/// they have for it is invalid.
pub(super) fn servers_of(via: &ServerName, store: Option<&str>) -> Request {
    let ticked = store.map(|store| [("StoreName", store.to_string()), ("All", "true".into())]);
    Request::Cmdlet { on: via.clone(), name: "Get-PvsServer", parameters: ticked.into_iter().flatten().collect() }
}

/// Returns the request for the servers that are ticked on a store, and whose path for it is valid.
fn serving(via: &ServerName, store: &str) -> Request {
    let parameters = vec![("StoreName", store.to_string())];
    Request::Cmdlet { on: via.clone(), name: "Get-PvsServer", parameters }
}

fn status_of(via: &ServerName, server: &ServerName) -> Request {
    let parameters = vec![("ServerName", server.to_string())];
    Request::Cmdlet { on: via.clone(), name: "Get-PvsServerStatus", parameters }
}

fn terminal_counts(via: &ServerName, store: &str, server: &ServerName) -> Vec<Request> {
    let stores = [store.to_string(), diff_store(store), link_store(store)];
    let count = |store| Request::Cmdlet {
        on: via.clone(),
        name: "Get-PvsServerStoreActiveDeviceCount",
        parameters: vec![("ServerName", server.to_string()), ("StoreName", store)],
    };
    stores.into_iter().map(count).collect()
}

fn free_space(via: &ServerName, store: &str, server: &ServerName) -> Request {
    let parameters = vec![("Name", store.to_string()), ("ServerName", server.to_string())];
    Request::Cmdlet { on: via.clone(), name: "Get-PvsStoreFreeSpace", parameters }
}

/// Returns the first server through which PVS gave an answer that can be read. A farm without a single server is none:
/// the one that answers is in it.
pub(super) fn vantage(site: &Site, answers: &Answers) -> Option<ServerName> {
    let answered =
        |server: &ServerName| registered_names(answers, &servers_of(server, None)).is_ok_and(|all| !all.is_empty());
    candidates(site, answers).into_iter().find(answered)
}

/// Says that nothing is known that PVS tells, with what the likeliest server through which it was asked has said.
pub(super) fn silent(site: &Site, answers: &Answers) -> String {
    let why = |server: ServerName| Some((registered_names(answers, &servers_of(&server, None)).err()?, server));
    match candidates(site, answers).into_iter().find_map(why) {
        Some((why, server)) => format!("PVS did not answer through any server; `{server}`: {why}"),
        None => "PVS did not answer through any server".into(),
    }
}

/// Returns the servers through which PVS may be asked, the likeliest first.
fn candidates(site: &Site, answers: &Answers) -> Vec<ServerName> {
    let mut candidates: Vec<ServerName> = master_of(site, answers).into_iter().collect();
    candidates.extend(storages_of(site, answers).unwrap_or_default());
    candidates.extend(site.servers.iter().cloned());
    let mut seen = BTreeSet::new();
    candidates.retain(|server| seen.insert(server.clone()));
    candidates
}

/// Returns every server that is declared, registered or named by the database, as PVS spells it, or else the database:
/// the products may compare their names letter by letter.
fn known_servers(site: &Site, answers: &Answers, registered: BTreeSet<ServerName>) -> Vec<ServerName> {
    // A set keeps the spelling that came first.
    let mut servers = registered;
    servers.extend(master_of(site, answers));
    servers.extend(storages_of(site, answers).unwrap_or_default());
    servers.extend(site.servers.iter().cloned());
    servers.into_iter().collect()
}

/// Returns the servers that hold the store's files: the master and the storages.
fn holders(site: &Site, answers: &Answers) -> BTreeSet<ServerName> {
    master_of(site, answers).into_iter().chain(storages_of(site, answers).unwrap_or_default()).collect()
}

fn master_of(site: &Site, answers: &Answers) -> Result<ServerName, String> {
    match rows(answers, &Request::Query(sql::read_store(&site.group)))?.as_slice() {
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
    let rows = rows(answers, &Request::Query(sql::site_storages(query, &site.group)))?;
    let name = |row: Vec<Option<String>>| match row.as_slice() {
        [Some(name)] => ServerName::new(name).map_err(|fault| format!("query `storages`: {fault}")),
        [None] => Err("query `storages` returned a row without a name".to_string()),
        // Which of them is the server is not for us to guess.
        other => Err(format!("query `storages` returned {} columns; one is wanted, the server's name", other.len())),
    };
    rows.into_iter().map(name).collect()
}

fn rows(answers: &Answers, request: &Request) -> Result<Vec<Vec<Option<String>>>, String> {
    match answers.to(request) {
        Some(Reply::Rows(rows)) => Ok(rows.clone()),
        other => Err(why_not(other)),
    }
}

pub(super) fn registered_names(answers: &Answers, request: &Request) -> Result<BTreeSet<ServerName>, String> {
    let listed = json_list(answers, request)?;
    let name = |one: &Json| match one.get("ServerName").and_then(Json::as_str) {
        Some(name) => ServerName::new(name).map_err(|fault| format!("Get-PvsServer: {fault}")),
        None => Err(format!("Get-PvsServer returned an object without ServerName: {one}")),
    };
    listed.iter().map(name).collect()
}

pub(super) fn json_list<'a>(answers: &'a Answers, request: &Request) -> Result<&'a [Json], String> {
    match json(answers, request)? {
        Json::Array(list) => Ok(list),
        other => Err(format!("a list was expected and {other} was returned")),
    }
}

fn json<'a>(answers: &'a Answers, request: &Request) -> Result<&'a Json, String> {
    answers.json(request).unwrap_or_else(|| Err(why_not(answers.to(request))))
}

/// Reads a number that PVS gives bare or, where an object or list came, from its only `field`; as text or number.
fn number(answers: &Answers, request: &Request, field: &str) -> Result<u64, String> {
    let value = match json(answers, request)? {
        Json::Array(list) if list.len() == 1 => &list[0],
        other => other,
    };
    let value = if value.is_object() { value.get(field).unwrap_or(&Json::Null) } else { value };
    let text = value.as_str().and_then(|text| text.parse().ok());
    value.as_u64().or(text).ok_or_else(|| format!("a number was expected and {value} was returned"))
}

/// Says why an answer can't be read.
pub(super) fn why_not(reply: Option<&Reply>) -> String {
    match reply {
        None => "it was not asked".into(),
        Some(Reply::Refused { why } | Reply::Unknown { why }) => why.clone(),
        Some(Reply::CmdletFailed { code: Some(code), message }) => format!("PVS error {code}: {message}"),
        Some(Reply::CmdletFailed { code: None, message }) => message.clone(),
        Some(_) => "an answer of another kind came".into(),
    }
}

/// Returns a server's role, or why it can't be told.
fn role(
    server: &ServerName,
    master: &Result<ServerName, String>,
    registered: &Result<BTreeSet<ServerName>, String>,
    storages: &Result<BTreeSet<ServerName>, String>,
) -> Result<&'static str, String> {
    let is_master = *master.as_ref().map_err(String::clone)? == *server;
    let is_registered = registered.as_ref().map_err(String::clone)?.contains(server);
    match (is_registered, is_master) {
        (true, true) => Ok("master"),
        (false, true) => Err("the database names it as master, and PVS does not know it".into()),
        (false, false) => Ok("unregistered"),
        (true, false) => {
            let is_storage = storages.as_ref().map_err(String::clone)?.contains(server);
            Ok(if is_storage { "slave" } else { "additional" })
        }
    }
}

/// The servers that are ticked for the two stores of which only the master is to be, and those of them that serve.
struct Ticked {
    main: BTreeSet<ServerName>,
    diff: BTreeSet<ServerName>,
    served: [BTreeSet<ServerName>; 2],
}

impl Ticked {
    /// Reads them off the answers; none where one of the answers can't be read.
    fn of(site: &Site, answers: &Answers, via: &ServerName) -> Option<Ticked> {
        let names = |request: &Request| registered_names(answers, request).ok();
        let (main, diff) = (&site.group, &diff_store(&site.group));
        Some(Ticked {
            main: names(&servers_of(via, Some(main)))?,
            diff: names(&servers_of(via, Some(diff)))?,
            served: [names(&serving(via, main))?, names(&serving(via, diff))?],
        })
    }

    /// Returns the mark `ticks` of a server.
    fn mark(&self, server: &ServerName, role: Option<&'static str>) -> &'static str {
        let Ticked { main, diff, served } = self;
        let is_served = served.iter().all(|served| served.contains(server));
        let nobody = main.is_empty() && diff.is_empty();
        match (main.contains(server), diff.contains(server)) {
            (true, true) if is_served && main.len() == 1 && diff.len() == 1 => "own",
            (false, false) if nobody && role == Some("master") => "missing",
            (false, false) => "others",
            _ => "missing",
        }
    }
}

fn note_group(facts: &mut Facts, site: &Site, answers: &Answers, via: Option<&ServerName>) {
    let tasks = site.tasks_query.as_ref().map(|query| Request::Query(sql::site_tasks(query, &site.group)));
    match tasks.as_ref().map(|request| rows(answers, request)) {
        Some(Ok(rows)) => {
            let told = |row: Vec<Option<String>>| row.into_iter().flatten().collect::<Vec<_>>().join(" ");
            facts.know(
                None,
                fact::OPEN_TASKS,
                Value::List(rows.into_iter().map(told).collect()),
                "query `tasks`",
                None,
            );
        }
        Some(Err(why)) => facts.miss(None, fact::OPEN_TASKS, why),
        None => note_attested(facts, site, answers, fact::OPEN_TASKS, "tasks"),
    }
    if site.storages_query.is_none() {
        note_attested(facts, site, answers, fact::STORAGES, "storages");
    }
    match master_of(site, answers) {
        Ok(master) => facts.know(None, fact::MASTER_ROW, Value::Text(master.to_string()), "dbo.store", None),
        Err(why) => facts.miss(None, fact::MASTER_ROW, why),
    }
    note_ticked(facts, site, answers, via);
    match via.map(|via| json_list(answers, &servers_of(via, None))) {
        Some(Ok(listed)) => {
            // 1 is active; 0 is not, and 2 is unknown: neither can be counted on.
            let active = |one: &&Json| number_of(one.get("Active")) == Some(1);
            let name = |one: &Json| one.get("ServerName").and_then(Json::as_str).map(str::to_string);
            let answering = listed.iter().filter(active).filter_map(name).collect();
            facts.know(None, fact::ANSWERING, Value::List(answering), "Get-PvsServer", None);
        }
        Some(Err(why)) => facts.miss(None, fact::ANSWERING, why),
        None => facts.miss(None, fact::ANSWERING, silent(site, answers)),
    }
    facts.miss(None, fact::VERSION, "no documented command tells it");
}

/// Notes which servers are ticked for the two stores of which only the master is to be (CS-10), and which of them serve.
fn note_ticked(facts: &mut Facts, site: &Site, answers: &Answers, via: Option<&ServerName>) {
    let (main, diff) = (&site.group, &diff_store(&site.group));
    let ticked = |store: &String| via.map(|via| servers_of(via, Some(store)));
    let served = |store: &String| via.map(|via| serving(via, store));
    for (name, request) in [
        (fact::TICKED, ticked(main)),
        (fact::TICKED_DIFF, ticked(diff)),
        (fact::SERVING, served(main)),
        (fact::SERVING_DIFF, served(diff)),
    ] {
        match request.map(|request| registered_names(answers, &request)) {
            Some(Ok(ticked)) => {
                let ticked = ticked.iter().map(ToString::to_string).collect();
                facts.know(None, name, Value::List(ticked), "Get-PvsServer", None);
            }
            Some(Err(why)) => facts.miss(None, name, why),
            None => facts.miss(None, name, silent(site, answers)),
        }
    }
}

pub(super) fn number_of(value: Option<&Json>) -> Option<u64> {
    value.and_then(|value| value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok())))
}

fn note_server(
    facts: &mut Facts,
    site: &Site,
    answers: &Answers,
    via: Option<&ServerName>,
    server: &ServerName,
    registered: &Result<BTreeSet<ServerName>, String>,
) {
    let is_registered = registered.as_ref().map(|all| all.contains(server));
    match (via, is_registered) {
        (Some(via), Ok(true)) => {
            note_up(facts, server, number(answers, &status_of(via, server), "Status"));
            let counts = terminal_counts(via, &site.group, server);
            let counts: Result<Vec<u64>, String> =
                counts.iter().map(|request| number(answers, request, "DeviceCount")).collect();
            let source = "Get-PvsServerStoreActiveDeviceCount";
            note_count(
                facts,
                server,
                fact::TERMINALS,
                counts.map(|all| all.into_iter().fold(0, u64::saturating_add)),
                source,
            );
            let free = number(answers, &free_space(via, &site.group, server), "FreeSpace");
            let free = free.map(|mib| mib.saturating_mul(1024 * 1024));
            note_count(facts, server, fact::FREE_BYTES, free, "Get-PvsStoreFreeSpace");
        }
        (_, Ok(_)) => {
            // A server that PVS does not know serves no terminal of it.
            facts.know(Some(server), fact::TERMINALS, Value::Count(0), "Get-PvsServer", None);
            facts.miss(Some(server), fact::UP, NOT_REGISTERED);
            facts.miss(Some(server), fact::FREE_BYTES, NOT_REGISTERED);
        }
        (_, Err(why)) => {
            for name in [fact::UP, fact::TERMINALS, fact::FREE_BYTES] {
                facts.miss(Some(server), name, why.clone());
            }
        }
    }
}

fn note_up(facts: &mut Facts, server: &ServerName, status: Result<u64, String>) {
    match status {
        Ok(0) => facts.know(Some(server), fact::UP, Value::Flag(false), "Get-PvsServerStatus", None),
        Ok(1) => facts.know(Some(server), fact::UP, Value::Flag(true), "Get-PvsServerStatus", None),
        Ok(other) => facts.miss(Some(server), fact::UP, format!("PVS says that its status is unknown ({other})")),
        Err(why) => facts.miss(Some(server), fact::UP, why),
    }
}

fn note_count(facts: &mut Facts, server: &ServerName, name: &str, count: Result<u64, String>, source: &str) {
    match count {
        Ok(count) => facts.know(Some(server), name, Value::Count(count), source, None),
        Err(why) => facts.miss(Some(server), name, why),
    }
}
