//! The servers themselves: programs, files and PowerShell on them, here or by the system's own OpenSSH client.
//!
//! What a host is told to run is one of the fixed programs of [`posix`], [`powershell`] or [`cmd`]; whatever comes from a
//! topology, a database or another answer travels as data. Every order prints a nonce when it begins, and again with its
//! status when it has ended: without the second nobody knows what came of it, whatever the SSH client's exit code is, and it
//! is never sent again.
//!
//! Begin with [`Hosts::perform`]; the way to a host is `link`, what its orders share
//! `connection`, one child process `child`.

mod answer;
mod check;
mod child;
pub mod cmd;
mod connection;
pub mod decode;
pub mod link;
#[cfg(unix)]
mod master;
pub mod nonce;
pub mod order;
mod perform;
pub mod posix;
pub mod powershell;
pub mod ssh;
mod start;
mod store;
pub mod trouble;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

pub use check::{Found, Item};
pub use trouble::Trouble;

use crate::model::name::ServerName;
use link::Link;

/// How the servers of a connection are reached.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// A server that is not among `each`.
    pub every: Host,
    /// Servers that are reached in another way, complete.
    pub each: BTreeMap<ServerName, Host>,
    /// How many servers are talked to at once; long reading is counted apart.
    pub at_once: usize,
    /// The SSH client.
    pub ssh: PathBuf,
}

/// How one server is reached.
#[derive(Debug, Clone, Default)]
pub struct Host {
    /// By what way.
    pub via: Via,
    /// What shell reads a command there.
    pub shell: Shell,
    /// How the products' programs write text.
    pub encoding: Encoding,
    /// Its name or address for the SSH client; none: the server's name.
    pub address: Option<String>,
    /// Its port, where the client is told one.
    pub port: Option<u16>,
    /// The account, where the client is told one.
    pub user: Option<String>,
    /// A configuration file for the SSH client in place of the user's own.
    pub ssh_config: Option<PathBuf>,
    /// What stands before a product's program to give it more rights.
    pub elevate: Vec<String>,
    /// The program `rolewalk` there.
    pub rolewalk: Option<String>,
    /// The folder of each store.
    pub stores: BTreeMap<String, String>,
    /// How it joins the PVS farm without a person.
    pub wizard: Option<Wizard>,
    /// How long to wait.
    pub limits: Limits,
}

/// By what way a server is reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Via {
    /// By the system's OpenSSH client.
    #[default]
    Ssh,
    /// It is this machine.
    Local,
}

/// What shell reads a command.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shell {
    /// A POSIX shell.
    #[default]
    Posix,
    /// Windows PowerShell 5.1.
    Powershell,
    /// `cmd.exe`.
    Cmd,
}

/// How a program writes text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// CP932.
    Cp932,
    /// UTF-16, little-endian unless a mark says otherwise.
    Utf16,
}

/// How a server joins the PVS farm without a person.
#[derive(Debug, Clone)]
pub struct Wizard {
    /// `ConfigWizard.exe`.
    pub program: String,
    /// The text of its answer file.
    pub answers: Secret,
}

/// A text that is shown to nobody: it is shown as three dots.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// How long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a connection.
    pub connect: Duration,
    /// For a command.
    pub command: Duration,
    /// For the fingerprints of a store's files.
    pub hash: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(10), command: seconds(120), hash: seconds(12 * 3600) }
    }
}

/// The servers of a connection.
pub struct Hosts {
    settings: Settings,
    links: Mutex<BTreeMap<ServerName, Arc<Link>>>,
    /// The sockets of kept connections, in a folder that is its owner's alone.
    sockets: OnceLock<Option<tempfile::TempDir>>,
    /// Servers that are talked to at this moment.
    talking: Semaphore,
    /// Servers that read their files at this moment, which may take hours.
    reading: Semaphore,
}

impl Hosts {
    /// Returns servers that are connected to once they are asked.
    pub fn new(settings: Settings) -> Hosts {
        let at_once = settings.at_once.max(1);
        Hosts {
            settings,
            links: Mutex::default(),
            sockets: OnceLock::new(),
            talking: Semaphore::new(at_once),
            reading: Semaphore::new(at_once),
        }
    }

    /// Returns how a server is reached.
    pub fn host(&self, name: &ServerName) -> &Host {
        self.settings.each.get(name).unwrap_or(&self.settings.every)
    }

    /// Returns the folder of a store on a server that is this machine.
    pub fn store_folder(&self, on: &ServerName, store: &str) -> Option<PathBuf> {
        let host = Some(self.host(on)).filter(|host| host.via == Via::Local)?;
        host.stores.get(store).map(PathBuf::from)
    }

    /// Returns how long a command may take on the server that gives it the most time.
    pub fn longest_command(&self) -> Duration {
        let all = self.settings.each.values().chain([&self.settings.every]);
        all.map(|host| host.limits.command).max().unwrap_or_default()
    }

    fn link(&self, name: &ServerName) -> Arc<Link> {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        let number = links.len();
        links.entry(name.clone()).or_insert_with(|| Arc::new(Link::new(number))).clone()
    }
}

/// Ends the connections that were kept, before their folder goes.
#[cfg(unix)]
impl Drop for Hosts {
    fn drop(&mut self) {
        let folder = self.sockets.get().and_then(Option::as_ref).map(tempfile::TempDir::path);
        let entries = folder.and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten();
        // All are asked before one is waited for.
        let asked: Vec<_> =
            entries.map(|entry| entry.path()).filter_map(|socket| Some((master::ask(&socket).ok()?, socket))).collect();
        for (asked, socket) in asked {
            if !master::is_gone(asked, &socket) {
                // It ends by itself once it has nobody to serve; whether it was told so is no matter.
                child::run_quietly(&self.settings.ssh, &ssh::end(&socket));
            }
        }
    }
}
