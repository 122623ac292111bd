//! What must never happen to a failover group, read off the farm itself: at most one server moved by an act, no user
//! lost, and no dump of the data store that nobody knows of. Primaries are counted in [`super::super::watch`].
//!
//! # Source
//! Requirements SR-01, SR-03, SR-04, SR-05 and SR-07.

use crate::model::name::ServerName;
use crate::model::request::Request;
use crate::model::topology::Topology;
use crate::system::sun_ray::DUMP;
use crate::world::practice::FarmStatus;
use crate::world::practice::sun_ray::ServerStatus;

use super::super::cast::present;
use super::super::ground::Kept;
use super::super::play::Play;

const ROLE: &str = "role";
const FOLLOWS: &str = "follows";
const USERS: &str = "users";
const STORED: &str = "dump";

/// Reads off the farm what each server of the group is and holds, but of those that are lost.
pub fn keeps(play: &mut Play, group: usize) -> Kept {
    let status = play.status();
    let topology = &play.groups[group].plan.topology;
    let mut kept = Kept::new();
    for server in status.iter().flat_map(|status| &status.sun_ray.servers) {
        let Some(name) = present(topology, &server.name) else { continue };
        let mut note = |what: &str, value: String| drop(kept.insert((name.clone(), what.into()), value));
        note(ROLE, server.role.into());
        note(USERS, server.users.to_string());
        if server.role == "secondary" {
            note(FOLLOWS, server.with.join(", "));
        }
        for (path, owner_only) in &server.files {
            note(STORED, format!("{path}{}", if *owner_only { "" } else { ", which others can read" }));
        }
    }
    kept
}

/// Returns what an act must not have done.
pub fn losses(_: &Topology, before: &Kept, after: &Kept, request: &Request) -> Vec<String> {
    let mut said = Vec::new();
    // What is restored replaces what its server holds; what the others hold must outlive it.
    let restored = match request {
        Request::Command { on, program: "utldif2ldbm", .. } => Some(on),
        _ => None,
    };
    let most = |kept: &Kept| {
        let users = kept.iter().filter(|((server, of), _)| of == USERS && Some(server) != restored);
        users.filter_map(|(_, users)| users.parse::<u64>().ok()).max()
    };
    if most(after) < most(before) {
        said.push("no server lists all users any more".into());
    }
    let is_moved = |server: &&ServerName| {
        [ROLE, FOLLOWS].iter().any(|what| {
            let key = ((*server).clone(), what.to_string());
            before.get(&key) != after.get(&key)
        })
    };
    let servers = || after.keys().filter(|(_, what)| what == ROLE).map(|(server, _)| server);
    if servers().filter(is_moved).count() > 1 {
        said.push("more than one server was moved".into());
    }
    for server in servers() {
        let key = (server.clone(), STORED.to_string());
        match (before.get(&key), after.get(&key)) {
            (_, Some(file)) if file != DUMP => said.push(format!("{server} has {file}")),
            (Some(_), None) if !matches!(request, Request::RemoveFile { .. }) => {
                said.push(format!("the dump on {server} is gone"));
            }
            _ => {}
        }
    }
    said
}

/// Returns what is left behind that no line of the journal names: dumps of the data store.
pub fn leftovers(farm: &FarmStatus, journal: &str) -> Vec<String> {
    let told: Vec<&str> = journal.lines().filter(|line| line.contains(DUMP)).collect();
    let is_told = |server: &ServerStatus| told.iter().any(|line| line.contains(&server.name));
    // A run that touched none of a group has left none there: what was there before is named by the plan. Names that a
    // ground makes up are those of one group where only their numbers differ.
    let group = |name: &str| name.trim_end_matches(|c: char| c.is_ascii_digit()).to_string();
    let servers = &farm.sun_ray.servers;
    let is_touched = |name: &str| servers.iter().any(|one| group(&one.name) == group(name) && is_told(one));
    let left = servers.iter().filter(|one| !one.files.is_empty() && is_touched(&one.name) && !is_told(one));
    left.map(|server| format!("a dump is left on {}, and the journal does not name it", server.name)).collect()
}
