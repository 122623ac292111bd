//! Drift as Markdown, for a ticket or a job's summary: what differs first, then what could not be determined, then what
//! is pending; what is expected is folded. Always short enough for a comment.

use super::drift::{headline, short, waiver};
use super::markdown::{Part, Sheet, fold, name, sentence};
use super::phrases;
use super::words::{few, fill};
use crate::model::drift::{DriftReport, DriftVerdict, GroupDrift};
use crate::model::words::Language;

/// The most sentences of one kind of a group.
const MOST_SENTENCES: usize = 30;

/// Returns drift as Markdown, shorter than 32,000 characters whatever the report. `full` is the command that prints
/// everything.
pub fn drift(report: &DriftReport, full: &str, language: Language) -> String {
    let mut head = format!("## {}\n\n", headline(report, language));
    for partition in report.missing.iter().take(20) {
        let said = fill(phrases::PARTITION_MISSING, language, &[("partition", &partition.to_string())]);
        head.push_str(&format!("- {said}\n"));
    }
    let quiet = |group: &&GroupDrift| group.verdict == DriftVerdict::InSync && group.expired().next().is_none();
    let names: Vec<String> = report.groups.iter().filter(quiet).map(|group| name(&group.group)).collect();
    let mut end = String::new();
    if !names.is_empty() {
        let said = fill(phrases::AS_DECLARED, language, &[("names", &few(&names, 12, language))]);
        end.push_str(&format!("\n{said}\n"));
    }
    let parts: Vec<Part<'_>> =
        report.worst_first().into_iter().filter(|group| !quiet(group)).map(|group| part(group, language)).collect();
    let mut sheet = Sheet::new(head, end);
    let cut = sheet.add(&parts);
    sheet.finish(cut, full, language)
}

fn part(group: &GroupDrift, language: Language) -> Part<'_> {
    let colon = phrases::COLON.say(language);
    let verdict = short(group.verdict, language);
    let head = format!("### {} ({}){colon}{verdict}\n\n", name(&group.group), sentence(&group.system));
    Part { head, body: Box::new(move || body(group, language)) }
}

fn body(group: &GroupDrift, language: Language) -> String {
    let colon = phrases::COLON.say(language);
    let mut body = String::new();
    if !group.file.is_empty() {
        let place = name(&format!("{}:{}", group.file, group.line));
        body.push_str(&format!("{}{colon}{place}\n\n", phrases::DECLARED_IN.say(language)));
    }
    let mut lines: Vec<String> = Vec::new();
    for finding in &group.findings {
        let line = finding.line.map(|line| fill(phrases::LINE, language, &[("n", &line.to_string())]));
        let line = line.map(|line| format!(" ({line})")).unwrap_or_default();
        lines.push(format!("{}{line}", sentence(finding.says.say(language))));
    }
    let unknown = group.unknown.iter();
    lines.extend(
        unknown.map(|text| format!("{}{colon}{}", phrases::UNKNOWN.say(language), sentence(text.say(language)))),
    );
    lines.extend(group.expired().map(|one| sentence(&waiver(one, language))));
    list(&mut body, &lines, language);
    let mut folded: Vec<String> = Vec::new();
    for (texts, label) in [(&group.expected, phrases::EXPECTED), (&group.notes, phrases::NOTE)] {
        folded
            .extend(texts.iter().map(|text| format!("{}{colon}{}", label.say(language), sentence(text.say(language)))));
    }
    let holding = group.waivers.iter().filter(|one| !one.is_expired);
    folded.extend(holding.map(|one| sentence(&waiver(one, language))));
    if !folded.is_empty() {
        let mut text = String::new();
        list(&mut text, &folded, language);
        body.push_str(&fold(phrases::DETAILS.say(language), &text));
    }
    body
}

fn list(out: &mut String, lines: &[String], language: Language) {
    for line in lines.iter().take(MOST_SENTENCES) {
        out.push_str(&format!("- {line}\n"));
    }
    if lines.len() > MOST_SENTENCES {
        let more = (lines.len() - MOST_SENTENCES).to_string();
        out.push_str(&format!("- {}\n", fill(phrases::AND_MORE, language, &[("n", &more)])));
    }
    if !lines.is_empty() {
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::sample::{self, seen};
    use crate::model::words::Text;
    use crate::report::markdown::{LIMIT, length};

    #[test]
    fn the_worst_comes_first_and_what_is_expected_is_folded() {
        let of = |language| drift(&sample::drift(), "rolewalk drift .", language);
        let english = of(Language::English);
        let at = |what: &str| english.find(what).unwrap_or_else(|| panic!("{what} is not in {english}"));
        assert!(at("`Store` (co-store): drift") < at("`B` (co-store): undetermined"));
        assert!(at("<details>") < at("awaiting replication") && !english.contains("rolewalk drift ."));
        seen!("drift.markdown", [english, of(Language::Japanese)].join("----\n"));
    }

    #[test]
    fn ten_thousand_groups_of_many_findings_stay_under_the_limit() {
        let mut report = sample::drift();
        let mut large = report.groups[0].clone();
        large.findings = vec![large.findings[0].clone(); 500];
        large.notes = vec![Text::new("x".repeat(5000), "あ".repeat(5000)); 500];
        report.groups.push(large);
        report.groups.extend((0..10_000).map(|n| sample::group_drift(&format!("G{n}"), DriftVerdict::Pending)));
        for language in [Language::English, Language::Japanese] {
            let said = drift(&report, "rolewalk drift .", language);
            assert!(length(&said) < LIMIT, "{}", length(&said));
            assert!(said.contains("```sh\nrolewalk drift .\n```"), "{said}");
        }
    }

    #[test]
    fn a_hostile_group_is_only_text() {
        let evil = "</details>|<b>@all\n# head `x` ```";
        let mut group = sample::group_drift(evil, DriftVerdict::Drift);
        group.notes.push(Text::new(evil, evil));
        let report = DriftReport { groups: vec![group], ..sample::drift() };
        let said = drift(&report, "rolewalk drift .", Language::English);
        assert!(!said.contains("\n# head"), "{said}");
        assert_eq!(said.matches("</details>\n").count(), said.matches("<details>").count(), "{said}");
    }
}
