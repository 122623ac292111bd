//! LifeKeeper for Windows clusters: the table, the guards, how a cluster is observed, and how a step is done.
//!
//! Never performs anything. Begin with [`table`]; the facts' names stand in [`guards::fact`].
//!
//! A group is a cluster with all its resource hierarchies, or, where its name is `CLUSTER/TAG`, the one hierarchy whose
//! top resource has that tag: so `hierarchies` of a topology file are groups that share servers.

pub mod acts;
pub mod guards;
mod mirrors;
pub mod observe;
pub mod output;
mod records;
pub mod rows;
pub mod table;
mod view;

use super::System;

/// LifeKeeper for Windows.
pub const SYSTEM: System = System {
    table: &table::TABLE,
    asks: observe::asks,
    reads: observe::reads,
    acts: acts::acts,
    judges: acts::judges,
    attestable: &[],
    shares: cluster,
};

/// Where LifeKeeper's commands are: `%LKROOT%\Bin`.
///
/// # Source
/// LifeKeeper for Windows, recovery of a reinstalled server: the folder of its examples.
pub const BIN: &str = r"C:\LK\Bin";
/// Where `emcmd` is: `%ExtMirrBase%`.
pub const DATAKEEPER: &str = r"C:\Program Files\SIOS\DataKeeper";
/// Where the files `LKDRInfo.<volume>` are.
pub const VOLUMES: &str = r"C:\LK\subsys\filesys\resources\volume";
/// Where a copy of what is removed is kept: the way back.
pub const SAVED: &str = r"C:\LK\rolewalk-saved";
/// Where Windows' own programs are.
pub const SYSTEM32: &str = r"C:\Windows\System32";
/// The registry key below which each DataKeeper job has one of its ID.
pub const JOBS: &str = r"HKLM\System\CurrentControlSet\Services\ExtMirr\Parameters\Jobs";

/// Returns the tag of the hierarchy that a group is about; none where it is about all of a cluster's.
pub fn hierarchy(group: &str) -> Option<&str> {
    group.split_once('/').map(|(_, tag)| tag)
}

/// Returns the cluster of a group: its systems, paths and flags are those of all its hierarchies.
fn cluster(group: &str) -> &str {
    group.split_once('/').map_or(group, |(cluster, _)| cluster)
}

/// Returns the file `LKDRInfo` of a volume.
pub fn info_file(volume: &str) -> String {
    format!(r"{VOLUMES}\LKDRInfo.{volume}")
}

/// Returns where the copy of that file is kept.
pub fn saved_info(volume: &str) -> String {
    format!(r"{SAVED}\LKDRInfo.{volume}")
}

/// Returns where a job's registry key is kept.
pub fn saved_job(id: &str) -> String {
    format!(r"C:\LK\rolewalk-job-{id}.reg")
}

/// Returns the flag that is set on a survivor while a server's records and mirrors are removed.
///
/// What `lcdsync` and `clearswitchover` do can't be seen; as long as the flag is there, they may not have been run.
pub fn purging(server: &str) -> String {
    format!("rolewalk_purge_{}", server.to_ascii_uppercase())
}

/// Returns the flag that is set on a server while its resources are removed.
///
/// Equivalencies with it may be left on others then, and what was changed may not be on disk.
pub fn clearing(server: &str) -> String {
    format!("rolewalk_clear_{}", server.to_ascii_uppercase())
}

/// Returns the flag that is set on a survivor while a server is removed from the list of systems.
pub fn removing(server: &str) -> String {
    format!("rolewalk_remove_{}", server.to_ascii_uppercase())
}
