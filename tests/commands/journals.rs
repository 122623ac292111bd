//! Journals and the state folder: torn, altered, not writable.

use crate::scene::Scene;

fn applied() -> Scene {
    let scene = Scene::of("campus");
    scene.ok("apply . --yes");
    scene
}

#[test]
fn a_run_is_shown_as_it_was_told_while_it_happened() {
    let scene = Scene::of("campus");
    let live = scene.ok("apply . --yes");
    let shown = scene.ok(&format!("show {}", scene.run_id()));
    assert_eq!(shown.out.lines().last(), live.out.lines().last());
    let told = live.out.lines().skip_while(|line| !line.contains("started by")).collect::<Vec<_>>().join("\n");
    assert!(shown.out.contains(&told), "{shown}\n{live}");
    // The beginning of its id is enough.
    scene.ok(&format!("show {}", &scene.run_id()[..4]));
    scene.ok(&format!("show {} --format json", scene.run_id()));
}

#[test]
fn a_torn_last_line_is_reported_and_left_out() {
    let scene = applied();
    let journal = scene.journal();
    let text = scene.read(&journal);
    scene.write(&journal, &text[..text.len() - 20]);
    let last = text.lines().count();
    let run = scene.run_id();
    let note = format!("line {last} of the journal of run {run} is cut short");
    scene.ok(&format!("show {run}")).says(&note);
    scene.ok("history").says("not finished");
    scene.ok("resume").says(&note);
    scene.ok("history").says("done");
    let shown = scene.ok(&format!("show {run}"));
    assert!(!shown.err.contains("cut short"), "it was cut off when the run went on: {shown}");
}

#[test]
fn a_journal_altered_in_the_middle_is_refused_with_its_line() {
    let scene = applied();
    let (journal, run) = (scene.journal(), scene.run_id());
    let text = scene.read(&journal);
    let lines: Vec<&str> = text.lines().collect();
    let alterations: [(String, &str); 5] = [
        (text.replacen("\"step\":1", "\"step\":2", 1), "line"),
        (text.replacen("somebody", "somebodi", 1), "journal.jsonl:2"),
        ([&lines[..4], &lines[5..]].concat().join("\n") + "\n", "journal.jsonl:5"),
        ([&lines[..4], &["not a line"], &lines[5..]].concat().join("\n") + "\n", "journal.jsonl:5"),
        (format!("{}\n{text}", lines[0]), "journal.jsonl:2"),
    ];
    for (altered, place) in alterations {
        assert_ne!(altered, text);
        scene.write(&journal, &altered);
        for line in [format!("show {run}"), format!("resume {run}"), format!("undo {run} --yes")] {
            scene.run(&line).exits(1).says("can't be relied on").says(place).says("rolewalk observe");
        }
        // One broken run hides no other.
        scene.run("history").exits(1).says(&run).says("can't be relied on");
        assert_eq!(scene.read(&journal), altered, "it is never repaired");
    }
}

#[test]
fn a_broken_run_does_not_keep_another_from_being_resumed() {
    let scene = applied();
    let (broken, journal) = (scene.run_id(), scene.journal());
    scene.edit(&journal, "somebody", "nobody");
    scene.edit("store.yaml", "PVS3: slave ", "PVS3: unregistered ");
    scene.set("--fail-next 1");
    scene.run("apply . --yes").exits(7);
    let ended = scene.ok("resume");
    assert!(ended.err.contains(&broken), "it is said that a run can't be relied on: {ended}");
    scene.ok("drift .");
}

#[test]
fn a_broken_run_is_set_aside_with_the_command_that_is_told() {
    let scene = applied();
    let (broken, journal) = (scene.run_id(), scene.journal());
    scene.edit(&journal, "somebody", "nobody");
    let refused = scene.run("resume").exits(1).says("can't be relied on").says("nothing has been changed");
    let command = refused.err.rsplit_once("set the run aside: `").unwrap().1.split_once('`').unwrap().0.to_string();
    let words: Vec<&str> = command.split_whitespace().collect();
    assert_eq!((words[0], words.len()), ("mv", 3), "{command}");
    std::fs::rename(scene.at(words[1]), scene.at(words[2])).unwrap();
    assert!(scene.at(&format!(".rolewalk/set-aside-{broken}/plan.json")).exists());
    scene.run("resume").exits(1).says("there is no run yet");
    scene.ok("history").says("no runs yet");
    scene.edit("store.yaml", "PVS3: slave ", "PVS3: additional ");
    scene.ok("apply . --yes");
    scene.ok("resume").says("every run is done already");
}

#[test]
fn the_plan_of_a_run_altered_on_disk_is_refused() {
    let scene = Scene::of("campus");
    scene.set("--fail-next 1");
    scene.run("apply . --yes").exits(7);
    let plan = format!(".rolewalk/runs/{}/plan.json", scene.run_id());
    scene.edit(&plan, "\"add-storage\"", "\"remove-storage\"");
    let acts = scene.acts();
    scene.run(&format!("resume {}", scene.run_id())).exits(8);
    assert_eq!(scene.acts(), acts);
}

#[test]
fn a_run_with_a_plan_of_another_run_is_refused() {
    let scene = Scene::of("campus");
    scene.set("--fail-next 1");
    scene.run("apply . --yes").exits(7);
    let other = Scene::of("campus");
    other.edit("store.yaml", "PVS3: slave ", "PVS3: additional ");
    other.ok("plan . -o plan.json");
    scene.write(&format!(".rolewalk/runs/{}/plan.json", scene.run_id()), other.read("plan.json"));
    let acts = scene.acts();
    scene.run(&format!("resume {}", scene.run_id())).exits(8).says("is not the one that the run began with");
    scene.run("history").exits(1);
    assert_eq!(scene.acts(), acts);
}

#[test]
fn a_state_folder_that_can_not_be_written_stops_before_anything_is_changed() {
    // A file where a folder should be stops root as well.
    for blocked in [".rolewalk", ".rolewalk/runs", ".rolewalk/locks"] {
        let scene = Scene::of("campus");
        scene.write(blocked, "a file");
        scene.run("apply . --yes").exits(1).says(blocked).says("nothing has been changed");
        scene.ok("plan . -o plan.json");
        scene.run("apply plan.json").exits(1).says("nothing has been changed");
        assert_eq!(scene.acts(), [""; 0]);
    }
}

#[test]
fn drift_and_observe_need_no_state_folder() {
    let scene = Scene::of("campus");
    scene.write(".rolewalk", "a file");
    scene.run("drift .").exits(4);
    scene.ok("observe .");
    scene.ok("plan .");
    scene.ok("validate .");
}

#[test]
fn what_can_not_be_noted_as_applied_is_said_and_does_not_make_the_walk_look_failed() {
    let scene = Scene::of("campus");
    scene.write(".rolewalk/applied", "a file");
    let ended = scene.run("apply . --yes");
    assert_eq!(scene.roles(), "PVS1 master, PVS2 slave, PVS3 slave, PVS4 additional");
    ended.exits(1).says(".rolewalk/applied").says("group `Store` is as declared");
    scene.ok("history").says("not finished");
    std::fs::remove_file(scene.at(".rolewalk/applied")).unwrap();
    scene.ok("resume");
    scene.ok("history").says("done");
    assert_eq!(scene.acts().len(), 3);
    scene.edit("store.yaml", "PVS3: slave ", "PVS3: additional ");
    scene.run("drift .").exits(4);
}

#[test]
fn a_run_without_its_plan_hides_no_other_from_history() {
    let scene = applied();
    let broken = scene.run_id();
    std::fs::remove_file(scene.at(&format!(".rolewalk/runs/{broken}/plan.json"))).unwrap();
    scene.edit("store.yaml", "PVS3: slave ", "PVS3: additional ");
    scene.ok("apply . --yes");
    let listed = scene.run("history").exits(1);
    assert_eq!(listed.out.lines().count(), 2, "{listed}");
    listed.says(&format!("{broken} can't be relied on")).says("Store: done");
}

#[test]
fn names_of_accounts_reach_no_terminal_as_they_are() {
    let scene = Scene::of("campus");
    let mut command = scene.command(&["apply", ".", "--yes"]);
    command.env("USER", "some\u{1b}[31mbody").env("HOSTNAME", "he\u{7}re");
    crate::scene::ended("apply", command.output().unwrap()).exits(0);
    let listed = scene.ok("history");
    assert!(!listed.out.contains('\u{1b}') && !listed.out.contains('\u{7}'), "{listed}");
}

#[test]
fn history_lists_all_runs_in_their_order() {
    let scene = applied();
    let first = scene.run_id();
    scene.edit("store.yaml", "PVS3: slave ", "PVS3: additional ");
    scene.ok("apply . --yes");
    let listed = scene.ok("history").out;
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with(&first), "{listed}");
    assert!(lines.iter().all(|line| line.ends_with("somebody@here  Store: done")), "{listed}");
    Scene::of("campus").ok("history").says("no runs yet");
}

/// A form of journal that was written once: its folder below `fixtures/journals`, the example that it was made from, how
/// the run ended, and what a display of it says.
struct Form {
    name: &'static str,
    run: &'static str,
    ended: &'static str,
    says: [&'static str; 2],
}

const FORMS: [Form; 3] = [
    Form {
        name: "1-as-first-written",
        run: "23206289",
        ended: "stopped, exit code 8",
        says: ["resumed by taro on admin2", "an operator is wanted on PVS3 until"],
    },
    Form {
        name: "1-with-both-languages",
        run: "23206289",
        ended: "stopped, exit code 8",
        says: ["resumed by taro on admin2", "an operator is wanted on PVS3 until"],
    },
    Form {
        name: "1-with-generations",
        run: ATTESTED,
        ended: "waiting for an operator",
        says: ["waived by Suzuki until 2999-12-31: CHG-77", "relies on: web1.role = manager"],
    },
];

/// The run of the form with attested facts, a waiver that was used, and generations.
const ATTESTED: &str = "2acf64a1";

/// Puts the run of a form into a scene's state folder.
fn put(scene: &Scene, form: &Form) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/journals").join(form.name);
    for file in ["plan.json", "journal.jsonl"] {
        let bytes = std::fs::read(folder.join(form.run).join(file)).unwrap();
        scene.write(&format!(".rolewalk/runs/{}/{file}", form.run), bytes);
    }
}

#[test]
fn journals_of_every_form_that_was_ever_written_are_listed_and_shown() {
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/journals");
    let folders = std::fs::read_dir(&fixtures).unwrap().map(|entry| entry.unwrap().path());
    assert_eq!(folders.filter(|path| path.is_dir()).count(), FORMS.len());
    for form in FORMS {
        let (scene, id) = (Scene::empty(), form.run);
        put(&scene, &form);
        scene.ok("history").says(id).says("hanako@admin1").says(form.ended);
        let english = form.says.iter().fold(scene.ok(&format!("show {id}")), |shown, what| shown.says(what));
        insta::assert_snapshot!(format!("journal_{}", form.name), english.out);
        scene.ok(&format!("show {id} --lang ja")).says(&format!("実行 {id} を再開 (taro、admin2)"));
    }
}

#[test]
fn journals_of_earlier_forms_are_gone_on_with() {
    for form in &FORMS[..2] {
        let scene = Scene::of("campus");
        put(&scene, form);
        // As the run left it: its first step is done.
        scene.set("--register PVS3");
        scene.ok(&format!("resume {}", form.run)).says("resumed by somebody on here").says("as declared now");
        scene.ok("drift .");
        scene.ok("history").says("hanako@admin1").says("done");
    }
}

/// A group of web servers that only people see, of which nobody has attested how large the configuration is.
fn web() -> Scene {
    let scene = Scene::empty();
    let servers = "{ web1: manager, web2: disabled, web3: member }";
    scene.write("farm.yaml", format!("version: 1\noperator: person\nwsmgr:\n  Web: {{ servers: {servers} }}\n"));
    scene.write("connections.yaml", "version: 1\nconnections: { practice: { practice: farm.yaml } }\n");
    let declared = "servers: { web1: manager, web2: member, web3: member }";
    let waiver = "{ guard: space_for_synchronisation, owner: Suzuki, reason: CHG-77, until: 2999-12-31 }";
    let group = "version: 1\ngroup: Web\nsystem: wsmgr\nconnection: practice";
    scene.write("group.yaml", format!("{group}\n{declared}\nwaivers:\n  - {waiver}\n"));
    scene
}

#[test]
fn a_journal_with_attested_facts_a_waiver_and_generations_is_gone_on_with() {
    let scene = web();
    put(&scene, &FORMS[2]);
    let attest = |facts: &str| scene.ok(&format!("attest group.yaml {facts} --until 8h --by hanako"));
    attest("web1.role=manager web2.role=disabled web3.role=member web1.sync=complete web3.sync=complete");
    scene.run("resume").exits(6).says("rolewalk attest group.yaml --group Web web2.role=member web2.sync=running");
    scene.ok("practice set farm.yaml --operation web2=member");
    attest("web2.role=member web2.sync=running");
    scene.run("resume").exits(6).says("check that `web2` is complete");
    attest("web2.sync=complete");
    scene.ok("resume").says("as declared now");
    scene.ok("drift group.yaml");
}
