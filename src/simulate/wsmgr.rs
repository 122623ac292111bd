//! The ground of WSMGR: random server groups on a practice farm, also with servers that are lost, cut off or restored,
//! and what can happen to them. Whoever changes a group by hand attests what is there then.
//!
//! Never asks rolewalk's own observation what is there. What must not happen is in [`watch`], the copy of an observed
//! group in [`copy`].

mod copy;
mod watch;

use crate::model::name::ServerName;
use crate::model::site::Site;
use crate::model::table::{RoleName, Transition};
use crate::model::topology::{Declared, Source, Topology};
use crate::system::wsmgr::SYSTEM;
use crate::system::wsmgr::table::{DISABLED, MANAGER, MEMBER, UNREGISTERED};
use crate::world::load_balancer::LANDS_WITHIN;
use crate::world::practice::wsmgr::{Change as Product, GroupFile, Kind, Pool, ServerFile, ServerStatus, Sync};
use crate::world::practice::{Change, FarmFile, Operator, PracticeWorld};

use super::fault::Fault;
use super::ground::{Ground, Scene};
use super::random::Random;

/// WSMGR's ground.
pub const GROUND: Ground = Ground {
    system: &SYSTEM,
    scene,
    site,
    strikes,
    heals,
    works,
    copy: copy::copy,
    keeps: watch::keeps,
    losses: watch::losses,
    leftovers: |_, _| Vec::new(),
    lands_within: LANDS_WITHIN,
};

/// One server of a group: what it is, and what it is to become.
struct Member {
    name: String,
    have: Kind,
    want: RoleName,
    lost: bool,
}

/// A group, and what happened to it.
struct Made {
    members: Vec<Member>,
    before: Vec<Change>,
}

fn scene(random: &mut Random, row: &'static Transition) -> Option<Scene> {
    let mut groups = vec![("Web", made(random, "web", row))];
    if random.percent(10) {
        let other = random.pick(SYSTEM.table.transitions);
        groups.push(("Intra", made(random, "in", other)));
    }
    let operator = if random.percent(50) { Operator::Simulated } else { Operator::Person };
    let files = groups.iter().map(|(group, made)| {
        let servers = made.members.iter().map(|one| (one.name.clone(), ServerFile::Kind(one.have)));
        (group.to_string(), GroupFile { servers: servers.collect(), config_mb: 200, needed: 1 })
    });
    let file = FarmFile { wsmgr: files.collect(), ..FarmFile::of(Operator::Simulated) };
    let farm = PracticeWorld::in_memory(&file).ok()?;
    for change in groups.iter().flat_map(|(_, made)| &made.before) {
        farm.change(change).ok()?;
    }
    farm.change(Change::Operator(operator)).ok()?;
    let topologies = groups.iter().map(|(group, made)| topology(group, made)).collect();
    Some(Scene { farm, topologies })
}

/// Makes a group in which the row is likely to be needed.
fn made(random: &mut Random, prefix: &str, row: &Transition) -> Made {
    let mut members: Vec<Member> = (0..3 + random.below(2))
        .map(|index| {
            let have = match index {
                0 => Kind::Manager,
                1 => Kind::Member,
                _ => *random.pick(&[Kind::Member, Kind::Member, Kind::Disabled, Kind::Unregistered]),
            };
            // Most stay as they are, so that plans are short.
            let moves = index > 2 && random.percent(15);
            let want = if moves { *random.pick(&[MEMBER, DISABLED, UNREGISTERED]) } else { have.as_str() };
            Member { name: format!("{prefix}{}", index + 1), have, want, lost: false }
        })
        .collect();
    let mut before = Vec::new();
    let first = members[0].name.clone();
    let third = members[2].name.clone();
    match (row.name, row.from) {
        ("drain", UNREGISTERED) => {
            members[2].becomes(Kind::Unregistered, UNREGISTERED);
            before.push(pooled(&third, Pool::Ready));
        }
        ("drain", DISABLED) => {
            members[2].becomes(Kind::Disabled, DISABLED);
            before.push(pooled(&third, *random.pick(&[Pool::Ready, Pool::Drain])));
        }
        ("drain" | "disable" | "remove", MEMBER) => {
            let want = if row.to == UNREGISTERED { UNREGISTERED } else { DISABLED };
            members[2].becomes(Kind::Member, want);
            before.push(Change::Wsmgr(Product::Sessions { server: third, count: 4 }));
        }
        ("return", MEMBER) => {
            members[2].becomes(Kind::Member, MEMBER);
            before.push(pooled(&third, Pool::Maint));
        }
        ("return", MANAGER) => before.push(pooled(&first, Pool::Maint)),
        ("form", _) => members.iter_mut().enumerate().for_each(|(index, one)| {
            one.becomes(Kind::Unregistered, if index == 0 { MANAGER } else { UNREGISTERED });
        }),
        ("add" | "await-sync", _) => members[2].becomes(Kind::Unregistered, MEMBER),
        ("enable", _) => members[2].becomes(Kind::Disabled, MEMBER),
        ("resync", _) => {
            members[2].becomes(Kind::Member, MEMBER);
            before.push(synchronised(&third, Sync::Error));
        }
        ("regroup", _) => before.push(match random.percent(50) {
            true => synchronised(&first, Sync::Error),
            false => Change::Wsmgr(Product::Restored { server: third }),
        }),
        ("remove" | "remove-apart", DISABLED) => {
            members[2].becomes(Kind::Disabled, UNREGISTERED);
            before.extend(row.allows_lost.then(|| connected(&third, false)));
        }
        ("disable-apart" | "remove-apart" | "isolate", MEMBER) => {
            let want = if row.to == DISABLED { DISABLED } else { UNREGISTERED };
            members[2].becomes(Kind::Member, want);
            before.push(members[2].is_lost());
        }
        ("isolate", UNREGISTERED) => {
            members[2].becomes(Kind::Member, UNREGISTERED);
            before.push(powered(&third, false));
            before.push(pooled(&third, Pool::Maint));
            before.push(operation(&third, Kind::Unregistered));
            before.push(powered(&third, true));
        }
        ("clear", from) => {
            members[2].becomes(Kind::Member, MEMBER);
            let kind = if from == DISABLED { Kind::Disabled } else { Kind::Unregistered };
            before.extend([connected(&third, false), pooled(&third, Pool::Maint), operation(&third, kind)]);
        }
        ("take-over", _) | ("isolate", MANAGER) => {
            members[0].want = UNREGISTERED;
            members[1].want = MANAGER;
            members[2].becomes(Kind::Member, MEMBER);
            before.push(members[0].is_lost());
        }
        // A handover.
        _ => {
            members[0].want = *random.pick(&[MEMBER, DISABLED, UNREGISTERED]);
            members[1].want = MANAGER;
        }
    }
    Made { members, before }
}

impl Member {
    fn becomes(&mut self, have: Kind, want: RoleName) {
        (self.have, self.want) = (have, want);
    }

    /// Declares it lost; returns what happened to it.
    fn is_lost(&mut self) -> Change {
        self.lost = true;
        powered(&self.name, false)
    }
}

fn powered(server: &str, on: bool) -> Change {
    Change::Powered { server: server.into(), on }
}

fn pooled(server: &str, pool: Pool) -> Change {
    Change::Wsmgr(Product::Pooled { server: server.into(), pool })
}

fn synchronised(server: &str, sync: Sync) -> Change {
    Change::Wsmgr(Product::Synchronised { server: server.into(), sync })
}

fn connected(server: &str, connected: bool) -> Change {
    Change::Wsmgr(Product::Connected { server: server.into(), connected })
}

fn operation(server: &str, kind: Kind) -> Change {
    Change::Wsmgr(Product::Operation { server: server.into(), kind })
}

fn attested(group: &str) -> Change {
    Change::Wsmgr(Product::Attested { group: group.into() })
}

fn topology(group: &str, made: &Made) -> Topology {
    let declared = |(at, member): (usize, &Member)| Declared {
        server: ServerName::new(&member.name).expect("`web1` and the like can be names"),
        role: member.want,
        because: None,
        lost: member.lost,
        reinstalled: None,
        line: at + 1,
    };
    Topology {
        group: group.into(),
        table: SYSTEM.table,
        connection: None,
        servers: made.members.iter().enumerate().map(declared).collect(),
        keep: Vec::new(),
        keep_master_files: false,
        waivers: Vec::new(),
        maintenance: Vec::new(),
        settling: None,
        disrupt_at_most: None,
        source: Source::default(),
    }
}

fn site(topology: &Topology) -> Site {
    Site {
        group: topology.group.clone(),
        servers: topology.servers.iter().map(|one| one.server.clone()).collect(),
        lost: topology.servers.iter().filter(|one| one.lost).map(|one| one.server.clone()).collect(),
        ..Site::default()
    }
}

/// The farm's servers of a group, without those that are lost for good.
fn members(farm: &PracticeWorld, topology: &Topology) -> Vec<ServerStatus> {
    let is_member =
        |server: &ServerStatus| topology.servers.iter().any(|one| !one.lost && one.server.as_str() == server.name);
    farm.status().map(|status| status.wsmgr.servers.into_iter().filter(is_member).collect()).unwrap_or_default()
}

fn strikes(random: &mut Random, fault: Fault, topology: &Topology, farm: &PracticeWorld) -> Vec<Change> {
    let members = members(farm, topology);
    if members.is_empty() {
        return Vec::new();
    }
    let server = random.pick(&members).name.clone();
    let product = |change| vec![Change::Wsmgr(change), attested(&topology.group)];
    match fault {
        Fault::ServerDies | Fault::ServerBlinks if random.percent(50) => vec![powered(&server, false)],
        Fault::ServerDies | Fault::ServerBlinks => vec![Change::Answers { server, answers: false }],
        Fault::TaskAppears => vec![Change::Wsmgr(Product::SyncFails { server, fails: true })],
        Fault::UseBegins if random.percent(30) => vec![
            Change::Wsmgr(Product::Sessions { server: server.clone(), count: 2 }),
            Change::Wsmgr(Product::Sticky { server, sticky: true }),
        ],
        Fault::UseBegins => vec![Change::Wsmgr(Product::Sessions { server, count: 3 })],
        Fault::LeaderEdited if random.percent(20) => product(Product::ActsAsManager { server }),
        Fault::LeaderEdited => product(Product::Handover { server }),
        Fault::MarkEdited if random.percent(50) => {
            product(Product::Pooled { server, pool: *random.pick(&[Pool::Ready, Pool::Drain, Pool::Maint]) })
        }
        Fault::MarkEdited => {
            product(Product::Synchronised { server, sync: *random.pick(&[Sync::Running, Sync::Error]) })
        }
        Fault::MemberEdited => {
            let kind = *random.pick(&[Kind::Unregistered, Kind::Disabled, Kind::Member]);
            product(Product::Operation { server, kind })
        }
        _ => Vec::new(),
    }
}

/// Servers come back, but those that are lost; sessions end and synchronisations work; somebody looks at the monitor.
fn heals(farm: &PracticeWorld, topologies: &[&Topology]) -> Vec<Change> {
    let mut changes = vec![Change::FailNext(0), Change::LoseNext(0)];
    for topology in topologies {
        for one in members(farm, topology) {
            let server = one.name;
            changes.push(powered(&server, true));
            changes.push(Change::Answers { server: server.clone(), answers: true });
            changes.push(Change::Wsmgr(Product::SyncFails { server: server.clone(), fails: false }));
            changes.push(Change::Wsmgr(Product::Sticky { server, sticky: false }));
        }
        changes.push(attested(&topology.group));
    }
    changes
}

/// A person does what is asked and attests it: from then on the farm does so by itself.
fn works(_: &Topology, transition: &str, _: &ServerName) -> Vec<Change> {
    match transition {
        "drain" | "return" => Vec::new(),
        _ => vec![Change::Operator(Operator::Simulated)],
    }
}
