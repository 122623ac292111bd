//! `table`: the roles and transitions of a system, as every other part of rolewalk reads them.

use crate::format::near;
use crate::model::table::Table;
use crate::model::words::Text;
use crate::plan::lint::lint;
use crate::report;
use crate::system;

use super::arguments::{TableArguments, TableFormat};
use super::failure::Failure;
use super::setting::Setting;

/// Runs the command.
pub fn run(setting: &Setting, arguments: &TableArguments) -> Result<u8, Failure> {
    let table = system::find(&arguments.system).map(|one| one.table).ok_or_else(|| unknown(&arguments.system))?;
    if arguments.lint {
        return Ok(lint_table(setting, table));
    }
    setting.print(&match arguments.format {
        TableFormat::Text => report::table::text(table, &setting.look()),
        TableFormat::Mermaid => report::table::mermaid(table, setting.language),
        TableFormat::Dot => report::table::dot(table, setting.language),
        TableFormat::Json => report::table::json(table),
    });
    Ok(0)
}

/// Prints what is wrong with a table; exit code 1 where anything is.
fn lint_table(setting: &Setting, table: &'static Table) -> u8 {
    let findings = lint(table);
    let told = findings.iter().map(|one| format!("{}: {}: {}\n", one.rule, one.about, one.says));
    setting.print(&told.collect::<String>());
    if findings.is_empty() {
        let rows = table.transitions.len();
        let system = table.system;
        setting.remark(&Text::new(
            format!("the table of {system} is sound: {rows} rows"),
            format!("{system} の表に問題はない ({rows} 行)"),
        ));
    }
    u8::from(!findings.is_empty())
}

fn unknown(name: &str) -> Failure {
    let names: Vec<&str> = system::all().iter().map(|one| one.table.system).collect();
    let failure = Failure::new(1, format!("unknown system `{name}`"), format!("システム `{name}` は不明"));
    match near::nearest(name, names.iter().copied()) {
        Some(near) => failure.hint(format!("did you mean `{near}`?"), format!("もしかして: `{near}`")),
        None => failure.hint(format!("systems: {}", names.join(", ")), format!("システム: {}", names.join("、"))),
    }
}
