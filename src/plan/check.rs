//! The checker: verifies a plan without the planner, by reading the table's rows as they are written.
//!
//! It shares no code with the search. It proves that every step is a row of the table that fits, that every moment
//! keeps the group's rules, that the end is what was declared, and that the guards' answers and all else that is told
//! follow from the facts that the plan carries. That a plan is shortest is proven elsewhere, by exhaustive comparison.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::fact::Facts;
use crate::model::moment::Moment;
use crate::model::name::ServerName;
use crate::model::plan::{GroupPlan, GroupVerdict, MarkChange, RoleChange, Step};
use crate::model::snapshot::{Standing, Standings};
use crate::model::table::{Holds, Leader, Need, Place, RoleName, Set, Statement};
use crate::model::topology::Topology;
use crate::model::words::Text;

use super::ask::ask_at;
use super::sentence::why;
use tally::Tally;
use told::told;

mod tally;
mod told;

/// Something that is wrong with a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The step, where it is about one.
    pub step: Option<usize>,
    /// What is wrong.
    pub says: Text,
}

/// Verifies one group's plan; returns everything that is wrong with it.
pub fn check(plan: &GroupPlan, now: Timestamp) -> Vec<Flaw> {
    let facts = Facts(plan.relies_on.clone());
    let mut flaws = of_group(told(plan, &facts, now));
    let mut tally = Tally::of(&plan.topology, &plan.standings);
    let mut moment = Moment::of(&plan.topology, &facts, plan.standings.clone());
    for (index, step) in plan.steps.iter().enumerate() {
        let mut found = fit(step, index + 1, &mut moment, tally.leader(), now);
        let mut next = tally.without(step, moment.standings());
        moment.take(step);
        next.include(step, moment.standings());
        found.extend(next.broken(&tally));
        flaws.extend(found.into_iter().map(|says| Flaw { step: Some(step.number), says }));
        tally = next;
    }
    flaws.extend(of_group(named_once(&plan.topology)));
    if matches!(plan.verdict, GroupVerdict::InSync | GroupVerdict::Ready) || !plan.steps.is_empty() {
        flaws.extend(of_group(end(&plan.topology, moment.standings())));
        flaws.extend(of_group(declared_lead(&plan.topology).into_iter().collect()));
    }
    flaws
}

/// What is wrong with no step of its own.
fn of_group(wrong: Vec<Text>) -> Vec<Flaw> {
    wrong.into_iter().map(|says| Flaw { step: None, says }).collect()
}

/// Checks that a step is a row that fits right before it, and says what the row makes of the group.
fn fit(step: &Step, number: usize, moment: &mut Moment<'_>, leader: Option<&ServerName>, now: Timestamp) -> Vec<Text> {
    let mut wrong = Vec::new();
    let topology = moment.topology();
    let row = step.transition;
    let answers = ask_at(moment, step, now);
    let before = moment.standings();
    let mut demand = |holds: bool, en: &str, ja: &str| {
        if !holds {
            wrong.push(Text::new(en, ja));
        }
    };
    let this = before.get(&step.server);
    demand(step.number == number, "the steps are not numbered in order", "手順の番号が順序どおりでない");
    demand(
        topology.declared(&step.server).is_some(),
        "it moves a server that is not named",
        "宣言にないサーバーを変更する",
    );
    demand(
        this.is_some_and(|one| one.role == Some(row.from)),
        "the server does not have the role that it leaves",
        "サーバーの役割が手順の前提と異なる",
    );
    demand(
        this.is_some_and(|one| fits(topology, &step.server, one, row.needs)),
        "the server's marks do not allow the step",
        "サーバーの状態が手順の前提を満たさない",
    );
    demand(
        row.says.is_none_or(|one| topology.says(one, &step.server)),
        "it needs a statement that was not made",
        "必要な宣言がない",
    );
    demand(
        leader == step.leader.as_ref(),
        "it names another leader than there is",
        "先頭のサーバーの記載が実際と異なる",
    );
    demand(
        leads_fit(topology, before, row.leader, &step.server, leader),
        "the group's leader does not allow the step",
        "先頭のサーバーの状態が手順の前提を満たさない",
    );
    let lost = topology.says(Statement::Lost, &step.server);
    demand(
        !lost || row.allows_lost || row.says == Some(Statement::Lost),
        "it needs a server that is lost",
        "失われたサーバーを必要とする",
    );
    let handed = matches!(row.leader, Leader::Hands { .. }).then_some(leader).flatten();
    let others_fit = row.others.iter().all(|part| {
        others(before, &step.server, handed, part.role).all(|(one, standing)| fits(topology, one, standing, part.needs))
    });
    demand(others_fit, "another server's marks do not allow the step", "他のサーバーの状態が手順の前提を満たさない");
    let (changes, marks) = effect(step, before, leader);
    demand(
        changes == step.changes,
        "the role changes are not those of the transition",
        "役割の変更が遷移の定義と異なる",
    );
    demand(marks == step.marks, "the mark changes are not those of the transition", "状態の変更が遷移の定義と異なる");
    demand(
        place_fits(topology, before, step, leader),
        "it is to be done on another server than the transition says",
        "作業するサーバーが遷移の定義と異なる",
    );
    let said = why(topology, &step.server, leader, row.why);
    demand(said == step.why, "its reason is not that of the transition", "理由が遷移の定義と異なる");
    demand(
        answers == step.guards,
        "the guards' answers do not follow from the plan's facts",
        "条件の回答が計画の事実から導かれない",
    );
    wrong
}

fn leads_fit(
    topology: &Topology,
    before: &Standings,
    row: Leader,
    server: &ServerName,
    leader: Option<&ServerName>,
) -> bool {
    match (row, leader) {
        (Leader::Any, _) | (Leader::Leaderless, None) => true,
        (Leader::Led, Some(leader)) => leader != server,
        (Leader::StepsDown, Some(leader)) => leader == server,
        (Leader::Hands { needs, says, .. }, Some(leader)) => {
            leader != server
                && before.get(leader).is_some_and(|one| fits(topology, leader, one, needs))
                && says.is_none_or(|one| topology.says(one, leader))
        }
        _ => false,
    }
}

/// A step is done where its row says, and never on a lost server or on one that is not a member.
fn place_fits(topology: &Topology, before: &Standings, step: &Step, leader: Option<&ServerName>) -> bool {
    let lowest = topology.table.roles.first().map(|role| role.name);
    let member = before.get(&step.runs_on).is_some_and(|one| one.role.is_some() && one.role != lowest);
    let usable = member && !topology.says(Statement::Lost, &step.runs_on);
    let leader = leader.filter(|one| !topology.says(Statement::Lost, one));
    let is_usable = |(one, standing): (&ServerName, &Standing)| {
        standing.role.is_some() && standing.role != lowest && !topology.says(Statement::Lost, one)
    };
    // Where nobody is left to do it elsewhere, it stands at the server itself, and its guards say why it can't be done.
    let left = |but: Option<&ServerName>| {
        !before.iter().any(|one| Some(one.0) != but && is_usable(one)) && step.runs_on == step.server
    };
    match step.transition.runs_on {
        Place::This => step.runs_on == step.server,
        Place::Leader | Place::Any => leader.map_or(usable || left(None), |leader| *leader == step.runs_on),
        Place::AnyOther => {
            let other = leader.filter(|one| **one != step.server);
            let fits = usable && step.runs_on != step.server && other.is_none_or(|leader| *leader == step.runs_on);
            fits || left(Some(&step.server))
        }
    }
}

fn others<'a>(
    before: &'a Standings,
    server: &'a ServerName,
    handed: Option<&'a ServerName>,
    role: RoleName,
) -> impl Iterator<Item = (&'a ServerName, &'a Standing)> {
    let rest = before.iter().filter(move |(one, _)| *one != server && Some(*one) != handed);
    rest.filter(move |(_, standing)| standing.role == Some(role))
}

/// Works out anew what a step changes.
fn effect(step: &Step, before: &Standings, leader: Option<&ServerName>) -> (Vec<RoleChange>, Vec<MarkChange>) {
    let row = step.transition;
    let mut parts: Vec<(&ServerName, RoleName, &[Set])> = vec![(&step.server, row.to, row.sets)];
    let mut handed = None;
    if let (Leader::Hands { to, sets, .. }, Some(old)) = (row.leader, leader) {
        parts.push((old, to, sets));
        handed = Some(old);
    }
    let mut rest: Vec<(&ServerName, RoleName, &[Set])> = Vec::new();
    for part in row.others {
        rest.extend(others(before, &step.server, handed, part.role).map(|(server, _)| (server, part.role, part.sets)));
    }
    rest.sort_by_key(|(server, ..)| *server);
    parts.extend(rest);
    let (mut changes, mut marks) = (Vec::new(), Vec::new());
    for (server, to, sets) in parts {
        let now = before.get(server).cloned().unwrap_or_default();
        changes.extend(now.role.filter(|from| *from != to).map(|from| RoleChange { server: server.clone(), from, to }));
        let set = sets.iter().filter(|set| now.mark(set.mark) != Some(set.to));
        marks.extend(set.map(|set| MarkChange {
            server: server.clone(),
            mark: set.mark,
            from: now.mark(set.mark),
            to: set.to,
        }));
    }
    (changes, marks)
}

/// No server is declared twice, and no minimum.
fn named_once(topology: &Topology) -> Vec<Text> {
    let (mut servers, mut minima) = (BTreeSet::new(), BTreeSet::new());
    let twice = topology.servers.iter().map(|one| &one.server).filter(|server| !servers.insert(*server));
    let servers = twice.map(|server| format!("`{server}`")).collect::<Vec<_>>();
    let twice = topology.keep.iter().map(|(role, _)| role).filter(|role| !minima.insert(*role));
    let minima = twice.map(|role| format!("`keep: {{ {role} }}`"));
    let says = |one: String| Text::new(format!("{one} is declared twice"), format!("{one} が 2 回宣言されている"));
    servers.into_iter().chain(minima).map(says).collect()
}

/// One server is declared to lead; none only where the table lets every server's role be that of such a group.
fn declared_lead(topology: &Topology) -> Option<Text> {
    let leading = topology.servers.iter().filter(|one| topology.table.leads(one.role)).count();
    let may_lack = topology.servers.iter().all(|one| topology.table.without_leader.contains(&one.role));
    let fits = leading == 1 || (leading == 0 && may_lack && !topology.servers.is_empty());
    (!fits).then(|| {
        Text::new(
            format!("{leading} servers are declared to lead, and the system needs exactly one"),
            format!("先頭と宣言されたサーバーが {leading} 台ある。ちょうど 1 台でなければならない"),
        )
    })
}

fn end(topology: &Topology, standings: &Standings) -> Vec<Text> {
    let astray = topology.servers.iter().filter(|one| {
        !standings.get(&one.server).is_some_and(|standing| is_as_declared(topology, &one.server, standing, one.role))
    });
    let says = |one: &crate::model::topology::Declared| {
        Text::new(
            format!("`{}` does not end as declared", one.server),
            format!("`{}` が宣言どおりの状態で終わらない", one.server),
        )
    };
    astray.map(says).collect()
}

fn is_as_declared(topology: &Topology, server: &ServerName, standing: &Standing, role: RoleName) -> bool {
    let wanted = topology.table.wants.iter().filter(|want| match want.holds {
        Holds::Always => want.role == role,
        Holds::IfDeclared(statement) => want.role == role && topology.says(statement, server),
        Holds::ForDrift => false,
    });
    let needs: Vec<Need> = wanted.map(|want| Need { mark: want.mark, values: want.values }).collect();
    standing.role == Some(role) && fits(topology, server, standing, &needs)
}

/// Returns whether a server's marks allow a step. Nothing can be asked of a lost server: what its unknown marks are does
/// not matter any more.
fn fits(topology: &Topology, server: &ServerName, standing: &Standing, needs: &[Need]) -> bool {
    let lost = topology.says(Statement::Lost, server);
    needs.iter().all(|need| match standing.mark(need.mark) {
        Some(value) => need.values.contains(&value),
        None => lost,
    })
}

fn meets(standing: &Standing, needs: &[Need]) -> bool {
    needs.iter().all(|need| standing.marks.get(need.mark).is_some_and(|value| need.values.contains(value)))
}

#[cfg(test)]
mod tests;
