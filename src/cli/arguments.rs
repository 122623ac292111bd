//! The arguments of the command line, as clap reads them. Their documentation is the help text and the man page.

mod forms;
mod practice;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::model::drift::Partition;

pub use forms::{
    Color, DisksFormat, DriftFormat, HashFormat, Lang, LogFormat, ManFormat, ObserveFormat, PlanFormat, RehearseFormat,
    RunFormat, TableFormat,
};
pub use practice::{
    Damage, FarmPath, Practice, PracticeCommand, PracticeCorrupt, PracticeOperator, PracticeSet, PracticeUp,
};

/// Walks servers of redundant groups to the roles that a git-versioned file declares, one safe step at a time.
///
/// Exit codes: 0 as declared, done or valid; 1 error; 2 differences; 3 could not determine; 4 a declared change is
/// pending; 5 blocked; 6 waiting for an operator; 7 a step failed; 8 the plan is stale or was altered; 9 another run
/// holds the lock; 70 a bug; 130 interrupted. Of several groups the worst counts.
#[derive(Debug, Parser)]
#[command(name = "rolewalk", version, propagate_version = true, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// The language of messages [default: from LC_ALL, LC_MESSAGES or LANG]
    #[arg(long, global = true, value_enum, value_name = "LANGUAGE")]
    pub lang: Option<Lang>,
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// Say only what went wrong.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// The form of diagnostic logs on standard error; what is logged is set by ROLEWALK_LOG.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT")]
    pub log_format: LogFormat,
    /// The folder of runs, locks and last applied topologies.
    #[arg(long, global = true, default_value = ".rolewalk", value_name = "DIR")]
    pub state: PathBuf,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Parse and check topologies and connections; tell all faults at once
    Validate(Validate),
    /// Look at what is there
    Observe(Observe),
    /// Show the shortest safe sequence of steps to what is declared; change nothing
    Plan(Plan),
    /// Show a saved plan or a past run, or pack its evidence
    Show(Show),
    /// Check a saved plan without the planner, or the evidence of a run: identity, safety, freshness
    Verify(Verify),
    /// Carry out a plan, with guards before and a proof after every step
    Apply(Apply),
    /// Go on with a run that waits, failed or was killed
    Resume(Resume),
    /// Plan the way back to the roles of before a run, and carry it out
    Undo(Undo),
    /// Record what a person saw that no probe can see, and until when it holds
    Attest(Attest),
    /// Compare what is there with what is declared; change nothing
    Drift(Drift),
    /// Compare the vDisk files of a store's servers; change nothing
    Disks(Disks),
    /// Show what a crash before, inside and after each step leaves, and what resume does; change nothing
    Rehearse(Rehearse),
    /// Run thousands of random plans with faults in memory, and look for broken rules
    Simulate(Simulate),
    /// List past runs
    History,
    /// List who holds the lock of which group
    Locks(Locks),
    /// Show the roles and transitions of a system
    Table(TableArguments),
    /// Look at a practice farm and change it from outside
    Practice(Practice),
    /// Print the JSON Schema of a file format
    Schema(Schema),
    /// Print the completions for a shell
    Completions(Completions),
    /// Print the manual page, of a command too, or the reference of all commands
    Man(Man),
}

/// `validate`
#[derive(Debug, Args)]
pub struct Validate {
    /// Topology files, or folders of them.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

/// `attest`
#[derive(Debug, Args)]
pub struct Attest {
    /// Topology files or folders of them, and facts: `NAME=VALUE` of the group or of --server, `SERVER.NAME=VALUE` of a
    /// server. Without facts, what can be attested is said.
    #[arg(required = true, value_name = "PATH|FACT")]
    pub words: Vec<String>,
    /// The group; needed where several are declared.
    #[arg(long, value_name = "GROUP")]
    pub group: Option<String>,
    /// The server that facts without one are about.
    #[arg(long, value_name = "SERVER")]
    pub server: Option<String>,
    /// Until when it holds: a span such as `8h`, or a time. What is over counts as unknown.
    #[arg(long, value_name = "TIME|SPAN", conflicts_with_all = ["list", "withdraw"])]
    pub until: Option<String>,
    /// Who saw it [default: the account].
    #[arg(long, value_name = "WHO", conflicts_with_all = ["list", "withdraw"])]
    pub by: Option<String>,
    /// List what is attested.
    #[arg(long, conflicts_with = "withdraw")]
    pub list: bool,
    /// Withdraw what is attested of this fact: `NAME` or `SERVER.NAME`.
    #[arg(long, value_name = "FACT")]
    pub withdraw: Vec<String>,
}

/// `observe`
#[derive(Debug, Args)]
pub struct Observe {
    /// Topology files, or folders of them.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The form of the output; `yaml` is a topology of what is there.
    #[arg(long, value_enum, default_value_t = ObserveFormat::Text, value_name = "FORMAT")]
    pub format: ObserveFormat,
    /// Write a snapshot to this file.
    #[arg(short, long, value_name = "FILE", conflicts_with = "check")]
    pub output: Option<PathBuf>,
    /// Try each connection: reachable, encrypted, permitted, table and columns there; look at nothing else.
    #[arg(long)]
    pub check: bool,
}

/// `plan`
#[derive(Debug, Args)]
pub struct Plan {
    /// Topology files, or folders of them.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Plan from this snapshot; nothing is accessed.
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,
    /// Write the plan to this file, for `apply`.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = PlanFormat::Text, value_name = "FORMAT")]
    pub format: PlanFormat,
    /// End with exit code 2 where there are steps.
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Show as well, as a difference in YAML, what is there and what is declared; with `--format text`.
    #[arg(long)]
    pub diff: bool,
}

/// `show`
#[derive(Debug, Args)]
pub struct Show {
    /// A plan file, or a run's id or the beginning of it.
    #[arg(value_name = "PLAN|RUN")]
    pub what: String,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = PlanFormat::Text, value_name = "FORMAT")]
    pub format: PlanFormat,
    /// Pack the evidence of a run into this file (`.zip`) or this new folder, for `verify`; nothing is printed.
    #[arg(long, value_name = "FILE|DIR", conflicts_with = "format")]
    pub bundle: Option<PathBuf>,
}

/// `verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// The plan file, or the evidence of a run: a `.zip` or a folder.
    #[arg(value_name = "PLAN|EVIDENCE")]
    pub plan: PathBuf,
    /// Check that the plan's facts still hold in this snapshot.
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,
    /// Check that it is the plan, or the evidence, with this id.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
}

/// `apply`
#[derive(Debug, Args)]
pub struct Apply {
    /// A saved plan, or topology files or folders of them.
    #[arg(required = true, value_name = "PLAN|PATH")]
    pub paths: Vec<PathBuf>,
    /// Approve the plan without being asked; it approves nothing else.
    #[arg(long, short)]
    pub yes: bool,
    /// Carry out only the plan with this id.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Read every vDisk file again at each look, whatever is remembered of it.
    #[arg(long)]
    pub paranoid: bool,
    /// The form in which the run is told on standard output.
    #[arg(long, value_enum, default_value_t = RunFormat::Text, value_name = "FORMAT")]
    pub format: RunFormat,
}

/// `resume`
#[derive(Debug, Args)]
pub struct Resume {
    /// The run's id or the beginning of it [default: the latest that is not finished]
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
    /// Read every vDisk file again at each look, whatever is remembered of it.
    #[arg(long)]
    pub paranoid: bool,
    /// The form in which the run is told on standard output.
    #[arg(long, value_enum, default_value_t = RunFormat::Text, value_name = "FORMAT")]
    pub format: RunFormat,
}

/// `undo`
#[derive(Debug, Args)]
pub struct Undo {
    /// The run's id or the beginning of it.
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Approve the plan without being asked; it approves nothing else.
    #[arg(long, short)]
    pub yes: bool,
    /// Read every vDisk file again at each look, whatever is remembered of it.
    #[arg(long)]
    pub paranoid: bool,
}

/// `rehearse`
#[derive(Debug, Args)]
pub struct Rehearse {
    /// A saved plan, or topology files or folders of them.
    #[arg(required = true, value_name = "PLAN|PATH")]
    pub paths: Vec<PathBuf>,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = RehearseFormat::Text, value_name = "FORMAT")]
    pub format: RehearseFormat,
}

/// `simulate`
#[derive(Debug, Args)]
pub struct Simulate {
    /// The system whose groups are simulated [default: each, with its share of the simulations]
    #[arg(long, value_name = "SYSTEM")]
    pub system: Option<String>,
    /// The first seed; one seed of a system is one simulation, and the same every time.
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub seed: u64,
    /// How many simulations [default: 10000, or as many as fit into --for]
    #[arg(long, value_name = "COUNT")]
    pub runs: Option<u64>,
    /// Tell what happens in each simulation, line by line.
    #[arg(long)]
    pub story: bool,
    /// Begin no more after this time, for example 30s, 10m or 1h.
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    pub span: Option<std::time::Duration>,
}

fn span(text: &str) -> Result<std::time::Duration, String> {
    let span = text.parse::<jiff::SignedDuration>().map_err(|error| error.to_string())?;
    std::time::Duration::try_from(span).map_err(|error| error.to_string())
}

/// `drift`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Drift {
    /// Something else to do with drift.
    #[command(subcommand)]
    pub command: Option<DriftCommand>,
    /// Topology files, or folders of them.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Compare with this snapshot; nothing is accessed.
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,
    /// The topology that was last applied, instead of the state folder's.
    #[arg(long, value_name = "FILE")]
    pub applied: Option<PathBuf>,
    /// Count a difference only once it was seen in so many looks in a row; looks are kept in the state folder.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub sightings: Option<u32>,
    /// Look only at one part of the groups, chosen by their names: `hash:1/4` is the first of four.
    #[arg(long, value_name = "hash:I/N")]
    pub partition: Option<Partition>,
    /// How the report is written.
    #[command(flatten)]
    pub form: DriftForm,
}

/// How a drift report is written.
#[derive(Debug, Args)]
pub struct DriftForm {
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = DriftFormat::Text, value_name = "FORMAT")]
    pub format: DriftFormat,
    /// Write the report to this file as well, whole or not at all.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What else to do with drift.
#[derive(Debug, Subcommand)]
pub enum DriftCommand {
    /// Make one report of the JSON reports of several jobs
    Merge(DriftMerge),
}

/// `drift merge`
#[derive(Debug, Args)]
pub struct DriftMerge {
    /// The reports, as `drift --format json` wrote them.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How the report is written.
    #[command(flatten)]
    pub form: DriftForm,
}

/// `disks`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Disks {
    /// What else than comparing servers.
    #[command(subcommand)]
    pub what: Option<DisksCommand>,
    /// Topology files, or folders of them.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Read every file again, whatever is remembered of it.
    #[arg(long)]
    pub paranoid: bool,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = DisksFormat::Text, value_name = "FORMAT")]
    pub format: DisksFormat,
}

/// What else than comparing servers.
#[derive(Debug, Subcommand)]
pub enum DisksCommand {
    /// Fingerprint the vDisk files of one folder of this machine
    Hash(DisksHash),
    /// Read CO-Store's task logs: which servers hold abnormal files, and what to do
    Log(DisksLog),
}

/// `disks hash`
#[derive(Debug, Args)]
pub struct DisksHash {
    /// The folder.
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Read every file again, whatever is remembered of it.
    #[arg(long)]
    pub paranoid: bool,
    /// The form of the output; `text` is what b3sum prints.
    #[arg(long, value_enum, default_value_t = HashFormat::Text, value_name = "FORMAT")]
    pub format: HashFormat,
}

/// `disks log`
#[derive(Debug, Args)]
pub struct DisksLog {
    /// Log files, rotated ones with those before them, in any order; UTF-8 or CP932.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// `locks`
#[derive(Debug, Args)]
pub struct Locks {
    /// Topology files, or folders of them, whose databases are asked as well.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

/// `table`
#[derive(Debug, Args)]
pub struct TableArguments {
    /// The system.
    #[arg(value_name = "SYSTEM")]
    pub system: String,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = TableFormat::Text, value_name = "FORMAT")]
    pub format: TableFormat,
    /// Check the table: dead ends, ambiguous rows, guards without a probe, undo that does not lead back, …
    #[arg(long)]
    pub lint: bool,
}

/// `schema`
#[derive(Debug, Args)]
pub struct Schema {
    /// topology, connections, farm, snapshot, plan, journal, drift, disks, evidence, attested or rehearsal.
    #[arg(value_name = "KIND")]
    pub kind: String,
}

/// `completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `man`
#[derive(Debug, Args)]
pub struct Man {
    /// The command whose page is printed, for example `drift merge` [default: all of rolewalk]
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = ManFormat::Roff, value_name = "FORMAT", conflicts_with = "command")]
    pub format: ManFormat,
    /// Write the pages of all commands into this folder.
    #[arg(short, long, value_name = "DIR", conflicts_with_all = ["command", "format"])]
    pub output: Option<PathBuf>,
}
