//! The forms of output that machines and code hosts read, from the real binary.

use serde_json::Value as Json;

use crate::scene::Scene;

#[test]
fn a_run_is_told_as_the_lines_of_its_journal_while_it_walks() {
    let scene = Scene::of("campus");
    let ended = scene.ok("apply . --yes --format jsonl");
    assert_eq!(ended.out, scene.read(&scene.journal()));
    assert!(ended.err.contains("3 steps"), "the plan is talk: {ended}");
    let schema: Json = serde_json::from_str(&scene.ok("schema journal").out).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    for line in ended.out.lines() {
        assert!(schema.is_valid(&serde_json::from_str(line).unwrap()), "{line}");
    }
    // There is nothing to tell, and the data stays data.
    assert_eq!(scene.ok("apply . --yes --format jsonl").out, "");
}

#[test]
fn a_run_that_goes_on_is_told_from_where_it_goes_on() {
    let scene = Scene::of("campus");
    scene.set("--operator person");
    let first = scene.run("--quiet apply . --yes --format jsonl").exits(6);
    assert_eq!(first.err, "");
    scene.set("--operator simulated");
    let second = scene.ok("resume --format jsonl");
    assert_eq!(first.out + &second.out, scene.read(&scene.journal()));
}

#[test]
fn a_plan_for_a_change_review_names_its_id_and_the_command_that_applies_it() {
    let scene = Scene::of("change-master");
    let ended = scene.ok("plan . --format markdown -o plan.json").says("[!CAUTION]");
    let id = scene.json("show plan.json --format json", 0)["id"].as_str().unwrap().to_string();
    let command = format!("rolewalk apply plan.json --id {id}");
    assert!(ended.out.contains(&format!("```sh\n{command}\n```")), "{ended}");
    assert!(ended.out.find("[!CAUTION]") < ended.out.find("<details>"), "{ended}");
    scene.ok(&command["rolewalk ".len()..]);
    // Without a saved plan it is the same plan that is named, and that command works as well.
    let scene = Scene::of("change-master");
    let ended = scene.ok("plan . --format markdown");
    let command = format!("rolewalk apply . --yes --id {id}");
    assert!(ended.out.contains(&command), "{ended}");
    scene.ok(&command["rolewalk ".len()..]);
    scene.ok("plan . --format markdown").says("no changes");
    let run = scene.run_id();
    scene.ok(&format!("show {run} --format markdown")).says(&id);
}

#[test]
fn paths_in_commands_are_quoted_for_a_shell() {
    let scene = Scene::of("change-master");
    let text = scene.read("store.yaml");
    scene.write("it's `here` $(x).yaml", text);
    let ended = scene.run_all(&["plan", "it's `here` $(x).yaml", "--format", "markdown"]).exits(0);
    assert!(ended.out.contains("rolewalk apply 'it'\\''s `here` $(x).yaml' --yes --id b3:"), "{ended}");
}

#[test]
fn a_plan_shows_on_demand_what_is_there_against_what_is_declared() {
    let scene = Scene::of("campus");
    let ended = scene.ok("plan . --diff");
    assert!(ended.out.starts_with("--- observed\n+++ ./store.yaml:2 (declared)\n@@"), "{ended}");
    assert!(ended.out.contains("\n-  PVS3: unregistered\n") && ended.out.contains("\n+  PVS3: slave\n"), "{ended}");
    assert!(!scene.ok("plan .").out.contains("@@"));
    scene.ok("apply . --yes");
    assert!(!scene.ok("plan . --diff").out.contains("@@"));
}

#[test]
fn machines_find_the_line_of_the_topology_file() {
    let scene = Scene::of("campus");
    let line = 1 + scene.read("store.yaml").lines().position(|line| line.trim_start().starts_with("PVS3:")).unwrap();
    let sarif = scene.json("drift store.yaml --format sarif", 4);
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let at = |result: &Json| {
        let place = &result["locations"][0]["physicalLocation"];
        (place["artifactLocation"]["uri"].as_str().unwrap().to_string(), place["region"]["startLine"].as_u64().unwrap())
    };
    assert!(results.iter().any(|one| at(one) == ("store.yaml".into(), line as u64)), "{sarif}");
    scene
        .run("drift store.yaml --format github")
        .exits(4)
        .says(&format!("::notice file=store.yaml,line={line},title=Store pending::"));
}

#[test]
fn the_last_time_that_a_group_was_as_declared_is_measured_and_kept() {
    let scene = Scene::of("campus");
    let since = "rolewalk_group_seconds_since_in_sync";
    assert!(!scene.run("drift . --format metrics").exits(4).out.contains(since));
    scene.ok("apply . --yes");
    scene
        .ok("drift . --format metrics -o metrics.prom")
        .says(&format!("{since}{{system=\"co-store\",group=\"Store\"}} 0"));
    scene.edit("store.yaml", "PVS2: slave", "PVS2: additional");
    assert!(scene.run("drift . --format metrics").out.contains(since));
    assert!(
        scene
            .read("metrics.prom")
            .contains("rolewalk_group_verdict{system=\"co-store\",group=\"Store\",verdict=\"in-sync\"} 1")
    );
}

#[test]
fn what_is_there_as_a_topology_is_planned_without_steps() {
    for example in ["campus", "change-master", "first-slave"] {
        let scene = Scene::of(example);
        let seen = scene.ok("observe . --format yaml").out;
        scene.write("store.yaml", seen);
        scene.ok("validate .");
        scene.ok("plan . --detailed-exitcode");
        // And after the walk as well, where marks are other ones.
        let scene = Scene::of(example);
        scene.ok("apply . --yes");
        scene.write("store.yaml", scene.ok("observe . --format yaml").out);
        scene.ok("plan . --detailed-exitcode");
    }
}

#[test]
fn a_narrow_terminal_breaks_lines_and_loses_nothing() {
    let scene = Scene::of("campus");
    for language in ["en", "ja"] {
        for what in ["plan .", "drift .", "observe ."] {
            let mut command = scene.command(&["--lang", language]);
            command.args(what.split(' ')).env("COLUMNS", "40");
            let out = String::from_utf8(command.output().unwrap().stdout).unwrap();
            assert!(out.contains("PVS3") && out.contains("PVS4"), "{out}");
            for line in out.lines().filter(|line| !line.contains("b3:")) {
                let columns: usize = line.chars().map(|c| if c.is_ascii() || "→～".contains(c) { 1 } else { 2 }).sum();
                assert!(columns <= 42, "{what} --lang {language}: {columns}: {line}");
            }
        }
    }
}
