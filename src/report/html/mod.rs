//! A plan, or a run, as one page of HTML for whoever approves it: it needs no network, runs nothing, holds both
//! languages, and is read on paper and by screen readers as well.
//!
//! Everything that came from elsewhere goes through [`text`], [`sentence`] or [`code`]. However large the plan, the page
//! is bounded: what is left out is counted, with the command that prints it. The parts: [`group`] and [`steps`] for one
//! group, [`redundancy`] for what remains at every moment, [`mod@picture`] for its servers before and after.

mod group;
mod picture;
mod redundancy;
mod run;
mod steps;
mod tables;

use super::clean;
use super::markdown_plan::{dangerous_steps, why_dangerous};
use super::page::columns;
use super::phrases;
use super::text::summary;
use super::words::{count, few, fill, headline};
use crate::model::disks::matrix::Matrix;
use crate::model::event::Entry;
use crate::model::plan::{GroupPlan, GroupVerdict, Plan};
use crate::model::words::{Language, Words};

pub use picture::standalone as picture;

/// The most groups that are shown with their steps.
const MOST_GROUPS: usize = 60;
/// The most groups of the list on top.
const MOST_LISTED: usize = 500;
/// The most steps of all groups together that are shown one by one.
const MOST_STEPS: usize = 400;
/// The most dangerous steps of the block on top.
const MOST_DANGEROUS: usize = 20;
/// The most characters of one text.
const MOST_TEXT: usize = 600;

/// What a page shows.
#[derive(Debug, Clone, Copy)]
pub struct Review<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The plan's identity.
    pub id: &'a str,
    /// The command that applies this very plan, where one would work.
    pub apply: Option<&'a str>,
    /// The command that prints the whole plan.
    pub full: &'a str,
    /// The servers' vDisk files side by side, where they were looked at.
    pub disks: &'a [Matrix],
    /// The run of the plan, where one is shown: its id and its journal.
    pub run: Option<(&'a str, &'a [Entry])>,
}

/// Returns the page, which opens in `language`.
pub fn page(review: &Review<'_>, language: Language) -> String {
    let title = plain(&format!("{}: {}", phrases::HTML_TITLE.say(language), title(review.plan, language)));
    let ja = if language == Language::Japanese { " checked" } else { "" };
    let en = if language == Language::English { " checked" } else { "" };
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"generator\" content=\"rolewalk {}\">\n<title>{title}</title>\n<style>\n{}{}</style>\n</head>\n\
         <body>\n<main>\n\
         <input class=\"pick\" type=\"radio\" name=\"language\" id=\"pick-en\"{en}><label for=\"pick-en\" lang=\"en\">English</label>\
         <input class=\"pick\" type=\"radio\" name=\"language\" id=\"pick-ja\"{ja}><label for=\"pick-ja\" lang=\"ja\">日本語</label>\n",
        code_of(language),
        env!("CARGO_PKG_VERSION"),
        include_str!("style.css"),
        include_str!("picture.css"),
    );
    for language in [Language::English, Language::Japanese] {
        article(&mut out, review, Say { language });
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// The language in which a part of the page speaks.
#[derive(Debug, Clone, Copy)]
struct Say {
    language: Language,
}

impl Say {
    fn of(self, words: Words) -> &'static str {
        words.say(self.language)
    }

    fn fill(self, words: Words, places: &[(&str, &str)]) -> String {
        fill(words, self.language, places)
    }

    /// Returns what makes the ids of this language's part unlike those of the other's.
    fn code(self) -> &'static str {
        code_of(self.language)
    }

    fn colon(self) -> &'static str {
        self.of(phrases::COLON)
    }

    /// Returns a phrase as a heading or a label begins.
    fn label(self, words: Words) -> String {
        capital(self.of(words))
    }
}

fn code_of(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::Japanese => "ja",
    }
}

/// Returns the text with its first letter large, as a label begins; names such as `vDisk` stay as they are.
fn capital(text: &str) -> String {
    let mut rest = text.chars();
    if text.chars().nth(1).is_some_and(char::is_uppercase) {
        return text.into();
    }
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

/// Returns a text from anywhere as it stands in HTML.
fn text(text: &str) -> String {
    clean::html(&clipped(text))
}

/// Returns a name or a command from anywhere as code.
fn code(name: &str) -> String {
    format!("<code>{}</code>", clean::html(&clipped(name)))
}

/// Returns a sentence of ours: what it has between backticks is code.
fn sentence(sentence: &str) -> String {
    let sentence = clipped(sentence);
    let parts: Vec<&str> = sentence.split('`').collect();
    let mut said = String::with_capacity(sentence.len() + 32);
    for (index, part) in parts.iter().enumerate() {
        match index % 2 == 1 {
            true if index + 1 < parts.len() => said.push_str(&format!("<code>{}</code>", clean::html(part))),
            true => said.push_str(&format!("`{}", clean::html(part))),
            false => said.push_str(&clean::html(part)),
        }
    }
    said
}

/// Returns a sentence as it stands where no code can: the same without its backticks.
fn plain(sentence: &str) -> String {
    clean::html(&clipped(sentence).replace('`', ""))
}

/// Returns a text that is not too long, with a mark where it was cut.
fn clipped(text: &str) -> String {
    match text.char_indices().nth(MOST_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into(),
    }
}

/// Returns a text of at most so many columns, with a mark where it was cut.
fn narrow(text: &str, most: usize) -> String {
    let text = clean::terminal(text);
    if columns(&text) <= most {
        return text.into_owned();
    }
    let mut cut = String::new();
    let mut at = 0;
    for c in text.chars() {
        at += columns(c.encode_utf8(&mut [0; 4]));
        if at > most.saturating_sub(1) {
            break;
        }
        cut.push(c);
    }
    cut + "…"
}

fn article(out: &mut String, review: &Review<'_>, say: Say) {
    let (plan, language) = (review.plan, say.language);
    let groups = loud(plan);
    out.push_str(&format!("<article class=\"{0}\" lang=\"{0}\">\n", say.code()));
    out.push_str(&format!("<header>\n<h1>{}</h1>\n", text(&capital(&title(plan, language)))));
    let lead = match review.run {
        Some((run, _)) => say.fill(phrases::HTML_RUN_LEAD, &[("run", run)]),
        None => say.of(phrases::HTML_LEAD).into(),
    };
    out.push_str(&format!("<p class=\"lead\">{}</p>\n</header>\n", text(&lead)));
    out.push_str(&dangerous(&groups, say));
    out.push_str(&approval(review, say));
    if plan.groups.len() > 1 {
        out.push_str(&list(&groups, say));
    }
    let mut left = MOST_STEPS;
    for (index, one) in groups.iter().take(MOST_GROUPS).enumerate() {
        let shown = one.steps.len().min(left);
        left -= shown;
        out.push_str(&group::group(review, one, index + 1, shown, say));
    }
    let cut = groups.len().saturating_sub(MOST_GROUPS);
    if cut > 0 {
        let said = say.fill(phrases::CUT, &[("n", &cut.to_string())]);
        out.push_str(&format!("<p class=\"card\">{} {}</p>\n", text(&said), code(review.full)));
    }
    out.push_str(&quiet(plan, say));
    if let Some((_, entries)) = review.run {
        out.push_str(&run::events(entries, plan, say));
    }
    out.push_str(&format!("<footer><p>{} {}</p></footer>\n</article>\n", say.label(phrases::PLAN), code(review.id)));
}

/// Returns the groups of which there is something to say, those first that can't be walked.
fn loud(plan: &Plan) -> Vec<&GroupPlan> {
    let mut loud: Vec<&GroupPlan> = plan.groups.iter().filter(|group| !is_quiet(group)).collect();
    loud.sort_by_key(|group| match group.verdict {
        GroupVerdict::Blocked => 0,
        GroupVerdict::Undetermined => 1,
        GroupVerdict::Ready => 2,
        GroupVerdict::InSync => 3,
    });
    loud
}

fn is_quiet(group: &GroupPlan) -> bool {
    group.verdict == GroupVerdict::InSync && group.follow_ups.is_empty() && group.notes.is_empty()
}

fn title(plan: &Plan, language: Language) -> String {
    match plan.groups.as_slice() {
        [] => phrases::NO_GROUPS.say(language).into(),
        [one] => {
            format!("{}{}{}", one.topology.group, phrases::COLON.say(language), super::text::verdict(one, language).1)
        }
        groups if groups.iter().all(|group| group.verdict == GroupVerdict::InSync) => {
            let all = count(groups.len(), phrases::GROUPS_ONE, phrases::GROUPS_MANY, language);
            format!("{} ({all})", phrases::NOTHING_TO_DO.say(language))
        }
        _ => summary(plan, language),
    }
}

/// Returns the steps that can cost redundancy, service or the way back, before anything else.
fn dangerous(groups: &[&GroupPlan], say: Say) -> String {
    let steps = dangerous_steps(groups);
    if steps.is_empty() {
        return String::new();
    }
    let id = format!("{}-danger", say.code());
    let mut out = format!(
        "<section class=\"note bad\" aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>\n<ul>\n",
        say.of(phrases::DANGEROUS)
    );
    for (group, step) in steps.iter().take(MOST_DANGEROUS) {
        let number = say.fill(phrases::STEP_NUMBER, &[("n", &step.number.to_string())]);
        let because = why_dangerous(step, say.language).join(say.of(phrases::SEMICOLON));
        let does = headline(step, group.topology.table, say.language);
        out.push_str(&format!(
            "<li><strong>{}, {number}</strong>{}{}. {}</li>\n",
            text(&group.topology.group),
            say.colon(),
            text(&does),
            text(&capital(&because))
        ));
    }
    if steps.len() > MOST_DANGEROUS {
        let more = (steps.len() - MOST_DANGEROUS).to_string();
        out.push_str(&format!("<li>{}</li>\n", say.fill(phrases::CUT_DANGER, &[("n", &more)])));
    }
    out.push_str("</ul>\n</section>\n");
    out
}

/// Returns what stands for the plan, and the command that applies it.
fn approval(review: &Review<'_>, say: Say) -> String {
    let id = format!("{}-approve", say.code());
    let mut out = format!(
        "<section class=\"card\" aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>\n<dl><dt>{}</dt><dd>{}</dd></dl>\n",
        say.of(phrases::HTML_IDENTITY),
        say.label(phrases::PLAN),
        code(review.id)
    );
    match review.apply {
        Some(command) => out.push_str(&format!(
            "<p>{}</p>\n<pre><code>{}</code></pre>\n",
            text(say.of(phrases::HTML_APPLY)),
            clean::html(command)
        )),
        None => out.push_str(&format!("<p class=\"soft\">{}</p>\n", text(say.of(phrases::HTML_IDENTITY_MEANS)))),
    }
    out.push_str("</section>\n");
    out
}

/// Returns a line for each group, where there are several.
fn list(groups: &[&GroupPlan], say: Say) -> String {
    let id = format!("{}-groups", say.code());
    let mut rows = Vec::new();
    for (index, group) in groups.iter().take(MOST_LISTED).enumerate() {
        let name = text(&group.topology.group);
        let name = match index < MOST_GROUPS {
            true => format!("<a href=\"#{}-g{}\">{name}</a>", say.code(), index + 1),
            false => name,
        };
        let verdict = tables::verdict_badge(group, say);
        rows.push(format!(
            "<tr><th scope=\"row\">{name}</th><td>{}</td><td>{verdict}</td><td class=\"count\">{}</td></tr>\n",
            text(group.topology.table.system),
            group.steps.len()
        ));
    }
    let heads = [phrases::GROUP, phrases::SYSTEM, phrases::HTML_VERDICT, phrases::STEPS].map(|words| say.label(words));
    let mut out = format!(
        "<nav class=\"card\" aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>\n",
        say.of(phrases::HTML_GROUPS)
    );
    out.push_str(&tables::table("", &heads, &rows, &id));
    let cut = groups.len().saturating_sub(MOST_LISTED);
    if cut > 0 {
        out.push_str(&format!("<p class=\"soft\">{}</p>\n", say.fill(phrases::CUT_ROWS, &[("n", &cut.to_string())])));
    }
    out.push_str("</nav>\n");
    out
}

/// Returns the groups that are as declared.
fn quiet(plan: &Plan, say: Say) -> String {
    let names: Vec<String> =
        plan.groups.iter().filter(|group| is_quiet(group)).map(|group| group.topology.group.clone()).collect();
    match names.is_empty() {
        true => String::new(),
        false => {
            let names = few(&names, 12, say.language);
            format!("<p class=\"card\">{}</p>\n", text(&capital(&say.fill(phrases::AS_DECLARED, &[("names", &names)]))))
        }
    }
}

#[cfg(test)]
#[path = "../html_tests.rs"]
mod tests;
