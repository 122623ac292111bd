//! The ground of WSMGR: random server groups on a practice farm, also with servers that are lost, cut off or restored,
//! and what can happen to them. Whoever changes a group by hand attests what is there then.
//!
//! Never asks rolewalk's own observation what is there. What must not happen is in [`watch`], the copy of an observed
//! group in [`copy`].

mod copy;
mod watch;

use crate::model::name::ServerName;
use crate::model::table::Transition;
use crate::model::topology::Topology;
use crate::system::wsmgr::SYSTEM;
use crate::system::wsmgr::table::{DISABLED, MANAGER, MEMBER, UNREGISTERED};
use crate::world::practice::wsmgr::{Change as Product, GroupFile, Kind, Pool, ServerFile, ServerStatus, Sync};
use crate::world::practice::{Change, FarmFile, Operator, PracticeWorld};

use super::cast::{self, Before, calm, dies, powered, present, revived};
use super::fault::Fault;
use super::ground::{Ground, Scene};
use super::random::Random;

/// WSMGR's ground.
pub const GROUND: Ground = Ground {
    system: &SYSTEM,
    scene,
    site: cast::site,
    strikes,
    divides: |_, _| false,
    heals,
    works,
    copy: copy::copy,
    keeps: watch::keeps,
    losses: watch::losses,
    leftovers: |_, _| Vec::new(),
    has_window: true,
};

type Member = cast::Member<Kind>;

fn scene(random: &mut Random, row: &'static Transition) -> Option<Scene> {
    let groups = cast::groups(random, SYSTEM.table, [("Web", "web"), ("Intra", "in")], row, made);
    let files = groups.iter().map(|(group, made)| {
        let servers = made.members.iter().map(|one| (one.name.clone(), ServerFile::Kind(one.have)));
        (group.to_string(), GroupFile { servers: servers.collect(), config_mb: 200, needed: 1 })
    });
    let file = FarmFile { wsmgr: files.collect(), ..FarmFile::of(Operator::Simulated) };
    cast::scene(random, SYSTEM.table, &file, groups)
}

/// Makes a group in which the row is likely to be needed.
fn made(random: &mut Random, prefix: &str, row: &Transition) -> cast::Made<Kind> {
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
            Member::new(format!("{prefix}{}", index + 1), have, want)
        })
        .collect();
    let mut before = Vec::new();
    let first = members[0].name.clone();
    let third = members[2].name.clone();
    match (row.name, row.from) {
        ("drain", UNREGISTERED) => {
            members[2].becomes(Kind::Unregistered, UNREGISTERED);
            before.push(pooled(&third, Pool::Ready).into());
        }
        ("drain", DISABLED) => {
            members[2].becomes(Kind::Disabled, DISABLED);
            before.push(pooled(&third, *random.pick(&[Pool::Ready, Pool::Drain])).into());
        }
        ("drain" | "disable" | "remove", MEMBER) => {
            let want = if row.to == UNREGISTERED { UNREGISTERED } else { DISABLED };
            members[2].becomes(Kind::Member, want);
            before.push(Change::Wsmgr(Product::Sessions { server: third, count: 4 }).into());
        }
        ("return", MEMBER) => {
            members[2].becomes(Kind::Member, MEMBER);
            before.push(pooled(&third, Pool::Maint).into());
        }
        ("return", MANAGER) => before.push(pooled(&first, Pool::Maint).into()),
        ("form", _) => members.iter_mut().enumerate().for_each(|(index, one)| {
            one.becomes(Kind::Unregistered, if index == 0 { MANAGER } else { UNREGISTERED });
        }),
        ("add" | "await-sync", _) => members[2].becomes(Kind::Unregistered, MEMBER),
        ("enable", _) => members[2].becomes(Kind::Disabled, MEMBER),
        ("resync", _) => {
            members[2].becomes(Kind::Member, MEMBER);
            before.push(synchronised(&third, Sync::Error).into());
        }
        ("regroup", _) => before.push(match random.percent(50) {
            true => synchronised(&first, Sync::Error).into(),
            false => Change::Wsmgr(Product::Restored { server: third }).into(),
        }),
        ("remove" | "remove-apart", DISABLED) => {
            members[2].becomes(Kind::Disabled, UNREGISTERED);
            before.extend(row.allows_lost.then(|| connected(&third, false).into()));
        }
        ("disable-apart" | "remove-apart" | "isolate", MEMBER) => {
            let want = if row.to == DISABLED { DISABLED } else { UNREGISTERED };
            members[2].becomes(Kind::Member, want);
            before.push(members[2].is_lost());
        }
        ("isolate", UNREGISTERED) => {
            members[2].becomes(Kind::Member, UNREGISTERED);
            let since = [
                powered(&third, false),
                pooled(&third, Pool::Maint),
                operation(&third, Kind::Unregistered),
                powered(&third, true),
            ];
            before.extend(since.map(Before::From));
        }
        ("clear", from) => {
            members[2].becomes(Kind::Member, MEMBER);
            let kind = if from == DISABLED { Kind::Disabled } else { Kind::Unregistered };
            let since = [connected(&third, false), pooled(&third, Pool::Maint), operation(&third, kind)];
            before.extend(since.map(Before::From));
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
    cast::Made { members, before }
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

/// The farm's servers of a group, without those that are lost for good.
fn members(farm: &PracticeWorld, topology: &Topology) -> Vec<ServerStatus> {
    let is_member = |server: &ServerStatus| present(topology, &server.name).is_some();
    farm.status().map(|status| status.wsmgr.servers.into_iter().filter(is_member).collect()).unwrap_or_default()
}

fn strikes(random: &mut Random, fault: Fault, topology: &Topology, farm: &PracticeWorld) -> Vec<Change> {
    let members = members(farm, topology);
    if members.is_empty() {
        return Vec::new();
    }
    let server = random.pick(&members).name.clone();
    if let Some(change) = dies(random, fault, &server) {
        return vec![change];
    }
    let product = |change| vec![Change::Wsmgr(change), attested(&topology.group)];
    match fault {
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
    let mut changes = calm().to_vec();
    for topology in topologies {
        for one in members(farm, topology) {
            let server = one.name;
            changes.extend(revived(&server));
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
