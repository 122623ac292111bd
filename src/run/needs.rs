//! Whether the marks that a step's row needs are still as the plan foresaw them, right before the step. Pure.
//!
//! Roles are looked at by the loop itself, and what guards read by guards; a mark can be edited by hand like a role.

use crate::model::event::Ending;
use crate::model::name::ServerName;
use crate::model::plan::{GroupPlan, Step};
use crate::model::request::Request;
use crate::model::snapshot::{GroupSnapshot, Standing, leaders};
use crate::model::table::{Leader, MarkName, Need};
use crate::model::words::Text;
use crate::system::System;

/// Says what is not any more as the step needs it: of its server, of the others that its row concerns, and of a leader
/// that hands over. What the step sets itself may be anywhere on its way, as may all of a step whose server has left its
/// rung: it was begun, here or elsewhere. Before a person is asked it must be seen where it is, for the step may be done
/// already; what rolewalk does itself goes on unseen, as a service that is stopped tells nothing until it is started again.
pub fn unmet(
    system: &System,
    plan: &GroupPlan,
    step: &Step,
    requests: &[Request],
    now: &GroupSnapshot,
) -> Option<(Ending, Text)> {
    let asks_a_person = requests.iter().any(|request| matches!(request, Request::AskOperator(_)));
    if asks_a_person && let Some((server, mark)) = in_question(system, plan, step, now) {
        let (en, ja) = ("only that tells whether the step is done", "この手順が完了しているかを判断できない");
        return Some((Ending::Unknown, not_seen(plan, server, mark, en, ja)?));
    }
    let foreseen = plan.standings_before(step.number);
    let unknown = Standing::default();
    let row = step.transition;
    if now.servers.get(&step.server).and_then(|standing| standing.role) != Some(row.from) {
        return None;
    }
    let old = leaders(plan.topology.table, &foreseen).find(|server| **server != step.server).cloned();
    let mut needed: Vec<(&ServerName, &[Need])> = vec![(&step.server, row.needs)];
    for other in row.others {
        let is_other = |server: &ServerName| *server != step.server && Some(server) != old.as_ref();
        let of_role =
            |(server, standing): &(&ServerName, &Standing)| is_other(server) && standing.role == Some(other.role);
        needed.extend(foreseen.iter().filter(of_role).map(|(server, _)| (server, other.needs)));
    }
    if let (Leader::Hands { needs, .. }, Some(old)) = (row.leader, &old) {
        needed.push((old, needs));
    }
    let earlier = &plan.steps[..step.number.saturating_sub(1).min(plan.steps.len())];
    needed.into_iter().flat_map(|(server, needs)| needs.iter().map(move |need| (server, need))).find_map(
        |(server, need)| {
            let seen = now.servers.get(server).unwrap_or(&unknown);
            let meets =
                |standing: &Standing| standing.mark(need.mark).is_some_and(|value| need.values.contains(&value));
            let touches = |one: &Step| one.marks.iter().any(|mark| mark.server == *server && mark.mark == need.mark);
            // A mark that is to be as before in the end may be another while the step is half done.
            let is_set = *server == step.server && row.sets.iter().any(|set| set.mark == need.mark);
            let is_unseen = seen.mark(need.mark).is_none() && !is_told(system, need.mark);
            let may_be_another = (is_set || touches(step)) && !(asks_a_person && is_unseen);
            // What is as good as what an earlier step was to set is for this step to deal with.
            let is_as_good = || earlier.iter().any(|one| touches(one) && one.sets(server, need.mark, seen));
            let was_met = foreseen.get(server).is_some_and(meets);
            if !was_met || meets(seen) || may_be_another || is_as_good() {
                return None;
            }
            let title = plan.topology.table.mark(need.mark).map(|mark| mark.title)?;
            Some(match seen.mark(need.mark) {
                None => {
                    let (en, ja) = ("the step needs it", "この手順の前提を確認できない");
                    (Ending::Unknown, not_seen(plan, server, need.mark, en, ja)?)
                }
                Some(value) => (
                    Ending::Stale,
                    Text::new(
                        format!(
                            "{} of `{server}` is `{value}` now, and the plan foresaw another: somebody changed it",
                            title.en
                        ),
                        format!("`{server}` の{}が `{value}` に変わり、計画の前提と異なる", title.ja),
                    ),
                ),
            })
        },
    )
}

/// Returns a mark of the step's that was known and is unknown now, where all else is as after it: nobody can tell whether
/// the step is done already.
fn in_question<'a>(
    system: &System,
    plan: &GroupPlan,
    step: &'a Step,
    now: &GroupSnapshot,
) -> Option<(&'a ServerName, MarkName)> {
    let foreseen = plan.standings_before(step.number);
    let mut filled = now.servers.clone();
    let mut open = None;
    for set in &step.marks {
        let marks = &mut filled.entry(set.server.clone()).or_default().marks;
        let was_known = foreseen.get(&set.server).is_some_and(|was| was.mark(set.mark).is_some());
        if was_known && !is_told(system, set.mark) && !marks.contains_key(set.mark) {
            marks.insert(set.mark, set.to);
            open = open.or(Some((&set.server, set.mark)));
        }
    }
    open.filter(|_| {
        step.touches().iter().all(|server| filled.get(*server).is_some_and(|it| step.reached_by(server, it)))
    })
}

/// Returns whether people tell a mark: whoever is asked to work on the step sees for himself whether it is done.
fn is_told(system: &System, mark: MarkName) -> bool {
    system.attestable(mark, true).is_some()
}

fn not_seen(plan: &GroupPlan, server: &ServerName, mark: MarkName, en: &str, ja: &str) -> Option<Text> {
    let title = plan.topology.table.mark(mark).map(|mark| mark.title)?;
    Some(Text::new(
        format!("{} of `{server}` is unknown now, and {en}", title.en),
        format!("`{server}` の{}が不明になり、{ja}", title.ja),
    ))
}

#[cfg(test)]
#[path = "needs_tests.rs"]
mod tests;
