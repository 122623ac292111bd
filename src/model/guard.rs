//! Guards: named rules that must hold before a step, and their answers.

use std::collections::BTreeSet;

use super::fact::Facts;
use super::name::ServerName;
use super::snapshot::{Standing, Standings};
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
    /// Of a guard about all servers: what it finds at one of them, whatever the step and the others are; `Yes` where
    /// it has nothing to say of that server. None of a guard that looks only at the step's own server and the leaders.
    ///
    /// # Guarantees
    /// Pure.
    pub of_each: Option<fn(&Look<'_>) -> Verdict>,
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
    /// The servers that are known to lead.
    pub leaders: &'a BTreeSet<ServerName>,
    /// What [`Guard::of_each`] found at every server.
    pub found: &'a Findings,
}

impl<'a> Case<'a> {
    /// Returns whether a server is declared lost.
    pub fn is_lost(&self, server: &ServerName) -> bool {
        self.topology.is_lost(server)
    }

    /// Returns a mark of the step's own server where it is known.
    pub fn mark(&self, name: &str) -> Option<&'static str> {
        self.standings.get(self.server).and_then(|standing| standing.mark(name))
    }

    /// Returns the servers whose role is unknown, but those that are lost.
    pub fn unknown_roles(&self) -> Vec<&'a ServerName> {
        let unknown = self.standings.iter().filter(|(_, standing)| standing.role.is_none());
        unknown.map(|(server, _)| server).filter(|server| !self.is_lost(server)).collect()
    }
}

/// One server, as a guard about all servers looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// The server.
    pub server: &'a ServerName,
    /// Its standing right before the step.
    pub standing: &'a Standing,
    /// What else was observed.
    pub facts: &'a Facts,
    /// What is declared.
    pub topology: &'a Topology,
}

/// The servers about which a guard has something to say, each kind by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Where it found that the rule does not hold.
    pub no: BTreeSet<ServerName>,
    /// Where it can't be told whether the rule holds.
    pub unknown: BTreeSet<ServerName>,
}

impl Findings {
    /// Gathers what was found at each server.
    pub fn of<'a>(all: impl Iterator<Item = (&'a ServerName, Verdict)>) -> Findings {
        let mut found = Findings::default();
        for (server, verdict) in all.filter(|(_, verdict)| *verdict != Verdict::Yes) {
            found.note(server, verdict);
        }
        found
    }

    /// Notes what is found at a server now, in place of what was found before.
    pub fn note(&mut self, server: &ServerName, verdict: Verdict) {
        self.no.remove(server);
        self.unknown.remove(server);
        match verdict {
            Verdict::No => self.no.insert(server.clone()),
            Verdict::Unknown => self.unknown.insert(server.clone()),
            Verdict::Yes => return,
        };
    }
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
