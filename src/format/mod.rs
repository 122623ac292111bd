//! Text ↔ value: what people write becomes plain values with places, or faults that point at every mistake.
//!
//! Never reads a disk, a clock or the environment: the caller brings names and bytes, and the tables of the
//! systems. Begin with [`topology`]; every fault that is found, of whatever file, is a [`fault::Fault`].

pub mod connections;
pub mod fault;
pub mod fields;
pub mod nearest;
pub mod schema;
pub mod source;
pub mod topology;
pub mod yaml;
