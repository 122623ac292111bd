//! A farm on which a cluster is as it was observed: it is built as the cluster once was, and led to what was seen by what
//! people and hardware do.

use std::collections::BTreeMap;

use crate::model::name::ServerName;
use crate::model::snapshot::{GroupSnapshot, Standing};
use crate::system::lifekeeper::guards::fact;
use crate::system::lifekeeper::hierarchy;
use crate::system::lifekeeper::table::{ACTIVE, MEMBER, STANDBY, UNREGISTERED};
use crate::world::practice::lifekeeper::{Change as Product, Role};
use crate::world::practice::{Change, FarmFile, Operator, PracticeWorld};

use super::super::cast::{Before, all_known, farm, powered};
use super::{asked, by_hand, cluster_file};

/// Makes the farm that the snapshot tells of.
///
/// # Errors
/// What of the observation no farm can be.
pub fn copy(seen: &GroupSnapshot) -> Result<PracticeWorld, String> {
    all_known(seen)?;
    let tops = tops(seen);
    let tops: Vec<&str> = tops.iter().map(String::as_str).collect();
    let volumes = volumes(seen);
    let volumes: Vec<&str> = volumes.iter().map(String::as_str).collect();
    let leader = active(seen);
    let roles = seen.servers.iter().map(|(server, standing)| (server.to_string(), built(server, standing, leader)));
    let mut roles: BTreeMap<String, Role> = roles.collect();
    // A farm's hierarchies are in service somewhere at first.
    if leader.is_none() {
        roles.values_mut().filter(|role| **role != Role::Unregistered).for_each(|role| *role = Role::Member);
    }
    let tops = if leader.is_some() { tops } else { Vec::new() };
    let name = seen.group.split('/').next().unwrap_or_default().to_string();
    let clusters = BTreeMap::from([(name, cluster_file(roles, &tops, &volumes))]);
    let file = FarmFile { lifekeeper: clusters, ..FarmFile::of(Operator::Simulated) };
    farm(&file, happened(seen, leader, &tops))
}

/// Returns the tops of the hierarchies that any server shows.
fn tops(seen: &GroupSnapshot) -> Vec<String> {
    let lists = seen.servers.keys().filter_map(|server| seen.facts.list(Some(server), fact::TOPS).ok());
    let mut tops: Vec<String> = lists.flatten().cloned().collect();
    tops.sort();
    tops.dedup();
    if tops.is_empty() { vec![hierarchy(&seen.group).unwrap_or("hierarchy").to_string()] } else { tops }
}

/// Returns the letters of the volumes that any server shows; one where marks alone tell that something is mirrored.
fn volumes(seen: &GroupSnapshot) -> Vec<String> {
    let lists = seen.servers.keys().filter_map(|server| seen.facts.list(Some(server), fact::MIRROR_ENDS).ok());
    let mut letters: Vec<String> = lists.flatten().filter_map(|end| Some(end.split_once('=')?.0.to_string())).collect();
    letters.sort();
    letters.dedup();
    let is_mirrored =
        |standing: &Standing| matches!(standing.mark("mirror"), Some("mirroring" | "paused" | "leftover"));
    if letters.is_empty() && seen.servers.values().any(is_mirrored) { vec!["E".into()] } else { letters }
}

/// Returns the server on which the hierarchies were in service: the active one, or a standby where there is none.
fn active(seen: &GroupSnapshot) -> Option<&ServerName> {
    let of = |role: &'static str| {
        seen.servers.iter().filter(move |(_, one)| one.role == Some(role) && one.mark("record") != Some("stale"))
    };
    of(ACTIVE).chain(of(STANDBY)).next().map(|(server, _)| server)
}

/// Returns what the server was at first.
fn built(server: &ServerName, standing: &Standing, leader: Option<&ServerName>) -> Role {
    let mark = |name| standing.mark(name).unwrap_or_default();
    match standing.role {
        _ if leader == Some(server) => Role::Active,
        Some(STANDBY) if mark("record") == "stale" => Role::Reinstalled,
        Some(MEMBER) if mark("record") == "stale" && mark("mirror") == "leftover" => Role::Reinstalled,
        Some(STANDBY) if mark("mirror") == "none" => Role::Member,
        Some(STANDBY | ACTIVE) => Role::Standby,
        Some(UNREGISTERED) => Role::Unregistered,
        _ => Role::Member,
    }
}

/// Returns what happened since, in order.
fn happened(seen: &GroupSnapshot, leader: Option<&ServerName>, tops: &[&str]) -> Vec<Before> {
    let product = |change: Product| Before::From(Change::Lifekeeper(change));
    let mut happened = Vec::new();
    let own = |server: &ServerName, name: &str| seen.facts.list(Some(server), name).unwrap_or_default().to_vec();
    for (server, standing) in &seen.servers {
        let mark = |name| standing.mark(name).unwrap_or_default();
        let other = seen.servers.keys().find(|one| *one != server && seen.servers[*one].role != Some(UNREGISTERED));
        match (standing.role, mark("record"), mark("mirror")) {
            (Some(MEMBER), "stale", "leftover") => {
                for one in seen.servers.keys().filter(|one| *one != server) {
                    let tags = tops.iter().flat_map(|top| [top.to_string(), format!("{top}.Vol.E")]);
                    happened.extend(tags.filter(|_| leader == Some(one)).map(|tag| {
                        by_hand(one.as_str(), &format!("eqv_remove -s {one} -t {tag} -S {server} -o {tag} -e SHARED"))
                    }));
                }
            }
            (Some(MEMBER), "stale", _) => {
                happened.push(product(Product::Reinstalled { server: server.to_string(), lifekeeper: true }));
            }
            (Some(_), "onesided", _) => {
                if let Some(other) = leader.filter(|leader| *leader != server).or(other) {
                    happened.push(by_hand(other.as_str(), &format!("net_remove -s {server}")));
                }
            }
            (Some(MEMBER), "partly", _) => {
                let extended = own(server, fact::TOPS);
                let host = leader.map(ServerName::as_str).unwrap_or_default();
                happened.extend(extended.iter().map(|top| asked("extend", server.as_str(), host, top)));
            }
            (Some(STANDBY), "current", "none") => {
                let host = leader.map(ServerName::as_str).unwrap_or_default();
                happened.extend(tops.iter().map(|top| asked("extend", server.as_str(), host, top)));
            }
            (Some(STANDBY), "current", "paused") => {
                happened.push(product(Product::Paused { server: server.to_string(), paused: true }));
            }
            (Some(ACTIVE), "partly", _) => {
                let out = own(server, fact::OUT_OF_SERVICE);
                happened.extend(
                    out.iter().map(|top| by_hand(server.as_str(), &format!("perform_action -t {top} -a remove"))),
                );
            }
            _ => {}
        }
        if standing.role == Some(STANDBY) && leader == Some(server) {
            happened.push(product(Product::OutOfService { server: server.to_string() }));
        }
    }
    for server in seen.servers.keys() {
        for flag in [fact::MARKERS, fact::ADMIN_LOCKS].iter().flat_map(|name| own(server, name)) {
            happened.push(product(Product::Flag { server: server.to_string(), flag, set: true }));
        }
    }
    for server in seen.servers.keys() {
        let answers = seen.facts.flag(Some(server), fact::ANSWERS);
        if answers == Ok(false) || (answers.is_err() && seen.servers[server].mark("record").is_none()) {
            happened.push(powered(server.as_str(), false).into());
        }
    }
    happened
}
