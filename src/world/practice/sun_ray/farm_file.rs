//! Sun Ray's part of `farm.yaml`.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::name::NameRule;
use crate::world::practice::farm_file::{FarmFile, FarmFileFault, names, servers};
use crate::world::practice::state::Machine;

/// One failover group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupFile {
    /// The servers and the roles that they have.
    pub servers: BTreeMap<String, ServerFile>,
    /// The users that the group's data store lists.
    #[serde(default)]
    pub users: Vec<String>,
}

/// One server of a group: its role, or its role and more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum ServerFile {
    /// The role alone.
    Role(Role),
    /// The role and what else is to be so.
    Full(ServerDetails),
}

/// The long form of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerDetails {
    /// The role.
    pub role: Role,
    /// Whether it is offline: not chosen for new sessions.
    #[serde(default)]
    pub offline: bool,
}

/// What a server is when the farm is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The product is not installed on it any more, and the others don't know that. Where a group has secondaries and no
    /// primary, it was the primary.
    Reinstalled,
    /// It replicates with nobody.
    Standalone,
    /// It follows the primary.
    Secondary,
    /// It leads.
    Primary,
}

/// What is wrong with the Sun Ray part of a `farm.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// A group has more than one primary, or secondaries and none.
    #[error("group `{group}` has {primaries} primaries, and exactly one is possible")]
    Primaries {
        /// The group.
        group: String,
        /// How many it has.
        primaries: usize,
    },
    /// A primary without a secondary: `utreplica -p` needs a name.
    #[error("group `{0}` has a primary and no secondary, and a primary names at least one")]
    Alone(String),
    /// A server is in two groups.
    #[error("server `{0}` is in two groups, and a server is in one")]
    TwoGroups(String),
    /// A user can't be written into a data store.
    #[error("user `{0}`: only letters, digits, `-`, `_` and `.` are possible")]
    User(String),
}

impl ServerFile {
    /// Returns the role.
    pub fn role(&self) -> Role {
        match self {
            ServerFile::Role(role) => *role,
            ServerFile::Full(details) => details.role,
        }
    }

    /// Returns whether it is offline.
    pub fn is_offline(&self) -> bool {
        matches!(self, ServerFile::Full(ServerDetails { offline: true, .. }))
    }
}

/// Returns the machines of all groups, sorted by name.
pub fn machines(file: &FarmFile) -> Vec<Machine> {
    let names = file.sun_ray.values().flat_map(|group| group.servers.keys());
    let mut machines: Vec<Machine> = names.map(|name| Machine::new(name, None)).collect();
    machines.sort_by_key(|machine| machine.name.to_ascii_uppercase());
    machines
}

/// Checks what the form alone can't say.
///
/// # Errors
/// The first fault.
pub fn check(file: &FarmFile) -> Result<(), FarmFileFault> {
    names("group", file.sun_ray.keys())?;
    let mut seen = BTreeSet::new();
    for (name, group) in &file.sun_ray {
        servers(NameRule::HOST, group.servers.keys())?;
        if let Some(server) = group.servers.keys().find(|server| !seen.insert(server.to_ascii_uppercase())) {
            return Err(Fault::TwoGroups(server.clone()).into());
        }
        if let Some(user) = group.users.iter().find(|user| !is_user(user)) {
            return Err(Fault::User(user.clone()).into());
        }
        let count = |role: Role| group.servers.values().filter(|server| server.role() == role).count();
        match (count(Role::Primary), count(Role::Secondary), count(Role::Reinstalled)) {
            (0, 0, _) | (1, 1.., _) | (0, 1.., 1) => {}
            (1, 0, _) => return Err(Fault::Alone(name.clone()).into()),
            (primaries, _, _) => return Err(Fault::Primaries { group: name.clone(), primaries }.into()),
        }
    }
    Ok(())
}

/// Returns whether a user can be written into a data store.
pub fn is_user(user: &str) -> bool {
    !user.is_empty() && user.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}
