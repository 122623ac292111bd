//! How a server group is observed: what people have attested, and what the load balancer says.
//!
//! What nobody has attested, or what is over, is unknown and never absent.

use jiff::Timestamp;

use crate::model::attestation::{NOBODY, OVER, merge};
use crate::model::fact::{Fact, Facts, Value};
use crate::model::name::ServerName;
use crate::model::pool::{PoolSeen, PoolState};
use crate::model::request::{Reply, Request};
use crate::model::site::Site;
use crate::model::snapshot::{GroupSnapshot, Standing};
use crate::model::table::{MarkValue, RoleName};
use crate::system::{Answers, System};

use super::SYSTEM;
use super::guards::fact;
use super::table::{DISABLED, MANAGER, MEMBER, TABLE, UNREGISTERED};

/// Returns what must be asked next; empty once everything was asked.
pub fn asks(site: &Site, answers: &Answers) -> Vec<Request> {
    let pool = site.servers.iter().map(|server| Request::SeePool { server: server.clone() });
    answers.missing(std::iter::once(attested(site)).chain(pool).collect())
}

fn attested(site: &Site) -> Request {
    System::read_attested(&TABLE, &site.group)
}

/// Reads the group's snapshot off the answers.
pub fn reads(site: &Site, answers: &Answers) -> GroupSnapshot {
    let mut facts = Facts::default();
    let why = match answers.attested(&attested(site)) {
        Ok(all) => {
            merge(&mut facts, &TABLE, SYSTEM.attestable, all);
            NOBODY.into()
        }
        Err(why) => {
            // Whether somebody attested anything is not known: nobody is asked to do so again.
            let why = format!("what is attested can't be read: {why}");
            for one in SYSTEM.attestable.iter().filter(|one| !one.of_server) {
                facts.miss(None, one.name, why.clone());
            }
            for (server, one) in
                site.servers.iter().flat_map(|server| SYSTEM.attestable.iter().map(move |one| (server, one)))
            {
                if one.of_server {
                    facts.miss(Some(server), one.name, why.clone());
                }
            }
            why
        }
    };
    let mut snapshot =
        GroupSnapshot { group: site.group.clone(), system: TABLE.system.into(), ..GroupSnapshot::default() };
    for server in &site.servers {
        let role = role(&mut facts, server, &why);
        snapshot.servers.insert(server.clone(), Standing { role, ..Standing::default() });
    }
    let is_manager = |(server, standing): (&ServerName, &Standing)| {
        (standing.role == Some(MANAGER)).then(|| attested_at(&facts, server, "role"))
    };
    // The sync monitor is the manager's: what another's showed before says nothing of now.
    let monitor = snapshot.servers.iter().filter_map(is_manager).flatten().max();
    let restored = latest(&facts, site.servers.iter().map(|server| (Some(server), fact::RESTORED)));
    let bulk = latest(&facts, [(None, fact::BULK)]);
    for server in &site.servers {
        let standing = snapshot.servers.entry(server.clone()).or_default();
        let pool = note_pool(&mut facts, server, answers.to(&Request::SeePool { server: server.clone() }));
        standing.marks.extend(pool.map(|value| ("pool", value)));
        let Some(role) = standing.role else { continue };
        if let Some(value) = own(&mut facts, server, role, &why) {
            standing.marks.insert("own", value);
        }
        let since = match role {
            MANAGER => restored,
            MEMBER => bulk,
            _ => continue,
        };
        let changed = attested_at(&facts, server, "role").max(monitor).filter(|_| role == MEMBER);
        expire(&mut facts, server, changed);
        if let Some(value) = sync(&mut facts, server, since, &why) {
            standing.marks.insert("sync", value);
        }
    }
    snapshot.facts = facts;
    snapshot
}

/// Returns a server's role as it was attested; notes why there is none.
fn role(facts: &mut Facts, server: &ServerName, why: &str) -> Option<RoleName> {
    match facts.get(Some(server), "role") {
        None => {
            facts.miss(Some(server), "role", why);
            None
        }
        _ => facts.text(Some(server), "role").ok().and_then(|name| TABLE.role(name)).map(|role| role.name),
    }
}

/// Returns whether a server has the list of a group: what was attested, or what its role says.
fn own(facts: &mut Facts, server: &ServerName, role: RoleName, why: &str) -> Option<MarkValue> {
    let mark = TABLE.mark("own");
    match facts.get(Some(server), "own") {
        Some(_) => facts.text(Some(server), "own").ok().and_then(|value| mark?.value(value)),
        // Whoever is in the list has it. Of one that is in none, only people know whether it was cleared.
        None if role != UNREGISTERED => mark?.value("joined"),
        None => {
            facts.miss(Some(server), "own", why);
            None
        }
    }
}

fn attested_at(facts: &Facts, server: &ServerName, name: &str) -> Option<Timestamp> {
    match facts.get(Some(server), name) {
        Some(Fact::Known { at, .. }) => *at,
        _ => None,
    }
}

/// What was attested of a member's synchronisation before it was one, or under another manager, is over.
fn expire(facts: &mut Facts, server: &ServerName, changed: Option<Timestamp>) {
    if let (Some(changed), Some(at)) = (changed, attested_at(facts, server, "sync"))
        && at < changed
    {
        let why = format!("what was attested at {at}{OVER}{changed}, when a role was attested anew");
        facts.miss(Some(server), "sync", why);
    }
}

/// Returns a server's synchronisation as it was attested. What was complete before `since` has to be done again.
fn sync(facts: &mut Facts, server: &ServerName, since: Option<Timestamp>, why: &str) -> Option<MarkValue> {
    let (value, at) = match facts.get(Some(server), "sync") {
        None => {
            facts.miss(Some(server), "sync", why);
            return None;
        }
        Some(Fact::Known { value: Value::Text(value), at, .. }) => (value.clone(), *at),
        Some(_) => return None,
    };
    let is_older = since.is_some() && at < since;
    let value = if value == "complete" && is_older { "error" } else { value.as_str() };
    TABLE.mark("sync")?.value(value)
}

/// Returns when the latest of these flags was attested to be so.
fn latest<'a>(
    facts: &Facts,
    flags: impl IntoIterator<Item = (Option<&'a ServerName>, &'static str)>,
) -> Option<Timestamp> {
    let at = flags.into_iter().filter_map(|(server, name)| match facts.get(server, name) {
        Some(Fact::Known { value: Value::Flag(true), at, .. }) => *at,
        _ => None,
    });
    at.max()
}

/// Notes what the load balancer says of a server, and returns the mark.
fn note_pool(facts: &mut Facts, server: &ServerName, reply: Option<&Reply>) -> Option<MarkValue> {
    let of = Some(server);
    let source = "load balancer";
    match reply {
        Some(Reply::Pool(PoolSeen { state, sessions, up })) => {
            facts.know(of, fact::SESSIONS, Value::Count(*sessions), source, None);
            if let Some(up) = up {
                facts.know(of, fact::UP, Value::Flag(*up), source, None);
            }
            Some(match (state, up, sessions) {
                (PoolState::Ready, Some(false), _) => "down",
                (PoolState::Ready, ..) => "in",
                (PoolState::Drain, ..) => "draining",
                (PoolState::Maint, _, 0) => "out",
                (PoolState::Maint, ..) => "draining",
            })
        }
        other => {
            let why = match other {
                Some(Reply::Refused { why } | Reply::Unknown { why }) => why.clone(),
                Some(_) => "an answer of another kind came".into(),
                None => "the load balancer was not asked".into(),
            };
            facts.miss(of, "pool", why.clone());
            facts.miss(of, fact::SESSIONS, why);
            None
        }
    }
}

/// Returns whether a role is one of a server that is in the group's list.
pub(super) fn is_listed(role: Option<RoleName>) -> bool {
    matches!(role, Some(DISABLED | MEMBER | MANAGER))
}
