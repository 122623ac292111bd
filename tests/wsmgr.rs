//! WSMGR's table, guards and observation on the practice farm, which has the product's rules and not the table's.

mod copy;
mod farm;

use std::collections::{BTreeMap, BTreeSet};

use farm::{declared_in, observe_in, server, site, wsmgr};
use jiff::Timestamp;
use rolewalk::model::attestation::Attestation;
use rolewalk::model::fact::Value;
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
        let add = |(request, reply): (&Request, &Reply)| {
            let Reply::Attested(all) = reply else { return (request.clone(), reply.clone()) };
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
            (request.clone(), Reply::Attested([&all[..], &[(one, false)]].concat()))
        };
        let seen = (SYSTEM.reads)(&site, &base.in_order().into_iter().map(add).collect());
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
    let maint = |name: &str| pooled(name, Pool::Maint);
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
        ("another_server_serves", Yes, "web3", "drain", GROUP, vec![maint("web1")]),
        ("another_server_serves", No, "web3", "drain", GROUP, vec![maint("web1"), maint("web2")]),
        ("another_server_serves", No, "web2", "drain", LOST, vec![maint("web3")]),
        ("another_server_serves", Unknown, "web3", "drain", GROUP, forgotten()),
        ("enough_capacity", Yes, "web3", "drain", GROUP, vec![]),
        ("enough_capacity", Yes, "web3", "drain", LOST, vec![]),
        ("enough_capacity", Unknown, "web3", "drain", GROUP, forgotten()),
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
fn a_group_of_twenty_has_no_room_for_another_and_one_of_nineteen_has() {
    for (last, says) in [(21, Verdict::No), (20, Verdict::Yes)] {
        let servers: Vec<String> =
            (1..=last).map(|n| format!("w{n}: {}", ["manager", "member"][usize::from(n > 1)])).collect();
        let have = servers.join(", ").replace(&format!("w{last}: member"), &format!("w{last}: unregistered"));
        let topology = declared(&servers.join(", "));
        let mut now = seen(&wsmgr(&have), &topology);
        let guard = SYSTEM.table.guard("room_in_group").unwrap();
        let about = format!("w{last}");
        assert_eq!(ask(guard, &about, "add", &topology, &now), says, "{last}");
        now.servers.get_mut(&server("w5")).unwrap().role = None;
        let says = if last == 21 { Verdict::Unknown } else { Verdict::Yes };
        assert_eq!(ask(guard, &about, "add", &topology, &now), says, "{last}, and w5 may be one of them");
    }
}

/// What each guard that says yes in [`rows`] can't do without, in the order of the rows.
const NEEDED: &[(&str, &str)] = &[
    ("one_manager", "web1 role, web2 role, web3 role"),
    ("manager_available", "web1 role"),
    ("only_the_lost_manager_leads", "web1 role, web2 role, web3 role"),
    // Of three there is room for any.
    ("room_in_group", ""),
    ("synchronisation_complete", "web3 sync"),
    ("out_of_the_pool", "web3 pool"),
    ("still_cut_off", "web3 own"),
    // Two others serve.
    ("another_server_serves", ""),
    ("another_server_serves", "web2 pool, web2 sync"),
    ("enough_capacity", "web1 role"),
    ("enough_capacity", "the group servers_needed"),
    // There is enough for one drive.
    ("space_for_synchronisation", "the group config_bytes, web3 install_free_bytes, web3 system_free_bytes"),
];

// WS-01, WS-04, WS-08 to WS-16
#[test]
fn no_guard_says_yes_without_what_it_needs() {
    let mut needed = Vec::new();
    for (name, _, about, step, servers, changes) in rows().into_iter().filter(|row| row.1 == Verdict::Yes) {
        let world = wsmgr(GROUP);
        changes.iter().for_each(|change| world.change(change).unwrap());
        let (guard, topology) = (SYSTEM.table.guard(name).unwrap(), declared(servers));
        let now = seen(&world, &topology);
        needed.push((name, farm::needs(guard, &now, |less| ask(guard, about, step, &topology, less))));
    }
    let named: Vec<(&str, String)> = NEEDED.iter().map(|(name, needs)| (*name, needs.to_string())).collect();
    assert_eq!(needed, named);
}

/// Returns what a guard says of what is seen of the group, with some of it told otherwise.
fn told((name, about, step): (&str, &str, &'static str), servers: &str, tell: impl Fn(&mut GroupSnapshot)) -> Verdict {
    let topology = declared(servers);
    let mut now = seen(&wsmgr(GROUP), &topology);
    tell(&mut now);
    ask(SYSTEM.table.guard(name).unwrap(), about, step, &topology, &now)
}

fn count(now: &mut GroupSnapshot, of: Option<&str>, name: &str, count: u64) {
    now.facts.know(of.map(server).as_ref(), name, Value::Count(count), "a test", None);
}

// WS-09
#[test]
fn a_manager_is_drained_from_another_server() {
    let topology = declared("web1: disabled, web2: manager, web3: member");
    let planned = plan(&topology, &seen(&wsmgr(GROUP), &topology), NOW);
    let step = planned.steps.iter().find(|step| step.transition.name == "drain").unwrap();
    assert_eq!(step.server, server("web1"));
    assert_ne!(step.runs_on, server("web1"));
}

// WS-01, WS-02
#[test]
fn a_server_that_is_disabled_is_in_a_group_all_the_same() {
    let says = |role: &'static str| {
        told(("no_group_yet", "web1", "form"), GROUP, |now| {
            now.servers.values_mut().for_each(|one| one.role = Some("unregistered"));
            now.servers.get_mut(&server("web3")).unwrap().role = Some(role);
        })
    };
    assert_eq!((says("unregistered"), says("disabled")), (Verdict::Yes, Verdict::No));
}

// WS-09, WS-13
#[test]
fn a_server_of_which_it_is_not_known_whether_it_serves_is_not_said_not_to() {
    let says = |blank: &str| {
        told(("another_server_serves", "web3", "drain"), GROUP, |now| {
            for other in ["web1", "web2"] {
                now.servers.get_mut(&server(other)).unwrap().marks.insert("pool", "out");
            }
            now.servers.get_mut(&server("web3")).unwrap().marks.retain(|mark, _| *mark != blank);
        })
    };
    assert_eq!((says("pool"), says("sync"), says("")), (Verdict::No, Verdict::No, Verdict::No));
    let with = |up: bool| {
        told(("another_server_serves", "web3", "drain"), GROUP, |now| {
            now.servers.get_mut(&server("web2")).unwrap().marks.insert("pool", "out");
            now.facts.know(Some(&server("web1")), "up", Value::Flag(up), "a test", None);
        })
    };
    assert_eq!((with(true), with(false)), (Verdict::Yes, Verdict::No), "one that is found down serves nobody");
}

// WS-10, WS-14
#[test]
fn whether_one_server_carries_the_load_is_asked_where_one_alone_stays_in_the_pool() {
    let needed = |servers: &str, sync: Option<&'static str>, about: &str, needed: u64| {
        told(("enough_capacity", about, "drain"), servers, |now| {
            count(now, None, "servers_needed", needed);
            now.servers.get_mut(&server("web1")).unwrap().marks.extend(sync.map(|sync| ("sync", sync)));
        })
    };
    assert_eq!((needed(LOST, None, "web3", 1), needed(LOST, None, "web3", 2)), (Verdict::Yes, Verdict::No));
    assert_eq!(needed(LOST, None, "web1", 2), Verdict::Yes, "the lost one serves nobody");
    assert_eq!(needed(GROUP, Some("error"), "web3", 1), Verdict::Yes);
    assert_eq!(
        needed(GROUP, Some("error"), "web3", 2),
        Verdict::No,
        "the manager is in error, and synchronises nobody"
    );
    assert_eq!(needed(GROUP, None, "web3", 2), Verdict::Yes, "nobody else has to leave");
}

// WS-04
#[test]
fn a_synchronisation_has_room_on_both_drives_of_every_server_that_it_goes_to() {
    const SIZE: u64 = 100;
    let room = |one_drive: Option<bool>, system: u64, install: u64| {
        told(("space_for_synchronisation", "web3", "add"), GROUP, |now| {
            let of = server("web3");
            count(now, None, "config_bytes", SIZE);
            count(now, Some("web3"), "system_free_bytes", system);
            count(now, Some("web3"), "install_free_bytes", install);
            match one_drive {
                Some(one) => now.facts.know(Some(&of), "one_drive", Value::Flag(one), "a test", None),
                None => now.facts.miss(Some(&of), "one_drive", "nobody said"),
            }
        })
    };
    use Verdict::{No, Unknown, Yes};
    assert_eq!((room(Some(true), 300, 300), room(Some(true), 299, 299)), (Yes, No));
    assert_eq!((room(Some(false), 100, 200), room(Some(false), 99, 200), room(Some(false), 100, 199)), (Yes, No, No));
    assert_eq!((room(None, 300, 300), room(None, 299, 299), room(None, 99, 299)), (Yes, Unknown, No));
}

// WS-04
#[test]
fn after_a_takeover_every_member_that_is_left_needs_room() {
    let full = |servers: &str, names: &[&str]| {
        told(("space_for_synchronisation", "web1", "regroup"), servers, |now| {
            names.iter().for_each(|name| count(now, Some(name), "system_free_bytes", 0));
        })
    };
    assert_eq!(full(GROUP, &[]), Verdict::Yes);
    assert_eq!((full(GROUP, &["web2"]), full(GROUP, &["web3"])), (Verdict::No, Verdict::No));
    const GONE: &str = "web1: manager, web2: member, web3: { role: unregistered, lost: true }";
    assert_eq!(full(GONE, &["web3"]), Verdict::Yes, "nothing is sent to a lost one");
}

// WS-14
#[test]
fn what_role_a_lost_server_had_need_not_be_known() {
    const GONE: &str = "web1: manager, web2: member, web3: { role: unregistered, lost: true }";
    let says = told(("one_manager", "web2", "add"), GONE, |now| {
        now.servers.get_mut(&server("web3")).unwrap().role = None;
    });
    assert_eq!(says, Verdict::Yes);
}

#[test]
fn whatever_is_not_answered_is_unknown_and_never_absent() {
    let topology = declared(GROUP);
    let world = wsmgr(GROUP);
    let whole = farm::answers_to(&SYSTEM, &world, &site(&topology));
    let asked: Vec<&Request> = whole.in_order().into_iter().map(|(request, _)| request).collect();
    assert_eq!(asked.len(), 4, "what is attested, and the pool of each server");
    for one in asked {
        for reply in [
            Reply::Refused { why: "no".into() },
            Reply::Unknown { why: "lost".into() },
            Reply::Json("{}".into()),
            Reply::Attested(Vec::new()),
        ] {
            let is_attested = matches!(one, Request::ReadAttested { .. });
            // What was answered first stands.
            let mut answers = Answers::from_iter([(one.clone(), reply)]);
            answers.extend(whole.in_order().into_iter().map(|(request, reply)| (request.clone(), reply.clone())));
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
