//! `attest`, by the real binary: what no probe can see is said by a person, holds until it is over, is in the journal of
//! the run that relied on it, and never overrides what was seen.

mod copy;

use std::fs;
use std::path::Path;

use copy::{Copy, Said};

const GROUP: &str = "group.yaml";

/// A group that nobody watches: the farm's operator is a person.
fn stage() -> Copy {
    let copy = Copy::new();
    let write = |name: &str, text: &str| fs::write(copy.path(name), text).unwrap();
    write(
        "farm.yaml",
        "version: 1\noperator: person\nwsmgr:\n  Web: { servers: { web1: manager, web2: member, web3: member } }\n",
    );
    write("connections.yaml", "version: 1\nconnections: { practice: { practice: farm.yaml } }\n");
    write(
        GROUP,
        "version: 1\ngroup: Web\nsystem: wsmgr\nconnection: practice\nservers: { web1: manager, web2: disabled, web3: member }\n",
    );
    copy
}

/// Runs a command; what it says is on one line, however wide the page was.
fn run(copy: &Copy, line: &str) -> Said {
    let said = copy.run(&line.split_whitespace().collect::<Vec<_>>());
    Said { text: said.text.split_whitespace().collect::<Vec<_>>().join(" "), ..said }
}

/// How many facts are attested.
fn listed(copy: &Copy) -> usize {
    run(copy, &format!("attest --list {GROUP}")).text.matches("attested by").count()
}

fn attest(copy: &Copy, facts: &str) -> Said {
    run(copy, &format!("attest {GROUP} --group Web {facts} --until 8h --by hanako"))
}

const EVERYTHING: &str =
    "web1.role=manager web2.role=member web3.role=member web1.sync=complete web2.sync=complete web3.sync=complete";

fn journals(copy: &Copy) -> String {
    let runs = fs::read_dir(copy.path(".rolewalk/runs")).unwrap();
    runs.map(|run| fs::read_to_string(run.unwrap().path().join("journal.jsonl")).unwrap()).collect()
}

// WS-13
#[test]
fn a_run_waits_for_what_a_person_sees_and_goes_on_once_that_is_attested() {
    let copy = stage();
    let planned = run(&copy, &format!("plan {GROUP}"));
    assert!(planned.code == 3 && planned.text.contains("nobody has attested it"), "{}", planned.text);
    assert_eq!(attest(&copy, EVERYTHING).code, 0);
    let observed = run(&copy, &format!("observe {GROUP}"));
    assert!(observed.text.contains("web1.role = manager (attested by hanako until "), "{}", observed.text);
    let waiting = run(&copy, &format!("apply {GROUP} --yes"));
    assert_eq!(waiting.code, 6, "{}", waiting.text);
    let command = "rolewalk attest group.yaml --group Web web2.role=disabled --until 8h";
    assert!(waiting.text.contains(&format!("hint: When it is so, attest it: `{command}`")), "{}", waiting.text);
    // Nothing is so yet: the run waits on.
    assert_eq!(run(&copy, "resume").code, 6);
    assert_eq!(run(&copy, "practice set farm.yaml --operation web2=disabled").code, 0);
    let said = run(&copy, command.trim_start_matches("rolewalk "));
    assert!(said.code == 0 && said.text.contains("attested: web2.role = disabled, by admin at "), "{}", said.text);
    let resumed = run(&copy, "resume");
    assert_eq!(resumed.code, 0, "{}", resumed.text);
    assert!(resumed.text.contains("relies on: web2.role = disabled (attested by admin until "), "{}", resumed.text);
    let journal = journals(&copy);
    assert_eq!(journal.matches("\"event\":\"facts_attested\"").count(), 2, "{journal}");
    assert!(journal.contains("attested by hanako until ") && journal.contains("attested by admin until "));
    assert_eq!(run(&copy, &format!("drift {GROUP}")).code, 0);
}

#[test]
fn what_is_attested_is_listed_replaced_withdrawn_and_over() {
    let copy = stage();
    assert_eq!(attest(&copy, EVERYTHING).code, 0);
    assert_eq!(attest(&copy, "web3.sync=error").code, 0);
    assert_eq!(self::listed(&copy), 6);
    let listed = run(&copy, &format!("attest --list {GROUP}"));
    assert!(listed.text.contains("Web (wsmgr): web3.sync = error, attested by hanako until "), "{}", listed.text);
    assert_eq!(run(&copy, &format!("attest {GROUP} --withdraw web3.sync")).code, 0);
    assert_eq!(self::listed(&copy), 5);
    assert_eq!(run(&copy, &format!("attest {GROUP} --withdraw web3.sync")).code, 1);
    // A second is over before the next look.
    assert_eq!(run(&copy, &format!("attest {GROUP} --server web1 role=manager --until 1s")).code, 0);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let planned = run(&copy, &format!("plan {GROUP}"));
    assert!(planned.code == 3 && planned.text.contains("was good until"), "{}", planned.text);
    assert!(run(&copy, &format!("attest --list {GROUP}")).text.contains("(over)"));
}

#[test]
fn what_can_not_be_attested_is_refused_and_nothing_is_recorded() {
    let copy = stage();
    for (line, says) in [
        ("attest group.yaml web1.role=boss --until 8h", "unregistered | disabled | member | manager"),
        ("attest group.yaml web9.role=member --until 8h", "no declared server"),
        ("attest group.yaml role=member --until 8h", "no fact that can be attested"),
        ("attest group.yaml web1.pool=in --until 8h", "no fact that can be attested"),
        ("attest group.yaml config_bytes=much --until 8h", "config_bytes"),
        ("attest group.yaml web1.role=manager web1.role=member --until 8h", "`web1.role` is given twice"),
        ("attest group.yaml --list --group nosuch", "no such group"),
        ("attest group.yaml web1.role=member", "`--until` is missing"),
        ("attest group.yaml web1.role=member --until yesterday", "neither a time nor a span"),
        ("attest group.yaml web1.role=member --until 2020-01-01T00:00Z", "over already"),
        ("attest group.yaml --group Other web1.role=member --until 8h", "no such group"),
        ("attest group.yaml --until 8h", "SERVER.role=unregistered|disabled|member|manager"),
        ("attest web1.role=member --until 8h", "no topology"),
        ("attest examples/failover-group role=primary --until 8h", "nothing can be attested"),
    ] {
        let said = run(&copy, line);
        assert!(said.code == 1 && said.text.contains(says), "{line}: {}", said.text);
    }
    assert!(!Path::new(&copy.path(".rolewalk/attested")).exists());
    fs::create_dir(copy.path("env=prod")).unwrap();
    fs::copy(copy.path(GROUP), copy.path("env=prod/group.yaml")).unwrap();
    let said = run(&copy, "attest env=prod/group.yaml --list");
    assert_eq!(said.code, 0, "a path that is there is no fact: {}", said.text);
}

#[test]
fn a_damaged_record_is_unknown_and_never_nothing() {
    let copy = stage();
    assert_eq!(attest(&copy, EVERYTHING).code, 0);
    let files: Vec<_> = fs::read_dir(copy.path(".rolewalk/attested")).unwrap().map(|one| one.unwrap().path()).collect();
    let file = files.iter().find(|path| path.extension().is_some_and(|end| end == "json")).unwrap();
    let schema = fs::read_to_string(copy.path("schemas/attested.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    assert!(validator.is_valid(&value), "{value}");
    fs::write(file, "{ torn").unwrap();
    let planned = run(&copy, &format!("plan {GROUP}"));
    assert!(planned.code == 3 && planned.text.contains("what is attested can't be read"), "{}", planned.text);
    assert_eq!(attest(&copy, "web1.role=manager").code, 1, "it is not written over");
}
