//! A real world: parts of a connection, each for its kind of request.
//!
//! A request for a part that the connection does not define is refused with that reason: nothing was asked of anybody.

use tokio::sync::Mutex;

use super::hosts::Hosts;
use super::practice::PracticeWorld;
use super::sql::Database;
use crate::model::request::{Reply, Request, Statement};

/// The parts of a connection.
#[derive(Default)]
pub struct Real {
    /// The product's database.
    pub database: Option<Database>,
    /// The servers themselves.
    pub hosts: Option<Hosts>,
    /// Whatever the other parts do not perform, on a practice farm.
    pub practice: Option<PracticeWorld>,
    /// What is asked right before a change elsewhere: whether the session that holds the locks is still there.
    pub lock_probe: Option<Statement>,
    /// Whether nothing may be changed through it: whatever is no look is refused before it reaches a part.
    pub reads_only: bool,
    /// A practice farm and an endpoint that serves its database must not wait for one another.
    pub turn: Mutex<()>,
}

impl Real {
    /// Performs one request.
    pub async fn perform(&self, request: &Request) -> Reply {
        if !request.is_look() {
            if self.reads_only {
                return Reply::Refused { why: "the connection is declared to be only read (`reads_only`)".into() };
            }
            if let Some(why) = self.lost_locks().await {
                return Reply::Refused { why };
            }
        }
        match (request, &self.database, &self.hosts, &self.practice) {
            (Request::Query(statement), Some(database), ..) => database.query(statement).await,
            (Request::Change { only_if, change, rows }, Some(database), ..) => {
                let _turn = self.turn.lock().await;
                database.change(only_if, change, *rows).await
            }
            (Request::Query(_) | Request::Change { .. } | Request::AskOperator(_), .., Some(farm)) => {
                let _turn = self.turn.lock().await;
                farm.perform(request)
            }
            (Request::Query(_) | Request::Change { .. }, ..) => missing("database"),
            // A person is asked by whoever tells of the run; the proof is a look.
            (Request::AskOperator(_), ..) => Reply::OperatorAsked,
            (_, _, Some(hosts), _) => hosts.perform(request).await,
            (_, _, None, Some(farm)) => {
                let _turn = self.turn.lock().await;
                farm.perform(request)
            }
            (_, _, None, None) => missing("hosts"),
        }
    }

    async fn lost_locks(&self) -> Option<String> {
        self.database.as_ref()?.lost_locks(self.lock_probe.as_ref()?).await
    }
}

fn missing(part: &str) -> Reply {
    Reply::Refused { why: format!("the connection has no part `{part}`") }
}
