//! What was observed, as a topology to commit, is planned without steps: for every table.

use rolewalk::format::source::SourceFile;
use rolewalk::format::topology;
use rolewalk::model::name::ServerName;
use rolewalk::model::plan::GroupVerdict;
use rolewalk::model::snapshot::{GroupSnapshot, Snapshot, Standing};
use rolewalk::model::table::Table;
use rolewalk::model::words::Language;
use rolewalk::plan::plan_all;
use rolewalk::report::observation;
use rolewalk::system;

/// Returns a group with a leader and a server of each other role, its marks as the role wants them.
fn seen(table: &'static Table) -> GroupSnapshot {
    let mut group = GroupSnapshot { group: "G".into(), system: table.system.into(), ..GroupSnapshot::default() };
    for (index, role) in table.roles.iter().enumerate() {
        let mut standing = Standing::of(role.name);
        for mark in table.marks {
            if let Some(want) = table.want(role.name, mark.name) {
                standing = standing.with(mark.name, want.values[0]);
            }
        }
        group.servers.insert(ServerName::new(&format!("S{index}X")).unwrap(), standing);
    }
    group
}

#[test]
fn what_is_there_is_declared_by_what_observe_prints_for_every_system() {
    let tables = system::tables();
    for table in &tables {
        let snapshot = Snapshot { at: None, groups: vec![seen(table)] };
        let text = observation::yaml(&snapshot, &tables, "schema.json", |_| None, Language::English);
        let source = SourceFile { name: "seen.yaml".into(), bytes: text.clone().into_bytes() };
        let declared = topology::parse(&[source], &tables, &|_| None);
        let declared = declared.unwrap_or_else(|faults| panic!("{}: {faults:?}\n{text}", table.system));
        assert_eq!(declared.len(), 1);
        assert_eq!(declared[0].servers.len(), table.roles.len(), "{text}");
        let plans = plan_all(&[(&declared[0], &snapshot.groups[0])], "2026-11-20T09:30:00Z".parse().unwrap());
        assert_eq!((plans[0].verdict, plans[0].steps.len()), (GroupVerdict::InSync, 0), "{}: {plans:?}", table.system);
    }
    assert!(!tables.is_empty());
}
