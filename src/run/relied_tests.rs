use jiff::Timestamp;

use super::*;
use crate::format::sample::name;

fn attested_as(value: Value, until: &str) -> Facts {
    let mut facts = Facts::default();
    let source = format!("attested by hanako until {until}");
    facts.know(Some(&name("web1")), "sync", value, &source, Some(Timestamp::UNIX_EPOCH));
    facts.know(Some(&name("web1")), "pool", Value::Text("in".into()), "the load balancer", None);
    facts
}

fn noted(group: &str, facts: &[AttestedFact]) -> Entry {
    let event = Event::FactsAttested { group: group.into(), step: 1, facts: facts.to_vec() };
    Entry { number: 1, at: Timestamp::UNIX_EPOCH, event }
}

#[test]
fn what_was_attested_is_noted_once_and_again_when_it_is_another_or_anew() {
    let complete = || Value::Text("complete".into());
    let first = new_facts("Web", &attested_as(complete(), "noon"), &[]);
    assert_eq!(first.len(), 1, "what was seen is not attested: {first:?}");
    let journal = [noted("Web", &first)];
    assert_eq!(new_facts("Web", &attested_as(complete(), "noon"), &journal), []);
    for (value, until) in [(complete(), "tonight"), (Value::Text("running".into()), "noon")] {
        let again = new_facts("Web", &attested_as(value, until), &journal);
        assert_eq!(again.len(), 1, "{again:?}");
        // The last word counts, and not any earlier one.
        let both = [noted("Web", &first), noted("Web", &again)];
        assert_eq!(new_facts("Web", &attested_as(complete(), "noon"), &both).len(), 1);
    }
    assert_eq!(new_facts("Web", &attested_as(complete(), "noon"), &[noted("Other", &first)]).len(), 1);
}
