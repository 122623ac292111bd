//! The layers, read off the source: who may import whom, and what is nowhere to be found.
//!
//! Tests inside `src` are left out: they may use whatever helps them. The rules stand in ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each layer, and the layers that it may import besides itself.
const MAY_IMPORT: [(&str, &[&str]); 10] = [
    ("model", &[]),
    ("format", &["model"]),
    ("system", &["model"]),
    ("plan", &["model"]),
    ("disk", &["model"]),
    ("world", &["model", "disk"]),
    ("report", &["model", "format", "plan"]),
    ("run", &["model", "format", "system", "plan", "world"]),
    ("simulate", &["model", "format", "system", "plan", "world", "run"]),
    ("cli", &["model", "format", "system", "plan", "world", "run", "simulate", "report"]),
];

/// What reads a clock.
const CLOCKS: [&str; 4] = ["Timestamp::now", "Zoned::now", "SystemTime", "Instant"];
/// What has an effect or reads what is not an argument.
const EFFECTS: [&str; 14] = [
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "std::io::std",
    "env::var",
    "fs::",
    "File::open",
    "tokio",
    "print!(",
    "println!(",
    "rusqlite",
    "tempfile",
];

/// One source file without its tests.
struct Source {
    /// Below `src`, with `/`.
    name: String,
    code: String,
}

impl Source {
    /// Returns the layer, or nothing for `lib.rs` and `main.rs`.
    fn layer(&self) -> &str {
        self.name.split_once('/').map_or("", |(layer, _)| layer)
    }

    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.name.starts_with(place))
    }
}

/// Reads all source files, without comments and without what is compiled for tests alone.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    let mut only_tests = BTreeSet::new();
    let mut sources = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        let code = without_tests(&name, &text, &mut only_tests);
        sources.push(Source { name, code });
    }
    let is_test = |name: &str| {
        only_tests.iter().any(|one: &String| name == format!("{one}.rs") || name.starts_with(&format!("{one}/")))
    };
    sources.retain(|source| !is_test(&source.name));
    sources
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => collect(&path, paths),
            false if path.extension().is_some_and(|extension| extension == "rs") => paths.push(path),
            false => {}
        }
    }
}

/// Leaves out comments, modules inside the file that are for tests, and notes the files of those outside.
fn without_tests(name: &str, text: &str, only_tests: &mut BTreeSet<String>) -> String {
    let folder = match name.strip_suffix("/mod.rs") {
        Some(folder) => folder,
        None => name.strip_suffix(".rs").unwrap(),
    };
    let beside = folder.rsplit_once('/').map_or("", |(beside, _)| beside);
    let mut code = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.split("//").next().unwrap_or("");
        if line.trim() != "#[cfg(test)]" {
            code.push_str(line);
            code.push('\n');
            continue;
        }
        let mut item = lines.next().unwrap_or("").trim();
        let mut file = None;
        while item.starts_with("#[") {
            file = item.strip_prefix("#[path = \"").and_then(|rest| rest.strip_suffix(".rs\"]")).or(file);
            item = lines.next().unwrap_or("").trim();
        }
        match (item.strip_suffix(';').and_then(|item| item.split_once("mod ")), file) {
            (Some(_), Some(file)) => {
                only_tests.insert(format!("{beside}/{file}")) || only_tests.insert(format!("{folder}/{file}"))
            }
            (Some((_, module)), None) => only_tests.insert(format!("{folder}/{module}")),
            // What is inside the file and for tests alone stands at its end.
            (None, _) if item.contains("mod ") => return code,
            (None, _) => false,
        };
    }
    code
}

/// Returns the words that follow `crate::` in some code: of `use crate::{a, b::c}` all of them.
fn imported(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let end = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        match rest.strip_prefix('{') {
            Some(group) => {
                let group = group.split(';').next().unwrap_or("");
                found.extend(group.split(',').map(|one| one.trim()).map(|one| one[..end(one)].to_string()));
            }
            None => _ = found.insert(rest[..end(rest)].to_string()),
        }
    }
    found.remove("");
    found
}

/// Asserts that none of `words` stands in the files of `layers`, but for `except`.
fn nowhere(sources: &[Source], layers: &[&str], words: &[&str], except: &[&str]) -> usize {
    let mut looked_at = 0;
    for source in sources.iter().filter(|source| layers.contains(&source.layer()) && !source.is_in(except)) {
        for word in words {
            let line = source.code.lines().find(|line| line.contains(word));
            assert_eq!(line, None, "`{word}` in src/{}", source.name);
        }
        looked_at += 1;
    }
    looked_at
}

#[test]
fn every_layer_imports_only_what_it_may() {
    let sources = sources();
    let allowed: BTreeMap<&str, &[&str]> = MAY_IMPORT.into();
    let mut looked_at = BTreeMap::new();
    for source in &sources {
        let Some(may) = allowed.get(source.layer()) else {
            assert!(["lib.rs", "main.rs"].contains(&source.name.as_str()), "src/{} is in no layer", source.name);
            continue;
        };
        for word in imported(&source.code) {
            let is_fine = word == source.layer() || may.contains(&word.as_str());
            assert!(is_fine, "src/{} imports crate::{word}", source.name);
        }
        *looked_at.entry(source.layer()).or_insert(0) += 1;
    }
    let all: Vec<&str> = looked_at.keys().copied().collect();
    let mut expected: Vec<&str> = MAY_IMPORT.iter().map(|(layer, _)| *layer).collect();
    expected.sort_unstable();
    assert_eq!(all, expected);
    assert!(looked_at.values().sum::<usize>() >= 120 && looked_at.values().all(|files| *files >= 5), "{looked_at:?}");
}

#[test]
fn what_decides_has_no_effect_and_reads_no_clock() {
    let sources = sources();
    let pure = ["model", "system", "plan", "format", "report"];
    let words: Vec<&str> = CLOCKS.into_iter().chain(EFFECTS).chain(["rand::", "getrandom"]).collect();
    let looked_at = nowhere(&sources, &pure, &words, &[]);
    assert!(looked_at >= 60, "{looked_at}");
}

#[test]
fn disk_changes_nothing_but_its_own_cache() {
    let sources = sources();
    let changes = [
        "fs::write",
        "fs::rename",
        "fs::remove",
        "fs::copy",
        "fs::create",
        "File::create",
        "OpenOptions",
        "set_len",
        "tempfile",
    ];
    let looked_at = nowhere(&sources, &["disk"], &changes, &["disk/cache.rs"]);
    assert!(looked_at >= 10, "{looked_at}");
}

#[test]
fn the_practice_farm_never_reads_a_table() {
    let sources = sources();
    let looked_at =
        nowhere(&sources, &["world"], &["model::table", "model::plan", "model::guard", "::system", "Transition"], &[]);
    assert!(looked_at >= 20, "{looked_at}");
}

#[test]
fn the_environment_is_read_in_one_place_and_nothing_is_printed_outside_the_command_line() {
    let sources = sources();
    let layers: Vec<&str> = MAY_IMPORT.iter().map(|(layer, _)| *layer).collect();
    let environment = nowhere(&sources, &layers, &["env::var", "std::env"], &["cli/setting.rs"]);
    let printing = nowhere(&sources, &layers, &["print!(", "println!(", "process::exit"], &["cli/"]);
    assert!(environment >= 120 && printing >= 100, "{environment} {printing}");
}

#[test]
fn what_is_left_out_and_what_is_found_is_as_meant() {
    let mut only_tests = BTreeSet::new();
    let text = "use crate::a; // crate::b\n#[cfg(test)]\nmod outside;\n#[cfg(test)]\n#[path = \"other_tests.rs\"]\nmod tests;\n\
        fn f() { crate::c::g() }\n#[cfg(test)]\nmod inside {\n    use crate::d;\n}\n";
    let code = without_tests("x/y.rs", text, &mut only_tests);
    assert_eq!(imported(&code).into_iter().collect::<Vec<_>>(), ["a", "c"]);
    assert!(["x/y/outside", "x/other_tests"].iter().all(|file| only_tests.contains(*file)), "{only_tests:?}");
    assert_eq!(imported("use crate::{e::{f}, g};").into_iter().collect::<Vec<_>>(), ["e", "g"]);
}
