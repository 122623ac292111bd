//! How a fault looks: the message, the place, the lines with carets, and after a blank line the hint.
//!
//! The renderer is our own because compilers' renderers put the lines between two marks, and their own
//! words, where this look has neither. Nothing from a file reaches the terminal unchanged if it could act on it.

use std::ops::Range;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthChar;

use super::{Fault, Mark};
use crate::model::words::Language;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const FRAME: Style = AnsiColor::Blue.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// How many characters of a line are shown before and after the beginning of the marked part.
const BEFORE: usize = 60;
const AFTER: usize = 120;
const TAB: &str = "    ";
const HIDDEN: &str = "********";

/// Renders a fault as text that ends with a newline.
///
/// # Guarantees
/// The text holds no control character but newlines and, with `color`, the escapes of colours.
pub fn render(fault: &Fault, language: Language, color: bool) -> String {
    let paint = |style: Style, text: &str| match color {
        true => format!("{style}{text}{style:#}"),
        false => text.to_owned(),
    };
    let mut out = format!("{} {}\n", paint(ERROR, "error:"), harmless(fault.message.say(language)));
    let gutter = fault.marks.iter().map(|mark| mark.line.to_string().len()).max().unwrap_or(0).max(2);
    let pad = " ".repeat(gutter);
    let position = fault.at.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
    out += &format!("{pad}{} {}{position}\n", paint(FRAME, "-->"), harmless(&fault.file));

    let mut file = fault.file.as_str();
    let mut shown = 0;
    for (index, mark) in in_order(fault) {
        if mark.file != file {
            file = &mark.file;
            shown = 0;
            let place = format!("{}:{}:{}", harmless(file), mark.line, mark.column);
            out += &format!("{pad}{} {place}\n", paint(FRAME, ":::"));
        }
        if shown == 0 {
            out += &format!("{pad} {}\n", paint(FRAME, "|"));
        }
        if shown != mark.line {
            let number = format!("{:>gutter$} |", mark.line);
            out += format!("{} {}", paint(FRAME, &number), mark.excerpt).trim_end();
            out.push('\n');
            shown = mark.line;
        }
        let (sign, style) = if index == 0 { ("^", ERROR) } else { ("-", FRAME) };
        let label = harmless(mark.label.say(language));
        let line = format!("{} {label}", sign.repeat(mark.width));
        let under = format!("{}{}", " ".repeat(mark.offset), paint(style, line.trim_end()));
        out += &format!("{pad} {} {under}\n", paint(FRAME, "|"));
    }
    if let Some(hint) = &fault.hint {
        out += &format!("\n{} {}\n", paint(HINT, "hint:"), harmless(hint.say(language)));
    }
    out
}

/// Returns the marks with their number, those of the fault's own file first, each file from top to bottom.
fn in_order(fault: &Fault) -> Vec<(usize, &Mark)> {
    let mut marks: Vec<_> = fault.marks.iter().enumerate().collect();
    marks.sort_by_key(|(_, mark)| (mark.file != fault.file, &mark.file, mark.line, mark.column));
    marks
}

/// Returns `text` with everything that a terminal could act on, or that reorders text, written as an escape.
pub fn harmless(text: &str) -> String {
    text.chars().map(|c| if acts(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

/// Returns whether a character acts instead of being seen: controls, marks of direction, line and paragraph
/// separators, and what takes no room at all.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{061C}' | '\u{E0000}'..='\u{E007F}')
}

/// Returns what is shown of a line, and where the bytes `span` stand in it: offset and width in columns.
pub(super) fn excerpt(line: &str, span: Range<usize>, hidden: Option<Range<usize>>) -> (String, usize, usize) {
    let line = line.trim_end_matches('\r');
    let before = line.char_indices().filter(|(at, _)| *at < span.start).count();
    let from = before.saturating_sub(BEFORE);
    let mut shown = String::from(if from > 0 { "…" } else { "" });
    let (mut column, mut offset, mut end) = (shown.chars().count(), None, None);
    for (at, c) in line.char_indices().skip(from).take(BEFORE + AFTER) {
        if at >= span.start {
            offset.get_or_insert(column);
        }
        if at >= span.end {
            end.get_or_insert(column);
        }
        let text = match &hidden {
            Some(hidden) if at == hidden.start => HIDDEN.to_owned(),
            Some(hidden) if hidden.contains(&at) => String::new(),
            _ if c == '\t' => TAB.to_owned(),
            _ if acts(c) => char::REPLACEMENT_CHARACTER.to_string(),
            _ => c.to_string(),
        };
        column += text.chars().map(|c| c.width().unwrap_or(0)).sum::<usize>();
        shown += &text;
    }
    let offset = offset.unwrap_or(column);
    let end = end.unwrap_or(column);
    if line.chars().count() > from + BEFORE + AFTER {
        shown.push('…');
    }
    (shown, offset, end.saturating_sub(offset).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::source::{Place, Source, SourceFile};
    use crate::model::words::Text;

    fn show(text: &str, start: usize, end: usize, color: bool) -> String {
        let file = SourceFile { name: "a.yaml".into(), bytes: text.into() };
        let source = Source::decode(&file).unwrap();
        let fault = Fault::new("test", Text::new("it is wrong", "誤りです"));
        render(&fault.at(&source, Place { start, end }, "here", "ここ"), Language::English, color)
    }

    #[test]
    fn carets_stand_under_the_marked_part_after_wide_characters_and_tabs() {
        assert_eq!(
            show("東京:\t店舗\n", 8, 14, false),
            "error: it is wrong\n  --> a.yaml:1:5\n   |\n 1 | 東京:    店舗\n   |          ^^^^ here\n"
        );
    }

    #[test]
    fn a_file_cannot_send_escapes_to_the_terminal() {
        let shown = show("a: \u{1b}[31m\u{202e}x\n", 3, 4, false);
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown}");
        assert_eq!(harmless("a\u{1b}b"), "a\\u{1b}b");
    }

    #[test]
    fn a_line_of_a_megabyte_is_cut() {
        let long = "x".repeat(1 << 20);
        let shown = show(&long, 500_000, 500_003, false);
        assert!(shown.len() < 1000, "{}", shown.len());
        assert!(shown.contains("^^^ here"));
    }

    #[test]
    fn without_colour_there_are_no_escapes_and_with_it_the_words_are_the_same() {
        let plain = show("a: b\n", 3, 4, false);
        let coloured = show("a: b\n", 3, 4, true);
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
        assert_ne!(coloured, plain);
    }
}
