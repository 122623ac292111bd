//! What an answer says, as a reply. What can't be read is told with its text, and is never a guess.

use serde_json::Value as Json;

use super::decode;
use super::order::Answer;
use super::powershell;
use super::trouble::{clipped, last_line};
use super::{Encoding, posix};
use crate::model::disks::listing::Listing;
use crate::model::request::Reply;

/// Reads the answer of a program of a product.
///
/// # Errors
/// Says what can't be read, where the program only shows something; what a change said is kept as it can be read.
pub fn program(answer: &Answer, encoding: Encoding, only_shows: bool) -> Result<Reply, String> {
    ended(answer.status, &answer.wrote, &answer.said, encoding, only_shows)
}

fn ended(exit_code: i32, out: &[u8], err: &[u8], encoding: Encoding, only_shows: bool) -> Result<Reply, String> {
    let stdout = match decode::text(out, encoding) {
        Ok(text) => text,
        Err(damaged) if only_shows => {
            return Err(format!("it is not {}: {}", decode::name(encoding), clipped(&damaged)));
        }
        Err(_) => decode::shown(out, encoding),
    };
    Ok(Reply::Ended { exit_code, stdout, stderr: decode::shown(err, encoding) })
}

/// Reads the answer of a program that PowerShell ran.
///
/// # Errors
/// As [`program`].
pub fn program_by_powershell(answer: &Answer, encoding: Encoding, only_shows: bool) -> Result<Reply, String> {
    let said = match script(answer)? {
        Ok(said) => said,
        Err(failure) => return Ok(Reply::Unknown { why: failure.message }),
    };
    if let Some(why) = said.get("unstarted").and_then(Json::as_str) {
        return Ok(Reply::Refused { why: clipped(why) });
    }
    if said.get("missing") == Some(&Json::Bool(true)) {
        return Ok(Reply::Ended { exit_code: 127, stdout: String::new(), stderr: "the program is not there".into() });
    }
    let exit_code = said.get("exit").and_then(Json::as_i64).and_then(|code| i32::try_from(code).ok());
    let exit_code = exit_code.ok_or_else(|| format!("no exit code in {}", clipped(&said.to_string())))?;
    ended(exit_code, &powershell::bytes(&said, "out")?, &powershell::bytes(&said, "err")?, encoding, only_shows)
}

/// What a script threw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What it says.
    pub message: String,
    /// Its HRESULT, the number by which .NET tells what went wrong.
    pub result: Option<i64>,
}

impl Failure {
    /// Returns whether it proves that a file or folder is as it was: Windows refused to touch it.
    ///
    /// # Source
    /// "HRESULT From WIN32 Error Code Macro" and "System Error Codes" of the Windows API: not found (2, 3), access denied (5),
    /// another volume (17), write-protected (19), in use (32, 33), there already (80, 183), invalid (87, 123), too long (206).
    /// What a network does (53, 59, 64, 121 …) proves nothing.
    pub fn is_surely_unchanged(&self) -> bool {
        const SURE: [i64; 13] = [2, 3, 5, 17, 19, 32, 33, 80, 87, 123, 183, 206, 267];
        self.result.is_some_and(|result| (result >> 16) & 0xFFFF == 0x8007 && SURE.contains(&(result & 0xFFFF)))
    }
}

impl From<Failure> for String {
    fn from(failure: Failure) -> String {
        failure.message
    }
}

/// Reads what a script wrote: its value, or what it threw.
///
/// # Errors
/// Says what can't be read.
pub fn script(answer: &Answer) -> Result<Result<Json, Failure>, String> {
    let said = powershell::answer(&answer.wrote)?;
    match answer.status {
        0 => Ok(Ok(said)),
        _ => match said.get("message").and_then(Json::as_str) {
            Some(message) => {
                let result = said.get("result").and_then(Json::as_i64);
                Ok(Err(Failure { message: clipped(message), result }))
            }
            None => Err(format!("it failed without a message: {}", clipped(&said.to_string()))),
        },
    }
}

/// Returns what a program that changes a file or folder has come to.
pub fn done(said: Result<Json, Failure>, done: Reply) -> Reply {
    match said {
        Ok(_) => done,
        Err(failure) if failure.is_surely_unchanged() => Reply::Refused { why: failure.message },
        Err(failure) => Reply::Unknown { why: failure.message },
    }
}

/// Reads the answer of a command of PVS.
///
/// # Errors
/// Says what can't be read.
pub fn cmdlet(answer: &Answer) -> Result<Reply, String> {
    let said = match script(answer)? {
        Ok(said) => said,
        // It failed before the command was called.
        Err(failure) => return Ok(Reply::CmdletFailed { code: None, message: failure.message }),
    };
    if let Some(why) = said.get("unsure").and_then(Json::as_str) {
        return Ok(Reply::Unknown { why: clipped(why) });
    }
    if let Some(code) = said.get("code").and_then(Json::as_i64) {
        let message = said.get("message").and_then(Json::as_str).unwrap_or_default();
        return Ok(Reply::CmdletFailed { code: Some(code), message: clipped(message) });
    }
    let text = said.get("json").and_then(Json::as_str);
    let text = text.ok_or_else(|| format!("no `json` in {}", clipped(&said.to_string())))?;
    match serde_json::from_str::<Json>(text) {
        Ok(_) => Ok(Reply::Json(text.into())),
        Err(error) => Err(format!("{error}: {}", clipped(text))),
    }
}

/// Reads what the wizard's program says: what came of the wizard, and whether the files that it had are surely gone.
///
/// # Errors
/// Says what can't be read.
pub fn wizard(answer: &Answer) -> Result<(Reply, bool), String> {
    let said = match script(answer)? {
        Ok(said) => said,
        Err(failure) => return Ok((Reply::Unknown { why: failure.message }, false)),
    };
    let reply = match said.get("complete") {
        Some(Json::Bool(true)) => {
            Reply::Ended { exit_code: 0, stdout: "Configuration complete".into(), stderr: String::new() }
        }
        _ => Reply::Unknown { why: "the wizard ended, and its log does not say that it is complete".into() },
    };
    Ok((reply, said.get("kept") == Some(&Json::Bool(false))))
}

/// Reads the size of a file.
///
/// # Errors
/// Says why it can't be told.
pub fn size(answer: &Answer) -> Result<Reply, String> {
    let text = String::from_utf8_lossy(&answer.wrote);
    match answer.status {
        0 => match text.trim().parse() {
            Ok(bytes) => Ok(Reply::FileSize(Some(bytes))),
            Err(_) => Err(format!("no size: {}", clipped(&text))),
        },
        posix::ABSENT => Ok(Reply::FileSize(None)),
        _ => Err(last_line(&String::from_utf8_lossy(&answer.said))),
    }
}

/// Reads the size of a file as PowerShell tells it.
///
/// # Errors
/// Says why it can't be told.
pub fn size_by_powershell(answer: &Answer) -> Result<Reply, String> {
    let said = script(answer)??;
    match (said.get("absent"), said.get("size").and_then(Json::as_u64)) {
        (Some(Json::Bool(true)), None) => Ok(Reply::FileSize(None)),
        (None, Some(bytes)) => Ok(Reply::FileSize(Some(bytes))),
        _ => Err(format!("no size: {}", clipped(&said.to_string()))),
    }
}

/// Reads the listing that `rolewalk disks hash` wrote; exit code 3 tells of files that could not be read, which the listing
/// says itself.
///
/// # Errors
/// Says what can't be read.
pub fn fingerprints(reply: Reply) -> Result<Reply, String> {
    match reply {
        Reply::Ended { exit_code: 0 | 3, stdout, .. } => serde_json::from_str::<Listing>(&stdout)
            .map(Reply::Listing)
            .map_err(|error| format!("{error}: {}", clipped(&stdout))),
        Reply::Ended { exit_code, stderr, .. } => {
            Err(format!("`rolewalk disks hash` ended with exit code {exit_code}: {}", last_line(&stderr)))
        }
        Reply::Refused { why } => Err(why),
        _ => Err("an answer of another kind came".into()),
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
