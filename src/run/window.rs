//! Whether a step may begin now, as the declared maintenance windows go. Pure.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Zoned};

use crate::model::plan::Step;
use crate::model::table::Disruption;
use crate::model::topology::Topology;
use crate::model::window::{next_opening, open_until};
use crate::model::words::Text;

/// Returns why nothing may be changed in the group now; none where a window is open, or none is declared.
pub fn closed(topology: &Topology, now: Timestamp) -> Option<Text> {
    if topology.maintenance.is_empty() || open_until(&topology.maintenance, now).is_some() {
        return None;
    }
    Some(with_next(
        topology,
        now,
        "it is outside the maintenance windows of the group",
        "グループのメンテナンス時間外である",
    ))
}

/// Returns why the step may not begin now: outside every window, or with a disruption that could outlast the window.
pub fn too_late(topology: &Topology, step: &Step, now: Timestamp) -> Option<Text> {
    let Some(end) = open_until(&topology.maintenance, now) else { return closed(topology, now) };
    let limit = step.transition.limit;
    let left = Duration::try_from(end.duration_since(now)).unwrap_or_default();
    if step.transition.disruption == Disruption::None || limit <= left {
        return None;
    }
    let (limit, left) = (minutes(limit), minutes(left));
    Some(with_next(
        topology,
        now,
        &format!("the step may disrupt for {limit} min, and the maintenance window closes in {left} min"),
        &format!("この手順の影響は最大 {limit} 分だが、メンテナンス時間は残り {left} 分である"),
    ))
}

fn with_next(topology: &Topology, now: Timestamp, en: &str, ja: &str) -> Text {
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
