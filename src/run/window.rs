//! Whether a step may begin now, as the declared maintenance windows go. Pure.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Zoned};

use crate::model::plan::{GroupPlan, Step};
use crate::model::topology::Topology;
use crate::model::window::{longest_opening, next_opening, open_until, zone};
use crate::model::words::Text;
use crate::plan::disruption::{Course, Span};

/// Returns why nothing may be changed in the group now; none where a window is open, or none is declared.
pub fn closed(topology: &Topology, now: Timestamp) -> Option<Text> {
    if topology.maintenance.is_empty() || open_until(&topology.maintenance, now).is_some() {
        return None;
    }
    let (en, ja) = ("it is outside the maintenance windows of the group", "グループのメンテナンス時間外である");
    Some(with_next(topology, Duration::ZERO, now, en, ja))
}

/// Returns why the step may not begin now: outside every window, or with a disruption that could outlast the window.
///
/// In the middle of a disruption that earlier steps of the plan began it is never too late: a group without a leader, or
/// without the server that was to come back, is worse than one that is worked on late.
pub fn too_late(plan: &GroupPlan, step: &Step, now: Timestamp) -> Option<Text> {
    let topology = &plan.topology;
    if topology.maintenance.is_empty() {
        return None;
    }
    let span = Course::of(plan).span(step);
    if span.is_under_way && step.number > 1 {
        return None;
    }
    let Some(end) = open_until(&topology.maintenance, now) else { return closed(topology, now) };
    let left = Duration::try_from(end.duration_since(now)).unwrap_or_default();
    // What is disrupted already does not become so by a step that is to end that.
    if span.is_under_way || span.lasts <= left {
        return None;
    }
    let (en, ja) = lasts_longer(step, &span, left);
    Some(with_next(topology, span.lasts, now, &en, &ja))
}

fn lasts_longer(step: &Step, span: &Span, left: Duration) -> (String, String) {
    let (lasts, left, until) = (minutes(span.lasts), minutes(left), span.until);
    match until == step.number {
        true => (
            format!("the step may disrupt for {lasts} min, and the maintenance window closes in {left} min"),
            format!("この手順の影響は最大 {lasts} 分だが、メンテナンス時間は残り {left} 分である"),
        ),
        false => (
            format!(
                "what the step disrupts may last {lasts} min, until step {until} is done, and the maintenance window closes in {left} min"
            ),
            format!(
                "この手順で始まる影響はステップ {until} の完了まで最大 {lasts} 分続くが、メンテナンス時間は残り {left} 分である"
            ),
        ),
    }
}

/// Says until when the window is open; nothing where none is declared, or none is open.
pub fn closes(topology: &Topology, now: Timestamp) -> Option<Text> {
    let end = open_until(&topology.maintenance, now)?;
    let end = told(&Zoned::new(end, zone(&topology.maintenance)?.clone()));
    Some(Text::new(
        format!("The maintenance window of the group closes at {end}."),
        format!("グループのメンテナンス時間は {end} に終了する。"),
    ))
}

/// Adds when a window opens next that is open for so long.
fn with_next(topology: &Topology, lasts: Duration, now: Timestamp, en: &str, ja: &str) -> Text {
    if longest_opening(&topology.maintenance) < lasts {
        return Text::new(
            format!("{en}; no maintenance window of the group is ever open for so long"),
            format!("{ja} (それだけの長さのメンテナンス時間は宣言されていない)"),
        );
    }
    match next_opening(&topology.maintenance, now) {
        Some(next) => {
            let next = told(&next);
            Text::new(format!("{en}; the next one opens at {next}"), format!("{ja} (次の開始: {next})"))
        }
        None => Text::new(en, ja),
    }
}

fn told(time: &Zoned) -> String {
    time.strftime("%Y-%m-%d %H:%M %Q").to_string()
}

/// Whole minutes, rounded down: what is left must never look longer than it is.
fn minutes(span: Duration) -> i64 {
    SignedDuration::try_from(span).map_or(i64::MAX, |span| span.as_mins())
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
