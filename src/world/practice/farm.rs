//! A farm: all that its rules read and change.

use std::io;

use thiserror::Error;

use super::database::Database;
use super::shares::Shares;
use super::state::State;
use crate::model::request::Reply;

/// A farm.
pub struct Farm {
    /// The machines, the products' own states, and the faults to come.
    pub state: State,
    /// The database in which the farm is kept.
    pub database: Database,
    /// The shares' files.
    pub shares: Box<dyn Shares>,
    /// What is worth noting in the audit of the request that is being answered.
    pub notes: Vec<String>,
}

/// The store under the farm failed: nothing that a product would answer.
#[derive(Debug, Error)]
pub enum Trouble {
    /// The database file.
    #[error("the practice farm's database: {0}")]
    Database(#[from] rusqlite::Error),
    /// The shares' files.
    #[error("the practice farm's files: {0}")]
    Files(#[from] io::Error),
}

/// What comes of a rule: a reply, or trouble under the farm.
pub type Outcome = Result<Reply, Trouble>;

/// Returns a reply that says that nothing was carried out.
pub fn refused(why: impl Into<String>) -> Reply {
    Reply::Refused { why: why.into() }
}

/// Returns a reply of somebody who does not answer.
pub fn silent(who: &str) -> Reply {
    Reply::Unknown { why: format!("{who} did not answer") }
}
