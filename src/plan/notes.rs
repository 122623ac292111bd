//! What a reader of a plan should know besides its steps, and what is left for later by nature. It follows from the plan
//! itself, so that the checker can work it out anew; it never searches.

use crate::model::plan::{FollowUp, GroupPlan, Step};
use crate::model::snapshot::leaders;
use crate::model::table::By;
use crate::model::topology::Topology;
use crate::model::window::longest_opening;
use crate::model::words::Text;

use super::disruption::Course;
use super::sentence;

/// Returns what a reader should know of a plan, as far as it follows from what is declared, what is there and the steps.
pub fn notes(plan: &GroupPlan) -> Vec<Text> {
    [without_leader(&plan.topology), unnamed(plan), too_long(plan), window(&plan.steps)].into_iter().flatten().collect()
}

/// Tells of the servers that are in the group and are not declared.
fn unnamed(plan: &GroupPlan) -> Option<Text> {
    let topology = &plan.topology;
    let lowest = topology.table.roles.first().map(|role| role.name);
    let unnamed: Vec<String> = (plan.standings.iter())
        .filter(|(server, standing)| topology.declared(server).is_none() && standing.role != lowest)
        .map(|(server, standing)| format!("`{server}` ({})", standing.role.unwrap_or("?")))
        .collect();
    let list = unnamed.join(", ");
    (!unnamed.is_empty()).then(|| {
        Text::new(
            format!("observed but not named, and so left alone: {list}"),
            format!("観測されたが宣言にないため、変更しない: {list}"),
        )
    })
}

/// Says that nobody is declared to lead, where that is no fault: it is meant as it stands there.
fn without_leader(topology: &Topology) -> Option<Text> {
    let role = topology.table.leading().filter(|_| topology.is_without_leader())?;
    Some(Text::new(
        format!(
            "no server is declared {role}: the group is to have none any more, what it serves is removed from every server, and nothing takes over from then on"
        ),
        format!(
            "{role} と宣言されたサーバーがない: グループが提供するものをすべてのサーバーから削除し、以後は引き継ぎも行われない"
        ),
    ))
}

/// Names the first step that no maintenance window is long enough for: a run would stop before it every time.
fn too_long(plan: &GroupPlan) -> Option<Text> {
    let windows = &plan.topology.maintenance;
    if windows.is_empty() {
        return None;
    }
    let (longest, course) = (longest_opening(windows), Course::of(plan));
    let span = |step: &Step| (step.number, course.span(step));
    let mut begun = plan.steps.iter().map(span).filter(|(number, span)| *number == 1 || !span.is_under_way);
    let (number, span) = begun.find(|(_, span)| span.lasts > longest)?;
    let (lasts, until) = (span.lasts.as_secs() / 60, span.until);
    Some(Text::new(
        format!(
            "what step {number} disrupts may last {lasts} min, until step {until} is done, and no maintenance window is open for so long: the step will not be begun"
        ),
        format!(
            "ステップ {number} で始まる影響はステップ {until} の完了まで最大 {lasts} 分続き、それだけの長さのメンテナンス時間がないため、このステップは開始されない"
        ),
    ))
}

/// Names the moment between the guards and the act, in which what others do is not seen: for every request but a
/// database's, which carries its conditions with it.
fn window(steps: &[Step]) -> Option<Text> {
    let ours: Vec<usize> =
        steps.iter().filter(|step| step.transition.by == By::Automatic).map(|step| step.number).collect();
    if ours.is_empty() {
        return None;
    }
    let (en, ja) = (ranges(&ours, " to "), ranges(&ours, "～"));
    let ((en, its), (ja, sono)) = match ours.len() {
        1 => ((format!("step {en}"), "its"), (ja, "その")),
        _ => ((format!("steps {en}"), "their"), (ja, "それぞれの")),
    };
    Some(Text::new(
        format!(
            "window: the guards of {} are asked right before {} requests, and what others do in between is seen at the next look, which stops the run; only a change of a database row carries its conditions in its own transaction",
            en, its
        ),
        format!(
            "確認と実行の間: ステップ {} の条件は{}要求の直前に確認する。その間のほかの操作は次の確認で検知して停止する。データベースの行の変更だけは、同じトランザクションで条件を確認する",
            ja, sono
        ),
    ))
}

/// Writes rising numbers with those that follow one another drawn together.
fn ranges(numbers: &[usize], to: &str) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let told = runs.iter().map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}{to}{last}"),
    });
    told.collect::<Vec<_>>().join(", ")
}

/// Returns what is left for later: from the marks that the end of the plan shows.
pub fn follow_ups(plan: &GroupPlan) -> Vec<FollowUp> {
    let table = plan.topology.table;
    let end = plan.standings_before(usize::MAX);
    let leader = leaders(table, &end).next();
    let mut found: Vec<FollowUp> = Vec::new();
    for (server, standing) in &end {
        let was_named = plan.topology.declared(server).is_some();
        for row in table.transitions {
            let Some(form) = &row.follow_up else { continue };
            let (mark, values) = form.while_mark;
            let due = standing.mark(mark).is_some_and(|value| values.contains(&value)) && standing.role.is_some();
            // Servers come one after another: what is known of this one stands at the end.
            let of_server = found.iter().rev().take_while(|one| one.server == *server);
            let known = of_server.into_iter().any(|one| one.name == form.name);
            if due && !known && was_named {
                let says = sentence::why(&plan.topology, server, leader, form.says);
                found.push(FollowUp { server: server.clone(), name: form.name, says });
            }
        }
    }
    found
}
