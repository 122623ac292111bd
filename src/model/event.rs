//! Events: what happened in a run, in the past tense. The events are the journal, and the journal is what is shown.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::guard::Verdict;
use super::name::ServerName;
use super::plan::{MarkChange, RoleChange};
use super::table::RoleName;
use super::words::Text;

/// One event with its place in the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number in the run, counted from 1.
    pub number: u64,
    /// When (UTC).
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A run began.
    RunStarted {
        /// The run's id.
        run: String,
        /// The plan's id.
        plan: String,
        /// The tool and its version.
        tool: String,
        /// The account that runs it.
        who: String,
        /// The machine on which it runs.
        host: String,
        /// The number that was taken of each group, by which a later run of the group is known as such; journals of
        /// earlier versions lack it.
        generations: BTreeMap<String, u64>,
    },
    /// A run that had stopped went on.
    RunResumed {
        /// The account that runs it.
        who: String,
        /// The machine on which it runs.
        host: String,
        /// As above: each part of a run takes numbers of its own.
        generations: BTreeMap<String, u64>,
    },
    /// The steps of a group began.
    GroupStarted {
        /// The group.
        group: String,
        /// How many steps its plan has.
        steps: usize,
    },
    /// The guards of a step were asked again, right before it.
    GuardsAsked {
        /// The group.
        group: String,
        /// The step's number.
        step: usize,
        /// Each guard's name, verdict, what it saw, and the waiver, where one is used.
        answers: Vec<(String, Verdict, Text, Option<Text>)>,
    },
    /// A step relies on facts that a person attested and no probe has seen.
    FactsAttested {
        /// The group.
        group: String,
        /// The step's number.
        step: usize,
        /// The facts that the run had not relied on before, as they are now.
        facts: Vec<AttestedFact>,
    },
    /// A step is about to be done. On disk before anything of it is.
    StepStarted {
        /// The group.
        group: String,
        /// The step's number.
        step: usize,
        /// The transition's name.
        transition: String,
        /// The server.
        server: ServerName,
        /// What will be asked of the world, one line a request.
        requests: Vec<Text>,
    },
    /// A request of a step was answered.
    Answered {
        /// The group.
        group: String,
        /// The step's number.
        step: usize,
        /// The request, in one line.
        request: String,
        /// The reply, in one line.
        reply: String,
    },
    /// A person was asked to do a step, and has until `until`.
    OperatorAsked {
        /// The group.
        group: String,
        /// The step's number.
        step: usize,
        /// The server on which to work.
        host: ServerName,
        /// The instructions, one action a line.
        instructions: Vec<Text>,
        /// When the time limit ends (UTC).
        until: Timestamp,
    },
    /// A step was seen to be done.
    StepDone {
        /// The group.
        group: String,
        /// The step's number.
        step: usize,
        /// The roles that changed.
        changes: Vec<RoleChange>,
        /// The marks that changed.
        marks: Vec<MarkChange>,
        /// Whether it was done already when it was looked at, so that nothing was asked of the world.
        already: bool,
    },
    /// A step ended otherwise.
    StepStopped {
        /// The group.
        group: String,
        /// The step's number.
        step: usize,
        /// What state it is left in.
        outcome: Outcome,
        /// Why.
        cause: Text,
        /// The servers whose role is another than the plan foresaw before the step, with the role that was seen;
        /// none where it is unknown.
        otherwise: Vec<(ServerName, Option<RoleName>)>,
    },
    /// Nothing more is done in a group in this run for now.
    GroupEnded {
        /// The group.
        group: String,
        /// How.
        ending: Ending,
    },
    /// A person interrupted the run.
    RunInterrupted,
    /// The run ended for now.
    RunEnded {
        /// The exit code.
        exit_code: u8,
    },
}

/// A fact that a person attested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttestedFact {
    /// The server that it is about; none for the group.
    pub server: Option<ServerName>,
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Who attested it, and until when.
    pub source: String,
    /// When it was attested (UTC).
    pub at: Option<Timestamp>,
}

/// What state a step is left in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing of it was begun.
    NotStarted,
    /// It was begun; nothing was changed by it.
    FailedUnchanged,
    /// It was begun; something was changed, and its goal is not reached.
    FailedChanged,
    /// It can't be told.
    Unknown,
    /// A person was asked and has not done it yet.
    Waiting,
}

/// How a group's part of a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// Every step is done.
    Done,
    /// A step waits for a person.
    Waiting,
    /// A guard stopped the run before a step.
    Blocked,
    /// A step failed.
    Failed,
    /// The outcome of a step, or a fact needed before it, is unknown.
    Unknown,
    /// What was seen is not what the plan foresaw.
    Stale,
    /// A person interrupted it.
    Interrupted,
}

impl Ending {
    /// The exit code of a run that waits for a person.
    pub const WAITING: u8 = 6;

    /// Returns the exit code that stands for it.
    pub fn exit_code(self) -> u8 {
        match self {
            Ending::Done => 0,
            Ending::Waiting => Ending::WAITING,
            Ending::Blocked => 5,
            Ending::Failed => 7,
            Ending::Unknown => 3,
            Ending::Stale => 8,
            Ending::Interrupted => 130,
        }
    }
}

impl Event {
    /// Returns the event with the numbers that were taken of the run's groups, where it is one with which a part of a run
    /// begins.
    pub fn taking(mut self, numbers: impl IntoIterator<Item = (String, u64)>) -> Event {
        if let Event::RunStarted { generations, .. } | Event::RunResumed { generations, .. } = &mut self {
            generations.extend(numbers);
        }
        self
    }

    /// Returns the group that the event is about, where it is about one.
    pub fn group(&self) -> Option<&str> {
        match self {
            Event::GroupStarted { group, .. }
            | Event::GuardsAsked { group, .. }
            | Event::FactsAttested { group, .. }
            | Event::StepStarted { group, .. }
            | Event::Answered { group, .. }
            | Event::OperatorAsked { group, .. }
            | Event::StepDone { group, .. }
            | Event::StepStopped { group, .. }
            | Event::GroupEnded { group, .. } => Some(group),
            Event::RunStarted { .. } | Event::RunResumed { .. } | Event::RunInterrupted | Event::RunEnded { .. } => {
                None
            }
        }
    }
}
