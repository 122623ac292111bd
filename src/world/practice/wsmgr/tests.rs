//! The rules of WSMGR on a practice farm, from the documents.

use super::{Change, Sync};
use crate::model::name::ServerName;
use crate::model::pool::{PoolSeen, PoolState};
use crate::model::request::{Reply, Request, Task};
use crate::world::practice::{Change as Any, PracticeWorld, farm_file};

fn farm() -> PracticeWorld {
    let text =
        "version: 1\nwsmgr:\n  Web:\n    servers: { web1: manager, web2: member, web3: member, web4: unregistered }\n";
    PracticeWorld::in_memory(&farm_file::parse(text).unwrap()).unwrap()
}

fn name(text: &str) -> ServerName {
    ServerName::new(text).unwrap()
}

fn asked(farm: &PracticeWorld, transition: &'static str, server: &str, host: &str) -> Reply {
    let (server, host) = (name(server), name(host));
    farm.perform(&Request::AskOperator(Task {
        group: "Web".into(),
        transition,
        server,
        host,
        instructions: Vec::new(),
    }))
}

fn role(farm: &PracticeWorld, server: &str) -> (&'static str, Option<&'static str>) {
    let status = farm.status().unwrap();
    let one = status.wsmgr.servers.into_iter().find(|one| one.name == server).unwrap();
    (one.role, one.sync)
}

// WS-12, WS-13
#[test]
fn a_group_is_changed_on_the_manager_and_a_new_member_synchronises() {
    let farm = farm();
    assert!(matches!(asked(&farm, "add", "web4", "web2"), Reply::Refused { .. }), "a member can't change the group");
    assert_eq!(asked(&farm, "add", "web4", "web1"), Reply::OperatorDone);
    assert_eq!(role(&farm, "web4"), ("member", Some("running")));
    assert_eq!(asked(&farm, "await-sync", "web4", "web1"), Reply::OperatorDone);
    assert_eq!(role(&farm, "web4"), ("member", Some("complete")));
}

// WS-08, WS-14, WS-15
#[test]
fn a_lost_manager_freezes_the_group_and_acts_as_a_second_one_when_it_comes_back_uncleared() {
    let farm = farm();
    assert!(matches!(asked(&farm, "take-over", "web2", "web2"), Reply::Refused { .. }), "the manager is there");
    farm.change(Any::Powered { server: "web1".into(), on: false }).unwrap();
    assert!(matches!(asked(&farm, "disable", "web3", "web2"), Reply::Refused { .. }), "nothing can be changed");
    assert_eq!(asked(&farm, "isolate", "web1", "web2"), Reply::OperatorDone);
    assert_eq!(asked(&farm, "take-over", "web2", "web2"), Reply::OperatorDone);
    assert_eq!((role(&farm, "web2").0, role(&farm, "web1").0), ("manager", "unregistered"));
    assert_eq!(role(&farm, "web3"), ("member", Some("running")));
    farm.change(Any::Powered { server: "web1".into(), on: true }).unwrap();
    assert!(matches!(asked(&farm, "add", "web1", "web2"), Reply::Refused { .. }), "it still has its list");
    farm.change(Change::Connected { server: "web1".into(), connected: true }).unwrap();
    assert_eq!(role(&farm, "web1").0, "manager", "two managers");
}

// WS-04, WS-07
#[test]
fn a_synchronisation_without_space_ends_in_an_error_until_it_is_done_by_hand() {
    let farm = farm();
    farm.change(Any::FreeSpace { server: "web4".into(), megabytes: 100 }).unwrap();
    assert_eq!(asked(&farm, "add", "web4", "web1"), Reply::OperatorDone);
    assert!(matches!(asked(&farm, "await-sync", "web4", "web1"), Reply::Refused { .. }));
    assert_eq!(role(&farm, "web4"), ("member", Some("error")));
    farm.change(Any::FreeSpace { server: "web4".into(), megabytes: 1000 }).unwrap();
    assert_eq!(asked(&farm, "resync", "web4", "web1"), Reply::OperatorDone);
    assert_eq!(role(&farm, "web4"), ("member", Some("running")));
    assert_eq!(asked(&farm, "await-sync", "web4", "web1"), Reply::OperatorDone);
    farm.change(Change::Synchronised { server: "web4".into(), sync: Sync::Error }).unwrap();
    assert_eq!(role(&farm, "web4").1, Some("error"));
}

// WS-09
#[test]
fn sessions_end_once_no_new_ones_come_and_stay_where_they_are_bound() {
    let farm = farm();
    let server = name("web2");
    let sessions = |count| farm.change(Change::Sessions { server: "web2".into(), count }).unwrap();
    sessions(5);
    let seen = |state, sessions, up| Reply::Pool(PoolSeen { state, sessions, up });
    let set = |to| farm.perform(&Request::SetPool { server: server.clone(), to });
    let wait = || farm.perform(&Request::AwaitIdle { server: server.clone() });
    assert_eq!(wait(), seen(PoolState::Ready, 5, Some(true)), "new ones come");
    assert_eq!(set(PoolState::Drain), seen(PoolState::Drain, 5, Some(true)));
    farm.change(Change::Sticky { server: "web2".into(), sticky: true }).unwrap();
    assert_eq!(wait(), seen(PoolState::Drain, 5, Some(true)));
    farm.change(Change::Sticky { server: "web2".into(), sticky: false }).unwrap();
    assert_eq!(wait(), seen(PoolState::Drain, 0, Some(true)));
    assert_eq!(set(PoolState::Maint), seen(PoolState::Maint, 0, None));
    assert!(matches!(farm.perform(&Request::SeePool { server: name("web9") }), Reply::Refused { .. }));
}

#[test]
fn the_simulated_operator_attests_what_is_there_and_a_person_nothing() {
    let farm = farm();
    let ask = Request::ReadAttested { system: "wsmgr", group: "Web".into() };
    let Reply::Attested(all) = farm.perform(&ask) else { panic!("no answer") };
    assert!(all.iter().any(|(one, over)| one.subject() == "web1.role" && one.value == "manager" && !over));
    farm.change(Any::Operator(crate::world::practice::Operator::Person)).unwrap();
    farm.change(Change::AttestedOver { group: "Web".into() }).unwrap();
    let Reply::Attested(all) = farm.perform(&ask) else { panic!("no answer") };
    assert!(!all.is_empty() && all.iter().all(|(_, is_over)| *is_over));
    farm.change(Change::Attested { group: "Web".into() }).unwrap();
    let Reply::Attested(all) = farm.perform(&ask) else { panic!("no answer") };
    assert!(all.iter().all(|(_, is_over)| !is_over));
}
