//! What Citrix PVS knows: its servers and stores.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::world::practice::state::{self, same};

/// Citrix PVS's side.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The site of all servers.
    pub site: String,
    /// Every machine, in the PVS farm or not.
    pub hosts: Vec<Host>,
    /// The PVS stores: three for each CO-Store store.
    pub pvs_stores: Vec<PvsStore>,
    /// Whether the database answers.
    pub database_answers: bool,
    /// Of each CO-Store store the vDisks whose newest version is being written, and so in maintenance.
    #[serde(default)]
    pub written: BTreeMap<String, BTreeSet<String>>,
}

/// One machine as PVS has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// Whether it is a server of the PVS farm.
    pub registered: bool,
    /// Whether its Stream Service is running (while it is switched on).
    pub stream_service: bool,
    /// Whether PVS was told that it is down.
    pub marked_down: bool,
    /// Running terminals, by CO-Store store.
    pub terminals: BTreeMap<String, u64>,
    /// The CO-Store stores for which it has had a share.
    pub shares: BTreeSet<String>,
}

/// One store as PVS knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PvsStore {
    /// Its name.
    pub name: String,
    /// The servers that are ticked on its Servers tab, sorted.
    pub ticked: BTreeSet<String>,
}

/// What PVS knows of a server: the field `Active` of its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// The Stream Service is running.
    Active,
    /// It is not, or the server is down.
    Inactive,
    /// It can't be told.
    Unknown,
}

impl State {
    /// Returns the machine of that name.
    pub fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.iter().find(|host| same(&host.name, name))
    }

    /// Returns the machine of that name, to change it.
    pub fn host_mut(&mut self, name: &str) -> Option<&mut Host> {
        self.hosts.iter_mut().find(|host| same(&host.name, name))
    }

    /// Returns the server of the PVS farm of that name.
    pub fn server(&self, name: &str) -> Option<&Host> {
        self.host(name).filter(|host| host.registered)
    }

    /// Returns the PVS store of that name.
    pub fn pvs_store(&self, name: &str) -> Option<&PvsStore> {
        self.pvs_stores.iter().find(|store| same(&store.name, name))
    }

    /// Returns whether the newest version of a store's vDisk is being written.
    pub fn is_written(&self, store: &str, disk: &str) -> bool {
        self.written.get(store).is_some_and(|disks| disks.contains(disk))
    }

    /// Returns the PVS store of that name, to change it.
    pub fn pvs_store_mut(&mut self, name: &str) -> Option<&mut PvsStore> {
        self.pvs_stores.iter_mut().find(|store| same(&store.name, name))
    }
}

impl state::State {
    /// Returns the CO-Store store of that name, as it was written.
    pub fn store(&self, name: &str) -> Option<String> {
        self.made_from.co_store.keys().find(|store| same(store, name)).cloned()
    }

    /// Returns what PVS knows of a server.
    pub fn activity(&self, host: &Host) -> Activity {
        let machine = self.machine(&host.name);
        let (powered, answers) = machine.map_or((false, false), |machine| (machine.powered, machine.answers));
        match (host.marked_down || !powered, answers, host.stream_service) {
            (true, _, _) => Activity::Inactive,
            (false, false, _) => Activity::Unknown,
            (false, true, true) => Activity::Active,
            (false, true, false) => Activity::Inactive,
        }
    }
}

impl Host {
    /// Returns how many terminals run on it, whatever the store.
    pub fn all_terminals(&self) -> u64 {
        self.terminals.values().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

impl PvsStore {
    /// Returns whether `server` is ticked.
    pub fn is_ticked(&self, server: &str) -> bool {
        self.ticked.iter().any(|one| same(one, server))
    }

    /// Unticks `server`.
    pub fn untick(&mut self, server: &str) {
        self.ticked.retain(|one| !same(one, server));
    }
}
