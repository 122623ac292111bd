//! Attestations: what a person saw that no probe can see, with who, when, and until when it holds.
//!
//! An attestation never overrides what was seen, and one that is over is as none. Which facts may be attested is
//! declared by each system.

use jiff::Timestamp;

use super::fact::{Fact, FactKey, Facts, Value};
use super::name::ServerName;
use super::table::Table;
use super::words::Words;

/// What the source of an attested fact begins with.
const SOURCE: &str = "attested by ";

/// One attested fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    /// The server that it is about; none for the group.
    pub server: Option<ServerName>,
    /// The fact's name.
    pub name: String,
    /// Its value, as it was given.
    pub value: String,
    /// Who saw it.
    pub by: String,
    /// When it was attested (UTC).
    pub at: Timestamp,
    /// Until when it holds (UTC).
    pub until: Timestamp,
}

/// A fact that may be attested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attestable {
    /// The fact's name; that of a mark, or `role`, where it is one.
    pub name: &'static str,
    /// Whether it is about one server, and not about the group.
    pub of_server: bool,
    /// What its value can be.
    pub form: Form,
    /// What is attested, for people.
    pub says: Words,
}

/// What an attested value can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A role of the table.
    Role,
    /// A value of the mark of that name.
    Mark,
    /// `yes` or `no`.
    Flag,
    /// A whole number; sizes in bytes.
    Count,
    /// Words with commas between them; `none` where there are none.
    List,
}

impl Attestation {
    /// Returns whether it is over at `now`.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until <= now
    }

    /// Returns where the fact comes from, as facts show it.
    pub fn source(&self) -> String {
        format!("{SOURCE}{} until {}", self.by, self.until)
    }

    /// Returns the fact's name as it is written on a command line: `SERVER.NAME`, or `NAME` of the group.
    pub fn subject(&self) -> String {
        subject(self.server.as_ref(), &self.name)
    }
}

/// Returns the name of a fact as it is written on a command line.
pub fn subject(server: Option<&ServerName>, name: &str) -> String {
    match server {
        Some(server) => format!("{server}.{name}"),
        None => name.into(),
    }
}

impl Attestable {
    /// Reads a value.
    ///
    /// # Errors
    /// What the value can be.
    pub fn read(&self, table: &Table, value: &str) -> Result<Value, String> {
        let known = self.values(table);
        if !known.is_empty() && !known.contains(&value) {
            return Err(known.join(" | "));
        }
        match self.form {
            Form::Role | Form::Mark => Ok(Value::Text(value.into())),
            Form::Flag => Ok(Value::Flag(value == "yes")),
            Form::Count => value.parse().map(Value::Count).map_err(|_| "0, 1, 2, …".into()),
            Form::List if value == "none" => Ok(Value::List(Vec::new())),
            Form::List => {
                let words: Vec<String> = value.split(',').map(|word| word.trim().to_owned()).collect();
                match words.iter().any(String::is_empty) {
                    true => Err("A,B,… | none".into()),
                    false => Ok(Value::List(words)),
                }
            }
        }
    }

    /// Returns the values that it can have; empty where they can't be listed.
    pub fn values(&self, table: &Table) -> Vec<&'static str> {
        match self.form {
            Form::Role => table.roles.iter().map(|role| role.name).collect(),
            Form::Mark => {
                let values = table.mark(self.name).into_iter().flat_map(|mark| mark.values);
                values.map(|(value, _)| *value).collect()
            }
            Form::Flag => vec!["yes", "no"],
            Form::Count | Form::List => Vec::new(),
        }
    }

    /// Returns what stands for the value in a command that is still to be completed.
    pub fn placeholder(&self, table: &Table) -> String {
        match self.form {
            Form::Count => "COUNT".into(),
            Form::List => "LIST".into(),
            Form::Role | Form::Mark | Form::Flag => self.values(table).join("|"),
        }
    }
}

/// Notes what was attested, where nothing was seen of it.
///
/// # Guarantees
/// A fact that is known stays as it is. One that is attested and over, or in a form that can't be read, is unknown.
pub fn merge(facts: &mut Facts, table: &Table, known: &[Attestable], attested: &[(Attestation, bool)]) {
    for (one, is_over) in attested {
        let Some(form) = known.iter().find(|form| form.name == one.name && form.of_server == one.server.is_some())
        else {
            continue;
        };
        let server = one.server.as_ref();
        if matches!(facts.get(server, &one.name), Some(Fact::Known { .. })) {
            continue;
        }
        match form.read(table, &one.value) {
            _ if *is_over => {
                facts.miss(server, &one.name, format!("what {} attested at {}{OVER}{}", one.by, one.at, one.until))
            }
            Ok(value) => facts.know(server, &one.name, value, &one.source(), Some(one.at)),
            Err(can_be) => {
                facts.miss(server, &one.name, format!("{} attested {:?}, and it can be {can_be}", one.by, one.value));
            }
        }
    }
}

/// Returns whether a fact was attested, and not seen.
pub fn is_attested(fact: &Fact) -> bool {
    matches!(fact, Fact::Known { source, .. } if source.starts_with(SOURCE))
}

/// Why a fact is unknown that nobody has attested.
pub const NOBODY: &str = "nobody has attested it, and only people see it";
/// Why a fact is unknown that was attested and is over.
pub const OVER: &str = " was good until ";

/// Returns whether a fact is unknown because nobody has attested it, or what was attested is over: then a person can.
pub fn is_wanted(fact: Option<&Fact>) -> bool {
    match fact {
        None => true,
        Some(Fact::Unknown { why }) => why == NOBODY || why.contains(OVER),
        Some(Fact::Known { .. }) => false,
    }
}

/// Returns the facts that were attested.
pub fn attested(facts: &Facts) -> impl Iterator<Item = (&FactKey, &Fact)> {
    facts.0.iter().filter(|(_, fact)| is_attested(fact))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::co_store::table::TABLE;

    const TASKS: Attestable = Attestable {
        name: "open_tasks",
        of_server: false,
        form: Form::List,
        says: Words { en: "open tasks", ja: "未完了のタスク" },
    };

    fn attestation(value: &str) -> Attestation {
        Attestation {
            server: None,
            name: "open_tasks".into(),
            value: value.into(),
            by: "hanako".into(),
            at: Timestamp::UNIX_EPOCH,
            until: Timestamp::from_second(3600).unwrap(),
        }
    }

    #[test]
    fn what_was_seen_is_never_overridden_and_what_is_over_is_unknown() {
        let mut facts = Facts::default();
        facts.know(None, "open_tasks", Value::List(vec!["7".into()]), "query `tasks`", None);
        merge(&mut facts, &TABLE, &[TASKS], &[(attestation("none"), false)]);
        assert_eq!(facts.list(None, "open_tasks"), Ok(["7".to_string()].as_slice()));
        let mut facts = Facts::default();
        facts.miss(None, "open_tasks", "no query");
        merge(&mut facts, &TABLE, &[TASKS], &[(attestation("none"), false)]);
        assert_eq!(facts.list(None, "open_tasks"), Ok([].as_slice()));
        assert_eq!(attested(&facts).count(), 1);
        let Some(Fact::Known { source, at, .. }) = facts.get(None, "open_tasks") else { panic!("unknown") };
        assert_eq!(source, "attested by hanako until 1970-01-01T01:00:00Z");
        assert_eq!(*at, Some(Timestamp::UNIX_EPOCH));
        let mut facts = Facts::default();
        merge(&mut facts, &TABLE, &[TASKS], &[(attestation("none"), true)]);
        assert!(facts.list(None, "open_tasks").unwrap_err().contains("was good until 1970-01-01T01:00:00Z"));
        let mut facts = Facts::default();
        merge(&mut facts, &TABLE, &[], &[(attestation("none"), false)]);
        assert!(facts.0.is_empty(), "a fact that the system does not declare");
    }

    #[test]
    fn a_value_is_read_in_its_form_or_not_at_all() {
        assert_eq!(TASKS.read(&TABLE, "7, 8"), Ok(Value::List(vec!["7".into(), "8".into()])));
        assert!(TASKS.read(&TABLE, "7,,8").is_err());
        let flag = Attestable { form: Form::Flag, ..TASKS };
        assert_eq!(flag.read(&TABLE, "yes"), Ok(Value::Flag(true)));
        assert_eq!(flag.read(&TABLE, "maybe"), Err("yes | no".into()));
        let role = Attestable { name: "role", of_server: true, form: Form::Role, ..TASKS };
        assert_eq!(role.read(&TABLE, "master"), Ok(Value::Text("master".into())));
        assert!(role.read(&TABLE, "boss").is_err());
        let count = Attestable { form: Form::Count, ..TASKS };
        assert_eq!(count.read(&TABLE, "12"), Ok(Value::Count(12)));
        assert!(count.read(&TABLE, "-1").is_err());
    }
}
