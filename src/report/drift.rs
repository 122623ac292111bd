//! Drift as text: the four verdicts are never mixed, and what is expected is never called drift. As JSON it is
//! [`crate::format::drift`]'s; the other forms have a file each beside this one.

use super::page::{Look, Page, Tone};
use super::phrases;
use super::text::labelled;
use super::words::{count, few, fill};
use crate::model::drift::{DriftReport, DriftVerdict, GroupDrift, WaiverSeen};
use crate::model::words::{Language, Words};

/// The most groups that are told one by one, and the most sentences of one kind in a group.
const MOST_GROUPS: usize = 200;
const MOST_SENTENCES: usize = 50;

/// Returns drift as text: the count first, then each group that is not as declared, then those that are.
///
/// However many groups there are, it stays readable: beyond a bound the worst are told, and where the rest stands.
pub fn text(report: &DriftReport, look: &Look) -> String {
    let mut page = Page::new(look);
    let language = look.language;
    page.put(0, 2, &[(Tone::Strong, &headline(report, language))]);
    for partition in &report.missing {
        let said = fill(phrases::PARTITION_MISSING, language, &[("partition", &partition.to_string())]);
        page.put(2, 4, &[(Tone::Warn, &said)]);
    }
    let (quiet, mut loud): (Vec<&GroupDrift>, Vec<&GroupDrift>) =
        report.groups.iter().partition(|group| is_quiet(group));
    let more = loud.len().saturating_sub(MOST_GROUPS);
    if more > 0 {
        loud = report.worst_first().into_iter().filter(|group| !is_quiet(group)).take(MOST_GROUPS).collect();
    }
    for group in loud {
        page.blank();
        group_text(&mut page, group);
    }
    if more > 0 {
        page.blank();
        let said = fill(phrases::MORE_GROUPS, language, &[("n", &more.to_string())]);
        page.put(0, 2, &[(Tone::Strong, &said)]);
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
    let GroupDrift { expected, notes, .. } = group;
    group.verdict == DriftVerdict::InSync && expected.is_empty() && notes.is_empty() && group.expired().next().is_none()
}

/// Returns how many groups there are, and how many have which verdict.
pub(super) fn headline(report: &DriftReport, language: Language) -> String {
    let mut said = vec![count(report.groups.len(), phrases::GROUPS_ONE, phrases::GROUPS_MANY, language)];
    if report.groups.is_empty() {
        said = vec![phrases::NO_GROUPS.say(language).into()];
    }
    for verdict in DriftVerdict::WORST_FIRST {
        let n = report.count(verdict);
        if n > 0 {
            said.push(format!("{n} {}", short(verdict, language)));
        }
    }
    if let Some(partition) = report.partition {
        said.push(fill(phrases::PARTITION, language, &[("partition", &partition.to_string())]));
    }
    said.join(phrases::COMMA.say(language))
}

/// Returns a verdict's name without its explanation.
pub(super) fn short(verdict: DriftVerdict, language: Language) -> &'static str {
    let words = words(verdict).1.say(language);
    words.split(':').next().unwrap_or(words)
}

/// Returns a waiver in a sentence.
pub(super) fn waiver(waiver: &WaiverSeen, language: Language) -> String {
    let words = if waiver.is_expired { phrases::WAIVER_EXPIRED } else { phrases::WAIVER_HOLDS };
    let guard = match &waiver.server {
        Some(server) => format!("{}{}{server}", waiver.guard, phrases::COMMA.say(language)),
        None => waiver.guard.clone(),
    };
    let until = waiver.until.to_string();
    let places = [("guard", guard.as_str()), ("owner", &waiver.owner), ("until", &until), ("reason", &waiver.reason)];
    fill(words, language, &places)
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
    for finding in group.findings.iter().take(MOST_SENTENCES) {
        let mut beside: Vec<String> = Vec::new();
        beside.extend(finding.line.map(|line| fill(phrases::LINE, language, &[("n", &line.to_string())])));
        beside.extend(finding.sightings.map(|n| count(n as usize, phrases::SEEN_ONCE, phrases::SEEN_TIMES, language)));
        let beside = match beside.is_empty() {
            true => String::new(),
            false => format!(" ({})", beside.join(phrases::COMMA.say(language))),
        };
        page.put(2, 4, &[(Tone::Plain, finding.says.say(language)), (Tone::Faint, &beside)]);
    }
    and_more(page, group.findings.len());
    let told = [
        (&group.unknown, Tone::Warn, phrases::UNKNOWN),
        (&group.expected, Tone::Faint, phrases::EXPECTED),
        (&group.notes, Tone::Faint, phrases::NOTE),
    ];
    for (texts, tone, label) in told {
        for text in texts.iter().take(MOST_SENTENCES) {
            let label = label.say(language);
            page.put(2, 4, &[(tone, label), (tone, colon), (Tone::Plain, text.say(language))]);
        }
        and_more(page, texts.len());
    }
    for one in group.waivers.iter().take(MOST_SENTENCES) {
        let tone = if one.is_expired { Tone::Warn } else { Tone::Faint };
        page.put(2, 4, &[(tone, &waiver(one, language))]);
    }
    and_more(page, group.waivers.len());
}

/// Says how many sentences were left out.
fn and_more(page: &mut Page, all: usize) {
    if all > MOST_SENTENCES {
        let n = (all - MOST_SENTENCES).to_string();
        let said = fill(phrases::AND_MORE, page.look.language, &[("n", &n)]);
        page.put(2, 4, &[(Tone::Faint, &said)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::sample::{self, seen};
    use crate::report::page::columns;

    #[test]
    fn the_four_verdicts_are_told_apart() {
        let of = |language, width| text(&sample::drift(), &Look { language, width, colour: false });
        let narrow = of(Language::Japanese, 40);
        assert!(narrow.lines().all(|line| columns(line) <= 40), "{narrow}");
        seen!("drift", [of(Language::English, 80), of(Language::Japanese, 80), narrow].join("----\n"));
    }

    #[test]
    fn ten_thousand_groups_are_told_in_a_bounded_text_the_worst_first() {
        let mut report = sample::drift();
        let pending = (0..10_000).map(|n| sample::group_drift(&format!("G{n}"), DriftVerdict::Pending));
        report.groups.splice(0..0, pending);
        let of = |language| text(&report, &Look { language, width: 80, colour: false });
        let said = of(Language::English);
        assert!(said.lines().count() < 2000 && said.contains("Store (co-store): drift"), "{}", said.lines().count());
        assert!(said.contains("10005 groups, 1 drift"), "{said}");
        assert!(said.contains("and 9803 groups more"), "{said}");
        assert!(of(Language::Japanese).lines().count() < 2000);
    }
}
