//! What a rehearsal found: for each place at which a run can crash, what is there then and what `resume` does.

use super::event::Ending;
use super::name::ServerName;
use super::snapshot::Standing;

/// Where a run crashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The guards have passed, and the step's intent is not on disk.
    Before,
    /// So many of the step's requests were carried out; the answer to the last is not on disk.
    Inside {
        /// How many were carried out.
        carried_out: usize,
    },
    /// The step was seen to be done, and that is not on disk.
    After,
}

/// One crash, what is there then, and what `resume` does.
#[derive(Debug, Clone, PartialEq)]
pub struct Crash {
    /// The step, counted from 1.
    pub step: usize,
    /// Where.
    pub place: Place,
    /// The servers that are otherwise than right before the step: what they were, and what is seen.
    pub seen: Vec<(ServerName, Standing, Standing)>,
    /// Whether the step's goal holds.
    pub is_reached: bool,
    /// What `resume` does about the step.
    pub resume: Resume,
    /// How `resume` ends the group; none where it does not end.
    pub ending: Option<Ending>,
}

/// What `resume` does about the step at which a run crashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume {
    /// It sees that the step is done, notes that, and goes on.
    NotesDone,
    /// It asks so many requests of the world.
    Asks {
        /// How many.
        requests: usize,
    },
    /// It stops before the step.
    Stops,
}

/// A group's rehearsal.
#[derive(Debug, Clone, PartialEq)]
pub struct Rehearsal {
    /// How the run ends without a crash.
    pub ending: Option<Ending>,
    /// For each step, how many requests carry it out.
    pub requests: Vec<usize>,
    /// The crashes.
    pub crashes: Vec<Crash>,
}

/// Writes a standing as a person reads it.
pub fn told(standing: &Standing) -> String {
    let marks = standing.marks.iter().map(|(mark, value)| format!("{mark} {value}"));
    let role = standing.role.unwrap_or("?").to_string();
    std::iter::once(role).chain(marks).collect::<Vec<_>>().join(", ")
}
