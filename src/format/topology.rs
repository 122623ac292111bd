//! Topology files: what is declared of each group, or all that is wrong with the files, at once.
//!
//! Reads no disk and no clock: a waiver that has run out is still a waiver. Rules about single documents are in
//! `document`, `servers` and `statements`; rules between documents are here. [`wire`] is the form for schemas
//! and for writing.

use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};

use super::connections::Connections;
use super::fault::Fault;
use super::fields::{Reading, choice};
use super::source::{Place, Source, SourceFile};
use super::yaml::{self, Loc, Node};
use crate::model::table::Table;
use crate::model::topology::Topology;
use crate::model::words::Text;

mod document;
mod hierarchies;
mod servers;
mod statements;
pub mod wire;

pub(super) use document::version;
pub use wire::render;

/// The fields by which a topology is known, whatever else is wrong with it.
pub const OURS: [&str; 3] = ["group", "system", "servers"];

/// The system whose groups may declare `hierarchies`.
const WITH_HIERARCHIES: &str = "lifekeeper";

/// Parses topology files: every document of every file, in the order of the files and in the files.
///
/// `tables` are those of all systems. `connections` returns the connections that hold for the file of that name,
/// so that an unknown connection is a fault; none: connections are not checked.
///
/// # Errors
/// Returns all faults of all files, in the order of the files and in the files. A syntax fault hides its document.
pub fn parse<'c>(
    files: &[SourceFile],
    tables: &[&'static Table],
    connections: &dyn Fn(&str) -> Option<&'c Connections>,
) -> Result<Vec<Topology>, Vec<Fault>> {
    let sources: Vec<_> = files.iter().map(Source::decode).collect();
    let mut topologies = Vec::new();
    let mut faults = Vec::new();
    let mut groups: HashMap<(&'static str, String), (&Source<'_>, Place)> = HashMap::new();
    for source in &sources {
        let source = match source {
            Ok(source) => source,
            Err(fault) => {
                faults.push(Fault::clone(fault));
                continue;
            }
        };
        let mut reading = Reading::new(source);
        let roots = yaml::parse(source, &mut reading.faults);
        let is_shared = roots.iter().any(|root| !is_foreign(root));
        for root in roots.into_iter().filter(|root| !is_shared || !is_foreign(root)) {
            let before = reading.faults.count();
            let Some(draft) = document::read(&mut reading, &root, tables) else { continue };
            if let (Some(known), Some(connection)) = (connections(source.name), &draft.connection) {
                check_connection(&mut reading, connection, known);
            }
            for (table, group) in draft.table.into_iter().flat_map(|table| draft.names().map(move |name| (table, name)))
            {
                match groups.entry((table.system, group.value.to_lowercase())) {
                    Occupied(first) => reading.faults.add(|| duplicate_group(table, &group, source, *first.get())),
                    Vacant(free) => _ = free.insert((source, group.place)),
                }
            }
            if reading.faults.count() == before {
                topologies.extend(draft.finish(source, &root).into_iter().flatten());
            }
        }
        faults.extend(reading.faults.into_sorted());
    }
    if faults.is_empty() { Ok(topologies) } else { Err(faults) }
}

/// Returns whether a document is a Kubernetes object, which may stand in one file with topologies: it has none of a
/// topology's own fields.
fn is_foreign(root: &Loc<Node>) -> bool {
    let Node::Map(entries) = &root.value else { return false };
    let has = |name: &str| entries.iter().any(|entry| entry.key.value == name);
    has("apiVersion") && has("kind") && !OURS.iter().any(|name| has(name))
}

fn check_connection(reading: &mut Reading<'_>, connection: &Loc<String>, known: &Connections) {
    let name = &connection.value;
    if known.get(name).is_some() {
        return;
    }
    let file = &known.file;
    let message = (format!("unknown connection `{name}`"), format!("接続 `{name}` は定義されていません"));
    reading.wrong("unknown-connection", connection.place, message.0, message.1, || {
        let names = known.named.iter().map(|(name, _)| name.as_str());
        choice(name, names, &format!("the connections in `{file}` are"), &format!("`{file}` にある接続"))
    });
}

fn duplicate_group(
    table: &Table,
    group: &Loc<String>,
    source: &Source<'_>,
    (first_source, first): (&Source<'_>, Place),
) -> Fault {
    let (name, system) = (&group.value, table.system);
    let message = Text::new(
        format!("group `{name}` of `{system}` is declared twice"),
        format!("`{system}` のグループ `{name}` が 2 回宣言されています"),
    );
    Fault::new("duplicate-group", message)
        .at(source, group.place, "the second", "2 つ目")
        .also(first_source, first, "the first", "1 つ目")
        .hint(
            "declare each group in one document; merge the two or take one away",
            "グループは 1 つのドキュメントで宣言します。まとめるか、一方を消してください",
        )
}

/// Returns the line of the document's first key, counted from 1.
fn first_line(source: &Source<'_>, root: &Loc<Node>) -> usize {
    let place = match &root.value {
        Node::Map(entries) => entries.first().map_or(root.place, |entry| entry.key.place),
        _ => root.place,
    };
    source.line(place.start)
}

#[cfg(test)]
mod tests;
