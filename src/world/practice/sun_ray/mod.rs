//! Sun Ray Software on a practice farm: servers with their replication, data stores, services and files.
//!
//! The rules come from the product's documents; no table of transitions is read. The wording of the outputs is ours
//! where it is not public.

mod answer;
mod change;
mod farm_file;
mod replica;
mod state;
mod status;
mod store;
#[cfg(test)]
mod tests;

use super::product::Product;

pub(super) use change::carry_out;
pub use change::{Change, Form};
pub use farm_file::{Fault as FarmFileFault, GroupFile, Role, ServerDetails, ServerFile};
pub use state::State;
pub(super) use status::status;
pub use status::{ServerStatus, Status};

/// Sun Ray Software.
pub(super) const PRODUCT: Product = Product {
    check: farm_file::check,
    machines: farm_file::machines,
    build: state::build,
    damage: |_| None,
    has_database: false,
    unanswered: |_, _| None,
    answer: answer::answer,
    failure: answer::failure,
    operate: answer::operate,
    goes_on: replica::catch_up,
    power: change::power,
};
