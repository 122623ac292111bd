//! WSMGR for Web on a practice farm: servers with their own view of the server group, a sync monitor, and a load
//! balancer in front of them.
//!
//! The rules come from the product's documents; no table of transitions is read. What only people see is attested by
//! the simulated operator, as it is; with a person as the operator nothing is attested by itself.

mod answer;
mod change;
mod farm_file;
mod group;
mod seen;
mod state;
mod status;
#[cfg(test)]
mod tests;

use super::product::Product;

pub(super) use answer::is_for;
pub use change::Change;
pub(super) use change::carry_out;
pub use farm_file::{Fault as FarmFileFault, GroupFile, Kind, ServerDetails, ServerFile};
pub use state::{Pool, State, Sync};
pub(super) use status::status;
pub use status::{ServerStatus, Status};

/// WSMGR for Web.
pub(super) const PRODUCT: Product = Product {
    check: farm_file::check,
    machines: farm_file::machines,
    build: state::build,
    damage: |_| None,
    has_database: false,
    unanswered: |_, _| None,
    answer: answer::answer,
    failure: answer::failure,
    operate: group::operate,
    goes_on: seen::goes_on,
    power: |_, _, _| {},
};
