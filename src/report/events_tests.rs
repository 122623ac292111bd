use super::*;
use crate::format::sample::{self, seen};

fn look(language: Language) -> Look {
    Look { language, width: 80, colour: false }
}

#[test]
fn a_run_is_told_as_it_happens_and_the_same_later() {
    let (entries, plan) = (sample::entries(), sample::plan());
    for language in [Language::English, Language::Japanese] {
        let live: String =
            (0..entries.len()).map(|at| event(&entries[..at], &entries[at], &plan, &look(language))).collect();
        assert_eq!(live, run(&entries, &plan, &look(language)));
        match language {
            Language::English => seen!("events_en", live),
            Language::Japanese => seen!("events_ja", live),
        }
    }
}

fn end(stopped: Option<(Outcome, &str)>, ending: Ending) -> String {
    let mut entries = sample::entries();
    entries.truncate(9);
    let add = |event, entries: &mut Vec<Entry>| {
        entries.push(Entry { number: entries.len() as u64 + 1, at: sample::at(50), event });
    };
    if let Some((outcome, cause)) = stopped {
        let cause = Text::new(cause, cause);
        add(Event::StepStopped { group: "Store".into(), step: 2, outcome, cause, otherwise: Vec::new() }, &mut entries);
    }
    add(Event::GroupEnded { group: "Store".into(), ending }, &mut entries);
    let plan = sample::plan();
    let from = 9.min(entries.len());
    (from..entries.len()).map(|at| event(&entries[..at], &entries[at], &plan, &look(Language::English))).collect()
}

#[test]
fn every_ending_says_what_was_done_what_was_not_and_what_to_do_next() {
    let said = [
        end(Some((Outcome::FailedChanged, "half of it")), Ending::Failed),
        end(Some((Outcome::Unknown, "the answer was lost")), Ending::Unknown),
        end(Some((Outcome::NotStarted, "one terminal is running")), Ending::Blocked),
        end(Some((Outcome::Waiting, "nobody did it yet")), Ending::Waiting),
        end(Some((Outcome::NotStarted, "PVS3 is a slave now")), Ending::Stale),
        end(None, Ending::Interrupted),
        end(None, Ending::Done),
    ];
    seen!("events_endings", said.join("----\n"));
}

#[test]
fn where_nothing_was_changed_that_is_said() {
    let mut entries = sample::entries();
    entries.truncate(3);
    let cause = Text::new("no", "no");
    let stop = Event::StepStopped {
        group: "Store".into(),
        step: 1,
        outcome: Outcome::NotStarted,
        cause,
        otherwise: Vec::new(),
    };
    entries.push(Entry { number: 4, at: sample::at(4), event: stop });
    let last = Entry {
        number: 5,
        at: sample::at(4),
        event: Event::GroupEnded { group: "Store".into(), ending: Ending::Blocked },
    };
    let said = event(&entries, &last, &sample::plan(), &look(Language::English));
    assert!(said.contains("nothing has been changed"), "{said}");
}

#[test]
fn an_event_of_a_group_that_the_plan_does_not_hold_is_told_all_the_same() {
    let plan = Plan { groups: Vec::new() };
    let said = run(&sample::entries(), &plan, &look(Language::English));
    assert_eq!(said.matches("step 2 of ?").count(), 2, "{said}");
    assert!(!said.contains('\u{1b}'));
}

/// What is said at the end of a group that was stopped before its second step, of which the guards said this.
fn stopped_before_2(plan: &Plan, guard: &str, verdict: Verdict, minute: i64) -> String {
    let group = || "Store".to_string();
    let answers = vec![(guard.to_string(), verdict, Text::new("because", "because"), None)];
    let cause = Text::new("because", "because");
    let (step, outcome, otherwise) = (2, Outcome::NotStarted, Vec::new());
    let events = [
        Event::GuardsAsked { group: group(), step: 2, answers },
        Event::StepStopped { group: group(), step, outcome, cause, otherwise },
        Event::GroupEnded { group: group(), ending: Ending::Blocked },
    ];
    let entries = events.into_iter().zip(1..).map(|(event, number)| Entry { number, at: sample::at(minute), event });
    let entries: Vec<Entry> = entries.collect();
    event(&entries[..2], &entries[2], plan, &Look { width: 400, ..look(Language::English) })
}

#[test]
fn where_a_waiver_has_ended_or_no_window_is_long_enough_a_new_plan_is_what_helps() {
    let mut plan = sample::plan();
    let (renew, longer) = ("renew it in examples/campus/store.yaml", "declare a longer maintenance window");
    // The waiver of `share_present` for PVS3 holds to the end of 2026-12-01.
    let (ended, holds) = (60 * 24 * 12, 60 * 24 * 11);
    let no = |plan: &Plan, guard, minute| stopped_before_2(plan, guard, Verdict::No, minute);
    assert!(no(&plan, "share_present", ended).contains(renew));
    for other in [no(&plan, "share_present", holds), no(&plan, "one_master", ended)] {
        assert!(other.contains("when it holds, run `rolewalk resume") && !other.contains(renew), "{other}");
    }
    let said = stopped_before_2(&plan, "one_master", Verdict::Yes, 0);
    assert!(said.contains("when it holds, run `rolewalk resume"), "{said}");
    plan.groups[0].topology.maintenance =
        crate::model::window::Window::parse("Sat 22:00/PT4M UTC").into_iter().collect();
    let said = stopped_before_2(&plan, "one_master", Verdict::Yes, 0);
    assert!(said.contains(longer), "{said}");
}

#[test]
fn whoever_is_asked_again_after_the_limit_is_told_since_when_it_is_overdue() {
    let asked = sample::entries().into_iter().find(|entry| matches!(entry.event, Event::OperatorAsked { .. })).unwrap();
    let told = |minute| {
        event(&[], &Entry { at: sample::at(minute), ..asked.clone() }, &sample::plan(), &look(Language::English))
    };
    assert!(!told(59).contains("overdue"), "{}", told(59));
    assert!(told(60).contains("overdue since 2026-11-20 10:30 UTC"), "{}", told(60));
}
