//! What CO-Store and Citrix PVS answer.

use super::api;
use super::cmdlet;
use super::database::RolledBack;
use super::operator;
use super::store_folder;
use crate::model::request::{Reply, Request, Statement};
use crate::world::practice::farm::{Farm, Outcome, refused, silent};
use crate::world::practice::state::State;

/// Answers a request that reaches its receiver.
pub fn answer(farm: &mut Farm, request: &Request) -> Outcome {
    match request {
        Request::Query(statement) => query(farm, statement),
        Request::Change { only_if, change, rows } => match farm.database.change(only_if, change, *rows) {
            Ok(rows) => Ok(Reply::Changed { rows }),
            Err(why) => rolled_back(why),
        },
        Request::Cmdlet { on, name, parameters } => cmdlet::answer(farm, on.as_str(), name, parameters),
        Request::Command { folder, program, arguments, .. } => api::answer(farm, folder, program, arguments),
        Request::ListStore { on, store } => store_folder::list(farm, on.as_str(), store),
        Request::HashStore { on, store, afresh } => store_folder::hash(farm, on.as_str(), store, *afresh),
        Request::RenameFolder { on, store, from, to } => store_folder::rename(farm, on.as_str(), store, from, to),
        Request::RunWizard { on, store } => Ok(operator::register(farm, store, on.as_str())?.map_or_else(
            |reply| reply,
            |()| Reply::Ended { exit_code: 0, stdout: "Configuration complete".into(), stderr: String::new() },
        )),
        _ => Ok(refused("a PVS server has nothing that could do this")),
    }
}

/// Returns the reply where the database does not answer.
pub fn unanswered(state: &State, request: &Request) -> Option<Reply> {
    let asks = matches!(request, Request::Query(_) | Request::Change { .. });
    (asks && !state.co_store.database_answers).then(|| silent("the database server"))
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

/// Returns what a request answers that is made to fail. Nothing is changed by it.
pub fn failure(request: &Request) -> Reply {
    match request {
        Request::Cmdlet { .. } => {
            cmdlet::failed(22, "InsufficientPrivileges: the account has no right to this (practice: made to fail)")
        }
        Request::Command { .. } => {
            api::error("CO-StoreServer サービスが実行中ではありません. (practice: made to fail)")
        }
        // SQL Server's error 1205.
        Request::Change { .. } => refused(
            "Transaction was deadlocked on lock resources with another process and has been chosen as the deadlock \
             victim. Rerun the transaction. (practice: made to fail)",
        ),
        _ => refused("access is denied (practice: made to fail)"),
    }
}
