//! The steps of a group, one by one: what, who, where, why, guards, and the way back.

use super::redundancy::{Remaining, remaining_said};
use super::{Say, capital, code, sentence, text};
use crate::model::guard::Verdict;
use crate::model::plan::{GroupPlan, Step};
use crate::model::table::{By, Disruption};
use crate::plan::back::{WayBack, way_back};
use crate::report::phrases;
use crate::report::text_step::danger;
use crate::report::words::{few, headline, mark_change, span};

/// Beyond this many steps the ways back are left to `undo`, which plans the one that is needed.
const MOST_WAYS_BACK: usize = 30;
/// Up to this many steps the guards of each are open.
const MOST_OPEN: usize = 40;

/// Returns the first `shown` steps of a group; `id` is that of the group.
pub(super) fn steps(group: &GroupPlan, remaining: &[Remaining], shown: usize, id: &str, say: Say) -> String {
    let mut out = String::from("<ol class=\"steps\">\n");
    group.steps.iter().take(shown).for_each(|one| step(&mut out, group, one, remaining, id, say));
    out.push_str("</ol>\n");
    out
}

fn step(out: &mut String, group: &GroupPlan, step: &Step, remaining: &[Remaining], id: &str, say: Say) {
    let (table, row, language) = (group.topology.table, step.transition, say.language);
    let by_hand = row.by == By::Operator;
    let class = if by_hand { " class=\"by-hand\"" } else { "" };
    let said = say.fill(phrases::STEP_NUMBER, &[("n", &step.number.to_string())]);
    out.push_str(&format!(
        "<li{class} id=\"{id}-s{0}\">\n<span class=\"number\" aria-hidden=\"true\">{0}</span>\n\
         <h4><span class=\"sr\">{said}{1}</span>{2}</h4>\n",
        step.number,
        say.colon(),
        text(&headline(step, table, language))
    ));
    out.push_str(&badges(step, say));
    out.push_str(&format!("<p>{}</p>\n", sentence(&capital(step.why.say(language)))));
    if let Some((_, words)) = danger(row) {
        out.push_str(&format!(
            "<p class=\"note warn\"><strong>{}</strong>{}{}</p>\n",
            say.label(phrases::DANGER),
            say.colon(),
            text(words.say(language))
        ));
    }
    out.push_str("<dl>");
    let mut told = |label: String, html: String| out.push_str(&format!("<dt>{}</dt><dd>{html}</dd>\n", text(&label)));
    if !step.changes.is_empty() && !step.marks.is_empty() {
        let marks: Vec<String> = step.marks.iter().map(|change| mark_change(change, table, language)).collect();
        told(say.label(phrases::MARKS), text(&few(&marks, 6, language)));
    }
    let remains = remaining_said(remaining, step.number, say);
    if !remains.is_empty() {
        told(say.label(phrases::HTML_REMAINS), remains);
    }
    match (row.undo, row.no_undo_because) {
        (Some(undo), _) => told(say.label(phrases::UNDO), code(undo)),
        (None, because) => {
            let because = because.map(|words| words.say(language)).unwrap_or_default();
            told(say.label(phrases::NO_WAY_BACK), format!("<strong>{}</strong>", text(because)));
        }
    }
    if group.steps.len() <= MOST_WAYS_BACK {
        told(say.label(phrases::WAY_BACK), back(group, step, say));
    }
    out.push_str("</dl>\n");
    guards(out, group, step, say);
    out.push_str("</li>\n");
}

/// Says who does the step, where, within what time, and what it does to people meanwhile.
fn badges(step: &Step, say: Say) -> String {
    let (row, host) = (step.transition, step.runs_on.as_str());
    let (class, by) = match row.by {
        By::Operator => (" hand", phrases::BY_OPERATOR),
        By::Automatic => ("", phrases::BY_US),
    };
    let mut said = vec![(class, say.fill(by, &[("host", host)]))];
    said.push(("", say.fill(phrases::WITHIN, &[("time", &span(row.limit, say.language))])));
    match row.disruption {
        Disruption::None => {}
        Disruption::Moves => said.push(("", say.of(phrases::MOVES).into())),
        Disruption::Idle => said.push((" hand", say.of(phrases::IDLE).into())),
        Disruption::Offline => said.push((" hand", say.of(phrases::OFFLINE).into())),
    }
    if !row.settling.is_zero() {
        said.push(("", say.fill(phrases::SETTLES, &[("time", &span(row.settling, say.language))])));
    }
    let said: String =
        said.iter().map(|(class, said)| format!("<span class=\"badge{class}\">{}</span>\n", text(said))).collect();
    format!("<div class=\"meta\">{said}</div>\n")
}

fn guards(out: &mut String, group: &GroupPlan, step: &Step, say: Say) {
    if step.guards.is_empty() {
        return;
    }
    let of = |verdict| step.guards.iter().filter(|guard| guard.answer.verdict == verdict).count().to_string();
    let places = [("yes", of(Verdict::Yes)), ("unknown", of(Verdict::Unknown)), ("no", of(Verdict::No))];
    let places: Vec<(&str, &str)> = places.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let has_doubt = step.guards.iter().any(|guard| guard.answer.verdict != Verdict::Yes || guard.waived.is_some());
    let open = if has_doubt || group.steps.len() <= MOST_OPEN { " open" } else { "" };
    out.push_str(&format!(
        "<details{open}><summary>{}</summary>\n{}</details>\n",
        text(&capital(&say.fill(phrases::HTML_GUARDS, &places))),
        super::tables::guards(&step.guards, say)
    ));
}

/// Says how the roles of before could be reached again once this step is done.
fn back(group: &GroupPlan, step: &Step, say: Say) -> String {
    match way_back(group, step.number) {
        WayBack::Steps(steps) if steps.is_empty() => text(say.of(phrases::NOTHING_TO_UNDO)),
        WayBack::Steps(steps) => {
            let steps: Vec<String> =
                steps.iter().map(|(server, name)| format!("{} {}", code(name), text(server.as_str()))).collect();
            steps.join(say.of(phrases::COMMA))
        }
        WayBack::None { because } => {
            let said = say.fill(phrases::NO_WAY_BACK_FROM_HERE, &[("because", because.say(say.language))]);
            format!("<strong>{}</strong>", sentence(&said))
        }
    }
}
