//! rolewalk walks servers to the roles that a git-versioned file declares, one safe step at a time.

pub mod disk;
pub mod format;
pub mod model;
pub mod plan;
pub mod report;
pub mod system;
pub mod world;
