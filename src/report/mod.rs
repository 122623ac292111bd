//! What people read: pure functions from values to text, in English and Japanese.
//!
//! Nothing here asks, decides or writes anywhere: whoever calls gives the language, the width and whether colour
//! is wanted ([`Look`]). Whatever was observed is shown with its control characters escaped, so that no server's
//! answer can move a cursor or hide a line. Begin with [`text`]; a run is told by [`events`].

pub mod clean;
pub mod disks;
mod disks_notes;
pub mod drift;
pub mod events;
pub mod observation;
mod page;
mod phrases;
mod run_state;
pub mod table;
mod table_graph;
pub mod task_log;
pub mod text;
mod text_step;
mod words;

pub use page::Look;
