//! The way to one host: a connection that is made once, and orders that share it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, Semaphore};

use super::child::{self, Done, GivenUp, Task};
use super::nonce::Progress;
use super::order::{Answer, Order};
use super::trouble::{Trouble, clipped, last_line};
use super::{Host, Hosts, Via, ssh};
use crate::model::name::ServerName;

/// Orders that one host has at once: an SSH server opens ten channels unless told otherwise.
pub const CHANNELS: usize = 8;
/// For how long after a failed attempt nobody tries again to connect: the questions of one look fail together.
const PAUSE: Duration = Duration::from_secs(3);
/// How often a connection is asked for that is refused, and a channel: nothing was sent then.
const ATTEMPTS: u32 = 5;
const OPENS: u32 = 30;
/// How long to wait after the first refusal; longer after each further one.
const BACK_OFF: Duration = Duration::from_millis(150);
/// What a connection may take besides the time that the client itself is told.
const SLACK: Duration = Duration::from_secs(2);
/// The longest path of a socket is a hundred characters or a few more, and the client makes it longer for a moment.
const LONGEST_FOLDER: usize = 60;

/// The way to one host.
pub struct Link {
    number: usize,
    channels: Semaphore,
    reading: Semaphore,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: bool,
    failed: Option<(Instant, Trouble)>,
}

impl Link {
    /// Returns a way that nobody has gone yet.
    pub fn new(number: usize) -> Link {
        Link { number, channels: Semaphore::new(CHANNELS), reading: Semaphore::new(1), state: Mutex::default() }
    }

    /// Returns where the socket of its connection is.
    pub fn socket(&self, folder: &Path) -> PathBuf {
        folder.join(self.number.to_string())
    }
}

impl Hosts {
    /// Sends an order to a host and waits for its answer.
    ///
    /// # Errors
    /// A [`Trouble`], which tells whether the order may have been carried out all the same.
    pub async fn send(&self, on: &ServerName, order: &Order) -> Result<Answer, Trouble> {
        let host = self.host(on);
        if on.as_str().starts_with('-') {
            return Err(Trouble::Unsendable { host: on.to_string(), why: "its name begins with a dash".into() });
        }
        let link = self.link(on);
        // Nobody closes these: there is always a permit to come. Whoever reads for hours waits for the one before, and not on
        // a channel that others need: two readers would make a disk seek.
        let _alone = if order.long { Some(link.reading.acquire().await) } else { None };
        let _channel = link.channels.acquire().await;
        for attempt in 1..=OPENS {
            let words = match host.via {
                Via::Local => None,
                Via::Ssh if ssh::KEEPS => {
                    let socket = self.opened(on, host, &link).await?;
                    Some(ssh::through(host, on, &socket, &order.line))
                }
                Via::Ssh => Some(ssh::alone(host, on, &order.line)),
            };
            let turn = if order.long { &self.reading } else { &self.talking };
            let _turn = turn.acquire().await;
            let usual = if order.long { host.limits.hash } else { host.limits.command };
            let limit = order.limit.unwrap_or(usual);
            let task = Task { reads: order.reads.as_deref(), limit, most: order.most, until: Some(&order.nonce) };
            let (program, words) = match &words {
                Some(words) => (self.settings.ssh.as_path(), words),
                None => (order.program.as_path(), &order.words),
            };
            let done = child::run(program, words, &task).await.map_err(|up| given_up(on, program, up, &task))?;
            match refused_channel(&done) {
                Some(is_gone) if ssh::KEEPS && host.via == Via::Ssh => {
                    link.state.lock().await.open &= !is_gone;
                    tokio::time::sleep(BACK_OFF * attempt.min(4)).await;
                }
                _ => return answered(on, order, done),
            }
        }
        Err(Trouble::Unreachable { host: on.to_string(), why: format!("it refused {OPENS} times to open a channel") })
    }

    /// Makes the connection, unless it is there, and returns its socket.
    async fn opened(&self, on: &ServerName, host: &Host, link: &Link) -> Result<PathBuf, Trouble> {
        let folder = self.sockets.get_or_init(folder).as_ref().map(tempfile::TempDir::path).ok_or_else(|| {
            let why = "no folder can be made for its connection".into();
            Trouble::Unsendable { host: on.to_string(), why }
        })?;
        let socket = link.socket(folder);
        let mut state = link.state.lock().await;
        if state.open {
            return Ok(socket);
        }
        if let Some((at, trouble)) = &state.failed
            && at.elapsed() < PAUSE
        {
            return Err(trouble.clone());
        }
        let opened = self.open(on, host, &socket).await;
        state.open = opened.is_ok();
        state.failed = opened.as_ref().err().map(|trouble| (Instant::now(), trouble.clone()));
        opened.map(|()| socket)
    }

    async fn open(&self, on: &ServerName, host: &Host, socket: &Path) -> Result<(), Trouble> {
        let words = ssh::open(host, on, socket);
        let task = Task { reads: None, limit: host.limits.connect + SLACK, most: 0, until: None };
        let mut attempt = 0;
        loop {
            attempt += 1;
            let done = {
                let _turn = self.talking.acquire().await;
                child::run(&self.settings.ssh, &words, &task).await
            };
            let done = done.map_err(|up| match up {
                GivenUp::Late => {
                    let why = format!("no connection within {} s", task.limit.as_secs());
                    Trouble::Unreachable { host: on.to_string(), why }
                }
                up => given_up(on, &self.settings.ssh, up, &task),
            })?;
            if done.code == Some(0) {
                return Ok(());
            }
            let said = String::from_utf8_lossy(&done.said);
            // A server that has too many at its door closes it again.
            if said.contains("kex_exchange_identification") && attempt < ATTEMPTS {
                tokio::time::sleep(BACK_OFF * attempt).await;
                continue;
            }
            return Err(Trouble::of_connecting(on.as_str(), &said));
        }
    }
}

/// Makes the folder of sockets: its owner's alone, with a short path.
fn folder() -> Option<tempfile::TempDir> {
    let make = || tempfile::Builder::new().prefix("rw").tempdir();
    let made = make().ok().filter(|made| made.path().as_os_str().len() <= LONGEST_FOLDER);
    made.or_else(|| tempfile::Builder::new().prefix("rw").tempdir_in("/tmp").ok())
}

/// Returns whether the client says that it could not even ask for a channel, or was refused one; and if so, whether the
/// connection is gone. In no such case was the order sent.
fn refused_channel(done: &Done) -> Option<bool> {
    if done.code != Some(255) || !done.wrote.is_empty() {
        return None;
    }
    let said = String::from_utf8_lossy(&done.said);
    // Asked, and no word of what came of it.
    if said.contains("read from master failed") {
        return None;
    }
    if said.contains("Session open refused by peer") {
        return Some(false);
    }
    let no_socket = said.contains("Control socket connect(") || !said.contains("mux_client");
    // It went on to a connection of its own, which is always refused here.
    (no_socket && said.contains("kex_exchange_identification")).then_some(true)
}

fn given_up(on: &ServerName, program: &Path, up: GivenUp, task: &Task<'_>) -> Trouble {
    let host = on.to_string();
    match up {
        GivenUp::NotStarted(error) => {
            Trouble::NoProgram { program: program.display().to_string(), why: error.to_string() }
        }
        GivenUp::Late => Trouble::Late { host, within: task.limit },
        GivenUp::TooLarge => Trouble::TooLarge { host, most: task.most },
        GivenUp::Broken(error) => Trouble::Lost { host, why: error.to_string() },
    }
}

fn answered(on: &ServerName, order: &Order, done: Done) -> Result<Answer, Trouble> {
    let said = String::from_utf8_lossy(&done.said);
    let ended = match done.code {
        Some(code) => format!("exit code {code}"),
        None => "it was ended".into(),
    };
    let why = match order.nonce.progress(&done.wrote) {
        Progress::Ended { status, wrote } => return Ok(Answer { status, wrote, said: done.said }),
        Progress::Begun => format!("it had begun ({ended}): {}", last_line(&said)),
        Progress::NotBegun if done.wrote.is_empty() => {
            format!("nothing says that it has begun ({ended}): {}", last_line(&said))
        }
        Progress::NotBegun => {
            let wrote = clipped(&String::from_utf8_lossy(&done.wrote));
            format!("nothing says that it has begun ({ended}): {wrote}: {}", last_line(&said))
        }
    };
    Err(Trouble::Lost { host: on.to_string(), why })
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::Arc;

    use super::super::{Settings, Via, posix};
    use super::*;

    // Nine stores on one server: their files are read one store after another, and whoever only looks gets through.
    #[tokio::test]
    async fn whoever_reads_for_hours_is_alone_on_a_host_and_holds_nobody_up() {
        let mut settings = Settings { at_once: 20, ..Settings::default() };
        settings.every.via = Via::Local;
        let (hosts, on) = (Arc::new(Hosts::new(settings)), ServerName::new("h1").unwrap());
        let folder = tempfile::tempdir().unwrap();
        let held = folder.path().join("held");
        let held = held.to_str().unwrap();
        // Fails where another one is at it.
        let read =
            posix::order(r#"mkdir -- "$1"||exit 9;while [ ! -e "$1.look" ];do sleep 0.01;done;rmdir -- "$1""#, &[held]);
        let read = read.unwrap().long();
        let send = |order: Order| {
            let (hosts, on) = (Arc::clone(&hosts), on.clone());
            tokio::spawn(async move { hosts.send(&on, &order).await.map(|answer| answer.status) })
        };
        let readers: Vec<_> = (0..CHANNELS + 1).map(|_| send(read.clone())).collect();
        // No reader ends before this one was answered.
        let look = send(posix::order(r#": > "$1.look""#, &[held]).unwrap());
        assert_eq!(look.await.unwrap().unwrap(), 0);
        for reader in readers {
            assert_eq!(reader.await.unwrap().unwrap(), 0);
        }
    }
}
