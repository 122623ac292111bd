//! `resume`: goes on with a run that waits, failed or was killed.

use crate::model::topology::Topology;
use crate::model::words::Text;
use crate::run::generation;
use crate::run::journal::Journal;
use crate::run::runs::{self, Run};
use crate::system;

use super::apply::go;
use super::arguments::Resume;
use super::failure::Failure;
use super::inputs;
use super::inputs::shown;
use super::landing;
use super::locks::{take_in_databases, take_locks};
use super::reach;
use super::setting::Setting;

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Resume) -> Result<u8, Failure> {
    let run = match &arguments.run {
        Some(wanted) => runs::find(&setting.state, wanted, &system::tables())?,
        None => match latest(setting)? {
            Some(run) => run,
            None => {
                setting.remark(&Text::new("every run is done already", "すべての実行は完了している"));
                return Ok(0);
            }
        },
    };
    if runs::is_finished(&run) {
        let id = &run.id;
        setting.remark(&Text::new(format!("run {id} is done already"), format!("実行 {id} は完了している")));
        return Ok(runs::unready(&run.plan));
    }
    say_torn(setting, &run);
    check_original(setting, &run)?;
    let topologies: Vec<Topology> = run.plan.groups.iter().map(|group| group.topology.clone()).collect();
    let inputs = inputs::connections_for(setting, &topologies)?;
    let locks = take_locks(setting, &topologies)?;
    let reaches = reach::open(setting, &topologies, &inputs)?;
    take_in_databases(&topologies, &reaches)?;
    // Read again under the lock: another process may have gone on meanwhile.
    let run = runs::read(&setting.state, &run.id, &system::tables())?;
    let journal = Journal::go_on(&setting.state.run(&run.id).join("journal.jsonl"), &run.journal)?;
    let opening = runs::opening(&run.id, &run.plan_id, &run.journal.entries, setting.identity());
    reach::say_new(setting, &run.plan, &reaches);
    landing::say_wait(setting, &run, &reaches);
    let code = go(setting, &run.plan, &reaches, &locks, journal, run.journal.entries, opening)?;
    drop(locks);
    Ok(code)
}

/// Refuses to go on from a copy of a state folder, where the groups were worked on in the original since.
fn check_original(setting: &Setting, run: &Run) -> Result<(), Failure> {
    for group in &run.plan.groups {
        let (system, name) = (group.topology.table.system, &group.topology.group);
        let Some(later) = generation::original(&setting.state, system, name) else { continue };
        let (folder, id) = (later.folder.display().to_string(), &run.id);
        let command = inputs::command(["rolewalk", "--state", folder.as_str(), "resume", id.as_str()]);
        return Err(Failure::new(
            8,
            format!("this state folder is a copy, and group `{name}` was taken in the original since"),
            format!("この状態フォルダーは複製であり、グループ `{name}` はその後、元のフォルダーで実行されている"),
        )
        .at(shown(setting.state.folder()))
        .because(&Text::new(
            format!("`{folder}` is at generation {}, taken by {} on {}", later.number, later.who, later.host),
            format!("`{folder}` は世代 {} ({} が {} で実行)", later.number, later.who, later.host),
        ))
        .nothing_changed()
        .hint(format!("go on there: `{command}`"), format!("元のフォルダーで再開する: `{command}`")));
    }
    Ok(())
}

/// Returns the latest run that is not finished, and says which runs were passed over.
///
/// # Errors
/// Where no other run is left, one that can't be read may be the one to go on with: nobody says that all are done.
fn latest(setting: &Setting) -> Result<Option<Run>, Failure> {
    let (run, mut broken) = runs::latest(&setting.state, &system::tables())?;
    let unread = if run.is_none() { broken.pop() } else { None };
    for fault in broken {
        setting.note(&Text::new(format!("note: {fault}; it is passed over"), format!("注: {fault} (対象から除く)")));
    }
    match unread {
        Some(fault) => Err(fault.into()),
        None => Ok(run),
    }
}

/// Says that the journal's last line is torn, and left out.
pub fn say_torn(setting: &Setting, run: &Run) {
    if let Some(torn) = &run.journal.torn {
        let (id, line) = (&run.id, torn.line);
        setting.note(&Text::new(
            format!("note: line {line} of the journal of run {id} is cut short ({}); it is left out", torn.why),
            format!("注: 実行 {id} のジャーナルの {line} 行目が途中で切れているため、除いて扱う ({})", torn.why),
        ));
    }
}
