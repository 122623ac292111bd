//! `show`: a saved plan or a past run, with the display of a live one.

use std::path::Path;

use crate::format::plan as plan_file;
use crate::model::plan::Plan;
use crate::report;
use crate::run::runs;
use crate::system;

use super::arguments::{PlanFormat, Show};
use super::failure::Failure;
use super::inputs;
use super::resume::say_torn;
use super::setting::Setting;

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Show) -> Result<u8, Failure> {
    let path = Path::new(&arguments.what);
    if inputs::is_plan(path) || path.is_file() {
        let bytes = inputs::read_file(path)?;
        let (plan, id) = plan_file::read(&inputs::shown(path), &bytes, &system::tables())?;
        setting.print(&match arguments.format {
            PlanFormat::Text => report::text::plan(&plan, Some(&id), None, &setting.look()),
            PlanFormat::Json => plan_file::write(&plan).0,
            PlanFormat::Markdown => markdown(setting, &plan, &id, &arguments.what),
        });
        return Ok(0);
    }
    let run = runs::find(&setting.state, &arguments.what, &system::tables())?;
    say_torn(setting, &run);
    setting.print(&match arguments.format {
        PlanFormat::Text => {
            let plan = report::text::plan(&run.plan, Some(&run.plan_id), None, &setting.look());
            format!("{plan}\n{}", report::events::run(&run.journal.entries, &run.plan, &setting.look()))
        }
        PlanFormat::Json => plan_file::write(&run.plan).0,
        PlanFormat::Markdown => markdown(setting, &run.plan, &run.plan_id, &arguments.what),
    });
    Ok(0)
}

fn markdown(setting: &Setting, plan: &Plan, id: &str, what: &str) -> String {
    let full = inputs::command(["rolewalk", "show", what]);
    report::markdown_plan::plan(plan, id, None, &full, setting.language)
}
