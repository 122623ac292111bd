//! What comes of changing the server group in an admin tool, and what a person does who follows the document.
//!
//! # Source
//! WSMGR for Web user's guide, 13.1.2 and 13.1.3.

use super::farm_file::Kind;
use super::seen::is_up;
use super::state::{Group, Pool, Server, Sync};
use crate::model::request::{Reply, Task};
use crate::world::practice::farm::{Farm, Trouble, refused};
use crate::world::practice::state::{Machine, same};

/// How many times the configuration has to fit on a disk that has all drives (WS-04).
const TIMES: u64 = 3;

/// Does what a person would do who follows the document; inside: why it can't be done.
pub fn operate(farm: &mut Farm, task: &Task) -> Result<Result<(), Reply>, Trouble> {
    let (host, server) = (task.host.as_str(), task.server.as_str());
    let done = match task.transition {
        "form" => set(farm, host, &[(server, Kind::Manager)]),
        "add" | "enable" => connect(farm, server).and_then(|()| set(farm, host, &[(server, Kind::Member)])),
        "disable" | "disable-apart" => set(farm, host, &[(server, Kind::Disabled)]),
        "remove" | "remove-apart" => set(farm, host, &[(server, Kind::Unregistered)]),
        "handover" => set(farm, host, &[(host, Kind::Disabled), (server, Kind::Manager)]),
        "take-over" => {
            let old = farm.state.wsmgr.group_of(server).and_then(|group| manager(group).map(str::to_owned));
            match old {
                Some(old) => set(farm, host, &[(&old, Kind::Unregistered), (server, Kind::Manager)]),
                None => Err("no server is the manager".into()),
            }
        }
        "isolate" => on_server(farm, server, |one| one.connected = false),
        "clear" if farm.state.wsmgr.server(server).is_some_and(|one| one.connected) => {
            Err(format!("{server} is connected to the network"))
        }
        "clear" => on_server(farm, server, |one| one.own = Kind::Unregistered),
        "await-sync" => finish(farm, server),
        "resync" => resync(farm, host, server),
        "regroup" => regroup(farm, server),
        other => Err(format!("the simulated operator does not know how to do `{other}`")),
    };
    Ok(done.map_err(refused))
}

fn manager(group: &Group) -> Option<&str> {
    group.servers.iter().find(|one| one.listed == Kind::Manager).map(|one| one.name.as_str())
}

fn on_server(farm: &mut Farm, name: &str, change: impl FnOnce(&mut Server)) -> Result<(), String> {
    let server = farm.state.wsmgr.server_mut(name).ok_or_else(|| format!("there is no WSMGR server {name}"))?;
    change(server);
    Ok(())
}

/// Connects a server that was cut off; nobody does that with one that still takes itself for part of a group.
fn connect(farm: &mut Farm, name: &str) -> Result<(), String> {
    let server = farm.state.wsmgr.server(name).ok_or_else(|| format!("there is no WSMGR server {name}"))?;
    if !server.connected && server.own != Kind::Unregistered {
        return Err(format!("{name} still has the list of a group, and is not connected"));
    }
    on_server(farm, name, |one| one.connected = true)
}

/// Changes the group on the admin tool of `on`: in one change all kinds of operation that are given.
///
/// # Errors
/// What the tool says; nothing was changed.
pub fn set(farm: &mut Farm, on: &str, kinds: &[(&str, Kind)]) -> Result<(), String> {
    let machines = farm.state.machines.clone();
    let group = farm.state.wsmgr.group_of(on).ok_or_else(|| format!("there is no WSMGR server {on}"))?;
    let lead = manager(group).map(str::to_owned);
    may_change(group, &machines, on, lead.as_deref(), kinds)?;
    let mut changed = group.clone();
    for (name, kind) in kinds {
        let Some(server) = changed.servers.iter_mut().find(|one| same(&one.name, name)) else {
            return Err(format!("there is no WSMGR server {name}"));
        };
        let joins = *kind == Kind::Member && server.listed != Kind::Member;
        if joins && server.listed == Kind::Unregistered && server.own != Kind::Unregistered {
            return Err(format!("{name} has the list of another group"));
        }
        server.listed = *kind;
        if joins {
            server.sync = if is_up(&machines, server) { Sync::Running } else { Sync::Error };
        }
        if *kind == Kind::Manager {
            server.sync = Sync::Complete;
        }
    }
    if changed.servers.iter().filter(|one| one.listed == Kind::Manager).count() != 1 {
        return Err("exactly one server has to be the manager".into());
    }
    // Made on another server than the old manager: everybody gets the whole configuration of the new one.
    if lead.as_deref().is_some_and(|lead| !same(lead, on)) {
        sync_all(&mut changed, &machines);
    }
    spread(&mut changed, &machines);
    *group = changed;
    farm.notes.extend(serving_while_synchronising(group));
    Ok(())
}

/// Only the manager's tool changes a group, but where it is not there, or there is no group yet.
fn may_change(
    group: &Group,
    machines: &[Machine],
    on: &str,
    lead: Option<&str>,
    kinds: &[(&str, Kind)],
) -> Result<(), String> {
    let lead_is_up = group.servers.iter().any(|one| Some(one.name.as_str()) == lead && is_up(machines, one));
    let becomes_manager = kinds.iter().any(|(name, kind)| same(name, on) && *kind == Kind::Manager);
    match lead {
        None if becomes_manager => Ok(()),
        None => Err("the first registration is made on the server that becomes the manager".into()),
        Some(lead) if same(lead, on) => Ok(()),
        Some(lead) if lead_is_up => Err(format!("the group is changed on the manager {lead}")),
        Some(_) if becomes_manager => Ok(()),
        Some(lead) => Err(format!("the manager {lead} is not available: nothing can be changed")),
    }
}

/// Everybody who is reached learns of the list; whoever was deleted from it has none.
fn spread(group: &mut Group, machines: &[Machine]) {
    for server in &mut group.servers {
        if is_up(machines, server) && !(server.listed == Kind::Unregistered && server.own == Kind::Manager) {
            server.own = server.listed;
        }
    }
}

fn sync_all(group: &mut Group, machines: &[Machine]) {
    for server in group.servers.iter_mut().filter(|one| one.listed == Kind::Member) {
        server.sync = if is_up(machines, server) { Sync::Running } else { Sync::Error };
    }
}

/// Tells of members that serve while their configuration is not whole.
fn serving_while_synchronising(group: &Group) -> Vec<String> {
    let serving = group
        .servers
        .iter()
        .filter(|one| one.listed == Kind::Member && one.sync == Sync::Running && one.pool == Pool::Ready);
    serving.map(|one| format!("{} serves while it synchronises", one.name)).collect()
}

/// Lets a synchronisation end.
fn finish(farm: &mut Farm, name: &str) -> Result<(), String> {
    let machines = farm.state.machines.clone();
    let group = farm.state.wsmgr.group_of(name).ok_or_else(|| format!("there is no WSMGR server {name}"))?;
    let needed = group.config_bytes.saturating_mul(TIMES);
    let Some(server) = group.servers.iter_mut().find(|one| same(&one.name, name)) else { return Ok(()) };
    // Where it is in error, the cause is mended and it is done by hand.
    if server.sync != Sync::Complete {
        let has_space = machines.iter().any(|one| same(&one.name, name) && one.free_bytes >= needed);
        let works = is_up(&machines, server) && has_space && !server.sync_fails;
        server.sync = if works { Sync::Complete } else { Sync::Error };
    }
    match server.sync {
        Sync::Error => Err(format!("the sync monitor shows an error for {name}")),
        Sync::Complete | Sync::Running => Ok(()),
    }
}

/// Synchronises a member by hand, after its cause was mended.
fn resync(farm: &mut Farm, on: &str, name: &str) -> Result<(), String> {
    let machines = farm.state.machines.clone();
    let group = farm.state.wsmgr.group_of(name).ok_or_else(|| format!("there is no WSMGR server {name}"))?;
    if manager(group).is_none_or(|lead| !same(lead, on)) {
        return Err(format!("{on} is not the manager"));
    }
    let Some(server) = group.servers.iter_mut().find(|one| same(&one.name, name)) else { return Ok(()) };
    server.sync_fails = false;
    server.sync = if is_up(&machines, server) { Sync::Running } else { Sync::Error };
    farm.notes.extend(serving_while_synchronising(group));
    Ok(())
}

/// Configures the group again: the manager is whole, and everybody gets its configuration.
fn regroup(farm: &mut Farm, name: &str) -> Result<(), String> {
    let machines = farm.state.machines.clone();
    let group = farm.state.wsmgr.group_of(name).ok_or_else(|| format!("there is no WSMGR server {name}"))?;
    if manager(group).is_none_or(|lead| !same(lead, name)) {
        return Err(format!("{name} is not the manager"));
    }
    sync_all(group, &machines);
    for server in &mut group.servers {
        server.restored = false;
        if server.listed == Kind::Manager {
            server.sync = Sync::Complete;
        }
    }
    spread(group, &machines);
    farm.notes.extend(serving_while_synchronising(group));
    Ok(())
}
