//! What a run says is true, however the world behaves: each test is a mistake that the simulation or a mutation found.

mod farm;

use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use rolewalk::format::journal::{self as journal_file, JournalFault};
use rolewalk::model::event::{Ending, Entry, Event, Outcome};
use rolewalk::model::plan::{GroupPlan, GroupVerdict};
use rolewalk::model::request::{Reply, Request};
use rolewalk::model::topology::Topology;
use rolewalk::model::window::Window;
use rolewalk::plan::plan;
use rolewalk::run::clock::{Clock, MachineClock, Wait};
use rolewalk::run::generation;
use rolewalk::run::group::{GroupRun, Pace};
use rolewalk::run::journal::{Journal, Medium};
use rolewalk::run::lock::{self, Holder};
use rolewalk::run::log::Log;
use rolewalk::run::runs::{self, Identity};
use rolewalk::run::state::{State, StateFault};
use rolewalk::system::co_store::SYSTEM;
use rolewalk::system::{find, sun_ray};
use rolewalk::world::practice::co_store::Change;
use rolewalk::world::practice::sun_ray::Change as SunRay;
use rolewalk::world::practice::{Operator, PracticeWorld, farm_file};
use rolewalk::world::{Answering, Stage, World};

/// A farm, and who answers instead of it now and then.
struct Between<F> {
    farm: PracticeWorld,
    answers: Mutex<F>,
    lands_within: Duration,
}

/// A clock that stands still but while somebody waits, in milliseconds.
#[derive(Debug, Default, Clone)]
struct Still(std::sync::Arc<AtomicU64>);

impl Still {
    fn passed(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.passed())
    }

    fn wait(&self, span: Duration) -> Wait<'_> {
        self.0.fetch_add(span.as_millis() as u64, Ordering::SeqCst);
        Box::pin(std::future::ready(()))
    }
}

impl<F: FnMut(&PracticeWorld, &Request) -> Option<Reply> + Send> Stage for Between<F> {
    fn perform<'a>(&'a self, request: &'a Request) -> Answering<'a> {
        let reply = self.answers.lock().unwrap()(&self.farm, request);
        let reply = reply.unwrap_or_else(|| self.farm.perform(request));
        Box::pin(std::future::ready(reply))
    }

    fn lands_within(&self) -> Duration {
        self.lands_within
    }
}

/// A disk that fails at one write, half way.
#[derive(Debug)]
struct Failing {
    left: usize,
    written: std::sync::Arc<Mutex<Vec<u8>>>,
}

impl Medium for Failing {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let fails = self.left == 0;
        self.left = self.left.wrapping_sub(1);
        let part = if fails { bytes.len() / 2 } else { bytes.len() };
        self.written.lock().unwrap().extend(&bytes[..part]);
        if fails { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn cut(&mut self, _bytes: u64) -> io::Result<()> {
        Ok(())
    }
}

fn planned(farm: &PracticeWorld, topology: &Topology) -> GroupPlan {
    let system = find(topology.table.system).unwrap();
    let planned = plan(topology, &farm::observe_in(system, farm, &farm::site(topology)), Timestamp::now());
    assert_eq!(planned.verdict, GroupVerdict::Ready, "{:?}", planned.blocked_by);
    planned
}

/// Goes on with a run from these entries; returns all entries then.
fn walk(world: &World, planned: &GroupPlan, entries: Vec<Entry>) -> Vec<Entry> {
    walk_by(&MachineClock::start(), world, planned, entries, false)
}

/// Goes on likewise by that clock, with somebody at a terminal or not.
fn walk_by(clock: &dyn Clock, world: &World, planned: &GroupPlan, entries: Vec<Entry>, attended: bool) -> Vec<Entry> {
    let folder = tempfile::tempdir().unwrap();
    let mut told = entries.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let flag = AtomicBool::new(false);
    let group = GroupRun {
        plan: planned,
        system: find(planned.topology.table.system).unwrap(),
        site: rolewalk::run::observe::site_of(planned, &farm::site(&planned.topology)),
        world,
        pace: Pace { poll: Duration::from_millis(1), patience: Some(Duration::from_millis(2)) },
        attended,
        clock,
        interrupted: &flag,
    };
    let journal = Journal::begin(&folder.path().join("journal.jsonl")).unwrap();
    let who = Identity { who: "somebody".into(), host: "here".into() };
    let opening = runs::opening("run", "b3:0", &entries, who);
    let log = Log::new(journal, entries, clock, |entry| told.push(entry.clone()));
    let gone = runs::go::<StateFault>(vec![group], log, opening, 0, |_| Ok(()));
    runtime.block_on(gone).unwrap();
    told
}

/// Returns how the last step stopped, and how the group ended.
fn stopped(entries: &[Entry]) -> (Option<Outcome>, Option<Ending>) {
    let outcome = entries.iter().rev().find_map(|entry| match &entry.event {
        Event::StepStopped { outcome, .. } => Some(*outcome),
        _ => None,
    });
    let ending = entries.iter().rev().find_map(|entry| match &entry.event {
        Event::GroupEnded { ending, .. } => Some(*ending),
        _ => None,
    });
    (outcome, ending)
}

fn between(
    farm: PracticeWorld,
    answers: impl FnMut(&PracticeWorld, &Request) -> Option<Reply> + Send + 'static,
) -> World {
    World::Staged(Box::new(Between { farm, answers: Mutex::new(answers), lands_within: Duration::ZERO }))
}

fn lost() -> Option<Reply> {
    Some(Reply::Unknown { why: "no answer came".into() })
}

#[test]
fn a_request_without_an_answer_may_still_be_carried_out_and_is_not_said_to_have_failed() {
    let farm = farm::farm("PVS1: master, PVS2: additional");
    let planned = planned(&farm, &farm::declared("PVS1: master, PVS2: slave", ""));
    let world = between(farm, |_, request| matches!(request, Request::Command { .. }).then(lost).flatten());
    assert_eq!(stopped(&walk(&world, &planned, Vec::new())), (Some(Outcome::Unknown), Some(Ending::Unknown)));
}

#[test]
fn a_good_answer_is_no_proof_that_a_step_was_done() {
    let farm = farm::farm("PVS1: master, PVS2: additional");
    let planned = planned(&farm, &farm::declared("PVS1: master, PVS2: slave", ""));
    let pretend = |_: &PracticeWorld, request: &Request| match request {
        Request::Command { .. } => Some(Reply::Ended { exit_code: 0, stdout: String::new(), stderr: String::new() }),
        _ => None,
    };
    let told = walk(&between(farm, pretend), &planned, Vec::new());
    assert_eq!(stopped(&told), (Some(Outcome::FailedChanged), Some(Ending::Failed)));
    assert!(!told.iter().any(|entry| matches!(entry.event, Event::StepDone { .. })), "{told:?}");
}

#[test]
fn a_step_whose_second_request_fails_is_not_said_to_have_changed_nothing() {
    let farm = farm::farm("PVS1: master, PVS2: additional");
    let planned = planned(&farm, &farm::declared("PVS1: master, PVS2: unregistered", ""));
    let refuse = |_: &PracticeWorld, request: &Request| match request {
        Request::Cmdlet { name: "Remove-PvsServer", .. } => Some(Reply::Refused { why: "access is denied".into() }),
        _ => None,
    };
    let told = walk(&between(farm, refuse), &planned, Vec::new());
    assert_eq!(stopped(&told), (Some(Outcome::FailedChanged), Some(Ending::Failed)));
}

#[test]
fn a_step_that_was_left_in_doubt_is_not_said_to_be_not_started() {
    let farm = farm::farm("PVS1: master, PVS2: additional");
    let planned = planned(&farm, &farm::declared("PVS1: master, PVS2: slave", ""));
    let mut asked = 0;
    // The answer is lost; then terminals begin to run, and the step can't be gone on with.
    let world = between(farm, move |farm, request| {
        let Request::Command { .. } = request else { return None };
        asked += 1;
        assert_eq!(asked, 1, "it was asked again");
        let terminals = Change::Terminals { store: "Store".into(), server: "PVS1".into(), count: 2 };
        farm.change(terminals).unwrap();
        lost()
    });
    let begun = walk(&world, &planned, Vec::new());
    let resumed = walk(&world, &planned, begun);
    assert_eq!(stopped(&resumed), (Some(Outcome::Unknown), Some(Ending::Blocked)));
}

#[test]
fn a_server_of_another_group_may_move_meanwhile() {
    let text = "version: 1\nco-store:\n  Store:\n    servers: { PVS1: master, PVS2: additional }\n    disks: { Hoge: 0 }\n  \
        Other:\n    servers: { LIB1: master, LIB2: additional }\n    disks: { Hoge: 0 }\n";
    let farm = PracticeWorld::in_memory(&farm_file::parse(text).unwrap()).unwrap();
    let planned = planned(&farm, &farm::declared("PVS1: master, PVS2: slave", ""));
    assert!(planned.standings.len() > 2, "PVS names the servers of all its stores: {:?}", planned.standings);
    let gone = Change::Registered { store: "Other".into(), server: "LIB2".into(), registered: false };
    // Somebody works from another server of the farm.
    farm.change(gone).unwrap();
    let told = walk(&World::Practice(farm), &planned, Vec::new());
    assert_eq!(stopped(&told), (None, Some(Ending::Done)));
}

#[test]
fn nothing_is_written_behind_half_a_line() {
    let written = std::sync::Arc::new(Mutex::new(Vec::new()));
    let medium = Failing { left: 1, written: std::sync::Arc::clone(&written) };
    let mut journal = Journal::empty(Path::new("journal.jsonl"), Box::new(medium));
    journal.write(Timestamp::UNIX_EPOCH, Event::RunInterrupted).unwrap();
    journal.write(Timestamp::UNIX_EPOCH, Event::RunInterrupted).unwrap_err();
    let before = written.lock().unwrap().clone();
    journal.write(Timestamp::UNIX_EPOCH, Event::RunInterrupted).unwrap_err();
    let bytes = written.lock().unwrap().clone();
    assert_eq!(bytes, before);
    let read = rolewalk::format::journal::read(&bytes, &rolewalk::system::tables()).unwrap();
    assert_eq!((read.entries.len(), read.torn.map(|torn| torn.line)), (1, Some(2)));
}

#[test]
fn an_executor_whose_group_was_taken_by_another_acts_no_more_and_writes_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::at(folder.path());
    let farm = farm::farm("PVS1: master, PVS2: slave, PVS3: unregistered");
    let planned = planned(&farm, &farm::declared("PVS1: master, PVS2: slave, PVS3: slave", ""));
    assert_eq!(planned.steps.len(), 2);
    let holder = |who: &str| Holder {
        group: "Store".into(),
        system: "co-store".into(),
        who: who.into(),
        host: "here".into(),
        process: 7,
        since: Timestamp::UNIX_EPOCH,
    };
    let lock = lock::take(&state, &holder("somebody")).unwrap();
    // While the first step is done, another takes the group: the lock was lost, as on a share that went away.
    let (taker, acts) = (state.clone(), std::sync::Arc::new(Mutex::new(Vec::new())));
    let noted = std::sync::Arc::clone(&acts);
    let world = between(farm, move |_, request| {
        if !request.is_look() {
            noted.lock().unwrap().push(request.to_string());
            generation::take(&taker, &holder("hanako")).unwrap();
        }
        None
    });
    let (path, clock, flag) = (folder.path().join("journal.jsonl"), MachineClock::start(), AtomicBool::new(false));
    let group = GroupRun {
        plan: &planned,
        system: &SYSTEM,
        site: rolewalk::run::observe::site_of(&planned, &farm::site(&planned.topology)),
        world: &world,
        pace: Pace { poll: Duration::from_millis(1), patience: Some(Duration::from_millis(2)) },
        attended: false,
        clock: &clock,
        interrupted: &flag,
    };
    let who = Identity { who: "somebody".into(), host: "here".into() };
    let opening = runs::opening("run", "b3:0", &[], who);
    let log = Log::new(Journal::begin(&path).unwrap(), Vec::new(), &clock, |_| {}).fenced([lock.fence]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let gone = runs::go::<StateFault>(vec![group], log, opening, 0, |_| Ok(()));
    let fault = runtime.block_on(gone).unwrap_err();
    assert_eq!(generation::overtaken(&fault).unwrap().later.who, "hanako");
    assert_eq!(acts.lock().unwrap().len(), 1, "{acts:?}");
    let bytes = std::fs::read(&path).unwrap();
    let read = rolewalk::format::journal::read(&bytes, &rolewalk::system::tables()).unwrap();
    let last = &read.entries.last().unwrap().event;
    assert!(matches!(last, Event::StepStarted { step: 1, .. }), "{last:?}");
}

/// A disk that notes what is flushed.
#[derive(Debug, Default, Clone)]
struct Flushed(std::sync::Arc<Mutex<(usize, Vec<usize>)>>);

impl Medium for Flushed {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap().0 += bytes.len();
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut of = self.0.lock().unwrap();
        let written = of.0;
        of.1.push(written);
        Ok(())
    }

    fn cut(&mut self, _bytes: u64) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn every_line_is_on_disk_before_anybody_acts_on_it() {
    let medium = Flushed::default();
    let mut journal = Journal::empty(Path::new("journal.jsonl"), Box::new(medium.clone()));
    for lines in 1..=3 {
        journal.write(Timestamp::UNIX_EPOCH, Event::RunInterrupted).unwrap();
        let of = medium.0.lock().unwrap().clone();
        assert_eq!(
            (of.1.len(), of.1.last()),
            (lines, Some(&of.0)),
            "a line is whole, and flushed after it was written"
        );
    }
}

#[test]
fn of_a_run_whose_group_was_taken_by_another_not_even_its_end_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (state, clock) = (State::at(folder.path()), MachineClock::start());
    let holder = |group: &str| Holder {
        group: group.into(),
        system: "co-store".into(),
        who: "somebody".into(),
        host: "here".into(),
        process: 7,
        since: Timestamp::UNIX_EPOCH,
    };
    let fences = ["Store", "Labs"].map(|group| generation::take(&state, &holder(group)).unwrap());
    let path = folder.path().join("journal.jsonl");
    let mut log = Log::new(Journal::begin(&path).unwrap(), Vec::new(), &clock, |_| {}).fenced(fences);
    let of_group = |group: &str| Event::GroupEnded { group: group.into(), ending: Ending::Done };
    log.write(Event::RunInterrupted).unwrap();
    generation::take(&state, &holder("Labs")).unwrap();
    log.write(of_group("Store")).unwrap();
    assert!(generation::overtaken(&log.write(of_group("Labs")).unwrap_err()).is_some());
    assert!(generation::overtaken(&log.write(Event::RunInterrupted).unwrap_err()).is_some(), "it is of all groups");
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
}

/// A disk whose machine stands still while it writes, so long that another takes the group.
#[derive(Debug)]
struct Paused(State, Holder);

impl Medium for Paused {
    fn append(&mut self, _bytes: &[u8]) -> io::Result<()> {
        generation::take(&self.0, &self.1).map(|_| ()).map_err(|fault| fault.cause)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn cut(&mut self, _bytes: u64) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn whoever_is_overtaken_while_a_line_is_written_is_told_at_once_and_does_not_act_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let (state, clock) = (State::at(folder.path()), MachineClock::start());
    let holder = Holder {
        group: "Store".into(),
        system: "co-store".into(),
        who: "hanako".into(),
        host: "here".into(),
        process: 7,
        since: Timestamp::UNIX_EPOCH,
    };
    let fence = generation::take(&state, &holder).unwrap();
    let journal = Journal::empty(Path::new("journal.jsonl"), Box::new(Paused(state, holder)));
    let mut shown = 0;
    let mut log = Log::new(journal, Vec::new(), &clock, |_| shown += 1).fenced([fence]);
    let fault = log.write(Event::RunInterrupted).unwrap_err();
    assert!(generation::overtaken(&fault).is_some(), "{fault}");
    drop(log);
    assert_eq!(shown, 0);
}

#[test]
fn whoever_goes_on_waits_until_nothing_lands_any_more_that_was_given_up() {
    let farm = farm::farm("PVS1: master, PVS2: additional");
    let planned = planned(&farm, &farm::declared("PVS1: master, PVS2: slave", ""));
    let (clock, looked) = (Still::default(), std::sync::Arc::new(Mutex::new(Vec::new())));
    let (now, noted, mut asked) = (clock.clone(), std::sync::Arc::clone(&looked), 0);
    let answers = move |_: &PracticeWorld, request: &Request| {
        noted.lock().unwrap().push(now.passed());
        asked += usize::from(matches!(request, Request::Command { .. }));
        (asked == 1 && !request.is_look()).then(lost).flatten()
    };
    let between = Between { farm, answers: Mutex::new(answers), lands_within: Duration::from_secs(70) };
    let world = World::Staged(Box::new(between));
    let begun = walk_by(&clock, &world, &planned, Vec::new(), false);
    assert_eq!(
        (looked.lock().unwrap()[0], stopped(&begun).1),
        (0, Some(Ending::Unknown)),
        "the first waits for nobody"
    );
    let given_up = clock.passed();
    looked.lock().unwrap().clear();
    assert_eq!(stopped(&walk_by(&clock, &world, &planned, begun, false)).1, Some(Ending::Done));
    assert!(looked.lock().unwrap()[0] >= given_up + 70_000, "{given_up}: {looked:?}");
}

#[test]
fn whoever_sits_at_a_terminal_is_waited_for_and_nobody_else() {
    for (attended, ending) in [(true, Ending::Done), (false, Ending::Waiting)] {
        let farm = farm::farm("PVS1: master, PVS2: unregistered");
        farm.change(rolewalk::world::practice::Change::Operator(Operator::Person)).unwrap();
        let planned = planned(&farm, &farm::declared("PVS1: master, PVS2: additional", ""));
        let (clock, now) = (Still::default(), Still::default());
        let passed = Still(std::sync::Arc::clone(&clock.0));
        // The person comes after a while.
        let world = between(farm, move |farm, _| {
            if passed.passed() >= 50 && now.0.swap(1, Ordering::SeqCst) == 0 {
                let joined = Change::Registered { store: "Store".into(), server: "PVS2".into(), registered: true };
                farm.change(joined).unwrap();
            }
            None
        });
        assert_eq!(stopped(&walk_by(&clock, &world, &planned, Vec::new(), attended)).1, Some(ending), "{attended}");
    }
}

#[test]
fn a_lost_server_that_has_another_role_than_was_foreseen_stops_a_run() {
    let servers = "PVS1: master, PVS2: additional, PVS3: additional";
    let declared = farm::declared("PVS1: master, PVS2: { role: unregistered, lost: true }, PVS3: additional", "");
    let off = rolewalk::world::practice::Change::Powered { server: "PVS2".into(), on: false };
    let lost = |servers: &str| {
        let farm = farm::farm(servers);
        farm.change(off.clone()).unwrap();
        farm
    };
    let planned = planned(&lost(servers), &declared);
    let told = walk(&World::Practice(lost(servers)), &planned, Vec::new());
    assert_eq!(stopped(&told), (None, Some(Ending::Done)));
    let elsewhere = lost("PVS1: master, PVS2: slave, PVS3: additional");
    let told = walk(&World::Practice(elsewhere), &planned, Vec::new());
    assert_eq!(stopped(&told), (Some(Outcome::NotStarted), Some(Ending::Stale)));
}

#[test]
fn a_handover_that_somebody_else_has_begun_is_not_gone_on_with() {
    let farm = farm::farm("PVS1: master, PVS2: slave");
    let planned = planned(&farm, &farm::declared("PVS1: slave, PVS2: master", ""));
    farm.change(Change::Master { store: "Store".into(), server: "PVS2".into() }).unwrap();
    let told = walk(&World::Practice(farm), &planned, Vec::new());
    assert_eq!(stopped(&told), (Some(Outcome::NotStarted), Some(Ending::Stale)));
}

// SR-03
#[test]
fn what_changed_while_a_data_store_was_copied_is_seen_before_the_next_request() {
    let declared = |servers| farm::declared_in(&sun_ray::SYSTEM, "desk", servers, "");
    for (changed, ending) in [("a role", Ending::Stale), ("a mark", Ending::Stale), ("a guard", Ending::Blocked)] {
        let farm = farm::sun_ray("sr1: reinstalled, sr2: secondary, sr3: secondary");
        let servers = "sr1: { role: primary, reinstalled: 2026-11-20 }, sr2: secondary, sr3: secondary";
        let planned = planned(&farm, &declared(servers));
        let acts = std::sync::Arc::new(Mutex::new(Vec::new()));
        let (noted, mut is_copied) = (std::sync::Arc::clone(&acts), false);
        let world = between(farm, move |farm, request| {
            if !request.is_look() {
                noted.lock().unwrap().push(request.to_string());
            }
            let elsewhere = "This server is configured as a secondary server.\nThe primary server is: sr9\n";
            match request {
                Request::CopyFile { .. } => {
                    is_copied = true;
                    let reply = farm.perform(request);
                    let leaves = SunRay::Replica { server: "sr3".into(), arguments: vec!["-u".into()] };
                    match changed {
                        "a role" => farm.change(leaves).unwrap(),
                        "a mark" => farm.change(SunRay::Reinstalled { server: "sr1".into() }).unwrap(),
                        _ => {}
                    }
                    Some(reply)
                }
                _ if is_copied && changed == "a guard" && request.to_string() == "on sr3: utreplica -l" => {
                    Some(Reply::Ended { exit_code: 0, stdout: elsewhere.into(), stderr: String::new() })
                }
                _ => None,
            }
        });
        let told = walk(&world, &planned, Vec::new());
        assert_eq!(stopped(&told), (Some(Outcome::FailedChanged), Some(ending)), "{changed}: {told:?}");
        let acts = acts.lock().unwrap();
        assert!(acts.last().unwrap().contains(": copy "), "{changed}: {acts:?}");
    }
}

#[test]
fn a_step_that_is_half_done_is_finished_whatever_the_hour() {
    let farm = farm::farm("PVS1: master, PVS2: slave");
    let mut planned = planned(&farm, &farm::declared("PVS1: slave, PVS2: master", ""));
    let mut is_refused = false;
    // The row of the database is changed, and the ticks are not.
    let world = between(farm, move |_, request| {
        let is_first = matches!(request, Request::Cmdlet { .. }) && !request.is_look() && !is_refused;
        is_refused |= is_first;
        is_first.then(|| Reply::Refused { why: "access is denied".into() })
    });
    let begun = walk_by(&Still::default(), &world, &planned, Vec::new(), false);
    assert_eq!(stopped(&begun), (Some(Outcome::FailedChanged), Some(Ending::Failed)));
    // The clock of these tests stands on a Thursday.
    planned.topology.maintenance.extend(Window::parse("Sat 00:00/PT1H UTC"));
    assert_eq!(stopped(&walk_by(&Still::default(), &world, &planned, begun, false)).1, Some(Ending::Done));
}

#[test]
fn a_step_in_doubt_of_which_nothing_was_done_begins_in_no_closed_window() {
    let farm = farm::farm("PVS1: master, PVS2: slave");
    let mut planned = planned(&farm, &farm::declared("PVS1: slave, PVS2: master", ""));
    let acts = std::sync::Arc::new(AtomicU64::new(0));
    let count = std::sync::Arc::clone(&acts);
    // The first request is never carried out, and nobody hears of that.
    let world = between(farm, move |_, request| {
        let is_first = !request.is_look() && count.fetch_add(1, Ordering::SeqCst) == 0;
        is_first.then(lost).flatten()
    });
    let begun = walk_by(&Still::default(), &world, &planned, Vec::new(), false);
    assert_eq!(stopped(&begun), (Some(Outcome::Unknown), Some(Ending::Unknown)));
    // The clock of these tests stands on a Thursday.
    planned.topology.maintenance.extend(Window::parse("Sat 00:00/PT1H UTC"));
    let resumed = walk_by(&Still::default(), &world, &planned, begun.clone(), false);
    assert_eq!(stopped(&resumed), (Some(Outcome::Unknown), Some(Ending::Blocked)));
    assert_eq!(acts.load(Ordering::SeqCst), 1);
    planned.topology.maintenance = Window::parse("Thu 00:00/PT1H UTC").into_iter().collect();
    assert_eq!(stopped(&walk_by(&Still::default(), &world, &planned, resumed, false)).1, Some(Ending::Done));
}

#[test]
fn a_line_that_is_missing_between_two_that_were_chained_anew_is_missed_by_its_number() {
    let entry = |number| Entry { number, at: Timestamp::UNIX_EPOCH, event: Event::RunInterrupted };
    let lines = |second: u64| {
        let one = journal_file::line(&entry(1), journal_file::FIRST_PREVIOUS);
        let other = journal_file::line(&entry(second), &journal_file::digest(&one));
        journal_file::read(format!("{one}\n{other}\n").as_bytes(), &rolewalk::system::tables()).map(|_| ())
    };
    assert_eq!(lines(2), Ok(()));
    assert_eq!(lines(3), Err(JournalFault::Number { line: 2, found: 3 }));
}
