//! WSMGR's table, guards and observation on the practice farm, which has the product's rules and not the table's.

mod copy;
mod farm;

use std::collections::{BTreeMap, BTreeSet};

use farm::{declared_in, observe_in, server, site, wsmgr};
use jiff::Timestamp;
use rolewalk::model::attestation::Attestation;
use rolewalk::model::guard::{Guard, Verdict};
use rolewalk::model::moment::Moment;
use rolewalk::model::plan::GroupVerdict;
use rolewalk::model::request::{Reply, Request};
use rolewalk::model::snapshot::GroupSnapshot;
use rolewalk::model::topology::Topology;
use rolewalk::plan::plan;
use rolewalk::system::wsmgr::SYSTEM;
use rolewalk::system::{Answers, Judgement};
use rolewalk::world::practice::wsmgr::{Change as Web, Kind, Pool, Sync};
use rolewalk::world::practice::{Change, PracticeWorld};

const GROUP: &str = "web1: manager, web2: member, web3: member";
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn declared(servers: &str) -> Topology {
    declared_in(&SYSTEM, "Web", servers, "")
}

fn seen(world: &PracticeWorld, topology: &Topology) -> GroupSnapshot {
    observe_in(&SYSTEM, world, &site(topology))
}

fn off(name: &str) -> Change {
    Change::Powered { server: name.into(), on: false }
}

fn all_is_well(world: &PracticeWorld, done: &[String]) {
    let status = world.status().unwrap();
    let up: BTreeSet<&str> =
        status.machines.iter().filter(|machine| machine.powered).map(|machine| machine.name.as_str()).collect();
    let servers = || status.wsmgr.servers.iter().filter(|one| one.connected && up.contains(one.name.as_str()));
    assert!(servers().filter(|one| one.role == "manager").count() <= 1, "two managers after {done:?}");
    let half = servers().find(|one| one.pool == "ready" && one.sync == Some("running"));
    assert!(half.is_none(), "{half:?} serves half after {done:?}");
}

/// Walks to the declared roles, each step planned and observed anew; returns the steps.
fn walk(world: &PracticeWorld, declared: &Topology) -> Vec<String> {
    let mut done: Vec<String> = Vec::new();
    loop {
        let now = seen(world, declared);
        let planned = plan(declared, &now, NOW);
        if planned.verdict == GroupVerdict::InSync {
            return done;
        }
        let blocks: Vec<&str> = planned.blocked_by.iter().map(|one| one.because.en.as_str()).collect();
        assert_eq!(planned.verdict, GroupVerdict::Ready, "after {done:?}: {blocks:?}");
        let step = &planned.steps[0];
        let stops = step.guards.iter().find(|guard| guard.answer.verdict != Verdict::Yes);
        assert!(stops.is_none(), "after {done:?}: {stops:?}");
        done.push(format!("{} {}", step.transition.name, step.server));
        assert!(done.len() < 40, "it goes round and round: {done:?}");
        for request in (SYSTEM.acts)(&site(declared), step, &now) {
            // WS-03
            assert!(!request.to_string().contains("config"), "{request}");
            let reply = world.perform(&request);
            assert_eq!((SYSTEM.judges)(&request, &reply), Judgement::Fine, "after {done:?}: {request}: {reply:?}");
            all_is_well(world, &done);
        }
        let after = seen(world, declared);
        for server in step.touches() {
            let seen = &after.servers[server];
            assert!(step.reached_by(server, seen), "{} of {done:?} leaves {server} as {seen:?}", step.transition.name);
        }
    }
}

// WS-01, WS-02, WS-03, WS-09, WS-11, WS-12, WS-13
#[test]
fn every_declared_group_is_reached_from_every_other_with_one_manager_and_none_that_serves_half() {
    let roles = ["unregistered", "disabled", "member", "manager"];
    let all = (0..64).map(|number: usize| [roles[number % 4], roles[number / 4 % 4], roles[number / 16]]);
    let groups: Vec<String> = all
        .filter(|group| group.iter().filter(|role| **role == "manager").count() == 1)
        .map(|[one, two, three]| format!("web1: {one}, web2: {two}, web3: {three}"))
        .collect();
    let fresh = "web1: unregistered, web2: unregistered, web3: unregistered".to_string();
    let mut walks = 0;
    for from in groups.iter().chain([&fresh]) {
        for to in &groups {
            walk(&wsmgr(from), &declared(to));
            walks += 1;
        }
    }
    assert_eq!(walks, 28 * 27);
}

// WS-02
#[test]
fn where_no_group_is_yet_a_warning_says_what_comes_first_and_stops_nothing() {
    let warns = |from: &str, servers: &str| {
        let topology = declared(servers);
        let planned = plan(&topology, &seen(&wsmgr(from), &topology), NOW);
        assert_eq!(planned.verdict, GroupVerdict::Ready, "{:?}", planned.blocked_by);
        let warning = |note: &&rolewalk::model::words::Text| note.en.contains("warning: no server is in a group yet");
        planned.notes.iter().find(warning).is_some_and(|note| note.ja.contains("推奨する"))
    };
    assert!(warns("web1: unregistered, web2: unregistered", "web1: manager, web2: member"));
    assert!(!warns("web1: manager, web2: unregistered", "web1: manager, web2: member"));
    assert!(!warns("web1: disabled, web2: manager", "web1: member, web2: manager"));
}

// WS-08, WS-14, WS-15
#[test]
fn any_member_takes_over_from_a_lost_manager_and_the_lost_one_comes_back_cleared() {
    for (to, other) in [("web2", "web3"), ("web3", "web2")] {
        let world = wsmgr(GROUP);
        world.change(off("web1")).unwrap();
        let lost = format!("web1: {{ role: unregistered, lost: true }}, {to}: manager, {other}: member");
        let done = walk(&world, &declared(&lost));
        let want = [
            "drain web1".to_string(),
            format!("drain {other}"),
            "isolate web1".into(),
            format!("take-over {to}"),
            format!("await-sync {other}"),
            format!("return {other}"),
        ];
        assert_eq!(done.iter().collect::<BTreeSet<_>>(), want.iter().collect::<BTreeSet<_>>(), "{done:?}");
        world.change(Change::Powered { server: "web1".into(), on: true }).unwrap();
        let back = walk(&world, &declared(&format!("web1: member, {to}: manager, {other}: member")));
        assert_eq!(back, ["clear web1", "add web1", "await-sync web1", "return web1"]);
    }
}

// WS-05, WS-10
#[test]
fn what_was_complete_before_users_were_registered_or_a_server_restored_has_to_be_done_again() {
    let topology = declared(GROUP);
    let world = wsmgr(GROUP);
    let site = site(&topology);
    let base = farm::answers_to(&SYSTEM, &world, &site);
    let with = |server: Option<&str>, name: &str, seconds: i64| {
        let mut answers = base.clone();
        for (_, reply) in &mut answers.0 {
            let Reply::Attested(all) = reply else { continue };
            let at = all.iter().map(|(one, _)| one.at).max().unwrap();
            let at = at.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap();
            let one = Attestation {
                server: server.map(farm::server),
                name: name.into(),
                value: "yes".into(),
                by: "hanako".into(),
                at,
                until: Timestamp::MAX,
            };
            all.push((one, false));
        }
        let seen = (SYSTEM.reads)(&site, &answers);
        let names: Vec<String> =
            plan(&topology, &seen, NOW).steps.iter().map(|step| step.transition.name.into()).collect();
        names
    };
    assert_eq!(with(None, "bulk_registered", 0), [""; 0], "they were synchronised since");
    let again = with(None, "bulk_registered", 60);
    assert_eq!(again.iter().filter(|name| *name == "resync").count(), 2, "{again:?}");
    let again = with(Some("web2"), "restored", 60);
    assert_eq!(again.iter().filter(|name| *name == "regroup").count(), 1, "{again:?}");
}

/// One case: the guard, the verdict, the server that the step is about, the step, what is declared, and what happened.
type Row = (&'static str, Verdict, &'static str, &'static str, &'static str, Vec<Change>);

const LOST: &str = "web1: { role: unregistered, lost: true }, web2: manager, web3: member";

fn rows() -> Vec<Row> {
    use Verdict::{No, Unknown, Yes};
    let web = |change: Web| Change::from(change);
    let over = || web(Web::AttestedOver { group: "Web".into() });
    let person = || Change::Operator(rolewalk::world::practice::Operator::Person);
    let second = || web(Web::ActsAsManager { server: "web3".into() });
    let pooled = |name: &str, pool| web(Web::Pooled { server: name.into(), pool });
    let kind = |name: &str, kind| web(Web::Operation { server: name.into(), kind });
    let sync = |name: &str, sync| web(Web::Synchronised { server: name.into(), sync });
    let cut = |name: &str| web(Web::Connected { server: name.into(), connected: false });
    let free = |megabytes| Change::FreeSpace { server: "web3".into(), megabytes };
    let forgotten = || vec![person(), over()];
    vec![
        ("one_manager", Yes, "web2", "add", GROUP, vec![]),
        ("one_manager", No, "web2", "add", GROUP, vec![second()]),
        ("one_manager", Unknown, "web2", "add", GROUP, forgotten()),
        ("manager_available", Yes, "web2", "add", GROUP, vec![]),
        ("manager_available", No, "web2", "add", GROUP, vec![off("web1")]),
        ("manager_available", No, "web2", "add", LOST, vec![]),
        ("manager_available", Unknown, "web2", "add", GROUP, forgotten()),
        ("only_the_lost_manager_leads", Yes, "web2", "take-over", LOST, vec![]),
        ("only_the_lost_manager_leads", No, "web2", "take-over", GROUP, vec![]),
        ("only_the_lost_manager_leads", No, "web2", "take-over", LOST, vec![second()]),
        ("only_the_lost_manager_leads", Unknown, "web2", "take-over", LOST, forgotten()),
        ("no_group_yet", No, "web1", "form", GROUP, vec![]),
        ("no_group_yet", Unknown, "web1", "form", GROUP, forgotten()),
        ("room_in_group", Yes, "web3", "add", GROUP, vec![]),
        ("synchronisation_complete", Yes, "web3", "return", GROUP, vec![]),
        ("synchronisation_complete", No, "web3", "return", GROUP, vec![sync("web3", Sync::Running)]),
        ("synchronisation_complete", Unknown, "web3", "return", GROUP, forgotten()),
        ("out_of_the_pool", Yes, "web3", "isolate", GROUP, vec![pooled("web3", Pool::Maint)]),
        ("out_of_the_pool", No, "web3", "isolate", GROUP, vec![pooled("web3", Pool::Drain)]),
        ("still_cut_off", Yes, "web3", "clear", GROUP, vec![cut("web3")]),
        ("still_cut_off", No, "web3", "clear", GROUP, vec![]),
        ("another_server_serves", Yes, "web3", "drain", GROUP, vec![]),
        ("another_server_serves", No, "web3", "drain", GROUP, vec![off("web1"), pooled("web2", Pool::Maint)]),
        ("another_server_serves", Unknown, "web3", "drain", GROUP, forgotten()),
        ("enough_capacity", Yes, "web3", "drain", GROUP, vec![]),
        ("enough_capacity", Yes, "web3", "drain", LOST, vec![]),
        ("enough_capacity", Unknown, "web3", "drain", LOST, vec![person(), kind("web3", Kind::Member)]),
        ("space_for_synchronisation", Yes, "web3", "add", GROUP, vec![free(600)]),
        ("space_for_synchronisation", No, "web3", "add", GROUP, vec![free(599)]),
        ("space_for_synchronisation", No, "web2", "take-over", LOST, vec![free(599)]),
        ("space_for_synchronisation", Unknown, "web3", "add", GROUP, forgotten()),
    ]
}

fn ask(guard: &'static Guard, about: &str, step: &'static str, topology: &Topology, now: &GroupSnapshot) -> Verdict {
    let server = server(about);
    let answer = Moment::of(topology, &now.facts, now.servers.clone()).ask(guard, &server, step);
    assert!(!answer.because.en.is_empty() && !answer.because.ja.is_empty(), "{}", guard.name);
    answer.verdict
}

// WS-01, WS-04, WS-08 to WS-16
#[test]
fn every_guard_is_seen_saying_what_it_says() {
    let mut said: BTreeMap<&str, BTreeSet<Verdict>> = BTreeMap::new();
    for (name, want, about, step, servers, changes) in rows() {
        let world = wsmgr(GROUP);
        changes.iter().for_each(|change| world.change(change).unwrap_or_else(|why| panic!("{name}: {change}: {why}")));
        let topology = declared(servers);
        let mut now = seen(&world, &topology);
        if name == "enough_capacity" && want == Verdict::Unknown {
            now.facts.miss(None, "servers_needed", "nobody said");
        }
        let guard = SYSTEM.table.guard(name).unwrap();
        assert_eq!(ask(guard, about, step, &topology, &now), want, "{name} {about} {step} {servers}");
        said.entry(name).or_default().insert(want);
    }
    let fresh = declared("web1: manager, web2: unregistered");
    let world = wsmgr("web1: unregistered, web2: unregistered");
    let guard = SYSTEM.table.guard("no_group_yet").unwrap();
    assert_eq!(ask(guard, "web1", "form", &fresh, &seen(&world, &fresh)), Verdict::Yes);
    // The pool and a server's own list are unknown where nobody answers.
    let topology = declared(GROUP);
    let nobody = (SYSTEM.reads)(&site(&topology), &Answers::default());
    for name in ["out_of_the_pool", "still_cut_off"] {
        let guard = SYSTEM.table.guard(name).unwrap();
        assert_eq!(ask(guard, "web3", "", &topology, &nobody), Verdict::Unknown, "{name}");
        said.entry(name).or_default().insert(Verdict::Unknown);
    }
    // A group without room is seen below, one that nobody configured above, and too little capacity in a scenario.
    assert_eq!(said.len(), SYSTEM.table.guards.len());
    for (name, verdicts) in said {
        let never = match name {
            "room_in_group" => [Verdict::No, Verdict::Unknown].as_slice(),
            "enough_capacity" => &[Verdict::No],
            "no_group_yet" => &[Verdict::Yes],
            _ => &[],
        };
        assert_eq!(verdicts.len() + never.len(), 3, "{name}: {verdicts:?}");
        assert!(never.iter().all(|one| !verdicts.contains(one)), "{name}: {verdicts:?}");
    }
}

// WS-13
#[test]
fn a_group_of_twenty_has_no_room_for_another() {
    let servers: Vec<String> =
        (1..=21).map(|n| format!("w{n}: {}", ["manager", "member"][usize::from(n > 1)])).collect();
    let have = servers.join(", ").replace("w21: member", "w21: unregistered");
    let topology = declared(&servers.join(", "));
    let now = seen(&wsmgr(&have), &topology);
    assert_eq!(ask(SYSTEM.table.guard("room_in_group").unwrap(), "w21", "add", &topology, &now), Verdict::No);
}

#[test]
fn whatever_is_not_answered_is_unknown_and_never_absent() {
    let topology = declared(GROUP);
    let world = wsmgr(GROUP);
    let whole = farm::answers_to(&SYSTEM, &world, &site(&topology));
    let all = whole.0.len();
    assert_eq!(all, 4, "what is attested, and the pool of each server");
    for at in 0..all {
        for reply in [
            Reply::Refused { why: "no".into() },
            Reply::Unknown { why: "lost".into() },
            Reply::Json("{}".into()),
            Reply::Attested(Vec::new()),
        ] {
            let mut answers = whole.clone();
            let is_attested = matches!(answers.0[at].0, Request::ReadAttested { .. });
            answers.0[at].1 = reply;
            let seen = (SYSTEM.reads)(&site(&topology), &answers);
            match is_attested {
                true => assert!(seen.servers.values().all(|one| one.role.is_none())),
                false => assert_eq!(seen.servers.values().filter(|one| one.mark("pool").is_none()).count(), 1),
            }
            assert!(!seen.facts.0.is_empty());
            let planned = plan(&declared("web1: manager, web2: disabled, web3: disabled"), &seen, NOW);
            assert_ne!(planned.verdict, GroupVerdict::InSync);
        }
    }
}

// WS-06
#[test]
fn a_synchronisation_that_runs_is_drift_only_after_the_declared_settling_time() {
    let copy = copy::Copy::new();
    let write = |name: &str, text: &str| std::fs::write(copy.path(name), text).unwrap();
    let run = |line: &str| copy.run(&line.split_whitespace().collect::<Vec<_>>());
    write("farm.yaml", "version: 1\nwsmgr:\n  Web: { servers: { web1: manager, web2: disabled } }\n");
    write("connections.yaml", "version: 1\nconnections: { practice: { practice: farm.yaml } }\n");
    let group =
        "version: 1\ngroup: Web\nsystem: wsmgr\nconnection: practice\nservers: { web1: manager, web2: member }\n";
    let settling = format!("{group}settling: 1h\n");
    write("group.yaml", &settling);
    let said = run("apply group.yaml --yes");
    assert_eq!(said.code, 0, "{}", said.text);
    assert_eq!(run("practice set farm.yaml --sync web2=running").code, 0);
    let said = run("drift group.yaml");
    assert!(said.code == 0 && said.text.contains("settling until"), "{}", said.text);
    write("group.yaml", group);
    let said = run("drift group.yaml");
    assert_eq!(said.code, 2, "{}", said.text);
}
