//! Arguments: why nothing can be done, and what would help.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::model::fact::{Fact, Facts};
use crate::model::guard::Verdict;
use crate::model::moment::Moment;
use crate::model::name::ServerName;
use crate::model::plan::Block;
use crate::model::snapshot::{Standing, Standings, leaders};
use crate::model::table::Leader;
use crate::model::topology::Topology;
use crate::model::words::Text;

use super::ask::ask_at;
use super::machine::{Machine, Reading};
use super::problem::{Broken, Problem};
use super::solve::{Impossible, Solution, solve};
use super::steps::step;
use super::walk::Memory;
use super::{Decision, conflict};

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
    match leading.as_slice() {
        [_, _, ..] => Some(Decision::Blocked(vec![several_leaders(topology, &leading)])),
        _ if !unknown.is_empty() => Some(Decision::Undetermined(unknown)),
        [] if some_unknown => Some(Decision::Undetermined(
            standings
                .iter()
                .filter(|(_, standing)| standing.role.is_none())
                .map(|(server, _)| unknown_role(server, facts))
                .collect(),
        )),
        [] if !may_lack => Some(Decision::Blocked(vec![no_leader(topology)])),
        [leader] if topology.declared(leader).is_none() => {
            Some(Decision::Blocked(vec![unnamed_leader(topology, leader)]))
        }
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
    Block {
        step: None,
        server: None,
        rule: "one_leader".into(),
        because: Text::new(
            format!("{names} were all seen as {role}; a group has exactly one"),
            format!("{names} がすべて {role} として観測された。1 つのグループに 1 台でなければならない"),
        ),
        hint: None,
    }
}

fn no_leader(topology: &Topology) -> Block {
    let role = topology.table.leading().unwrap_or_default();
    Block {
        step: None,
        server: None,
        rule: "one_leader".into(),
        because: Text::new(
            format!("no server was seen as {role}; this system has no step from a group without one"),
            format!("{role} のサーバーが観測されなかった。この状態から始まる手順はない"),
        ),
        hint: None,
    }
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

/// Names the marks on which the choice of steps depends, as far as they are unknown.
pub fn undetermined(topology: &Topology, standings: &Standings, facts: &Facts) -> Vec<Block> {
    let marks = topology.table.marks.iter();
    let unknown = marks.flat_map(|mark| {
        let servers = topology.servers.iter().filter(|one| is_unknown(standings.get(&one.server), mark.name));
        servers.map(|one| {
            let why = reason(facts, &one.server, mark.name);
            Block {
                step: None,
                server: Some(one.server.clone()),
                rule: "mark_known".into(),
                because: Text::new(
                    format!(
                        "the choice of steps depends on the {} of `{}`, unknown now{why}",
                        mark.title.en, one.server
                    ),
                    format!("ステップの選択が `{}` の{}に左右されるが、不明{why}", one.server, mark.title.ja),
                ),
                hint: None,
            }
        })
    });
    unknown.collect()
}

fn is_unknown(standing: Option<&Standing>, mark: &str) -> bool {
    standing.is_none_or(|standing| standing.mark(mark).is_none())
}

/// Makes the argument why there is no safe sequence, and names relaxations that were verified to help.
pub fn impossible(
    problem: &Problem<'_>,
    memory: &mut Memory,
    topology: &Topology,
    standings: &Standings,
    why: Impossible,
) -> Vec<Block> {
    match why {
        Impossible::Broken(Broken::Keep(index)) => {
            vec![keep(problem.machine, memory, topology, standings, index, false)]
        }
        Impossible::Bound(Broken::Keep(index)) => vec![keep(problem.machine, memory, topology, standings, index, true)],
        Impossible::Broken(Broken::Disruption) | Impossible::Bound(Broken::Disruption) => {
            vec![disruption(problem.machine, memory, topology, standings)]
        }
        Impossible::NotFound => vec![not_found()],
        Impossible::Rows => rows(problem.machine, memory, topology, standings),
    }
}

fn keep(
    machine: &Machine,
    memory: &mut Memory,
    topology: &Topology,
    standings: &Standings,
    index: usize,
    bounded: bool,
) -> Block {
    let count = &machine.table.counts[index];
    let least = topology.keep.iter().find(|(role, _)| *role == count.name).map_or(0, |(_, least)| *least);
    let mut relaxed = topology.clone();
    let lower = highest(least, |lower| {
        relaxed.keep.iter_mut().filter(|(role, _)| *role == count.name).for_each(|(_, least)| *least = lower);
        is_solvable(machine, memory, &relaxed, standings)
    });
    let (en, ja) = if bounded {
        ("no sequence was found that", "見つかった範囲では、")
    } else {
        ("no sequence", "どの順序でも、")
    };
    let verb = if bounded { "keeps" } else { "keeps at every moment" };
    Block {
        step: None,
        server: None,
        rule: format!("keep.{}", count.name),
        because: Text::new(
            format!("{en} {verb} at least {least} {}", count.title.en),
            format!("{ja}{} を常に {least} 台以上に保てない", count.title.ja),
        ),
        hint: lower.map(|lower| {
            Text::new(
                format!("with `keep: {{ {}: {lower} }}` there is a plan", count.name),
                format!("`keep: {{ {}: {lower} }}` なら計画できる", count.name),
            )
        }),
    }
}

/// Returns the highest number below `least` that is enough; whatever is enough, anything lower is.
fn highest(least: u32, mut is_enough: impl FnMut(u32) -> bool) -> Option<u32> {
    let (mut low, mut high) = (0, least);
    while low < high {
        let middle = low + (high - low) / 2;
        if is_enough(middle) { low = middle + 1 } else { high = middle }
    }
    low.checked_sub(1)
}

fn disruption(machine: &Machine, memory: &mut Memory, topology: &Topology, standings: &Standings) -> Block {
    let most = topology.disrupt_at_most.unwrap_or(0);
    let all = standings.len() as u32;
    let lower = highest(all.saturating_sub(most), |fewer| {
        let relaxed = Topology { disrupt_at_most: Some(all - fewer), ..topology.clone() };
        is_solvable(machine, memory, &relaxed, standings)
    });
    let higher = lower.map(|fewer| all - fewer);
    Block {
        step: None,
        server: None,
        rule: "disrupt_at_most".into(),
        because: Text::new(
            format!("every sequence disrupts more than {most} servers at once"),
            format!("どの順序でも、同時に {most} 台より多くのサーバーが影響を受ける"),
        ),
        hint: higher.map(|higher| {
            Text::new(
                format!("with `disrupt_at_most: {higher}` there is a plan"),
                format!("`disrupt_at_most: {higher}` なら計画できる"),
            )
        }),
    }
}

fn not_found() -> Block {
    Block {
        step: None,
        server: None,
        rule: "no_sequence".into(),
        because: Text::new(
            "no sequence was found within the search's bound; there may be one",
            "探索の上限までに手順の並びが見つからなかった (存在しないとは限らない)",
        ),
        hint: None,
    }
}

/// Finds the marks that stand in the way: each whose change alone would make a plan possible.
///
/// Servers that are alike (same standing, same declaration) can stand in for one another, so what helps one of them helps
/// each: a large group costs no more trials than it has kinds of servers.
fn rows(machine: &Machine, memory: &mut Memory, topology: &Topology, standings: &Standings) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut other = standings.clone();
    let mut known: HashMap<_, Option<&'static str>> = HashMap::new();
    for declared in &topology.servers {
        let Some(standing) = standings.get(&declared.server) else { continue };
        let kind = (standing, declared.role, declared.lost, declared.reinstalled.is_some());
        for mark in machine.table.marks {
            let Some(now) = standing.mark(mark.name) else { continue };
            let helps = known.entry((kind, mark.name)).or_insert_with(|| {
                let mut values = mark.values.iter().map(|(value, _)| *value).filter(|value| *value != now);
                let helps = values.find(|value| {
                    other.insert(declared.server.clone(), standing.clone().with(mark.name, value));
                    is_solvable(machine, memory, topology, &other)
                });
                other.insert(declared.server.clone(), standing.clone());
                helps
            });
            if let Some(value) = *helps {
                blocks.push(mark_in_the_way(&declared.server, mark.name, now, value, declared.role));
            }
        }
    }
    if blocks.is_empty() {
        let together = conflict::marks(topology, standings, |other| is_solvable(machine, memory, topology, other));
        for (server, mark, now, helps) in together {
            let role = topology.declared(&server).map_or("?", |declared| declared.role);
            let block = mark_in_the_way(&server, mark, now, helps, role);
            blocks.push(Block { hint: Some(together_with_others(&server, mark, helps)), ..block });
        }
    }
    if blocks.is_empty() {
        blocks.push(Block {
            step: None,
            server: None,
            rule: "no_sequence".into(),
            because: Text::new(
                "no sequence of the system's steps leads from what is there to what is declared",
                "現在の状態から宣言された状態に至る手順の並びがない",
            ),
            hint: None,
        });
    }
    blocks
}

fn mark_in_the_way(server: &ServerName, mark: &str, now: &str, helps: &str, role: &str) -> Block {
    Block {
        step: None,
        server: Some(server.clone()),
        rule: format!("{mark}_allow"),
        because: Text::new(
            format!("`{server}` can't become {role} while its {mark} are `{now}`: no step leads on from there"),
            format!("`{server}` は {mark} が `{now}` の間は {role} にできない (そこから進む手順がない)"),
        ),
        hint: Some(Text::new(
            format!("there is a plan once its {mark} are `{helps}`"),
            format!("{mark} が `{helps}` になれば計画できる"),
        )),
    }
}

fn together_with_others(server: &ServerName, mark: &str, helps: &str) -> Text {
    Text::new(
        format!("there is a plan once the {mark} of `{server}` are `{helps}`, and the others that are named as well"),
        format!("`{server}` の {mark} が `{helps}` になり、ほかに挙げたものも変われば計画できる"),
    )
}

fn is_solvable(machine: &Machine, memory: &mut Memory, topology: &Topology, standings: &Standings) -> bool {
    let problem = Problem::of(machine, topology, standings, Reading::Hopeful);
    problem.is_some_and(|problem| matches!(solve(&problem, memory, super::joint::THOROUGH), Solution::Found(..)))
}

#[cfg(test)]
mod tests {
    use super::highest;

    #[test]
    fn the_highest_minimum_that_is_enough_is_found_in_few_trials() {
        for least in 0..40 {
            for enough in 0..=least {
                let mut trials = 0;
                let found = highest(least, |lower| {
                    trials += 1;
                    lower < enough
                });
                assert_eq!(found, enough.checked_sub(1));
                assert!(trials <= 6, "{trials} trials below {least}");
            }
        }
    }
}
