//! How a store is observed: what is asked in which order, and what the answers say.
//!
//! The database names the master and, through the site's queries, storages and tasks. PVS, asked through any
//! server that answers, tells which servers are registered, ticked and up, how many terminals run, and which
//! versions are in maintenance. Each server's share tells its files. What is not answered is unknown, never absent.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::model::disks::compare::{Comparison, Maintenance};
use crate::model::fact::{Facts, Value};
use crate::model::name::ServerName;
use crate::model::request::Request;
use crate::model::site::Site;
use crate::model::snapshot::{GroupSnapshot, Standing, Standings, leaders};
use crate::system::Answers;

use super::guards::fact;
use super::replies::{json_list, number, number_of, rows, server_names};
use super::table::TABLE;
use super::view::{Pvs, View, attested, note_attested, servers_of};
use super::{diff_store, disks, link_store, sql, versions};

/// Why nothing is known of a server's state in PVS while it is not registered there.
pub const NOT_REGISTERED: &str = "it is not registered in PVS";

/// Returns what must be asked next; empty once everything was asked.
pub fn asks(site: &Site, answers: &Answers) -> Vec<Request> {
    let first = answers.missing(database(site));
    if !first.is_empty() {
        return first;
    }
    let view = View::new(site, answers);
    let Ok(pvs) = &view.pvs else { return view.seek() };
    let hashes = answers.missing(hashes(&view));
    if !hashes.is_empty() {
        return hashes;
    }
    let mut requests = rest(&view, pvs);
    requests.extend(versions::asks(site, answers, &pvs.via));
    answers.missing(requests)
}

/// Returns the requests for the fingerprints of all that hold the store's files. They are asked before what changes by
/// the minute, because they may take hours.
fn hashes(view: &View<'_>) -> Vec<Request> {
    if !view.site.compare_content {
        return Vec::new();
    }
    let (known, holders) = (view.known_servers(), view.holders());
    known
        .iter()
        .filter(|server| holders.contains(server))
        .map(|server| disks::fingerprints(view.site, server))
        .collect()
}

/// Reads the store's snapshot off the answers.
pub fn reads(site: &Site, answers: &Answers) -> GroupSnapshot {
    let mut facts = Facts::default();
    let view = View::new(site, answers);
    note_group(&mut facts, &view);
    let ticked = view.pvs.as_ref().ok().and_then(|pvs| Ticked::of(&view, pvs));
    let mut snapshot =
        GroupSnapshot { group: site.group.clone(), system: "co-store".into(), ..GroupSnapshot::default() };
    for server in view.known_servers() {
        note_server(&mut facts, &view, &server);
        let role = view.role(&server);
        if let Err(why) = &role {
            facts.miss(Some(&server), "role", why.clone());
        }
        let mut standing = Standing { role: role.ok(), ..Standing::default() };
        if let Some(ticks) = ticked.as_ref().map(|ticked| ticked.mark(&server, standing.role)) {
            standing.marks.insert("ticks", ticks);
        }
        snapshot.servers.insert(server, standing);
    }
    let comparison = comparison(&view, &snapshot.servers);
    let master_files = leaders(&TABLE, &snapshot.servers).next().and_then(|one| disks::lengths(site, answers, one));
    for (server, standing) in &mut snapshot.servers {
        let looked = disks::Looked {
            site,
            answers,
            server,
            role: standing.role,
            comparison: &comparison,
            master_files: master_files.as_ref(),
        };
        if let Some(value) = disks::mark(&looked, &mut facts) {
            standing.marks.insert("disks", value);
        }
    }
    snapshot.facts = facts;
    snapshot
}

/// Compares the files of all servers that are known to hold them, or says why that can't be done.
pub(super) fn comparison(view: &View<'_>, standings: &Standings) -> Result<Comparison, String> {
    let role = |wanted: &str| {
        let with = standings.iter().filter(move |(_, standing)| standing.role == Some(wanted));
        with.map(|(server, _)| server).collect::<Vec<_>>()
    };
    let masters = role("master");
    let master = masters.first().ok_or("no master is known to compare with")?;
    let holders: Vec<&ServerName> = masters.iter().copied().chain(role("slave")).collect();
    disks::compared(view.site, view.answers, master, &holders, &in_maintenance(view))
        .ok_or_else(|| "the files were not compared by content".into())
}

/// Returns the versions that PVS says are in maintenance; none where it did not answer.
pub(super) fn in_maintenance(view: &View<'_>) -> Maintenance {
    let told = view.pvs.as_ref().map(|pvs| versions::in_maintenance(view.site, view.answers, &pvs.via));
    told.unwrap_or_default()
}

fn database(site: &Site) -> Vec<Request> {
    let storages = site.storages_query.iter().map(|query| sql::site_storages(query, &site.group));
    let tasks = site.tasks_query.iter().map(|query| sql::site_tasks(query, &site.group));
    let queries = std::iter::once(sql::read_store(&site.group)).chain(storages).chain(tasks).map(Request::Query);
    queries.chain(attested(site)).collect()
}

fn rest(view: &View<'_>, Pvs { via, registered }: &Pvs) -> Vec<Request> {
    let store = &view.site.group;
    let stores = [store.clone(), diff_store(store)];
    let mut requests: Vec<Request> =
        stores.iter().flat_map(|store| [servers_of(via, Some(store)), serving(via, store)]).collect();
    for server in view.known_servers() {
        if registered.contains(&server) {
            requests.push(status_of(via, &server));
            requests.extend(terminal_counts(via, store, &server));
            requests.push(free_space(via, store, &server));
        }
        requests.push(Request::ListStore { on: server, store: store.clone() });
    }
    requests
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

/// The servers that are ticked for the two stores of which only the master is to be, and those of them that serve.
struct Ticked {
    main: BTreeSet<ServerName>,
    diff: BTreeSet<ServerName>,
    served: [BTreeSet<ServerName>; 2],
}

impl Ticked {
    /// Reads them off the answers; none where one of the answers can't be read.
    fn of(view: &View<'_>, Pvs { via, .. }: &Pvs) -> Option<Ticked> {
        let names = |request: &Request| server_names(view.answers, request).ok();
        let (main, diff) = (&view.site.group, &diff_store(&view.site.group));
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

fn note_group(facts: &mut Facts, view: &View<'_>) {
    let View { site, answers, .. } = view;
    let tasks = site.tasks_query.as_ref().map(|query| Request::Query(sql::site_tasks(query, &site.group)));
    match tasks.as_ref().map(|request| rows(answers, request)) {
        Some(Ok(rows)) => {
            let told =
                |row: &Vec<Option<String>>| row.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
            let open = Value::List(rows.iter().map(told).collect());
            facts.know(None, fact::OPEN_TASKS, open, "query `tasks`", None);
        }
        Some(Err(why)) => facts.miss(None, fact::OPEN_TASKS, why),
        None => note_attested(facts, site, answers, fact::OPEN_TASKS, "tasks"),
    }
    if site.storages_query.is_none() {
        note_attested(facts, site, answers, fact::STORAGES, "storages");
    }
    match &view.master {
        Ok(master) => facts.know(None, fact::MASTER_ROW, Value::Text(master.to_string()), "dbo.store", None),
        Err(why) => facts.miss(None, fact::MASTER_ROW, why.clone()),
    }
    note_ticked(facts, view);
    let listed = |pvs: &Pvs| json_list(answers, &servers_of(&pvs.via, None));
    match view.pvs.as_ref().map_err(String::clone).and_then(listed) {
        Ok(listed) => {
            // 1 is active; 0 is not, and 2 is unknown: neither can be counted on.
            let active = |one: &&Json| number_of(one.get("Active")) == Some(1);
            let name = |one: &Json| one.get("ServerName").and_then(Json::as_str).map(str::to_string);
            let answering = listed.iter().filter(active).filter_map(name).collect();
            facts.know(None, fact::ANSWERING, Value::List(answering), "Get-PvsServer", None);
        }
        Err(why) => facts.miss(None, fact::ANSWERING, why),
    }
    facts.miss(None, fact::VERSION, "no documented command tells it");
}

/// Notes which servers are ticked for the two stores of which only the master is to be (CS-10), and which of them serve.
fn note_ticked(facts: &mut Facts, view: &View<'_>) {
    let (main, diff) = (&view.site.group, &diff_store(&view.site.group));
    let ticked: Ask = |via, store| servers_of(via, Some(store));
    for (name, ask, store) in [
        (fact::TICKED, ticked, main),
        (fact::TICKED_DIFF, ticked, diff),
        (fact::SERVING, serving, main),
        (fact::SERVING_DIFF, serving, diff),
    ] {
        let names = |pvs: &Pvs| server_names(view.answers, &ask(&pvs.via, store));
        match view.pvs.as_ref().map_err(String::clone).and_then(names) {
            Ok(ticked) => {
                let ticked = ticked.iter().map(ToString::to_string).collect();
                facts.know(None, name, Value::List(ticked), "Get-PvsServer", None);
            }
            Err(why) => facts.miss(None, name, why),
        }
    }
}

/// Words a question about a store through a server.
type Ask = fn(&ServerName, &str) -> Request;

fn note_server(facts: &mut Facts, view: &View<'_>, server: &ServerName) {
    let (store, answers) = (&view.site.group, view.answers);
    match &view.pvs {
        Ok(Pvs { via, registered }) if registered.contains(server) => {
            note_up(facts, server, number(answers, &status_of(via, server), "Status"));
            let counts = terminal_counts(via, store, server);
            let counts: Result<Vec<u64>, String> =
                counts.iter().map(|request| number(answers, request, "DeviceCount")).collect();
            let count = counts.map(|all| all.into_iter().fold(0, u64::saturating_add));
            note_count(facts, server, fact::TERMINALS, count, "Get-PvsServerStoreActiveDeviceCount");
            let free = number(answers, &free_space(via, store, server), "FreeSpace");
            let free = free.map(|mib| mib.saturating_mul(1024 * 1024));
            note_count(facts, server, fact::FREE_BYTES, free, "Get-PvsStoreFreeSpace");
        }
        Ok(_) => {
            // A server that PVS does not know serves no terminal of it.
            facts.know(Some(server), fact::TERMINALS, Value::Count(0), "Get-PvsServer", None);
            facts.miss(Some(server), fact::UP, NOT_REGISTERED);
            facts.miss(Some(server), fact::FREE_BYTES, NOT_REGISTERED);
        }
        Err(why) => {
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
