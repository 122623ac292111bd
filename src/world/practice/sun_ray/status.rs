//! What can be seen of Sun Ray servers on a practice farm: plain values to print, by whoever prints.

use serde::Serialize;

use super::answer::role;
use super::state::{OFFLINE_MARK, Replication, Server};
use crate::world::practice::farm::Farm;

/// Sun Ray's side of a farm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The servers.
    pub servers: Vec<ServerStatus>,
}

/// A server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerStatus {
    /// Its name.
    pub name: String,
    /// `not installed`, `standalone`, `secondary` or `primary`.
    pub role: &'static str,
    /// The server that it follows, or those that it names.
    pub with: Vec<String>,
    /// Whether its services run.
    pub services: bool,
    /// How many users its data store lists.
    pub users: usize,
    /// How many sessions are on it.
    pub sessions: u64,
    /// Whether it is offline.
    pub offline: bool,
    /// Its other files, with whether only their owner may read them.
    pub files: Vec<(String, bool)>,
}

/// Returns what can be seen of Sun Ray servers.
pub fn status(farm: &Farm) -> Status {
    Status { servers: farm.state.sun_ray.servers.iter().map(server).collect() }
}

fn server(server: &Server) -> ServerStatus {
    let files = server.files.iter().filter(|(path, _)| *path != OFFLINE_MARK);
    ServerStatus {
        name: server.name.clone(),
        role: role(server),
        with: match &server.replication {
            Replication::Standalone => Vec::new(),
            Replication::Secondary(of) => vec![of.clone()],
            Replication::Primary(named) => named.clone(),
        },
        services: server.services,
        users: server.users.len(),
        sessions: server.sessions,
        offline: server.files.contains_key(OFFLINE_MARK),
        files: files.map(|(path, file)| (path.clone(), file.owner_only)).collect(),
    }
}
