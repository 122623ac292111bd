//! What people, hardware and bad luck do to Sun Ray servers.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::farm_file::is_user;
use super::replica;
use super::state::{OFFLINE_MARK, Replication, Server, StoredFile};
use crate::world::practice::change::{ChangeError, cant, no};
use crate::world::practice::change_apply::Applied;
use crate::world::practice::farm::Farm;

/// One change from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// A user is added on the primary: an administrative change.
    UserAdded {
        /// The server on which it is done.
        server: String,
        /// The user.
        user: String,
    },
    /// A server is offline: not chosen for new sessions.
    Offline {
        /// The server.
        server: String,
        /// Whether it is offline then.
        offline: bool,
    },
    /// So many sessions are on a server.
    Sessions {
        /// The server.
        server: String,
        /// How many.
        count: u64,
    },
    /// A server's operating system was installed anew: product, data store and files are gone.
    Reinstalled {
        /// The server.
        server: String,
    },
    /// A server's services run or not.
    Services {
        /// The server.
        server: String,
        /// Whether they run then.
        running: bool,
    },
    /// Somebody ran `utreplica` on a server by hand.
    Replica {
        /// The server.
        server: String,
        /// The arguments.
        arguments: Vec<String>,
    },
    /// A server's commands word what they show otherwise.
    Shows {
        /// The server.
        server: String,
        /// How.
        form: Form,
    },
}

/// How a server's commands word what they show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// As the farm usually does.
    Usual,
    /// As another version might.
    Reworded,
    /// Cut off in the middle.
    Truncated,
    /// Not at all.
    Empty,
    /// With the servers' full domain names.
    Domain,
}

/// Carries out one change.
pub fn carry_out(farm: &mut Farm, change: &Change) -> Applied {
    Ok(match change {
        Change::UserAdded { server, user } => add_user(farm, server, user),
        Change::Offline { server, offline } => on_server(farm, server, |one| {
            one.files.remove(OFFLINE_MARK);
            if *offline {
                one.files.insert(OFFLINE_MARK.into(), StoredFile { content: String::new(), owner_only: false });
            }
        }),
        Change::Sessions { server, count } => on_server(farm, server, |one| one.sessions = *count),
        Change::Reinstalled { server } => on_server(farm, server, |one| {
            *one = Server {
                installed: false,
                services: false,
                replication: Replication::Standalone,
                users: Vec::new(),
                pending: Default::default(),
                sessions: 0,
                files: Default::default(),
                ..one.clone()
            };
        }),
        Change::Services { server, running } => on_server(farm, server, |one| one.services = *running && one.installed),
        Change::Replica { server, arguments } => replica::answer(farm, server, arguments).map_err(no).map(drop),
        Change::Shows { server, form } => on_server(farm, server, |one| one.form = *form),
    })
}

/// Services start with the machine; sessions don't outlive it.
pub fn power(farm: &mut Farm, server: &str, on: bool) {
    let starts = on && !farm.state.powered(server);
    let Some(one) = farm.state.sun_ray.server_mut(server) else { return };
    if starts {
        one.services = one.installed;
    }
    if !on {
        one.sessions = 0;
        one.services = false;
    }
}

/// Every change must succeed on the primary; those who do not answer get it when they recover (6.9, 6.9.3).
fn add_user(farm: &mut Farm, server: &str, user: &str) -> Result<(), ChangeError> {
    if !is_user(user) {
        return cant(format!("`{user}` can't be a user"));
    }
    let runs = farm.state.reachable(server);
    let Some(primary) = farm.state.sun_ray.server_mut(server) else {
        return cant(format!("there is no Sun Ray server {server}"));
    };
    if matches!(primary.replication, Replication::Secondary(_)) {
        return cant(format!("{server} is a secondary: changes are made on the primary"));
    }
    if !runs || !primary.services {
        return cant(format!("{server} does not run: no administrative change is possible"));
    }
    primary.users.push(user.into());
    if let Replication::Primary(named) = &primary.replication {
        for one in named {
            primary.pending.entry(one.clone()).or_default().push(user.into());
        }
    }
    Ok(())
}

fn on_server(farm: &mut Farm, server: &str, change: impl FnOnce(&mut Server)) -> Result<(), ChangeError> {
    match farm.state.sun_ray.server_mut(server) {
        Some(one) => {
            change(one);
            Ok(())
        }
        None => cant(format!("there is no Sun Ray server {server}")),
    }
}

/// Writes the change as a sentence.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::UserAdded { server, user } => write!(f, "user `{user}` is added on {server}"),
            Change::Offline { server, offline } => {
                write!(f, "{server} is {}", if *offline { "offline" } else { "online" })
            }
            Change::Sessions { server, count } => write!(f, "{count} sessions are on {server}"),
            Change::Reinstalled { server } => write!(f, "{server} was installed anew, without Sun Ray Software"),
            Change::Services { server, running } => {
                write!(f, "the Sun Ray services of {server} {}", if *running { "run" } else { "are stopped" })
            }
            Change::Replica { server, arguments } => {
                write!(f, "somebody ran utreplica {} on {server}", arguments.join(" "))
            }
            Change::Shows { server, form } => {
                let how = match form {
                    Form::Usual => "as usual",
                    Form::Reworded => "as another version might",
                    Form::Truncated => "cut off",
                    Form::Empty => "not at all",
                    Form::Domain => "with full domain names",
                };
                write!(f, "the commands of {server} show things {how}")
            }
        }
    }
}
