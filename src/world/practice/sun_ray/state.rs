//! What a Sun Ray server is on a practice farm.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::change::Form;
use super::farm_file::{GroupFile, Role};
use crate::world::practice::farm::{Farm, Trouble};
use crate::world::practice::state::same;

/// The file that is there while a server is offline.
pub const OFFLINE_MARK: &str = "/var/opt/SUNWut/offline";

/// All servers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Sorted by name within a group, group by group.
    pub servers: Vec<Server>,
}

/// One server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Its name.
    pub name: String,
    /// Whether the product is installed.
    pub installed: bool,
    /// Whether its services, the data store among them, run.
    pub services: bool,
    /// With whom it replicates.
    pub replication: Replication,
    /// The users that its data store lists, in order.
    pub users: Vec<String>,
    /// Updates that a secondary which did not answer still has to get, by secondary.
    pub pending: BTreeMap<String, Vec<String>>,
    /// Sessions on it.
    pub sessions: u64,
    /// How its commands word their output.
    pub form: Form,
    /// Files on it, by path.
    pub files: BTreeMap<String, StoredFile>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredFile {
    /// Its content.
    pub content: String,
    /// Whether only its owner may read it.
    pub owner_only: bool,
}

/// With whom a server replicates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replication {
    /// With nobody.
    Standalone,
    /// It follows the server of that name.
    Secondary(String),
    /// It leads the servers of these names.
    Primary(Vec<String>),
}

impl State {
    /// Returns the server of that name.
    pub fn server(&self, name: &str) -> Option<&Server> {
        self.servers.iter().find(|server| same(&server.name, name))
    }

    /// Returns the server of that name, to change it.
    pub fn server_mut(&mut self, name: &str) -> Option<&mut Server> {
        self.servers.iter_mut().find(|server| same(&server.name, name))
    }
}

impl Server {
    /// Returns whether it leads and names `other`.
    pub fn names(&self, other: &str) -> bool {
        matches!(&self.replication, Replication::Primary(named) if named.iter().any(|one| same(one, other)))
    }

    /// Returns whether it follows `other`.
    pub fn follows(&self, other: &str) -> bool {
        matches!(&self.replication, Replication::Secondary(of) if same(of, other))
    }
}

/// Makes the servers of a new farm.
pub fn build(farm: &mut Farm) -> Result<(), Trouble> {
    let groups = farm.state.made_from.sun_ray.values();
    farm.state.sun_ray.servers = groups.flat_map(servers).collect();
    Ok(())
}

fn servers(group: &GroupFile) -> Vec<Server> {
    let of = |role: Role| group.servers.iter().find(|(_, server)| server.role() == role).map(|(name, _)| name.clone());
    // Without a primary, the one that was installed anew was it.
    let primary = of(Role::Primary).or_else(|| of(Role::Reinstalled));
    // Nobody told the group's primary that a server was installed anew.
    let named: Vec<String> = group
        .servers
        .iter()
        .filter(|(_, server)| matches!(server.role(), Role::Secondary | Role::Reinstalled))
        .map(|(name, _)| name.clone())
        .collect();
    let server = |(name, file): (&String, &super::farm_file::ServerFile)| {
        let role = file.role();
        let replication = match role {
            Role::Primary => Replication::Primary(named.clone()),
            Role::Secondary => Replication::Secondary(primary.clone().unwrap_or_default()),
            Role::Standalone | Role::Reinstalled => Replication::Standalone,
        };
        let offline = StoredFile { content: String::new(), owner_only: false };
        Server {
            name: name.clone(),
            installed: role != Role::Reinstalled,
            services: role != Role::Reinstalled,
            users: if matches!(role, Role::Primary | Role::Secondary) { group.users.clone() } else { Vec::new() },
            pending: BTreeMap::new(),
            sessions: 0,
            form: Form::Usual,
            files: file.is_offline().then(|| (OFFLINE_MARK.to_string(), offline)).into_iter().collect(),
            replication,
        }
    };
    group.servers.iter().map(server).collect()
}
