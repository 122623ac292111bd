//! Whatever the planner says of a small store can be written, read back as the same plan, and told in forty
//! columns: all pairs of observed standings of two servers and declared roles.

use rolewalk::format::plan as file;
use rolewalk::model::name::ServerName;
use rolewalk::model::plan::Plan;
use rolewalk::model::snapshot::{GroupSnapshot, Standing, Standings};
use rolewalk::model::topology::{Declared, Source, Topology};
use rolewalk::model::words::Language;
use rolewalk::report::{Look, text};
use rolewalk::system::co_store::table::TABLE;

const ROLES: [Option<&str>; 5] = [None, Some("unregistered"), Some("additional"), Some("slave"), Some("master")];
const DISKS: [Option<&str>; 3] = [None, Some("complete"), Some("invalid")];
const TICKS: [Option<&str>; 2] = [None, Some("others")];

fn standings() -> Vec<Standing> {
    let mut all = Vec::new();
    for role in ROLES {
        for disks in DISKS {
            for ticks in TICKS {
                let mut standing = Standing { role, ..Default::default() };
                standing.marks.extend(disks.map(|value| ("disks", value)));
                standing.marks.extend(ticks.map(|value| ("ticks", value)));
                all.push(standing);
            }
        }
    }
    all
}

fn topology(roles: [&'static str; 2]) -> Topology {
    let servers = roles.into_iter().enumerate().map(|(index, role)| Declared {
        server: ServerName::new(&format!("PVS{index}")).unwrap(),
        role,
        because: None,
        lost: false,
        reinstalled: None,
        line: 5 + index,
    });
    Topology {
        group: "Store".into(),
        table: &TABLE,
        connection: None,
        servers: servers.collect(),
        keep: Vec::new(),
        keep_master_files: true,
        waivers: Vec::new(),
        maintenance: Vec::new(),
        settling: None,
        disrupt_at_most: None,
        source: Source { file: "store.yaml".into(), line: 1, ..Source::default() },
    }
}

#[test]
fn whatever_is_planned_is_read_back_as_the_same_plan_and_the_same_bytes() {
    let now = "2026-11-20T09:30:00Z".parse().unwrap();
    let look = |language| Look { language, width: 40, colour: false };
    let mut cases = 0;
    for roles in [["master", "slave"], ["master", "unregistered"], ["slave", "master"], ["additional", "master"]] {
        let topology = topology(roles);
        for first in standings() {
            for second in standings() {
                let names = topology.servers.iter().map(|one| one.server.clone());
                let servers: Standings = names.zip([first.clone(), second]).collect();
                let snapshot = GroupSnapshot {
                    group: "Store".into(),
                    system: "co-store".into(),
                    servers,
                    facts: Default::default(),
                };
                let plan = Plan { groups: vec![rolewalk::plan::plan(&topology, &snapshot, now)] };
                let (written, id) = file::write(&plan);
                let (again, same) = file::read("plan.json", written.as_bytes(), &[&TABLE]).unwrap();
                assert_eq!((&again, &same), (&plan, &id));
                assert_eq!(file::write(&again).0, written);
                for language in [Language::English, Language::Japanese] {
                    let said = text::plan(&plan, None, None, &look(language));
                    let widest = said.lines().map(unicode_width::UnicodeWidthStr::width).max();
                    assert!(widest.unwrap_or_default() <= 40, "{said}");
                }
                cases += 1;
            }
        }
    }
    assert_eq!(cases, 4 * 30 * 30);
}
