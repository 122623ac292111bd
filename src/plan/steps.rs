//! Turns moves into steps: who, where, what changes, and why.

use crate::model::name::ServerName;
use crate::model::plan::{MarkChange, RoleChange, Step};
use crate::model::snapshot::{Standing, Standings, leaders};
use crate::model::table::{Leader, Place, RoleName, Set, Transition};
use crate::model::topology::Topology;

use super::sentence::why;

/// Turns a sequence of rows and servers into steps, beginning from `standings`. Guards are not asked yet.
pub fn steps(topology: &Topology, standings: &Standings, moves: &[(ServerName, &'static Transition)]) -> Vec<Step> {
    let mut standings = standings.clone();
    let mut leader = leaders(topology.table, &standings).next().cloned();
    let mut steps = Vec::with_capacity(moves.len());
    for (index, (server, row)) in moves.iter().enumerate() {
        let step = step(topology, &standings, leader.as_ref(), index + 1, server, row);
        step.apply(&mut standings);
        if step.changes.iter().any(|change| topology.table.leads(change.from) || topology.table.leads(change.to)) {
            leader = leaders(topology.table, &standings).next().cloned();
        }
        steps.push(step);
    }
    steps
}

/// Binds one row to a server in the given standings.
pub fn step(
    topology: &Topology,
    standings: &Standings,
    leader: Option<&ServerName>,
    number: usize,
    server: &ServerName,
    row: &'static Transition,
) -> Step {
    let mut step = Step {
        number,
        server: server.clone(),
        transition: row,
        leader: leader.cloned(),
        runs_on: runs_on(topology, standings, leader, server, row),
        changes: Vec::new(),
        marks: Vec::new(),
        guards: Vec::new(),
        why: why(topology, server, leader, row.why),
    };
    change(&mut step, standings, server, row.to, row.sets);
    if let (Leader::Hands { to, sets, .. }, Some(old)) = (&row.leader, leader) {
        change(&mut step, standings, old, to, sets);
    }
    let handed = matches!(row.leader, Leader::Hands { .. }).then_some(leader).flatten();
    if !row.others.is_empty() {
        for (other, standing) in standings.iter().filter(|(other, _)| *other != server && Some(*other) != handed) {
            if let Some(part) = row.others.iter().find(|part| Some(part.role) == standing.role) {
                change(&mut step, standings, other, part.role, part.sets);
            }
        }
    }
    step
}

fn change(step: &mut Step, standings: &Standings, server: &ServerName, to: RoleName, sets: &[Set]) {
    let unknown = Standing::default();
    let now = standings.get(server).unwrap_or(&unknown);
    if let Some(from) = now.role.filter(|from| *from != to) {
        step.changes.push(RoleChange { server: server.clone(), from, to });
    }
    for set in sets.iter().filter(|set| now.mark(set.mark) != Some(set.to)) {
        let from = now.mark(set.mark);
        step.marks.push(MarkChange { server: server.clone(), mark: set.mark, from, to: set.to });
    }
}

/// Returns the server on which the step is done: never a lost one where there is another.
fn runs_on(
    topology: &Topology,
    standings: &Standings,
    leader: Option<&ServerName>,
    server: &ServerName,
    row: &Transition,
) -> ServerName {
    let lowest = topology.table.roles.first().map(|role| role.name);
    let is_up = |one: &&ServerName| !topology.declared(one).is_some_and(|declared| declared.lost);
    let is_member = |one: &&ServerName| {
        standings.get(*one).is_some_and(|standing| standing.role.is_some() && standing.role != lowest)
    };
    let members = || standings.keys().filter(is_member).filter(is_up);
    match row.runs_on {
        Place::This => server.clone(),
        Place::Leader | Place::Any => leader.filter(is_up).or_else(|| members().next()).unwrap_or(server).clone(),
        Place::AnyOther => {
            let other = leader.filter(|one| *one != server).filter(is_up);
            other.or_else(|| members().find(|one| *one != server)).unwrap_or(server).clone()
        }
    }
}
