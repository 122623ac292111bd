//! Plain values: what the words of rolewalk mean, as types. Imports nothing of ours and performs no effect.
//!
//! Begin with [`table`] (what a product is), then [`topology`] (what is declared), [`snapshot`] (what is
//! there), [`plan`] (what would be done) and [`event`] (what was done).

pub mod attestation;
pub mod disks;
pub mod drift;
pub mod event;
pub mod fact;
pub mod guard;
pub mod moment;
pub mod name;
pub mod plan;
pub mod pool;
pub mod rehearsal;
pub mod request;
pub mod roster;
pub mod site;
pub mod snapshot;
pub mod table;
pub mod task_log;
pub mod topology;
pub mod window;
pub mod words;
