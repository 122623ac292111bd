//! rolewalk walks servers to the roles that a git-versioned file declares.
#![forbid(unsafe_code)]

pub mod disk;
