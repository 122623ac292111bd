//! A plan as Markdown for a change review: the headline, dangerous steps in a block of their own, then each group with
//! its steps folded, the plan's id and the command that applies it. Always short enough for a comment.

use super::markdown::{Part, Sheet, fenced, fold, name, sentence};
use super::phrases;
use super::text::{MOST_CANDIDATES, candidates_for, disruption, shortest, summary, verdict};
use super::text_step::{danger, who};
use super::words::{count, few, fill, headline, mark_change, net_changes, role_change};
use crate::model::guard::Verdict;
use crate::model::plan::{GroupPlan, GroupVerdict, Plan, Step};
use crate::model::table::Table;
use crate::model::words::Language;

/// The most dangerous steps that the block on top names.
const MOST_DANGEROUS: usize = 20;
/// The most steps, blocks or notes of one group.
const MOST_STEPS: usize = 60;

/// Returns a plan as Markdown, shorter than 32,000 characters whatever the plan.
///
/// `apply` is the command that applies this very plan, where one would work; `full` prints the whole plan.
pub fn plan(plan: &Plan, id: &str, apply: Option<&str>, full: &str, language: Language) -> String {
    let (quiet, mut loud): (Vec<&GroupPlan>, Vec<&GroupPlan>) =
        plan.groups.iter().partition(|group| group.verdict == GroupVerdict::InSync && group.notes.is_empty());
    loud.sort_by_key(|group| match group.verdict {
        GroupVerdict::Blocked => 0,
        GroupVerdict::Undetermined => 1,
        GroupVerdict::Ready => 2,
        GroupVerdict::InSync => 3,
    });
    let mut head = format!("## {}\n\n", title(plan, language));
    head.push_str(&dangerous(&loud, language));
    if !quiet.is_empty() {
        let names: Vec<String> = quiet.iter().map(|group| name(&group.topology.group)).collect();
        head.push_str(&fill(phrases::AS_DECLARED, language, &[("names", &few(&names, 12, language))]));
        head.push_str("\n\n");
    }
    let mut end = format!("\n{} {}\n", phrases::PLAN.say(language), name(id));
    if let Some(command) = apply {
        end.push_str(&format!("\n{}\n\n{}", phrases::APPLY_WITH.say(language), fenced(command)));
    }
    let parts: Vec<Part<'_>> = loud.iter().map(|group| part(group, language)).collect();
    let mut sheet = Sheet::new(head, end);
    let cut = sheet.add(&parts);
    sheet.finish(cut, full, language)
}

fn title(plan: &Plan, language: Language) -> String {
    match plan.groups.as_slice() {
        [] => phrases::NO_GROUPS.say(language).into(),
        groups if groups.iter().all(|group| group.verdict == GroupVerdict::InSync) => {
            let all = count(groups.len(), phrases::GROUPS_ONE, phrases::GROUPS_MANY, language);
            format!("{} ({all})", phrases::NOTHING_TO_DO.say(language))
        }
        _ => summary(plan, language),
    }
}

fn group_line(group: &GroupPlan, language: Language) -> String {
    let (colon, system) = (phrases::COLON.say(language), group.topology.table.system);
    format!("{} ({system}){colon}{}", name(&group.topology.group), verdict(group, language).1)
}

/// Returns the steps that can cost redundancy, service or the way back, in a block that can't be overlooked.
fn dangerous(groups: &[&GroupPlan], language: Language) -> String {
    let steps = dangerous_steps(groups);
    if steps.is_empty() {
        return String::new();
    }
    let mut out = format!("> [!CAUTION]\n> **{}**\n", phrases::DANGEROUS.say(language));
    for (group, step) in steps.iter().take(MOST_DANGEROUS) {
        let does = sentence(&headline(step, group.topology.table, language));
        let number = fill(phrases::STEP_NUMBER, language, &[("n", &step.number.to_string())]);
        let because = why_dangerous(step, language).join(phrases::SEMICOLON.say(language));
        out.push_str(&format!(">\n> - {} {number}: {does}: {because}\n", name(&group.topology.group)));
    }
    if steps.len() > MOST_DANGEROUS {
        let more = (steps.len() - MOST_DANGEROUS).to_string();
        out.push_str(&format!(">\n> - {}\n", fill(phrases::CUT_DANGER, language, &[("n", &more)])));
    }
    out.push('\n');
    out
}

/// Returns the steps of groups that can be walked which can cost redundancy, service or the way back.
pub(super) fn dangerous_steps<'a>(groups: &[&'a GroupPlan]) -> Vec<(&'a GroupPlan, &'a Step)> {
    let ready = groups.iter().filter(|group| group.verdict == GroupVerdict::Ready);
    let steps = ready.flat_map(|group| group.steps.iter().map(move |step| (*group, step)));
    steps.filter(|(_, step)| is_dangerous(step)).collect()
}

/// Says what a step can cost.
pub(super) fn why_dangerous(step: &Step, language: Language) -> Vec<String> {
    let costs = danger(step.transition).map(|(_, words)| words.say(language).into());
    costs.into_iter().chain(no_undo(step, language)).collect()
}

fn is_dangerous(step: &Step) -> bool {
    danger(step.transition).is_some() || step.transition.undo.is_none()
}

fn no_undo(step: &Step, language: Language) -> Option<String> {
    let because = step.transition.no_undo_because.filter(|_| step.transition.undo.is_none())?;
    Some(fill(phrases::NO_UNDO, language, &[("because", because.say(language))]))
}

fn part(group: &GroupPlan, language: Language) -> Part<'_> {
    let mut head = format!("### {}\n\n", group_line(group, language));
    for block in group.blocked_by.iter().take(3) {
        head.push_str(&format!("- {} {}\n", phrases::BECAUSE.say(language), sentence(block.because.say(language))));
    }
    Part { head, body: Box::new(move || body(group, language)) }
}

fn body(group: &GroupPlan, language: Language) -> String {
    let table = group.topology.table;
    let colon = phrases::COLON.say(language);
    let mut body = String::new();
    for block in group.blocked_by.iter().skip(3).take(MOST_STEPS) {
        body.push_str(&format!("- {} {}\n", phrases::BECAUSE.say(language), sentence(block.because.say(language))));
    }
    let mut hints: Vec<&str> =
        group.blocked_by.iter().filter_map(|block| block.hint.as_ref()).map(|hint| hint.say(language)).collect();
    hints.dedup();
    for hint in hints.iter().take(5) {
        body.push_str(&format!("- {}{colon}{}\n", phrases::HINT.say(language), sentence(hint)));
    }
    if !group.steps.is_empty() {
        let net: Vec<String> = net_changes(group).iter().map(|change| role_change(change, table, language)).collect();
        if !net.is_empty() {
            body.push_str(&format!(
                "- {}{colon}{}\n",
                phrases::CHANGES.say(language),
                sentence(&few(&net, 8, language))
            ));
        }
        body.push_str(&format!("- {}{colon}{}\n", phrases::DISRUPTION.say(language), disruption(group, language)));
        body.push_str(&format!("- {}\n", shortest(group).say(language)));
    }
    let source = &group.topology.source;
    if !source.file.is_empty() {
        let place = name(&format!("{}:{}", source.file, source.line));
        body.push_str(&format!("- {}{colon}{place}\n", phrases::DECLARED_IN.say(language)));
    }
    for text in group.follow_ups.iter().map(|one| &one.says).take(MOST_STEPS) {
        body.push_str(&format!("- {}{colon}{}\n", phrases::LEFT_FOR_LATER.say(language), sentence(text.say(language))));
    }
    for text in group.notes.iter().take(MOST_STEPS) {
        body.push_str(&format!("- {}{colon}{}\n", phrases::NOTE.say(language), sentence(text.say(language))));
    }
    body.push_str(&candidates(group, language));
    body.push('\n');
    body.push_str(&steps(group, language));
    body
}

/// Says who could lead next, and why each other server could not.
fn candidates(group: &GroupPlan, language: Language) -> String {
    let Some(title) = candidates_for(group, language) else { return String::new() };
    let colon = phrases::COLON.say(language);
    let mut out = format!("- {}{}\n", sentence(&title), colon.trim_end());
    for one in group.candidates.iter().take(MOST_CANDIDATES) {
        let because = sentence(one.because.say(language));
        out.push_str(&format!("  - {}{colon}{because}\n", name(one.server.as_str())));
    }
    let more = group.candidates.len().saturating_sub(MOST_CANDIDATES);
    if more > 0 {
        out.push_str(&format!("  - {}\n", fill(phrases::MORE_CANDIDATES, language, &[("count", &more.to_string())])));
    }
    out
}

/// Returns a group's steps in a fold.
fn steps(group: &GroupPlan, language: Language) -> String {
    if group.steps.is_empty() {
        return String::new();
    }
    let mut text = String::new();
    if group.verdict != GroupVerdict::Ready {
        text.push_str(&format!("{}\n\n", phrases::STEPS_NOT_TAKEN.say(language)));
    }
    for one in group.steps.iter().take(MOST_STEPS) {
        text.push_str(&step(one, group.topology.table, language));
    }
    if group.steps.len() > MOST_STEPS {
        let more = (group.steps.len() - MOST_STEPS).to_string();
        text.push_str(&format!("\n{}\n", fill(phrases::CUT_STEPS, language, &[("n", &more)])));
    }
    fold(&format!("{} ({})", phrases::STEPS.say(language), group.steps.len()), &text)
}

fn step(step: &Step, table: &'static Table, language: Language) -> String {
    let colon = phrases::COLON.say(language);
    let mut lines = vec![
        sentence(&who(step, language)),
        format!("{}{colon}{}", phrases::WHY.say(language), sentence(step.why.say(language))),
    ];
    if !step.changes.is_empty() && !step.marks.is_empty() {
        let marks: Vec<String> = step.marks.iter().map(|change| mark_change(change, table, language)).collect();
        lines.push(format!("{}{colon}{}", phrases::MARKS.say(language), sentence(&few(&marks, 6, language))));
    }
    for guard in &step.guards {
        let verdict = match guard.answer.verdict {
            Verdict::Yes => phrases::YES,
            Verdict::No => phrases::NO,
            Verdict::Unknown => phrases::UNKNOWN,
        };
        let because = sentence(guard.answer.because.say(language));
        lines.push(format!("{} {}{colon}{because}", verdict.say(language), name(guard.name)));
        if let Some(waived) = &guard.waived {
            lines.push(format!("{}{colon}{}", phrases::WAIVED.say(language), sentence(waived.say(language))));
        }
    }
    match step.transition.undo {
        Some(undo) => lines.push(format!("{}{colon}{}", phrases::UNDO.say(language), name(undo))),
        None => lines.extend(no_undo(step, language)),
    }
    let mut out = format!("{}. **{}**\n", step.number, sentence(&headline(step, table, language)));
    lines.iter().for_each(|line| out.push_str(&format!("   - {line}\n")));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::sample::{self, seen};
    use crate::model::words::Text;
    use crate::report::markdown::{LIMIT, length};

    fn of(plan: &Plan, language: Language) -> String {
        super::plan(plan, "b3:00", Some("rolewalk apply plan.json --id b3:00"), "rolewalk show plan.json", language)
    }

    #[test]
    fn a_review_reads_what_is_dangerous_first_and_how_to_apply_it_last() {
        let mut plan = sample::blocked();
        plan.groups[0].verdict = GroupVerdict::Ready;
        plan.groups[0].blocked_by.clear();
        plan.groups.extend(sample::plan().groups);
        let said = of(&plan, Language::English);
        let at = |what: &str| said.find(what).unwrap_or_else(|| panic!("{what} is not in {said}"));
        assert!(at("[!CAUTION]") < at("handover") && at("handover") < at("<details>"));
        assert!(at("```sh\nrolewalk apply plan.json --id b3:00\n```") > at("</details>"));
        seen!("plan.markdown", [said, of(&sample::blocked(), Language::Japanese)].join("----\n"));
    }

    #[test]
    fn ten_thousand_groups_stay_under_the_limit_and_say_where_the_rest_is() {
        for language in [Language::English, Language::Japanese] {
            for copies in [1, 3, 10, 40, 10_000] {
                for plan in [sample::plan(), sample::blocked()] {
                    let one = plan.groups[0].clone();
                    let said = of(&Plan { groups: vec![one; copies] }, language);
                    assert!(length(&said) < LIMIT, "{copies}: {}", length(&said));
                    let is_cut = said.matches("### ").count() < copies || said.matches("<details>").count() < copies;
                    assert_eq!(said.contains("rolewalk show plan.json"), is_cut, "{copies}");
                    assert!(is_cut || copies < 10_000);
                    assert_eq!(said.matches("<details>").count(), said.matches("</details>").count());
                    assert!(said.contains("rolewalk apply plan.json --id b3:00"));
                }
            }
        }
    }

    #[test]
    fn one_group_of_thousands_of_steps_stays_under_the_limit() {
        let mut plan = sample::plan();
        let step = plan.groups[0].steps[1].clone();
        plan.groups[0].steps = (1..=5000).map(|number| Step { number, ..step.clone() }).collect();
        plan.groups[0].notes = vec![Text::new("x".repeat(5000), "あ".repeat(5000)); 500];
        for language in [Language::English, Language::Japanese] {
            let said = of(&plan, language);
            assert!(length(&said) < LIMIT, "{}", length(&said));
            assert!(said.contains("rolewalk show plan.json") && said.contains("5000"), "{said}");
        }
    }

    #[test]
    fn hostile_names_are_only_text() {
        let evil = "`</details><script>x</script>|@all #1 ![i](http://evil)\n\n# head\n> [!CAUTION] ~~~\n```";
        let mut plan = sample::plan();
        let group = &mut plan.groups[0];
        group.topology.group = evil.into();
        group.topology.source.file = evil.into();
        group.notes = vec![Text::new(evil, evil)];
        for guard in &mut group.steps[0].guards {
            guard.answer.because = Text::new(evil, evil);
        }
        let said = of(&plan, Language::English);
        assert!(!said.contains("\n# head") && !said.contains("\n\n# head"), "{said}");
        let outside = without_code(&said).replacen("> [!CAUTION]", "", 1);
        assert!(!outside.replace("\\]", "").contains(']'), "{outside}");
        for bad in ["<script", "![", "http://", "@all", "#1", "</details><"] {
            assert!(!outside.contains(bad), "{bad} in {outside}");
        }
    }

    /// Leaves out code spans, as CommonMark 0.31 section 6.1 finds them.
    fn without_code(text: &str) -> String {
        let (mut out, mut rest) = (String::new(), text);
        while let Some(at) = rest.find('`') {
            let run = rest[at..].chars().take_while(|c| *c == '`').count();
            let is_escaped = rest[..at].ends_with('\\');
            let after = &rest[at + run..];
            let fence = "`".repeat(run);
            let close = after
                .match_indices(&fence)
                .map(|(to, _)| to)
                .find(|to| !after[to + run..].starts_with('`') && !after[..*to].ends_with('`'));
            out.push_str(&rest[..at]);
            rest = match close.filter(|_| !is_escaped) {
                Some(to) => &after[to + run..],
                None => after,
            };
        }
        out + rest
    }
}
