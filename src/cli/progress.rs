//! The line at a terminal that shows what a run is doing right now: which step, how long already, and until when.
//!
//! It stands on standard error below what was told, is drawn once a second, and is cleared before anything else is said.
//! Without a terminal, or where only what went wrong is to be said, there is none.

use std::collections::BTreeMap;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::model::event::{Entry, Event};
use crate::model::plan::Plan;
use crate::model::words::{Language, Text};
use crate::report::clean;

use super::setting::Setting;

/// How often the line is drawn.
const EVERY: Duration = Duration::from_secs(1);
/// Goes to the line's begin and clears it.
const CLEARED: &str = "\r\x1b[K";

/// What a group is doing.
#[derive(Debug, Clone)]
struct Doing {
    what: Text,
    since: Instant,
    limit: Option<Duration>,
}

/// What is under way, by group, and whether it is on the screen.
#[derive(Debug, Default)]
struct State {
    doing: BTreeMap<String, Doing>,
    is_shown: bool,
}

/// The line of a run.
pub struct Line {
    state: Arc<Mutex<State>>,
    /// Dropped to have the drawing end.
    end: Option<Sender<()>>,
    drawing: Option<JoinHandle<()>>,
}

impl Line {
    /// Begins to draw, where a terminal is there to draw on.
    pub fn of(setting: &Setting) -> Line {
        let state = Arc::new(Mutex::new(State::default()));
        if !setting.shows_progress {
            return Line { state, end: None, drawing: None };
        }
        let (end, ended) = channel();
        let (shared, language, width) = (Arc::clone(&state), setting.language, setting.width);
        let drawing = std::thread::Builder::new().name("progress".into()).spawn(move || {
            while ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                let mut state = lock(&shared);
                if !state.doing.is_empty() {
                    let now = Instant::now();
                    eprint!("{CLEARED}{}", told(&state.doing, now, language, width));
                    state.is_shown = true;
                }
            }
        });
        // Without the thread the run is told all the same, only without this line.
        Line { state, end: Some(end), drawing: drawing.ok() }
    }

    /// Notes an event, and has `say` tell it while nothing is drawn.
    pub fn tell(&self, entry: &Entry, plan: &Plan, say: impl FnOnce()) {
        let mut state = lock(&self.state);
        clear(&mut state);
        say();
        if self.end.is_some() {
            note(&mut state.doing, entry, plan);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        drop(self.end.take());
        let _ = self.drawing.take().map(JoinHandle::join);
        clear(&mut lock(&self.state));
    }
}

/// Nothing in here can be left half-changed: a lock whose holder panicked is as good as any.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn clear(state: &mut State) {
    if std::mem::take(&mut state.is_shown) {
        eprint!("{CLEARED}");
    }
}

/// Notes what an event begins or ends.
fn note(doing: &mut BTreeMap<String, Doing>, entry: &Entry, plan: &Plan) {
    let Some(group) = entry.event.group() else { return doing.clear() };
    let here = plan.groups.iter().find(|one| one.topology.group == group);
    let limit_of =
        |number: usize| here?.steps.iter().find(|step| step.number == number).map(|step| step.transition.limit);
    let all = here.map_or(0, |group| group.steps.len());
    let what = match &entry.event {
        Event::GroupStarted { .. } => Some((Text::new("looking", "確認中"), None)),
        Event::GuardsAsked { step, .. } => {
            Some((Text::new(format!("step {step} of {all}: ready"), format!("ステップ {step}/{all}: 準備完了")), None))
        }
        Event::StepStarted { step, server, .. } => Some((
            Text::new(
                format!("step {step} of {all}: waiting for {server}"),
                format!("ステップ {step}/{all}: {server} の完了待ち"),
            ),
            limit_of(*step),
        )),
        Event::OperatorAsked { step, host, until, .. } => {
            let left = Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or_default();
            let ja = format!("ステップ {step}/{all}: {host} での作業待ち");
            Some((Text::new(format!("step {step} of {all}: waiting for an operator on {host}"), ja), Some(left)))
        }
        Event::Answered { .. } => return,
        _ => None,
    };
    match what {
        Some((what, limit)) => {
            doing.insert(group.into(), Doing { what, since: Instant::now(), limit });
        }
        None => drop(doing.remove(group)),
    }
}

/// Says in a line what is under way: the group that has been at it longest, and how many others there are.
fn told(doing: &BTreeMap<String, Doing>, now: Instant, language: Language, width: usize) -> String {
    let Some((group, first)) = doing.iter().min_by_key(|(_, one)| one.since) else { return String::new() };
    let lasted = clock(now.saturating_duration_since(first.since));
    let time = match (first.limit, language) {
        (Some(limit), Language::English) => format!("{lasted} of {}", clock(limit)),
        (Some(limit), Language::Japanese) => format!("{lasted} / {}", clock(limit)),
        (None, _) => lasted,
    };
    let more = match (doing.len() - 1, language) {
        (0, _) => String::new(),
        (n, Language::English) => format!(" (+{n} groups)"),
        (n, Language::Japanese) => format!(" (ほか {n} グループ)"),
    };
    // What is counted comes first: the end is cut where there is no room.
    let line = format!("{time}  {group}: {}{more}", first.what.say(language));
    cut(&clean::terminal(&line), width.saturating_sub(1))
}

/// Returns as much of a text as fits into so many columns.
fn cut(text: &str, most: usize) -> String {
    let mut at = 0;
    text.chars()
        .take_while(|c| {
            at += crate::report::columns(*c);
            at <= most
        })
        .collect()
}

fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::sample;

    #[test]
    fn what_is_under_way_is_told_with_its_time_and_limit_and_never_wider_than_the_terminal() {
        let plan = sample::plan();
        let mut doing = BTreeMap::new();
        let mut looked_at = 0;
        for entry in sample::entries() {
            note(&mut doing, &entry, &plan);
            let now = Instant::now() + Duration::from_secs(75);
            for (language, width) in [(Language::English, 40), (Language::Japanese, 40), (Language::English, 100)] {
                let line = told(&doing, now, language, width);
                let columns: usize = line.chars().map(crate::report::columns).sum();
                assert!(columns < width && doing.is_empty() == line.is_empty(), "{line}");
                assert!(line.is_empty() || line.starts_with("1:15"), "{line}");
                if matches!(entry.event, Event::StepStarted { .. }) && width == 100 {
                    assert!(line.contains(" of ") && line.contains("waiting for"), "{line}");
                    looked_at += 1;
                }
            }
        }
        assert!(doing.is_empty() && looked_at > 0, "{doing:?}");
    }
}
