//! The session of `docs/transcript.md`, really held: the farm's database is served by a process of its own, the servers are
//! reached through an SSH server on loopback. The document is what was said, but for times, ports, ids and folders.
//! `ROLEWALK_UPDATE=1` writes it anew.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::sshd::Sshd;
use crate::walk::{SERVERS, canaries, connections, found_in, search};

/// A secret that must be found nowhere but in one file. The search for it stands on a command line, which another test notes.
const SECRET: &str = "canary-2b8d0";

const HEAD: &str = "\
# A transcript

CO-Store's example `examples/campus` against a database and servers that are reached as real ones are. A test holds this
session anew each time it runs (`tests/hosts/transcript.rs`) and compares what was said with this file. Times, ports, ids and
the name of the folder are replaced by fixed ones; nothing else is.

What is real: the endpoint is a process that speaks SQL Server's protocol over TLS, with logins, transactions and application
locks; OpenSSH's server runs on loopback, with a host key that is checked; the lock is the database's. What is not: the database
behind the endpoint is the practice farm's, and a program takes the place of PowerShell on the servers, which asks that farm.
";

/// A session, and what is told of it.
struct Session {
    sshd: Sshd,
    endpoint: Child,
    /// The port of the database.
    port: String,
    document: String,
    /// All that any command wrote.
    written: Vec<u8>,
}

/// The process that was started here is ended by its id.
impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.endpoint.kill();
        let _ = self.endpoint.wait();
    }
}

impl Session {
    /// Sets everything up as the document tells; none where no SSH server is installed.
    fn begin() -> Option<Session> {
        let sshd = Sshd::start(&SERVERS.map(|(_, address)| address), "")?;
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/campus");
        for name in ["farm.yaml", "store.yaml"] {
            fs::copy(example.join(name), sshd.path(name)).unwrap();
        }
        let names = SERVERS.map(|(name, address)| format!("{address} {name}\n"));
        fs::write(sshd.path("hosts.txt"), names.concat()).unwrap();
        wait_while_held(&sshd);
        let mut endpoint = command(&sshd, "practice up . --serve --port 0");
        let mut endpoint = endpoint.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(endpoint.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut said = String::new();
        for line in lines {
            said.push_str(&format!("{line}\n"));
            if line.starts_with('#') {
                break;
            }
        }
        let port = said.lines().find_map(|line| line.trim().strip_prefix("port: ")).unwrap().to_string();
        let mut session = Session { sshd, endpoint, port, document: HEAD.into(), written: Vec::new() };
        session.tell("\n## The database and the servers\n\nThe database is served; this goes on in the background.\n");
        session.show("rolewalk practice up . --serve --port 0 &", &said);
        session.tell(
            "\n`sshd` listens at four addresses of loopback, one for each server, with keys made for this session:\n",
        );
        let config = fs::read_to_string(session.sshd.path("sshd_config")).unwrap();
        let told = config.lines().filter(|line| !line.is_empty() && !line.starts_with("SetEnv"));
        let told: String = told.map(|line| line.to_string() + "\n").collect();
        session.show("/usr/sbin/sshd -D -e -f sshd_config &\n$ grep -Ev '^(SetEnv|$)' sshd_config", &told);
        session.connect();
        Some(session)
    }

    fn connect(&mut self) {
        let answers = format!("FarmConfiguration=2\r\nExistingStore=Store-Link\r\nUserPass={SECRET}\r\n");
        fs::write(self.sshd.path("pvs.ans"), answers).unwrap();
        let place = self.sshd.path(".practice/shares");
        let store = |name: &str| place.join(name).join("Store").display().to_string();
        let port = self.port.parse().unwrap();
        let wizard = "      wizard: { answers: { file: pvs.ans } }\n";
        let text = connections(port, ".practice/tds-ca.pem", "Store", store, wizard);
        fs::write(self.sshd.path("connections.yaml"), &text).unwrap();
        self.tell(
            "\n`pvs.ans` holds a password with which servers join the PVS farm; no file and no output but this one may ever hold it. The\n\
             connection:\n",
        );
        self.show("cat connections.yaml", &text);
    }

    fn tell(&mut self, text: &str) {
        self.document.push_str(text);
    }

    /// Shows a command with what it said.
    fn show(&mut self, line: &str, said: &str) {
        let shown = self.masked(&format!("\n```console\n$ {line}\n{said}```\n"));
        self.document.push_str(&shown);
    }

    /// Runs a command, which must end with this exit code, and returns what it said.
    fn run(&mut self, line: &str, code: i32) -> String {
        let said = ended(command(&self.sshd, line), line, code);
        self.written.extend(said.as_bytes());
        said
    }

    /// Runs a command and shows it.
    fn run_and_show(&mut self, line: &str, code: i32) {
        let said = self.run(line, code);
        self.show(&format!("rolewalk {line}"), &said);
        if code != 0 {
            self.document.push_str(&format!("\nIt ends with exit code {code}.\n"));
        }
    }

    /// Replaces what differs from session to session.
    fn masked(&self, text: &str) -> String {
        let folder = self.sshd.path("").display().to_string();
        let text = text.replace(folder.trim_end_matches('/'), "/site");
        let text = text.replace(env!("CARGO_BIN_EXE_rolewalk"), "/usr/local/bin/rolewalk");
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == ':' || c == '-' || c == '.';
        let (mut masked, mut rest, mut before) = (String::new(), text.as_str(), "");
        while let Some(first) = rest.chars().next() {
            let end = rest.find(|c| is_part(c) != is_part(first)).unwrap_or(rest.len());
            let (token, after) = rest.split_at(end);
            masked.push_str(&self.mask(token, before));
            (rest, before) = (after, if is_part(first) { token } else { before });
        }
        masked
    }

    fn mask(&self, token: &str, before: &str) -> String {
        let shape: String = token.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        let is_id = token.len() == 8 && token.chars().all(|c| c.is_ascii_hexdigit());
        let fixed = match shape.as_str() {
            _ if token == self.port => "14330",
            _ if token == self.sshd.port.to_string() => "2222",
            _ if token.strip_suffix(&self.port) == Some("localhost:") => "localhost:14330",
            _ if is_id => "5f0c2a9e",
            _ if token.starts_with("b3:") => "b3:0123abcd",
            _ if before == "process" && shape.chars().all(|c| c == '0') => "4711",
            "0000-00-00" => "2026-12-01",
            "00:00:00" => "09:00:00",
            "00:00:00Z" => "09:00:00Z",
            "00:00" => "09:00",
            timestamp if timestamp.starts_with("0000-00-00T00:00:00") => "2026-12-01T09:00:00Z",
            _ => token,
        };
        fixed.into()
    }
}

/// Has the servers wait with their answers while there is a file `hold`.
fn wait_while_held(sshd: &Sshd) {
    let path = sshd.path("bin/powershell");
    let script = fs::read_to_string(&path).unwrap();
    let wait = "#!/bin/sh\nwhile [ -e \"$ROLEWALK_STAND_IN/hold\" ]; do sleep 0.1; done\n";
    fs::write(path, script.replacen("#!/bin/sh\n", wait, 1)).unwrap();
}

fn command(sshd: &Sshd, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rolewalk"));
    command.args(line.split_whitespace()).current_dir(sshd.path("")).env_clear().stdin(Stdio::null());
    command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", sshd.path("")).env("LANG", "C");
    command.env("HOSTNAME", "desk").env("USER", "admin").env("DB_PASSWORD", "practice");
    command
}

fn ended(mut command: Command, line: &str, code: i32) -> String {
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    assert_eq!(output.status.code(), Some(code), "{line}: {said}");
    said
}

/// Two runs of one group, each with a state folder of its own: the database's lock lets one of them.
fn two_at_once(session: &mut Session) {
    session.tell(
        "\n## Two at once\n\nTwo people apply the plan, each with a state folder of their own. While the first is at work (its servers are made to wait\n\
         here), the second is refused by the lock in the database:\n",
    );
    fs::write(session.sshd.path("hold"), "").unwrap();
    let first = "--state one apply plan.json";
    let mut running = command(&session.sshd, first);
    let running = running.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let holds = |session: &mut Session| session.run("--state two locks .", 0).contains("Store (co-store)");
    assert!((0..500).any(|_| holds(session) || {
        std::thread::sleep(Duration::from_millis(20));
        false
    }));
    session.run_and_show("--state two locks .", 0);
    session.run_and_show("--state two apply plan.json", 9);
    fs::remove_file(session.sshd.path("hold")).unwrap();
    let output = running.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    assert_eq!(output.status.code(), Some(0), "{said}");
    session.written.extend(said.as_bytes());
    session.tell("\nThe first has meanwhile walked (the plan, which it shows first, is the one above):\n");
    let (plan, walked) = said.split_once("\nplan b3:").unwrap();
    let walked = walked.split_once('\n').unwrap().1;
    session.show(&format!("rolewalk {first}"), &format!("…\n{walked}"));
    told_again(session, plan, walked);
}

/// The past run is told as it was told while it went on.
fn told_again(session: &mut Session, plan: &str, walked: &str) {
    session.tell("\n## Afterwards\n");
    session.run_and_show("--state one history", 0);
    let history = session.run("--state one history", 0);
    let run = history.split_whitespace().next().unwrap();
    let shown = session.run(&format!("--state one show {run}"), 0);
    assert!(shown.contains(plan) && shown.contains(walked.trim_end()), "{shown}");
    session
        .tell("\n`rolewalk --state one show 5f0c2a9e` shows the plan and the lines above again, from the journal.\n");
    session.run_and_show("--state one drift .", 0);
}

/// The secret is in the file from which it is read, and nowhere else.
fn nobody_tells(session: &mut Session) {
    session.tell(
        "\n## The secret\n\nThe password is in the file from which it was read, and in no other of this session:\n",
    );
    let mut grep = Command::new("grep");
    grep.args(["-rlaF", SECRET, "."]).current_dir(session.sshd.path(""));
    let found = ended(grep, "grep", 0);
    assert_eq!(found, "./pvs.ans\n");
    session.show(&format!("grep -rlaF {SECRET} ."), &found);
    session.tell("\nNor is it there in UTF-16 or base64, nor in anything that a command wrote: the test searches for those as well.\n");
    let answers = fs::read_to_string(session.sshd.path("pvs.ans")).unwrap();
    let canaries = canaries(SECRET, &answers);
    assert_eq!(found_in(&session.written, &canaries), None);
    let mut files = 0;
    search(&session.sshd.path(""), &canaries, &mut files);
    assert!(files > 20, "{files}");
}

// CS-05, CS-07
#[test]
fn the_transcript_is_what_such_a_session_says() {
    let Some(mut session) = Session::begin() else { return };
    session.tell("\n## What is there\n");
    session.run_and_show("observe --check .", 0);
    session.tell("\n## The plan\n");
    session.run_and_show("plan . -o plan.json", 0);
    two_at_once(&mut session);
    nobody_tells(&mut session);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/transcript.md");
    if std::env::var_os("ROLEWALK_UPDATE").is_some() {
        fs::write(&path, &session.document).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == session.document, "docs/transcript.md is stale: run the tests with ROLEWALK_UPDATE=1");
}
