//! A real HAProxy on loopback, with real connections held open while a server is drained, over its Unix socket and over
//! TCP; and any other load balancer through a program. Without HAProxy these tests pass, and say so.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rolewalk::model::name::ServerName;
use rolewalk::model::pool::{PoolSeen, PoolState};
use rolewalk::model::request::{Reply, Request};
use rolewalk::world::load_balancer::haproxy::{HaProxy, Node};
use rolewalk::world::load_balancer::hook::Hook;
use rolewalk::world::load_balancer::{Kind, LoadBalancer};

const PATIENCE: Duration = Duration::from_secs(20);

/// A HAProxy that was started here, with three servers behind it. Ended with the value.
struct Stage {
    folder: tempfile::TempDir,
    haproxy: Child,
    front: SocketAddr,
    admin: SocketAddr,
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.haproxy.kill();
        let _ = self.haproxy.wait();
    }
}

/// A port that was free a moment ago.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A server that says its name to whoever connects, and holds the connection until the other side ends it.
fn serve(name: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut stream = stream;
                let _ = stream.write_all(name.as_bytes());
                let mut rest = [0; 16];
                while matches!(stream.read(&mut rest), Ok(1..)) {}
            });
        }
    });
    address
}

impl Stage {
    /// Starts it; none where there is no HAProxy.
    fn new() -> Option<Stage> {
        if Command::new("haproxy").arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
            eprintln!("HAProxy is not installed: nothing was tried");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let servers =
            ["web1", "web2", "web3"].map(|name| format!("  server {name} {} check inter 200ms\n", serve(name)));
        let (front, admin) = (free(), free());
        let socket = folder.path().join("admin.sock");
        let text = format!(
            "global\n  stats socket {} mode 600 level admin\n  stats socket ipv4@{admin} level admin\n  \
             stats socket {}.watched mode 600 level user\n\
             defaults\n  mode tcp\n  timeout connect 2s\n  timeout client 1m\n  timeout server 1m\n\
             frontend front\n  bind {front}\n  default_backend web\n\
             backend web\n  balance roundrobin\n{}",
            socket.display(),
            socket.display(),
            servers.concat()
        );
        let file = folder.path().join("haproxy.cfg");
        fs::write(&file, text).unwrap();
        let haproxy = Command::new("haproxy").arg("-db").arg("-f").arg(&file).stderr(Stdio::null()).spawn().unwrap();
        let stage = Stage { folder, haproxy, front, admin };
        until("HAProxy takes connections", || TcpStream::connect(stage.front).is_ok() && socket.exists());
        Some(stage)
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("admin.sock")
    }

    /// Connects through HAProxy; returns the connection and the server that answered.
    fn connect(&self) -> (TcpStream, String) {
        let mut stream = TcpStream::connect(self.front).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut name = [0; 4];
        stream.read_exact(&mut name).unwrap();
        (stream, String::from_utf8_lossy(&name).into_owned())
    }

    /// Holds connections open until every server has one.
    fn hold(&self) -> BTreeMap<String, TcpStream> {
        let mut held = BTreeMap::new();
        for _ in 0..100 {
            let (stream, name) = self.connect();
            held.entry(name).or_insert(stream);
            if held.len() == 3 {
                return held;
            }
        }
        panic!("only {:?} answered", held.keys());
    }
}

/// Waits until it is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn name(text: &str) -> ServerName {
    ServerName::new(text).unwrap()
}

fn balancer(kind: Kind, drain_limit: Duration) -> LoadBalancer {
    let poll = Duration::from_millis(50);
    LoadBalancer { kind, names: BTreeMap::new(), drain_limit, up_limit: PATIENCE, poll }
}

fn haproxy(nodes: Vec<Node>, drain_limit: Duration) -> LoadBalancer {
    let answer_limit = Duration::from_secs(5);
    balancer(Kind::HaProxy(HaProxy { nodes, backend: "web".into(), answer_limit }), drain_limit)
}

fn perform(balancer: &LoadBalancer, request: Request) -> Reply {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(balancer.perform(&request)).expect("a request for a load balancer")
}

fn see(balancer: &LoadBalancer, server: &str) -> PoolSeen {
    match perform(balancer, Request::SeePool { server: name(server) }) {
        Reply::Pool(seen) => seen,
        other => panic!("{server}: {other:?}"),
    }
}

fn set(balancer: &LoadBalancer, server: &str, to: PoolState) -> Reply {
    perform(balancer, Request::SetPool { server: name(server), to })
}

fn wait(balancer: &LoadBalancer, server: &str) -> Reply {
    perform(balancer, Request::AwaitIdle { server: name(server) })
}

// WS-09
#[test]
fn a_server_is_drained_while_a_connection_is_held_and_leaves_once_it_is_ended() {
    let Some(stage) = Stage::new() else { return };
    for nodes in [
        vec![Node::Unix(stage.socket())],
        vec![Node::Tcp(stage.admin.to_string())],
        // As two nodes would: both are told and both are counted.
        vec![Node::Unix(stage.socket()), Node::Tcp(stage.admin.to_string())],
    ] {
        let twice = nodes.len() as u64;
        let balancer = haproxy(nodes, Duration::from_millis(300));
        until("web2 is up", || see(&balancer, "web2").up == Some(true));
        let mut held = stage.hold();
        until("only one is held", || see(&balancer, "web2").sessions == twice);
        let Reply::Pool(seen) = set(&balancer, "web2", PoolState::Drain) else { panic!("not told") };
        assert_eq!((seen.state, seen.sessions), (PoolState::Drain, twice));
        for _ in 0..12 {
            assert_ne!(stage.connect().1, "web2", "it gets no new connection");
        }
        let Reply::Pool(seen) = wait(&balancer, "web2") else { panic!("not looked") };
        assert_eq!(seen.sessions, twice, "the one that is held is not ended");
        // Whoever holds it goes on speaking.
        held.get_mut("web2").unwrap().write_all(b"hello").unwrap();
        drop(held.remove("web2"));
        until("it is idle", || see(&balancer, "web2").sessions == 0);
        assert!(matches!(wait(&balancer, "web2"), Reply::Pool(PoolSeen { sessions: 0, .. })));
        let Reply::Pool(seen) = set(&balancer, "web2", PoolState::Maint) else { panic!("not told") };
        assert_eq!((seen.state, seen.up), (PoolState::Maint, None));
        let Reply::Pool(seen) = set(&balancer, "web2", PoolState::Ready) else { panic!("not told") };
        assert_eq!((seen.state, seen.up), (PoolState::Ready, Some(true)));
        until("it gets connections again", || stage.connect().1 == "web2");
    }
}

#[test]
fn what_haproxy_does_not_know_is_refused_and_who_does_not_answer_is_unknown() {
    let Some(mut stage) = Stage::new() else { return };
    let balancer = haproxy(vec![Node::Unix(stage.socket())], Duration::ZERO);
    let Reply::Refused { why } = set(&balancer, "web9", PoolState::Drain) else { panic!("not refused") };
    assert!(why.contains("No such server"), "{why}");
    let Reply::Unknown { why } = perform(&balancer, Request::SeePool { server: name("web9") }) else { panic!("seen") };
    assert!(why.contains("there is no server web/web9"), "{why}");
    let other = HaProxy { nodes: vec![Node::Unix(stage.socket())], backend: "other".into(), answer_limit: PATIENCE };
    let other = balancer_of(other);
    let Reply::Refused { why } = set(&other, "web1", PoolState::Drain) else { panic!("not refused") };
    assert!(why.contains("No such backend"), "{why}");
    stage.haproxy.kill().unwrap();
    stage.haproxy.wait().unwrap();
    assert!(matches!(perform(&balancer, Request::SeePool { server: name("web1") }), Reply::Unknown { .. }));
    let Reply::Refused { why } = set(&balancer, "web1", PoolState::Drain) else { panic!("nothing was told") };
    assert!(why.contains("can't be reached"), "{why}");
}

fn balancer_of(haproxy: HaProxy) -> LoadBalancer {
    balancer(Kind::HaProxy(haproxy), Duration::ZERO)
}

#[test]
fn a_name_is_never_read_as_a_command() {
    for bad in ["web1;shutdown", "-f", "web1 state ready", "a/b", ""] {
        assert!(!rolewalk::world::load_balancer::is_name(bad), "{bad}");
    }
    let mut balancer = haproxy(Vec::new(), Duration::ZERO);
    balancer.names.insert(name("web1"), "web1; disable server web/web2".into());
    let Reply::Refused { why } = set(&balancer, "web1", PoolState::Drain) else { panic!("told") };
    assert!(why.contains("can't be a server's name"), "{why}");
}

/// A program that keeps each server's state and sessions in a file.
const PROGRAM: &str = r#"#!/bin/sh
[ "$#" -eq 2 ] || exit 64
file="$(dirname "$0")/$2"
[ -e "$file" ] || { echo "no server of that name" >&2; exit 1; }
sessions=$(cut -d' ' -f2 "$file")
case "$1" in
    state) cat "$file" ;;
    drain) echo "drain 0 up" > "$file" ;;
    maint | ready) echo "$1 $sessions up" > "$file" ;;
    *) exit 64 ;;
esac
"#;

fn program(folder: &Path, text: &str) -> String {
    let path = folder.join("balancer");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    path.display().to_string()
}

fn hook(folder: &Path, text: &str, answer_limit: Duration) -> LoadBalancer {
    let hook = Hook { words: vec![program(folder, text)], folder: folder.into(), answer_limit };
    balancer(Kind::Hook(hook), Duration::from_millis(200))
}

// WS-09
#[test]
fn any_other_load_balancer_is_asked_through_a_program_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let balancer = hook(folder.path(), PROGRAM, PATIENCE);
    fs::write(folder.path().join("web1"), "ready 3 up\n").unwrap();
    assert_eq!(see(&balancer, "web1"), PoolSeen { state: PoolState::Ready, sessions: 3, up: Some(true) });
    assert!(matches!(wait(&balancer, "web1"), Reply::Pool(PoolSeen { sessions: 3, .. })));
    assert!(matches!(set(&balancer, "web1", PoolState::Drain), Reply::Pool(PoolSeen { state: PoolState::Drain, .. })));
    assert!(matches!(wait(&balancer, "web1"), Reply::Pool(PoolSeen { sessions: 0, .. })));
    assert!(matches!(set(&balancer, "web1", PoolState::Ready), Reply::Pool(PoolSeen { state: PoolState::Ready, .. })));
    let Reply::Unknown { why } = perform(&balancer, Request::SeePool { server: name("web9") }) else { panic!("seen") };
    assert!(why.contains("no server of that name"), "{why}");
    // It says that it did, and did not: what is read back counts.
    let liar = hook(folder.path(), "#!/bin/sh\necho ready 3\n", PATIENCE);
    assert!(matches!(set(&liar, "web1", PoolState::Drain), Reply::Pool(PoolSeen { state: PoolState::Ready, .. })));
    let silent = hook(folder.path(), "#!/bin/sh\nexit 0\n", PATIENCE);
    assert!(matches!(perform(&silent, Request::SeePool { server: name("web1") }), Reply::Unknown { .. }));
    let slow = hook(folder.path(), "#!/bin/sh\nexec sleep 60\n", Duration::from_millis(100));
    let Reply::Unknown { why } = set(&slow, "web1", PoolState::Drain) else { panic!("answered") };
    assert!(why.contains("took longer"), "{why}");
    let words = vec![folder.path().join("missing").display().to_string()];
    let missing = Hook { words, folder: folder.path().into(), answer_limit: PATIENCE };
    assert!(matches!(
        set(&self::balancer(Kind::Hook(missing), PATIENCE), "web1", PoolState::Drain),
        Reply::Refused { .. }
    ));
}

/// Runs rolewalk in a folder, in English; returns the exit code and what it said.
fn rolewalk(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolewalk"));
    for name in ["LC_ALL", "LC_MESSAGES", "LANG", "ROLEWALK_LOG"] {
        command.env_remove(name);
    }
    let output = command.env("NO_COLOR", "1").args(arguments).current_dir(folder).output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (output.status.code().unwrap(), text)
}

// WS-09, WS-11
#[test]
fn a_manager_is_maintained_behind_a_real_haproxy() {
    let Some(stage) = Stage::new() else { return };
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("farm.yaml", "version: 1\nwsmgr:\n  Web: { servers: { web1: manager, web2: member, web3: member } }\n");
    let connection = format!(
        "version: 1\nconnections:\n  site:\n    practice: farm.yaml\n    load-balancer:\n      haproxy: {}\n      \
         backend: web\n      limits: {{ answer: 5s, drain: 20s }}\n",
        stage.socket().display()
    );
    write("connections.yaml", &connection);
    let servers = "version: 1\ngroup: Web\nsystem: wsmgr\nconnection: site\nservers: { web1: disabled, web2: manager, web3: member }\n";
    write("group.yaml", servers);
    let held = stage.hold();
    let balancer = haproxy(vec![Node::Unix(stage.socket())], Duration::ZERO);
    until("web1 has a session", || see(&balancer, "web1").sessions == 1);
    std::thread::scope(|scope| {
        let run = scope.spawn(|| rolewalk(folder.path(), &["apply", "group.yaml", "--yes"]));
        // The run waits for the connection that is held.
        until("web1 is drained", || see(&balancer, "web1").state == PoolState::Drain);
        std::thread::sleep(Duration::from_millis(500));
        assert!(!run.is_finished() && see(&balancer, "web1").state == PoolState::Drain);
        drop(held);
        let (code, text) = run.join().unwrap();
        assert_eq!(code, 0, "{text}");
        assert!(text.contains("load balancer: wait until web1 has no session"), "{text}");
    });
    assert_eq!(see(&balancer, "web1").state, PoolState::Maint);
    let (code, text) = rolewalk(folder.path(), &["plan", "group.yaml"]);
    assert!(code == 0 && text.contains("no changes"), "{text}");
    write("group.yaml", &servers.replace("web1: disabled", "web1: member"));
    let (code, text) = rolewalk(folder.path(), &["apply", "group.yaml", "--yes"]);
    assert_eq!(code, 0, "{text}");
    let seen = see(&balancer, "web1");
    assert_eq!((seen.state, seen.up), (PoolState::Ready, Some(true)));
}

#[test]
fn a_check_says_whether_the_load_balancer_knows_the_servers_and_lets_them_be_changed() {
    let Some(stage) = Stage::new() else { return };
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("farm.yaml", "version: 1\nwsmgr:\n  Web: { servers: { web1: manager, web4: member } }\n");
    write(
        "group.yaml",
        "version: 1\ngroup: Web\nsystem: wsmgr\nconnection: site\nservers: { web1: manager, web4: member }\n",
    );
    let check = |socket: &str| {
        let connection = format!(
            "version: 1\nconnections:\n  site:\n    practice: farm.yaml\n    load-balancer:\n      haproxy: {socket}\n      \
             backend: web\n"
        );
        write("connections.yaml", &connection);
        rolewalk(folder.path(), &["observe", "--check", "group.yaml"])
    };
    let (code, text) = check(&stage.socket().display().to_string());
    assert_eq!(code, 3, "{text}");
    let lines = ["site: ok: the load balancer may be changed", "ok: the load balancer has `web1`: ready, 0 sessions"];
    assert!(lines.iter().all(|line| text.contains(line)), "{text}");
    assert!(text.lines().any(|line| line.contains("missing: ") && line.contains("web4")), "{text}");
    let (_, text) = check(&format!("{}.watched", stage.socket().display()));
    assert!(text.contains("note: HAProxy at") && text.contains("lets nobody change"), "{text}");
    assert_eq!(see(&haproxy(vec![Node::Unix(stage.socket())], Duration::ZERO), "web1").state, PoolState::Ready);
}

#[test]
fn whoever_goes_on_or_begins_anew_says_that_it_waits_for_what_may_still_be_carried_out() {
    let Some(stage) = Stage::new() else { return };
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("farm.yaml", "version: 1\nwsmgr:\n  Web: { servers: { web1: manager, web2: member, web3: member } }\n");
    let connection = format!(
        "version: 1\nconnections:\n  site:\n    practice: farm.yaml\n    load-balancer:\n      haproxy: {}\n      \
         backend: web\n      limits: {{ answer: 5s, drain: 20s }}\n",
        stage.socket().display()
    );
    write("connections.yaml", &connection);
    write(
        "group.yaml",
        "version: 1\ngroup: Web\nsystem: wsmgr\nconnection: site\nservers: { web1: disabled, web2: manager, web3: member }\n",
    );
    let start = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolewalk"));
        command.args(arguments).env("LC_ALL", "C").current_dir(folder.path());
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let held = stage.hold();
    let balancer = haproxy(vec![Node::Unix(stage.socket())], Duration::ZERO);
    until("web1 has a session", || see(&balancer, "web1").sessions == 1);
    let mut run = start(&["apply", "group.yaml", "--yes"]);
    until("web1 is drained", || see(&balancer, "web1").state == PoolState::Drain);
    run.kill().unwrap();
    run.wait().unwrap();
    for arguments in [&["resume"][..], &["apply", "group.yaml", "--yes"]] {
        let mut waiting = start(arguments);
        let mut lines = BufReader::new(waiting.stderr.take().unwrap()).lines();
        let note = lines.next().unwrap().unwrap();
        waiting.kill().unwrap();
        waiting.wait().unwrap();
        assert!(note.contains("had no answer and may still be carried out: it is looked at in 120 s"), "{note}");
    }
    drop(held);
}
