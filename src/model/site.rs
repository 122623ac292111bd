//! What a connection says about how requests are worded at one site. Plain values; secrets are not among them.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::name::ServerName;
use super::table::RoleName;
use super::topology::TakenBack;

/// Where and how a group of a system is reached, as far as the wording of requests depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Site {
    /// The group.
    pub group: String,
    /// The declared servers, in file order; observation may find more.
    pub servers: Vec<ServerName>,
    /// The servers that are declared lost: nothing can be asked of them.
    pub lost: Vec<ServerName>,
    /// The role that is declared of each server, where a command has to be told who will have it.
    pub declared: BTreeMap<ServerName, RoleName>,
    /// The query whose rows are the names of the servers with storage for store `@P1`; none: not known at this site.
    pub storages_query: Option<String>,
    /// The query whose rows (id, state, description) are the open tasks of store `@P1`; none: not known at this site.
    pub tasks_query: Option<String>,
    /// The servers for which the connection declares the answers of the PVS Configuration Wizard; any other joins the farm
    /// by the hands of a person.
    pub wizards: Vec<ServerName>,
    /// The folder of `CO-StoreApi.exe`.
    pub api_folder: String,
    /// The day of the work (local time), for names that carry it; none while a plan is only made.
    pub today: Option<Date>,
    /// Whether vDisk files are compared by content, or not looked into.
    pub compare_content: bool,
    /// Whether every vDisk file is read again for that, whatever is remembered of it.
    pub read_afresh: bool,
    /// The steps of an earlier run that are taken back; none while a plan is only made.
    pub takes_back: Vec<TakenBack>,
}
