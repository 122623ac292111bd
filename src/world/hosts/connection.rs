//! The connection to one host that its orders share: made once, and kept.
//!
//! A host's first order, where it only looks, travels with the call that makes the connection: once that stands, the SSH client
//! leaves it to a process in the background and becomes a channel in it. Any other order waits until the connection stands, so
//! that it is known whether it was sent.
//!
//! # Source
//! OpenSSH's ssh.c (`control_persist_detach`) and mux.c (`muxserver_listen`): a socket has its name once the login is done and
//! somebody listens there.

use std::future::ready;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use super::child::{self, Done, GivenUp, Task};
use super::link::{BACK_OFF, given_up};
use super::order::Order;
use super::trouble::Trouble;
use super::{Host, Hosts, ssh};
use crate::model::name::ServerName;

/// For how long after a failed attempt nobody tries again to connect: the questions of one look fail together.
const PAUSE: Duration = Duration::from_secs(3);
/// How often a connection is asked for that is refused: nothing was sent then.
const ATTEMPTS: u32 = 5;
/// What a connection may take besides the time that the client itself is told.
const SLACK: Duration = Duration::from_secs(2);
/// How often it is looked whether a connection stands while the call that makes it runs on with an order.
const GLANCE: Duration = Duration::from_millis(25);
/// The longest path of a socket is a hundred characters or a few more, and the client makes it longer for a moment.
const LONGEST_FOLDER: usize = 60;

/// The connection to one host.
pub struct Connection {
    number: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How many were asked for. Each has a socket of its own name: none is taken for the one before it.
    count: u32,
    /// The socket of the one that stands, as far as anybody knows.
    open: Option<PathBuf>,
    failed: Option<(Instant, Trouble)>,
}

/// How an order gets to a host.
pub enum Way {
    /// Through the connection with this socket.
    Through(PathBuf),
    /// It went with the call that made the connection with this socket, and this came of it.
    Went(PathBuf, Done),
}

/// A connection that is to be made.
struct Wanted<'a> {
    on: &'a ServerName,
    host: &'a Host,
    socket: PathBuf,
}

/// A call that carries an order, as long as it runs.
type Call<'a> = Pin<Box<dyn Future<Output = Result<Done, GivenUp>> + Send + 'a>>;

impl Connection {
    /// Returns a connection that nobody has asked for yet.
    pub fn new(number: usize) -> Connection {
        Connection { number, state: Mutex::default() }
    }

    /// Notes that the connection with this socket is gone.
    pub async fn lost(&self, socket: &Path) {
        self.state.lock().await.open.take_if(|open| open == socket);
    }
}

impl Hosts {
    /// Makes a host's connection, unless it is there. An order that only looks goes with it; whoever else wants the connection
    /// has it as soon as it stands, however long that order takes.
    ///
    /// # Errors
    /// A [`Trouble`]; where there is no connection, the order was not sent.
    pub(super) async fn way(
        &self,
        on: &ServerName,
        host: &Host,
        connection: &Connection,
        order: &Order,
    ) -> Result<Way, Trouble> {
        let folder = self.sockets.get_or_init(folder).as_ref().map(tempfile::TempDir::path).ok_or_else(|| {
            let why = "no folder can be made for its connection".into();
            Trouble::Unsendable { host: on.to_string(), why }
        })?;
        let mut state = connection.state.lock().await;
        if let Some(socket) = &state.open {
            return Ok(Way::Through(socket.clone()));
        }
        if let Some((at, trouble)) = &state.failed
            && at.elapsed() < PAUSE
        {
            return Err(trouble.clone());
        }
        state.count += 1;
        let socket = folder.join(format!("{}-{}", connection.number, state.count));
        let wanted = Wanted { on, host, socket };
        let opened = match order.only_looks() {
            true => self.open_with(&wanted, order).await,
            false => self.open(&wanted).await.map(|()| None),
        };
        state.open = opened.is_ok().then(|| wanted.socket.clone());
        state.failed = opened.as_ref().err().map(|trouble| (Instant::now(), trouble.clone()));
        drop(state);
        let Some(call) = opened? else { return Ok(Way::Through(wanted.socket)) };
        let task = order.task(host);
        let done = timeout(task.limit, call).await.unwrap_or(Err(GivenUp::Late));
        done.map(|done| Way::Went(wanted.socket, done)).map_err(|up| given_up(on, &self.settings.ssh, up, &task))
    }

    /// Makes a connection by a call that returns once it stands.
    async fn open(&self, wanted: &Wanted<'_>) -> Result<(), Trouble> {
        let words = ssh::open(wanted.host, wanted.on, &wanted.socket);
        let task = Task { reads: None, limit: wanted.limit(), most: 0, until: None };
        let mut attempt = 0;
        loop {
            attempt += 1;
            let done = {
                let _turn = self.talking.acquire().await;
                child::run(&self.settings.ssh, &words, &task).await
            };
            match done {
                Ok(done) if done.code == Some(0) => return Ok(()),
                Ok(done) if is_too_full(&done) && attempt < ATTEMPTS => sleep(BACK_OFF * attempt).await,
                Ok(done) => return Err(wanted.refused(&done)),
                Err(GivenUp::Late) => return Err(wanted.late()),
                Err(up) => return Err(given_up(wanted.on, &self.settings.ssh, up, &task)),
            }
        }
    }

    /// Makes a connection by the call that carries an order, and returns that call once the connection stands; none where it
    /// is not clear what came of it, and the connection was made alone.
    async fn open_with<'a>(&'a self, wanted: &Wanted<'a>, order: &'a Order) -> Result<Option<Call<'a>>, Trouble> {
        let task = order.task(wanted.host);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let words = ssh::open_and_send(wanted.host, wanted.on, &wanted.socket, &order.line);
            let turn = self.talking.acquire().await;
            let both = Task { limit: wanted.limit() + task.limit, ..task };
            let mut call: Call<'a> = Box::pin(async move {
                let _turn = turn;
                child::run(&self.settings.ssh, &words, &both).await
            });
            let ended = tokio::select! {
                biased;
                ended = &mut call => ended,
                () = appears(&wanted.socket) => return Ok(Some(call)),
                () = sleep(wanted.limit()) => return Err(wanted.late()),
            };
            match ended {
                // Whatever was written has come through it.
                ended if wanted.socket.exists() || ended.as_ref().is_ok_and(|done| !done.wrote.is_empty()) => {
                    return Ok(Some(Box::pin(ready(ended))));
                }
                Ok(done) if done.code == Some(0) => return self.open(wanted).await.map(|()| None),
                Ok(done) if is_too_full(&done) && attempt < ATTEMPTS => sleep(BACK_OFF * attempt).await,
                Ok(done) => return Err(wanted.refused(&done)),
                Err(up) => return Err(given_up(wanted.on, &self.settings.ssh, up, &task)),
            }
        }
    }
}

impl Wanted<'_> {
    fn limit(&self) -> Duration {
        self.host.limits.connect + SLACK
    }

    fn late(&self) -> Trouble {
        let why = format!("no connection within {} s", self.limit().as_secs());
        Trouble::Unreachable { host: self.on.to_string(), why }
    }

    fn refused(&self, done: &Done) -> Trouble {
        Trouble::of_connecting(self.on.as_str(), &String::from_utf8_lossy(&done.said))
    }
}

/// Returns whether a server that has too many at its door closed it again.
fn is_too_full(done: &Done) -> bool {
    String::from_utf8_lossy(&done.said).contains("kex_exchange_identification")
}

async fn appears(socket: &Path) {
    while !socket.exists() {
        sleep(GLANCE).await;
    }
}

/// Makes the folder of sockets: its owner's alone, with a short path.
fn folder() -> Option<tempfile::TempDir> {
    let make = || tempfile::Builder::new().prefix("rw").tempdir();
    let made = make().ok().filter(|made| made.path().as_os_str().len() <= LONGEST_FOLDER);
    made.or_else(|| tempfile::Builder::new().prefix("rw").tempdir_in("/tmp").ok())
}
