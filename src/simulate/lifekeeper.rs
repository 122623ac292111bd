//! The ground of LifeKeeper: random clusters on a practice farm, also with servers that are lost or were installed anew,
//! and what can happen to them.
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
use crate::system::lifekeeper::table::{ACTIVE, MEMBER, STANDBY, UNREGISTERED};
use crate::system::lifekeeper::{SYSTEM, clearing};
use crate::world::practice::lifekeeper::{Change as Product, ClusterFile, Form, HierarchyFile, Role, ServerStatus};
use crate::world::practice::{Change, FarmFile, Operator, PracticeWorld};

use super::cast::{self, Before, calm, dies, named, present, revived};
use super::fault::Fault;
use super::ground::{Ground, Scene};
use super::random::Random;

/// LifeKeeper's ground.
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
    leftovers: watch::leftovers,
    has_window: false,
};

/// The flag of somebody who changes the cluster.
const LOCK: &str = "!action!4711!1763600000!NODE1:somebody";

type Made = cast::Made<Role>;

/// A cluster, and the tops of its hierarchies.
type Cluster = (Made, Vec<&'static str>);

fn name(role: Role) -> RoleName {
    match role {
        Role::Unregistered => UNREGISTERED,
        Role::Member => MEMBER,
        Role::Standby | Role::Reinstalled => STANDBY,
        Role::Active => ACTIVE,
    }
}

fn scene(random: &mut Random, row: &'static Transition) -> Option<Scene> {
    let clusters = cast::groups(random, SYSTEM.table, [("shop", "NODE"), ("lab", "LAB")], row, made);
    let files = clusters.iter().map(|(cluster, (made, hierarchies))| {
        let servers = made.members.iter().map(|one| (one.name.clone(), one.have)).collect();
        (cluster.to_string(), cluster_file(servers, hierarchies, &["E"]))
    });
    let file = FarmFile { lifekeeper: files.collect(), ..FarmFile::of(Operator::Simulated) };
    let groups = clusters.into_iter().map(|(cluster, (made, _))| (cluster, made)).collect();
    cast::scene(random, SYSTEM.table, &file, groups)
}

/// The servers of a cluster and their hierarchies, as a farm is made from them: the first has the volumes.
fn cluster_file(servers: BTreeMap<String, Role>, hierarchies: &[&str], volumes: &[&str]) -> ClusterFile {
    let hierarchy = |(place, tag): (usize, &&str)| {
        let volumes = if place == 0 { volumes.iter().map(|one| one.to_string()).collect() } else { Vec::new() };
        (tag.to_string(), HierarchyFile { volumes, active: None })
    };
    ClusterFile { servers, hierarchies: hierarchies.iter().enumerate().map(hierarchy).collect() }
}

/// Makes a cluster in which the row is likely to be needed: the active server first.
fn made(random: &mut Random, prefix: &str, row: &Transition) -> Cluster {
    let third = *random.pick(&[Role::Member, Role::Unregistered]);
    let of = |number: usize, have: Role| cast::Member::new(format!("{prefix}{number}"), have, name(have));
    let mut members = vec![of(1, Role::Active), of(2, Role::Standby), of(3, third)];
    let (mut hierarchies, mut before) = (vec!["web"], Vec::new());
    let [first, second, last] = [1, 2, 3].map(|number| format!("{prefix}{number}"));
    match (row.name, row.from) {
        ("register", UNREGISTERED) => members[2].becomes(Role::Unregistered, random.pick::<&str>(&[MEMBER, STANDBY])),
        ("register", STANDBY) => before.push(by_hand(&first, &format!("net_remove -s {second}"))),
        ("register", _) => {
            members[2].becomes(Role::Member, MEMBER);
            before.push(by_hand(&first, &format!("net_remove -s {last}")));
        }
        ("unregister", _) => {
            members[2].becomes(Role::Member, UNREGISTERED);
            if random.percent(50) {
                before.push(by_hand(&first, &format!("net_remove -s {last}")));
            }
        }
        ("extend", _) => {
            members[2].becomes(Role::Member, STANDBY);
            if random.percent(50) {
                hierarchies = vec!["db", "web"];
                before.push(asked("extend", &last, &first, "db"));
            }
        }
        ("mirror", _) => {
            let is_paused = random.percent(50);
            members[2].becomes(if is_paused { Role::Standby } else { Role::Member }, STANDBY);
            before.push(match is_paused {
                true => Before::From(Change::Lifekeeper(Product::Paused { server: last, paused: true })),
                false => asked("extend", &last, &first, "web"),
            });
        }
        ("unextend", from) => {
            members[2].becomes(Role::Standby, random.pick::<&str>(&[MEMBER, UNREGISTERED]));
            if from == MEMBER {
                hierarchies = vec!["db", "web"];
                before.push(asked("unextend", &last, &first, "db"));
            }
        }
        ("purge", from) => {
            members[1].is_new(Role::Reinstalled, random.pick::<&str>(&[STANDBY, MEMBER, UNREGISTERED]));
            if from == MEMBER {
                for tag in ["web", "web.Vol.E"] {
                    let words = format!("eqv_remove -s {first} -t {tag} -S {second} -o {tag} -e SHARED");
                    before.push(by_hand(&first, &words));
                }
            }
        }
        ("remove-system", _) => {
            members[2].is_new(Role::Member, random.pick::<&str>(&[MEMBER, UNREGISTERED]));
            before.push(Before::From(Change::Lifekeeper(Product::Reinstalled { server: last, lifekeeper: true })));
        }
        ("restore", ACTIVE) => {
            hierarchies = vec!["db", "web"];
            before.push(by_hand(&first, "perform_action -t db -a remove"));
        }
        ("restore", _) if random.percent(50) => {
            before.push(Before::From(Change::Lifekeeper(Product::OutOfService { server: first })));
        }
        // Somebody began to remove them there, and left.
        ("remove-resources", _) if row.says.is_none() => {
            members[2].becomes(Role::Standby, MEMBER);
            before.push(by_hand(&last, &format!("flg_create -f {}", clearing(&last))));
            if random.percent(50) {
                before.push(by_hand(&last, "ins_remove -R web"));
            }
        }
        // All resources are to go.
        ("remove-resources", _) => {
            members[0].want = MEMBER;
            members[1].want = MEMBER;
        }
        ("fail-over", _) => {
            members[0].want = STANDBY;
            members[1].want = ACTIVE;
            before.push(members[0].is_lost());
        }
        // A handover.
        _ => {
            members[0].want = STANDBY;
            members[1].want = ACTIVE;
        }
    }
    (Made { members, before }, hierarchies)
}

fn ran(server: &str, words: &str) -> Change {
    let words = words.split_whitespace().map(str::to_string).collect();
    Change::Lifekeeper(Product::Ran { server: server.into(), words })
}

fn by_hand(server: &str, words: &str) -> Before {
    Before::From(ran(server, words))
}

/// What an operator who is simulated does for one hierarchy alone.
fn asked(transition: &'static str, server: &str, host: &str, tag: &str) -> Before {
    Before::Asked(Request::AskOperator(Task {
        group: format!("shop/{tag}"),
        transition,
        server: named(server),
        host: named(host),
        instructions: Vec::new(),
    }))
}

/// The farm's servers of a group, without those that are lost for good.
fn members(farm: &PracticeWorld, topology: &Topology) -> Vec<ServerStatus> {
    let is_member = |server: &ServerStatus| present(topology, &server.name).is_some();
    farm.status().map(|status| status.lifekeeper.servers.into_iter().filter(is_member).collect()).unwrap_or_default()
}

fn strikes(random: &mut Random, fault: Fault, topology: &Topology, farm: &PracticeWorld) -> Vec<Change> {
    let members = members(farm, topology);
    if members.is_empty() {
        return Vec::new();
    }
    let one = random.pick(&members);
    let other = members.iter().find(|other| other.name != one.name).map_or("", |other| other.name.as_str());
    let server = one.name.clone();
    if let Some(change) = dies(random, fault, &server) {
        return vec![change];
    }
    let product = |change: Product| vec![Change::Lifekeeper(change)];
    match fault {
        Fault::TaskAppears if random.percent(50) => product(Product::Flag { server, flag: LOCK.into(), set: true }),
        Fault::TaskAppears => {
            let form = *random.pick(&[Form::Reworded, Form::Truncated, Form::Empty, Form::Domain]);
            product(Product::Shows { server, form })
        }
        Fault::UseBegins => {
            let form = *random.pick(&[Form::Blanks, Form::ControlA]);
            product(Product::Shows { server, form })
        }
        Fault::LeaderEdited if random.percent(50) => product(Product::OutOfService { server }),
        Fault::LeaderEdited => product(Product::InService { server }),
        Fault::MarkEdited if random.percent(50) => product(Product::NewJobs { server }),
        Fault::MarkEdited => product(Product::Paused { server, paused: random.percent(50) }),
        Fault::MemberEdited if random.percent(20) => product(Product::Reinstalled { server, lifekeeper: true }),
        Fault::MemberEdited => vec![ran(&server, &format!("net_remove -s {other}"))],
        _ => Vec::new(),
    }
}

/// Servers come back, but those that are lost; commands speak as they did; nobody holds the lock any more.
fn heals(farm: &PracticeWorld, topologies: &[&Topology]) -> Vec<Change> {
    let mut changes = calm().to_vec();
    for one in topologies.iter().flat_map(|topology| members(farm, topology)) {
        changes.extend(revived(&one.name));
        changes.push(Change::Lifekeeper(Product::Flag { server: one.name.clone(), flag: LOCK.into(), set: false }));
        changes.push(Change::Lifekeeper(Product::Shows { server: one.name, form: Form::Usual }));
    }
    changes
}

/// A person works in the console when asked: from then on the farm does so by itself.
fn works(_: &Topology, transition: &str, _: &ServerName) -> Vec<Change> {
    match transition {
        "register" | "extend" | "mirror" | "unextend" => vec![Change::Operator(Operator::Simulated)],
        _ => Vec::new(),
    }
}
