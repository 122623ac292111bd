//! What the grounds have in common: the servers of a random group, what happened to them before the run, and what
//! happens to machines whatever product is on them.
//!
//! Knows no product. A [`Ground`](super::ground::Ground) says what its servers are and what is seen of them.

use jiff::civil::{Date, date};

use crate::model::name::ServerName;
use crate::model::request::Request;
use crate::model::site::Site;
use crate::model::snapshot::GroupSnapshot;
use crate::model::table::{RoleName, Table, Transition};
use crate::model::topology::{Declared, Source, Topology};
use crate::world::practice::{Change, FarmFile, Operator, PracticeWorld};

use super::fault::Fault;
use super::ground::Scene;
use super::random::Random;

/// The day on which servers were installed anew that are declared so.
const REINSTALLED: Date = date(2026, 11, 20);

/// One server of a group: what it is on its product's farm, and what it is to become.
#[derive(Debug)]
pub struct Member<Have> {
    /// Its name.
    pub name: String,
    /// What it is.
    pub have: Have,
    /// The role that is declared.
    pub want: RoleName,
    /// Whether it is declared lost.
    pub lost: bool,
    /// Whether it is declared to have been installed anew.
    pub reinstalled: bool,
}

/// A group that was made up.
#[derive(Debug)]
pub struct Made<Have> {
    /// Its servers.
    pub members: Vec<Member<Have>>,
    /// What happened to it.
    pub before: Vec<Before>,
}

/// What happened to a group before the run.
#[derive(Debug)]
pub enum Before {
    /// Something from outside.
    From(Change),
    /// A request, of whatever answer.
    Asked(Request),
}

impl From<Change> for Before {
    fn from(change: Change) -> Before {
        Before::From(change)
    }
}

impl<Have> Member<Have> {
    /// Returns a server that is there.
    pub fn new(name: String, have: Have, want: RoleName) -> Member<Have> {
        Member { name, have, want, lost: false, reinstalled: false }
    }

    /// Makes it another, that is to become another.
    pub fn becomes(&mut self, have: Have, want: RoleName) {
        (self.have, self.want) = (have, want);
    }

    /// Has it installed anew, and declares that.
    pub fn is_new(&mut self, have: Have, want: RoleName) {
        self.becomes(have, want);
        self.reinstalled = true;
    }

    /// Declares it lost; returns what happened to it.
    pub fn is_lost(&mut self) -> Before {
        self.lost = true;
        powered(&self.name, false).into()
    }
}

/// Draws who does what no interface offers.
pub fn operator(random: &mut Random) -> Operator {
    if random.percent(50) { Operator::Simulated } else { Operator::Person }
}

/// Makes up a group in which the row is likely to be needed, and now and then another in which any row is: each with its
/// name and what its servers' names begin with.
pub fn groups<M>(
    random: &mut Random,
    table: &'static Table,
    names: [(&'static str, &'static str); 2],
    row: &Transition,
    made: fn(&mut Random, &str, &Transition) -> M,
) -> Vec<(&'static str, M)> {
    let [(first, servers), (second, others)] = names;
    let mut groups = vec![(first, made(random, servers, row))];
    if random.percent(10) {
        let other = random.pick(table.transitions);
        groups.push((second, made(random, others, other)));
    }
    groups
}

/// Makes the farm of groups that were made up, and declares them. What was asked of an operator before the run was asked
/// of one who is simulated.
pub fn scene<Have>(
    random: &mut Random,
    table: &'static Table,
    file: &FarmFile,
    groups: Vec<(&str, Made<Have>)>,
) -> Option<Scene> {
    let operator = Change::Operator(operator(random));
    let topologies = groups.iter().map(|(group, made)| topology(table, group, &made.members)).collect();
    let before = groups.into_iter().flat_map(|(_, made)| made.before).chain([operator.into()]);
    Some(Scene { farm: farm(file, before).ok()?, topologies })
}

/// Makes a farm, and lets happen what happened.
///
/// # Errors
/// What can't be, as a sentence.
pub fn farm(file: &FarmFile, before: impl IntoIterator<Item = Before>) -> Result<PracticeWorld, String> {
    let farm = PracticeWorld::in_memory(file).map_err(|error| error.to_string())?;
    for before in before {
        match before {
            Before::From(change) => farm.change(change).map_err(|error| error.to_string())?,
            Before::Asked(request) => drop(farm.perform(&request)),
        }
    }
    Ok(farm)
}

/// Returns a name of a server that a ground has made up.
///
/// # Panics
/// Where it can't be a name: grounds make up `web1` and the like.
pub fn named(server: &str) -> ServerName {
    ServerName::new(server).expect("`web1` and the like can be names")
}

/// Declares a group.
pub fn topology<Have>(table: &'static Table, group: &str, members: &[Member<Have>]) -> Topology {
    let declared = |(at, member): (usize, &Member<Have>)| Declared {
        server: named(&member.name),
        role: member.want,
        because: None,
        lost: member.lost,
        reinstalled: member.reinstalled.then_some(REINSTALLED),
        line: at + 1,
    };
    Topology {
        group: group.into(),
        table,
        connection: None,
        servers: members.iter().enumerate().map(declared).collect(),
        keep: Vec::new(),
        keep_master_files: false,
        waivers: Vec::new(),
        maintenance: Vec::new(),
        settling: None,
        disrupt_at_most: None,
        source: Source::default(),
    }
}

/// Returns how requests of a group are worded where its product needs no more than names.
pub fn site(topology: &Topology) -> Site {
    Site {
        group: topology.group.clone(),
        servers: topology.servers.iter().map(|one| one.server.clone()).collect(),
        lost: topology.servers.iter().filter(|one| one.lost).map(|one| one.server.clone()).collect(),
        declared: topology.servers.iter().map(|one| (one.server.clone(), one.role)).collect(),
        ..Site::default()
    }
}

/// Returns the server of that name where it is declared, and is not lost for good.
pub fn present(topology: &Topology, name: &str) -> Option<ServerName> {
    let mut declared = topology.servers.iter().filter(|one| !one.lost);
    declared.find(|one| one.server.as_str() == name).map(|one| one.server.clone())
}

/// Returns a machine that is switched on or off.
pub fn powered(server: &str, on: bool) -> Change {
    Change::Powered { server: server.into(), on }
}

/// Returns how a server dies, or is not reached any more, where the fault is of that kind.
pub fn dies(random: &mut Random, fault: Fault, server: &str) -> Option<Change> {
    match fault {
        Fault::ServerDies | Fault::ServerBlinks if random.percent(50) => Some(powered(server, false)),
        Fault::ServerDies | Fault::ServerBlinks => Some(Change::Answers { server: server.into(), answers: false }),
        _ => None,
    }
}

/// Returns what ends the farm's own tricks.
pub fn calm() -> [Change; 2] {
    [Change::FailNext(0), Change::LoseNext(0)]
}

/// Returns what takes a server's death back.
pub fn revived(server: &str) -> [Change; 2] {
    [powered(server, true), Change::Answers { server: server.into(), answers: true }]
}

/// Checks that every role was seen.
///
/// # Errors
/// Which was not, as a sentence.
pub fn all_known(seen: &GroupSnapshot) -> Result<(), String> {
    match seen.servers.iter().find(|(_, standing)| standing.role.is_none()) {
        Some((server, _)) => Err(format!("the role of {server} is unknown")),
        None => Ok(()),
    }
}
