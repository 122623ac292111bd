//! `observe`: what is there.

use crate::format::snapshot;
use crate::model::snapshot::{GroupSnapshot, Standing};
use crate::model::table::Table;
use crate::report::{self, Look};
use crate::run::state::write_file;
use crate::system;

use super::arguments::{Observe, ObserveFormat};
use super::failure::Failure;
use super::setting::Setting;
use super::{check, inputs, reach};

/// The schema's place as a topology in a folder below `examples/` names it.
const SCHEMA: &str = "../../schemas/topology.schema.json";

/// Runs the command. A role that could not be seen, or a mark on which it rests, is exit code 3.
pub fn run(setting: &Setting, arguments: &Observe) -> Result<u8, Failure> {
    let inputs = inputs::read(&arguments.paths)?;
    if arguments.check {
        return check::run(setting, &inputs);
    }
    let reaches = reach::open(setting, &inputs.topologies, &inputs)?;
    let seen = reach::observe_all(&reaches)?;
    let tables = system::tables();
    if let Some(path) = &arguments.output {
        write_file(path, snapshot::write(&seen, &tables).as_bytes())?;
    }
    let connection = |group: &GroupSnapshot| {
        let topology =
            inputs.topologies.iter().find(|one| one.group == group.group && one.table.system == group.system);
        topology.and_then(|one| one.connection.clone())
    };
    setting.print(&match arguments.format {
        ObserveFormat::Text => report::observation::text(&seen, &tables, &setting.look()),
        ObserveFormat::Json => snapshot::write(&seen, &tables),
        ObserveFormat::Yaml => report::observation::yaml(&seen, &tables, SCHEMA, connection, setting.language),
    });
    let leaves_open =
        |group: &GroupSnapshot| tables.iter().any(|table| table.system == group.system && leaves_open(table, group));
    Ok(if seen.groups.iter().any(leaves_open) { 3 } else { 0 })
}

/// Returns whether some server's role is not known, or a mark that a server of its role is to have.
fn leaves_open(table: &Table, seen: &GroupSnapshot) -> bool {
    let is_open = |standing: &Standing| {
        let Some(role) = standing.role else { return true };
        table.marks.iter().any(|mark| table.want(role, mark.name).is_some() && standing.mark(mark.name).is_none())
    };
    seen.servers.values().any(is_open)
}

impl Setting {
    /// Returns how reports are to look on standard output.
    pub fn look(&self) -> Look {
        Look { language: self.language, width: self.width, colour: self.color_stdout }
    }
}
