//! From topologies to groups that can be reached: worlds opened once per connection, observation of all groups.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{Timestamp, Zoned};

use crate::format::connections::Connection;
use crate::model::name::ServerName;
use crate::model::site::Site;
use crate::model::snapshot::{GroupSnapshot, Snapshot};
use crate::model::topology::Topology;
use crate::run::group::Pace;
use crate::run::observe::{answers, observe};
use crate::run::side_by_side::side_by_side;
use crate::system::{self, Answers, System};
use crate::world::World;
use crate::world::practice::PracticeWorld;
use crate::world::practice::co_store;

use super::failure::Failure;
use super::inputs::{Inputs, shown};

/// A group that can be reached.
#[derive(Debug)]
pub struct Reach {
    /// The group's system.
    pub system: &'static System,
    /// How requests are worded here.
    pub site: Site,
    /// Which of the worlds performs them.
    pub world: usize,
    /// How often and how long to look.
    pub pace: Pace,
}

/// Groups that can be reached, and the worlds that they share.
pub struct Reaches {
    /// For each topology, in order.
    pub groups: Vec<Reach>,
    /// The worlds.
    pub worlds: Vec<World>,
}

impl Reaches {
    /// Has every vDisk file read again at each look, whatever is remembered of it.
    pub fn read_afresh(&mut self, afresh: bool) {
        self.groups.iter_mut().for_each(|reach| reach.site.read_afresh = afresh);
    }
}

/// Opens every topology's connection, each once.
///
/// # Errors
/// A [`Failure`] for a topology without a connection, and for a connection that can't be opened.
pub fn open(topologies: &[Topology], inputs: &Inputs) -> Result<Reaches, Failure> {
    let mut opened: BTreeMap<PathBuf, usize> = BTreeMap::new();
    let mut reaches = Reaches { groups: Vec::new(), worlds: Vec::new() };
    for topology in topologies {
        let (file, connections) = inputs.connections(topology).ok_or_else(|| without_connections(topology))?;
        let name = topology.connection.as_ref().ok_or_else(|| without_connection(topology))?;
        let Some(Connection::Practice(farm)) = connections.get(name) else {
            return Err(unknown_connection(topology, name, file));
        };
        let farm = file.parent().unwrap_or(Path::new("")).join(farm);
        let world = match opened.get(&farm) {
            Some(world) => *world,
            None => {
                reaches.worlds.push(World::Practice(PracticeWorld::open(&farm)?));
                opened.insert(farm, reaches.worlds.len() - 1);
                reaches.worlds.len() - 1
            }
        };
        reaches.groups.push(Reach {
            system: system_of(topology)?,
            site: practice_site(topology),
            world,
            pace: PRACTICE,
        });
    }
    Ok(reaches)
}

/// A practice farm answers at once.
const PRACTICE: Pace = Pace { poll: Duration::from_millis(100), patience: Some(Duration::from_secs(2)) };

fn practice_site(topology: &Topology) -> Site {
    Site {
        group: topology.group.clone(),
        servers: topology.servers.iter().map(|one| one.server.clone()).collect::<Vec<ServerName>>(),
        lost: topology.servers.iter().filter(|one| one.lost).map(|one| one.server.clone()).collect(),
        storages_query: Some(co_store::STORAGES_QUERY.into()),
        tasks_query: Some(co_store::TASKS_QUERY.into()),
        api_folder: co_store::FOLDER.into(),
        today: Some(Zoned::now().date()),
        compare_content: true,
        read_afresh: false,
    }
}

/// Topologies are parsed with the tables of these very systems: there is always one.
fn system_of(topology: &Topology) -> Result<&'static System, Failure> {
    let name = topology.table.system;
    system::find(name).ok_or_else(|| {
        Failure::new(70, format!("system `{name}` has a table only"), format!("システム `{name}` には表しかない"))
    })
}

/// Returns the time as people need it: to the second.
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// A group as it was seen, with the answers that say so.
#[derive(Debug)]
pub struct Look {
    /// The answers.
    pub answers: Answers,
    /// The snapshot that they give.
    pub seen: GroupSnapshot,
}

/// Observes every group, side by side, and keeps the answers.
pub fn look_all(reaches: &Reaches) -> Result<Vec<Look>, Failure> {
    let all = reaches.groups.iter().map(|reach| answers(reach.system, &reach.site, &reaches.worlds[reach.world]));
    let all = runtime()?.block_on(side_by_side(all));
    let look = |(reach, answers): (&Reach, Answers)| {
        let seen = (reach.system.reads)(&reach.site, &answers);
        Look { answers, seen }
    };
    Ok(reaches.groups.iter().zip(all).map(look).collect())
}

/// Returns the snapshot of looks.
pub fn snapshot(looks: &[Look]) -> Snapshot {
    Snapshot { at: Some(now()), groups: looks.iter().map(|look| look.seen.clone()).collect() }
}

/// Observes every group, side by side.
pub fn observe_all(reaches: &Reaches) -> Result<Snapshot, Failure> {
    let at = now();
    let groups = runtime()?.block_on(side_by_side(
        reaches.groups.iter().map(|reach| observe(reach.system, &reach.site, &reaches.worlds[reach.world])),
    ));
    Ok(Snapshot { at: Some(at), groups })
}

/// Makes the runtime on which a command waits.
///
/// # Errors
/// A [`Failure`] where the system refuses one.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(1, "can't start waiting for answers", "待ち受けを開始できない").cause(error))
}

fn without_connections(topology: &Topology) -> Failure {
    let group = &topology.group;
    Failure::new(
        1,
        format!("no `connections.yaml` beside the topology of group `{group}` or above it"),
        format!("グループ `{group}` のトポロジーと同じフォルダーにも上位にも `connections.yaml` がない"),
    )
    .at(place(topology))
    .nothing_changed()
    .hint(
        "with `--snapshot FILE`, `plan` and `drift` need no connection",
        "`plan` と `drift` は `--snapshot FILE` を指定すれば接続なしで使える",
    )
}

fn without_connection(topology: &Topology) -> Failure {
    let group = &topology.group;
    Failure::new(
        1,
        format!("the topology of group `{group}` names no connection"),
        format!("グループ `{group}` のトポロジーに接続の名前がない"),
    )
    .at(place(topology))
    .nothing_changed()
    .hint(
        "add `connection: NAME`, with a name that `connections.yaml` defines",
        "`connections.yaml` で定義した名前で `connection: 名前` を追加する",
    )
}

fn unknown_connection(topology: &Topology, name: &str, file: &Path) -> Failure {
    let file = shown(file);
    Failure::new(
        1,
        format!("connection `{name}` is not defined in `{file}`"),
        format!("接続 `{name}` が `{file}` で定義されていない"),
    )
    .at(place(topology))
    .nothing_changed()
}

fn place(topology: &Topology) -> String {
    format!("{}:{}", topology.source.file, topology.source.line)
}
