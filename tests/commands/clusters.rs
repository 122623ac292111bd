//! LifeKeeper clusters through the real binary: hierarchies that share servers, what is removed, what is damaged.

use crate::scene::Scene;

/// A cluster with two hierarchies, `NODE2` installed anew.
fn with_two_hierarchies() -> Scene {
    let scene = Scene::of("cluster");
    scene.edit("farm.yaml", "web: { volumes: [E] }", "web: { volumes: [E] }\n      db: { volumes: [F] }");
    scene.set("--reinstalled NODE2");
    scene.write(
        "cluster.yaml",
        "version: 1\ngroup: shop\nsystem: lifekeeper\nconnection: practice\nservers:\n  NODE1: active\n  NODE2: { role: standby, reinstalled: 2026-11-20 }\nhierarchies:\n  web: {}\n  db: {}\n",
    );
    scene
}

// LK-02, LK-06
#[test]
fn two_hierarchies_purge_one_server_in_one_run_and_both_end_well() {
    let scene = with_two_hierarchies();
    scene.ok("apply . --yes").says("shop/db: as declared now").says("shop/web: as declared now");
    scene.ok("plan . --detailed-exitcode");
    let status = scene.ok("practice status .");
    assert_eq!(status.out.matches("web out of service").count(), 1, "{status}");
    assert_eq!(status.out.matches("db out of service").count(), 1, "{status}");
}

// LK-02, LK-06
#[test]
fn where_only_one_of_two_hierarchies_is_walked_its_server_stays_until_the_other_is_purged() {
    let scene = with_two_hierarchies();
    let both = scene.read("cluster.yaml");
    scene.edit("cluster.yaml", "  web: {}\n", "");
    scene.run("apply . --yes").exits(3).says("whose own group removes it");
    scene.write("cluster.yaml", both);
    scene.ok("apply . --yes").says("shop/db: as declared now").says("shop/web: as declared now");
}

// LK-10
#[test]
fn all_resources_are_removed_where_nobody_is_declared_active_and_the_danger_is_said() {
    let scene = Scene::of("cluster");
    scene.edit("cluster.yaml", "NODE1: standby            # today active", "NODE1: member");
    scene.edit("cluster.yaml", "NODE2: active", "NODE2: member");
    scene.ok("validate .");
    let planned = scene.ok("plan .").says("no server is declared active").says("nothing is protected");
    assert!(planned.out.contains("no way back from here"), "{planned}");
    scene.ok("plan . --lang ja").says("以後は何も保護されず");
    scene.run("apply .").exits(1);
    scene.ok("apply . --yes").says("ins_remove -R web").says("shop: as declared now");
    scene.ok("drift .");
    let status = scene.ok("practice status .");
    assert!(!status.out.contains("in service") && !status.out.contains("flag"), "{status}");
    // Observed as it is, it can be declared as it is.
    let yaml = scene.ok("observe . --format yaml").out;
    scene.write("cluster.yaml", &yaml);
    scene.ok("plan . --detailed-exitcode");
    // No step of rolewalk makes a hierarchy.
    scene.edit("cluster.yaml", "NODE1: member", "NODE1: active");
    scene.run("plan .").exits(5).says("nobody is active");
}

// LK-01, LK-05
#[test]
fn every_damage_of_a_cluster_can_be_done_and_none_is_taken_for_an_absence() {
    for (server, damage, shown, code) in [
        ("NODE2", "", "the equivalencies of NODE2 are gone", 3),
        ("NODE1", "--damage equivalencies", "the equivalencies of NODE1 are gone", 3),
        ("NODE2", "--damage mirrors", "the ends of the mirrors of NODE2 are gone", 3),
        ("NODE2", "--damage jobs", "the jobs' registry keys of NODE2 are gone", 0),
        ("NODE2", "--damage info", "the LKDRInfo files of NODE2 are gone", 0),
    ] {
        let scene = Scene::of("cluster");
        let line = format!("practice corrupt . {server} {damage}");
        scene.ok(&line).says(shown);
        scene.run("plan .").exits(code);
    }
    let scene = Scene::of("cluster");
    scene.run("practice corrupt . NODE2 --damage flip").exits(1).says("nothing that could be damaged so");
    scene.run("practice corrupt . NODE2 --file E").exits(1).says("nothing that could be damaged so");
    Scene::of("campus").run("practice corrupt . PVS1 --damage jobs").exits(1).says("nothing that could be damaged so");
}
