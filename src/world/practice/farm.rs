//! A farm: all that its rules read and change.

use std::io;

use thiserror::Error;

use super::database::Database;
use super::shares::{Share, Shares, StoredFile, disk_files};
use super::state::{State, same};
use crate::model::request::Reply;

/// A farm.
pub struct Farm {
    /// Citrix PVS's side, the machines, and the faults to come.
    pub state: State,
    /// CO-Store's database.
    pub database: Database,
    /// The vDisk files.
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

impl Farm {
    /// Returns the share of a store on a machine, under the names that the farm writes; none where either is unknown.
    pub fn share(&self, server: &str, store: &str) -> Option<Share> {
        Some(Share { server: self.state.host(server)?.name.clone(), store: self.state.store(store)? })
    }

    /// Returns the vDisk files of a share; none where there is no such share.
    pub fn disk_files(&self, share: &Share) -> Result<Option<Vec<StoredFile>>, Trouble> {
        if self.shares.has(share) { Ok(Some(disk_files(self.shares.as_ref(), share)?)) } else { Ok(None) }
    }

    /// Makes the share of a store on a machine, as whoever prepares a server does.
    pub fn make_share(&mut self, share: &Share) -> Result<(), Trouble> {
        self.shares.make(share)?;
        if let Some(host) = self.state.host_mut(&share.server) {
            host.shares.insert(share.store.clone());
        }
        Ok(())
    }

    /// Returns the CO-Store store that a PVS store belongs to.
    pub fn co_store_of(&self, pvs_store: &str) -> Option<String> {
        let belongs = |name: &str| ["", "-Diff", "-Link"].iter().any(|end| same(&format!("{name}{end}"), pvs_store));
        self.state.made_from.co_store.keys().find(|name| belongs(name)).cloned()
    }

    /// Returns whether a server has storage for a store.
    pub fn is_storage(&self, store: &str, server: &str) -> Result<bool, Trouble> {
        Ok(self.database.storages(store)?.iter().any(|one| same(one, server)))
    }

    /// Returns the number of running terminals of a store on each machine that has some.
    pub fn terminals(&self, store: &str) -> Vec<(String, u64)> {
        let count = |name: &String, count: &u64| (same(name, store) && *count > 0).then_some(*count);
        let on = |host: &super::state::Host| host.terminals.iter().find_map(|(name, number)| count(name, number));
        self.state.hosts.iter().filter_map(|host| Some((host.name.clone(), on(host)?))).collect()
    }
}

/// Returns a reply that says that nothing was carried out.
pub fn refused(why: impl Into<String>) -> Reply {
    Reply::Refused { why: why.into() }
}

/// Returns a reply of somebody who does not answer.
pub fn silent(who: &str) -> Reply {
    Reply::Unknown { why: format!("{who} did not answer") }
}
