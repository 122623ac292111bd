//! The ground of CO-Store: random stores on a practice farm, and what can happen to them.

use std::collections::BTreeMap;

use jiff::civil::date;

use crate::model::disks::listing::Content;
use crate::model::name::ServerName;
use crate::model::request::{Reply, Request};
use crate::model::site::Site;
use crate::model::snapshot::GroupSnapshot;
use crate::model::table::{RoleName, Transition};
use crate::model::topology::Topology;
use crate::system::co_store::SYSTEM;
use crate::system::co_store::guards::fact;
use crate::world::practice::co_store::{
    Change as Product, FOLDER, Role, STORAGES_QUERY, ServerDetails, ServerFile, StoreFile, TASKS_QUERY, TaskState,
};
use crate::world::practice::{Change, FarmFile, FarmStatus, Operator, PracticeWorld};

use super::cast::{self, Before, calm, dies, operator, revived};
use super::fault::Fault;
use super::ground::{Ground, Kept, Scene};
use super::play::Play;
use super::random::Random;

/// CO-Store's ground.
pub const GROUND: Ground = Ground {
    system: &SYSTEM,
    scene,
    site,
    strikes,
    divides: |_, _| false,
    heals,
    works,
    copy,
    keeps,
    losses,
    leftovers,
    has_window: false,
};

const ROLES: [Role; 3] = [Role::Unregistered, Role::Additional, Role::Slave];

fn name(role: Role) -> RoleName {
    match role {
        Role::Unregistered => "unregistered",
        Role::Additional => "additional",
        Role::Slave => "slave",
        Role::Master => "master",
    }
}

fn role(name: &str) -> Role {
    match name {
        "master" => Role::Master,
        "slave" => Role::Slave,
        "additional" => Role::Additional,
        _ => Role::Unregistered,
    }
}

type Member = cast::Member<Role>;

/// What one store begins with and is to become: the master first.
struct Store {
    servers: Vec<Member>,
    keep_master_files: bool,
    changes: Vec<Change>,
}

fn scene(random: &mut Random, row: &'static Transition) -> Option<Scene> {
    let mut stores = vec![store(random, "Store", "PVS", row)];
    if random.percent(20) {
        let other = random.pick(SYSTEM.table.transitions);
        stores.push(store(random, "Library", "LIB", other));
    }
    let names = ["Store", "Library"];
    let operator = operator(random);
    let co_store = names.iter().zip(&stores).map(|(name, store)| {
        let servers = store.servers.iter().map(|one| (one.name.clone(), ServerFile::Role(one.have)));
        (name.to_string(), StoreFile { servers: servers.collect(), disks: BTreeMap::from([("Hoge".into(), 0)]) })
    });
    let file = FarmFile { co_store: co_store.collect(), ..FarmFile::of(operator) };
    let topologies = names.iter().zip(&stores).map(|(name, store)| Topology {
        keep_master_files: store.keep_master_files,
        ..cast::topology(SYSTEM.table, name, &store.servers)
    });
    let topologies = topologies.collect();
    let before = stores.into_iter().flat_map(|store| store.changes).map(Before::From);
    Some(Scene { farm: cast::farm(&file, before).ok()?, topologies })
}

/// Makes a store in which the row is likely to be needed.
fn store(random: &mut Random, group: &str, prefix: &str, row: &Transition) -> Store {
    let others = 1 + random.below(3);
    let server = |index: usize| format!("{prefix}{}", index + 1);
    let mut servers = vec![Member::new(server(0), Role::Master, name(Role::Master))];
    for index in 1..=others {
        let have = *random.pick(&ROLES);
        // Most stay as they are, so that plans are short.
        let want = if random.percent(30) { *random.pick(&ROLES) } else { have };
        servers.push(Member::new(server(index), have, name(want)));
    }
    let (have, want) = match row.name {
        "await-replication" => (Role::Additional, Role::Master),
        _ if row.from == row.to => (role(row.from), role(row.to)),
        _ => (role(row.from), role(row.to)),
    };
    let mut made = Store { servers: Vec::new(), keep_master_files: random.percent(10), changes: Vec::new() };
    match (row.name, have) {
        (_, Role::Master) => made.changes.extend(half_done(random, group, &servers)),
        (row_name, have) => {
            (servers[1].have, servers[1].want) = (have, name(want));
            if row_name == "quarantine" {
                made.keep_master_files = true;
                let server = servers[1].name.clone();
                made.changes.push(Change::CoStore(Product::Invalid { store: group.into(), server, file: None }));
            }
        }
    }
    if servers[1..].iter().any(|one| one.want == name(Role::Master)) {
        servers[0].want = name(if random.percent(70) { Role::Slave } else { *random.pick(&ROLES) });
    }
    made.servers = servers;
    made
}

/// Ticks as a handover leaves them that stopped half way.
fn half_done(random: &mut Random, group: &str, servers: &[Member]) -> Vec<Change> {
    let tick = |pvs_store: &str, server: &str, ticked| {
        Change::CoStore(Product::Ticked { pvs_store: pvs_store.into(), server: server.into(), ticked })
    };
    let diff = format!("{group}-Diff");
    let other = servers[1..].iter().find(|one| one.have != Role::Unregistered).map(|one| &one.name);
    let first = &servers[0].name;
    match (random.below(3), other) {
        (0, Some(other)) => vec![tick(group, other, true), tick(&diff, other, true)],
        (1, Some(other)) => vec![tick(&diff, other, true), tick(&diff, first, false)],
        _ => vec![tick(group, first, false), tick(&diff, first, false)],
    }
}

fn site(topology: &Topology) -> Site {
    Site {
        storages_query: Some(STORAGES_QUERY.into()),
        tasks_query: Some(TASKS_QUERY.into()),
        api_folder: FOLDER.into(),
        today: Some(date(2026, 11, 21)),
        compare_content: true,
        ..cast::site(topology)
    }
}

fn strikes(random: &mut Random, fault: Fault, topology: &Topology, _: &PracticeWorld) -> Vec<Change> {
    if topology.servers.is_empty() {
        return Vec::new();
    }
    let store = topology.group.clone();
    let server = random.pick(&topology.servers).server.to_string();
    if let Some(change) = dies(random, fault, &server) {
        return vec![change];
    }
    match fault {
        Fault::TaskAppears => {
            vec![Change::CoStore(Product::TaskAdded {
                store,
                state: TaskState::Pending,
                description: "a new version".into(),
            })]
        }
        Fault::UseBegins => vec![Change::CoStore(Product::Terminals { store, server, count: 3 })],
        Fault::LeaderEdited => vec![Change::CoStore(Product::Master { store, server })],
        Fault::MarkEdited => {
            let pvs_store = if random.percent(50) { store } else { format!("{store}-Diff") };
            vec![Change::CoStore(Product::Ticked { pvs_store, server, ticked: random.percent(50) })]
        }
        Fault::MemberEdited => {
            vec![Change::CoStore(Product::Registered { store, server, registered: random.percent(50) })]
        }
        _ => Vec::new(),
    }
}

fn heals(farm: &PracticeWorld, _: &[&Topology]) -> Vec<Change> {
    let Ok(status) = farm.status() else { return Vec::new() };
    let mut changes = vec![Change::CoStore(Product::DatabaseAnswers(true))];
    changes.extend(calm());
    changes.extend(status.machines.iter().flat_map(|machine| revived(&machine.name)));
    for store in &status.co_store.stores {
        changes.extend(store.tasks.iter().map(|task| Change::CoStore(Product::TaskRemoved { id: task.id })));
        changes.extend(store.servers.iter().filter(|server| server.terminals > 0).map(|server| {
            Change::CoStore(Product::Terminals { store: store.name.clone(), server: server.name.clone(), count: 0 })
        }));
    }
    changes
}

fn works(topology: &Topology, transition: &str, server: &ServerName) -> Vec<Change> {
    let store = topology.group.clone();
    match transition {
        "register" => {
            vec![Change::CoStore(Product::Registered { store, server: server.to_string(), registered: true })]
        }
        "await-replication" => vec![Change::CoStore(Product::NewVersion { store, disk: None })],
        _ => Vec::new(),
    }
}

/// Makes the farm that the snapshot tells of: roles first, then what marks and facts add to them.
fn copy(seen: &GroupSnapshot) -> Result<PracticeWorld, String> {
    let mut servers = BTreeMap::new();
    for (server, standing) in &seen.servers {
        let have = standing.role.ok_or_else(|| format!("the role of {server} is unknown"))?;
        let free = seen.facts.count(Some(server), fact::FREE_BYTES).ok().map(|bytes| bytes >> 20);
        servers.insert(server.to_string(), ServerFile::Full(ServerDetails { role: role(have), free_mb: free }));
    }
    let disks = BTreeMap::from([("Practice".to_string(), 0)]);
    let store = StoreFile { servers, disks };
    let file =
        FarmFile { co_store: BTreeMap::from([(seen.group.clone(), store)]), ..FarmFile::of(Operator::Simulated) };
    let farm = PracticeWorld::in_memory(&file).map_err(|error| error.to_string())?;
    for change in seen.servers.iter().flat_map(|(server, standing)| {
        let disks =
            standing.mark("disks").into_iter().flat_map(|value| disks_are(&seen.group, server, standing.role, value));
        disks.chain(ticks_are(seen, server)).chain(facts_are(seen, server)).collect::<Vec<_>>()
    }) {
        farm.change(&change).map_err(|error| error.to_string())?;
    }
    for task in seen.facts.list(None, fact::OPEN_TASKS).unwrap_or_default() {
        let description = task.clone();
        let added =
            Change::CoStore(Product::TaskAdded { store: seen.group.clone(), state: TaskState::Running, description });
        farm.change(&added).map_err(|error| error.to_string())?;
    }
    Ok(farm)
}

fn disks_are(store: &str, server: &ServerName, role: Option<RoleName>, value: &str) -> Vec<Change> {
    let (store, server) = (store.to_string(), server.to_string());
    let gone = |file: &str| {
        Change::CoStore(Product::FileMissing { store: store.clone(), server: server.clone(), file: file.into() })
    };
    match value {
        "awaiting" => vec![gone("Practice.vhd")],
        "divergent" => vec![Change::CoStore(Product::Corrupt { store, server, file: None, offset: None })],
        "invalid" if matches!(role, Some("slave" | "master")) => {
            vec![Change::CoStore(Product::Invalid { store, server, file: None })]
        }
        _ => Vec::new(),
    }
}

fn ticks_are(seen: &GroupSnapshot, server: &ServerName) -> Vec<Change> {
    let standing = &seen.servers[server];
    let leads = standing.role == Some("master");
    let both = |ticked| {
        [seen.group.clone(), format!("{}-Diff", seen.group)]
            .into_iter()
            .map(move |pvs_store| (pvs_store, ticked))
            .collect::<Vec<_>>()
    };
    let wanted = match (standing.mark("ticks"), leads) {
        (Some("own"), false) => both(true),
        (Some("others"), true) => both(false),
        (Some("missing"), true) => both(false)[1..].to_vec(),
        (Some("missing"), false) => both(true)[1..].to_vec(),
        _ => Vec::new(),
    };
    let change =
        |(pvs_store, ticked)| Change::CoStore(Product::Ticked { pvs_store, server: server.to_string(), ticked });
    wanted.into_iter().map(change).collect()
}

fn facts_are(seen: &GroupSnapshot, server: &ServerName) -> Vec<Change> {
    let mut changes = Vec::new();
    let name = server.to_string();
    if let Ok(count @ 1..) = seen.facts.count(Some(server), fact::TERMINALS) {
        changes.push(Change::CoStore(Product::Terminals { store: seen.group.clone(), server: name.clone(), count }));
    }
    if seen.facts.flag(Some(server), fact::UP) == Ok(false) {
        changes.push(match seen.facts.flag(Some(server), fact::SHARE) {
            // Its folder is still reached: only the Stream Service is stopped.
            Ok(true) => Change::CoStore(Product::StreamService { server: name, running: false }),
            _ => Change::Powered { server: name, on: false },
        });
    }
    changes
}

/// Every file of the group's servers with its digest, and how many files each `Invalid*` folder holds.
fn keeps(play: &mut Play, group: usize) -> Kept {
    let store = play.groups[group].plan.topology.group.clone();
    let servers: Vec<ServerName> = play.groups[group].plan.standings.keys().cloned().collect();
    let mut files = Kept::new();
    for server in servers {
        let all = Request::HashStore { on: server.clone(), store: store.clone(), afresh: true };
        if let Reply::Listing(listing) = play.look(&all) {
            let count: usize = listing.quarantines.iter().map(|one| one.backups.len() + one.others.len()).sum();
            for file in listing.files {
                if let Content::Read(print) = file.content {
                    files.insert((server.clone(), file.name), print.blake3.to_string());
                }
            }
            files.insert((server, "/".into()), format!("{count:09}"));
        }
    }
    files
}

/// No file is lost or overwritten; what lies in `Invalid*` folders stays in one.
fn losses(_: &Topology, before: &Kept, after: &Kept, _: &Request) -> Vec<String> {
    let mut lost = Vec::new();
    for ((server, name), was) in before {
        // A server that does not answer any more has not lost anything.
        let is_seen = after.contains_key(&(server.clone(), "/".into()));
        let is = after.get(&(server.clone(), name.clone()));
        let is_kept = match name.as_str() {
            "/" => is.is_none_or(|is| is >= was),
            _ => is == Some(was),
        };
        if is_seen && !is_kept {
            lost.push(format!("the file {name} of {server} was lost or overwritten"));
        }
    }
    lost
}

/// CO-Store's steps leave nothing behind.
fn leftovers(_: &FarmStatus, _: &str) -> Vec<String> {
    Vec::new()
}
