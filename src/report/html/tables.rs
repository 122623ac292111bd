//! Tables of the page, each with its heads, and in a frame of its own that can be moved sideways where it is wide.

use super::{Say, capital, code, sentence, text};
use crate::model::fact::{Fact, Value};
use crate::model::guard::{GuardAnswer, Verdict};
use crate::model::name::ServerName;
use crate::model::plan::GroupPlan;
use crate::model::snapshot::{Standing, Standings};
use crate::report::phrases;
use crate::report::text::verdict;
use crate::report::words::{mark, role_of, value};

/// The most rows of one table.
const MOST_ROWS: usize = 200;
/// The most words of a fact that is a list.
const MOST_WORDS: usize = 20;

/// Returns a table in a frame that is named by the element `labelled`; `heads` are text, `rows` are HTML.
pub(super) fn table(class: &str, heads: &[String], rows: &[String], labelled: &str) -> String {
    let heads: String = heads.iter().map(|head| format!("<th scope=\"col\">{}</th>", text(head))).collect();
    format!(
        "<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-labelledby=\"{labelled}\">\n<table class=\"{class}\">\n\
         <thead><tr>{heads}</tr></thead>\n<tbody>\n{}</tbody>\n</table>\n</div>\n",
        rows.concat()
    )
}

/// Returns what comes out for a group, as a badge.
pub(super) fn verdict_badge(group: &GroupPlan, say: Say) -> String {
    let said = verdict(group, say.language).1;
    format!("<span class=\"badge {}\">{}</span>", group.verdict.as_str(), text(&said))
}

/// Returns the guards of a step.
pub(super) fn guards(guards: &[GuardAnswer], say: Say) -> String {
    let heads = [phrases::HTML_ANSWER, phrases::HTML_GUARD, phrases::HTML_BECAUSE];
    let heads: String =
        heads.iter().map(|head| format!("<th scope=\"col\">{}</th>", text(&say.label(*head)))).collect();
    let rows: String = guards.iter().map(|guard| guard_row(guard, say)).collect();
    format!("<table class=\"guards\">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n")
}

fn guard_row(guard: &GuardAnswer, say: Say) -> String {
    let (class, words) = match guard.answer.verdict {
        Verdict::Yes => ("yes", phrases::YES),
        Verdict::No => ("no", phrases::NO),
        Verdict::Unknown => ("unknown", phrases::UNKNOWN),
    };
    let waived = guard.waived.as_ref().map_or(String::new(), |waived| {
        format!(
            "<br><strong>{}</strong>{}{}",
            say.label(phrases::WAIVED),
            say.colon(),
            sentence(waived.say(say.language))
        )
    });
    format!(
        "<tr><td><span class=\"badge {class}\">{}</span></td><th scope=\"row\">{}</th><td>{}{waived}</td></tr>\n",
        say.of(words),
        code(guard.name),
        sentence(guard.answer.because.say(say.language))
    )
}

/// Returns every server's role and marks, before and after.
pub(super) fn servers(group: &GroupPlan, after: &Standings, labelled: &str, say: Say) -> String {
    let (table, language) = (group.topology.table, say.language);
    let known = |name: &str| group.standings.values().chain(after.values()).any(|one| one.mark(name).is_some());
    let marks: Vec<&'static str> = table.marks.iter().map(|mark| mark.name).filter(|name| known(name)).collect();
    let mut heads = vec![say.label(phrases::SERVER), say.label(phrases::ROLE)];
    heads.extend(marks.iter().map(|name| capital(mark(name, table, language))));
    heads.push(say.label(phrases::DECLARED));
    let of = |from: &str, to: &str| match from == to {
        true => text(from),
        false => format!("{} → <strong>{}</strong>", text(from), text(to)),
    };
    let nothing = Standing::default();
    let rows: Vec<String> = in_order(group)
        .into_iter()
        .take(MOST_ROWS)
        .map(|server| {
            let before = group.standings.get(server).unwrap_or(&nothing);
            let then = after.get(server).unwrap_or(before);
            let role = |one| role_of(Some(one), table, language);
            let mut cells = vec![of(role(before), role(then))];
            cells.extend(marks.iter().map(|name| {
                let of_one = |one: &Standing| value(name, one.mark(name), table, language);
                of(of_one(before), of_one(then))
            }));
            cells.push(declared(group, server, say));
            let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
            format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", text(server.as_str()))
        })
        .collect();
    let cut = in_order(group).len().saturating_sub(MOST_ROWS);
    format!("{}{}", self::table("", &heads, &rows, labelled), cut_rows(cut, say))
}

/// Returns what was declared of a server, in its author's words where there are some.
fn declared(group: &GroupPlan, server: &ServerName, say: Say) -> String {
    let Some(declared) = group.topology.declared(server) else { return "–".into() };
    let standing = Standing::of(declared.role);
    let mut said = vec![role_of(Some(&standing), group.topology.table, say.language).to_owned()];
    if declared.lost {
        said.push("lost: true".into());
    }
    said.extend(declared.reinstalled.map(|day| format!("reinstalled: {day}")));
    said.extend(declared.because.clone());
    text(&said.join(say.of(phrases::SEMICOLON)))
}

/// Returns the servers: the declared ones in file order, then the others by name.
pub(super) fn in_order(group: &GroupPlan) -> Vec<&ServerName> {
    let declared = group.topology.servers.iter().map(|one| &one.server);
    let others = group.standings.keys().filter(|server| group.topology.declared(server).is_none());
    declared.chain(others).collect()
}

/// Returns the facts that the guards read.
pub(super) fn facts(group: &GroupPlan, labelled: &str, say: Say) -> String {
    let heads =
        [phrases::SERVER, phrases::HTML_FACT, phrases::HTML_VALUE, phrases::HTML_SEEN_BY, phrases::HTML_SEEN_AT];
    let heads = heads.map(|words| say.label(words));
    let rows: Vec<String> = group
        .relies_on
        .iter()
        .take(MOST_ROWS)
        .map(|(key, fact)| {
            let (value, source, at) = match fact {
                Fact::Known { value, source, at } => {
                    (text(&told(value)), text(source), at.map(|at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()))
                }
                Fact::Unknown { why } => {
                    let unknown = say.of(phrases::UNKNOWN);
                    (format!("<span class=\"badge unknown\">{unknown}</span> {}", text(why)), String::new(), None)
                }
            };
            format!(
                "<tr><td>{}</td><th scope=\"row\">{}</th><td>{value}</td><td>{source}</td><td class=\"count\">{}</td></tr>\n",
                key.server.as_ref().map_or("–".into(), |server| text(server.as_str())),
                code(&key.name),
                at.unwrap_or_default()
            )
        })
        .collect();
    let cut = group.relies_on.len().saturating_sub(MOST_ROWS);
    format!("{}{}", table("", &heads, &rows, labelled), cut_rows(cut, say))
}

fn told(value: &Value) -> String {
    match value {
        Value::Flag(flag) => flag.to_string(),
        Value::Count(count) => count.to_string(),
        Value::Text(text) => text.clone(),
        Value::List(list) if list.is_empty() => "[]".into(),
        Value::List(list) => {
            let more = if list.len() > MOST_WORDS { ", …" } else { "" };
            format!("{}{more}", list[..list.len().min(MOST_WORDS)].join(", "))
        }
    }
}

/// Returns the waivers that were declared.
pub(super) fn waivers(group: &GroupPlan, labelled: &str, say: Say) -> String {
    let heads = [phrases::HTML_GUARD, phrases::SERVER, phrases::HTML_OWNER, phrases::HTML_REASON, phrases::HTML_UNTIL];
    let heads = heads.map(|words| say.label(words));
    let rows: Vec<String> = group
        .topology
        .waivers
        .iter()
        .take(MOST_ROWS)
        .map(|waiver| {
            format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td class=\"count\">{}</td></tr>\n",
                code(waiver.guard),
                waiver.server.as_ref().map_or("–".into(), |server| text(server.as_str())),
                text(&waiver.owner),
                text(&waiver.reason),
                waiver.until
            )
        })
        .collect();
    table("", &heads, &rows, labelled)
}

/// Returns how many rows are left out, where some are.
pub(super) fn cut_rows(cut: usize, say: Say) -> String {
    match cut {
        0 => String::new(),
        n => format!("<p class=\"soft\">{}</p>\n", say.fill(phrases::CUT_ROWS, &[("n", &n.to_string())])),
    }
}
