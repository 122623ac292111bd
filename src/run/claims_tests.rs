use super::*;
use crate::format::sample::{self, at};
use crate::model::plan::Plan;
use crate::run::lock::Holder;
use crate::run::runs::{Identity, begin, opening, read};

/// A plan of one group of that name, with steps or in sync.
fn plan(group: &str, verdict: GroupVerdict) -> Plan {
    let mut plan = sample::plan();
    plan.groups[0].topology.group = group.into();
    plan.groups[0].verdict = verdict;
    plan
}

/// A run that began at that minute, with that number of its group, and went on with these.
fn run(state: &State, minute: i64, plan: &Plan, numbers: &[u64]) -> Claim {
    let (id, plan_id, mut journal) = begin(state, plan, at(minute)).unwrap();
    let group = plan.groups[0].topology.group.clone();
    let mut entries = Vec::new();
    for (after, number) in numbers.iter().enumerate() {
        let who = Identity { who: "hanako".into(), host: "admin1".into() };
        let event = opening(&id, &plan_id, &entries, who);
        // 0: as an earlier version wrote it.
        let taken = (*number > 0).then(|| (group.clone(), *number));
        entries.push(journal.write(at(minute + after as i64), event.taking(taken)).unwrap());
    }
    Claim::of(state, &read(state, &id, &sample::tables()).unwrap())
}

/// The run that has taken the place of one, as `overtaken` tells; `-` where the group was found as declared.
fn place_of(claim: &Claim, all: &[&Claim], state: &State) -> Option<String> {
    let all: Vec<Claim> = all.iter().map(|claim| (*claim).clone()).collect();
    let later = claim.overtaken(&all, state).unwrap();
    later.into_iter().next().map(|later| later.run.map_or("-".into(), |(run, _)| run))
}

#[test]
fn the_run_that_took_the_latest_number_has_the_last_word_whatever_clocks_say() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::at(folder.path());
    let store = plan("Store", GroupVerdict::Ready);
    let (first, second) = (run(&state, 9, &store, &[1]), run(&state, 5, &store, &[2]));
    let other = run(&state, 7, &plan("Labs", GroupVerdict::Ready), &[8]);
    let all = [&first, &second, &other];
    assert_eq!(place_of(&first, &all, &state), Some(second.run.clone()));
    assert_eq!((place_of(&second, &all, &state), place_of(&other, &all, &state)), (None, None));
    // Whoever went on took a later number.
    let resumed = run(&state, 1, &plan("STORE", GroupVerdict::Ready), &[1, 3]);
    let all = [&first, &second, &resumed];
    assert_eq!(place_of(&resumed, &all, &state), None);
    assert_eq!(place_of(&second, &all, &state), Some(resumed.run.clone()), "names that differ in case are one group");
}

#[test]
fn a_group_that_a_later_run_found_blocked_was_not_planned_anew_and_one_in_sync_was() {
    for (verdict, is_later) in [(GroupVerdict::Blocked, false), (GroupVerdict::InSync, true)] {
        let folder = tempfile::tempdir().unwrap();
        let state = State::at(folder.path());
        let first = run(&state, 1, &plan("Store", GroupVerdict::Ready), &[1]);
        let second = run(&state, 2, &plan("Store", verdict), &[2]);
        assert_eq!(place_of(&first, &[&first, &second], &state).is_some(), is_later, "{verdict:?}");
    }
}

#[test]
fn a_group_found_as_declared_takes_the_place_of_every_run_before() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::at(folder.path());
    let holder = Holder {
        group: "Store".into(),
        system: "co-store".into(),
        who: "hanako".into(),
        host: "admin1".into(),
        process: 7,
        since: at(0),
    };
    let store = plan("Store", GroupVerdict::Ready);
    let first = run(&state, 1, &store, &[generation::take(&state, &holder).unwrap().number()]);
    assert_eq!(place_of(&first, &[&first], &state), None);
    // Whoever only looked has planned nothing.
    generation::take(&state, &holder).unwrap();
    assert_eq!(place_of(&first, &[&first], &state), None);
    generation::take(&state, &holder).unwrap().note_in_sync(at(2)).unwrap();
    assert_eq!(place_of(&first, &[&first], &state), Some("-".into()));
    let second = run(&state, 0, &store, &[generation::take(&state, &holder).unwrap().number()]);
    assert_eq!(place_of(&second, &[&first, &second], &state), None);
    assert_eq!(place_of(&first, &[&first, &second], &state), Some(second.run.clone()));
}

#[test]
fn runs_of_earlier_versions_are_told_apart_by_when_they_began() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::at(folder.path());
    let store = plan("Store", GroupVerdict::Ready);
    let [old, older] = [4, 2].map(|minute| run(&state, minute, &store, &[0]));
    let new = run(&state, 6, &store, &[1]);
    let all = [&old, &older, &new];
    assert_eq!(place_of(&older, &all[..2], &state), Some(old.run.clone()));
    assert_eq!(place_of(&old, &all[..2], &state), None);
    assert_eq!(place_of(&old, &all, &state), Some(new.run.clone()));
    assert_eq!(place_of(&new, &all, &state), None);
    // One that was killed before its first line is as old as its folder: made just now.
    let killed = run(&state, 0, &store, &[]);
    assert_eq!(place_of(&killed, &[&old, &killed], &state), None);
}

#[test]
fn whoever_goes_on_with_a_run_has_planned_no_group_anew_that_was_in_sync() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::at(folder.path());
    let in_sync = run(&state, 1, &plan("Store", GroupVerdict::InSync), &[1, 3]);
    let open = run(&state, 2, &plan("Store", GroupVerdict::Ready), &[2]);
    assert_eq!(place_of(&open, &[&in_sync, &open], &state), None);
}
