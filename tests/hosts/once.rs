//! How often the SSH client is called: once for a host that is looked at, and never again to end what was kept.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use futures_util::future::{join, join_all};
use rolewalk::model::request::{Reply, Request};
use rolewalk::world::hosts::{Host, Hosts, Settings};

use crate::sshd::{Sshd, server, wait};

/// Stands before the real client and notes what for it is called.
const CLIENT: &str = r#"#!/bin/sh
kind=order
for word; do case $word in
-N) kind=connect;;
-O) kind=end;;
ControlPath=*) echo "${word#*=}" > "$0.socket";;
ControlMaster=yes) kind=both;;
esac; done
echo $kind >> "$0.log"
[ "$kind" = both ] && [ -e "$0.idle" ] && exit 0
exec ssh "$@"
"#;

fn hosts(sshd: &Sshd, change: impl Fn(&mut Host)) -> Hosts {
    let client = sshd.path("client");
    fs::write(&client, CLIENT).unwrap();
    fs::set_permissions(&client, fs::Permissions::from_mode(0o755)).unwrap();
    let mut every = sshd.host("127.0.0.1");
    change(&mut every);
    Hosts::new(Settings { every, at_once: 20, ssh: client, ..Settings::default() })
}

/// Returns what the client was called for since the last time.
fn calls(sshd: &Sshd) -> Vec<String> {
    let log = sshd.path("client.log");
    let mut calls: Vec<String> = fs::read_to_string(&log).unwrap_or_default().lines().map(str::to_owned).collect();
    fs::write(log, "").unwrap();
    calls.sort();
    calls
}

fn look(name: &str, script: &str) -> Request {
    let arguments = vec!["-c".into(), script.into()];
    Request::Show { on: server(name), folder: String::new(), program: "sh", arguments }
}

fn change(name: &str, script: &str) -> Request {
    let arguments = vec!["-c".into(), script.into()];
    Request::Command { on: server(name), folder: String::new(), program: "sh", arguments }
}

fn said(reply: Reply) -> String {
    match reply {
        Reply::Ended { exit_code: 0, stdout, .. } => stdout,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_look_at_hosts_calls_the_client_once_for_each_and_leaves_nothing_running() {
    let Some(sshd) = Sshd::start(&["127.0.0.1"], "") else { return };
    let hosts = hosts(&sshd, |_| {});
    let looks = ["h1", "h2", "h3"].map(|name| look(name, "echo seen"));
    for kind in ["both", "order"] {
        let replies = wait(join_all(looks.iter().map(|request| hosts.perform(request))));
        assert!(replies.into_iter().all(|reply| said(reply) == "seen\n"));
        assert_eq!(calls(&sshd), [kind; 3]);
    }
    let left = || sshd.log().matches("Disconnected from user").count();
    assert_eq!(left(), 0);
    drop(hosts);
    // What is kept would outlive this by a minute.
    assert!((0..500).any(|_| left() == 3 || {
        std::thread::sleep(Duration::from_millis(20));
        false
    }));
    assert_eq!(calls(&sshd), [""; 0]);
}

/// What may change something is sent once it is known that the host can be reached, so that a refusal is one.
#[test]
fn a_change_never_goes_with_the_call_that_makes_the_connection() {
    let Some(sshd) = Sshd::start(&["127.0.0.1"], "") else { return };
    let hosts = hosts(&sshd, |_| {});
    assert_eq!(said(wait(hosts.perform(&change("h1", "echo done")))), "done\n");
    assert_eq!(calls(&sshd), ["connect", "order"]);
}

/// The first look ends only after the second one, which has its connection.
#[test]
fn whoever_wants_a_host_meanwhile_waits_for_its_connection_and_not_for_the_first_look() {
    let Some(sshd) = Sshd::start(&["127.0.0.1"], "") else { return };
    let hosts = hosts(&sshd, |_| {});
    let held = sshd.path("held").display().to_string();
    let first = look("h1", &format!("while [ ! -e '{held}' ]; do sleep 0.05; done; echo first"));
    let second = change("h1", &format!("touch '{held}'; echo second"));
    let (first, second) = wait(join(hosts.perform(&first), hosts.perform(&second)));
    assert_eq!((said(first).as_str(), said(second).as_str()), ("first\n", "second\n"));
    assert_eq!(calls(&sshd), ["both", "order"]);
    assert_eq!(sshd.log().matches("Accepted publickey").count(), 1);
}

#[test]
fn a_first_look_that_never_ends_is_late_and_its_connection_serves_the_next() {
    let Some(sshd) = Sshd::start(&["127.0.0.1"], "") else { return };
    let hosts = hosts(&sshd, |host| host.limits.command = Duration::from_secs(5));
    let reply = wait(hosts.perform(&look("h1", "sleep 30")));
    assert!(matches!(&reply, Reply::Unknown { why } if why.contains("did not answer within 5 s")), "{reply:?}");
    assert_eq!(said(wait(hosts.perform(&look("h1", "echo next")))), "next\n");
    assert_eq!(calls(&sshd), ["both", "order"]);
    assert_eq!(sshd.log().matches("Accepted publickey").count(), 1);
}

/// A client that says nothing and reports no fault has proven nothing: the connection is made by a call of its own.
#[test]
fn where_it_is_not_clear_what_came_of_the_first_call_the_order_is_sent_by_another() {
    let Some(sshd) = Sshd::start(&["127.0.0.1"], "") else { return };
    let hosts = hosts(&sshd, |_| {});
    fs::write(sshd.path("client.idle"), "").unwrap();
    assert_eq!(said(wait(hosts.perform(&look("h1", "echo seen")))), "seen\n");
    assert_eq!(calls(&sshd), ["both", "connect", "order"]);
}

/// A kept connection whose process was ended leaves its socket: the next one has another, and is kept again.
#[test]
fn a_connection_whose_process_was_ended_is_made_anew_and_kept_again() {
    let Some(sshd) = Sshd::start(&["127.0.0.1"], "") else { return };
    let hosts = hosts(&sshd, |_| {});
    assert_eq!(said(wait(hosts.perform(&look("h1", "echo seen")))), "seen\n");
    let killed = Command::new("kill").args(["-9", &keeper(&sshd)]).status().unwrap();
    assert!(killed.success());
    for _ in 0..2 {
        assert_eq!(said(wait(hosts.perform(&look("h1", "echo seen")))), "seen\n");
    }
    assert_eq!(calls(&sshd), ["both", "both", "order", "order"]);
    assert_eq!(sshd.log().matches("Accepted publickey").count(), 2);
}

/// Returns the process that keeps the connection: it is called by its socket.
fn keeper(sshd: &Sshd) -> String {
    let socket = fs::read_to_string(sshd.path("client.socket")).unwrap();
    let is_it = |process: &fs::DirEntry| {
        let title = fs::read(process.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&title).contains(&format!("{} [mux]", socket.trim()))
    };
    let process = fs::read_dir("/proc").unwrap().flatten().find(is_it).unwrap();
    process.file_name().into_string().unwrap()
}
