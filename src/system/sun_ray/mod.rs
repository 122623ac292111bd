//! Sun Ray failover groups: the table, the guards, how a group is observed, and how a step is done.
//!
//! Never performs anything. Begin with [`table`]; the facts' names stand in [`guards::fact`].

pub mod acts;
pub mod guards;
pub mod observe;
pub mod output;
mod peers;
pub mod rows;
pub mod table;

use super::System;

/// Sun Ray.
pub const SYSTEM: System = System {
    table: &table::TABLE,
    asks: observe::asks,
    reads: observe::reads,
    acts: acts::acts,
    judges: acts::judges,
    attestable: &[],
    shares: |group| group,
};

/// Where the administration commands are.
///
/// # Source
/// Sun Ray Software administration guide, 6.9.1.
pub const COMMANDS: &str = "/opt/SUNWut/sbin";
/// Where the data store's own tools are.
pub const STORE_TOOLS: &str = "/opt/SUNWut/srds/lib";
/// The data store.
pub const STORE: &str = "/var/opt/SUNWut/srds/dbm.ut/id2entry.dbb";
/// The file that is there while a server is offline, that is, not chosen for new sessions.
///
/// # Source
/// Sun support article 71443.
pub const OFFLINE_MARK: &str = "/var/opt/SUNWut/offline";
/// Where a dump of the data store lies: always there, so that one that was left is found. A server is in one group.
pub const DUMP: &str = "/var/opt/SUNWut/rolewalk-store.ldif";
