//! CO-Store's guards, each seen saying yes, no and unknown, and never yes on the strength of what is not known.

mod farm;

use std::collections::BTreeSet;

use farm::{declared, server};
use rolewalk::model::fact::Value;
use rolewalk::model::guard::{Answer, Guard, Verdict};
use rolewalk::model::moment::Moment;
use rolewalk::model::plan::GroupVerdict;
use rolewalk::model::snapshot::{GroupSnapshot, Standing};
use rolewalk::model::topology::{TakenBack, Topology, Waiver};
use rolewalk::plan::ask::ask as ask_anew;
use rolewalk::plan::drift::waivers;
use rolewalk::plan::plan;
use rolewalk::system::co_store::guards::{GUARDS, fact};
use rolewalk::world::practice::Change;
use rolewalk::world::practice::co_store::{self, TaskState};

const SERVERS: &str = "PVS1: master, PVS2: slave, PVS3: unregistered, PVS4: additional";

/// What is declared, and a run's rename at PVS2 that is taken back.
fn topology() -> Topology {
    let mut topology = declared(SERVERS, "");
    topology.source.takes_back.push(TakenBack { server: server("PVS2"), left: "Invalid.20261120".into() });
    topology
}

/// What is seen of the farm after these changes.
fn seen(changes: &[Change]) -> GroupSnapshot {
    let world = farm::farm(SERVERS);
    changes.iter().for_each(|change| world.change(change).unwrap_or_else(|why| panic!("{change}: {why}")));
    farm::observe(&world, &farm::site(&topology()))
}

fn ask(guard: &'static Guard, about: &str, seen: &GroupSnapshot) -> Answer {
    let (server, topology) = (server(about), topology());
    Moment::of(&topology, &seen.facts, seen.servers.clone()).ask(guard, &server, "")
}

fn silent(server: &str) -> Change {
    Change::Answers { server: server.into(), answers: false }
}

fn terminals(server: &str) -> Change {
    Change::CoStore(co_store::Change::Terminals { store: "Store".into(), server: server.into(), count: 3 })
}

fn invalid(server: &str) -> Change {
    Change::CoStore(co_store::Change::Invalid { store: "Store".into(), server: server.into(), file: None })
}

fn corrupt(server: &str) -> Change {
    Change::CoStore(co_store::Change::Corrupt {
        store: "Store".into(),
        server: server.into(),
        file: None,
        offset: None,
    })
}

fn powered_off(server: &str) -> Change {
    Change::Powered { server: server.into(), on: false }
}

fn nobody_answers() -> Vec<Change> {
    ["PVS1", "PVS2", "PVS4"].map(silent).to_vec()
}

/// One case: the guard, the verdict, the server that the step is about, and what happened to the farm.
type Row = (&'static str, Verdict, &'static str, Vec<Change>);

fn rows() -> Vec<Row> {
    use Verdict::{No, Unknown, Yes};
    let store = || "Store".to_string();
    let task = Change::CoStore(co_store::Change::TaskAdded {
        store: store(),
        state: TaskState::Pending,
        description: "new version".into(),
    });
    let elsewhere = |name: &str| Change::CoStore(co_store::Change::Master { store: store(), server: name.into() });
    let joined =
        Change::CoStore(co_store::Change::Registered { store: store(), server: "PVS3".into(), registered: true });
    let full = Change::FreeSpace { server: "PVS4".into(), megabytes: 0 };
    vec![
        // CS-03. A `no` can't be observed: see `the_row_of_a_store_names_one_master_at_most`.
        ("one_master", Yes, "PVS4", vec![]),
        ("one_master", Unknown, "PVS4", vec![elsewhere("PVS3")]),
        // CS-06
        ("another_server_answers", Yes, "PVS4", vec![silent("PVS2")]),
        ("another_server_answers", No, "PVS1", vec![powered_off("PVS2"), powered_off("PVS4")]),
        ("another_server_answers", Unknown, "PVS1", nobody_answers()),
        // CS-06
        ("target_stopped_or_idle", Yes, "PVS4", vec![]),
        ("target_stopped_or_idle", No, "PVS4", vec![terminals("PVS4")]),
        ("target_stopped_or_idle", Unknown, "PVS4", vec![silent("PVS4")]),
        // CS-07, CS-09, CS-12
        ("no_terminal_running", Yes, "PVS4", vec![joined]),
        ("no_terminal_running", No, "PVS4", vec![terminals("PVS1")]),
        ("no_terminal_running", Unknown, "PVS4", nobody_answers()),
        // CS-05, CS-07. A `no`: see `a_server_without_a_share_is_seen_to_have_none`.
        ("share_present", Yes, "PVS4", vec![]),
        ("share_present", Unknown, "PVS4", vec![silent("PVS4")]),
        // CS-07
        ("capacity_suffices", Yes, "PVS4", vec![]),
        ("capacity_suffices", No, "PVS4", vec![full]),
        ("capacity_suffices", Unknown, "PVS4", vec![silent("PVS4")]),
        // CS-10
        ("no_open_task", Yes, "PVS2", vec![]),
        ("no_open_task", No, "PVS2", vec![task]),
        ("no_open_task", Unknown, "PVS2", vec![Change::CoStore(co_store::Change::DatabaseAnswers(false))]),
        // CS-08, DV-01
        ("disks_complete", Yes, "PVS2", vec![]),
        ("disks_complete", No, "PVS2", vec![corrupt("PVS2")]),
        ("disks_complete", Unknown, "PVS2", vec![silent("PVS2")]),
        // DV-03, DV-04
        ("no_invalid_folder", Yes, "PVS4", vec![]),
        ("no_invalid_folder", No, "PVS4", vec![invalid("PVS2")]),
        ("no_invalid_folder", Unknown, "PVS4", vec![silent("PVS2")]),
        // DV-02
        ("no_divergent_file", Yes, "PVS4", vec![]),
        ("no_divergent_file", No, "PVS4", vec![corrupt("PVS2")]),
        ("no_divergent_file", Unknown, "PVS4", vec![silent("PVS1")]),
        // DV-04
        ("no_invalid_folder_on_master", Yes, "PVS2", vec![invalid("PVS2")]),
        ("no_invalid_folder_on_master", No, "PVS2", vec![invalid("PVS1")]),
        ("no_invalid_folder_on_master", Unknown, "PVS2", vec![silent("PVS1")]),
        // DV-05
        ("backups_in_invalid_folder", Yes, "PVS2", vec![invalid("PVS2")]),
        ("backups_in_invalid_folder", No, "PVS2", vec![]),
        ("backups_in_invalid_folder", Unknown, "PVS2", vec![silent("PVS2")]),
        // DV-05. A `yes`: see `a_renamed_folder_is_looked_for_by_the_name_that_the_run_gave_it`.
        ("renamed_folder_present", No, "PVS2", vec![]),
        ("renamed_folder_present", Unknown, "PVS2", vec![silent("PVS2")]),
        ("name_invalid_free", Yes, "PVS2", vec![]),
        ("name_invalid_free", No, "PVS2", vec![invalid("PVS2")]),
        ("name_invalid_free", Unknown, "PVS2", vec![silent("PVS2")]),
    ]
}

fn guard(name: &str) -> &'static Guard {
    GUARDS.iter().find(|guard| guard.name == name).unwrap_or_else(|| panic!("there is no guard {name}"))
}

// CS-03, CS-05 to CS-12, DV-01 to DV-05
#[test]
fn every_guard_is_seen_saying_yes_no_and_unknown() {
    let mut said = BTreeSet::new();
    for (name, verdict, about, changes) in rows() {
        let answer = ask(guard(name), about, &seen(&changes));
        assert_eq!(answer.verdict, verdict, "{name} about {about} after {changes:?}: {}", answer.because.en);
        assert!(!answer.because.en.is_empty() && !answer.because.ja.is_empty(), "{name} gives no reason");
        said.insert((name, verdict));
    }
    let by_hand =
        [("one_master", Verdict::No), ("share_present", Verdict::No), ("renamed_folder_present", Verdict::Yes)];
    said.extend(by_hand);
    assert_eq!(said.len(), 3 * GUARDS.len(), "{said:?}");
    assert_eq!(rows().len(), 3 * GUARDS.len() - by_hand.len());
}

// CS-03
#[test]
fn the_row_of_a_store_names_one_master_at_most() {
    let mut seen = seen(&[]);
    seen.servers.insert(server("PVS2"), Standing::of("master"));
    assert_eq!(ask(guard("one_master"), "PVS4", &seen).verdict, Verdict::No);
    seen.servers.insert(server("PVS1"), Standing::of("slave"));
    seen.servers.insert(server("PVS2"), Standing::of("slave"));
    assert_eq!(ask(guard("one_master"), "PVS4", &seen).verdict, Verdict::No);
}

// CS-05, CS-07
#[test]
fn a_server_without_a_share_is_seen_to_have_none() {
    let mut seen = seen(&[]);
    let share = Value::Flag(false);
    seen.facts.know(Some(&server("PVS4")), fact::SHARE, share, "listing", None);
    assert_eq!(ask(guard("share_present"), "PVS4", &seen).verdict, Verdict::No);
    // Before it joins the farm, that it has none says nothing: joining makes it.
    let before = ask(guard("share_present"), "PVS3", &self::seen(&[]));
    assert_eq!(before.verdict, Verdict::Unknown);
}

// CS-12: the parser refuses such a waiver already; whoever asks guards does not rely on it.
#[test]
fn no_waiver_lifts_an_absolute_guard() {
    let waiver = |guard| Waiver {
        guard,
        server: None,
        owner: "somebody".into(),
        reason: "it is late".into(),
        until: jiff::civil::date(9999, 1, 1),
    };
    let mut topology = declared("PVS1: master, PVS2: slave, PVS4: slave", "");
    topology.waivers = GUARDS.iter().map(|guard| waiver(guard.name)).collect();
    let full = Change::FreeSpace { server: "PVS4".into(), megabytes: 0 };
    let plan = plan(&topology, &seen(&[terminals("PVS1"), full]), jiff::Timestamp::UNIX_EPOCH);
    let asked = |name: &str| plan.steps[0].guards.iter().find(|one| one.name == name).unwrap();
    assert_eq!(asked("no_terminal_running").answer.verdict, Verdict::No);
    assert!(asked("no_terminal_running").waived.is_none() && asked("capacity_suffices").waived.is_some());
}

// CS-03: no guard is asked before there is a plan.
#[test]
fn a_master_that_is_not_named_is_not_replaced() {
    let topology = declared("PVS2: master, PVS4: additional", "");
    let plan = plan(&topology, &seen(&[]), jiff::Timestamp::UNIX_EPOCH);
    let rules: Vec<&str> = plan.blocked_by.iter().map(|block| block.rule.as_str()).collect();
    assert_eq!((plan.steps.len(), rules), (0, vec!["leader_named"]));
}

#[test]
fn a_slave_that_is_lost_is_none_that_keep_counts() {
    let lost = "PVS1: master, PVS2: { role: slave, lost: true }, PVS3: additional";
    for (servers, verdict) in
        [(lost, GroupVerdict::Blocked), ("PVS1: master, PVS2: slave, PVS3: additional", GroupVerdict::Ready)]
    {
        let (world, mut topology) = (farm::farm("PVS1: master, PVS2: slave, PVS3: slave"), declared(servers, ""));
        topology.keep.push(("slave", 1));
        let planned = plan(&topology, &farm::observe(&world, &farm::site(&topology)), jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(planned.verdict, verdict, "{:?}", planned.blocked_by);
    }
}

#[test]
fn a_waiver_holds_for_its_server_and_is_told_to_have_expired_once_its_last_day_is_over() {
    let more =
        "waivers:\n  - { guard: share_present, server: PVS2, owner: Suzuki, reason: CHG-1, until: 2026-11-30 }\n";
    let topology = declared("PVS1: master, PVS2: slave", more);
    let holds = |name| topology.waiver("share_present", &server(name), jiff::Timestamp::UNIX_EPOCH).is_some();
    assert_eq!((holds("PVS1"), holds("PVS2")), (false, true));
    let is_expired = |time: &str| waivers(&topology, time.parse().unwrap())[0].is_expired;
    assert_eq!((is_expired("2026-11-30T23:59:59Z"), is_expired("2026-12-01T00:00:00Z")), (false, true));
}

// CS-07
#[test]
fn what_a_server_holds_already_needs_no_room_again_and_what_just_fits_fits() {
    let mut seen = seen(&[]);
    let mut with = |free: u64| {
        for (of, name, bytes) in [
            ("PVS1", fact::STORE_BYTES, 10 << 20),
            // What PVS4 has beside the master's files makes no room for them.
            ("PVS4", fact::STORE_BYTES, 60 << 20),
            ("PVS4", fact::HELD_BYTES, 8 << 20),
            ("PVS4", fact::FREE_BYTES, free),
        ] {
            seen.facts.know(Some(&server(of)), name, Value::Count(bytes), "listing", None);
        }
        ask(guard("capacity_suffices"), "PVS4", &seen).verdict
    };
    assert_eq!((with(2 << 20), with((2 << 20) - 1)), (Verdict::Yes, Verdict::No));
}

// DV-04
#[test]
fn backups_on_the_master_are_seen_though_its_mark_is_not_known() {
    let mut seen = seen(&[invalid("PVS1")]);
    seen.servers.get_mut(&server("PVS1")).unwrap().marks.remove("disks");
    assert_eq!(ask(guard("no_invalid_folder_on_master"), "PVS2", &seen).verdict, Verdict::No);
}

// DV-05
#[test]
fn a_folder_without_a_backup_is_not_renamed() {
    let mut seen = seen(&[]);
    let mut with = |files: &[&str]| {
        let list = Value::List(files.iter().map(|name| name.to_string()).collect());
        seen.facts.know(Some(&server("PVS2")), fact::INVALID_FILES, list, "listing", None);
        ask(guard("backups_in_invalid_folder"), "PVS2", &seen).verdict
    };
    for other in ["notes.txt", "note-vhd.txt", "Hoge.11.avhd", "Hoge.11.pvp.20170907_123456_000000"] {
        assert_eq!(with(&[other]), Verdict::No, "{other}");
    }
    assert_eq!(with(&["notes.txt", "Hoge.11.avhd.20170907_123456_000000"]), Verdict::Yes);
}

// DV-05
#[test]
fn a_renamed_folder_is_looked_for_by_the_name_that_the_run_gave_it() {
    let mut seen = seen(&[]);
    let mut folders = |names: &[&str]| {
        let list = Value::List(names.iter().map(|name| name.to_string()).collect());
        seen.facts.know(Some(&server("PVS2")), fact::INVALID_FOLDERS, list, "listing", None);
        let of = |name: &str| ask(guard(name), "PVS2", &seen).verdict;
        (of("renamed_folder_present"), of("name_invalid_free"))
    };
    assert_eq!(folders(&["invalid.20261120"]), (Verdict::Yes, Verdict::Yes), "names are alike whatever their case");
    assert_eq!(folders(&["Invalid.20261120-2"]), (Verdict::No, Verdict::Yes), "another run's folder");
    assert_eq!(folders(&["INVALID", "Invalid.20261120"]), (Verdict::Yes, Verdict::No));
    // Where no run is taken back, or its folder is not known yet, nobody knows what to look for.
    assert_eq!(ask(guard("renamed_folder_present"), "PVS4", &seen).verdict, Verdict::Unknown);
}

/// What each guard can't do without when it says yes: its name, the fact or mark, and of which server.
const NEEDED: &[(&str, &str, &str)] = &[
    ("another_server_answers", "answering", "the group"),
    ("backups_in_invalid_folder", "invalid_files", "PVS2"),
    ("capacity_suffices", "free_bytes", "PVS4"),
    ("capacity_suffices", "store_bytes", "PVS1"),
    ("disks_complete", "disks", "PVS2"),
    ("name_invalid_free", "invalid_folders", "PVS2"),
    ("no_divergent_file", "disks", "PVS2"),
    ("no_open_task", "open_tasks", "the group"),
    ("no_terminal_running", "terminals", "PVS1"),
    ("no_terminal_running", "terminals", "PVS2"),
    ("no_terminal_running", "terminals", "PVS3"),
    ("no_terminal_running", "terminals", "PVS4"),
    // Only the store's row names a master, and it names one: the roles of the others are not needed.
    ("one_master", "role", "PVS1"),
    ("share_present", "share", "PVS4"),
    ("target_stopped_or_idle", "terminals", "PVS4"),
    ("target_stopped_or_idle", "up", "PVS4"),
];

/// Guards that are told the same thing twice, by a mark and by a fact, and need one of the two.
const TOLD_TWICE: [&str; 2] = ["no_invalid_folder", "no_invalid_folder_on_master"];

#[test]
fn no_guard_says_yes_without_what_it_needs() {
    let mut tried = 0;
    let mut needed = BTreeSet::new();
    for (name, _, about, changes) in rows().into_iter().filter(|row| row.1 == Verdict::Yes) {
        let read =
            farm::blanked(&seen(&changes)).into_iter().filter(|(what, ..)| guard(name).reads.contains(&what.as_str()));
        for (what, of, less) in read {
            tried += 1;
            let verdict = ask(guard(name), about, &less).verdict;
            assert_ne!(verdict, Verdict::No, "{name} takes an unknown {what} of {of} for a no");
            if verdict == Verdict::Unknown {
                needed.insert((name.to_string(), what, of));
            }
        }
    }
    let named: BTreeSet<_> =
        NEEDED.iter().map(|(guard, what, of)| (guard.to_string(), what.to_string(), of.to_string())).collect();
    assert_eq!(needed, named);
    let idle: BTreeSet<&str> = GUARDS
        .iter()
        .map(|guard| guard.name)
        .filter(|one| !TOLD_TWICE.contains(one) && *one != "renamed_folder_present")
        .collect();
    assert_eq!(named.iter().map(|(guard, ..)| guard.as_str()).collect::<BTreeSet<_>>(), idle);
    assert_eq!(tried, BLANKED);
}

/// How often something was taken away from a guard that said yes.
const BLANKED: usize = 82;

#[test]
fn a_guard_that_is_told_the_same_thing_twice_says_yes_without_one_and_not_without_both() {
    for name in TOLD_TWICE {
        for of in ["PVS1", "PVS2", "PVS3", "PVS4"] {
            let mut less = seen(&[]);
            less.servers.get_mut(&server(of)).unwrap().marks.remove("disks");
            assert_eq!(ask(guard(name), "PVS2", &less).verdict, Verdict::Yes, "{name}, {of}");
            less.facts.miss(Some(&server(of)), fact::INVALID_FILES, "taken away");
            // An unregistered server is none of the store's, and the one guard speaks of the master alone.
            let needed = if name == "no_invalid_folder" { of != "PVS3" } else { of == "PVS1" };
            let verdict = if needed { Verdict::Unknown } else { Verdict::Yes };
            assert_eq!(ask(guard(name), "PVS2", &less).verdict, verdict, "{name}, {of}");
        }
    }
}

#[test]
fn a_guard_that_knows_nothing_never_says_yes() {
    for guard in GUARDS {
        let mut nothing = seen(&[]);
        nothing.facts.0.clear();
        nothing.servers.values_mut().for_each(|standing| *standing = Standing::default());
        assert_eq!(ask(guard, "PVS2", &nothing).verdict, Verdict::Unknown, "{}", guard.name);
    }
}

// CS-06
#[test]
fn a_server_that_is_down_may_be_removed_whatever_its_terminals_are_said_to_be() {
    let mut seen = seen(&[powered_off("PVS4")]);
    seen.facts.miss(Some(&server("PVS4")), fact::TERMINALS, "taken away");
    assert_eq!(ask(guard("target_stopped_or_idle"), "PVS4", &seen).verdict, Verdict::Yes);
}

// DV-02, DV-03: an `Invalid` folder comes first; until it is gone nobody knows whether a file differs.
#[test]
fn while_a_folder_invalid_is_there_no_file_is_said_to_be_equal() {
    assert_eq!(ask(guard("no_divergent_file"), "PVS4", &seen(&[invalid("PVS2")])).verdict, Verdict::Unknown);
}

#[test]
fn answers_kept_along_a_walk_are_those_of_guards_that_are_asked_anew() {
    let topology = declared("PVS1: slave, PVS2: master, PVS3: slave, PVS4: slave", "");
    let (now, mut steps) = (jiff::Timestamp::UNIX_EPOCH, 0);
    for (name, verdict, _, changes) in rows() {
        let seen = seen(&changes);
        let plan = plan(&topology, &seen, now);
        for step in &plan.steps {
            let before = plan.standings_before(step.number);
            let anew = ask_anew(&topology, step, &before, &seen.facts, now);
            assert_eq!(step.guards, anew, "step {} where {name} says {verdict:?}", step.number);
            steps += 1;
        }
    }
    assert_eq!(steps, WALKED);
}

/// How many steps lead to the other roles after each of the changes.
const WALKED: usize = 79;
