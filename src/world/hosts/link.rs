//! The way to one host: a connection that is made once, and orders that share it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::child::{self, Done, GivenUp, Task};
use super::connection::{Connection, Way};
use super::nonce::Progress;
use super::order::{Answer, Order};
use super::trouble::{Trouble, clipped, last_line};
use super::{Hosts, Via, ssh};
use crate::model::name::ServerName;

/// Orders that one host has at once: an SSH server opens ten channels unless told otherwise.
pub const CHANNELS: usize = 8;
/// How often a channel is asked for that is refused: nothing was sent then.
const OPENS: u32 = 30;
/// How long to wait after the first refusal; longer after each further one.
pub const BACK_OFF: Duration = Duration::from_millis(150);

/// The way to one host.
pub struct Link {
    channels: Semaphore,
    reading: Semaphore,
    connection: Connection,
}

impl Link {
    /// Returns a way that nobody has gone yet.
    pub fn new(number: usize) -> Link {
        let connection = Connection::new(number);
        Link { channels: Semaphore::new(CHANNELS), reading: Semaphore::new(1), connection }
    }
}

impl Hosts {
    /// Sends an order to a host and waits for its answer.
    ///
    /// # Errors
    /// A [`Trouble`], which tells whether the order may have been carried out all the same.
    pub async fn send(&self, on: &ServerName, order: &Order) -> Result<Answer, Trouble> {
        if on.as_str().starts_with('-') {
            return Err(Trouble::Unsendable { host: on.to_string(), why: "its name begins with a dash".into() });
        }
        let link = self.link(on);
        // Nobody closes these: there is always a permit to come. Whoever reads for hours waits for the one before, and not on
        // a channel that others need: two readers would make a disk seek.
        let _alone = if order.long { Some(link.reading.acquire().await) } else { None };
        let _channel = link.channels.acquire().await;
        for attempt in 1..=OPENS {
            let (done, kept) = self.sent(on, &link, order).await?;
            match (refused_channel(&done), kept) {
                (Some(is_gone), Some(socket)) => {
                    if is_gone {
                        link.connection.lost(&socket).await;
                    }
                    tokio::time::sleep(BACK_OFF * attempt.min(4)).await;
                }
                _ => return answered(on, order, done),
            }
        }
        Err(Trouble::Unreachable { host: on.to_string(), why: format!("it refused {OPENS} times to open a channel") })
    }

    /// Sends an order once, and returns what came of it, with the socket of the connection that was kept for it.
    async fn sent(&self, on: &ServerName, link: &Link, order: &Order) -> Result<(Done, Option<PathBuf>), Trouble> {
        let (host, ssh) = (self.host(on), self.settings.ssh.as_path());
        match host.via {
            Via::Local => Ok((self.run(on, order, &order.program, &order.words).await?, None)),
            Via::Ssh if ssh::KEEPS => match self.way(on, host, &link.connection, order).await? {
                Way::Through(socket) => {
                    let words = ssh::through(host, on, &socket, &order.line);
                    Ok((self.run(on, order, ssh, &words).await?, Some(socket)))
                }
                Way::Went(socket, done) => Ok((done, Some(socket))),
            },
            Via::Ssh => Ok((self.run(on, order, ssh, &ssh::alone(host, on, &order.line)).await?, None)),
        }
    }

    async fn run(&self, on: &ServerName, order: &Order, program: &Path, words: &[OsString]) -> Result<Done, Trouble> {
        let turn = if order.long { &self.reading } else { &self.talking };
        let _turn = turn.acquire().await;
        let task = order.task(self.host(on));
        child::run(program, words, &task).await.map_err(|up| given_up(on, program, up, &task))
    }
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

/// Says why a child was given up that was to do something on a host.
pub fn given_up(on: &ServerName, program: &Path, up: GivenUp, task: &Task<'_>) -> Trouble {
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
