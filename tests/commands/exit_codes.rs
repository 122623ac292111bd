//! Every exit code, seen through the binary: scripts and CI jobs rely on them.

use std::fs::File;

use crate::scene::Scene;

/// A topology of a second store beside the campus's.
const OTHER: &str =
    "version: 1\ngroup: Other\nsystem: co-store\nconnection: practice\nservers:\n  PVS5: master\n  PVS6: slave\n";
const OTHER_FARM: &str = "  Other:\n    servers: { PVS5: master, PVS6: additional }\n    disks: { Lab: 1 }\n";

/// Returns the campus with a second store on the same farm, whose slave is still to be added.
fn two_stores() -> Scene {
    let scene = Scene::of("campus");
    scene.write("farm.yaml", scene.read("farm.yaml") + OTHER_FARM);
    scene.write("other.yaml", OTHER);
    scene
}

#[test]
fn code_0_for_what_is_as_declared_valid_or_done() {
    let scene = Scene::of("campus");
    for line in
        ["validate .", "plan .", "observe .", "apply . --yes", "drift .", "history", "locks", "--help", "--version"]
    {
        scene.ok(line);
    }
}

#[test]
fn code_1_for_usage_errors() {
    let scene = Scene::of("campus");
    for line in [
        "",
        "plan",
        "plan . --format pdf",
        "frobnicate",
        "apply --yes",
        "--lang de plan .",
        "schema",
        "practice",
        "practice set",
    ] {
        scene.run(line).exits(1);
    }
    scene.run("table co-stoer").exits(1).says("did you mean `co-store`?");
    scene.run("schema recipe").exits(1).says("kinds: topology");
}

#[test]
fn code_1_for_bad_input_and_nothing_is_made() {
    let scene = Scene::of("campus");
    scene.edit("store.yaml", "PVS2: slave", "PVS2: master");
    for line in ["validate .", "plan .", "apply . --yes", "drift .", "observe ."] {
        scene.run(line).exits(1).says("error: two masters in group `Store`").says("store.yaml:8");
    }
    assert!(!scene.at(".practice").exists() && !scene.at(".rolewalk").exists());
    scene.run("plan nowhere.yaml").exits(1).says("can't read `nowhere.yaml`");
    scene.run("apply nowhere.json").exits(1).says("can't read `nowhere.json`");
    scene.run("resume").exits(1);
    scene.run("resume 7f3c").exits(1);
    scene.run("show 7f3c").exits(1).says("there is no run `7f3c`");
    scene.run("undo 7f3c").exits(1);
}

#[test]
fn code_1_without_approval_and_nothing_is_changed() {
    let scene = Scene::of("campus");
    let ended = scene.run("apply .").exits(1).says("the plan is not approved").says("nothing has been changed");
    assert!(ended.out.contains("step") && ended.err.contains("rolewalk plan -o plan.json"), "{ended}");
    assert_eq!(scene.acts(), [""; 0]);
    assert_eq!(scene.runs(), [""; 0]);
    assert_eq!(scene.roles(), "PVS1 master, PVS2 slave, PVS3 unregistered, PVS4 unregistered");
}

#[test]
fn code_2_for_steps_where_the_plan_is_asked_for_it() {
    let scene = Scene::of("campus");
    scene.run("plan .").exits(0);
    scene.run("plan . --detailed-exitcode").exits(2);
    scene.run("plan . --detailed-exitcode --format json").exits(2);
}

#[test]
fn code_2_for_drift_when_the_farm_was_changed_by_hand() {
    let scene = Scene::of("campus");
    scene.ok("apply . --yes");
    scene.set("--unregister PVS4");
    let ended = scene.run("drift .").exits(2);
    insta::assert_snapshot!("drift_unregistered", ended.masked(&scene));
    scene.run("drift . --format json").exits(2);
    scene.set("--register PVS4");
    scene.run("drift .").exits(0);
    scene.set("--tick PVS2=Store");
    scene.run("drift .").exits(2).says("PVS2");
    scene.set("--untick PVS2=Store");
    scene.run("drift .").exits(0);
    // The database's master, edited by hand, is a half-done handover.
    scene.set("--master PVS2");
    scene.run("drift .").exits(2);
}

#[test]
fn code_3_when_a_server_or_the_database_is_silent() {
    let scene = Scene::of("campus");
    scene.ok("apply . --yes");
    scene.set("--silent PVS2");
    let ended = scene.run("drift .").exits(3);
    insta::assert_snapshot!("drift_silent", ended.masked(&scene));
    scene.set("--answering PVS2");
    scene.ok("drift .");
    scene.set("--database false");
    for line in ["drift .", "plan .", "observe .", "apply . --yes"] {
        scene.run(line).exits(3);
    }
    scene.run("apply . --yes").exits(3).says("nothing has been changed");
    scene.set("--database true");
    scene.ok("drift .");
    // PVS is asked through its servers: where none answers, nothing of it is known.
    scene.set("--silent PVS1 --silent PVS2 --silent PVS3 --silent PVS4");
    for line in ["drift .", "plan .", "observe .", "apply . --yes"] {
        scene.run(line).exits(3);
    }
}

#[test]
fn code_3_when_a_guard_can_not_be_answered_right_before_its_step() {
    let scene = Scene::of("campus");
    scene.set("--silent PVS2");
    scene.ok("plan .").says("unknown");
    let ended = scene.run("apply . --yes").exits(3);
    insta::assert_snapshot!("apply_unknown_guard", ended.masked(&scene));
    assert_eq!(scene.acts(), [""; 0]);
    scene.set("--answering PVS2");
    scene.ok("resume");
    scene.ok("drift .");
}

#[test]
fn code_4_when_a_declared_change_is_pending() {
    let scene = Scene::of("campus");
    scene.run("drift .").exits(4).says("never applied from here");
    scene.ok("apply . --yes");
    scene.ok("drift .");
    scene.edit("store.yaml", "PVS3: slave ", "PVS3: additional ");
    let ended = scene.run("drift .").exits(4);
    insta::assert_snapshot!("drift_pending", ended.masked(&scene));
    // Both: a change that is pending, and one that nobody declared.
    scene.set("--unregister PVS4");
    scene.run("drift .").exits(2);
}

#[test]
fn the_last_applied_topology_may_be_given_instead() {
    let scene = Scene::of("campus");
    scene.ok("plan . -o applied.json");
    scene.write("was/store.yaml", scene.read("store.yaml"));
    scene.run("drift store.yaml --applied was/store.yaml").exits(2);
    scene.run("drift store.yaml --applied applied.json").exits(2);
    scene.edit("was/store.yaml", "PVS3: slave ", "PVS3: unregistered ");
    scene.edit("was/store.yaml", "role: additional", "role: unregistered");
    scene.run("drift store.yaml --applied was/store.yaml").exits(4);
}

// CS-07, CS-09: adding a storage while terminals run is refused.
#[test]
fn code_5_while_terminals_run() {
    let scene = Scene::of("first-slave");
    scene.set("--terminals PVS1=3");
    let ended = scene.run("plan .").exits(5);
    insta::assert_snapshot!("plan_terminals", ended.masked(&scene));
    let ended = scene.run("apply . --yes").exits(5).says("nothing has been changed");
    insta::assert_snapshot!("apply_terminals", ended.masked(&scene));
    assert_eq!(scene.acts(), [""; 0]);
    scene.set("--terminals PVS1=0");
    scene.ok("apply . --yes");
}

// CS-10: the master changes only while the task list is empty.
#[test]
fn code_5_while_a_task_is_open() {
    let scene = Scene::of("change-master");
    scene.ok("plan .");
    scene.run_all(&["practice", "set", ".", "--running-task", "write-back of Hoge"]).exits(0);
    scene.run("plan .").exits(5).says("no_open_task").says("write-back of Hoge");
    scene.run("apply . --yes").exits(5).says("nothing has been changed");
    assert_eq!(scene.acts(), [""; 0]);
    scene.set("--end-task 1");
    scene.ok("apply . --yes");
}

// CS-12
#[test]
fn code_5_while_an_invalid_folder_holds_backups() {
    let scene = Scene::of("first-slave");
    scene.ok("practice corrupt . PVS1 --damage invalid");
    scene.run("plan .").exits(5).says("no_invalid_folder");
    let scene = Scene::of("change-master");
    scene.ok("practice corrupt . PVS2 --damage invalid");
    scene.run("plan .").exits(5).says("Invalid folder of `PVS2`");
    scene.run("apply . --yes").exits(5);
    assert_eq!(scene.acts(), [""; 0]);
}

// CS-13, DV-02
#[test]
fn code_5_when_a_byte_of_a_vdisk_file_differs() {
    let scene = Scene::of("change-master");
    scene.ok("practice corrupt . PVS2");
    let ended = scene.run("plan .").exits(5).says("PVS2");
    insta::assert_snapshot!("plan_divergent", ended.masked(&scene));
    scene.run("apply . --yes").exits(5).says("nothing has been changed");
    scene.run("drift .").exits(2);
    assert_eq!(scene.acts(), [""; 0]);
}

// CS-07: the store's files must fit.
#[test]
fn code_5_when_there_is_no_room_for_the_stores_files() {
    let scene = Scene::of("first-slave");
    scene.set("--free PVS3=1");
    scene.run("plan .").exits(5).says("capacity_suffices").says("1 MiB free");
    scene.run("apply . --yes").exits(5);
    assert_eq!(scene.acts(), [""; 0]);
}

#[test]
fn code_5_when_a_guard_turns_between_plan_and_step() {
    let scene = Scene::of("campus");
    scene.ok("plan . -o plan.json");
    scene.set("--operator person");
    scene.run("apply plan.json").exits(6);
    scene.set("--register PVS3 --terminals PVS1=3");
    let ended = scene.run("resume").exits(5).says("no_terminal_running");
    insta::assert_snapshot!("resume_blocked", ended.masked(&scene));
    scene.set("--terminals PVS1=0 --operator simulated");
    scene.ok("resume");
    scene.ok("drift .");
}

#[test]
fn code_6_when_a_person_has_to_work_and_resume_goes_on_afterwards() {
    let scene = Scene::of("campus");
    scene.edit("farm.yaml", "operator: simulated", "operator: person   ");
    let ended = scene.run("apply . --yes").exits(6).says("PVS Configuration Wizard").says("rolewalk resume");
    insta::assert_snapshot!("apply_operator", ended.masked(&scene));
    scene.run("history").exits(0).says("waiting for an operator");
    // Nobody did it: it still waits, and asks again.
    scene.run("resume").exits(6);
    scene.set("--register PVS3");
    scene.run("resume").exits(6).says("PVS4");
    scene.set("--register PVS4");
    let ended = scene.run("resume").exits(0).says("as declared now");
    insta::assert_snapshot!("resume_operator", ended.masked(&scene));
    scene.ok("drift .");
    scene.ok(&format!("resume {}", scene.run_id())).says("is done already");
    scene.ok("history").says("done");
}

#[test]
fn code_7_when_a_step_fails_and_resume_goes_on_once_the_cause_is_mended() {
    let scene = Scene::of("campus");
    scene.set("--fail-next 1");
    let ended = scene.run("apply . --yes").exits(7).says("step 2 of 3").says("rolewalk resume");
    insta::assert_snapshot!("apply_failed", ended.masked(&scene));
    assert_eq!(scene.roles(), "PVS1 master, PVS2 slave, PVS3 additional, PVS4 unregistered");
    scene.ok("history").says("stopped, exit code 7");
    scene.run("drift .").exits(4);
    scene.ok("resume");
    scene.ok("drift .");
}

#[test]
fn code_7_when_a_handover_fails_half_way_and_resume_finishes_it() {
    for good in 0..5 {
        let scene = Scene::of("change-master");
        // The first `good` requests are carried out: their effects are there already when the run begins.
        let farm = ["--master PVS2", "--tick PVS2=Labs", "--tick PVS2=Labs-Diff", "--untick PVS1=Labs"];
        scene.ok("plan . -o plan.json");
        scene.set("--fail-next 1");
        scene.run("apply plan.json").exits(7).says("step 1 of 1");
        for change in &farm[..good] {
            scene.set(change);
        }
        scene.ok("resume").says("as declared now");
        assert_eq!(scene.roles(), "PVS1 slave, PVS2 master");
        scene.ok("drift .");
    }
}

#[test]
fn code_8_when_the_plan_is_stale_and_the_changed_fact_is_named() {
    let scene = Scene::of("campus");
    scene.ok("plan . -o plan.json");
    scene.set("--register PVS4");
    let ended = scene
        .run("apply plan.json")
        .exits(8)
        .says("the plan is stale")
        .says("`PVS4` was unregistered and is additional");
    insta::assert_snapshot!("apply_stale_role", ended.masked(&scene));
    let scene = Scene::of("change-master");
    scene.ok("plan . -o plan.json");
    scene.run_all(&["practice", "set", ".", "--pending-task", "a new version"]).exits(0);
    let ended = scene.run("apply plan.json").exits(8).says("a new version").says("nothing has been changed");
    insta::assert_snapshot!("apply_stale_task", ended.masked(&scene));
    assert_eq!(scene.acts(), [""; 0]);
    assert_eq!(scene.runs(), [""; 0]);
}

#[test]
fn code_8_when_the_approved_id_is_another() {
    let scene = Scene::of("campus");
    let plan = scene.json("plan . -o plan.json --format json", 0);
    let id = plan["id"].as_str().unwrap();
    let other = format!("b3:{}", "0".repeat(64));
    for what in ["plan.json", ". --yes", "."] {
        scene.run(&format!("apply {what} --id {other}")).exits(8).says("nothing has been changed").says(id);
    }
    assert_eq!(scene.acts(), [""; 0]);
    scene.ok(&format!("apply plan.json --id {id}"));
}

#[test]
fn code_8_when_what_is_there_is_no_longer_what_the_plan_foresaw() {
    let scene = Scene::of("campus");
    scene.set("--operator person");
    scene.run("apply . --yes").exits(6);
    // Somebody climbs more than the step that was asked for, and changes the master.
    scene.set("--register PVS3 --register PVS4 --master PVS2");
    let ended = scene.run("resume").exits(8).says("the plan foresaw");
    insta::assert_snapshot!("resume_stale", ended.masked(&scene));
}

// Of a handover whose row was changed nobody says that nothing was.
#[test]
fn a_half_done_step_that_can_not_go_on_is_never_told_as_unchanged() {
    let scene = Scene::of("change-master");
    scene.edit("farm.yaml", "PVS2: slave", "PVS2: slave\n      PVS3: additional");
    scene.edit("store.yaml", "PVS2: master", "PVS2: master\n  PVS3: additional");
    scene.set("--lose-next 1");
    let first = scene.run("apply . --yes");
    assert!(matches!(first.code, Some(3 | 7)), "{first}");
    scene.set("--unregister PVS3");
    let ended = scene.run("resume").exits(8).says("`PVS3` is unregistered, and the plan foresaw additional");
    insta::assert_snapshot!("resume_half_done", ended.masked(&scene));
    assert!(!ended.out.contains("nothing has been changed"), "{ended}");
    scene.set("--register PVS3");
    scene.ok("resume");
}

#[test]
fn code_9_while_another_run_holds_the_lock() {
    let scene = Scene::of("campus");
    scene.set("--operator person");
    scene.run("apply . --yes").exits(6);
    let folder = scene.at(".rolewalk/locks");
    let name = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let file = File::options().read(true).write(true).open(name).unwrap();
    file.try_lock().unwrap();
    let acts = scene.acts();
    let ended = scene.run("apply . --yes").exits(9).says("nothing has been changed");
    let told = ended.says("because somebody on here holds it since 20").says("rolewalk locks");
    assert_eq!(told.out, "", "no plan is shown that could not be made");
    scene.run("resume").exits(9);
    scene.ok("locks").says("Store (co-store)");
    // Whoever only looks needs no lock.
    scene.ok("plan .");
    scene.run("drift .").exits(4);
    scene.ok("history");
    assert_eq!(scene.acts(), acts);
    drop(file);
    scene.run("resume").exits(6);
    scene.ok("locks").says("no group is locked");
}

#[test]
fn of_several_groups_the_worst_counts() {
    let scene = two_stores();
    scene.ok("validate .").says("2 groups");
    scene.run("plan . --detailed-exitcode").exits(2);
    scene.run("drift .").exits(4);
    // 5 is worse than 2.
    scene.ok("practice corrupt . PVS2 --store Store --damage invalid");
    scene.run("plan . --detailed-exitcode").exits(5);
    // The group that is ready is walked, the other is not; 5 is worse than 0.
    scene.run("apply . --yes").exits(5).says("Other");
    assert!(scene.acts().iter().any(|act| act.contains("--store=Other")), "{:?}", scene.acts());
    assert!(!scene.acts().iter().any(|act| act.contains("--store=Store")), "{:?}", scene.acts());
    // 3 is worse than 5.
    scene.set("--silent PVS5 --silent PVS6");
    scene.run("drift .").exits(3);
    scene.edit("other.yaml", "PVS6: slave", "PVS6: additional");
    scene.set("--answering PVS5 --answering PVS6");
    scene.run("plan . --detailed-exitcode").exits(5);
    // 1 is worse than anything else here, and nothing is done then.
    scene.write("third.yaml", "version: 1\n");
    scene.run("plan . --detailed-exitcode").exits(1);
}

#[test]
fn two_groups_walk_side_by_side_and_a_failure_of_one_stops_only_that_one() {
    let scene = two_stores();
    scene.set("--operator person");
    scene.run("apply . --yes").exits(6).says("Other: as declared now");
    assert!(scene.acts().iter().any(|act| act.contains("--store=Other")));
    scene.set("--operator simulated");
    scene.ok("resume");
    scene.ok("drift .");
    assert_eq!(scene.acts().iter().filter(|act| act.contains("--store=Other")).count(), 1);
}

#[test]
fn a_run_is_told_with_the_exit_code_that_the_command_ends_with() {
    let scene = two_stores();
    scene.ok("practice corrupt . PVS2 --store Store --damage invalid");
    let ended = scene.run("apply . --yes").exits(5);
    assert!(ended.out.contains("ended with exit code 5"), "{ended}");
    // What can be walked was walked: there is nothing to resume, and the other group still counts.
    scene.ok("resume").says("every run is done already");
    scene.run(&format!("resume {}", scene.run_id())).exits(5).says("is done already");
}
