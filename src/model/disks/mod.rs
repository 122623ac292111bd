//! vDisk files as values: their names, what they contain, what a server's store folder holds, and how servers compare.
//!
//! Opens nothing; files are read in `disk`. The one part of the model that is written as JSON as it is, because a
//! [`listing::Listing`] is what a server sends instead of its bytes. Begin with [`compare::compare`].

pub mod compare;
pub mod difference;
pub mod identity;
pub mod inventory;
pub mod layout;
pub mod link;
pub mod listing;
pub mod manifest;
pub mod matrix;
pub mod name;
pub mod place;
pub mod recorded;
pub(crate) mod tree;
