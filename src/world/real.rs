//! A real world: parts of a connection, each for its kind of request.
//!
//! A request for a part that the connection does not define is refused with that reason: nothing was asked of anybody.

use tokio::sync::Mutex;

use super::practice::PracticeWorld;
use super::sql::Database;
use crate::model::request::{Reply, Request, Statement};

/// The parts of a connection.
#[derive(Default)]
pub struct Real {
    /// The product's database.
    pub database: Option<Database>,
    /// Whatever the other parts do not perform, on a practice farm.
    pub practice: Option<PracticeWorld>,
    /// What is asked right before a change elsewhere: whether the session that holds the locks is still there.
    pub lock_probe: Option<Statement>,
    /// A practice farm and an endpoint that serves its database must not wait for one another.
    pub turn: Mutex<()>,
}

impl Real {
    /// Performs one request.
    pub async fn perform(&self, request: &Request) -> Reply {
        if !request.is_look()
            && let Some(why) = self.lost_locks().await
        {
            return Reply::Refused { why };
        }
        match (&self.database, request) {
            (Some(database), Request::Query(statement)) => database.query(statement).await,
            (Some(database), Request::Change { only_if, change, rows }) => {
                let _turn = self.turn.lock().await;
                database.change(only_if, change, *rows).await
            }
            _ => match &self.practice {
                Some(farm) => {
                    let _turn = self.turn.lock().await;
                    farm.perform(request)
                }
                None => missing(request),
            },
        }
    }

    async fn lost_locks(&self) -> Option<String> {
        self.database.as_ref()?.lost_locks(self.lock_probe.as_ref()?).await
    }
}

fn missing(request: &Request) -> Reply {
    let part = match request {
        Request::Query(_) | Request::Change { .. } => "database",
        _ => "hosts",
    };
    Reply::Refused { why: format!("the connection has no part `{part}`") }
}
