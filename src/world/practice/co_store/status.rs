//! What can be seen of CO-Store and Citrix PVS on a practice farm: plain values to print, by whoever prints.

use serde::Serialize;

/// CO-Store's and PVS's side of a farm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The PVS servers, sorted by name, in the farm or not.
    pub servers: Vec<PvsStatus>,
    /// The CO-Store stores, sorted by name.
    pub stores: Vec<StoreStatus>,
    /// Whether the database answers.
    pub database_answers: bool,
}

/// A machine as PVS has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PvsStatus {
    /// Its name.
    pub name: String,
    /// Whether it is a server of the PVS farm.
    pub registered: bool,
    /// Whether its Stream Service is running.
    pub stream_service: bool,
}

/// A CO-Store store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoreStatus {
    /// Its name.
    pub name: String,
    /// The master that the database names.
    pub master: Option<String>,
    /// The PVS stores that belong to it.
    pub ticks: Vec<TickStatus>,
    /// The open tasks.
    pub tasks: Vec<TaskStatus>,
    /// The machines as this store has them, sorted by name.
    pub servers: Vec<ServerStatus>,
}

/// A PVS store's Servers tab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TickStatus {
    /// The PVS store.
    pub pvs_store: String,
    /// The servers that are ticked, sorted.
    pub ticked: Vec<String>,
}

/// An open task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskStatus {
    /// Its number.
    pub id: i64,
    /// `running` or `pending`.
    pub state: String,
    /// What it does.
    pub description: String,
}

/// A machine as one store has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerStatus {
    /// Its name.
    pub name: String,
    /// `unregistered`, `additional`, `slave` or `master`, as the products see it.
    pub role: &'static str,
    /// How many terminals of the store run on it.
    pub terminals: u64,
    /// Its share; none where there is none.
    pub share: Option<ShareStatus>,
}

/// A share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShareStatus {
    /// The vDisk files, sorted by name.
    pub files: Vec<FileStatus>,
    /// The master's files that are not here.
    pub missing: Vec<String>,
    /// The `Invalid*` folders and the files in each.
    pub invalid: Vec<(String, Vec<String>)>,
}

/// A vDisk file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileStatus {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Whether its content is the master's; none where the master has no such file.
    pub as_master: Option<bool>,
}
