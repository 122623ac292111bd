//! A farm on which a failover group is as it was observed: it is built as the group once was, and led to what was seen
//! by the commands that people use.

use std::collections::BTreeMap;

use crate::model::name::ServerName;
use crate::model::snapshot::{GroupSnapshot, Standing};
use crate::system::sun_ray::guards::fact;
use crate::system::sun_ray::table::{PRIMARY, SECONDARY, STANDALONE};
use crate::world::practice::sun_ray::{Change as Product, Role};
use crate::world::practice::{Change, FarmFile, Operator, PracticeWorld};

use super::super::cast::{Before, all_known, farm};
use super::{by_hand, dump, group_file, install};

/// Makes the farm that the snapshot tells of.
///
/// # Errors
/// What of the observation no farm can be.
pub fn copy(seen: &GroupSnapshot) -> Result<PracticeWorld, String> {
    all_known(seen)?;
    let first = origin(seen);
    let roles = seen.servers.iter().map(|(server, standing)| (server.to_string(), built(server, standing, first)));
    let counts = seen.servers.keys().filter_map(|server| seen.facts.count(Some(server), fact::USERS).ok());
    let users = counts.max().filter(|users| *users > 0).unwrap_or(2);
    let groups = BTreeMap::from([(seen.group.clone(), group_file(roles.collect(), users))]);
    let file = FarmFile { sun_ray: groups, ..FarmFile::of(Operator::Simulated) };
    farm(&file, happened(seen, first))
}

fn of_role<'a>(seen: &'a GroupSnapshot, role: &'static str) -> impl Iterator<Item = (&'a ServerName, &'a Standing)> {
    seen.servers.iter().filter(move |(_, standing)| standing.role == Some(role))
}

/// Returns the server that led at first: the one that stale secondaries follow, or else the primary.
fn origin(seen: &GroupSnapshot) -> Option<&ServerName> {
    let stale = of_role(seen, SECONDARY).filter(|(_, standing)| standing.mark("follow") == Some("stale"));
    let mut followed = stale.filter_map(|(server, _)| seen.facts.text(Some(server), fact::FOLLOWS).ok());
    let found = followed.next().and_then(|name| seen.servers.keys().find(|one| one.as_str() == name));
    let primary = || of_role(seen, PRIMARY).next().map(|(server, _)| server);
    let missing = || {
        let anew = of_role(seen, STANDALONE).find(|(_, standing)| standing.mark("software") == Some("missing"));
        let any = || of_role(seen, STANDALONE).next();
        anew.or_else(any).map(|(server, _)| server)
    };
    found.or_else(primary).or_else(missing)
}

fn is_empty(standing: &Standing) -> bool {
    standing.mark("store") == Some("empty")
}

/// Returns what the server was at first.
fn built(server: &ServerName, standing: &Standing, first: Option<&ServerName>) -> Role {
    let is_first = first == Some(server);
    match standing.role {
        _ if standing.mark("software") == Some("missing") => Role::Reinstalled,
        // Its data is gone: it was installed anew since.
        Some(PRIMARY) if is_empty(standing) => Role::Reinstalled,
        _ if is_first => Role::Primary,
        Some(STANDALONE) if is_empty(standing) && standing.mark("follow") != Some("listed") => Role::Standalone,
        _ => Role::Secondary,
    }
}

/// Returns what happened since, in order.
fn happened(seen: &GroupSnapshot, first: Option<&ServerName>) -> Vec<Before> {
    let mut happened = Vec::new();
    let primary = of_role(seen, PRIMARY).next();
    let mark = |standing: &Standing, mark| standing.mark(mark).unwrap_or_default();
    for (server, standing) in of_role(seen, STANDALONE).filter(|(_, one)| mark(one, "software") != "missing") {
        let is_named = mark(standing, "follow") == "listed";
        if first == Some(server) || !is_empty(standing) || is_named {
            happened.push(by_hand(server.as_str(), &["-u"]));
        }
        let leader = primary.map(|(leader, _)| leader).filter(|leader| first == Some(leader) && !is_named);
        if let Some(leader) = leader.filter(|_| !is_empty(standing)) {
            happened.push(by_hand(leader.as_str(), &["-p", "-d", server.as_str()]));
        }
    }
    if let Some((leader, standing)) = primary {
        happened.extend(leads(seen, leader, standing, first));
    }
    for server in seen.servers.keys() {
        if seen.facts.count(Some(server), fact::DUMP_BYTES).is_ok() {
            happened.push(dump(server.as_str()));
        }
        let answers = seen.facts.flag(Some(server), fact::ANSWERS);
        if answers == Ok(false) || (answers.is_err() && seen.servers[server].mark("software").is_none()) {
            happened.push(Before::From(Change::Powered { server: server.to_string(), on: false }));
        }
        if let Ok(offline @ true) = seen.facts.flag(Some(server), fact::OFFLINE) {
            let server = server.to_string();
            happened.push(Before::From(Change::SunRay(Product::Offline { server, offline })));
        }
    }
    happened
}

/// Returns how the primary came to lead, and to name whom it names.
fn leads(seen: &GroupSnapshot, leader: &ServerName, standing: &Standing, first: Option<&ServerName>) -> Vec<Before> {
    let mut happened = Vec::new();
    let follow = |of: &'static str| {
        let secondaries = of_role(seen, SECONDARY).filter(move |(_, one)| one.mark("follow") == Some(of));
        secondaries.map(|(server, _)| server)
    };
    let listed = of_role(seen, STANDALONE).filter(|(_, one)| one.mark("follow") == Some("listed"));
    let listed = listed.map(|(server, _)| server);
    if first == Some(leader) && !is_empty(standing) {
        happened.extend(follow("stale").map(|server| by_hand(leader.as_str(), &["-p", "-d", server.as_str()])));
        return happened;
    }
    happened.push(if is_empty(standing) { install(leader.as_str()) } else { by_hand(leader.as_str(), &["-u"]) });
    let mut words = vec!["-p"];
    words.extend(follow("current").chain(listed).map(ServerName::as_str));
    if words.len() == 1 {
        words.extend(follow("stale").map(ServerName::as_str));
    }
    happened.push(by_hand(leader.as_str(), &words));
    for server in follow("current").filter(|_| !is_empty(standing)) {
        happened.push(by_hand(server.as_str(), &["-u"]));
        happened.push(by_hand(server.as_str(), &["-s", leader.as_str()]));
    }
    happened
}
