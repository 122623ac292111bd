//! Bad files: each fixture has the fault that it is named after, and its message stands beside it. Good files:
//! the parser and an independent validator of the schema agree.
//!
//! `ROLEWALK_UPDATE=1 cargo test --test bad_input` writes the messages and the schemas anew.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rolewalk::format::connections::{self, Connections};
use rolewalk::format::fault::{Fault, render};
use rolewalk::format::source::{MAX_BYTES, SourceFile, too_large};
use rolewalk::format::{schema, topology};
use rolewalk::model::topology::Topology;
use rolewalk::model::words::Language;
use rolewalk::system;

const CONNECTIONS: &str = "connections.yaml";
/// The fixture that has many faults, of which none gives it its name.
const MANY: &str = "all-at-once";
/// The faults that a schema finds as well.
const IN_SCHEMA: [&str; 16] = [
    "bad-divergence",
    "bad-duration",
    "bad-port",
    "bad-secret",
    "connection-kind",
    "control-character",
    "empty-group",
    "missing-field",
    "name-too-long",
    "no-role",
    "unknown-connection-kind",
    "unknown-field",
    "unknown-role",
    "unknown-tls",
    "wrong-kind",
    "wrong-version",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn paths(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml")
}

fn file(path: &Path) -> SourceFile {
    let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
    SourceFile { name, bytes: fs::read(path).unwrap() }
}

fn source(text: impl Into<Vec<u8>>) -> SourceFile {
    SourceFile { name: "a.yaml".into(), bytes: text.into() }
}

fn parse(files: &[SourceFile], connections: Option<&Connections>) -> Result<Vec<Topology>, Vec<Fault>> {
    topology::parse(files, &system::tables(), &|_| connections)
}

fn only(files: SourceFile) -> Vec<Fault> {
    parse(&[files], None).unwrap_err()
}

/// Returns the faults of all files of a folder.
fn faults(folder: &Path) -> Vec<Fault> {
    let connections = folder.join(CONNECTIONS);
    let known = if connections.exists() { connections::parse(&file(&connections)).map(Some) } else { Ok(None) };
    let known = match known {
        Ok(known) => known,
        Err(faults) => return faults,
    };
    let files: Vec<_> = paths(folder.to_str().unwrap())
        .iter()
        .filter(|path| is_yaml(path) && !path.ends_with(CONNECTIONS))
        .map(|path| file(path))
        .collect();
    if files.is_empty() { Vec::new() } else { parse(&files, known.as_ref()).err().unwrap_or_default() }
}

/// Compares a file with what it should hold, or writes it where that was asked for.
fn expect(path: &Path, have: &str) {
    if std::env::var_os("ROLEWALK_UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, have).unwrap();
    }
    let want = fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
    assert_eq!(have, want, "{} is stale; ROLEWALK_UPDATE=1 writes it anew", path.display());
}

#[test]
fn every_bad_fixture_has_the_fault_it_is_named_after_and_says_so() {
    let folders = paths("fixtures/bad");
    for folder in &folders {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let faults = faults(folder);
        let names: Vec<_> = faults.iter().map(|fault| fault.name).collect();
        assert!(names == [name] || (name == MANY && names.len() > 8), "{name}: {names:?}");
        for (language, suffix) in [(Language::English, "en"), (Language::Japanese, "ja")] {
            let messages: Vec<_> = faults.iter().map(|fault| render(fault, language, false)).collect();
            expect(&folder.join(format!("message.{suffix}.txt")), &messages.join("\n"));
        }
    }
    assert_eq!(folders.len(), 57);
}

#[test]
fn two_leaders_are_shown_in_the_agreed_form() {
    // CS-03
    let faults = faults(&root().join("fixtures/bad/two-leaders"));
    assert_eq!(
        render(&faults[0], Language::English, false),
        "error: two masters in group `Store`
  --> fixtures/bad/two-leaders/store.yaml:8:3
   |
 6 |   PVS1: master
   |         ------ the first
 8 |   PVS3: master
   |         ^^^^^^ the second

hint: a group has exactly one master; give `PVS1` another role to hand over to `PVS3`
"
    );
}

#[test]
fn what_a_file_cannot_carry_is_made_here() {
    let large = source(vec![b'#'; 100 * 1024 * 1024]);
    assert_eq!(only(large), [too_large("a.yaml", 100 * 1024 * 1024)]);
    assert_eq!(too_large("a.yaml", MAX_BYTES + 1).message.en, "the file is too large: 17 MiB, at most 16 MiB are read");

    let mut bomb = String::from("version: 1\na0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let repeated = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb += &format!("a{level}: &a{level} [{repeated}]\n");
    }
    let faults = only(source(bomb));
    assert_eq!(faults.iter().map(|fault| fault.name).collect::<Vec<_>>(), ["alias-bomb"]);
    assert!(faults[0].at.is_some_and(|(line, _)| line > 6), "{:?}", faults[0].at);
}

#[test]
fn a_hundred_thousand_servers_fit() {
    let mut text = String::from("version: 1\ngroup: Store\nsystem: co-store\nservers:\n  PVS-000000: master\n");
    for number in 1..100_000 {
        text += &format!("  PVS-{number:06}: {{ role: slave, because: \"new hardware, CHG-{number}\" }}\n");
    }
    let topologies = parse(&[source(text)], None).unwrap();
    assert_eq!(topologies[0].servers.len(), 100_000);
    assert_eq!(topologies[0].servers[99_999].line, 100_004);
}

#[test]
fn a_flood_of_faults_is_counted_and_not_told_one_by_one() {
    let mut text = String::from("version: 1\ngroup: Store\nsystem: co-store\nservers:\n");
    (0..20_000).for_each(|number| text += &format!("  PVS-{number:06}: slvae\n"));
    let faults = only(source(text));
    assert_eq!(faults.len(), 1001);
    assert_eq!(faults[1000].message.en, "19000 more faults in this file are not shown");
}

#[test]
fn no_message_shows_a_secret() {
    for text in [
        "version: 1\nconnections:\n  a: { practice: farm.yaml, password: hunter2 }\n",
        "version: 1\nconnections:\n  a:\n    api_token: [hunter2]\n    practise: x\n",
        "version: 1\nconnections:\n  a:\n    client-secret: \"hunter2\"\n    client-secret: hunter2\n",
        "version: 1\nconnections:\n  a: { practice: \"Server=db;Password=hunter2\" }\n",
        "version: 1\nconnections:\n  a: { password: \"hunter2 }\n",
        "version: 1\nconnections:\n  a: { password: 'hunter2', password: @hunter2 }\n",
        // On the line after its name, be it deeper or not; and whose it is.
        "version: 1\nconnections:\n  a:\n    password:\n    hunter2: [\n",
        "version: 1\nconnections:\n  a:\n    password:\n      - @hunter2\n",
        "version: 1\nconnections:\n  a:\n    password: \"\n\n hunter2 } [\n",
        "{ version: 1, connections: { a: { password:\n\"hunter2\", practice: [ } } }\n",
        "version: 1\nconnections:\n  a:\n    database: { host: h, user: [ hunter2 ] }\n",
        // The answers of a setup are a secret as a whole.
        "version: 1\nconnections:\n  a:\n    hosts: { wizard: { answers: \"Name=x UserPass=hunter2\" } }\n",
        "version: 1\nconnections:\n  a:\n    hosts:\n      wizard:\n        answers: |\n          UserPass=hunter2\n\t          X=@\n",
        "version: 1\nconnections:\n  a: { practice: \"A=1\\nUserPass=hunter2\" }\n",
    ] {
        let faults = connections::parse(&source(text)).unwrap_err();
        for language in [Language::English, Language::Japanese] {
            let shown: String = faults.iter().map(|fault| render(fault, language, true)).collect();
            assert!(!shown.contains("hunter2"), "{text}\n{shown}");
        }
        assert!(!format!("{faults:?}").contains("hunter2"), "{faults:?}");
    }
    // What stands beside a secret or refers to it is shown.
    let beside = "version: 1\nconnections:\n  a:\n    database:\n      host: h\n      user: u\n      password:\n        env: P\n      prot: 5\n      tls: { x: 1 }\n";
    let shown: String = connections::parse(&source(beside))
        .unwrap_err()
        .iter()
        .map(|fault| render(fault, Language::English, false))
        .collect();
    assert!(shown.contains("prot: 5") && shown.contains("tls: { x: 1 }"), "{shown}");
    let reference = "version: 1\nconnections:\n  a: { practice: farm.yaml, password: { env: DB_PASSWORD } }\n";
    let faults = connections::parse(&source(reference)).err().unwrap_or_default();
    assert!(faults.iter().all(|fault| fault.name != "inline-secret"), "{faults:?}");
}

#[test]
fn the_schemas_are_those_of_the_types() {
    for kind in schema::KINDS {
        let text = schema::schema(kind, &system::tables()).unwrap();
        expect(&root().join(format!("schemas/{kind}.schema.json")), &text);
    }
}

fn validator(kind: &str) -> jsonschema::Validator {
    let text = schema::schema(kind, &system::tables()).unwrap();
    let schema = serde_json::from_str(&text).unwrap();
    assert!(jsonschema::meta::is_valid(&schema), "{kind}");
    jsonschema::validator_for(&schema).unwrap()
}

/// Returns whether an independent validator takes every document of a file.
fn fits(path: &Path) -> bool {
    let kind = if path.ends_with(CONNECTIONS) { "connections" } else { "topology" };
    let text = fs::read_to_string(path).unwrap();
    let documents: Vec<serde_json::Value> = serde_yaml::from_multiple(&text).unwrap();
    documents.iter().filter(|document| !document.is_null()).all(|document| validator(kind).is_valid(document))
}

#[test]
fn every_good_fixture_is_taken_by_the_parser_and_by_the_schema() {
    let fixtures: Vec<_> = paths("fixtures/good").into_iter().filter(|path| is_yaml(path)).collect();
    let known = connections::parse(&file(&root().join("fixtures/good").join(CONNECTIONS))).unwrap();
    for path in &fixtures {
        assert!(fits(path), "{}", path.display());
        if !path.ends_with(CONNECTIONS) {
            let topologies = parse(&[file(path)], Some(&known)).unwrap();
            for topology in &topologies {
                let text = topology::render(topology).unwrap();
                let again = parse(&[source(text)], None).unwrap().remove(0);
                assert_eq!(bare(again), bare(topology.clone()), "{}", path.display());
            }
        }
    }
    assert_eq!(fixtures.len(), 6);
}

/// Returns the topology without its places.
fn bare(mut topology: Topology) -> Topology {
    topology.source = Default::default();
    topology.servers.iter_mut().for_each(|one| one.line = 0);
    topology
}

#[test]
fn what_a_schema_can_find_it_finds() {
    for name in IN_SCHEMA {
        let folder = format!("fixtures/bad/{name}");
        let path = paths(&folder).into_iter().find(|path| is_yaml(path)).unwrap();
        assert!(!fits(&path), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,400}") {
        let _ = parse(&[source(text.clone())], None);
        let _ = connections::parse(&source(text));
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&[source(bytes.clone())], None);
        let _ = connections::parse(&source(bytes));
    }

    #[test]
    fn no_mangled_topology_makes_the_parser_panic(
        cuts in proptest::collection::vec((0usize..900, 0usize..12, "[-:{}\\[\\]&*!|>'\"#%@`, \t\na0東\u{feff}]{0,4}"), 0..6)
    ) {
        let mut text: Vec<char> =
            fs::read_to_string(root().join("fixtures/good/every-field.yaml")).unwrap().chars().collect();
        for (at, length, inserted) in cuts {
            let at = at.min(text.len());
            let end = (at + length).min(text.len());
            text.splice(at..end, inserted.chars());
        }
        let text: String = text.into_iter().collect();
        for fault in parse(&[source(text.clone())], None).err().unwrap_or_default() {
            let shown = render(&fault, Language::Japanese, false);
            prop_assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
        }
        let _ = connections::parse(&source(text));
    }
}
