//! A folder with a copy of an example, in which the real binary is run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;
use tempfile::TempDir;

/// A fresh folder.
pub struct Scene {
    folder: TempDir,
}

/// What a command ended with.
#[derive(Debug)]
pub struct Ended {
    /// The arguments.
    pub line: String,
    /// The exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Scene {
    /// Returns a folder with nothing in it.
    pub fn empty() -> Scene {
        Scene { folder: TempDir::new().unwrap() }
    }

    /// Returns a folder with a copy of an example.
    pub fn of(example: &str) -> Scene {
        let scene = Scene::empty();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example), scene.path());
        // What somebody who tried the example by hand left there.
        for left in [".practice", ".rolewalk"] {
            let _ = fs::remove_dir_all(scene.at(left));
        }
        scene
    }

    /// Returns a folder with a copy of this one.
    pub fn copied(&self) -> Scene {
        let scene = Scene::empty();
        copy(self.path(), scene.path());
        scene
    }

    /// Returns the folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the path of a file in the folder.
    pub fn at(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Scene {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Reads a file.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap()
    }

    /// Replaces a text in a file, where it must stand.
    pub fn edit(&self, name: &str, from: &str, to: &str) -> &Scene {
        let text = self.read(name);
        assert!(text.contains(from), "`{from}` is not in {name}");
        self.write(name, text.replace(from, to))
    }

    /// Returns the command, ready to be run, with an environment that no machine changes.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolewalk"));
        command.args(arguments).current_dir(self.path()).env_clear();
        // Windows starts no program without it.
        command.envs(std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root)));
        command.env("LANG", "C").env("HOSTNAME", "here").env("USER", "somebody").stdin(Stdio::null());
        command
    }

    /// Runs a command, its arguments parted by blanks.
    pub fn run(&self, line: &str) -> Ended {
        self.run_all(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs a command.
    pub fn run_all(&self, arguments: &[&str]) -> Ended {
        ended(&arguments.join(" "), self.command(arguments).output().unwrap())
    }

    /// Runs a command that must end with exit code 0.
    pub fn ok(&self, line: &str) -> Ended {
        self.run(line).exits(0)
    }

    /// Runs a command and reads its standard output as JSON.
    pub fn json(&self, line: &str, code: i32) -> Json {
        let ended = self.run(line).exits(code);
        serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended}"))
    }

    /// Changes the farm from outside.
    pub fn set(&self, what: &str) -> &Scene {
        self.ok(&format!("practice set . {what}"));
        self
    }

    /// Returns the lines of the farm's audit; none where there is no farm.
    pub fn audit(&self) -> Vec<Json> {
        let text = fs::read_to_string(self.at(".practice/audit.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Returns every request in the farm's audit that changes something, in order.
    pub fn acts(&self) -> Vec<String> {
        let is_look = |request: &str| {
            let what = request.split_once(": ").map_or(request, |(on, what)| if on == "SQL" { "SELECT" } else { what });
            ["SELECT", "Get-", "Test-", "list ", "fingerprint "].iter().any(|look| what.starts_with(look))
        };
        let requests = self.audit().into_iter().filter_map(|line| Some(line.get("request")?.as_str()?.to_string()));
        requests.filter(|request| !is_look(request)).collect()
    }

    /// Returns the ids of the runs.
    pub fn runs(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.at(".rolewalk/runs")) else { return Vec::new() };
        let mut runs: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        runs.sort();
        runs
    }

    /// Returns the only run.
    pub fn run_id(&self) -> String {
        let runs = self.runs();
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs.into_iter().next().unwrap()
    }

    /// Returns the journal of the only run, from the scene's folder.
    pub fn journal(&self) -> String {
        format!(".rolewalk/runs/{}/journal.jsonl", self.run_id())
    }

    /// Returns the events in the journal of the only run: their names, and the steps that they are about.
    #[cfg(unix)]
    pub fn events(&self) -> Vec<(String, Option<u64>)> {
        let text = self.read(&self.journal());
        let lines = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
        lines.map(|line| (line["event"].as_str().unwrap().into(), line["step"].as_u64())).collect()
    }

    /// Returns every server's role as `observe` sees it, for example `PVS1 master, PVS2 slave`.
    pub fn roles(&self) -> String {
        let ended = self.run("observe . --format json");
        let seen: Json = serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {ended}"));
        let servers = seen["groups"][0]["servers"].as_object().unwrap();
        let told = servers.iter().map(|(name, at)| format!("{name} {}", at["role"].as_str().unwrap_or("?")));
        told.collect::<Vec<_>>().join(", ")
    }
}

impl Ended {
    /// Fails unless the command ended with this exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Ended {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Fails unless standard output or standard error says this, wherever lines are broken.
    #[track_caller]
    pub fn says(self, what: &str) -> Ended {
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = flat(&self.out).contains(&flat(what)) || flat(&self.err).contains(&flat(what));
        assert!(said, "`{what}` is not said: {self}");
        self
    }

    /// Returns what was said, without what differs from run to run: times, ids, folders.
    pub fn masked(&self, scene: &Scene) -> String {
        let text = format!("{}{}", self.out, self.err);
        mask(&text.replace(scene.path().to_str().unwrap(), "HERE"))
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "rolewalk {}: {:?}\n--- stdout\n{}--- stderr\n{}---", self.line, self.code, self.out, self.err)
    }
}

/// Returns what a finished process left.
pub fn ended(line: &str, output: Output) -> Ended {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    Ended { line: line.into(), code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Copies what is in a folder.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Masks ids (eight or more hexadecimal digits with a digit among them), times and dates.
fn mask(text: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == ':' || c == '-')).unwrap_or(rest.len());
        let (word, after) =
            if end == 0 { rest.split_at(rest.chars().next().unwrap().len_utf8()) } else { rest.split_at(end) };
        masked.push_str(&mask_word(word));
        rest = after;
    }
    masked
}

fn mask_word(word: &str) -> String {
    let is_id = |word: &str| word.len() >= 8 && word.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let shape: String = word.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    match shape.as_str() {
        "99:99:99" | "99:99" => "TIME".into(),
        "9999-99-99" => "DATE".into(),
        _ if word.strip_prefix("b3:").is_some_and(is_id) => "b3:ID".into(),
        _ if is_id(word) => "RUN".into(),
        _ => word.into(),
    }
}
