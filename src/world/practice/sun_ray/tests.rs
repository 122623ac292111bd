//! What Sun Ray servers do on a practice farm, each rule seen by its outputs and what is there afterwards.

use super::{Change, Form};
use crate::model::name::ServerName;
use crate::model::request::{Reply, Request};
use crate::world::practice::{Change as FarmChange, PracticeWorld, farm_file};

const GROUP: &str = "version: 1\nsun-ray:\n  desk:\n    servers: { sr1: primary, sr2: secondary, sr3: secondary }\n    \
    users: [hanako, taro]\n";
const DUMP: &str = "/var/opt/SUNWut/dump";
const STORE: &str = "/var/opt/SUNWut/srds/dbm.ut/id2entry.dbb";

fn farm() -> PracticeWorld {
    PracticeWorld::in_memory(&farm_file::parse(GROUP).unwrap()).unwrap()
}

fn name(server: &str) -> ServerName {
    ServerName::new(server).unwrap()
}

fn command(on: &str, folder: &str, program: &'static str, arguments: &str) -> Request {
    let arguments = arguments.split_whitespace().map(str::to_owned).collect();
    Request::Command { on: name(on), folder: folder.into(), program, arguments }
}

fn replica(on: &str, arguments: &str) -> Request {
    command(on, "/opt/SUNWut/sbin", "utreplica", arguments)
}

fn show(on: &str, program: &'static str) -> Request {
    Request::Show { on: name(on), folder: "/opt/SUNWut/sbin".into(), program, arguments: vec!["-l".into()] }
}

fn code(farm: &PracticeWorld, request: &Request) -> i32 {
    match farm.perform(request) {
        Reply::Ended { exit_code, .. } => exit_code,
        other => panic!("{request}: {other:?}"),
    }
}

fn shown(farm: &PracticeWorld, request: &Request) -> String {
    match farm.perform(request) {
        Reply::Ended { exit_code: 0, stdout, .. } => stdout,
        other => panic!("{request}: {other:?}"),
    }
}

fn users(farm: &PracticeWorld, server: &str) -> usize {
    farm.status().unwrap().sun_ray.servers.iter().find(|one| one.name == server).unwrap().users
}

fn change(farm: &PracticeWorld, change: Change) {
    farm.change(FarmChange::SunRay(change)).unwrap();
}

// SR-04
#[test]
fn a_role_changes_only_through_the_unconfigured_state() {
    let farm = farm();
    assert_eq!(code(&farm, &replica("sr2", "-p sr3")), 1);
    assert_eq!(code(&farm, &replica("sr2", "-s sr3")), 1);
    assert_eq!(code(&farm, &replica("sr2", "-u")), 0);
    assert_eq!(code(&farm, &replica("sr1", "-u")), 0);
    assert_eq!(code(&farm, &replica("sr2", "-p")), 1, "a primary names somebody");
    assert_eq!(code(&farm, &replica("sr2", "-p sr3 sr3")), 1);
    assert_eq!(code(&farm, &replica("sr2", "-p sr9")), 1);
    assert_eq!(code(&farm, &replica("sr2", "-p sr1 sr3")), 0);
    assert_eq!(code(&farm, &replica("sr1", "-s sr2")), 0);
    assert!(
        shown(&farm, &show("sr2", "utreplica")).contains("primary server.\nThe secondary servers are:\n\tsr1\n\tsr3")
    );
}

// SR-01
#[test]
fn a_second_primary_is_made_by_the_product_and_noted_by_the_farm() {
    let farm = farm();
    assert_eq!(code(&farm, &replica("sr2", "-u")), 0);
    assert_eq!(code(&farm, &replica("sr2", "-p sr3")), 0);
    let audit = farm.audit().unwrap();
    assert_eq!(audit.last().unwrap().notes, ["sr2 became a primary beside sr1"]);
}

// SR-02, SR-06
#[test]
fn changes_are_made_on_the_primary_and_reach_a_secondary_when_it_recovers() {
    let farm = farm();
    let add = |server: &str| FarmChange::SunRay(Change::UserAdded { server: server.into(), user: "jiro".into() });
    assert!(farm.change(add("sr2")).is_err());
    farm.change(FarmChange::Powered { server: "sr3".into(), on: false }).unwrap();
    farm.change(add("sr1")).unwrap();
    assert_eq!((users(&farm, "sr2"), users(&farm, "sr3")), (3, 2));
    farm.change(FarmChange::Powered { server: "sr3".into(), on: true }).unwrap();
    assert_eq!(users(&farm, "sr3"), 3);
    farm.change(FarmChange::Powered { server: "sr1".into(), on: false }).unwrap();
    assert!(farm.change(add("sr1")).is_err());
}

// SR-03, SR-07
#[test]
fn a_dump_is_made_for_its_owner_and_restored_only_while_the_services_are_stopped() {
    let farm = farm();
    let tools = "/opt/SUNWut/srds/lib";
    let save = Request::SaveOutput {
        on: name("sr2"),
        folder: tools.into(),
        program: "utldbmcat",
        arguments: vec![STORE.into()],
        to: DUMP.into(),
    };
    let copy = Request::CopyFile { from: name("sr2"), to: name("sr1"), path: DUMP.into() };
    let load = command("sr1", tools, "utldif2ldbm", &format!("-c -j 10 -i {DUMP}"));
    change(&farm, Change::Reinstalled { server: "sr1".into() });
    assert_eq!(code(&farm, &replica("sr1", "-u")), 127);
    assert!(matches!(farm.perform(&copy), Reply::Refused { .. }), "there is no dump yet");
    assert_eq!(code(&farm, &save), 0);
    assert!(matches!(farm.perform(&save), Reply::Refused { .. }), "a dump is never replaced");
    assert_eq!(farm.perform(&copy), Reply::FileDone);
    let files = |server: usize| farm.status().unwrap().sun_ray.servers[server].files.clone();
    assert_eq!((files(0), files(1)), (vec![(DUMP.into(), true)], vec![(DUMP.into(), true)]));
    let install = crate::model::request::Task {
        group: "desk".into(),
        transition: "install",
        server: name("sr1"),
        host: name("sr1"),
        instructions: Vec::new(),
    };
    assert_eq!(farm.perform(&Request::AskOperator(install)), Reply::OperatorDone);
    assert_eq!(code(&farm, &replica("sr1", "-p sr2 sr3")), 0);
    assert_eq!(code(&farm, &load), 1, "the data store runs");
    assert_eq!(code(&farm, &command("sr1", "/opt/SUNWut/sbin", "utstop", "")), 0);
    assert_eq!(code(&farm, &show("sr1", "utuser")), 1);
    assert_eq!(code(&farm, &load), 0);
    assert_eq!(code(&farm, &command("sr1", "/opt/SUNWut/sbin", "utstart", "-c")), 0);
    assert!(shown(&farm, &show("sr1", "utuser")).contains("hanako"));
    for server in ["sr1", "sr2"] {
        assert_eq!(farm.perform(&Request::RemoveFile { on: name(server), path: DUMP.into() }), Reply::FileDone);
    }
    assert_eq!(farm.perform(&Request::StatFile { on: name("sr1"), path: DUMP.into() }), Reply::FileSize(None));
    let told = format!("{:?}", farm.audit().unwrap());
    assert!(!told.contains("practice-utadmin"), "the password is in no audit");
}

#[test]
fn outputs_can_be_worded_otherwise_cut_short_or_missing() {
    let farm = farm();
    let usual = shown(&farm, &show("sr2", "utreplica"));
    for (form, has) in [
        (Form::Reworded, "backup"),
        (Form::Truncated, "This server"),
        (Form::Empty, ""),
        (Form::Domain, "sr1.example.com"),
    ] {
        change(&farm, Change::Shows { server: "sr2".into(), form });
        let text = shown(&farm, &show("sr2", "utreplica"));
        assert_ne!(text, usual);
        assert!(text.contains(has), "{text}");
    }
}

#[test]
fn a_farm_file_that_no_group_can_have_is_refused() {
    let faults = [
        ("sr2: secondary, sr3: secondary", "sr2: primary, sr3: secondary", "has 2 primaries"),
        ("sr1: primary", "sr1: standalone", "has 0 primaries"),
        (", sr2: secondary, sr3: secondary", "", "names at least one"),
        ("hanako", "\"hana ko\"", "only letters"),
        ("sr1: primary", "sr_1: primary", "not allowed"),
    ];
    for (from, to, says) in faults {
        let fault = farm_file::parse(&GROUP.replace(from, to)).unwrap_err().to_string();
        assert!(fault.contains(says), "{to}: {fault}");
    }
    let mixed = format!("{GROUP}co-store:\n  Store:\n    servers: {{ SR1: master }}\n");
    assert!(farm_file::parse(&mixed).unwrap_err().to_string().contains("two products"));
    assert!(farm_file::parse(&mixed.replace("SR1", "PVS1")).is_ok());
}
