//! What a farm knows besides its database and its vDisk files: Citrix PVS's side, the hosts, and the faults to come.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::audit::AuditLine;
use super::farm_file::{FarmFile, Operator};

/// Free space of a disk for which none was declared: 100 GiB.
pub const PLENTY_BYTES: u64 = 100 << 30;
/// A MiB, in which PVS counts free space.
pub const MIB: u64 = 1 << 20;

/// All of it. One JSON text in the farm's database, so that one transaction changes both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// What the farm was made from.
    pub made_from: FarmFile,
    /// Who does what no interface offers.
    pub operator: Operator,
    /// The site of all servers.
    pub site: String,
    /// Every machine, in the farm or not.
    pub hosts: Vec<Host>,
    /// The PVS stores: three for each CO-Store store.
    pub pvs_stores: Vec<PvsStore>,
    /// How many requests and changes there were.
    pub number: u64,
    /// The audit's last line: saved together with what it tells, so that a killed process loses no line.
    #[serde(default)]
    pub last: Option<AuditLine>,
    /// Minutes on the farm's own clock.
    pub minutes: u64,
    /// How many of the next changing requests fail.
    pub fail_next: u32,
    /// How many of the next changing requests are carried out with their answer lost.
    pub lose_next: u32,
    /// Whether the database answers.
    pub database_answers: bool,
}

/// One machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Its name.
    pub name: String,
    /// Whether it is a server of the PVS farm.
    pub registered: bool,
    /// Whether it is switched on.
    pub powered: bool,
    /// Whether the network reaches it.
    pub answers: bool,
    /// Whether its Stream Service is running (while it is switched on).
    pub stream_service: bool,
    /// Whether PVS was told that it is down.
    pub marked_down: bool,
    /// Free space of its disk in bytes.
    pub free_bytes: u64,
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

/// Returns whether two names are the same, as SQL Server, PVS and Windows have it.
pub fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
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

    /// Returns the PVS store of that name, to change it.
    pub fn pvs_store_mut(&mut self, name: &str) -> Option<&mut PvsStore> {
        self.pvs_stores.iter_mut().find(|store| same(&store.name, name))
    }

    /// Returns the CO-Store store of that name, as it was written.
    pub fn store(&self, name: &str) -> Option<String> {
        self.made_from.co_store.keys().find(|store| same(store, name)).cloned()
    }
}

impl Host {
    /// Returns what PVS knows of it.
    pub fn activity(&self) -> Activity {
        match (self.marked_down || !self.powered, self.answers, self.stream_service) {
            (true, _, _) => Activity::Inactive,
            (false, false, _) => Activity::Unknown,
            (false, true, true) => Activity::Active,
            (false, true, false) => Activity::Inactive,
        }
    }

    /// Returns whether anything can be done on it over the network.
    pub fn reachable(&self) -> bool {
        self.powered && self.answers
    }

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
