//! `apply`: shows the plan, has it approved, and walks.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use crate::format::{journal as journal_file, plan as plan_file};
use crate::model::event::{Entry, Event};
use crate::model::plan::{GroupPlan, GroupVerdict, Plan};
use crate::model::snapshot::Snapshot;
use crate::model::topology::Topology;
use crate::model::words::{Text, Words};
use crate::report;
use crate::run::again::last_part;
use crate::run::clock::MachineClock;
use crate::run::generation;
use crate::run::group::GroupRun;
use crate::run::journal::Journal;
use crate::run::lock::Lock;
use crate::run::log::Log;
use crate::run::observe::site_of;
use crate::run::runs;
use crate::run::state::{StateFault, flush_folder, write_files};
use crate::run::window;
use crate::system;

use super::arguments::{Apply, RunFormat};
use super::failure::Failure;
use super::inputs::{self, Inputs, shown};
use super::landing;
use super::locks::{take_in_databases, take_locks};
use super::plan::{exit_code, make};
use super::progress;
use super::reach::{self, Reaches};
use super::recorded;
use super::setting::Setting;
use super::verify::{check_fresh, check_id, check_plan};

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Apply) -> Result<u8, Failure> {
    match arguments.paths.as_slice() {
        [one] if inputs::is_plan(one) => saved(setting, arguments, one),
        paths if paths.iter().any(|path| inputs::is_plan(path)) => {
            Err(plan_alone(Words { en: "applied", ja: "適用" }))
        }
        paths => {
            let inputs = inputs::read(paths).map_err(Failure::nothing_changed)?;
            fresh(
                setting,
                &inputs.topologies,
                &inputs,
                &Approval { yes: arguments.yes, id: arguments.id.as_deref(), paranoid: arguments.paranoid },
            )
        }
    }
}

/// Refuses a saved plan beside something else; `done` is what was to be done with it.
pub fn plan_alone(done: Words) -> Failure {
    let message = (format!("a saved plan is {} alone", done.en), format!("保存した計画は 1 つだけ{}する", done.ja));
    Failure::new(1, message.0, message.1).nothing_changed()
}

/// What was approved on the command line.
pub struct Approval<'a> {
    /// `--yes`
    pub yes: bool,
    /// `--id`
    pub id: Option<&'a str>,
    /// `--paranoid`
    pub paranoid: bool,
}

/// Observes, plans, asks, and walks.
pub fn fresh(
    setting: &Setting,
    topologies: &[Topology],
    inputs: &Inputs,
    approval: &Approval<'_>,
) -> Result<u8, Failure> {
    let mut locks = take_locks(setting, topologies)?;
    let mut reaches = reach::open(setting, topologies, inputs)?;
    take_in_databases(topologies, &reaches)?;
    landing::wait_out(setting, topologies, &reaches);
    reaches.read_afresh(approval.paranoid);
    let seen = look(setting, &reaches)?;
    let mut plan = make(topologies, &seen);
    reach::note(&mut plan, &reaches);
    let id = plan_file::id(&plan);
    check_id(approval.id, &id)?;
    let is_ready = plan.groups.iter().any(|group| group.verdict == GroupVerdict::Ready);
    let is_asked = is_ready && !approval.yes && setting.attended;
    setting.show_plan(&report::text::plan(&plan, Some(&id), None, &setting.look()), is_asked);
    let in_sync = plan.groups.iter().filter(|group| group.verdict == GroupVerdict::InSync);
    record_applied(setting, &in_sync.collect::<Vec<_>>())?;
    if !is_ready {
        return nothing_to_do(setting, &plan, &mut locks);
    }
    check_windows(&plan)?;
    if !approval.yes {
        approve(setting)?;
    }
    walk(setting, &plan, &reaches, locks)
}

/// Looks at every group, and tells what changed since the last look without a new version.
fn look(setting: &Setting, reaches: &Reaches) -> Result<Snapshot, Failure> {
    let looks = reach::look_all(reaches)?;
    recorded::tell(setting, &reaches.groups, &looks);
    Ok(reach::snapshot(&looks))
}

/// Ends where no group can be walked. An earlier run of a group that is as declared has no say in it any more.
fn nothing_to_do(setting: &Setting, plan: &Plan, locks: &mut [Lock]) -> Result<u8, Failure> {
    let code = exit_code(plan, false);
    if code != 0 {
        setting.remark(&Text::new("nothing has been changed", "何も変更していない"));
    }
    let in_sync = plan.groups.iter().zip(locks).filter(|(group, _)| group.verdict == GroupVerdict::InSync);
    for (_, lock) in in_sync {
        lock.fence.note_in_sync(reach::now())?;
    }
    flush_folder(&setting.state.generations())?;
    Ok(code)
}

/// Carries out a saved plan, if its facts still hold.
fn saved(setting: &Setting, arguments: &Apply, path: &Path) -> Result<u8, Failure> {
    let (plan, id) = read_plan(path).map_err(Failure::nothing_changed)?;
    check_id(arguments.id.as_deref(), &id)?;
    check_plan(&plan, path, reach::now())?;
    let topologies: Vec<Topology> = plan.groups.iter().map(|group| group.topology.clone()).collect();
    let inputs = inputs::connections_for(setting, &topologies).map_err(Failure::nothing_changed)?;
    let mut locks = take_locks(setting, &topologies)?;
    let mut reaches = reach::open(setting, &topologies, &inputs)?;
    take_in_databases(&topologies, &reaches)?;
    landing::wait_out(setting, &topologies, &reaches);
    reaches.read_afresh(arguments.paranoid);
    let seen = look(setting, &reaches)?;
    check_fresh(&plan, &seen.groups, path)?;
    setting.show_plan(&report::text::plan(&plan, Some(&id), None, &setting.look()), false);
    reach::say_new(setting, &plan, &reaches);
    if !plan.groups.iter().any(|group| group.verdict == GroupVerdict::Ready) {
        return nothing_to_do(setting, &plan, &mut locks);
    }
    check_windows(&plan)?;
    walk(setting, &plan, &reaches, locks)
}

/// Reads a saved plan and its id, once: what is checked is what is carried out.
fn read_plan(path: &Path) -> Result<(Plan, String), Failure> {
    Ok(plan_file::read(&shown(path), &inputs::read_file(path)?, &system::tables())?)
}

/// Refuses to begin a run of which every group is outside its maintenance windows. Where only some are, the run is
/// begun, and theirs stop before the first step.
fn check_windows(plan: &Plan) -> Result<(), Failure> {
    let ready = plan.groups.iter().filter(|group| group.verdict == GroupVerdict::Ready);
    let closed: Vec<Option<Text>> = ready.map(|group| window::closed(&group.topology, Timestamp::now())).collect();
    match closed.into_iter().collect::<Option<Vec<Text>>>() {
        Some(causes) if !causes.is_empty() => {
            let causes = causes.into_iter();
            let failure =
                Failure::new(5, "no maintenance window is open", "メンテナンス時間外である").nothing_changed();
            Err(causes.fold(failure, |failure, cause| failure.line(&cause.en, &cause.ja)))
        }
        _ => Ok(()),
    }
}

fn approve(setting: &Setting) -> Result<(), Failure> {
    if !setting.attended {
        return Err(Failure::new(
            1,
            "the plan is not approved: there is no terminal to ask at, no `--yes`, and no saved plan",
            "計画が承認されていない (端末も `--yes` も保存した計画もない)",
        )
        .nothing_changed()
        .hint(
            "review it with `rolewalk plan -o plan.json PATH`, then `rolewalk apply plan.json`",
            "`rolewalk plan -o plan.json PATH` で確認し、`rolewalk apply plan.json` を実行する",
        ));
    }
    match setting.confirms(&Text::new("Carry this plan out?", "この計画を実行しますか?")) {
        true => Ok(()),
        false => Err(Failure::new(1, "the plan was not approved", "計画は承認されなかった").nothing_changed()),
    }
}

fn walk(setting: &Setting, plan: &Plan, reaches: &Reaches, locks: Vec<Lock>) -> Result<u8, Failure> {
    let (run, plan_id, journal) =
        runs::begin(&setting.state, plan, Timestamp::now()).map_err(|fault| Failure::from(fault).nothing_changed())?;
    let opening = runs::opening(&run, &plan_id, &[], setting.identity());
    let part = Part { journal, entries: Vec::new(), opening, others: BTreeSet::new() };
    let code = go(setting, plan, reaches, &locks, part)?;
    drop(locks);
    Ok(code)
}

/// One process's part of a run.
pub struct Part {
    /// Where it is written.
    pub journal: Journal,
    /// What was written before.
    pub entries: Vec<Entry>,
    /// How it begins.
    pub opening: Event,
    /// The groups of the run that are another run's by now: nothing of them is left to do, and nothing is noted.
    pub others: BTreeSet<String>,
}

/// Walks every group that is ready, from wherever the journal says it is.
pub fn go(setting: &Setting, plan: &Plan, reaches: &Reaches, locks: &[Lock], part: Part) -> Result<u8, Failure> {
    let Part { journal, entries, opening, others } = part;
    let taken = locks.iter().map(|lock| (lock.fence.group().to_string(), lock.fence.number()));
    let opening = opening.taking(taken.filter(|(group, _)| !others.contains(group)));
    let interrupted = Arc::new(AtomicBool::new(false));
    listen(setting, &interrupted);
    let known = entries.clone();
    let mut shown = entries.clone();
    let mut previous = journal.last_hash().to_string();
    let line = progress::Line::of(setting);
    // A run that has begun goes on though nobody reads along: the journal has it all.
    let is_told = Cell::new(false);
    let mut say = |entry: &Entry| match setting.run_format {
        RunFormat::Jsonl => {
            let line = journal_file::line(entry, &previous);
            previous = journal_file::digest(&line);
            setting.print(&format!("{line}\n"));
        }
        RunFormat::Text if setting.quiet => {}
        RunFormat::Text => {
            setting.print(&report::events::event(&shown, entry, plan, &setting.look()));
            shown.push(entry.clone());
        }
    };
    let show = |entry: &Entry| {
        is_told.set(true);
        line.tell(entry, plan, || say(entry));
    };
    let clock = MachineClock::start();
    let fences = locks.iter().map(|lock| lock.fence.clone());
    let log = Log::new(journal, entries, &clock, show).fenced(fences);
    // Whoever sits at a terminal is to see what is asked of him while he is waited for.
    let log = if setting.attended { log } else { log.sparing(&known) };
    let is_ours = |group: &GroupPlan| group.verdict == GroupVerdict::Ready && !others.contains(&group.topology.group);
    let ours = plan.groups.iter().zip(&reaches.groups).filter(|(group, _)| is_ours(group));
    let groups = ours.map(|(group, reach)| GroupRun {
        plan: group,
        system: reach.system,
        site: site_of(group, &reach.site),
        world: &reaches.worlds[reach.world],
        pace: reach.pace,
        attended: setting.attended,
        clock: &clock,
        interrupted: &interrupted,
    });
    let applied = |groups: &[&GroupPlan]| record_applied(setting, groups).map_err(Stopped);
    let gone = runs::go(groups.collect(), log, opening, runs::unready(plan), applied);
    let code = reaches.runtime.block_on(gone).map_err(|Stopped(failure)| failure)?;
    if !is_told.get() {
        tell_again(setting, plan, &known);
    }
    Ok(code)
}

/// Tells the last part of a run once more, where it still waits for the same and nothing was written.
fn tell_again(setting: &Setting, plan: &Plan, entries: &[Entry]) {
    let part = last_part(entries);
    if setting.run_format == RunFormat::Text && !setting.quiet {
        let begin = entries.len() - part.len();
        let told = |at: usize| report::events::event(&entries[..at], &entries[at], plan, &setting.look());
        setting.print(&(begin..entries.len()).map(told).collect::<String>());
    }
    if let Some(last) = part.first() {
        let at = last.at.strftime("%Y-%m-%d %H:%M:%SZ");
        setting.remark(&Text::new(
            format!("nothing is new since {at}: it still waits for the same, and no line was written"),
            format!("{at} から変化なし: 同じ作業を待っている (記録は追加していない)"),
        ));
    }
}

/// Why a run that has begun can't go on.
struct Stopped(Failure);

/// The state folder can't be written any more.
impl From<StateFault> for Stopped {
    fn from(fault: StateFault) -> Stopped {
        if generation::overtaken(&fault).is_some() {
            return Stopped(Failure::from(fault));
        }
        Stopped(Failure::from(fault).hint(
            "nothing more is done; once the disk can be written, `rolewalk resume` looks what was done and goes on",
            "これ以上は何もしない。ディスクに書き込めるようになったら `rolewalk resume` で再開する",
        ))
    }
}

/// Keeps what was applied, so that drift can be told from a change that is still pending.
fn record_applied(setting: &Setting, groups: &[&GroupPlan]) -> Result<(), Failure> {
    let file = |group: &&GroupPlan| {
        let applied = Plan { groups: vec![GroupPlan { blocked_by: Vec::new(), ..(*group).clone() }] };
        let path = setting.state.applied(group.topology.table.system, &group.topology.group);
        (path, plan_file::write(&applied).0.into_bytes())
    };
    let written = write_files(&groups.iter().map(file).collect::<Vec<_>>());
    groups.iter().zip(written).try_for_each(|(group, written)| {
        let name = &group.topology.group;
        written.map_err(|fault| {
            Failure::from(fault).line(
                &format!("group `{name}` is as declared; only the note of it is missing, by which `drift` knows"),
                &format!("グループ `{name}` は宣言どおり。`drift` が参照する記録だけを書き込めなかった"),
            )
        })
    })
}

/// Notes a person's interrupt, on a thread of its own so that no blocking request hides it.
fn listen(setting: &Setting, interrupted: &Arc<AtomicBool>) {
    let flag = Arc::clone(interrupted);
    let said = Text::new(
        "interrupted: the step in hand is brought to its end, then the run stops (again: stop at once)",
        "中断: 実行中のステップが終わりしだい停止する (もう一度で即時停止)",
    );
    let (language, quiet) = (setting.language, setting.quiet);
    // Without the thread an interrupt ends the process at once, which the journal survives as well.
    let _ = std::thread::Builder::new().name("interrupt".into()).spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            while tokio::signal::ctrl_c().await.is_ok() {
                if flag.swap(true, Ordering::SeqCst) {
                    std::process::exit(130);
                }
                if !quiet {
                    eprintln!("{}", said.say(language));
                }
            }
        });
    });
}
