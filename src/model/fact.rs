//! Facts: what was observed besides roles and marks. Unknown is a value and never means absent.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Bound;

use jiff::Timestamp;

use super::name::ServerName;

/// The fact that says why a server's role is not seen. Where the server has a role all the same, others speak of it so,
/// and it may be otherwise.
pub const ROLE: &str = "role";

/// Which fact: of one server, or of the group where `server` is none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FactKey {
    /// The server that the fact is about; none for the group.
    pub server: Option<ServerName>,
    /// The fact's name, as the system names it.
    pub name: String,
}

/// What is known of a fact.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// It was seen, or attested by a person.
    Known {
        /// The value.
        value: Value,
        /// Where it comes from: a request's name, or `attested by NAME until TIME`.
        source: String,
        /// When it was seen (UTC).
        at: Option<Timestamp>,
    },
    /// It could not be seen.
    Unknown {
        /// Why not.
        why: String,
    },
}

/// The value of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A count, or a size in bytes.
    Count(u64),
    /// A word.
    Text(String),
    /// Several words, in the order in which they were seen.
    List(Vec<String>),
}

/// The facts of one group.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts(pub BTreeMap<FactKey, Fact>);

/// Returns whether a fact of that name says what a step will remove for good: a run stops where it sees something in it
/// that the plan did not rely on.
pub fn is_pinned(name: &str) -> bool {
    name.starts_with("id_of_")
}

impl Facts {
    /// Notes a fact that was seen.
    pub fn know(&mut self, server: Option<&ServerName>, name: &str, value: Value, source: &str, at: Option<Timestamp>) {
        self.0.insert(key(server, name), Fact::Known { value, source: source.into(), at });
    }

    /// Notes a fact that could not be seen.
    pub fn miss(&mut self, server: Option<&ServerName>, name: &str, why: impl Into<String>) {
        self.0.insert(key(server, name), Fact::Unknown { why: why.into() });
    }

    /// Returns what is known of a fact; nothing at all where nobody asked for it.
    pub fn get(&self, server: Option<&ServerName>, name: &str) -> Option<&Fact> {
        self.0.get(&(server, name) as &dyn Named)
    }

    /// Returns what is known of one server, by name.
    pub fn of(&self, server: &ServerName) -> impl Iterator<Item = (&FactKey, &Fact)> {
        let first: &dyn Named = &(Some(server), "");
        let all = self.0.range::<dyn Named, _>((Bound::Included(first), Bound::Unbounded));
        all.take_while(move |(key, _)| key.server.as_ref() == Some(server))
    }

    /// Returns the value of a fact, or why it is unknown.
    pub fn value(&self, server: Option<&ServerName>, name: &str) -> Result<&Value, String> {
        match self.get(server, name) {
            Some(Fact::Known { value, .. }) => Ok(value),
            Some(Fact::Unknown { why }) => Err(why.clone()),
            None => Err("it was not observed".into()),
        }
    }

    /// Returns a count, or why it is unknown.
    pub fn count(&self, server: Option<&ServerName>, name: &str) -> Result<u64, String> {
        match self.value(server, name)? {
            Value::Count(count) => Ok(*count),
            other => Err(format!("a count was expected and {other:?} was found")),
        }
    }

    /// Returns a flag, or why it is unknown.
    pub fn flag(&self, server: Option<&ServerName>, name: &str) -> Result<bool, String> {
        match self.value(server, name)? {
            Value::Flag(flag) => Ok(*flag),
            other => Err(format!("yes or no was expected and {other:?} was found")),
        }
    }

    /// Returns a list, or why it is unknown.
    pub fn list(&self, server: Option<&ServerName>, name: &str) -> Result<&[String], String> {
        match self.value(server, name)? {
            Value::List(list) => Ok(list),
            other => Err(format!("a list was expected and {other:?} was found")),
        }
    }

    /// Returns a word, or why it is unknown.
    pub fn text(&self, server: Option<&ServerName>, name: &str) -> Result<&str, String> {
        match self.value(server, name)? {
            Value::Text(text) => Ok(text),
            other => Err(format!("a word was expected and {other:?} was found")),
        }
    }
}

/// A key or the parts of one: guards ask for facts of thousands of servers, and need not make a key for each.
trait Named {
    fn parts(&self) -> (Option<&ServerName>, &str);
}

impl Named for FactKey {
    fn parts(&self) -> (Option<&ServerName>, &str) {
        (self.server.as_ref(), &self.name)
    }
}

impl Named for (Option<&ServerName>, &str) {
    fn parts(&self) -> (Option<&ServerName>, &str) {
        *self
    }
}

impl<'a> Borrow<dyn Named + 'a> for FactKey {
    fn borrow(&self) -> &(dyn Named + 'a) {
        self
    }
}

impl PartialEq for dyn Named + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for dyn Named + '_ {}

impl PartialOrd for dyn Named + '_ {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for dyn Named + '_ {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

fn key(server: Option<&ServerName>, name: &str) -> FactKey {
    FactKey { server: server.cloned(), name: name.into() }
}
