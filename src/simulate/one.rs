//! One simulation: a random group, a plan, a run with faults, and resumes until it has come to an end; and all that again
//! where the run does not come to the place at which the fault is to strike.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::format::journal;
use crate::model::event::Event;
use crate::model::plan::{GroupPlan, GroupVerdict, Plan};
use crate::plan::{plan, plan_all};
use crate::run::clock::Clock;
use crate::run::group::{GroupRun, Pace};
use crate::run::journal::Journal;
use crate::run::log::Log;
use crate::run::next::{Begun, Next, next};
use crate::run::observe::site_of;
use crate::run::runs::{self, Identity};
use crate::run::state::StateFault;
use crate::world::World;

use super::disk::{Disk, SimulatedMedium};
use super::fault::{Cell, Fault, Moment};
use super::ground::Ground;
use super::play::{At, Group, Machine, Play};
use super::plot::Plot;
use super::random::Random;
use super::stage::{Actor, Shared, Writes};

/// What one simulation came to, in all its plays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many processes went at the run, the second machine's among them.
    pub processes: usize,
    /// The faults that struck, with their cells where a step was at hand.
    pub struck: Vec<(Option<Cell>, Fault)>,
    /// How its last play ended.
    pub end: End,
    /// The invariants that were broken, in words.
    pub broken: Vec<String>,
    /// What happened, line by line, where it was asked for.
    pub story: Vec<String>,
}

/// How a simulation ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// The run reached what was declared.
    #[default]
    Declared,
    /// The run stopped, for people had changed the group by hand; a new plan reached what was declared.
    Replanned,
    /// People had changed the group by hand so that only people can go on, and it is said so.
    LeftToPeople,
}

/// How one process ended.
pub(super) enum Part {
    /// With this exit code.
    Ended(u8),
    /// It could not write its journal.
    Unwritten,
    /// It was ended.
    Crashed,
}

/// How often a process is given a turn at most: none waits for ever.
const MOST_TURNS: usize = 100_000;

/// How many plays one seed has at most. In the first, other faults may keep the run from its cell.
const MOST_PLAYS: usize = 4;

/// Simulates one seed, and tells what happens line by line.
pub fn simulate_told(ground: &'static Ground, seed: u64, target: Cell) -> Outcome {
    simulate_with(ground, seed, target, |play| {
        let mut told = vec![format!("the farm: {:?}", play.farm.status())];
        told.extend(play.groups.iter().map(|group| {
            let steps = group.plan.steps.iter().map(|step| format!("{} {}", step.transition.name, step.server));
            let declared = group.plan.topology.servers.iter().map(|one| format!("{} {}", one.server, one.role));
            let (declared, steps) = (declared.collect::<Vec<_>>().join(", "), steps.collect::<Vec<_>>().join(", "));
            format!("{}: declared {declared}; planned {steps}", group.plan.topology.group)
        }));
        play.story = Some(told);
    })
}

/// Simulates one seed. `target` is the cell that is to be met.
pub fn simulate(ground: &'static Ground, seed: u64, target: Cell) -> Outcome {
    simulate_with(ground, seed, target, |_| {})
}

/// Simulates one seed in plays that were prepared: where the first does not come to the cell, others follow in which
/// nothing else goes wrong.
pub fn simulate_with(ground: &'static Ground, seed: u64, target: Cell, prepare: impl Fn(&mut Play)) -> Outcome {
    let mut random = Random::of(seed);
    let mut outcome = Outcome::default();
    for number in 0..MOST_PLAYS {
        let Some((mut play, plan)) = begin(ground, &mut random, target) else {
            outcome.broken.push("no random group needs the row".into());
            return outcome;
        };
        play.plot = match number {
            0 => plot(&mut play.random, target),
            _ => Plot { target: Some((target, 0)), chance: 0, left: 1 },
        };
        prepare(&mut play);
        perform(play, &plan, &mut outcome);
        let is_met = outcome.struck.iter().any(|(cell, _)| *cell == Some(target));
        if is_met || !outcome.broken.is_empty() {
            break;
        }
    }
    outcome
}

/// Draws what goes wrong.
fn plot(random: &mut Random, target: Cell) -> Plot {
    // Many a cell has one chance alone: the only request of a step, the only line behind it.
    let skip = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2][random.below(12)];
    let chance = *random.pick(&[0, 0, 5, 20]);
    Plot { target: Some((target, skip)), chance, left: 1 + random.below(3) }
}

/// Performs one play, to its end.
fn perform(play: Play, plan: &Plan, outcome: &mut Outcome) {
    let shared = Shared::new(play);
    let last = walk(&shared, plan, &mut outcome.processes);
    outcome.end = settle(&shared, plan, last, outcome);
    let mut play = shared.hand();
    outcome.struck.append(&mut play.struck);
    outcome.broken.append(&mut play.broken);
    outcome.story.extend(play.story.take().into_iter().flatten());
}

/// Makes groups until the plan of one needs the row.
fn begin(ground: &'static Ground, random: &mut Random, target: Cell) -> Option<(Play, Plan)> {
    let row = &ground.system.table.transitions[target.row];
    for _ in 0..100 {
        let Some(scene) = (ground.scene)(random, row) else { continue };
        let mut play = Play::new(Random::of(random.number()), scene.farm, ground);
        let plan = planned(&mut play, &scene.topologies);
        if plan.groups.iter().any(|group| is_ready(group) && group.steps.iter().any(|step| step.transition == row)) {
            return Some((play, plan));
        }
    }
    None
}

fn is_ready(group: &GroupPlan) -> bool {
    group.verdict == GroupVerdict::Ready
}

/// Plans what is declared from what is there.
fn planned(play: &mut Play, topologies: &[crate::model::topology::Topology]) -> Plan {
    let now = play.time.now();
    let mut groups = Vec::new();
    for topology in topologies {
        let site = (play.ground.site)(topology);
        let nothing = GroupPlan { steps: Vec::new(), ..plan(topology, &Default::default(), now) };
        play.groups.push(Group { plan: nothing, site, acts: Vec::new(), begun: Default::default() });
    }
    for (index, topology) in topologies.iter().enumerate() {
        let truth = play.truth(index);
        let planned = plan_all(&[(topology, &truth)], now).remove(0);
        play.groups[index].site = site_of(&planned, &play.groups[index].site);
        play.groups[index].plan = planned.clone();
        groups.push(planned);
    }
    play.has_changed(None);
    Plan { groups }
}

/// Runs and resumes until the run is finished, or ends in the same way with nothing in its way. Returns how the last
/// process ended.
fn walk(shared: &Shared, plan: &Plan, processes: &mut usize) -> Part {
    let mut healthy = 0;
    for part in 0..24 {
        if part == 6 {
            shared.hand().heal();
        }
        let is_calm = shared.hand().plot.left == 0 && part >= 6;
        let ended = process(shared, plan, processes);
        if let Part::Ended(code) = ended {
            if finished(shared, plan) {
                return ended;
            }
            healthy += usize::from(is_calm);
            if code == 8 || healthy > plan.groups.iter().map(|group| group.steps.len()).sum::<usize>() + 3 {
                return ended;
            }
            between(shared, plan);
        } else if let Err(fault) = read(shared, 0) {
            shared.hand().broken.push(format!("after a crash the journal is refused: {fault}"));
            return ended;
        }
    }
    Part::Crashed
}

/// What happens while nobody runs: the operator works, and sometimes things get well.
fn between(shared: &Shared, plan: &Plan) {
    let mut play = shared.hand();
    if play.random.percent(40) {
        play.heal();
    }
    for (index, group) in plan.groups.iter().enumerate() {
        let Ok(journal) = read_of(&play.machines[0]) else { continue };
        let Next::Step { step, begun: Begun::Yes | Begun::InDoubt } = next(group, &journal.entries) else { continue };
        let is_done = crate::run::foreseen::is_reached(step, &play.truth(index));
        let status = play.farm.status().map(|status| status.operator);
        if !is_done && matches!(status, Ok(crate::world::practice::Operator::Person)) {
            for change in (play.ground.works)(&group.topology, step.transition.name, &step.server) {
                play.change(&change);
            }
        }
    }
}

/// Returns what the first machine's journal holds.
pub(super) fn entries(shared: &Shared) -> Vec<crate::model::event::Entry> {
    read(shared, 0).map(|journal| journal.entries.clone()).unwrap_or_default()
}

type Read = Result<Arc<journal::Journal>, journal::JournalFault>;

fn read_of(machine: &Machine) -> Read {
    machine.disk.lock().unwrap_or_else(PoisonError::into_inner).journal()
}

fn read(shared: &Shared, machine: usize) -> Read {
    read_of(&shared.hand().machines[machine])
}

fn finished(shared: &Shared, plan: &Plan) -> bool {
    match read(shared, 0) {
        Ok(journal) => runs::is_over(plan, &journal.entries),
        Err(fault) => {
            shared.hand().broken.push(format!("the journal is refused: {fault}"));
            false
        }
    }
}

/// Looks how it ended, and whether the command that people are told leads on.
fn settle(shared: &Shared, plan: &Plan, last: Part, outcome: &mut Outcome) -> End {
    let (topologies, is_edited): (Vec<_>, bool) = {
        let mut play = shared.hand();
        play.heal();
        (plan.groups.iter().map(|group| group.topology.clone()).collect(), play.is_edited)
    };
    let again = || {
        let mut play = shared.hand();
        play.groups.clear();
        play.machines = Default::default();
        planned(&mut play, &topologies)
    };
    let last_entries = read(shared, 0);
    watch_leftovers(shared);
    let anew = again();
    shared.hand().tell(|| {
        format!(
            "planned anew: {:?}",
            anew.groups
                .iter()
                .map(|group| (
                    &group.verdict,
                    &group.standings,
                    group.steps.iter().map(|step| (step.transition.name, &step.server)).collect::<Vec<_>>()
                ))
                .collect::<Vec<_>>()
        )
    });
    let was_ready = |index: usize| is_ready(&plan.groups[index]);
    let is_declared = |plan: &Plan| {
        plan.groups.iter().enumerate().all(|(index, group)| !was_ready(index) || group.verdict == GroupVerdict::InSync)
    };
    if is_declared(&anew) && matches!(last, Part::Ended(_)) {
        return End::Declared;
    }
    if !is_edited {
        let how = match last {
            Part::Ended(code) => format!("exit code {code}"),
            _ => "a crash each time".into(),
        };
        let entries = last_entries.iter().flat_map(|journal| journal.entries.iter().rev()).take(4);
        let told = entries.map(|entry| format!("{:?}", entry.event)).collect::<Vec<_>>().join(" <- ");
        let verdicts: Vec<&str> = anew.groups.iter().map(|group| group.verdict.as_str()).collect();
        shared.hand().broken.push(format!(
            "nobody changed the group by hand, and the run does not reach what is declared: {how}, {}; {told}",
            verdicts.join(", ")
        ));
        return End::LeftToPeople;
    }
    for _ in 0..8 {
        let anew = again();
        if is_declared(&anew) {
            return End::Replanned;
        }
        if !anew.groups.iter().any(is_ready) {
            let speechless = anew.groups.iter().filter(|group| !group.steps.is_empty() || group.blocked_by.is_empty());
            if speechless
                .into_iter()
                .any(|group| !matches!(group.verdict, GroupVerdict::InSync | GroupVerdict::Blocked))
            {
                shared.hand().broken.push("only people can go on, and it is not said why".into());
            }
            return End::LeftToPeople;
        }
        walk(shared, &anew, &mut outcome.processes);
    }
    // Each run stopped with a reason that people made, for example by naming a master that has no files.
    let is_reason = |entry: &crate::model::event::Entry| matches!(entry.event, Event::StepStopped { .. });
    if !entries(shared).iter().any(is_reason) {
        shared.hand().broken.push("plan after plan does not reach what is declared, and no reason is given".into());
    }
    End::LeftToPeople
}

/// Looks at what the run leaves on the farm.
fn watch_leftovers(shared: &Shared) {
    let play = &mut *shared.hand();
    let disk = play.machines[0].disk.lock().unwrap_or_else(PoisonError::into_inner);
    let journal = String::from_utf8_lossy(&disk.bytes).into_owned();
    drop(disk);
    if let Some(status) = play.status() {
        let left = (play.ground.leftovers)(&status, &journal);
        play.broken.extend(left);
    }
}

type Process<'a> = Pin<Box<dyn Future<Output = Result<u8, StateFault>> + 'a>>;

/// One process on the first machine, and whatever the second machine does meanwhile.
pub(super) fn process(shared: &Shared, plan: &Plan, processes: &mut usize) -> Part {
    let [first, second] = [0, 1].map(|machine| worlds(shared, plan, machine));
    let flag = AtomicBool::new(false);
    let time = shared.hand().time.clone();
    *processes += 1;
    let Some(mut running) = start(shared, plan, &first, &time, &flag, 0) else { return Part::Crashed };
    let mut other: Option<Process<'_>> = None;
    let mut ended: Option<Part> = None;
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..MOST_TURNS {
        if ended.is_none() && (other.is_none() || shared.hand().random.percent(50)) {
            let result = running.as_mut().poll(&mut context);
            ended = part(shared, 0, result);
        }
        let wants_second = std::mem::take(&mut shared.hand().wants_second);
        if wants_second && other.is_none() {
            *processes += 1;
            copy_disk(shared);
            other = start(shared, plan, &second, &time, &flag, 1);
        }
        let is_over = match &mut other {
            Some(process) => {
                let result = process.as_mut().poll(&mut context);
                part(shared, 1, result).is_some()
            }
            None => false,
        };
        if is_over {
            other = None;
            shared.hand().machines[1].is_running = false;
        }
        if other.is_none()
            && let Some(ended) = ended.take()
        {
            drop(running);
            shared.hand().machines[0].is_running = false;
            crash(shared, 0);
            return ended;
        }
    }
    shared.hand().broken.push("a process does not end".into());
    Part::Crashed
}

fn part(shared: &Shared, machine: usize, result: Poll<Result<u8, StateFault>>) -> Option<Part> {
    if shared.hand().machines[machine].crash.is_some() {
        return Some(Part::Crashed);
    }
    match result {
        Poll::Ready(Ok(code)) => Some(Part::Ended(code)),
        Poll::Ready(Err(_)) => Some(Part::Unwritten),
        Poll::Pending => None,
    }
}

/// What a crash leaves of the disk.
fn crash(shared: &Shared, machine: usize) {
    let play = &mut *shared.hand();
    let fault = play.machines[machine].crash.take();
    let mut disk = play.machines[machine].disk.lock().unwrap_or_else(PoisonError::into_inner);
    match fault {
        Some(Fault::PowerCut) => disk.power_cut(&mut play.random, false),
        Some(Fault::TornLine) => disk.power_cut(&mut play.random, true),
        _ => {}
    }
}

fn copy_disk(shared: &Shared) {
    let mut play = shared.hand();
    let bytes = play.machines[0].disk.lock().unwrap_or_else(PoisonError::into_inner).bytes.clone();
    play.machines[1] = Machine { disk: Arc::new(Disk::of(bytes).into()), ..Machine::default() };
}

fn worlds(shared: &Shared, plan: &Plan, machine: usize) -> Vec<World> {
    let actor = |group| World::Staged(Box::new(Actor { play: shared.clone(), machine, group }));
    (0..plan.groups.len()).map(actor).collect()
}

fn start<'a>(
    shared: &Shared,
    plan: &'a Plan,
    worlds: &'a [World],
    time: &'a super::time::Time,
    flag: &'a AtomicBool,
    machine: usize,
) -> Option<Process<'a>> {
    let read = match read(shared, machine) {
        Ok(read) => read,
        Err(fault) => {
            shared.hand().broken.push(format!("the journal is refused: {fault}"));
            return None;
        }
    };
    let (disk, sites) = {
        let mut play = shared.hand();
        play.machines[machine].is_running = true;
        play.machines[machine].at = plan.groups.iter().map(|group| at(group, &read)).collect();
        (Arc::clone(&play.machines[machine].disk), play.groups.iter().map(|one| one.site.clone()).collect::<Vec<_>>())
    };
    let fate = Writes { play: shared.clone(), machine };
    let medium = Box::new(SimulatedMedium::new(disk, Box::new(fate)));
    let journal = Journal::go_on_with(Path::new("journal.jsonl"), medium, &read).ok()?;
    let identity = Identity { who: "simulated".into(), host: format!("machine {machine}") };
    let opening = runs::opening("simulated", "b3:simulated", &read.entries, identity);
    let watcher = shared.clone();
    let log = Log::new(journal, read.entries.clone(), time, move |entry| watcher.told(machine, entry));
    let log = log.sparing(&read.entries);
    let system = shared.hand().ground.system;
    let groups = plan.groups.iter().zip(sites).zip(worlds).filter(|((group, _), _)| is_ready(group));
    let groups = groups.map(|((group, site), world)| GroupRun {
        plan: group,
        system,
        site,
        world,
        pace: Pace { poll: Duration::from_secs(1), patience: Some(Duration::from_secs(3)) },
        attended: false,
        clock: time,
        interrupted: flag,
    });
    Some(Box::pin(runs::go(groups.collect(), log, opening, runs::unready(plan), |_| Ok(()))))
}

/// Returns what a process is at that begins.
fn at(group: &GroupPlan, read: &journal::Journal) -> At {
    let step = match next(group, &read.entries) {
        Next::Step { step, .. } => step.number,
        Next::Nothing => group.steps.len() + 1,
    };
    At { step, moment: Some(Moment::Before), ..At::default() }
}
