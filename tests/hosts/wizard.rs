//! The wizard's answer file holds a password: where nobody can tell that it is gone, it is removed once more, and named where
//! that fails too. A program stands in for PowerShell (`stand_in.rs`), and proves nothing of Windows.

use std::fs;

use rolewalk::model::request::{Reply, Request};
use rolewalk::world::hosts::{Secret, Shell, Wizard};

use crate::sshd::{Sshd, server, wait};

const CANARY: &str = "kanarie-55d02";
const IN_USE: &str = "The process cannot access the file because it is being used by another process.";

/// Runs the wizard on a host on which these files tell the stand-in what to do; returns the reply, and the programs that were
/// run, each with the file that it was about.
fn run(files: &[(&str, &str)]) -> Option<(Reply, Vec<(String, String)>)> {
    let sshd = Sshd::start(&["127.0.0.1"], "")?;
    fs::write(sshd.path("hosts.txt"), "127.0.0.1 h1\n").unwrap();
    files.iter().for_each(|(name, text)| fs::write(sshd.path(name), text).unwrap());
    let hosts = sshd.hosts(|host| {
        host.shell = Shell::Powershell;
        host.wizard = Some(Wizard { program: "wizard".into(), answers: Secret(format!("UserPass={CANARY}")) });
    });
    let reply = wait(hosts.perform(&Request::RunWizard { on: server("h1"), store: "S".into() }));
    let log = fs::read_to_string(sshd.path("wizard.txt")).unwrap();
    let line = |line: &str| line.split_once(' ').map(|(program, file)| (program.to_string(), file.to_string()));
    Some((reply, log.lines().filter_map(line).collect()))
}

/// Asserts that both programs were about one file, and returns its name.
fn only_file(ran: &[(String, String)]) -> &str {
    let [(first, file), (second, same)] = ran else { panic!("{ran:?}") };
    assert_eq!((first.as_str(), second.as_str(), file), ("WIZARD", "FORGET", same));
    assert!(file.ends_with(".ans"), "{file}");
    file
}

// CS-05
#[test]
fn a_script_that_failed_is_followed_by_a_second_removal() {
    for mark in [("wizard.throws", IN_USE), ("wizard.dies", "")] {
        let Some((reply, ran)) = run(&[mark]) else { return };
        only_file(&ran);
        let Reply::Unknown { why } = reply else { panic!("{reply:?}") };
        assert!(why.contains(mark.1) && why.ends_with("(its answer file is gone)"), "{why}");
    }
}

// CS-05
#[test]
fn a_file_that_may_remain_is_named_whatever_came_of_the_wizard() {
    for mark in ["wizard.throws", "wizard.dies", "wizard.keeps"] {
        let Some((reply, ran)) = run(&[(mark, "it failed"), ("forget.fails", IN_USE)]) else { return };
        let file = only_file(&ran);
        let said = reply.told();
        let named = format!("its answer file, which holds a password, may still be on it: %TEMP%\\{file}");
        assert!(said.contains(&named) && said.contains(IN_USE) && !said.contains(CANARY), "{mark}: {said}");
        assert_eq!(matches!(reply, Reply::Ended { exit_code: 0, .. }), mark == "wizard.keeps", "{reply:?}");
    }
}
