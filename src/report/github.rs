//! Drift as the workflow commands of GitHub Actions: annotations at the line of the topology file that declares what
//! differs. GitHub shows ten of each kind in a step; what is beyond them is counted, and never lost in silence.

use super::clean;
use super::drift::{headline, waiver};
use super::phrases;
use super::words::fill;
use crate::model::drift::{DriftReport, DriftVerdict, GroupDrift};
use crate::model::words::Language;

/// The most annotations of one kind, the last of which counts the others.
const MOST: usize = 10;

/// Returns drift as workflow commands, one a line.
pub fn github(report: &DriftReport, language: Language) -> String {
    let mut kinds: [(&str, Vec<String>); 3] = [("error", Vec::new()), ("warning", Vec::new()), ("notice", Vec::new())];
    for group in report.worst_first() {
        let kind = match group.verdict {
            DriftVerdict::Drift => 0,
            DriftVerdict::Undetermined => 1,
            DriftVerdict::Pending | DriftVerdict::InSync => 2,
        };
        for finding in &group.findings {
            kinds[kind].1.push(annotation(group, finding.says.say(language), finding.line));
        }
        kinds[kind].1.extend(group.without_server().map(|text| annotation(group, text.say(language), None)));
        kinds[1].1.extend(group.expired().map(|one| annotation(group, &waiver(one, language), None)));
    }
    for partition in &report.missing {
        let says = fill(phrases::PARTITION_MISSING, language, &[("partition", &partition.to_string())]);
        kinds[1].1.insert(0, format!("::{}", data(&says)));
    }
    let mut out = String::new();
    for (kind, mut annotations) in kinds {
        let more = annotations.len().saturating_sub(MOST - 1);
        if more > 1 {
            annotations.truncate(MOST - 1);
            let said = fill(phrases::LEFT_OFF, language, &[("n", &more.to_string())]);
            annotations.push(format!("::{}", data(&said)));
        }
        annotations.iter().for_each(|one| out.push_str(&format!("::{kind}{one}\n")));
    }
    out.push_str(&format!("{}\n", clean::terminal(&headline(report, language))));
    out
}

/// Returns an annotation without its kind: where it stands, its title and its text.
fn annotation(group: &GroupDrift, text: &str, line: Option<usize>) -> String {
    let title = property(&format!("{} {}", group.group, group.verdict.as_str()));
    let text = data(text);
    match group.file.is_empty() {
        true => format!(" title={title}::{text}"),
        false => {
            let line = line.unwrap_or(group.line).max(1);
            let file = property(group.file.strip_prefix("./").unwrap_or(&group.file));
            format!(" file={file},line={line},title={title}::{text}")
        }
    }
}

/// Escapes a command's text: a line end would begin another command.
fn data(text: &str) -> String {
    clean::terminal(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::sample::{self, seen};
    use crate::model::words::Text;

    #[test]
    fn each_finding_stands_at_the_line_that_declares_it() {
        let of = |language| github(&sample::drift(), language);
        let english = of(Language::English);
        assert!(english.starts_with("::error file=store.yaml,line=8,title=Store drift::"), "{english}");
        seen!("drift.github", [english, of(Language::Japanese)].join("----\n"));
    }

    #[test]
    fn hostile_names_begin_no_command_and_many_groups_are_counted() {
        let mut report = sample::drift();
        let name = "x\n::add-mask::y,line=1:\r%0A";
        let mut hostile = sample::group_drift(name, DriftVerdict::Drift);
        hostile.notes.push(Text::new(name, name));
        report.groups = vec![hostile; 10_000];
        let said = github(&report, Language::English);
        assert_eq!(said.lines().count(), MOST + 1, "{said}");
        assert!(said.lines().take(MOST).all(|line| line.starts_with("::error")), "{said}");
        assert!(said.contains("9991 more are left off here"), "{said}");
        let first = said.lines().next().unwrap();
        assert!(first.contains("title=x\\n%3A%3Aadd-mask%3A%3Ay%2Cline=1%3A\\r%250A drift::"), "{first}");
    }
}
