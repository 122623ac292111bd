//! What can go wrong between here and a host: each with its own message, and with nothing changed.

use std::net::TcpListener;
use std::time::Duration;

use rolewalk::model::request::{Reply, Request};
use rolewalk::world::hosts::{Host, Hosts, Settings};

use crate::sshd::{Sshd, server, wait};

fn show(script: &str) -> Request {
    let arguments = vec!["-c".into(), script.into()];
    Request::Show { on: server("h1"), folder: String::new(), program: "sh", arguments }
}

fn change(script: &str) -> Request {
    let arguments = vec!["-c".into(), script.into()];
    Request::Command { on: server("h1"), folder: String::new(), program: "sh", arguments }
}

/// Asserts that a look is unknown and a change refused, both with that message.
fn surely_not(hosts: &Hosts, message: &str) {
    let reply = wait(hosts.perform(&show("true")));
    assert!(matches!(&reply, Reply::Unknown { why } if why.contains(message)), "{message}: {reply:?}");
    let reply = wait(hosts.perform(&change("true")));
    assert!(matches!(&reply, Reply::Refused { why } if why.contains(message)), "{message}: {reply:?}");
}

/// Asserts that a look and a change are both unknown, with that message.
fn maybe(hosts: &Hosts, script: &str, message: &str) {
    for request in [show(script), change(script)] {
        let reply = wait(hosts.perform(&request));
        assert!(matches!(&reply, Reply::Unknown { why } if why.contains(message)), "{message}: {reply:?}");
    }
}

#[test]
fn a_host_that_can_not_be_reached_is_told_by_what_is_in_the_way() {
    let Some(sshd) = Sshd::start(&["127.0.0.1", "127.0.0.2"], "") else { return };
    let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    surely_not(&sshd.hosts(|host| host.port = Some(refused)), "`h1` can't be reached over SSH");
    surely_not(&sshd.hosts(|host| host.port = Some(refused)), "Connection refused");
    // It accepts, and never says a word.
    let hung = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = hung.local_addr().unwrap().port();
    let short = |host: &mut Host| {
        host.port = Some(port);
        host.limits.connect = Duration::from_secs(1);
    };
    surely_not(&sshd.hosts(short), "`h1` can't be reached over SSH: ");
    surely_not(&sshd.hosts(|host| host.address = Some("no-such-host.invalid".into())), "no-such-host.invalid");
    // Another machine answers at an address that is known.
    let known = std::fs::read_to_string(sshd.path("known_hosts")).unwrap();
    let stranger = std::fs::read_to_string(sshd.path("stranger.pub")).unwrap();
    let of = |address: &str, key: &str| format!("[{address}]:{} {}\n", sshd.port, key.trim());
    std::fs::write(sshd.path("known_hosts"), of("127.0.0.1", &stranger)).unwrap();
    surely_not(&sshd.hosts(|_| {}), "it is not the one that is known");
    // Nobody knows its key.
    std::fs::write(sshd.path("known_hosts"), "").unwrap();
    surely_not(&sshd.hosts(|_| {}), "the SSH host key of `h1` was refused: No ED25519 host key is known");
    std::fs::write(sshd.path("known_hosts"), known).unwrap();
    // It is the right one, and does not let us in.
    std::fs::write(sshd.path("authorized_keys"), stranger).unwrap();
    surely_not(&sshd.hosts(|_| {}), "`h1` refused the SSH login");
    let settings =
        Settings { every: sshd.host("127.0.0.1"), at_once: 1, ssh: "no-such-client".into(), ..Settings::default() };
    surely_not(&Hosts::new(settings), "`no-such-client` can't be started");
}

#[test]
fn an_answer_that_is_cut_late_or_without_an_end_is_unknown() {
    let Some(sshd) = Sshd::start(&["127.0.0.1"], "") else { return };
    let hosts = sshd.hosts(|host| host.limits.command = Duration::from_secs(2));
    // Whoever would print the status is gone.
    maybe(&hosts, "kill -9 $PPID", "the answer of `h1` has no end: it had begun");
    maybe(&hosts, "sleep 20", "did not answer within 2 s");
    let hosts = sshd.hosts(|_| {});
    maybe(&hosts, "cat /dev/zero", "larger than any that is expected");
    // Standard error without an end takes no memory, and hides no answer.
    let reply = wait(hosts.perform(&show("head -c 3000000 /dev/zero >&2; echo done")));
    assert!(matches!(&reply, Reply::Ended { stdout, stderr, .. } if stdout == "done\n" && stderr.len() < 100_000));
}

/// The connection is cut under a command that was begun: nobody knows, and the command is not sent again.
#[test]
fn a_connection_that_is_lost_is_unknown_and_nothing_is_repeated() {
    let Some(sshd) = Sshd::start(&["127.0.0.1"], "") else { return };
    let hosts = sshd.hosts(|_| {});
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("begun");
    let script = format!(
        "echo begun >> '{}'; p=$PPID; while ! grep -q sshd /proc/$p/comm; do p=$(awk '/^PPid/{{print $2}}' /proc/$p/status); done; kill -9 $p; sleep 5",
        file.display()
    );
    let reply = wait(hosts.perform(&change(&script)));
    assert!(matches!(&reply, Reply::Unknown { why } if why.contains("has no end")), "{reply:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "begun\n");
    // The next order makes a new connection.
    let reply = wait(hosts.perform(&show("echo again")));
    assert!(matches!(&reply, Reply::Ended { stdout, .. } if stdout == "again\n"), "{reply:?}");
}

/// One dead host holds up nobody: the others' answers are there while it is still waited for.
#[test]
fn a_dead_host_holds_up_no_other() {
    let Some(sshd) = Sshd::start(&["127.0.0.1"], "") else { return };
    let hung = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut dead = Host { port: Some(hung.local_addr().unwrap().port()), ..sshd.host("127.0.0.1") };
    dead.limits.connect = Duration::from_secs(300);
    let each = (0..4).map(|number| (server(&format!("dead{number}")), dead.clone())).collect();
    let settings = Settings { every: sshd.host("127.0.0.1"), each, at_once: 8, ssh: "ssh".into() };
    let hosts = Hosts::new(settings);
    wait(async {
        let ask = |name: &str| {
            let Request::Show { folder, program, arguments, .. } = show("echo alive") else { unreachable!() };
            Request::Show { on: server(name), folder, program, arguments }
        };
        let (dead, live) = (["dead0", "dead1", "dead2", "dead3"].map(&ask), ["a", "b", "c"].map(&ask));
        let mut waiting = Box::pin(futures_util::future::join_all(dead.iter().map(|request| hosts.perform(request))));
        let living = futures_util::future::join_all(live.iter().map(|request| hosts.perform(request)));
        tokio::select! {
            _ = &mut waiting => panic!("the dead answered first"),
            replies = living => assert!(replies.iter().all(|reply| matches!(reply, Reply::Ended { exit_code: 0, .. })), "{replies:?}"),
        }
    });
}
