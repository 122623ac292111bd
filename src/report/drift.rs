//! Drift as text and as JSON: the four verdicts are never mixed, and what is expected is never called drift.

use serde::Serialize;

use super::page::{Look, Page, Tone};
use super::phrases;
use super::text::labelled;
use super::words::{count, few, fill};
use crate::model::drift::{DriftVerdict, Finding, GroupDrift};
use crate::model::words::{Text, Words};

/// The name of the format, as the first member of the JSON.
pub const FORMAT: &str = "rolewalk.drift/1";

/// Returns drift as text: the count first, then each group that is not as declared, then those that are.
pub fn text(groups: &[GroupDrift], look: &Look) -> String {
    let mut page = Page::new(look);
    let language = look.language;
    headline(&mut page, groups);
    let (quiet, loud): (Vec<&GroupDrift>, Vec<&GroupDrift>) = groups.iter().partition(|group| is_quiet(group));
    for group in loud {
        page.blank();
        group_text(&mut page, group);
    }
    if !quiet.is_empty() {
        page.blank();
        let names: Vec<String> = quiet.iter().map(|group| group.group.clone()).collect();
        let said = fill(phrases::AS_DECLARED, language, &[("names", &few(&names, 40, language))]);
        page.put(0, 2, &[(Tone::Good, &said)]);
    }
    page.done()
}

fn is_quiet(group: &GroupDrift) -> bool {
    group.verdict == DriftVerdict::InSync && group.expected.is_empty() && group.notes.is_empty()
}

fn headline(page: &mut Page, groups: &[GroupDrift]) {
    let language = page.look.language;
    let all = count(groups.len(), phrases::GROUPS_ONE, phrases::GROUPS_MANY, language);
    let verdicts = [DriftVerdict::Drift, DriftVerdict::Undetermined, DriftVerdict::Pending, DriftVerdict::InSync];
    let mut said = vec![all];
    for verdict in verdicts {
        let n = groups.iter().filter(|group| group.verdict == verdict).count();
        if n > 0 {
            let words = words(verdict).1.say(language);
            said.push(format!("{n} {}", words.split(':').next().unwrap_or(words)));
        }
    }
    page.put(0, 2, &[(Tone::Strong, &said.join(phrases::COMMA.say(language)))]);
}

fn words(verdict: DriftVerdict) -> (Tone, Words) {
    match verdict {
        DriftVerdict::InSync => (Tone::Good, phrases::IN_SYNC),
        DriftVerdict::Pending => (Tone::Warn, phrases::PENDING),
        DriftVerdict::Drift => (Tone::Bad, phrases::DRIFT),
        DriftVerdict::Undetermined => (Tone::Warn, phrases::UNDETERMINED),
    }
}

fn group_text(page: &mut Page, group: &GroupDrift) {
    let language = page.look.language;
    let (tone, verdict) = words(group.verdict);
    let name = format!("{} ({})", group.group, group.system);
    let colon = phrases::COLON.say(language);
    page.put(0, 2, &[(Tone::Strong, &name), (Tone::Plain, colon), (tone, verdict.say(language))]);
    if !group.file.is_empty() {
        labelled(page, 2, phrases::DECLARED_IN.say(language), &format!("{}:{}", group.file, group.line));
    }
    for finding in &group.findings {
        let line = |line: usize| format!(" ({})", fill(phrases::LINE, language, &[("n", &line.to_string())]));
        let line = finding.line.map(line).unwrap_or_default();
        page.put(2, 4, &[(Tone::Plain, finding.says.say(language)), (Tone::Faint, &line)]);
    }
    let told = [
        (&group.unknown, Tone::Warn, phrases::UNKNOWN),
        (&group.expected, Tone::Faint, phrases::EXPECTED),
        (&group.notes, Tone::Faint, phrases::NOTE),
    ];
    for (texts, tone, label) in told {
        for text in texts {
            let label = label.say(language);
            page.put(2, 4, &[(tone, label), (tone, colon), (Tone::Plain, text.say(language))]);
        }
    }
}

/// How groups stand to their declarations.
#[derive(Debug, Serialize)]
struct DriftFile {
    /// The format: `rolewalk.drift/1`.
    format: &'static str,
    /// The groups.
    groups: Vec<GroupFile>,
}

#[derive(Debug, Serialize)]
struct GroupFile {
    group: String,
    system: String,
    verdict: &'static str,
    file: String,
    line: usize,
    findings: Vec<FindingFile>,
    unknown: Vec<SentenceFile>,
    expected: Vec<SentenceFile>,
    notes: Vec<SentenceFile>,
}

#[derive(Debug, Serialize)]
struct FindingFile {
    server: String,
    what: String,
    want: String,
    have: String,
    line: Option<usize>,
    says: String,
    says_ja: String,
}

#[derive(Debug, Serialize)]
struct SentenceFile {
    says: String,
    says_ja: String,
}

/// Returns drift as JSON, with a line end at its end.
pub fn json(groups: &[GroupDrift]) -> String {
    let file = DriftFile { format: FORMAT, groups: groups.iter().map(group_file).collect() };
    let mut text = serde_json::to_string_pretty(&file).unwrap_or_default();
    text.push('\n');
    text
}

fn group_file(group: &GroupDrift) -> GroupFile {
    let sentence = |text: &Text| SentenceFile { says: text.en.clone(), says_ja: text.ja.clone() };
    let finding = |one: &Finding| FindingFile {
        server: one.server.to_string(),
        what: one.what.clone(),
        want: one.want.clone(),
        have: one.have.clone(),
        line: one.line,
        says: one.says.en.clone(),
        says_ja: one.says.ja.clone(),
    };
    GroupFile {
        group: group.group.clone(),
        system: group.system.clone(),
        verdict: group.verdict.as_str(),
        file: group.file.clone(),
        line: group.line,
        findings: group.findings.iter().map(finding).collect(),
        unknown: group.unknown.iter().map(sentence).collect(),
        expected: group.expected.iter().map(sentence).collect(),
        notes: group.notes.iter().map(sentence).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::sample::{self, seen};
    use crate::model::words::Language;

    fn group(name: &str, verdict: DriftVerdict) -> GroupDrift {
        GroupDrift {
            group: name.into(),
            system: "co-store".into(),
            file: "store.yaml".into(),
            line: 2,
            verdict,
            findings: Vec::new(),
            unknown: Vec::new(),
            expected: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn groups() -> Vec<GroupDrift> {
        let mut drifted = group("Store", DriftVerdict::Drift);
        drifted.findings.push(Finding {
            server: sample::name("PVS3"),
            what: "role".into(),
            want: "slave".into(),
            have: "addi\u{1b}tional".into(),
            line: Some(8),
            says: Text::new("`PVS3` is addi\u{1b}tional, declared as slave", "PVS3 は addi\u{1b}tional (宣言は slave)"),
        });
        drifted.expected.push(Text::new("`PVS2` is awaiting replication", "PVS2 はレプリケーション待ち"));
        let mut dark = group("B", DriftVerdict::Undetermined);
        dark.unknown.push(Text::new("`PVS7` did not answer", "PVS7 が応答しない"));
        let mut pending = group("C", DriftVerdict::Pending);
        pending.notes.push(Text::new("never applied from here", "ここから適用されたことがない"));
        vec![drifted, dark, pending, group("D", DriftVerdict::InSync), group("E", DriftVerdict::InSync)]
    }

    #[test]
    fn the_four_verdicts_are_told_apart() {
        let of = |language| text(&groups(), &Look { language, width: 80, colour: false });
        seen!("drift", [of(Language::English), of(Language::Japanese), json(&groups())].join("----\n"));
    }
}
