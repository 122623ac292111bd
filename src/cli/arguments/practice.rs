//! The arguments of `practice`. What can happen to a product's farm is beside that product, in `src/cli/practice`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `practice`
#[derive(Debug, Args)]
pub struct Practice {
    /// What to do with the farm.
    #[command(subcommand)]
    pub what: PracticeCommand,
}

/// What to do with a practice farm.
#[derive(Debug, Subcommand)]
pub enum PracticeCommand {
    /// Make the farm where it is not there yet
    Up(PracticeUp),
    /// Show what can be seen of the farm
    Status(FarmPath),
    /// Change the farm as terminals, people and hardware change a real one
    #[command(arg_required_else_help = true)]
    Set(Box<PracticeSet>),
    /// Damage vDisk files
    #[command(arg_required_else_help = true)]
    Corrupt(PracticeCorrupt),
    /// Make the farm anew from its farm.yaml
    Reset(FarmPath),
}

/// `practice up`
#[derive(Debug, Args)]
pub struct PracticeUp {
    /// Where the farm is.
    #[command(flatten)]
    pub farm: FarmPath,
    /// Serve the farm's database on this machine as SQL Server does (TDS 7.4), until it is interrupted.
    #[arg(long)]
    pub serve: bool,
    /// The port on which it is served; 0 is any that is free.
    #[arg(long, requires = "serve", default_value_t = 14330, value_name = "PORT")]
    pub port: u16,
}

/// Where a farm is.
#[derive(Debug, Args)]
pub struct FarmPath {
    /// The farm.yaml, or the folder that holds it.
    #[arg(value_name = "FARM", default_value = ".")]
    pub farm: PathBuf,
}

/// `practice set`
#[derive(Debug, Args)]
pub struct PracticeSet {
    /// The farm.yaml, or the folder that holds it.
    #[arg(value_name = "FARM")]
    pub farm: PathBuf,
    /// A server has so much free space, in MiB.
    #[arg(long, value_name = "SERVER=MIB")]
    pub free: Vec<String>,
    /// A server is switched off.
    #[arg(long, value_name = "SERVER")]
    pub off: Vec<String>,
    /// A server is switched on.
    #[arg(long, value_name = "SERVER")]
    pub on: Vec<String>,
    /// A server that is on does not answer.
    #[arg(long, value_name = "SERVER")]
    pub silent: Vec<String>,
    /// A server that was silent answers again.
    #[arg(long, value_name = "SERVER")]
    pub answering: Vec<String>,
    /// So many of the next changing requests fail.
    #[arg(long, value_name = "COUNT")]
    pub fail_next: Option<u32>,
    /// So many of the next changing requests are carried out, and their answers lost.
    #[arg(long, value_name = "COUNT")]
    pub lose_next: Option<u32>,
    /// Who does operator steps.
    #[arg(long, value_enum, value_name = "WHO")]
    pub operator: Option<PracticeOperator>,
    /// What happens to CO-Store and Citrix PVS.
    #[command(flatten)]
    pub co_store: crate::cli::practice::co_store::Set,
    /// What happens to Sun Ray servers.
    #[command(flatten)]
    pub sun_ray: crate::cli::practice::sun_ray::Set,
    /// What happens to LifeKeeper servers.
    #[command(flatten)]
    pub lifekeeper: crate::cli::practice::lifekeeper::Set,
    /// What happens to WSMGR servers and their load balancer.
    #[command(flatten)]
    pub wsmgr: crate::cli::practice::wsmgr::Set,
}

/// `practice corrupt`
#[derive(Debug, Args)]
pub struct PracticeCorrupt {
    /// The farm.yaml, or the folder that holds it.
    #[arg(value_name = "FARM")]
    pub farm: PathBuf,
    /// The server whose files, or what it holds of its cluster, are damaged.
    #[arg(value_name = "SERVER")]
    pub server: String,
    /// The store; needed only where the farm has several.
    #[arg(long, value_name = "STORE")]
    pub store: Option<String>,
    /// The file [default: the last image]
    #[arg(long, value_name = "FILE")]
    pub file: Option<String>,
    /// What is done to it [default: flip; for a LifeKeeper server: equivalencies]
    #[arg(long, value_enum, value_name = "DAMAGE")]
    pub damage: Option<Damage>,
}

/// How a vDisk file is damaged, or what a LifeKeeper server holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Damage {
    /// One byte is another
    Flip,
    /// The file is gone
    Missing,
    /// A time-stamped backup lies in the folder Invalid
    Invalid,
    /// The image names another parent than the one that is there
    Chain,
    /// LifeKeeper: the server's equivalencies with others are gone, on its side alone
    Equivalencies,
    /// LifeKeeper: the registry keys of its jobs are gone, and the mirrors are not
    Jobs,
    /// LifeKeeper: the server's ends of its mirrors are gone
    Mirrors,
    /// LifeKeeper: the LKDRInfo files are gone
    Info,
}

/// Who does operator steps on a practice farm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PracticeOperator {
    /// The farm itself
    Simulated,
    /// A person
    Person,
}
