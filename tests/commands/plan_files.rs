//! Saved plans: reviewed, altered, stale, and for somewhere else.

use crate::scene::Scene;

fn saved(example: &str) -> Scene {
    let scene = Scene::of(example);
    scene.ok("plan . -o plan.json").says("rolewalk apply plan.json --id b3:");
    scene
}

#[test]
fn a_saved_plan_is_its_own_approval() {
    let scene = saved("campus");
    scene.ok("apply plan.json");
    assert_eq!(scene.roles(), "PVS1 master, PVS2 slave, PVS3 slave, PVS4 additional");
    scene.ok("drift .");
    // A second time it is stale: what it would do is done.
    scene.run("apply plan.json").exits(8).says("the plan is stale");
}

#[test]
fn a_plan_is_carried_out_as_reviewed_whatever_the_topology_says_by_now() {
    let scene = saved("campus");
    scene.edit("store.yaml", "PVS3: slave ", "PVS3: unregistered ");
    scene.ok("apply plan.json");
    assert_eq!(scene.roles(), "PVS1 master, PVS2 slave, PVS3 slave, PVS4 additional");
    // Declared is something else: pending, and nobody changed anything by hand.
    scene.run("drift .").exits(4);
}

#[test]
fn a_plan_without_steps_is_applied_in_no_time() {
    let scene = Scene::of("campus");
    scene.ok("apply . --yes");
    scene.ok("plan . -o plan.json");
    scene.ok("apply plan.json").says("as declared");
}

#[test]
fn a_blocked_plan_is_not_carried_out() {
    let scene = Scene::of("first-slave");
    scene.set("--terminals PVS1=3");
    scene.run("plan . -o plan.json").exits(5);
    scene.run("apply plan.json").exits(5).says("nothing has been changed");
    assert_eq!(scene.acts(), [""; 0]);
}

#[test]
fn a_plan_with_any_byte_altered_is_never_carried_out() {
    let scene = saved("campus");
    let good = scene.read("plan.json").into_bytes();
    let is_time = |place: usize| {
        // Times are no part of the identity; they are the values of members named `at`.
        let line = good[..place].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let text = String::from_utf8_lossy(&good[line..]);
        text.trim_start().starts_with("\"at\": \"20")
    };
    let untouched = scene.copied();
    let mut seed = 0x9e37_79b9_u64;
    let (mut refused, mut let_pass) = (0, 0);
    let step = good.len() / 220;
    let mut place = 0;
    while place < good.len() {
        let mut bytes = good.clone();
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let new =
            [b'0', b'x', b'"', b' ', b'}', 0xff, bytes[place] ^ 1, bytes[place] ^ 0x20][(seed >> 33) as usize % 8];
        if new != bytes[place] {
            bytes[place] = new;
            scene.write("altered.json", &bytes);
            let ended = scene.run("apply altered.json");
            match ended.code {
                Some(1 | 8) => refused += 1,
                Some(0) => {
                    let blank = |byte: u8| byte.is_ascii_whitespace();
                    assert!(is_time(place) || (blank(good[place]) && blank(new)), "byte {place}, {new}: {ended}");
                    let_pass += 1;
                    std::fs::remove_dir_all(scene.at(".practice")).unwrap();
                    let fresh = untouched.copied();
                    std::fs::rename(fresh.at(".practice"), scene.at(".practice")).unwrap();
                }
                _ => panic!("byte {place}, {new}: {ended}"),
            }
        }
        place += 1 + (seed >> 40) as usize % (2 * step);
    }
    assert!(refused > 100, "{refused} refused, {let_pass} let pass");
    assert_eq!(scene.acts(), [""; 0]);
}

#[test]
fn an_altered_plan_is_told_from_one_that_is_no_json() {
    let scene = saved("campus");
    let good = scene.read("plan.json");
    scene.write("plan.json", good.replacen("\"PVS3\"", "\"PVS2\"", 1));
    scene.run("apply plan.json").exits(8).says("nothing has been changed").says("rolewalk plan");
    scene.run("show plan.json").exits(8);
    scene.write("plan.json", &good[..good.len() - 3]);
    scene.run("apply plan.json").exits(1).says("plan.json");
    scene.write("plan.json", "");
    scene.run("apply plan.json").exits(1);
    scene.write("plan.json", "{\"format\": \"rolewalk.plan/1\"}");
    let ended = scene.run("apply plan.json");
    assert!(matches!(ended.code, Some(1 | 8)), "{ended}");
    assert_eq!(scene.acts(), [""; 0]);
}

#[test]
fn a_plan_altered_with_its_id_recomputed_is_caught_by_the_reviewed_id() {
    let scene = saved("campus");
    let reviewed = scene.json("show plan.json --format json", 0)["id"].as_str().unwrap().to_string();
    let other = Scene::of("campus");
    other.edit("store.yaml", "PVS3: slave ", "PVS3: additional ");
    other.ok("plan . -o plan.json");
    scene.write("plan.json", other.read("plan.json"));
    scene.run(&format!("apply plan.json --id {reviewed}")).exits(8);
    assert_eq!(scene.acts(), [""; 0]);
}

#[test]
fn a_plan_that_is_not_safe_is_not_carried_out_though_its_id_is_its_own() {
    let scene = saved("campus");
    let mut plan = scene.json("show plan.json --format json", 0);
    plan["groups"][0]["steps"].as_array_mut().unwrap().pop();
    plan["id"] = serde_json::json!(rolewalk::format::json::identity(&plan));
    scene.write("plan.json", plan.to_string());
    scene.run("apply plan.json").exits(8).says("the plan is not safe or not consistent");
    assert_eq!(scene.acts(), [""; 0]);
}

#[test]
fn a_plan_for_another_group_or_another_farm_is_refused() {
    // The farm has no such group: nothing of it is seen.
    let scene = saved("campus");
    let elsewhere = Scene::of("campus");
    elsewhere.edit("farm.yaml", "  Store:", "  Lager:").edit("store.yaml", "group: Store", "group: Lager");
    elsewhere.write("plan.json", scene.read("plan.json"));
    let ended = elsewhere.run("apply plan.json");
    assert!(matches!(ended.code, Some(3 | 8)), "{ended}");
    let ended = ended.says("nothing has been changed");
    assert!(ended.err.contains("Store") || ended.err.contains("PVS"), "{ended}");
    assert_eq!(elsewhere.acts(), [""; 0]);
    // The same group on a farm where it is otherwise.
    let other = Scene::of("first-slave");
    other.write("plan.json", scene.read("plan.json"));
    other.run("apply plan.json").exits(8).says("the plan is stale");
    assert_eq!(other.acts(), [""; 0]);
    // A folder where nothing says how the group is reached.
    let empty = Scene::empty();
    empty.write("plan.json", scene.read("plan.json"));
    empty.run("apply plan.json").exits(1).says("connections.yaml").says("nothing has been changed");
}

#[test]
fn a_saved_plan_is_applied_alone() {
    let scene = saved("campus");
    scene.run("apply plan.json store.yaml").exits(1).says("a saved plan is applied alone");
    assert_eq!(scene.acts(), [""; 0]);
}

#[test]
fn what_is_written_is_whole_or_not_there() {
    let scene = Scene::of("campus");
    scene.run("plan . -o nowhere/plan.json").exits(1).says("nowhere/plan.json");
    scene.write("plan.json", "old");
    scene.ok("plan . -o plan.json");
    assert!(scene.read("plan.json").starts_with("{\n  \"format\""));
    let left: Vec<_> = std::fs::read_dir(scene.path()).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("rolewalk-")), "{left:?}");
}
