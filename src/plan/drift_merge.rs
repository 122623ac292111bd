//! One drift report of several: of the jobs among which groups were spread. Compares nothing anew.

use std::collections::BTreeMap;

use crate::model::drift::{DriftReport, DriftVerdict, GroupDrift, Partition};
use crate::model::words::Text;

/// Makes one report of several, each with the name of its file.
///
/// A group of which several tell keeps the worst verdict, and a note of who told. Partitions of which none tells are
/// [`DriftReport::missing`]; the moment is the earliest.
///
/// # Errors
/// Returns why the reports do not belong together: some were spread over another number of partitions.
pub fn merge(reports: Vec<(String, DriftReport)>) -> Result<DriftReport, Text> {
    let missing = missing(&reports)?;
    let at = reports.iter().map(|(_, report)| report.at).min().unwrap_or_default();
    let mut groups: Vec<GroupDrift> = Vec::new();
    let mut told: BTreeMap<(String, String), (usize, Vec<String>)> = BTreeMap::new();
    for (file, report) in reports {
        for group in report.groups {
            let key = (group.system.clone(), group.group.clone());
            match told.get_mut(&key) {
                None => {
                    told.insert(key, (groups.len(), vec![file.clone()]));
                    groups.push(group);
                }
                Some((at, files)) => {
                    files.push(file.clone());
                    if rank(group.verdict) < rank(groups[*at].verdict) {
                        groups[*at] = group;
                    }
                }
            }
        }
    }
    for (at, files) in told.into_values().filter(|(_, files)| files.len() > 1) {
        let files: Vec<String> = files.iter().map(|file| format!("`{file}`")).collect();
        groups[at].notes.push(Text::new(
            format!("told by several reports, of which the worst counts: {}", files.join(", ")),
            format!("複数の報告に含まれるため、最も悪い判定を採用: {}", files.join("、")),
        ));
    }
    Ok(DriftReport { at, partition: None, missing, groups })
}

/// Returns how bad a verdict is, the worst first: in the order of exit codes, not in that of reading.
fn rank(verdict: DriftVerdict) -> u8 {
    match verdict {
        DriftVerdict::Undetermined => 0,
        DriftVerdict::Drift => 1,
        DriftVerdict::Pending => 2,
        DriftVerdict::InSync => 3,
    }
}

/// Returns the partitions of which no report tells.
fn missing(reports: &[(String, DriftReport)]) -> Result<Vec<Partition>, Text> {
    let told: Vec<Partition> = reports.iter().filter_map(|(_, report)| report.partition).collect();
    let named = reports.iter().flat_map(|(_, report)| &report.missing);
    let mut counts: Vec<u32> = told.iter().chain(named.clone()).map(|one| one.of).collect();
    counts.sort_unstable();
    counts.dedup();
    match counts.as_slice() {
        [] => Ok(Vec::new()),
        // A job matrix has a few parts; a number without a bound would fill the memory.
        [of] if *of > 10_000 => {
            Err(Text::new(format!("{of} partitions are more than 10000"), format!("分割数 {of} が 10000 を超えている")))
        }
        [of] => {
            let all = (1..=*of).map(|number| Partition { number, of: *of });
            // A merged report tells of every partition but those that it names as missing.
            let merged = |part: &Partition| {
                let tells = |report: &DriftReport| !report.missing.is_empty() && !report.missing.contains(part);
                reports.iter().any(|(_, report)| tells(report))
            };
            Ok(all.filter(|part| !told.contains(part) && !merged(part)).collect())
        }
        several => {
            let several: Vec<String> = several.iter().map(ToString::to_string).collect();
            let several = several.join(", ");
            Err(Text::new(
                format!("the reports are of different numbers of partitions: {several}"),
                format!("報告ごとに分割数が異なる: {several}"),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::sample::{at, group_drift};

    fn report(part: Option<(u32, u32)>, groups: &[(&str, DriftVerdict)]) -> DriftReport {
        DriftReport {
            at: at(0),
            partition: part.map(|(number, of)| Partition { number, of }),
            missing: Vec::new(),
            groups: groups.iter().map(|(name, verdict)| group_drift(name, *verdict)).collect(),
        }
    }

    fn merged(reports: &[DriftReport]) -> Result<DriftReport, Text> {
        merge(reports.iter().enumerate().map(|(n, report)| (format!("{n}.json"), report.clone())).collect())
    }

    #[test]
    fn a_partition_of_which_nobody_tells_is_missing() {
        let [first, third] = [1, 3].map(|number| report(Some((number, 3)), &[]));
        let one = merged(&[third, first]).unwrap();
        assert_eq!(one.missing, [Partition { number: 2, of: 3 }]);
        let second = report(Some((2, 3)), &[("B", DriftVerdict::InSync)]);
        let whole = merged(&[one.clone(), second]).unwrap();
        assert_eq!((whole.missing, whole.groups.len()), (Vec::new(), 1), "a merged report can be merged on");
        let none = merged(&[report(None, &[("A", DriftVerdict::InSync)])]).unwrap();
        assert_eq!(none.missing, Vec::new());
    }

    #[test]
    fn a_group_that_several_tell_of_keeps_the_worst_and_says_so() {
        let reports = [
            report(None, &[("A", DriftVerdict::InSync), ("B", DriftVerdict::Pending)]),
            report(None, &[("A", DriftVerdict::Undetermined)]),
            report(None, &[("A", DriftVerdict::Drift)]),
        ];
        let one = merged(&reports).unwrap();
        assert_eq!(
            one.groups.iter().map(|group| group.verdict).collect::<Vec<_>>(),
            [DriftVerdict::Undetermined, DriftVerdict::Pending]
        );
        assert!(one.groups[0].notes[0].en.contains("`0.json`, `1.json`, `2.json`"), "{:?}", one.groups[0].notes);
        assert_eq!(one.groups[1].notes, Vec::new());
    }

    #[test]
    fn reports_of_other_numbers_of_partitions_do_not_belong_together() {
        let reports = [report(Some((1, 2)), &[]), report(Some((1, 3)), &[])];
        assert!(merged(&reports).unwrap_err().en.contains("2, 3"));
        assert!(merged(&[report(Some((1, u32::MAX)), &[])]).is_err());
    }
}
