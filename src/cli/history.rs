//! `history`: past runs.

use jiff::Timestamp;

use crate::model::event::Event;
use crate::model::words::Text;
use crate::report::clean;
use crate::run::claims::Claim;
use crate::run::runs::{self, Run};
use crate::system;

use super::failure::Failure;
use super::resume::instead;
use super::setting::Setting;

/// Lists past runs, the latest last. One that can't be read hides no other.
pub fn history(setting: &Setting) -> Result<u8, Failure> {
    let tables = system::tables();
    let (mut lines, mut claims): (Vec<(Option<Timestamp>, String)>, Vec<Claim>) = Default::default();
    let mut code = 0;
    for id in setting.state.runs()? {
        match runs::read(&setting.state, &id, &tables) {
            Ok(run) => {
                lines.push((run.journal.entries.first().map(|entry| entry.at), told(setting, &run)));
                claims.push(Claim::of(&setting.state, &run));
            }
            Err(fault) => {
                code = 1;
                let broken =
                    Text::new("can't be relied on; see `rolewalk show`", "信頼できない (`rolewalk show` を参照)");
                lines.push((None, format!("{id}  {}", broken.say(setting.language))));
                tracing::warn!(%fault, "unreadable run");
            }
        }
    }
    for claim in claims.iter().filter(|claim| !claim.is_finished) {
        let later = claim.overtaken(&claims, &setting.state)?.into_iter().find(|later| later.is_open);
        let line = lines.iter_mut().map(|(_, line)| line).find(|line| line.starts_with(&claim.run));
        if let (Some(line), Some(later)) = (line, later) {
            line.push_str(&format!("; {}", clean::terminal(instead(&later).say(setting.language))));
        }
    }
    lines.sort();
    if lines.is_empty() {
        setting.remark(&Text::new("no runs yet", "実行はまだない"));
    }
    setting.print(&lines.into_iter().map(|(_, line)| format!("{line}\n")).collect::<String>());
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
    let told = format!("{}  {at}  {who}  {}: {}", run.id, groups.join(", "), end.say(setting.language));
    clean::terminal(&told).into_owned()
}
