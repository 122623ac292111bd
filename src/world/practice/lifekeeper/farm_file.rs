//! LifeKeeper's part of `farm.yaml`.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::name::NameRule;
use crate::world::practice::farm_file::{FarmFile, FarmFileFault, names, servers};
use crate::world::practice::state::Machine;

/// One cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterFile {
    /// The servers and the roles that they have.
    pub servers: BTreeMap<String, Role>,
    /// The resource hierarchies by the tag of their top resource.
    #[serde(default)]
    pub hierarchies: BTreeMap<String, HierarchyFile>,
}

/// One resource hierarchy.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HierarchyFile {
    /// The letters of its volumes, which are mirrored.
    #[serde(default)]
    pub volumes: Vec<String>,
    /// The server on which it is in service, where that is not the active one of the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<String>,
}

/// What a server is when the farm is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The cluster does not know it.
    Unregistered,
    /// System and communication paths are known.
    Member,
    /// The hierarchies are extended to it.
    Standby,
    /// The hierarchies are in service on it.
    Active,
    /// It was a standby, was installed anew with LifeKeeper, and the others don't know that.
    Reinstalled,
}

/// What is wrong with the LifeKeeper part of a `farm.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// A cluster with hierarchies has not exactly one active server.
    #[error("cluster `{cluster}` has {actives} active servers, and exactly one is possible")]
    Actives {
        /// The cluster.
        cluster: String,
        /// How many it has.
        actives: usize,
    },
    /// A server is in two clusters.
    #[error("server `{0}` is in two clusters, and a server is in one")]
    TwoClusters(String),
    /// A tag has a character that none may have.
    #[error("hierarchy `{0}`: a tag has letters, digits, `-`, `_` and `.` alone")]
    Tag(String),
    /// A volume is no letter, or is in two hierarchies.
    #[error("volume `{0}`: each is one letter, and in one hierarchy")]
    Volume(String),
    /// A hierarchy is in service where it is not.
    #[error("hierarchy `{tag}` can't be in service on `{server}`: it is no standby and not active")]
    NotThere {
        /// The hierarchy.
        tag: String,
        /// The server.
        server: String,
    },
}

/// Returns the machines of all clusters, sorted by name.
pub fn machines(file: &FarmFile) -> Vec<Machine> {
    let names = file.lifekeeper.values().flat_map(|cluster| cluster.servers.keys());
    let mut machines: Vec<Machine> = names.map(|name| Machine::new(name, None)).collect();
    machines.sort_by_key(|machine| machine.name.to_ascii_uppercase());
    machines
}

/// Checks what the form alone can't say.
///
/// # Errors
/// The first fault.
pub fn check(file: &FarmFile) -> Result<(), FarmFileFault> {
    names("cluster", file.lifekeeper.keys())?;
    let mut seen = BTreeSet::new();
    for (name, cluster) in &file.lifekeeper {
        servers(NameRule::WINDOWS, cluster.servers.keys())?;
        if let Some(server) = cluster.servers.keys().find(|server| !seen.insert(server.to_ascii_uppercase())) {
            return Err(Fault::TwoClusters(server.clone()).into());
        }
        let actives = cluster.servers.values().filter(|role| **role == Role::Active).count();
        if actives != usize::from(!cluster.hierarchies.is_empty()) {
            return Err(Fault::Actives { cluster: name.clone(), actives }.into());
        }
        let mut volumes = BTreeSet::new();
        for (tag, hierarchy) in &cluster.hierarchies {
            let is_tag = !tag.is_empty() && tag.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
            if !is_tag {
                return Err(Fault::Tag(tag.clone()).into());
            }
            let is_volume = |one: &&String| one.len() == 1 && one.chars().all(|c| c.is_ascii_uppercase());
            if let Some(volume) = hierarchy.volumes.iter().find(|one| !is_volume(one) || !volumes.insert(*one)) {
                return Err(Fault::Volume(volume.clone()).into());
            }
            let has = |server: &&String| matches!(cluster.servers.get(*server), Some(Role::Standby | Role::Active));
            if let Some(server) = hierarchy.active.as_ref().filter(|server| !has(server)) {
                return Err(Fault::NotThere { tag: tag.clone(), server: server.clone() }.into());
            }
        }
    }
    Ok(())
}
