//! Waivers: on every display of a plan and of a run, and in the journal; one that has expired is as none.

use crate::scene::Scene;

/// The example in which a first slave is made, on a disk that is too small, with a waiver of that.
fn scene(until: &str) -> Scene {
    let scene = Scene::of("first-slave");
    scene.set("--free PVS3=0");
    let waiver = format!("{{ guard: capacity_suffices, server: PVS3, owner: Suzuki, reason: CHG-77, until: {until} }}");
    scene.write("store.yaml", format!("{}waivers:\n  - {waiver}\n", scene.read("store.yaml")));
    scene
}

const USED: &str = "waived by Suzuki until 2999-12-31: CHG-77";

#[test]
fn a_waiver_that_is_used_stands_on_every_display_and_in_the_journal() {
    let scene = scene("2999-12-31");
    scene.ok("plan .").says(USED);
    scene.ok("plan . --lang ja").says("Suzuki による適用除外 (2999-12-31 まで): CHG-77");
    scene.ok("plan . --format markdown").says("Suzuki").says("CHG-77");
    scene.ok("plan . -o plan.json");
    scene.ok("show plan.json").says(USED);
    assert!(scene.read("plan.json").contains(USED), "the plan file names it");
}

#[test]
fn a_waiver_that_is_used_is_told_by_the_run_and_whenever_the_run_is_shown() {
    let scene = scene("2999-12-31");
    let live = scene.ok("apply . --yes").says(USED);
    assert!(live.out.matches("CHG-77").count() >= 2, "in the plan, and right before the step: {live}");
    assert!(scene.read(&scene.journal()).contains(USED));
    let shown = scene.ok(&format!("show {}", scene.run_id()));
    assert!(shown.out.matches("CHG-77").count() >= 2, "{shown}");
    scene.ok(&format!("show {} --lang ja", scene.run_id())).says("Suzuki による適用除外");
}

#[test]
fn an_expired_waiver_is_as_none() {
    let scene = scene("2020-01-01");
    scene.run("plan .").exits(5).says("capacity_suffices");
    let refused = scene.run("apply . --yes").exits(5);
    assert!(!refused.out.contains("waived by"), "{refused}");
    assert_eq!(scene.acts(), [""; 0]);
}
