//! Scenarios: conversations with a practice farm in memory, one text file each under `tests/scenarios/`.
//!
//! Every scenario is told once as it is written, and once more for each line of its journals with a crash there: a
//! new loop goes on over the same farm, and the end must be the same with nothing done twice. A crash comes in two
//! kinds: right behind the line, and with the line itself cut off half way, as if what it tells had just happened.
//!
//! `ROLEWALK_UPDATE=1 cargo test --test scenarios` writes the answers anew.

mod farm;
mod talk;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use talk::{Crash, Talk, Turn, parse, render};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "txt")).collect();
    files.sort();
    files
}

fn read(path: &Path) -> (String, Vec<Turn>) {
    let text = std::fs::read_to_string(path).unwrap().replace("\r\n", "\n");
    let turns = parse(&text);
    (text, turns)
}

#[test]
fn every_scenario_goes_as_it_is_told() {
    let files = files();
    assert!(files.len() >= 15, "{files:?}");
    let mut wrong = Vec::new();
    for path in &files {
        let (text, turns) = read(path);
        let mut talk = Talk::new(None);
        let told: Vec<Turn> = turns.iter().map(|turn| talk.take(turn)).collect();
        let told = render(&told);
        if std::env::var_os("ROLEWALK_UPDATE").is_some() {
            std::fs::write(path, &told).unwrap();
        } else if told != text {
            wrong.push(format!("{} goes like this:\n{told}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn after_a_crash_at_any_line_of_its_journals_a_scenario_ends_the_same_and_does_nothing_twice() {
    let told: Vec<(PathBuf, Vec<Turn>, Talk)> = files().into_iter().map(usual).collect();
    let crashes: Vec<(usize, Crash)> = (told.iter().enumerate())
        .flat_map(|(index, (.., usual))| usual.crash_points().into_iter().map(move |line| (index, line)))
        .flat_map(|(index, line)| [false, true].map(|is_torn| (index, Crash { line, is_torn })))
        .collect();
    // Journals are flushed to the disk line by line: several scenarios wait for it side by side.
    let parts = crashes.chunks(crashes.len().div_ceil(8));
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let told = &told;
        let part = |part| scope.spawn(move || crash_all(part, told));
        let running: Vec<_> = parts.map(part).collect();
        running.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), crashes.len(), wrong.join("\n"));
    assert_eq!(crashes.len(), CRASHES);
}

/// A scenario, told without a crash.
fn usual(path: PathBuf) -> (PathBuf, Vec<Turn>, Talk) {
    let (_, turns) = read(&path);
    let mut usual = Talk::new(None);
    turns.iter().for_each(|turn| drop(usual.take(turn)));
    (path, turns, usual)
}

fn crash_all(crashes: &[(usize, Crash)], told: &[(PathBuf, Vec<Turn>, Talk)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (index, crash) in crashes {
        let (path, turns, usual) = &told[*index];
        let mut talk = Talk::new(Some(*crash));
        turns.iter().for_each(|turn| drop(talk.take(turn)));
        assert!(talk.has_crashed(), "{}: no crash at {crash:?}", path.display());
        let place = format!("{} {crash:?}", path.display());
        if talk.end() != usual.end() {
            wrong.push(format!("{place}:\n{}\nnot\n{}", talk.end(), usual.end()));
        }
        let twice = twice(&usual.acts(), &talk.acts());
        if !twice.is_empty() {
            wrong.push(format!("{place}: done twice: {twice:?}"));
        }
    }
    wrong
}

/// How many crashes there are: two for each line of each scenario's journals that a run was still going at.
const CRASHES: usize = 2_634;

/// PVS does not tell whether a server that is down was marked so; marking it again changes nothing. While the services of
/// a Sun Ray server are stopped nothing tells what its data store holds; the same dump restored again changes nothing.
/// LifeKeeper does not tell whether its lists are on disk, nor DataKeeper whether a switchover was cleared; the same key
/// saved again changes nothing. Waiting again for sessions to end ends none.
const HARMLESS: [&str; 7] = [
    "Invoke-PvsMarkDown",
    "utstop",
    "utldif2ldbm",
    "lcdsync",
    "clearswitchover",
    "reg export",
    "load balancer: wait until",
];

/// Returns the acts that were done more often than usual, and more than once.
fn twice(usual: &BTreeMap<String, usize>, acts: &BTreeMap<String, usize>) -> Vec<String> {
    let often = acts.iter().filter(|(act, count)| {
        **count > usual.get(*act).copied().unwrap_or(0).max(1) && !HARMLESS.iter().any(|one| act.contains(one))
    });
    often.map(|(act, count)| format!("{count} × {act}")).collect()
}
