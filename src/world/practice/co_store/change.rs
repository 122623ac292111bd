//! What terminals, people and bad luck do to CO-Store and Citrix PVS.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One change from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// So many terminals of a store run on a server.
    Terminals {
        /// The store.
        store: String,
        /// The server.
        server: String,
        /// How many.
        count: u64,
    },
    /// A task of a store is open, until it is removed.
    TaskAdded {
        /// The store.
        store: String,
        /// Whether it runs or waits.
        state: TaskState,
        /// What it does.
        description: String,
    },
    /// A task ended or was taken back.
    TaskRemoved {
        /// Its number.
        id: i64,
    },
    /// A server's share has a time-stamped backup in its folder `Invalid`, as a task leaves it that found a file
    /// differing.
    Invalid {
        /// The store.
        store: String,
        /// The server.
        server: String,
        /// The file of which it is a backup; none: its newest image.
        file: Option<String>,
    },
    /// One byte of a file of a server is another.
    Corrupt {
        /// The store.
        store: String,
        /// The server.
        server: String,
        /// The file; none: its newest image.
        file: Option<String>,
        /// Which byte, counted from 0; none: the one in the middle.
        offset: Option<u64>,
    },
    /// A version's image of a server names another parent than the one that is there.
    Chain {
        /// The store.
        store: String,
        /// The server.
        server: String,
        /// The file; none: its newest image.
        file: Option<String>,
    },
    /// A file of a server is gone.
    FileMissing {
        /// The store.
        store: String,
        /// The server.
        server: String,
        /// The file.
        file: String,
    },
    /// The vDisk files are gone from the share of a server without storage, as a person cleans up after a while.
    Cleaned {
        /// The store.
        store: String,
        /// The server.
        server: String,
    },
    /// A server's Stream Service runs or not.
    StreamService {
        /// The server.
        server: String,
        /// Whether it runs then.
        running: bool,
    },
    /// Somebody edited the master of a store in the database.
    Master {
        /// The store.
        store: String,
        /// The name that was written.
        server: String,
    },
    /// Somebody ticked or unticked a server on a store's Servers tab.
    Ticked {
        /// The PVS store: `STORE`, `STORE-Diff` or `STORE-Link`.
        pvs_store: String,
        /// The server.
        server: String,
        /// Whether it is ticked then.
        ticked: bool,
    },
    /// Somebody prepared a machine's share and joined it to the farm, or removed it from the farm.
    Registered {
        /// The store through which it joins.
        store: String,
        /// The machine.
        server: String,
        /// Whether it is in the farm then.
        registered: bool,
    },
    /// A new version of a vDisk was finished on the master, which starts replication.
    NewVersion {
        /// The store.
        store: String,
        /// The vDisk; none: the first.
        disk: Option<String>,
    },
    /// The rewriting of a vDisk began: the master alone has a new version, in maintenance, until it is finished.
    Writing {
        /// The store.
        store: String,
        /// The vDisk; none: the first.
        disk: Option<String>,
    },
    /// The trash was emptied, which starts replication.
    EmptyTrash {
        /// The store.
        store: String,
    },
    /// The database answers or not.
    DatabaseAnswers(bool),
}

/// What an open task does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskState {
    /// It runs.
    Running,
    /// It waits for its turn.
    Pending,
}

impl TaskState {
    /// Returns the state as the database has it.
    pub fn as_str(self) -> &'static str {
        match self {
            TaskState::Running => "running",
            TaskState::Pending => "pending",
        }
    }
}

/// Writes the change as a sentence.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let given = |name: &Option<String>, else_: &str| name.clone().unwrap_or_else(|| else_.to_owned());
        match self {
            Change::Terminals { store, server, count } => {
                write!(f, "{count} terminals of store `{store}` run on {server}")
            }
            Change::TaskAdded { store, state, description } => {
                write!(f, "a {} task of store `{store}`: {description}", state.as_str())
            }
            Change::TaskRemoved { id } => write!(f, "task {id} is gone"),
            Change::Invalid { store, server, file } => {
                write!(f, "a backup of {} in `Invalid` of store `{store}` on {server}", given(file, "the newest image"))
            }
            Change::Corrupt { store, server, file, .. } => {
                write!(f, "one byte of {} of store `{store}` on {server} differs", given(file, "the newest image"))
            }
            Change::Chain { store, server, file } => {
                write!(f, "the chain of {} of store `{store}` on {server} is broken", given(file, "the newest image"))
            }
            Change::FileMissing { store, server, file } => {
                write!(f, "{file} of store `{store}` is gone from {server}")
            }
            Change::Cleaned { store, server } => {
                write!(f, "all vDisk files of store `{store}` are gone from {server}")
            }
            Change::StreamService { server, running } => {
                write!(f, "the Stream Service of {server} {}", if *running { "runs" } else { "is stopped" })
            }
            Change::Master { store, server } => write!(f, "the database names {server} as master of store `{store}`"),
            Change::Ticked { pvs_store, server, ticked } => {
                write!(f, "{server} is {}ticked on store `{pvs_store}`", if *ticked { "" } else { "not " })
            }
            Change::Registered { store, server, registered: true } => {
                write!(f, "{server} joined the farm through `{store}-Link`")
            }
            Change::Registered { server, registered: false, .. } => write!(f, "{server} was removed from the farm"),
            Change::NewVersion { store, disk } => {
                write!(f, "a new version of {} in store `{store}`", given(disk, "the first vDisk"))
            }
            Change::Writing { store, disk } => {
                write!(f, "the rewriting of {} in store `{store}` began", given(disk, "the first vDisk"))
            }
            Change::EmptyTrash { store } => write!(f, "the trash of store `{store}` was emptied"),
            Change::DatabaseAnswers(true) => write!(f, "the database answers"),
            Change::DatabaseAnswers(false) => write!(f, "the database does not answer"),
        }
    }
}
