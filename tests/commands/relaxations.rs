//! What a refusal offers and what `verify` tells: waivers that help, and the facts on which a plan stands.

use crate::scene::Scene;

const WAIVER: &str = "\nwaivers:\n  - { guard: capacity_suffices, server: PVS3, owner: Suzuki, reason: \"a small disk\", until: 2999-12-31 }\n";

#[test]
fn where_only_a_guard_that_may_be_waived_says_no_the_waiver_is_named_and_helps() {
    let scene = Scene::of("first-slave");
    scene.set("--free PVS3=1");
    let blocked = scene.run("plan .").exits(5);
    blocked.says("hint: with a waiver of guard `capacity_suffices` for `PVS3` there is a plan");
    let blocked = scene.run("plan . --lang ja").exits(5);
    blocked.says("`PVS3` の条件 `capacity_suffices` の適用除外があれば計画できる");
    let blocked = scene.json("plan . --format json", 5);
    assert!(blocked["groups"][0]["blocked_by"][0]["hint"].is_string(), "{blocked}");
    let declared = scene.read("store.yaml");
    scene.write("store.yaml", declared + WAIVER);
    scene.ok("plan .").says("Suzuki");
}

#[test]
fn no_waiver_is_named_where_a_guard_that_nobody_may_waive_says_no_as_well() {
    let scene = Scene::of("first-slave");
    scene.set("--free PVS3=1").set("--terminals PVS1=3");
    let blocked = scene.json("plan . --format json", 5);
    let blocks = blocked["groups"][0]["blocked_by"].as_array().unwrap();
    let rules: Vec<_> = blocks.iter().map(|block| block["rule"].as_str().unwrap()).collect();
    assert!(rules.contains(&"capacity_suffices") && rules.contains(&"no_terminal_running"), "{rules:?}");
    assert!(blocks.iter().all(|block| block["hint"].is_null()), "{blocked}");
}

#[test]
fn against_a_snapshot_verify_tells_the_facts_that_a_plan_relies_on_and_which_have_changed() {
    let scene = Scene::of("first-slave");
    scene.ok("plan . -o plan.json");
    scene.ok("observe . -o seen.json");
    let same = scene.ok("verify plan.json --snapshot seen.json").says("verified:").says("`Library` relies on");
    assert!(same.out.contains("fact `terminals` of `PVS1`: 0\n") && !same.out.contains('→'), "{same}");
    // A change that turns no guard is told, and the plan still holds.
    scene.set("--free PVS3=9000");
    scene.ok("observe . -o seen.json");
    let moved = scene.ok("verify plan.json --snapshot seen.json");
    let changed: Vec<&str> = moved.out.lines().filter(|line| line.contains('→')).collect();
    assert!(matches!(changed.as_slice(), [one] if one.contains("`PVS3`") && one.contains("free")), "{moved}");
    scene.ok("verify plan.json --snapshot seen.json --lang ja").says("が前提とする事実");
    // One that turns a guard makes it stale, and both guard and fact are named; what has not changed is not.
    scene.set("--terminals PVS1=3");
    scene.ok("observe . -o seen.json");
    let stale = scene.run("verify plan.json --snapshot seen.json").exits(8).says("the plan is stale");
    let stale = stale.says("guard `no_terminal_running` says no now").says("of `PVS1`: 0 → 3");
    assert!(!stale.err.contains("of `PVS3`: 0 →"), "{stale}");
    scene.ok("verify plan.json");
}
