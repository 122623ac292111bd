//! The plan as JSON: the shape that others rely on, word for word.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::scene::Scene;

fn keys(value: &Json) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn has(value: &Json, wanted: &[&str]) {
    let missing: Vec<&&str> = wanted.iter().filter(|key| !keys(value).contains(**key)).collect();
    assert!(missing.is_empty(), "{missing:?} missing in {value}");
}

#[test]
fn a_plan_has_the_documented_shape() {
    let scene = Scene::of("campus");
    let printed = scene.ok("plan . --format json -o plan.json").out;
    assert_eq!(printed, scene.read("plan.json"), "what is printed is what is saved");
    assert!(printed.trim_start().starts_with("{\n  \"format\": \"rolewalk.plan/1\""), "the format stands first");
    let plan: Json = serde_json::from_str(&printed).unwrap();
    has(&plan, &["format", "id", "groups"]);
    assert!(plan["id"].as_str().unwrap().starts_with("b3:"));
    let group = &plan["groups"][0];
    has(group, &["group", "system", "verdict", "steps", "blocked_by", "follow_ups"]);
    assert_eq!(
        (&group["group"], &group["system"], &group["verdict"]),
        (&json!("Store"), &json!("co-store"), &json!("ready"))
    );
    for (index, step) in group["steps"].as_array().unwrap().iter().enumerate() {
        has(step, &["number", "server", "transition", "changes", "marks", "by", "runs_on", "guards", "why", "undo"]);
        assert_eq!(step["number"], index + 1);
        for change in step["changes"].as_array().unwrap() {
            assert_eq!(keys(change), BTreeSet::from(["server", "from", "to"]));
        }
        for mark in step["marks"].as_array().unwrap() {
            assert_eq!(keys(mark), BTreeSet::from(["server", "mark", "from", "to"]));
        }
        for guard in step["guards"].as_array().unwrap() {
            has(guard, &["name", "verdict", "because"]);
            assert!(["yes", "no", "unknown"].contains(&guard["verdict"].as_str().unwrap()));
        }
        assert!(["operator", "automatic"].contains(&step["by"].as_str().unwrap()));
    }
    let first = &group["steps"][0];
    assert_eq!(first["server"], "PVS3");
    assert_eq!(first["transition"], "register");
    assert_eq!(first["changes"], json!([{ "server": "PVS3", "from": "unregistered", "to": "additional" }]));
    assert_eq!(
        (&first["by"], &first["runs_on"], &first["undo"]),
        (&json!("operator"), &json!("PVS3"), &json!("unregister"))
    );
    assert_eq!(
        group["steps"][1]["marks"],
        json!([{ "server": "PVS3", "mark": "disks", "from": "none", "to": "awaiting" }])
    );
    assert_eq!(group["blocked_by"], json!([]));
    assert_eq!(group["follow_ups"][0]["server"], "PVS3");
}

#[test]
fn every_plan_and_snapshot_and_journal_meets_its_schema() {
    let schema = |kind: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{kind}.schema.json"));
        let schema: Json = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        jsonschema::validator_for(&schema).unwrap()
    };
    let meets = |kind: &str, value: &Json| {
        let schema = schema(kind);
        let faults: Vec<String> = schema.iter_errors(value).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:?} in {value}");
    };
    for example in ["campus", "first-slave", "change-master"] {
        let scene = Scene::of(example);
        meets("plan", &scene.json("plan . --format json", 0));
        meets("snapshot", &scene.json("observe . --format json", 0));
        scene.set("--lose-next 1");
        scene.run("apply . --yes");
        scene.run("resume");
        for line in scene.read(&scene.journal()).lines() {
            meets("journal", &serde_json::from_str(line).unwrap());
        }
    }
    let scene = Scene::of("change-master");
    scene.ok("practice corrupt . PVS2");
    meets("plan", &scene.json("plan . --format json", 5));
    scene.set("--database false");
    meets("plan", &scene.json("plan . --format json", 3));
    meets("snapshot", &scene.json("observe . --format json", 3));
}

#[test]
fn the_same_input_gives_the_same_plan_byte_for_byte() {
    let scene = Scene::of("campus");
    let first = scene.json("plan . --format json", 0);
    let second = scene.json("plan . --format json", 0);
    assert_eq!(first["id"], second["id"]);
    let copy = scene.copied();
    assert_eq!(copy.json("plan . --format json", 0)["id"], first["id"]);
}
