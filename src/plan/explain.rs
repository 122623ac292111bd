//! Arguments: what needs no search to be refused, what is unknown, and the evidence for a reason. Why there is no safe
//! sequence is for [`super::impossible`].

use std::collections::HashSet;

use jiff::Timestamp;

use crate::model::fact::{Fact, Facts};
use crate::model::guard::Verdict;
use crate::model::moment::Moment;
use crate::model::name::ServerName;
use crate::model::plan::{Block, Shortest};
use crate::model::snapshot::{Standings, leaders};
use crate::model::table::{Leader, Mark, Statement};
use crate::model::topology::Topology;
use crate::model::words::Text;

use super::Decision;
use super::ask::ask_at;
use super::steps::step;

/// Decides what needs no search: roles that are unknown, and a group whose leader is not as the system demands.
pub fn before_search(topology: &Topology, standings: &Standings, facts: &Facts) -> Option<Decision> {
    let table = topology.table;
    let unknown: Vec<Block> = (topology.servers.iter())
        .filter(|one| standings.get(&one.server).is_none_or(|standing| standing.role.is_none()))
        .map(|one| unknown_role(&one.server, facts))
        .collect();
    let leading: Vec<&ServerName> = leaders(table, standings).collect();
    let may_lack = table.transitions.iter().any(|row| row.leader == Leader::Leaderless);
    let some_unknown = standings.values().any(|standing| standing.role.is_none());
    let blocked = |block| Some(Decision::Blocked(vec![block], Shortest::Proven));
    match leading.as_slice() {
        [_, _, ..] => blocked(several_leaders(topology, &leading)),
        _ if !unknown.is_empty() => Some(Decision::Undetermined(unknown)),
        [] if some_unknown => Some(Decision::Undetermined(
            standings
                .iter()
                .filter(|(_, standing)| standing.role.is_none())
                .map(|(server, _)| unknown_role(server, facts))
                .collect(),
        )),
        [] if !may_lack => blocked(no_leader(topology)),
        [leader] if topology.declared(leader).is_none() => blocked(unnamed_leader(topology, leader)),
        _ => None,
    }
}

fn unknown_role(server: &ServerName, facts: &Facts) -> Block {
    let why = reason(facts, server, "role");
    Block {
        step: None,
        server: Some(server.clone()),
        rule: "role_known".into(),
        because: Text::new(format!("the role of `{server}` is unknown{why}"), format!("`{server}` の役割が不明{why}")),
        hint: None,
    }
}

/// Returns why something of a server could not be seen, where a fact of that name says so.
fn reason(facts: &Facts, server: &ServerName, name: &str) -> String {
    match facts.get(Some(server), name) {
        Some(Fact::Unknown { why }) => format!(": {why}"),
        _ => String::new(),
    }
}

/// Adds to each reason about a server what the guards of its next steps see: the evidence, by file and figure.
pub fn with_evidence(
    topology: &Topology,
    standings: &Standings,
    facts: &Facts,
    now: Timestamp,
    blocks: Vec<Block>,
) -> Vec<Block> {
    let mut told: Vec<Block> = Vec::new();
    let mut said: HashSet<Text> = HashSet::new();
    let mut moment = Moment::of(topology, facts, standings.clone());
    let leader = leaders(topology.table, standings).next();
    for block in blocks {
        let server = block.server.clone();
        said.insert(block.because.clone());
        told.push(block);
        let Some(standing) = server.as_ref().and_then(|server| standings.get(server)) else { continue };
        let says = |statement| server.as_ref().is_some_and(|server| topology.says(statement, server));
        let rows =
            topology.table.transitions.iter().filter(|row| {
                Some(row.from) == standing.role && row.says.is_none_or(says) && !standing.meets(row.needs)
            });
        for row in rows {
            let Some(server) = &server else { continue };
            let step = step(topology, standings, leader, 1, server, row);
            for guard in ask_at(&mut moment, &step, now) {
                if guard.answer.verdict == Verdict::No && said.insert(guard.answer.because.clone()) {
                    told.push(Block {
                        step: None,
                        server: Some(server.clone()),
                        rule: guard.name.into(),
                        because: guard.answer.because,
                        hint: None,
                    });
                }
            }
        }
    }
    told
}

fn several_leaders(topology: &Topology, leading: &[&ServerName]) -> Block {
    let role = topology.table.leading().unwrap_or_default();
    let names = leading.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
    one_leader(Text::new(
        format!("{names} were all seen as {role}; a group has exactly one"),
        format!("{names} がすべて {role} として観測された。1 つのグループに 1 台でなければならない"),
    ))
}

/// A group has exactly one leader, and this one has not.
fn one_leader(because: Text) -> Block {
    Block { step: None, server: None, rule: "one_leader".into(), because, hint: None }
}

fn no_leader(topology: &Topology) -> Block {
    let role = topology.table.leading().unwrap_or_default();
    one_leader(Text::new(
        format!("no server was seen as {role}; this system has no step from a group without one"),
        format!("{role} のサーバーが観測されなかった。この状態から始まる手順はない"),
    ))
}

/// Says that nobody is declared to lead, in a group that is to have a leader.
pub fn nobody_to_lead(topology: &Topology) -> Block {
    let role = topology.table.leading().unwrap_or_default();
    one_leader(Text::new(
        format!("no server is declared {role}; a group has exactly one"),
        format!("{role} と宣言されたサーバーがない。1 つのグループに 1 台でなければならない"),
    ))
}

fn unnamed_leader(topology: &Topology, leader: &ServerName) -> Block {
    let role = topology.table.leading().unwrap_or_default();
    Block {
        step: None,
        server: Some(leader.clone()),
        rule: "leader_named".into(),
        because: Text::new(
            format!("`{leader}` is {role} now and is not named in the topology; only named servers are moved"),
            format!("現在の {role} `{leader}` が宣言にない。変更するのは宣言されたサーバーだけである"),
        ),
        hint: Some(Text::new(
            format!("name `{leader}` with the role it is to have"),
            format!("`{leader}` を、持たせたい役割とともに宣言する"),
        )),
    }
}

/// Names the marks on which the choice of steps depends, as far as they are unknown: of the servers that are named, then
/// of the others, which are counted and concerned as well.
pub fn undetermined(topology: &Topology, standings: &Standings, facts: &Facts) -> Vec<Block> {
    let unnamed = standings.keys().filter(|server| topology.declared(server).is_none());
    let servers: Vec<&ServerName> = topology.servers.iter().map(|one| &one.server).chain(unnamed).collect();
    // Of a lost server it does not matter.
    let is_unknown = |server: &ServerName, mark: &str| {
        !topology.says(Statement::Lost, server)
            && standings.get(server).is_none_or(|standing| standing.role.is_some() && standing.mark(mark).is_none())
    };
    let marks = topology.table.marks.iter();
    let unknown = marks.flat_map(|mark| {
        let servers = servers.iter().filter(|server| is_unknown(server, mark.name));
        servers.map(move |server| unknown_mark(mark, server, facts))
    });
    unknown.collect()
}

fn unknown_mark(mark: &Mark, server: &ServerName, facts: &Facts) -> Block {
    let why = reason(facts, server, mark.name);
    Block {
        step: None,
        server: Some(server.clone()),
        rule: "mark_known".into(),
        because: Text::new(
            format!("the choice of steps depends on the {} of `{server}`, unknown now{why}", mark.title.en),
            format!("ステップの選択が `{server}` の{}に左右されるが、不明{why}", mark.title.ja),
        ),
        hint: None,
    }
}
