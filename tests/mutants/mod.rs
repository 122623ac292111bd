//! What a hand could change in a plan file, one change at a time.

use std::collections::{BTreeMap, BTreeSet};

use rolewalk::model::table::Table;
use serde_json::{Map, Value, json};

/// One change.
#[derive(Debug, Clone)]
pub struct Change {
    /// Where, as a JSON pointer.
    pub at: String,
    how: How,
}

#[derive(Debug, Clone)]
enum How {
    /// Another value stands there.
    Other(Value),
    /// A member or item is gone.
    Gone,
    /// A member that nobody knows is there.
    More,
    /// An item stands there twice.
    Twice,
    /// An item and the next have changed places.
    Swapped,
}

/// The texts that stand under each name in a plan, and the table's words.
struct Words {
    table: &'static Table,
    seen: BTreeMap<String, BTreeSet<String>>,
}

/// The most texts of the same name that are put in the place of one.
const TEXTS_AT_MOST: usize = 3;

/// Returns every change of what is below `groups`.
pub fn changes(file: &Value, table: &'static Table) -> Vec<Change> {
    let groups = &file["groups"];
    let mut words = Words { table, seen: BTreeMap::new() };
    words.read("groups", groups);
    let mut found = Vec::new();
    words.change("groups", groups, "/groups", &mut found);
    found
}

impl Words {
    fn read(&mut self, name: &str, value: &Value) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| self.read(name, value)),
            Value::Array(items) => items.iter().for_each(|value| self.read(name, value)),
            Value::String(text) => drop(self.seen.entry(name.into()).or_default().insert(text.clone())),
            _ => {}
        }
    }

    fn change(&self, name: &str, value: &Value, at: &str, found: &mut Vec<Change>) {
        let mut put =
            |at: &str, hows: Vec<How>| found.extend(hows.into_iter().map(|how| Change { at: at.into(), how }));
        match value {
            Value::Object(members) => {
                put(&format!("{at}/more"), vec![How::More]);
                for (name, value) in members {
                    let at = format!("{at}/{name}");
                    found.push(Change { at: at.clone(), how: How::Gone });
                    self.change(name, value, &at, found);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let at = format!("{at}/{index}");
                    let is_other = items.get(index + 1).is_some_and(|next| next != item);
                    let swapped = is_other.then_some(How::Swapped);
                    let hows = [How::Gone, How::Twice].into_iter().chain(swapped);
                    found.extend(hows.map(|how| Change { at: at.clone(), how }));
                    self.change(name, item, &at, found);
                }
            }
            _ => put(at, self.others(name, value).into_iter().map(How::Other).collect()),
        }
    }

    fn others(&self, name: &str, value: &Value) -> Vec<Value> {
        match value {
            Value::Bool(flag) => vec![json!(!flag)],
            Value::Number(number) => vec![json!(number.as_u64().map_or(0, |number| number + 1))],
            Value::Null => vec![json!("S1"), json!(1)],
            Value::String(text) => self.texts(name, text).into_iter().map(Value::from).collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the table's other words of the same kind, the next texts of the same name, and one that nobody knows.
    fn texts(&self, name: &str, text: &str) -> BTreeSet<String> {
        let table = self.table;
        let roles = table.roles.iter().map(|role| role.name).filter(|_| table.role(text).is_some());
        let marks = table.marks.iter().filter(|mark| mark.value(text).is_some());
        let values = marks.flat_map(|mark| mark.values.iter().map(|(value, _)| *value));
        let rows = table.transitions.iter().map(|row| row.name).filter(|_| name == "transition");
        let verdicts = ["yes", "no", "unknown", "ready", "in-sync", "blocked", "undetermined", "proven", "not proven"];
        let verdicts = verdicts.into_iter().filter(|_| ["verdict", "shortest"].contains(&name));
        let mut texts: BTreeSet<String> = roles.chain(values).chain(rows).chain(verdicts).map(String::from).collect();
        if let Some(seen) = self.seen.get(name) {
            let next = seen.range(text.to_string()..).skip(1).chain(seen.iter());
            texts.extend(next.take(TEXTS_AT_MOST).cloned());
        }
        texts.insert(format!("{text}x"));
        texts.remove(text);
        texts
    }
}

impl Change {
    /// Returns the part of the plan that it is about: a member of a group, and of the topology which.
    pub fn part(&self) -> String {
        let mut names = self.at.split('/').skip(3);
        let Some(part) = names.next() else { return "groups".into() };
        match (part, names.next()) {
            ("topology", Some(of)) => format!("topology {of}"),
            _ => part.into(),
        }
    }

    /// Returns the file with the change made.
    pub fn made(&self, file: &Value) -> Value {
        let mut changed = file.clone();
        let (parent, last) = self.at.rsplit_once('/').expect("a pointer has a parent");
        let parent = changed.pointer_mut(parent).expect("what is changed is there");
        match parent {
            Value::Object(members) => self.in_members(members, last),
            Value::Array(items) => self.in_items(items, last.parse().expect("an item has a number")),
            _ => unreachable!("only members and items are changed"),
        }
        changed
    }

    fn in_members(&self, members: &mut Map<String, Value>, name: &str) {
        match &self.how {
            How::Other(value) => drop(members.insert(name.into(), value.clone())),
            How::More => drop(members.insert(name.into(), json!(1))),
            _ => drop(members.remove(name)),
        }
    }

    fn in_items(&self, items: &mut Vec<Value>, index: usize) {
        match &self.how {
            How::Other(value) => items[index] = value.clone(),
            How::Twice => items.insert(index, items[index].clone()),
            How::Swapped => items.swap(index, index + 1),
            _ => drop(items.remove(index)),
        }
    }
}
