//! Whether the facts that a saved plan relies on still hold. Pure.

use jiff::Timestamp;

use crate::model::fact::{Fact, FactKey, Value};
use crate::model::guard::Verdict;
use crate::model::moment::Moment;
use crate::model::plan::GroupPlan;
use crate::model::snapshot::GroupSnapshot;
use crate::model::words::Text;
use crate::plan::ask::ask_at;

/// Returns what changed since the plan was made, in sentences; empty where the plan still holds.
///
/// A fact whose value changed makes the plan stale only where a guard answers otherwise because of it: free space
/// that moves by a little does not.
pub fn changes(plan: &GroupPlan, now: &GroupSnapshot, at: Timestamp) -> Vec<Text> {
    let mut changes = standings(plan, now);
    let mut foreseen = Moment::of(&plan.topology, &now.facts, plan.standings.clone());
    let mut turned = false;
    for step in &plan.steps {
        let answers = ask_at(&mut foreseen, step, at);
        for (before, after) in step.guards.iter().zip(&answers) {
            let refused = after.answer.verdict == Verdict::No && after.waived.is_none();
            if refused && before.answer.verdict != Verdict::No {
                turned = true;
                changes.push(Text::new(
                    format!("step {}: guard `{}` says no now: {}", step.number, after.name, after.answer.because.en),
                    format!(
                        "ステップ {}: 条件 `{}` は現在不成立: {}",
                        step.number, after.name, after.answer.because.ja
                    ),
                ));
            }
        }
        foreseen.take(step);
    }
    if turned {
        let moved = plan.relies_on.iter().filter_map(|(key, was)| fact(key, was, now.facts.0.get(key)));
        changes.extend(moved);
    }
    changes
}

/// Returns the facts that the plan relies on, each in a sentence: its value, and what it is now where that is another.
pub fn relied(plan: &GroupPlan, now: &GroupSnapshot) -> Vec<Text> {
    let told = |(key, was): (&FactKey, &Fact)| {
        fact(key, was, now.facts.0.get(key)).unwrap_or_else(|| match was {
            Fact::Known { value, .. } => sentence(key, &tell(value), &tell(value)),
            Fact::Unknown { why } => sentence(key, &format!("unknown ({why})"), &format!("不明 ({why})")),
        })
    };
    plan.relies_on.iter().map(told).collect()
}

fn standings(plan: &GroupPlan, now: &GroupSnapshot) -> Vec<Text> {
    let mut changes = Vec::new();
    for (server, was) in &plan.standings {
        let is = now.servers.get(server).cloned().unwrap_or_default();
        if was.role.is_some() && is.role != was.role {
            let (was, is) = (was.role.unwrap_or("?"), is.role.unwrap_or("unknown"));
            changes.push(Text::new(
                format!("`{server}` was {was} and is {is}"),
                format!("`{server}` は {was} だったが、現在は {is}"),
            ));
        }
        for (mark, was) in &was.marks {
            let now = is.mark(mark);
            if now.is_some() && now != Some(was) {
                let now = now.unwrap_or_default();
                changes.push(Text::new(
                    format!("{mark} of `{server}` were `{was}` and are `{now}`"),
                    format!("`{server}` の {mark} は `{was}` だったが、現在は `{now}`"),
                ));
            }
        }
    }
    let new = now.servers.iter().filter(|(server, is)| !plan.standings.contains_key(*server) && is.role.is_some());
    changes.extend(new.map(|(server, is)| {
        let is = is.role.unwrap_or_default();
        Text::new(format!("`{server}` is new, as {is}"), format!("`{server}` が {is} として新たに観測された"))
    }));
    changes
}

fn fact(key: &FactKey, was: &Fact, is: Option<&Fact>) -> Option<Text> {
    let Fact::Known { value: was, .. } = was else { return None };
    let told = match is {
        Some(Fact::Known { value, .. }) if value == was => return None,
        Some(Fact::Known { value, .. }) => tell(value),
        Some(Fact::Unknown { why }) => format!("unknown ({why})"),
        None => "unknown".into(),
    };
    let change = format!("{} → {told}", tell(was));
    Some(sentence(key, &change, &change))
}

fn sentence(key: &FactKey, en: &str, ja: &str) -> Text {
    let of = key.server.as_ref().map(|server| format!(" of `{server}`")).unwrap_or_default();
    let at = key.server.as_ref().map(|server| format!("`{server}` の ")).unwrap_or_default();
    Text::new(format!("fact `{}`{of}: {en}", key.name), format!("{at}事実 `{}`: {ja}", key.name))
}

fn tell(value: &Value) -> String {
    match value {
        Value::Flag(flag) => flag.to_string(),
        Value::Count(count) => count.to_string(),
        Value::Text(text) => text.clone(),
        Value::List(list) => format!("[{}]", list.join(", ")),
    }
}

#[cfg(test)]
#[path = "stale_tests.rs"]
mod tests;
