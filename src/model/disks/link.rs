//! What is wrong with the chain of versions on one server.
//!
//! Pure values; headers are read and chains checked in `disk::chain`. A broken chain proves that something is wrong,
//! and a whole one never proves that two servers hold the same bytes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum ChainFault {
    /// The headers couldn't be read, so nothing is known of the image's place.
    Unreadable {
        /// Why.
        why: String,
    },
    /// A structure is damaged, but a copy of it could be used.
    Damaged {
        /// What, and where in the file.
        what: String,
    },
    /// A VHDX has entries in its log: a program has it open for writing, or didn't close it.
    Open,
    /// A version's file doesn't say that it is a difference to another.
    NotADifference,
    /// The parent isn't in the folder.
    ParentMissing {
        /// The parent's file name, or its identity where it is known by that alone.
        parent: String,
    },
    /// The parent's version is not lower than the child's own.
    ParentNotOlder {
        /// The parent's file name.
        parent: String,
    },
    /// The file that has the parent's name is another disk, or was written after the child was made.
    OtherParent {
        /// The parent's file name.
        parent: String,
        /// The identity that the child names.
        want: String,
        /// The identity that the file has.
        have: String,
    },
    /// The parent is the right disk, but its file has another modification time than the child names (VHD only).
    ParentTime {
        /// The parent's file name.
        parent: String,
        /// The time that the child names (UTC).
        want: String,
        /// The file's time (UTC); none before 2000.
        have: Option<String>,
    },
}

/// What is wrong with one image's place in its chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenLink {
    /// The image's file name.
    pub path: String,
    /// What is wrong.
    #[serde(flatten)]
    pub fault: ChainFault,
}

impl fmt::Display for ChainFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChainFault::Unreadable { why } => write!(out, "its headers can't be read: {why}"),
            ChainFault::Damaged { what } => write!(out, "damaged, and readable from a copy: {what}"),
            ChainFault::Open => out.write_str("a program has it open, or did not close it"),
            ChainFault::NotADifference => out.write_str("it names no parent"),
            ChainFault::ParentMissing { parent } => write!(out, "its parent `{parent}` is missing"),
            ChainFault::ParentNotOlder { parent } => write!(out, "its parent `{parent}` is no older version"),
            ChainFault::OtherParent { parent, want, have } => {
                write!(out, "its parent `{parent}` is {have} and should be {want}")
            }
            ChainFault::ParentTime { parent, want, have } => {
                let have = have.as_deref().unwrap_or("before 2000");
                write!(out, "its parent `{parent}` was written {have} and should be of {want}")
            }
        }
    }
}
