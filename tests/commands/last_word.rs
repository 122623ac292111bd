//! Which run has the last word about a group: the one that was planned last. An earlier one is never gone on with.

use crate::scene::Scene;

/// Two servers of which the other is to become the master, with a run that stopped before anything was changed.
fn stopped() -> (Scene, String) {
    let scene = Scene::of("change-master");
    scene.edit("store.yaml", "keep:\n  slave: 1\n", "");
    scene.set("--fail-next 1");
    scene.run("apply . --yes").exits(7).says("nothing has been changed");
    let run = scene.run_id();
    (scene, run)
}

/// Declares what is there; or another role of the slave.
fn declare_slave(scene: &Scene, role: &str) {
    scene.edit("store.yaml", "PVS1: slave ", "PVS1: master ");
    scene.edit("store.yaml", "PVS2: master", &format!("PVS2: {role}"));
}

/// Returns the run that began since.
fn other_run(scene: &Scene, first: &str) -> String {
    scene.runs().into_iter().find(|run| run != first).unwrap()
}

#[test]
fn a_run_whose_topology_was_changed_back_is_passed_over_and_refused_by_name() {
    let (scene, run) = stopped();
    declare_slave(&scene, "slave");
    scene.ok("apply . --yes").says("everything is as declared");
    let acts = scene.acts();
    scene.ok("resume").says(&format!("run {run} is passed over")).says("no run is left to go on with");
    scene.ok("resume --lang ja").says(&format!("実行 {run} は対象から除く"));
    let refused = scene.run(&format!("resume {run}")).exits(8);
    refused.says("was found as declared since").says("nothing has been changed").says("`rolewalk plan ");
    assert_eq!(scene.acts(), acts);
    scene.ok("history").says("stopped, exit code 7; group `Labs` was found as declared since");
    scene.ok("drift .");
}

#[test]
fn an_apply_that_was_not_approved_takes_nobodys_place() {
    let (scene, _) = stopped();
    scene.run("apply .").exits(1).says("the plan is not approved");
    scene.ok("resume").says("as declared now");
}

#[test]
fn the_undo_of_a_run_that_changed_nothing_closes_it() {
    let (scene, run) = stopped();
    scene.ok(&format!("undo {run} --yes")).says("everything is as declared");
    let acts = scene.acts();
    scene.ok("resume").says(&format!("run {run} is passed over"));
    scene.run(&format!("resume {run}")).exits(8);
    assert_eq!(scene.acts(), acts);
}

#[test]
fn of_two_runs_of_a_group_that_are_not_finished_only_the_later_is_gone_on_with() {
    let (scene, first) = stopped();
    declare_slave(&scene, "additional");
    scene.set("--fail-next 1");
    scene.run("apply . --yes").exits(7);
    let second = other_run(&scene, &first);
    let hint = format!("`rolewalk resume {second}`");
    scene
        .run(&format!("resume {first}"))
        .exits(8)
        .says(&format!("run {second} has taken group `Labs` since"))
        .says(&hint);
    scene.ok("resume").says(&format!("run {first} is passed over")).says("as declared now");
    assert_eq!(scene.roles(), "PVS1 master, PVS2 additional");
    scene.run(&format!("resume {first}")).exits(8).says("`rolewalk plan ");
    scene.ok("resume").says("no run is left to go on with");
    assert_eq!(scene.roles(), "PVS1 master, PVS2 additional");
}

#[test]
fn a_run_that_is_undone_half_way_is_not_gone_on_with() {
    let scene = Scene::of("campus");
    scene.edit("farm.yaml", "operator: simulated", "operator: person");
    scene.run("apply . --yes").exits(6);
    let first = scene.run_id();
    scene.set("--register PVS3");
    scene.run("resume").exits(6);
    scene.run(&format!("undo {first} --yes")).says("as declared now").exits(0);
    let acts = scene.acts();
    scene.ok("resume").says(&format!("run {first} is passed over"));
    assert_eq!((scene.acts(), scene.roles().contains("PVS3 slave")), (acts, false));
}
