//! Text ↔ value: the borders of rolewalk. Every file format has wire types of its own here; the types of
//! [`crate::model`] are never serialised. Nothing here reads or writes a disk, or knows a system: tables come
//! as arguments.
//!
//! JSON begins in [`json`] (strict reading, canonical form, identity); the files are [`snapshot`], [`plan`]
//! and [`journal`].

pub mod journal;
mod journal_file;
pub mod json;
pub mod near;
pub mod plan;
mod plan_file;
mod plan_read;
mod plan_write;
#[cfg(test)]
pub(crate) mod sample;
pub mod schema_json;
pub mod shape;
pub mod snapshot;
mod wire;
