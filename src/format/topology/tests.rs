use jiff::civil::Date;
use proptest::prelude::*;
use std::time::Duration;

use super::*;
use crate::format::schema;
use crate::model::name::ServerName;
use crate::model::topology::{Declared, Source as Origin, Waiver};
use crate::model::window::Window;
use crate::system::co_store::table::TABLE;

fn read(text: &str) -> Result<Vec<Topology>, Vec<Fault>> {
    let file = SourceFile { name: "store.yaml".into(), bytes: text.into() };
    parse(&[file], &[&TABLE], &|_| None)
}

fn faults(servers: &str, rest: &str) -> Vec<&'static str> {
    let text = format!("version: 1\ngroup: Store\nsystem: co-store\nservers: {servers}\n{rest}");
    read(&text).err().unwrap_or_default().iter().map(|fault| fault.name).collect()
}

#[test]
fn a_mistyped_role_is_not_also_called_a_missing_master() {
    assert_eq!(faults("{ PVS1: mastr, PVS2: slave }", ""), ["unknown-role"]);
    assert_eq!(faults("{ PVS1: master, PVS2: salve }", "keep: { slave: 1 }"), ["unknown-role"]);
    assert_eq!(faults("{ PVS1: slave }", ""), ["no-leader"]);
    assert_eq!(faults("{ PVS1: master, PVS1: slave, PVS2: { role: [] } }", ""), ["duplicate-key", "wrong-kind"]);
}

#[test]
fn three_masters_are_all_shown() {
    // CS-03
    let text = "version: 1\ngroup: Store\nsystem: co-store\nservers: { A: master, B: master, C: master }\n";
    let fault = read(text).unwrap_err().remove(0);
    assert_eq!(fault.message.en, "three masters in group `Store`");
    let labels: Vec<_> = fault.marks.iter().map(|mark| mark.label.en.as_str()).collect();
    assert_eq!(labels, ["the third", "the first", "the second"]);
}

#[test]
fn an_unknown_system_is_the_only_thing_said_about_its_roles() {
    let text = "version: 1\ngroup: Store\nsystem: c\nservers: { A: boss }\nkeep: { boss: 1 }\n";
    let names: Vec<_> = read(text).unwrap_err().iter().map(|fault| fault.name).collect();
    assert_eq!(names, ["unknown-system"]);
}

#[test]
fn values_of_the_wrong_kind_are_not_bent_into_shape() {
    let master = "{ PVS1: master }";
    for rest in [
        "connection:",
        "connection: 1",
        "keep: 1",
        "keep: { slave: -1 }",
        "keep: { slave: \"1\" }",
        "waivers: {}",
        "maintenance: now",
        "disrupt_at_most: many",
        "disrupt_at_most: 99999999999",
        "divergence: master-files",
    ] {
        assert_eq!(faults(master, rest), ["wrong-kind"], "{rest}");
    }
    assert_eq!(faults("{ PVS1: { role: master, lost: yes } }", ""), ["wrong-kind"]);
    assert_eq!(faults("{ PVS1: { role: master, because: ' ' } }", ""), ["wrong-kind"]);
}

#[test]
fn durations_have_units_and_no_sign() {
    let settling = |text: &str| {
        let text = format!("version: 1\ngroup: S\nsystem: co-store\nservers: {{ A: master }}\nsettling: {text}\n");
        read(&text).map(|read| read[0].settling)
    };
    assert_eq!(settling("30m"), Ok(Some(Duration::from_secs(1800))));
    assert_eq!(settling("1h 30m"), Ok(Some(Duration::from_secs(5400))));
    assert_eq!(settling("2d"), Ok(Some(Duration::from_secs(172_800))));
    for bad in ["30", "-5m", "1 month", "5m ago", "soon", "\"\"", "[]"] {
        assert!(settling(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_waiver_names_a_server_as_loosely_as_windows_does() {
    let waiver = "waivers: [{ guard: capacity_suffices, server: pvs1, owner: A, reason: B, until: 2026-11-30 }]";
    assert_eq!(faults("{ PVS1: master }", waiver), Vec::<&str>::new());
}

#[test]
fn groups_that_differ_only_in_case_are_one() {
    let document =
        |group: &str| format!("---\nversion: 1\ngroup: {group}\nsystem: co-store\nservers: {{ A: master }}\n");
    let faults = read(&(document("Store") + &document("STORE"))).unwrap_err();
    assert_eq!(faults[0].name, "duplicate-group");
    assert_eq!((faults[0].marks[0].line, faults[0].marks[1].line), (8, 3));
}

#[test]
fn the_fields_that_are_read_are_those_of_the_schema() {
    let schema: serde_json::Value = serde_json::from_str(&schema::schema("topology", &[]).unwrap()).unwrap();
    let same = |object: &serde_json::Value, fields: &[&str]| {
        let mut fields = fields.to_vec();
        fields.sort_unstable();
        let properties: Vec<_> = object["properties"].as_object().unwrap().keys().collect();
        assert_eq!(properties, fields);
    };
    same(&schema, &document::FIELDS);
    same(&schema["$defs"]["LongServer"], &servers::FIELDS);
    same(&schema["$defs"]["Waiver"], &statements::WAIVER_FIELDS);
    same(&schema["$defs"]["Divergence"], &statements::DIVERGENCE_FIELDS);
}

const HARD_TEXT: &str = "[ -~東é]{0,20}[!-~東é][ -~東é]{0,20}";

fn topologies() -> impl Strategy<Value = Topology> {
    let server = (0usize..3, proptest::option::of(HARD_TEXT), any::<bool>(), proptest::option::of(1i16..28));
    let waiver = (HARD_TEXT, HARD_TEXT);
    let servers = proptest::collection::vec(server, 0..5);
    let others =
        (proptest::option::of(HARD_TEXT), any::<bool>(), proptest::option::of(0u64..10_000_000), any::<bool>());
    (HARD_TEXT, servers, proptest::option::of(waiver), others).prop_map(|(group, servers, waiver, others)| {
        let name = |number: usize| ServerName::new(&format!("PVS{number}")).unwrap();
        let day = |day: i16| Date::constant(2026, 11, day as i8);
        let master =
            Declared { server: name(0), role: "master", because: None, lost: false, reinstalled: None, line: 0 };
        let declared = servers.into_iter().enumerate().map(|(index, (role, because, lost, reinstalled))| Declared {
            server: name(index + 1),
            role: TABLE.roles[role].name,
            because,
            lost,
            reinstalled: reinstalled.map(day),
            line: 0,
        });
        let waivers = waiver.map(|(owner, reason)| Waiver {
            guard: "capacity_suffices",
            server: Some(name(0)),
            owner,
            reason,
            until: day(30),
        });
        Topology {
            group,
            table: &TABLE,
            connection: others.0.clone(),
            servers: std::iter::once(master).chain(declared).collect(),
            keep: if others.3 { vec![("master", 1)] } else { Vec::new() },
            keep_master_files: others.1,
            waivers: waivers.into_iter().collect(),
            maintenance: others
                .1
                .then(|| Window::parse("Mon-Fri 23:30/PT90M Asia/Tokyo").unwrap())
                .into_iter()
                .collect(),
            settling: others.2.map(Duration::from_secs),
            disrupt_at_most: others.1.then_some(2),
            source: Origin::default(),
        }
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same(topology in topologies()) {
        let text = render(&topology).unwrap();
        let mut again = read(&text).map_err(|faults| TestCaseError::fail(format!("{text}\n{faults:?}")))?.remove(0);
        again.source = Origin::default();
        again.servers.iter_mut().for_each(|one| one.line = 0);
        prop_assert_eq!(again, topology, "{}", text);
    }
}
