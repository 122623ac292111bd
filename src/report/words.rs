//! Names and figures in the reader's language: roles as the documents call them, spans of time, lists of steps.

use std::time::Duration;

use super::phrases;
use crate::model::plan::{GroupPlan, MarkChange, RoleChange, Step};
use crate::model::snapshot::Standing;
use crate::model::table::{MarkName, MarkValue, RoleName, Table};
use crate::model::words::{Language, Words};

/// Returns a phrase with its places filled in.
pub(super) fn fill(words: Words, language: Language, places: &[(&str, &str)]) -> String {
    let mut said = String::new();
    let mut rest = words.say(language);
    while let Some(open) = rest.find('{') {
        said.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('}') else { break };
        let name = &rest[open + 1..open + close];
        said.push_str(places.iter().find(|(place, _)| *place == name).map_or("", |(_, value)| value));
        rest = &rest[open + close + 1..];
    }
    said.push_str(rest);
    said
}

/// Returns `one` for 1, else `many` with `{n}` filled in.
pub(super) fn count(n: usize, one: Words, many: Words, language: Language) -> String {
    match n {
        1 => one.say(language).into(),
        n => fill(many, language, &[("n", &n.to_string())]),
    }
}

/// Returns a role's name: as in files in English, as in the documents in Japanese.
pub(super) fn role(role: RoleName, table: &Table, language: Language) -> &'static str {
    match language {
        Language::English => role,
        Language::Japanese => table.role(role).map_or(role, |role| role.title.ja),
    }
}

/// Returns a mark's name and the names of its values.
pub(super) fn mark(name: MarkName, table: &Table, language: Language) -> &'static str {
    match language {
        Language::English => name,
        Language::Japanese => table.mark(name).map_or(name, |mark| mark.title.ja),
    }
}

/// Returns the name of a mark's value; a word for unknown where there is none.
pub(super) fn value(
    name: MarkName,
    value: Option<MarkValue>,
    table: &'static Table,
    language: Language,
) -> &'static str {
    let Some(value) = value else { return phrases::UNKNOWN.say(language) };
    match language {
        Language::English => value,
        Language::Japanese => {
            let values = table.mark(name).map(|mark| mark.values).unwrap_or_default();
            values.iter().find(|(known, _)| *known == value).map_or(value, |(_, words)| words.ja)
        }
    }
}

/// Returns a standing's role, or a word for unknown.
pub(super) fn role_of(standing: Option<&Standing>, table: &Table, language: Language) -> &'static str {
    match standing.and_then(|standing| standing.role) {
        Some(known) => role(known, table, language),
        None => phrases::UNKNOWN.say(language),
    }
}

/// Returns `PVS3: unregistered → additional`.
pub(super) fn role_change(change: &RoleChange, table: &Table, language: Language) -> String {
    let (from, to) = (role(change.from, table, language), role(change.to, table, language));
    format!("{}: {from} → {to}", change.server)
}

/// Returns `PVS3 disks: none → awaiting`.
pub(super) fn mark_change(change: &MarkChange, table: &'static Table, language: Language) -> String {
    let name = mark(change.mark, table, language);
    let from = value(change.mark, change.from, table, language);
    format!("{} {name}: {from} → {}", change.server, value(change.mark, Some(change.to), table, language))
}

/// Returns what a step does, in one phrase: its role changes, or where there are none its mark changes.
pub(super) fn headline(step: &Step, table: &'static Table, language: Language) -> String {
    let changes: Vec<String> = match step.changes.is_empty() {
        false => step.changes.iter().map(|change| role_change(change, table, language)).collect(),
        true => step.marks.iter().map(|change| mark_change(change, table, language)).collect(),
    };
    let changes = if changes.is_empty() { step.server.to_string() } else { few(&changes, 4, language) };
    format!("{changes} ({})", step.transition.name)
}

/// Returns each server's role before the first and after the last step, where they differ.
pub(super) fn net_changes(group: &GroupPlan) -> Vec<RoleChange> {
    let mut net: Vec<RoleChange> = Vec::new();
    let mut places = std::collections::BTreeMap::new();
    for change in group.steps.iter().flat_map(|step| &step.changes) {
        match places.get(&change.server) {
            Some(at) => {
                let known: &mut RoleChange = &mut net[*at];
                known.to = change.to;
            }
            None => {
                places.insert(&change.server, net.len());
                net.push(change.clone());
            }
        }
    }
    net.retain(|change| change.from != change.to);
    net
}

/// Returns a list of at most `most` items, and how many more there are.
pub(super) fn few(items: &[String], most: usize, language: Language) -> String {
    let comma = phrases::COMMA.say(language);
    match items.len() > most + 1 {
        false => items.join(comma),
        true => {
            let more = fill(phrases::AND_MORE, language, &[("n", &(items.len() - most).to_string())]);
            format!("{}{comma}{more}", items[..most].join(comma))
        }
    }
}

/// Returns `step 2`, or `steps 1, 3 to 5`.
pub(super) fn step_numbers(numbers: &[usize], language: Language) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let one = |(first, last): &(usize, usize)| match last - first {
        0 => first.to_string(),
        1 if runs.len() == 1 => fill(phrases::AND, language, &[("a", &first.to_string()), ("b", &last.to_string())]),
        _ => fill(phrases::TO, language, &[("a", &first.to_string()), ("b", &last.to_string())]),
    };
    let said: Vec<String> = runs.iter().map(one).collect();
    let words = if numbers.len() == 1 { phrases::STEP_NUMBER } else { phrases::STEP_NUMBERS };
    fill(words, language, &[("n", &few(&said, 8, language))])
}

/// Returns a span of time in its largest whole unit.
pub(super) fn span(span: Duration, language: Language) -> String {
    let seconds = span.as_secs();
    let (words, n) = match seconds {
        s if s >= 7200 && s % 3600 == 0 => (phrases::HOURS, s / 3600),
        s if s >= 60 && s % 60 == 0 => (phrases::MINUTES, s / 60),
        s => (phrases::SECONDS, s),
    };
    fill(words, language, &[("n", &n.to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted_off_as_people_do() {
        let said = |numbers: &[usize]| step_numbers(numbers, Language::English);
        assert_eq!(said(&[2]), "step 2");
        assert_eq!(said(&[1, 2]), "steps 1 and 2");
        assert_eq!(said(&[1, 3, 4, 5]), "steps 1, 3 to 5");
    }

    #[test]
    fn spans_have_their_largest_whole_unit() {
        let said = |seconds| span(Duration::from_secs(seconds), Language::English);
        assert_eq!(
            (said(90), said(600), said(86_400), said(0)),
            ("90 s".into(), "10 min".into(), "24 h".into(), "0 s".into())
        );
    }

    #[test]
    fn what_is_filled_in_is_not_read_again() {
        let words = Words { en: "{a}{b}", ja: "" };
        assert_eq!(fill(words, Language::English, &[("a", "{b}"), ("b", "x")]), "{b}x");
    }
}
