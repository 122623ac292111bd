//! What the documents say is so: their commands run and end as they say, what they show is what is printed, the
//! files and tests that they name are there.
//!
//! Each document has a fresh copy of the examples, and its blocks are read in order:
//!
//! - ```` ```sh ````: each line that begins with `rolewalk` or `cargo run --release --` is run; it must end with exit
//!   code 0, or with the N of `# exit N` or `# exit N: why` at its end. `RUN` stands for the latest run's id.
//! - ```` ```text ````: every line must be among the lines printed since the last `sh` block began. A line `…` stands
//!   for anything, and one that ends with `…` for its beginning. Times, run ids and plan ids may differ.
//! - ```` ```yaml ```` with the first line `# FILE`: every line must stand in that file; with `# FILE, changed`: the
//!   block becomes the file.

mod copy;

use std::collections::BTreeSet;
use std::fs;

use copy::{Copy, examples, root};

/// Commands of the documents that are not rolewalk's, or would take the tests into themselves.
const NOT_RUN: [&str; 3] = ["./test", ".ci/run", "cargo install --path ."];

/// What was looked at in a document.
#[derive(Debug, Default)]
struct Counts {
    commands: usize,
    shown: usize,
    files: usize,
}

/// A document being followed.
struct Reader {
    document: String,
    copy: Copy,
    printed: BTreeSet<String>,
    counts: Counts,
}

impl Reader {
    fn block(&mut self, kind: &str, lines: &[&str]) {
        match kind {
            "sh" => {
                self.printed.clear();
                lines.iter().filter(|line| !line.is_empty()).for_each(|line| self.command(line));
            }
            "text" => lines.iter().for_each(|line| self.shown(line)),
            "yaml" => self.file(lines),
            _ => {}
        }
    }

    fn command(&mut self, line: &str) {
        let (command, remark) = line.split_once(" # ").unwrap_or((line, ""));
        let command = command.trim();
        let arguments = command.strip_prefix("rolewalk ").or_else(|| command.strip_prefix("cargo run --release -- "));
        let Some(arguments) = arguments else {
            assert!(NOT_RUN.contains(&command), "{}: `{command}` is not run by any test", self.document);
            return;
        };
        let mut words = words(arguments);
        let run = self.latest_run();
        words.iter_mut().filter(|word| *word == "RUN").for_each(|word| word.clone_from(&run));
        let said = self.copy.run(&words.iter().map(String::as_str).collect::<Vec<_>>());
        let code = remark.trim().strip_prefix("exit ").map(|code| code.split(':').next().unwrap_or(code));
        let code = code.map_or(0, |code| code.parse().expect("`# exit N`"));
        assert_eq!(said.code, code, "{}: `{command}` said\n{}", self.document, said.text);
        self.printed.extend(said.text.lines().map(|line| masked(line.trim())));
        self.counts.commands += 1;
    }

    fn latest_run(&self) -> String {
        let history = self.copy.run(&["history"]).text;
        history.lines().last().and_then(|line| line.split_whitespace().next()).unwrap_or_default().into()
    }

    fn shown(&mut self, line: &str) {
        let line = masked(line.trim());
        let is_there = match line.strip_suffix('…') {
            Some(begin) => self.printed.iter().any(|printed| printed.starts_with(begin)),
            None => line.is_empty() || self.printed.contains(&line),
        };
        let printed = self.printed.iter().map(|line| format!("{line}\n")).collect::<String>();
        assert!(is_there, "{}: nobody printed\n{line}\nbut\n{printed}", self.document);
        self.counts.shown += 1;
    }

    fn file(&mut self, lines: &[&str]) {
        let Some(name) = lines.first().and_then(|line| line.strip_prefix("# ")) else { return };
        if !name.starts_with("examples/") {
            return;
        }
        if let Some(name) = name.strip_suffix(", changed") {
            fs::write(self.copy.path(name), lines[1..].join("\n") + "\n").expect("written");
        } else {
            let text = fs::read_to_string(self.copy.path(name)).expect(name);
            for line in &lines[1..] {
                assert!(text.lines().any(|one| one == *line), "{}: `{line}` is not in {name}", self.document);
            }
        }
        self.counts.files += 1;
    }
}

/// Splits a command line at spaces outside double quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().expect("there is one").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Replaces what differs from run to run: ids and times.
fn masked(line: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == ':' || c == '-' || c == '.';
    let mut masked = String::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| is_part(c) != is_part(first)).unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        masked.push_str(&mask(token));
        rest = after;
    }
    masked
}

fn mask(token: &str) -> String {
    let shape: String = token.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    if token.len() == 8 && token.chars().all(|c| c.is_ascii_hexdigit()) {
        "RUN".into()
    } else if token.starts_with("b3:") {
        "b3:ID".into()
    } else if shape.starts_with("0000-00-00") || shape.starts_with("00:00:00") || shape == "00:00" {
        // A time stands in a column of its own width in all cases.
        shape.chars().take(10).collect()
    } else {
        token.into()
    }
}

fn follow(document: &str) -> Counts {
    let text = fs::read_to_string(root().join(document)).expect(document).replace("\r\n", "\n");
    let mut reader =
        Reader { document: document.into(), copy: Copy::new(), printed: BTreeSet::new(), counts: Counts::default() };
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            reader.block(kind, &block);
        }
    }
    reader.counts
}

#[test]
fn the_readme_does_what_it_says() {
    let counts = follow("README.md");
    assert!(counts.commands >= 30 && counts.shown >= 25 && counts.files >= 2, "{counts:?}");
}

#[test]
fn the_readme_of_every_example_does_what_it_says() {
    for example in examples() {
        let counts = follow(&format!("examples/{example}/README.md"));
        assert!(counts.commands >= 8 && counts.shown >= 15, "{example}: {counts:?}");
    }
}

#[test]
fn every_guide_does_what_it_says() {
    let mut all = Counts::default();
    for guide in documents().iter().filter(|name| name.starts_with("docs/") && *name != "docs/reference.md") {
        let counts = follow(guide);
        all.commands += counts.commands;
        all.shown += counts.shown;
    }
    assert!(all.commands >= 50 && all.shown >= 12, "{all:?}");
}

#[test]
fn the_picture_of_the_readme_is_drawn_from_its_plan() {
    let copy = Copy::new();
    assert_eq!(copy.run(&["plan", "examples/campus", "-o", "plan.json"]).code, 0);
    let bytes = fs::read(copy.path("plan.json")).expect("a plan");
    let (plan, _) = rolewalk::format::plan::read("plan.json", &bytes, &rolewalk::system::tables()).expect("a plan");
    let wanted = rolewalk::report::html::picture(&plan.groups[0], rolewalk::model::words::Language::English);
    let path = root().join("docs/plan.svg");
    if std::env::var_os("ROLEWALK_UPDATE").is_some() {
        fs::write(&path, &wanted).expect("written");
    }
    let found = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(found == wanted, "docs/plan.svg is stale: run the tests with ROLEWALK_UPDATE=1");
}

/// Returns the documents at the top and the guides below `docs`.
fn documents() -> Vec<String> {
    let mut names: Vec<String> =
        ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "examples/ci/README.md"].map(Into::into).into();
    let guides = fs::read_dir(root().join("docs")).expect("the guides");
    let guides = guides.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"));
    names.extend(guides.filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")));
    names.sort();
    names
}

/// Returns what stands between single backticks outside blocks.
fn quoted(text: &str) -> Vec<&str> {
    let mut quoted = Vec::new();
    let mut in_block = false;
    for line in text.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            quoted.extend(line.split('`').skip(1).step_by(2));
        }
    }
    quoted
}

#[test]
fn every_file_and_every_test_that_a_document_names_is_there() {
    let (mut files, mut tests) = (0, 0);
    for document in &documents() {
        let text = fs::read_to_string(root().join(document)).expect(document);
        for quoted in quoted(&text) {
            let (path, name) = quoted.split_once("::").unwrap_or((quoted, ""));
            let is_path = ["src/", "tests/", "schemas/", "examples/", "fixtures/", "docs/"]
                .iter()
                .any(|top| path.starts_with(top));
            if !is_path || path.contains(['*', '<', ' ', '{']) {
                continue;
            }
            let path = root().join(path);
            assert!(path.exists(), "{document} names {quoted}");
            files += 1;
            if !name.is_empty() {
                let source = fs::read_to_string(&path).expect("a source file");
                assert!(source.contains(&format!("fn {name}(")), "{document} names the test {quoted}");
                tests += 1;
            }
        }
    }
    assert!(files >= 60 && tests >= 10, "{files} files, {tests} tests");
}

#[test]
fn the_architecture_is_read_in_one_sitting() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    assert!(text.lines().count() < 200);
}

#[test]
fn ids_and_times_are_masked_and_nothing_else() {
    assert_eq!(masked("08:04:20 run ee1653fc ended with exit code 7"), "00:00:00 run RUN ended with exit code 7");
    assert_eq!(masked("until 2026-11-22 09:04 UTC:"), "until 0000-00-00 00:00 UTC:");
    assert_eq!(masked("plan b3:6448046c"), "plan b3:ID");
    assert_eq!(masked("`PVS3` has 102400 MiB free"), "`PVS3` has 102400 MiB free");
    assert_eq!(
        words(r#"practice set F --running-task "Hoge の""#),
        ["practice", "set", "F", "--running-task", "Hoge の"]
    );
}
