//! Drift: how what is there differs from what is declared, and whose doing it is.

use super::name::ServerName;
use super::words::Text;

/// How one group stands to its declaration.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupDrift {
    /// The group's name.
    pub group: String,
    /// The system's name.
    pub system: String,
    /// What comes out.
    pub verdict: DriftVerdict,
    /// The differences between what is declared and what is there.
    pub findings: Vec<Finding>,
    /// What could not be determined, and why.
    pub unknown: Vec<Unknown>,
    /// Differences that are expected for a time, and are no drift.
    pub expected: Vec<Text>,
    /// What a reader should know besides, for example that nothing was ever applied from here.
    pub note: Option<Text>,
    /// The file in which the group is declared, with `/` between folders.
    pub file: String,
}

/// How a group stands to its declaration: four verdicts that are never mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriftVerdict {
    /// As declared.
    InSync,
    /// Declared, and not applied yet.
    Pending,
    /// The world differs from what was declared and applied.
    Drift,
    /// It can't be told.
    Undetermined,
}

impl DriftVerdict {
    /// Returns the verdict as it stands in files.
    pub fn as_str(self) -> &'static str {
        match self {
            DriftVerdict::InSync => "in-sync",
            DriftVerdict::Pending => "pending",
            DriftVerdict::Drift => "drift",
            DriftVerdict::Undetermined => "undetermined",
        }
    }

    /// Returns the exit code that stands for it.
    pub fn exit_code(self) -> u8 {
        match self {
            DriftVerdict::InSync => 0,
            DriftVerdict::Pending => 4,
            DriftVerdict::Drift => 2,
            DriftVerdict::Undetermined => 3,
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The server.
    pub server: ServerName,
    /// What differs: `role`, or a mark's name.
    pub what: String,
    /// What is declared.
    pub want: String,
    /// What is there.
    pub have: String,
    /// The line on which the server is declared, counted from 1; none where it is not named.
    pub line: Option<usize>,
}

/// Something that could not be determined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The server; none for the group.
    pub server: Option<ServerName>,
    /// What is unknown: `role`, a mark's name, or a fact's.
    pub what: String,
    /// Why.
    pub why: Text,
}
