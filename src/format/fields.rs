//! A tree of YAML read field by field: what is missing, unknown or of the wrong kind is noted, and reading goes on.
//!
//! Knows nothing of topologies or connections; those say which fields there are. A value that can't be taken is
//! `None`, its fault is noted, and so nobody says the same thing twice. Next: [`super::topology`].

use std::collections::HashMap;
use std::fmt::Display;
use std::time::Duration;

use jiff::civil::Date;
use jiff::{Span, SpanRelativeTo};

use super::fault::{Fault, Faults};
use super::near::nearest;
use super::source::{Place, Source, is_private_name};
use super::yaml::{Entry, Loc, Node};
use crate::model::name::ServerName;
use crate::model::words::Text;

/// The longest name of a group or a connection, in characters.
pub const LONGEST_NAME: usize = 255;

/// How many known words are compared with a written one, and how many are listed.
const MOST_COMPARED: usize = 1000;
const MOST_LISTED: usize = 12;

/// One source that is being read, and what was found wrong with it so far.
#[derive(Debug)]
pub struct Reading<'a> {
    /// The source.
    pub source: &'a Source<'a>,
    /// What was found wrong.
    pub faults: Faults,
}

/// The fields of one mapping.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'n> {
    entries: &'n [Entry],
    /// Where a field that is missing is said to be missing.
    place: Place,
}

impl<'n> Fields<'n> {
    /// Returns the value of a field.
    pub fn get(&self, name: &str) -> Option<&'n Loc<Node>> {
        self.entry(name).map(|entry| &entry.value)
    }

    /// Returns a field with its key.
    pub fn entry(&self, name: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key.value == name)
    }
}

impl<'a> Reading<'a> {
    /// Begins to read a source.
    pub fn new(source: &'a Source<'a>) -> Self {
        Self { source, faults: Faults::default() }
    }

    /// Notes that something is wrong at `place`.
    pub fn wrong(&mut self, name: &'static str, place: Place, en: String, ja: String, hint: impl FnOnce() -> Text) {
        let source = self.source;
        self.faults.add(|| {
            let hint = hint();
            Fault::new(name, Text::new(en, ja)).at(source, place, "", "").hint(hint.en, hint.ja)
        });
    }

    /// Reads a mapping whose fields all are `known`. `owner` is the place of what the mapping is about.
    pub fn fields<'n>(
        &mut self,
        node: &'n Loc<Node>,
        what: &str,
        known: &[&'static str],
        owner: Place,
    ) -> Option<Fields<'n>> {
        let entries = self.map(node, what)?;
        for entry in entries.iter().filter(|entry| !known.contains(&entry.key.value.as_str())) {
            self.unknown_field(&entry.key, known);
        }
        Some(Fields { entries, place: owner })
    }

    fn unknown_field(&mut self, key: &Loc<String>, known: &[&'static str]) {
        let name = &key.value;
        let message = (format!("unknown field `{name}`"), format!("不明な項目 `{name}` です"));
        self.wrong("unknown-field", key.place, message.0, message.1, || {
            choice(name, known.iter().copied(), "the fields here are", "ここで使える項目")
        });
    }

    /// Reads a mapping of any keys.
    pub fn map<'n>(&mut self, node: &'n Loc<Node>, what: &str) -> Option<&'n [Entry]> {
        match &node.value {
            Node::Map(entries) => Some(entries),
            _ => self.not_a(node, what, "a mapping", "マッピング", "`key: value`, one a line"),
        }
    }

    /// Reads a list.
    pub fn list<'n>(&mut self, node: &'n Loc<Node>, what: &str) -> Option<&'n [Loc<Node>]> {
        match &node.value {
            Node::List(items) => Some(items),
            _ => self.not_a(node, what, "a list", "リスト", "`[ value, value ]`"),
        }
    }

    /// Returns a field that must be there, or notes that it is not.
    pub fn need<'n>(&mut self, fields: &Fields<'n>, name: &str, example: &str) -> Option<&'n Loc<Node>> {
        let found = fields.get(name);
        if found.is_none() {
            let message = (format!("field `{name}` is missing"), format!("項目 `{name}` がありません"));
            self.wrong("missing-field", fields.place, message.0, message.1, || {
                Text::new(format!("add `{example}`"), format!("`{example}` のように追加してください"))
            });
        }
        found
    }

    /// Reads a text: in one line, not empty, and nothing that YAML takes for a number or a truth value.
    pub fn text<'n>(&mut self, node: &'n Loc<Node>, what: &str) -> Option<&'n str> {
        let text = match &node.value {
            Node::Scalar { text, plain } if !plain || plain_kind(text) == Kind::Text => text.trim_end_matches('\n'),
            // What is an account or a secret is shown nowhere.
            Node::Scalar { text, .. } if !node.value.is_null() && !is_private_name(what) => {
                return self.not_a(node, what, "a text", "文字列", &format!("`{what}: \"{text}\"`"));
            }
            _ => return self.not_a(node, what, "a text", "文字列", &format!("`{what}: \"…\"`")),
        };
        if text.trim().is_empty() {
            return self.not_a(node, what, "a text", "文字列", &format!("`{what}: \"…\"`"));
        }
        if let Some(control) = text.chars().find(|c| c.is_control()) {
            let code = format!("U+{:04X}", u32::from(control));
            let message = (
                format!("`{what}` holds the control character {code}"),
                format!("`{what}` に制御文字 {code} があります"),
            );
            self.wrong("control-character", node.place, message.0, message.1, || {
                Text::new(
                    "write it in one line, without tabs and line breaks",
                    "タブや改行を入れずに 1 行で書いてください",
                )
            });
            return None;
        }
        Some(text)
    }

    /// Reads the name of a group or a connection: a text of at most [`LONGEST_NAME`] characters.
    pub fn name<'n>(&mut self, node: &'n Loc<Node>, what: &str) -> Option<&'n str> {
        let text = self.text(node, what)?;
        let length = text.chars().count();
        if length <= LONGEST_NAME {
            return Some(text);
        }
        let message = (
            format!("`{what}` has {length} characters, {LONGEST_NAME} are allowed"),
            format!("`{what}` が {length} 文字あります({LONGEST_NAME} 文字まで)"),
        );
        self.wrong("name-too-long", node.place, message.0, message.1, || {
            Text::new("write the name as the product shows it", "製品に表示されるとおりの名前を書いてください")
        });
        None
    }

    /// Returns whether a server's name is none of those `seen`, among which it is then; notes where it differs from one of
    /// them only in case.
    pub fn is_new(&mut self, name: &ServerName, key: &Loc<String>, seen: &mut HashMap<ServerName, Place>) -> bool {
        let Some((first, place)) = seen.get_key_value(name) else {
            return seen.insert(name.clone(), key.place).is_none();
        };
        let (source, first, place) = (self.source, first.to_string(), *place);
        self.faults.add(|| same_but_for_case(source, key, (&first, place)));
        false
    }

    /// Reads `true` or `false`.
    pub fn flag(&mut self, node: &Loc<Node>, what: &str) -> Option<bool> {
        match &node.value {
            Node::Scalar { text, plain: true } if text == "true" => Some(true),
            Node::Scalar { text, plain: true } if text == "false" => Some(false),
            _ => self.not_a(node, what, "true or false", "true か false", &format!("`{what}: true`")),
        }
    }

    /// Reads a whole number from 0 up.
    pub fn count(&mut self, node: &Loc<Node>, what: &str) -> Option<u32> {
        match &node.value {
            Node::Scalar { text, plain: true }
                if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                let count = text.parse().ok();
                if count.is_none() {
                    self.too_many(node, what, text);
                }
                return count;
            }
            _ => None,
        }
        .or_else(|| self.not_a(node, what, "a whole number", "0 以上の整数", &format!("`{what}: 1`")))
    }

    fn too_many(&mut self, node: &Loc<Node>, what: &str, text: &str) {
        let most = u32::MAX;
        let message = (format!("`{what}` can't be {text}"), format!("`{what}` に {text} は指定できません"));
        self.wrong("wrong-kind", node.place, message.0, message.1, || {
            Text::new(
                format!("write a whole number from 0 to {most}"),
                format!("0 から {most} までの整数を書いてください"),
            )
        });
    }

    /// Reads a day, written `2026-11-20`.
    pub fn date(&mut self, node: &Loc<Node>, what: &str) -> Option<Date> {
        let text = self.text(node, what)?;
        let form = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        if let Some(date) = form.then(|| text.parse().ok()).flatten() {
            return Some(date);
        }
        let message = (format!("`{text}` is no date"), format!("`{text}` は日付ではありません"));
        self.wrong("bad-date", node.place, message.0, message.1, || {
            Text::new(
                "write year, month and day that exist, as in `2026-11-20`",
                "実在する年月日を `2026-11-20` の形で書いてください",
            )
        });
        None
    }

    /// Reads a duration, written `30m` or `1h 30m`. A day has 24 hours.
    pub fn duration(&mut self, node: &Loc<Node>, what: &str) -> Option<Duration> {
        let written = match &node.value {
            Node::Scalar { text, .. } if !node.value.is_null() => text.as_str(),
            _ => self.text(node, what)?,
        };
        let span = written.parse::<Span>().ok().filter(|span| span.get_years() == 0 && span.get_months() == 0);
        let signed = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
        let duration = signed.and_then(|signed| Duration::try_from(signed).ok());
        if duration.is_none() {
            let message = (format!("`{written}` is no duration"), format!("`{written}` は時間の長さではありません"));
            self.wrong("bad-duration", node.place, message.0, message.1, || {
                Text::new(
                    "write figures with units, as in `30m`, `2h` or `1h 30m`",
                    "`30m` `2h` `1h 30m` のように、数と単位で書いてください",
                )
            });
        }
        duration
    }

    /// Notes that a value is of the wrong kind.
    fn not_a<T>(&mut self, node: &Loc<Node>, what: &str, en: &str, ja: &str, example: &str) -> Option<T> {
        let (found, found_ja) = found(&node.value);
        let message = (
            format!("`{what}` must be {en}, not {found}"),
            format!("`{what}` には{ja}を書きます({found_ja}になっています)"),
        );
        self.wrong("wrong-kind", node.place, message.0, message.1, || {
            Text::new(format!("write it as {example}"), format!("{example} のように書いてください"))
        });
        None
    }
}

fn same_but_for_case(source: &Source<'_>, key: &Loc<String>, (first, place): (&str, Place)) -> Fault {
    let second = &key.value;
    let message = Text::new(
        format!("server names `{first}` and `{second}` differ only in case"),
        format!("サーバー名 `{first}` と `{second}` は大文字と小文字しか違いません"),
    );
    Fault::new("same-but-for-case", message)
        .at(source, key.place, "the second", "2 つ目")
        .also(source, place, "the first", "1 つ目")
        .hint(
            format!("they are one server to Windows and DNS; keep `{first}` or `{second}`"),
            format!("Windows と DNS では同じサーバーです。`{first}` か `{second}` の一方だけにしてください"),
        )
}

/// What YAML 1.2 takes a text without quotes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nothing,
    Truth,
    Number,
    Text,
}

fn plain_kind(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Nothing,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => return Kind::Truth,
        ".nan" | ".NaN" | ".NAN" => return Kind::Number,
        _ => (),
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let based = [("0x", 16), ("0o", 8)].into_iter().any(|(prefix, base)| {
        text.strip_prefix(prefix).is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_digit(base)))
    });
    let begins = unsigned.strip_prefix('.').unwrap_or(unsigned).starts_with(|c: char| c.is_ascii_digit());
    let infinite = matches!(unsigned, ".inf" | ".Inf" | ".INF");
    if based || infinite || (begins && unsigned.parse::<f64>().is_ok()) { Kind::Number } else { Kind::Text }
}

fn found(node: &Node) -> (&'static str, &'static str) {
    match node {
        Node::List(_) => ("a list", "リスト"),
        Node::Map(_) => ("a mapping", "マッピング"),
        Node::Scalar { text, plain: true } => match plain_kind(text) {
            Kind::Nothing => ("nothing", "空"),
            Kind::Truth => ("true or false", "真偽値"),
            Kind::Number => ("a number", "数"),
            Kind::Text => ("a text", "文字列"),
        },
        Node::Scalar { text, .. } if text.trim().is_empty() => ("an empty text", "空の文字列"),
        Node::Scalar { .. } => ("a text", "文字列"),
    }
}

/// Returns the hint for a word that is none of a few known ones.
pub fn choice<'k>(word: &str, known: impl Iterator<Item = &'k str> + Clone, en: &str, ja: &str) -> Text {
    let listed_more = if known.clone().nth(MOST_LISTED).is_some() { ", …" } else { "" };
    let all = listed(known.clone().take(MOST_LISTED)) + listed_more;
    match nearest(word, known.take(MOST_COMPARED)) {
        Some(meant) => {
            Text::new(format!("did you mean `{meant}`? {en} {all}"), format!("もしかして: `{meant}`。{ja}: {all}"))
        }
        None => Text::new(format!("{en} {all}"), format!("{ja}: {all}")),
    }
}

/// Returns words in backticks, separated by commas.
pub fn listed(words: impl IntoIterator<Item = impl Display>) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    if quoted.is_empty() { "none".into() } else { quoted.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_are_taken_as_yaml_1_2_takes_them() {
        for number in ["1", "-1", "+1", "0x1F", "0o17", "1.5", ".5", "1e3", ".inf", "-.INF", ".nan", "007"] {
            assert_eq!(plain_kind(number), Kind::Number, "{number}");
        }
        for text in ["no", "off", "inf", "nan", "infinity", "2026-11-20", "1h", "0x", ".", "-", "1_000", "12:30"] {
            assert_eq!(plain_kind(text), Kind::Text, "{text}");
        }
        assert_eq!(plain_kind("null"), Kind::Nothing);
        assert_eq!(plain_kind("True"), Kind::Truth);
    }
}
