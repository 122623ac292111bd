//! A file's bytes as text with places: size and UTF-8 are checked here, before anything else looks at it.
//!
//! Never reads a disk; [`SourceFile`] is what the caller has read. Next: [`super::yaml`].

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
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Ok(Self { name: &file.name, text, line_starts, hides_secrets: false })
    }

    /// Returns the same source with the promise that no mark shows what follows a word such as `password`.
    pub fn hiding_secrets(self) -> Self {
        Self { hides_secrets: true, ..self }
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
        let rest = self.text.get(start..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        let hidden = if self.hides_secrets { secret_part(line) } else { None };
        let span = place.start - start..place.end.max(place.start) - start;
        Mark::new(self.name, (self.line(place.start), self.column(place.start)), line, span, hidden, label)
    }

    fn line_start(&self, offset: usize) -> usize {
        self.line_starts.get(self.line(offset).saturating_sub(1)).copied().unwrap_or_default()
    }
}

/// Words that, in the name of a field, say that its value is a secret.
const SECRET_WORDS: [&str; 10] =
    ["password", "passwd", "passphrase", "secret", "token", "pwd", "credential", "apikey", "privatekey", "accesskey"];

/// Returns whether the name of a field says that its value is a secret.
pub fn is_secret_name(name: &str) -> bool {
    let folded: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    SECRET_WORDS.iter().any(|word| folded.contains(word))
}

/// Returns the bytes of a line that may hold a secret: whatever follows `:` or `=` after a secret's name.
///
/// Works on the bare line, so that it also holds for text that is no YAML.
fn secret_part(line: &str) -> Option<Range<usize>> {
    let signs = line.char_indices().filter(|(_, c)| matches!(c, ':' | '='));
    let mut from = 0;
    for (at, _) in signs {
        let named = line.get(from..at).is_some_and(is_secret_name);
        let value = line.get(at + 1..).unwrap_or_default();
        if named && !value.trim().is_empty() && !is_reference(value) {
            let start = at + 1 + (value.len() - value.trim_start().len());
            return Some(start..line.trim_end().len());
        }
        from = at + 1;
    }
    None
}

fn is_reference(value: &str) -> bool {
    let inner = value.trim_start().strip_prefix('{').unwrap_or_default().trim_start();
    ["env:", "file:", "command:"].iter().any(|kind| inner.starts_with(kind))
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
    let hidden = secret_part(&line);
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
