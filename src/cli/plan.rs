//! `plan`: the shortest safe sequence of steps, shown and saved; nothing is changed.

use jiff::Timestamp;

use crate::format::plan as plan_file;
use crate::model::plan::{GroupVerdict, Plan};
use crate::model::snapshot::{GroupSnapshot, Snapshot};
use crate::model::topology::Topology;
use crate::plan::plan_all;
use crate::report;
use crate::run::runs::worst;
use crate::run::state::write_file_with;

use super::arguments::{Plan as Arguments, PlanFormat};
use super::failure::Failure;
use super::inputs::shown;
use super::setting::Setting;
use super::{inputs, reach};

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Arguments) -> Result<u8, Failure> {
    let inputs = inputs::read(&arguments.paths)?;
    let seen = match &arguments.snapshot {
        Some(path) => inputs::read_snapshot(path)?,
        None => reach::observe_all(&reach::open(&inputs.topologies, &inputs)?)?,
    };
    let plan = make(&inputs.topologies, &seen);
    let id = plan_file::id(&plan);
    if let Some(path) = &arguments.output {
        write_file_with(path, |out| plan_file::write_to(&plan, &id, out))?;
    }
    match arguments.format {
        PlanFormat::Json => setting.print_with(|out| plan_file::write_to(&plan, &id, out)),
        PlanFormat::Text => {
            let is_ready = plan.groups.iter().any(|group| group.verdict == GroupVerdict::Ready);
            let saved = arguments.output.as_ref().filter(|_| is_ready && arguments.snapshot.is_none());
            let apply = saved.map(|path| format!("rolewalk apply {} --id {id}", shown(path)));
            setting.print(&report::text::plan(&plan, Some(&id), apply.as_deref(), &setting.look()))
        }
    };
    Ok(exit_code(&plan, arguments.detailed_exitcode))
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
