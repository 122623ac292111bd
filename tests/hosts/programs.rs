//! Programs on hosts: what they are given, and what comes of it.

use std::os::unix::fs::PermissionsExt;

use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rolewalk::model::request::{Reply, Request};
use rolewalk::world::hosts::{Encoding, Found, Hosts, Item, Via};

use crate::sshd::{Sshd, server, wait};

/// What shells have a meaning for.
pub const HOSTILE: [&str; 26] = [
    "",
    " ",
    "a b",
    "'",
    "\"",
    "it's",
    "$(id)",
    "`id`",
    "$HOME",
    "${x}",
    "!",
    "!!",
    "\\",
    "a\\",
    "\\'",
    "%PATH%",
    "a\nb",
    "サーバー",
    "{a,b}",
    "*",
    "~",
    "-n",
    "--",
    ";id",
    "&&id",
    "\u{2018}x\u{2019}|>/tmp/x<#",
];

fn show(program: &'static str, arguments: &[&str]) -> Request {
    let arguments = arguments.iter().map(|one| one.to_string()).collect();
    Request::Show { on: server("h1"), folder: String::new(), program, arguments }
}

fn ended(reply: Reply) -> (i32, String, String) {
    match reply {
        Reply::Ended { exit_code, stdout, stderr } => (exit_code, stdout, stderr),
        other => panic!("{other:?}"),
    }
}

fn echoed(hosts: &Hosts, words: &[String]) -> String {
    let all: Vec<&str> = ["%s\\0"].into_iter().chain(words.iter().map(String::as_str)).collect();
    ended(wait_on(hosts, &show("printf", &all))).1
}

fn wait_on(hosts: &Hosts, request: &Request) -> Reply {
    wait(hosts.perform(request))
}

#[test]
fn a_program_keeps_its_exit_code_and_both_streams() {
    let Some(sshd) = Sshd::start(&["127.0.0.1"], "") else { return };
    for via in [Via::Ssh, Via::Local] {
        let hosts = sshd.hosts(|host| host.via = via);
        let reply = wait_on(&hosts, &show("sh", &["-c", "echo out; echo err >&2; exit 7"]));
        assert_eq!(ended(reply), (7, "out\n".into(), "err\n".into()));
        // What has no end of line has none here either.
        assert_eq!(ended(wait_on(&hosts, &show("printf", &["x"]))).1, "x");
        assert_eq!(ended(wait_on(&hosts, &show("no-such-program", &[]))).0, 127);
        // 255 is what the client itself ends with; here it is the program's.
        assert_eq!(ended(wait_on(&hosts, &show("sh", &["-c", "exit 255"]))).0, 255);
    }
}

/// Whatever a name is, it is one argument and never program text: through the client, the server and two shells.
#[test]
fn hostile_names_arrive_as_they_are() {
    let Some(sshd) = Sshd::start(&["127.0.0.1"], "") else { return };
    let hosts = sshd.hosts(|_| {});
    let fixed: Vec<String> = HOSTILE.iter().map(|one| one.to_string()).collect();
    assert_eq!(echoed(&hosts, &fixed), fixed.concat_with_nul());
    // A byte order mark before everything else is the encoding's, and is taken away.
    let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    let words = proptest::collection::vec("[^\0\u{feff}]{0,12}|['\"$`\\\\!{}()\\[\\]*?~#;&|<> \t\n%^=-]{0,12}", 1..40);
    runner
        .run(&words, |words| {
            prop_assert_eq!(echoed(&hosts, &words), words.concat_with_nul());
            Ok(())
        })
        .unwrap();
    let reply = wait_on(&hosts, &show("printf", &["a\0b"]));
    assert!(matches!(&reply, Reply::Unknown { why } if why.contains("NUL")), "{reply:?}");
}

trait ConcatWithNul {
    fn concat_with_nul(&self) -> String;
}

impl ConcatWithNul for Vec<String> {
    fn concat_with_nul(&self) -> String {
        self.iter().map(|one| format!("{one}\0")).collect()
    }
}

#[test]
fn output_is_decoded_as_declared_and_what_is_none_is_unknown() {
    let Some(sshd) = Sshd::start(&["127.0.0.1"], "") else { return };
    let hosts = sshd.hosts(|host| host.encoding = Encoding::Cp932);
    // CP932 for "ストア".
    let request = show("printf", &["\\203X\\203g\\203A"]);
    assert_eq!(ended(wait_on(&hosts, &request)).1, "ストア");
    let hosts = sshd.hosts(|_| {});
    let reply = wait_on(&hosts, &request);
    assert!(matches!(&reply, Reply::Unknown { why } if why.contains("is not UTF-8")), "{reply:?}");
    let Request::Show { on, folder, program, arguments } = request else { unreachable!() };
    // A change has happened, whatever it said.
    let (code, said, _) = ended(wait_on(&hosts, &Request::Command { on, folder, program, arguments }));
    assert!(code == 0 && said.contains("not all of it is UTF-8"), "{said}");
}

/// A server that opens fewer channels than are asked for, and one with a slow way in: every order is carried out once.
#[test]
fn many_orders_at_once_are_each_carried_out_once() {
    for more in ["", "MaxSessions 2"] {
        let Some(sshd) = Sshd::start(&["127.0.0.1"], more) else { return };
        let hosts = sshd.hosts(|_| {});
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log");
        let requests: Vec<Request> = (0..24)
            .map(|number| {
                let words = ["-c", "echo \"$2\" >> \"$1\"", "sh", file.to_str().unwrap(), &number.to_string()]
                    .map(String::from);
                Request::Command { on: server("h1"), folder: String::new(), program: "sh", arguments: words.to_vec() }
            })
            .collect();
        let replies = wait(join_all(requests.iter().map(|request| hosts.perform(request))));
        for reply in replies {
            assert_eq!(ended(reply).0, 0);
        }
        let log = std::fs::read_to_string(&file).unwrap();
        let mut lines: Vec<u32> = log.lines().map(|line| line.parse().unwrap()).collect();
        lines.sort_unstable();
        assert_eq!(lines, (0..24).collect::<Vec<u32>>(), "{more}");
        // One connection served them all.
        assert_eq!(sshd.log().matches("Accepted publickey").count(), 1, "{}", sshd.log());
    }
}

/// `utstart` leaves daemons behind that hold its output open: the answer is whole all the same.
#[test]
fn an_answer_is_whole_once_it_says_so_whatever_else_runs_on() {
    let Some(sshd) = Sshd::start(&["127.0.0.1"], "") else { return };
    for via in [Via::Ssh, Via::Local] {
        let hosts = sshd.hosts(|host| {
            host.via = via;
            host.limits.command = std::time::Duration::from_secs(8);
        });
        let reply = wait_on(&hosts, &show("sh", &["-c", "sleep 12 & echo started"]));
        assert_eq!(ended(reply), (0, "started\n".into(), String::new()));
    }
}

#[test]
fn a_check_tells_which_rolewalk_a_host_has() {
    let Some(sshd) = Sshd::start(&["127.0.0.1"], "") else { return };
    let program = sshd.path("rolewalk");
    let checked = |script: &str| {
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let hosts = sshd.hosts(|host| host.rolewalk = program.to_str().map(String::from));
        wait(hosts.check(&server("h1"), None))
    };
    let other = checked("#!/bin/sh\n[ \"$*\" = --version ]&&echo rolewalk 0.0.9\n");
    let told = |item: &&Item| item.says.en.contains("`h1` has rolewalk 0.0.9, and this machine ");
    assert_eq!(other.iter().find(told).map(|item| item.found), Some(Found::Warning), "{other:?}");
    // What is no version says nothing.
    let none = checked("#!/bin/sh\necho hello\n");
    assert!(none.iter().all(|item| item.found == Found::Fine && !item.says.en.contains("hello")), "{none:?}");
}
