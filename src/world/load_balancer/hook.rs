//! Any other load balancer, through a program of the site: it is called with an action and a server's name, each one
//! argument whatever it holds, and never through a shell.
//!
//! `state SERVER` writes one line: `ready`, `drain` or `maint`, the count of sessions, and `up` or `down` where that is
//! known. `drain SERVER`, `maint SERVER` and `ready SERVER` change something; what came of it is read back.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Trouble;
use crate::model::pool::{PoolSeen, PoolState};

/// The most of an answer that is read.
const MOST_BYTES: u64 = 64 * 1024;
/// The time between two looks whether the program has ended.
const POLL: Duration = Duration::from_millis(10);

/// A program of the site.
#[derive(Debug)]
pub struct Hook {
    /// The program and its first arguments. Invariant: not empty; checked by `format::connections`.
    pub words: Vec<String>,
    /// The folder in which it runs.
    pub folder: PathBuf,
    /// How long it may run.
    pub answer_limit: Duration,
}

impl Hook {
    /// Asks for a server's state.
    pub(super) async fn see(&self, server: &str) -> Result<PoolSeen, Trouble> {
        let said = self.call("state", server).await?;
        parse(&said).map_err(|why| Trouble::Refused(format!("{}: {why}", self.words[0])))
    }

    /// Changes a server's state.
    pub(super) async fn set(&self, server: &str, to: PoolState) -> Result<(), Trouble> {
        self.call(to.as_str(), server).await.map(drop)
    }

    async fn call(&self, action: &str, server: &str) -> Result<String, Trouble> {
        let program = &self.words[0];
        let mut command = Command::new(program);
        command.args(&self.words[1..]).arg(action).arg(server);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        if !self.folder.as_os_str().is_empty() {
            command.current_dir(&self.folder);
        }
        let started = command.spawn();
        let mut child = started.map_err(|error| Trouble::Refused(format!("{program} can't be started: {error}")))?;
        let out = child.stdout.take().map(collect);
        let errors = child.stderr.take().map(collect);
        let start = Instant::now();
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if start.elapsed() < self.answer_limit => tokio::time::sleep(POLL).await,
                Ok(None) => {
                    // It is ours, and hangs.
                    let _ = child.kill();
                    let _ = child.wait();
                    let seconds = self.answer_limit.as_secs();
                    return Err(Trouble::Unknown(format!("{program} {action} {server} took longer than {seconds} s")));
                }
                Err(error) => return Err(Trouble::Unknown(format!("{program}: {error}"))),
            }
        };
        // Whoever the program left behind may hold its output open.
        while [&out, &errors].into_iter().flatten().any(|reader| !reader.is_finished()) {
            if start.elapsed() >= self.answer_limit {
                let why = format!("{program} {action} {server} ended, and its output is still held open");
                return Err(Trouble::Unknown(why));
            }
            tokio::time::sleep(POLL).await;
        }
        let text = |reader: Option<std::thread::JoinHandle<String>>| {
            reader.and_then(|reader| reader.join().ok()).unwrap_or_default()
        };
        let (out, errors) = (text(out), text(errors));
        match status.success() {
            true => Ok(out),
            false => {
                let said = errors.lines().chain(out.lines()).find(|line| !line.trim().is_empty()).unwrap_or_default();
                Err(Trouble::Unknown(format!("{program} {action} {server}: {status}: {}", said.trim())))
            }
        }
    }
}

/// Reads what the program writes, on a thread of its own so that a full pipe stops nobody.
fn collect(pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What can't be read is not there; the line is refused then.
        let _ = pipe.take(MOST_BYTES).read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Reads the line of `state`.
fn parse(said: &str) -> Result<PoolSeen, String> {
    let line: String = said.lines().next().unwrap_or_default().chars().take(80).collect();
    let wrong = || format!("`state` wrote {line:?}, and `ready|drain|maint SESSIONS [up|down]` is expected");
    let words: Vec<&str> = line.split_whitespace().collect();
    let (state, sessions, up) = match words.as_slice() {
        [state, sessions] => (*state, *sessions, None),
        [state, sessions, "up"] => (*state, *sessions, Some(true)),
        [state, sessions, "down"] => (*state, *sessions, Some(false)),
        _ => return Err(wrong()),
    };
    let known = [PoolState::Ready, PoolState::Drain, PoolState::Maint];
    let state = known.into_iter().find(|one| one.as_str() == state).ok_or_else(wrong)?;
    Ok(PoolSeen { state, sessions: sessions.parse().map_err(|_| wrong())?, up })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_state_and_sessions_or_it_is_refused() {
        let seen = |state, sessions, up| Ok(PoolSeen { state, sessions, up });
        assert_eq!(parse("ready 12 up\n"), seen(PoolState::Ready, 12, Some(true)));
        assert_eq!(parse("drain 3"), seen(PoolState::Drain, 3, None));
        assert_eq!(parse("maint 0 down\nmore"), seen(PoolState::Maint, 0, Some(false)));
        for bad in ["", "ready", "ready many", "READY 1", "ready 1 sideways", "ready -1", "ready 1 up now"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
