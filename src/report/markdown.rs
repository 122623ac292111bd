//! What Markdown reports share: a sheet that never grows beyond what code hosts take in a comment, and its escaping.
//!
//! Whatever came from elsewhere goes through [`name`] or [`sentence`]; nothing else may be put on a sheet unescaped.

use super::clean;
use super::phrases;
use super::words::fill;
use crate::model::words::Language;

/// The most characters of a report, in UTF-16 units: Bitbucket takes 32,768, GitHub 65,536.
pub(super) const LIMIT: usize = 32_000;
/// The most characters of one name or sentence; a longer one is cut.
const MOST_NAME: usize = 100;
const MOST_SENTENCE: usize = 400;

/// A report in the making, with what must stand at its end.
pub(super) struct Sheet {
    out: String,
    end: String,
    room: usize,
}

/// A part of a report at two sizes: whole, or its head alone.
pub(super) struct Part<'a> {
    pub head: String,
    /// Made only where there may be room for it.
    pub body: Box<dyn Fn() -> String + 'a>,
}

impl Sheet {
    /// Returns a sheet that begins with `head` and ends with `end`; both short.
    pub fn new(head: String, end: String) -> Sheet {
        // Room for the pointer to the full text, which `finish` may add.
        let room = LIMIT.saturating_sub(length(&head) + length(&end) + 200);
        Sheet { out: head, end, room }
    }

    /// Adds parts in order: whole as long as the heads of all others still find room, then heads alone. Returns how
    /// many parts are not shown whole.
    pub fn add(&mut self, parts: &[Part<'_>]) -> usize {
        let mut heads: usize = parts.iter().map(|part| length(&part.head)).sum();
        let mut cut = 0;
        for part in parts {
            let head = length(&part.head);
            heads -= head;
            let left = self.room.checked_sub(head + heads);
            if head <= self.room {
                self.put(&part.head);
            }
            let body = left.map(|left| ((part.body)(), left)).filter(|(body, left)| length(body) <= *left);
            match body {
                Some((body, _)) => self.put(&body),
                None => cut += 1,
            }
        }
        cut
    }

    fn put(&mut self, text: &str) {
        self.room = self.room.saturating_sub(length(text));
        self.out.push_str(text);
    }

    /// Returns the report. Where anything was cut, it says where the full text is: `full` prints it.
    pub fn finish(mut self, cut: usize, full: &str, language: Language) -> String {
        if cut > 0 {
            let said = fill(phrases::CUT, language, &[("n", &cut.to_string())]);
            self.out.push_str(&format!("\n{said}\n\n{}", fenced(full)));
        }
        self.out.push_str(&self.end);
        self.out
    }
}

/// Returns how long a text is where comments are measured.
pub(super) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Returns a name as Markdown shows it.
pub(super) fn name(text: &str) -> String {
    clean::markdown_code(&short(text, MOST_NAME))
}

/// Returns a sentence as Markdown shows it.
pub(super) fn sentence(text: &str) -> String {
    clean::markdown_sentence(&short(text, MOST_SENTENCE))
}

/// Returns a command in a block of its own, to be copied; nothing where it is too long for that.
pub(super) fn fenced(command: &str) -> String {
    if length(command) > 2000 {
        return String::new();
    }
    let command = clean::terminal(command);
    let longest = command.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}sh\n{command}\n{fence}\n")
}

/// Returns a fold; `text` is Markdown.
pub(super) fn fold(title: &str, text: &str) -> String {
    format!("<details><summary>{}</summary>\n\n{}\n\n</details>\n\n", clean::html(title), text.trim_end())
}

fn short(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most - 1).chain(['…']).collect(),
        false => text.into(),
    }
}
