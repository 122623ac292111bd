//! What can be seen of LifeKeeper servers on a practice farm: plain values to print, by whoever prints.

use serde::Serialize;

use super::answer::has_info;
use super::state::Server;
use crate::world::practice::farm::Farm;

/// LifeKeeper's side of a farm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The servers.
    pub servers: Vec<ServerStatus>,
}

/// A server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerStatus {
    /// Its name.
    pub name: String,
    /// Whether LifeKeeper is installed.
    pub installed: bool,
    /// The other systems that it knows.
    pub systems: Vec<String>,
    /// The other systems to which it has a path.
    pub paths: Vec<String>,
    /// The systems with which it holds equivalencies.
    pub shares_with: Vec<String>,
    /// Its hierarchies, each with whether it is in service.
    pub hierarchies: Vec<(String, bool)>,
    /// Its mirrors: the volume, whether it is the source, the other server, and whether it is paused.
    pub mirrors: Vec<(String, bool, String, bool)>,
    /// The volumes that are in a job, with its ID.
    pub jobs: Vec<(String, String)>,
    /// The volumes that have a file `LKDRInfo`.
    pub info_files: Vec<String>,
    /// The files that rolewalk has saved.
    pub saved: Vec<String>,
    /// The flags.
    pub flags: Vec<String>,
    /// Whether the configuration on disk is the one in memory.
    pub synced: bool,
}

/// Returns what can be seen of LifeKeeper servers.
pub fn status(farm: &Farm) -> Status {
    Status { servers: farm.state.lifekeeper.servers.iter().map(server).collect() }
}

fn server(server: &Server) -> ServerStatus {
    let mut shares_with: Vec<String> = server.memory.equivalencies.iter().map(|one| one.other.clone()).collect();
    shares_with.sort();
    shares_with.dedup();
    let mut volumes: Vec<String> = server.memory.resources.iter().filter_map(|one| one.volume.clone()).collect();
    volumes.extend(server.jobs.iter().map(|job| job.volume.clone()));
    volumes.sort();
    volumes.dedup();
    // Flags are of a run, and nobody needs them after a restart.
    let lists = |lists: &super::state::Lists| super::state::Lists { flags: Vec::new(), ..lists.clone() };
    ServerStatus {
        name: server.name.clone(),
        installed: server.installed,
        systems: server.memory.systems.clone(),
        paths: server.memory.paths.clone(),
        shares_with,
        hierarchies: server.tops().into_iter().map(|top| (top.to_string(), server.serves(top))).collect(),
        mirrors: server
            .mirrors
            .iter()
            .map(|end| (end.volume.clone(), end.is_source, end.other.clone(), end.is_paused))
            .collect(),
        jobs: server.jobs.iter().map(|job| (job.volume.clone(), job.id.clone())).collect(),
        info_files: volumes.into_iter().filter(|volume| has_info(server, volume)).collect(),
        saved: server.files.keys().filter(|path| path.contains("rolewalk")).cloned().collect(),
        flags: server.memory.flags.clone(),
        synced: lists(&server.memory) == lists(&server.disk),
    }
}
