//! Reads vDisk files and says whether servers hold the same bytes.
//!
//! Nothing here ever changes, renames or deletes a vDisk file (CS-09, DV-02); the only file it writes is its own
//! cache of fingerprints. Nothing here decides what to do about a difference either: that is left to whoever
//! reads the [`compare::Comparison`]. Start at [`folder::hash_folder`] (one server) and [`compare::compare`]
//! (all servers of a store, a pure part of the model); the formats are in [`vhd`] and [`vhdx`].

pub mod cache;
pub mod chain;
pub mod fingerprint;
pub mod folder;
pub mod guest;
mod hashing;
pub mod header;
pub mod layout;
mod opened;
pub mod pair;
mod scan;
mod source;
pub mod stamp;
pub mod vhd;
pub mod vhd_build;
pub mod vhd_table;
pub mod vhdx;
mod vhdx_table;
pub mod watch;
mod zeros;

pub use crate::model::disks::{compare, difference, link, listing, manifest, name, place};

#[cfg(test)]
mod fuzz_tests;
