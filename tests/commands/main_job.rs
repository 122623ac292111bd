//! The main job: topology → plan → apply → drift, on every example.

use crate::scene::Scene;

const EXAMPLES: [&str; 3] = ["campus", "first-slave", "change-master"];

// CS-01, CS-08: a rung at a time, and replication is left for later.
#[test]
fn a_newcomer_walks_the_campus_store_and_a_second_run_finds_it_as_declared() {
    let scene = Scene::of("campus");
    let applied = scene.ok("apply . --yes");
    let applied =
        applied.says("PVS3: additional → slave").says("step 3 of 3").says("left for later").says("as declared now");
    insta::assert_snapshot!("apply_campus", applied.masked(&scene));
    assert_eq!(scene.roles(), "PVS1 master, PVS2 slave, PVS3 slave, PVS4 additional");
    assert_eq!(
        scene.acts(),
        [
            "ask the operator, on PVS3: register PVS3",
            "on PVS1: CO-StoreApi.exe add_slave_storage --quiet --store=Store --server=PVS3",
            "ask the operator, on PVS4: register PVS4",
        ]
    );
    let acts = scene.acts().len();
    let again = scene.ok("apply . --yes").says("everything is as declared");
    insta::assert_snapshot!("apply_campus_again", again.masked(&scene));
    assert_eq!(scene.acts().len(), acts, "a second run changes nothing");
    scene.ok("drift .").says("in sync");
    scene.ok("plan . --detailed-exitcode");
}

#[test]
fn every_example_is_valid_and_yields_the_plan_that_was_reviewed() {
    for example in EXAMPLES {
        let scene = Scene::of(example);
        scene.ok("validate .").says("valid: 1 group");
        let plan = scene.run("plan . --detailed-exitcode").exits(2);
        insta::assert_snapshot!(format!("plan_{example}"), plan.masked(&scene));
        assert_eq!(scene.acts(), [""; 0], "a plan changes nothing");
    }
}

#[test]
fn every_example_walks_to_what_it_declares_and_then_shows_no_drift() {
    for (example, roles) in EXAMPLES.iter().zip([
        "PVS1 master, PVS2 slave, PVS3 slave, PVS4 additional",
        "PVS1 master, PVS3 slave",
        "PVS1 slave, PVS2 master",
    ]) {
        let scene = Scene::of(example);
        scene.ok("apply . --yes");
        assert_eq!(scene.roles(), roles);
        scene.ok("plan . --detailed-exitcode");
        scene.ok("drift .");
        scene.ok("apply . --yes").says("everything is as declared");
        assert_eq!(scene.runs().len(), 1, "what is as declared needs no run");
    }
}

// CS-10: the row first, then add before remove, so that the store never has no server.
#[test]
fn a_handover_changes_the_row_then_ticks_the_new_master_then_unticks_the_old_one() {
    let scene = Scene::of("change-master");
    scene.ok("apply . --yes");
    let acts = scene.acts();
    let does: Vec<&str> = acts.iter().map(|act| act.split(['{', '[']).next().unwrap().trim()).collect();
    assert!(does[0].starts_with("SQL, one transaction, 1 row or nothing: UPDATE dbo.store"), "{does:#?}");
    let rest = [
        "on PVS1: Set-PvsServerStore -ServerName PVS2 -StoreName Labs",
        "on PVS1: Set-PvsServerStore -ServerName PVS2 -StoreName Labs-Diff",
        "on PVS1: Remove-PvsServerStore -Name PVS1 -StoreName Labs",
        "on PVS1: Remove-PvsServerStore -Name PVS1 -StoreName Labs-Diff",
    ];
    assert_eq!(does[1..], rest);
}

#[test]
fn what_observe_writes_as_a_topology_plans_to_nothing() {
    for example in EXAMPLES {
        let scene = Scene::of(example);
        for round in ["before", "after"] {
            let there = scene.ok("observe . --format yaml").out;
            let copy = scene.copied();
            copy.write("store.yaml", &there);
            copy.ok("validate store.yaml");
            copy.ok("plan store.yaml --detailed-exitcode").says("no changes");
            assert!(there.contains("$schema="), "{there}");
            if round == "before" {
                scene.ok("apply . --yes");
            }
        }
    }
}

#[test]
fn the_state_folder_is_where_it_is_asked_for() {
    let scene = Scene::of("campus");
    scene.ok("--state elsewhere/state apply . --yes");
    assert!(scene.at("elsewhere/state/runs").is_dir());
    assert!(!scene.at(".rolewalk").exists());
    scene.ok("--state elsewhere/state history").says("done");
    scene.ok("--state elsewhere/state drift .");
    // Without its record of what was applied, drift still sees that all is as declared.
    scene.ok("drift .");
}

#[test]
fn a_quiet_run_says_nothing_unless_something_is_wrong() {
    let scene = Scene::of("campus");
    let ended = scene.ok("--quiet apply . --yes");
    assert_eq!((ended.out.as_str(), ended.err.as_str()), ("", ""));
    scene.run("--quiet apply nowhere --yes").exits(1).says("error: can't read `nowhere`");
}

#[test]
fn a_topology_is_found_from_any_folder_and_its_plan_applies_from_there() {
    let scene = Scene::of("campus");
    let root = Scene::empty();
    let folder = scene.path().to_str().unwrap();
    root.run_all(&["plan", folder, "-o", "plan.json"]).exits(0);
    root.ok("apply plan.json");
    assert_eq!(scene.roles(), "PVS1 master, PVS2 slave, PVS3 slave, PVS4 additional");
}
