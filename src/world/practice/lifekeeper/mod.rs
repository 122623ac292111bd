//! LifeKeeper for Windows on a practice farm: servers with their configuration lists, hierarchies, mirrors and jobs.
//!
//! The rules come from the product's documents; no table of transitions is read. Where columns, wording or a state's number
//! are not public they are ours. The farm's LifeKeeper never fails over by itself: what a product or a person did is
//! [`Change::InService`].

mod answer;
mod change;
mod console;
mod emcmd;
mod farm_file;
mod lists;
mod shown;
mod state;
mod status;
#[cfg(test)]
mod tests;

use super::product::Product;

pub(super) use change::carry_out;
pub use change::{Change, Form, Part};
pub use farm_file::{ClusterFile, Fault as FarmFileFault, HierarchyFile, Role};
pub use state::State;
pub(super) use status::status;
pub use status::{ServerStatus, Status};

/// LifeKeeper for Windows with DataKeeper.
pub(super) const PRODUCT: Product = Product {
    check: farm_file::check,
    machines: farm_file::machines,
    build: state::build,
    damage: |_| None,
    has_database: false,
    unanswered: |_, _| None,
    answer: answer::answer,
    failure: answer::failure,
    operate: console::operate,
    goes_on: |_| Ok(()),
    power: change::power,
};
