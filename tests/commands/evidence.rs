//! The evidence of a run: packed, and checked without anything else.

use std::fs;

use crate::scene::Scene;

fn walked() -> (Scene, String) {
    let scene = Scene::of("campus");
    scene.ok("apply . --yes");
    let run = scene.ok("history").out.split(' ').next().unwrap().to_owned();
    (scene, run)
}

#[test]
fn the_same_run_gives_the_same_bytes_and_verify_needs_nothing_else() {
    let (scene, run) = walked();
    let packed = scene.ok(&format!("show {run} --bundle a.zip"));
    let id = packed.out.trim().strip_prefix("evidence ").unwrap().to_owned();
    scene.ok(&format!("show {run} --bundle b.zip --lang ja"));
    assert_eq!(fs::read(scene.at("a.zip")).unwrap(), fs::read(scene.at("b.zip")).unwrap());
    // Elsewhere, without topologies, connections or a state folder.
    let elsewhere = Scene::empty();
    fs::copy(scene.at("a.zip"), elsewhere.at("a.zip")).unwrap();
    elsewhere.ok("verify a.zip").says("verified: run ").says(&id);
    elsewhere.ok(&format!("verify a.zip --id {id}"));
    elsewhere.run("verify a.zip --id b3:00").exits(8);
    elsewhere.ok("verify a.zip --lang ja").says("検証済み");
}

#[test]
fn a_folder_holds_the_same_and_every_altered_missing_or_added_file_is_told() {
    let (scene, run) = walked();
    scene.ok(&format!("show {run} --bundle evidence"));
    scene.ok("verify evidence");
    let mut names: Vec<String> = fs::read_dir(scene.at("evidence"))
        .unwrap()
        .map(|one| one.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let all = [
        "after.json",
        "before.json",
        "guards.json",
        "journal.jsonl",
        "manifest.json",
        "plan.json",
        "run.en.html",
        "run.en.txt",
        "run.ja.html",
        "run.ja.txt",
    ];
    assert_eq!(names, all);
    assert!(scene.read("evidence/run.ja.html").contains("<html lang=\"ja\">"));
    assert!(scene.read("evidence/run.en.txt").contains("as declared now"));
    // What came out is what is planned from: nothing is left to do.
    let after = scene.read("evidence/after.json");
    assert!(after.contains("\"awaiting\"") && scene.read("evidence/before.json").contains("\"unregistered\""));
    for name in names.iter().filter(|name| *name != "manifest.json") {
        let path = format!("evidence/{name}");
        let good = fs::read(scene.at(&path)).unwrap();
        let mut altered = good.clone();
        altered[good.len() / 2] ^= 1;
        scene.write(&path, &altered);
        scene.run("verify evidence").exits(8).says(&format!("`{name}` was altered"));
        fs::remove_file(scene.at(&path)).unwrap();
        scene.run("verify evidence").exits(8).says(&format!("`{name}` is missing"));
        scene.write(&path, &good);
    }
    scene.write("evidence/more.txt", "x");
    scene.run("verify evidence").exits(8).says("`more.txt` is no part of the evidence");
    fs::remove_file(scene.at("evidence/more.txt")).unwrap();
    scene.ok("verify evidence");
    fs::remove_file(scene.at("evidence/manifest.json")).unwrap();
    scene.run("verify evidence").exits(8).says("no manifest");
}

#[test]
fn an_archive_that_another_program_changed_is_refused_and_one_that_any_program_unpacks_is_written() {
    let (scene, run) = walked();
    scene.ok(&format!("show {run} --bundle a.zip"));
    let good = fs::read(scene.at("a.zip")).unwrap();
    for at in [40, good.len() / 3, good.len() / 2, good.len() - 30] {
        let mut altered = good.clone();
        altered[at] ^= 1;
        scene.write("b.zip", &altered);
        scene.run("verify b.zip").exits(8);
    }
    scene.write("b.zip", [&good[..], b"x"].concat());
    scene.run("verify b.zip").exits(8);
    scene.write("b.zip", "no archive");
    scene.run("verify b.zip").exits(1).says("no zip archive");
    let unpacked =
        std::process::Command::new("python3").args(["-m", "zipfile", "-t", "a.zip"]).current_dir(scene.path()).output();
    match unpacked {
        Ok(said) => assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr)),
        Err(_) => println!("not run: python3 is absent"),
    }
}

#[test]
fn what_has_no_evidence_says_so_and_nothing_is_overwritten() {
    let (scene, run) = walked();
    scene.ok("plan . -o plan.json");
    scene.run("show plan.json --bundle a.zip").exits(1).says("only a run has evidence");
    scene.write("full/x", "x");
    scene.run(&format!("show {run} --bundle full")).exits(1).says("not empty");
    scene.run("show 00000000 --bundle a.zip").exits(1);
}

#[test]
fn a_run_that_stopped_in_the_middle_has_evidence_too() {
    let scene = Scene::of("campus");
    scene.set("--operator person");
    scene.run("apply . --yes").exits(6);
    let run = scene.ok("history").out.split(' ').next().unwrap().to_owned();
    scene.ok(&format!("show {run} --bundle evidence"));
    scene.ok("verify evidence");
    assert!(scene.read("evidence/run.en.html").contains("waits for an operator"));
}
