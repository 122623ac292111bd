//! From topologies to groups that can be reached: worlds opened once per connection, observation of all groups.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::format::connections::Connection;
use crate::model::plan::Plan;
use crate::model::site::Site;
use crate::model::snapshot::{GroupSnapshot, Snapshot};
use crate::model::topology::Topology;
use crate::model::words::Text;
use crate::run::group::Pace;
use crate::run::observe::{answers, observe};
use crate::run::side_by_side::side_by_side;
use crate::system::{self, Answers, System};
use crate::world::World;

use super::connect;
use super::failure::Failure;
use super::inputs::{Inputs, shown};
use super::setting::Setting;

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
    /// What every plan says of the connection.
    pub notes: Vec<Text>,
    /// Says that nothing may be changed through the connection, where that is so.
    pub only_read: Option<Text>,
}

/// Groups that can be reached, and the worlds that they share.
pub struct Reaches {
    /// For each topology, in order.
    pub groups: Vec<Reach>,
    /// The worlds.
    pub worlds: Vec<World>,
    /// The runtime on which everything waits: a connection lives no longer than the one on which it was made.
    pub runtime: tokio::runtime::Runtime,
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
pub fn open(setting: &Setting, topologies: &[Topology], inputs: &Inputs) -> Result<Reaches, Failure> {
    let mut opened: BTreeMap<(PathBuf, String), usize> = BTreeMap::new();
    let mut reaches = Reaches { groups: Vec::new(), worlds: Vec::new(), runtime: runtime()? };
    for topology in topologies {
        let (file, connections) = inputs.connections(topology).ok_or_else(|| without_connections(topology))?;
        let name = topology.connection.as_ref().ok_or_else(|| without_connection(topology))?;
        let connection = connections.get(name).ok_or_else(|| unknown_connection(topology, name, file))?;
        let folder = file.parent().unwrap_or(Path::new(""));
        // One farm is one world, whatever its connections are called.
        let key = match connection {
            Connection {
                practice: Some(farm),
                database: None,
                hosts: None,
                load_balancer: None,
                reads_only: false,
            } => (folder.join(farm), String::new()),
            _ => (file.clone(), name.clone()),
        };
        let world = match opened.get(&key) {
            Some(world) => *world,
            None => {
                reaches.worlds.push(connect::open(setting, connection, folder)?);
                opened.insert(key, reaches.worlds.len() - 1);
                reaches.worlds.len() - 1
            }
        };
        reaches.groups.push(Reach {
            system: system_of(topology)?,
            site: connect::site(topology, connection),
            world,
            pace: connect::pace(connection),
            notes: connect::notes(name, connection),
            only_read: connect::only_read(name, connection),
        });
    }
    Ok(reaches)
}

/// Adds to each group's plan what must be known of its connection.
pub fn note(plan: &mut Plan, reaches: &Reaches) {
    for (group, reach) in plan.groups.iter_mut().zip(&reaches.groups) {
        group.notes.extend(reach.notes.iter().cloned());
    }
}

/// Says what must be known of the connections and the plan does not tell: they are read anew, and may have been changed since
/// the plan was made and reviewed.
pub fn say_new(setting: &Setting, plan: &Plan, reaches: &Reaches) {
    let pairs = plan.groups.iter().zip(&reaches.groups);
    let new: BTreeSet<(&str, &str)> = pairs
        .flat_map(|(group, reach)| reach.notes.iter().filter(|note| !group.notes.contains(note)))
        .map(|note| (note.en.as_str(), note.ja.as_str()))
        .collect();
    for (en, ja) in new {
        setting.note(&Text::new(
            format!("note: not so when the plan was made: {en}"),
            format!("注: 計画時からの変更: {ja}"),
        ));
    }
}

/// Adds to each group's plan what its connections file tells, where there is one, though nothing is connected.
pub fn note_unconnected(plan: &mut Plan, inputs: &Inputs) {
    for (group, topology) in plan.groups.iter_mut().zip(&inputs.topologies) {
        let found = inputs.connections(topology).zip(topology.connection.as_ref());
        let connection = found.and_then(|((_, all), name)| Some((name, all.get(name)?)));
        group.notes.extend(connection.into_iter().flat_map(|(name, connection)| connect::notes(name, connection)));
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
    let all = reaches.runtime.block_on(side_by_side(all));
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
    let groups = reaches.runtime.block_on(side_by_side(
        reaches.groups.iter().map(|reach| observe(reach.system, &reach.site, &reaches.worlds[reach.world])),
    ));
    Ok(Snapshot { at: Some(at), groups })
}

/// Makes the runtime on which a command waits.
///
/// # Errors
/// A [`Failure`] where the system refuses one.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(1, "can't start waiting for answers", "待ち受けを開始できない").cause(error))
}

fn without_connections(topology: &Topology) -> Failure {
    let group = &topology.group;
    let failure = Failure::new(
        1,
        format!("no `connections.yaml` beside the topology of group `{group}` or above it"),
        format!("グループ `{group}` のトポロジーと同じフォルダーにも上位にも `connections.yaml` がない"),
    )
    .at(place(topology))
    .nothing_changed();
    // Of a plan or a run that was made elsewhere.
    if !Path::new(&topology.source.file).exists() {
        let file = &topology.source.file;
        return failure.hint(
            format!("`{file}` is not here: paths are taken from the folder in which the plan was made; do it again from there"),
            format!("ここに `{file}` がない。パスは計画を作成したフォルダーからの相対なので、そのフォルダーで実行し直す"),
        );
    }
    failure.hint(
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
