//! Lines of a given width, with or without colour. The only place that knows how wide a character is.

use anstyle::{AnsiColor, Effects, Style};
use unicode_width::UnicodeWidthChar;

use super::clean;
use crate::model::words::{Language, Words};

/// How a report is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The language.
    pub language: Language,
    /// The most columns of a line; `usize::MAX` where lines are not to be broken.
    pub width: usize,
    /// Whether colour is wanted.
    pub colour: bool,
}

/// What a piece of text is, for its colour. The words alone must say everything too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Strong,
    Faint,
    Good,
    Warn,
    Bad,
}

/// A report in the making.
pub(super) struct Page {
    pub look: Look,
    out: String,
}

#[derive(Clone, Copy)]
struct Cell {
    character: char,
    tone: Tone,
}

impl Page {
    pub fn new(look: &Look) -> Self {
        Self { look: *look, out: String::new() }
    }

    pub fn done(self) -> String {
        self.out
    }

    pub fn say(&self, words: Words) -> &'static str {
        words.say(self.look.language)
    }

    pub fn blank(&mut self) {
        self.out.push('\n');
    }

    /// Adds text as one paragraph: its first line indented by `indent`, the others by `hang`.
    pub fn put(&mut self, indent: usize, hang: usize, pieces: &[(Tone, &str)]) {
        let cells = cells(pieces);
        let room = self.look.width.max(20);
        for line in wrap(&cells, indent.min(room / 3), hang.min(room / 3), room) {
            self.line(line.0, &line.1);
        }
    }

    /// Adds text as one line that is never broken, so that it can be copied.
    pub fn whole(&mut self, indent: usize, pieces: &[(Tone, &str)]) {
        self.line(indent, &cells(pieces));
    }

    fn line(&mut self, indent: usize, cells: &[Cell]) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        for run in cells.chunk_by(|a, b| a.tone == b.tone) {
            let style = style(run[0].tone);
            let coloured = self.look.colour && !style.is_plain();
            if coloured {
                self.out.push_str(&style.render().to_string());
            }
            self.out.extend(run.iter().map(|cell| cell.character));
            if coloured {
                self.out.push_str(&style.render_reset().to_string());
            }
        }
        self.out.push('\n');
    }
}

/// Returns how many columns a text takes.
pub(super) fn columns(text: &str) -> usize {
    clean::terminal(text).chars().map(width).sum()
}

/// Returns the text with blanks after it up to a number of columns.
pub(super) fn padded(text: &str, to: usize) -> String {
    let text = clean::terminal(text);
    let blanks = to.saturating_sub(columns(&text));
    format!("{text}{}", " ".repeat(blanks))
}

fn style(tone: Tone) -> Style {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    match tone {
        Tone::Plain => Style::new(),
        Tone::Strong => Style::new().effects(Effects::BOLD),
        Tone::Faint => Style::new().effects(Effects::DIMMED),
        Tone::Good => colour(AnsiColor::Green),
        Tone::Warn => colour(AnsiColor::Yellow),
        Tone::Bad => colour(AnsiColor::Red),
    }
}

/// Returns how many columns a character takes.
pub fn width(character: char) -> usize {
    character.width().unwrap_or(0)
}

fn cells(pieces: &[(Tone, &str)]) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (tone, text) in pieces {
        cells.extend(clean::terminal(text).chars().map(|character| Cell { character, tone: *tone }));
    }
    cells
}

/// Breaks a paragraph into lines, each with its indentation. Full-width text may be broken between any two
/// characters but before closing and after opening marks; other text between words, and inside a word only where
/// the word alone is too long.
fn wrap(cells: &[Cell], indent: usize, hang: usize, room: usize) -> Vec<(usize, Vec<Cell>)> {
    let mut lines: Vec<(usize, Vec<Cell>)> = vec![(indent, Vec::new())];
    let mut at = indent;
    for (blanks, unit) in units(cells) {
        let size: usize = unit.iter().map(|cell| width(cell.character)).sum();
        let is_first = lines.last().is_some_and(|line| line.1.is_empty());
        let before = blanks.len();
        if !is_first && at + before + size > room {
            lines.push((hang, Vec::new()));
            at = hang;
        } else if let Some((_, line)) = lines.last_mut() {
            line.extend(&blanks[..before]);
            at += before;
        }
        for cell in unit {
            if at + width(cell.character) > room {
                lines.push((hang, Vec::new()));
                at = hang;
            }
            if let Some((_, line)) = lines.last_mut() {
                line.push(*cell);
            }
            at += width(cell.character);
        }
    }
    lines
}

/// Splits a paragraph into units that are not broken, each with the blanks before it.
fn units(cells: &[Cell]) -> Vec<(&[Cell], &[Cell])> {
    let mut units = Vec::new();
    let mut begin = 0;
    while begin < cells.len() {
        let blanks = cells[begin..].iter().take_while(|cell| cell.character == ' ').count();
        let start = begin + blanks;
        let mut end = quoted(cells, start).unwrap_or(start + 1).min(cells.len());
        while end < cells.len() && holds(cells[end - 1].character, cells[end].character) {
            end = quoted(cells, end).unwrap_or(end + 1);
        }
        if start < end {
            units.push((&cells[begin..start], &cells[start..end]));
        }
        begin = end.max(start);
    }
    units
}

/// Returns the end of what stands between backticks from `start` on, where it is short enough to stay whole: a
/// command is to be copied.
fn quoted(cells: &[Cell], start: usize) -> Option<usize> {
    if cells.get(start)?.character != '`' {
        return None;
    }
    let length = cells[start + 1..].iter().take(60).position(|cell| cell.character == '`')?;
    Some(start + length + 2)
}

/// Returns whether no line may end between two characters.
fn holds(before: char, after: char) -> bool {
    const NO_START: &str = "、。，．・：；！？）」』】〉》］｝ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ)]},.:;!?'\"`";
    const NO_END: &str = "（「『【〈《［｛([{'\"`";
    if after == ' ' {
        return false;
    }
    let is_wide = width(before) > 1 || width(after) > 1;
    !is_wide || NO_START.contains(after) || NO_END.contains(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(width: usize, text: &str) -> Vec<String> {
        let mut page = Page::new(&Look { language: Language::English, width, colour: false });
        page.put(2, 4, &[(Tone::Plain, text)]);
        page.done().lines().map(Into::into).collect()
    }

    #[test]
    fn no_line_is_wider_than_asked_and_no_word_is_lost() {
        let text =
            "PVS3 を Store のストレージに追加し、スレーブサーバーに昇格する (ファイルは次のレプリケーションで届く)";
        for width in 20..100 {
            let lines = page(width, text);
            assert!(lines.iter().all(|line| columns(line) <= width), "{width}: {lines:#?}");
            let whole: String = lines.concat().split_whitespace().collect();
            assert_eq!(whole, text.split_whitespace().collect::<String>());
        }
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(page(24, "the share of PVS3 was not seen"), ["  the share of PVS3 was", "    not seen"]);
        assert_eq!(page(20, "aaaaaaaaaaaaaaaaaaaaaaaaa"), ["  aaaaaaaaaaaaaaaaaa", "    aaaaaaa"]);
    }

    #[test]
    fn a_command_between_backticks_stays_on_one_line() {
        let lines = page(40, "when the cause is mended, run `rolewalk resume 7f3c`; it begins at step 2");
        assert!(lines.iter().any(|line| line.contains("`rolewalk resume 7f3c`;")), "{lines:?}");
        assert_eq!(page(30, "a ` alone is no quotation, and breaks nothing").len(), 2);
    }

    #[test]
    fn a_line_never_begins_with_a_closing_mark() {
        let lines = page(22, "スレーブサーバーに、、、昇格する。追加サーバーに降格する。");
        assert!(lines.iter().all(|line| !line.trim_start().starts_with(['、', '。', 'ー'])), "{lines:?}");
    }

    #[test]
    fn colour_is_there_only_where_asked() {
        let of = |colour| {
            let mut page = Page::new(&Look { language: Language::English, width: 80, colour });
            page.put(0, 0, &[(Tone::Bad, "no"), (Tone::Plain, " \u{1b}[0m")]);
            page.done()
        };
        assert_eq!(of(false), "no \\u{1b}[0m\n");
        assert_eq!(of(true), "\u{1b}[31mno\u{1b}[0m \\u{1b}[0m\n");
    }
}
