//! The wire types of a journal line, and the way between them and events.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plan_file::AnswerFile;
use super::plan_write::answer_file;
use super::shape::Misfit;
use super::wire::{self, MarkChangeFile, RoleChangeFile, SentenceFile};
use crate::model::event::{AttestedFact, Ending, Event, Outcome};
use crate::model::guard::Verdict;
use crate::model::name::ServerName;
use crate::model::plan::{MarkChange, RoleChange};
use crate::model::table::{RoleName, Table};
use crate::model::words::Text;

/// One line of a journal.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LineFile {
    /// The format, on the first line only: `rolewalk.journal/1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("const" = super::journal::FORMAT))]
    pub format: Option<&'static str>,
    /// The line's number, counted from 1.
    #[schemars(range(min = 1))]
    pub number: u64,
    /// When (UTC).
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    /// The BLAKE3 of the line before without its line end, in hexadecimal; zeros on the first line.
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    pub previous: String,
    /// What happened.
    #[serde(flatten)]
    pub event: EventFile,
}

/// What happened.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum EventFile {
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
        /// The generation of each group that was taken for it; journals of earlier versions lack it.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        generations: BTreeMap<String, u64>,
    },
    /// A run that had stopped went on.
    RunResumed {
        /// The account that runs it.
        who: String,
        /// The machine on which it runs.
        host: String,
        /// The generation of each group that was taken to go on; journals of earlier versions lack it.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
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
        /// What each guard said.
        answers: Vec<GuardAskedFile>,
    },
    /// A step relies on facts that a person attested.
    FactsAttested {
        /// The group.
        group: String,
        /// The step's number.
        step: usize,
        /// The facts that the run had not relied on before.
        facts: Vec<AttestedFactFile>,
    },
    /// A step is about to be done.
    StepStarted {
        /// The group.
        group: String,
        /// The step's number.
        step: usize,
        /// The transition's name.
        transition: String,
        /// The server.
        server: String,
        /// What will be asked of the world, one line a request.
        requests: Vec<String>,
        /// The same in Japanese; journals of earlier versions lack it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        requests_ja: Vec<String>,
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
    /// A person was asked to do a step.
    OperatorAsked {
        /// The group.
        group: String,
        /// The step's number.
        step: usize,
        /// The server on which to work.
        host: String,
        /// The instructions, one action a line.
        instructions: Vec<SentenceFile>,
        /// When the time limit ends (UTC).
        #[schemars(extend("format" = "date-time"))]
        until: String,
    },
    /// A step was seen to be done.
    StepDone {
        /// The group.
        group: String,
        /// The step's number.
        step: usize,
        /// The roles that changed.
        changes: Vec<RoleChangeFile>,
        /// The marks that changed.
        marks: Vec<MarkChangeFile>,
        /// Whether it was done already when it was looked at.
        already: bool,
    },
    /// A step ended otherwise.
    StepStopped {
        /// The group.
        group: String,
        /// The step's number.
        step: usize,
        /// What state it is left in.
        outcome: OutcomeFile,
        /// Why.
        cause: SentenceFile,
        /// The servers whose role is another than the plan foresaw before the step.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        otherwise: Vec<SeenRoleFile>,
    },
    /// Nothing more is done in a group in this run for now.
    GroupEnded {
        /// The group.
        group: String,
        /// How.
        ending: EndingFile,
    },
    /// A person interrupted the run.
    RunInterrupted {},
    /// The run ended for now.
    RunEnded {
        /// The exit code.
        exit_code: u8,
    },
}

/// The role that a server was seen to have.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeenRoleFile {
    /// The server.
    server: String,
    /// Its role; null means unknown.
    role: Option<String>,
}

/// A fact that a person attested.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttestedFactFile {
    /// The server; null means the group.
    server: Option<String>,
    /// The fact's name.
    name: String,
    /// Its value.
    value: String,
    /// Who attested it, and until when.
    source: String,
    /// When it was attested (UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    at: Option<String>,
}

/// What a guard said right before a step.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GuardAskedFile {
    /// The guard's name.
    name: String,
    /// What it answered.
    verdict: AnswerFile,
    /// What was seen that leads to it.
    because: SentenceFile,
    /// Who waived it, why and until when, where a waiver is used.
    waived: Option<SentenceFile>,
}

/// What state a step is left in.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeFile {
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
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EndingFile {
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

macro_rules! twin {
    ($($model:ident = $file:ident: $($name:ident)+;)+) => {$(
        impl From<$model> for $file {
            fn from(value: $model) -> Self {
                match value {
                    $($model::$name => $file::$name,)+
                }
            }
        }

        impl From<$file> for $model {
            fn from(value: $file) -> Self {
                match value {
                    $($file::$name => $model::$name,)+
                }
            }
        }
    )+};
}

twin! {
    Outcome = OutcomeFile: NotStarted FailedUnchanged FailedChanged Unknown Waiting;
    Ending = EndingFile: Done Waiting Blocked Failed Unknown Stale Interrupted;
}

impl From<&Event> for EventFile {
    fn from(event: &Event) -> Self {
        match event.clone() {
            Event::RunStarted { run, plan, tool, who, host, generations } => {
                EventFile::RunStarted { run, plan, tool, who, host, generations }
            }
            Event::RunResumed { who, host, generations } => EventFile::RunResumed { who, host, generations },
            Event::GroupStarted { group, steps } => EventFile::GroupStarted { group, steps },
            Event::GuardsAsked { group, step, answers } => {
                EventFile::GuardsAsked { group, step, answers: answers.iter().map(asked_file).collect() }
            }
            Event::FactsAttested { group, step, facts } => {
                EventFile::FactsAttested { group, step, facts: facts.into_iter().map(attested_file).collect() }
            }
            Event::StepStarted { group, step, transition, server, requests } => {
                let (requests, requests_ja) = requests.into_iter().map(|text| (text.en, text.ja)).unzip();
                EventFile::StepStarted { group, step, transition, server: server.to_string(), requests, requests_ja }
            }
            Event::Answered { group, step, request, reply } => EventFile::Answered { group, step, request, reply },
            Event::OperatorAsked { group, step, host, instructions, until } => {
                let instructions = instructions.iter().map(SentenceFile::from).collect();
                let (host, until) = (host.to_string(), until.to_string());
                EventFile::OperatorAsked { group, step, host, instructions, until }
            }
            Event::StepDone { group, step, changes, marks, already } => {
                let changes = changes.iter().map(RoleChangeFile::from).collect();
                let marks = marks.iter().map(MarkChangeFile::from).collect();
                EventFile::StepDone { group, step, changes, marks, already }
            }
            Event::StepStopped { group, step, outcome, cause, otherwise } => {
                let seen = |(server, role): &(ServerName, Option<RoleName>)| SeenRoleFile {
                    server: server.to_string(),
                    role: role.map(Into::into),
                };
                let (outcome, cause) = (outcome.into(), SentenceFile::from(&cause));
                let otherwise = otherwise.iter().map(seen).collect();
                EventFile::StepStopped { group, step, outcome, cause, otherwise }
            }
            Event::GroupEnded { group, ending } => EventFile::GroupEnded { group, ending: ending.into() },
            Event::RunInterrupted => EventFile::RunInterrupted {},
            Event::RunEnded { exit_code } => EventFile::RunEnded { exit_code },
        }
    }
}

/// Returns the event of a line; names are looked up in all tables, as a journal does not name systems.
///
/// # Errors
/// Returns the first name that no table knows.
pub fn event(file: EventFile, tables: &[&'static Table]) -> Result<Event, Misfit> {
    Ok(match file {
        EventFile::RunStarted { run, plan, tool, who, host, generations } => {
            Event::RunStarted { run, plan, tool, who, host, generations }
        }
        EventFile::RunResumed { who, host, generations } => Event::RunResumed { who, host, generations },
        EventFile::GroupStarted { group, steps } => Event::GroupStarted { group, steps },
        EventFile::GuardsAsked { group, step, answers } => {
            Event::GuardsAsked { group, step, answers: answers.into_iter().map(asked).collect() }
        }
        EventFile::FactsAttested { group, step, facts } => {
            let facts = facts.into_iter().map(attested).collect::<Result<_, _>>()?;
            Event::FactsAttested { group, step, facts }
        }
        EventFile::StepStarted { group, step, transition, server, requests, requests_ja } => {
            let requests = told(requests, requests_ja)?;
            Event::StepStarted { group, step, transition, server: name(&server, "server")?, requests }
        }
        EventFile::Answered { group, step, request, reply } => Event::Answered { group, step, request, reply },
        EventFile::OperatorAsked { group, step, host, instructions, until } => {
            let instructions = instructions.into_iter().map(Text::from).collect();
            let until = wire::time(&until).map_err(|fault| fault.key("until"))?;
            Event::OperatorAsked { group, step, host: name(&host, "host")?, instructions, until }
        }
        EventFile::StepDone { group, step, changes, marks, already } => {
            let (changes, marks) = changed(&changes, &marks, tables)?;
            Event::StepDone { group, step, changes, marks, already }
        }
        EventFile::StepStopped { group, step, outcome, cause, otherwise } => {
            let otherwise = otherwise.iter().map(|seen| seen_role(seen, tables)).collect::<Result<_, _>>()?;
            Event::StepStopped { group, step, outcome: outcome.into(), cause: cause.into(), otherwise }
        }
        EventFile::GroupEnded { group, ending } => Event::GroupEnded { group, ending: ending.into() },
        EventFile::RunInterrupted {} => Event::RunInterrupted,
        EventFile::RunEnded { exit_code } => Event::RunEnded { exit_code },
    })
}

/// Returns lines in both languages; in English alone where no Japanese is there.
fn told(en: Vec<String>, ja: Vec<String>) -> Result<Vec<Text>, Misfit> {
    match (ja.is_empty(), ja.len() == en.len()) {
        (true, _) => Ok(en.into_iter().map(|line| Text { ja: line.clone(), en: line }).collect()),
        (_, true) => Ok(en.into_iter().zip(ja).map(|(en, ja)| Text::new(en, ja)).collect()),
        _ => Err(Misfit::new("there are not as many lines as in `requests`", "行数が `requests` と一致しない")
            .key("requests_ja")),
    }
}

fn attested_file(fact: AttestedFact) -> AttestedFactFile {
    let AttestedFact { server, name, value, source, at } = fact;
    AttestedFactFile { server: server.map(|one| one.to_string()), name, value, source, at: at.map(|at| at.to_string()) }
}

fn attested(file: AttestedFactFile) -> Result<AttestedFact, Misfit> {
    let AttestedFactFile { server, name: fact, value, source, at } = file;
    let server = server.map(|one| name(&one, "server")).transpose()?;
    let at = at.map(|at| wire::time(&at).map_err(|fault| fault.key("at"))).transpose()?;
    Ok(AttestedFact { server, name: fact, value, source, at })
}

fn name(name: &str, key: &str) -> Result<ServerName, Misfit> {
    wire::server(name).map_err(|fault| fault.key(key))
}

fn changed(
    changes: &[RoleChangeFile],
    marks: &[MarkChangeFile],
    tables: &[&'static Table],
) -> Result<(Vec<RoleChange>, Vec<MarkChange>), Misfit> {
    let mut fault = Misfit::new("no system is known", "既知の製品がない");
    for table in tables {
        match (wire::role_changes(changes, table), wire::mark_changes(marks, table)) {
            (Ok(changes), Ok(marks)) => return Ok((changes, marks)),
            (Err(misfit), _) | (_, Err(misfit)) => fault = misfit,
        }
    }
    Err(fault)
}

fn seen_role(seen: &SeenRoleFile, tables: &[&'static Table]) -> Result<(ServerName, Option<RoleName>), Misfit> {
    let server = name(&seen.server, "server")?;
    let Some(role) = &seen.role else { return Ok((server, None)) };
    let mut fault = Misfit::new("no system is known", "既知の製品がない");
    for table in tables {
        match wire::role(role, table) {
            Ok(role) => return Ok((server, Some(role))),
            Err(misfit) => fault = misfit.key("role"),
        }
    }
    Err(fault)
}

fn asked_file(answer: &(String, Verdict, Text, Option<Text>)) -> GuardAskedFile {
    let (name, verdict, because, waived) = answer;
    GuardAskedFile {
        name: name.clone(),
        verdict: answer_file(*verdict),
        because: because.into(),
        waived: waived.as_ref().map(SentenceFile::from),
    }
}

fn asked(file: GuardAskedFile) -> (String, Verdict, Text, Option<Text>) {
    let verdict = match file.verdict {
        AnswerFile::Yes => Verdict::Yes,
        AnswerFile::Unknown => Verdict::Unknown,
        AnswerFile::No => Verdict::No,
    };
    (file.name, verdict, file.because.into(), file.waived.map(Text::from))
}
