//! Input of any size is answered, or refused before it is read, with what to do instead.

use std::fmt::Write;
use std::fs::File;
use std::path::Path;

use crate::scene::Scene;

const MEBIBYTE: u64 = 1024 * 1024;

/// Makes a file of that size without writing its bytes: whoever refuses it has not read it.
fn hollow(path: &Path, bytes: u64) {
    File::create(path).unwrap().set_len(bytes).unwrap();
}

#[test]
fn a_million_servers_in_one_file_are_refused_by_its_size() {
    let scene = Scene::empty();
    let mut text = String::from("version: 1\ngroup: Store\nsystem: co-store\nservers:\n  PVS0: master\n");
    (1..1_000_000).for_each(|number| writeln!(text, "  PVS{number}: slave").unwrap());
    std::fs::write(scene.path().join("store.yaml"), text).unwrap();
    scene
        .run("plan .")
        .exits(1)
        .says("the file is too large: 19 MiB, at most 16 MiB are read")
        .says("keep one group, or a few, in a file");
}

#[test]
fn a_million_servers_in_many_files_are_refused_by_the_size_of_all() {
    let scene = Scene::empty();
    (0..5).for_each(|number| hollow(&scene.path().join(format!("{number}.yaml")), 15 * MEBIBYTE));
    scene
        .run("plan .")
        .exits(1)
        .says("the 5 topology files are too large together: 75 MiB, at most 64 MiB are read at once")
        .says("give one folder after another");
    scene.run("--lang ja plan .").exits(1).says("5 個のトポロジーファイルは合計 75 MiB で大きすぎる");
}

#[test]
fn a_snapshot_or_plan_of_any_size_is_refused_before_it_is_read() {
    let scene = Scene::of("campus");
    hollow(&scene.path().join("huge.json"), 257 * MEBIBYTE);
    for line in ["plan . --snapshot huge.json", "verify huge.json", "apply huge.json"] {
        let ended = scene.run(line).exits(1).says("`huge.json` is too large: 257 MiB, at most 256 MiB are read");
        ended.says("observe and plan fewer groups at a time");
    }
}

#[test]
fn a_group_of_one_server_is_a_group_and_one_of_none_is_not() {
    let scene = Scene::empty();
    let with = |servers: &str| format!("version: 1\ngroup: Store\nsystem: co-store\nservers: {servers}\n");
    let seen = r#"{"format":"rolewalk.snapshot/1","groups":[{"group":"Store","system":"co-store",
        "servers":{"PVS1":{"role":"master","disks":"complete"}}}]}"#;
    std::fs::write(scene.path().join("seen.json"), seen).unwrap();
    std::fs::write(scene.path().join("store.yaml"), with("{ PVS1: master }")).unwrap();
    scene.ok("plan store.yaml --snapshot seen.json").says("no changes");
    std::fs::write(scene.path().join("store.yaml"), with("{ PVS1: slave }")).unwrap();
    scene.run("plan store.yaml --snapshot seen.json").exits(1).says("no master");
    std::fs::write(scene.path().join("store.yaml"), with("{}")).unwrap();
    scene.run("plan store.yaml --snapshot seen.json").exits(1).says("group `Store` has no servers");
}

#[test]
fn a_topology_that_contradicts_its_keep_is_refused_with_the_number_that_would_do() {
    let scene = Scene::empty();
    let text = "version: 1\ngroup: Store\nsystem: co-store\nservers: { PVS1: master }\nkeep: { slave: 1 }\n";
    std::fs::write(scene.path().join("store.yaml"), text).unwrap();
    scene
        .run("validate .")
        .exits(1)
        .says("`keep` asks for 1 or more servers with the role `slave`")
        .says("store.yaml:5");
}
