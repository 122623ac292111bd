//! How a failover group is observed: each server is asked for its own replication, and what it says is held against
//! what the others say.
//!
//! What is not answered, or not understood, is unknown and never absent.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::fact::{Facts, ROLE, Value};
use crate::model::name::ServerName;
use crate::model::request::{Reply, Request};
use crate::model::site::Site;
use crate::model::snapshot::{GroupSnapshot, Standing};
use crate::system::Answers;

use super::guards::fact;
use super::output::{self, Replication};
use super::peers::{self, Said, Word};
use super::table::PRIMARY;
use super::{COMMANDS, DUMP, OFFLINE_MARK};

/// What a shell says of a program that is not there.
const NOT_FOUND: i32 = 127;

/// Returns what must be asked next; empty once everything was asked.
pub fn asks(site: &Site, answers: &Answers) -> Vec<Request> {
    let known = known_servers(site, answers);
    let asked: Vec<&ServerName> = known.iter().filter(|server| !site.lost.contains(server)).collect();
    let first = answers.missing(asked.iter().map(|server| replication(server)).collect());
    if !first.is_empty() {
        return first;
    }
    let answering = asked.into_iter().filter(|server| !matches!(word(site, answers, server), Word::Silent(_)));
    answers
        .missing(answering.flat_map(|server| [users(server), stat(server, OFFLINE_MARK), stat(server, DUMP)]).collect())
}

/// Reads the group's snapshot off the answers.
pub fn reads(site: &Site, answers: &Answers) -> GroupSnapshot {
    let known = known_servers(site, answers);
    let said: Said = known.iter().map(|server| (server.clone(), word(site, answers, server))).collect();
    let roles: BTreeMap<ServerName, Result<&'static str, String>> =
        known.iter().map(|server| (server.clone(), peers::role(site, &said, server))).collect();
    let mut facts = Facts::default();
    note_group(&mut facts, &said, &roles);
    let mut snapshot =
        GroupSnapshot { group: site.group.clone(), system: "sun-ray".into(), ..GroupSnapshot::default() };
    for server in &known {
        note_server(&mut facts, answers, &said, server);
    }
    for server in &known {
        let mut standing = Standing::default();
        match &roles[server] {
            Ok(role) => {
                standing.role = Some(role);
                if let Word::Silent(why) = &said[server] {
                    // Others speak of it so; that it is so is not seen.
                    facts.miss(Some(server), ROLE, why.clone());
                }
            }
            Err(why) => facts.miss(Some(server), ROLE, why.clone()),
        }
        let marks = [
            ("follow", peers::follow(site, &said, &roles, server)),
            ("software", software(&said[server])),
            ("store", store(site, &facts, &known, server)),
            ("dump", dump(&facts, &roles, server)),
        ];
        for (mark, value) in marks {
            match value {
                Ok(value) => drop(standing.marks.insert(mark, value)),
                Err(why) if standing.role.is_some() => facts.miss(Some(server), mark, why),
                Err(_) => {}
            }
        }
        snapshot.servers.insert(server.clone(), standing);
    }
    snapshot.facts = facts;
    snapshot
}

/// `utreplica -l` on a server.
fn replication(server: &ServerName) -> Request {
    show(server, "utreplica", &["-l"])
}

/// `utuser -l` on a server.
fn users(server: &ServerName) -> Request {
    show(server, "utuser", &["-l"])
}

fn show(server: &ServerName, program: &'static str, arguments: &[&str]) -> Request {
    let arguments = arguments.iter().map(|one| one.to_string()).collect();
    Request::Show { on: server.clone(), folder: COMMANDS.into(), program, arguments }
}

fn stat(server: &ServerName, path: &str) -> Request {
    Request::StatFile { on: server.clone(), path: path.into() }
}

/// Returns every server that is declared or that one of them names, but another name of a declared one.
fn known_servers(site: &Site, answers: &Answers) -> BTreeSet<ServerName> {
    let mut known: BTreeSet<ServerName> = site.servers.iter().cloned().collect();
    for server in &site.servers {
        let named = match word(site, answers, server) {
            Word::Said(Replication::Primary(named)) => named,
            Word::Said(Replication::Secondary(of)) => vec![of],
            _ => Vec::new(),
        };
        known.extend(named.into_iter().filter(|name| !is_another_name(site, name)));
    }
    known
}

/// Returns whether a name is no declared server's and begins like one, as a full domain name does: whether both are one
/// server can't be told.
fn is_another_name(site: &Site, name: &ServerName) -> bool {
    let label = |name: &ServerName| name.as_str().split('.').next().unwrap_or_default().to_ascii_lowercase();
    !site.servers.contains(name) && site.servers.iter().any(|one| label(one) == label(name))
}

/// Returns what a server itself says.
fn word(site: &Site, answers: &Answers, server: &ServerName) -> Word {
    if site.lost.contains(server) {
        return Word::Silent("it is declared lost".into());
    }
    match answers.to(&replication(server)) {
        Some(Reply::Ended { exit_code: 0, stdout, .. }) => match output::replication(stdout) {
            Ok(said) => renamed(site, said),
            Err(why) => Word::Strange(why),
        },
        Some(Reply::Ended { exit_code: NOT_FOUND, .. }) => Word::NotInstalled,
        Some(Reply::Ended { exit_code, stderr, .. }) => {
            Word::Strange(format!("utreplica -l ended with exit code {exit_code}: {}", output::shown(stderr)))
        }
        other => Word::Silent(why_not(other)),
    }
}

/// A server that another names by a name that may or may not be a declared server's is not understood.
fn renamed(site: &Site, said: Replication) -> Word {
    let named = match &said {
        Replication::Standalone => &[][..],
        Replication::Secondary(of) => std::slice::from_ref(of),
        Replication::Primary(named) => named.as_slice(),
    };
    match named.iter().find(|name| is_another_name(site, name)) {
        Some(name) => Word::Strange(format!(
            "utreplica -l names {name}, and whether that is the declared server of that first name can't be told"
        )),
        None => Word::Said(said),
    }
}

/// Says why an answer can't be read.
fn why_not(reply: Option<&Reply>) -> String {
    match reply {
        None => "it was not asked".into(),
        Some(Reply::Refused { why } | Reply::Unknown { why }) => why.clone(),
        Some(Reply::Ended { exit_code, stderr, .. }) => {
            format!("the command ended with exit code {exit_code}: {}", output::shown(stderr))
        }
        Some(_) => "an answer of another kind came".into(),
    }
}

fn note_group(facts: &mut Facts, said: &Said, roles: &BTreeMap<ServerName, Result<&'static str, String>>) {
    let leading: Vec<String> = peers::primaries(said).iter().map(|(server, _)| server.to_string()).collect();
    let unknown = roles.iter().find(|(_, role)| role.is_err());
    let source = "utreplica -l";
    match (leading.is_empty(), unknown) {
        (true, Some((server, _))) => facts.miss(None, fact::FROZEN, format!("the role of {server} is unknown")),
        (nobody, _) => facts.know(None, fact::FROZEN, Value::Flag(nobody), source, None),
    }
    facts.know(None, fact::PRIMARIES, Value::List(leading), source, None);
}

fn note_server(facts: &mut Facts, answers: &Answers, said: &Said, server: &ServerName) {
    let of = Some(server);
    let source = "utreplica -l";
    match &said[server] {
        Word::Silent(why) => {
            facts.know(of, fact::ANSWERS, Value::Flag(false), why, None);
            for name in [fact::USERS, fact::OFFLINE, fact::DUMP_BYTES, fact::FOLLOWS] {
                facts.miss(of, name, why.clone());
            }
            return;
        }
        Word::Said(Replication::Secondary(leader)) => {
            facts.know(of, fact::FOLLOWS, Value::Text(leader.to_string()), source, None);
        }
        Word::Said(Replication::Primary(named)) => {
            let named = named.iter().map(ServerName::to_string).collect();
            facts.know(of, fact::SECONDARIES, Value::List(named), source, None);
        }
        _ => {}
    }
    facts.know(of, fact::ANSWERS, Value::Flag(true), source, None);
    match answers.to(&users(server)) {
        Some(Reply::Ended { exit_code: 0, stdout, .. }) => {
            facts.know(of, fact::USERS, Value::Count(output::users(stdout)), "utuser -l", None);
        }
        Some(Reply::Ended { exit_code: NOT_FOUND, .. }) => {
            facts.know(of, fact::USERS, Value::Count(0), "the product is not installed", None);
        }
        other => facts.miss(of, fact::USERS, why_not(other)),
    }
    match answers.to(&stat(server, OFFLINE_MARK)) {
        Some(Reply::FileSize(size)) => facts.know(of, fact::OFFLINE, Value::Flag(size.is_some()), OFFLINE_MARK, None),
        other => facts.miss(of, fact::OFFLINE, why_not(other)),
    }
    match answers.to(&stat(server, DUMP)) {
        Some(Reply::FileSize(Some(bytes))) => facts.know(of, fact::DUMP_BYTES, Value::Count(*bytes), DUMP, None),
        // A file that is surely not there is no fact of that name: nothing is kept.
        Some(Reply::FileSize(None)) => facts.know(of, fact::DUMP_BYTES, Value::Text("none".into()), DUMP, None),
        other => facts.miss(of, fact::DUMP_BYTES, why_not(other)),
    }
}

fn software(word: &Word) -> Result<&'static str, String> {
    match word {
        Word::Said(_) => Ok("installed"),
        Word::NotInstalled => Ok("missing"),
        Word::Silent(why) | Word::Strange(why) => Err(why.clone()),
    }
}

/// A data store is empty where it lists nobody while another's lists somebody, or a dump waits to be restored.
fn store(
    site: &Site,
    facts: &Facts,
    known: &BTreeSet<ServerName>,
    server: &ServerName,
) -> Result<&'static str, String> {
    if facts.count(Some(server), fact::USERS)? > 0 {
        return Ok("filled");
    }
    let others = || known.iter().filter(|other| *other != server);
    let has_more = |other: &ServerName| facts.count(Some(other), fact::USERS).is_ok_and(|users| users > 0);
    if others().any(has_more) || known.iter().any(|one| is_kept(facts, one)) {
        return Ok("empty");
    }
    let unknown = others().filter(|other| !site.lost.contains(other));
    let unknown = unknown.into_iter().find_map(|other| Some((other, facts.count(Some(other), fact::USERS).err()?)));
    match unknown {
        Some((other, why)) => Err(format!("it lists no user, and what {other} lists is unknown: {why}")),
        None => Ok("filled"),
    }
}

/// Returns whether a dump is known to lie on a server.
pub(super) fn is_kept(facts: &Facts, server: &ServerName) -> bool {
    facts.count(Some(server), fact::DUMP_BYTES).is_ok()
}

/// A dump on another server than the primary does not count by itself while the primary has one: both go together.
fn dump(
    facts: &Facts,
    roles: &BTreeMap<ServerName, Result<&'static str, String>>,
    server: &ServerName,
) -> Result<&'static str, String> {
    facts.value(Some(server), fact::DUMP_BYTES)?;
    let leader_has_one = roles.iter().any(|(one, role)| one != server && *role == Ok(PRIMARY) && is_kept(facts, one));
    Ok(if is_kept(facts, server) && !leader_has_one { "kept" } else { "none" })
}
