//! How a drift report is written: its form, its file, and the exit code that stands for it.

use crate::format::drift as drift_file;
use crate::model::drift::DriftReport;
use crate::report::{self, Look};
use crate::run::runs::worst;
use crate::run::state::write_file;

use super::arguments::{DriftForm, DriftFormat};
use super::failure::Failure;
use super::setting::Setting;

/// Writes a report, and returns the exit code of the worst group. `full` is the command that prints all of it.
pub fn tell(setting: &Setting, report: &DriftReport, form: &DriftForm, full: &str) -> Result<u8, Failure> {
    // A partition of which nothing is known could hold anything.
    let missing = (!report.missing.is_empty()).then_some(3);
    let code = worst(report.groups.iter().map(|group| group.verdict.exit_code()).chain(missing));
    let look = setting.look();
    // Whoever looks at the terminal sees the report, whatever becomes of the file.
    setting.print(&render(report, form.format, code, full, &look));
    if let Some(path) = &form.output {
        // Colour is for the terminal that asked for it, and no file is one.
        let text = render(report, form.format, code, full, &Look { colour: false, ..look });
        write_file(path, text.as_bytes())?;
    }
    Ok(code)
}

fn render(report: &DriftReport, format: DriftFormat, code: u8, full: &str, look: &Look) -> String {
    match format {
        DriftFormat::Text => report::drift::text(report, look),
        DriftFormat::Json => drift_file::write(report),
        DriftFormat::Markdown => report::markdown_drift::drift(report, full, look.language),
        DriftFormat::Sarif => report::sarif::sarif(report, code, look.language),
        DriftFormat::Junit => report::junit::junit(report, look.language),
        DriftFormat::Metrics => report::metrics::metrics(report),
        DriftFormat::Github => report::github::github(report, look.language),
    }
}
