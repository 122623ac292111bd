//! One group of the page: what changes, picture, redundancy, steps, servers, files, facts, and what is left for later.

use super::redundancy::{chart, remaining};
use super::{Review, Say, capital, code, sentence, steps, tables, text};
use crate::model::plan::{Block, GroupPlan, GroupVerdict};
use crate::model::snapshot::Standings;
use crate::model::window::Window;
use crate::model::words::Words;
use crate::report::text::{MOST_CANDIDATES, candidates_for, disruption, shortest};
use crate::report::words::{few, net_changes, role_change, step_numbers};
use crate::report::{disks, phrases};

/// The most sentences of one kind.
const MOST_SENTENCES: usize = 60;

/// Returns a group as a section, with the first `shown` of its steps.
pub(super) fn group(review: &Review<'_>, group: &GroupPlan, number: usize, shown: usize, say: Say) -> String {
    let id = format!("{}-g{number}", say.code());
    let mut out = format!(
        "<section class=\"card group {}\" id=\"{id}\" aria-labelledby=\"{id}-h\">\n<div class=\"headline\">\
         <h2 id=\"{id}-h\">{}</h2> <span class=\"soft\">{}</span> {}</div>\n",
        group.verdict.as_str(),
        text(&group.topology.group),
        text(group.topology.table.title.say(say.language)),
        tables::verdict_badge(group, say)
    );
    out.push_str(&argument(group, &id, say));
    out.push_str(&overview(group, say));
    let after = after(group);
    if group.verdict != GroupVerdict::InSync {
        head(&mut out, phrases::HTML_BEFORE_AFTER, &format!("{id}-p"), say);
        out.push_str(&format!(
            "<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-labelledby=\"{id}-p\">{}</div>\n",
            super::picture::svg(group, &after, &id, say)
        ));
    }
    let remaining = remaining(group);
    if !group.steps.is_empty() {
        head(&mut out, phrases::HTML_TIMELINE, &format!("{id}-t"), say);
        out.push_str(&chart(group, &remaining, &id, say));
        head(&mut out, phrases::STEPS, &format!("{id}-s"), say);
        if group.verdict != GroupVerdict::Ready {
            out.push_str(&format!("<p class=\"note warn\">{}</p>\n", text(&capital(say.of(phrases::STEPS_NOT_TAKEN)))));
        }
        out.push_str(&steps::steps(group, &remaining, shown, &id, say));
        let cut = group.steps.len() - shown;
        if cut > 0 {
            let said = say.fill(phrases::CUT_STEPS, &[("n", &cut.to_string())]);
            out.push_str(&format!("<p>{}{}{}</p>\n", text(&capital(&said)), say.colon(), code(review.full)));
        }
    }
    out.push_str(&candidates(group, &id, say));
    if !group.standings.is_empty() {
        head(&mut out, phrases::HTML_SERVERS, &format!("{id}-v"), say);
        out.push_str(&tables::servers(group, &after, &format!("{id}-v"), say));
    }
    let is_it = |one: &&_| is_of(one, group);
    if let Some(matrix) = review.disks.iter().find(is_it) {
        head(&mut out, phrases::DISKS_TITLE, &format!("{id}-d"), say);
        out.push_str(&disks::html_part(matrix, group.topology.table, &format!("{id}-d"), say.language));
    }
    if !group.topology.waivers.is_empty() {
        head(&mut out, phrases::HTML_WAIVERS, &format!("{id}-w"), say);
        out.push_str(&tables::waivers(group, &format!("{id}-w"), say));
    }
    let later: Vec<String> = group.follow_ups.iter().map(|one| sentence(one.says.say(say.language))).collect();
    out.push_str(&sentences(phrases::LEFT_FOR_LATER, &format!("{id}-l"), &later, say));
    let notes: Vec<String> = group.notes.iter().map(|one| sentence(one.say(say.language))).collect();
    out.push_str(&sentences(phrases::HTML_NOTES, &format!("{id}-n"), &notes, say));
    if !group.relies_on.is_empty() {
        head(&mut out, phrases::HTML_FACTS, &format!("{id}-f"), say);
        out.push_str(&tables::facts(group, &format!("{id}-f"), say));
    }
    out.push_str("</section>\n");
    out
}

fn is_of(matrix: &crate::model::disks::matrix::Matrix, group: &GroupPlan) -> bool {
    matrix.group == group.topology.group && matrix.system == group.topology.table.system
}

/// Returns every server's standing at the end: after the steps, or where there are none, as declared.
pub(super) fn after(group: &GroupPlan) -> Standings {
    if !group.steps.is_empty() {
        return group.standings_before(usize::MAX);
    }
    let mut after = group.standings.clone();
    for declared in &group.topology.servers {
        after.entry(declared.server.clone()).or_default().role = Some(declared.role);
    }
    after
}

fn head(out: &mut String, words: Words, id: &str, say: Say) {
    out.push_str(&format!("<h3 id=\"{id}\">{}</h3>\n", text(&say.label(words))));
}

/// Says why nothing can be done, and what would help.
fn argument(group: &GroupPlan, id: &str, say: Say) -> String {
    if group.blocked_by.is_empty() {
        return String::new();
    }
    let because = |block: &Block| {
        let mut rule = vec![code(&block.rule)];
        rule.extend(block.server.as_ref().map(|server| text(server.as_str())));
        rule.extend(block.step.map(|step| step_numbers(&[step], say.language)));
        let rule = rule.join(say.of(phrases::COMMA));
        format!("<li>{} <span class=\"soft\">({rule})</span></li>\n", sentence(block.because.say(say.language)))
    };
    let mut out = format!(
        "<div class=\"note bad\" role=\"group\" aria-labelledby=\"{id}-b\">\n<h3 id=\"{id}-b\">{}</h3>\n<ul>\n",
        text(&say.label(phrases::HTML_WHY_NOT))
    );
    out.extend(group.blocked_by.iter().take(MOST_SENTENCES).map(because));
    out.push_str("</ul>\n");
    out.push_str(&tables::cut_rows(group.blocked_by.len().saturating_sub(MOST_SENTENCES), say));
    let mut hints: Vec<&str> =
        group.blocked_by.iter().filter_map(|block| block.hint.as_ref()).map(|hint| hint.say(say.language)).collect();
    hints.dedup();
    for hint in hints.iter().take(5) {
        out.push_str(&format!(
            "<p><strong>{}</strong>{}{}</p>\n",
            say.label(phrases::HINT),
            say.colon(),
            sentence(hint)
        ));
    }
    out.push_str("</div>\n");
    out
}

/// Says what changes, what that does to people, and where it was declared.
fn overview(group: &GroupPlan, say: Say) -> String {
    let (table, language) = (group.topology.table, say.language);
    let mut rows: Vec<(Words, String)> = Vec::new();
    if !group.steps.is_empty() {
        let net: Vec<String> = net_changes(group).iter().map(|change| role_change(change, table, language)).collect();
        if !net.is_empty() {
            rows.push((phrases::CHANGES, text(&few(&net, 12, language))));
        }
        rows.push((phrases::DISRUPTION, text(&disruption(group, language))));
        rows.push((phrases::HTML_SHORTEST, text(shortest(group).say(language))));
    }
    let windows: Vec<&str> = group.topology.maintenance.iter().map(Window::written).collect();
    if !windows.is_empty() {
        rows.push((phrases::WINDOWS, text(&windows.join(say.of(phrases::SEMICOLON)))));
    }
    let source = &group.topology.source;
    if !source.file.is_empty() {
        rows.push((phrases::DECLARED_IN, code(&format!("{}:{}", source.file, source.line))));
    }
    let rows: String =
        rows.iter().map(|(label, html)| format!("<dt>{}</dt><dd>{html}</dd>\n", text(&say.label(*label)))).collect();
    if rows.is_empty() { rows } else { format!("<dl>{rows}</dl>\n") }
}

/// Says who could lead next, and why each other server could not.
fn candidates(group: &GroupPlan, id: &str, say: Say) -> String {
    let Some(title) = candidates_for(group, say.language) else { return String::new() };
    let mut out = format!("<h3 id=\"{id}-c\">{}</h3>\n<ul>\n", text(&capital(&title)));
    for one in group.candidates.iter().take(MOST_CANDIDATES) {
        let because = sentence(one.because.say(say.language));
        out.push_str(&format!("<li><strong>{}</strong>{}{because}</li>\n", text(one.server.as_str()), say.colon()));
    }
    let more = group.candidates.len().saturating_sub(MOST_CANDIDATES);
    if more > 0 {
        let said = say.fill(phrases::MORE_CANDIDATES, &[("count", &more.to_string())]);
        out.push_str(&format!("<li>{}</li>\n", text(&said)));
    }
    out.push_str("</ul>\n");
    out
}

fn sentences(words: Words, id: &str, said: &[String], say: Say) -> String {
    if said.is_empty() {
        return String::new();
    }
    let mut out = String::new();
    head(&mut out, words, id, say);
    let lines: String = said.iter().take(MOST_SENTENCES).map(|one| format!("<li>{one}</li>\n")).collect();
    out.push_str(&format!("<ul>\n{lines}</ul>\n"));
    out.push_str(&tables::cut_rows(said.len().saturating_sub(MOST_SENTENCES), say));
    out
}
