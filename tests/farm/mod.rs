//! A practice farm in memory, as the tests look at it: through the system's own requests.
#![allow(dead_code)]

use rolewalk::format::source::SourceFile;
use rolewalk::format::topology;
use rolewalk::model::fact::Fact;
use rolewalk::model::guard::{Guard, Verdict};
use rolewalk::model::name::ServerName;
use rolewalk::model::site::Site;
use rolewalk::model::snapshot::{GroupSnapshot, Standing};
use rolewalk::model::topology::Topology;
use rolewalk::system::co_store::SYSTEM;
use rolewalk::system::{Answers, System, tables};
use rolewalk::world::practice::co_store::{FOLDER, STORAGES_QUERY, TASKS_QUERY};
use rolewalk::world::practice::{PracticeWorld, farm_file};

pub fn server(name: &str) -> ServerName {
    ServerName::new(name).unwrap()
}

/// A farm with one store, `Store`, of these servers, written as in `farm.yaml`.
pub fn farm(servers: &str) -> PracticeWorld {
    let text = format!("version: 1\nco-store:\n  Store:\n    servers: {{ {servers} }}\n    disks: {{ Hoge: 1 }}\n");
    PracticeWorld::in_memory(&farm_file::parse(&text).unwrap()).unwrap()
}

/// A farm with one Sun Ray failover group, `desk`, of these servers, written as in `farm.yaml`.
pub fn sun_ray(servers: &str) -> PracticeWorld {
    let text = format!("version: 1\nsun-ray:\n  desk:\n    servers: {{ {servers} }}\n    users: [hanako, taro]\n");
    PracticeWorld::in_memory(&farm_file::parse(&text).unwrap()).unwrap()
}

/// A farm with one LifeKeeper cluster, `shop`, of these servers, with these hierarchies, written as in `farm.yaml`.
pub fn lifekeeper_with(servers: &str, hierarchies: &str) -> PracticeWorld {
    let text = format!(
        "version: 1\nlifekeeper:\n  shop:\n    servers: {{ {servers} }}\n    hierarchies: {{ {hierarchies} }}\n"
    );
    PracticeWorld::in_memory(&farm_file::parse(&text).unwrap()).unwrap()
}

/// A farm with one LifeKeeper cluster with one hierarchy whose volume is mirrored.
pub fn lifekeeper(servers: &str) -> PracticeWorld {
    lifekeeper_with(servers, "web: { volumes: [E] }")
}

/// A farm with one WSMGR server group, `Web`, of these servers, of which so many carry the load.
pub fn wsmgr_of(needed: u64, servers: &str) -> PracticeWorld {
    let text = format!("version: 1\nwsmgr:\n  Web:\n    needed: {needed}\n    servers: {{ {servers} }}\n");
    PracticeWorld::in_memory(&farm_file::parse(&text).unwrap()).unwrap()
}

/// A farm with one WSMGR server group, `Web`, of these servers, written as in `farm.yaml`.
pub fn wsmgr(servers: &str) -> PracticeWorld {
    wsmgr_of(1, servers)
}

/// What is declared for `Store`: the servers as in a topology file, and whatever lines follow.
pub fn declared(servers: &str, more: &str) -> Topology {
    declared_in(&SYSTEM, "Store", servers, more)
}

/// What is declared for a group of a system.
pub fn declared_in(system: &System, group: &str, servers: &str, more: &str) -> Topology {
    let system = system.table.system;
    let text = format!("version: 1\ngroup: {group}\nsystem: {system}\nservers: {{ {servers} }}\n{more}");
    let file = SourceFile { name: "store.yaml".into(), bytes: text.into_bytes() };
    topology::parse(&[file], &tables(), &|_| None).unwrap_or_else(|faults| panic!("{faults:?}")).remove(0)
}

pub fn site(topology: &Topology) -> Site {
    Site {
        group: topology.group.clone(),
        servers: topology.servers.iter().map(|one| one.server.clone()).collect(),
        lost: topology.servers.iter().filter(|one| one.lost).map(|one| one.server.clone()).collect(),
        declared: topology.servers.iter().map(|one| (one.server.clone(), one.role)).collect(),
        storages_query: Some(STORAGES_QUERY.into()),
        tasks_query: Some(TASKS_QUERY.into()),
        api_folder: FOLDER.into(),
        today: None,
        compare_content: true,
        read_afresh: false,
        takes_back: topology.source.takes_back.clone(),
        ..Site::default()
    }
}

/// Everything that is asked in a full observation, with the answers.
pub fn answers(world: &PracticeWorld, site: &Site) -> Answers {
    answers_to(&SYSTEM, world, site)
}

/// Everything that a system asks in a full observation, with the answers.
pub fn answers_to(system: &System, world: &PracticeWorld, site: &Site) -> Answers {
    let mut answers = Answers::default();
    loop {
        let requests = (system.asks)(site, &answers);
        if requests.is_empty() {
            return answers;
        }
        answers.extend(requests.into_iter().map(|request| (request.clone(), world.perform(&request))));
    }
}

pub fn observe(world: &PracticeWorld, site: &Site) -> GroupSnapshot {
    observe_in(&SYSTEM, world, site)
}

pub fn observe_in(system: &System, world: &PracticeWorld, site: &Site) -> GroupSnapshot {
    (system.reads)(site, &answers_to(system, world, site))
}

/// Everything that a snapshot holds, each taken away in turn: what it is, of which server, and what is left.
pub fn blanked(seen: &GroupSnapshot) -> Vec<(String, String, GroupSnapshot)> {
    let mut all = Vec::new();
    for key in seen.facts.0.keys() {
        let mut less = seen.clone();
        less.facts.0.insert(key.clone(), Fact::Unknown { why: "taken away".into() });
        let of = key.server.as_ref().map_or("the group", |server| server.as_str());
        all.push((key.name.clone(), of.to_string(), less));
    }
    for (server, standing) in &seen.servers {
        let mut without = |what: &str, take: &dyn Fn(&mut Standing)| {
            let mut less = seen.clone();
            less.servers.get_mut(server).into_iter().for_each(take);
            all.push((what.to_string(), server.to_string(), less));
        };
        without("role", &|one| one.role = None);
        standing.marks.keys().for_each(|mark| without(mark, &|one| one.marks.retain(|other, _| other != mark)));
    }
    all
}

/// Returns without what a guard that says yes says so no longer, as `SERVER what` with commas between them.
///
/// # Panics
/// Where it says no for want of something, or has read something that it does not name: a plan would not carry that.
pub fn needs(guard: &Guard, seen: &GroupSnapshot, ask: impl Fn(&GroupSnapshot) -> Verdict) -> String {
    let name = guard.name;
    let mut needs = Vec::new();
    for (what, of, less) in blanked(seen) {
        let verdict = ask(&less);
        assert_ne!(verdict, Verdict::No, "{name} takes an unknown {what} of {of} for a no");
        if verdict == Verdict::Unknown {
            let is_named = what == "role" || guard.reads.contains(&what.as_str());
            assert!(is_named, "{name} reads {what} of {of}, and does not say so");
            needs.push(format!("{of} {what}"));
        }
    }
    needs.sort();
    needs.dedup();
    needs.join(", ")
}
