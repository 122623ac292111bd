//! A system's table as text and as JSON; as a graph it is [`mermaid`] and [`dot`].

use serde::Serialize;

use super::page::{Look, Page, Tone, columns, padded};
use super::phrases;
use super::text::labelled;
use super::words::{fill, mark, role, span, value};
use crate::model::guard::Guard;
use crate::model::table::{By, Danger, Disruption, Leader, Need, Place, Set, Statement, Table, Transition};
use crate::model::words::Language;

pub use super::table_graph::{dot, mermaid};

/// Returns a table as text: roles, marks, transitions and guards, in the table's order.
pub fn text(table: &'static Table, look: &Look) -> String {
    let mut page = Page::new(look);
    let language = look.language;
    page.put(0, 2, &[(Tone::Strong, table.system), (Tone::Plain, ": "), (Tone::Plain, table.title.say(language))]);
    page.blank();
    page.put(0, 2, &[(Tone::Strong, phrases::ROLES.say(language))]);
    let width = table.roles.iter().map(|role| columns(role.name)).max().unwrap_or_default() + 2;
    for role in table.roles {
        let leads = match role.leads {
            true => format!(" ({})", phrases::LEADS.say(language)),
            false => String::new(),
        };
        let name = padded(role.name, width);
        page.put(2, 2 + width, &[(Tone::Plain, &name), (Tone::Plain, role.title.say(language)), (Tone::Faint, &leads)]);
    }
    page.blank();
    page.put(0, 2, &[(Tone::Strong, phrases::TABLE_MARKS.say(language))]);
    for mark in table.marks {
        page.put(2, 4, &[(Tone::Plain, mark.name), (Tone::Plain, ": "), (Tone::Plain, mark.title.say(language))]);
        for (name, words) in mark.values {
            labelled(&mut page, 4, name, words.say(language));
        }
    }
    page.blank();
    page.put(0, 2, &[(Tone::Strong, phrases::TRANSITIONS.say(language))]);
    for (index, row) in table.transitions.iter().enumerate() {
        if index > 0 {
            page.blank();
        }
        transition(&mut page, row, table);
    }
    page.blank();
    page.put(0, 2, &[(Tone::Strong, phrases::GUARD_LIST.say(language))]);
    for guard in table.guards {
        let absolute = match guard.absolute {
            true => format!(", {}", phrases::ABSOLUTE.say(language)),
            false => String::new(),
        };
        let source = format!(" ({}{absolute})", guard.source);
        let says = guard.says.say(language);
        page.put(2, 4, &[(Tone::Plain, guard.name), (Tone::Plain, ": "), (Tone::Plain, says), (Tone::Faint, &source)]);
    }
    page.done()
}

fn transition(page: &mut Page, row: &Transition, table: &'static Table) {
    let language = page.look.language;
    let edge = format!(": {} → {}", role(row.from, table, language), role(row.to, table, language));
    page.put(2, 4, &[(Tone::Strong, row.name), (Tone::Plain, &edge)]);
    page.put(4, 6, &[(Tone::Plain, &circumstances(row, language))]);
    labelled(page, 4, phrases::WHY.say(language), row.why.say(language));
    if !row.needs.is_empty() {
        labelled(page, 4, phrases::NEEDS.say(language), &needs(row.needs, table, language));
    }
    if !row.sets.is_empty() {
        labelled(page, 4, phrases::SETS.say(language), &sets(row.sets, table, language));
    }
    if let Leader::Hands { to, .. } = &row.leader {
        let from = table.leading().unwrap_or_default();
        let (from, to) = (role(from, table, language), role(to, table, language));
        page.put(4, 6, &[(Tone::Plain, &fill(phrases::OLD_LEADER, language, &[("from", from), ("to", to)]))]);
    }
    if let Some(statement) = row.says {
        let what = statement_name(statement);
        page.put(4, 6, &[(Tone::Plain, &fill(phrases::STATEMENT, language, &[("what", what)]))]);
    }
    if !row.guards.is_empty() {
        labelled(page, 4, phrases::GUARDS.say(language), &row.guards.join(", "));
    }
    match row.danger {
        Danger::Low => {}
        Danger::Redundancy => {
            labelled(page, 4, phrases::DANGER.say(language), phrases::DANGER_REDUNDANCY.say(language))
        }
        Danger::Service => labelled(page, 4, phrases::DANGER.say(language), phrases::DANGER_SERVICE.say(language)),
    }
    match (row.undo, row.no_undo_because) {
        (Some(undo), _) => labelled(page, 4, phrases::UNDO.say(language), undo),
        (None, because) => {
            let because = because.map(|words| words.say(language)).unwrap_or_default();
            labelled(page, 4, phrases::NO_WAY_BACK.say(language), because);
        }
    }
    labelled(page, 4, phrases::SOURCE.say(language), row.source);
}

fn circumstances(row: &Transition, language: Language) -> String {
    let by = match row.by {
        By::Operator => phrases::OPERATOR,
        By::Automatic => phrases::AUTOMATIC,
    };
    let place = match row.runs_on {
        Place::This => phrases::ON_THIS,
        Place::Leader => phrases::ON_LEADER,
        Place::Any => phrases::ON_ANY,
        Place::AnyOther => phrases::ON_ANY_OTHER,
    };
    let mut said = vec![by.say(language).to_string(), place.say(language).to_string()];
    said.push(fill(phrases::WITHIN, language, &[("time", &span(row.limit, language))]));
    match row.disruption {
        Disruption::None => {}
        Disruption::Moves => said.push(phrases::MOVES.say(language).into()),
        Disruption::Idle => said.push(phrases::IDLE.say(language).into()),
        Disruption::Offline => said.push(phrases::OFFLINE.say(language).into()),
    }
    if !row.settling.is_zero() {
        said.push(fill(phrases::SETTLES, language, &[("time", &span(row.settling, language))]));
    }
    said.join(phrases::SEMICOLON.say(language))
}

fn needs(needs: &[Need], table: &'static Table, language: Language) -> String {
    let one = |need: &Need| {
        let values: Vec<&str> = need.values.iter().map(|one| value(need.mark, Some(one), table, language)).collect();
        format!("{} = {}", mark(need.mark, table, language), values.join(" | "))
    };
    needs.iter().map(one).collect::<Vec<_>>().join(phrases::COMMA.say(language))
}

fn sets(sets: &[Set], table: &'static Table, language: Language) -> String {
    let one = |set: &Set| {
        let values = std::iter::once(&set.to).chain(set.or);
        let values: Vec<&str> = values.map(|one| value(set.mark, Some(one), table, language)).collect();
        format!("{} := {}", mark(set.mark, table, language), values.join(" | "))
    };
    sets.iter().map(one).collect::<Vec<_>>().join(phrases::COMMA.say(language))
}

/// Returns a statement as it is declared in a topology.
fn statement_name(statement: Statement) -> &'static str {
    match statement {
        Statement::Lost => "lost",
        Statement::Reinstalled => "reinstalled",
        Statement::KeepMasterFiles => "divergence: { keep: master-files }",
        Statement::TakenBack => "rolewalk undo RUN",
        Statement::WithoutLeader => "no server that leads",
    }
}

#[derive(Serialize)]
struct TableFile {
    format: &'static str,
    system: &'static str,
    title: &'static str,
    title_ja: &'static str,
    roles: Vec<RoleFile>,
    marks: Vec<MarkFile>,
    guards: Vec<GuardFile>,
    transitions: Vec<TransitionFile>,
}

#[derive(Serialize)]
struct RoleFile {
    name: &'static str,
    title: &'static str,
    title_ja: &'static str,
    leads: bool,
}

#[derive(Serialize)]
struct MarkFile {
    name: &'static str,
    title: &'static str,
    title_ja: &'static str,
    values: Vec<&'static str>,
}

#[derive(Serialize)]
struct GuardFile {
    name: &'static str,
    says: &'static str,
    says_ja: &'static str,
    reads: &'static [&'static str],
    absolute: bool,
    source: &'static str,
}

#[derive(Serialize)]
struct TransitionFile {
    name: &'static str,
    from: &'static str,
    to: &'static str,
    needs: Vec<NeedFile>,
    sets: Vec<SetFile>,
    leader: &'static str,
    old_leader_to: Option<&'static str>,
    only_if_declared: Option<&'static str>,
    guards: &'static [&'static str],
    by: &'static str,
    runs_on: &'static str,
    disruption: &'static str,
    danger: &'static str,
    settling_ms: u64,
    limit_ms: u64,
    undo: Option<&'static str>,
    no_undo_because: Option<&'static str>,
    no_undo_because_ja: Option<&'static str>,
    why: &'static str,
    why_ja: &'static str,
    source: &'static str,
}

#[derive(Serialize)]
struct NeedFile {
    mark: &'static str,
    values: &'static [&'static str],
}

#[derive(Serialize)]
struct SetFile {
    mark: &'static str,
    to: &'static str,
    or: &'static [&'static str],
}

/// Returns a table as JSON, with a line end at its end.
pub fn json(table: &'static Table) -> String {
    let role = |role: &'static crate::model::table::Role| RoleFile {
        name: role.name,
        title: role.title.en,
        title_ja: role.title.ja,
        leads: role.leads,
    };
    let mark = |mark: &'static crate::model::table::Mark| MarkFile {
        name: mark.name,
        title: mark.title.en,
        title_ja: mark.title.ja,
        values: mark.values.iter().map(|(value, _)| *value).collect(),
    };
    let guard = |guard: &'static Guard| GuardFile {
        name: guard.name,
        says: guard.says.en,
        says_ja: guard.says.ja,
        reads: guard.reads,
        absolute: guard.absolute,
        source: guard.source,
    };
    let file = TableFile {
        format: "rolewalk.table/1",
        system: table.system,
        title: table.title.en,
        title_ja: table.title.ja,
        roles: table.roles.iter().map(role).collect(),
        marks: table.marks.iter().map(mark).collect(),
        guards: table.guards.iter().map(guard).collect(),
        transitions: table.transitions.iter().map(transition_file).collect(),
    };
    let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
    text.push('\n');
    text
}

fn transition_file(row: &'static Transition) -> TransitionFile {
    let milliseconds = |span: std::time::Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    TransitionFile {
        name: row.name,
        from: row.from,
        to: row.to,
        needs: row.needs.iter().map(|need| NeedFile { mark: need.mark, values: need.values }).collect(),
        sets: row.sets.iter().map(|set| SetFile { mark: set.mark, to: set.to, or: set.or }).collect(),
        leader: match row.leader {
            Leader::Any => "any",
            Leader::Led => "led",
            Leader::Leaderless => "leaderless",
            Leader::StepsDown => "steps-down",
            Leader::Hands { .. } => "hands",
        },
        old_leader_to: match row.leader {
            Leader::Hands { to, .. } => Some(to),
            _ => None,
        },
        only_if_declared: row.says.map(statement_name),
        guards: row.guards,
        by: match row.by {
            By::Operator => "operator",
            By::Automatic => "automatic",
        },
        runs_on: match row.runs_on {
            Place::This => "this",
            Place::Leader => "leader",
            Place::Any => "any",
            Place::AnyOther => "any-other",
        },
        disruption: match row.disruption {
            Disruption::None => "none",
            Disruption::Moves => "moves",
            Disruption::Idle => "idle",
            Disruption::Offline => "offline",
        },
        danger: match row.danger {
            Danger::Low => "low",
            Danger::Redundancy => "redundancy",
            Danger::Service => "service",
        },
        settling_ms: milliseconds(row.settling),
        limit_ms: milliseconds(row.limit),
        undo: row.undo,
        no_undo_because: row.no_undo_because.map(|words| words.en),
        no_undo_because_ja: row.no_undo_because.map(|words| words.ja),
        why: row.why.en,
        why_ja: row.why.ja,
        source: row.source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::sample::seen;
    use crate::system::{co_store, lifekeeper, sun_ray, wsmgr};

    #[test]
    fn every_row_is_told_drawn_and_listed() {
        let of = |table| [Language::English, Language::Japanese].map(|language| told(table, language));
        let [en, ja] = of(&co_store::table::TABLE);
        seen!("table_en", en);
        seen!("table_ja", ja);
        let [en, ja] = of(&sun_ray::table::TABLE);
        seen!("table_sun_ray_en", en);
        seen!("table_sun_ray_ja", ja);
        let [en, ja] = of(&lifekeeper::table::TABLE);
        seen!("table_lifekeeper_en", en);
        seen!("table_lifekeeper_ja", ja);
        let [en, ja] = of(&wsmgr::table::TABLE);
        seen!("table_wsmgr_en", en);
        seen!("table_wsmgr_ja", ja);
    }

    fn told(table: &'static Table, language: Language) -> String {
        let (wide, narrow) = (100, 40);
        let narrow = text(table, &Look { language, width: narrow, colour: false });
        assert!(narrow.lines().all(|line| columns(line) <= 40), "{narrow}");
        let text = text(table, &Look { language, width: wide, colour: false });
        let graphs = [mermaid(table, language), dot(table, language)];
        for row in table.transitions {
            assert!(text.contains(row.name) && graphs.iter().all(|graph| graph.contains(row.name)), "{}", row.name);
        }
        let value: serde_json::Value = serde_json::from_str(&json(table)).unwrap();
        assert_eq!(value["transitions"].as_array().unwrap().len(), table.transitions.len());
        [text, graphs.concat()].join("----\n")
    }
}
