//! `plan --snapshot`: planning from a file that somebody wrote by hand, with no access to anything.

use serde_json::{Value as Json, json};

use crate::scene::Scene;

const HEAD: &str = "version: 1\ngroup: Store\nsystem: co-store\n";

/// Returns an empty folder with a topology and a snapshot of only roles and marks; no connection, no farm.
fn by_hand(declared: &str, seen: Json) -> Scene {
    let scene = Scene::empty();
    scene.write("store.yaml", format!("{HEAD}servers:\n{declared}"));
    let snapshot = json!({
        "format": "rolewalk.snapshot/1",
        "groups": [{ "group": "Store", "system": "co-store", "servers": seen }],
    });
    scene.write("seen.json", snapshot.to_string());
    scene
}

fn plan(scene: &Scene, code: i32) -> Json {
    scene.json("plan store.yaml --snapshot seen.json --format json", code)["groups"][0].clone()
}

fn transitions(plan: &Json) -> Vec<(&str, &str)> {
    let steps = plan["steps"].as_array().unwrap().iter();
    steps.map(|step| (step["server"].as_str().unwrap(), step["transition"].as_str().unwrap())).collect()
}

#[test]
fn a_store_as_declared_is_in_sync() {
    let scene = by_hand(
        "  PVS1: master\n  PVS2: slave\n",
        json!({
            "PVS1": { "role": "master", "disks": "complete" },
            "PVS2": { "role": "slave", "disks": "complete" },
        }),
    );
    let plan = plan(&scene, 0);
    assert_eq!((plan["verdict"].as_str(), plan["steps"].as_array().unwrap().len()), (Some("in-sync"), 0));
    scene.ok("plan . --snapshot seen.json --detailed-exitcode");
    scene.ok("drift . --snapshot seen.json");
    assert!(!scene.at(".practice").exists() && !scene.at(".rolewalk").exists());
}

#[test]
fn a_store_with_safe_steps_is_ready() {
    let seen = json!({ "PVS1": { "role": "master", "disks": "complete" }, "PVS3": { "role": "additional" } });
    let scene = by_hand("  PVS1: master\n  PVS3: slave\n", seen);
    let ready = plan(&scene, 0);
    assert_eq!(ready["verdict"], "ready");
    assert_eq!(transitions(&ready), [("PVS3", "add-storage")]);
    scene.run("plan . --snapshot seen.json --detailed-exitcode").exits(2);
    scene.run("drift . --snapshot seen.json").exits(4);
}

#[test]
fn a_connection_that_is_named_and_defined_nowhere_is_not_needed() {
    let seen = json!({ "PVS1": { "role": "master" }, "PVS3": { "role": "additional" } });
    let scene = by_hand("  PVS1: master\n  PVS3: slave\n", seen);
    scene.edit("store.yaml", "servers:", "connection: campus\nservers:");
    assert_eq!(plan(&scene, 0)["verdict"], "ready");
    scene.ok("validate .");
    scene.run("plan .").exits(1).says("--snapshot");
    // Parsed where it is there, and what it points at is never opened.
    scene.write("connections.yaml", "version: 1\nconnections:\n  campus: { practice: there-is-no-such-farm.yaml }\n");
    assert_eq!(plan(&scene, 0)["verdict"], "ready");
    scene.ok("validate .");
    scene.run("plan .").exits(1).says("there-is-no-such-farm.yaml");
    scene.write("connections.yaml", "version: 1\nconnections:\n  other: { practice: farm.yaml }\n");
    scene.run("plan . --snapshot seen.json").exits(1).says("campus");
}

#[test]
fn a_store_in_which_no_sequence_is_safe_is_blocked() {
    let scene = by_hand(
        "  PVS1: slave\n  PVS2: master\n",
        json!({ "PVS1": { "role": "master" }, "PVS2": { "role": "slave", "disks": "divergent" } }),
    );
    let blocked = plan(&scene, 5);
    assert_eq!(blocked["verdict"], "blocked");
    let because = &blocked["blocked_by"].as_array().unwrap()[0];
    assert!(because["because"].as_str().unwrap().contains("PVS2"), "{because}");
    scene.run("plan . --snapshot seen.json --detailed-exitcode").exits(5);
}

#[test]
fn a_store_of_which_too_little_is_known_is_undetermined() {
    let scene = by_hand(
        "  PVS1: slave\n  PVS2: master\n",
        json!({ "PVS1": { "role": "master" }, "PVS2": { "role": "slave" } }),
    );
    assert_eq!(plan(&scene, 3)["verdict"], "undetermined");
    let scene = by_hand("  PVS1: master\n  PVS2: slave\n", json!({ "PVS1": { "role": "master" }, "PVS2": {} }));
    assert_eq!(plan(&scene, 3)["verdict"], "undetermined");
    let scene =
        by_hand("  PVS1: master\n  PVS2: slave\n", json!({ "PVS1": { "role": "master" }, "PVS2": { "role": null } }));
    assert_eq!(plan(&scene, 3)["verdict"], "undetermined");
    // A group that the snapshot lacks.
    scene.edit("store.yaml", "group: Store", "group: Other");
    assert_eq!(plan(&scene, 3)["verdict"], "undetermined");
    scene.run("drift . --snapshot seen.json").exits(3);
}

// CS-08: a new slave is complete before it can be master.
#[test]
fn from_unregistered_to_master_the_files_come_before_the_handover() {
    let seen = json!({ "PVS1": { "role": "master" }, "PVS3": { "role": "unregistered" } });
    let plan = plan(&by_hand("  PVS1: slave\n  PVS3: master\n", seen), 0);
    let steps = [("PVS3", "register"), ("PVS3", "add-storage"), ("PVS3", "await-replication"), ("PVS3", "handover")];
    assert_eq!(transitions(&plan), steps);
    let handover = &plan["steps"][3];
    assert_eq!(
        handover["changes"],
        json!([
            { "server": "PVS3", "from": "slave", "to": "master" },
            { "server": "PVS1", "from": "master", "to": "slave" },
        ])
    );
    assert_eq!(plan["steps"][2]["by"], "operator");
    assert_eq!(plan["steps"][2]["undo"], Json::Null);
}

// CS-10: the row, and both stores' ticks.
#[test]
fn a_half_done_handover_is_finished_by_a_handover_without_role_changes() {
    for ticks in ["missing", "others"] {
        let seen = json!({
            "PVS1": { "role": "slave", "disks": "complete", "ticks": "missing" },
            "PVS2": { "role": "master", "ticks": ticks },
        });
        let plan = plan(&by_hand("  PVS1: slave\n  PVS2: master\n", seen), 0);
        assert_eq!(transitions(&plan), [("PVS2", "handover")]);
        assert_eq!(plan["steps"][0]["changes"], json!([]));
        let marks = plan["steps"][0]["marks"].as_array().unwrap();
        assert!(marks.contains(&json!({ "server": "PVS2", "mark": "ticks", "from": ticks, "to": "own" })), "{marks:?}");
    }
}

#[test]
fn keep_is_respected_at_every_moment_or_the_plan_is_blocked() {
    let seen = json!({
        "PVS1": { "role": "master" },
        "PVS2": { "role": "slave", "disks": "complete" },
        "PVS3": { "role": "additional" },
    });
    let declared = "  PVS1: master\n  PVS2: additional\n  PVS3: slave\n";
    let free = plan(&by_hand(declared, seen.clone()), 0);
    assert_eq!(free["steps"].as_array().unwrap().len(), 2);
    let scene = by_hand(&format!("{declared}keep:\n  slave: 1\n"), seen.clone());
    let kept = plan(&scene, 0);
    // The new slave is complete before the old one leaves.
    assert_eq!(
        transitions(&kept),
        [("PVS3", "add-storage"), ("PVS3", "await-replication"), ("PVS2", "remove-storage")]
    );
    // Whichever of the two moves first breaks a minimum.
    let scene = by_hand(&format!("{declared}keep:\n  slave: 1\n  additional: 1\n"), seen);
    let blocked = plan(&scene, 5);
    assert!(blocked["blocked_by"].to_string().contains("keep"), "{blocked}");
}

#[test]
fn what_rolewalk_observed_is_planned_from_as_well() {
    let scene = Scene::of("campus");
    scene.ok("observe . -o seen.json");
    let from_file = scene.json("plan . --snapshot seen.json --format json", 0);
    let from_farm = scene.json("plan . --format json", 0);
    assert_eq!(from_file["id"], from_farm["id"], "the same input gives the same plan");
}

#[test]
fn a_bad_snapshot_is_refused_with_its_place() {
    let scene = by_hand("  PVS1: master\n", json!({ "PVS1": { "role": "master" } }));
    for (text, says) in [
        ("", "seen.json"),
        ("{", "seen.json:1"),
        ("[]", "rolewalk.snapshot/1"),
        ("{\"format\": \"rolewalk.plan/1\", \"groups\": []}", "rolewalk.snapshot/1"),
        ("{\"format\": \"rolewalk.snapshot/2\", \"groups\": []}", "rolewalk.snapshot/1"),
        (
            "{\"format\": \"rolewalk.snapshot/1\", \"groups\": [{\"group\": \"Store\", \"system\": \"co-store\", \"servers\": {\"PVS1\": {\"role\": \"mastre\"}}}]}",
            "mastre",
        ),
        (
            "{\"format\": \"rolewalk.snapshot/1\", \"groups\": [{\"group\": \"Store\", \"system\": \"co-store\", \"servers\": {\"PVS1\": {\"role\": \"master\", \"disk\": \"none\"}}}]}",
            "disk",
        ),
        (
            "{\"format\": \"rolewalk.snapshot/1\", \"groups\": [{\"group\": \"Store\", \"system\": \"co-stor\", \"servers\": {}}]}",
            "co-stor",
        ),
    ] {
        scene.write("seen.json", text);
        scene.run("plan . --snapshot seen.json").exits(1).says(says).says("error:");
    }
    scene.write("seen.json", [0xff, 0xfe, 0x00]);
    scene.run("plan . --snapshot seen.json").exits(1);
    scene.run("plan . --snapshot nowhere.json").exits(1).says("nowhere.json");
}
