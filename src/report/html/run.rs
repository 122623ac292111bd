//! What a run did, event by event, in the words in which it was told while it happened.

use super::{Say, text};
use crate::model::event::{Entry, Event, Outcome};
use crate::model::plan::Plan;
use crate::report::events::event;
use crate::report::page::Look;
use crate::report::phrases;

/// The most events that are shown: the first and the last.
const MOST_EVENTS: usize = 600;

/// Returns the events of a run.
pub(super) fn events(entries: &[Entry], plan: &Plan, say: Say) -> String {
    let id = format!("{}-run", say.code());
    let mut out = format!(
        "<section class=\"card\" aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>\n<ol class=\"soft-list\">\n",
        say.of(phrases::HTML_EVENTS)
    );
    let look = Look { language: say.language, width: usize::MAX, colour: false };
    let cut = entries.len().saturating_sub(MOST_EVENTS);
    for (index, entry) in entries.iter().enumerate() {
        let is_in_the_middle = index >= MOST_EVENTS / 2 && index < MOST_EVENTS / 2 + cut;
        if is_in_the_middle {
            continue;
        }
        let told = event(&entries[..index], entry, plan, &look);
        let at = entry.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let clock = entry.at.strftime("%H:%M:%S ").to_string();
        let told = told.trim_end().strip_prefix(clock.as_str()).unwrap_or(told.trim_end()).to_owned();
        let class = if is_trouble(&entry.event) { " note bad" } else { "" };
        out.push_str(&format!(
            "<li value=\"{}\" class=\"event{class}\"><time datetime=\"{at}\">{}</time> {}</li>\n",
            entry.number,
            clock.trim(),
            told.lines().map(text).collect::<Vec<_>>().join("\n")
        ));
    }
    out.push_str("</ol>\n");
    out.push_str(&super::tables::cut_rows(cut, say));
    out.push_str("</section>\n");
    out
}

fn is_trouble(event: &Event) -> bool {
    let Event::StepStopped { outcome, .. } = event else { return false };
    matches!(outcome, Outcome::FailedChanged | Outcome::FailedUnchanged | Outcome::Unknown)
}
