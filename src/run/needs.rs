//! Whether the marks that a step's row needs are still as the plan foresaw them, right before the step. Pure.
//!
//! Roles are looked at by the loop itself, and what guards read by guards; a mark can be edited by hand like a role.

use crate::model::event::Ending;
use crate::model::name::ServerName;
use crate::model::plan::{GroupPlan, Step};
use crate::model::snapshot::{GroupSnapshot, Standing, leaders};
use crate::model::table::{Leader, Need};
use crate::model::words::Text;

/// Says what is not any more as the step needs it: of its server, of the others that its row concerns, and of a leader
/// that hands over. What the step sets itself may be anywhere on its way, as may all of a step whose server has left its
/// rung: it was begun, here or elsewhere.
pub fn unmet(plan: &GroupPlan, step: &Step, now: &GroupSnapshot) -> Option<(Ending, Text)> {
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
            // What is as good as what an earlier step was to set is for this step to deal with.
            let is_as_good = || earlier.iter().any(|one| touches(one) && one.sets(server, need.mark, seen));
            let was_met = foreseen.get(server).is_some_and(meets);
            if !was_met || meets(seen) || is_set || touches(step) || is_as_good() {
                return None;
            }
            let title = plan.topology.table.mark(need.mark).map(|mark| mark.title)?;
            Some(match seen.mark(need.mark) {
                None => (
                    Ending::Unknown,
                    Text::new(
                        format!("{} of `{server}` is unknown now, and the step needs it", title.en),
                        format!("`{server}` の{}が不明になり、この手順の前提を確認できない", title.ja),
                    ),
                ),
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

#[cfg(test)]
#[path = "needs_tests.rs"]
mod tests;
