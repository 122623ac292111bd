//! The servers of a store side by side: as text, Markdown and a page of HTML, all from one [`Sheet`].

use super::clean;
use super::disks_notes::{changed_files, notes};
use super::disks_pvs;
use super::page::{Look, Page, Tone, columns, padded};
use super::phrases;
use super::words::{fill, role, value};
use crate::model::disks::compare::FileState;
use crate::model::disks::difference::SameDisk;
use crate::model::disks::matrix::{Amount, Cell, Column, Matrix};
use crate::model::disks::recorded::Changed;
use crate::model::table::{MarkValue, RoleName, Table};
use crate::model::words::{Language, Words};

/// One store, worded and not yet laid out.
struct Sheet {
    title: String,
    result: (Tone, &'static str),
    head: Vec<String>,
    /// The head without roles.
    names: Vec<String>,
    rows: Vec<Vec<(Tone, String)>>,
    notes: Vec<(Tone, String)>,
}

/// Returns the stores as text for a terminal.
pub fn text(matrices: &[Matrix], tables: &[&'static Table], look: &Look) -> String {
    let mut page = Page::new(look);
    for (index, matrix) in matrices.iter().enumerate() {
        if index > 0 {
            page.blank();
        }
        let sheet = sheet(matrix, tables, look.language);
        page.put(0, 2, &[(Tone::Strong, &sheet.title), (Tone::Plain, ": "), (sheet.result.0, sheet.result.1)]);
        lay_out(&mut page, &sheet);
        for (tone, note) in &sheet.notes {
            page.put(2, 4, &[(*tone, note)]);
        }
    }
    page.done()
}

/// Returns what is said of files that changed without a new version, or nothing where there are none.
pub fn changed(changed: &[Changed], look: &Look) -> String {
    let mut page = Page::new(look);
    changed_files(changed, look.language).iter().for_each(|(tone, note)| page.put(0, 2, &[(*tone, note)]));
    page.done()
}

/// Lays the rows out in columns; where they do not fit, each file has a line for each of its states, with the servers
/// where it is so.
fn lay_out(page: &mut Page, sheet: &Sheet) {
    let width = |column: usize| {
        let cells = sheet.rows.iter().map(|row| columns(&row[column].1));
        cells.chain([columns(&sheet.head[column])]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..sheet.head.len()).map(width).collect();
    let is_wide = widths.iter().map(|width| width + 2).sum::<usize>() > page.look.width;
    if !is_wide {
        let head: Vec<(Tone, String)> = sheet.head.iter().map(|name| (Tone::Faint, name.clone())).collect();
        for row in std::iter::once(&head).chain(&sheet.rows) {
            let last = row.len() - 1;
            let cells = row.iter().zip(&widths).enumerate();
            let cells: Vec<(Tone, String)> = cells
                .map(|(at, ((tone, text), width))| {
                    (*tone, if at == last { text.clone() } else { padded(text, width + 2) })
                })
                .collect();
            let cells: Vec<(Tone, &str)> = cells.iter().map(|(tone, text)| (*tone, text.as_str())).collect();
            page.whole(2, &cells);
        }
        return;
    }
    let comma = phrases::COMMA.say(page.look.language);
    for (index, row) in sheet.rows.iter().enumerate() {
        page.whole(2, &[(row[0].0, &row[0].1)]);
        // Who is what is said once.
        let names = if index == 0 { &sheet.head } else { &sheet.names };
        let mut states: Vec<(&(Tone, String), Vec<&str>)> = Vec::new();
        for (server, state) in names.iter().zip(row).skip(1) {
            match states.iter_mut().find(|(known, _)| *known == state) {
                Some((_, servers)) => servers.push(server),
                None => states.push((state, vec![server])),
            }
        }
        for ((tone, text), servers) in states {
            page.put(4, 6, &[(*tone, text), (Tone::Plain, ": "), (Tone::Plain, &servers.join(comma))]);
        }
    }
}

/// Returns the stores as Markdown, for a change review or a ticket.
pub fn markdown(matrices: &[Matrix], tables: &[&'static Table], language: Language) -> String {
    let mut out = String::new();
    for matrix in matrices {
        let sheet = sheet(matrix, tables, language);
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        out.push_str(&format!("## {}: {}\n\n", clean::markdown(&sheet.title), clean::markdown(sheet.result.1)));
        out.push_str(&line(sheet.head.iter().map(|name| clean::markdown(name)).collect()));
        out.push_str(&line(sheet.head.iter().map(|_| "---".to_owned()).collect()));
        for row in &sheet.rows {
            out.push_str(&line(row.iter().map(|(_, text)| clean::markdown(text)).collect()));
        }
        out.push('\n');
        for (_, note) in &sheet.notes {
            out.push_str(&format!("- {}\n", clean::markdown(note)));
        }
        out.push('\n');
    }
    out
}

/// The most files of a store that are part of a larger page.
const MOST_FILES: usize = 200;
const STYLE: &str = "body{font:15px/1.5 sans-serif;margin:2em;color:#222;background:#fff}table{border-collapse:collapse}\
td,th{border:1px solid #bbb;padding:.25em .6em;text-align:left}th{background:#eee}.good{color:#0a6b2d}\
.warn{color:#8a5a00}.bad{color:#b00020;font-weight:bold}.faint{color:#666}";

/// Returns the stores as one page of HTML that needs nothing else and runs nothing.
pub fn html(matrices: &[Matrix], tables: &[&'static Table], language: Language) -> String {
    let lang = match language {
        Language::English => "en",
        Language::Japanese => "ja",
    };
    let title = clean::html(phrases::DISKS_TITLE.say(language));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    for matrix in matrices {
        let sheet = sheet(matrix, tables, language);
        let span = |tone: Tone, text: &str| format!("<span class=\"{}\">{}</span>", class(tone), clean::html(text));
        out.push_str(&format!(
            "<h2>{}: {}</h2>\n<table>\n<tr>",
            clean::html(&sheet.title),
            span(sheet.result.0, sheet.result.1)
        ));
        sheet.head.iter().for_each(|name| out.push_str(&format!("<th>{}</th>", clean::html(name))));
        out.push_str("</tr>\n");
        for row in &sheet.rows {
            let cells: String = row.iter().map(|(tone, text)| format!("<td>{}</td>", span(*tone, text))).collect();
            out.push_str(&format!("<tr>{cells}</tr>\n"));
        }
        out.push_str("</table>\n<ul>\n");
        sheet.notes.iter().for_each(|(tone, note)| out.push_str(&format!("<li>{}</li>\n", span(*tone, note))));
        out.push_str("</ul>\n");
    }
    out.push_str("</body>\n</html>\n");
    out
}

/// Returns one store as a part of a larger page, in a frame that is named by the element `labelled`.
pub(super) fn html_part(matrix: &Matrix, table: &'static Table, labelled: &str, language: Language) -> String {
    let sheet = sheet(matrix, &[table], language);
    let badge = |tone: Tone, text: &str| {
        let class = match tone {
            Tone::Good => "badge yes",
            Tone::Warn => "badge unknown",
            Tone::Bad => "badge no",
            Tone::Plain | Tone::Strong | Tone::Faint => "",
        };
        format!("<span class=\"{class}\">{}</span>", clean::html(text))
    };
    let head: String = sheet.head.iter().map(|name| format!("<th scope=\"col\">{}</th>", clean::html(name))).collect();
    let row = |row: &Vec<(Tone, String)>| {
        let cells: String = row.iter().skip(1).map(|(tone, text)| format!("<td>{}</td>", badge(*tone, text))).collect();
        format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", clean::html(&row[0].1))
    };
    let rows: String = sheet.rows.iter().take(MOST_FILES).map(row).collect();
    let notes: String =
        sheet.notes.iter().take(MOST_FILES).map(|(_, note)| format!("<li>{}</li>\n", clean::html(note))).collect();
    let cut = sheet.rows.len().saturating_sub(MOST_FILES);
    let cut = if cut > 0 { fill(phrases::CUT_ROWS, language, &[("n", &cut.to_string())]) } else { String::new() };
    format!(
        "<p>{}</p>\n<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-labelledby=\"{labelled}\">\n<table>\n\
         <thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n<p>{cut}</p>\n{}",
        badge(sheet.result.0, sheet.result.1),
        if notes.is_empty() { notes } else { format!("<ul>\n{notes}</ul>\n") }
    )
}

fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain | Tone::Strong => "plain",
        Tone::Faint => "faint",
        Tone::Good => "good",
        Tone::Warn => "warn",
        Tone::Bad => "bad",
    }
}

fn sheet(matrix: &Matrix, tables: &[&'static Table], language: Language) -> Sheet {
    let table = tables.iter().find(|table| table.system == matrix.system).copied();
    let master = matrix.master.as_ref().map_or(phrases::UNKNOWN.say(language).to_owned(), ToString::to_string);
    let of_master = fill(phrases::DISKS_MASTER, language, &[("master", &master)]);
    let mut rows = vec![whole_row(matrix, table, language)];
    rows.extend(disks_pvs::row(matrix, language));
    rows.extend(matrix.files.iter().map(|row| {
        let name = (Tone::Plain, row.path.clone());
        std::iter::once(name).chain(row.cells.iter().map(|one| cell(one, language))).collect()
    }));
    let server = |column: &Column| {
        let role = column.role.map(|known: RoleName| table.map_or(known, |table| role(known, table, language)));
        // What every server of the table is need not be said for each.
        let role = role.map(|role| role.strip_suffix("サーバー").unwrap_or(role));
        format!("{} ({})", column.server, role.unwrap_or(phrases::UNKNOWN.say(language)))
    };
    let name = |column: &Column| column.server.to_string();
    let file = || std::iter::once(phrases::DISKS_FILE.say(language).to_owned());
    Sheet {
        title: format!("{} ({}), {of_master}", matrix.group, matrix.system),
        result: match matrix.amount() {
            Amount::Equal => (Tone::Good, phrases::DISKS_EQUAL.say(language)),
            Amount::Different => (Tone::Bad, phrases::DISKS_DIFFERENT.say(language)),
            Amount::Unknown => (Tone::Warn, phrases::DISKS_UNKNOWN.say(language)),
        },
        head: file().chain(matrix.servers.iter().map(server)).collect(),
        names: file().chain(matrix.servers.iter().map(name)).collect(),
        rows,
        notes: notes(matrix, language).into_iter().chain(disks_pvs::notes(matrix, language)).collect(),
    }
}

/// The first row: what each server's files are as a whole.
fn whole_row(matrix: &Matrix, table: Option<&'static Table>, language: Language) -> Vec<(Tone, String)> {
    let whole = |column: &Column| {
        let tone = match column.disks {
            Err(_) => Tone::Warn,
            Ok("divergent" | "invalid") => Tone::Bad,
            Ok(_) => Tone::Strong,
        };
        let mark = column.disks.as_ref().ok().copied();
        (tone, brief(mark, table, language).to_owned())
    };
    let name = (Tone::Strong, phrases::DISKS_WHOLE.say(language).to_owned());
    std::iter::once(name).chain(matrix.servers.iter().map(whole)).collect()
}

/// Returns the mark `disks` in few columns; what it means stands below the matrix.
fn brief(mark: Option<MarkValue>, table: Option<&'static Table>, language: Language) -> &'static str {
    match (language, mark) {
        (Language::Japanese, Some("complete")) => phrases::CELL_EQUAL.ja,
        (Language::Japanese, Some("awaiting")) => phrases::CELL_AWAITING.ja,
        (Language::Japanese, Some("divergent")) => phrases::CELL_DIFFERS.ja,
        (Language::Japanese, Some("leftover")) => phrases::CELL_LEFTOVER.ja,
        (Language::Japanese, Some("invalid")) => phrases::CELL_INVALID.ja,
        _ => table.map_or(mark.unwrap_or("?"), |table| value("disks", mark, table, language)),
    }
}

fn cell(cell: &Cell, language: Language) -> (Tone, String) {
    let said = |tone, words: Words| (tone, words.say(language).to_owned());
    match cell {
        Cell::Master => said(Tone::Plain, phrases::CELL_MASTER),
        Cell::Awaiting => said(Tone::Warn, phrases::CELL_AWAITING),
        Cell::Absent => (Tone::Faint, "-".into()),
        Cell::Unknown => said(Tone::Warn, phrases::UNKNOWN),
        Cell::Leftover { .. } => said(Tone::Warn, phrases::CELL_LEFTOVER),
        Cell::Compared(FileState::Equal) => said(Tone::Good, phrases::CELL_EQUAL),
        Cell::Compared(FileState::Differs(found)) => match found.same_disk {
            None => said(Tone::Bad, phrases::CELL_DIFFERS),
            Some(SameDisk::OtherHeader) => said(Tone::Bad, phrases::CELL_OTHER_HEADER),
            Some(SameDisk::OtherLayout) => said(Tone::Bad, phrases::CELL_OTHER_LAYOUT),
        },
        Cell::Compared(FileState::Missing) => said(Tone::Bad, phrases::CELL_MISSING),
        Cell::Compared(FileState::Extra) => said(Tone::Bad, phrases::CELL_EXTRA),
        Cell::Compared(FileState::Maintenance) => said(Tone::Plain, phrases::CELL_MAINTENANCE),
        Cell::Compared(FileState::Unreadable { .. }) => said(Tone::Warn, phrases::CELL_UNREADABLE),
        Cell::Compared(FileState::InUse { .. }) => said(Tone::Warn, phrases::CELL_IN_USE),
        Cell::Compared(FileState::Unread { .. }) => said(Tone::Warn, phrases::CELL_NOT_READ),
    }
}

#[cfg(test)]
#[path = "disks_tests.rs"]
mod tests;
