//! `rolewalk.drift/1`: what a comparison says of its groups, as jobs hand it on and `drift merge` reads it again.
//!
//! It never opens a file, and knows no table: a report may come from another version with other systems.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json::{self, JsonFault};
use super::shape::{self, Misfit};
use super::wire::{self, SentenceFile};
use crate::model::drift::{DriftReport, DriftVerdict, Finding, GroupDrift, Partition, WaiverSeen};
use crate::model::name::ServerName;
use crate::model::words::Text;

/// The name of the format, as the first member of the file.
pub const FORMAT: &str = "rolewalk.drift/1";

/// How groups stand to their declarations.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DriftFile {
    /// The format: `rolewalk.drift/1`.
    #[schemars(extend("const" = FORMAT))]
    format: String,
    /// When the groups were looked at (UTC).
    #[schemars(extend("format" = "date-time"))]
    at: String,
    /// Which part of the groups it is about, for example `hash:1/4`; null where it is about all.
    partition: Option<String>,
    /// The partitions whose reports are missing from a merged one.
    missing: Vec<String>,
    /// The groups.
    groups: Vec<GroupFile>,
}

/// How one group stands to its declaration.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GroupFile {
    /// The group's name.
    group: String,
    /// The system's name.
    system: String,
    /// The verdict.
    verdict: VerdictFile,
    /// The file that declares it; empty where none does.
    file: String,
    /// The line of its document, counted from 1.
    line: usize,
    /// What differs.
    findings: Vec<FindingFile>,
    /// What could not be determined.
    unknown: Vec<SentenceFile>,
    /// What differs for now and is expected to, or does not count yet.
    expected: Vec<SentenceFile>,
    /// What a reader should know besides.
    notes: Vec<SentenceFile>,
    /// The waivers that are declared.
    waivers: Vec<WaiverFile>,
    /// How many vDisk files are known to differ; null where that is not known.
    divergent_files: Option<u64>,
    /// When the group was last seen to be as declared (UTC); null where no look is remembered.
    #[schemars(extend("format" = "date-time"))]
    in_sync_at: Option<String>,
}

/// The four verdicts.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum VerdictFile {
    InSync,
    Pending,
    Drift,
    Undetermined,
}

/// One difference.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FindingFile {
    /// The server.
    server: String,
    /// `role`, or the name of a mark.
    what: String,
    /// What is declared or wanted.
    want: String,
    /// What is there.
    have: String,
    /// The line that declares the server, counted from 1; null where no line does.
    line: Option<usize>,
    /// In how many looks in a row it was seen; null where nobody counts.
    sightings: Option<u32>,
    /// The finding in English.
    says: String,
    /// The finding in Japanese.
    says_ja: String,
}

/// A waiver.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WaiverFile {
    /// The guard that is waived.
    guard: String,
    /// The server that it holds for; null for every server.
    server: Option<String>,
    /// Who answers for it.
    owner: String,
    /// Why.
    reason: String,
    /// The last day (UTC) on which it holds.
    #[schemars(extend("format" = "date"))]
    until: String,
    /// Whether that day is over.
    expired: bool,
}

/// Writes a report, with a line end at its end.
pub fn write(report: &DriftReport) -> String {
    super::plan_write::pretty(&DriftFile {
        format: FORMAT.into(),
        at: report.at.to_string(),
        partition: report.partition.map(|one| one.to_string()),
        missing: report.missing.iter().map(ToString::to_string).collect(),
        groups: report.groups.iter().map(group_file).collect(),
    })
}

fn group_file(group: &GroupDrift) -> GroupFile {
    let sentences = |texts: &[Text]| texts.iter().map(SentenceFile::from).collect();
    GroupFile {
        group: group.group.clone(),
        system: group.system.clone(),
        verdict: match group.verdict {
            DriftVerdict::InSync => VerdictFile::InSync,
            DriftVerdict::Pending => VerdictFile::Pending,
            DriftVerdict::Drift => VerdictFile::Drift,
            DriftVerdict::Undetermined => VerdictFile::Undetermined,
        },
        file: group.file.clone(),
        line: group.line,
        findings: group.findings.iter().map(finding_file).collect(),
        unknown: sentences(&group.unknown),
        expected: sentences(&group.expected),
        notes: sentences(&group.notes),
        waivers: group.waivers.iter().map(waiver_file).collect(),
        divergent_files: group.divergent_files,
        in_sync_at: group.in_sync_at.map(|at| at.to_string()),
    }
}

fn finding_file(finding: &Finding) -> FindingFile {
    FindingFile {
        server: finding.server.to_string(),
        what: finding.what.clone(),
        want: finding.want.clone(),
        have: finding.have.clone(),
        line: finding.line,
        sightings: finding.sightings,
        says: finding.says.en.clone(),
        says_ja: finding.says.ja.clone(),
    }
}

fn waiver_file(waiver: &WaiverSeen) -> WaiverFile {
    WaiverFile {
        guard: waiver.guard.clone(),
        server: waiver.server.as_ref().map(ToString::to_string),
        owner: waiver.owner.clone(),
        reason: waiver.reason.clone(),
        until: waiver.until.to_string(),
        expired: waiver.is_expired,
    }
}

/// Reads a report. `file` is only for messages.
///
/// # Errors
/// Returns a [`JsonFault`] for text that is no JSON, and for the first value that the format does not know.
pub fn read(file: &str, bytes: &[u8]) -> Result<DriftReport, JsonFault> {
    let text = json::text(file, bytes)?;
    let value = json::parse(file, text)?;
    super::snapshot::format(&value, FORMAT)
        .and_then(|()| shape::read::<DriftFile>(&value))
        .and_then(report)
        .map_err(|fault| fault.in_file(file, text))
}

fn report(file: DriftFile) -> Result<DriftReport, Misfit> {
    let part = |text: &String| {
        text.parse::<Partition>().map_err(|why| Misfit::new(why, "`hash:番号/個数` の形で書く (例: `hash:1/4`)"))
    };
    let mut groups = Vec::with_capacity(file.groups.len());
    for (index, one) in file.groups.into_iter().enumerate() {
        groups.push(group(one).map_err(|fault| fault.index(index).key("groups"))?);
    }
    Ok(DriftReport {
        at: wire::time(&file.at).map_err(|fault| fault.key("at"))?,
        partition: file.partition.as_ref().map(part).transpose().map_err(|fault| fault.key("partition"))?,
        missing: file.missing.iter().map(part).collect::<Result<_, _>>().map_err(|fault| fault.key("missing"))?,
        groups,
    })
}

fn group(file: GroupFile) -> Result<GroupDrift, Misfit> {
    let texts = |files: Vec<SentenceFile>| files.into_iter().map(Text::from).collect();
    let at = file.in_sync_at.as_deref().map(wire::time).transpose().map_err(|fault| fault.key("in_sync_at"))?;
    let mut findings = Vec::with_capacity(file.findings.len());
    for (index, one) in file.findings.into_iter().enumerate() {
        findings.push(finding(one).map_err(|fault| fault.index(index).key("findings"))?);
    }
    let mut waivers = Vec::with_capacity(file.waivers.len());
    for (index, one) in file.waivers.into_iter().enumerate() {
        waivers.push(waiver(one).map_err(|fault| fault.index(index).key("waivers"))?);
    }
    Ok(GroupDrift {
        group: file.group,
        system: file.system,
        file: file.file,
        line: file.line,
        verdict: match file.verdict {
            VerdictFile::InSync => DriftVerdict::InSync,
            VerdictFile::Pending => DriftVerdict::Pending,
            VerdictFile::Drift => DriftVerdict::Drift,
            VerdictFile::Undetermined => DriftVerdict::Undetermined,
        },
        findings,
        unknown: texts(file.unknown),
        expected: texts(file.expected),
        notes: texts(file.notes),
        waivers,
        divergent_files: file.divergent_files,
        in_sync_at: at,
    })
}

fn finding(file: FindingFile) -> Result<Finding, Misfit> {
    Ok(Finding {
        server: server(&file.server)?,
        what: file.what,
        want: file.want,
        have: file.have,
        line: file.line,
        says: Text::new(file.says, file.says_ja),
        sightings: file.sightings,
    })
}

fn waiver(file: WaiverFile) -> Result<WaiverSeen, Misfit> {
    let until = file.until.parse::<Date>();
    Ok(WaiverSeen {
        guard: file.guard,
        server: file.server.as_deref().map(server).transpose()?,
        owner: file.owner,
        reason: file.reason,
        until: until.map_err(|_| {
            Misfit::new("a day is wanted, for example `2026-12-01`", "日付が必要 (例: `2026-12-01`)").key("until")
        })?,
        is_expired: file.expired,
    })
}

fn server(name: &str) -> Result<ServerName, Misfit> {
    wire::server(name).map_err(|fault| fault.key("server"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::sample;

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let report = sample::drift();
        assert_eq!(read("drift.json", write(&report).as_bytes()), Ok(report));
    }

    #[test]
    fn a_report_that_is_none_is_refused_with_its_place() {
        let good = write(&sample::drift());
        for (from, to, says) in [
            ("rolewalk.drift/1", "rolewalk.plan/1", "this one is `rolewalk.plan/1`"),
            ("\"drift\"", "\"fine\"", "unknown value `fine`"),
            ("hash:1/2", "hash:3/2", "write `hash:NUMBER/COUNT`"),
            ("2026-11-20T09:30:00Z", "yesterday", "at"),
            ("2026-11-01", "soon", "a day is wanted"),
            ("\"PVS3\"", "\"\"", "server"),
        ] {
            assert!(good.contains(from), "{from}");
            let fault = read("drift.json", good.replace(from, to).as_bytes()).unwrap_err();
            assert!(fault.to_string().contains(says), "{fault}");
            assert!(fault.place().1 > 0, "{fault:?}");
        }
        assert!(read("drift.json", b"{").is_err());
    }
}
