//! What can go wrong between here and a host, from the command line: each with its own message and exit code, and the farm as
//! it was.

use std::fs;
use std::net::TcpListener;

use crate::walk::Stage;

/// Something that is in the way.
struct Case {
    name: &'static str,
    /// Files of the stage that are changed for it: what stands in one, and what is put there.
    changes: Vec<(&'static str, &'static str, String)>,
    /// What is said of it.
    says: &'static str,
}

impl Case {
    fn new(
        name: &'static str,
        file: &'static str,
        from: &'static str,
        to: impl Into<String>,
        says: &'static str,
    ) -> Case {
        Case { name, changes: vec![(file, from, to.into())], says }
    }

    /// Asserts that nothing is observed and nothing is changed for it, and that it is told.
    fn is_told(&self, stage: &Stage) {
        let before: Vec<(&str, String)> = self.changes.iter().map(|(file, ..)| (*file, text(stage, file))).collect();
        for (file, from, to) in &self.changes {
            let have = text(stage, file);
            assert!(have.contains(from), "{}: {have}", self.name);
            fs::write(stage.sshd.path(file), have.replacen(from, to, 1)).unwrap();
        }
        for line in ["observe .", "apply . --yes"] {
            let ended = stage.run(line);
            // Lines are as wide as the terminal.
            let said = ended.text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(ended.code == Some(3) && said.contains(self.says), "{}: {line}: {}", self.name, ended.text);
            assert!(line == "observe ." || said.contains("nothing has been changed"), "{}: {said}", self.name);
        }
        for (file, text) in before {
            fs::write(stage.sshd.path(file), text).unwrap();
        }
    }
}

fn text(stage: &Stage, file: &str) -> String {
    fs::read_to_string(stage.sshd.path(file)).unwrap()
}

/// Has what stands in for PowerShell do something before it is called.
fn first(script: &str) -> String {
    format!("#!/bin/sh\n{script}\n")
}

#[test]
fn whatever_is_between_here_and_a_host_is_told_by_its_name_and_leaves_the_farm_as_it_is() {
    let Some(stage) = Stage::of("change-master", "") else { return };
    let farm = || stage.run("practice status").text;
    let before = farm();
    assert!(before.contains("PVS1"), "{before}");
    for case in cases(&stage) {
        case.is_told(&stage);
        assert_eq!(farm(), before, "{}", case.name);
    }
    assert_eq!(stage.database.log().iter().filter(|one| one.starts_with("COMMIT")).count(), 0);
    // With nothing in the way it is walked, whatever a login says before the answer.
    let powershell = text(&stage, "bin/powershell");
    let noise = first("echo 'Last login: yesterday'; echo 'stty: not a tty' >&2; printf '{\"json\":0}'");
    fs::write(stage.sshd.path("bin/powershell"), powershell.replacen("#!/bin/sh\n", &noise, 1)).unwrap();
    let applied = stage.run("apply . --yes");
    assert_eq!(applied.code, Some(0), "{}", applied.text);
    assert_ne!(farm(), before);
}

fn cases(stage: &Stage) -> Vec<Case> {
    let port = format!("Port {}\n", stage.sshd.port);
    let port: &'static str = port.leak();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    // Accepts, as far as the system does, and never says a word; for as long as the test runs.
    let silent = Box::leak(Box::new(TcpListener::bind("127.0.0.1:0").unwrap())).local_addr().unwrap().port();
    let (host, stranger) = (text(stage, "host_key.pub"), text(stage, "stranger.pub"));
    let (host, known): (&'static str, &'static str) =
        (host.trim().to_string().leak(), text(stage, "known_hosts").leak());
    let short = |limit: &str| {
        ("connections.yaml", "      encoding: cp932\n", format!("      encoding: cp932\n      limits: {{ {limit} }}\n"))
    };
    let with = |mut case: Case, change| {
        case.changes.push(change);
        case
    };
    let own: &'static str = text(stage, "id.pub").leak();
    let script = |name, script: &str, says| Case::new(name, "bin/powershell", "#!/bin/sh\n", first(script), says);
    vec![
        Case::new(
            "nobody listens",
            "ssh_config",
            port,
            format!("Port {closed}\n"),
            "can't be reached over SSH: ssh: connect to host",
        ),
        with(
            Case::new("never a word", "ssh_config", port, format!("Port {silent}\n"), "can't be reached over SSH: "),
            short("connect: 1s"),
        ),
        Case::new("not let in", "authorized_keys", own, stranger.clone(), "refused the SSH login: "),
        Case::new("an unknown host key", "known_hosts", known, "", "was refused: No ED25519 host key is known for"),
        Case::new(
            "another host key",
            "known_hosts",
            known,
            known.replace(host, stranger.trim()),
            "was refused: it is not the one that is known",
        ),
        script("a gigabyte", "head -c 1073741824 /dev/zero", "is larger than any that is expected (16777216 bytes)"),
        script("without an end", "cat /dev/zero", "is larger than any that is expected (16777216 bytes)"),
        with(script("never", "sleep 30", "did not answer within 2 s"), short("command: 2s")),
        script("nothing", "exit 0", "has no end: nothing says that it has begun (exit code 0)"),
        script("cut", CUT, "has no end: "),
    ]
}

/// Ends the process of the SSH server that serves this session.
const CUT: &str = "p=$PPID; while ! grep -q sshd /proc/$p/comm; do p=$(awk '/^PPid/{print $2}' /proc/$p/status); done; kill -9 $p; sleep 5";
