//! Another operator, another machine, an older copy: who may go on with a run, and who may not.

use std::fs;

use crate::scene::{Scene, ended};

/// A scene in which a run waits for a person.
fn waiting() -> Scene {
    let scene = Scene::of("campus");
    scene.edit("farm.yaml", "operator: simulated", "operator: person");
    scene.edit("store.yaml", "PVS4: { role: additional", "PVS4: { role: unregistered");
    scene.run("apply . --yes").exits(6);
    scene
}

fn generation(scene: &Scene) -> u64 {
    let folder = scene.at(".rolewalk/generations");
    let file = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(file).unwrap();
    serde_json::from_str::<serde_json::Value>(&text).unwrap()["number"].as_u64().unwrap()
}

#[test]
fn an_operator_is_told_the_host_each_click_the_proof_and_the_time_limit() {
    let scene = waiting();
    let shown = scene.ok(&format!("show {}", scene.run_id()));
    let shown = shown.says("an operator is wanted on PVS3 until").says("Start the PVS Configuration Wizard.");
    let shown = shown.says("The proof for rolewalk: Get-PvsServer, asked through another server, lists `PVS3`.");
    shown.says("Store: waiting for an operator");
    scene
        .ok(&format!("show {} --lang ja", scene.run_id()))
        .says("Get-PvsServer に `PVS3` が含まれることで完了を確認する");
}

#[test]
fn another_operator_takes_over_and_the_journal_says_who() {
    let scene = waiting();
    scene.set("--register PVS3");
    let mut command = scene.command(&["resume"]);
    command.env("USER", "hanako").env("HOSTNAME", "admin2");
    ended("resume", command.output().unwrap()).exits(0).says("resumed by hanako on admin2");
    scene
        .ok(&format!("show {}", scene.run_id()))
        .says("started by somebody on here")
        .says("resumed by hanako on admin2");
}

#[test]
fn the_generation_rises_with_each_run_and_resume_of_a_group() {
    let scene = waiting();
    assert_eq!(generation(&scene), 1);
    scene.run("resume").exits(6);
    assert_eq!(generation(&scene), 2);
    scene.set("--register PVS3");
    scene.ok("resume");
    assert_eq!(generation(&scene), 3);
}

#[test]
fn a_job_that_resumes_a_waiting_run_again_and_again_writes_no_line_twice() {
    let scene = waiting();
    let size = || scene.read(&scene.journal()).len();
    let before = size();
    for _ in 0..3 {
        let again = scene.run("resume").exits(6).says("nothing is new since");
        again.says("an operator is wanted on PVS3 until").says("when the work is done, run `rolewalk resume");
    }
    assert_eq!(scene.run("resume --format jsonl").exits(6).out, "");
    assert_eq!(size(), before);
    scene.set("--register PVS3");
    scene.ok("resume").says("resumed by somebody on here").says("as declared now");
    assert!(size() > before);
}

#[test]
fn a_run_that_is_resumed_elsewhere_says_whose_connections_it_uses() {
    let scene = waiting();
    let run = scene.run_id();
    let here = scene.run("resume").exits(6);
    assert!(!here.err.contains("the connections are those of"), "{here}");
    // Another campus: the topology that the run was made from is not there.
    let other = Scene::of("campus");
    fs::remove_file(other.at("store.yaml")).unwrap();
    let state = scene.at(".rolewalk");
    let elsewhere = other.run_all(&["--state", state.to_str().unwrap(), "resume", &run]);
    let connections = fs::canonicalize(other.at("connections.yaml")).unwrap();
    elsewhere.says("store.yaml` of the plan is not here").says(connections.to_str().unwrap());
}

#[test]
fn an_older_copy_of_a_state_folder_does_not_go_on() {
    let scene = waiting();
    let run = scene.run_id();
    let copy = scene.copied();
    // The farm is one, the state folders are two.
    let state = copy.at(".rolewalk");
    let state = state.to_str().unwrap();
    scene.set("--register PVS3");
    scene.ok("resume");
    let acts = scene.acts();
    let refused = scene.run_all(&["--state", state, "resume", &run]).exits(8);
    refused.says("this state folder is a copy").says("nothing has been changed").says(&format!("resume {run}"));
    assert_eq!(scene.acts(), acts);
}

#[test]
fn a_copy_that_is_as_new_as_its_original_goes_on_and_the_original_is_then_told_what_is_done() {
    let scene = waiting();
    let run = scene.run_id();
    let copy = scene.copied();
    let state = copy.at(".rolewalk");
    scene.set("--register PVS3");
    scene.run_all(&["--state", state.to_str().unwrap(), "resume", &run]).exits(0);
    let acts = scene.acts();
    // Whoever comes later with the other folder finds all done, and does nothing of it again.
    scene.run("resume");
    assert_eq!(scene.acts(), acts);
}
