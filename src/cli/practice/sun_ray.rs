//! Sun Ray servers on a practice farm: what can be done to them, and what can be seen.

use clap::{Args, ValueEnum};

use crate::report::clean;
use crate::world::practice::sun_ray::{Change, Form, ServerStatus, Status};

use super::{list, number, pair};
use crate::cli::failure::Failure;

/// The part of `practice set` that is Sun Ray's.
#[derive(Debug, Args)]
#[group(id = "sun-ray")]
pub struct Set {
    /// Somebody added a user on a Sun Ray server, the primary.
    #[arg(long, value_name = "SERVER=USER")]
    pub user: Vec<String>,
    /// So many sessions are on a Sun Ray server.
    #[arg(long, value_name = "SERVER=COUNT")]
    pub sessions: Vec<String>,
    /// A Sun Ray server is offline: not chosen for new sessions.
    #[arg(long, value_name = "SERVER")]
    pub offline: Vec<String>,
    /// A Sun Ray server is online again.
    #[arg(long, value_name = "SERVER")]
    pub online: Vec<String>,
    /// A Sun Ray server's operating system was installed anew: the product and its data are gone.
    #[arg(long, value_name = "SERVER")]
    pub reinstalled: Vec<String>,
    /// A Sun Ray server's services are stopped.
    #[arg(long, value_name = "SERVER")]
    pub services_stopped: Vec<String>,
    /// A Sun Ray server's services run.
    #[arg(long, value_name = "SERVER")]
    pub services_started: Vec<String>,
    /// Somebody ran utreplica on a Sun Ray server, for example `sr2=-u`.
    #[arg(long, value_name = "SERVER=ARGUMENTS")]
    pub utreplica: Vec<String>,
    /// A Sun Ray server's commands word what they show so: usual, reworded, truncated, empty or domain.
    #[arg(long, value_name = "SERVER=FORM")]
    pub shows: Vec<String>,
}

/// How the commands of a server word what they show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shown {
    Usual,
    Reworded,
    Truncated,
    Empty,
    Domain,
}

/// Returns the changes that are asked for.
///
/// # Errors
/// A [`Failure`] where one can't be read.
pub fn changes(arguments: &Set) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    for one in &arguments.user {
        let (server, user) = pair(one)?;
        changes.push(Change::UserAdded { server, user });
    }
    for one in &arguments.sessions {
        let (server, count) = number(one)?;
        changes.push(Change::Sessions { server, count });
    }
    let offline = |offline| move |server: &String| Change::Offline { server: server.clone(), offline };
    changes.extend(arguments.offline.iter().map(offline(true)));
    changes.extend(arguments.online.iter().map(offline(false)));
    changes.extend(arguments.reinstalled.iter().map(|server| Change::Reinstalled { server: server.clone() }));
    let services = |running| move |server: &String| Change::Services { server: server.clone(), running };
    changes.extend(arguments.services_stopped.iter().map(services(false)));
    changes.extend(arguments.services_started.iter().map(services(true)));
    for one in &arguments.utreplica {
        let (server, words) = pair(one)?;
        changes.push(Change::Replica { server, arguments: words.split_whitespace().map(str::to_owned).collect() });
    }
    for one in &arguments.shows {
        let (server, form) = pair(one)?;
        changes.push(Change::Shows { server, form: shown(&form)? });
    }
    Ok(changes)
}

fn shown(form: &str) -> Result<Form, Failure> {
    match Shown::from_str(form, true) {
        Ok(Shown::Usual) => Ok(Form::Usual),
        Ok(Shown::Reworded) => Ok(Form::Reworded),
        Ok(Shown::Truncated) => Ok(Form::Truncated),
        Ok(Shown::Empty) => Ok(Form::Empty),
        Ok(Shown::Domain) => Ok(Form::Domain),
        Err(_) => Err(Failure::new(
            1,
            format!("`{form}` is no way to word things: usual, reworded, truncated, empty or domain"),
            format!("`{form}` は使えない: usual、reworded、truncated、empty、domain"),
        )),
    }
}

/// Tells what can be seen, a line for each server.
pub fn told(status: &Status) -> String {
    status.servers.iter().map(line).collect()
}

fn line(server: &ServerStatus) -> String {
    let with = match (server.role, server.with.is_empty()) {
        (_, true) => String::new(),
        ("primary", _) => format!(" of {}", list(&server.with)),
        _ => format!(" following {}", list(&server.with)),
    };
    let files = server.files.iter().map(|(path, owner_only)| {
        format!(", {} ({})", clean::terminal(path), if *owner_only { "owner only" } else { "readable by all" })
    });
    format!(
        "Sun Ray server {}: {}{with}, services {}, {} users, {} sessions, {}{}\n",
        server.name,
        server.role,
        if server.services { "running" } else { "stopped" },
        server.users,
        server.sessions,
        if server.offline { "offline" } else { "online" },
        files.collect::<String>(),
    )
}
