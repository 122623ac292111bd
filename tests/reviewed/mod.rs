//! Plans of all four systems as somebody reviews them: handovers and takeovers, servers that are lost or were installed
//! anew, minima, a waiver, and a guard that says no.

use jiff::Timestamp;
use rolewalk::model::fact::Value as Fact;
use rolewalk::model::plan::{GroupPlan, GroupVerdict};
use rolewalk::model::snapshot::{GroupSnapshot, Standing};
use rolewalk::model::table::Table;
use rolewalk::model::topology::{Topology, Waiver};
use rolewalk::plan::plan;
use rolewalk::system::co_store::guards::fact;
use rolewalk::system::{co_store, lifekeeper, sun_ray, wsmgr};

use crate::oracle::{self, World};

pub const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// A plan, with what it was made of.
pub struct Reviewed {
    pub name: &'static str,
    pub snapshot: GroupSnapshot,
    pub plan: GroupPlan,
}

/// The rows of a plan's steps, in their order.
type Rows = &'static [&'static str];

/// Plans one group, and demands that the plan has these steps.
fn reviewed(name: &'static str, topology: &Topology, snapshot: GroupSnapshot, rows: Rows) -> Reviewed {
    let plan = plan(topology, &snapshot, NOW);
    let found: Vec<&str> = plan.steps.iter().map(|step| step.transition.name).collect();
    assert_eq!(found, rows, "{name}: {:?}", plan.blocked_by);
    Reviewed { name, snapshot, plan }
}

/// Plans a group of which no more is known than where its servers stand.
fn bare(
    name: &'static str,
    table: &'static Table,
    servers: &[(Standing, &'static str)],
    rows: Rows,
    bind: impl Fn(&mut Topology),
) -> Reviewed {
    let (world, roles): (World, Vec<&'static str>) = servers.iter().cloned().unzip();
    let mut topology = oracle::topology(table, &roles);
    bind(&mut topology);
    reviewed(name, &topology, oracle::snapshot(table, &world), rows)
}

/// All of them.
pub fn plans() -> Vec<Reviewed> {
    let plans = [co_store_plans(), sun_ray_plans(), lifekeeper_plans(), wsmgr_plans()];
    let plans: Vec<Reviewed> = plans.into_iter().flatten().collect();
    let is_ready = |one: &&Reviewed| one.plan.verdict == GroupVerdict::Ready;
    assert_eq!((plans.len(), plans.iter().filter(is_ready).count()), (14, 13));
    plans
}

fn disks(role: &'static str, disks: &'static str) -> Standing {
    Standing::of(role).with("disks", disks).with("ticks", "others")
}

fn master(ticks: &'static str) -> Standing {
    Standing::of("master").with("disks", "complete").with("ticks", ticks)
}

fn co_store_plans() -> Vec<Reviewed> {
    let table = &co_store::table::TABLE;
    let complete = disks("slave", "complete");
    vec![
        seen("a handover with a wait", true, None, GroupVerdict::Ready),
        seen("a waived guard", false, Some("share_present"), GroupVerdict::Ready),
        seen("a guard that says no", false, None, GroupVerdict::Blocked),
        bare(
            "a handover that is finished",
            table,
            &[(master("missing"), "master"), (complete.clone(), "slave")],
            &["handover"],
            |_| {},
        ),
        bare(
            "files that are quarantined",
            table,
            &[(master("own"), "master"), (disks("slave", "invalid"), "slave"), (complete.clone(), "slave")],
            &["quarantine"],
            |topology| {
                topology.keep_master_files = true;
                topology.keep.push(("slave", 1));
            },
        ),
        bare(
            "a lost server leaves",
            table,
            &[(master("own"), "master"), (complete, "unregistered"), (disks("additional", "leftover"), "slave")],
            &["add-storage", "remove-storage", "unregister"],
            |topology| topology.servers[1].lost = true,
        ),
    ]
}

/// A plan with a handover, steps up and down, known and unknown facts, where shares are there or not.
fn seen(name: &'static str, share: bool, waived: Option<&'static str>, verdict: GroupVerdict) -> Reviewed {
    let table = &co_store::table::TABLE;
    let world =
        vec![master("own"), disks("slave", "complete"), disks("additional", "none"), disks("slave", "awaiting")];
    let mut snapshot = oracle::snapshot(table, &world);
    for index in 0..4 {
        let server = oracle::name(index);
        let mut know = |name, value| snapshot.facts.know(Some(&server), name, value, "test", None);
        know(fact::TERMINALS, Fact::Count(0));
        know(fact::STORE_BYTES, Fact::Count(1 << 20));
        know(fact::FREE_BYTES, Fact::Count(1 << 30));
        know(fact::SHARE, Fact::Flag(share));
        know(fact::UP, Fact::Flag(true));
    }
    snapshot.facts.know(None, fact::OPEN_TASKS, Fact::List(Vec::new()), "test", None);
    snapshot.facts.miss(None, fact::ANSWERING, "PVS was not asked");
    let mut topology = oracle::topology(table, &["additional", "master", "slave", "slave"]);
    topology.keep.push(("slave", 1));
    topology.waivers.extend(waived.map(|guard| Waiver {
        guard,
        server: None,
        owner: "Suzuki".into(),
        reason: "CHG-1".into(),
        until: jiff::civil::date(2999, 12, 31),
    }));
    let rows = &["add-storage", "await-replication", "handover", "remove-storage"];
    let reviewed = reviewed(name, &topology, snapshot, rows);
    assert_eq!(reviewed.plan.verdict, verdict, "{name}: {:?}", reviewed.plan.blocked_by);
    reviewed
}

fn sun_ray_plans() -> Vec<Reviewed> {
    let table = &sun_ray::table::TABLE;
    let one = |role, follow| {
        let usual = Standing::of(role).with("follow", follow).with("software", "installed");
        usual.with("store", "filled").with("dump", "none")
    };
    let anew = one("standalone", "none").with("software", "missing").with("store", "empty");
    vec![
        bare(
            "a handover of the primary",
            table,
            &[
                (one("primary", "none"), "secondary"),
                (one("secondary", "current"), "primary"),
                (one("standalone", "none"), "secondary"),
            ],
            &["follow", "step-down", "leave", "promote", "follow", "follow"],
            |topology| topology.keep.push(("replicating", 1)),
        ),
        bare(
            "a lost primary is replaced",
            table,
            &[
                (one("primary", "none"), "standalone"),
                (one("secondary", "current"), "primary"),
                (one("secondary", "current"), "secondary"),
            ],
            &["leave", "take-over", "follow"],
            |topology| topology.servers[0].lost = true,
        ),
        bare(
            "a primary that was installed anew gets its data back",
            table,
            &[(anew, "primary"), (one("secondary", "stale"), "secondary"), (one("standalone", "listed"), "standalone")],
            &["install", "rebuild", "remove-dump"],
            |topology| topology.servers[0].reinstalled = Some(jiff::civil::date(2026, 11, 20)),
        ),
    ]
}

fn lifekeeper_plans() -> Vec<Reviewed> {
    let table = &lifekeeper::table::TABLE;
    let one = |role, record, mirror| Standing::of(role).with("record", record).with("mirror", mirror);
    let (active, standby) = (one("active", "current", "mirroring"), one("standby", "current", "mirroring"));
    vec![
        bare(
            "a server that was installed anew is built up again",
            table,
            &[
                (active.clone(), "active"),
                (one("standby", "stale", "leftover"), "member"),
                (one("member", "partly", "none"), "standby"),
            ],
            &["extend", "purge", "mirror", "remove-system", "register"],
            |topology| topology.servers[1].reinstalled = Some(jiff::civil::date(2026, 11, 20)),
        ),
        bare(
            "a standby takes over from a lost server",
            table,
            &[(active.clone(), "standby"), (standby.clone(), "active"), (standby.clone(), "standby")],
            &["fail-over"],
            |topology| {
                topology.servers[0].lost = true;
                topology.keep.push(("extended", 2));
            },
        ),
        bare(
            "all resources are removed",
            table,
            &[(active, "member"), (standby, "unregistered"), (one("member", "current", "none"), "member")],
            &["remove-resources", "remove-resources", "unregister"],
            |_| {},
        ),
    ]
}

fn wsmgr_plans() -> Vec<Reviewed> {
    let table = &wsmgr::table::TABLE;
    let one = |role, pool, own| Standing::of(role).with("pool", pool).with("sync", "complete").with("own", own);
    vec![
        bare(
            "a handover of the manager",
            table,
            &[
                (one("manager", "in", "joined"), "member"),
                (one("member", "in", "joined"), "manager"),
                (one("member", "in", "joined"), "member"),
            ],
            &["drain", "handover", "enable", "await-sync", "return"],
            |topology| {
                topology.keep.push(("serving", 1));
                topology.disrupt_at_most = Some(1);
            },
        ),
        bare(
            "a lost manager is replaced",
            table,
            &[
                (one("manager", "down", "joined"), "unregistered"),
                (one("member", "in", "joined"), "manager"),
                (one("member", "out", "joined"), "member"),
            ],
            &["drain", "isolate", "take-over", "await-sync", "return"],
            |topology| topology.servers[0].lost = true,
        ),
    ]
}
