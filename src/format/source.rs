//! A file's bytes as text with places: size and UTF-8 are checked here, before anything else looks at it.
//!
//! Never reads a disk; [`SourceFile`] is what the caller has read. Next: [`super::yaml`].

use std::collections::BTreeSet;
use std::ops::Range;

use super::fault::{Fault, Mark};
use crate::model::words::Text;

/// The largest file that is read, in bytes: 16 MiB. A group of 100,000 servers needs about half of it.
pub const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// A file as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Its name as it is shown to people, with `/` between folders.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// A span of a source's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    /// Where it begins, in bytes from the start of the text.
    pub start: usize,
    /// Where it ends, in bytes, exclusive.
    pub end: usize,
}

/// A file's text, in which places can be found again.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    /// The file's name as it is shown to people.
    pub name: &'a str,
    /// The text, without a byte order mark.
    pub text: &'a str,
    line_starts: Vec<usize>,
    hides_secrets: bool,
    /// The lines, counted from 1, of which nothing may be shown.
    hidden: BTreeSet<usize>,
}

impl<'a> Source<'a> {
    /// Takes a file's bytes as UTF-8 text. A byte order mark is left out.
    ///
    /// # Errors
    /// Returns the fault `too-large` or `not-utf8`.
    pub fn decode(file: &'a SourceFile) -> Result<Self, Box<Fault>> {
        if file.bytes.len() as u64 > MAX_BYTES {
            return Err(too_large(&file.name, file.bytes.len() as u64).into());
        }
        let bytes = file.bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&file.bytes);
        let text = str::from_utf8(bytes).map_err(|error| Box::new(not_utf8(&file.name, bytes, error.valid_up_to())))?;
        Ok(Self {
            name: &file.name,
            text,
            line_starts: line_starts(text),
            hides_secrets: false,
            hidden: BTreeSet::new(),
        })
    }

    /// Returns the same source with the promise that no mark shows what follows a word such as `password`, be it in its line
    /// or in those after it.
    pub fn hiding_secrets(self) -> Self {
        let hidden = secret_lines(self.line_starts.iter().map(|start| line_at(self.text, *start)));
        Self { hides_secrets: true, hidden, ..self }
    }

    /// Returns the line of a byte of the text, counted from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// Returns the column of a byte of the text, counted from 1 in characters.
    pub fn column(&self, offset: usize) -> usize {
        let start = self.line_start(offset);
        self.text.get(start..offset).map_or(1, |before| before.chars().count() + 1)
    }

    /// Returns a mark for the part of `place` that stands on its first line.
    pub fn mark(&self, place: Place, label: Text) -> Mark {
        let start = self.line_start(place.start);
        let line = line_at(self.text, start);
        let hidden = match self.hidden.contains(&self.line(place.start)) {
            true => Some(indent(line)..line.len()),
            false => self.hides_secrets.then(|| secret_part(line)).flatten(),
        };
        let span = place.start - start..place.end.max(place.start) - start;
        Mark::new(self.name, (self.line(place.start), self.column(place.start)), line, span, hidden, label)
    }

    fn line_start(&self, offset: usize) -> usize {
        self.line_starts.get(self.line(offset).saturating_sub(1)).copied().unwrap_or_default()
    }
}

/// Returns where lines begin, whatever ends them: CR LF, LF, or CR alone.
fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let ends = |at: &usize| bytes[*at] == b'\n' || (bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
    std::iter::once(0).chain((0..bytes.len()).filter(ends).map(|at| at + 1)).collect()
}

/// Returns the line that begins at `start`, without its end.
fn line_at(text: &str, start: usize) -> &str {
    text.get(start..).and_then(|rest| rest.split(['\n', '\r']).next()).unwrap_or_default()
}

/// Words that, in the name of a field, say that its value is a secret; `answers` are those of a setup, password included.
const SECRET_WORDS: [&str; 11] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "pwd",
    "credential",
    "apikey",
    "privatekey",
    "accesskey",
    "answers",
];
/// Words that say so of what is no secret, and is no text for a job's log either.
const PRIVATE_WORDS: [&str; 2] = ["user", "account"];

/// Returns whether the name of a field says that its value is a secret.
pub fn is_secret_name(name: &str) -> bool {
    SECRET_WORDS.iter().any(|word| folded(name).contains(word))
}

/// Returns whether the name of a field says that its value is not to be shown: a secret, or whose it is.
pub fn is_private_name(name: &str) -> bool {
    is_secret_name(name) || PRIVATE_WORDS.iter().any(|word| folded(name).contains(word))
}

fn folded(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Returns the bytes of a line that may hold a secret: whatever follows `:` or `=` after a private name.
///
/// Works on the bare line, so that it also holds for text that is no YAML.
fn secret_part(line: &str) -> Option<Range<usize>> {
    let value = private_value(line)?;
    let start = line.len() - value.trim_start().len();
    (!value.trim().is_empty()).then(|| start..line.trim_end().len())
}

/// Returns what follows the first private name of a line, be it nothing; none where only references to secrets do.
fn private_value(line: &str) -> Option<&str> {
    let mut from = 0;
    for (at, _) in line.char_indices().filter(|(_, c)| matches!(c, ':' | '=')) {
        let named = line.get(from..at).is_some_and(is_private_name);
        let value = line.get(at + 1..).unwrap_or_default();
        if named && !is_reference(value) {
            return Some(value);
        }
        from = at + 1;
    }
    None
}

/// Returns the lines, counted from 1, that may go on with a secret which a line before them began: those that are deeper
/// than its field, and those that begin no field of their own.
///
/// Works on bare lines as [`secret_part`] does, and rather hides too much.
fn secret_lines<'t>(lines: impl Iterator<Item = &'t str>) -> BTreeSet<usize> {
    let mut hidden = BTreeSet::new();
    // How deep the field of the secret is, and whether nothing of it was seen yet.
    let mut within: Option<(usize, bool)> = None;
    for (index, line) in lines.enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let ended = within.is_none_or(|(depth, is_bare)| !is_bare && indent(line) <= depth && begins_field(line));
        match within {
            Some((depth, _)) if !ended => {
                let refers = within == Some((depth, true)) && indent(line) > depth && refers(line.trim_start());
                if !refers {
                    hidden.insert(index + 1);
                }
                within = Some((depth, false));
            }
            _ => within = private_value(line).map(|value| (indent(line), value.trim().is_empty())),
        }
    }
    hidden
}

/// Returns how deep the content of a line is, in bytes; that of a list's item is behind its `-`.
fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t', '-']).len()
}

fn begins_field(line: &str) -> bool {
    let is_of_name = |c: char| c.is_alphanumeric() || "_-. \"'".contains(c);
    let named = line
        .split_once(':')
        .is_some_and(|(name, rest)| name.chars().all(is_of_name) && (rest.is_empty() || rest.starts_with([' ', '\t'])));
    named || line.starts_with("---")
}

fn is_reference(value: &str) -> bool {
    value.trim_start().strip_prefix('{').is_some_and(|inner| refers(inner.trim_start()))
}

/// Returns whether a text begins with one of the ways to refer to a secret.
fn refers(text: &str) -> bool {
    let text = text.trim_start_matches('"');
    ["env", "file", "command"]
        .iter()
        .filter_map(|kind| text.strip_prefix(kind))
        .any(|rest| rest.trim_start_matches('"').starts_with(':'))
}

/// Returns the fault of a file that is not read because of its size.
///
/// For callers that know the size before they read the file.
pub fn too_large(name: &str, size_bytes: u64) -> Fault {
    let (size, limit) = (mebibytes(size_bytes), MAX_BYTES / (1024 * 1024));
    Fault::new(
        "too-large",
        Text::new(
            format!("the file is too large: {size} MiB, at most {limit} MiB are read"),
            format!("ファイルが大きすぎます({size} MiB。読めるのは {limit} MiB まで)"),
        ),
    )
    .in_file(name)
    .hint(
        "keep one group, or a few, in a file; a folder of files can be given",
        "1 ファイルには 1 グループか数グループだけを書いてください。フォルダーごと指定することもできます",
    )
}

fn mebibytes(bytes: u64) -> u64 {
    bytes.div_ceil(1024 * 1024)
}

fn not_utf8(name: &str, bytes: &[u8], at: usize) -> Fault {
    let start = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let end = bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |length| at + length);
    let before = String::from_utf8_lossy(&bytes[start..at]).into_owned();
    let line_number = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
    let position = (line_number, before.chars().count() + 1);
    let span = before.len()..before.len() + char::REPLACEMENT_CHARACTER.len_utf8();
    let line = before + &String::from_utf8_lossy(&bytes[at..end]);
    let byte = bytes.get(at).copied().unwrap_or_default();
    let label = Text::new(format!("byte 0x{byte:02X}"), format!("バイト 0x{byte:02X}"));
    let above = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let hidden = match secret_lines(above.lines()).contains(&line_number) {
        true => Some(indent(&line)..line.len()),
        false => secret_part(&line),
    };
    let fault = Fault::new("not-utf8", Text::new("the file is not UTF-8", "ファイルが UTF-8 ではありません"))
        .in_file(name)
        .marked(Mark::new(name, position, &line, span, hidden, label));
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return fault.hint("it is UTF-16; save it as UTF-8", "UTF-16 です。UTF-8 で保存し直してください");
    }
    fault.hint(
        "save it as UTF-8; if it is Shift_JIS: `iconv -f CP932 -t UTF-8`",
        "UTF-8 で保存し直してください。Shift_JIS なら `iconv -f CP932 -t UTF-8` で変換できます",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> SourceFile {
        SourceFile { name: "a.yaml".into(), bytes: bytes.to_vec() }
    }

    #[test]
    fn lines_and_columns_are_counted_from_one_in_characters() {
        let file = file("\u{feff}a: 東京\r\nb: 2\r\n".as_bytes());
        let source = Source::decode(&file).unwrap();
        assert_eq!((source.line(0), source.column(0)), (1, 1));
        assert_eq!((source.line(9), source.column(9)), (1, 6));
        assert_eq!((source.line(11), source.column(14)), (2, 4));
    }

    #[test]
    fn the_first_byte_that_is_no_utf8_is_named() {
        let fault = Source::decode(&file(b"version: 1\ngroup: \x83X\x83g\n")).unwrap_err();
        assert_eq!((fault.name, fault.at), ("not-utf8", Some((2, 8))));
        assert_eq!(fault.marks[0].label.en, "byte 0x83");
    }

    #[test]
    fn what_follows_a_secrets_name_is_never_shown() {
        assert_eq!(secret_part("  password: hunter2 "), Some(12..19));
        assert_eq!(secret_part("  db: \"Server=x;Pwd=y\""), Some(20..22));
        assert_eq!(secret_part("  password: { env: DB }"), None);
        assert_eq!(secret_part("  group: Store"), None);
    }
}
