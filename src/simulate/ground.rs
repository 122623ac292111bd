//! What the simulation has to know of one system's practice farm. A new system joins with one more ground.

use std::collections::BTreeMap;

use crate::model::name::ServerName;
use crate::model::request::Request;
use crate::model::site::Site;
use crate::model::snapshot::GroupSnapshot;
use crate::model::table::Transition;
use crate::model::topology::Topology;
use crate::system::System;
use crate::world::practice::{Change, FarmStatus, PracticeWorld};

use super::fault::Fault;
use super::play::Play;
use super::random::Random;
use super::{co_store, lifekeeper, sun_ray, wsmgr};

/// What a group's servers hold: by server and name, in the ground's own words.
pub type Kept = BTreeMap<(ServerName, String), String>;

/// One system's ground.
#[derive(Debug)]
pub struct Ground {
    /// The system.
    pub system: &'static System,
    /// Makes a random farm, and declares its groups so that the plan may need a row of the table.
    pub scene: fn(&mut Random, &'static Transition) -> Option<Scene>,
    /// Returns how requests of a group are worded on the farm.
    pub site: fn(&Topology) -> Site,
    /// Returns what a fault does to a group from outside; nothing where it is none of that kind.
    pub strikes: fn(&mut Random, Fault, &Topology, &PracticeWorld) -> Vec<Change>,
    /// Returns whether a change that is no edit, before it is made, leaves what only people can bring together again.
    pub divides: fn(&Change, &PracticeWorld) -> bool,
    /// Returns what takes back everything that is in the way of a run and can be taken back: servers answer, tasks
    /// and use end. What people have edited stays, and a server that is declared lost stays lost.
    pub heals: fn(&PracticeWorld, &[&Topology]) -> Vec<Change>,
    /// Returns what a person does who is asked for a step, where the farm's operator is a person.
    pub works: fn(&Topology, &str, &ServerName) -> Vec<Change>,
    /// Makes a farm in memory in which the group is as it was observed.
    ///
    /// # Errors
    /// What of the observation no farm can be.
    pub copy: fn(&GroupSnapshot) -> Result<PracticeWorld, String>,
    /// Reads off the farm what a group's servers hold.
    pub keeps: fn(&mut Play, usize) -> Kept,
    /// Returns what an act has done that none may, from what the servers held before it and hold after it.
    pub losses: fn(&Topology, &Kept, &Kept, &Request) -> Vec<String>,
    /// Whether others can bring about what [`losses`](Ground::losses) says, between the guards and an act: no condition of
    /// the act rules it out.
    pub has_window: bool,
    /// Returns what is left on the farm at the end that must be gone or named in the journal.
    pub leftovers: fn(&FarmStatus, &str) -> Vec<String>,
}

/// A farm, and what is declared of its groups.
#[derive(Debug)]
pub struct Scene {
    /// The farm.
    pub farm: PracticeWorld,
    /// The groups.
    pub topologies: Vec<Topology>,
}

/// Returns the ground of every system that has a practice farm.
pub fn all() -> &'static [Ground] {
    const ALL: &[Ground] = &[co_store::GROUND, sun_ray::GROUND, lifekeeper::GROUND, wsmgr::GROUND];
    ALL
}

/// Returns the ground of that system.
pub fn find(system: &str) -> Option<&'static Ground> {
    all().iter().find(|ground| ground.system.table.system == system)
}

#[cfg(test)]
mod tests {
    use crate::system;

    #[test]
    fn every_system_is_simulated() {
        for system in system::all() {
            assert!(super::find(system.table.system).is_some(), "{} has no ground", system.table.system);
        }
    }
}
