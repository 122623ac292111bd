//! Names of servers and groups: checked when made, trusted after.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use thiserror::Error;

/// The name of a server, as people wrote it.
///
/// Two names that differ only in case are the same server, as Windows and DNS have it.
///
/// Invariant: one to 63 characters, each a letter, a digit, `-`, `_` or `.`; checked by [`ServerName::new`].
/// A system may ask for more: see [`NameRule`].
#[derive(Clone, Debug)]
pub struct ServerName(Arc<str>);

/// The most servers that a sentence names.
const NAMED_AT_MOST: usize = 8;

/// Returns the names of servers as a sentence has them: the first eight, and how many more there are.
pub fn named(servers: impl IntoIterator<Item = impl fmt::Display>) -> String {
    let mut servers = servers.into_iter();
    let named = servers.by_ref().take(NAMED_AT_MOST).map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ");
    match servers.count() {
        0 => named,
        more => format!("{named}, … (+{more})"),
    }
}

/// Why a text is no server name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameFault {
    /// The text is empty.
    #[error("a server name can't be empty")]
    Empty,
    /// The text is longer than the product takes.
    #[error("server name `{name}` has {length} characters, {limit} are allowed")]
    TooLong {
        /// The text.
        name: String,
        /// Its length in characters.
        length: usize,
        /// The most characters that are allowed.
        limit: usize,
    },
    /// The text has a character that the product refuses.
    #[error("server name `{name}` has the character `{character}`, which is not allowed")]
    Character {
        /// The text.
        name: String,
        /// The first character that is refused.
        character: char,
    },
    /// The text is made of digits alone, which Windows refuses.
    #[error("server name `{0}` is a number, which is not allowed")]
    Number(String),
    /// The text begins or ends with `-` or `.`.
    #[error("server name `{0}` begins or ends with `-` or `.`, which is not allowed")]
    Edge(String),
}

/// What a product accepts as the name of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameRule {
    /// The most characters that it takes.
    pub longest: usize,
    /// Characters besides letters, digits and `-` that it takes.
    pub also: &'static str,
    /// Where the rule was learned.
    pub source: &'static str,
}

impl NameRule {
    /// Windows computer names as the domain join and the PVS console take them.
    pub const WINDOWS: NameRule = NameRule {
        longest: 15,
        also: "",
        source: "Citrix Provisioning 7.15, add a server: at most 15 characters, no FQDN",
    };

    /// Host names of Unix servers.
    pub const HOST: NameRule = NameRule { longest: 63, also: ".", source: "RFC 1123 section 2.1" };

    /// Checks `name` against the rule.
    ///
    /// # Errors
    /// Returns the first [`NameFault`].
    pub fn check(&self, name: &ServerName) -> Result<(), NameFault> {
        let text = name.as_str();
        let length = text.chars().count();
        if length > self.longest {
            return Err(NameFault::TooLong { name: text.into(), length, limit: self.longest });
        }
        let refused = |c: &char| !(c.is_ascii_alphanumeric() || *c == '-' || self.also.contains(*c));
        if let Some(character) = text.chars().find(refused) {
            return Err(NameFault::Character { name: text.into(), character });
        }
        if text.chars().all(|c| c.is_ascii_digit()) {
            return Err(NameFault::Number(text.into()));
        }
        if text.starts_with(['-', '.']) || text.ends_with(['-', '.']) {
            return Err(NameFault::Edge(text.into()));
        }
        Ok(())
    }
}

impl ServerName {
    /// Makes a server name from `text`.
    ///
    /// # Errors
    /// Returns a [`NameFault`] where the text could not name a server of any system.
    pub fn new(text: &str) -> Result<Self, NameFault> {
        if text.is_empty() {
            return Err(NameFault::Empty);
        }
        let length = text.chars().count();
        if length > 63 {
            return Err(NameFault::TooLong { name: text.into(), length, limit: 63 });
        }
        match text.chars().find(|c| !(c.is_ascii_alphanumeric() || "-_.".contains(*c))) {
            Some(character) => Err(NameFault::Character { name: text.into(), character }),
            None => Ok(Self(text.into())),
        }
    }

    /// Returns the name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether a text names this server, in whatever case.
    pub fn is(&self, text: &str) -> bool {
        self.0.eq_ignore_ascii_case(text)
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl PartialEq for ServerName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for ServerName {}

impl PartialOrd for ServerName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ServerName {
    fn cmp(&self, other: &Self) -> Ordering {
        // Names are compared millions of times in a large group: what is equal as it stands need not be folded.
        let differs = |(one, other): &(&u8, &u8)| one != other && !one.eq_ignore_ascii_case(other);
        match self.0.as_bytes().iter().zip(other.0.as_bytes()).find(differs) {
            Some((one, other)) => one.to_ascii_uppercase().cmp(&other.to_ascii_uppercase()),
            None => self.0.len().cmp(&other.0.len()),
        }
    }
}

impl Hash for ServerName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // One byte each, 63 at most: a zero is left behind them.
        let (length, mut folded) = (self.0.len(), [0; 64]);
        folded[..length].copy_from_slice(self.0.as_bytes());
        folded.make_ascii_uppercase();
        state.write(&folded[..=length]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_only_in_case_are_one_server() {
        assert_eq!(ServerName::new("PVS1").unwrap(), ServerName::new("pvs1").unwrap());
    }

    #[test]
    fn windows_refuses_what_the_join_dialogue_refuses() {
        for bad in ["PVS_1", "PVS.1", "1234", "-PVS", "PVS-", "SIXTEENCHARACTER"] {
            let name = ServerName::new(bad).unwrap();
            assert!(NameRule::WINDOWS.check(&name).is_err(), "{bad}");
        }
        assert_eq!(NameRule::WINDOWS.check(&ServerName::new("PVS-01").unwrap()), Ok(()));
    }

    #[test]
    fn a_name_is_never_empty_and_never_holds_program_text() {
        for bad in ["", "PVS 1", "PVS1;", "PVS'1", "サーバ", "a\nb"] {
            assert!(ServerName::new(bad).is_err(), "{bad:?}");
        }
    }
}
