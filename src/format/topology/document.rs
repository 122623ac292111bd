//! One document of a topology file: its fields, and what must hold between them.

use std::time::Duration;

use super::first_line;
use super::hierarchies::{self, Hierarchy};
use super::servers::{self, Servers};
use super::statements::{self, Waivers};
use crate::format::fields::{Fields, Reading, choice};
use crate::format::source::Source;
use crate::format::yaml::{Loc, Node};
use crate::model::table::{RoleName, Table};
use crate::model::topology::{Source as Origin, Topology};
use crate::model::window::Window;
use crate::model::words::Text;

/// The fields of a topology.
pub(super) const FIELDS: [&str; 12] = [
    "version",
    "group",
    "system",
    "connection",
    "servers",
    "keep",
    "divergence",
    "waivers",
    "maintenance",
    "settling",
    "disrupt_at_most",
    "hierarchies",
];

/// What could be read of a document.
pub(super) struct Draft {
    pub(super) group: Option<Loc<String>>,
    pub(super) table: Option<&'static Table>,
    pub(super) connection: Option<Loc<String>>,
    servers: Servers,
    keep: Vec<(RoleName, u32)>,
    keep_master_files: bool,
    waivers: Waivers,
    maintenance: Vec<Window>,
    settling: Option<Duration>,
    disrupt_at_most: Option<u32>,
    hierarchies: Vec<Hierarchy>,
}

impl Draft {
    /// Returns the names that no other group may have: the group's own, and those of its hierarchies.
    pub(super) fn names(&self) -> impl Iterator<Item = Loc<String>> {
        let group = self.group.as_ref();
        let hierarchies = group.into_iter().flat_map(|group| {
            self.hierarchies.iter().map(|one| Loc { value: one.group(&group.value), place: one.place })
        });
        group.cloned().into_iter().chain(hierarchies)
    }

    /// Returns the topology, or one for each hierarchy; none where a part that it needs could not be read.
    pub(super) fn finish(self, source: &Source<'_>, root: &Loc<Node>) -> Option<Vec<Topology>> {
        let topology = Topology {
            group: self.group?.value,
            table: self.table?,
            connection: self.connection.map(|connection| connection.value),
            servers: self.servers.declared.into(),
            keep: self.keep,
            keep_master_files: self.keep_master_files,
            waivers: self.waivers,
            maintenance: self.maintenance,
            settling: self.settling,
            disrupt_at_most: self.disrupt_at_most,
            source: Origin { file: source.name.into(), line: first_line(source, root), ..Origin::default() },
        };
        Some(hierarchies::expand(topology, &self.hierarchies))
    }
}

/// Reads a document; none where it is no mapping.
pub(super) fn read(reading: &mut Reading<'_>, root: &Loc<Node>, tables: &[&'static Table]) -> Option<Draft> {
    let owner = match &root.value {
        Node::Map(entries) => entries.first().map_or(root.place, |entry| entry.key.place),
        _ => root.place,
    };
    let fields = reading.fields(root, "topology", &FIELDS, owner)?;
    version(reading, &fields);
    let group = reading
        .need(&fields, "group", "group: Store")
        .and_then(|node| Some(Loc { value: reading.name(node, "group")?.to_owned(), place: node.place }));
    let table = system(reading, &fields, tables);
    let connection = fields
        .get("connection")
        .and_then(|node| Some(Loc { value: reading.name(node, "connection")?.to_owned(), place: node.place }));
    let name = group.as_ref().map_or("", |group| group.value.as_str());
    let servers = servers::read(reading, &fields, table, name);
    let keep = statements::keep(reading, &fields, table, &servers);
    let keep_master_files = statements::divergence(reading, &fields, table);
    let waivers = statements::waivers(reading, &fields, table, &servers);
    let maintenance = statements::maintenance(reading, &fields);
    let settling = fields.get("settling").and_then(|node| reading.duration(node, "settling"));
    let disrupt_at_most = fields.get("disrupt_at_most").and_then(|node| reading.count(node, "disrupt_at_most"));
    let hierarchies = hierarchies::read(reading, &fields, table, &servers);
    Some(Draft {
        group,
        table,
        connection,
        servers,
        keep,
        keep_master_files,
        waivers,
        maintenance,
        settling,
        disrupt_at_most,
        hierarchies,
    })
}

/// Reads `version`, which must be 1.
pub(in crate::format) fn version(reading: &mut Reading<'_>, fields: &Fields<'_>) {
    let Some(node) = reading.need(fields, "version", "version: 1") else { return };
    let Some(version) = reading.count(node, "version") else { return };
    if version != 1 {
        let message = (
            format!("version {version} of this file format is not known"),
            format!("このファイル形式のバージョン {version} には対応していません"),
        );
        reading.wrong("wrong-version", node.place, message.0, message.1, || {
            Text::new(
                "write `version: 1`, or use a newer rolewalk",
                "`version: 1` と書くか、新しい rolewalk を使ってください",
            )
        });
    }
}

fn system(reading: &mut Reading<'_>, fields: &Fields<'_>, tables: &[&'static Table]) -> Option<&'static Table> {
    let node = reading.need(fields, "system", "system: co-store")?;
    let name = reading.text(node, "system")?;
    let table = tables.iter().copied().find(|table| table.system == name);
    if table.is_none() {
        let message = (format!("unknown system `{name}`"), format!("不明なシステム `{name}` です"));
        reading.wrong("unknown-system", node.place, message.0, message.1, || {
            choice(name, tables.iter().map(|table| table.system), "the systems are", "使えるシステム")
        });
    }
    table
}
