//! Texts from files never reach the terminal raw: no control characters, no marks that turn the reading direction.

use crate::scene::{Ended, Scene};

/// Escape sequences, a bell, a carriage return, a direction override, a zero-width space, a C1 control.
const HOSTILE: &str = "\\e[2J\\e]0;owned\\a\\rrm -rf\\u202Eevil\\u200B\\x9B31m";

fn is_harmless(ended: &Ended) {
    for c in ended.out.chars().chain(ended.err.chars()) {
        let turns =
            matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        assert!(c == '\n' || (!c.is_control() && !turns), "{:?} in {ended}", c);
    }
}

#[test]
fn a_hostile_reason_is_shown_harmless_or_refused() {
    let scene = Scene::of("campus");
    scene.edit("store.yaml", "serves the new wing from the other servers' disks", HOSTILE);
    for line in [
        "validate .",
        "plan .",
        "plan . --format json",
        "apply . --yes",
        "drift .",
        "observe .",
        "history",
        "resume",
        "plan . --lang ja",
    ] {
        is_harmless(&scene.run(line));
    }
}

#[test]
fn a_hostile_group_name_is_shown_harmless_or_refused() {
    let scene = Scene::of("campus");
    scene.edit("store.yaml", "group: Store", &format!("group: \"{HOSTILE}\""));
    for line in ["validate .", "plan .", "apply . --yes", "drift .", "observe .", "locks", "history"] {
        is_harmless(&scene.run(line));
    }
}

#[test]
fn hostile_names_everywhere_else_are_shown_harmless() {
    let scene = Scene::of("campus");
    for (from, to) in [("PVS2", HOSTILE), ("practice", HOSTILE), ("co-store", HOSTILE), ("slave  ", HOSTILE)] {
        let copy = scene.copied();
        copy.edit("store.yaml", from, &format!("\"{to}\""));
        for line in ["validate .", "plan .", "apply . --yes"] {
            let ended = copy.run(line);
            is_harmless(&ended);
            assert_eq!(ended.code, Some(1), "{ended}");
        }
    }
    is_harmless(&scene.run_all(&["plan", "\u{1b}[2Jnowhere.yaml"]));
    is_harmless(&scene.run_all(&["show", "\u{1b}[2J"]));
    is_harmless(&scene.run_all(&["table", "\u{1b}[2J\u{202e}"]));
    is_harmless(&scene.run_all(&["practice", "set", ".", "--running-task", "\u{1b}[2J\u{202e}task"]));
    is_harmless(&scene.run("practice status ."));
    is_harmless(&scene.run("plan ."));
    is_harmless(&scene.run("observe ."));
}

#[test]
fn a_hostile_snapshot_or_plan_is_shown_harmless() {
    let scene = Scene::of("campus");
    scene.ok("observe . -o seen.json");
    let seen = scene.read("seen.json");
    let escaped = "\\u001b[2J\\u202e\\u0007";
    for (from, to) in [
        ("\"PVS2\"", format!("\"{escaped}\"")),
        ("\"master\"", format!("\"{escaped}\"")),
        ("\"co-store\"", format!("\"{escaped}\"")),
    ] {
        scene.write("bad.json", seen.replace(from, &to));
        is_harmless(&scene.run("plan . --snapshot bad.json"));
    }
    // Facts come from the world: what they say is shown, harmless.
    let told: serde_json::Value = serde_json::from_str(&seen).unwrap();
    let mut hostile = told.clone();
    for fact in hostile["groups"][0]["facts"].as_array_mut().unwrap() {
        if fact["name"] == "open_tasks" {
            fact["value"] = serde_json::json!(["\u{1b}[2J\u{202e}\u{7}task"]);
        }
        fact.as_object_mut().unwrap().entry("source").and_modify(|source| *source = "\u{1b}]0;x\u{7}".into());
    }
    scene.write("bad.json", hostile.to_string());
    for line in [
        "plan . --snapshot bad.json",
        "drift . --snapshot bad.json",
        "plan . --snapshot bad.json -o plan.json",
        "show plan.json",
    ] {
        is_harmless(&scene.run(line));
    }
}

#[test]
fn full_width_text_is_shown_whole() {
    let scene = Scene::of("campus");
    scene.edit(
        "store.yaml",
        "serves the new wing from the other servers' disks",
        "新館の端末は他のサーバーのディスクを使う（CHG-1042）",
    );
    scene.edit("store.yaml", "group: Store", "group: ストア").edit("farm.yaml", "  Store:", "  ストア:");
    scene.ok("plan .").says("ストア");
    scene.ok("apply . --yes").says("ストア");
    scene.ok("drift .");
    scene.ok("history").says("ストア: done");
    scene.ok(&format!("undo {} --yes", scene.run_id()));
}
