//! The practice farm's folder: missing, half deleted, changed, in use.

use std::fs;

use crate::scene::Scene;

#[test]
fn a_farm_that_is_not_there_is_made_at_first_use() {
    let scene = Scene::of("campus");
    assert!(!scene.at(".practice").exists());
    scene.ok("practice up .").says("store Store: master PVS1");
    assert!(scene.at(".practice/shares/PVS1/Store/Hoge.vhd").exists());
    scene.ok("practice up farm.yaml");
}

#[test]
fn a_farm_file_that_is_missing_or_wrong_is_told() {
    let scene = Scene::of("campus");
    fs::remove_file(scene.at("farm.yaml")).unwrap();
    for line in ["plan .", "apply . --yes", "practice status ."] {
        scene.run(line).exits(1).says("farm.yaml` can't be read");
    }
    scene.write("farm.yaml", "version: 1\nco-store:\n  Store:\n    servers: { PVS1: master, PVS2: master }\n");
    scene.run("plan .").exits(1).says("has 2 masters");
    scene.ok("validate .");
}

#[test]
fn a_half_deleted_farm_is_told_and_the_hint_mends_it() {
    for part in ["co-store.sqlite", "shares", "lock", "shares/PVS2/Store", "shares/PVS1"] {
        let scene = Scene::of("campus");
        scene.ok("practice up .");
        let path = scene.at(".practice").join(part);
        if path.is_dir() {
            fs::remove_dir_all(&path).unwrap()
        } else {
            fs::remove_file(&path).unwrap()
        }
        for line in ["plan .", "apply . --yes", "observe .", "drift .", "practice status ."] {
            let ended = scene.run(line).exits(1).says("is damaged").says("rolewalk practice reset");
            assert!(ended.err.contains("hint:"), "{ended}");
        }
        let ended = scene.run("plan .");
        let hint = ended.err.split("`rolewalk ").nth(1).unwrap().split('`').next().unwrap().to_string();
        scene.ok(&hint);
        scene.ok("apply . --yes");
    }
}

#[test]
fn a_damaged_database_is_told() {
    let scene = Scene::of("campus");
    scene.ok("practice up .");
    scene.write(".practice/co-store.sqlite", "no database at all, and long enough to be read as one");
    scene.run("plan .").exits(1).says("rolewalk practice reset");
    scene.write(".practice/co-store.sqlite", "");
    scene.run("plan .").exits(1).says("rolewalk practice reset");
}

#[test]
fn a_farm_file_that_changed_since_is_told() {
    let scene = Scene::of("campus");
    scene.ok("practice up .");
    scene.edit("farm.yaml", "PVS4: unregistered", "PVS4: additional");
    scene.run("plan .").exits(1).says("was changed since").says("rolewalk practice reset");
    scene.ok("practice reset .");
    scene.ok("plan .");
}

#[test]
fn a_farm_that_somebody_else_uses_is_waited_for() {
    let scene = Scene::of("campus");
    scene.ok("practice up .");
    let lock = fs::File::options().read(true).write(true).open(scene.at(".practice/lock")).unwrap();
    lock.lock().unwrap();
    let child = scene.command(&["plan", "."]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    drop(lock);
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn a_farm_that_goes_away_during_a_run_leaves_the_step_unknown() {
    let scene = Scene::of("campus");
    scene.set("--operator person");
    scene.run("apply . --yes").exits(6);
    fs::remove_dir_all(scene.at(".practice/shares")).unwrap();
    scene.run("resume").exits(1).says("rolewalk practice reset");
}

#[test]
fn every_setting_is_shown_by_status_and_refused_where_it_can_not_be() {
    let scene = Scene::of("campus");
    for (setting, shown) in [
        ("--terminals PVS1=3", "PVS1: master, 3 terminals"),
        ("--free PVS3=1", "machine PVS3: on, answers, 1 MiB free"),
        ("--off PVS3", "machine PVS3: off"),
        ("--silent PVS2", "machine PVS2: on, silent"),
        ("--stream-stopped PVS1", "PVS server PVS1: registered, stream service stopped"),
        ("--tick PVS2=Store", "ticked on Store: PVS1, PVS2"),
        ("--master PVS2", "store Store: master PVS2"),
        ("--fail-next 2", "2 fail"),
        ("--lose-next 3", "3 lose their answer"),
        ("--database false", "database silent"),
        ("--operator person", "operator: person"),
        ("--running-task copying", "running: copying"),
    ] {
        scene.ok(&format!("practice set . {setting}"));
        scene.ok("practice status .").says(shown);
    }
    for wrong in [
        "--terminals PVS9=3",
        "--terminals PVS1",
        "--terminals PVS1=many",
        "--off PVS9",
        "--end-task 99",
        "--cleaned PVS1",
        "--master PVS9",
    ] {
        scene.run(&format!("practice set . {wrong}")).exits(1).says("error:");
    }
    scene.run("practice corrupt . PVS9").exits(1);
    scene.run("practice corrupt . PVS3").exits(1);
    scene.run("practice corrupt . PVS1 --damage missing").exits(1).says("--file");
    scene.ok("practice corrupt . PVS1 --damage missing --file Hoge.2.avhd");
    scene.ok("practice reset .");
    scene.ok("practice status .").says("PVS1: master, 0 terminals, 6 files");
}
