use super::*;
use crate::format::sample::{self, at};

/// A plan for two groups that are ready.
fn two() -> Plan {
    let one = sample::plan().groups[0].clone();
    let mut other = one.clone();
    other.topology.group = "Other".into();
    let groups = [one, other].map(|group| GroupPlan { verdict: GroupVerdict::Ready, ..group });
    Plan { groups: groups.into() }
}

fn done(plan: &GroupPlan) -> Vec<Event> {
    let group = || plan.topology.group.clone();
    let done = |step: usize| Event::StepDone { group: group(), step, changes: vec![], marks: vec![], already: false };
    plan.steps.iter().map(|step| done(step.number)).collect()
}

fn journal(events: &[Event]) -> Vec<Entry> {
    let entry = |(event, number): (&Event, u64)| Entry { number, at: at(number as i64), event: event.clone() };
    events.iter().zip(1..).map(entry).collect()
}

#[test]
fn a_run_is_over_once_every_step_of_every_group_is_done_and_its_end_is_noted() {
    let plan = two();
    let end = Event::RunEnded { exit_code: 0 };
    let [first, second] = [done(&plan.groups[0]), done(&plan.groups[1])];
    assert!(!is_over(&plan, &journal(&[first.clone(), vec![end.clone()]].concat())));
    assert!(!is_over(&plan, &journal(&[second.clone(), vec![end.clone()]].concat())));
    assert!(!is_over(&plan, &journal(&[first.clone(), second.clone()].concat())));
    assert!(is_over(&plan, &journal(&[first, second, vec![end]].concat())));
}

#[test]
fn a_group_is_tried_again_only_where_its_own_last_step_was_not_begun() {
    let stopped = |group: &str, outcome| Event::StepStopped {
        group: group.into(),
        step: 1,
        outcome,
        cause: crate::model::words::Text::new("because", "because"),
        otherwise: Vec::new(),
    };
    let says = |events: &[Event]| has_not_begun("Store", &journal(events));
    let (not, half) = (Outcome::NotStarted, Outcome::FailedChanged);
    assert!(says(&[stopped("Store", not)]) && says(&[stopped("Store", half), stopped("Store", not)]));
    assert!(!says(&[]) && !says(&[stopped("Store", half)]) && !says(&[stopped("Store", not), stopped("Store", half)]));
    assert!(!says(&[stopped("Store", half), stopped("Other", not)]));
}

#[test]
fn of_several_runs_the_latest_that_is_not_finished_is_found_and_those_that_can_not_be_read_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::at(folder.path());
    let tables = sample::tables();
    // Each of another group, so that none takes another's place.
    let run = |minute: i64| {
        let mut plan = Plan { groups: vec![two().groups.remove(0)] };
        plan.groups[0].topology.group = format!("Store{minute}");
        let (id, plan, mut journal) = begin(&state, &plan, at(minute)).unwrap();
        let identity = Identity { who: "hanako".into(), host: "admin1".into() };
        journal.write(at(minute), opening(&id, &plan, &[], identity)).unwrap();
        id
    };
    let ids = [5, 9, 1].map(run);
    let found = || latest(&state, &tables).map(|found| (found.run.map(|run| run.id), found.broken.len())).unwrap();
    assert_eq!(found(), (Some(ids[1].clone()), 0));
    fs::write(state.run(&ids[1]).join("journal.jsonl"), "{}\n{}\n").unwrap();
    assert_eq!(found(), (Some(ids[0].clone()), 1));
}

#[test]
fn what_leaves_more_in_the_dark_is_worse() {
    for (codes, is) in
        [([6, 3], 3), ([5, 3], 3), ([6, 5], 5), ([2, 6], 6), ([7, 3], 7), ([0, 4], 4), ([130, 1], 130), ([130, 70], 70)]
    {
        let [one, other] = codes;
        assert_eq!((worst([one, other]), worst([other, one])), (is, is), "{codes:?}");
    }
    assert_eq!(worst([]), 0);
}

#[test]
fn a_run_whose_id_is_taken_leaves_the_plan_of_the_other_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::at(folder.path());
    let (id, _, _) = begin(&state, &two(), at(1)).unwrap();
    fs::remove_file(state.run(&id).join("journal.jsonl")).unwrap();
    fs::write(state.run(&id).join("plan.json"), "another's").unwrap();
    assert!(begin(&state, &two(), at(1)).is_err());
    assert_eq!(fs::read(state.run(&id).join("plan.json")).unwrap(), b"another's");
}
