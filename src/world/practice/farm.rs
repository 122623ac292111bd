//! A farm: all that its rules read and change.

use std::cell::OnceCell;
use std::io;

use thiserror::Error;

use super::database::Database;
use super::product::{ALL, Product};
use super::shares::Shares;
use super::state::{State, same};
use super::wsmgr;
use crate::model::request::{Reply, Request};

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
    /// Which product each machine has; known once somebody has asked.
    pub owners: OnceCell<Vec<(String, &'static Product)>>,
    /// Whether nothing goes on by itself until somebody changes something: a look left the farm as it was. Never kept.
    pub is_settled: bool,
}

impl Farm {
    /// Returns the product that a request is for: the one on the machine, or the one with a database.
    pub fn asked(&self, request: &Request) -> Option<&'static Product> {
        let Some(host) = request.host() else {
            let other = wsmgr::is_for(request).then_some(&wsmgr::PRODUCT);
            return other.or_else(|| ALL.iter().find(|product| product.has_database));
        };
        let owners = self.owners.get_or_init(|| {
            let of = |product: &'static Product| {
                let machines = (product.machines)(&self.state.made_from).into_iter();
                machines.map(move |machine| (machine.name, product))
            };
            ALL.iter().flat_map(of).collect()
        });
        owners.iter().find(|(machine, _)| same(machine, host.as_str())).map(|(_, product)| *product)
    }
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
