//! `drift`: compares, changes nothing, and needs no right to.

use std::path::Path;

use crate::format::plan as plan_file;
use crate::model::topology::Topology;
use crate::plan::drift::drift;
use crate::report;
use crate::run::runs::worst;
use crate::run::state::write_file;
use crate::system;

use super::arguments::{Drift, DriftFormat};
use super::failure::Failure;
use super::plan::nothing_seen;
use super::setting::Setting;
use super::{inputs, reach, recorded};

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Drift) -> Result<u8, Failure> {
    let inputs = inputs::read(&arguments.paths)?;
    let given = arguments.applied.as_deref().map(read_applied).transpose()?;
    let seen = match &arguments.snapshot {
        Some(path) => inputs::read_snapshot(path)?,
        None => {
            let reaches = reach::open(setting, &inputs.topologies, &inputs)?;
            let looks = reach::look_all(&reaches)?;
            recorded::tell(setting, &reaches.groups, &looks);
            reach::snapshot(&looks)
        }
    };
    let by_name = seen.by_name();
    let mut groups = Vec::with_capacity(inputs.topologies.len());
    for topology in &inputs.topologies {
        let applied = match &given {
            Some(given) => given.iter().find(|one| is_same_group(one, topology)).cloned(),
            None => last_applied(setting, topology)?,
        };
        let nothing = nothing_seen(topology);
        let seen = by_name.get(&(topology.table.system, topology.group.as_str())).copied().unwrap_or(&nothing);
        groups.push(drift(topology, applied.as_ref(), seen));
    }
    let text = match arguments.format {
        DriftFormat::Text => report::drift::text(&groups, &setting.look()),
        DriftFormat::Json => report::drift::json(&groups),
    };
    if let Some(path) = &arguments.output {
        write_file(path, text.as_bytes())?;
    }
    setting.print(&text);
    Ok(worst(groups.iter().map(|group| group.verdict.exit_code())))
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
    let (plan, _) = plan_file::read(&inputs::shown(path), &bytes, &system::tables())?;
    Ok(plan.groups.into_iter().map(|group| group.topology).collect())
}

fn last_applied(setting: &Setting, topology: &Topology) -> Result<Option<Topology>, Failure> {
    let path = setting.state.applied(topology.table.system, &topology.group);
    match path.exists() {
        true => Ok(read_plan(&path)?.into_iter().find(|one| is_same_group(one, topology))),
        false => Ok(None),
    }
}

fn is_same_group(one: &Topology, other: &Topology) -> bool {
    one.group == other.group && one.table == other.table
}
