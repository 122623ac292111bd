//! Drift in the Prometheus text format, for the textfile collector of a node exporter: written whole, and renamed into
//! place by whoever writes it.

use super::clean::label;
use crate::model::drift::{DriftReport, DriftVerdict, GroupDrift};

/// Returns drift as metrics. What is not known has no sample: it is never a zero.
pub fn metrics(report: &DriftReport) -> String {
    let mut out = String::new();
    let now = report.at.as_second();
    let whole = |value: usize| vec![(String::new(), value as i64)];
    family(
        &mut out,
        "drift_timestamp_seconds",
        "When the groups were looked at (Unix time).",
        vec![(String::new(), now)],
    );
    family(&mut out, "drift_groups", "Groups in this report, by verdict.", totals(report));
    let missing = whole(report.missing.len());
    family(&mut out, "drift_missing_partitions", "Partitions without a report.", missing);
    let verdict = report.groups.iter().flat_map(|group| {
        DriftVerdict::WORST_FIRST.map(|verdict| {
            let labels = format!("{},verdict=\"{}\"", labels(group), verdict.as_str());
            (labels, i64::from(group.verdict == verdict))
        })
    });
    family(&mut out, "group_verdict", "1 for the group's verdict, 0 for the others.", verdict.collect());
    let each = |value: &dyn Fn(&GroupDrift) -> Option<i64>| -> Vec<(String, i64)> {
        report.groups.iter().filter_map(|group| Some((labels(group), value(group)?))).collect()
    };
    let findings = each(&|group| Some(group.findings.len() as i64));
    family(&mut out, "group_findings", "Differences that count.", findings);
    let expired = each(&|group| Some(group.expired().count() as i64));
    family(&mut out, "group_expired_waivers", "Waivers whose last day is over.", expired);
    let files = each(&|group| group.divergent_files.map(|files| files as i64));
    family(&mut out, "group_divergent_files", "Disk files known to differ from the leader's.", files);
    let at = each(&|group| group.in_sync_at.map(|at| at.as_second()));
    family(&mut out, "group_last_in_sync_timestamp_seconds", "When the group was last as declared (Unix time).", at);
    let ago = each(&|group| group.in_sync_at.map(|at| (now - at.as_second()).max(0)));
    family(&mut out, "group_seconds_since_in_sync", "Seconds from then to this look.", ago);
    out
}

fn totals(report: &DriftReport) -> Vec<(String, i64)> {
    let total = |verdict: DriftVerdict| (format!("verdict=\"{}\"", verdict.as_str()), report.count(verdict) as i64);
    DriftVerdict::WORST_FIRST.map(total).into()
}

fn labels(group: &GroupDrift) -> String {
    format!("system=\"{}\",group=\"{}\"", label(&group.system), label(&group.group))
}

/// Adds a family of gauges; nothing where it has no sample.
fn family(out: &mut String, name: &str, help: &str, samples: Vec<(String, i64)>) {
    if samples.is_empty() {
        return;
    }
    out.push_str(&format!("# HELP rolewalk_{name} {help}\n# TYPE rolewalk_{name} gauge\n"));
    for (labels, value) in samples {
        let labels = if labels.is_empty() { labels } else { format!("{{{labels}}}") };
        out.push_str(&format!("rolewalk_{name}{labels} {value}\n"));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::format::sample::{self, seen};

    type Sample = (String, BTreeMap<String, String>);

    /// Reads the text format, strictly: each family once with HELP and TYPE, each sample once.
    fn parse(text: &str) -> BTreeMap<Sample, i64> {
        let mut samples = BTreeMap::new();
        let (mut families, mut current) = (BTreeSet::new(), String::new());
        assert!(text.ends_with('\n'));
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                current = help.split(' ').next().unwrap().into();
                assert!(families.insert(current.clone()), "{current} stands there twice");
            } else if let Some(of_type) = line.strip_prefix("# TYPE ") {
                assert_eq!(of_type, format!("{current} gauge"));
            } else {
                let rest = line.strip_prefix(&current).unwrap_or_else(|| panic!("{line} is not of {current}"));
                let (labels, value) = match rest.strip_prefix('{') {
                    Some(rest) => read_labels(rest),
                    None => (BTreeMap::new(), rest),
                };
                let value = value.strip_prefix(' ').unwrap().parse().unwrap();
                assert_eq!(samples.insert((current.clone(), labels), value), None, "{line} stands there twice");
            }
        }
        samples
    }

    fn read_labels(mut rest: &str) -> (BTreeMap<String, String>, &str) {
        let mut labels = BTreeMap::new();
        loop {
            let (name, after) = rest.split_once("=\"").unwrap();
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
            let (mut value, mut chars) = (String::new(), after.char_indices());
            let end = loop {
                match chars.next().unwrap() {
                    (at, '"') => break at,
                    (_, '\\') => value.push(match chars.next().unwrap().1 {
                        'n' => '\n',
                        c @ ('\\' | '"') => c,
                        c => panic!("\\{c} is no escape"),
                    }),
                    (_, c) => value.push(c),
                }
            };
            assert_eq!(labels.insert(name.into(), value), None);
            rest = &after[end + 1..];
            match rest.strip_prefix(',') {
                Some(more) => rest = more,
                None => return (labels, rest.strip_prefix('}').unwrap()),
            }
        }
    }

    #[test]
    fn what_is_known_is_measured_and_what_is_not_has_no_sample() {
        let text = metrics(&sample::drift());
        let samples = parse(&text);
        let of = |name: &str, labels: &[(&str, &str)]| {
            let labels = labels.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
            samples.get(&(format!("rolewalk_{name}"), labels)).copied()
        };
        let (store, dark) = ([("system", "co-store"), ("group", "Store")], [("system", "co-store"), ("group", "B")]);
        assert_eq!(of("group_verdict", &[&store[..], &[("verdict", "drift")]].concat()), Some(1));
        assert_eq!(of("group_verdict", &[&store[..], &[("verdict", "in-sync")]].concat()), Some(0));
        assert_eq!((of("group_divergent_files", &store), of("group_divergent_files", &dark)), (Some(2), None));
        assert_eq!(
            (of("group_seconds_since_in_sync", &store), of("group_seconds_since_in_sync", &dark)),
            (Some(3600), None)
        );
        assert_eq!(
            (of("group_expired_waivers", &store), of("drift_groups", &[("verdict", "in-sync")])),
            (Some(1), Some(2))
        );
        seen!("drift.prom", text);
    }

    #[test]
    fn hostile_names_and_ten_thousand_groups_can_be_parsed() {
        let mut report = sample::drift();
        let name = "a\"} 1\nrolewalk_evil 2 \\ \u{1b}";
        report.groups.push(sample::group_drift(name, DriftVerdict::Drift));
        report.groups.extend((0..10_000).map(|n| sample::group_drift(&format!("G{n}"), DriftVerdict::InSync)));
        let samples = parse(&metrics(&report));
        let shown = "a\"} 1\\nrolewalk_evil 2 \\ \\u{1b}";
        assert!(samples.keys().any(|(_, labels)| labels.get("group").is_some_and(|group| group == shown)));
        assert!(samples.len() > 60_000 && samples.keys().all(|(name, _)| name != "rolewalk_evil"));
    }
}
