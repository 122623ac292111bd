//! WSMGR's part of `farm.yaml`.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::name::NameRule;
use crate::world::practice::farm_file::{FarmFile, FarmFileFault, names, servers};
use crate::world::practice::state::Machine;

/// One server group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupFile {
    /// The servers and their kinds of operation.
    pub servers: BTreeMap<String, ServerFile>,
    /// The size of the configuration that is distributed, in MiB.
    #[serde(default = "usual_size")]
    pub config_mb: u64,
    /// How many servers carry the load, as the simulated operator says.
    #[serde(default = "one")]
    pub needed: u64,
}

fn usual_size() -> u64 {
    200
}

fn one() -> u64 {
    1
}

/// One server of a group: its kind of operation, or that and more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ServerFile {
    /// The kind of operation alone: a member or manager is complete and in the pool.
    Kind(Kind),
    /// That and what else is to be so.
    Full(ServerDetails),
}

/// The long form of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerDetails {
    /// The kind of operation.
    pub role: Kind,
    /// Sessions on it.
    #[serde(default)]
    pub sessions: u64,
    /// Whether it was restored from a backup.
    #[serde(default)]
    pub restored: bool,
    /// Free space in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_mb: Option<u64>,
}

/// A server's kind of operation (動作種類).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It is in no group.
    Unregistered,
    /// 無効
    Disabled,
    /// メンバサーバ
    Member,
    /// 管理サーバ
    Manager,
}

impl Kind {
    /// Returns the kind as topologies name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Unregistered => "unregistered",
            Kind::Disabled => "disabled",
            Kind::Member => "member",
            Kind::Manager => "manager",
        }
    }
}

/// What is wrong with the WSMGR part of a `farm.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// A group has several managers, or members and none.
    #[error("group `{group}` has {managers} managers, and exactly one is possible")]
    Managers {
        /// The group.
        group: String,
        /// How many it has.
        managers: usize,
    },
    /// A server is in two groups.
    #[error("server `{0}` is in two groups, and a server is in one")]
    TwoGroups(String),
}

impl ServerFile {
    /// Returns the long form.
    pub fn details(&self) -> ServerDetails {
        match self {
            ServerFile::Kind(role) => ServerDetails { role: *role, sessions: 0, restored: false, free_mb: None },
            ServerFile::Full(details) => details.clone(),
        }
    }
}

/// Returns the machines of all groups, sorted by name.
pub fn machines(file: &FarmFile) -> Vec<Machine> {
    let servers = file.wsmgr.values().flat_map(|group| &group.servers);
    let machine = |(name, server): (&String, &ServerFile)| {
        Machine::new(name, server.details().free_mb.map(|free| free.saturating_mul(1 << 20)))
    };
    let mut machines: Vec<Machine> = servers.map(machine).collect();
    machines.sort_by_key(|machine| machine.name.to_ascii_uppercase());
    machines
}

/// Checks what the form alone can't say.
///
/// # Errors
/// The first fault.
pub fn check(file: &FarmFile) -> Result<(), FarmFileFault> {
    names("group", file.wsmgr.keys())?;
    let mut seen = BTreeSet::new();
    for (name, group) in &file.wsmgr {
        servers(NameRule::HOST, group.servers.keys())?;
        if let Some(server) = group.servers.keys().find(|server| !seen.insert(server.to_ascii_uppercase())) {
            return Err(Fault::TwoGroups(server.clone()).into());
        }
        let count = |kind: Kind| group.servers.values().filter(|one| one.details().role == kind).count();
        match (count(Kind::Manager), count(Kind::Member) + count(Kind::Disabled)) {
            (1, _) | (0, 0) => {}
            (managers, _) => return Err(Fault::Managers { group: name.clone(), managers }.into()),
        }
    }
    Ok(())
}
