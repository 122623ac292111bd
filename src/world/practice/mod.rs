//! The practice farm: a farm that is simulated, performs the very requests that the real world gets, and answers them
//! in the products' own words.
//!
//! It has the products' rules and never reads a table of transitions, so that it can show a table wrong: where a
//! table allows what a product refuses, the farm refuses too. It never touches anything outside its own folder.
//!
//! Begin with [`world::PracticeWorld`]; the rules begin in `answer`, the products stand in `product` and have a folder
//! each, what can be done to a farm from outside is [`change::Change`], and what can be seen of it is
//! [`status::FarmStatus`].

mod answer;
mod audit;
mod build;
mod bytes;
pub mod change;
mod change_apply;
mod clock;
pub mod co_store;
mod database;
mod farm;
pub mod farm_file;
mod folder;
pub mod lifekeeper;
mod operator;
mod product;
mod shares;
mod shares_folder;
mod shares_memory;
mod state;
pub mod status;
pub mod sun_ray;
pub mod tds;
pub mod world;
pub mod wsmgr;

pub use audit::AuditLine;
pub use change::{Change, ChangeError};
pub use farm_file::{FarmFile, Operator, parse as parse_farm_file};
pub use status::FarmStatus;
pub use world::{PracticeError, PracticeWorld};
