//! What can be seen of WSMGR servers on a practice farm: plain values to print, by whoever prints.

use serde::Serialize;

use super::farm_file::Kind;
use super::state::{Group, Server};
use crate::world::practice::farm::Farm;

/// WSMGR's side of a farm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The servers, group by group.
    pub servers: Vec<ServerStatus>,
}

/// A server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerStatus {
    /// The group.
    pub group: String,
    /// Its name.
    pub name: String,
    /// Its kind of operation.
    pub role: &'static str,
    /// Whether its own list is another than the group's: what that has it as.
    pub takes_itself_for: Option<&'static str>,
    /// What the sync monitor shows; none where it is neither member nor manager.
    pub sync: Option<&'static str>,
    /// What the load balancer was told.
    pub pool: &'static str,
    /// How many sessions are on it.
    pub sessions: u64,
    /// Whether it is connected to the network.
    pub connected: bool,
    /// Whether it was restored from a backup.
    pub restored: bool,
}

/// Returns what can be seen of WSMGR servers.
pub fn status(farm: &Farm) -> Status {
    let of = |group: &Group| group.servers.iter().map(|one| server(&group.name, one)).collect::<Vec<_>>();
    Status { servers: farm.state.wsmgr.groups.iter().flat_map(of).collect() }
}

fn server(group: &str, server: &Server) -> ServerStatus {
    let kind = server.kind();
    ServerStatus {
        group: group.into(),
        name: server.name.clone(),
        role: kind.as_str(),
        takes_itself_for: (server.own != kind).then(|| server.own.as_str()),
        sync: matches!(kind, Kind::Member | Kind::Manager).then(|| server.sync.as_str()),
        pool: server.pool.as_str(),
        sessions: server.sessions,
        connected: server.connected,
        restored: server.restored,
    }
}
