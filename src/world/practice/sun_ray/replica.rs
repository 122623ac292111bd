//! `utreplica`, and the replication that goes on by itself.
//!
//! # Source
//! Sun Ray Software administration guide: setting up failover groups, and 6.9. The wording of its outputs and errors is
//! not public: here they are worded by us.

use super::change::Form;
use super::state::{Replication, Server};
use crate::world::practice::farm::{Farm, Trouble};
use crate::world::practice::state::same;

/// Carries out a call of the command on a server; returns what it writes.
///
/// # Errors
/// What it writes to standard error; it ends with exit code 1 then, and nothing was changed.
pub fn answer(farm: &mut Farm, on: &str, arguments: &[String]) -> Result<String, String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let server = farm.state.sun_ray.server(on).ok_or_else(|| format!("there is no Sun Ray server {on}"))?.clone();
    match words.as_slice() {
        ["-l"] => Ok(list(&server)),
        ["-u"] => Ok(unconfigure(farm, &server)),
        ["-p", "-a", names @ ..] => add(farm, &server, names),
        ["-p", "-d", name] => delete(farm, &server, name),
        ["-p", names @ ..] => primary(farm, &server, names),
        ["-s", primary] => secondary(farm, &server, primary),
        _ => {
            Err("usage: utreplica -p secondary ... | -p -a secondary ... | -p -d secondary | -s primary | -u | -l"
                .into())
        }
    }
}

/// Says with whom a server replicates.
fn list(server: &Server) -> String {
    let full = |name: &str| match server.form {
        Form::Domain => format!("{name}.example.com"),
        _ => name.to_owned(),
    };
    match &server.replication {
        Replication::Standalone => "This server is a stand-alone server.\n".into(),
        Replication::Secondary(of) => {
            format!("This server is configured as a secondary server.\nThe primary server is: {}\n", full(of))
        }
        Replication::Primary(named) => {
            let named: String = named.iter().map(|name| format!("\t{}\n", full(name))).collect();
            format!("This server is configured as a primary server.\nThe secondary servers are:\n{named}")
        }
    }
}

fn unconfigure(farm: &mut Farm, server: &Server) -> String {
    if let Some(one) = farm.state.sun_ray.server_mut(&server.name) {
        one.replication = Replication::Standalone;
        one.pending.clear();
    }
    "The replication configuration was removed.\n".into()
}

fn primary(farm: &mut Farm, server: &Server, names: &[&str]) -> Result<String, String> {
    unconfigured(server)?;
    let named = known(farm, server, names)?;
    note_second_primary(farm, server);
    if let Some(one) = farm.state.sun_ray.server_mut(&server.name) {
        one.replication = Replication::Primary(named);
    }
    Ok("This server is configured as a primary server now.\n".into())
}

/// A change of role leads through the unconfigured state: the document runs `utreplica -u` first (6.9.2).
fn unconfigured(server: &Server) -> Result<(), String> {
    match &server.replication {
        Replication::Standalone => Ok(()),
        _ => Err("replication is configured on this server already; remove it with utreplica -u first".into()),
    }
}

fn known(farm: &Farm, server: &Server, names: &[&str]) -> Result<Vec<String>, String> {
    if names.is_empty() {
        return Err("no secondary server is named".into());
    }
    let mut named: Vec<String> = Vec::new();
    for name in names {
        let one = farm.state.sun_ray.server(name).ok_or_else(|| format!("{name}: unknown host"))?;
        if same(&one.name, &server.name) || named.contains(&one.name) {
            return Err(format!("{name}: host names must be unique"));
        }
        named.push(one.name.clone());
    }
    Ok(named)
}

/// The product does not look for another primary; whoever made two is seen here.
fn note_second_primary(farm: &mut Farm, server: &Server) {
    let leads = |one: &&Server| one.name != server.name && matches!(one.replication, Replication::Primary(_));
    let same_group = |one: &&Server| group_of(farm, &one.name) == group_of(farm, &server.name);
    let others: Vec<String> =
        farm.state.sun_ray.servers.iter().filter(leads).filter(same_group).map(|one| one.name.clone()).collect();
    let running = others.into_iter().filter(|one| farm.state.powered(one)).collect::<Vec<_>>();
    if !running.is_empty() {
        farm.notes.push(format!("{} became a primary beside {}", server.name, running.join(", ")));
    }
}

fn group_of<'a>(farm: &'a Farm, server: &str) -> Option<&'a String> {
    let groups = farm.state.made_from.sun_ray.iter();
    groups.into_iter().find(|(_, group)| group.servers.keys().any(|one| same(one, server))).map(|(name, _)| name)
}

fn add(farm: &mut Farm, server: &Server, names: &[&str]) -> Result<String, String> {
    let Replication::Primary(mut named) = server.replication.clone() else {
        return Err("this server is no primary server".into());
    };
    for name in known(farm, server, names)? {
        if named.contains(&name) {
            return Err(format!("{name} is a secondary server already"));
        }
        named.push(name);
    }
    if let Some(one) = farm.state.sun_ray.server_mut(&server.name) {
        one.replication = Replication::Primary(named);
    }
    Ok("The list of secondary servers was changed.\n".into())
}

fn delete(farm: &mut Farm, server: &Server, name: &str) -> Result<String, String> {
    let Replication::Primary(mut named) = server.replication.clone() else {
        return Err("this server is no primary server".into());
    };
    let before = named.len();
    named.retain(|one| !same(one, name));
    if named.len() == before {
        return Err(format!("{name} is no secondary server"));
    }
    if let Some(one) = farm.state.sun_ray.server_mut(&server.name) {
        one.replication = Replication::Primary(named);
        one.pending.retain(|of, _| !same(of, name));
    }
    Ok("The list of secondary servers was changed.\n".into())
}

/// Follows a primary, and is resynchronised from it; its sessions end, because its services are offline meanwhile.
fn secondary(farm: &mut Farm, server: &Server, primary: &str) -> Result<String, String> {
    unconfigured(server)?;
    let Some(leader) = farm.state.sun_ray.server(primary).cloned() else {
        return Err(format!("{primary}: unknown host"));
    };
    if !farm.state.reachable(&leader.name) || !leader.services {
        return Err(format!("{primary} can't be reached"));
    }
    if !leader.names(&server.name) {
        return Err(format!("{primary} is no primary server that names this server"));
    }
    if server.sessions > 0 {
        farm.notes.push(format!("{} sessions of {} ended", server.sessions, server.name));
    }
    if let Some(one) = farm.state.sun_ray.server_mut(&server.name) {
        one.replication = Replication::Secondary(leader.name.clone());
        one.users.clone_from(&leader.users);
        one.sessions = 0;
    }
    if let Some(one) = farm.state.sun_ray.server_mut(&leader.name) {
        one.pending.remove(&server.name);
    }
    Ok("This server is configured as a secondary server now.\n".into())
}

/// Brings the updates to secondaries that run: at once, or when they recover (6.9.3).
pub fn catch_up(farm: &mut Farm) -> Result<(), Trouble> {
    let primaries: Vec<Server> = farm
        .state
        .sun_ray
        .servers
        .iter()
        .filter(|one| !one.pending.is_empty() && one.services && farm.state.reachable(&one.name))
        .cloned()
        .collect();
    for primary in primaries {
        for (name, users) in &primary.pending {
            let reachable = farm.state.reachable(name);
            let Some(one) = farm.state.sun_ray.server_mut(name) else { continue };
            if !(reachable && one.services && one.follows(&primary.name)) {
                continue;
            }
            one.users.extend(users.iter().cloned());
            if let Some(leader) = farm.state.sun_ray.server_mut(&primary.name) {
                leader.pending.remove(name);
            }
        }
    }
    Ok(())
}
