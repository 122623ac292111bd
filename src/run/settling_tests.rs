use super::*;
use crate::format::journal::Journal;
use crate::format::sample::{at, plan};
use crate::model::event::Entry;

/// A run that did the first step of its plan at minute 0, or found it done.
fn run(already: bool) -> Run {
    let plan = plan();
    let group = plan.groups[0].topology.group.clone();
    let event = Event::StepDone { group, step: 1, changes: Vec::new(), marks: Vec::new(), already };
    let entries = vec![Entry { number: 1, at: at(0), event }];
    let journal = Journal { entries, last_hash: String::new(), torn: None };
    Run { id: "run".into(), plan, plan_id: String::new(), journal }
}

#[test]
fn a_server_moves_until_its_settling_time_is_over_and_not_where_nothing_was_done() {
    let topology = plan().groups[0].topology.clone();
    assert_eq!(topology.settling, Some(Duration::from_secs(600)));
    let moving = |already: bool, minute: i64| {
        let mut settling = Settling::new();
        note(&mut settling, &run(already), std::slice::from_ref(&topology), at(minute));
        settling.into_values().flatten().collect::<Vec<_>>()
    };
    let server = plan().groups[0].steps[0].server.clone();
    assert_eq!(moving(false, 9), [(server, at(10))]);
    assert_eq!(moving(false, 10), []);
    assert_eq!(moving(true, 9), []);
}
