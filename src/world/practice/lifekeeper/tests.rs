//! What LifeKeeper servers do on a practice farm, each rule seen by its outputs and what is there afterwards.

use super::{Change, Form, ServerStatus};
use crate::model::name::ServerName;
use crate::model::request::{Reply, Request, Task};
use crate::world::practice::{Change as FarmChange, PracticeWorld, farm_file};

const CLUSTER: &str = "version: 1\nlifekeeper:\n  shop:\n    servers: { NODE1: active, NODE2: standby }\n    \
    hierarchies: { web: { volumes: [E] } }\n";
const BIN: &str = r"C:\LK\Bin";
const DATAKEEPER: &str = r"C:\Program Files\SIOS\DataKeeper";

fn farm() -> PracticeWorld {
    PracticeWorld::in_memory(&farm_file::parse(CLUSTER).unwrap()).unwrap()
}

fn name(server: &str) -> ServerName {
    ServerName::new(server).unwrap()
}

fn command(on: &str, folder: &str, program: &'static str, words: &str) -> Request {
    let arguments = words.split_whitespace().map(str::to_owned).collect();
    Request::Command { on: name(on), folder: folder.into(), program, arguments }
}

fn show(on: &str, folder: &str, program: &'static str, words: &str) -> Request {
    let arguments = words.split_whitespace().map(str::to_owned).collect();
    Request::Show { on: name(on), folder: folder.into(), program, arguments }
}

fn ended(farm: &PracticeWorld, request: &Request) -> (i32, String) {
    match farm.perform(request) {
        Reply::Ended { exit_code, stdout, stderr } => (exit_code, stdout + &stderr),
        other => panic!("{request}: {other:?}"),
    }
}

fn code(farm: &PracticeWorld, on: &str, program: &'static str, words: &str) -> i32 {
    ended(farm, &command(on, BIN, program, words)).0
}

fn server(farm: &PracticeWorld, server: &str) -> ServerStatus {
    farm.status().unwrap().lifekeeper.servers.into_iter().find(|one| one.name == server).unwrap()
}

fn change(farm: &PracticeWorld, change: Change) {
    farm.change(FarmChange::Lifekeeper(change)).unwrap();
}

fn operate(farm: &PracticeWorld, transition: &'static str, server: &str, host: &str) -> Reply {
    let (server, host) = (name(server), name(host));
    farm.perform(&Request::AskOperator(Task {
        group: "shop".into(),
        transition,
        server,
        host,
        instructions: Vec::new(),
    }))
}

// LK-03, LK-06, LK-07
#[test]
fn what_is_not_there_is_seven_what_is_depended_on_eight_and_the_local_system_error_424() {
    let farm = farm();
    assert_eq!(code(&farm, "NODE1", "sys_remove", "-s NODE2"), 8);
    let (exit_code, text) = ended(&farm, &command("NODE1", BIN, "sys_remove", "-s NODE1"));
    assert!(exit_code != 0 && text.contains("(No. 424)"), "{text}");
    for (tag, wanted) in [("web", 0), ("web", 7), ("web.Vol.E", 0)] {
        let words = format!("-s NODE1 -t {tag} -S NODE2 -o {tag} -e SHARED");
        assert_eq!(code(&farm, "NODE1", "eqv_remove", &words), wanted, "{tag}");
    }
    assert_eq!(code(&farm, "NODE1", "eqv_remove", "-s NODE1 -t web -S NODE2"), 2);
    assert_eq!([0, 7].map(|_| code(&farm, "NODE1", "sys_remove", "-s NODE2")), [0, 7]);
    assert_eq!([0, 7].map(|_| code(&farm, "NODE1", "net_remove", "-s NODE2")), [0, 7]);
    assert_eq!([0, 4].map(|_| code(&farm, "NODE1", "flg_create", "-f x")), [0, 4]);
    assert_eq!([0, 7].map(|_| code(&farm, "NODE1", "flg_remove", "-f x")), [0, 7]);
}

// LK-08
#[test]
fn what_is_removed_comes_back_with_a_restart_unless_it_was_synced() {
    for is_synced in [false, true] {
        let farm = farm();
        assert_eq!(code(&farm, "NODE2", "net_remove", "-s NODE1"), 0);
        if is_synced {
            assert_eq!(code(&farm, "NODE2", "lcdsync", ""), 0);
        }
        assert_eq!(server(&farm, "NODE2").synced, is_synced);
        for on in [false, true] {
            farm.change(FarmChange::Powered { server: "NODE2".into(), on }).unwrap();
        }
        assert_eq!(server(&farm, "NODE2").paths.is_empty(), is_synced);
    }
}

// LK-02
#[test]
fn nothing_is_extended_to_a_server_or_unextended_from_one_with_which_an_equivalency_is_left() {
    let farm = farm();
    change(&farm, Change::Reinstalled { server: "NODE2".into(), lifekeeper: true });
    assert_eq!(operate(&farm, "register", "NODE2", "NODE2"), Reply::OperatorDone);
    for transition in ["extend", "unextend"] {
        let Reply::Refused { why } = operate(&farm, transition, "NODE2", "NODE1") else { panic!("{transition}") };
        assert!(why.contains("web can't be"), "{why}");
    }
}

// LK-05
#[test]
fn a_job_goes_by_its_key_alone_and_the_local_mirror_by_its_own_command() {
    let farm = farm();
    let ask = |words: &str| ended(&farm, &show("NODE1", DATAKEEPER, "emcmd", words)).1;
    let id = server(&farm, "NODE1").jobs[0].1.clone();
    assert!(ask(". getjobinfoforvol E").contains(&format!("ID = {id}\n")));
    assert!(ask(". getmirrorvolinfo E").starts_with("E: 1 NODE1 10.200.8.26 1\n"), "{}", ask(". getmirrorvolinfo E"));
    let emcmd = |words: &str| ended(&farm, &command("NODE1", DATAKEEPER, "emcmd", words));
    assert_ne!(emcmd(&format!(". deletejob {id}")).1, "Status = 0\n");
    let key = format!(r"HKLM\System\CurrentControlSet\Services\ExtMirr\Parameters\Jobs\{id}");
    let registry = |words: &str| ended(&farm, &command("NODE1", r"C:\Windows\System32", "reg", words)).0;
    assert_eq!(registry(&format!("/delete {key}")), 1, "the document's form is no syntax");
    assert_eq!(registry(&format!(r"export {key} C:\LK\job.reg /y")), 0);
    assert_eq!([0, 1].map(|_| registry(&format!("delete {key} /f"))), [0, 1]);
    assert_eq!(ask(". getjobinfoforvol E"), "");
    assert_eq!(emcmd(". deletelocalmirroronly E"), (0, "Status = 0\n".into()));
    assert_eq!(emcmd(". deletelocalmirroronly E").1, "Status = 15\n");
    assert_eq!(emcmd(". clearswitchover E"), (0, "Status = 0\n".into()));
    assert_eq!(ask(". getmirrorvolinfo E"), "Status = 15\n");
}

// LK-01
#[test]
fn a_hierarchy_is_in_service_on_one_server_and_its_mirrors_lead_away_from_it() {
    let farm = farm();
    let restore = "-t web -a restore -- -R";
    assert_eq!(code(&farm, "NODE2", "perform_action", restore), 1, "it is in service on NODE1");
    assert_eq!(code(&farm, "NODE1", "perform_action", "-t web -a remove"), 0);
    assert_eq!(code(&farm, "NODE2", "perform_action", restore), 0);
    assert_eq!(server(&farm, "NODE2").mirrors, [("E".to_string(), true, "NODE1".to_string(), false)]);
    assert_eq!(server(&farm, "NODE1").mirrors, [("E".to_string(), false, "NODE2".to_string(), false)]);
}

#[test]
fn outputs_can_be_worded_otherwise_cut_short_or_missing() {
    let farm = farm();
    let list = || ended(&farm, &show("NODE1", BIN, "eqv_list", "-e SHARED -f;")).1;
    let usual = list();
    for (form, has) in [
        (Form::Blanks, "NODE1 web NODE2"),
        (Form::ControlA, "NODE1\u{1}web\u{1}NODE2"),
        (Form::Reworded, "COMMON"),
        (Form::Truncated, "NODE1"),
        (Form::Empty, ""),
    ] {
        change(&farm, Change::Shows { server: "NODE1".into(), form });
        assert!(list() != usual && list().contains(has), "{form:?}: {}", list());
    }
}

#[test]
fn a_farm_file_that_no_cluster_can_have_is_refused() {
    let faults = [
        ("NODE2: standby", "NODE2: active", "has 2 active servers"),
        ("NODE1: active", "NODE1: member", "has 0 active servers"),
        ("volumes: [E]", "volumes: [EE]", "each is one letter"),
        ("web:", "\"w b\":", "a tag has letters"),
        ("volumes: [E]", "volumes: [E], active: NODE9", "can't be in service on"),
        ("NODE1", "NODE_1", "not allowed"),
    ];
    for (from, to, says) in faults {
        let fault = farm_file::parse(&CLUSTER.replace(from, to)).unwrap_err().to_string();
        assert!(fault.contains(says), "{to}: {fault}");
    }
}

#[test]
fn a_server_that_starts_again_serves_what_no_other_of_its_own_cluster_serves() {
    let two =
        format!("{CLUSTER}  lab:\n    servers: {{ LAB1: active, LAB2: standby }}\n    hierarchies: {{ web: {{}} }}\n");
    let farm = PracticeWorld::in_memory(&farm_file::parse(&two).unwrap()).unwrap();
    let power = |on| farm.change(FarmChange::Powered { server: "NODE1".into(), on }).unwrap();
    let serves = || server(&farm, "NODE1").hierarchies.iter().all(|(_, in_service)| *in_service);
    power(false);
    power(true);
    assert!(serves() && server(&farm, "NODE1").synced, "LAB1's hierarchy has the same tag, and is another");
    power(false);
    assert_eq!(code(&farm, "NODE2", "perform_action", "-t web -a restore -- -R"), 0);
    power(true);
    assert!(!serves() && server(&farm, "NODE1").synced, "NODE2 serves it");
}

#[test]
fn what_a_server_served_that_is_off_is_served_by_who_took_it_over_and_started_again() {
    let farm = farm();
    let power = |server: &str, on| farm.change(FarmChange::Powered { server: server.into(), on }).unwrap();
    let serves = |name: &str| server(&farm, name).hierarchies.iter().all(|(_, in_service)| *in_service);
    power("NODE1", false);
    assert_eq!(code(&farm, "NODE2", "perform_action", "-t web -a restore -- -R"), 0);
    power("NODE2", false);
    power("NODE2", true);
    assert!(serves("NODE2"));
    power("NODE1", true);
    assert!(serves("NODE2") && !serves("NODE1"));
}
