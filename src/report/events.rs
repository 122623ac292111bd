//! A run as it is told: the very same lines while it happens and when it is shown later.
//!
//! Nothing is read here but the journal and the plan, so a run that crashed is told as well as one that ended.

use jiff::Timestamp;

use super::page::{Look, Page, Tone};
use super::phrases;
use super::run_state::state;
use super::text::labelled;
use super::text_step::guard_line;
use super::words::{count, fill, headline, mark_change, role, role_change};
use crate::model::attestation::subject;
use crate::model::event::{Ending, Entry, Event, Outcome};
use crate::model::guard::Verdict;
use crate::model::name::ServerName;
use crate::model::plan::{GroupPlan, MarkChange, Plan, RoleChange, Step};
use crate::model::topology::Waiver;
use crate::model::window::longest_opening;
use crate::model::words::{Language, Text};
use crate::plan::disruption::Course;

/// Where lines that belong to the one above begin.
const INDENT: usize = 9;

/// Returns a whole run.
pub fn run(entries: &[Entry], plan: &Plan, look: &Look) -> String {
    entries.iter().enumerate().map(|(index, entry)| event(&entries[..index], entry, plan, look)).collect()
}

/// Returns the lines of one event. `history` is what came before it in the run.
pub fn event(history: &[Entry], entry: &Entry, plan: &Plan, look: &Look) -> String {
    let mut page = Page::new(look);
    let language = look.language;
    let at = clock(entry.at);
    let here = |group: &str| plan.groups.iter().find(|one| one.topology.group == group);
    match &entry.event {
        Event::RunStarted { run, plan, tool, who, host, .. } => {
            let said = fill(phrases::RUN_STARTED, language, &[("run", run), ("who", who), ("host", host)]);
            head(&mut page, &at, Tone::Strong, &said);
            let day = entry.at.strftime("%Y-%m-%d");
            page.whole(INDENT, &[(Tone::Faint, &format!("{day} UTC, {tool}, {} {plan}", phrases::PLAN.say(language)))]);
        }
        Event::RunResumed { who, host, .. } => {
            let run = run_id(history);
            let said = fill(phrases::RUN_RESUMED, language, &[("run", run), ("who", who), ("host", host)]);
            head(&mut page, &at, Tone::Strong, &said);
        }
        Event::GroupStarted { group, steps } => {
            let steps = count(*steps, phrases::STEPS_ONE, phrases::STEPS_MANY, language);
            let said = fill(phrases::GROUP_STARTED, language, &[("group", group), ("steps", &steps)]);
            head(&mut page, &at, Tone::Strong, &said);
        }
        Event::GuardsAsked { group, step, answers } => {
            let said = format!("{} {}", step_of(plan, group, *step, language), phrases::GUARDS.say(language));
            head(&mut page, &at, Tone::Plain, &format!("{said}:"));
            for (name, verdict, because, waived) in answers {
                guard_line(&mut page, INDENT, name, *verdict, because.say(language));
                if let Some(waived) = waived {
                    labelled(&mut page, INDENT + 2, phrases::WAIVED.say(language), waived.say(language));
                }
            }
        }
        Event::FactsAttested { facts, .. } => {
            // What one person attested at once is one line.
            for of_source in facts.chunk_by(|one, next| one.source == next.source) {
                let each = of_source.iter().map(|fact| {
                    let subject = subject(fact.server.as_ref(), &fact.name);
                    format!("{subject} = {}", fact.value)
                });
                let said = format!("{} ({})", each.collect::<Vec<_>>().join(", "), of_source[0].source);
                labelled(&mut page, INDENT, phrases::RELIES_ON.say(language), &said);
            }
        }
        Event::StepStarted { group, step, transition, server, requests } => {
            let does = match (here(group), find(here(group), *step)) {
                (Some(group), Some(step)) => headline(step, group.topology.table, language),
                _ => format!("{server} ({transition})"),
            };
            let said = format!("{}: {does}", step_of(plan, group, *step, language));
            head(&mut page, &at, Tone::Strong, &said);
            requests
                .iter()
                .for_each(|request| labelled(&mut page, INDENT, phrases::ASKED.say(language), request.say(language)));
        }
        Event::Answered { group, reply, .. } => {
            let label = format!("{}{}", prefix(plan, group, language), phrases::ANSWERED.say(language));
            labelled(&mut page, INDENT, &label, reply);
        }
        Event::OperatorAsked { group, host, instructions, until, .. } => {
            let before = prefix(plan, group, language);
            operator(&mut page, &at, &before, host, instructions, *until);
            if *until <= entry.at {
                page.put(
                    INDENT,
                    INDENT,
                    &[(Tone::Warn, &fill(phrases::OVERDUE, language, &[("until", &moment(*until))]))],
                );
            }
        }
        Event::StepDone { group, step, changes, marks, already } => {
            let said = done(here(group), *step, changes, marks, *already, language);
            head(&mut page, &at, Tone::Good, &format!("{}{said}", prefix(plan, group, language)));
        }
        Event::StepStopped { group, step, outcome, cause, .. } => {
            stopped(&mut page, plan, group, *step, *outcome);
            labelled(&mut page, 2, phrases::CAUSE.say(language), cause.say(language));
            match outcome {
                Outcome::FailedUnchanged => page.put(2, 4, &[(Tone::Plain, phrases::UNCHANGED.say(language))]),
                Outcome::FailedChanged => page.put(2, 4, &[(Tone::Warn, phrases::CHANGED_IN_PART.say(language))]),
                Outcome::NotStarted | Outcome::Unknown | Outcome::Waiting => {}
            }
        }
        Event::GroupEnded { group, ending } => ended(&mut page, history, here(group), group, *ending),
        Event::RunInterrupted => head(&mut page, &at, Tone::Warn, phrases::INTERRUPTED.say(language)),
        Event::RunEnded { exit_code } => {
            let places = [("run", run_id(history)), ("code", &exit_code.to_string())];
            head(&mut page, &at, Tone::Faint, &fill(phrases::RUN_ENDED, language, &places));
        }
    }
    page.done()
}

fn head(page: &mut Page, at: &str, tone: Tone, said: &str) {
    page.put(0, INDENT, &[(Tone::Faint, at), (Tone::Plain, " "), (tone, said)]);
}

/// Returns the time of the day (UTC), as wide as [`INDENT`] leaves room for.
fn clock(at: Timestamp) -> String {
    at.strftime("%H:%M:%S").to_string()
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn run_id(history: &[Entry]) -> &str {
    match history.first().map(|entry| &entry.event) {
        Some(Event::RunStarted { run, .. }) => run,
        _ => "?",
    }
}

fn find(group: Option<&GroupPlan>, number: usize) -> Option<&Step> {
    group?.steps.iter().find(|step| step.number == number)
}

/// Returns `step 2 of 4`, with the group before it where the plan has several.
fn step_of(plan: &Plan, group: &str, number: usize, language: Language) -> String {
    let here = plan.groups.iter().find(|one| one.topology.group == group);
    let all = here.map_or("?".into(), |group| group.steps.len().to_string());
    let step = fill(phrases::STEP_OF, language, &[("n", &number.to_string()), ("all", &all)]);
    format!("{}{step}", prefix(plan, group, language))
}

/// Returns the group's name to stand before a line, where the plan has several: their lines come side by side.
fn prefix(plan: &Plan, group: &str, language: Language) -> String {
    match plan.groups.len() {
        1 => String::new(),
        _ => format!("{group}{}", phrases::COMMA.say(language)),
    }
}

fn operator(page: &mut Page, at: &str, before: &str, host: &ServerName, instructions: &[Text], until: Timestamp) {
    let language = page.look.language;
    let said = fill(phrases::OPERATOR_WANTED, language, &[("host", host.as_str()), ("until", &moment(until))]);
    head(page, at, Tone::Warn, &format!("{before}{said}"));
    for (index, one) in instructions.iter().enumerate() {
        let number = format!("{:>2}. ", index + 1);
        page.put(INDENT, INDENT + 4, &[(Tone::Plain, &number), (Tone::Plain, one.say(language))]);
    }
}

fn done(
    plan: Option<&GroupPlan>,
    number: usize,
    changes: &[RoleChange],
    marks: &[MarkChange],
    already: bool,
    language: Language,
) -> String {
    let words = if already { phrases::DONE_ALREADY } else { phrases::DONE };
    let mut said: Vec<String> = match plan.map(|plan| plan.topology.table) {
        Some(table) => {
            let roles = changes.iter().map(|change| role_change(change, table, language));
            roles.chain(marks.iter().take(4).map(|change| mark_change(change, table, language))).collect()
        }
        None => changes.iter().map(|change| format!("{}: {} → {}", change.server, change.from, change.to)).collect(),
    };
    if said.is_empty() {
        said.extend(find(plan, number).map(|step| step.server.to_string()));
    }
    format!("{}{}{}", words.say(language), phrases::COLON.say(language), said.join(phrases::COMMA.say(language)))
}

fn stopped(page: &mut Page, plan: &Plan, group: &str, number: usize, outcome: Outcome) {
    let language = page.look.language;
    let (tone, words) = match outcome {
        Outcome::NotStarted => (Tone::Warn, phrases::NOT_BEGUN),
        Outcome::FailedUnchanged | Outcome::FailedChanged => (Tone::Bad, phrases::FAILED),
        Outcome::Unknown => (Tone::Bad, phrases::OUTCOME_UNKNOWN),
        Outcome::Waiting => (Tone::Warn, phrases::STEP_WAITS),
    };
    let mut said = fill(words, language, &[("step", &step_of(plan, group, number, language))]);
    let here = plan.groups.iter().find(|one| one.topology.group == group);
    if let (Some(here), Some(step)) = (here, find(here, number)) {
        let table = here.topology.table;
        let (from, to) = (role(step.transition.from, table, language), role(step.transition.to, table, language));
        let server = match language {
            Language::English => format!("`{}`", step.server),
            Language::Japanese => step.server.to_string(),
        };
        let what = match from == to {
            true => headline(step, table, language),
            false => fill(phrases::FROM_TO, language, &[("server", &server), ("from", from), ("to", to)]),
        };
        said.push_str(&format!("{}{what}", phrases::COLON.say(language)));
    }
    if tone == Tone::Bad {
        let label = format!("{}{}", phrases::ERROR.say(language), phrases::COLON.say(language));
        page.put(0, 2, &[(Tone::Bad, &label), (Tone::Strong, &said)]);
    } else {
        page.put(0, 2, &[(tone, &said)]);
    }
}

fn ended(page: &mut Page, history: &[Entry], plan: Option<&GroupPlan>, group: &str, ending: Ending) {
    let language = page.look.language;
    let (tone, words) = match ending {
        Ending::Done => (Tone::Good, phrases::GROUP_DONE),
        Ending::Waiting => (Tone::Warn, phrases::GROUP_WAITING),
        Ending::Blocked => (Tone::Warn, phrases::GROUP_BLOCKED),
        Ending::Failed => (Tone::Bad, phrases::GROUP_FAILED),
        Ending::Unknown => (Tone::Warn, phrases::GROUP_UNKNOWN),
        Ending::Stale => (Tone::Bad, phrases::GROUP_STALE),
        Ending::Interrupted => (Tone::Warn, phrases::GROUP_INTERRUPTED),
    };
    let colon = phrases::COLON.say(language);
    page.put(0, 2, &[(Tone::Strong, group), (Tone::Plain, colon), (tone, words.say(language))]);
    let Some(plan) = plan else { return };
    if ending == Ending::Done {
        if !plan.follow_ups.is_empty() {
            page.put(2, 4, &[(Tone::Plain, &format!("{}:", phrases::LEFT_FOR_LATER.say(language)))]);
        }
        for follow_up in &plan.follow_ups {
            page.put(4, 6, &[(Tone::Plain, "- "), (Tone::Plain, follow_up.says.say(language))]);
        }
        return;
    }
    let state = state(history.iter(), group);
    page.put(2, 4, &[(Tone::Plain, &state.sums_up(plan, language))]);
    let words = match ending {
        Ending::Stale | Ending::Done => phrases::PLAN_ANEW,
        Ending::Waiting => phrases::RESUME_OPERATOR,
        Ending::Blocked | Ending::Unknown if ended_waiver(history, plan).is_some() => phrases::PLAN_ANEW_WAIVER,
        Ending::Blocked if is_never_long_enough(history, plan) => phrases::PLAN_ANEW_WINDOW,
        Ending::Blocked => phrases::RESUME_HOLDS,
        Ending::Failed => phrases::RESUME_MENDED,
        Ending::Unknown | Ending::Interrupted => phrases::RESUME_LOOK,
    };
    if ending == Ending::Waiting
        && let Some(attest) = attest_wanted(history, group)
    {
        page.blank();
        labelled(page, 0, phrases::HINT.say(language), attest.say(language));
    }
    let next = state.next(plan).unwrap_or(plan.steps.len()).to_string();
    let file = if plan.topology.source.file.is_empty() { "PATH" } else { plan.topology.source.file.as_str() };
    let hint = fill(words, language, &[("run", run_id(history)), ("n", &next), ("file", file)]);
    page.blank();
    labelled(page, 0, phrases::HINT.say(language), &hint);
}

/// Returns the waiver that has ended, where that is why the guards of a group let nothing pass when they were asked last.
fn ended_waiver<'a>(history: &[Entry], plan: &'a GroupPlan) -> Option<&'a Waiver> {
    let topology = &plan.topology;
    let (at, number, answers) = history.iter().rev().find_map(|entry| match &entry.event {
        Event::GuardsAsked { group, step, answers } if *group == topology.group => Some((entry.at, *step, answers)),
        _ => None,
    })?;
    let step = find(Some(plan), number)?;
    let mut refused = answers.iter().filter(|(_, verdict, _, waived)| *verdict != Verdict::Yes && waived.is_none());
    refused.find_map(|(name, ..)| topology.ended_waiver(name, &step.server, at))
}

/// Returns whether a group stopped before a step that fits into no maintenance window.
fn is_never_long_enough(history: &[Entry], plan: &GroupPlan) -> bool {
    let windows = &plan.topology.maintenance;
    let stopped = history.iter().rev().find_map(|entry| match &entry.event {
        Event::StepStopped { group, step, .. } if *group == plan.topology.group => find(Some(plan), *step),
        _ => None,
    });
    !windows.is_empty() && stopped.is_some_and(|step| Course::of(plan).span(step).lasts > longest_opening(windows))
}

/// Returns the last instruction of the last time that a person was asked, where it is a command that attests.
fn attest_wanted<'a>(history: &'a [Entry], group: &str) -> Option<&'a Text> {
    let asked = history.iter().rev().find_map(|entry| match &entry.event {
        Event::OperatorAsked { group: of, instructions, .. } if of == group => Some(instructions),
        _ => None,
    })?;
    asked.last().filter(|last| last.en.contains("`rolewalk attest "))
}

#[cfg(test)]
#[path = "events_tests.rs"]
mod tests;
