//! `rolewalk.snapshot/1`: what was observed, as a file that people can also write by hand.
//!
//! Unknown is never absent: what we write says `null` for whatever is unknown. In a file by hand a role or mark
//! may be left out; it is then unknown too, but for the marks that a table takes to be as wanted.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::json::{self, JsonFault};
use super::shape::{self, Misfit};
use super::wire::{self, FactFile};
use crate::model::snapshot::{GroupSnapshot, Snapshot, Standing, Standings};
use crate::model::table::Table;

/// The name of the format, as the first member of the file.
pub const FORMAT: &str = "rolewalk.snapshot/1";

/// What was observed of one or more groups, or written by hand to plan without any access.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SnapshotFile {
    /// The format: `rolewalk.snapshot/1`.
    #[schemars(extend("const" = FORMAT))]
    format: String,
    /// When it was observed (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    at: Option<String>,
    /// The groups.
    groups: Vec<GroupFile>,
}

/// One group as it was observed.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GroupFile {
    /// The group's name.
    group: String,
    /// The system's name.
    system: String,
    /// Each server's role and marks.
    servers: BTreeMap<String, StandingFile>,
    /// What else was seen.
    #[serde(default)]
    facts: Vec<FactFile>,
}

/// A server's role and marks; null means unknown.
#[derive(Debug)]
struct StandingFile {
    role: Option<String>,
    marks: BTreeMap<String, Option<String>>,
}

/// Writes a snapshot, with a line end at its end.
pub fn write(snapshot: &Snapshot, tables: &[&'static Table]) -> String {
    let file = SnapshotFile {
        format: FORMAT.into(),
        at: snapshot.at.map(|at| at.to_string()),
        groups: snapshot.groups.iter().map(|group| group_file(group, tables)).collect(),
    };
    super::plan_write::pretty(&file)
}

fn group_file(group: &GroupSnapshot, tables: &[&'static Table]) -> GroupFile {
    let table = tables.iter().find(|table| table.system == group.system);
    let standing = |standing: &Standing| StandingFile {
        role: standing.role.map(Into::into),
        marks: table.map(|table| wire::marks(standing, table)).unwrap_or_default(),
    };
    GroupFile {
        group: group.group.clone(),
        system: group.system.clone(),
        servers: group.servers.iter().map(|(name, one)| (name.to_string(), standing(one))).collect(),
        facts: wire::fact_files(&group.facts.0),
    }
}

/// Reads a snapshot. `file` is only for messages.
///
/// # Errors
/// Returns a [`JsonFault`] for text that is no JSON, and for the first value that the format or the tables do
/// not know.
pub fn read(file: &str, bytes: &[u8], tables: &[&'static Table]) -> Result<Snapshot, JsonFault> {
    let text = json::text(file, bytes)?;
    let value = json::parse(file, text)?;
    format(&value, FORMAT)
        .and_then(|()| shape::read::<SnapshotFile>(&value))
        .and_then(|read| snapshot(read, tables))
        .map_err(|fault| fault.in_file(file, text))
}

/// Checks the `format` member.
pub(super) fn format(value: &serde_json::Value, wanted: &str) -> Result<(), Misfit> {
    let Some(members) = value.as_object() else {
        return Err(Misfit::new(
            format!("a `{wanted}` file is wanted, which is an object"),
            format!("`{wanted}` のファイル (オブジェクト) が必要"),
        ));
    };
    match members.get("format").map(|format| (format, format.as_str())) {
        Some((_, Some(found))) if found == wanted => Ok(()),
        Some((_, Some(found))) => {
            let found = found.escape_debug();
            let ja = format!("`{wanted}` のファイルが必要 (このファイルは `{found}`)");
            Err(Misfit::new(format!("a `{wanted}` file is wanted, this one is `{found}`"), ja).key("format"))
        }
        Some((_, None)) => Err(Misfit::new("a text is wanted", "文字列が必要").key("format")),
        None => Err(Misfit::new("the field `format` is missing", "フィールド `format` がない").hint(
            format!("begin with `\"format\": \"{wanted}\"`"),
            format!("先頭に `\"format\": \"{wanted}\"` を書く"),
        )),
    }
}

fn snapshot(file: SnapshotFile, tables: &[&'static Table]) -> Result<Snapshot, Misfit> {
    let at = file.at.map(|at| wire::time(&at)).transpose().map_err(|fault| fault.key("at"))?;
    let mut snapshot = Snapshot { at, groups: Vec::with_capacity(file.groups.len()) };
    let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (index, file) in file.groups.into_iter().enumerate() {
        let group = group(file, tables).map_err(|fault| fault.index(index).key("groups"))?;
        if let Some(first) = places.insert((group.system.clone(), group.group.clone()), index) {
            let name = group.group.escape_debug();
            let what = format!("group `{name}` stands there twice, first at `groups[{first}]`");
            let ja = format!("グループ `{name}` が 2 回書かれている (最初は `groups[{first}]`)");
            return Err(Misfit::new(what, ja).index(index).key("groups"));
        }
        snapshot.groups.push(group);
    }
    Ok(snapshot)
}

fn group(file: GroupFile, tables: &[&'static Table]) -> Result<GroupSnapshot, Misfit> {
    let table = wire::table(&file.system, tables).map_err(|fault| fault.key("system"))?;
    if file.group.is_empty() {
        return Err(Misfit::new("a group's name can't be empty", "グループ名を空にできない").key("group"));
    }
    let mut servers = Standings::new();
    for (name, standing) in &file.servers {
        let here = |fault: Misfit| fault.key(name).key("servers");
        let server = wire::server(name).map_err(here)?;
        let standing = filled(standing, table).map_err(here)?;
        if servers.insert(server, standing).is_some() {
            return Err(here(Misfit::new(
                format!("server `{name}` stands there twice, in capitals and small letters"),
                format!("サーバー `{name}` が大文字と小文字の違いだけで 2 回書かれている"),
            )));
        }
    }
    let facts = wire::facts(file.facts).map_err(|fault| fault.key("facts"))?;
    Ok(GroupSnapshot { group: file.group, system: table.system.into(), servers, facts })
}

/// Returns the standing with what the table says of marks that are left out; a mark given as unknown stays it.
fn filled(file: &StandingFile, table: &'static Table) -> Result<Standing, Misfit> {
    let mut standing = wire::standing(file.role.as_deref(), &file.marks, table)?;
    let known = standing.clone();
    standing.fill(table);
    standing.marks.retain(|mark, _| known.marks.contains_key(mark) || !file.marks.contains_key(*mark));
    Ok(standing)
}

impl Serialize for StandingFile {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(1 + self.marks.len()))?;
        map.serialize_entry("role", &self.role)?;
        self.marks.iter().try_for_each(|(mark, value)| map.serialize_entry(mark, value))?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for StandingFile {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> serde::de::Visitor<'de> for Members {
            type Value = StandingFile;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with `role` and marks")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<StandingFile, A::Error> {
                let mut standing = StandingFile { role: None, marks: BTreeMap::new() };
                while let Some(name) = map.next_key::<String>()? {
                    let value: Option<String> = map.next_value()?;
                    match name.as_str() {
                        "role" => standing.role = value,
                        _ => {
                            standing.marks.insert(name, value);
                        }
                    }
                }
                Ok(standing)
            }
        }
        from.deserialize_map(Members)
    }
}

impl JsonSchema for StandingFile {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Standing".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A server's role and marks; left out, null or `unknown`: unknown.",
            "type": "object",
            "properties": { "role": { "description": "The role.", "type": ["string", "null"] } },
            "additionalProperties": { "description": "A mark.", "type": ["string", "null"] },
        })
    }
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
