//! What people name on the command line, rightly and wrongly: each fault is told, and nothing is taken for something else.

use std::fs;

use crate::scene::Scene;

const CLUSTER: &str = "version: 1\ngroup: shop\nsystem: lifekeeper\nservers: { A: active, B: standby }\n";

#[test]
fn an_empty_id_names_no_run_and_an_unreadable_run_is_never_done() {
    let scene = Scene::of("campus");
    scene.set("--operator person");
    scene.run("apply . --yes").exits(6);
    let id = scene.run_id();
    for command in ["undo", "show", "resume"] {
        scene.run_all(&[command, ""]).exits(1).says("there is no run ``");
    }
    let plan = format!(".rolewalk/runs/{id}/plan.json");
    let good = scene.read(&plan);
    scene.write(&plan, "{ torn");
    scene.run("resume").exits(1).says(&id);
    scene.write(&plan, good.replace("\"number\": 1", "\"number\": 9"));
    assert_ne!(scene.read(&plan), good);
    scene.run("resume").exits(8).says(&id);
    fs::remove_file(scene.at(&plan)).unwrap();
    scene.run("resume").exits(1).says(&id);
}

#[test]
fn drift_goes_on_without_what_was_applied_where_that_can_not_be_read() {
    let scene = Scene::of("campus");
    scene.ok("apply . --yes");
    scene.set("--unregister PVS4");
    let applied = fs::read_dir(scene.at(".rolewalk/applied")).unwrap().next().unwrap().unwrap().path();
    let good = fs::read_to_string(&applied).unwrap();
    // Another table than that of the version that wrote the record: the identity is the record's own.
    let mut other: serde_json::Value = serde_json::from_str(&good).unwrap();
    other["groups"][0]["steps"][0]["limit_ms"] = 1.into();
    other["groups"][0]["steps"][0]["why"] = "in other words".into();
    let id = rolewalk::format::json::identity(&other);
    other["id"] = id.into();
    fs::write(&applied, serde_json::to_string_pretty(&other).unwrap()).unwrap();
    scene.run("drift .").exits(2);
    // Of an altered record nothing is believed, of a torn one nothing can be.
    for bad in [good.replace("additional", "unregistered"), "{ torn".into()] {
        fs::write(&applied, bad).unwrap();
        let ended = scene.run("drift . --format json").exits(4);
        let says = "what was last applied to `Store` can't be read";
        assert!(ended.err.contains(says) && ended.out.contains(says), "{ended}");
        assert!(!ended.out.contains("never applied"), "{ended}");
    }
}

#[test]
fn a_file_is_read_once_by_whatever_path_it_is_named() {
    let scene = Scene::of("campus");
    scene.ok("validate store.yaml ./store.yaml").says("1 group,");
    scene.ok("validate . store.yaml ././store.yaml .").says("1 group,");
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        std::os::unix::fs::symlink(".", scene.at("loop")).unwrap();
        scene.ok("validate .").says("1 group,");
        // Names that are no text and look alike are two files still.
        let text = scene.read("store.yaml");
        for (name, group) in [(&b"a\xe9.yaml"[..], "One"), (b"a\xe8.yaml", "Two")] {
            let path = scene.path().join(std::ffi::OsStr::from_bytes(name));
            fs::write(path, text.replace("group: Store", &format!("group: {group}"))).unwrap();
        }
        scene.ok("validate .").says("3 groups,");
    }
}

#[test]
fn groups_are_told_apart_after_their_hierarchies_are_named() {
    let scene = Scene::empty();
    let other = CLUSTER.replace("group: shop", "group: Shop/web");
    scene.write("a.yaml", format!("{CLUSTER}hierarchies:\n  web: {{}}\n  db: {{}}\n---\n{other}"));
    scene
        .run("validate a.yaml")
        .exits(1)
        .says("group `Shop/web` of `lifekeeper` is declared twice")
        .says("a.yaml:10:8");
    scene.write("a.yaml", format!("{CLUSTER}hierarchies:\n  web: {{}}\n  Web: {{}}\n"));
    scene.run("validate a.yaml").exits(1).says("`shop/Web` of `lifekeeper` is declared twice").says("a.yaml:7:3");
    scene.write("a.yaml", format!("{CLUSTER}hierarchies:\n  web: {{ A: active, a: standby }}\n"));
    scene.run("validate a.yaml").exits(1).says("`A` and `a` differ only in case").says("a.yaml:6:21");
}

#[test]
fn validate_checks_connections_and_farms_by_themselves() {
    let scene = Scene::of("campus");
    scene.ok("validate connections.yaml").says("valid: 1 connection");
    scene.ok("validate connections.yaml farm.yaml store.yaml").says("1 group").says("1 connection, 1 practice farm");
    scene.write("only/connections.yaml", "version: 1\nconnections: { a: { practise: x, hots: y, practice: 1 } }\n");
    let ended = scene.run("validate only").exits(1);
    for says in ["unknown kind of connection `practise`", "connection `hots`", "`practice` must be a text"] {
        assert!(ended.err.contains(says), "{ended}");
    }
    scene.write("farm.yaml", "operator: nobody\n");
    scene.run("validate farm.yaml").exits(1).says("farm.yaml").says("nobody");
}

#[test]
fn kubernetes_objects_are_left_out_document_by_document() {
    let scene = Scene::of("campus");
    let object = "apiVersion: v1\nkind: ConfigMap\n";
    let store = scene.read("store.yaml");
    scene.write("store.yaml", format!("{object}---\n{store}"));
    scene.ok("validate .").says("1 group,");
    scene.write("store.yaml", format!("{object}{store}"));
    scene.run("validate .").exits(1).says("unknown field `apiVersion`").says("unknown field `kind`");
    scene.write("store.yaml", format!("{object}data: {{{{ .Values.x }}}}\n"));
    scene.run("validate .").exits(1).says("no topology file in `.`");
}

#[test]
fn what_is_missing_is_told_beside_what_is_wrong_and_apply_says_that_nothing_was_changed() {
    let scene = Scene::of("campus");
    scene.write("bad.yaml", "version: 1\rgroup: X\rsystem: co-store\rdisrupt_at_most: 4294967296\r");
    let ended = scene.run("validate bad.yaml missing.yaml").exits(1).says("can't read `missing.yaml`").says("hint:");
    let ended = ended.says("field `servers` is missing").says("write a whole number from 0 to 4294967295");
    assert!(ended.err.contains("--> missing.yaml") && ended.err.contains("bad.yaml:4:18"), "{ended}");
    scene.write("torn.json", "{ torn");
    for what in ["bad.yaml --yes", "missing.yaml --yes", "missing.json", "torn.json"] {
        scene.run(&format!("apply {what}")).exits(1).says("nothing has been changed");
    }
}

#[test]
fn a_plan_is_known_by_its_content_and_evidence_has_no_snapshot() {
    let scene = Scene::of("campus");
    scene.ok("plan . -o reviewed.plan");
    scene.ok("rehearse reviewed.plan");
    scene.run("rehearse reviewed.plan reviewed.plan").exits(1).says("a saved plan is rehearsed alone");
    scene.ok("apply reviewed.plan");
    let id = scene.run_id();
    scene.ok(&format!("show {id} --bundle evidence.zip"));
    scene.ok("observe . -o seen.json");
    scene.run("verify evidence.zip --snapshot seen.json").exits(1).says("a run that is past");
    scene.edit("seen.json", "\"group\": \"Store\"", "\"group\": \"store\"");
    scene.run("plan . --snapshot seen.json").exits(3).says("has no group `Store`; it has `store`");
    // From another folder the plan's paths lead nowhere.
    scene.set("--unregister PVS4 --operator person");
    scene.run("apply . --yes").exits(6);
    let elsewhere = Scene::empty();
    let state = scene.at(".rolewalk");
    let mut command = scene.command(&["--state", state.to_str().unwrap(), "resume"]);
    let ended = crate::scene::ended("resume", command.current_dir(elsewhere.path()).output().unwrap());
    ended.exits(1).says("the folder in which the plan was made");
}

#[cfg(unix)]
#[test]
fn a_full_standard_output_is_an_error_of_whatever_only_looks() {
    let scene = Scene::of("campus");
    for line in ["plan .", "observe . --format json", "schema plan", "drift .", "--help"] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = scene.command(&line.split(' ').collect::<Vec<_>>()).stdout(full).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}: {err}");
        assert!(line == "--help" || err.contains("can't write to standard output"), "{line}: {err}");
    }
}

#[cfg(unix)]
#[test]
fn a_plan_is_shown_before_a_person_is_asked_about_it_however_quiet() {
    let scene = Scene::of("campus");
    let line = format!("'{}' -q apply .", env!("CARGO_BIN_EXE_rolewalk"));
    let mut command = std::process::Command::new("script");
    command.args(["-qefc", &line, "/dev/null"]).current_dir(scene.path()).env("LANG", "C").env_remove("LC_ALL");
    let child = command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        println!("not run: script is absent");
        return;
    };
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"n\n").unwrap();
    let told = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    let asked = told.find("Carry this plan out?").unwrap_or_else(|| panic!("{told}"));
    assert!(told[..asked].contains("PVS4"), "{told}");
    assert_eq!(scene.acts(), [""; 0]);
}

/// A journal tells groups apart by name, and two of one name would be one.
#[test]
fn groups_of_one_name_in_unlike_systems_are_not_walked_in_one_run() {
    let scene = Scene::of("campus");
    let web =
        "version: 1\ngroup: store\nsystem: wsmgr\nconnection: practice\nservers: { web1: manager, web2: member }\n";
    scene.write("web.yaml", web);
    scene.ok("validate .").says("2 groups");
    for line in ["apply . --yes", "rehearse ."] {
        let ended = scene.run(line).exits(1).says("a run tells groups apart by name").says("nothing has been changed");
        assert!(ended.err.contains("store.yaml:") && ended.err.contains("web.yaml:1"), "{ended}");
    }
    assert_eq!(scene.runs(), Vec::<String>::new());
    scene.ok("apply store.yaml --yes");
}

/// Whoever writes to a device or a pipe wants what is there to stay what it is.
#[cfg(unix)]
#[test]
fn what_is_written_leaves_pipes_links_and_modes_as_they_are() {
    use std::io::Read;
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};

    let scene = Scene::of("campus");
    let (pipe, link, file) = (scene.at("pipe"), scene.at("link.json"), scene.at("kept.json"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || {
            let mut text = String::new();
            fs::File::open(pipe).unwrap().read_to_string(&mut text).map(|_| text)
        }
    });
    scene.ok("plan store.yaml -o pipe");
    assert!(reader.join().unwrap().unwrap().contains("rolewalk.plan/1"));
    assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    symlink("kept.json", &link).unwrap();
    scene.ok("plan store.yaml -o link.json");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(scene.read("kept.json").contains("rolewalk.plan/1"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let ended = scene.run("drift store.yaml -o nowhere/report.txt").exits(1);
    assert!(ended.out.contains("Store"), "{ended}");
}
