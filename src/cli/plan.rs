//! `plan`: the shortest safe sequence of steps, shown and saved; nothing is changed.

use jiff::Timestamp;

use crate::format::plan as plan_file;
use crate::model::disks::matrix::Matrix;
use crate::model::plan::{GroupVerdict, Plan};
use crate::model::snapshot::{GroupSnapshot, Snapshot};
use crate::model::topology::Topology;
use crate::plan::plan_all;
use crate::report;
use crate::report::html::Review;
use crate::run::runs::worst;
use crate::run::state::write_file_with;
use crate::system;

use super::arguments::{Plan as Arguments, PlanFormat};
use super::failure::Failure;
use super::inputs::shown;
use super::reach::{Look, Reaches};
use super::setting::Setting;
use super::{inputs, reach};

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Arguments) -> Result<u8, Failure> {
    let inputs = inputs::read(&arguments.paths)?;
    let (seen, plan, disks) = match &arguments.snapshot {
        Some(path) => {
            let seen = inputs::read_snapshot(setting, path, &inputs.topologies)?;
            let mut plan = make(&inputs.topologies, &seen);
            reach::note_unconnected(&mut plan, &inputs);
            (seen, plan, Vec::new())
        }
        None => {
            let reaches = reach::open(setting, &inputs.topologies, &inputs)?;
            // Only a page shows the files side by side: the answers that tell of them are kept for it alone.
            let looks = match arguments.format {
                PlanFormat::Html => reach::look_all(&reaches)?,
                _ => Vec::new(),
            };
            let seen = match arguments.format {
                PlanFormat::Html => reach::snapshot(&looks),
                _ => reach::observe_all(&reaches)?,
            };
            let mut plan = make(&inputs.topologies, &seen);
            reach::note(&mut plan, &reaches);
            let disks = side_by_side(&reaches, &looks);
            (seen, plan, disks)
        }
    };
    let id = plan_file::id(&plan);
    if let Some(path) = &arguments.output {
        write_file_with(path, |out| plan_file::write_to(&plan, &id, out))?;
    }
    let is_ready = plan.groups.iter().any(|group| group.verdict == GroupVerdict::Ready);
    let saved = arguments.output.as_deref().map(shown);
    let paths = |words: &[&str]| inputs::command_of(words, &arguments.paths);
    let look = setting.look();
    let told = match arguments.format {
        PlanFormat::Json => {
            setting.print_with(|out| plan_file::write_to(&plan, &id, out));
            return Ok(exit_code(&plan, arguments.detailed_exitcode));
        }
        PlanFormat::Text => {
            let saved = saved.filter(|_| is_ready && arguments.snapshot.is_none());
            let apply = saved.map(|path| inputs::command(["rolewalk", "apply", &path, "--id", &id]));
            let told = report::text::plan(&plan, Some(&id), apply.as_deref(), &look);
            if arguments.diff { differences(&inputs.topologies, &seen, &look) + &told } else { told }
        }
        PlanFormat::Markdown | PlanFormat::Html => {
            let (apply, full) = match &saved {
                Some(path) => (
                    inputs::command(["rolewalk", "apply", path, "--id", &id]),
                    inputs::command(["rolewalk", "show", path]),
                ),
                None => (format!("{} --yes --id {id}", paths(&["rolewalk", "apply"])), paths(&["rolewalk", "plan"])),
            };
            let apply = Some(apply).filter(|_| is_ready && arguments.snapshot.is_none());
            let (apply, full) = (apply.as_deref(), full.as_str());
            match arguments.format {
                PlanFormat::Html => {
                    let review = Review { plan: &plan, id: &id, apply, full, disks: &disks, run: None };
                    report::html::page(&review, setting.language)
                }
                _ => report::markdown_plan::plan(&plan, &id, apply, full, setting.language),
            }
        }
    };
    setting.print(&told);
    Ok(exit_code(&plan, arguments.detailed_exitcode))
}

/// Returns the vDisk files of each store, server by server, as this look saw them.
fn side_by_side(reaches: &Reaches, looks: &[Look]) -> Vec<Matrix> {
    let looks = reaches.groups.iter().zip(looks);
    let stores = looks.filter(|(reach, _)| reach.system.table.system == system::co_store::SYSTEM.table.system);
    stores.map(|(reach, look)| system::co_store::matrix::matrix(&reach.site, &look.answers, &look.seen)).collect()
}

/// Returns what is there against what is declared, group by group, with a blank line after each that differs.
fn differences(topologies: &[Topology], seen: &Snapshot, look: &report::Look) -> String {
    let nothing = GroupSnapshot::default();
    let by_name = seen.by_name();
    let told = topologies.iter().map(|topology| {
        let seen = by_name.get(&(topology.table.system, topology.group.as_str())).copied().unwrap_or(&nothing);
        report::diff::text(topology, seen, look)
    });
    told.filter(|text| !text.is_empty()).map(|text| text + "\n").collect()
}

/// Plans every topology from what was seen.
pub fn make(topologies: &[Topology], seen: &Snapshot) -> Plan {
    let nothing: Vec<GroupSnapshot> = topologies.iter().map(nothing_seen).collect();
    let by_name = seen.by_name();
    let of = |(topology, nothing): (_, _)| {
        let topology: &Topology = topology;
        (topology, by_name.get(&(topology.table.system, topology.group.as_str())).copied().unwrap_or(nothing))
    };
    let pairs: Vec<(&Topology, &GroupSnapshot)> = topologies.iter().zip(&nothing).map(of).collect();
    Plan { groups: plan_all(&pairs, Timestamp::now()) }
}

/// A group that a snapshot lacks: nothing of it is known.
pub fn nothing_seen(topology: &Topology) -> GroupSnapshot {
    GroupSnapshot { group: topology.group.clone(), system: topology.table.system.into(), ..GroupSnapshot::default() }
}

/// Returns the exit code that stands for a plan; the worst group counts.
pub fn exit_code(plan: &Plan, detailed: bool) -> u8 {
    worst(plan.groups.iter().map(|group| match group.verdict {
        GroupVerdict::InSync => 0,
        GroupVerdict::Ready => {
            if detailed {
                2
            } else {
                0
            }
        }
        GroupVerdict::Blocked => 5,
        GroupVerdict::Undetermined => 3,
    }))
}
