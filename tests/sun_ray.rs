//! Sun Ray's table, guards and observation on the practice farm, which has the product's rules and not the table's.

mod farm;

use std::collections::{BTreeMap, BTreeSet};

use farm::{declared_in, observe_in, server, site, sun_ray};
use jiff::Timestamp;
use rolewalk::model::fact::{Fact, ROLE, Value};
use rolewalk::model::guard::{Guard, Verdict};
use rolewalk::model::moment::Moment;
use rolewalk::model::plan::GroupVerdict;
use rolewalk::model::request::{Reply, Request};
use rolewalk::model::snapshot::{GroupSnapshot, leaders};
use rolewalk::model::topology::Topology;
use rolewalk::plan::plan;
use rolewalk::system::sun_ray::{DUMP, SYSTEM};
use rolewalk::system::{Answers, Judgement};
use rolewalk::world::practice::sun_ray::{Change as SunRay, Form};
use rolewalk::world::practice::{Change, PracticeWorld};

const GROUP: &str = "sr1: primary, sr2: secondary, sr3: secondary";
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn declared(servers: &str) -> Topology {
    declared_in(&SYSTEM, "desk", servers, "")
}

fn off(name: &str) -> Change {
    Change::Powered { server: name.into(), on: false }
}

fn shows(name: &str, form: Form) -> Change {
    SunRay::Shows { server: name.into(), form }.into()
}

fn reinstalled(name: &str) -> Change {
    SunRay::Reinstalled { server: name.into() }.into()
}

fn replica(name: &str, words: &str) -> Change {
    let arguments = words.split_whitespace().map(str::to_owned).collect();
    SunRay::Replica { server: name.into(), arguments }.into()
}

fn seen(world: &PracticeWorld, topology: &Topology) -> GroupSnapshot {
    observe_in(&SYSTEM, world, &site(topology))
}

fn at_most_one_primary(world: &PracticeWorld, done: &[String]) {
    let status = world.status().unwrap();
    let running = status.machines.iter().filter(|machine| machine.powered).map(|machine| machine.name.clone());
    let running: BTreeSet<String> = running.collect();
    let primaries = status.sun_ray.servers.iter().filter(|one| one.role == "primary" && running.contains(&one.name));
    assert!(primaries.count() <= 1, "two primaries after {done:?}");
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
        done.push(format!("{} {}", step.transition.name, step.server));
        assert!(done.len() < 30, "it goes round and round: {done:?}");
        for request in (SYSTEM.acts)(&site(declared), step, &now) {
            let reply = world.perform(&request);
            assert_eq!((SYSTEM.judges)(&request, &reply), Judgement::Fine, "after {done:?}: {request}: {reply:?}");
            at_most_one_primary(world, &done);
        }
        let after = seen(world, declared);
        for server in step.touches() {
            let seen = &after.servers[server];
            assert!(step.reached_by(server, seen), "{} of {done:?} leaves {server} as {seen:?}", step.transition.name);
        }
    }
}

// SR-01, SR-04, SR-05
#[test]
fn every_declared_group_is_reached_from_every_other_with_one_primary_at_most() {
    let groups = groups();
    let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
    for from in &groups {
        for to in &groups {
            let world = sun_ray(from);
            let done = walk(&world, &declared(to));
            *lengths.entry(done.len()).or_insert(0) += 1;
        }
    }
    assert_eq!(lengths.values().sum::<usize>(), 9 * 9, "{lengths:?}");
    assert_eq!(lengths.get(&0), Some(&9), "{lengths:?}");
    assert!(lengths.keys().max() >= Some(&5), "a handover with a re-pointing takes five steps: {lengths:?}");
}

/// Every group of three with one primary and at least one secondary.
fn groups() -> Vec<String> {
    let roles = ["standalone", "secondary", "primary"];
    let all = (0..27).map(|number| [roles[number % 3], roles[number / 3 % 3], roles[number / 9]]);
    let count = |group: &[&str; 3], role: &str| group.iter().filter(|one| **one == role).count();
    let fit = all.filter(|group| count(group, "primary") == 1 && count(group, "secondary") > 0);
    fit.map(|[one, two, three]| format!("sr1: {one}, sr2: {two}, sr3: {three}")).collect()
}

// SR-02
#[test]
fn a_group_whose_primary_does_not_answer_is_said_to_be_frozen() {
    let topology = declared(GROUP);
    let world = sun_ray(GROUP);
    let caveat = |world: &PracticeWorld| (SYSTEM.table.caveat)(&seen(world, &topology).facts);
    assert_eq!(caveat(&world), None);
    world.change(off("sr1")).unwrap();
    let said = caveat(&world).unwrap();
    assert!(said.en.contains("the group is frozen") && said.en.contains("only a takeover or a rebuild"), "{}", said.en);
    assert!(said.ja.contains("凍結状態") && said.ja.contains("管理上の変更はできない"), "{}", said.ja);
    let to = declared("sr1: primary, sr2: standalone, sr3: secondary");
    let planned = plan(&to, &seen(&world, &to), NOW);
    assert_ne!(planned.verdict, GroupVerdict::Ready, "{:?}", planned.steps);
}

// SR-02, SR-04
#[test]
fn any_server_takes_over_from_a_lost_primary() {
    for (to, other) in [("sr2", "sr3"), ("sr3", "sr2")] {
        let world = sun_ray(GROUP);
        world.change(off("sr1")).unwrap();
        let done = walk(
            &world,
            &declared(&format!("sr1: {{ role: standalone, lost: true }}, {to}: primary, {other}: secondary")),
        );
        assert_eq!(done, [format!("leave {to}"), format!("take-over {to}"), format!("follow {other}")]);
    }
}

// SR-03, SR-07
#[test]
fn a_reinstalled_primary_gets_its_data_back_and_no_dump_is_left() {
    let world = sun_ray(GROUP);
    world.change(reinstalled("sr1")).unwrap();
    let done =
        walk(&world, &declared("sr1: { role: primary, reinstalled: 2026-11-20 }, sr2: secondary, sr3: secondary"));
    assert_eq!(done, ["install sr1", "rebuild sr1", "remove-dump sr1"]);
    for one in world.status().unwrap().sun_ray.servers {
        assert_eq!((one.users, one.files.len()), (2, 0), "{}", one.name);
    }
}

// SR-07
#[test]
fn a_rebuild_that_is_cut_off_at_any_request_keeps_the_dump_names_it_and_is_finished() {
    let declared = declared("sr1: { role: primary, reinstalled: 2026-11-20 }, sr2: secondary, sr3: secondary");
    let mut cuts = 0;
    for cut in 1.. {
        let world = sun_ray("sr1: reinstalled, sr2: secondary, sr3: secondary");
        let mut requests = 0;
        let mut was_cut = false;
        while !was_cut {
            let now = seen(&world, &declared);
            let planned = plan(&declared, &now, NOW);
            let Some(step) = planned.steps.first() else { break };
            for request in (SYSTEM.acts)(&site(&declared), step, &now) {
                if requests == cut {
                    was_cut = true;
                    break;
                }
                world.perform(&request);
                requests += 1;
            }
        }
        if !was_cut {
            break;
        }
        cuts += 1;
        let now = seen(&world, &declared);
        let has_dump = |one: &rolewalk::world::practice::sun_ray::ServerStatus| !one.files.is_empty();
        let status = world.status().unwrap();
        let holders: Vec<&str> =
            status.sun_ray.servers.iter().filter(|one| has_dump(one)).map(|one| one.name.as_str()).collect();
        let told = (SYSTEM.table.caveat)(&now.facts).map(|text| text.en).unwrap_or_default();
        for one in &status.sun_ray.servers {
            assert!(one.files.iter().all(|(path, owner_only)| path == DUMP && *owner_only), "{one:?}");
        }
        assert!(holders.iter().all(|one| told.contains(&format!("`{one}`"))), "cut at {cut}: {holders:?} in {told:?}");
        // A data store that is stopped can't be looked into: a person starts it, as after a real crash.
        let stopped =
            status.sun_ray.servers.iter().any(|one| one.name == "sr1" && one.role == "primary" && !one.services);
        if stopped {
            assert_eq!(plan(&declared, &now, NOW).verdict, GroupVerdict::Undetermined, "cut at {cut}");
            world.change(Change::from(SunRay::Services { server: "sr1".into(), running: true })).unwrap();
        }
        walk(&world, &declared);
        let status = world.status().unwrap();
        assert!(
            status.sun_ray.servers.iter().all(|one| one.users == 2 && one.files.is_empty()),
            "cut at {cut}: {status:?}"
        );
    }
    assert_eq!(cuts, 8, "between install, dump, copy, -p, utstop, restore, utstart and two removals");
}

// SR-07
#[test]
fn whatever_fails_while_a_dump_may_lie_somewhere_names_its_places() {
    let on = || server("sr2");
    let command = |program, arguments: &[&str]| Request::Command {
        on: on(),
        folder: String::new(),
        program,
        arguments: arguments.iter().map(|one| one.to_string()).collect(),
    };
    let requests = [
        Request::SaveOutput {
            on: on(),
            folder: String::new(),
            program: "utldbmcat",
            arguments: Vec::new(),
            to: DUMP.into(),
        },
        Request::CopyFile { from: on(), to: server("sr1"), path: DUMP.into() },
        Request::RemoveFile { on: on(), path: DUMP.into() },
        command("utstop", &[]),
        command("utstart", &["-c"]),
        command("utreplica", &["-p", "sr3"]),
        command("utldif2ldbm", &[]),
    ];
    for request in requests {
        for reply in [
            Reply::Refused { why: "no".into() },
            Reply::Unknown { why: "lost".into() },
            Reply::Ended { exit_code: 1, stdout: String::new(), stderr: "no".into() },
        ] {
            match (SYSTEM.judges)(&request, &reply) {
                Judgement::Failed(why) | Judgement::Unknown(why) => {
                    assert!(why.contains(DUMP) && why.contains("sr2"), "{request}: {why}");
                }
                other => panic!("{request}: {other:?}"),
            }
        }
    }
}

/// One case: the guard, the verdict, the server that the step is about, what is declared, and what happened.
type Row = (&'static str, Verdict, &'static str, &'static str, Vec<Change>);

const LOST: &str = "sr1: { role: standalone, lost: true }, sr2: primary, sr3: secondary";
const ONE_LOST: &str = "sr1: primary, sr2: { role: standalone, lost: true }, sr3: secondary";

const LEFT: &str = "sr1: { role: standalone, lost: true }, sr2: primary, sr3: { role: standalone, lost: true }";

fn rows() -> Vec<Row> {
    use Verdict::{No, Unknown, Yes};
    let two = || vec![replica("sr3", "-u"), replica("sr3", "-p sr2")];
    let strange = |name: &str| vec![shows(name, Form::Reworded)];
    let stopped = |name: &str| Change::from(SunRay::Services { server: name.into(), running: false });
    let added = |name: &str| Change::from(SunRay::UserAdded { server: name.into(), user: "jiro".into() });
    let offline = |name: &str| Change::from(SunRay::Offline { server: name.into(), offline: true });
    let alone = || vec![replica("sr1", "-u"), replica("sr2", "-u"), replica("sr3", "-u")];
    vec![
        ("one_primary", Yes, "sr2", GROUP, vec![]),
        ("one_primary", No, "sr2", GROUP, two()),
        ("one_primary", Unknown, "sr2", GROUP, strange("sr3")),
        ("no_other_primary", Yes, "sr1", GROUP, vec![]),
        ("no_other_primary", No, "sr2", GROUP, vec![]),
        ("no_other_primary", Unknown, "sr1", GROUP, strange("sr3")),
        ("primary_answers", Yes, "sr2", GROUP, vec![]),
        ("primary_answers", No, "sr2", GROUP, vec![off("sr1")]),
        ("primary_answers", No, "sr2", GROUP, alone()),
        ("group_not_frozen", Yes, "sr2", GROUP, vec![]),
        ("group_not_frozen", Yes, "sr2", LOST, vec![off("sr1")]),
        ("group_not_frozen", No, "sr2", GROUP, vec![off("sr1")]),
        ("server_answers", Yes, "sr2", GROUP, vec![]),
        ("server_answers", No, "sr2", GROUP, vec![off("sr2")]),
        ("another_server_serves", Yes, "sr2", GROUP, vec![off("sr3")]),
        ("another_server_serves", No, "sr2", GROUP, vec![off("sr3"), offline("sr1")]),
        ("another_server_serves", No, "sr2", LOST, vec![off("sr1"), off("sr3")]),
        ("another_server_serves", Yes, "sr2", LEFT, vec![off("sr1"), off("sr3")]),
        ("primary_holds_data", Yes, "sr2", GROUP, vec![]),
        ("primary_holds_data", No, "sr2", "sr1: primary, sr2: secondary, sr3: secondary", {
            let operate = SunRay::Services { server: "sr1".into(), running: true };
            vec![reinstalled("sr1"), operate.into(), replica("sr1", "-p sr2 sr3")]
        }),
        ("primary_holds_data", Unknown, "sr2", GROUP, vec![stopped("sr1")]),
        ("no_user_is_lost", Yes, "sr2", GROUP, vec![]),
        ("no_user_is_lost", Yes, "sr2", GROUP, vec![added("sr1")]),
        ("no_user_is_lost", No, "sr2", GROUP, vec![replica("sr2", "-u"), added("sr2")]),
        ("no_user_is_lost", Unknown, "sr2", GROUP, vec![stopped("sr1")]),
        ("a_secondary_to_name", Yes, "sr1", GROUP, vec![]),
        ("a_secondary_to_name", Yes, "sr1", ONE_LOST, vec![off("sr2")]),
        ("a_secondary_to_name", Yes, "sr1", ONE_LOST, vec![off("sr2"), replica("sr3", "-u")]),
        ("a_secondary_to_name", No, "sr1", GROUP, vec![reinstalled("sr2"), reinstalled("sr3")]),
        ("a_secondary_to_name", No, "sr1", ONE_LOST, vec![off("sr2"), reinstalled("sr3")]),
        ("a_secondary_to_name", No, "sr1", "sr1: primary, sr2: standalone, sr3: standalone", alone()),
        ("same_host_name", Yes, "sr1", GROUP, vec![]),
        ("same_host_name", No, "sr2", GROUP, vec![]),
        ("same_host_name", No, "sr1", GROUP, alone()),
        ("same_host_name", Yes, "sr1", ONE_LOST, vec![off("sr2")]),
        ("data_to_restore", Yes, "sr1", GROUP, vec![reinstalled("sr1")]),
        ("data_to_restore", No, "sr1", GROUP, vec![]),
        ("data_to_restore", No, "sr1", GROUP, vec![reinstalled("sr1"), reinstalled("sr2"), reinstalled("sr3")]),
        ("data_to_restore", Unknown, "sr1", GROUP, vec![reinstalled("sr1"), off("sr2"), off("sr3")]),
        ("data_to_restore", No, "sr1", ONE_LOST, vec![reinstalled("sr1"), off("sr2"), reinstalled("sr3")]),
        ("group_not_frozen", Unknown, "sr2", GROUP, vec![shows("sr1", Form::Reworded)]),
        ("restored_data_confirmed", Yes, "sr1", GROUP, vec![]),
        ("restored_data_confirmed", No, "sr1", GROUP, alone()),
        ("restored_data_confirmed", Unknown, "sr1", GROUP, vec![stopped("sr1")]),
    ]
}

fn ask(guard: &'static Guard, about: &str, topology: &Topology, now: &GroupSnapshot) -> (Verdict, String) {
    let server = server(about);
    let answer = Moment::of(topology, &now.facts, now.servers.clone()).ask(guard, &server, "");
    assert!(!answer.because.en.is_empty() && !answer.because.ja.is_empty(), "{}", guard.name);
    (answer.verdict, answer.because.en)
}

// SR-01 to SR-07
#[test]
fn every_guard_is_seen_saying_what_it_says() {
    let mut seen_saying: BTreeMap<&str, BTreeSet<Verdict>> = BTreeMap::new();
    for (name, want, about, servers, changes) in rows() {
        let world = sun_ray(GROUP);
        changes.iter().for_each(|change| world.change(change).unwrap_or_else(|why| panic!("{name}: {change}: {why}")));
        let topology = declared(servers);
        let guard = SYSTEM.table.guard(name).unwrap_or_else(|| panic!("{name}"));
        let (verdict, because) = ask(guard, about, &topology, &seen(&world, &topology));
        assert_eq!(verdict, want, "{name} at {about}: {because}");
        seen_saying.entry(name).or_default().insert(want);
    }
    for guard in SYSTEM.table.guards {
        let said = &seen_saying[guard.name];
        assert!(said.contains(&Verdict::Yes) && said.contains(&Verdict::No), "{}: {said:?}", guard.name);
    }
}

/// What each guard that says yes in [`rows`] can't do without, in the order of the rows.
const NEEDED: &[(&str, &str)] = &[
    ("one_primary", "sr1 role, sr2 role, sr3 role"),
    ("no_other_primary", "sr1 role, sr2 role, sr3 role"),
    ("primary_answers", "sr1 answers, sr1 role"),
    ("group_not_frozen", "sr1 answers, sr1 role"),
    // The primary is declared lost, or none is known: either way the group is not frozen.
    ("group_not_frozen", ""),
    ("server_answers", "sr2 answers"),
    ("another_server_serves", "sr1 answers, sr1 offline"),
    // The others are lost: nobody else can serve.
    ("another_server_serves", ""),
    ("primary_holds_data", "sr1 role, sr1 store"),
    ("no_user_is_lost", "sr1 role, sr1 users, sr2 users"),
    ("no_user_is_lost", "sr1 role, sr1 users, sr2 users"),
    // There are two.
    ("a_secondary_to_name", ""),
    ("a_secondary_to_name", "sr3 role"),
    ("a_secondary_to_name", "sr3 role, sr3 software"),
    ("same_host_name", "sr1 role, sr2 follows, sr2 role, sr3 follows, sr3 role"),
    ("same_host_name", "sr1 role, sr3 follows, sr3 role"),
    // There are two.
    ("data_to_restore", ""),
    ("restored_data_confirmed", "sr1 role, sr1 store, sr1 users"),
];

// SR-01 to SR-07
#[test]
fn no_guard_says_yes_without_what_it_needs() {
    let mut needed = Vec::new();
    for (name, _, about, servers, changes) in rows().into_iter().filter(|row| row.1 == Verdict::Yes) {
        let world = sun_ray(GROUP);
        changes.iter().for_each(|change| world.change(change).unwrap());
        let (guard, topology) = (SYSTEM.table.guard(name).unwrap(), declared(servers));
        let now = seen(&world, &topology);
        needed.push((name, farm::needs(guard, &now, |less| ask(guard, about, &topology, less).0)));
    }
    let named: Vec<(&str, String)> = NEEDED.iter().map(|(name, needs)| (*name, needs.to_string())).collect();
    assert_eq!(needed, named);
}

/// What a group is seen to be, with some of it told otherwise.
fn told(servers: &str, tell: impl Fn(&mut GroupSnapshot)) -> (Topology, GroupSnapshot) {
    let topology = declared(servers);
    let mut now = seen(&sun_ray(GROUP), &topology);
    tell(&mut now);
    (topology, now)
}

// SR-03
#[test]
fn every_secondary_has_to_follow_the_server_that_is_rebuilt() {
    for other in ["sr2", "sr3"] {
        let (topology, now) = told(GROUP, |now| {
            now.facts.know(Some(&server(other)), "follows", Value::Text("sr9".into()), "a test", None);
        });
        let (verdict, because) = ask(SYSTEM.table.guard("same_host_name").unwrap(), "sr1", &topology, &now);
        assert_eq!(verdict, Verdict::No, "{because}");
        assert!(because.contains(&format!("`{other}` follows `sr9`")), "{because}");
    }
}

// SR-03
#[test]
fn data_is_restored_from_the_store_that_lists_the_most_users() {
    for most in ["sr2", "sr3"] {
        let (topology, now) = told(GROUP, |now| {
            now.facts.know(Some(&server("sr1")), "users", Value::Count(0), "a test", None);
            now.facts.know(Some(&server(most)), "users", Value::Count(3), "a test", None);
        });
        let (_, because) = ask(SYSTEM.table.guard("data_to_restore").unwrap(), "sr1", &topology, &now);
        assert_eq!(because, format!("`{most}` holds 3 users"));
    }
}

// SR-03, SR-07
#[test]
fn a_primary_whose_data_store_is_empty_holds_no_data() {
    let (topology, now) = told(GROUP, |now| {
        now.servers.get_mut(&server("sr1")).unwrap().marks.insert("store", "empty");
    });
    for name in ["primary_holds_data", "restored_data_confirmed"] {
        let (verdict, because) = ask(SYSTEM.table.guard(name).unwrap(), "sr2", &topology, &now);
        assert!(verdict == Verdict::No && because.contains("the data store of `sr1` is empty"), "{name}: {because}");
    }
}

// SR-02
#[test]
fn what_role_a_lost_server_had_need_not_be_known() {
    let (topology, now) = told(ONE_LOST, |now| now.servers.get_mut(&server("sr2")).unwrap().role = None);
    for (name, about) in [("one_primary", "sr3"), ("no_other_primary", "sr1")] {
        assert_eq!(ask(SYSTEM.table.guard(name).unwrap(), about, &topology, &now).0, Verdict::Yes, "{name}");
    }
}

// SR-01
#[test]
fn a_guard_that_knows_nothing_never_says_yes() {
    let topology = declared(GROUP);
    let unread = (SYSTEM.reads)(&site(&topology), &Answers::default());
    let mut nothing = GroupSnapshot::default();
    for one in &topology.servers {
        nothing.servers.entry(one.server.clone()).or_default();
    }
    for guard in SYSTEM.table.guards {
        for now in [&unread, &nothing] {
            let (verdict, because) = ask(guard, "sr2", &topology, now);
            assert_ne!(verdict, Verdict::Yes, "{}: {because}", guard.name);
        }
    }
}

// SR-01
#[test]
fn with_any_look_answered_in_any_bad_way_no_server_gets_another_role_than_it_has() {
    let topology = declared(GROUP);
    let world = sun_ray(GROUP);
    let site = site(&topology);
    let right = seen(&world, &topology);
    let bad = [
        Reply::Unknown { why: "no answer".into() },
        Reply::Refused { why: "access is denied".into() },
        Reply::Ended { exit_code: 1, stdout: String::new(), stderr: "error".into() },
        Reply::Ended { exit_code: 0, stdout: String::new(), stderr: String::new() },
        Reply::Ended { exit_code: 0, stdout: "\u{0}\u{1b}[2J primary secondary\n".into(), stderr: String::new() },
        Reply::Json("[]".into()),
        Reply::Rows(Vec::new()),
    ];
    let mut looks = 0;
    let asked = farm::answers_to(&SYSTEM, &world, &site);
    for (request, _) in asked.in_order() {
        for reply in &bad {
            let mut answers = Answers::default();
            loop {
                let requests = (SYSTEM.asks)(&site, &answers);
                if requests.is_empty() {
                    break;
                }
                answers.extend(requests.into_iter().map(|one| {
                    let answer = if one == *request { reply.clone() } else { world.perform(&one) };
                    (one, answer)
                }));
            }
            let now = (SYSTEM.reads)(&site, &answers);
            for (name, standing) in &now.servers {
                let was = &right.servers[name];
                assert!(
                    standing.role.is_none() || standing.role == was.role,
                    "{request} {reply:?}: {name} {standing:?}"
                );
            }
            assert!(leaders(SYSTEM.table, &now.servers).count() <= 1);
            looks += 1;
        }
    }
    assert_eq!(looks, 12 * 7);
}

// SR-04
#[test]
fn a_promotion_names_who_is_declared_to_follow_and_nobody_who_stays_standalone() {
    let farm = sun_ray("sr1: primary, sr2: secondary, sr3: standalone");
    let declared = declared("sr1: secondary, sr2: primary, sr3: standalone");
    assert_eq!(walk(&farm, &declared), ["step-down sr1", "leave sr2", "promote sr2", "follow sr1"]);
    let named: Vec<String> = farm.audit().unwrap().into_iter().filter_map(|line| line.request).collect();
    assert!(named.iter().any(|one| one == "on sr2: utreplica -p sr1"), "{named:?}");
}

// SR-04
#[test]
fn where_nobody_is_to_follow_a_promotion_is_refused_before_the_primary_steps_down() {
    let farm = sun_ray("sr1: primary, sr2: secondary, sr3: standalone");
    let declared = declared("sr1: standalone, sr2: primary, sr3: standalone");
    let planned = plan(&declared, &seen(&farm, &declared), NOW);
    assert_eq!(planned.verdict, GroupVerdict::Blocked);
    assert!(planned.blocked_by.iter().any(|block| block.rule == "a_secondary_to_name"), "{:?}", planned.blocked_by);
}

// SR-01
#[test]
fn a_primary_whose_last_secondary_has_left_is_a_primary() {
    let farm = sun_ray("sr1: primary, sr2: secondary");
    let declared = declared("sr1: primary, sr2: standalone");
    assert_eq!(walk(&farm, &declared), ["leave sr2"]);
}

// SR-01, SR-02
#[test]
fn whom_a_primary_names_is_unknown_while_it_does_not_answer_and_what_others_say_is_marked_so() {
    let farm = sun_ray("sr1: primary, sr2: secondary, sr3: standalone");
    let declared = declared("sr1: primary, sr2: secondary, sr3: standalone");
    farm.change(off("sr1")).unwrap();
    let now = seen(&farm, &declared);
    assert_eq!(now.servers[&server("sr3")].mark("follow"), None);
    let hearsay = |name: &str| matches!(now.facts.get(Some(&server(name)), ROLE), Some(Fact::Unknown { .. }));
    assert_eq!(now.servers[&server("sr1")].role, Some("primary"), "sr2 follows it");
    assert!(hearsay("sr1") && !hearsay("sr2"), "nobody has seen it");
}

// SR-07
#[test]
fn with_the_primarys_dump_those_go_of_which_nobody_could_look() {
    let farm = sun_ray(GROUP);
    let declared = declared(GROUP);
    let dump = Request::SaveOutput {
        on: server("sr1"),
        folder: rolewalk::system::sun_ray::STORE_TOOLS.into(),
        program: "utldbmcat",
        arguments: vec![rolewalk::system::sun_ray::STORE.into()],
        to: DUMP.into(),
    };
    farm.perform(&dump);
    let mut now = seen(&farm, &declared);
    let planned = plan(&declared, &now, NOW);
    let step = planned.steps.iter().find(|step| step.transition.name == "remove-dump").unwrap();
    let removed = |now: &GroupSnapshot| {
        let acts = (SYSTEM.acts)(&site(&declared), step, now);
        acts.iter().map(|act| act.host().unwrap().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(removed(&now), ["sr1"]);
    now.facts.miss(Some(&server("sr3")), "dump_bytes", "access is denied");
    assert_eq!(removed(&now), ["sr3", "sr1"]);
}
