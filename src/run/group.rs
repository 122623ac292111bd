//! One group's part of a run.
//!
//! Per step: look; where the goal holds already, note it and go on; where what is there is not what the plan
//! foresaw, stop; ask the guards, and stop on anything but yes; write the intent; act; look until it is so.
//! A reply that did not come is followed by a look, never by a second try.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::model::event::{Ending, Entry, Event, Outcome};
use crate::model::fact::{Fact, ROLE, Value, is_pinned};
use crate::model::guard::{GuardAnswer, Verdict};
use crate::model::name::ServerName;
use crate::model::plan::{GroupPlan, Step};
use crate::model::request::{Reply, Request, Task};
use crate::model::site::Site;
use crate::model::snapshot::{GroupSnapshot, Standing, Standings, leaders};
use crate::model::table::{MarkName, RoleName, Statement, Transition};
use crate::model::words::Text;
use crate::plan::ask::ask as ask_guards;
use crate::system::{Judgement, System};
use crate::world::World;

use super::clock::Clock;
use super::generation::Fence;
use super::journal::Journal;
use super::needs;
use super::next::{NO_ANSWER, Next, is_in_doubt, may_land, next};
use super::observe::observe;
use super::relied;
use super::state::StateFault;
use super::window::too_late;

/// A journal with those who watch it: every event is on disk before anybody sees it.
pub struct Log<'a> {
    journal: Journal,
    entries: Vec<Entry>,
    clock: &'a dyn Clock,
    show: Box<dyn FnMut(&Entry) + 'a>,
    fences: Vec<Fence>,
}

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

impl<'a> Log<'a> {
    /// Puts a journal and its watcher together; `entries` are what the journal holds already.
    pub fn new(journal: Journal, entries: Vec<Entry>, clock: &'a dyn Clock, show: impl FnMut(&Entry) + 'a) -> Log<'a> {
        Log { journal, entries, clock, show: Box::new(show), fences: Vec::new() }
    }

    /// Has every line checked against the generations that the run has taken: once another has taken a group, nothing
    /// of it is written any more, and so nothing done.
    pub fn fenced(mut self, fences: impl IntoIterator<Item = Fence>) -> Log<'a> {
        self.fences.extend(fences);
        self
    }

    /// Writes an event to disk, then shows it.
    ///
    /// # Errors
    /// Returns a [`StateFault`] where it could not be written, or where another run has taken the group since: nothing may
    /// be done on its strength.
    pub fn write(&mut self, event: Event) -> Result<(), StateFault> {
        let group = event.group();
        let mut concerned = self.fences.iter().filter(|fence| group.is_none_or(|group| group == fence.group()));
        concerned.try_for_each(Fence::check)?;
        let entry = self.journal.write(self.clock.now(), event)?;
        (self.show)(&entry);
        self.entries.push(entry);
        Ok(())
    }

    /// Returns all entries so far.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// Whether an earlier part of the run began a step that is not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begun {
    /// It did not.
    No,
    /// It did, and knew that nothing of it was left behind.
    Yes,
    /// It did, and what came of that is not known.
    InDoubt,
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
    log.borrow_mut().write(Event::GroupStarted { group: group.clone(), steps: run.plan.steps.len() })?;
    let ending = loop {
        let (step, begun) = match next(run.plan, log.borrow().entries()) {
            Next::Nothing => break Ending::Done,
            Next::Step { step, begun } => (step, begun),
        };
        let number = step.number;
        let begun = match begun {
            false => Begun::No,
            true if is_in_doubt(&group, number, log.borrow().entries()) => Begun::InDoubt,
            true => Begun::Yes,
        };
        if begun != Begun::No && may_land(&group, number, log.borrow().entries()) {
            wait_out(run).await;
        }
        if run.interrupted.load(Ordering::SeqCst) {
            break Ending::Interrupted;
        }
        if let StepEnd::Stopped(Stop(outcome, ending, cause), now) = run_step(run, log, step, begun).await? {
            let otherwise = otherwise(&run.plan.standings_before(number), &now);
            let event = Event::StepStopped { group: group.clone(), step: number, outcome, cause, otherwise };
            log.borrow_mut().write(event)?;
            break ending;
        }
    };
    log.borrow_mut().write(Event::GroupEnded { group, ending })?;
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
    note_attested(run, log, step, &now)?;
    if is_reached(step, &now) || is_passed(run.plan, step, &now) {
        return done(run, log, step, true);
    }
    if let Some(Stop(outcome, ending, cause)) = unforeseen(run, step, begun, &now) {
        let is_unknown = ending == Ending::Unknown;
        let wanted = is_unknown.then(|| relied::roles_wanted(run.plan, run.system, &now.facts)).flatten();
        let ending = ask_to_attest(run, log, step, wanted, ending)?;
        return Ok(StepEnd::Stopped(Stop(outcome, ending, cause), now));
    }
    if let Some(cause) = replaced(run.plan, step, &now) {
        return Ok(StepEnd::Stopped(Stop(not_gone_on(step, begun, &now), Ending::Stale, cause), now));
    }
    let answers = ask(run, step, &now);
    log.borrow_mut().write(guards_asked(run, step, &answers))?;
    if let Some((ending, cause)) = refusal(&answers) {
        let wanted = relied::wanted(run.plan, run.system, &step.server, &answers, &now.facts);
        let ending = ask_to_attest(run, log, step, wanted.filter(|_| ending == Ending::Unknown), ending)?;
        return Ok(StepEnd::Stopped(Stop(not_gone_on(step, begun, &now), ending, cause), now));
    }
    if let Some((ending, cause)) = needs::unmet(run.plan, step, &now) {
        return Ok(StepEnd::Stopped(Stop(not_gone_on(step, begun, &now), ending, cause), now));
    }
    let left = not_gone_on(step, begun, &now);
    // A step that is half done is finished whatever the hour: half done is worse than late.
    let late = too_late(&run.plan.topology, step, run.clock.now()).filter(|_| left == Outcome::NotStarted);
    if let Some(cause) = late {
        return Ok(StepEnd::Stopped(Stop(left, Ending::Blocked, cause), now));
    }
    let requests = (run.system.acts)(&run.site, step, &now);
    log.borrow_mut().write(Event::StepStarted {
        group: run.plan.topology.group.clone(),
        step: step.number,
        transition: step.transition.name.into(),
        server: step.server.clone(),
        requests: requests.iter().map(Request::told).collect(),
    })?;
    let acted = act(run, log, step, requests).await?;
    conclude(run, log, step, begun, &now, acted).await
}

/// Notes the attested facts on which the run has not relied before.
fn note_attested(
    run: &GroupRun<'_>,
    log: &RefCell<Log<'_>>,
    step: &Step,
    now: &GroupSnapshot,
) -> Result<(), StateFault> {
    let group = run.plan.topology.group.clone();
    let facts = relied::new_facts(&group, &now.facts, log.borrow().entries());
    match facts.is_empty() {
        true => Ok(()),
        false => log.borrow_mut().write(Event::FactsAttested { group, step: step.number, facts }),
    }
}

/// Asks a person to attest what no probe can see: the run waits for that, and is not without an answer.
fn ask_to_attest(
    run: &GroupRun<'_>,
    log: &RefCell<Log<'_>>,
    step: &Step,
    wanted: Option<Text>,
    otherwise: Ending,
) -> Result<Ending, StateFault> {
    let Some(wanted) = wanted else { return Ok(otherwise) };
    log.borrow_mut().write(Event::OperatorAsked {
        group: run.plan.topology.group.clone(),
        step: step.number,
        host: step.runs_on.clone(),
        instructions: vec![wanted],
        until: until(run, step.transition.limit),
    })?;
    Ok(Ending::Waiting)
}

fn until(run: &GroupRun<'_>, limit: Duration) -> Timestamp {
    let span = SignedDuration::try_from(limit).unwrap_or(SignedDuration::from_hours(24));
    run.clock.now().checked_add(span).unwrap_or(Timestamp::MAX)
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
            let refused = unforeseen(run, step, Begun::Yes, &now)
                .map(|Stop(_, ending, cause)| (ending, cause))
                .or_else(|| refusal(&ask(run, step, &now)))
                .or_else(|| needs::unmet(run.plan, step, &now));
            if refused.is_some() {
                return Ok(Acted { judgement: Judgement::Fine, well, refused });
            }
        }
        took_long = takes_long(&request);
        let reply = run.world.perform(&request).await;
        let judgement = (run.system.judges)(&request, &reply);
        log.borrow_mut().write(Event::Answered {
            group: run.plan.topology.group.clone(),
            step: step.number,
            request: request.to_string(),
            reply: told(&reply),
        })?;
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
            note_attested(run, log, step, &now)?;
            return done(run, log, step, false);
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
        note_attested(run, log, step, &now)?;
        return done(run, log, step, false);
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
    let instructions = task.instructions.into_iter().chain(relied::proof(run.plan, run.system, step)).collect();
    log.borrow_mut().write(Event::OperatorAsked {
        group: run.plan.topology.group.clone(),
        step: step.number,
        host: task.host,
        instructions,
        until: until(run, limit),
    })?;
    let now = look_until(run, step, if run.attended { limit } else { Duration::ZERO }).await;
    if is_reached(step, &now) {
        note_attested(run, log, step, &now)?;
        return done(run, log, step, false);
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

fn done(run: &GroupRun<'_>, log: &RefCell<Log<'_>>, step: &Step, already: bool) -> Result<StepEnd, StateFault> {
    log.borrow_mut().write(Event::StepDone {
        group: run.plan.topology.group.clone(),
        step: step.number,
        changes: step.changes.clone(),
        marks: step.marks.clone(),
        already,
    })?;
    Ok(StepEnd::Done)
}

/// Returns whether every server that the step touches is seen as it is to be after it.
pub fn is_reached(step: &Step, now: &GroupSnapshot) -> bool {
    let unknown = Standing::default();
    step.touches().iter().all(|server| step.reached_by(server, now.servers.get(*server).unwrap_or(&unknown)))
}

/// Returns whether the group stands where the plan has it after a later step: another executor of this plan has done this
/// step and those up to that one. Where nothing differs from before the step, nothing was done.
pub fn is_passed(plan: &GroupPlan, step: &Step, now: &GroupSnapshot) -> bool {
    let unknown = Standing::default();
    let seen = |server: &ServerName| now.servers.get(server).unwrap_or(&unknown);
    let before = plan.standings_before(step.number);
    let is_as_before = |server: &&ServerName| {
        let was = before.get(*server).unwrap_or(&unknown);
        let seen = seen(server);
        seen.role == was.role && was.marks.iter().all(|(mark, value)| seen.mark(mark) == Some(*value))
    };
    if step.touches().iter().all(is_as_before) {
        return false;
    }
    let mut roles: BTreeMap<&ServerName, RoleName> = BTreeMap::new();
    let mut marks: BTreeMap<(&ServerName, MarkName), &Step> = BTreeMap::new();
    let later = plan.steps.iter().filter(|one| one.number >= step.number);
    later.into_iter().any(|one| {
        roles.insert(&one.server, one.transition.to);
        roles.extend(one.changes.iter().map(|change| (&change.server, change.to)));
        marks.extend(one.marks.iter().map(|change| ((&change.server, change.mark), one)));
        let is_here = |server: &ServerName| {
            let was = || before.get(server).and_then(|was| was.role);
            roles.get(server).copied().or_else(was).is_none_or(|role| seen(server).role == Some(role))
        };
        let is_set = |((server, mark), of): (&(&ServerName, MarkName), &&Step)| of.sets(server, mark, seen(server));
        one.number > step.number
            && marks.iter().all(is_set)
            && concern(plan).into_iter().chain(roles.keys().copied()).all(is_here)
    })
}

/// Stops where what is there is not what the plan foresaw before the step.
///
/// The servers that a begun step touches may be anywhere between its beginning and its end.
fn unforeseen(run: &GroupRun<'_>, step: &Step, begun: Begun, now: &GroupSnapshot) -> Option<Stop> {
    let foreseen = run.plan.standings_before(step.number);
    let touched = step.touches();
    let concern = concern(run.plan);
    for (server, want) in foreseen.iter().filter(|(server, _)| concern.contains(server)) {
        let have = now.servers.get(server).and_then(|standing| standing.role);
        let may_be_after = begun != Begun::No && touched.contains(&server);
        let is_after =
            may_be_after && step.changes.iter().any(|change| change.server == *server && have == Some(change.to));
        // Nobody speaks of a lost server any more, once who followed it does not.
        let lowest = run.plan.topology.table.roles.first().map(|role| role.name);
        let is_forgotten = run.plan.topology.says(Statement::Lost, server) && (have.is_none() || have == lowest);
        if is_forgotten || (may_be_after && *server == step.server && finishing(run, step, now).is_some()) {
            continue;
        }
        match (have, want.role) {
            (None, Some(_)) => {
                let cause = Text::new(
                    format!("the role of `{server}` is unknown now"),
                    format!("`{server}` の役割が不明になった"),
                );
                return Some(Stop(not_gone_on(step, begun, now), Ending::Unknown, cause));
            }
            (Some(have), Some(want)) if have != want && !is_after => {
                // Nobody has seen it so: the server does not answer, and others speak of it.
                if let Some(Fact::Unknown { why }) = now.facts.get(Some(server), ROLE) {
                    let cause = Text::new(
                        format!("the role of `{server}` can't be told, the others speak of it as {have}: {why}"),
                        format!("`{server}` の役割を確認できない (ほかのサーバーからは {have} に見える): {why}"),
                    );
                    return Some(Stop(not_gone_on(step, begun, now), Ending::Unknown, cause));
                }
                let cause = Text::new(
                    format!("`{server}` is {have}, and the plan foresaw {want}"),
                    format!("`{server}` は {have} だが、計画では {want} のはずだった"),
                );
                return Some(Stop(not_gone_on(step, begun, now), Ending::Stale, cause));
            }
            _ => {}
        }
    }
    None
}

/// Says what the step would remove now that is not what the plan relied on: another of the same kind took its place.
fn replaced(plan: &GroupPlan, step: &Step, now: &GroupSnapshot) -> Option<Text> {
    let guards = step.transition.guards.iter().filter_map(|name| plan.topology.table.guard(name));
    let read: BTreeSet<&str> =
        guards.flat_map(|guard| guard.reads.iter().copied()).filter(|name| is_pinned(name)).collect();
    plan.relies_on.iter().filter(|(key, _)| read.contains(key.name.as_str())).find_map(|(key, fact)| {
        let Fact::Known { value: Value::List(known), .. } = fact else { return None };
        let found = now.facts.list(key.server.as_ref(), &key.name).ok()?;
        let new = found.iter().find(|one| !known.contains(one))?;
        let (name, was) = (&key.name, known.join(", "));
        Some(Text::new(
            format!("fact `{name}` is {new} now, and the plan relied on {was}"),
            format!("`{name}` は {new} になっているが、計画の前提は {was} だった"),
        ))
    })
}

/// Returns the servers that the plan is about: those that are declared, those that a step changes, and the leader.
///
/// A server that is neither is another group's, and that group's run may move it meanwhile.
fn concern(plan: &GroupPlan) -> BTreeSet<&ServerName> {
    let declared = plan.topology.servers.iter().map(|one| &one.server);
    let touched = plan.steps.iter().flat_map(Step::touches);
    declared.chain(touched).chain(leaders(plan.topology.table, &plan.standings)).collect()
}

/// Returns the row that finishes the step from where it was left half done. A step that leaves the leader where it is has
/// none from another role: if it leads no more, somebody else has changed that.
fn finishing(run: &GroupRun<'_>, step: &Step, now: &GroupSnapshot) -> Option<&'static Transition> {
    let standing = now.servers.get(&step.server).cloned().unwrap_or_default();
    let table = run.plan.topology.table;
    let leads = |name: RoleName| table.role(name).is_some_and(|role| role.leads);
    let keeps_lead = step.transition.from == step.transition.to && leads(step.transition.to);
    table.transitions.iter().find(|row| {
        !keeps_lead
            && row.name == step.transition.name
            && row.to == step.transition.to
            && Some(row.from) == standing.role
            && row.from != step.transition.from
            && standing.meets(row.needs)
    })
}

/// Asks the guards of the step; where it is half done, those of the row that finishes it.
fn ask(run: &GroupRun<'_>, step: &Step, now: &GroupSnapshot) -> Vec<GuardAnswer> {
    let asked = match finishing(run, step, now) {
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

/// Stops on anything but yes: a `no` blocks, an `unknown` could not be determined.
fn refusal(answers: &[GuardAnswer]) -> Option<(Ending, Text)> {
    let refused = |verdict| answers.iter().find(move |one| !one.lets_pass() && one.answer.verdict == verdict);
    let stop = |one: &GuardAnswer, ending| {
        let because = &one.answer.because;
        let cause =
            Text::new(format!("guard `{}`: {}", one.name, because.en), format!("条件 `{}`: {}", one.name, because.ja));
        (ending, cause)
    };
    let no = refused(Verdict::No).map(|one| stop(one, Ending::Blocked));
    no.or_else(|| refused(Verdict::Unknown).map(|one| stop(one, Ending::Unknown)))
}

/// Says in what state a step is left that is not gone on with: one that an earlier part of the run began may be half
/// done, and nobody is told then that nothing was changed.
fn not_gone_on(step: &Step, begun: Begun, now: &GroupSnapshot) -> Outcome {
    let seen = |server: &ServerName| now.servers.get(server);
    let role = |server: &ServerName| seen(server).and_then(|one| one.role);
    let is_as_before = step.changes.iter().all(|change| role(&change.server) == Some(change.from))
        && step.marks.iter().all(|change| {
            change.from.is_none() || seen(&change.server).and_then(|one| one.mark(change.mark)) == change.from
        });
    match begun != Begun::No && !is_as_before {
        // A request of it may have been carried out where no mark shows it, or may still be on its way.
        false if begun == Begun::InDoubt => Outcome::Unknown,
        false => Outcome::NotStarted,
        true if step.touches().iter().any(|server| role(server).is_none()) => Outcome::Unknown,
        true => Outcome::FailedChanged,
    }
}

/// Returns the servers whose role is another than was foreseen, with the role that is seen.
fn otherwise(foreseen: &Standings, now: &GroupSnapshot) -> Vec<(ServerName, Option<RoleName>)> {
    let seen = |server: &ServerName| now.servers.get(server).and_then(|standing| standing.role);
    let differs = |(server, want): &(&ServerName, &Standing)| want.role.is_some() && seen(server) != want.role;
    foreseen.iter().filter(differs).map(|(server, _)| (server.clone(), seen(server))).collect()
}

/// Says in what state a step is left that was begun and did not reach its goal.
fn left(step: &Step, before: &GroupSnapshot, now: &GroupSnapshot) -> Outcome {
    let touched = step.touches();
    let is_unknown = |server: &&&ServerName| now.servers.get(**server).is_none_or(|one| one.role.is_none());
    if touched.iter().any(|server| is_unknown(&server)) {
        return Outcome::Unknown;
    }
    match touched.iter().all(|server| before.servers.get(*server) == now.servers.get(*server)) {
        true => Outcome::FailedUnchanged,
        false => Outcome::FailedChanged,
    }
}

/// Tells a reply in one line.
fn told(reply: &Reply) -> String {
    let line = match reply {
        Reply::Ended { exit_code, stdout, stderr } => {
            let said = [stdout.trim(), stderr.trim()].into_iter().filter(|part| !part.is_empty());
            format!("exit code {exit_code}: {}", said.collect::<Vec<_>>().join(" / "))
        }
        Reply::Changed { rows } => format!("{rows} row changed"),
        Reply::CmdletFailed { code, message } => match code {
            Some(code) => format!("PVS error {code}: {message}"),
            None => message.clone(),
        },
        Reply::Json(json) => json.clone(),
        Reply::Renamed => "renamed".into(),
        Reply::FileDone => "done".into(),
        Reply::FileSize(Some(bytes)) => format!("{bytes} bytes"),
        Reply::FileSize(None) => "no such file".into(),
        Reply::Pool(seen) => seen.to_string(),
        Reply::Attested(all) => format!("{} attested facts", all.len()),
        Reply::OperatorDone => "the operator did it".into(),
        Reply::OperatorAsked => "the operator was asked".into(),
        Reply::Refused { why } => format!("refused: {why}"),
        Reply::Unknown { why } => format!("{NO_ANSWER}{why}"),
        Reply::Rows(rows) => format!("{} rows", rows.len()),
        Reply::Listing(listing) => format!("{} files", listing.files.len()),
    };
    line.chars().take(4000).collect()
}

#[cfg(test)]
#[path = "group_tests.rs"]
mod tests;
