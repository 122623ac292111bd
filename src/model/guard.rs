//! Guards: named rules that must hold before a step, and their answers.

use super::fact::Facts;
use super::name::ServerName;
use super::snapshot::Standings;
use super::topology::Topology;
use super::words::{Text, Words};

/// A rule that must hold before a step.
///
/// Its name is a positive fact that reads well after "because".
#[derive(Debug)]
pub struct Guard {
    /// Its name in files.
    pub name: &'static str,
    /// The rule as a sentence.
    pub says: Words,
    /// The names of the facts and marks that it reads.
    pub reads: &'static [&'static str],
    /// Whether the source documents leave no room: an absolute guard can't be waived.
    pub absolute: bool,
    /// Answers for one case.
    ///
    /// # Guarantees
    /// Pure. Answers `Unknown`, never `Yes`, where something that it reads is unknown.
    pub ask: fn(&Case<'_>) -> Answer,
    /// Where the rule was learned: requirement IDs.
    pub source: &'static str,
}

/// What a guard is asked about: one step, right before it.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The server that the step is about.
    pub server: &'a ServerName,
    /// The transition's name.
    pub transition: &'static str,
    /// Every server's standing right before the step: observed, or as the plan foresees it.
    pub standings: &'a Standings,
    /// What else was observed.
    pub facts: &'a Facts,
    /// What is declared.
    pub topology: &'a Topology,
}

/// A guard's verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The rule holds.
    Yes,
    /// It can't be told whether the rule holds.
    Unknown,
    /// The rule does not hold.
    No,
}

impl Verdict {
    /// Returns the verdict as it stands in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Yes => "yes",
            Verdict::Unknown => "unknown",
            Verdict::No => "no",
        }
    }
}

/// What a guard answered, with the facts it read told as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The verdict.
    pub verdict: Verdict,
    /// What was seen that leads to it.
    pub because: Text,
}

impl Answer {
    /// Returns `yes`.
    pub fn yes(en: impl Into<String>, ja: impl Into<String>) -> Self {
        Self { verdict: Verdict::Yes, because: Text::new(en, ja) }
    }

    /// Returns `no`.
    pub fn no(en: impl Into<String>, ja: impl Into<String>) -> Self {
        Self { verdict: Verdict::No, because: Text::new(en, ja) }
    }

    /// Returns `unknown`.
    pub fn unknown(en: impl Into<String>, ja: impl Into<String>) -> Self {
        Self { verdict: Verdict::Unknown, because: Text::new(en, ja) }
    }
}

/// One guard's answer in a plan or a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardAnswer {
    /// The guard's name.
    pub name: &'static str,
    /// What it answered.
    pub answer: Answer,
    /// Who waived it, why and until when, where its `no` or `unknown` is waived.
    pub waived: Option<Text>,
}

impl GuardAnswer {
    /// Returns whether a step may go ahead as far as this guard is concerned, right before the step.
    pub fn lets_pass(&self) -> bool {
        self.answer.verdict == Verdict::Yes || self.waived.is_some()
    }
}
