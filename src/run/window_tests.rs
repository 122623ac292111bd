use super::*;
use crate::format::sample;
use crate::model::table::{Disruption, Transition};
use crate::model::window::Window;

fn at(time: &str) -> Timestamp {
    // A Saturday.
    format!("2026-11-21T{time}Z").parse().unwrap()
}

/// Whether a step with that disruption, of five minutes at the most, may begin then: the window is open from 22 to 23.
fn may_begin(disruption: Disruption, time: &str) -> bool {
    let mut plan = sample::plan().groups.remove(0);
    plan.topology.maintenance = Window::parse("Sat 22:00/PT1H UTC").into_iter().collect();
    let row = Transition { disruption, limit: Duration::from_secs(300), ..*plan.steps[0].transition };
    plan.steps[0].transition = Box::leak(Box::new(row));
    too_late(&plan, &plan.steps[0], at(time)).is_none()
}

#[test]
fn a_step_that_disrupts_begins_as_long_as_it_fits_into_the_window_to_the_second() {
    for (time, fits) in [("21:59:59", false), ("22:00:00", true), ("22:55:00", true), ("22:55:01", false)] {
        assert_eq!(may_begin(Disruption::Moves, time), fits, "{time}");
    }
}

#[test]
fn a_step_that_disrupts_nobody_begins_until_the_window_is_closed() {
    for (time, fits) in [("21:59:59", false), ("22:59:59", true), ("23:00:00", false)] {
        assert_eq!(may_begin(Disruption::None, time), fits, "{time}");
    }
}

#[test]
fn whoever_works_by_hand_is_told_when_the_window_closes() {
    let plan = sample::plan().groups.remove(0);
    let said = closes(&plan.topology, "2026-11-21T13:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(said.en, "The maintenance window of the group closes at 2026-11-22 05:00 Asia/Tokyo.");
    assert_eq!(closes(&plan.topology, "2026-11-21T12:59:59Z".parse().unwrap()), None);
}
