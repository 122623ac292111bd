//! Drift as SARIF 2.1.0: what differs, at the line of the topology file that declares it. Never at the line of a plan
//! or report, where nobody could mend it.

use serde_json::{Value, json};

use super::clean;
use super::drift::{headline, waiver};
use super::phrases;
use super::words::fill;
use crate::model::drift::{DriftReport, DriftVerdict, Finding, GroupDrift};
use crate::model::words::Language;

/// The most results: as many as GitHub shows of one run.
const MOST_RESULTS: usize = 5000;

/// What is reported, in the order of `tool.driver.rules`.
const RULES: [(&str, &str, &str); 4] = [
    ("drift", "error", "What is there differs from what was declared and applied."),
    ("undetermined", "warning", "What is there could not be determined."),
    ("pending", "note", "A change is declared and not applied yet."),
    ("expired-waiver", "warning", "The last day of a waiver is over."),
];

/// Returns drift as SARIF, with a line end at its end.
pub fn sarif(report: &DriftReport, exit_code: u8, language: Language) -> String {
    let mut results: Vec<Value> = Vec::new();
    for group in report.worst_first() {
        results.extend(group_results(group, language));
    }
    let mut told = vec![headline(report, language)];
    if results.len() > MOST_RESULTS {
        let more = (results.len() - MOST_RESULTS).to_string();
        results.truncate(MOST_RESULTS);
        told.push(fill(phrases::LEFT_OFF, language, &[("n", &more)]));
    }
    for partition in &report.missing {
        told.push(fill(phrases::PARTITION_MISSING, language, &[("partition", &partition.to_string())]));
    }
    let notifications: Vec<Value> =
        told.into_iter().map(|text| json!({ "level": "note", "message": message(&text) })).collect();
    let rules: Vec<Value> = RULES
        .iter()
        .map(|(id, level, says)| {
            json!({
                "id": id, "shortDescription": { "text": says }, "defaultConfiguration": { "level": level },
            })
        })
        .collect();
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "rolewalk", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "invocations": [{
                "executionSuccessful": true,
                "exitCode": exit_code,
                "endTimeUtc": report.at.to_string(),
                "toolExecutionNotifications": notifications,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn group_results(group: &GroupDrift, language: Language) -> Vec<Value> {
    let rule = match group.verdict {
        DriftVerdict::Drift => Some(0),
        DriftVerdict::Undetermined => Some(1),
        DriftVerdict::Pending => Some(2),
        DriftVerdict::InSync => None,
    };
    let mut results: Vec<Value> = Vec::new();
    if let Some(rule) = rule {
        results.extend(group.findings.iter().map(|finding| of_finding(group, rule, finding, language)));
        let rest = group.without_server().map(|text| text.say(language));
        results.extend(rest.map(|text| result(group, rule, text, (None, None), text)));
    }
    for one in group.expired() {
        let text = waiver(one, language);
        let what = format!("{} {}", one.guard, one.until);
        results.push(result(group, 3, &text, (one.server.as_ref().map(|server| server.as_str()), None), &what));
    }
    results
}

fn of_finding(group: &GroupDrift, rule: usize, finding: &Finding, language: Language) -> Value {
    let place = (Some(finding.server.as_str()), finding.line);
    let mut result = result(group, rule, finding.says.say(language), place, &finding.what);
    if let Some(sightings) = finding.sightings {
        result["occurrenceCount"] = sightings.into();
    }
    result
}

/// Returns one result. `what` names what it is about in its fingerprint, by which the next report's is known to be the
/// same.
fn result(group: &GroupDrift, rule: usize, text: &str, place: (Option<&str>, Option<usize>), what: &str) -> Value {
    let (server, line) = place;
    let (id, level, _) = RULES[rule];
    let full = match server {
        Some(server) => format!("{}/{}/{server}", group.system, group.group),
        None => format!("{}/{}", group.system, group.group),
    };
    let digest = blake3::hash(format!("{id}\n{full}\n{what}").as_bytes()).to_hex();
    let mut location = json!({
        "logicalLocations": [{ "fullyQualifiedName": clean::terminal(&full), "kind": "resource" }],
    });
    if !group.file.is_empty() {
        location["physicalLocation"] = json!({
            "artifactLocation": { "uri": uri(&group.file) },
            "region": { "startLine": line.unwrap_or(group.line).max(1) },
        });
    }
    json!({
        "ruleId": id,
        "ruleIndex": rule,
        "level": level,
        "message": message(text),
        "locations": [location],
        "partialFingerprints": { "rolewalk/v1": &digest[..32] },
    })
}

/// A message is plain text, but for braces and brackets, which would be placeholders and links.
fn message(text: &str) -> Value {
    let text = clean::terminal(text).replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]");
    json!({ "text": text.replace('{', "{{").replace('}', "}}") })
}

/// Returns a path as a URI reference: relative where the path is, as code hosts want it.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let is_drive = path.as_bytes().get(1) == Some(&b':');
    let mut uri = match (path.starts_with('/'), is_drive) {
        (true, _) => "file://".to_string(),
        (_, true) => "file:///".to_string(),
        _ => String::new(),
    };
    for (index, byte) in path.bytes().enumerate() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            b':' if is_drive && index == 1 => uri.push(':'),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::sample::{self, seen};
    use crate::model::words::Text;

    fn validated(report: &DriftReport) -> Value {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/standards/sarif-schema-2.1.0.json");
        let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let log: Value = serde_json::from_str(&sarif(report, 2, Language::English)).unwrap();
        let faults: Vec<String> = jsonschema::validator_for(&schema)
            .unwrap()
            .iter_errors(&log)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert_eq!(faults, Vec::<String>::new());
        log
    }

    #[test]
    fn a_report_keeps_to_the_standard_and_points_at_the_line_that_declares() {
        let log = validated(&sample::drift());
        let results = log["runs"][0]["results"].as_array().unwrap();
        let place = &results[0]["locations"][0]["physicalLocation"];
        assert_eq!(
            (&place["artifactLocation"]["uri"], &place["region"]["startLine"]),
            (&json!("store.yaml"), &json!(8))
        );
        let rules: Vec<&str> = results.iter().map(|one| one["ruleId"].as_str().unwrap()).collect();
        assert_eq!(rules, ["drift", "expired-waiver", "undetermined", "pending"]);
        seen!("drift.sarif", sarif(&sample::drift(), 2, Language::Japanese).replace(env!("CARGO_PKG_VERSION"), "V"));
    }

    #[test]
    fn ten_thousand_groups_and_hostile_names_keep_to_the_standard() {
        let mut report = sample::drift();
        let mut hostile = sample::group_drift("a\"\u{1b}[31m</x>{0}[l](u)\n", DriftVerdict::Undetermined);
        hostile.file = "a b/ü#?%\u{202e}.yaml".into();
        hostile.line = 0;
        hostile.unknown.push(Text::new("{0} [l](https://x)\u{1b}", ""));
        report.groups.push(hostile);
        report.groups.extend((0..10_000).map(|n| sample::group_drift(&format!("G{n}"), DriftVerdict::Pending)));
        for group in &mut report.groups[6..] {
            group.notes.push(Text::new("never applied from here", ""));
        }
        let log = validated(&report);
        assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), MOST_RESULTS);
        let text = log.to_string();
        assert!(text.contains("a%20b/%C3%BC%23%3F%25%E2%80%AE.yaml") && !text.contains('\u{1b}'));
        assert!(text.contains("{{0}} \\\\[l\\\\]"), "{}", &log["runs"][0]["results"][2]);
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("./a/b.yaml"), "a/b.yaml");
        assert_eq!(uri("/etc/a.yaml"), "file:///etc/a.yaml");
        assert_eq!(uri("C:/a b.yaml"), "file:///C:/a%20b.yaml");
    }
}
