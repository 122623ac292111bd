use super::*;
use crate::format::sample::{self, seen};

fn read_text(text: &str) -> Result<Snapshot, JsonFault> {
    read("s.json", text.as_bytes(), &sample::tables())
}

fn refused(servers: &str) -> String {
    let text = format!(
        "{{\"format\": \"rolewalk.snapshot/1\", \"groups\": [\n{{\"group\": \"S\", \"system\": \"co-store\", \"servers\": {servers}}}]}}"
    );
    let fault = read_text(&text).unwrap_err();
    let (_, line, column) = fault.place();
    format!("{line}:{column} {fault} ({})", fault.hint().unwrap_or_default().en)
}

#[test]
fn what_we_write_is_read_back_as_the_same_value_and_the_same_bytes() {
    let snapshot = sample::snapshot();
    let text = write(&snapshot, &sample::tables());
    assert_eq!(read_text(&text), Ok(snapshot));
    assert_eq!(write(&read_text(&text).unwrap(), &sample::tables()), text);
}

#[test]
fn a_snapshot_by_hand_needs_only_roles_and_marks() {
    let text = r#"{"format": "rolewalk.snapshot/1", "groups": [{"group": "Store", "system": "co-store", "servers": {
        "PVS1": {"role": "master"}, "PVS2": {"role": "slave", "disks": "complete"}, "PVS3": {}, "PVS4": {"role": null},
        "PVS5": {"role": "unknown", "disks": "unknown"}, "PVS6": {"role": "slave", "ticks": null} }}]}"#;
    let snapshot = read_text(text).unwrap();
    let servers = &snapshot.groups[0].servers;
    let of = |server: &str| servers[&sample::name(server)].clone();
    assert_eq!(of("PVS1"), Standing::of("master").with("ticks", "own"), "ticks left out are as the role wants");
    assert_eq!(of("PVS2"), Standing::of("slave").with("disks", "complete").with("ticks", "others"));
    assert_eq!((of("PVS3"), of("PVS4"), of("PVS5")), Default::default());
    assert_eq!(of("PVS6"), Standing::of("slave"), "ticks given as unknown are unknown");
}

#[test]
fn what_the_tables_do_not_know_is_refused_with_its_path_and_the_nearest_word() {
    let refused = |servers: &str| refused(servers);
    seen!(
        "snapshot_unknown_words",
        [
            refused(r#"{"PVS1": {"role": "salve"}}"#),
            refused(r#"{"PVS1": {"role": "slave", "disk": "none"}}"#),
            refused(r#"{"PVS1": {"role": "slave", "disks": "compleet"}}"#),
            refused(r#"{"PVS1": {"role": 7}}"#),
            refused(r#"{"PVS1": "master"}"#),
            refused(r#"{"PVS 1": {}}"#),
            refused(r#"{"PVS1": {}, "pvs1": {}}"#),
        ]
        .join("\n")
    );
}

#[test]
fn facts_are_seen_or_unknown_and_never_both_or_neither() {
    let with = |fact: &str| {
        let fault = read_text(&format!(
            r#"{{"format": "rolewalk.snapshot/1", "groups": [{{"group": "S", "system": "co-store", "servers": {{}}, "facts": [{fact}]}}]}}"#
        ));
        fault.map(|_| ()).map_err(|fault| fault.to_string())
    };
    assert_eq!(
        with(r#"{"name": "open_tasks", "value": [], "source": "by hand", "at": "2026-11-20T18:30:00+09:00"}"#),
        Ok(())
    );
    assert_eq!(with(r#"{"name": "open_tasks", "unknown": "nobody looked"}"#), Ok(()));
    seen!(
        "snapshot_facts",
        [
            with(r#"{"name": "a"}"#),
            with(r#"{"name": "a", "value": 1, "unknown": "why"}"#),
            with(r#"{"name": "a", "value": -1}"#),
            with(r#"{"name": "a", "value": 1.5}"#),
            with(r#"{"name": "a", "value": 1, "at": "yesterday"}"#),
            with(r#"{"name": "a", "value": 1}, {"name": "a", "value": 2}"#),
        ]
        .map(|fault| fault.unwrap_err())
        .join("\n")
    );
}

#[test]
fn another_format_an_unknown_system_and_a_group_twice_are_refused() {
    let of = |text: &str| read_text(text).unwrap_err().to_string();
    seen!("snapshot_formats", [
        of("[]"),
        of("{}"),
        of(r#"{"format": "rolewalk.plan/1", "groups": []}"#),
        of(r#"{"format": "rolewalk.snapshot/1"}"#),
        of(r#"{"format": "rolewalk.snapshot/1", "groups": [{"group": "S", "system": "costore", "servers": {}}]}"#),
        of(r#"{"format": "rolewalk.snapshot/1", "groups": [{"group": "S", "system": "co-store", "servers": {}}, {"group": "S", "system": "co-store", "servers": {}}]}"#),
    ]
    .join("\n"));
}
