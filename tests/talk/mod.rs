//! The language of scenarios. A turn is one line; what follows between two lines `----` is the answer to it.
//!
//! ```text
//! farm PVS1: master, PVS2: slave         the servers that there are, as in farm.yaml: of a CO-Store store
//! sun-ray sr1: primary, sr2: secondary   … or of a Sun Ray failover group
//! lifekeeper NODE1: active, NODE2: standby   … or of a LifeKeeper cluster with one mirrored hierarchy
//! wsmgr web1: manager, web2: member   … or of a WSMGR server group (wsmgr-of-2: two servers carry the load)
//! declare PVS1: slave, PVS2: master      what is declared, as in a topology file
//! also keep: { slave: 1 }                one more line of that file
//! change terminals PVS2 3                something happens to the farm
//! clock 2026-11-21T13:00:00Z             the time that it is from now on
//! meanwhile 1 change master PVS2         … right after step 1 was done, during the next run
//! meanwhile 1 clock 2026-11-21T20:00:00Z … which is then
//! plan | apply | apply saved | resume | drift | disks | end
//! ```

mod change;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use rolewalk::model::disks::matrix::Matrix;
use rolewalk::model::event::{Ending, Entry, Event, Outcome};
use rolewalk::model::plan::{GroupPlan, GroupVerdict, Plan};
use rolewalk::model::snapshot::GroupSnapshot;
use rolewalk::model::topology::Topology;
use rolewalk::model::words::Language;
use rolewalk::plan::back::{before, taking_back};
use rolewalk::plan::drift::drift;
use rolewalk::plan::plan;
use rolewalk::report::{Look, disks};
use rolewalk::run::clock::{Clock, MachineClock, Wait};
use rolewalk::run::group::{GroupRun, Pace};
use rolewalk::run::journal::Journal;
use rolewalk::run::log::Log;
use rolewalk::run::runs::Identity;
use rolewalk::run::state::{State, StateFault};
use rolewalk::run::taken_back::taken_back;
use rolewalk::run::{runs, stale};
use rolewalk::system::co_store::{inventory, matrix};
use rolewalk::system::{System, co_store, lifekeeper, sun_ray, tables, wsmgr};
use rolewalk::world::World;
use rolewalk::world::practice::sun_ray::ServerStatus;
use rolewalk::world::practice::wsmgr::ServerStatus as WebServer;
use rolewalk::world::practice::{Change, PracticeWorld};

use super::farm;

/// One turn: what is said, and the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    says: String,
    answer: Option<String>,
}

/// Where a run is to crash: at which line of all journals, counted from 1, and whether that line is torn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crash {
    pub line: usize,
    pub is_torn: bool,
}

/// Reads a scenario.
pub fn parse(text: &str) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line == "----" {
            let answer: Vec<&str> = lines.by_ref().take_while(|line| *line != "----").collect();
            let turn = turns.last_mut().expect("an answer follows a turn");
            turn.answer = Some(answer.join("\n"));
        } else {
            turns.push(Turn { says: line.into(), answer: None });
        }
    }
    turns
}

/// Writes a scenario.
pub fn render(turns: &[Turn]) -> String {
    let mut text = String::new();
    for turn in turns {
        let _ = writeln!(text, "{}", turn.says);
        if let Some(answer) = &turn.answer {
            let _ = writeln!(text, "----\n{answer}\n----");
        }
    }
    text
}

/// A conversation that is going on.
pub struct Talk {
    system: &'static System,
    world: World,
    servers: String,
    more: String,
    saved: Option<GroupPlan>,
    applied: Option<Topology>,
    meanwhile: Option<(usize, Meanwhile)>,
    time: TimeOfDay,
    folder: tempfile::TempDir,
    run: Option<String>,
    crash: Option<Crash>,
    crashed: bool,
    /// Every line of all journals: whether a run was still going at it.
    lines: Vec<bool>,
}

/// What happens during a run.
enum Meanwhile {
    Change(Change),
    Clock(Timestamp),
}

/// The time of day that was said; none: the machine's.
type TimeOfDay = Arc<Mutex<Option<Timestamp>>>;

/// The machine's clock, with the time of day that was said.
#[derive(Debug)]
struct TalkClock {
    time: TimeOfDay,
    machine: MachineClock,
}

impl Clock for TalkClock {
    fn now(&self) -> Timestamp {
        self.time.lock().unwrap().unwrap_or_else(|| self.machine.now())
    }

    fn elapsed(&self) -> Duration {
        self.machine.elapsed()
    }

    fn wait(&self, span: Duration) -> Wait<'_> {
        self.machine.wait(span)
    }
}

/// What is thrown where a run crashes.
struct Crashed;

impl Talk {
    pub fn new(crash: Option<Crash>) -> Talk {
        Talk {
            system: &co_store::SYSTEM,
            world: World::Practice(farm::farm("PVS1: master")),
            servers: String::new(),
            more: String::new(),
            saved: None,
            applied: None,
            meanwhile: None,
            time: TimeOfDay::default(),
            folder: tempfile::tempdir().unwrap(),
            run: None,
            crash,
            crashed: false,
            lines: Vec::new(),
        }
    }

    /// Returns the lines of all journals at which a run can crash: up to where it ends by itself.
    pub fn crash_points(&self) -> Vec<usize> {
        (1..=self.lines.len()).filter(|line| self.lines[line - 1]).collect()
    }

    pub fn has_crashed(&self) -> bool {
        self.crashed
    }

    /// Takes a turn, and returns it with the answer as it is.
    pub fn take(&mut self, turn: &Turn) -> Turn {
        let (word, rest) = turn.says.split_once(' ').unwrap_or((&turn.says, ""));
        let answer = match word {
            "" | "#" => None,
            "farm" => {
                self.world = World::Practice(farm::farm(rest));
                None
            }
            "sun-ray" => {
                self.world = World::Practice(farm::sun_ray(rest));
                self.system = &sun_ray::SYSTEM;
                None
            }
            "lifekeeper" => {
                self.world = World::Practice(farm::lifekeeper(rest));
                self.system = &lifekeeper::SYSTEM;
                None
            }
            "wsmgr" | "wsmgr-of-2" => {
                let needed = if word == "wsmgr" { 1 } else { 2 };
                self.world = World::Practice(farm::wsmgr_of(needed, rest));
                self.system = &wsmgr::SYSTEM;
                None
            }
            "declare" => {
                self.servers = rest.into();
                self.more.clear();
                None
            }
            "also" => {
                let _ = writeln!(self.more, "{rest}");
                None
            }
            "change" => {
                let change = change::parse(rest);
                self.farm().change(&change).unwrap_or_else(|why| panic!("{change}: {why}"));
                None
            }
            "meanwhile" => {
                let (step, what) = rest.split_once(' ').unwrap();
                let what = match what.split_once(' ').unwrap() {
                    ("change", change) => Meanwhile::Change(change::parse(change)),
                    ("clock", time) => Meanwhile::Clock(time.parse().unwrap()),
                    (other, _) => panic!("what is `{other}`?"),
                };
                self.meanwhile = Some((step.parse().unwrap(), what));
                None
            }
            "clock" => {
                *self.time.lock().unwrap() = Some(rest.parse().unwrap());
                None
            }
            "plan" => Some(self.plan()),
            "apply" => Some(self.apply(rest == "saved")),
            "resume" => Some(self.resume()),
            "undo" => Some(self.undo()),
            "drift" => Some(self.drift()),
            "disks" => Some(self.disks()),
            "end" => Some(self.end()),
            _ => panic!("what is `{}`?", turn.says),
        };
        Turn { says: turn.says.clone(), answer }
    }

    fn farm(&self) -> &PracticeWorld {
        practice(&self.world)
    }

    fn topology(&self) -> Topology {
        let group = match self.system.table.system {
            "co-store" => "Store",
            "lifekeeper" => "shop",
            "wsmgr" => "Web",
            _ => "desk",
        };
        farm::declared_in(self.system, group, &self.servers, &self.more)
    }

    fn seen(&self, topology: &Topology) -> GroupSnapshot {
        farm::observe_in(self.system, self.farm(), &site(topology))
    }

    fn plan(&mut self) -> String {
        let planned = self.fresh();
        let text = plan_text(&planned);
        self.saved = Some(planned);
        text
    }

    fn fresh(&self) -> GroupPlan {
        let topology = self.topology();
        plan(&topology, &self.seen(&topology), Timestamp::now())
    }

    fn apply(&mut self, saved: bool) -> String {
        let planned = match saved {
            true => self.saved.clone().expect("a plan was saved"),
            false => self.fresh(),
        };
        let seen = self.seen(&planned.topology);
        let changes = if saved { stale::changes(&planned, &seen, Timestamp::now()) } else { Vec::new() };
        if !changes.is_empty() {
            let told: Vec<String> = changes.iter().map(|text| format!("stale: {}", text.en)).collect();
            return told.join("\n");
        }
        if planned.verdict != GroupVerdict::Ready {
            return plan_text(&planned);
        }
        self.carry_out(&planned)
    }

    fn carry_out(&mut self, planned: &GroupPlan) -> String {
        let state = State::at(self.folder.path());
        let whole = Plan { groups: vec![planned.clone()] };
        let (run, plan_id, journal) = runs::begin(&state, &whole, Timestamp::now()).unwrap();
        self.run = Some(run.clone());
        let first = runs::opening(&run, &plan_id, &[], who());
        self.walk(planned, journal, Vec::new(), first)
    }

    /// The way back from the last run, walked like any other plan.
    fn undo(&mut self) -> String {
        let state = State::at(self.folder.path());
        let run = runs::read(&state, self.run.as_deref().expect("a run"), &tables()).unwrap();
        let group = &run.plan.groups[0];
        let steps = taken_back(group, &run.journal.entries).into_iter().filter_map(|one| one.taken_back).collect();
        let topology = taking_back(before(&group.topology, group), steps);
        let planned = plan(&topology, &self.seen(&topology), Timestamp::now());
        let text = plan_text(&planned);
        if planned.verdict != GroupVerdict::Ready {
            return text;
        }
        format!("{text}\n{}", self.carry_out(&planned))
    }

    fn resume(&mut self) -> String {
        let state = State::at(self.folder.path());
        let run = runs::read(&state, self.run.as_deref().expect("a run"), &tables()).unwrap();
        if runs::is_finished(&run) {
            return "done already".into();
        }
        let journal = Journal::go_on(&state.run(&run.id).join("journal.jsonl"), &run.journal).unwrap();
        let first = runs::opening(&run.id, &run.plan_id, &run.journal.entries, who());
        self.walk(&run.plan.groups[0], journal, run.journal.entries, first)
    }

    /// Walks until the run ends or crashes; after a crash a new loop goes on.
    fn walk(&mut self, planned: &GroupPlan, journal: Journal, entries: Vec<Entry>, first: Event) -> String {
        let mut shown = Vec::new();
        let walked = {
            let Talk { world, time, meanwhile, crash, crashed, lines, .. } = &mut *self;
            let show = |entry: &Entry| {
                shown.extend(told(&entry.event));
                lines.push(is_going(&entry.event));
                let farm = practice(world);
                if let Event::StepDone { step, .. } = &entry.event
                    && let Some((_, what)) = meanwhile.take_if(|(after, _)| after == step)
                {
                    match what {
                        Meanwhile::Change(change) => farm.change(&change).unwrap(),
                        Meanwhile::Clock(at) => *time.lock().unwrap() = Some(at),
                    }
                }
                if !*crashed && crash.is_some_and(|crash| crash.line == lines.len()) {
                    *crashed = true;
                    resume_unwind(Box::new(Crashed));
                }
            };
            catch_unwind(AssertUnwindSafe(|| walk(world, time, planned, journal, entries, show, first)))
        };
        match walked {
            Ok(is_done) => {
                if is_done {
                    self.applied = Some(planned.topology.clone());
                }
                shown.join("\n")
            }
            Err(thrown) if thrown.is::<Crashed>() => {
                self.tear();
                self.resume()
            }
            Err(thrown) => resume_unwind(thrown),
        }
    }

    /// Cuts the journal's last line off half way, where the crash is one of that kind.
    fn tear(&self) {
        if self.crash.is_some_and(|crash| crash.is_torn) {
            let state = State::at(self.folder.path());
            let path = state.run(self.run.as_deref().unwrap()).join("journal.jsonl");
            let bytes = std::fs::read(&path).unwrap();
            let body = &bytes[..bytes.len() - 1];
            let start = body.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            std::fs::write(&path, &bytes[..start + (body.len() - start) / 2]).unwrap();
        }
    }

    fn drift(&self) -> String {
        let topology = self.topology();
        let found = drift(&topology, self.applied.as_ref(), &self.seen(&topology));
        let mut lines = vec![found.verdict.as_str().to_string()];
        lines.extend(found.findings.iter().map(|one| format!("differs: {}", one.says.en)));
        lines.extend(found.unknown.iter().map(|one| format!("unknown: {}", one.en)));
        lines.extend(found.expected.iter().map(|one| format!("expected: {}", one.en)));
        lines.join("\n")
    }

    /// Shows the servers' files side by side.
    fn disks(&self) -> String {
        let site = site(&self.topology());
        let mut answers = farm::answers(self.farm(), &site);
        for request in inventory::asks(&site, &answers) {
            answers.extend([(request.clone(), self.farm().perform(&request))]);
        }
        let found = matrix::matrix(&site, &answers, &(co_store::SYSTEM.reads)(&site, &answers));
        let found = Matrix { inventory: Some(inventory::reads(&site, &answers)), ..found };
        let look = Look { language: Language::English, width: usize::MAX, colour: false };
        disks::text(&[found], &tables(), &look).trim_end().to_owned()
    }

    /// Tells what is there.
    pub fn end(&self) -> String {
        let status = self.farm().status().unwrap();
        let mut lines: Vec<String> = status.sun_ray.servers.iter().map(sun_ray_end).collect();
        lines.extend(status.lifekeeper.servers.iter().map(lifekeeper_end));
        lines.extend(status.wsmgr.servers.iter().map(wsmgr_end));
        let Some(store) = status.co_store.stores.first() else { return lines.join("\n") };
        for server in &store.servers {
            let files = match &server.share {
                None => "no share".into(),
                Some(share) => {
                    let unlike = share.files.iter().filter(|file| file.as_master == Some(false)).count();
                    let folders: Vec<&str> = share.invalid.iter().map(|(name, _)| name.as_str()).collect();
                    let folders = if folders.is_empty() { String::new() } else { format!(", {}", folders.join(", ")) };
                    format!("{} files, {} missing, {unlike} unlike{folders}", share.files.len(), share.missing.len())
                }
            };
            lines.push(format!("{} {}: {files}", server.name, server.role));
        }
        let ticks = store.ticks.iter().filter(|one| !one.pvs_store.ends_with("-Link"));
        lines.extend(ticks.map(|one| format!("{} ticked: {}", one.pvs_store, one.ticked.join(", "))));
        lines.join("\n")
    }

    /// Returns how often each changing request was carried out.
    pub fn acts(&self) -> BTreeMap<String, usize> {
        let mut acts = BTreeMap::new();
        for line in self.farm().audit().unwrap() {
            let Some(request) = line.request else { continue };
            let is_look = LOOKS.iter().any(|look| request.contains(look))
                || ["SQL: ", "read what is attested", "load balancer: what is"]
                    .iter()
                    .any(|look| request.starts_with(look));
            let not_done = ["error", "refused", "exit code 1", "the operator was asked"];
            if !is_look && !not_done.iter().any(|start| line.reply.starts_with(start)) {
                *acts.entry(request).or_insert(0) += 1;
            }
        }
        acts
    }
}

/// By what a request that only looks is known.
const LOOKS: [&str; 14] = [
    ": Get-",
    ": list ",
    ": fingerprint ",
    ": is there ",
    ": utreplica -l",
    ": utuser -l",
    ": sys_list",
    ": eqv_list",
    ": net_list",
    ": ins_list",
    ": flg_list",
    ": perl lcdstatus",
    ". getjobinfoforvol",
    ". getmirrorvolinfo",
];

/// Tells what a LifeKeeper server is.
fn lifekeeper_end(server: &rolewalk::world::practice::lifekeeper::ServerStatus) -> String {
    let list = |names: &[String]| if names.is_empty() { "nobody".into() } else { names.join(", ") };
    let mut line =
        format!("{} knows {}, shares with {}", server.name, list(&server.systems), list(&server.shares_with));
    for (top, in_service) in &server.hierarchies {
        let _ = write!(line, ", {top} {}", if *in_service { "in service" } else { "out of service" });
    }
    for (volume, is_source, other, is_paused) in &server.mirrors {
        let way = if *is_source { "to" } else { "from" };
        let _ = write!(line, ", {volume} mirrored {way} {other}{}", if *is_paused { ", paused" } else { "" });
    }
    for one in server.saved.iter().chain(&server.flags) {
        let _ = write!(line, ", {one}");
    }
    line + if server.synced { "" } else { ", not synced" }
}

/// Tells what a Sun Ray server is.
fn sun_ray_end(server: &ServerStatus) -> String {
    let mut line = format!("{} {}", server.name, server.role);
    if !server.with.is_empty() {
        let _ = write!(line, " with {}", server.with.join(", "));
    }
    let _ = write!(line, ": {} users, services {}", server.users, if server.services { "running" } else { "stopped" });
    for (path, owner_only) in &server.files {
        let _ = write!(line, ", {path}{}", if *owner_only { "" } else { " readable by all" });
    }
    line
}

/// Tells what a WSMGR server is.
fn wsmgr_end(server: &WebServer) -> String {
    let mut line = format!("{} {}: pool {}, {} sessions", server.name, server.role, server.pool, server.sessions);
    if let Some(sync) = server.sync {
        let _ = write!(line, ", {sync}");
    }
    if let Some(kind) = server.takes_itself_for {
        let _ = write!(line, ", takes itself for {kind}");
    }
    if !server.connected {
        line.push_str(", cut off");
    }
    line
}

fn who() -> Identity {
    Identity { who: "somebody".into(), host: "somewhere".into() }
}

fn practice(world: &World) -> &PracticeWorld {
    match world {
        World::Practice(farm) => farm,
        World::Staged(_) | World::Real(_) => unreachable!("scenarios have a farm"),
    }
}

fn site(topology: &Topology) -> rolewalk::model::site::Site {
    rolewalk::model::site::Site { today: Some(jiff::civil::date(2026, 11, 20)), ..farm::site(topology) }
}

fn walk(
    world: &World,
    time: &TimeOfDay,
    planned: &GroupPlan,
    journal: Journal,
    entries: Vec<Entry>,
    show: impl FnMut(&Entry),
    first: Event,
) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let clock = TalkClock { time: Arc::clone(time), machine: MachineClock::start() };
    let group = GroupRun {
        plan: planned,
        system: rolewalk::system::find(planned.topology.table.system).unwrap(),
        site: site(&planned.topology),
        world,
        pace: Pace { poll: Duration::from_millis(1), patience: Some(Duration::from_millis(3)) },
        attended: false,
        clock: &clock,
        interrupted: &AtomicBool::new(false),
    };
    let mut is_done = false;
    let done = |groups: &[&GroupPlan]| {
        is_done = !groups.is_empty();
        Ok::<(), StateFault>(())
    };
    let log = Log::new(journal, entries, &clock, show);
    runtime.block_on(runs::go(vec![group], log, first, 0, done)).unwrap();
    is_done
}

/// Returns whether the run is still going at an event, so that a crash there is one.
fn is_going(event: &Event) -> bool {
    match event {
        Event::StepStopped { .. } => false,
        Event::GroupEnded { ending, .. } => *ending == Ending::Done,
        Event::RunEnded { exit_code } => *exit_code == 0,
        _ => true,
    }
}

fn plan_text(planned: &GroupPlan) -> String {
    let mut lines = vec![format!("{}, {}", planned.verdict.as_str(), planned.shortest.as_str())];
    for step in &planned.steps {
        let mut line = format!("{} {} {}", step.number, step.transition.name, step.server);
        for guard in step.guards.iter().filter(|guard| !guard.lets_pass()) {
            let _ = write!(line, "\n    {} {}: {}", guard.name, guard.answer.verdict.as_str(), guard.answer.because.en);
        }
        lines.push(line);
    }
    if planned.steps.is_empty() {
        lines.extend(planned.blocked_by.iter().map(|block| format!("because {}", block.because.en)));
    }
    lines.extend(planned.follow_ups.iter().map(|left| format!("left for later: {} {}", left.name, left.server)));
    lines.join("\n")
}

/// Tells an event in short, where it is one that a reader of scenarios wants to see.
fn told(event: &Event) -> Option<String> {
    Some(match event {
        Event::StepStarted { step, transition, server, .. } => format!("{step} {transition} {server}"),
        Event::Answered { request, reply, .. } => format!("    {} -> {}", one_line(request), one_line(reply)),
        Event::OperatorAsked { host, instructions, .. } => {
            let attest = instructions.last().filter(|last| last.en.contains("`rolewalk attest "));
            let attest = attest.map(|text| format!(": {}", text.en)).unwrap_or_default();
            format!("    a person is asked, on {host}{attest}")
        }
        Event::StepDone { step, changes, marks, already, .. } => {
            let changes = changes.iter().map(|one| format!("{} {} to {}", one.server, one.from, one.to));
            let marks = marks
                .iter()
                .map(|one| format!("{} {} {} to {}", one.server, one.mark, one.from.unwrap_or("?"), one.to));
            let told: Vec<String> = changes.chain(marks).collect();
            let already = if *already { "already " } else { "" };
            format!("{step} {already}done: {}", told.join(", "))
        }
        Event::StepStopped { step, outcome, cause, .. } => {
            format!("{step} stopped, {}: {}", outcome_text(*outcome), cause.en)
        }
        Event::RunEnded { exit_code } => format!("exit code {exit_code}"),
        _ => return None,
    })
}

fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ").trim_end().chars().take(160).collect()
}

fn outcome_text(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::NotStarted => "not started",
        Outcome::FailedUnchanged => "failed, nothing changed",
        Outcome::FailedChanged => "failed half way",
        Outcome::Unknown => "outcome unknown",
        Outcome::Waiting => "waiting",
    }
}
