//! JSON as rolewalk reads and names it: strictly in, canonically out. It never repairs: what is not plainly
//! right is refused with its place.
//!
//! [`parse`] gives a value, [`identity`] names one. What a value must look like is [`super::shape`]'s concern.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use thiserror::Error;

use crate::model::words::Text;

/// The most bytes that a JSON file may have.
pub const LIMIT_BYTES: u64 = 256 * 1024 * 1024;

/// Why a JSON file is refused. Lines and columns are counted from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum JsonFault {
    /// The file is larger than is ever read.
    #[error("`{file}` has {bytes} bytes, at most {limit} are read")]
    TooLarge {
        /// The file.
        file: String,
        /// Its size.
        bytes: u64,
        /// The most bytes that are read.
        limit: u64,
    },
    /// The file is no UTF-8 text.
    #[error("`{file}` is not UTF-8 text")]
    NotUtf8 {
        /// The file.
        file: String,
        /// The line of the first byte that is none.
        line: usize,
        /// Its column.
        column: usize,
        /// What would help, where the encoding is known.
        hint: Option<Text>,
    },
    /// The text is no JSON, or has a key twice in one object, or nests too deep.
    #[error("{what}")]
    Malformed {
        /// The file.
        file: String,
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// What is wrong.
        what: String,
    },
    /// The JSON is not what this kind of file holds.
    #[error("{}{}", what.en, at_path(path))]
    Shape {
        /// The file.
        file: String,
        /// The line on which the value begins.
        line: usize,
        /// Its column.
        column: usize,
        /// The path to the value, for example `groups[0].servers.PVS1.role`; empty for the whole file.
        path: String,
        /// What is wrong.
        what: Text,
        /// What would help, where something is known to.
        hint: Option<Text>,
    },
}

impl JsonFault {
    /// Returns the file, line and column at which the fault stands; line and column are 0 where it has none.
    pub fn place(&self) -> (&str, usize, usize) {
        match self {
            JsonFault::TooLarge { file, .. } => (file, 0, 0),
            JsonFault::NotUtf8 { file, line, column, .. }
            | JsonFault::Malformed { file, line, column, .. }
            | JsonFault::Shape { file, line, column, .. } => (file, *line, *column),
        }
    }

    /// Returns what would help, where something is known to.
    pub fn hint(&self) -> Option<Text> {
        match self {
            JsonFault::NotUtf8 { hint, .. } | JsonFault::Shape { hint, .. } => hint.clone(),
            JsonFault::TooLarge { .. } | JsonFault::Malformed { .. } => None,
        }
    }

    /// Returns the fault as people read it.
    pub fn said(&self) -> Text {
        let ja = match self {
            JsonFault::TooLarge { file, bytes, limit } => {
                format!("`{file}` は {bytes} バイト (上限 {limit} バイト)")
            }
            JsonFault::NotUtf8 { file, .. } => format!("`{file}` は UTF-8 のテキストではない"),
            JsonFault::Malformed { what, .. } => format!("JSON として読めない ({what})"),
            JsonFault::Shape { path, what, .. } if path.is_empty() => what.ja.clone(),
            JsonFault::Shape { path, what, .. } => format!("`{path}`: {}", what.ja),
        };
        Text::new(self.to_string(), ja)
    }
}

/// Returns the bytes as text, without a byte order mark.
///
/// # Errors
/// [`JsonFault::TooLarge`] and [`JsonFault::NotUtf8`].
pub fn text<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, JsonFault> {
    if bytes.len() as u64 > LIMIT_BYTES {
        return Err(JsonFault::TooLarge { file: file.into(), bytes: bytes.len() as u64, limit: LIMIT_BYTES });
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|fault| {
        let good = std::str::from_utf8(&bytes[..fault.valid_up_to()]).unwrap_or_default();
        let (line, column) = place(good, good.len());
        let utf16 = bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF");
        let hint = utf16.then(|| {
            Text::new(
                "the file is UTF-16, as `>` of Windows PowerShell writes; save it as UTF-8",
                "ファイルは UTF-16 (Windows PowerShell の `>` が書く形式)。UTF-8 で保存し直す",
            )
        });
        JsonFault::NotUtf8 { file: file.into(), line, column, hint }
    })
}

/// Reads one JSON value that fills the whole text. `file` is only for messages.
///
/// # Errors
/// [`JsonFault::Malformed`]: no JSON, something after the value, an object with the same key twice, or a
/// nesting deeper than 127 levels.
pub fn parse(file: &str, text: &str) -> Result<Value, JsonFault> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Strict::deserialize(&mut reader).and_then(|value| reader.end().map(|()| value.0));
    read.map_err(|fault| {
        let line = fault.line().max(1);
        let said = fault.to_string();
        let what = said.split(" at line ").next().unwrap_or_default();
        JsonFault::Malformed { file: file.into(), line, column: column(text, line, fault.column()), what: what.into() }
    })
}

/// Returns the canonical form, over which identities are computed: object members sorted by name, nothing
/// between tokens, without the top level's `id` and without times (members named `at` or ending in `_at`).
pub fn canonical(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    match value {
        Value::Object(members) => object(&mut out, members.iter().filter(|(name, _)| *name != "id")),
        other => push(&mut out, other),
    }
    out
}

/// Returns the identity of a value: `b3:` and the BLAKE3 digest of its canonical form in hexadecimal.
pub fn identity(value: &Value) -> String {
    format!("b3:{}", blake3::hash(&canonical(value)).to_hex())
}

/// Returns the path as the end of a message.
pub(super) fn at_path(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(" at `{path}`") }
}

/// Returns line and column of the byte at `offset`.
pub(super) fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let begin = before.rfind('\n').map_or(0, |at| at + 1);
    (line, before[begin..].chars().count() + 1)
}

/// Turns a column that was counted in bytes into one counted in characters.
fn column(text: &str, line: usize, bytes: usize) -> usize {
    let line = text.split('\n').nth(line - 1).unwrap_or_default();
    let before = line.as_bytes().get(..bytes.saturating_sub(1)).unwrap_or(line.as_bytes());
    String::from_utf8_lossy(before).chars().count() + 1
}

pub(super) fn is_time(name: &str) -> bool {
    name == "at" || name.ends_with("_at")
}

fn push(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Object(members) => object(out, members.iter()),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                push(out, item);
            }
            out.push(b']');
        }
        scalar => out.extend_from_slice(scalar.to_string().as_bytes()),
    }
}

fn object<'a>(out: &mut Vec<u8>, members: impl Iterator<Item = (&'a String, &'a Value)>) {
    let mut members: Vec<_> = members.filter(|(name, _)| !is_time(name)).collect();
    members.sort_unstable_by_key(|(name, _)| name.as_bytes());
    out.push(b'{');
    for (index, (name, value)) in members.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(Value::from(name.as_str()).to_string().as_bytes());
        out.push(b':');
        push(out, value);
    }
    out.push(b'}');
}

/// A value in whose objects no key stands twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if map.contains_key(&name) {
                return Err(A::Error::custom(format!("the key `{}` stands twice in one object", name.escape_debug())));
            }
            let Strict(value) = members.next_value()?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(text: &str) -> (String, usize, usize) {
        let fault = parse("p.json", text).unwrap_err();
        let (_, line, column) = fault.place();
        (fault.to_string(), line, column)
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_with_its_place() {
        let (what, line, column) = refused("{\n  \"ロ\": {\"a\": 1, \"a\": 2}\n}");
        assert_eq!(what, "the key `a` stands twice in one object");
        assert_eq!((line, column), (2, 19));
    }

    #[test]
    fn nothing_may_follow_the_value_and_nothing_may_be_missing() {
        assert_eq!(refused("{} x"), ("trailing characters".into(), 1, 4));
        assert_eq!(refused("{\"a\": 1").1, 1);
        assert_eq!(refused("").0, "EOF while parsing a value");
        assert_eq!(refused("[1,]").0, "trailing comma");
    }

    #[test]
    fn a_depth_bomb_is_refused_and_not_run_into() {
        assert_eq!(refused(&"[".repeat(1_000_000)).0, "recursion limit exceeded");
        assert_eq!(refused(&"{\"a\":".repeat(1_000_000)).0, "recursion limit exceeded");
    }

    #[test]
    fn text_that_is_not_utf_8_is_refused_with_its_place() {
        let fault = text("p.json", b"{\n \"\xE3\x83\xAD\xFF\"").unwrap_err();
        assert_eq!(fault.place(), ("p.json", 2, 4));
        let fault = text("p.json", b"\xFF\xFE{\0").unwrap_err();
        assert!(fault.hint().unwrap().en.contains("UTF-16"));
        assert_eq!(text("p.json", b"\xEF\xBB\xBF{}"), Ok("{}"));
    }

    #[test]
    fn the_canonical_form_knows_no_order_no_blanks_no_id_and_no_times() {
        let value = json!({"id": "b3:x", "b": [1, {"at": "now", "seen_at": 1, "cat": "é\n", "id": 2}], "a": null});
        assert_eq!(String::from_utf8(canonical(&value)).unwrap(), r#"{"a":null,"b":[1,{"cat":"é\n","id":2}]}"#);
        let same = json!({"a": null, "b": [1, {"cat": "é\n", "id": 2}]});
        assert_eq!(identity(&value), identity(&same));
        assert!(identity(&same).starts_with("b3:") && identity(&same).len() == 3 + 64);
    }
}
