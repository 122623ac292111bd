//! `resume`: goes on with a run that waits, failed or was killed.

use std::collections::BTreeSet;

use crate::model::topology::Topology;
use crate::model::words::Text;
use crate::run::claims::{Claim, Later, claims};
use crate::run::generation;
use crate::run::journal::Journal;
use crate::run::runs::{self, Latest, Run, RunFault};
use crate::system;

use super::apply::{Part, go};
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
            None => return Ok(0),
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
    let others = check_last_word(setting, &run)?;
    let mut reaches = reach::open(setting, &topologies, &inputs)?;
    reaches.read_afresh(arguments.paranoid);
    take_in_databases(&topologies, &reaches)?;
    // Read again under the lock: another process may have gone on meanwhile.
    let run = runs::read(&setting.state, &run.id, &system::tables())?;
    let journal = Journal::go_on(&setting.state.run(&run.id).join("journal.jsonl"), &run.journal)?;
    let opening = runs::opening(&run.id, &run.plan_id, &run.journal.entries, setting.identity());
    reach::say_new(setting, &run.plan, &reaches);
    landing::say_wait(setting, &run, &reaches);
    let part = Part { journal, entries: run.journal.entries, opening, others };
    let code = go(setting, &run.plan, &reaches, &locks, part)?;
    drop(locks);
    Ok(code)
}

/// Refuses to go on with a run of which a group with steps left was planned anew since. Returns the groups that this run
/// has brought to their end, and that are another's by now. Under the locks, so that nobody plans meanwhile.
fn check_last_word(setting: &Setting, run: &Run) -> Result<BTreeSet<String>, Failure> {
    let claims = claims(&setting.state, &system::tables())?.all;
    let mine = Claim::of(&setting.state, run);
    let later = mine.overtaken(&claims, &setting.state)?;
    match later.iter().find(|later| later.is_open) {
        Some(later) => Err(overtaken(run, later)),
        None => Ok(later.into_iter().map(|later| later.group).collect()),
    }
}

fn overtaken(run: &Run, later: &Later) -> Failure {
    let id = &run.id;
    let failure = Failure::new(
        8,
        format!("run {id} is over: what it planned was planned anew since"),
        format!("実行 {id} は終了扱い: その後、同じグループが計画し直されている"),
    );
    let failure = failure.because(&instead(later)).nothing_changed();
    if let Some((other, false)) = &later.run {
        return failure.hint(
            format!("go on with that one: `rolewalk resume {other}`"),
            format!("新しい方を再開する: `rolewalk resume {other}`"),
        );
    }
    let group = run.plan.groups.iter().find(|group| group.topology.group == later.group);
    let file = group.map(|group| group.topology.source.file.as_str()).filter(|file| !file.is_empty());
    let command = inputs::command(["rolewalk", "plan", file.unwrap_or("PATH")]);
    failure.hint(format!("see what is left to do: `{command}`"), format!("残りの作業は `{command}` で確認できる"))
}

/// Says what has taken the place of a run.
pub fn instead(later: &Later) -> Text {
    let group = &later.group;
    match &later.run {
        Some((other, _)) => Text::new(
            format!("run {other} has taken group `{group}` since"),
            format!("グループ `{group}` はその後、実行 {other} に引き継がれた"),
        ),
        None => Text::new(
            format!("group `{group}` was found as declared since, by `apply` or `undo`"),
            format!("グループ `{group}` はその後、`apply` または `undo` で宣言どおりと確認された"),
        ),
    }
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

/// Returns the latest run that is not finished, and says which runs were passed over, and where none is left.
///
/// # Errors
/// Where no other run is left, one that can't be read may be the one to go on with: nobody says that all are done.
fn latest(setting: &Setting) -> Result<Option<Run>, Failure> {
    let Latest { run, overtaken, mut broken } = runs::latest(&setting.state, &system::tables())?;
    for (id, later) in &overtaken {
        let why = instead(later);
        setting.note(&Text::new(
            format!("note: run {id} is passed over: {}", why.en),
            format!("注: 実行 {id} は対象から除く ({})", why.ja),
        ));
    }
    let unread = if run.is_none() { broken.pop() } else { None };
    for (_, fault) in broken {
        setting.note(&Text::new(format!("note: {fault}; it is passed over"), format!("注: {fault} (対象から除く)")));
    }
    match (unread, run) {
        (Some((id, fault)), _) => Err(set_aside(setting, &id, fault)),
        (None, None) => {
            setting.remark(&match overtaken.is_empty() {
                true => Text::new("every run is done already", "すべての実行は完了している"),
                false => Text::new("no run is left to go on with", "再開する実行はない"),
            });
            Ok(None)
        }
        (None, run) => Ok(run),
    }
}

/// Says of a run that can't be read how it is set aside: it is nobody's then.
fn set_aside(setting: &Setting, id: &str, fault: RunFault) -> Failure {
    let folder = setting.state.run(id);
    let (from, to) = (shown(&folder), shown(&setting.state.folder().join(format!("set-aside-{id}"))));
    let command = match cfg!(windows) {
        // To `cmd.exe`'s own commands a slash begins an option.
        true => inputs::command(["move", &from.replace('/', "\\"), &to.replace('/', "\\")]),
        false => inputs::command(["mv", from.as_str(), to.as_str()]),
    };
    Failure::from(fault).nothing_changed().hint(
        format!(
            "it is never repaired; look at what is there with `rolewalk observe`, make a new plan, and set the run aside: `{command}`"
        ),
        format!(
            "修復はしない。`rolewalk observe` で現状を確認して計画し直し、この実行は対象から外す: `{command}`"
        ),
    )
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
