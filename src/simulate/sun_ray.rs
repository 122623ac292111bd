//! The ground of Sun Ray: random failover groups on a practice farm, also with servers that are lost or were installed
//! anew, and what can happen to them.
//!
//! Never asks rolewalk's own observation what is there. What must not happen is in [`watch`], the copy of an observed
//! group in [`copy`].

mod copy;
mod watch;

use std::collections::BTreeMap;

use crate::model::name::ServerName;
use crate::model::request::{Request, Task};
use crate::model::table::{RoleName, Transition};
use crate::model::topology::Topology;
use crate::system::sun_ray::table::{PRIMARY, SECONDARY, STANDALONE};
use crate::system::sun_ray::{DUMP, STORE, STORE_TOOLS, SYSTEM};
use crate::world::practice::sun_ray::{Change as Product, Form, GroupFile, Role, ServerFile, ServerStatus};
use crate::world::practice::{Change, FarmFile, Operator, PracticeWorld};

use super::cast::{self, Before, calm, dies, named, present, revived};
use super::fault::Fault;
use super::ground::{Ground, Scene};
use super::random::Random;

/// Sun Ray's ground.
pub const GROUND: Ground = Ground {
    system: &SYSTEM,
    scene,
    site: cast::site,
    strikes,
    divides,
    heals,
    works,
    copy: copy::copy,
    keeps: watch::keeps,
    losses: watch::losses,
    leftovers: watch::leftovers,
    has_window: true,
};

type Member = cast::Member<Role>;

fn name(role: Role) -> RoleName {
    match role {
        Role::Standalone | Role::Reinstalled => STANDALONE,
        Role::Secondary => SECONDARY,
        Role::Primary => PRIMARY,
    }
}

fn scene(random: &mut Random, row: &'static Transition) -> Option<Scene> {
    let groups = cast::groups(random, SYSTEM.table, [("desk", "sr"), ("lab", "lb")], row, made);
    let files = groups.iter().map(|(group, made)| {
        let servers = made.members.iter().map(|one| (one.name.clone(), ServerFile::Role(one.have)));
        let users = vec!["hanako".into(), "taro".into()];
        (group.to_string(), GroupFile { servers: servers.collect(), users })
    });
    let file = FarmFile { sun_ray: files.collect(), ..FarmFile::of(Operator::Simulated) };
    cast::scene(random, SYSTEM.table, &file, groups)
}

/// Makes a group in which the row is likely to be needed: the primary first, then one secondary at least.
fn made(random: &mut Random, prefix: &str, row: &Transition) -> cast::Made<Role> {
    let mut members: Vec<Member> = (0..3 + random.below(2))
        .map(|index| {
            let have = match index {
                0 => Role::Primary,
                1 => Role::Secondary,
                _ => *random.pick(&[Role::Secondary, Role::Standalone]),
            };
            // Most stay as they are, so that plans are short.
            let moves = index > 1 && random.percent(15);
            let want = if moves { *random.pick(&[SECONDARY, STANDALONE]) } else { name(have) };
            Member::new(format!("{prefix}{}", index + 1), have, want)
        })
        .collect();
    let mut before = Vec::new();
    let [first, second, third] = [0, 1, 2].map(|index| members[index].name.clone());
    match (row.name, row.from) {
        ("install", _) => {
            let role = *random.pick(&[SECONDARY, STANDALONE]);
            members[2].is_new(Role::Reinstalled, role);
        }
        ("follow", STANDALONE) => members[2].becomes(Role::Standalone, SECONDARY),
        ("follow", _) if random.percent(50) => {
            members[2].becomes(Role::Secondary, SECONDARY);
            before.push(by_hand(&first, &["-p", "-d", &third]));
        }
        ("leave", _) => members[2].becomes(Role::Secondary, STANDALONE),
        ("forget", SECONDARY) => {
            members[2].becomes(Role::Secondary, STANDALONE);
            before.push(members[2].is_lost());
        }
        ("forget", _) => {
            members[2].becomes(Role::Secondary, STANDALONE);
            before.push(by_hand(&third, &["-u"]));
        }
        ("take-over", _) => {
            members[0].want = STANDALONE;
            members[1].want = PRIMARY;
            members[2].becomes(Role::Secondary, SECONDARY);
            before.push(members[0].is_lost());
        }
        ("rebuild", from) => {
            members[0].is_new(Role::Reinstalled, PRIMARY);
            if from == PRIMARY {
                before.push(install(&first));
                before.push(by_hand(&first, &["-p", &second]));
            }
        }
        ("remove-dump", PRIMARY) => before.push(dump(&first)),
        ("remove-dump", SECONDARY) => before.push(dump(&second)),
        ("remove-dump", _) => {
            members[2].becomes(Role::Standalone, STANDALONE);
            before.push(dump(&third));
        }
        // A handover.
        _ => {
            members[0].want = *random.pick(&[SECONDARY, STANDALONE]);
            members[1].want = PRIMARY;
        }
    }
    cast::Made { members, before }
}

fn replica(server: &str, words: &[&str]) -> Change {
    let arguments = words.iter().map(|word| word.to_string()).collect();
    Change::SunRay(Product::Replica { server: server.into(), arguments })
}

fn by_hand(server: &str, words: &[&str]) -> Before {
    Before::From(replica(server, words))
}

/// An operator who is simulated installs the product.
fn install(server: &str) -> Before {
    let host = named(server);
    Before::Asked(Request::AskOperator(Task {
        group: String::new(),
        transition: "install",
        server: host.clone(),
        host,
        instructions: Vec::new(),
    }))
}

fn dump(server: &str) -> Before {
    Before::Asked(Request::SaveOutput {
        on: named(server),
        folder: STORE_TOOLS.into(),
        program: "utldbmcat",
        arguments: vec![STORE.into()],
        to: DUMP.into(),
    })
}

/// The farm's servers of a group, without those that are lost for good.
fn members(farm: &PracticeWorld, topology: &Topology) -> Vec<ServerStatus> {
    let is_member = |server: &ServerStatus| present(topology, &server.name).is_some();
    farm.status().map(|status| status.sun_ray.servers.into_iter().filter(is_member).collect()).unwrap_or_default()
}

fn strikes(random: &mut Random, fault: Fault, topology: &Topology, farm: &PracticeWorld) -> Vec<Change> {
    let members = members(farm, topology);
    if members.is_empty() {
        return Vec::new();
    }
    let primary = members.iter().find(|one| one.role == PRIMARY);
    let one = random.pick(&members);
    let server = one.name.clone();
    let is_edit = matches!(fault, Fault::LeaderEdited | Fault::MemberEdited);
    if is_edit && one.role == "not installed" {
        // Nobody runs a command that is not there.
        return Vec::new();
    }
    if let Some(change) = dies(random, fault, &server) {
        return vec![change];
    }
    match fault {
        Fault::TaskAppears => match primary.filter(|_| random.percent(70)) {
            Some(primary) => {
                let user = format!("user{}", random.below(1_000_000));
                vec![Change::SunRay(Product::UserAdded { server: primary.name.clone(), user })]
            }
            None => {
                let form = *random.pick(&[Form::Reworded, Form::Truncated, Form::Empty, Form::Domain]);
                vec![Change::SunRay(Product::Shows { server, form })]
            }
        },
        Fault::UseBegins => vec![Change::SunRay(Product::Sessions { server, count: 3 })],
        Fault::LeaderEdited => match primary {
            Some(primary) if random.percent(30) => vec![replica(&primary.name, &["-u"])],
            // Another is made a primary, with or without the one that is there.
            _ => {
                let other = members.iter().find(|other| other.name != server);
                let named = other.map(|other| other.name.as_str()).unwrap_or_default();
                vec![replica(&server, &["-u"]), replica(&server, &["-p", named])]
            }
        },
        Fault::MarkEdited => match primary.filter(|_| random.percent(70)) {
            Some(primary) => {
                let flag = if primary.with.contains(&server) { "-d" } else { "-a" };
                vec![replica(&primary.name, &["-p", flag, &server])]
            }
            None => vec![Change::SunRay(Product::Offline { server, offline: !one.offline })],
        },
        Fault::MemberEdited if random.percent(20) => vec![Change::SunRay(Product::Reinstalled { server })],
        Fault::MemberEdited => vec![replica(&server, &["-u"])],
        _ => Vec::new(),
    }
}

/// Whoever adds a user on a server that does not list all of them divides the users: one list or the other is replaced.
fn divides(change: &Change, farm: &PracticeWorld) -> bool {
    let Change::SunRay(Product::UserAdded { server, .. }) = change else { return false };
    let servers = farm.status().map(|status| status.sun_ray.servers).unwrap_or_default();
    let listed = servers.iter().find(|one| one.name == *server).map_or(0, |one| one.users);
    servers.iter().any(|one| one.users > listed)
}

/// Servers come back, but those that are lost; commands speak as they did.
fn heals(farm: &PracticeWorld, topologies: &[&Topology]) -> Vec<Change> {
    let mut changes = calm().to_vec();
    for one in topologies.iter().flat_map(|topology| members(farm, topology)) {
        changes.extend(revived(&one.name));
        changes.push(Change::SunRay(Product::Shows { server: one.name, form: Form::Usual }));
    }
    changes
}

/// A person installs the product when asked: from then on the farm does so by itself.
fn works(_: &Topology, transition: &str, _: &ServerName) -> Vec<Change> {
    match transition {
        "install" => vec![Change::Operator(Operator::Simulated)],
        _ => Vec::new(),
    }
}

/// The servers of a group and their roles, as a farm is made from them.
fn group_file(servers: BTreeMap<String, Role>, users: u64) -> GroupFile {
    GroupFile {
        servers: servers.into_iter().map(|(name, role)| (name, ServerFile::Role(role))).collect(),
        users: (1..=users).map(|number| format!("user{number}")).collect(),
    }
}
