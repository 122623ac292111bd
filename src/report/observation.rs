//! What is there: as a table for people, and as a topology to start from. As JSON it is
//! [`crate::format::snapshot`]'s.

use std::collections::BTreeSet;

use super::clean;
use super::page::{Look, Page, Tone, columns, padded};
use super::phrases;
use super::words::{fill, mark, role_of, value};
use crate::model::attestation::{attested, subject};
use crate::model::fact::{Fact, Value};
use crate::model::snapshot::{GroupSnapshot, Snapshot, Standing, leaders};
use crate::model::table::{MarkName, Table};
use crate::model::words::Language;

/// Returns a snapshot as text: a line for each server, then what could not be seen.
pub fn text(snapshot: &Snapshot, tables: &[&'static Table], look: &Look) -> String {
    let mut page = Page::new(look);
    for (index, group) in snapshot.groups.iter().enumerate() {
        if index > 0 {
            page.blank();
        }
        let name = format!("{} ({})", group.group, group.system);
        page.put(0, 2, &[(Tone::Strong, &name)]);
        if let Some(table) = tables.iter().find(|table| table.system == group.system) {
            servers(&mut page, group, table);
        }
        unseen(&mut page, group);
    }
    if let Some(at) = snapshot.at {
        page.blank();
        page.put(0, 2, &[(Tone::Faint, &fill(phrases::OBSERVED_AT, look.language, &[("at", &at.to_string())]))]);
    }
    page.done()
}

fn servers(page: &mut Page, group: &GroupSnapshot, table: &'static Table) {
    let language = page.look.language;
    if group.servers.is_empty() {
        page.put(2, 4, &[(Tone::Warn, phrases::NO_SERVERS.say(language))]);
        return;
    }
    let marks: Vec<MarkName> = table.marks.iter().map(|mark| mark.name).collect();
    let mut rows: Vec<Vec<(Tone, String)>> = Vec::with_capacity(group.servers.len() + 1);
    let head = [phrases::SERVER.say(language), phrases::ROLE.say(language)].into_iter();
    let head = head.chain(marks.iter().map(|name| mark(name, table, language)));
    rows.push(head.map(|name| (Tone::Faint, name.to_string())).collect());
    for (server, standing) in &group.servers {
        let tone = |known: bool| if known { Tone::Plain } else { Tone::Warn };
        let mut row = vec![(Tone::Plain, server.to_string())];
        row.push((tone(standing.role.is_some()), role_of(Some(standing), table, language).to_string()));
        row.extend(marks.iter().map(|name| {
            let seen = standing.mark(name);
            (tone(seen.is_some()), value(name, seen, table, language).to_string())
        }));
        rows.push(row);
    }
    let widths: Vec<usize> = (0..rows[0].len())
        .map(|column| rows.iter().map(|row| columns(&row[column].1)).max().unwrap_or_default())
        .collect();
    let is_wide = widths.iter().map(|width| width + 2).sum::<usize>() > page.look.width;
    for (index, row) in rows.iter().enumerate() {
        if is_wide && index > 0 {
            stacked(page, &rows[0], row);
        } else if !is_wide {
            aligned(page, row, &widths);
        }
    }
}

fn aligned(page: &mut Page, row: &[(Tone, String)], widths: &[usize]) {
    let mut pieces = Vec::new();
    for (index, (tone, text)) in row.iter().enumerate() {
        let is_last = index + 1 == row.len();
        pieces.push((*tone, if is_last { text.clone() } else { padded(text, widths[index] + 2) }));
    }
    let pieces: Vec<(Tone, &str)> = pieces.iter().map(|(tone, text)| (*tone, text.as_str())).collect();
    page.whole(2, &pieces);
}

/// Shows a server on several lines, where its columns have no room beside one another.
fn stacked(page: &mut Page, head: &[(Tone, String)], row: &[(Tone, String)]) {
    page.put(2, 4, &[(Tone::Strong, &row[0].1)]);
    for ((_, name), (tone, text)) in head.iter().zip(row).skip(1) {
        page.put(4, 6, &[(Tone::Faint, name), (Tone::Faint, ": "), (*tone, text)]);
    }
}

fn told(value: &Value) -> String {
    match value {
        Value::Flag(flag) => if *flag { "yes" } else { "no" }.into(),
        Value::Count(count) => count.to_string(),
        Value::Text(text) => text.clone(),
        Value::List(list) => list.join(", "),
    }
}

fn unseen(page: &mut Page, group: &GroupSnapshot) {
    let language = page.look.language;
    let unknown: Vec<String> = group
        .facts
        .0
        .iter()
        .filter_map(|(key, fact)| match fact {
            Fact::Unknown { why } => Some(match &key.server {
                Some(server) => format!("{server}: {}: {why}", key.name),
                None => format!("{}: {why}", key.name),
            }),
            Fact::Known { .. } => None,
        })
        .collect();
    let attested = attested(&group.facts).filter_map(|(key, fact)| match fact {
        Fact::Known { value, source, at } => {
            let at = at.map(|at| format!(", {at}")).unwrap_or_default();
            Some(format!("{} = {} ({source}{at})", subject(key.server.as_ref(), &key.name), told(value)))
        }
        Fact::Unknown { .. } => None,
    });
    let attested: Vec<String> = attested.collect();
    if !attested.is_empty() {
        page.put(2, 4, &[(Tone::Plain, phrases::ATTESTED.say(language)), (Tone::Plain, ":")]);
        attested.iter().for_each(|one| page.put(4, 6, &[(Tone::Plain, "- "), (Tone::Plain, one)]));
    }
    if unknown.is_empty() {
        return;
    }
    page.put(2, 4, &[(Tone::Warn, phrases::FACTS_UNKNOWN.say(language)), (Tone::Plain, ":")]);
    unknown.iter().for_each(|one| page.put(4, 6, &[(Tone::Plain, "- "), (Tone::Plain, one)]));
}

/// Returns a snapshot as topology files have it, one document for each group: planning it gives no steps.
///
/// `schema` is the path or address of the topology's schema, for editors; `connection` gives the name of each
/// group's connection, where it has one. A server whose role is unknown stands there as a comment.
pub fn yaml(
    snapshot: &Snapshot,
    tables: &[&'static Table],
    schema: &str,
    connection: impl Fn(&GroupSnapshot) -> Option<String>,
    language: Language,
) -> String {
    let mut out = format!("# yaml-language-server: $schema={}\n", clean::terminal(schema));
    for (index, group) in snapshot.groups.iter().enumerate() {
        if index > 0 {
            out.push_str("---\n");
        }
        out.push_str(&format!(
            "version: 1\ngroup: {}\nsystem: {}\n",
            clean::yaml(&group.group),
            clean::yaml(&group.system)
        ));
        if let Some(connection) = connection(group) {
            out.push_str(&format!("connection: {}\n", clean::yaml(&connection)));
        }
        if let Some(table) = tables.iter().find(|table| table.system == group.system) {
            out.push_str(&yaml_leader(group, table, language));
        }
        let known: BTreeSet<_> = group.servers.iter().filter(|(_, one)| one.role.is_some()).collect();
        out.push_str(if known.is_empty() { "servers: {}\n" } else { "servers:\n" });
        for (server, standing) in &group.servers {
            out.push_str(&yaml_server(&clean::yaml(server.as_str()), standing, language));
        }
    }
    out
}

fn yaml_leader(group: &GroupSnapshot, table: &'static Table, language: Language) -> String {
    match leaders(table, &group.servers).count() {
        0 if may_lack(group, table) => String::new(),
        0 => format!("# {}\n", phrases::YAML_NO_LEADER.say(language)),
        1 => String::new(),
        _ => format!("# {}\n", phrases::YAML_LEADERS.say(language)),
    }
}

/// Returns whether a group of those roles may be declared as it is, without a leader.
fn may_lack(group: &GroupSnapshot, table: &Table) -> bool {
    let is_of = |standing: &Standing| standing.role.is_some_and(|role| table.without_leader.contains(&role));
    !group.servers.is_empty() && group.servers.values().all(is_of)
}

fn yaml_server(server: &str, standing: &Standing, language: Language) -> String {
    match standing.role {
        Some(role) => format!("  {server}: {}\n", clean::yaml(role)),
        None => format!("  # {server}: {}\n", phrases::YAML_ROLE_UNKNOWN.say(language)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::sample::{self, seen};

    fn look(language: Language, width: usize) -> Look {
        Look { language, width, colour: false }
    }

    #[test]
    fn what_is_there_is_a_line_for_each_server() {
        let (snapshot, tables) = (sample::snapshot(), sample::tables());
        let english = text(&snapshot, &tables, &look(Language::English, 80));
        let japanese = text(&snapshot, &tables, &look(Language::Japanese, 80));
        let narrow = text(&snapshot, &tables, &look(Language::Japanese, 40));
        assert!(narrow.lines().all(|line| columns(line) <= 40), "{narrow}");
        seen!("observation", [english, japanese, narrow].join("----\n"));
    }

    #[test]
    fn as_a_topology_it_quotes_what_yaml_would_read_otherwise() {
        let mut snapshot = sample::snapshot();
        let mut other = snapshot.groups[0].clone();
        other.group = "on: {x}\n#".into();
        other.servers.remove(&sample::name("PVS1"));
        snapshot.groups.push(other);
        let connection = |group: &GroupSnapshot| (group.group == "Store").then(|| "campus".to_string());
        let schema = "../../schemas/topology.schema.json";
        seen!("observation.yaml", yaml(&snapshot, &sample::tables(), schema, connection, Language::English));
    }
}
