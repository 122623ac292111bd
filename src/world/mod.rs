//! Worlds: whoever performs requests. A world decides nothing; what to ask for is decided by `system`.
//!
//! [`practice`] is the farm to learn and test on.

pub mod practice;
