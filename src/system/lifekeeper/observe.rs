//! How a cluster is observed: each server is asked for its own lists, and what it says is held against what the others
//! say.
//!
//! What is not answered, or not understood, is unknown and never absent.

use crate::model::fact::{Facts, Value};
use crate::model::name::ServerName;
use crate::model::request::Request;
use crate::model::site::Site;
use crate::model::snapshot::{GroupSnapshot, Standing};
use crate::system::Answers;

use super::guards::fact;
use super::mirrors;
use super::output::{self, Equivalency, State};
use super::records::Cluster;
use super::view::{self, Said, View, Volume, Word};

/// Returns what must be asked next; empty once everything was asked.
pub fn asks(site: &Site, answers: &Answers) -> Vec<Request> {
    view::asks(site, answers)
}

/// Reads the group's snapshot off the answers.
pub fn reads(site: &Site, answers: &Answers) -> GroupSnapshot {
    let known = view::known_servers(site, answers);
    let said: Said = known.iter().map(|server| (server.clone(), view::word(site, answers, server))).collect();
    let cluster = Cluster::of(site, &said);
    let mut snapshot =
        GroupSnapshot { group: site.group.clone(), system: "lifekeeper".into(), ..GroupSnapshot::default() };
    for server in &known {
        note_server(&mut snapshot.facts, &cluster, server);
        let (role, record) = cluster.read(server);
        let mirror = mirrors::mirror(&cluster, server, &role, &record);
        let mut standing = Standing::default();
        match role {
            Ok(role) => standing.role = Some(role),
            Err(why) => snapshot.facts.miss(Some(server), "role", why),
        }
        for (mark, value) in [("record", record), ("mirror", mirror)] {
            match value {
                Ok(value) => drop(standing.marks.insert(mark, value)),
                Err(why) if standing.role.is_some() => snapshot.facts.miss(Some(server), mark, why),
                Err(_) => {}
            }
        }
        snapshot.servers.insert(server.clone(), standing);
    }
    snapshot
}

/// Notes what guards and acts need to know of a server.
fn note_server(facts: &mut Facts, cluster: &Cluster<'_>, server: &ServerName) {
    let of = Some(server);
    let silent = |facts: &mut Facts, why: &str, names: &[&str]| {
        names.iter().for_each(|name| facts.miss(of, name, why));
    };
    match &cluster.said[server] {
        Word::Said(view) => {
            facts.know(of, fact::ANSWERS, Value::Flag(true), "sys_list", None);
            facts.know(of, fact::INSTALLED, Value::Flag(true), "sys_list", None);
            facts.know(
                of,
                fact::IS_NEW,
                Value::Flag(cluster.is_fresh(server)),
                "sys_list, lcdstatus -q, net_list",
                None,
            );
            let holds_nothing = view.status.resources.is_empty() && view.equivalencies.is_empty();
            facts.know(of, fact::HOLDS_NOTHING, Value::Flag(holds_nothing), "lcdstatus -q, eqv_list -e SHARED", None);
            note_view(facts, cluster, server, view);
        }
        Word::NotInstalled => {
            facts.know(of, fact::ANSWERS, Value::Flag(true), "sys_list", None);
            facts.know(of, fact::INSTALLED, Value::Flag(false), "sys_list is not there", None);
            facts.know(of, fact::IS_NEW, Value::Flag(true), "sys_list is not there", None);
            facts.know(of, fact::HOLDS_NOTHING, Value::Flag(true), "sys_list is not there", None);
            let list =
                |name: &str, facts: &mut Facts| facts.know(of, name, Value::List(Vec::new()), "not installed", None);
            LISTS.iter().for_each(|name| list(name, facts));
        }
        Word::Silent(why) => {
            facts.know(of, fact::ANSWERS, Value::Flag(false), why, None);
            silent(facts, why, &[fact::INSTALLED, fact::IS_NEW, fact::HOLDS_NOTHING]);
            silent(facts, why, LISTS);
        }
        Word::Strange(why) => {
            facts.know(of, fact::ANSWERS, Value::Flag(true), "sys_list", None);
            silent(facts, why, &[fact::INSTALLED, fact::IS_NEW, fact::HOLDS_NOTHING]);
            silent(facts, why, LISTS);
        }
    }
}

/// The facts that are lists.
const LISTS: &[&str] = &[
    fact::SYSTEMS,
    fact::PATHS,
    fact::EQUIVALENCIES,
    fact::OTHER_EQUIVALENCIES,
    fact::OTHER_RESOURCES,
    fact::ADMIN_LOCKS,
    fact::MARKERS,
    fact::TOPS,
    fact::IN_SERVICE,
    fact::OUT_OF_SERVICE,
    fact::MIRROR_ENDS,
    fact::TARGETS,
    fact::INFO_FILES,
    fact::LEFT_OF,
    fact::ID_OF_JOB,
];

fn note_view(facts: &mut Facts, cluster: &Cluster<'_>, server: &ServerName, view: &View) {
    let of = Some(server);
    let list = |facts: &mut Facts, name: &str, source: &str, list: Result<Vec<String>, String>| match list {
        Ok(list) => facts.know(of, name, Value::List(list), source, None),
        Err(why) => facts.miss(of, name, why),
    };
    list(facts, fact::SYSTEMS, "sys_list", Ok(view.systems.iter().map(ServerName::to_string).collect()));
    let is_alive = |one: &ServerName| view.status.paths.iter().any(|(to, alive)| *alive && one.is(to));
    let paths = view.paths.iter().map(|one| format!("{one} {}", if is_alive(one) { "ALIVE" } else { "DEAD" }));
    list(facts, fact::PATHS, "net_list, lcdstatus -q", Ok(paths.collect()));
    let (own, others): (Vec<&Equivalency>, Vec<&Equivalency>) =
        view.equivalencies.iter().partition(|one| cluster.is_of_group(&one.tag) || cluster.is_of_group(&one.other_tag));
    let told = |all: Vec<&Equivalency>| {
        let line = |one: &Equivalency| format!("{};{};{};{}", one.system, one.tag, one.other, one.other_tag);
        all.into_iter().map(line).collect()
    };
    list(facts, fact::EQUIVALENCIES, "eqv_list -e SHARED", Ok(told(own)));
    list(facts, fact::OTHER_EQUIVALENCIES, "eqv_list -e SHARED", Ok(told(others)));
    let others = view.status.resources.iter().filter(|one| !cluster.has_tag(&one.tag));
    list(facts, fact::OTHER_RESOURCES, "lcdstatus -q", Ok(others.map(|one| one.tag.clone()).collect()));
    let flags =
        |keep: fn(&str) -> bool| view.flags.clone().map(|all| all.into_iter().filter(|one| keep(one)).collect());
    list(facts, fact::ADMIN_LOCKS, "flg_list", flags(output::is_admin_lock));
    list(facts, fact::MARKERS, "flg_list", flags(|flag| flag.starts_with("rolewalk_")));
    let tops = || cluster.hierarchies.iter();
    let has = |tags: &std::collections::BTreeSet<String>, state: Option<State>| {
        let mut own = view.status.resources.iter().filter(|one| tags.contains(&one.tag));
        own.any(|one| state.is_none_or(|state| one.state == state))
    };
    let all = tops().filter(|(_, tags)| has(tags, None)).map(|(top, _)| top.clone());
    list(facts, fact::TOPS, "lcdstatus -q", Ok(all.collect()));
    let running = tops().filter(|(_, tags)| has(tags, Some(State::InService))).map(|(top, _)| top.clone());
    list(facts, fact::IN_SERVICE, "lcdstatus -q", Ok(running.collect()));
    let is_out = |tags: &std::collections::BTreeSet<String>| {
        has(tags, Some(State::OutOfService)) || has(tags, Some(State::Failed))
    };
    let out = tops().filter(|(_, tags)| is_out(tags)).map(|(top, _)| top.clone());
    list(facts, fact::OUT_OF_SERVICE, "lcdstatus -q", Ok(out.collect()));
    let letters = cluster.volumes();
    let volumes: Vec<(&String, &Volume)> =
        view.volumes.iter().filter(|(letter, _)| letters.contains(*letter)).collect();
    let each = |told: &Told<'_>| {
        let all: Result<Vec<Vec<String>>, String> = volumes.iter().map(|(letter, one)| told(letter, one)).collect();
        all.map(|all| all.concat())
    };
    list(facts, fact::MIRROR_ENDS, "emcmd . getmirrorvolinfo", each(&|letter, one| Ok(vec![end(letter, one)?])));
    list(facts, fact::TARGETS, "emcmd . getmirrorvolinfo", each(&targets));
    list(
        facts,
        fact::LEFT_OF,
        "emcmd, LKDRInfo",
        each(&|letter, one| {
            let others = cluster.said.keys().filter(|other| *other != server);
            let of = |other: &ServerName| {
                mirrors::is_left(one, other).map(|is_left| is_left.then(|| format!("{letter}={other}"))).transpose()
            };
            others.filter_map(of).collect()
        }),
    );
    list(
        facts,
        fact::ID_OF_JOB,
        "emcmd . getjobinfoforvol",
        each(&|letter, one| Ok(one.job.clone()?.map(|job| format!("{letter}={}", job.id)).into_iter().collect())),
    );
    list(
        facts,
        fact::INFO_FILES,
        "LKDRInfo",
        each(&|letter, one| Ok(one.has_info.clone()?.then(|| letter.to_string()).into_iter().collect())),
    );
}

/// What is told of one volume, by its letter.
type Told<'a> = dyn Fn(&str, &Volume) -> Result<Vec<String>, String> + 'a;

/// Tells what end of a mirror a volume is.
fn end(letter: &str, volume: &Volume) -> Result<String, String> {
    let lines = volume.mirrors.clone()?;
    let is = match (lines.is_empty(), lines.iter().all(|line| line.is_source), volume.is_mirrorable) {
        (_, _, false) => "unmirrored",
        (true, _, _) => "none",
        (false, true, _) => "source",
        (false, false, _) => "target",
    };
    Ok(format!("{letter}={is}"))
}

/// Tells to whom a volume is mirrored, where it is a source.
fn targets(letter: &str, volume: &Volume) -> Result<Vec<String>, String> {
    volume.job.clone()?;
    let lines = volume.mirrors.clone()?;
    let line = |line: &output::MirrorLine| {
        let to = mirrors::target(volume, line).unwrap_or(&line.target).to_string();
        format!("{letter}={to}")
    };
    Ok(lines.iter().filter(|one| one.is_source).map(line).collect())
}
