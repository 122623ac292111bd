//! What a person sees of a long reading, and how it is interrupted: a line of progress at a terminal, and Ctrl-C.
//!
//! Shows nothing where standard error is no terminal, or where only what went wrong is to be said.

use std::io::{self, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use crate::model::words::{Language, Text};
use crate::world::store_files::{self, Progress, Watch};

use super::setting::Setting;

/// A reading is shown once it has lasted this long.
const SHOWN_AFTER: Duration = Duration::from_millis(800);
/// How often a command's readings are shown.
const SHOWN_EVERY: Duration = Duration::from_millis(250);
/// Goes to the line's begin and clears it.
const CLEARED: &str = "\r\x1b[K";

/// Whether the last line of the terminal shows how far a reading is.
static SHOWN: Mutex<bool> = Mutex::new(false);

/// Shows how far a reading is, on the last line of the terminal.
fn show(progress: Progress, language: Language) {
    if progress.elapsed < SHOWN_AFTER {
        return;
    }
    let mut shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    *shown = true;
    put(&format!("{CLEARED}{}", told(progress).say(language)));
}

/// Clears that line; until the guard is dropped, nothing is shown there.
pub fn cleared() -> MutexGuard<'static, bool> {
    let mut shown = SHOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if std::mem::take(&mut *shown) {
        put(CLEARED);
    }
    shown
}

fn put(text: &str) {
    let mut terminal = io::stderr().lock();
    // Nobody is left to be told that nobody looks.
    let _ = terminal.write_all(text.as_bytes()).and_then(|()| terminal.flush());
}

/// The line of a terminal that shows how far one reading is.
pub struct Line<'a> {
    setting: &'a Setting,
}

impl<'a> Line<'a> {
    /// A line that is empty.
    pub fn of(setting: &'a Setting) -> Line<'a> {
        Line { setting }
    }

    /// Shows how far it is.
    pub fn show(&self, progress: Progress) {
        if self.setting.shows_progress {
            show(progress, self.setting.language);
        }
    }

    /// Clears the line, so that something else can be said there.
    pub fn clear(&self) {
        drop(cleared());
    }
}

/// Shows how far this machine's readings of store folders are, as long as it lives.
pub struct Shown {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Shown {
    /// Begins; none where nothing is to be shown.
    pub fn begin(setting: &Setting) -> Option<Shown> {
        let language = setting.language;
        let (end, ended) = channel();
        let look = move || {
            let begun = Instant::now();
            let mut before = store_files::progress(Duration::ZERO);
            while ended.recv_timeout(SHOWN_EVERY) == Err(RecvTimeoutError::Timeout) {
                let now = store_files::progress(begun.elapsed());
                match store_files::is_reading() {
                    true => show(now.since(before), language),
                    false => {
                        before = now;
                        drop(cleared());
                    }
                }
            }
            drop(cleared());
        };
        let thread = setting.shows_progress.then(|| Builder::new().name("progress".into()).spawn(look))?;
        Some(Shown { end: Some(end), thread: Some(thread.ok()?) })
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // A line that could not be shown is no reason to fail.
            let _ = thread.join();
        }
    }
}

/// Says in a line how far a reading is: bytes, rate, time left.
fn told(progress: Progress) -> Text {
    let (done, total) = (amount(progress.done_bytes), amount(progress.total_bytes));
    let rate = progress.bytes_per_second().map(|rate| format!(", {}/s", amount(rate))).unwrap_or_default();
    let left = progress.left().map(clock);
    let (en, ja) = match left {
        Some(left) => (format!(", {left} left"), format!("、残り {left}")),
        None => Default::default(),
    };
    Text::new(format!("{done} of {total} read{rate}{en}"), format!("{done} / {total} 読み取り済み{rate}{ja}"))
}

fn amount(bytes: u64) -> String {
    let units = [(1u64 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", bytes as f64 / unit as f64),
        None => format!("{bytes} B"),
    }
}

fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

/// Has a person's interrupt stop the reading with a checkpoint, and a second one end the process at once.
pub fn listen(watch: &Arc<Watch>) {
    let watch = Arc::clone(watch);
    // Without the thread an interrupt ends the process at once: what was written down on the way is kept.
    let _ = Builder::new().name("interrupt".into()).spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            while tokio::signal::ctrl_c().await.is_ok() {
                if watch.is_stopped() {
                    std::process::exit(130);
                }
                watch.stop();
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_with_bytes_rate_and_time_left() {
        let watch = Watch::default();
        watch.expect(40 << 30);
        let first = told(watch.progress(Duration::from_secs(1)));
        assert_eq!((&*first.en, &*first.ja), ("0 B of 40.0 GiB read", "0 B / 40.0 GiB 読み取り済み"));
        watch.add(3 << 29);
        let then = told(watch.progress(Duration::from_secs(2)));
        assert_eq!(then.en, "1.5 GiB of 40.0 GiB read, 768.0 MiB/s, 0:51 left");
        assert_eq!(then.ja, "1.5 GiB / 40.0 GiB 読み取り済み, 768.0 MiB/s、残り 0:51");
        assert_eq!(clock(Duration::from_secs(3725)), "1:02:05");
    }
}
