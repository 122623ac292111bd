//! CO-Store and Citrix PVS on a practice farm: PVS's servers and stores, CO-Store's database and tasks, the vDisk files.
//!
//! The rules come from the products' documents; no table of transitions is read.

mod answer;
mod api;
mod build;
mod change;
mod change_apply;
mod cmdlet;
mod database;
mod farm;
mod farm_file;
mod images;
mod inventory;
mod operator;
mod parameters;
mod replication;
mod server_cmdlet;
mod state;
pub mod status;
mod status_of;
mod store_folder;
#[cfg(test)]
mod tests;
mod versions;

use super::farm::Farm;
use super::product::Product;
use super::shares::Share;

pub use api::FOLDER;
pub use change::{Change, TaskState};
pub(super) use change_apply::carry_out;
pub use database::{STORAGES_QUERY, TASKS_QUERY};
pub use farm_file::{Fault as FarmFileFault, Role, ServerDetails, ServerFile, StoreFile};
pub use state::State;
pub use status::Status;
pub(super) use status_of::status;

/// CO-Store on Citrix PVS.
pub(super) const PRODUCT: Product = Product {
    check: farm_file::check,
    machines: build::machines,
    build: build::build,
    damage,
    has_database: true,
    unanswered: answer::unanswered,
    answer: answer::answer,
    failure: answer::failure,
    operate: operator::operate,
    goes_on: replication::retry,
    power: change_apply::power,
};

/// Each share that a machine has had must be there.
fn damage(farm: &Farm) -> Option<String> {
    let hosts = farm.state.co_store.hosts.iter();
    let mut shares = hosts
        .flat_map(|host| host.shares.iter().map(|store| Share { server: host.name.clone(), store: store.clone() }));
    let missing = shares.find(|share| !farm.shares.has(share))?;
    Some(format!("`shares/{}/{}` is missing", missing.server, missing.store))
}
