//! rolewalk walks servers to the roles that a git-versioned file declares, one safe step at a time.
//!
//! ```text
//! topology file ─format─▶ Topology ─┐
//!                                   ├─plan─▶ Plan ─run─▶ Events ─report─▶ what people read
//! the world ──run+system─▶ Snapshot ┘                      │
//!                                                     the journal
//! ```
//!
//! Every arrow points the same way, and every stop is a plain value of [`model`].
//!
//! | module | what it is | what it never does |
//! | --- | --- | --- |
//! | [`model`] | the words as types; begin with [`model::table`] | anything |
//! | [`format`](mod@format) | text ↔ value: YAML with places, snapshot, plan, journal, schemas | opens a file |
//! | [`system`] | what each product is: its table, how it is observed, how a step is done; begin with [`system::co_store`] | performs a request |
//! | [`plan`](mod@plan) | drift, search, guards, the checker; begin with [`plan::plan`] | reads a clock |
//! | [`disk`] | what vDisk files are and whether they are the same | changes a vDisk file |
//! | [`world`] | who performs requests: the practice farm, or the parts of a connection | decides, or reads a table |
//! | [`run`] | the loop: observe, lock, journal, act, look; begin with [`run::group`] | plans anew |
//! | [`simulate`] | runs with faults, in memory; begin with [`simulate::one`] | copies the loop |
//! | [`report`] | values as text, in two languages | prints |
//! | [`cli`] | one file per command | is imported |
//!
//! The layers and the reasons for them are in `ARCHITECTURE.md`; `tests/layers.rs` holds the code to them.

pub mod cli;
pub mod disk;
pub mod format;
pub mod model;
pub mod plan;
pub mod report;
pub mod run;
pub mod simulate;
pub mod system;
pub mod world;
