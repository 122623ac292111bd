//! What a run relies on that people attested: noted in its journal, and asked for where it is missing or over.

use crate::model::attestation::{Attestable, attested, is_wanted, subject};
use crate::model::event::{AttestedFact, Entry, Event};
use crate::model::fact::{Fact, Facts, Value};
use crate::model::guard::{GuardAnswer, Verdict};
use crate::model::name::ServerName;
use crate::model::plan::{GroupPlan, Step};
use crate::model::words::Text;
use crate::system::System;

/// How long an attestation of a command that we word is to hold.
const UNTIL: &str = "8h";

/// Returns the attested facts that the journal does not have as they are now.
pub fn new_facts(group: &str, facts: &Facts, entries: &[Entry]) -> Vec<AttestedFact> {
    let of_group = || entries.iter().filter(|entry| entry.event.group() == Some(group));
    let noted: Vec<&AttestedFact> = of_group()
        .filter_map(|entry| match &entry.event {
            Event::FactsAttested { facts, .. } => Some(facts),
            _ => None,
        })
        .flatten()
        .collect();
    let last = |fact: &AttestedFact| {
        noted.iter().rev().find(|one| (&one.server, &one.name) == (&fact.server, &fact.name)).copied()
    };
    let told = attested(facts).filter_map(|(key, fact)| match fact {
        Fact::Known { value, source, at } => Some(AttestedFact {
            server: key.server.clone(),
            name: key.name.clone(),
            value: worded(value),
            source: source.clone(),
            at: *at,
        }),
        Fact::Unknown { .. } => None,
    });
    told.filter(|fact| last(fact) != Some(fact)).collect()
}

/// Returns a value as `attest` takes it.
fn worded(value: &Value) -> String {
    match value {
        Value::Flag(flag) => if *flag { "yes" } else { "no" }.into(),
        Value::Count(count) => count.to_string(),
        Value::Text(text) => text.clone(),
        Value::List(list) if list.is_empty() => "none".into(),
        Value::List(list) => list.join(","),
    }
}

/// Returns the command that proves an operator's step; none where nothing of it has to be attested.
pub fn proof(plan: &GroupPlan, system: &System, step: &Step) -> Option<Text> {
    let role = |name: &str| system.attestable(name, true).is_some();
    let roles = step.changes.iter().filter(|_| role("role"));
    let roles = roles.map(|change| format!("{}={}", subject(Some(&change.server), "role"), change.to));
    let marks = step.marks.iter().filter(|change| role(change.mark));
    let marks = marks.map(|change| format!("{}={}", subject(Some(&change.server), change.mark), change.to));
    let facts: Vec<String> = roles.chain(marks).collect();
    (!facts.is_empty()).then(|| command(plan, &facts))
}

/// Returns the command that would answer a guard that could not be answered; none where no attestable fact is missing.
pub fn wanted(
    plan: &GroupPlan,
    system: &System,
    server: &ServerName,
    answers: &[GuardAnswer],
    facts: &Facts,
) -> Option<Text> {
    let table = plan.topology.table;
    let refused = answers.iter().find(|one| !one.lets_pass() && one.answer.verdict == Verdict::Unknown)?;
    let guard = table.guard(refused.name)?;
    let read = || system.attestable.iter().filter(|one| guard.reads.contains(&one.name));
    let known = |of: Option<&ServerName>, one: &Attestable| {
        is_wanted(facts.get(of, one.name)).then(|| format!("{}={}", subject(of, one.name), one.placeholder(table)))
    };
    // Of the group, of this server, and of whichever other server the guard looks at.
    let of_group = read().filter(|one| !one.of_server).filter_map(|one| known(None, one));
    let this = read().filter(|one| one.of_server).filter_map(|one| known(Some(server), one));
    let mut all: Vec<String> = of_group.chain(this).collect();
    if all.is_empty() {
        let others = plan.standings.keys().filter(|one| *one != server);
        let named = others.filter(|one| refused.answer.because.en.contains(&format!("`{one}`")));
        let of = |one: &ServerName| {
            read().filter(|form| form.of_server).filter_map(|form| known(Some(one), form)).collect::<Vec<_>>()
        };
        all.extend(named.flat_map(of));
    }
    (!all.is_empty()).then(|| command(plan, &all))
}

/// Returns the command by which the roles that nobody has attested, or that are over, are attested.
pub fn roles_wanted(plan: &GroupPlan, system: &System, facts: &Facts) -> Option<Text> {
    let form = system.attestable("role", true)?;
    let wanted = plan.standings.keys().filter(|server| is_wanted(facts.get(Some(server), "role")));
    let fact = |server| format!("{}={}", subject(Some(server), "role"), form.placeholder(plan.topology.table));
    let all: Vec<String> = wanted.map(fact).collect();
    (!all.is_empty()).then(|| command(plan, &all))
}

fn command(plan: &GroupPlan, facts: &[String]) -> Text {
    let topology = &plan.topology;
    let place = if topology.source.file.is_empty() { "PATH" } else { topology.source.file.as_str() };
    let words = ["rolewalk", "attest", place, "--group", topology.group.as_str()];
    let words = words.into_iter().chain(facts.iter().map(String::as_str)).chain(["--until", UNTIL]);
    let command = words.map(quoted).collect::<Vec<_>>().join(" ");
    Text::new(
        format!("When it is so, attest it: `{command}`"),
        format!("確認できたら次のコマンドで証言する: `{command}`"),
    )
}

/// Returns a word as a shell reads it as one.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,=".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
#[path = "relied_tests.rs"]
mod tests;
