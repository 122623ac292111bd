//! One group's part of a run.
//!
//! Per step: look; where the goal holds already, note it and go on; where what is there is not what the plan
//! foresaw, stop; ask the guards, and stop on anything but yes; write the intent; act; look until it is so.
//! A reply that did not come is followed by a look, never by a second try.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::model::event::{Ending, Entry, Event, Outcome};
use crate::model::guard::{GuardAnswer, Verdict};
use crate::model::plan::{GroupPlan, Step};
use crate::model::request::{Request, Task};
use crate::model::site::Site;
use crate::model::snapshot::GroupSnapshot;
use crate::model::topology::Waiver;
use crate::model::words::Text;
use crate::plan::ask::ask as ask_guards;
use crate::system::{Judgement, System};
use crate::world::World;

use super::clock::Clock;
use super::foreseen::{
    finishing, is_half_done, is_passed, is_reached, left, not_gone_on, otherwise, replaced, unforeseen,
};
use super::log::{Log, write};
use super::needs;
use super::next::{Begun, Next, may_land, next};
use super::observe::observe;
use super::relied;
use super::state::StateFault;
use super::window::{closes, too_late};

/// What one group's part of a run needs.
pub struct GroupRun<'a> {
    /// The plan.
    pub plan: &'a GroupPlan,
    /// The group's system.
    pub system: &'static System,
    /// How requests are worded here.
    pub site: Site,
    /// Who performs them.
    pub world: &'a World,
    /// How often and how long to look.
    pub pace: Pace,
    /// Whether somebody sits at a terminal, so that waiting for an operator makes sense.
    pub attended: bool,
    /// Who tells the time.
    pub clock: &'a dyn Clock,
    /// Set once a person interrupts the run.
    pub interrupted: &'a AtomicBool,
}

/// How often and how long to look until a step is seen to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The time between two looks.
    pub poll: Duration,
    /// The longest time to look after rolewalk's own steps, where it is less than the table's limit.
    pub patience: Option<Duration>,
}

/// How one step ended.
enum StepEnd {
    Done,
    /// With what was seen last.
    Stopped(Stop, GroupSnapshot),
}

/// Why a step is not done.
struct Stop(Outcome, Ending, Text);

/// Walks one group through the steps that its journal does not show as done.
///
/// # Errors
/// Returns a [`StateFault`] where the journal could not be written; the step in hand is left as it is.
pub async fn run_group(run: &GroupRun<'_>, log: &RefCell<Log<'_>>) -> Result<Ending, StateFault> {
    let group = run.plan.topology.group.clone();
    write(log, Event::GroupStarted { group: group.clone(), steps: run.plan.steps.len() }).await?;
    let ending = loop {
        let (step, begun) = match next(run.plan, log.borrow().of(&group)) {
            Next::Nothing => break Ending::Done,
            Next::Step { step, begun } => (step, begun),
        };
        let number = step.number;
        if begun != Begun::No && may_land(&group, number, log.borrow().of(&group)) {
            wait_out(run).await;
        }
        if run.interrupted.load(Ordering::SeqCst) {
            break Ending::Interrupted;
        }
        if let StepEnd::Stopped(Stop(outcome, ending, cause), now) = run_step(run, log, step, begun).await? {
            let otherwise = otherwise(&run.plan.standings_before(number), &now);
            let event = Event::StepStopped { group: group.clone(), step: number, outcome, cause, otherwise };
            write(log, event).await?;
            break ending;
        }
    };
    write(log, Event::GroupEnded { group, ending }).await?;
    Ok(ending)
}

/// Waits until nothing is carried out any more that an earlier process gave up, or a person interrupts.
async fn wait_out(run: &GroupRun<'_>) {
    let start = run.clock.elapsed();
    let is_over = || run.clock.elapsed().saturating_sub(start) >= run.world.lands_within();
    while !is_over() && !run.interrupted.load(Ordering::SeqCst) {
        run.clock.wait(run.pace.poll).await;
    }
}

async fn run_step(
    run: &GroupRun<'_>,
    log: &RefCell<Log<'_>>,
    step: &Step,
    begun: Begun,
) -> Result<StepEnd, StateFault> {
    let now = observe(run.system, &run.site, run.world).await;
    note_attested(run, log, step, &now).await?;
    if is_reached(step, &now) || is_passed(run.plan, step, &now) {
        return done(run, log, step, true).await;
    }
    if let Some((ending, cause)) = unforeseen(run.plan, step, begun, &now) {
        let is_unknown = ending == Ending::Unknown;
        let wanted = is_unknown.then(|| relied::roles_wanted(run.plan, run.system, &now.facts)).flatten();
        let ending = ask_to_attest(run, log, step, wanted, ending).await?;
        return Ok(StepEnd::Stopped(Stop(not_gone_on(step, begun, &now), ending, cause), now));
    }
    if let Some(cause) = replaced(run.plan, step, &now) {
        return Ok(StepEnd::Stopped(Stop(not_gone_on(step, begun, &now), Ending::Stale, cause), now));
    }
    let answers = ask(run, step, &now);
    write(log, guards_asked(run, step, &answers)).await?;
    if let Some((ending, cause)) = refusal(run, step, &answers) {
        let wanted = relied::wanted(run.plan, run.system, &step.server, &answers, &now.facts);
        let ending = ask_to_attest(run, log, step, wanted.filter(|_| ending == Ending::Unknown), ending).await?;
        return Ok(StepEnd::Stopped(Stop(not_gone_on(step, begun, &now), ending, cause), now));
    }
    let requests = (run.system.acts)(&run.site, step, &now);
    if let Some((ending, cause)) = needs::unmet(run.system, run.plan, step, &requests, &now) {
        return Ok(StepEnd::Stopped(Stop(not_gone_on(step, begun, &now), ending, cause), now));
    }
    // A step that is seen to be half done is finished whatever the hour: half done is worse than late. One that was
    // begun and shows nothing of it begins anew, and so in a window.
    let late = too_late(run.plan, step, run.clock.now()).filter(|_| !is_half_done(run.plan, step, begun, &now));
    if let Some(cause) = late {
        return Ok(StepEnd::Stopped(Stop(not_gone_on(step, begun, &now), Ending::Blocked, cause), now));
    }
    write(
        log,
        Event::StepStarted {
            group: run.plan.topology.group.clone(),
            step: step.number,
            transition: step.transition.name.into(),
            server: step.server.clone(),
            requests: requests.iter().map(Request::told).collect(),
        },
    )
    .await?;
    let acted = act(run, log, step, requests).await?;
    conclude(run, log, step, begun, &now, acted).await
}

/// Notes the attested facts on which the run has not relied before.
async fn note_attested(
    run: &GroupRun<'_>,
    log: &RefCell<Log<'_>>,
    step: &Step,
    now: &GroupSnapshot,
) -> Result<(), StateFault> {
    let group = run.plan.topology.group.clone();
    let facts = relied::new_facts(&group, &now.facts, log.borrow().of(&group));
    match facts.is_empty() {
        true => Ok(()),
        false => write(log, Event::FactsAttested { group, step: step.number, facts }).await,
    }
}

/// Asks a person to attest what no probe can see: the run waits for that, and is not without an answer.
async fn ask_to_attest(
    run: &GroupRun<'_>,
    log: &RefCell<Log<'_>>,
    step: &Step,
    wanted: Option<Text>,
    otherwise: Ending,
) -> Result<Ending, StateFault> {
    let Some(wanted) = wanted else { return Ok(otherwise) };
    let until = until(run, log, step);
    let asked = Event::OperatorAsked {
        group: run.plan.topology.group.clone(),
        step: step.number,
        host: step.runs_on.clone(),
        instructions: vec![wanted],
        until,
    };
    write(log, asked).await?;
    Ok(Ending::Waiting)
}

/// Returns when the time of whoever is asked to work on a step is up. It runs from when a person was asked first: asking
/// again gives no more.
fn until(run: &GroupRun<'_>, log: &RefCell<Log<'_>>, step: &Step) -> Timestamp {
    let asked = |entry: &Entry| match &entry.event {
        Event::OperatorAsked { step: of, until, .. } => (*of == step.number).then_some(*until),
        _ => None,
    };
    let limit = SignedDuration::try_from(step.transition.limit).unwrap_or(SignedDuration::from_hours(24));
    let first = log.borrow().of(&run.plan.topology.group).iter().find_map(asked);
    first.unwrap_or_else(|| run.clock.now().checked_add(limit).unwrap_or(Timestamp::MAX))
}

/// What came of a step's requests: what the last reply means, how many before it were answered well, and why no more
/// were asked, where a guard stopped them in between.
struct Acted {
    judgement: Judgement,
    well: usize,
    refused: Option<(Ending, Text)>,
}

/// Returns whether what was seen before a request may be old after it: it takes as long as what it moves is large.
fn takes_long(request: &Request) -> bool {
    matches!(request, Request::SaveOutput { .. } | Request::CopyFile { .. })
}

/// Performs a step's requests in order, stopping at the first that is not as it should be.
async fn act(
    run: &GroupRun<'_>,
    log: &RefCell<Log<'_>>,
    step: &Step,
    requests: Vec<Request>,
) -> Result<Acted, StateFault> {
    let all = requests.len();
    let mut took_long = false;
    for (well, request) in requests.into_iter().enumerate() {
        if std::mem::take(&mut took_long) && !takes_long(&request) {
            // The window between guard and act is not to be as wide as a data store is large.
            let now = observe(run.system, &run.site, run.world).await;
            let refused = unforeseen(run.plan, step, Begun::Yes, &now)
                .or_else(|| refusal(run, step, &ask(run, step, &now)))
                .or_else(|| needs::unmet(run.system, run.plan, step, std::slice::from_ref(&request), &now));
            if refused.is_some() {
                return Ok(Acted { judgement: Judgement::Fine, well, refused });
            }
        }
        took_long = takes_long(&request);
        let reply = run.world.perform(&request).await;
        let judgement = (run.system.judges)(&request, &reply);
        write(
            log,
            Event::Answered {
                group: run.plan.topology.group.clone(),
                step: step.number,
                request: request.to_string(),
                reply: reply.told(),
            },
        )
        .await?;
        if judgement != Judgement::Fine {
            return Ok(Acted { judgement, well, refused: None });
        }
    }
    Ok(Acted { judgement: Judgement::Fine, well: all, refused: None })
}

/// Looks until the step is seen to be done, or says in what state it is left.
async fn conclude(
    run: &GroupRun<'_>,
    log: &RefCell<Log<'_>>,
    step: &Step,
    begun: Begun,
    before: &GroupSnapshot,
    acted: Acted,
) -> Result<StepEnd, StateFault> {
    if let Some((ending, cause)) = acted.refused {
        let now = look_until(run, step, Duration::ZERO).await;
        if is_reached(step, &now) {
            note_attested(run, log, step, &now).await?;
            return done(run, log, step, false).await;
        }
        return Ok(StepEnd::Stopped(Stop(Outcome::FailedChanged, ending, cause), now));
    }
    let limit = run.pace.patience.unwrap_or(step.transition.limit).min(step.transition.limit);
    // What an earlier part of the run asked for may have left something behind, or may still follow.
    let mut may_follow = begun == Begun::InDoubt;
    let (limit, cause) = match acted.judgement {
        Judgement::Fine => (limit, None),
        Judgement::Failed(why) => (Duration::ZERO, Some(Text::new(why.clone(), why))),
        // The answer was lost: a look or two tell whether it was carried out. Where they don't, it may still be.
        Judgement::Unknown(why) => {
            may_follow = true;
            (run.pace.poll * 2, Some(given_up(run, why)))
        }
        Judgement::Waiting(task) => return wait(run, log, step, task).await,
    };
    let now = look_until(run, step, limit).await;
    if is_reached(step, &now) {
        note_attested(run, log, step, &now).await?;
        return done(run, log, step, false).await;
    }
    if run.interrupted.load(Ordering::SeqCst) && cause.is_none() {
        let cause = Text::new("it was interrupted while it was looked at", "確認中に中断された");
        return Ok(StepEnd::Stopped(Stop(Outcome::Unknown, Ending::Interrupted, cause), now));
    }
    let cause = cause.unwrap_or_else(|| {
        let seconds = limit.as_secs();
        Text::new(
            format!("it was not seen to be done within {seconds} s"),
            format!("{seconds} 秒以内に完了を確認できなかった"),
        )
    });
    let left = match left(step, before, &now) {
        Outcome::FailedUnchanged if may_follow => Outcome::Unknown,
        // No mark shows it, and it was carried out all the same.
        Outcome::FailedUnchanged if acted.well > 0 => Outcome::FailedChanged,
        left => left,
    };
    let stop = match left {
        Outcome::Unknown => Stop(Outcome::Unknown, Ending::Unknown, cause),
        outcome => Stop(outcome, Ending::Failed, cause),
    };
    Ok(StepEnd::Stopped(stop, now))
}

/// Says why a request was given up, and what whoever goes on does about it.
fn given_up(run: &GroupRun<'_>, why: String) -> Text {
    match run.world.lands_within().as_secs() {
        0 => Text::new(why.clone(), why),
        seconds => Text::new(
            format!("{why}; it may still be carried out, and `resume` waits {seconds} s for that before it looks"),
            format!("{why} (遅れて実行される可能性があるため、`resume` は {seconds} 秒待ってから確認する)"),
        ),
    }
}

/// Waits for a person: at a terminal until the time limit, without one not at all.
async fn wait(run: &GroupRun<'_>, log: &RefCell<Log<'_>>, step: &Step, task: Task) -> Result<StepEnd, StateFault> {
    let limit = step.transition.limit;
    let closes = closes(&run.plan.topology, run.clock.now());
    let instructions = task.instructions.into_iter().chain(closes);
    let instructions = instructions.chain(relied::proof(run.plan, run.system, step)).collect();
    let until = until(run, log, step);
    let asked = Event::OperatorAsked {
        group: run.plan.topology.group.clone(),
        step: step.number,
        host: task.host,
        instructions,
        until,
    };
    write(log, asked).await?;
    let now = look_until(run, step, if run.attended { limit } else { Duration::ZERO }).await;
    if is_reached(step, &now) {
        note_attested(run, log, step, &now).await?;
        return done(run, log, step, false).await;
    }
    let ending = if run.interrupted.load(Ordering::SeqCst) { Ending::Interrupted } else { Ending::Waiting };
    let cause = Text::new(
        format!("an operator is asked to work on `{}`", step.runs_on),
        format!("`{}` でのオペレーターの作業待ち", step.runs_on),
    );
    Ok(StepEnd::Stopped(Stop(Outcome::Waiting, ending, cause), now))
}

/// Looks until the step's goal holds, the time is up, or a person interrupts; returns what was seen last.
async fn look_until(run: &GroupRun<'_>, step: &Step, limit: Duration) -> GroupSnapshot {
    let start = run.clock.elapsed();
    loop {
        let now = observe(run.system, &run.site, run.world).await;
        let is_over = run.clock.elapsed().saturating_sub(start) >= limit || run.interrupted.load(Ordering::SeqCst);
        if is_over || is_reached(step, &now) {
            return now;
        }
        run.clock.wait(run.pace.poll).await;
    }
}

async fn done(run: &GroupRun<'_>, log: &RefCell<Log<'_>>, step: &Step, already: bool) -> Result<StepEnd, StateFault> {
    write(
        log,
        Event::StepDone {
            group: run.plan.topology.group.clone(),
            step: step.number,
            changes: step.changes.clone(),
            marks: step.marks.clone(),
            already,
        },
    )
    .await?;
    Ok(StepEnd::Done)
}

/// Asks the guards of the step; where it is half done, those of the row that finishes it.
fn ask(run: &GroupRun<'_>, step: &Step, now: &GroupSnapshot) -> Vec<GuardAnswer> {
    let asked = match finishing(run.plan, step, now) {
        Some(row) => &Step { transition: row, ..step.clone() },
        None => step,
    };
    ask_guards(&run.plan.topology, asked, &now.servers, &now.facts, run.clock.now())
}

fn guards_asked(run: &GroupRun<'_>, step: &Step, answers: &[GuardAnswer]) -> Event {
    let answer =
        |one: &GuardAnswer| (one.name.to_string(), one.answer.verdict, one.answer.because.clone(), one.waived.clone());
    Event::GuardsAsked {
        group: run.plan.topology.group.clone(),
        step: step.number,
        answers: answers.iter().map(answer).collect(),
    }
}

/// Stops on anything but yes: a `no` blocks, an `unknown` could not be determined. Where a waiver of the guard has ended
/// since the plan was made, that is said.
fn refusal(run: &GroupRun<'_>, step: &Step, answers: &[GuardAnswer]) -> Option<(Ending, Text)> {
    let refused = |verdict| answers.iter().find(move |one| !one.lets_pass() && one.answer.verdict == verdict);
    let stop = |one: &GuardAnswer, ending| {
        let because = &one.answer.because;
        let ended = run.plan.topology.ended_waiver(one.name, &step.server, run.clock.now()).map(waiver_ended);
        let ended = ended.unwrap_or_default();
        let cause = Text::new(
            format!("guard `{}`: {}{}", one.name, because.en, ended.en),
            format!("条件 `{}`: {}{}", one.name, because.ja, ended.ja),
        );
        (ending, cause)
    };
    let no = refused(Verdict::No).map(|one| stop(one, Ending::Blocked));
    no.or_else(|| refused(Verdict::Unknown).map(|one| stop(one, Ending::Unknown)))
}

fn waiver_ended(waiver: &Waiver) -> Text {
    let Waiver { owner, until, .. } = waiver;
    Text::new(
        format!("; its waiver by {owner} ended on {until}"),
        format!(" ({owner} による適用除外は {until} に期限切れ)"),
    )
}
