//! What a farm knows besides its database and its files: the machines, each product's own state, and the faults to
//! come.

use serde::{Deserialize, Serialize};

use super::audit::AuditLine;
use super::co_store;
use super::farm_file::{FarmFile, Operator};
use super::lifekeeper;
use super::sun_ray;
use super::wsmgr;

/// Free space of a disk for which none was declared: 100 GiB.
pub const PLENTY_BYTES: u64 = 100 << 30;
/// A MiB.
pub const MIB: u64 = 1 << 20;

/// All of it. One JSON text in the farm's database, so that one transaction changes both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// What the farm was made from.
    pub made_from: FarmFile,
    /// Who does what no interface offers.
    pub operator: Operator,
    /// Every machine, sorted by name.
    pub machines: Vec<Machine>,
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
    /// CO-Store's and Citrix PVS's side.
    pub co_store: co_store::State,
    /// Sun Ray's side.
    #[serde(default)]
    pub sun_ray: sun_ray::State,
    /// LifeKeeper's side.
    #[serde(default)]
    pub lifekeeper: lifekeeper::State,
    /// WSMGR's side.
    #[serde(default)]
    pub wsmgr: wsmgr::State,
}

/// One machine, whatever product it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// Whether it is switched on.
    pub powered: bool,
    /// Whether the network reaches it.
    pub answers: bool,
    /// Free space of its disk in bytes.
    pub free_bytes: u64,
}

/// Returns whether two names are the same, as SQL Server, PVS, Windows and DNS have it.
pub fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

impl State {
    /// Returns the machine of that name.
    pub fn machine(&self, name: &str) -> Option<&Machine> {
        self.machines.iter().find(|machine| same(&machine.name, name))
    }

    /// Returns the machine of that name, to change it.
    pub fn machine_mut(&mut self, name: &str) -> Option<&mut Machine> {
        self.machines.iter_mut().find(|machine| same(&machine.name, name))
    }

    /// Returns whether anything can be done on a machine over the network.
    pub fn reachable(&self, name: &str) -> bool {
        self.machine(name).is_some_and(Machine::reachable)
    }

    /// Returns whether a machine is switched on.
    pub fn powered(&self, name: &str) -> bool {
        self.machine(name).is_some_and(|machine| machine.powered)
    }
}

impl Machine {
    /// Returns a machine that is on and reached.
    pub fn new(name: &str, free_bytes: Option<u64>) -> Self {
        Self { name: name.into(), powered: true, answers: true, free_bytes: free_bytes.unwrap_or(PLENTY_BYTES) }
    }

    /// Returns whether anything can be done on it over the network.
    pub fn reachable(&self) -> bool {
        self.powered && self.answers
    }
}
