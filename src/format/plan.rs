//! `rolewalk.plan/1`: a plan as a file that is reviewed, kept and applied.
//!
//! A file is trusted for nothing that can be checked: its identity is compared before any typed reading, every
//! name must be one of a table, and whatever follows from the table and the standings must stand there just so.
//! Whether the steps are safe is the checker's question, not this one's.

use std::io;

use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

use super::canonical;
use super::json::{self, JsonFault};
use super::plan_file::PlanFile;
use super::shape::{self, Misfit};
use super::{plan_read, plan_write, snapshot};
use crate::model::plan::Plan;
use crate::model::table::Table;
use crate::model::topology::Topology;

/// The name of the format, as the first member of the file.
pub const FORMAT: &str = "rolewalk.plan/1";

/// Why a plan file is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlanFileFault {
    /// It is no JSON, or no plan.
    #[error(transparent)]
    Unreadable(#[from] JsonFault),
    /// What it holds is not what its `id` names.
    #[error("the plan `{file}` was altered")]
    Altered {
        /// The file.
        file: String,
        /// The identity that it claims; none where it claims none.
        claimed: Option<String>,
        /// The identity of what it holds.
        found: String,
    },
    /// Its `id` is right, and it still does not agree with the system's table or with itself.
    #[error("the plan is inconsistent: {0}")]
    Inconsistent(JsonFault),
}

impl PlanFileFault {
    /// Returns the exit code that stands for it.
    pub fn exit_code(&self) -> u8 {
        match self {
            PlanFileFault::Unreadable(_) => 1,
            PlanFileFault::Altered { .. } | PlanFileFault::Inconsistent(_) => 8,
        }
    }
}

/// Writes a plan, with a line end at its end, and returns its identity with it.
///
/// # Guarantees
/// The same plan gives the same bytes.
pub fn write(plan: &Plan) -> (String, String) {
    let id = id(plan);
    (plan_write::pretty(&plan_write::file(plan, &id)), id)
}

/// Writes a plan of that identity piece by piece: the same bytes, and never all of them at once.
///
/// # Errors
/// Returns what `out` refused.
pub fn write_to(plan: &Plan, id: &str, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &plan_write::file(plan, id))?;
    out.write_all(b"\n")
}

/// Returns a plan's identity.
pub fn id(plan: &Plan) -> String {
    // Our wire types have no enum with content and no map with keys other than texts, so this can't fail.
    canonical::identity(&plan_write::file(plan, "")).unwrap_or_default()
}

/// Reads a plan and its identity. `file` is only for messages.
///
/// # Guarantees
/// A plan that is returned is written again as the very same values.
///
/// # Errors
/// Returns a [`PlanFileFault`]. The identity is compared over the JSON as it was read, before anything else.
pub fn read(file: &str, bytes: &[u8], tables: &[&'static Table]) -> Result<(Plan, String), PlanFileFault> {
    let text = json::text(file, bytes)?;
    let value = json::parse(file, text)?;
    let id = identified(file, text, &value)?;
    let malformed = |fault: Misfit| PlanFileFault::Unreadable(fault.in_file(file, text));
    let inconsistent = |fault: Misfit| PlanFileFault::Inconsistent(fault.in_file(file, text));
    snapshot::format(&value, FORMAT).map_err(malformed)?;
    let typed: PlanFile = shape::read(&value).map_err(malformed)?;
    let plan = plan_read::plan(typed, tables).map_err(inconsistent)?;
    match difference(&value, &self::value(&plan_write::file(&plan, &id))) {
        Some(misfit) => Err(inconsistent(misfit)),
        None => Ok((plan, id)),
    }
}

/// Reads which roles a plan declares, and nothing else of it: a record of what was applied stays readable where the
/// table has changed since in anything but its roles, as a time limit or the wording of a row.
///
/// # Errors
/// As [`read`], but that nothing is compared with the table beyond systems and roles.
pub fn declared(file: &str, bytes: &[u8], tables: &[&'static Table]) -> Result<Vec<Topology>, PlanFileFault> {
    let text = json::text(file, bytes)?;
    let value = json::parse(file, text)?;
    identified(file, text, &value)?;
    let declared = snapshot::format(&value, FORMAT)
        .and_then(|()| shape::read(&value))
        .and_then(|typed| plan_read::declared(&typed, tables));
    declared.map_err(|fault| PlanFileFault::Unreadable(fault.in_file(file, text)))
}

fn identified(file: &str, text: &str, value: &Value) -> Result<String, PlanFileFault> {
    let found = json::identity(value);
    match value.get("id") {
        Some(Value::String(claimed)) if *claimed == found => Ok(found),
        Some(claimed) => {
            let claimed = claimed.as_str().map(Into::into);
            Err(PlanFileFault::Altered { file: file.into(), claimed, found })
        }
        None if value.get("format").and_then(Value::as_str) == Some(FORMAT) => {
            Err(PlanFileFault::Altered { file: file.into(), claimed: None, found })
        }
        None => {
            let misfit = snapshot::format(value, FORMAT).err();
            let misfit = misfit.unwrap_or_else(|| Misfit::new("the field `id` is missing", "フィールド `id` がない"));
            Err(PlanFileFault::Unreadable(misfit.in_file(file, text)))
        }
    }
}

fn value(file: &impl Serialize) -> Value {
    // Our wire types have no map with keys other than texts and no serialiser that fails, so this can't fail.
    serde_json::to_value(file).unwrap_or_default()
}

/// Returns where the file says something else than what follows from its plan and the table.
fn difference(have: &Value, want: &Value) -> Option<Misfit> {
    match (have, want) {
        (Value::Object(have), Value::Object(want)) => {
            let missing = want.keys().find(|key| !have.contains_key(*key));
            if let Some(key) = missing {
                return Some(Misfit::new(
                    format!("the field `{key}` is missing"),
                    format!("フィールド `{key}` がない"),
                ));
            }
            have.iter().find_map(|(key, have)| match want.get(key) {
                Some(want) => difference(have, want).map(|misfit| misfit.key(key)),
                None => {
                    let ja = "計画と表から導かれる内容ではない";
                    Some(Misfit::new("this does not follow from the plan and the table", ja).key(key))
                }
            })
        }
        (Value::Array(have), Value::Array(want)) if have.len() == want.len() => have
            .iter()
            .zip(want)
            .enumerate()
            .find_map(|(index, (have, want))| difference(have, want).map(|misfit| misfit.index(index))),
        _ if have == want => None,
        _ => {
            let (want, have) = (short(want), short(have));
            let ja = format!("`{want}` であるべき値が `{have}` になっている");
            Some(Misfit::new(format!("`{want}` is wanted, `{have}` stands there"), ja))
        }
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
