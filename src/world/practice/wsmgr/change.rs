//! What people, hardware and bad luck do to WSMGR servers and their load balancer.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::farm_file::Kind;
use super::group;
use super::seen;
use super::state::{Pool, Server, Sync};
use crate::world::practice::change::{ChangeError, cant, no};
use crate::world::practice::change_apply::Applied;
use crate::world::practice::farm::Farm;

/// One change from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Somebody changed a server's kind of operation on the manager's admin tool.
    Operation {
        /// The server.
        server: String,
        /// The kind of operation.
        kind: Kind,
    },
    /// Somebody handed the group over, on the manager's admin tool: the old one is disabled.
    Handover {
        /// The new manager.
        server: String,
    },
    /// A server takes itself for the manager, whatever the group's list says.
    ActsAsManager {
        /// The server.
        server: String,
    },
    /// The sync monitor shows something else.
    Synchronised {
        /// The server.
        server: String,
        /// What it shows.
        sync: Sync,
    },
    /// A server's next synchronisation fails, or works again.
    SyncFails {
        /// The server.
        server: String,
        /// Whether it fails.
        fails: bool,
    },
    /// A server is connected to the network, or cut off.
    Connected {
        /// The server.
        server: String,
        /// Whether it is connected.
        connected: bool,
    },
    /// All servers were deleted from the group on a server's own admin tool.
    Cleared {
        /// The server.
        server: String,
    },
    /// A server was restored from a backup.
    Restored {
        /// The server.
        server: String,
    },
    /// Somebody told the load balancer something about a server.
    Pooled {
        /// The server.
        server: String,
        /// What.
        pool: Pool,
    },
    /// So many sessions are on a server.
    Sessions {
        /// The server.
        server: String,
        /// How many.
        count: u64,
    },
    /// A server's sessions stay, whatever the load balancer is told; or end again.
    Sticky {
        /// The server.
        server: String,
        /// Whether they stay.
        sticky: bool,
    },
    /// Somebody looked at everything about a group and attested it.
    Attested {
        /// The group.
        group: String,
    },
    /// What was attested about a group is over.
    AttestedOver {
        /// The group.
        group: String,
    },
}

/// Carries out one change.
pub fn carry_out(farm: &mut Farm, change: &Change) -> Applied {
    let machines = farm.state.machines.clone();
    let minutes = farm.state.minutes;
    Ok(match change {
        Change::Operation { server, kind } => by_hand(farm, server, *kind),
        Change::Handover { server } => match lead(farm, server) {
            Some(lead) => group::set(farm, &lead, &[(&lead, Kind::Disabled), (server, Kind::Manager)]).map_err(no),
            None => cant("no server is the manager"),
        },
        Change::ActsAsManager { server } => on_server(farm, server, |one| one.own = Kind::Manager),
        Change::Synchronised { server, sync } => on_server(farm, server, |one| one.sync = *sync),
        Change::SyncFails { server, fails } => on_server(farm, server, |one| one.sync_fails = *fails),
        Change::Connected { server, connected } => on_server(farm, server, |one| one.connected = *connected),
        Change::Cleared { server } => on_server(farm, server, |one| one.own = Kind::Unregistered),
        Change::Restored { server } => on_server(farm, server, |one| one.restored = true),
        Change::Pooled { server, pool } => on_server(farm, server, |one| one.pool = *pool),
        Change::Sessions { server, count } => match farm.state.wsmgr.server(server) {
            Some(one) if one.pool == Pool::Maint && *count > 0 => {
                cant(format!("{server} is in maintenance: the load balancer sends nobody to it"))
            }
            _ => on_server(farm, server, |one| one.sessions = *count),
        },
        Change::Sticky { server, sticky } => on_server(farm, server, |one| one.sticky = *sticky),
        Change::Attested { group } => match farm.state.wsmgr.groups.iter_mut().find(|one| one.name == *group) {
            Some(group) => {
                seen::attest(group, &machines, minutes);
                Ok(())
            }
            None => cant(format!("there is no WSMGR group {group}")),
        },
        Change::AttestedOver { group } => match farm.state.wsmgr.groups.iter_mut().find(|one| one.name == *group) {
            Some(group) => {
                group.attested.iter_mut().for_each(|one| one.until = one.until.min(minutes));
                Ok(())
            }
            None => cant(format!("there is no WSMGR group {group}")),
        },
    })
}

fn lead(farm: &mut Farm, server: &str) -> Option<String> {
    let group = farm.state.wsmgr.group_of(server)?;
    group.servers.iter().find(|one| one.listed == Kind::Manager).map(|one| one.name.clone())
}

/// On the manager's tool; where there is none, on the server itself.
fn by_hand(farm: &mut Farm, server: &str, kind: Kind) -> Result<(), ChangeError> {
    let on = lead(farm, server).unwrap_or_else(|| server.to_string());
    group::set(farm, &on, &[(server, kind)]).map_err(no)
}

fn on_server(farm: &mut Farm, name: &str, change: impl FnOnce(&mut Server)) -> Result<(), ChangeError> {
    match farm.state.wsmgr.server_mut(name) {
        Some(server) => {
            change(server);
            Ok(())
        }
        None => cant(format!("there is no WSMGR server {name}")),
    }
}

/// Writes the change as a sentence.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Operation { server, kind } => write!(f, "somebody made {server} {}", kind.as_str()),
            Change::Handover { server } => write!(f, "somebody made {server} the manager"),
            Change::ActsAsManager { server } => write!(f, "{server} takes itself for the manager"),
            Change::Synchronised { server, sync } => {
                write!(f, "the sync monitor shows {server} as {}", sync.as_str())
            }
            Change::SyncFails { server, fails: true } => write!(f, "the next synchronisation of {server} fails"),
            Change::SyncFails { server, fails: false } => write!(f, "synchronisations of {server} work"),
            Change::Connected { server, connected: true } => write!(f, "{server} is connected to the network"),
            Change::Connected { server, connected: false } => write!(f, "{server} is cut off the network"),
            Change::Cleared { server } => write!(f, "the group list of {server} is cleared"),
            Change::Restored { server } => write!(f, "{server} was restored from a backup"),
            Change::Pooled { server, pool } => {
                write!(f, "somebody set {server} to {} at the load balancer", pool.as_str())
            }
            Change::Sessions { server, count } => write!(f, "{count} sessions are on {server}"),
            Change::Sticky { server, sticky } => {
                write!(f, "the sessions of {server} {}", if *sticky { "stay" } else { "end when they should" })
            }
            Change::Attested { group } => write!(f, "somebody attested what there is of {group}"),
            Change::AttestedOver { group } => write!(f, "what was attested of {group} is over"),
        }
    }
}
