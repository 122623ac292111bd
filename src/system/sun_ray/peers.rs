//! What the servers of a group say of one another: each server's role, from its own words or, where it does not answer,
//! from those of the others.
//!
//! A server that answers in words that nobody understands has no role: the others are not asked about it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::name::ServerName;
use crate::model::site::Site;

use super::output::Replication;
use super::table::{PRIMARY, SECONDARY, STANDALONE};

/// What a server itself says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// It answered.
    Said(Replication),
    /// The product is not installed on it.
    NotInstalled,
    /// It did not answer, or was not asked because it is lost; why.
    Silent(String),
    /// It answered, and nobody understands it; why.
    Strange(String),
}

/// What every server says.
pub(super) type Said = BTreeMap<ServerName, Word>;

/// Returns the servers that say that they lead.
pub(super) fn primaries(said: &Said) -> Vec<(&ServerName, &Vec<ServerName>)> {
    let leads = |(server, word): (&'_ ServerName, &'_ Word)| match word {
        Word::Said(Replication::Primary(_)) => Some(server.clone()),
        _ => None,
    };
    let names: BTreeSet<ServerName> = said.iter().filter_map(leads).collect();
    said.iter()
        .filter(|(server, _)| names.contains(*server))
        .filter_map(|(server, word)| match word {
            Word::Said(Replication::Primary(named)) => Some((server, named)),
            _ => None,
        })
        .collect()
}

/// Returns a server's role, or why it can't be told.
pub(super) fn role(site: &Site, said: &Said, server: &ServerName) -> Result<&'static str, String> {
    match said.get(server) {
        None => Err("it was not asked".into()),
        Some(Word::Said(Replication::Standalone) | Word::NotInstalled) => Ok(STANDALONE),
        Some(Word::Said(Replication::Secondary(_))) => Ok(SECONDARY),
        Some(Word::Said(Replication::Primary(_))) => Ok(PRIMARY),
        Some(Word::Strange(why)) => Err(why.clone()),
        Some(Word::Silent(why)) => told(site, said, server, why),
    }
}

/// Returns the role that the others give a server that does not answer.
fn told(site: &Site, said: &Said, server: &ServerName, why: &str) -> Result<&'static str, String> {
    let is_lost = site.lost.contains(server);
    let primaries = primaries(said);
    match primaries.as_slice() {
        [(_, named)] if named.contains(server) => Ok(SECONDARY),
        [(leader, _)] if is_lost || !is_followed(said, server) => match is_lost {
            true => Ok(STANDALONE),
            false => Err(format!("{why}; {leader} leads and does not name it")),
        },
        [(leader, _)] => Err(format!("{why}; a server follows it, and {leader} leads")),
        [] if is_followed(said, server) => match others_followed(said, server) {
            Some(other) => Err(format!("{why}; one server follows it and one follows {other}")),
            None => Ok(PRIMARY),
        },
        [] if is_lost => Ok(STANDALONE),
        [] => Err(format!("{why}; no server that answers speaks of it")),
        _ => Err(format!("{why}; several servers say that they lead")),
    }
}

fn is_followed(said: &Said, server: &ServerName) -> bool {
    said.values().any(|word| matches!(word, Word::Said(Replication::Secondary(of)) if of == server))
}

/// Returns another server than `server` that is followed, does not answer, and so might lead as well.
fn others_followed<'a>(said: &'a Said, server: &ServerName) -> Option<&'a ServerName> {
    said.values().find_map(|word| match word {
        Word::Said(Replication::Secondary(of)) if of != server && matches!(said.get(of), Some(Word::Silent(_))) => {
            Some(of)
        }
        _ => None,
    })
}

/// Returns the mark `follow` of a server of that role, or why it can't be told.
pub(super) fn follow(
    site: &Site,
    said: &Said,
    roles: &BTreeMap<ServerName, Result<&'static str, String>>,
    server: &ServerName,
) -> Result<&'static str, String> {
    let role = roles.get(server).cloned().unwrap_or_else(|| Err("it was not asked".into()))?;
    let named_by = |leader: &ServerName| match said.get(leader) {
        Some(Word::Said(Replication::Primary(named))) => named.contains(server),
        _ => false,
    };
    match (role, said.get(server)) {
        (PRIMARY, _) => Ok("none"),
        (STANDALONE, _) => listed(site, said, roles, server, named_by),
        (_, Some(Word::Said(Replication::Secondary(of)))) => match roles.get(of) {
            Some(Ok(PRIMARY)) => match said.get(of) {
                // A lost primary names nobody any more, and nothing else is wrong, unless another has taken over.
                Some(Word::Silent(_)) if site.lost.contains(of) => match unknown(site, roles) {
                    None => Ok("current"),
                    Some((one, why)) => Err(format!("{of} is lost, and {one} may lead in its place: {why}")),
                },
                Some(Word::Silent(why)) => Err(format!("{of} leads and does not answer: {why}")),
                _ => Ok(if named_by(of) { "current" } else { "stale" }),
            },
            Some(Ok(_)) => Ok("stale"),
            Some(Err(why)) => Err(format!("the role of {of}, which it follows, is unknown: {why}")),
            None => Err(format!("it follows {of}, which is none of the group's servers")),
        },
        _ => Err("it does not answer".into()),
    }
}

/// Returns whether a primary names a standalone server. What a primary that does not answer names is not known, and
/// neither is whether there is one while a role is unknown.
fn listed(
    site: &Site,
    said: &Said,
    roles: &BTreeMap<ServerName, Result<&'static str, String>>,
    server: &ServerName,
    named_by: impl Fn(&ServerName) -> bool,
) -> Result<&'static str, String> {
    let others = || roles.iter().filter(|(one, _)| *one != server && !site.lost.contains(one));
    let leaders = || others().filter(|(_, role)| **role == Ok(PRIMARY)).map(|(leader, _)| leader);
    if leaders().any(named_by) {
        return Ok("listed");
    }
    if let Some(silent) = leaders().find(|leader| !matches!(said.get(*leader), Some(Word::Said(_)))) {
        return Err(format!("{silent} leads and does not answer: whether it names this server is not known"));
    }
    match unknown(site, roles).filter(|_| leaders().next().is_none()) {
        Some((one, why)) => Err(format!("{one} may lead, and name this server: {why}")),
        None => Ok("none"),
    }
}

/// Returns a server that is not lost and whose role is not known, and why.
fn unknown<'a>(
    site: &Site,
    roles: &'a BTreeMap<ServerName, Result<&'static str, String>>,
) -> Option<(&'a ServerName, &'a String)> {
    let kept = roles.iter().filter(|(one, _)| !site.lost.contains(one));
    kept.into_iter().find_map(|(one, role)| Some((one, role.as_ref().err()?)))
}
