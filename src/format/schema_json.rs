//! JSON Schemas of the JSON files, made from the very types that read and write them.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use super::attested::AttestedFile;
use super::disks::DisksFile;
use super::drift::DriftFile;
use super::evidence::ManifestFile;
use super::journal_file::LineFile;
use super::plan_file::PlanFile;
use super::rehearsal::RehearsalFile;
use super::snapshot::SnapshotFile;

/// The kinds of JSON files that have a schema.
pub const KINDS: [&str; 8] = ["snapshot", "plan", "journal", "drift", "disks", "evidence", "attested", "rehearsal"];

/// Returns the schema of a kind of JSON file as text with a line end at its end; none for an unknown kind.
/// A journal's schema is that of each of its lines.
pub fn schema(kind: &str) -> Option<String> {
    match kind {
        "snapshot" => Some(of::<SnapshotFile>("A rolewalk snapshot")),
        "plan" => Some(of::<PlanFile>("A rolewalk plan")),
        "drift" => Some(of::<DriftFile>("A rolewalk drift report")),
        "journal" => Some(of::<LineFile>("A line of a rolewalk journal")),
        "disks" => Some(of::<DisksFile>("The vDisk files of a store's servers side by side")),
        "evidence" => Some(of::<ManifestFile>("The manifest of the evidence of a rolewalk run")),
        "attested" => Some(of::<AttestedFile>("What people have attested about a group")),
        "rehearsal" => Some(of::<RehearsalFile>("The crashes of a plan that were rehearsed")),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{drift, journal, plan, sample, snapshot};

    fn validator(kind: &str) -> jsonschema::Validator {
        let schema = serde_json::from_str(&schema(kind).unwrap()).unwrap();
        jsonschema::validator_for(&schema).unwrap()
    }

    fn holds(kind: &str, text: &str) {
        let value = serde_json::from_str(text).unwrap();
        let faults: Vec<String> = validator(kind).iter_errors(&value).map(|fault| fault.to_string()).collect();
        assert_eq!(faults, Vec::<String>::new(), "{kind}");
    }

    #[test]
    fn the_schemas_in_the_repository_are_those_of_the_types() {
        for kind in KINDS {
            let path = format!("{}/schemas/{kind}.schema.json", env!("CARGO_MANIFEST_DIR"));
            let wanted = schema(kind).unwrap();
            if std::env::var_os("ROLEWALK_UPDATE").is_some() {
                std::fs::write(&path, &wanted).unwrap();
            }
            let found = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
            assert!(found == wanted, "{path} is stale: run the tests with ROLEWALK_UPDATE=1");
        }
    }

    #[test]
    fn what_we_write_fits_the_schemas() {
        holds("snapshot", &snapshot::write(&sample::snapshot(), &sample::tables()));
        holds("plan", &plan::write(&sample::plan()).0);
        holds("plan", &plan::write(&sample::blocked()).0);
        holds("drift", &drift::write(&sample::drift()));
        for entry in sample::entries() {
            holds("journal", &journal::line(&entry, journal::FIRST_PREVIOUS));
        }
    }

    #[test]
    fn what_is_refused_does_not_fit_the_schemas_either() {
        let snapshot = |group: &str| format!(r#"{{"format": "rolewalk.snapshot/1", "groups": [{group}]}}"#);
        for bad in [
            snapshot(r#"{"group": "S", "system": "co-store", "servers": {"PVS1": {"role": 7}}}"#),
            snapshot(r#"{"group": "S", "system": "co-store", "servers": {}, "facts": [{"name": "a"}]}"#),
            snapshot(r#"{"group": "S", "system": "co-store", "servers": {}, "more": 1}"#),
            r#"{"format": "rolewalk.snapshot/2", "groups": []}"#.into(),
        ] {
            assert!(!validator("snapshot").is_valid(&serde_json::from_str(&bad).unwrap()), "{bad}");
            assert!(crate::format::snapshot::read("s", bad.as_bytes(), &sample::tables()).is_err(), "{bad}");
        }
    }
}
