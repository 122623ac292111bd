//! What can be seen of a practice farm: plain values to print, by whoever prints.

use serde::Serialize;

use super::co_store;
use super::farm::{Farm, Trouble};
use super::farm_file::Operator;
use super::lifekeeper;
use super::state::{MIB, Machine};
use super::sun_ray;
use super::wsmgr;

/// A farm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FarmStatus {
    /// Who does what no interface offers.
    pub operator: Operator,
    /// The machines, sorted by name.
    pub machines: Vec<MachineStatus>,
    /// How many of the next changing requests fail.
    pub fail_next: u32,
    /// How many of the next changing requests are carried out with their answer lost.
    pub lose_next: u32,
    /// How many requests and changes there were.
    pub number: u64,
    /// CO-Store's side.
    pub co_store: co_store::Status,
    /// Sun Ray's side.
    pub sun_ray: sun_ray::Status,
    /// LifeKeeper's side.
    pub lifekeeper: lifekeeper::Status,
    /// WSMGR's side.
    pub wsmgr: wsmgr::Status,
}

/// A machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MachineStatus {
    /// Its name.
    pub name: String,
    /// Whether it is switched on.
    pub powered: bool,
    /// Whether the network reaches it.
    pub answers: bool,
    /// Free space of its disk in MiB.
    pub free_mb: u64,
}

/// Reads off a farm what can be seen of it.
pub fn status(farm: &Farm) -> Result<FarmStatus, Trouble> {
    let state = &farm.state;
    Ok(FarmStatus {
        operator: state.operator,
        machines: state.machines.iter().map(machine).collect(),
        fail_next: state.fail_next,
        lose_next: state.lose_next,
        number: state.number,
        co_store: co_store::status(farm)?,
        sun_ray: sun_ray::status(farm),
        lifekeeper: lifekeeper::status(farm),
        wsmgr: wsmgr::status(farm),
    })
}

fn machine(machine: &Machine) -> MachineStatus {
    MachineStatus {
        name: machine.name.clone(),
        powered: machine.powered,
        answers: machine.answers,
        free_mb: machine.free_bytes / MIB,
    }
}
