//! JSON Schemas (draft 2020-12) of the files that people write, made from the types; and the one door to all schemas.
//!
//! A schema says what an editor can check while somebody types; the parser says the rest.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::{connections, plan_write, schema_json, topology};
use crate::model::table::Table;

/// The kinds of YAML files that have a schema, by the name that `rolewalk schema` takes.
pub const KINDS: [&str; 2] = ["topology", "connections"];

/// Returns the schema of a kind of file, of YAML or of JSON, as text with a line end at its end; none for an
/// unknown kind.
///
/// With `tables`, roles, systems and guards are those of the tables; without, any text will do.
pub fn schema(kind: &str, tables: &[&'static Table]) -> Option<String> {
    let schema = match kind {
        "topology" => made::<topology::wire::Topology>(tables),
        "connections" => made::<connections::ConnectionsFile>(tables),
        _ => return schema_json::schema(kind),
    };
    Some(plan_write::pretty(&schema_json::sorted(schema)))
}

fn made<T: JsonSchema>(tables: &[&'static Table]) -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    RecursiveTransform(one_of_to_enum).transform(&mut schema);
    RecursiveTransform(unwrap_lines).transform(&mut schema);
    Words { tables }.transform(&mut schema);
    schema.to_value()
}

/// Turns a choice of constants into an `enum`, for which editors show all values with their meaning.
fn one_of_to_enum(schema: &mut Schema) {
    let Some(Value::Array(choices)) = schema.get("oneOf") else { return };
    let constants: Option<Vec<Value>> = choices.iter().map(|choice| choice.get("const").cloned()).collect();
    let Some(constants) = constants else { return };
    let meanings: Vec<Value> =
        choices.iter().map(|choice| choice.get("description").cloned().unwrap_or_default()).collect();
    schema.remove("oneOf");
    schema.insert("type".into(), json!("string"));
    schema.insert("enum".into(), Value::Array(constants));
    schema.insert("markdownEnumDescriptions".into(), Value::Array(meanings));
}

/// Joins the lines of a description: they are broken where the source code's are.
fn unwrap_lines(schema: &mut Schema) {
    if let Some(Value::String(description)) = schema.get_mut("description") {
        *description = description.replace('\n', " ");
    }
}

/// Puts the words of the tables where a type has left a mark for them.
#[derive(Debug, Clone)]
struct Words<'t> {
    tables: &'t [&'static Table],
}

impl Transform for Words<'_> {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let Some(Value::String(mark)) = schema.remove("x-rolewalk") else { return };
        let words = self.words(&mark);
        if words.is_empty() {
            return;
        }
        schema.insert("enum".into(), words.iter().map(|(word, _)| word.as_str()).collect());
        schema.insert("markdownEnumDescriptions".into(), words.iter().map(|(_, says)| says.as_str()).collect());
    }
}

impl Words<'_> {
    /// Returns the words that a mark stands for, each once, with what they mean in the systems that have them.
    fn words(&self, mark: &str) -> Vec<(String, String)> {
        let mut words: Vec<(String, String)> = Vec::new();
        for table in self.tables {
            let system = table.system;
            let found: Vec<(&str, String)> = match mark {
                "system" => vec![(system, table.title.en.into())],
                "role" => table.roles.iter().map(|role| (role.name, format!("{system}: {}", role.title.en))).collect(),
                "count" => {
                    table.counts.iter().map(|count| (count.name, format!("{system}: {}", count.title.en))).collect()
                }
                "guard" => {
                    let waivable = table.guards.iter().filter(|guard| !guard.absolute);
                    waivable.map(|guard| (guard.name, format!("{system}: {}", guard.says.en))).collect()
                }
                _ => Vec::new(),
            };
            for (word, says) in found {
                match words.iter_mut().find(|(known, _)| known == word) {
                    Some((_, meaning)) => *meaning = format!("{meaning}; {says}"),
                    None => words.push((word.into(), says)),
                }
            }
        }
        words
    }
}
