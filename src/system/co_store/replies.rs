//! What an answer says, or why it can't be read as what was asked for.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::model::name::ServerName;
use crate::model::request::{Reply, Request};
use crate::system::Answers;

/// Returns the rows that a query read.
pub(super) fn rows<'a>(answers: &'a Answers, request: &Request) -> Result<&'a [Vec<Option<String>>], String> {
    match answers.to(request) {
        Some(Reply::Rows(rows)) => Ok(rows),
        other => Err(why_not(other)),
    }
}

/// Returns the objects that a command of PVS returned.
pub(super) fn json_list<'a>(answers: &'a Answers, request: &Request) -> Result<&'a [Json], String> {
    match json(answers, request)? {
        Json::Array(list) => Ok(list),
        other => Err(format!("a list was expected and {other} was returned")),
    }
}

/// Returns the servers that `Get-PvsServer` returned.
pub(super) fn server_names(answers: &Answers, request: &Request) -> Result<BTreeSet<ServerName>, String> {
    let listed = json_list(answers, request)?;
    let name = |one: &Json| match one.get("ServerName").and_then(Json::as_str) {
        Some(name) => ServerName::new(name).map_err(|fault| format!("Get-PvsServer: {fault}")),
        None => Err(format!("Get-PvsServer returned an object without ServerName: {one}")),
    };
    listed.iter().map(name).collect()
}

/// Reads a number that PVS gives bare or, where an object or list came, from its only `field`; as text or number.
pub(super) fn number(answers: &Answers, request: &Request, field: &str) -> Result<u64, String> {
    let value = match json(answers, request)? {
        Json::Array(list) if list.len() == 1 => &list[0],
        other => other,
    };
    let value = if value.is_object() { value.get(field).unwrap_or(&Json::Null) } else { value };
    number_of(Some(value)).ok_or_else(|| format!("a number was expected and {value} was returned"))
}

/// Reads a number that is given as text or number.
pub(super) fn number_of(value: Option<&Json>) -> Option<u64> {
    value.and_then(|value| value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok())))
}

fn json<'a>(answers: &'a Answers, request: &Request) -> Result<&'a Json, String> {
    answers.json(request).unwrap_or_else(|| Err(why_not(answers.to(request))))
}

/// Says why an answer can't be read.
pub(super) fn why_not(reply: Option<&Reply>) -> String {
    match reply {
        None => "it was not asked".into(),
        Some(Reply::Refused { why } | Reply::Unknown { why }) => why.clone(),
        Some(Reply::CmdletFailed { code: Some(code), message }) => format!("PVS error {code}: {message}"),
        Some(Reply::CmdletFailed { code: None, message }) => message.clone(),
        Some(_) => "an answer of another kind came".into(),
    }
}
