//! What is printed from plans, runs, tables and types: `undo`, `show`, `table`, `schema`, `completions`, `man`.

use std::path::PathBuf;

use crate::scene::Scene;

const KINDS: [&str; 11] = [
    "topology",
    "connections",
    "farm",
    "snapshot",
    "plan",
    "journal",
    "drift",
    "disks",
    "evidence",
    "attested",
    "rehearsal",
];

#[test]
fn undo_leads_back_to_what_was_there_before_the_run() {
    let scene = Scene::of("campus");
    let before = scene.roles();
    scene.ok("apply . --yes");
    let run = scene.run_id();
    scene.run(&format!("undo {run}")).exits(1).says("the plan is not approved");
    assert_eq!(scene.roles(), "PVS1 master, PVS2 slave, PVS3 slave, PVS4 additional");
    let ended = scene.run(&format!("undo {run} --yes")).exits(0).says("PVS3: slave → additional");
    insta::assert_snapshot!("undo_campus", ended.masked(&scene));
    assert_eq!(scene.roles(), before);
    scene.ok(&format!("undo {run} --yes")).says("everything is as declared");
}

#[test]
fn undo_of_a_handover_hands_back() {
    let scene = Scene::of("change-master");
    scene.ok("apply . --yes");
    scene.ok(&format!("undo {} --yes", scene.run_id()));
    assert_eq!(scene.roles(), "PVS1 master, PVS2 slave");
}

// DV-05
#[test]
fn undo_of_a_quarantine_gives_the_folder_its_name_back_and_says_that_it_blocks_again() {
    let scene = Scene::of("change-master");
    scene.ok("practice corrupt . PVS2 --damage invalid");
    scene.edit("store.yaml", "servers:", "divergence: { keep: master-files }\nservers:");
    scene.edit("store.yaml", "keep:\n  slave: 1\n", "");
    scene.edit("store.yaml", "PVS1: slave", "PVS1: master").edit("store.yaml", "PVS2: master", "PVS2: slave");
    scene.ok("apply . --yes").says("unquarantine PVS2");
    let run = scene.run_id();
    let ended = scene.run(&format!("undo {run} --yes")).exits(0).says("CO-Store's tasks fail again");
    insta::assert_snapshot!("undo_quarantine", ended.masked(&scene));
    scene.ok(&format!("undo {run} --yes")).says("everything is as declared");
    // The plan of the undo can be shown, and is read back as it was written.
    let undone = scene.runs().into_iter().find(|one| *one != run).unwrap();
    scene.ok(&format!("show {undone}")).says("unquarantine");
    scene.run("drift .").exits(2);
}

// What undo applied is what was last applied: the topology file then declares a change that is not applied.
#[test]
fn after_undo_the_topology_declares_a_pending_change() {
    let scene = Scene::of("change-master");
    scene.ok("apply . --yes");
    scene.ok(&format!("undo {} --yes", scene.run_id()));
    scene.run("drift .").exits(4);
}

#[test]
fn a_saved_plan_is_shown_as_it_was_planned() {
    let scene = Scene::of("campus");
    let planned = scene.ok("plan . -o plan.json");
    let shown = scene.ok("show plan.json");
    let steps = planned.out.split("apply it with").next().unwrap();
    assert_eq!(shown.out.trim_end(), steps.trim_end());
    assert_eq!(scene.ok("show plan.json --format json").out, scene.read("plan.json"));
}

#[test]
fn the_table_of_co_store_is_printed_in_every_form() {
    let scene = Scene::empty();
    for (form, says) in
        [("text", "handover"), ("mermaid", "stateDiagram"), ("dot", "digraph"), ("json", "\"transitions\"")]
    {
        let printed = scene.ok(&format!("table co-store --format {form}")).says(says).out;
        let rows =
            ["register", "unregister", "add-storage", "remove-storage", "await-replication", "handover", "quarantine"];
        for name in rows.into_iter().chain(["unquarantine"]) {
            assert!(printed.contains(name), "{name} is not in {form}");
        }
    }
    let json = scene.json("table co-store --format json", 0);
    assert_eq!(json["transitions"].as_array().unwrap().len(), 9);
    scene.ok("--lang ja table co-store").says("マスターサーバー");
}

/// `ROLEWALK_UPDATE=1 cargo test --test commands schema` writes the farm's schema anew; the others have tests of
/// their own that do.
#[test]
fn every_schema_is_printed_as_it_stands_in_the_folder() {
    let scene = Scene::empty();
    for kind in KINDS {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{kind}.schema.json"));
        let printed = scene.ok(&format!("schema {kind}")).out;
        if kind == "farm" && std::env::var_os("ROLEWALK_UPDATE").is_some() {
            std::fs::write(&path, &printed).unwrap();
        }
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(printed == stored, "schemas/{kind}.schema.json is stale: run with ROLEWALK_UPDATE=1");
        let schema: serde_json::Value = serde_json::from_str(&printed).unwrap();
        jsonschema::meta::validate(&schema).unwrap();
    }
    let stored = std::fs::read_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schemas")).unwrap();
    assert_eq!(stored.count(), KINDS.len(), "each schema has a kind");
}

#[test]
fn completions_are_printed_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        Scene::empty().ok(&format!("completions {shell}")).says("rolewalk").says("detailed-exitcode");
    }
    Scene::empty().run("completions tcsh").exits(1);
}

#[test]
fn the_manual_page_names_every_command_and_exit_code() {
    let page = Scene::empty().ok("man").out;
    assert!(page.contains(".TH rolewalk"), "{page}");
    for word in ["validate", "observe", "apply", "resume", "drift", "practice", "Exit codes"] {
        assert!(page.contains(word), "{word}");
    }
}

#[test]
fn the_language_follows_the_option_and_then_the_environment() {
    let scene = Scene::of("campus");
    scene.ok("--lang ja plan .").says("登録外 → スレーブサーバー");
    scene.ok("plan . --lang ja").says("ステップ");
    let plan = |variables: &[(&str, &str)], options: &[&str]| {
        let mut command = scene.command(&[&["plan", "."], options].concat());
        command.env_remove("LANG").envs(variables.iter().copied());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let japanese = plan(&[], &["--lang", "ja"]);
    let english = plan(&[], &["--lang", "en"]);
    assert_ne!(japanese, english);
    for (variables, wanted) in [
        (&[("LANG", "ja_JP.UTF-8")][..], &japanese),
        (&[("LANG", "ja")], &japanese),
        (&[("LC_ALL", "ja_JP.UTF-8"), ("LANG", "C")], &japanese),
        (&[("LC_MESSAGES", "ja_JP.UTF-8"), ("LANG", "en_US.UTF-8")], &japanese),
        (&[("LC_ALL", "C"), ("LANG", "ja_JP.UTF-8")], &english),
        (&[("LANG", "tlh_KX.UTF-8")], &english),
        (&[("LANG", "jam_JM")], &english),
        (&[("LANG", "\u{1b}[31m")], &english),
        (&[("LANG", "")], &english),
        (&[], &english),
    ] {
        assert_eq!(&plan(variables, &[]), wanted, "{variables:?}");
    }
    let mut command = scene.command(&["plan", ".", "--lang", "en"]);
    command.env("LANG", "ja_JP.UTF-8");
    assert_eq!(String::from_utf8(command.output().unwrap().stdout).unwrap(), english);
}

#[test]
fn a_japanese_reader_gets_japanese_from_plan_to_resume() {
    let scene = Scene::of("campus");
    scene.set("--operator person");
    let ended = scene.run("--lang ja apply . --yes").exits(6);
    insta::assert_snapshot!("apply_operator_ja", ended.masked(&scene));
    scene.set("--operator simulated");
    scene.run("--lang ja resume").exits(0);
    scene.run("--lang ja apply nowhere").exits(1).says("を読めません");
    scene.run("--lang ja apply . ").exits(0);
    scene.run("--lang ja drift .").exits(0);
    scene.run("--lang ja history").exits(0).says("完了");
    scene.run("--lang ja table co-store").exits(0);
    scene.edit("store.yaml", "PVS2: slave", "PVS2: master");
    let ended = scene.run("--lang ja validate .").exits(1);
    insta::assert_snapshot!("validate_ja", ended.masked(&scene));
}

#[test]
fn colour_is_for_terminals_and_on_demand() {
    let scene = Scene::of("campus");
    assert!(!scene.ok("plan .").out.contains('\u{1b}'));
    assert!(scene.ok("plan . --color always").out.contains("\u{1b}["));
    assert!(!scene.ok("plan . --color never").out.contains('\u{1b}'));
    assert!(scene.run("plan nowhere --color always").exits(1).err.contains("\u{1b}["));
}

#[test]
fn a_rehearsal_shows_each_crash_and_what_resume_does() {
    let scene = Scene::of("change-master");
    let english = scene.ok("rehearse .").says("does it: 5 of 5 requests; ends as declared");
    insta::assert_snapshot!("rehearse_change_master", english.masked(&scene));
    let japanese = scene.ok("rehearse . --lang ja");
    insta::assert_snapshot!("rehearse_change_master_ja", japanese.masked(&scene));
    scene.ok("plan . -o plan.json");
    assert_eq!(scene.ok("rehearse plan.json").out, english.out);
    let json = scene.json("rehearse . --format json", 0);
    assert_eq!(json["format"], "rolewalk.rehearsal/1");
    assert_eq!(json["groups"][0]["crashes"].as_array().unwrap().len(), 7);
    // Nothing was changed by it.
    assert_eq!((scene.roles().as_str(), scene.acts().len()), ("PVS1 master, PVS2 slave", 0));
    scene.ok("apply . --yes");
    scene.ok("rehearse .").says("there is nothing to rehearse");
}

#[test]
fn a_rehearsal_stops_where_the_run_would() {
    let scene = Scene::of("first-slave");
    scene.set("--terminals PVS1=3");
    scene.run("rehearse .").exits(5).says("there is nothing to rehearse");
    scene.run("rehearse nowhere").exits(1);
}

#[test]
fn a_simulation_is_the_same_for_the_same_seed() {
    let scene = Scene::empty();
    let simulated =
        scene.ok("simulate --system co-store --seed 5 --runs 12").says("co-store: 12 simulations, seeds 5 to 16");
    assert_eq!(scene.ok("simulate --system co-store --seed 5 --runs 12").out, simulated.out);
    simulated.says("no cells: unquarantine (slave → slave): only `undo` walks it, and it is not simulated");
    let each = scene.ok("simulate --seed 5 --runs 6");
    each.says("co-store: 2 simulations, seeds 5 to 6").says("wsmgr: 1 simulations, seeds 5 to 5");
    scene.ok("simulate --seed 5 --runs 2 --lang ja").says("破られた不変条件: 0");
    scene.ok("simulate --runs 100000000 --for 0s").says("lifekeeper: 0 simulations");
    scene.run("simulate --for nonsense").exits(1);
}
