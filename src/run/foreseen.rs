//! What is there beside what the plan foresaw: before a step, in the middle of one, and after it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::event::{Ending, Outcome};
use crate::model::fact::{Fact, ROLE, Value, is_pinned};
use crate::model::name::ServerName;
use crate::model::plan::{GroupPlan, Step};
use crate::model::snapshot::{GroupSnapshot, Standing, Standings, leaders};
use crate::model::table::{MarkName, RoleName, Statement, Transition};
use crate::model::words::Text;

use super::next::Begun;

/// Returns whether every server that the step touches is seen as it is to be after it.
pub fn is_reached(step: &Step, now: &GroupSnapshot) -> bool {
    let unknown = Standing::default();
    step.touches().iter().all(|server| step.reached_by(server, now.servers.get(*server).unwrap_or(&unknown)))
}

/// Returns whether the group stands where the plan has it after a later step: another executor of this plan has done this
/// step and those up to that one. Where nothing differs from before the step, nothing was done.
pub fn is_passed(plan: &GroupPlan, step: &Step, now: &GroupSnapshot) -> bool {
    let unknown = Standing::default();
    let seen = |server: &ServerName| now.servers.get(server).unwrap_or(&unknown);
    let before = plan.standings_before(step.number);
    let is_as_before = |server: &&ServerName| {
        let was = before.get(*server).unwrap_or(&unknown);
        let seen = seen(server);
        seen.role == was.role && was.marks.iter().all(|(mark, value)| seen.mark(mark) == Some(*value))
    };
    if step.touches().iter().all(is_as_before) {
        return false;
    }
    let mut roles: BTreeMap<&ServerName, RoleName> = BTreeMap::new();
    let mut marks: BTreeMap<(&ServerName, MarkName), &Step> = BTreeMap::new();
    let later = plan.steps.iter().filter(|one| one.number >= step.number);
    later.into_iter().any(|one| {
        roles.insert(&one.server, one.transition.to);
        roles.extend(one.changes.iter().map(|change| (&change.server, change.to)));
        marks.extend(one.marks.iter().map(|change| ((&change.server, change.mark), one)));
        let is_here = |server: &ServerName| {
            let was = || before.get(server).and_then(|was| was.role);
            roles.get(server).copied().or_else(was).is_none_or(|role| seen(server).role == Some(role))
        };
        let is_set = |((server, mark), of): (&(&ServerName, MarkName), &&Step)| of.sets(server, mark, seen(server));
        one.number > step.number
            && marks.iter().all(is_set)
            && concern(plan).into_iter().chain(roles.keys().copied()).all(is_here)
    })
}

/// Stops where what is there is not what the plan foresaw before the step.
///
/// The servers that a begun step touches may be anywhere between its beginning and its end.
pub fn unforeseen(plan: &GroupPlan, step: &Step, begun: Begun, now: &GroupSnapshot) -> Option<(Ending, Text)> {
    let foreseen = plan.standings_before(step.number);
    let touched = step.touches();
    let concern = concern(plan);
    for (server, want) in foreseen.iter().filter(|(server, _)| concern.contains(server)) {
        let have = now.servers.get(server).and_then(|standing| standing.role);
        let may_be_after = begun != Begun::No && touched.contains(&server);
        let is_after =
            may_be_after && step.changes.iter().any(|change| change.server == *server && have == Some(change.to));
        // Nobody speaks of a lost server any more, once who followed it does not.
        let lowest = plan.topology.table.roles.first().map(|role| role.name);
        let is_forgotten = plan.topology.says(Statement::Lost, server) && (have.is_none() || have == lowest);
        if is_forgotten || (may_be_after && *server == step.server && finishing(plan, step, now).is_some()) {
            continue;
        }
        match (have, want.role) {
            (None, Some(_)) => {
                let cause = Text::new(
                    format!("the role of `{server}` is unknown now"),
                    format!("`{server}` の役割が不明になった"),
                );
                return Some((Ending::Unknown, cause));
            }
            (Some(have), Some(want)) if have != want && !is_after => {
                // Nobody has seen it so: the server does not answer, and others speak of it.
                if let Some(Fact::Unknown { why }) = now.facts.get(Some(server), ROLE) {
                    let cause = Text::new(
                        format!("the role of `{server}` can't be told, the others speak of it as {have}: {why}"),
                        format!("`{server}` の役割を確認できない (ほかのサーバーからは {have} に見える): {why}"),
                    );
                    return Some((Ending::Unknown, cause));
                }
                let cause = Text::new(
                    format!("`{server}` is {have}, and the plan foresaw {want}"),
                    format!("`{server}` は {have} だが、計画では {want} のはずだった"),
                );
                return Some((Ending::Stale, cause));
            }
            _ => {}
        }
    }
    None
}

/// Says what the step would remove now that is not what the plan relied on: another of the same kind took its place.
pub fn replaced(plan: &GroupPlan, step: &Step, now: &GroupSnapshot) -> Option<Text> {
    let guards = step.transition.guards.iter().filter_map(|name| plan.topology.table.guard(name));
    let read: BTreeSet<&str> =
        guards.flat_map(|guard| guard.reads.iter().copied()).filter(|name| is_pinned(name)).collect();
    plan.relies_on.iter().filter(|(key, _)| read.contains(key.name.as_str())).find_map(|(key, fact)| {
        let Fact::Known { value: Value::List(known), .. } = fact else { return None };
        let found = now.facts.list(key.server.as_ref(), &key.name).ok()?;
        let new = found.iter().find(|one| !known.contains(one))?;
        let (name, was) = (&key.name, known.join(", "));
        Some(Text::new(
            format!("fact `{name}` is {new} now, and the plan relied on {was}"),
            format!("`{name}` は {new} になっているが、計画の前提は {was} だった"),
        ))
    })
}

/// Returns the row that finishes the step from where it was left half done. A step that leaves the leader where it is has
/// none from another role: if it leads no more, somebody else has changed that.
pub fn finishing(plan: &GroupPlan, step: &Step, now: &GroupSnapshot) -> Option<&'static Transition> {
    let standing = now.servers.get(&step.server).cloned().unwrap_or_default();
    let table = plan.topology.table;
    let leads = |name: RoleName| table.role(name).is_some_and(|role| role.leads);
    let keeps_lead = step.transition.from == step.transition.to && leads(step.transition.to);
    table.transitions.iter().find(|row| {
        !keeps_lead
            && row.name == step.transition.name
            && row.to == step.transition.to
            && Some(row.from) == standing.role
            && row.from != step.transition.from
            && standing.meets(row.needs)
    })
}

/// Returns the servers that the plan is about: those that are declared, those that a step changes, and the leader.
///
/// A server that is neither is another group's, and that group's run may move it meanwhile.
fn concern(plan: &GroupPlan) -> BTreeSet<&ServerName> {
    let declared = plan.topology.servers.iter().map(|one| &one.server);
    let touched = plan.steps.iter().flat_map(Step::touches);
    declared.chain(touched).chain(leaders(plan.topology.table, &plan.standings)).collect()
}

/// Says in what state a step is left that is not gone on with: one that an earlier part of the run began may be half
/// done, and nobody is told then that nothing was changed.
pub fn not_gone_on(step: &Step, begun: Begun, now: &GroupSnapshot) -> Outcome {
    let role = |server: &ServerName| now.servers.get(server).and_then(|one| one.role);
    match begun != Begun::No && !is_as_before(step, now) {
        // A request of it may have been carried out where no mark shows it, or may still be on its way.
        false if begun == Begun::InDoubt => Outcome::Unknown,
        false => Outcome::NotStarted,
        true if step.touches().iter().any(|server| role(server).is_none()) => Outcome::Unknown,
        true => Outcome::FailedChanged,
    }
}

/// Returns whether something of a step that was begun is seen to be done, and not all of it.
pub fn is_half_done(plan: &GroupPlan, step: &Step, begun: Begun, now: &GroupSnapshot) -> bool {
    begun != Begun::No && (!is_as_before(step, now) || finishing(plan, step, now).is_some())
}

/// Returns whether all that the step changes is seen as it was before.
fn is_as_before(step: &Step, now: &GroupSnapshot) -> bool {
    let seen = |server: &ServerName| now.servers.get(server);
    step.changes.iter().all(|change| seen(&change.server).and_then(|one| one.role) == Some(change.from))
        && step.marks.iter().all(|change| {
            change.from.is_none() || seen(&change.server).and_then(|one| one.mark(change.mark)) == change.from
        })
}

/// Returns the servers whose role is another than was foreseen, with the role that is seen.
pub fn otherwise(foreseen: &Standings, now: &GroupSnapshot) -> Vec<(ServerName, Option<RoleName>)> {
    let seen = |server: &ServerName| now.servers.get(server).and_then(|standing| standing.role);
    let differs = |(server, want): &(&ServerName, &Standing)| want.role.is_some() && seen(server) != want.role;
    foreseen.iter().filter(differs).map(|(server, _)| (server.clone(), seen(server))).collect()
}

/// Says in what state a step is left that was begun and did not reach its goal.
pub fn left(step: &Step, before: &GroupSnapshot, now: &GroupSnapshot) -> Outcome {
    let touched = step.touches();
    let is_unknown = |server: &&&ServerName| now.servers.get(**server).is_none_or(|one| one.role.is_none());
    if touched.iter().any(|server| is_unknown(&server)) {
        return Outcome::Unknown;
    }
    match touched.iter().all(|server| before.servers.get(*server) == now.servers.get(*server)) {
        true => Outcome::FailedUnchanged,
        false => Outcome::FailedChanged,
    }
}

#[cfg(test)]
#[path = "foreseen_tests.rs"]
mod tests;
