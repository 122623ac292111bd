//! Text ↔ value: what people write becomes plain values with places, or faults that point at every mistake.
//!
//! Never reads a disk, a clock or the environment: the caller brings names and bytes, and the tables of the
//! systems. Every fault that is found, of whatever file, is a [`fault::Fault`].

pub mod fault;
pub mod nearest;
pub mod source;
pub mod yaml;
