use std::collections::BTreeMap;

use super::*;
use crate::format::sample::{at, name, topology};
use crate::model::plan::GroupVerdict;
use crate::model::request::Task;
use crate::model::table::RoleName;
use crate::model::topology::{Declared, Topology};
use crate::plan::plan;
use crate::system::wsmgr::SYSTEM;
use crate::system::wsmgr::table::TABLE;

/// A plan for three servers of which `web1` is the manager, whose mark `sync` is that, and all the others are members.
fn planned(roles: [RoleName; 3], sync: &'static str) -> GroupPlan {
    let servers = ["web1", "web2", "web3"];
    let declared = |(server, role): (&str, RoleName)| Declared {
        server: name(server),
        role,
        because: None,
        lost: false,
        reinstalled: None,
        line: 1,
    };
    let topology = Topology {
        table: &TABLE,
        servers: servers.into_iter().zip(roles).map(declared).collect(),
        keep: Vec::new(),
        waivers: Vec::new(),
        maintenance: Vec::new(),
        disrupt_at_most: None,
        ..topology()
    };
    let standing = |(index, server): (usize, &str)| {
        let (role, sync) = if index == 0 { ("manager", sync) } else { ("member", "complete") };
        (name(server), Standing::of(role).with("pool", "in").with("sync", sync).with("own", "joined"))
    };
    let servers: BTreeMap<_, _> = servers.into_iter().enumerate().map(standing).collect();
    let plan = plan(&topology, &GroupSnapshot { servers, ..GroupSnapshot::default() }, at(0));
    assert_eq!(plan.verdict, GroupVerdict::Ready, "{:?}", plan.blocked_by);
    plan
}

/// A server, one of its marks, and what is seen of it.
type Seen<'a> = (&'a str, &'static str, Option<&'static str>);

/// What is said right before the step of that name, where a server's mark is another or unknown. No person is asked for it.
fn says(plan: &GroupPlan, step: &str, server: &str, mark: &'static str, value: Option<&'static str>) -> Option<Ending> {
    says_before(&[], plan, step, (server, mark, value))
}

/// The same, where a person is asked for the step.
fn says_to(plan: &GroupPlan, step: &str, seen: Seen<'_>) -> Option<Ending> {
    let on = name(seen.0);
    let task =
        Task { group: "Web".into(), transition: "by hand", server: on.clone(), host: on, instructions: Vec::new() };
    says_before(&[Request::AskOperator(task)], plan, step, seen)
}

fn says_before(requests: &[Request], plan: &GroupPlan, step: &str, (server, mark, value): Seen<'_>) -> Option<Ending> {
    let step = plan.steps.iter().find(|one| one.transition.name == step).unwrap();
    let mut now = GroupSnapshot { servers: plan.standings_before(step.number), ..GroupSnapshot::default() };
    assert_eq!(unmet(&SYSTEM, plan, step, requests, &now), None);
    let marks = &mut now.servers.get_mut(&name(server)).unwrap().marks;
    match value {
        Some(value) => marks.extend([(mark, value)]),
        None => marks.retain(|name, _| *name != mark),
    }
    unmet(&SYSTEM, plan, step, requests, &now).map(|(ending, _)| ending)
}

// WS-11, WS-12
#[test]
fn what_a_step_needs_of_its_server_and_of_a_leader_that_hands_over_is_looked_at_right_before_it() {
    let plan = planned(["disabled", "manager", "member"], "complete");
    assert_eq!(says(&plan, "handover", "web2", "sync", Some("running")), Some(Ending::Stale));
    assert_eq!(says(&plan, "handover", "web2", "sync", None), Some(Ending::Unknown));
    assert_eq!(says(&plan, "handover", "web1", "pool", Some("in")), Some(Ending::Stale));
    assert_eq!(says(&plan, "handover", "web1", "pool", None), Some(Ending::Unknown));
    assert_eq!(says(&plan, "handover", "web3", "sync", None), None, "no row asks that");
}

// WS-10
#[test]
fn what_a_step_needs_of_the_others_is_looked_at_right_before_it() {
    let plan = planned(["manager", "member", "member"], "error");
    for other in ["web2", "web3"] {
        assert_eq!(says(&plan, "regroup", other, "pool", Some("in")), Some(Ending::Stale), "{other}");
        assert_eq!(says(&plan, "regroup", other, "pool", None), Some(Ending::Unknown), "{other}");
        assert_eq!(says(&plan, "regroup", other, "sync", Some("running")), None, "the step sets it itself");
    }
    // A mark that the step itself sets may be anywhere on its way.
    assert_eq!(says(&plan, "regroup", "web1", "sync", Some("running")), None);
    assert_eq!(says(&plan, "await-sync", "web2", "sync", Some("complete")), None);
}

// WS-11
#[test]
fn a_mark_that_the_step_sets_is_seen_before_a_person_is_asked_who_does_not_tell_it_himself() {
    let plan = planned(["disabled", "manager", "member"], "complete");
    assert_eq!(says_to(&plan, "drain", ("web1", "pool", Some("draining"))), None, "it may be on its way");
    assert_eq!(says_to(&plan, "drain", ("web1", "pool", None)), Some(Ending::Unknown), "it may be done");
    assert_eq!(says(&plan, "drain", "web1", "pool", None), None, "what is begun goes on, or nobody ever sees it again");
    let broken = planned(["manager", "member", "member"], "error");
    assert_eq!(
        says_to(&broken, "regroup", ("web1", "sync", None)),
        None,
        "whoever is asked knows whether he has done it"
    );
}

#[test]
fn a_server_that_has_left_its_rung_is_asked_nothing() {
    let plan = planned(["disabled", "manager", "member"], "complete");
    let step = plan.steps.iter().find(|one| one.transition.name == "handover").unwrap();
    let mut now = GroupSnapshot { servers: plan.standings_before(step.number), ..GroupSnapshot::default() };
    let one = now.servers.get_mut(&name("web2")).unwrap();
    (one.role, one.marks) = (Some("manager"), BTreeMap::new());
    assert_eq!(unmet(&SYSTEM, &plan, step, &[], &now), None);
}
