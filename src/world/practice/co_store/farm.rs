//! What CO-Store's rules read of a farm.

use super::state::Host;
use crate::world::practice::farm::{Farm, Trouble};
use crate::world::practice::shares::{Share, StoredFile, disk_files};
use crate::world::practice::state::same;

impl Farm {
    /// Returns the share of a store on a machine, under the names that the farm writes; none where either is unknown.
    pub fn share(&self, server: &str, store: &str) -> Option<Share> {
        Some(Share { server: self.state.co_store.host(server)?.name.clone(), store: self.state.store(store)? })
    }

    /// Returns the vDisk files of a share; none where there is no such share.
    pub fn disk_files(&self, share: &Share) -> Result<Option<Vec<StoredFile>>, Trouble> {
        if self.shares.has(share) { Ok(Some(disk_files(self.shares.as_ref(), share)?)) } else { Ok(None) }
    }

    /// Makes the share of a store on a machine, as whoever prepares a server does.
    pub fn make_share(&mut self, share: &Share) -> Result<(), Trouble> {
        self.shares.make(share)?;
        if let Some(host) = self.state.co_store.host_mut(&share.server) {
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
        let on = |host: &Host| host.terminals.iter().find_map(|(name, number)| count(name, number));
        self.state.co_store.hosts.iter().filter_map(|host| Some((host.name.clone(), on(host)?))).collect()
    }
}
