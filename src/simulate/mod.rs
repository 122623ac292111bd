//! Thousands of runs a second in memory, with everything going wrong that can: the very loop of `run`, the very table,
//! guards and acts of a system, on a practice farm, under a clock and on a disk that are simulated.
//!
//! One seed is one simulation, and is the same every time. It never copies the loop, and never decides what is right
//! by what the loop says: [`watch`] looks at the farm itself. Begin with [`one::simulate`]; what is done to a run is a
//! [`fault::Fault`], who does it is the [`stage`], and what a system brings is a [`ground::Ground`]; what grounds have in
//! common is in [`cast`].
//! [`rehearse`] is the same for a plan of one's own, with a crash at each place in turn.

#[cfg(test)]
mod bugs_tests;
pub mod cast;
pub mod co_store;
pub mod disk;
pub mod fault;
pub mod ground;
pub mod lifekeeper;
pub mod many;
pub mod one;
pub mod play;
pub mod plot;
pub mod random;
pub mod rehearse;
pub mod stage;
pub mod sun_ray;
pub mod time;
pub mod watch;
pub mod way;
pub mod wsmgr;
