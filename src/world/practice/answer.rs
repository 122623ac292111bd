//! The rules' beginning: what the farm answers to a request.
//!
//! Never reads a clock, an environment or a table of transitions: the same farm gives the same answer.

use super::cmdlet;
use super::co_store_api;
use super::database::RolledBack;
use super::farm::{Farm, Outcome, Trouble, refused, silent};
use super::operator;
use super::replication;
use super::store_folder;
use crate::model::name::ServerName;
use crate::model::request::{Reply, Request, Statement};

/// Answers a request, and changes the farm as it demands.
///
/// # Guarantees
/// After `Refused` the farm's state and database are as before.
pub fn answer(farm: &mut Farm, request: &Request) -> Reply {
    let changes = can_be_made_to_fail(request);
    if !request.is_look() {
        farm.state.minutes = farm.state.minutes.saturating_add(1);
    }
    if changes && farm.state.fail_next > 0 {
        farm.state.fail_next -= 1;
        farm.notes.push("made to fail".into());
        return failure(request);
    }
    let before = farm.state.clone();
    let reply = match in_mark(farm, |farm| retry_and_obey(farm, request)) {
        Ok(reply) => reply,
        Err(trouble) => {
            farm.state = before;
            let why = trouble.to_string();
            return Reply::Unknown { why };
        }
    };
    if changes && farm.state.lose_next > 0 {
        farm.state.lose_next -= 1;
        farm.notes.push(format!("the answer was lost: {reply:?}"));
        return Reply::Unknown { why: "the connection was lost before the answer came".into() };
    }
    reply
}

/// Does something in a part of the transaction that is taken back where it meets trouble.
pub fn in_mark<T>(farm: &mut Farm, act: impl FnOnce(&mut Farm) -> Result<T, Trouble>) -> Result<T, Trouble> {
    farm.database.mark("request")?;
    match act(farm) {
        Ok(value) => {
            farm.database.keep("request")?;
            Ok(value)
        }
        Err(trouble) => {
            farm.database.take_back("request")?;
            Err(trouble)
        }
    }
}

/// Failed tasks are tried again all the time: before the request, and after it, so that its effect is not late.
fn retry_and_obey(farm: &mut Farm, request: &Request) -> Outcome {
    replication::retry(farm)?;
    let reply = obey(farm, request)?;
    replication::retry(farm)?;
    Ok(reply)
}

fn obey(farm: &mut Farm, request: &Request) -> Outcome {
    if let Some(reply) = unanswered(farm, request) {
        return Ok(reply);
    }
    match request {
        Request::Query(statement) => query(farm, statement),
        Request::Change { only_if, change, rows } => match farm.database.change(only_if, change, *rows) {
            Ok(rows) => Ok(Reply::Changed { rows }),
            Err(why) => rolled_back(why),
        },
        Request::Cmdlet { on, name, parameters } => cmdlet::answer(farm, on.as_str(), name, parameters),
        Request::Command { folder, program, arguments, .. } => co_store_api::answer(farm, folder, program, arguments),
        Request::ListStore { on, store } => store_folder::list(farm, on.as_str(), store),
        Request::HashStore { on, store, afresh } => store_folder::hash(farm, on.as_str(), store, *afresh),
        Request::RenameFolder { on, store, from, to } => store_folder::rename(farm, on.as_str(), store, from, to),
        Request::AskOperator(task) => operator::answer(farm, task),
    }
}

/// Returns the reply where whoever is asked does not answer at all.
fn unanswered(farm: &Farm, request: &Request) -> Option<Reply> {
    let host = |on: &ServerName| match farm.state.host(on.as_str()) {
        Some(host) if host.reachable() => None,
        _ => Some(silent(on.as_str())),
    };
    match request {
        Request::Query(_) | Request::Change { .. } if !farm.state.database_answers => {
            Some(silent("the database server"))
        }
        Request::Query(_) | Request::Change { .. } | Request::AskOperator(_) => None,
        Request::Cmdlet { on, .. }
        | Request::Command { on, .. }
        | Request::ListStore { on, .. }
        | Request::HashStore { on, .. }
        | Request::RenameFolder { on, .. } => host(on),
    }
}

fn query(farm: &Farm, statement: &Statement) -> Outcome {
    match farm.database.query(statement) {
        Ok(rows) => Ok(Reply::Rows(rows)),
        Err(why) => rolled_back(why),
    }
}

fn rolled_back(why: RolledBack) -> Outcome {
    match why {
        RolledBack::Because(why) => Ok(refused(why)),
        RolledBack::Failed(error) => Err(error.into()),
    }
}

/// Returns whether `fail_next` and `lose_next` count the request.
fn can_be_made_to_fail(request: &Request) -> bool {
    match request {
        Request::AskOperator(_) => false,
        request => !request.is_look(),
    }
}

/// Returns what a request answers that is made to fail. Nothing is changed by it.
fn failure(request: &Request) -> Reply {
    match request {
        Request::Cmdlet { .. } => {
            cmdlet::failed(22, "InsufficientPrivileges: the account has no right to this (practice: made to fail)")
        }
        Request::Command { .. } => {
            co_store_api::error("CO-StoreServer サービスが実行中ではありません. (practice: made to fail)")
        }
        // SQL Server's error 1205.
        Request::Change { .. } => refused(
            "Transaction was deadlocked on lock resources with another process and has been chosen as the deadlock \
             victim. Rerun the transaction. (practice: made to fail)",
        ),
        _ => refused("access is denied (practice: made to fail)"),
    }
}
