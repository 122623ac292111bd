//! The wire types of `rolewalk.plan/1`, in the order in which people read them. No secret can stand in it: it
//! holds names, roles, marks, observed facts and sentences, and nothing of a connection but its name.
//!
//! Groups and steps are lists where a file is read; where one is written, `plan_write` makes each when its turn comes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::wire::{FactFile, MarkChangeFile, RoleChangeFile, SentenceFile};

/// What would be done to each group, step by step, and why.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PlanFile")]
pub struct PlanFile<Groups = Vec<GroupFile>> {
    /// The format: `rolewalk.plan/1`.
    #[schemars(extend("const" = super::plan::FORMAT))]
    pub format: String,
    /// The identity: `b3:` and the BLAKE3 of the canonical form of this file (object members sorted by name, no
    /// blanks, without this member and without all members named `at` or ending in `_at`).
    #[schemars(extend("pattern" = "^b3:[0-9a-f]{64}$"))]
    pub id: String,
    /// The groups, in the order in which they were declared.
    pub groups: Groups,
}

/// The plan for one group.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GroupFile")]
pub struct GroupFile<Steps = Vec<StepFile>> {
    /// The group's name.
    pub group: String,
    /// The system's name.
    pub system: String,
    /// What comes out.
    pub verdict: VerdictFile,
    /// Whether it is proven that no shorter sequence is safe.
    pub shortest: ShortestFile,
    /// The steps, in order.
    pub steps: Steps,
    /// Why nothing can be done.
    pub blocked_by: Vec<BlockFile>,
    /// What is left for later by nature.
    pub follow_ups: Vec<FollowUpFile>,
    /// What a reader should know besides.
    pub notes: Vec<SentenceFile>,
    /// Who could lead next and who could not, right before the lead moves; left out where it stays where it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<CandidateFile>,
    /// Where it was declared.
    pub source: SourceFile,
    /// The name of the connection, where one is given.
    pub connection: Option<String>,
    /// What is declared.
    pub topology: TopologyFile,
    /// What was observed before the first step.
    pub standings: Vec<StandingFile>,
    /// The facts that guards of this plan read.
    pub relies_on: Vec<FactFile>,
}

/// What comes out of planning one group.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictFile {
    /// As declared: no steps.
    InSync,
    /// Steps, and no guard says no.
    Ready,
    /// A guard says no, or there is no safe plan.
    Blocked,
    /// A role or mark on which the choice of steps depends is unknown.
    Undetermined,
}

/// Whether it is proven that no shorter sequence is safe.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
pub enum ShortestFile {
    /// It is.
    #[serde(rename = "proven")]
    Proven,
    /// It is not: the search met its bound.
    #[serde(rename = "not proven")]
    NotProven,
}

/// A transition bound to a server.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepFile {
    /// Its place in the group's sequence, counted from 1.
    pub number: usize,
    /// The server that it is about.
    pub server: String,
    /// The transition's name.
    pub transition: String,
    /// The roles that change: one edge of the table each.
    pub changes: Vec<RoleChangeFile>,
    /// The marks that change.
    pub marks: Vec<MarkChangeFile>,
    /// Who does it.
    pub by: ByFile,
    /// On which server it is done.
    pub runs_on: String,
    /// The leader before the step, where there is one.
    pub leader: Option<String>,
    /// What the guards say, in the order of asking.
    pub guards: Vec<GuardFile>,
    /// Why the step is there.
    pub why: String,
    /// The same in Japanese.
    pub why_ja: String,
    /// The transition that leads back, or null.
    pub undo: Option<String>,
    /// Where there is no undo: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_undo_because: Option<String>,
    /// The same in Japanese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_undo_because_ja: Option<String>,
    /// Whether damage can follow from doing it wrongly or at the wrong moment.
    pub danger: DangerFile,
    /// What it does to those who use the group meanwhile.
    pub disruption: DisruptionFile,
    /// How long the world may still be moving after it, in milliseconds.
    pub settling_ms: u64,
    /// How long to wait until it is seen to be done, in milliseconds.
    pub limit_ms: u64,
    /// The standing before the step of each server that it touches.
    pub before: Vec<StandingFile>,
    /// The standing after the step of each server that it touches.
    pub after: Vec<StandingFile>,
}

/// Who does a step.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ByFile {
    /// A person, with instructions and a proof by observation.
    Operator,
    /// rolewalk.
    Automatic,
}

/// How dangerous a step is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DangerFile {
    /// Nothing that cannot be done again.
    Low,
    /// A mistake costs the group redundancy.
    Redundancy,
    /// A mistake can stop the group or cost data.
    Service,
}

/// What a step does to those who use the group meanwhile.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DisruptionFile {
    /// Nothing.
    None,
    /// Use goes on, but may move to another server.
    Moves,
    /// It may be done only while nobody uses the group.
    Idle,
    /// This server does not serve while the step runs.
    Offline,
}

/// One guard's answer.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GuardFile {
    /// The guard's name.
    pub name: String,
    /// What it answered. In a plan, unknown is listed and never blocks; right before its step it stops.
    pub verdict: AnswerFile,
    /// What was seen that leads to it.
    pub because: String,
    /// The same in Japanese.
    pub because_ja: String,
    /// Who waived it, why and until when, where it is waived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<String>,
    /// The same in Japanese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived_ja: Option<String>,
}

/// A guard's verdict.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerFile {
    /// The rule holds.
    Yes,
    /// It can't be told whether the rule holds.
    Unknown,
    /// The rule does not hold.
    No,
}

/// One reason why nothing can be done.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockFile {
    /// The step whose guard says no, where there is one.
    pub step: Option<usize>,
    /// The server that it is about, where it is about one.
    pub server: Option<String>,
    /// The name of the guard or rule.
    pub rule: String,
    /// The argument.
    pub because: String,
    /// The same in Japanese.
    pub because_ja: String,
    /// What would help, where something is known to.
    pub hint: Option<String>,
    /// The same in Japanese.
    pub hint_ja: Option<String>,
}

/// A server, and whether it could lead next.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CandidateFile {
    /// The server.
    pub server: String,
    /// Whether a transition leads there, and no guard says no.
    pub eligible: bool,
    /// Why it is eligible, or why not.
    pub because: String,
    /// The same in Japanese.
    pub because_ja: String,
}

/// Work that is left for later.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowUpFile {
    /// The server.
    pub server: String,
    /// The work's name.
    pub name: String,
    /// What is left.
    pub says: String,
    /// The same in Japanese.
    pub says_ja: String,
}

/// Where a topology was declared.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// The file, with `/` between folders.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
}

/// What is declared.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopologyFile {
    /// The servers, in file order.
    pub servers: Vec<DeclaredFile>,
    /// Minima that hold at every moment.
    pub keep: Vec<KeepFile>,
    /// Whether `divergence: { keep: master-files }` is declared.
    pub keep_master_files: bool,
    /// The steps of an earlier run that are taken back; left out where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes_back: Vec<TakenBackFile>,
    /// Guards whose `no` or `unknown` is accepted for a time.
    pub waivers: Vec<WaiverFile>,
    /// When changes may be made, as written.
    pub maintenance: Vec<String>,
    /// How long differences may last after a change before they are drift, in milliseconds.
    pub settling_ms: Option<u64>,
    /// The most servers whose service may be disrupted at once.
    pub disrupt_at_most: Option<u32>,
}

/// What a plan declares, in a file of which nothing else is read.
#[derive(Debug, Deserialize)]
pub struct DeclaringFile {
    /// The groups.
    pub groups: Vec<DeclaringGroupFile>,
}

/// One of its groups.
#[derive(Debug, Deserialize)]
pub struct DeclaringGroupFile {
    /// The group's name.
    pub group: String,
    /// The system's name.
    pub system: String,
    /// What is declared.
    pub topology: DeclaringTopologyFile,
}

/// What is declared of the group: its servers' roles.
#[derive(Debug, Deserialize)]
pub struct DeclaringTopologyFile {
    /// The servers, in file order.
    pub servers: Vec<DeclaringServerFile>,
}

/// One of the servers.
#[derive(Debug, Deserialize)]
pub struct DeclaringServerFile {
    /// Its name.
    pub server: String,
    /// The role that it is to have.
    pub role: String,
}

/// One declared server.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclaredFile {
    /// Its name.
    pub server: String,
    /// The role that it is to have.
    pub role: String,
    /// Why, in the author's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// Whether it is declared lost.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lost: bool,
    /// The day on which it was reinstalled, where that is declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date"))]
    pub reinstalled: Option<String>,
    /// The line of the file on which it stands, counted from 1.
    pub line: usize,
}

/// A step of an earlier run that is taken back.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakenBackFile {
    /// The server that the step was about.
    pub server: String,
    /// The name that the step gave to what it moved out of the way.
    pub left: String,
}

/// The fewest servers of a role at every moment.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepFile {
    /// The role.
    pub role: String,
    /// How many.
    pub at_least: u32,
}

/// A guard whose `no` or `unknown` is accepted for a time.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaiverFile {
    /// The guard's name.
    pub guard: String,
    /// The server that it holds for; null for every server.
    pub server: Option<String>,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The last day (UTC) on which it holds.
    #[schemars(extend("format" = "date"))]
    pub until: String,
}

/// A server's role and marks; null means unknown.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StandingFile {
    /// The server.
    pub server: String,
    /// Its role.
    pub role: Option<String>,
    /// Its marks.
    pub marks: BTreeMap<String, Option<String>>,
}
