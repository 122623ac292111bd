//! `show`: a saved plan or a past run, with the display of a live one; `--bundle` packs a run's evidence.

use std::path::Path;

use crate::format::plan as plan_file;
use crate::model::plan::{GroupVerdict, Plan};
use crate::report;
use crate::report::html::Review;
use crate::run::runs;
use crate::system;

use super::arguments::{PlanFormat, Show};
use super::bundle;
use super::failure::Failure;
use super::inputs;
use super::resume::say_torn;
use super::setting::Setting;

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Show) -> Result<u8, Failure> {
    let path = Path::new(&arguments.what);
    if inputs::is_plan(path) || path.is_file() {
        if arguments.bundle.is_some() {
            let what = &arguments.what;
            return Err(Failure::new(
                1,
                format!("`{what}` is a plan; only a run has evidence"),
                format!("`{what}` は計画。証跡があるのは実行だけ"),
            )
            .hint("`rolewalk history` lists the runs", "`rolewalk history` で実行の一覧を確認できる"));
        }
        let bytes = inputs::read_file(path)?;
        let (plan, id) = plan_file::read(&inputs::shown(path), &bytes, &system::tables())?;
        setting.print(&match arguments.format {
            PlanFormat::Text => report::text::plan(&plan, Some(&id), None, &setting.look()),
            PlanFormat::Json => plan_file::write(&plan).0,
            PlanFormat::Markdown => markdown(setting, &plan, &id, &arguments.what),
            PlanFormat::Html => {
                let apply = inputs::command(["rolewalk", "apply", &arguments.what, "--id", &id]);
                let is_ready = plan.groups.iter().any(|group| group.verdict == GroupVerdict::Ready);
                let full = inputs::command(["rolewalk", "show", &arguments.what]);
                let apply = is_ready.then_some(apply.as_str());
                let review = Review { plan: &plan, id: &id, apply, full: &full, disks: &[], run: None };
                report::html::page(&review, setting.language)
            }
        });
        return Ok(0);
    }
    let run = runs::find(&setting.state, &arguments.what, &system::tables())?;
    say_torn(setting, &run);
    if let Some(to) = &arguments.bundle {
        return bundle::pack(setting, &run, to);
    }
    setting.print(&match arguments.format {
        PlanFormat::Text => {
            let plan = report::text::plan(&run.plan, Some(&run.plan_id), None, &setting.look());
            format!("{plan}\n{}", report::events::run(&run.journal.entries, &run.plan, &setting.look()))
        }
        PlanFormat::Json => plan_file::write(&run.plan).0,
        PlanFormat::Markdown => markdown(setting, &run.plan, &run.plan_id, &arguments.what),
        PlanFormat::Html => {
            let full = inputs::command(["rolewalk", "show", &arguments.what]);
            let shown = Some((run.id.as_str(), run.journal.entries.as_slice()));
            let (plan, id) = (&run.plan, run.plan_id.as_str());
            let review = Review { plan, id, apply: None, full: &full, disks: &[], run: shown };
            report::html::page(&review, setting.language)
        }
    });
    Ok(0)
}

fn markdown(setting: &Setting, plan: &Plan, id: &str, what: &str) -> String {
    let full = inputs::command(["rolewalk", "show", what]);
    report::markdown_plan::plan(plan, id, None, &full, setting.language)
}
