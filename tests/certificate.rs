//! A plan file can be checked by somebody who did not make it: what is altered is caught.

mod oracle;

use jiff::Timestamp;
use rolewalk::format::json::identity;
use rolewalk::format::plan::{self as plan_file, PlanFileFault};
use rolewalk::model::fact::Value as Fact;
use rolewalk::model::plan::{GroupVerdict, Plan};
use rolewalk::model::snapshot::{GroupSnapshot, Standing};
use rolewalk::plan::check::check;
use rolewalk::plan::lint::lint;
use rolewalk::plan::plan;
use rolewalk::system;
use rolewalk::system::co_store::guards::fact;
use rolewalk::system::co_store::table::TABLE;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// A plan with a handover, a waiting step, steps up and down, known and unknown facts.
fn sample() -> Plan {
    let world = vec![
        Standing::of("master").with("disks", "complete").with("ticks", "own"),
        Standing::of("slave").with("disks", "complete").with("ticks", "others"),
        Standing::of("unregistered").with("disks", "none").with("ticks", "others"),
        Standing::of("slave").with("disks", "awaiting").with("ticks", "others"),
    ];
    let mut snapshot: GroupSnapshot = oracle::snapshot(&TABLE, &world);
    for index in 0..4 {
        let server = oracle::name(index);
        snapshot.facts.know(Some(&server), fact::TERMINALS, Fact::Count(0), "test", None);
        snapshot.facts.know(Some(&server), fact::STORE_BYTES, Fact::Count(1 << 20), "test", None);
        snapshot.facts.know(Some(&server), fact::FREE_BYTES, Fact::Count(1 << 30), "test", None);
        snapshot.facts.know(Some(&server), fact::SHARE, Fact::Flag(true), "test", None);
        snapshot.facts.know(Some(&server), fact::UP, Fact::Flag(true), "test", None);
    }
    snapshot.facts.know(None, fact::OPEN_TASKS, Fact::List(Vec::new()), "test", None);
    snapshot.facts.miss(None, fact::ANSWERING, "PVS was not asked");
    let mut topology = oracle::topology(&TABLE, &["additional", "master", "slave", "slave"]);
    topology.keep.push(("slave", 1));
    let plan = plan(&topology, &snapshot, NOW);
    assert_eq!(plan.verdict, GroupVerdict::Ready, "{:?}", plan.blocked_by);
    assert_eq!(plan.steps.len(), 5);
    Plan { groups: vec![plan] }
}

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
    Passed,
}

fn fate(value: &Value) -> Fate {
    let text = serde_json::to_vec(value).unwrap();
    match plan_file::read("plan.json", &text, &system::tables()) {
        Err(PlanFileFault::Altered { .. }) => Fate::Altered,
        Err(_) => Fate::Refused,
        Ok((plan, _)) if plan.groups.iter().any(|group| !check(group, NOW).is_empty()) => Fate::Flawed,
        Ok(_) => Fate::Passed,
    }
}

fn with_id(mut value: Value) -> Value {
    let id = identity(&value);
    value["id"] = json!(id);
    value
}

fn value() -> Value {
    serde_json::from_str(&plan_file::write(&sample()).0).unwrap()
}

#[test]
fn a_plan_that_nobody_altered_passes() {
    assert_eq!(fate(&value()), Fate::Passed);
}

/// Returns the JSON pointers of all single values below `at`.
fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| leaves(value, &format!("{at}/{key}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| leaves(value, &format!("{at}/{index}"), found));
        }
        _ => found.push(at.into()),
    }
}

fn altered(value: &Value) -> Vec<Value> {
    match value {
        Value::Bool(flag) => vec![json!(!flag)],
        Value::Number(number) => vec![json!(number.as_u64().unwrap_or(0) + 1)],
        Value::Null => vec![json!("S1")],
        Value::String(text) => {
            let others = ["S0", "S2", "slave", "master", "yes", "unknown", "handover", "complete"];
            others.iter().filter(|other| *other != text).map(|other| json!(other)).collect()
        }
        _ => Vec::new(),
    }
}

/// What a plan takes from outside. Altered consistently it is another plan of other premises, which only the reviewed
/// id (`--id`) and the look at the world before each step can tell from the reviewed one.
fn is_premise(pointer: &str) -> bool {
    let part = pointer.strip_prefix("/groups/0/").unwrap_or(pointer);
    ["group", "source/", "connection", "topology/", "standings/", "relies_on/", "notes/", "follow_ups/"]
        .iter()
        .any(|premise| part.starts_with(premise))
}

#[test]
fn with_the_id_kept_every_altered_value_is_caught() {
    let value = value();
    let mut pointers = Vec::new();
    leaves(&value["groups"], "/groups", &mut pointers);
    let mut tried = 0;
    for pointer in &pointers {
        for other in altered(value.pointer(pointer).unwrap()) {
            let mut changed = value.clone();
            *changed.pointer_mut(pointer).unwrap() = other;
            assert_eq!(fate(&changed), Fate::Altered, "{pointer}");
            tried += 1;
        }
    }
    assert!(tried > 2_000, "only {tried} alterations were tried");
}

#[test]
fn with_the_id_made_anew_every_value_that_is_no_premise_is_caught() {
    let value = value();
    let mut pointers = Vec::new();
    leaves(&value["groups"], "/groups", &mut pointers);
    let (mut tried, mut passed) = (0, Vec::new());
    for pointer in pointers.iter().filter(|pointer| !is_premise(pointer)) {
        for other in altered(value.pointer(pointer).unwrap()) {
            let mut changed = value.clone();
            *changed.pointer_mut(pointer).unwrap() = other.clone();
            let fate = fate(&with_id(changed));
            if !matches!(fate, Fate::Refused | Fate::Flawed) {
                passed.push(format!("{pointer} to {other}"));
            }
            tried += 1;
        }
    }
    assert_eq!(passed, Vec::<String>::new());
    assert!(tried > 1_000, "only {tried} alterations were tried");
}

#[test]
fn with_the_id_made_anew_steps_that_are_dropped_doubled_or_reordered_are_caught() {
    let value = value();
    let steps = value["groups"][0]["steps"].as_array().unwrap().clone();
    let mut tried = 0;
    let mut demand = |mut steps: Vec<Value>, what: String| {
        for renumbered in [false, true] {
            if renumbered {
                steps.iter_mut().enumerate().for_each(|(index, step)| step["number"] = json!(index + 1));
            }
            let mut changed = value.clone();
            changed["groups"][0]["steps"] = json!(steps);
            assert_eq!(fate(&changed), Fate::Altered, "{what}");
            let fate = fate(&with_id(changed));
            assert!(matches!(fate, Fate::Refused | Fate::Flawed), "{what} passed");
            tried += 1;
        }
    };
    for index in 0..steps.len() {
        let mut without = steps.clone();
        without.remove(index);
        demand(without, format!("without step {}", index + 1));
        let mut doubled = steps.clone();
        doubled.insert(index, steps[index].clone());
        demand(doubled, format!("step {} twice", index + 1));
        for other in index + 1..steps.len() {
            let mut swapped = steps.clone();
            swapped.swap(index, other);
            demand(swapped, format!("steps {} and {} swapped", index + 1, other + 1));
        }
    }
    assert_eq!(tried, 2 * (5 + 5 + 10));
}

/// Plans of other kinds: a handover that is finished, files that are quarantined, a lost server, steps down only.
fn others() -> Vec<Plan> {
    let master = |ticks| Standing::of("master").with("disks", "complete").with("ticks", ticks);
    let one = |role, disks| Standing::of(role).with("disks", disks).with("ticks", "others");
    let groups: [(Vec<Standing>, &[&'static str], bool); 4] = [
        (vec![master("missing"), one("slave", "complete")], &["slave", "master"], false),
        (vec![master("own"), one("slave", "invalid"), one("slave", "complete")], &["slave", "slave", "master"], true),
        (
            vec![master("own"), one("slave", "complete"), one("additional", "leftover")],
            &["master", "unregistered", "unregistered"],
            false,
        ),
        (
            vec![master("own"), one("unregistered", "none"), one("slave", "awaiting")],
            &["additional", "slave", "master"],
            false,
        ),
    ];
    let plan = |(world, roles, keep_master_files): (Vec<Standing>, &[&'static str], bool)| {
        let mut topology = oracle::topology(&TABLE, roles);
        topology.keep_master_files = keep_master_files;
        Plan { groups: vec![plan(&topology, &oracle::snapshot(&TABLE, &world), NOW)] }
    };
    groups.into_iter().map(plan).collect()
}

/// Says what is wrong with a plan that passed, as the exhaustive search's own rules see it; nothing where it is safe.
fn unsafe_for_the_oracle(value: &Value) -> Option<String> {
    let text = serde_json::to_vec(value).unwrap();
    let (plan, _) = plan_file::read("plan.json", &text, &system::tables()).ok()?;
    let group = &plan.groups[0];
    let world: Vec<Standing> = group.topology.servers.iter().map(|one| group.standings[&one.server].clone()).collect();
    let followed = std::panic::catch_unwind(|| oracle::follow(&group.topology, &world, &group.steps));
    match followed {
        Err(_) => Some("a step is not safe".into()),
        Ok(end) if group.verdict == GroupVerdict::Ready && !oracle::is_done(&group.topology, &end) => {
            Some("it does not end as declared".into())
        }
        Ok(_) => None,
    }
}

#[test]
fn with_the_id_made_anew_whatever_passes_is_a_safe_plan_of_other_premises() {
    let (mut tried, mut passed, mut wrong) = (0, 0, Vec::new());
    for plan in others().into_iter().chain([sample()]) {
        let value: Value = serde_json::from_str(&plan_file::write(&plan).0).unwrap();
        assert_eq!(fate(&value), Fate::Passed);
        let mut pointers = Vec::new();
        leaves(&value["groups"], "/groups", &mut pointers);
        for pointer in &pointers {
            for other in altered(value.pointer(pointer).unwrap()) {
                let mut changed = value.clone();
                *changed.pointer_mut(pointer).unwrap() = other.clone();
                assert_eq!(fate(&changed), Fate::Altered, "{pointer}");
                let changed = with_id(changed);
                tried += 1;
                if fate(&changed) == Fate::Passed {
                    passed += 1;
                    wrong.extend(unsafe_for_the_oracle(&changed).map(|why| format!("{pointer} to {other}: {why}")));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!((tried, passed), (7598, 617));
}

#[test]
fn the_table_of_co_store_is_sound() {
    assert_eq!(lint(&TABLE), []);
}
