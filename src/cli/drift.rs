//! `drift`: compares, changes nothing, and needs no right to. It writes only below `--state`, and where it can't, it
//! goes on and says what is missing. How a report is written is in [`super::drift_form`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use crate::format::drift as drift_file;
use crate::format::plan as plan_file;
use crate::model::drift::{DriftReport, Finding, GroupDrift};
use crate::model::name::ServerName;
use crate::model::snapshot::GroupSnapshot;
use crate::model::topology::Topology;
use crate::model::words::Text;
use crate::plan::drift::{Applied, divergent_files, drift_but, waivers};
use crate::plan::drift_merge;
use crate::run::looks::Looks;
use crate::run::settling::{Settling, settling};
use crate::system;

use super::arguments::{Drift, DriftCommand, DriftFormat, DriftMerge};
use super::drift_form;
use super::failure::Failure;
use super::plan::nothing_seen;
use super::setting::Setting;
use super::{inputs, reach, recorded};

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Drift) -> Result<u8, Failure> {
    if let Some(DriftCommand::Merge(arguments)) = &arguments.command {
        return merge(setting, arguments);
    }
    let mut inputs = inputs::read(&arguments.paths)?;
    if let Some(part) = arguments.partition {
        inputs.topologies.retain(|one| part.holds(one.table.system, &one.group));
    }
    let given = arguments.applied.as_deref().map(read_applied).transpose()?;
    let mut only_read = Vec::new();
    let seen = match &arguments.snapshot {
        Some(path) => inputs::read_snapshot(setting, path, &inputs.topologies)?,
        None => {
            let reaches = reach::open(setting, &inputs.topologies, &inputs)?;
            let looks = reach::look_all(&reaches)?;
            recorded::tell(setting, &reaches.groups, &looks);
            only_read = reaches.groups.iter().map(|reach| reach.only_read.clone()).collect();
            reach::snapshot(&looks)
        }
    };
    let by_name = seen.by_name();
    let at = seen.at.unwrap_or_else(reach::now);
    let settling = settling_now(setting, &inputs.topologies, at);
    let mut cases = Vec::with_capacity(inputs.topologies.len());
    for topology in &inputs.topologies {
        let applied = match &given {
            Some(given) => Ok(given.iter().find(|one| is_same_group(one, topology)).cloned()),
            None => last_applied(setting, topology),
        };
        let settling = settling.get(&(topology.table.system.into(), topology.group.clone()));
        let seen = by_name.get(&(topology.table.system, topology.group.as_str()));
        let seen = seen.map_or_else(|| Cow::Owned(nothing_seen(topology)), |seen| Cow::Borrowed(*seen));
        cases.push(Case { topology, applied, seen, settling, at });
    }
    let mut groups: Vec<GroupDrift> = cases.iter().map(|case| case.compare(&|_| None)).collect();
    if arguments.sightings.is_some() || arguments.form.format == DriftFormat::Metrics {
        count(setting, &cases, &mut groups, arguments.sightings.unwrap_or(1));
    }
    for (group, only_read) in groups.iter_mut().zip(only_read) {
        group.notes.extend(only_read);
    }
    let report = DriftReport { at, partition: arguments.partition, missing: Vec::new(), groups };
    let full = inputs::command_of(&["rolewalk", "drift"], &arguments.paths);
    drift_form::tell(setting, &report, &arguments.form, &full)
}

/// All that one group's comparison needs.
struct Case<'a> {
    topology: &'a Topology,
    /// What was last applied; why that can't be read, where it can't.
    applied: Result<Option<Topology>, Text>,
    seen: Cow<'a, GroupSnapshot>,
    settling: Option<&'a BTreeMap<ServerName, Timestamp>>,
    at: Timestamp,
}

impl Case<'_> {
    /// Compares; a difference at a server that is still settling does not count, nor one that is `held_back`.
    fn compare(&self, held_back: &dyn Fn(&Finding) -> Option<Text>) -> GroupDrift {
        let reason = |finding: &Finding| match self.settling.and_then(|servers| servers.get(&finding.server)) {
            Some(until) => {
                let until = until.strftime("%H:%M:%S UTC");
                Some(Text::new(format!("settling until {until}"), format!("{until} まで変化中")))
            }
            None => held_back(finding),
        };
        let applied = match &self.applied {
            Ok(applied) => applied.as_ref().map_or(Applied::Never, Applied::Of),
            Err(why) => Applied::Unread(why),
        };
        GroupDrift {
            waivers: waivers(self.topology, self.at),
            divergent_files: divergent_files(&self.seen),
            ..drift_but(self.topology, applied, &self.seen, &reason)
        }
    }
}

/// Counts in how many looks each difference was seen, and compares again without those that do not count yet.
fn count(setting: &Setting, cases: &[Case<'_>], groups: &mut [GroupDrift], wanted: u32) {
    let mut looks = match Looks::open(&setting.state) {
        Ok(looks) => looks,
        Err(fault) => return not_counted(setting, &fault),
    };
    if let Some(why) = &looks.lost {
        setting.note(&Text::new(
            format!("note: what earlier looks saw can't be read ({why}); every difference counts now"),
            format!("注: これまでの確認の記録を読めない ({why})。すべての相違を数える"),
        ));
    }
    let mut noted: Vec<GroupDrift> = Vec::with_capacity(groups.len());
    for (case, group) in cases.iter().zip(groups.iter()) {
        let counts = looks.count(group, wanted);
        let seen = |finding: &Finding| {
            let at = group.findings.iter().position(|one| one == finding)?;
            counts.get(at).copied()
        };
        let early = |finding: &Finding| {
            let times = seen(finding).filter(|times| *times < wanted)?;
            Some(Text::new(format!("seen {times} of {wanted} times"), format!("{wanted} 回中 {times} 回確認")))
        };
        let mut told = case.compare(&early);
        for finding in &mut told.findings {
            finding.sightings = seen(finding);
        }
        told.in_sync_at = looks.in_sync_at(group, case.at);
        noted.push(told);
    }
    match looks.keep() {
        Ok(()) => groups.clone_from_slice(&noted),
        Err(fault) => not_counted(setting, &fault),
    }
}

/// What can't be kept can't be counted, and is never held back then.
fn not_counted(setting: &Setting, fault: &crate::run::state::StateFault) {
    setting.note(&Text::new(
        format!("note: {fault}: {}; nothing is counted, and every difference counts now", fault.cause),
        format!("注: `{}` を扱えない ({})。回数を数えず、すべての相違を報告する", fault.path.display(), fault.cause),
    ));
}

/// Returns which servers may still be moving; what can't be read is told, and holds nothing back.
fn settling_now(setting: &Setting, topologies: &[Topology], at: Timestamp) -> Settling {
    match settling(&setting.state, topologies, &system::tables(), at) {
        Ok((settling, broken)) => {
            for fault in broken {
                setting.note(&Text::new(
                    format!("note: {fault}; its steps count as settled"),
                    format!("注: {fault} (その手順は反映済みとみなす)"),
                ));
            }
            settling
        }
        Err(fault) => {
            setting.note(&Text::new(
                format!("note: {fault}; every step counts as settled"),
                format!("注: `{}` を読めない。すべての手順を反映済みとみなす", fault.path.display()),
            ));
            Settling::new()
        }
    }
}

/// `drift merge`: one report of several.
fn merge(setting: &Setting, arguments: &DriftMerge) -> Result<u8, Failure> {
    let mut reports = Vec::with_capacity(arguments.files.len());
    for path in &arguments.files {
        let (name, bytes) = (inputs::shown(path), inputs::read_file(path)?);
        let report = drift_file::read(&name, &bytes)?;
        reports.push((name, report));
    }
    let merged = drift_merge::merge(reports).map_err(|why| Failure::new(1, why.en, why.ja))?;
    let full = inputs::command_of(&["rolewalk", "drift", "merge"], &arguments.files);
    drift_form::tell(setting, &merged, &arguments.form, &full)
}

/// Reads topologies that were applied: from topology files, or from a plan.
fn read_applied(path: &Path) -> Result<Vec<Topology>, Failure> {
    match inputs::is_plan(path) {
        true => read_plan(path),
        false => Ok(inputs::read(&[path.into()])?.topologies),
    }
}

fn read_plan(path: &Path) -> Result<Vec<Topology>, Failure> {
    let bytes = inputs::read_file(path)?;
    Ok(plan_file::declared(&inputs::shown(path), &bytes, &system::tables())?)
}

/// Returns what was last applied to a group. What can't be read is told, and is missing for this group alone.
fn last_applied(setting: &Setting, topology: &Topology) -> Result<Option<Topology>, Text> {
    let path = setting.state.applied(topology.table.system, &topology.group);
    if matches!(path.try_exists(), Ok(false)) {
        return Ok(None);
    }
    let unread = |failure: Failure| {
        let (name, file, why) = (&topology.group, inputs::shown(&path), failure.message);
        let why = Text::new(
            format!(
                "what was last applied to `{name}` can't be read, so that drift looks like a pending change ({file}: {})",
                why.en
            ),
            format!(
                "`{name}` に最後に適用した内容を読めないため、逸脱と未適用の変更を区別できない ({file}: {})",
                why.ja
            ),
        );
        setting.note(&Text::new(format!("note: {}", why.en), format!("注: {}", why.ja)));
        why
    };
    let all = read_plan(&path).map_err(unread)?;
    Ok(all.into_iter().find(|one| is_same_group(one, topology)))
}

fn is_same_group(one: &Topology, other: &Topology) -> bool {
    one.group == other.group && one.table == other.table
}
