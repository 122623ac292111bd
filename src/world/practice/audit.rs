//! The audit: every request and every change that a farm got, in order, with what came of it.

use serde::{Deserialize, Serialize};

use super::answer::answer;
use super::change::{Change, ChangeError};
use super::change_apply::apply;
use super::farm::{Farm, Trouble};
use crate::model::request::{Reply, Request};

/// One line of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    /// Its number, counted from 1.
    pub number: u64,
    /// The request, as a person would type or say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The change from outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// What came of it, in short.
    pub reply: String,
    /// What the farm notes besides, above all what the products would not have stopped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Answers a request; returns the reply and the line for the audit.
pub fn perform(farm: &mut Farm, request: &Request) -> (Reply, AuditLine) {
    let number = begin(farm);
    let reply = answer(farm, request);
    let notes = std::mem::take(&mut farm.notes);
    let line = AuditLine { number, request: Some(request.to_string()), change: None, reply: summary(&reply), notes };
    (reply, line)
}

/// Carries out a change; returns what came of it and the line for the audit.
pub fn change(farm: &mut Farm, change: &Change) -> (Result<Result<(), ChangeError>, Trouble>, AuditLine) {
    let number = begin(farm);
    farm.is_settled = false;
    let applied = apply(farm, change);
    let notes = std::mem::take(&mut farm.notes);
    let reply = match &applied {
        Ok(Ok(())) => "done".into(),
        Ok(Err(why)) => format!("refused: {why}"),
        Err(trouble) => format!("failed: {trouble}"),
    };
    (applied, AuditLine { number, request: None, change: Some(change.to_string()), reply, notes })
}

fn begin(farm: &mut Farm) -> u64 {
    farm.state.number = farm.state.number.saturating_add(1);
    farm.notes.clear();
    farm.state.number
}

fn summary(reply: &Reply) -> String {
    match reply {
        Reply::Pool(seen) => seen.to_string(),
        Reply::Attested(all) => format!("{} attested facts", all.len()),
        Reply::Rows(rows) => format!("{} rows", rows.len()),
        Reply::Changed { rows } => format!("{rows} rows changed"),
        Reply::Ended { exit_code, stdout, stderr } => {
            format!("exit code {exit_code}: {}", format!("{stdout}{stderr}").trim_end())
        }
        Reply::Json(json) => json.clone(),
        Reply::CmdletFailed { code: Some(code), message } => format!("error {code}: {message}"),
        Reply::CmdletFailed { code: None, message } => format!("error: {message}"),
        Reply::Listing(listing) => {
            format!("{} files, {} Invalid folders", listing.files.len(), listing.quarantines.len())
        }
        Reply::Renamed => "renamed".into(),
        Reply::FileDone => "done".into(),
        Reply::FileSize(Some(bytes)) => format!("{bytes} bytes"),
        Reply::FileSize(None) => "no such file".into(),
        Reply::OperatorDone => "the operator did it".into(),
        Reply::OperatorAsked => "the operator was asked".into(),
        Reply::Refused { why } => format!("refused: {why}"),
        Reply::Unknown { why } => format!("unknown: {why}"),
    }
}
