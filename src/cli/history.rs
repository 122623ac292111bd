//! `history`: past runs.

use crate::model::event::Event;
use crate::model::words::Text;
use crate::run::runs::{self, Run, RunFault};
use crate::system;

use super::failure::Failure;
use super::setting::Setting;

/// Lists past runs, the latest last.
pub fn history(setting: &Setting) -> Result<u8, Failure> {
    let tables = system::tables();
    let mut lines = Vec::new();
    let mut code = 0;
    for id in setting.state.runs()? {
        match runs::read(&setting.state, &id, &tables) {
            Ok(run) => lines.push((run.journal.entries.first().map(|entry| entry.at), told(setting, &run))),
            Err(fault @ (RunFault::Journal { .. } | RunFault::Plan { .. } | RunFault::OtherPlan { .. })) => {
                code = 1;
                let broken =
                    Text::new("can't be relied on; see `rolewalk show`", "信頼できない (`rolewalk show` を参照)");
                lines.push((None, format!("{id}  {}\n", broken.say(setting.language))));
                tracing::warn!(%fault, "unreadable run");
            }
            Err(fault) => return Err(fault.into()),
        }
    }
    lines.sort();
    if lines.is_empty() {
        setting.remark(&Text::new("no runs yet", "実行はまだない"));
    }
    setting.print(&lines.into_iter().map(|(_, line)| line).collect::<String>());
    Ok(code)
}

fn told(setting: &Setting, run: &Run) -> String {
    let groups: Vec<&str> = run.plan.groups.iter().map(|group| group.topology.group.as_str()).collect();
    let (at, who) = match run.journal.entries.first().map(|entry| (&entry.event, entry.at)) {
        Some((Event::RunStarted { who, host, .. }, at)) => {
            (at.strftime("%Y-%m-%d %H:%M:%SZ").to_string(), format!("{who}@{host}"))
        }
        _ => ("?".into(), "?".into()),
    };
    let end = match run.journal.entries.last().map(|entry| &entry.event) {
        Some(Event::RunEnded { exit_code: 0 }) => Text::new("done", "完了"),
        Some(Event::RunEnded { exit_code: 6 }) => Text::new("waiting for an operator", "オペレーターの作業待ち"),
        Some(Event::RunEnded { exit_code: 130 }) => Text::new("interrupted", "中断"),
        Some(Event::RunEnded { exit_code }) => {
            Text::new(format!("stopped, exit code {exit_code}"), format!("停止 (終了コード {exit_code})"))
        }
        _ => Text::new("not finished", "未完了"),
    };
    let groups = crate::report::clean::terminal(&groups.join(", ")).into_owned();
    format!("{}  {at}  {who}  {groups}: {}\n", run.id, end.say(setting.language))
}
