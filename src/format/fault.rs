//! Faults: what is wrong with a file, where, and what to do about it, in both languages.
//!
//! A fault is a plain value that carries the lines it shows, so that it can be printed anywhere and at any
//! time. It decides nothing. Next: [`render`], which turns it into the text that people see.

use std::ops::Range;

use thiserror::Error;

use super::source::{Place, Source};
use crate::model::words::Text;

pub mod snippet;

pub use snippet::render;

/// The most faults of one file that are told; the rest is counted.
pub const MOST: usize = 1000;

/// The longest message and the longest hint, in characters.
const LONGEST: usize = 500;

/// One thing that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}: {}", self.whereabouts(), self.message.en)]
pub struct Fault {
    /// Its name: stable, for fixtures and reports that machines read.
    pub name: &'static str,
    /// What is wrong: a phrase in lower case, without a full stop.
    pub message: Text,
    /// The file's name as it is shown to people.
    pub file: String,
    /// The line and the column to jump to, both counted from 1, the column in characters; none: the file as a whole.
    pub at: Option<(usize, usize)>,
    /// What is shown of the file: the first is the culprit, the others explain. May name other files.
    pub marks: Vec<Mark>,
    /// What to do.
    pub hint: Option<Text>,
}

/// A marked part of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The file's name as it is shown to people.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted from 1 in characters.
    pub column: usize,
    /// The line's text as it is shown: tabs are blanks, control characters and secrets are replaced, long lines cut.
    pub excerpt: String,
    /// Where the marked part begins in the excerpt, in columns of a terminal from 0.
    pub offset: usize,
    /// How wide the marked part is, in columns of a terminal, at least 1.
    pub width: usize,
    /// What is said beneath it; may be empty.
    pub label: Text,
}

impl Mark {
    /// Marks the bytes `span` of `line`; the bytes `hidden` are not shown.
    pub fn new(
        file: &str,
        (line, column): (usize, usize),
        text: &str,
        span: Range<usize>,
        hidden: Option<Range<usize>>,
        label: Text,
    ) -> Self {
        let (excerpt, offset, width) = snippet::excerpt(text, span, hidden);
        Self { file: file.into(), line, column, excerpt, offset, width, label }
    }
}

impl Fault {
    /// Returns a fault that does not say yet where it is.
    pub fn new(name: &'static str, message: Text) -> Self {
        let message = Text::new(cut(message.en), cut(message.ja));
        Self { name, message, file: String::new(), at: None, marks: Vec::new(), hint: None }
    }

    /// Says in which file it is.
    pub fn in_file(self, name: &str) -> Self {
        Self { file: name.into(), ..self }
    }

    /// Says where it is: the culprit.
    pub fn at(self, source: &Source<'_>, place: Place, en: &str, ja: &str) -> Self {
        self.in_file(source.name).marked(source.mark(place, Text::new(en, ja)))
    }

    /// Adds a mark; the first one is the culprit.
    pub fn marked(mut self, mark: Mark) -> Self {
        self.at = self.at.or(Some((mark.line, mark.column)));
        self.marks.push(mark);
        self
    }

    /// Adds a mark that explains.
    pub fn also(self, source: &Source<'_>, place: Place, en: &str, ja: &str) -> Self {
        self.marked(source.mark(place, Text::new(en, ja)))
    }

    /// Says where to jump to, where that is not the culprit itself but the line's entry.
    pub fn jump(mut self, source: &Source<'_>, place: Place) -> Self {
        self.at = Some((source.line(place.start), source.column(place.start)));
        self
    }

    /// Says what to do.
    pub fn hint(mut self, en: impl Into<String>, ja: impl Into<String>) -> Self {
        self.hint = Some(Text::new(cut(en.into()), cut(ja.into())));
        self
    }

    fn whereabouts(&self) -> String {
        match self.at {
            Some((line, column)) => format!("{}:{line}:{column}", self.file),
            None => self.file.clone(),
        }
    }
}

/// Returns a sentence of a bearable length, whatever the file's own words in it are.
fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The faults found in one file.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    list: Vec<Fault>,
    untold: usize,
}

impl Faults {
    /// Notes a fault. Beyond [`MOST`] it is only counted, and not made.
    pub fn add(&mut self, fault: impl FnOnce() -> Fault) {
        if self.list.len() < MOST {
            self.list.push(fault());
        } else {
            self.untold += 1;
        }
    }

    /// Returns how many faults were noted.
    pub fn count(&self) -> usize {
        self.list.len() + self.untold
    }

    /// Returns the faults in the order of the file, with a last one that counts those that are not told.
    pub fn into_sorted(mut self) -> Vec<Fault> {
        self.list.sort_by_key(|fault| fault.at);
        if self.untold > 0 {
            let file = self.list.first().map(|fault| fault.file.clone()).unwrap_or_default();
            let untold = self.untold;
            let message = Text::new(
                format!("{untold} more faults in this file are not shown"),
                format!("このファイルには、ほかに {untold} 件の誤りがあります(表示は省略)"),
            );
            self.list.push(Fault::new("more-faults", message).in_file(&file));
        }
        self.list
    }
}
