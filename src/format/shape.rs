//! From a JSON value to a typed one, with the path to whatever does not fit. It reads values that
//! [`super::json::parse`] gave, and never text.

use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, Expected, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

use super::json::{JsonFault, at_path, place};
use super::near;
use crate::model::words::Text;

/// What does not fit, and where. The path grows from the inside as the fault travels outwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    what: Text,
    hint: Option<Text>,
    inside_out: Vec<Segment>,
}

/// One part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Key(String),
    Index(usize),
}

/// Reads a typed value from a JSON value.
///
/// # Errors
/// The first [`Misfit`], with its path.
pub fn read<'de, T: Deserialize<'de>>(value: &'de Value) -> Result<T, Misfit> {
    T::deserialize(Node(value))
}

impl Misfit {
    /// Returns a misfit at the place where it is made.
    pub fn new(en: impl Into<String>, ja: impl Into<String>) -> Self {
        Self::of(Text::new(en, ja))
    }

    /// Returns the misfit that a text tells.
    pub fn of(what: Text) -> Self {
        Self { what, hint: None, inside_out: Vec::new() }
    }

    /// Returns the misfit of a word that is not among the known ones, with the nearest as its hint.
    pub fn unknown<'a>(kind: &str, word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Self {
        let hint = near::hint(word, known.clone()).zip(near::hint_ja(word, known)).map(|(en, ja)| Text::new(en, ja));
        let word = word.escape_debug();
        Self { hint, ..Self::new(format!("unknown {kind} `{word}`"), format!("不明な値 `{word}` ({kind})")) }
    }

    /// Adds what would help.
    pub fn hint(mut self, en: impl Into<String>, ja: impl Into<String>) -> Self {
        self.hint = Some(Text::new(en, ja));
        self
    }

    /// Returns the same misfit as seen from the object that has the value under `key`.
    pub fn key(mut self, key: &str) -> Self {
        self.inside_out.push(Segment::Key(key.into()));
        self
    }

    /// Returns the same misfit as seen from the array that has the value at `index`.
    pub fn index(mut self, index: usize) -> Self {
        self.inside_out.push(Segment::Index(index));
        self
    }

    /// Returns the path as people read it, for example `groups[0].servers.PVS1.role`; empty for the whole.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for segment in self.inside_out.iter().rev() {
            match segment {
                Segment::Index(index) => path.push_str(&format!("[{index}]")),
                Segment::Key(key) if is_plain(key) && path.is_empty() => path.push_str(key),
                Segment::Key(key) if is_plain(key) => path.push_str(&format!(".{key}")),
                Segment::Key(key) => path.push_str(&format!("[\"{}\"]", key.escape_debug())),
            }
        }
        path
    }

    /// Returns the fault with its place in the text from which the value was read.
    pub fn in_file(self, file: &str, text: &str) -> JsonFault {
        let path: Vec<&Segment> = self.inside_out.iter().rev().collect();
        let (line, column) = place(text, offset(text, &path));
        let path = self.path();
        JsonFault::Shape { file: file.into(), line, column, path, what: self.what, hint: self.hint }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.what.en, at_path(&self.path()))
    }
}

impl std::error::Error for Misfit {}

impl Error for Misfit {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Misfit::new(what.to_string(), format!("形式に合わない ({what})"))
    }

    fn invalid_type(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let found = said(found);
        Misfit::new(format!("{wanted} is wanted, {found} was found"), format!("{found} は使えない ({wanted})"))
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        let found = said(found);
        Misfit::new(format!("{wanted} is wanted, {found} was found"), format!("{found} は使えない ({wanted})"))
    }

    fn unknown_variant(word: &str, known: &'static [&'static str]) -> Self {
        Misfit::unknown("value", word, known.iter().copied())
    }

    fn unknown_field(word: &str, known: &'static [&'static str]) -> Self {
        Misfit::unknown("field", word, known.iter().copied()).key(word)
    }

    fn missing_field(name: &'static str) -> Self {
        Misfit::new(format!("the field `{name}` is missing"), format!("フィールド `{name}` がない"))
    }
}

fn said(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Str(text) if text.chars().count() > 60 => "a long text".into(),
        Unexpected::Unit => "null".into(),
        other => other.to_string(),
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// Returns where in the text the value at the path begins; where the path leads nowhere, the last known place.
fn offset(text: &str, path: &[&Segment]) -> usize {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0 };
    scan.blanks();
    for segment in path {
        let begin = scan.at;
        if !scan.enter(segment) {
            return begin;
        }
    }
    scan.at
}

/// A walk over text that is known to be JSON.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn next(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or_default()
    }

    fn blanks(&mut self) {
        while self.next().is_ascii_whitespace() || matches!(self.next(), b',' | b':') {
            self.at += 1;
        }
    }

    fn string(&mut self) -> &[u8] {
        let begin = self.at;
        self.at += 1;
        while self.at < self.bytes.len() && self.next() != b'"' {
            self.at += if self.next() == b'\\' { 2 } else { 1 };
        }
        self.at = (self.at + 1).min(self.bytes.len());
        &self.bytes[begin..self.at]
    }

    fn skip(&mut self) {
        let mut depth = 0usize;
        while self.at < self.bytes.len() {
            match self.next() {
                b'"' => {
                    self.string();
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                _ => {
                    self.at += 1;
                    while !matches!(self.next(), b',' | b'}' | b']' | b'\0') {
                        self.at += 1;
                    }
                }
            }
            if depth == 0 {
                break;
            }
            self.blanks();
        }
        self.blanks();
    }

    fn enter(&mut self, segment: &Segment) -> bool {
        self.at += 1;
        self.blanks();
        let mut index = 0;
        while self.at < self.bytes.len() && !matches!(self.next(), b'}' | b']') {
            let found = match segment {
                Segment::Index(wanted) => index == *wanted,
                Segment::Key(wanted) => {
                    let found = serde_json::from_slice::<String>(self.string()).is_ok_and(|key| key == *wanted);
                    self.blanks();
                    found
                }
            };
            if found {
                return true;
            }
            self.skip();
            index += 1;
        }
        false
    }
}

/// A value from which a typed value is read.
#[derive(Clone, Copy)]
struct Node<'de>(&'de Value);

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(*flag),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => visitor.visit_u64(number),
                (None, Some(number)) => visitor.visit_i64(number),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or_default()),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => visitor.visit_seq(Items { items: items.iter(), index: 0 }),
            Value::Object(members) => visitor.visit_map(Members { members: members.iter(), here: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::String(word) => visitor.visit_enum(StrDeserializer::<Misfit>::new(word)),
            _ => Err(Misfit::new("a word is wanted", "語が必要")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

struct Items<'de> {
    items: std::slice::Iter<'de, Value>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        seed.deserialize(Node(item)).map(Some).map_err(|fault| fault.index(index))
    }
}

struct Members<'de, I: Iterator<Item = (&'de String, &'de Value)>> {
    members: I,
    here: Option<(&'de String, &'de Value)>,
}

impl<'de, I: Iterator<Item = (&'de String, &'de Value)>> MapAccess<'de> for Members<'de, I> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        self.here = self.members.next();
        match self.here {
            Some((name, _)) => seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misfit> {
        match self.here.take() {
            Some((name, value)) => seed.deserialize(Node(value)).map_err(|fault| fault.key(name)),
            None => Err(Misfit::new("a value was asked for before its name", "名前より先に値が求められた")),
        }
    }
}

/// Takes a text member out of an object.
///
/// # Errors
/// A [`Misfit`] where it is missing or no text.
pub fn take_text(members: &mut Map<String, Value>, name: &'static str) -> Result<String, Misfit> {
    match members.remove(name) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(Misfit::new("a text is wanted", "文字列が必要").key(name)),
        None => Err(Misfit::missing_field(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read into")]
    struct Thing {
        names: Vec<String>,
        within: Option<Box<Thing>>,
    }

    fn fault(text: &str) -> (String, usize, usize, Option<String>) {
        let value = super::super::json::parse("f", text).unwrap();
        let fault = read::<Thing>(&value).unwrap_err().in_file("f", text);
        let (_, line, column) = fault.place();
        (fault.to_string(), line, column, fault.hint().map(|hint| hint.en))
    }

    #[test]
    fn what_does_not_fit_is_named_with_path_line_and_column() {
        let (what, line, column, _) = fault("{\"names\": [],\n \"within\": {\"names\": [\"a,]\\\"\", 7]}}");
        assert_eq!(what, "a string is wanted, integer `7` was found at `within.names[1]`");
        assert_eq!((line, column), (2, 32));
    }

    #[test]
    fn an_unknown_field_has_a_hint_and_a_place() {
        let (what, line, column, hint) = fault("{\"names\": [],\n \"wihtin\": null}");
        assert_eq!(what, "unknown field `wihtin` at `wihtin`");
        assert_eq!((line, column, hint.as_deref()), (2, 12, Some("did you mean `within`?")));
    }

    #[test]
    fn a_missing_field_is_named_at_its_object() {
        let (what, ..) = fault("{\"names\": [], \"within\": {}}");
        assert_eq!(what, "the field `names` is missing at `within`");
    }
}
