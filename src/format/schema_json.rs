//! JSON Schemas of the JSON files, made from the very types that read and write them.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use super::journal_file::LineFile;
use super::plan_file::PlanFile;
use super::snapshot::SnapshotFile;

/// The kinds of JSON files that have a schema.
pub const KINDS: [&str; 3] = ["snapshot", "plan", "journal"];

/// Returns the schema of a kind of JSON file as text with a line end at its end; none for an unknown kind.
/// A journal's schema is that of each of its lines.
pub fn schema(kind: &str) -> Option<String> {
    match kind {
        "snapshot" => Some(of::<SnapshotFile>("A rolewalk snapshot")),
        "plan" => Some(of::<PlanFile>("A rolewalk plan")),
        "journal" => Some(of::<LineFile>("A line of a rolewalk journal")),
        _ => None,
    }
}

fn of<T: JsonSchema>(title: &str) -> String {
    let mut schema: Schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    schema.insert("title".into(), title.into());
    super::plan_write::pretty(&sorted(schema.to_value()))
}

/// Returns the value with members in the order of their names, whatever order the map type keeps.
pub(super) fn sorted(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            members.into_iter().collect()
        }
        serde_json::Value::Array(items) => items.into_iter().map(sorted).collect(),
        scalar => scalar,
    }
}
