//! What is not answered is unknown, never absent: every read of a full observation fails in turn, in every way.

mod farm;

use std::fs;
use std::path::Path;

use farm::{declared, server};
use proptest::prelude::*;
use rolewalk::model::disks::inventory::Says;
use rolewalk::model::disks::listing::{Content, FileSeen, Listing, Quarantine};
use rolewalk::model::disks::manifest::Fingerprint;
use rolewalk::model::fact::Fact;
use rolewalk::model::plan::GroupVerdict;
use rolewalk::model::request::{Reply, Request};
use rolewalk::model::site::Site;
use rolewalk::model::snapshot::GroupSnapshot;
use rolewalk::plan::plan;
use rolewalk::system::Answers;
use rolewalk::system::co_store::guards::fact;
use rolewalk::system::co_store::{SYSTEM, inventory, paths};
use rolewalk::world::hosts::powershell;
use rolewalk::world::practice::{Change, PracticeWorld, co_store, farm_file};
use rolewalk::world::{Answering, Stage, World};

const SERVERS: &str = "PVS1: master, PVS2: slave, PVS3: unregistered, PVS4: additional, PVS5: slave";

/// Observes with other answers than the farm's to some requests.
fn observe(
    world: &PracticeWorld,
    site: &Site,
    instead: &dyn Fn(&Request) -> Option<Reply>,
) -> (GroupSnapshot, Answers) {
    let mut answers = Answers::default();
    for _ in 0..50 {
        let requests = (SYSTEM.asks)(site, &answers);
        if requests.is_empty() {
            return ((SYSTEM.reads)(site, &answers), answers);
        }
        let reply = |request: Request| {
            let reply = instead(&request).unwrap_or_else(|| world.perform(&request));
            (request, reply)
        };
        answers.extend(requests.into_iter().map(reply));
    }
    panic!("it asks for ever");
}

/// The ways in which a read fails.
fn failures() -> Vec<Reply> {
    let json = ["", "not json", "{", "{}", "null", "[{}]", "[null]", "\"\"", "-1", "1.5", "[[]]"];
    let codes = [Some(97), Some(191), Some(192), Some(23), Some(13), None];
    let mut all = vec![
        Reply::Unknown { why: "nobody answered".into() },
        Reply::Refused { why: "access is denied".into() },
        Reply::Renamed,
        Reply::Rows(vec![vec![]]),
        Reply::Rows(vec![vec![None, None]]),
        Reply::Rows(vec![vec![Some("not a name!".into()), Some("not a name!".into())]]),
    ];
    all.extend(json.map(|text| Reply::Json(text.into())));
    all.extend(codes.map(|code| Reply::CmdletFailed { code, message: "it failed".into() }));
    all
}

/// Whether a reply is a good answer of another content, and not a failure, for that request.
fn is_answer(request: &Request, reply: &Reply) -> bool {
    match (request, reply) {
        // A row of the tasks' query may hold anything: that there is one is what is told.
        (Request::Query(statement), Reply::Rows(_)) => statement.text.contains("task"),
        _ => false,
    }
}

/// Says what a snapshot claims to know that the good one knows otherwise, or what is gone from it.
fn wrong(good: &GroupSnapshot, bad: &GroupSnapshot, refused: Option<&str>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, standing) in &good.servers {
        let Some(now) = bad.servers.get(name) else {
            wrong.push(format!("{name} is gone"));
            continue;
        };
        if now.role.is_some() && now.role != standing.role {
            wrong.push(format!("{name} is {:?} and not {:?}", now.role, standing.role));
        }
        for (mark, value) in &now.marks {
            let is_exempt = refused == Some(name.as_str()) && *mark == "disks" && *value == "none";
            if standing.mark(mark) != Some(*value) && !is_exempt {
                wrong.push(format!("{mark} of {name} are {value} and not {:?}", standing.mark(mark)));
            }
        }
    }
    for (key, fact) in &bad.facts.0 {
        let Fact::Known { value, .. } = fact else { continue };
        let is_exempt = key.server.as_ref().is_some_and(|one| refused == Some(one.as_str()))
            && [fact::SHARE, fact::INVALID_FILES, fact::STORE_BYTES].contains(&key.name.as_str());
        match good.facts.0.get(key) {
            Some(Fact::Known { value: before, .. }) if before == value => {}
            _ if is_exempt => {}
            other => wrong.push(format!("{key:?} is {value:?} and not {other:?}")),
        }
    }
    wrong
}

// CS-03, CS-12: every failing read leaves something unknown, and nothing else changes.
#[test]
fn a_read_that_fails_makes_nothing_absent() {
    let world = farm::farm(SERVERS);
    // PVS5 is not declared: it must not be forgotten either.
    let site = farm::site(&declared("PVS1: master, PVS2: slave, PVS3: unregistered, PVS4: additional", ""));
    let (good, answers) = observe(&world, &site, &|_| None);
    assert_eq!(good.servers.len(), 5);
    let (mut cases, mut found) = (0, Vec::new());
    for (request, _) in answers.in_order() {
        for failure in failures().iter().filter(|reply| !is_answer(request, reply)) {
            let (bad, _) = observe(&world, &site, &|asked| (asked == request).then(|| failure.clone()));
            let refused = match (request, failure) {
                (Request::ListStore { on, .. }, Reply::Refused { .. }) => Some(on.as_str()),
                _ => None,
            };
            found.extend(wrong(&good, &bad, refused).into_iter().map(|what| format!("{request}: {failure:?}: {what}")));
            cases += 1;
        }
    }
    assert!(found.is_empty(), "{} of {cases}:\n{}", found.len(), found.join("\n"));
    assert_eq!(cases, CASES);
}

/// Every request of the observation with every failure, but for the rows that are an answer of the tasks' query.
const CASES: usize = 871;

// CS-10: unknown ticks are not taken to be as they should be.
#[test]
fn ticks_that_could_not_be_read_are_not_taken_to_be_right() {
    let world = farm::farm("PVS1: master, PVS2: slave");
    let topology = declared("PVS1: master, PVS2: slave", "");
    let is_tick = |request: &Request| matches!(request, Request::Cmdlet { name: "Get-PvsServer", parameters, .. } if !parameters.is_empty());
    let lost = || Reply::Unknown { why: "nobody answered".into() };
    let (seen, _) = observe(&world, &farm::site(&topology), &|request| is_tick(request).then(lost));
    assert_eq!(plan(&topology, &seen, jiff::Timestamp::UNIX_EPOCH).verdict, GroupVerdict::Undetermined);
}

// CS-07: a master's folder that can't be found is no store of no bytes.
#[test]
fn a_masters_missing_folder_is_no_empty_store() {
    let world = farm::farm("PVS1: master, PVS2: slave");
    let topology = declared("PVS1: master, PVS2: slave", "");
    let refused = || Reply::Refused { why: "there is no such folder".into() };
    let (seen, _) = observe(&world, &farm::site(&topology), &|request| {
        matches!(request, Request::ListStore { on, .. } if *on == server("PVS1")).then(refused)
    });
    assert!(seen.facts.count(Some(&server("PVS1")), fact::STORE_BYTES).is_err());
    assert_eq!(seen.servers[&server("PVS1")].mark("disks"), None);
}

// CS-07, CS-10: PVS and the database may compare names letter by letter.
#[test]
fn a_server_is_named_to_the_products_as_they_spell_it() {
    let world = farm::farm("PVS1: master, PVS2: slave, PVS3: additional");
    let acts = |servers: &str| {
        let topology = declared(servers, "");
        let site = farm::site(&topology);
        let row = || Reply::Rows(vec![vec![Some("Store".into()), Some("pVS1".into())]]);
        let is_row =
            |request: &Request| matches!(request, Request::Query(one) if one.text.contains("master_pvs_server"));
        let (seen, _) = observe(&world, &site, &|request| is_row(request).then(row));
        let plan = plan(&topology, &seen, jiff::Timestamp::UNIX_EPOCH);
        (SYSTEM.acts)(&site, &plan.steps[0], &seen)
    };
    let handover = acts("pvs1: slave, pvs2: master, pvs3: additional");
    let Request::Change { change, .. } = &handover[0] else { panic!("{handover:?}") };
    assert_eq!(change.parameters, ["PVS2", "Store", "pVS1"], "the row is compared with its own text");
    let named = |request: &Request| match request {
        Request::Cmdlet { parameters, .. } => parameters[0].1.clone(),
        other => panic!("{other}"),
    };
    assert_eq!(handover[1..].iter().map(named).collect::<Vec<_>>(), ["PVS2", "PVS2", "PVS1", "PVS1"]);
    let added = acts("pvs1: master, pvs2: slave, pvs3: slave");
    let Request::Command { arguments, .. } = &added[0] else { panic!("{added:?}") };
    assert_eq!(arguments.last().map(String::as_str), Some("--server=PVS3"));
}

#[test]
fn pvs_is_looked_for_through_the_master_alone_and_then_through_all_others_at_once() {
    let world = farm::farm(SERVERS);
    let site = farm::site(&declared(SERVERS, ""));
    let through = |request: &Request| match request {
        Request::Cmdlet { on, name: "Get-PvsServer", parameters } if parameters.is_empty() => Some(on.to_string()),
        _ => None,
    };
    let mut answers = Answers::default();
    let mut rounds: Vec<Vec<String>> = Vec::new();
    while rounds.len() < 2 {
        let requests = (SYSTEM.asks)(&site, &answers);
        let asked: Vec<String> = requests.iter().filter_map(through).collect();
        rounds.extend((!asked.is_empty()).then_some(asked));
        let dead = |request: &Request| through(request).map(|_| Reply::Unknown { why: "nobody answered".into() });
        let reply = |request: Request| (request.clone(), dead(&request).unwrap_or_else(|| world.perform(&request)));
        answers.extend(requests.into_iter().map(reply));
    }
    assert_eq!(rounds[0], ["PVS1"]);
    assert_eq!(rounds[1].len(), 4, "{rounds:?}");
}

// CS-10
#[test]
fn servers_whose_path_is_invalid_are_asked_for_where_ticks_are() {
    let world = farm::farm(SERVERS);
    let (_, answers) = observe(&world, &farm::site(&declared(SERVERS, "")), &|_| None);
    let of_stores: Vec<_> = answers
        .in_order()
        .into_iter()
        .filter_map(|(request, _)| match request {
            Request::Cmdlet { name: "Get-PvsServer", parameters, .. } if !parameters.is_empty() => Some(parameters),
            _ => None,
        })
        .collect();
    let all = of_stores.iter().filter(|parameters| parameters.contains(&("All", "true".to_string()))).count();
    assert_eq!((of_stores.len(), all), (4, 2), "{of_stores:?}");
}

// CS-10
#[test]
fn a_master_whose_path_is_invalid_does_not_own_the_store_and_is_ticked_again() {
    let world = farm::farm("PVS1: master, PVS2: slave");
    let topology = declared("PVS1: master, PVS2: slave", "");
    let site = farm::site(&topology);
    // PVS knows the tick and not the path, so that it lists nobody without `-All`.
    let is_serving = |request: &Request| match request {
        Request::Cmdlet { name: "Get-PvsServer", parameters, .. } => {
            parameters.iter().any(|(name, _)| *name == "StoreName") && parameters.iter().all(|(name, _)| *name != "All")
        }
        _ => false,
    };
    let nobody = |request: &Request| is_serving(request).then(|| Reply::Json("[]".into()));
    let (seen, _) = observe(&world, &site, &nobody);
    assert_eq!(seen.servers[&server("PVS1")].mark("ticks"), Some("missing"));
    let plan = plan(&topology, &seen, jiff::Timestamp::UNIX_EPOCH);
    let acts = (SYSTEM.acts)(&site, &plan.steps[0], &seen);
    let sent: Vec<&str> = acts
        .iter()
        .filter_map(|request| match request {
            Request::Cmdlet { name, .. } => Some(*name),
            _ => None,
        })
        .collect();
    assert_eq!(sent, ["Set-PvsServerStore", "Set-PvsServerStore"]);
}

// CS-10: a tick that is as it should be is not set again.
#[test]
fn a_handover_sends_only_the_ticks_that_the_look_does_not_show() {
    let world = farm::farm("PVS1: master, PVS2: slave");
    let topology = declared("PVS1: slave, PVS2: master", "");
    let site = farm::site(&topology);
    let tick = |name, parameter, server: &str, store: &str| Request::Cmdlet {
        on: farm::server("PVS1"),
        name,
        parameters: vec![(parameter, server.to_string()), ("StoreName", store.to_string())],
    };
    world.perform(&tick("Set-PvsServerStore", "ServerName", "PVS2", "Store"));
    world.perform(&tick("Remove-PvsServerStore", "Name", "PVS1", "Store-Diff"));
    let (seen, _) = observe(&world, &site, &|_| None);
    let plan = plan(&topology, &seen, jiff::Timestamp::UNIX_EPOCH);
    let acts = (SYSTEM.acts)(&site, &plan.steps[0], &seen);
    let sent: Vec<String> = acts
        .iter()
        .filter_map(|request| match request {
            Request::Cmdlet { name, parameters, .. } => Some(format!("{name} {} {}", parameters[0].1, parameters[1].1)),
            _ => None,
        })
        .collect();
    assert_eq!(sent, ["Set-PvsServerStore PVS2 Store-Diff", "Remove-PvsServerStore PVS1 Store"]);
}

// CS-03: which of two columns is the server is not guessed.
#[test]
fn a_query_for_storages_with_another_number_of_columns_is_unknown() {
    let world = farm::farm("PVS1: master, PVS2: slave");
    let site = farm::site(&declared("PVS1: master, PVS2: slave", ""));
    let is_storages = |request: &Request| matches!(request, Request::Query(one) if one.text.contains("SELECT server"));
    let row = || Reply::Rows(vec![vec![Some("Store".into()), Some("PVS2".into())]]);
    let (seen, _) = observe(&world, &site, &|request| is_storages(request).then(row));
    assert_eq!(seen.servers.len(), 2, "no server is named after the first column");
    let Fact::Unknown { why } = seen.facts.get(Some(&server("PVS2")), "role").unwrap() else { panic!("{seen:?}") };
    assert!(why.contains("2 columns"), "{why}");
}

// CS-07, CS-09: another server's leftovers make no room for the store.
#[test]
fn what_a_server_holds_of_the_store_is_counted_by_the_masters_names() {
    let world = farm::farm("PVS1: master, PVS2: slave");
    let site = farm::site(&declared("PVS1: master, PVS2: slave", ""));
    let file = |name: &str, bytes| FileSeen {
        name: name.into(),
        bytes,
        modified: jiff::Timestamp::UNIX_EPOCH,
        content: Content::Unread,
    };
    let listing = |on: &str| match on {
        "PVS1" => vec![file("Hoge.vhd", 50), file("Hoge.1.avhd", 10)],
        _ => vec![file("hoge.VHD", 30), file("Hoge.1.avhd", 90), file("Old.vhd", 60)],
    };
    let (seen, _) = observe(&world, &site, &|request| match request {
        Request::ListStore { on, .. } => {
            Some(Reply::Listing(Listing { files: listing(on.as_str()), ..Listing::default() }))
        }
        _ => None,
    });
    let count = |of: &str, name: &str| seen.facts.count(Some(&server(of)), name).unwrap();
    assert_eq!((count("PVS2", fact::STORE_BYTES), count("PVS2", fact::HELD_BYTES)), (180, 40));
    assert_eq!(count("PVS1", fact::HELD_BYTES), 60);
}

/// A farm on which terminals start while files are read.
struct Busy(PracticeWorld);

impl Stage for Busy {
    fn perform<'a>(&'a self, request: &'a Request) -> Answering<'a> {
        if matches!(request, Request::HashStore { .. }) {
            let (store, server) = ("Store".into(), "PVS1".into());
            let change = Change::CoStore(co_store::Change::Terminals { store, server, count: 3 });
            self.0.change(&change).expect("a server of the farm");
        }
        Box::pin(std::future::ready(self.0.perform(request)))
    }
}

// CS-07, CS-09, CS-12: reading files may take hours, and terminals start meanwhile.
#[test]
fn what_guards_read_is_asked_after_the_files_were_read() {
    let world = World::Staged(Box::new(Busy(farm::farm("PVS1: master, PVS2: slave"))));
    let site = farm::site(&declared("PVS1: master, PVS2: slave", ""));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let answers = runtime.block_on(rolewalk::run::observe::answers(&SYSTEM, &site, &world));
    let seen = (SYSTEM.reads)(&site, &answers);
    assert_eq!(seen.facts.count(Some(&server("PVS1")), fact::TERMINALS), Ok(3));
    let at = |is: &dyn Fn(&Request) -> bool| answers.in_order().into_iter().position(|(request, _)| is(request));
    let row = |request: &Request| matches!(request, Request::Query(_));
    assert!(at(&row) > at(&|request| matches!(request, Request::HashStore { .. })), "the database is asked again");
}

// DV-01, CS-10: a fingerprint from before a file was written says nothing of the file that is there.
#[test]
fn a_file_that_was_written_after_it_was_read_is_unknown_and_one_that_came_too() {
    let world = farm::farm("PVS1: master, PVS2: slave");
    let site = farm::site(&declared("PVS1: master, PVS2: slave", ""));
    let seen = |change: &dyn Fn(&mut Listing)| {
        let listed = |request: &Request| match (request, world.perform(request)) {
            (Request::ListStore { on, .. }, Reply::Listing(mut listing)) if on.as_str() == "PVS1" => {
                change(&mut listing);
                Some(Reply::Listing(listing))
            }
            _ => None,
        };
        let seen = observe(&world, &site, &listed).0;
        (seen.servers[&server("PVS1")].mark("disks"), seen.servers[&server("PVS2")].mark("disks"), seen)
    };
    let (master, slave, _) = seen(&|_| {});
    assert_eq!((master, slave), (Some("complete"), Some("complete")));
    let written = |listing: &mut Listing| listing.files[0].modified += jiff::SignedDuration::from_secs(60);
    let came = |listing: &mut Listing| {
        let newest = FileSeen { name: "Hoge.9.avhd".into(), ..listing.files[0].clone() };
        listing.files.push(newest);
    };
    for (change, why) in [(&written as &dyn Fn(&mut Listing), "written after it was read"), (&came, "it came after")] {
        let (master, slave, seen) = seen(change);
        assert_eq!(master, None, "{why}");
        assert_ne!(slave, Some("complete"), "{why}");
        let fact = seen.facts.get(Some(&server("PVS1")), "disks");
        assert!(matches!(fact, Some(Fact::Unknown { why: said }) if said.contains(why)), "{fact:?}");
    }
    let gone = |listing: &mut Listing| drop(listing.files.remove(0));
    assert_ne!(seen(&gone).1, Some("complete"), "the slave has a file more");
}

/// One fixture: which request it answers, what is to be read from it, and its text.
fn fixture(path: &Path) -> (String, String, String) {
    let text = fs::read_to_string(path).unwrap().replace("\r\n", "\n");
    let mut lines = text.lines();
    let mut head = |start: &str| {
        let line = lines.next().and_then(|line| line.strip_prefix(start));
        line.unwrap_or_else(|| panic!("{} has no line `{start}`", path.display())).to_string()
    };
    assert!(!head("# form: ").is_empty());
    let (of, read) = (head("# of: "), head("# read: "));
    (of, read, lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn every_form_of_a_reply_is_read_as_its_fixture_says() {
    let world = farm::farm("PVS1: master, PVS2: slave");
    let site = farm::site(&declared("PVS1: master, PVS2: slave", ""));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/replies/co-store");
    let mut read = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let (of, want, text) = fixture(&path);
        // The farm's servers as seen through PVS, or the terminals of PVS2 counted three times alike.
        let (seen, answers) = observe(&world, &site, &|request| match request {
            Request::Cmdlet { name, parameters, .. }
                if *name == of && (of != "Get-PvsServer" || parameters.is_empty()) =>
            {
                Some(Reply::Json(text.clone()))
            }
            _ => None,
        });
        let have = match of.as_str() {
            "Get-PvsServer" => registered(&seen),
            "Get-PvsDiskInventory" => {
                let asks = inventory::asks(&site, &answers);
                let [Request::Cmdlet { parameters, .. }] = asks.as_slice() else { panic!("{asks:?}") };
                let text = text.replace("\"ID\"", &format!("\"{}\"", parameters[0].1.to_uppercase()));
                said_of(&site, answers, ["PVS1", "PVS2"], &|_| Some(Reply::Json(text.clone())))
            }
            _ => match seen.facts.count(Some(&server("PVS2")), fact::TERMINALS) {
                Ok(count) => (count / 3).to_string(),
                Err(_) => "unknown".into(),
            },
        };
        assert_eq!(have, want, "{}", path.display());
        read += 1;
    }
    assert_eq!(read, 30);
}

/// Has PVS tell its inventory, and says what it says of each of these servers.
fn said_of<const N: usize>(
    site: &Site,
    mut answers: Answers,
    servers: [&str; N],
    reply: &dyn Fn(&Request) -> Option<Reply>,
) -> String {
    let asks = inventory::asks(site, &answers);
    answers.extend(asks.into_iter().filter_map(|request| Some((request.clone(), reply(&request)?))));
    let inventory = inventory::reads(site, &answers);
    let said = servers.map(|name| {
        let says = match inventory.says(&server(name)) {
            Says::UpToDate => "up to date",
            Says::Behind => "behind",
            Says::Unknown => "unknown",
            Says::NotListed => "not listed",
        };
        format!("{name} {says}")
    });
    said.join(", ")
}

// DV-01: an inventory that fails in whatever way is unknown: no server is up to date by it, and none is behind or absent.
#[test]
fn an_inventory_that_fails_is_unknown_of_every_server() {
    let world = farm::farm("PVS1: master, PVS2: slave");
    let site = farm::site(&declared("PVS1: master, PVS2: slave", ""));
    let (_, answers) = observe(&world, &site, &|_| None);
    let good = said_of(&site, answers.clone(), ["PVS1", "PVS2"], &|request| Some(world.perform(request)));
    assert_eq!(good, "PVS1 up to date, PVS2 not listed", "only the master is ticked");
    let mut failed = failures();
    failed.extend([36, 119, 190, 195].map(|code| Reply::CmdletFailed { code: Some(code), message: "x".into() }));
    for failure in failed {
        let said = said_of(&site, answers.clone(), ["PVS1", "PVS2"], &|_| Some(failure.clone()));
        assert_eq!(said, "PVS1 unknown, PVS2 unknown", "{failure:?}");
    }
    let said = said_of(&site, answers, ["PVS1", "PVS2"], &|_| None);
    assert_eq!(said, "PVS1 unknown, PVS2 unknown", "it was not answered at all");
    let said = said_of(&site, Answers::default(), ["PVS1"], &|request| Some(world.perform(request)));
    assert_eq!(said, "PVS1 unknown", "PVS was not found");
}

// DV-01: what PVS's inventory says is for people. Whatever it says, an observation doesn't hear it.
#[test]
fn no_observation_asks_for_the_inventory_and_none_reads_it() {
    let world = farm::farm("PVS1: master, PVS2: slave");
    let topology = declared("PVS1: slave, PVS2: master", "");
    let site = farm::site(&topology);
    world.change(corrupt("PVS2")).unwrap();
    world.change(ticked("PVS2")).unwrap();
    let (seen, mut answers) = observe(&world, &site, &|_| None);
    let is_inventory = |request: &Request| matches!(request, Request::Cmdlet { name: "Get-PvsDiskInventory", .. });
    assert!(!answers.in_order().into_iter().any(|(request, _)| is_inventory(request)));
    for request in inventory::asks(&site, &answers) {
        answers.extend([(request.clone(), world.perform(&request))]);
    }
    let says = inventory::reads(&site, &answers).says(&server("PVS2"));
    assert_eq!(says, Says::UpToDate, "PVS sees the times alone, which a damaged disk did not change");
    assert_eq!((SYSTEM.reads)(&site, &answers), seen);
    assert_eq!(seen.servers[&server("PVS2")].mark("disks"), Some("divergent"));
    assert_eq!(plan(&topology, &seen, jiff::Timestamp::UNIX_EPOCH).verdict, GroupVerdict::Blocked);
}

fn corrupt(of: &str) -> Change {
    let (store, server) = ("Store".into(), of.into());
    Change::CoStore(co_store::Change::Corrupt { store, server, file: None, offset: None })
}

fn ticked(of: &str) -> Change {
    Change::CoStore(co_store::Change::Ticked { pvs_store: "Store".into(), server: of.into(), ticked: true })
}

// DV-01: a version that is being written is on the master alone by rule, and nobody is behind because of it.
#[test]
fn the_inventory_of_a_version_in_maintenance_is_left_out() {
    let world = farm::farm("PVS1: master, PVS2: slave");
    let site = farm::site(&declared("PVS1: master, PVS2: slave", ""));
    world.change(ticked("PVS2")).unwrap();
    world.change(Change::CoStore(co_store::Change::Writing { store: "Store".into(), disk: None })).unwrap();
    let (_, answers) = observe(&world, &site, &|_| None);
    let told = |request: &Request| Some(world.perform(request));
    assert_eq!(said_of(&site, answers.clone(), ["PVS1", "PVS2"], &told), "PVS1 up to date, PVS2 up to date");
    world
        .change(Change::CoStore(co_store::Change::FileMissing {
            store: "Store".into(),
            server: "PVS2".into(),
            file: "Hoge.vhd".into(),
        }))
        .unwrap();
    assert_eq!(said_of(&site, answers.clone(), ["PVS1", "PVS2"], &told), "PVS1 up to date, PVS2 behind");
    world.change(Change::Answers { server: "PVS2".into(), answers: false }).unwrap();
    assert_eq!(said_of(&site, answers, ["PVS1", "PVS2"], &told), "PVS1 up to date, PVS2 unknown");
}

// DV-01: many vDisks are asked for in few questions, each short enough for Windows' shell.
#[test]
fn sixteen_vdisks_are_one_question() {
    let names: Vec<String> = (0..40).map(|number| format!("Disk{number}: 0")).collect();
    let text = format!(
        "version: 1\nco-store:\n  Store:\n    servers: {{ PVS1: master }}\n    disks: {{ {} }}\n",
        names.join(", ")
    );
    let world = PracticeWorld::in_memory(&farm_file::parse(&text).unwrap()).unwrap();
    let site = farm::site(&declared("PVS1: master", ""));
    let (_, mut answers) = observe(&world, &site, &|_| None);
    let asks = inventory::asks(&site, &answers);
    assert_eq!(asks.len(), 3);
    for request in asks {
        let Request::Cmdlet { name, parameters, .. } = &request else { panic!() };
        let ids: Vec<&str> = parameters[0].1.split(',').collect();
        let fields = ["DiskLocatorId", "Version", "ServerName", "FilePath", "State"];
        let parameter = serde_json::json!({ "n": "DiskLocatorId", "v": ids });
        let data = serde_json::json!({ "name": name, "parameters": [parameter], "fields": fields });
        assert!(powershell::order(powershell::CMDLET, &data).is_ok(), "{}", ids.len());
        answers.extend([(request.clone(), world.perform(&request))]);
    }
    let inventory = inventory::reads(&site, &answers);
    assert_eq!((inventory.records.len(), inventory.unknown.len()), (40, 0));
}

/// What a check asks about folders, with the farm's answers but where others are given.
fn folders(
    world: &PracticeWorld,
    site: &Site,
    instead: &dyn Fn(&Request) -> Option<Reply>,
) -> (Vec<String>, Result<paths::Folders, String>) {
    let mut answers = Answers::default();
    loop {
        let asks = paths::asks(site, &answers);
        if asks.is_empty() {
            let asked = answers.in_order().into_iter().map(|(request, _)| request.to_string()).collect();
            return (asked, paths::reads(site, &answers, "Store"));
        }
        let reply = |request: Request| (request.clone(), instead(&request).unwrap_or_else(|| world.perform(&request)));
        answers.extend(asks.into_iter().map(reply));
    }
}

// CS-10
#[test]
fn the_folder_by_which_pvs_reaches_a_store_is_the_servers_own_or_the_stores() {
    let world = farm::farm("PVS1: master, PVS2: slave");
    let site = farm::site(&declared("PVS1: master, PVS2: slave", ""));
    let own = r#"[{"StoreName":"Store","ServerName":"PVS1","Path":"F:\\vDisk"},{"StoreName":"Store-Diff","ServerName":"PVS1","Path":"x"},
        {"StoreName":"STORE","ServerName":"PVS2","Path":""}]"#;
    let usual = r#"[{"StoreName":"Store","Path":"E:\\vDisk"}]"#;
    let told = |of: &'static str, text: &'static str| {
        move |request: &Request| match request {
            Request::Cmdlet { name, .. } if *name == of => Some(Reply::Json(text.into())),
            _ => None,
        }
    };
    let both =
        |request: &Request| told("Get-PvsServerStore", own)(request).or_else(|| told("Get-PvsStore", usual)(request));
    let (asked, found) = folders(&world, &site, &both);
    assert_eq!(asked.len(), 4, "one question for all servers: {asked:?}");
    assert!(asked.contains(&"on PVS1: Get-PvsServerStore -ServerName PVS1,PVS2".to_string()), "{asked:?}");
    let path = |path: &str| Ok(path.to_string());
    let want = [(server("PVS1"), path(r"F:\vDisk")), (server("PVS2"), path(r"E:\vDisk"))];
    assert_eq!(found, Ok(want.into()));
    // Where neither has one, it is not guessed; and a server that does not serve the store has none.
    let (_, found) = folders(&world, &site, &|_| None);
    let found = found.unwrap();
    assert_eq!(found.keys().map(ToString::to_string).collect::<Vec<_>>(), ["PVS1"]);
    assert!(found[&server("PVS1")].is_err(), "{found:?}");
    for failure in failures() {
        let (_, found) = folders(&world, &site, &|request| {
            matches!(request, Request::Cmdlet { name: "Get-PvsServerStore", .. }).then(|| failure.clone())
        });
        assert!(found.is_err(), "{failure:?}: {found:?}");
    }
}

fn registered(seen: &GroupSnapshot) -> String {
    if seen.servers.values().all(|standing| standing.role.is_none()) {
        return "unknown".into();
    }
    let is_there = |role: Option<&str>| role.is_some_and(|role| role != "unregistered");
    let there = seen.servers.iter().filter(|(_, standing)| is_there(standing.role));
    there.map(|(name, _)| name.to_string()).collect::<Vec<_>>().join(", ")
}

fn any_reply() -> impl Strategy<Value = Reply> {
    let text = || "\\PC{0,40}|[\\[\\]{}\",:0-9a-zA-Z]{0,40}";
    let cell = || proptest::option::of(text());
    let json = prop_oneof![
        text().boxed(),
        "\\[\\{\"(ServerName|Active|Status|DeviceCount|State|Version|Path)\":(\"[A-Z0-9]{0,6}\"|[0-9]{1,25}|null)\\}\\]".boxed(),
    ];
    let fingerprint = proptest::collection::vec(any::<u8>(), 0..4).prop_map(|bytes| Fingerprint::of(&bytes));
    let content = prop_oneof![
        Just(Content::Unread),
        fingerprint.prop_map(Content::Read),
        text().prop_map(|why| Content::Unreadable { why }),
        text().prop_map(|why| Content::InUse { why }),
    ];
    let name = prop_oneof![text().boxed(), "[HF]\\.[0-2]?\\.?(vhd|avhd|VHD|pvp|lok)".boxed()];
    let file = (name, any::<u64>(), content);
    let modified = jiff::Timestamp::UNIX_EPOCH;
    let file = file.prop_map(move |(name, bytes, content)| FileSeen { name, bytes, modified, content });
    let folder = (text(), proptest::collection::vec(text().boxed(), 0..3));
    let folder = folder.prop_map(|(name, files)| Quarantine::of(name, files));
    let listing = (proptest::collection::vec(file, 0..4), proptest::collection::vec(folder, 0..3));
    let listing = listing.prop_map(|(files, quarantines)| Listing { files, quarantines, ..Listing::default() });
    prop_oneof![
        json.prop_map(Reply::Json),
        proptest::collection::vec(proptest::collection::vec(cell(), 0..4), 0..4).prop_map(Reply::Rows),
        listing.prop_map(Reply::Listing),
        text().prop_map(|why| Reply::Refused { why }),
        text().prop_map(|why| Reply::Unknown { why }),
        (proptest::option::of(any::<i64>()), text()).prop_map(|(code, message)| Reply::CmdletFailed { code, message }),
        (any::<i32>(), text(), text()).prop_map(|(exit_code, stdout, stderr)| Reply::Ended {
            exit_code,
            stdout,
            stderr
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_answer_whatever_it_holds_makes_observation_panic(replies in proptest::collection::vec(any_reply(), 40), every in 1usize..5) {
        let world = farm::farm("PVS1: master, PVS2: slave, PVS3: additional");
        let topology = declared("PVS1: slave, PVS2: master, PVS3: slave", "");
        let asked = std::cell::Cell::new(0usize);
        let site = farm::site(&topology);
        let reply = |_: &Request| {
            asked.set(asked.get() + 1);
            asked.get().is_multiple_of(every).then(|| replies[asked.get() % replies.len()].clone())
        };
        let (seen, answers) = observe(&world, &site, &reply);
        said_of(&site, answers.clone(), ["PVS1"], &reply);
        let _ = folders(&world, &site, &reply);
        plan(&topology, &seen, jiff::Timestamp::UNIX_EPOCH);
        answers.in_order().into_iter().for_each(|(request, reply)| drop((SYSTEM.judges)(request, reply)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    // DV-01
    #[test]
    fn an_inventory_says_no_more_than_its_records(records in proptest::collection::vec((0..7usize, 0..4usize, 0..4usize, 0..3usize), 0..6)) {
        const STATES: [&str; 7] = ["\"0\"", "0", "\"1\"", "5", "\"6\"", "null", "\"x\""];
        const VERSIONS: [&str; 4] = ["\"0\"", "1", "\"9\"", "null"];
        const SERVERS: [&str; 4] = ["\"PVS1\"", "\"pvs2\"", "\"no name!\"", "null"];
        const OTHER: &str = "\"00000000-0000-0000-0000-000000000000\"";
        let world = farm::farm("PVS1: master, PVS2: slave");
        let site = farm::site(&declared("PVS1: master, PVS2: slave", ""));
        let (_, answers) = observe(&world, &site, &|_| None);
        let asks = inventory::asks(&site, &answers);
        let Request::Cmdlet { parameters, .. } = &asks[0] else { panic!() };
        let ids = [format!("\"{}\"", parameters[0].1), "null".into(), OTHER.into()];
        let one = |(state, version, server, id): &(usize, usize, usize, usize)| format!(
            "{{\"DiskLocatorId\":{},\"Version\":{},\"ServerName\":{},\"State\":{}}}",
            ids[*id], VERSIONS[*version], SERVERS[*server], STATES[*state],
        );
        let text = format!("[{}]", records.iter().map(one).collect::<Vec<_>>().join(","));
        let said = said_of(&site, answers, ["PVS2"], &|_| Some(Reply::Json(text.clone())));
        let (readable, unreadable): (Vec<&(usize, usize, usize, usize)>, Vec<_>) =
            records.iter().partition(|(_, version, server, id)| *version < 2 && *server < 2 && *id < 2);
        let states: Vec<usize> = readable.iter().filter(|one| one.2 == 1).map(|one| one.0).collect();
        let want = match (states.contains(&2), unreadable.is_empty() && states.iter().all(|state| *state < 2)) {
            (true, _) => "PVS2 behind",
            (false, false) => "PVS2 unknown",
            (false, true) if states.is_empty() => "PVS2 not listed",
            (false, true) => "PVS2 up to date",
        };
        prop_assert_eq!(said, want, "{}", text);
    }
}
