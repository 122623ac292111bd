//! What must never happen to a cluster, read off the farm itself: a hierarchy in service twice by an act, an equivalency
//! between survivors gone, a job or an `LKDRInfo` file removed without a copy, and changes that are not on disk while
//! nothing says so.
//!
//! # Source
//! Requirements LK-01, LK-03, LK-04, LK-05 and LK-08.

use crate::model::name::ServerName;
use crate::model::request::Request;
use crate::model::topology::Topology;
use crate::system::lifekeeper::clearing;
use crate::world::practice::FarmStatus;

use super::super::cast::present;
use super::super::ground::Kept;
use super::super::play::Play;

/// Reads off the farm what each server of the group is and holds, but of those that are lost.
pub fn keeps(play: &mut Play, group: usize) -> Kept {
    let status = play.status();
    let topology = &play.groups[group].plan.topology;
    let mut kept = Kept::new();
    for server in status.iter().flat_map(|status| &status.lifekeeper.servers) {
        let Some(name) = present(topology, &server.name) else { continue };
        let mut note = |what: String, value: &str| drop(kept.insert((name.clone(), what), value.into()));
        for (top, in_service) in &server.hierarchies {
            note(format!("has {top}"), "");
            if *in_service {
                note(format!("serves {top}"), "");
            }
        }
        server.shares_with.iter().for_each(|other| note(format!("shares {other}"), ""));
        server.jobs.iter().for_each(|(volume, id)| note(format!("job {volume}"), id));
        server.info_files.iter().for_each(|volume| note(format!("info {volume}"), volume));
        if server.flags.contains(&clearing(&server.name)) {
            note("clearing".into(), "");
        }
        server.saved.iter().for_each(|path| note(format!("saved {path}"), ""));
    }
    kept
}

/// Returns what an act must not have done. A person who works in the console does what the console allows.
pub fn losses(topology: &Topology, before: &Kept, after: &Kept, request: &Request) -> Vec<String> {
    let mut said = Vec::new();
    let serving = |kept: &Kept, what: &str| kept.keys().filter(|(_, of)| of == what).count();
    for (_, what) in after.keys().filter(|(_, what)| what.starts_with("serves ")) {
        if serving(after, what) > 1 && serving(after, what) > serving(before, what) {
            said.push(format!("{} servers: {what}", serving(after, what)));
        }
    }
    if matches!(request, Request::AskOperator(_)) {
        return said;
    }
    let is_new = |name: &str| {
        let server = ServerName::new(name).ok();
        server.and_then(|server| topology.declared(&server)).is_some_and(|one| one.reinstalled.is_some())
    };
    let has_saved = |server: &ServerName, part: &str| {
        after.keys().any(|(on, what)| on == server && what.starts_with("saved ") && what.contains(part))
    };
    // Somebody began to remove its resources, and said so: the rest goes.
    let is_cleared = |name: &str| before.keys().any(|(on, what)| what == "clearing" && on.as_str() == name);
    for ((server, what), value) in before.iter().filter(|(key, _)| !after.contains_key(*key)) {
        match what.split_once(' ') {
            // All of it is to go.
            Some(("shares" | "has", _)) if topology.is_without_leader() => {}
            Some(("has", _)) if is_cleared(server.as_str()) => {}
            Some(("shares", other)) if is_cleared(server.as_str()) || is_cleared(other) => {}
            Some(("shares", other)) if !is_new(other) && !is_new(server.as_str()) => {
                said.push(format!("{server} has no equivalency with {other} any more"));
            }
            Some(("has", top)) => said.push(format!("{server} has lost {top}")),
            Some(("saved", path)) => said.push(format!("{path} on {server} is gone")),
            Some(("job", _)) if !has_saved(server, value) => {
                said.push(format!("job {value} of {server} is gone without a copy"));
            }
            Some(("info", _)) if !has_saved(server, &format!("LKDRInfo.{value}")) => {
                said.push(format!("LKDRInfo.{value} of {server} is gone without a copy"));
            }
            _ => {}
        }
    }
    said
}

/// Returns what is left behind that nobody knows of: flags that no line of the journal names, and changes that are not on
/// a server's disk while no flag on it says so.
pub fn leftovers(farm: &FarmStatus, journal: &str) -> Vec<String> {
    let servers = &farm.lifekeeper.servers;
    let own = |flag: &&String| flag.starts_with("rolewalk_");
    let mut left: Vec<String> = Vec::new();
    for server in servers {
        // Who began a removal before the run has left the flag of it (`made` of the ground).
        let was_there = |flag: &str| flag == clearing(&server.name);
        let flags = server.flags.iter().filter(own).filter(|flag| !was_there(flag) && !journal.contains(flag.as_str()));
        left.extend(
            flags.map(|flag| format!("flag {flag} is left on {}, and the journal does not name it", server.name)),
        );
    }
    let unsynced = servers.iter().filter(|server| !server.synced && !server.flags.iter().any(|flag| own(&flag)));
    left.extend(unsynced.map(|server| format!("changes of {} are not on disk, and no flag says so", server.name)));
    left
}
