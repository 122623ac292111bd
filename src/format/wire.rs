//! Wire types that several file formats share, and the way from names in files to the tables' own names.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shape::Misfit;
use crate::model::fact::{Fact, FactKey, Facts, Value};
use crate::model::name::ServerName;
use crate::model::plan::{MarkChange, RoleChange};
use crate::model::snapshot::Standing;
use crate::model::table::{MarkName, MarkValue, RoleName, Table};
use crate::model::words::Text;

/// What `null` has for a name in files that people write.
const UNKNOWN: &str = "unknown";

/// One fact: seen (`value`, `source`, `at`), or unknown (`unknown`: why).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["value"]}, {"required": ["unknown"]}]))]
pub struct FactFile {
    /// The server that the fact is about; left out for the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// The fact's name, as the system names it.
    pub name: String,
    /// What was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<ValueFile>,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// When it was seen (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub at: Option<String>,
    /// Why it could not be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// The value of a fact.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "true, false, a whole number, a text or a list of texts is wanted")]
pub enum ValueFile {
    /// Yes or no.
    Flag(bool),
    /// A count, or a size in bytes.
    Count(u64),
    /// A word.
    Text(String),
    /// Several words.
    List(Vec<String>),
}

/// One server's role before and after.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleChangeFile {
    /// The server.
    pub server: String,
    /// Its role before.
    pub from: String,
    /// Its role after.
    pub to: String,
}

/// One server's mark before and after.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MarkChangeFile {
    /// The server.
    pub server: String,
    /// The mark.
    pub mark: String,
    /// Its value before; null where it is unknown.
    pub from: Option<String>,
    /// Its value after.
    pub to: String,
}

/// A sentence in both languages.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SentenceFile {
    /// The sentence in English.
    pub says: String,
    /// The sentence in Japanese.
    pub says_ja: String,
}

impl From<&Text> for SentenceFile {
    fn from(text: &Text) -> Self {
        Self { says: text.en.clone(), says_ja: text.ja.clone() }
    }
}

impl From<SentenceFile> for Text {
    fn from(file: SentenceFile) -> Self {
        Text::new(file.says, file.says_ja)
    }
}

/// Returns the table of a system.
pub fn table(name: &str, tables: &[&'static Table]) -> Result<&'static Table, Misfit> {
    let known = tables.iter().map(|table| table.system);
    tables.iter().find(|table| table.system == name).copied().ok_or_else(|| Misfit::unknown("system", name, known))
}

/// Returns the table's own name of a role.
pub fn role(name: &str, table: &'static Table) -> Result<RoleName, Misfit> {
    let known = table.roles.iter().map(|role| role.name);
    table.role(name).map(|role| role.name).ok_or_else(|| Misfit::unknown("role", name, known))
}

/// Returns the table's own name of a role; none where it is given as unknown.
pub fn known_role(name: Option<&str>, table: &'static Table) -> Result<Option<RoleName>, Misfit> {
    match name {
        None => Ok(None),
        Some(UNKNOWN) if table.role(UNKNOWN).is_none() => Ok(None),
        Some(name) => role(name, table).map(Some),
    }
}

/// Returns the table's own names of a mark and its value; no value where it is given as unknown.
pub fn mark(name: &str, value: Option<&str>, table: &'static Table) -> Result<(MarkName, Option<MarkValue>), Misfit> {
    let known = table.marks.iter().map(|mark| mark.name);
    let mark = table.mark(name).ok_or_else(|| Misfit::unknown("mark", name, known).key(name))?;
    let Some(value) = value else { return Ok((mark.name, None)) };
    if value == UNKNOWN && mark.value(UNKNOWN).is_none() {
        return Ok((mark.name, None));
    }
    let known = mark.values.iter().map(|(value, _)| *value);
    let found = mark
        .value(value)
        .ok_or_else(|| Misfit::unknown(&format!("value of the mark `{name}`:"), value, known).key(name))?;
    Ok((mark.name, Some(found)))
}

/// Returns a server name.
pub fn server(name: &str) -> Result<ServerName, Misfit> {
    ServerName::new(name).map_err(|fault| Misfit::new(fault.to_string(), format!("サーバー名として使えない ({fault})")))
}

/// Returns a point in time.
pub fn time(text: &str) -> Result<Timestamp, Misfit> {
    text.parse().map_err(|_| {
        let word = text.escape_debug();
        Misfit::new(format!("`{word}` is no point in time"), format!("`{word}` は日時ではない"))
            .hint("write it as `2026-11-20T09:30:00Z`", "`2026-11-20T09:30:00Z` の形で書く")
    })
}

/// Returns a standing: a role and marks by name, where null means unknown.
pub fn standing(
    role: Option<&str>,
    marks: &BTreeMap<String, Option<String>>,
    table: &'static Table,
) -> Result<Standing, Misfit> {
    let mut standing =
        Standing { role: known_role(role, table).map_err(|fault| fault.key("role"))?, ..Default::default() };
    for (name, value) in marks {
        if let (name, Some(value)) = mark(name, value.as_deref(), table)? {
            standing.marks.insert(name, value);
        }
    }
    Ok(standing)
}

/// Returns a standing's marks by name: every one of the table's, null where it is unknown, so that unknown is
/// never taken for left out.
pub fn marks(standing: &Standing, table: &Table) -> BTreeMap<String, Option<String>> {
    let mut marks: BTreeMap<String, Option<String>> = BTreeMap::new();
    marks.extend(table.marks.iter().map(|mark| (mark.name.into(), None)));
    marks.extend(standing.marks.iter().map(|(mark, value)| (mark.to_string(), Some(value.to_string()))));
    marks
}

/// Returns facts as they stand in files.
pub fn fact_files(facts: &BTreeMap<FactKey, Fact>) -> Vec<FactFile> {
    facts.iter().map(|(key, fact)| fact_file(key, fact)).collect()
}

fn fact_file(key: &FactKey, fact: &Fact) -> FactFile {
    let server = key.server.as_ref().map(ToString::to_string);
    let name = key.name.clone();
    match fact {
        Fact::Known { value, source, at } => {
            let (source, at) = (Some(source.clone()), at.map(|at| at.to_string()));
            FactFile { server, name, value: Some(value_file(value)), source, at, unknown: None }
        }
        Fact::Unknown { why } => {
            FactFile { server, name, value: None, source: None, at: None, unknown: Some(why.clone()) }
        }
    }
}

fn value_file(value: &Value) -> ValueFile {
    match value.clone() {
        Value::Flag(flag) => ValueFile::Flag(flag),
        Value::Count(count) => ValueFile::Count(count),
        Value::Text(text) => ValueFile::Text(text),
        Value::List(list) => ValueFile::List(list),
    }
}

/// Returns facts from a file. A fact without a source has the file as its source.
pub fn facts(files: Vec<FactFile>) -> Result<Facts, Misfit> {
    let mut facts = Facts::default();
    for (index, file) in files.into_iter().enumerate() {
        let (key, fact) = fact(file).map_err(|fault| fault.index(index))?;
        if facts.0.contains_key(&key) {
            let name = key.name.escape_debug();
            let ja = format!("事実 `{name}` が 2 回書かれている");
            return Err(Misfit::new(format!("the fact `{name}` stands there twice"), ja).index(index));
        }
        facts.0.insert(key, fact);
    }
    Ok(facts)
}

fn fact(file: FactFile) -> Result<(FactKey, Fact), Misfit> {
    let server = file.server.map(|name| server(&name)).transpose().map_err(|fault| fault.key("server"))?;
    let at = file.at.map(|at| time(&at)).transpose().map_err(|fault| fault.key("at"))?;
    let fact = match (file.value, file.unknown) {
        (Some(value), None) => {
            let value = match value {
                ValueFile::Flag(flag) => Value::Flag(flag),
                ValueFile::Count(count) => Value::Count(count),
                ValueFile::Text(text) => Value::Text(text),
                ValueFile::List(list) => Value::List(list),
            };
            Fact::Known { value, source: file.source.unwrap_or_else(|| "this file".into()), at }
        }
        (None, Some(why)) if file.source.is_none() && at.is_none() => Fact::Unknown { why },
        (None, Some(_)) => {
            let ja = "不明な事実に `source` と `at` は書けない";
            return Err(Misfit::new("an unknown fact has neither `source` nor `at`", ja));
        }
        (None, None) => {
            let fault = Misfit::new(
                "the fact has neither a `value` nor the reason why it is `unknown`",
                "事実に `value` も `unknown` (不明の理由) もない",
            );
            return Err(fault.hint(
                "where it could not be seen, write `\"unknown\": \"why\"`",
                "確認できなかった場合は `\"unknown\": \"理由\"` と書く",
            ));
        }
        (Some(_), Some(_)) => {
            let ja = "事実に `value` と `unknown` の両方がある";
            return Err(Misfit::new("the fact has both a `value` and `unknown`", ja));
        }
    };
    Ok((FactKey { server, name: file.name }, fact))
}

impl From<&RoleChange> for RoleChangeFile {
    fn from(change: &RoleChange) -> Self {
        Self { server: change.server.to_string(), from: change.from.into(), to: change.to.into() }
    }
}

impl From<&MarkChange> for MarkChangeFile {
    fn from(change: &MarkChange) -> Self {
        let from = change.from.map(Into::into);
        Self { server: change.server.to_string(), mark: change.mark.into(), from, to: change.to.into() }
    }
}

/// Returns role changes with the table's own names.
pub fn role_changes(files: &[RoleChangeFile], table: &'static Table) -> Result<Vec<RoleChange>, Misfit> {
    let one = |file: &RoleChangeFile| {
        Ok(RoleChange {
            server: server(&file.server).map_err(|fault| fault.key("server"))?,
            from: role(&file.from, table).map_err(|fault| fault.key("from"))?,
            to: role(&file.to, table).map_err(|fault| fault.key("to"))?,
        })
    };
    list("changes", files, one)
}

/// Returns mark changes with the table's own names.
pub fn mark_changes(files: &[MarkChangeFile], table: &'static Table) -> Result<Vec<MarkChange>, Misfit> {
    let one = |file: &MarkChangeFile| {
        let (name, from) = mark(&file.mark, file.from.as_deref(), table).map_err(|fault| fault.key("from"))?;
        let (_, to) = mark(&file.mark, Some(&file.to), table).map_err(|fault| fault.key("to"))?;
        let to = to.ok_or_else(|| {
            Misfit::new("a mark can't become unknown", "マークの変更後の値は不明にできない").key("to")
        })?;
        let server = server(&file.server).map_err(|fault| fault.key("server"))?;
        Ok(MarkChange { server, mark: name, from, to })
    };
    list("marks", files, one)
}

/// Reads each item of the list under `key`, with its index in the path of a fault.
pub fn list<T, U>(key: &str, items: &[T], one: impl Fn(&T) -> Result<U, Misfit>) -> Result<Vec<U>, Misfit> {
    let read = items.iter().enumerate().map(|(index, item)| one(item).map_err(|fault| fault.index(index).key(key)));
    read.collect()
}
