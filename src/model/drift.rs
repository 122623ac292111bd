//! Drift: what differs between what is declared and what is there.

use super::name::ServerName;
use super::words::Text;

/// What a comparison says of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupDrift {
    /// The group.
    pub group: String,
    /// Its system.
    pub system: String,
    /// The file that declares it, with `/` between folders.
    pub file: String,
    /// The line of its document, counted from 1.
    pub line: usize,
    /// The verdict.
    pub verdict: DriftVerdict,
    /// What differs.
    pub findings: Vec<Finding>,
    /// What could not be determined, and why.
    pub unknown: Vec<Text>,
    /// What differs for now and is expected to: replication still to come, files still to be deleted.
    pub expected: Vec<Text>,
    /// What a reader should know besides.
    pub notes: Vec<Text>,
}

/// The four verdicts, which are never mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DriftVerdict {
    /// As declared.
    InSync,
    /// A change was declared and not applied yet.
    Pending,
    /// Something changed that nobody declared.
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
    /// `role`, or the name of a mark.
    pub what: String,
    /// What is declared or wanted.
    pub want: String,
    /// What is there.
    pub have: String,
    /// The line that declares the server, counted from 1; none where no line does.
    pub line: Option<usize>,
    /// The finding as a sentence.
    pub says: Text,
}
