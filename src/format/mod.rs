//! Text ↔ value: the borders of rolewalk. Every file format has wire types of its own here; the types of
//! [`crate::model`] are never serialised. Nothing here reads or writes a disk, a clock or the environment, or
//! knows a system: names, bytes and tables come as arguments.
//!
//! JSON begins in [`json`] (strict reading, canonical form, identity); the files are [`snapshot`], [`plan`],
//! [`journal`] and [`drift`]. YAML begins in [`yaml`] (trees with places); the files are [`topology`] and
//! [`connections`], and whatever is wrong with one is a [`fault::Fault`].

pub mod archive;
pub mod attested;
mod canonical;
pub mod connections;
pub mod disks;
mod disks_pvs;
pub mod drift;
pub mod evidence;
pub mod fault;
pub mod fields;
pub mod journal;
mod journal_file;
pub mod json;
pub mod log_text;
pub mod near;
pub mod plan;
mod plan_file;
mod plan_read;
mod plan_write;
pub mod recorded;
pub mod rehearsal;
#[cfg(test)]
pub(crate) mod sample;
pub mod schema;
pub mod schema_json;
pub mod shape;
pub mod snapshot;
pub mod source;
pub mod topology;
mod wire;
pub mod yaml;
