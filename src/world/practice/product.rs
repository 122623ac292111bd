//! The products that a farm may have: what each brings, as data.
//!
//! A product's rules stand in its own folder, and nothing outside of it names it but a line here, its part of the state,
//! of `farm.yaml`, of [`super::Change`] and of [`super::FarmStatus`]. Each machine of a farm has one product.

use super::co_store;
use super::farm::{Farm, Outcome, Trouble};
use super::farm_file::{FarmFile, FarmFileFault};
use super::lifekeeper;
use super::state::{Machine, State, same};
use super::sun_ray;
use super::wsmgr;
use crate::model::request::{Reply, Request, Task};

/// What comes of a person's work: trouble under the farm; inside: why it can't be done.
pub type Operated = Result<Result<(), Reply>, Trouble>;

/// One product's side of a farm.
#[derive(Debug)]
pub struct Product {
    /// Checks its part of `farm.yaml`.
    pub check: fn(&FarmFile) -> Result<(), FarmFileFault>,
    /// Returns its machines, sorted by name, each once.
    pub machines: fn(&FarmFile) -> Vec<Machine>,
    /// Makes its part of a new farm; the machines are there already.
    pub build: fn(&mut Farm) -> Result<(), Trouble>,
    /// Says what is missing of its files; none where they are whole.
    pub damage: fn(&Farm) -> Option<String>,
    /// Returns whether SQL statements are for it.
    pub has_database: bool,
    /// Returns the reply where its database does not answer.
    pub unanswered: fn(&State, &Request) -> Option<Reply>,
    /// Answers a request, and changes the farm as it demands.
    pub answer: fn(&mut Farm, &Request) -> Outcome,
    /// Returns what a request answers that is made to fail. Nothing is changed by it.
    pub failure: fn(&Request) -> Reply,
    /// Does what a person would do who follows the documents; inside: why it can't be done.
    pub operate: fn(&mut Farm, &Task) -> Operated,
    /// Does what the product does by itself all the time.
    pub goes_on: fn(&mut Farm) -> Result<(), Trouble>,
    /// What comes of switching a machine on or off; the machine itself is not switched yet.
    pub power: fn(&mut Farm, &str, bool),
}

/// Every product, in the order in which people read of them.
pub const ALL: &[Product] = &[co_store::PRODUCT, sun_ray::PRODUCT, lifekeeper::PRODUCT, wsmgr::PRODUCT];

impl Product {
    /// Returns the product of a machine.
    pub fn of(state: &State, machine: &str) -> Option<&'static Product> {
        let has = |product: &&Product| (product.machines)(&state.made_from).iter().any(|one| same(&one.name, machine));
        ALL.iter().find(has)
    }
}
