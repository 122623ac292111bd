//! What every plan promises besides being shortest: how ties are broken, that random groups of many servers are safe
//! at every moment, that ways back lead back, and that what an argument says would help does help.

#[path = "../graph/mod.rs"]
mod graph;
#[path = "../oracle/mod.rs"]
mod oracle;
#[path = "../shape_tables/mod.rs"]
mod shape_tables;

mod back;
mod candidates;
mod cases;
mod impossible;
mod large;
mod lint;
mod minima;
mod random;
mod ties;
mod unknown;
