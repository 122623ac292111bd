//! What a LifeKeeper server is on a practice farm.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::change::Form;
use super::farm_file::{ClusterFile, Role};
use crate::world::practice::farm::{Farm, Trouble};
use crate::world::practice::state::same;

/// All servers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Sorted by name within a cluster, cluster by cluster.
    pub servers: Vec<Server>,
}

/// One server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: String,
    /// Whether LifeKeeper and DataKeeper are installed.
    pub installed: bool,
    /// The configuration as the commands see it: in shared memory.
    pub memory: Lists,
    /// The configuration as it is on disk: what a restart brings back.
    pub disk: Lists,
    /// The jobs in its registry.
    pub jobs: Vec<Job>,
    /// The ends of mirrors on it.
    pub mirrors: Vec<MirrorEnd>,
    /// Its other files, by path.
    pub files: BTreeMap<String, String>,
    /// How its commands word their output.
    pub form: Form,
}

/// The configuration lists of a server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lists {
    /// The other systems.
    pub systems: Vec<String>,
    /// The other systems to which there is a path.
    pub paths: Vec<String>,
    /// The equivalencies.
    pub equivalencies: Vec<Equivalency>,
    /// The resources, each hierarchy's top first.
    pub resources: Vec<Resource>,
    /// The flags.
    pub flags: Vec<String>,
}

/// An equivalency between a resource here and on another system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equivalency {
    /// The other system.
    pub other: String,
    /// The tag, which is the same on both.
    pub tag: String,
    /// The priority here, and there.
    pub priorities: (u16, u16),
}

/// A resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// Its tag.
    pub tag: String,
    /// The tag of its hierarchy's top.
    pub top: String,
    /// The volume's letter, where it is one.
    pub volume: Option<String>,
    /// Whether it is in service.
    pub in_service: bool,
}

/// A DataKeeper job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// Its ID.
    pub id: String,
    /// The volume.
    pub volume: String,
    /// The pairs of servers between which it mirrors.
    pub pairs: Vec<(String, String)>,
}

/// One end of a mirror.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MirrorEnd {
    /// The volume.
    pub volume: String,
    /// Whether this server is the source.
    pub is_source: bool,
    /// The server of the other end.
    pub other: String,
    /// Whether somebody has paused it.
    pub is_paused: bool,
}

impl State {
    /// Returns the server of that name.
    pub fn server(&self, name: &str) -> Option<&Server> {
        self.servers.iter().find(|server| same(&server.name, name))
    }

    /// Returns the server of that name, to change it.
    pub fn server_mut(&mut self, name: &str) -> Option<&mut Server> {
        self.servers.iter_mut().find(|server| same(&server.name, name))
    }
}

impl Server {
    /// Returns whether it knows nobody and has nothing: as after an installation.
    pub fn is_new(&self) -> bool {
        !self.installed || (self.memory.systems.is_empty() && self.memory.resources.is_empty())
    }

    /// Returns the tops of its hierarchies.
    pub fn tops(&self) -> Vec<&str> {
        let mut tops: Vec<&str> = self.memory.resources.iter().map(|one| one.top.as_str()).collect();
        tops.dedup();
        tops
    }

    /// Returns whether anything of a hierarchy is in service on it.
    pub fn serves(&self, top: &str) -> bool {
        self.memory.resources.iter().any(|one| one.top == top && one.in_service)
    }

    /// Puts everything that it has in service, or nothing.
    pub fn put(&mut self, top: &str, in_service: bool) {
        for resource in self.memory.resources.iter_mut().filter(|one| one.top == top) {
            resource.in_service = in_service;
        }
    }

    /// Writes the configuration to disk.
    pub fn sync(&mut self) {
        self.disk = self.memory.clone();
    }

    /// Returns the end of a volume's mirror with another server.
    pub fn end_mut(&mut self, volume: &str, other: &str) -> Option<&mut MirrorEnd> {
        self.mirrors.iter_mut().find(|end| end.volume == volume && same(&end.other, other))
    }
}

/// Returns the file `LKDRInfo` of a volume.
pub fn info_file(volume: &str) -> String {
    format!(r"C:\LK\subsys\filesys\resources\volume\LKDRInfo.{volume}")
}

/// Returns the name of a cluster's part of `farm.yaml` that has a server.
pub fn cluster_of<'a>(farm: &'a Farm, server: &str) -> Option<&'a ClusterFile> {
    farm.state.made_from.lifekeeper.values().find(|cluster| cluster.servers.keys().any(|one| same(one, server)))
}

/// Returns an ID for a job: none that was given before.
pub fn new_id(number: u64, volume: &str) -> String {
    let letter = volume.bytes().next().unwrap_or(b'A');
    format!("{number:08x}-27b0-447f-b852-1a3135da{letter:04x}")
}

/// Makes the servers of a new farm.
pub fn build(farm: &mut Farm) -> Result<(), Trouble> {
    let clusters: Vec<ClusterFile> = farm.state.made_from.lifekeeper.values().cloned().collect();
    farm.state.lifekeeper.servers =
        clusters.iter().enumerate().flat_map(|(number, cluster)| servers(number, cluster)).collect();
    Ok(())
}

fn servers(number: usize, cluster: &ClusterFile) -> Vec<Server> {
    let named = |roles: &[Role]| -> Vec<&String> {
        cluster.servers.iter().filter(|(_, role)| roles.contains(role)).map(|(name, _)| name).collect()
    };
    let members = named(&[Role::Member, Role::Standby, Role::Active, Role::Reinstalled]);
    let holders = named(&[Role::Standby, Role::Active, Role::Reinstalled]);
    let active = named(&[Role::Active]).first().copied();
    let priority = |name: &String| {
        let place = holders.iter().position(|one| *one == name).unwrap_or(0) as u16;
        if Some(name) == active { 1 } else { (place + 1) * 10 }
    };
    let server = |(index, (name, role)): (usize, (&String, &Role))| {
        let is_member = matches!(role, Role::Member | Role::Standby | Role::Active);
        let is_holder = matches!(role, Role::Standby | Role::Active);
        let others: Vec<String> =
            members.iter().filter(|one| is_member && **one != name).map(|one| one.to_string()).collect();
        let mut lists = Lists { systems: others.clone(), paths: others, ..Lists::default() };
        let (mut jobs, mut mirrors, mut files) = (Vec::new(), Vec::new(), BTreeMap::new());
        for (place, (tag, hierarchy)) in cluster.hierarchies.iter().enumerate().filter(|_| is_holder) {
            let leader = hierarchy.active.as_ref().or(active);
            let in_service = leader == Some(name);
            let top = Resource { tag: tag.clone(), top: tag.clone(), volume: None, in_service };
            let volume = |letter: &String| Resource {
                tag: format!("{tag}.Vol.{letter}"),
                top: tag.clone(),
                volume: Some(letter.clone()),
                in_service,
            };
            let own: Vec<Resource> = std::iter::once(top).chain(hierarchy.volumes.iter().map(volume)).collect();
            for other in holders.iter().filter(|one| **one != name) {
                let shared = own.iter().map(|one| Equivalency {
                    other: other.to_string(),
                    tag: one.tag.clone(),
                    priorities: (priority(name), priority(other)),
                });
                lists.equivalencies.extend(shared);
            }
            for letter in hierarchy.volumes.iter().filter(|_| holders.len() > 1) {
                // A job of several servers mirrors between any two of them.
                let pairs = holders.iter().enumerate().flat_map(|(at, one)| {
                    holders[at + 1..].iter().map(move |other| (one.to_string(), other.to_string()))
                });
                let id = new_id((number * 100 + place) as u64, letter);
                jobs.push(Job { id, volume: letter.clone(), pairs: pairs.collect() });
                let ends = holders.iter().filter(|one| **one != name && (in_service || Some(**one) == leader));
                mirrors.extend(ends.map(|one| MirrorEnd {
                    volume: letter.clone(),
                    is_source: in_service,
                    other: one.to_string(),
                    is_paused: false,
                }));
                files.insert(info_file(letter), "practice".into());
            }
            lists.resources.extend(own);
        }
        Server {
            name: name.clone(),
            address: format!("10.200.{}.{}", number + 8, index + 25),
            installed: true,
            memory: lists.clone(),
            disk: lists,
            jobs,
            mirrors,
            files,
            form: Form::Usual,
        }
    };
    cluster.servers.iter().enumerate().map(server).collect()
}
