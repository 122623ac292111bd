//! `table`: the roles and transitions of a system, as every other part of rolewalk reads them.

use crate::format::near;
use crate::report;
use crate::system;

use super::arguments::{TableArguments, TableFormat};
use super::failure::Failure;
use super::setting::Setting;

/// Runs the command.
pub fn run(setting: &Setting, arguments: &TableArguments) -> Result<u8, Failure> {
    let table = system::find(&arguments.system).map(|one| one.table).ok_or_else(|| unknown(&arguments.system))?;
    setting.print(&match arguments.format {
        TableFormat::Text => report::table::text(table, &setting.look()),
        TableFormat::Mermaid => report::table::mermaid(table, setting.language),
        TableFormat::Dot => report::table::dot(table, setting.language),
        TableFormat::Json => report::table::json(table),
    });
    Ok(0)
}

fn unknown(name: &str) -> Failure {
    let names: Vec<&str> = system::all().iter().map(|one| one.table.system).collect();
    let failure = Failure::new(1, format!("unknown system `{name}`"), format!("システム `{name}` は不明"));
    match near::nearest(name, names.iter().copied()) {
        Some(near) => failure.hint(format!("did you mean `{near}`?"), format!("もしかして: `{near}`")),
        None => failure.hint(format!("systems: {}", names.join(", ")), format!("システム: {}", names.join("、"))),
    }
}
