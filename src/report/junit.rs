//! Drift as JUnit XML, a test case for each group: drift is a failure, what could not be determined an error, and a
//! pending change is skipped, for it was declared and is no fault.

use super::clean::xml;
use super::drift::{headline, waiver};
use super::phrases;
use super::words::fill;
use crate::model::drift::{DriftReport, DriftVerdict, GroupDrift};
use crate::model::words::{Language, Text};

/// The most sentences of one group.
const MOST_SENTENCES: usize = 50;

/// Returns drift as JUnit XML.
pub fn junit(report: &DriftReport, language: Language) -> String {
    let tests = report.groups.len() + report.missing.len();
    let failures = report.count(DriftVerdict::Drift);
    let errors = report.count(DriftVerdict::Undetermined) + report.missing.len();
    let skipped = report.count(DriftVerdict::Pending);
    let at = report.at.strftime("%Y-%m-%dT%H:%M:%S");
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"");
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str(&format!("<testsuites name=\"rolewalk drift\" {counts}>\n"));
    let name = xml(&headline(report, language));
    out.push_str(&format!("  <testsuite name=\"{name}\" {counts} skipped=\"{skipped}\" timestamp=\"{at}\">\n"));
    report.groups.iter().for_each(|group| case(&mut out, group, language));
    for partition in &report.missing {
        let says = fill(phrases::PARTITION_MISSING, language, &[("partition", &partition.to_string())]);
        out.push_str(&format!("    <testcase classname=\"rolewalk\" name=\"{partition}\">\n"));
        out.push_str(&format!("      <error type=\"missing\" message=\"{}\"/>\n    </testcase>\n", xml(&says)));
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn case(out: &mut String, group: &GroupDrift, language: Language) {
    let (class, name) = (xml(&format!("rolewalk.{}", group.system)), xml(&group.group));
    out.push_str(&format!("    <testcase classname=\"{class}\" name=\"{name}\">\n"));
    let element = match group.verdict {
        DriftVerdict::Drift => Some("failure"),
        DriftVerdict::Undetermined => Some("error"),
        DriftVerdict::Pending => Some("skipped"),
        DriftVerdict::InSync => None,
    };
    if let Some(element) = element {
        let reasons = group.reasons();
        let message = reasons.first().map(|text| xml(text.say(language))).unwrap_or_default();
        let verdict = group.verdict.as_str();
        out.push_str(&format!("      <{element} type=\"{verdict}\" message=\"{message}\">"));
        out.push_str(&xml(&format!("{}:{}", group.file, group.line)));
        lines(out, &reasons, language);
        out.push_str(&format!("</{element}>\n"));
    }
    let mut beside: Vec<Text> = group.expected.clone();
    beside
        .extend(group.expired().map(|one| Text::new(waiver(one, Language::English), waiver(one, Language::Japanese))));
    if !beside.is_empty() {
        out.push_str("      <system-out>");
        lines(out, &beside.iter().collect::<Vec<_>>(), language);
        out.push_str("</system-out>\n");
    }
    out.push_str("    </testcase>\n");
}

fn lines(out: &mut String, texts: &[&Text], language: Language) {
    for text in texts.iter().take(MOST_SENTENCES) {
        out.push('\n');
        out.push_str(&xml(text.say(language)));
    }
    if texts.len() > MOST_SENTENCES {
        let more = (texts.len() - MOST_SENTENCES).to_string();
        out.push('\n');
        out.push_str(&fill(phrases::LEFT_OFF, language, &[("n", &more)]));
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use roxmltree::Document;

    use super::*;
    use crate::format::sample::{self, seen};
    use crate::model::drift::Partition;

    /// Checks that the text is XML, and against the schema of the Jenkins plug-in where `xmllint` is there.
    fn valid(text: &str) {
        Document::parse(text).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("junit.xml");
        std::fs::write(&file, text).unwrap();
        let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/standards/junit-10.xsd");
        let run = Command::new("xmllint").args(["--noout", "--schema", schema]).arg(&file).output();
        let Ok(run) = run else { return };
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    }

    fn counted(text: &str) -> [usize; 4] {
        let document = Document::parse(text).unwrap();
        let all = |name: &str| document.descendants().filter(|node| node.has_tag_name(name)).count();
        let suite = document.descendants().find(|node| node.has_tag_name("testsuite")).unwrap();
        for (element, attribute) in
            [("testcase", "tests"), ("failure", "failures"), ("error", "errors"), ("skipped", "skipped")]
        {
            assert_eq!(suite.attribute(attribute).unwrap(), all(element).to_string(), "{attribute}");
        }
        ["testcase", "failure", "error", "skipped"].map(all)
    }

    #[test]
    fn each_verdict_is_what_continuous_integration_knows_it_as() {
        let mut report = sample::drift();
        report.missing.push(Partition { number: 2, of: 2 });
        let text = junit(&report, Language::English);
        valid(&text);
        assert_eq!(counted(&text), [6, 1, 2, 1]);
        seen!("drift.junit", [text, junit(&report, Language::Japanese)].join("----\n"));
    }

    #[test]
    fn hostile_names_and_ten_thousand_groups_are_still_xml() {
        let mut report = sample::drift();
        let name = "]]><!--\u{0}\u{b}\u{1b}\u{FFFE}\"'&amp;<a>\n\u{D7FF}\u{10FFFF}";
        let mut hostile = sample::group_drift(name, DriftVerdict::Drift);
        hostile.notes = vec![Text::new(name, name); 60];
        report.groups.push(hostile);
        report.groups.extend((0..10_000).map(|n| sample::group_drift(&format!("G{n}"), DriftVerdict::InSync)));
        let text = junit(&report, Language::English);
        valid(&text);
        assert_eq!(counted(&text), [10_006, 2, 1, 1]);
        assert!(text.contains("10 more are left off here"));
        let document = Document::parse(&text).unwrap();
        let names: Vec<&str> = document.descendants().filter_map(|node| node.attribute("name")).collect();
        assert!(
            names.contains(&"]]><!--\\u{0}\\u{b}\\u{1b}\\u{fffe}\"'&amp;<a>\\n\u{D7FF}\u{10FFFF}"),
            "{:?}",
            names[7]
        );
    }
}
