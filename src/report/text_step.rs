//! One step of a plan as text.

use super::page::{Page, Tone, padded};
use super::phrases;
use super::text::labelled;
use super::words::{few, fill, headline, mark_change, span};
use crate::model::guard::{GuardAnswer, Verdict};
use crate::model::plan::Step;
use crate::model::table::{By, Danger, Disruption, Table, Transition};
use crate::model::words::{Language, Words};

/// Adds a step: what it does, who does it where, why, its guards, its danger and the way back.
pub(super) fn step(page: &mut Page, step: &Step, table: &'static Table) {
    let language = page.look.language;
    let row = step.transition;
    let number = format!("{:>3}  ", step.number);
    page.put(0, 5, &[(Tone::Faint, &number), (Tone::Strong, &headline(step, table, language))]);
    page.put(5, 7, &[(Tone::Plain, &who(step, language))]);
    labelled(page, 5, phrases::WHY.say(language), step.why.say(language));
    if !step.changes.is_empty() && !step.marks.is_empty() {
        let marks: Vec<String> = step.marks.iter().map(|change| mark_change(change, table, language)).collect();
        labelled(page, 5, phrases::MARKS.say(language), &few(&marks, 6, language));
    }
    if !step.guards.is_empty() {
        let label = format!("{}:", phrases::GUARDS.say(language));
        page.put(5, 7, &[(Tone::Faint, &label)]);
        step.guards.iter().for_each(|guard| answer(page, guard));
    }
    let colon = phrases::COLON.say(language);
    if let Some((tone, words)) = danger(row) {
        let label = phrases::DANGER.say(language);
        page.put(5, 7, &[(tone, label), (tone, colon), (Tone::Plain, words.say(language))]);
    }
    match (row.undo, row.no_undo_because) {
        (Some(undo), _) => labelled(page, 5, phrases::UNDO.say(language), undo),
        (None, because) => {
            let label = phrases::NO_WAY_BACK.say(language);
            let because = because.map(|words| words.say(language)).unwrap_or_default();
            page.put(5, 7, &[(Tone::Warn, label), (Tone::Warn, colon), (Tone::Plain, because)]);
        }
    }
}

/// Returns what a mistake in a transition costs; none where it costs little.
pub(super) fn danger(row: &Transition) -> Option<(Tone, Words)> {
    match row.danger {
        Danger::Low => None,
        Danger::Redundancy => Some((Tone::Warn, phrases::DANGER_REDUNDANCY)),
        Danger::Service => Some((Tone::Bad, phrases::DANGER_SERVICE)),
    }
}

/// Returns who does the step, where, within what time, and what it does to people meanwhile.
pub(super) fn who(step: &Step, language: Language) -> String {
    let row = step.transition;
    let words = match row.by {
        By::Operator => phrases::BY_OPERATOR,
        By::Automatic => phrases::BY_US,
    };
    let mut said = vec![fill(words, language, &[("host", step.runs_on.as_str())])];
    said.push(fill(phrases::WITHIN, language, &[("time", &span(row.limit, language))]));
    match row.disruption {
        Disruption::None => {}
        Disruption::Moves => said.push(phrases::MOVES.say(language).into()),
        Disruption::Idle => said.push(phrases::IDLE.say(language).into()),
        Disruption::Offline => said.push(phrases::OFFLINE.say(language).into()),
    }
    if !row.settling.is_zero() {
        said.push(fill(phrases::SETTLES, language, &[("time", &span(row.settling, language))]));
    }
    said.join(phrases::SEMICOLON.say(language))
}

fn answer(page: &mut Page, guard: &GuardAnswer) {
    let language = page.look.language;
    let because = guard.answer.because.say(language);
    guard_line(page, 7, guard.name, guard.answer.verdict, because);
    if let Some(waived) = &guard.waived {
        labelled(page, 9, phrases::WAIVED.say(language), waived.say(language));
    }
}

/// Adds a guard's verdict, name and reason.
pub(super) fn guard_line(page: &mut Page, indent: usize, name: &str, verdict: Verdict, because: &str) {
    let language = page.look.language;
    let (tone, words) = match verdict {
        Verdict::Yes => (Tone::Good, phrases::YES),
        Verdict::Unknown => (Tone::Warn, phrases::UNKNOWN),
        Verdict::No => (Tone::Bad, phrases::NO),
    };
    let verdict = padded(words.say(language), 8);
    page.put(
        indent,
        indent + 8,
        &[(tone, &verdict), (Tone::Plain, name), (Tone::Plain, phrases::COLON.say(language)), (Tone::Plain, because)],
    );
}
