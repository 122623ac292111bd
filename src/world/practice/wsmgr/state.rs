//! What a WSMGR server, its group and its load balancer are on a practice farm.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::farm_file::{GroupFile, Kind, ServerFile};
use crate::world::practice::farm::{Farm, Trouble};
use crate::world::practice::state::same;

/// All groups.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// In the order of their names.
    pub groups: Vec<Group>,
}

/// One group, and whoever may be in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The size of its configuration in bytes.
    pub config_bytes: u64,
    /// How many servers carry the load.
    pub needed: u64,
    /// Sorted by name.
    pub servers: Vec<Server>,
    /// What was attested: by server (none: the group) and name.
    pub attested: Vec<Stored>,
}

/// One server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Its name.
    pub name: String,
    /// What the group's list has it as: the list of whoever manages the group.
    pub listed: Kind,
    /// What its own list has it as; a server that could not be reached keeps what it had.
    pub own: Kind,
    /// What the sync monitor shows.
    pub sync: Sync,
    /// Whether its next synchronisation fails.
    pub sync_fails: bool,
    /// Whether it is connected to the network.
    pub connected: bool,
    /// What the load balancer was told.
    pub pool: Pool,
    /// Sessions on it.
    pub sessions: u64,
    /// Whether its sessions stay whatever the load balancer is told.
    pub sticky: bool,
    /// Whether it was restored from a backup.
    pub restored: bool,
}

/// What the sync monitor shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sync {
    /// 同期完了
    Complete,
    /// 同期中
    Running,
    /// エラー
    Error,
}

/// What the load balancer was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pool {
    /// New sessions.
    Ready,
    /// No new sessions.
    Drain,
    /// None at all.
    Maint,
}

/// One attested fact, with the farm's own minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stored {
    /// The server; none for the group.
    pub server: Option<String>,
    /// The fact.
    pub name: String,
    /// Its value.
    pub value: String,
    /// When.
    pub at: u64,
    /// Until when.
    pub until: u64,
}

impl Sync {
    /// Returns the status as facts name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Sync::Complete => "complete",
            Sync::Running => "running",
            Sync::Error => "error",
        }
    }
}

impl Pool {
    /// Returns the state as load balancers name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Pool::Ready => "ready",
            Pool::Drain => "drain",
            Pool::Maint => "maint",
        }
    }
}

impl State {
    /// Returns the group of that name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// Returns the group that a server may be in.
    pub fn group_of(&mut self, server: &str) -> Option<&mut Group> {
        self.groups.iter_mut().find(|group| group.servers.iter().any(|one| same(&one.name, server)))
    }

    /// Returns the server of that name.
    pub fn server(&self, name: &str) -> Option<&Server> {
        self.groups.iter().flat_map(|group| &group.servers).find(|server| same(&server.name, name))
    }

    /// Returns the server of that name, to change it.
    pub fn server_mut(&mut self, name: &str) -> Option<&mut Server> {
        self.groups.iter_mut().flat_map(|group| &mut group.servers).find(|server| same(&server.name, name))
    }
}

impl Server {
    /// Returns the kind of operation that people see: a connected server that takes itself for the manager acts as one.
    pub fn kind(&self) -> Kind {
        if self.connected && self.own == Kind::Manager { Kind::Manager } else { self.listed }
    }
}

/// Makes the groups of a new farm.
pub fn build(farm: &mut Farm) -> Result<(), Trouble> {
    let files: BTreeMap<String, GroupFile> = farm.state.made_from.wsmgr.clone();
    farm.state.wsmgr.groups = files.iter().map(|(name, file)| group(name, file)).collect();
    super::seen::goes_on(farm)
}

fn group(name: &str, file: &GroupFile) -> Group {
    let server = |(name, file): (&String, &ServerFile)| {
        let details = file.details();
        let serves = matches!(details.role, Kind::Member | Kind::Manager);
        Server {
            name: name.clone(),
            listed: details.role,
            own: details.role,
            sync: Sync::Complete,
            sync_fails: false,
            connected: true,
            pool: if serves { Pool::Ready } else { Pool::Maint },
            sessions: details.sessions,
            sticky: false,
            restored: details.restored,
        }
    };
    Group {
        name: name.into(),
        config_bytes: file.config_mb.saturating_mul(1 << 20),
        needed: file.needed,
        servers: file.servers.iter().map(server).collect(),
        attested: Vec::new(),
    }
}
