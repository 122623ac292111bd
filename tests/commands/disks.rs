//! `disks`: servers side by side, one folder, and task logs.

use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use crate::scene::Scene;

const FARM: &str = "version: 1\nco-store:\n  Labs:\n    servers: { PVS1: master, PVS2: slave, PVS3: slave, PVS4: slave, PVS5: additional }\n    disks: { Hoge: 2 }\n";
const STORE: &str = "version: 1\ngroup: Labs\nsystem: co-store\nconnection: practice\nservers: { PVS1: master, PVS2: slave, PVS3: slave, PVS4: slave, PVS5: additional }\n";
const CONNECTIONS: &str = "version: 1\nconnections:\n  practice: { practice: farm.yaml }\n";

/// A store with three slaves.
fn store() -> Scene {
    let scene = Scene::empty();
    scene.write("farm.yaml", FARM).write("store.yaml", STORE).write("connections.yaml", CONNECTIONS);
    scene
}

fn states(matrix: &Json, file: &str) -> Vec<String> {
    let rows = matrix["groups"][0]["files"].as_array().unwrap();
    let row = rows.iter().find(|row| row["path"] == file).unwrap_or_else(|| panic!("{file}: {matrix}"));
    row["servers"].as_object().unwrap().values().map(|cell| cell["state"].as_str().unwrap().to_owned()).collect()
}

/// Fails unless the matrix is as its schema says.
pub fn fits_schema(scene: &Scene, matrix: &Json) {
    let schema: Json = serde_json::from_str(&scene.ok("schema disks").out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = validator.iter_errors(matrix).map(|fault| fault.to_string()).collect();
    assert_eq!(faults, [""; 0]);
}

// DV-01, DV-02, DV-03
#[test]
fn one_flipped_byte_one_missing_file_and_one_invalid_folder_are_shown_per_server() {
    let scene = store();
    let whole = scene.json("disks . --format json", 0);
    assert_eq!(states(&whole, "Hoge.2.avhd"), ["master", "equal", "equal", "equal", "absent"]);
    fits_schema(&scene, &whole);

    scene.ok("practice corrupt . PVS2 --file Hoge.1.avhd");
    scene.ok("practice corrupt . PVS3 --damage missing --file Hoge.2.avhd");
    scene.ok("practice corrupt . PVS4 --damage invalid");
    let matrix = scene.json("disks . --format json --paranoid", 2);
    fits_schema(&scene, &matrix);
    assert_eq!(states(&matrix, "Hoge.1.avhd"), ["master", "differs", "equal", "equal", "absent"]);
    assert_eq!(states(&matrix, "Hoge.2.avhd"), ["master", "equal", "missing", "equal", "absent"]);
    let servers = &matrix["groups"][0]["servers"];
    let disks = |server: &str| servers[server]["disks"].as_str().unwrap().to_owned();
    assert_eq!([disks("PVS2"), disks("PVS3"), disks("PVS4")], ["divergent", "awaiting", "invalid"]);
    // The whole text stands in `tests/scenarios/one_of_each_damage.txt`.
    let said = scene.run("disks .").exits(2);
    let said = said.says("Hoge.1.avhd on PVS2 differs from the master's: bytes 263680 to 264192: sector 509 (block 0)");
    assert!(said.out.contains("missing") && said.out.contains("invalid"), "{said}");
    for (format, part) in [
        ("markdown", "| Hoge.1.avhd | the master's | differs |"),
        ("html", "<td><span class=\"bad\">differs</span></td>"),
    ] {
        scene.run(&format!("disks . --format {format}")).exits(2).says(part);
    }
    assert_eq!(scene.acts(), [""; 0], "nothing is changed, discarded or replicated");
}

// DV-01: PVS goes by times; what it says is shown, and nothing rests on it.
#[test]
fn what_pvs_says_is_shown_beside_the_bytes_in_every_form_and_no_plan_asks_for_it() {
    let scene = store();
    scene.set("--tick PVS2=Labs --tick PVS3=Labs");
    scene.ok("practice corrupt . PVS2 --file Hoge.1.avhd");
    scene.ok("practice corrupt . PVS3 --damage missing --file Hoge.2.avhd");
    let matrix = scene.json("disks . --format json", 2);
    fits_schema(&scene, &matrix);
    let pvs = &matrix["groups"][0]["pvs"];
    let says = |server: &str| pvs["servers"][server].as_str().unwrap().to_owned();
    assert_eq!(["PVS1", "PVS2", "PVS3", "PVS4"].map(says), ["up-to-date", "up-to-date", "behind", "not-listed"]);
    let of = |server: &str, file: &str| {
        let versions = pvs["versions"].as_array().unwrap();
        let one = versions.iter().find(|one| one["server"] == server && one["file"] == file).unwrap();
        (one["state"].as_str().unwrap().to_owned(), one["bytes"].as_str().unwrap().to_owned())
    };
    let pair = |state: &str, bytes: &str| (state.to_owned(), bytes.to_owned());
    assert_eq!(of("PVS2", "Hoge.1.avhd"), pair("up-to-date", "taken-for-good"));
    assert_eq!(of("PVS2", "Hoge.2.avhd"), pair("up-to-date", "no-conflict"));
    assert_eq!(of("PVS3", "Hoge.2.avhd"), pair("file-missing", "no-conflict"));
    assert_eq!(pvs["unknown"], Json::Array(Vec::new()));
    scene.run("disks .").exits(2).says("PVS says").says("PVS takes Hoge.1.avhd on PVS2");
    scene.run("disks . --format markdown").exits(2).says("| PVS says | up to date | up to date | behind | - | - |");
    scene.run("disks . --format html").exits(2).says("<td><span class=\"warn\">behind</span></td>");
    scene.run("disks . --lang ja").exits(2).says("PVS の情報");
    // A practice farm notes what it is asked.
    let asked =
        |scene: &Scene| scene.audit().iter().filter(|line| line.to_string().contains("Get-PvsDiskInventory")).count();
    let before = asked(&scene);
    scene.run("plan . --quiet");
    scene.run("drift .");
    assert_eq!(asked(&scene), before);
}

// DV-01: who reads all again and who is answered from memory see the same, a byte behind an old file time included.
#[test]
fn a_flipped_byte_behind_the_same_size_and_time_is_seen_without_reading_all_again() {
    let scene = store();
    scene.ok("disks .");
    scene.ok("practice corrupt . PVS2");
    assert_eq!(states(&scene.json("disks . --format json", 2), "Hoge.2.avhd")[1], "differs");
    scene.run("plan . --quiet").exits(0);
    scene.edit("store.yaml", "PVS1: master, PVS2: slave, PVS3: slave", "PVS1: slave, PVS2: slave, PVS3: master");
    scene.run("apply . --yes --paranoid").exits(5).says("no_divergent_file");
    assert_eq!(scene.acts(), [""; 0]);
}

// DV-01: whoever goes on with a run, or takes it back, may have all read again as well.
#[test]
fn resume_and_undo_read_all_again_where_they_are_asked_to() {
    let scene = store();
    let again = || scene.audit().iter().filter(|line| line.to_string().contains("reading all again")).count();
    scene.edit("store.yaml", "PVS1: master, PVS2: slave", "PVS1: slave, PVS2: master");
    scene.set("--fail-next 1");
    scene.run("apply . --yes").exits(7);
    let run = scene.run_id();
    assert_eq!(again(), 0);
    scene.run("resume --paranoid").exits(0);
    let resumed = again();
    assert!(resumed > 0);
    scene.run(&format!("undo {run} --yes --paranoid")).exits(0);
    assert!(again() > resumed);
}

#[test]
fn a_server_that_does_not_answer_is_unknown_and_a_demoted_one_has_leftovers() {
    let scene = store();
    scene.set("--silent PVS2");
    let matrix = scene.json("disks . --format json", 3);
    assert_eq!(states(&matrix, "Hoge.vhd"), ["master", "unknown", "equal", "equal", "absent"]);
    scene.set("--answering PVS2");
    scene.edit("store.yaml", "PVS4: slave", "PVS4: additional");
    scene.ok("apply . --yes");
    // CS-09
    let left = scene.run("disks .").exits(0).says("PVS4 still holds").says("rolewalk never deletes a vDisk file");
    assert!(left.out.contains("leftover"), "{left}");
}

// DV-01
#[test]
fn a_broken_chain_shows_in_the_matrix_and_blocks() {
    let scene = store();
    scene.ok("practice corrupt . PVS1 --damage chain");
    let said = scene.run("disks .").exits(3);
    said.says("Hoge.2.avhd on PVS1: its parent Hoge.1.avhd is another disk").says("PVS1: unknown");
    scene.edit("store.yaml", "PVS1: master, PVS2: slave", "PVS1: slave, PVS2: master");
    let plan = scene.run("plan .");
    assert!(plan.code == Some(3) || plan.code == Some(5), "{plan}");
}

// DV-08, DV-09, DV-10
#[test]
fn a_file_that_changed_on_the_master_without_a_new_version_is_told_by_every_job() {
    let scene = store();
    scene.ok("drift . --quiet");
    scene.ok("practice corrupt . PVS1 --file Hoge.1.avhd");
    for line in ["drift .", "disks .", "apply . --yes"] {
        let said = scene.run(line);
        let said = said.says("Hoge.1.avhd on the master PVS1 is not as it was at");
        let said = said
            .says("書き換え開始")
            .says("Not allowed in the PVS console: Revert")
            .says("Why it changed is not known");
        assert!(!said.out.contains("somebody"), "no cause is asserted");
    }
    let matrix = scene.json("disks . --format json", 2);
    assert_eq!(matrix["groups"][0]["changed"][0]["path"], "Hoge.1.avhd");
    // A new version is no such change.
    let other = store();
    other.ok("drift . --quiet");
    other.set("--new-version");
    let said = other.run("drift .");
    assert!(!said.err.contains("not as it was"), "{said}");
}

#[test]
fn a_folder_is_hashed_as_b3sum_prints_it_and_as_json_with_a_manifest() {
    let scene = Scene::empty();
    scene.write("store/Hoge.vhd", "base").write("store/Hoge.1.avhd", vec![7; 3 << 20]).write("store/Hoge.lok", "x");
    let line = |name: &str| {
        let bytes = fs::read(scene.at("store").join(name)).unwrap();
        format!("{}  store/{name}\n", blake3::hash(&bytes).to_hex())
    };
    let said = scene.ok("disks hash store");
    assert_eq!(said.out, format!("{}{}", line("Hoge.1.avhd"), line("Hoge.vhd")));
    let json = scene.json("disks hash store --format json", 0);
    let file = &json["files"][0];
    assert_eq!((file["path"].as_str(), file["bytes"].as_u64()), (Some("Hoge.1.avhd"), Some(3 << 20)));
    assert_eq!(file["blake3"].as_str().unwrap(), &said.out[..64]);
    assert_eq!(file["manifest"]["blocks"].as_array().unwrap().len(), 2);
    assert_eq!(scene.ok("disks hash store --paranoid").out, said.out);
    // A cache that is damaged or foreign answers nothing, and that is said.
    scene.write(".rolewalk/fingerprints.cache", "foreign\n");
    assert_eq!(scene.ok("disks hash store").says("it is not of this format").out, said.out);
    assert!(!scene.ok("disks hash store").err.contains("ignored"));
    scene.run("disks hash nowhere").exits(1).says("could not be listed");
}

#[cfg(unix)]
#[test]
fn a_file_that_can_not_be_read_is_said_and_not_left_out_in_silence() {
    let scene = Scene::empty();
    scene.write("store/Hoge.vhd", "base");
    std::os::unix::fs::symlink("nowhere", scene.at("store/Gone.vhd")).unwrap();
    let said = scene.run("disks hash store").exits(3).says("`Gone.vhd` could not be read");
    assert_eq!(said.out.lines().count(), 1);
}

fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/logs").join(name).to_str().unwrap().to_owned()
}

// DV-07: UTF-8 and CP932, rotated, records of several lines.
#[test]
fn task_logs_in_both_encodings_name_the_retry_loop_its_servers_and_files() {
    let scene = Scene::empty();
    let logs = [fixture("task-queue.utf-8.log"), fixture("task-queue.cp932.log.1")];
    let said = scene.run_all(&["disks", "log", &logs[0], &logs[1]]).exits(2);
    let said = said.says("stands in a retry loop: 書き換え終了タスクに失敗しました.");
    let said = said.says("(3 times, from 2017-09-08 11:22:14,426 to 2017-09-08 11:42:14,426)");
    let said = said.says("PVS1: no abnormal file").says("PVS2: Hoge.11.avhd.20170907_123456_000000");
    said.says("17-005").says("divergence: { keep: master-files }");
    scene.run_all(&["disks", "log", &logs[1], "--lang", "ja"]).exits(2).says("2 回");
    // A line that another program wrote in CP932 hides nothing of a log in UTF-8.
    let mut mixed = std::fs::read(&logs[0]).unwrap();
    mixed.extend([&b"2017-09-08 11:52:14,426 [1] INFO  a - "[..], &[0x92, 0x5b, 0x96, 0x96], b"\n"].concat());
    scene.write("mixed.log", mixed);
    scene.run("disks log mixed.log").exits(2).says("Hoge.11.avhd.20170907_123456_000000");
    scene.write("other.log", "2017-09-08 11:32:14,426 [1] INFO  a - b\n");
    scene.run("disks log other.log").exits(0).says("1 records");
    scene.write("hostile.log", [0xff, 0x1b, b'[', b'2', b'J', 0x81]);
    let said = scene.run("disks log hostile.log").exits(3).says("holds what is no text");
    assert!(!said.out.contains('\u{1b}'), "{said}");
    scene.run("disks log nowhere.log").exits(1);
}
