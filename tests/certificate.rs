//! A plan file can be checked by somebody who did not make it: what is altered is caught.
//!
//! With its `id` kept, every change of a file is caught. With the `id` made anew, `verify` catches whatever is unsafe or
//! does not agree with itself, and these stay, because a plan of other premises is a plan as well:
//!
//! - **What is declared**, as long as the steps end there: the group's name, where and with which connection it was
//!   declared, minima and waivers that nothing hangs on, maintenance windows, a server's reason or line.
//! - **What was seen**, as long as every step still fits and every guard answers the same. `verify --snapshot` and `apply`
//!   look, and refuse a plan whose servers stand otherwise; a fact that turns no answer is nothing to refuse.
//! - **What is claimed and can't be checked without a search**: that a sequence is shortest, another safe order, steps that
//!   lead away and back, and the argument why there is no sequence at all, which nobody carries out.
//! - **Notes of those who looked**, and groups that are left out.
//!
//! All of them have another identity than the plan that was reviewed: `--id` catches them, of `verify` and of `apply`.

mod mutants;
mod oracle;
mod reviewed;

use std::collections::BTreeMap;
use std::process::Command;

use mutants::{Change, changes};
use oracle::World;
use reviewed::{NOW, Reviewed, plans};
use rolewalk::format::json::identity;
use rolewalk::format::plan::{self as plan_file, PlanFileFault};
use rolewalk::model::fact::Facts;
use rolewalk::model::moment::Moment;
use rolewalk::model::name::ServerName;
use rolewalk::model::plan::{GroupPlan, GroupVerdict, Plan};
use rolewalk::model::snapshot::Standing;
use rolewalk::model::table::Transition;
use rolewalk::plan::ask::ask_at;
use rolewalk::plan::check::check;
use rolewalk::plan::lint::lint;
use rolewalk::plan::plan;
use rolewalk::plan::steps::steps;
use rolewalk::run::stale;
use rolewalk::system;
use rolewalk::system::co_store::table::TABLE;
use serde_json::{Value, json};

// CS-03, CS-04, LK-10
#[test]
fn a_plan_for_a_group_without_a_leader_is_refused_but_where_the_table_has_such_groups() {
    let flaws = |table, roles: &[&'static str]| {
        let world: Vec<Standing> = roles.iter().map(|role| Standing::of(role)).collect();
        let (topology, snapshot) = (oracle::topology(table, roles), oracle::snapshot(table, &world));
        let mut planned = plan(&topology, &snapshot, NOW);
        let found = planned.verdict;
        (planned.verdict, planned.blocked_by) = (GroupVerdict::InSync, Vec::new());
        planned.candidates.clear();
        (found, check(&planned, NOW).iter().filter(|flaw| flaw.says.en.contains("declared to lead")).count())
    };
    assert_eq!(flaws(&TABLE, &["unregistered", "unregistered"]), (GroupVerdict::Blocked, 1));
    let lifekeeper = &system::lifekeeper::table::TABLE;
    assert_eq!(flaws(lifekeeper, &["unregistered", "unregistered"]).1, 0);
    assert_eq!(flaws(lifekeeper, &["standby", "standby"]).1, 1);
}

/// What became of an altered plan.
#[derive(Debug, PartialEq)]
enum Fate {
    Altered,
    Refused,
    Flawed,
    Passed(Vec<GroupPlan>),
}

fn fate(value: &Value) -> Fate {
    let text = serde_json::to_vec(value).unwrap();
    match plan_file::read("plan.json", &text, &system::tables()) {
        Err(PlanFileFault::Altered { .. }) => Fate::Altered,
        Err(_) => Fate::Refused,
        Ok((plan, _)) if plan.groups.iter().any(|group| !check(group, NOW).is_empty()) => Fate::Flawed,
        Ok((plan, _)) => Fate::Passed(plan.groups),
    }
}

fn with_id(mut value: Value) -> Value {
    let id = identity(&value);
    value["id"] = json!(id);
    value
}

fn file(plan: &GroupPlan) -> Value {
    serde_json::from_str(&plan_file::write(&Plan { groups: vec![plan.clone()] }).0).unwrap()
}

#[test]
fn a_plan_that_nobody_altered_passes() {
    for Reviewed { name, plan, .. } in plans() {
        assert_eq!(check(&plan, NOW), [], "{name}");
        assert_eq!(fate(&file(&plan)), Fate::Passed(vec![plan]), "{name}");
    }
}

/// How many there are of each.
type Counts = BTreeMap<String, usize>;

/// How many changes were tried of each system's plans, and how many passed with the identity made anew, by the part of the
/// plan that they are of.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    tried: Counts,
    passed: Counts,
}

fn counts(all: &[(&str, usize)]) -> Counts {
    all.iter().map(|(of, count)| (of.to_string(), *count)).collect()
}

/// Tries one change of many, the rest being like it: with the identity kept, and made anew.
fn try_changes(one_of: usize) -> Tally {
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    for (number, one) in plans().iter().enumerate() {
        let (file, table) = (file(&one.plan), one.plan.topology.table);
        let changes = changes(&file, table);
        for (index, change) in changes.iter().enumerate().skip(number % one_of).step_by(one_of) {
            let changed = change.made(&file);
            // That reading a file begins with this very comparison is seen of some.
            assert_ne!(json!(identity(&changed)), file["id"], "{}: {change:?}", one.name);
            assert!(index % 20 > 0 || fate(&changed) == Fate::Altered, "{}: {change:?}", one.name);
            *tally.tried.entry(table.system.into()).or_default() += 1;
            if let Fate::Passed(groups) = fate(&with_id(changed)) {
                *tally.passed.entry(change.part()).or_default() += 1;
                wrong.extend(found_wrong(one, change, &groups).map(|why| format!("{}: {change:?}: {why}", one.name)));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    tally
}

/// Says what is wrong with a plan that passed: that it is unsafe, as the exhaustive search's own rules see it, or that what
/// was seen is otherwise and nobody would notice.
fn found_wrong(one: &Reviewed, change: &Change, groups: &[GroupPlan]) -> Option<String> {
    let unsafe_group = groups.iter().find_map(unsafe_for_the_oracle);
    let is_stale = |group: &GroupPlan| !stale::changes(group, &one.snapshot, NOW).is_empty();
    match change.part() == "standings" && !groups.iter().any(is_stale) {
        true => Some("servers stand otherwise, and `apply` would not see it".into()),
        false => unsafe_group,
    }
}

fn unsafe_for_the_oracle(group: &GroupPlan) -> Option<String> {
    let mut topology = group.topology.clone();
    topology.servers.sort_by(|one, other| one.server.cmp(&other.server));
    let world: Option<World> = topology.servers.iter().map(|one| group.standings.get(&one.server).cloned()).collect();
    let Some(world) = world else { return Some("a declared server stands nowhere".into()) };
    match oracle::walk(&topology, &world, &group.steps) {
        Err(why) => Some(why),
        Ok(end) if group.verdict == GroupVerdict::Ready && !oracle::is_done(&topology, &end) => {
            Some("it does not end as declared".into())
        }
        Ok(_) => None,
    }
}

#[test]
fn a_changed_plan_is_caught_by_its_identity_and_with_another_identity_it_is_a_safe_plan_of_other_premises() {
    let tally = try_changes(11);
    let tried = [("co-store", 729), ("lifekeeper", 311), ("sun-ray", 406), ("wsmgr", 248)];
    let passed = [
        ("connection", 2),
        ("group", 1),
        ("groups", 4),
        ("notes", 8),
        ("relies_on", 23),
        ("shortest", 2),
        ("source", 3),
        ("standings", 2),
        ("topology disrupt_at_most", 2),
        ("topology keep", 1),
        ("topology servers", 7),
        ("topology settling_ms", 1),
    ];
    assert_eq!(tally, Tally { tried: counts(&tried), passed: counts(&passed) });
}

#[test]
#[ignore = "wants an optimised build: ./test runs it so"]
fn every_change_of_a_plan_is_caught_by_its_identity_and_with_another_it_is_a_safe_plan_of_other_premises() {
    let tally = try_changes(1);
    let tried = [("co-store", 8_004), ("lifekeeper", 3_425), ("sun-ray", 4_473), ("wsmgr", 2_722)];
    let passed = [
        ("blocked_by", 2),
        ("connection", 14),
        ("group", 9),
        ("groups", 28),
        ("notes", 76),
        ("relies_on", 228),
        ("shortest", 14),
        ("source", 28),
        ("standings", 13),
        ("topology disrupt_at_most", 13),
        ("topology keep", 16),
        ("topology keep_master_files", 13),
        ("topology servers", 71),
        ("topology settling_ms", 14),
        ("topology waivers", 1),
    ];
    assert_eq!(tally, Tally { tried: counts(&tried), passed: counts(&passed) });
}

#[test]
fn with_the_id_made_anew_steps_that_are_dropped_doubled_or_reordered_are_caught_but_where_another_order_is_as_safe() {
    let (mut tried, mut passed) = (0, 0);
    for Reviewed { name, plan, .. } in plans() {
        let file = file(&plan);
        let steps = file["groups"][0]["steps"].as_array().unwrap();
        for (what, mut steps) in rearranged(steps) {
            steps.iter_mut().enumerate().for_each(|(index, step)| step["number"] = json!(index + 1));
            let mut changed = file.clone();
            changed["groups"][0]["steps"] = json!(steps);
            assert_eq!(fate(&changed), Fate::Altered, "{name}: {what}");
            tried += 1;
            if let Fate::Passed(groups) = fate(&with_id(changed)) {
                assert_eq!(groups.iter().find_map(unsafe_for_the_oracle), None, "{name}: {what} passed");
                assert_eq!(groups[0].steps.len(), plan.steps.len(), "{name}: {what} passed");
                passed += 1;
            }
        }
    }
    // The two are of one plan: a server comes and another goes, and neither waits for the other.
    assert_eq!((tried, passed), (171, 2));
}

/// Returns the items with one dropped, one doubled, or two swapped, in every way.
fn rearranged<T: Clone>(items: &[T]) -> Vec<(String, Vec<T>)> {
    let mut found = Vec::new();
    for index in 0..items.len() {
        let mut without = items.to_vec();
        without.remove(index);
        found.push((format!("without step {}", index + 1), without));
        let mut doubled = items.to_vec();
        doubled.insert(index, items[index].clone());
        found.push((format!("step {} twice", index + 1), doubled));
        for other in index + 1..items.len() {
            let mut swapped = items.to_vec();
            swapped.swap(index, other);
            found.push((format!("steps {} and {} swapped", index + 1, other + 1), swapped));
        }
    }
    found
}

/// A sequence of rows, each with the server that it is used for.
type Moves = Vec<(ServerName, &'static Transition)>;

/// Returns the plan's moves rearranged, with every row of the table for every server added at every place, and put in the
/// place of every step.
fn other_moves(plan: &GroupPlan) -> Vec<(String, Moves)> {
    let moves: Moves = plan.steps.iter().map(|step| (step.server.clone(), step.transition)).collect();
    let mut found = rearranged(&moves);
    let servers = || plan.topology.servers.iter().map(|one| &one.server);
    for row in plan.topology.table.transitions {
        for server in servers() {
            let told = format!("{} ({} to {}) of {server}", row.name, row.from, row.to);
            for at in 0..=moves.len() {
                let mut longer = moves.clone();
                longer.insert(at, (server.clone(), row));
                found.push((format!("{told} added after step {at}"), longer));
            }
            for at in 0..moves.len() {
                let mut other = moves.clone();
                other[at] = (server.clone(), row);
                found.push((format!("{told} as step {}", at + 1), other));
            }
        }
    }
    found.retain(|(_, other)| !same(other, &moves));
    found
}

fn same(one: &Moves, other: &Moves) -> bool {
    let same = |((one, row), (other, also)): (&(ServerName, &Transition), &(ServerName, &Transition))| {
        one == other && std::ptr::eq(*row, *also)
    };
    one.len() == other.len() && one.iter().zip(other).all(same)
}

/// Returns the plan with other steps, everything else in them as it follows from the table.
fn forged(plan: &GroupPlan, moves: &Moves) -> GroupPlan {
    let steps = steps(&plan.topology, &plan.standings, moves);
    let mut forged = GroupPlan { steps, ..plan.clone() };
    let facts = Facts(plan.relies_on.clone());
    let mut moment = Moment::of(&plan.topology, &facts, plan.standings.clone());
    for step in &mut forged.steps {
        step.guards = ask_at(&mut moment, step, NOW);
        moment.take(step);
    }
    forged
}

/// How many forged plans of a system have an unsafe step, how many of the others do not end as declared, and how many are
/// as good as the plan itself.
#[derive(Debug, Default, PartialEq)]
struct Forged {
    unsafe_step: usize,
    astray: usize,
    safe: usize,
}

#[test]
fn a_forged_sequence_passes_just_where_the_exhaustive_search_could_walk_it_and_is_never_shorter() {
    let (mut counts, mut wrong) = (BTreeMap::<&str, Forged>::new(), Vec::new());
    for Reviewed { name, plan, .. } in plans() {
        let world: World = plan.topology.servers.iter().map(|one| plan.standings[&one.server].clone()).collect();
        for (what, moves) in other_moves(&plan) {
            let forged = forged(&plan, &moves);
            let flaws = check(&forged, NOW);
            let found = (
                flaws.iter().any(|flaw| flaw.step.is_some()),
                flaws.iter().any(|flaw| flaw.says.en.contains("does not end as declared")),
            );
            let end = oracle::walk(&plan.topology, &world, &forged.steps);
            let is_done = end.as_ref().is_ok_and(|end| oracle::is_done(&plan.topology, end));
            let count = counts.entry(plan.topology.table.system).or_default();
            match (&end, is_done) {
                (Err(_), _) => count.unsafe_step += 1,
                (Ok(_), false) => count.astray += 1,
                (Ok(_), true) => count.safe += 1,
            }
            let agrees = found.0 == end.is_err() && (end.is_err() || found.1 != is_done);
            let is_shorter = is_done && moves.len() < plan.steps.len();
            if !agrees || is_shorter {
                wrong.push(format!("{name}: {what}: {end:?}, {flaws:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
    let expected = [
        ("co-store", Forged { unsafe_step: 1_238, astray: 67, safe: 29 }),
        ("lifekeeper", Forged { unsafe_step: 1_247, astray: 30, safe: 5 }),
        ("sun-ray", Forged { unsafe_step: 1_140, astray: 25, safe: 2 }),
        ("wsmgr", Forged { unsafe_step: 1_662, astray: 18, safe: 0 }),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
}

/// Runs the real binary on a plan file, and returns its exit code and what it said.
fn run(arguments: &[&str], file: &Value) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("plan.json"), serde_json::to_vec(file).unwrap()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolewalk"));
    command.args(arguments).current_dir(folder.path()).env("LANG", "C");
    let ended = command.output().unwrap();
    (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
}

#[test]
fn what_verify_alone_lets_pass_is_caught_by_the_reviewed_id_of_verify_and_of_apply() {
    let Reviewed { plan, .. } = plans().swap_remove(0);
    let file = file(&plan);
    let id = file["id"].as_str().unwrap();
    assert_eq!(run(&["verify", "plan.json", "--id", id], &file).0, Some(0));
    let mut tried = Vec::new();
    for change in changes(&file, plan.topology.table) {
        let part = change.part();
        let changed = with_id(change.made(&file));
        if tried.contains(&part) || !matches!(fate(&changed), Fate::Passed(_)) {
            continue;
        }
        assert_eq!(run(&["verify", "plan.json"], &changed).0, Some(0), "{change:?}");
        for command in ["verify", "apply"] {
            let (code, says) = run(&[command, "plan.json", "--id", id], &changed);
            assert_eq!(code, Some(8), "{command}, {change:?}: {says}");
            assert!(says.contains("not the approved"), "{command}, {change:?}: {says}");
        }
        tried.push(part);
    }
    let parts = [
        "groups",
        "connection",
        "notes",
        "relies_on",
        "shortest",
        "source",
        "topology disrupt_at_most",
        "topology keep",
        "topology keep_master_files",
        "topology servers",
        "topology settling_ms",
    ];
    assert_eq!(tried, parts);
}

#[test]
fn the_table_of_co_store_is_sound() {
    assert_eq!(lint(&TABLE), []);
}
