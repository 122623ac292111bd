use super::*;
use crate::format::sample::{at, name, topology};
use crate::model::fact::Facts;
use crate::model::plan::GroupVerdict;
use crate::model::snapshot::{Standing, Standings};
use crate::model::table::{RoleName, Table};
use crate::model::topology::{Declared, Topology, Waiver};
use crate::plan::plan;
use crate::system::co_store::guards::fact;
use crate::system::{co_store, lifekeeper};

fn declared(table: &'static Table, servers: &[(&str, RoleName)]) -> Topology {
    let one = |(server, role): &(&str, RoleName)| Declared {
        server: name(server),
        role,
        because: None,
        lost: false,
        reinstalled: None,
        line: 1,
    };
    let servers = servers.iter().map(one).collect();
    let topology = topology();
    Topology { table, servers, keep: Vec::new(), waivers: Vec::new(), disrupt_at_most: None, ..topology }
}

/// Two servers of a store, of which the second is to become a slave.
fn store() -> (Topology, GroupSnapshot) {
    let servers = Standings::from([
        (name("PVS1"), Standing::of("master").with("disks", "complete").with("ticks", "own")),
        (name("PVS2"), Standing::of("additional").with("disks", "none").with("ticks", "others")),
    ]);
    let topology = declared(&co_store::table::TABLE, &[("PVS1", "master"), ("PVS2", "slave")]);
    (topology, GroupSnapshot { servers, ..GroupSnapshot::default() })
}

/// What is too small for the files of the store.
fn full() -> Facts {
    let mut facts = Facts::default();
    for (server, name_of, bytes) in
        [("PVS1", fact::STORE_BYTES, 10 << 20), ("PVS2", fact::STORE_BYTES, 0), ("PVS2", fact::FREE_BYTES, 1 << 20)]
    {
        facts.know(Some(&name(server)), name_of, Value::Count(bytes), "a listing", None);
    }
    facts
}

fn told(plan: &GroupPlan, now: &GroupSnapshot) -> Vec<String> {
    changes(plan, now, at(0)).into_iter().map(|change| change.en).collect()
}

#[test]
fn every_role_and_mark_that_is_another_and_every_server_that_is_new_is_told() {
    let (topology, seen) = store();
    let plan = plan(&topology, &seen, at(0));
    assert_eq!((plan.verdict, told(&plan, &seen)), (GroupVerdict::Ready, vec![]));
    let with = |change: &dyn Fn(&mut Standings)| {
        let mut now = seen.clone();
        change(&mut now.servers);
        told(&plan, &now)
    };
    let second = |now: &mut Standings, standing: Standing| drop(now.insert(name("PVS2"), standing));
    let was = seen.servers[&name("PVS2")].clone();
    let role = |role| with(&|now| second(now, Standing { role, ..was.clone() }));
    assert_eq!(role(Some("unregistered")), ["`PVS2` was additional and is unregistered"]);
    assert_eq!(role(None), ["`PVS2` was additional and is unknown"]);
    let mark = with(&|now| second(now, was.clone().with("disks", "leftover")));
    assert_eq!(mark, ["disks of `PVS2` were `none` and are `leftover`"]);
    let new = |standing: Standing| with(&|now| drop(now.insert(name("PVS9"), standing.clone())));
    assert_eq!(new(Standing::of("slave")), ["`PVS9` is new, as slave"]);
    assert_eq!(new(Standing::default()), [""; 0]);
}

// CS-07
#[test]
fn a_guard_that_turned_to_no_is_told_with_the_facts_unless_it_is_waived() {
    let (mut topology, seen) = store();
    let now = GroupSnapshot { facts: full(), ..seen.clone() };
    let turned = told(&plan(&topology, &seen, at(0)), &now);
    assert!(turned[0].starts_with("step 1: guard `capacity_suffices` says no now: "), "{turned:?}");
    topology.waivers.push(Waiver {
        guard: "capacity_suffices",
        server: None,
        owner: "kimura".into(),
        reason: "the disk grows tonight".into(),
        until: jiff::civil::date(2999, 12, 31),
    });
    assert_eq!(told(&plan(&topology, &seen, at(0)), &now), [""; 0]);
}

// LK-01
#[test]
fn guards_are_asked_of_the_moment_right_before_their_step() {
    let node = |role, mirror| Standing::of(role).with("record", "current").with("mirror", mirror);
    let servers =
        Standings::from([(name("N1"), node("active", "mirroring")), (name("N2"), node("standby", "mirroring"))]);
    let mut facts = Facts::default();
    for server in ["N1", "N2"] {
        facts.know(Some(&name(server)), "answers", Value::Flag(true), "a look", None);
    }
    let seen = GroupSnapshot { servers, facts, ..GroupSnapshot::default() };
    let topology = declared(&lifekeeper::table::TABLE, &[("N1", "standby"), ("N2", "active")]);
    let plan = plan(&topology, &seen, at(0));
    let steps: Vec<&str> = plan.steps.iter().map(|step| step.transition.name).collect();
    assert_eq!(steps, ["take-out-of-service", "restore"]);
    assert_eq!(told(&plan, &seen), [""; 0], "nobody has them in service before they are restored");
}
