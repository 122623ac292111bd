//! What people read: pure functions from values to text, in English and Japanese.
//!
//! Nothing here asks, decides or writes anywhere: whoever calls gives the language, the width and whether colour
//! is wanted ([`Look`]). Whatever was observed is shown with its control characters escaped, so that no server's
//! answer can move a cursor or hide a line. Begin with [`text`]; a run is told by [`events`]. Each form that
//! machines read has a file of its own: [`sarif`], [`junit`], [`metrics`], [`github`].

pub mod clean;
pub mod diff;
pub mod disks;
mod disks_notes;
mod disks_pvs;
pub mod drift;
pub mod events;
pub mod github;
pub mod html;
pub mod junit;
mod markdown;
pub mod markdown_drift;
pub mod markdown_plan;
pub mod metrics;
pub mod observation;
mod page;
mod phrases;
mod run_state;
pub mod sarif;
pub mod table;
mod table_graph;
pub mod task_log;
pub mod text;
mod text_step;
mod words;

pub use page::{Look, width as columns};
