//! The table's plans, carried out on the practice farm, which has the products' rules and not the table's: where the
//! two disagree, a walk stops or does not arrive.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rolewalk::model::name::ServerName;
use rolewalk::model::plan::GroupVerdict;
use rolewalk::model::site::Site;
use rolewalk::model::snapshot::GroupSnapshot;
use rolewalk::model::topology::{Declared, Source, Topology};
use rolewalk::plan::plan;
use rolewalk::system::co_store::SYSTEM;
use rolewalk::system::{Answers, Judgement};
use rolewalk::world::practice::co_store::{FOLDER, STORAGES_QUERY, TASKS_QUERY};
use rolewalk::world::practice::{PracticeWorld, farm_file};

const FARM: &str = "\
version: 1
co-store:
  Store:
    servers: { PVS1: master, PVS2: slave, PVS3: unregistered, PVS4: additional }
    disks: { Hoge: 1 }
";

const ROLES: [&str; 3] = ["unregistered", "additional", "slave"];

fn site() -> Site {
    Site {
        group: "Store".into(),
        servers: ["PVS1", "PVS2", "PVS3", "PVS4"].map(|name| ServerName::new(name).unwrap()).to_vec(),
        lost: Vec::new(),
        declared: Default::default(),
        storages_query: Some(STORAGES_QUERY.into()),
        tasks_query: Some(TASKS_QUERY.into()),
        wizards: Vec::new(),
        api_folder: FOLDER.into(),
        today: None,
        compare_content: true,
        read_afresh: false,
        takes_back: Vec::new(),
    }
}

fn observe(world: &PracticeWorld, site: &Site) -> GroupSnapshot {
    let mut answers = Answers::default();
    loop {
        let requests = (SYSTEM.asks)(site, &answers);
        if requests.is_empty() {
            return (SYSTEM.reads)(site, &answers);
        }
        answers.extend(requests.into_iter().map(|request| (request.clone(), world.perform(&request))));
    }
}

fn topology(roles: [&'static str; 4]) -> Topology {
    let declared = |(line, (server, role))| Declared {
        server,
        role,
        because: None,
        lost: false,
        reinstalled: None,
        line: line + 1,
    };
    Topology {
        group: "Store".into(),
        table: SYSTEM.table,
        connection: None,
        servers: site().servers.into_iter().zip(roles).enumerate().map(declared).collect(),
        keep: Vec::new(),
        keep_master_files: false,
        waivers: Vec::new(),
        maintenance: Vec::new(),
        settling: None,
        disrupt_at_most: None,
        source: Source::default(),
    }
}

/// Walks to the declared roles, each step planned and observed anew; returns the steps.
fn walk(world: &PracticeWorld, declared: &Topology) -> Vec<String> {
    let site = site();
    let mut done = Vec::new();
    loop {
        let now = observe(world, &site);
        let planned = plan(declared, &now, Timestamp::UNIX_EPOCH);
        if planned.verdict == GroupVerdict::InSync {
            return done;
        }
        assert_eq!(planned.verdict, GroupVerdict::Ready, "after {done:?}: {:?}", planned.blocked_by);
        let step = &planned.steps[0];
        done.push(format!("{} {}", step.transition.name, step.server));
        assert!(done.len() < 30, "it goes round and round: {done:?}");
        for request in (SYSTEM.acts)(&site, step, &now) {
            let reply = world.perform(&request);
            assert_eq!((SYSTEM.judges)(&request, &reply), Judgement::Fine, "after {done:?}: {request}: {reply:?}");
        }
        let after = observe(world, &site);
        for server in step.touches() {
            let seen = &after.servers[server];
            assert!(step.reached_by(server, seen), "{} of {done:?} leaves {server} as {seen:?}", step.transition.name);
        }
    }
}

// CS-01 to CS-10
#[test]
fn every_declared_topology_is_reached_on_a_farm_that_knows_nothing_of_the_table() {
    let file = farm_file::parse(FARM).unwrap();
    let mut walks = 0;
    let mut lengths = BTreeMap::new();
    for master in 0..4 {
        for others in 0..27 {
            let mut rest = [ROLES[others % 3], ROLES[others / 3 % 3], ROLES[others / 9]].into_iter();
            let roles = std::array::from_fn(|at| if at == master { "master" } else { rest.next().unwrap() });
            let world = PracticeWorld::in_memory(&file).unwrap();
            let done = walk(&world, &topology(roles));
            *lengths.entry(done.len()).or_insert(0) += 1;
            walks += 1;
        }
    }
    assert_eq!(walks, 4 * 27);
    assert!(lengths.keys().max() > Some(&5), "{lengths:?}");
}

// CS-05, CS-07, CS-08, CS-10
#[test]
fn a_server_from_outside_the_farm_becomes_its_master_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let yaml = folder.path().join("farm.yaml");
    std::fs::write(&yaml, FARM).unwrap();
    let world = PracticeWorld::open(&yaml).unwrap();
    let done = walk(&world, &topology(["slave", "slave", "master", "additional"]));
    assert_eq!(done, ["register PVS3", "add-storage PVS3", "await-replication PVS3", "handover PVS3"]);
}
