//! `rolewalk.journal/1`: the events of one run as JSON lines, each chained to the one before.
//!
//! A last line that was cut short by a crash is reported and left out; anything else that is wrong is refused
//! and never repaired. Whoever runs a plan writes it to disk.

use serde_json::Value;
use thiserror::Error;

use super::journal_file::{EventFile, LineFile, event};
use super::json;
use super::shape::{self, Misfit};
use super::wire;
use crate::model::event::Entry;
use crate::model::table::Table;

/// The name of the format, as the first member of the first line.
pub const FORMAT: &str = "rolewalk.journal/1";

/// What the first line has for the digest of the line before.
pub const FIRST_PREVIOUS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A journal as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Journal {
    /// The entries.
    pub entries: Vec<Entry>,
    /// The digest of the last whole line, to chain the next to; [`FIRST_PREVIOUS`] where there is none.
    pub last_hash: String,
    /// The last line, where it is cut short.
    pub torn: Option<TornLine>,
}

/// A last line that is cut short: its event is not counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornLine {
    /// Its line, counted from 1.
    pub line: usize,
    /// How many whole bytes stand before it: where a writer goes on after cutting it off.
    pub offset: u64,
    /// How many bytes it has, its line end included where it has one.
    pub bytes: u64,
    /// Why it is taken to be cut short.
    pub why: String,
}

/// Why a journal is refused. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum JournalFault {
    /// It is larger than is ever read.
    #[error("the journal has {bytes} bytes, at most {limit} are read")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The most bytes that are read.
        limit: u64,
    },
    /// A line in the middle is no journal line.
    #[error("line {line} of the journal is damaged: {what}")]
    Damaged {
        /// The line.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// A line is not chained to the line before: one of the two was altered, or a line is missing.
    #[error(
        "line {line} of the journal does not follow the line before it: one of the two was altered, or a line between them is gone"
    )]
    Chain {
        /// The line.
        line: usize,
    },
    /// A line's number is not the next one.
    #[error("line {line} of the journal has number {found}")]
    Number {
        /// The line.
        line: usize,
        /// The number that it has.
        found: u64,
    },
}

impl JournalFault {
    /// Returns the line, where the fault stands on one.
    pub fn line(&self) -> Option<usize> {
        match self {
            JournalFault::TooLarge { .. } => None,
            JournalFault::Damaged { line, .. } | JournalFault::Chain { line } | JournalFault::Number { line, .. } => {
                Some(*line)
            }
        }
    }
}

/// Returns the line of an entry, without its line end. `previous` is the digest of the line before, or
/// [`FIRST_PREVIOUS`].
pub fn line(entry: &Entry, previous: &str) -> String {
    let file = LineFile {
        format: (entry.number == 1).then_some(FORMAT),
        number: entry.number,
        at: entry.at.to_string(),
        previous: previous.into(),
        event: EventFile::from(&entry.event),
    };
    // Our wire types have no map with keys other than texts and no serialiser that fails, so this can't fail.
    serde_json::to_string(&file).unwrap_or_default()
}

/// Returns the digest of a line, given without its line end.
pub fn digest(line: &str) -> String {
    blake3::hash(line.as_bytes()).to_hex().to_string()
}

/// Reads a journal.
///
/// # Errors
/// Returns a [`JournalFault`] with the first line that is wrong. A last line that has no line end, or is no
/// JSON, is no fault: see [`Journal::torn`].
pub fn read(bytes: &[u8], tables: &[&'static Table]) -> Result<Journal, JournalFault> {
    if bytes.len() as u64 > json::LIMIT_BYTES {
        return Err(JournalFault::TooLarge { bytes: bytes.len() as u64, limit: json::LIMIT_BYTES });
    }
    let mut journal = Journal { entries: Vec::new(), last_hash: FIRST_PREVIOUS.into(), torn: None };
    let mut offset = 0;
    for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let number = index + 1;
        let is_last = offset + line.len() == bytes.len();
        let torn = |why: String| TornLine { line: number, offset: offset as u64, bytes: line.len() as u64, why };
        let Some(whole) = line.strip_suffix(b"\n") else {
            journal.torn = Some(torn("it has no line end".into()));
            break;
        };
        match value(whole) {
            Err(why) if is_last => {
                journal.torn = Some(torn(why));
                break;
            }
            Err(what) => return Err(JournalFault::Damaged { line: number, what }),
            Ok(value) => journal.entries.push(entry(value, number, &journal.last_hash, tables)?),
        }
        journal.last_hash = blake3::hash(whole).to_hex().to_string();
        offset += line.len();
    }
    Ok(journal)
}

fn value(line: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8 text".to_string())?;
    json::parse("", text).map_err(|fault| format!("{fault} at column {}", fault.place().2))
}

fn entry(mut value: Value, line: usize, previous: &str, tables: &[&'static Table]) -> Result<Entry, JournalFault> {
    let damaged = |misfit: Misfit| JournalFault::Damaged { line, what: misfit.to_string() };
    let Some(members) = value.as_object_mut() else {
        return Err(damaged(Misfit::new("an object is wanted", "オブジェクトが必要")));
    };
    if line == 1 {
        let format = shape::take_text(members, "format").map_err(damaged)?;
        if format != FORMAT {
            let what = format!("a `{FORMAT}` file is wanted, this one is `{}`", format.escape_debug());
            return Err(damaged(Misfit::new(what, format!("`{FORMAT}` のファイルが必要"))));
        }
    }
    if shape::take_text(members, "previous").map_err(damaged)? != previous {
        return Err(JournalFault::Chain { line });
    }
    let at = shape::take_text(members, "at").and_then(|at| wire::time(&at)).map_err(damaged)?;
    let number = members.remove("number").and_then(|number| number.as_u64());
    let number = number
        .ok_or_else(|| damaged(Misfit::new("the field `number` is no number", "フィールド `number` が数値ではない")))?;
    if number != line as u64 {
        return Err(JournalFault::Number { line, found: number });
    }
    let event = shape::read(&value).and_then(|file| event(file, tables)).map_err(damaged)?;
    Ok(Entry { number, at, event })
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
