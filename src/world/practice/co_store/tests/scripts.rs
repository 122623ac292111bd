//! Any script of requests and changes: the two stores answer alike, and some things never happen.

use proptest::prelude::*;

use super::support::*;
use crate::model::request::{Reply, Request};
use crate::world::practice::co_store::{self, TaskState};
use crate::world::practice::co_store::{STORAGES_QUERY, TASKS_QUERY};
use crate::world::practice::{Change, PracticeWorld};

#[derive(Debug, Clone)]
enum Act {
    Ask(Request),
    Do(Change),
}

const SERVERS: [&str; 5] = ["PVS1", "PVS2", "PVS3", "PVS4", "NOBODY"];

fn requests_about(name: &str) -> Vec<Request> {
    let mut requests = vec![
        Request::ListStore { on: server(name), store: "Store".into() },
        Request::HashStore { on: server(name), store: "Store".into(), afresh: false },
        rename(name, "Invalid", "Invalid.1"),
        api("add_slave_storage", name),
        api("remove_slave_storage", name),
        ask("register", name, name),
        ask("unregister", name, "PVS1"),
        ask("await-replication", name, "PVS1"),
        set_master(name, "PVS1"),
        set_master("PVS1", name),
        cmdlet_on(name, "Get-PvsServer", &[]),
        cmdlet("Get-PvsServerStatus", &[("ServerName", name)]),
        cmdlet("Get-PvsServerStoreActiveDeviceCount", &[("ServerName", name), ("StoreName", "Store")]),
        cmdlet("Get-PvsStoreFreeSpace", &[("Name", "Store"), ("ServerName", name)]),
        cmdlet("Stop-PvsStreamService", &[("Name", name)]),
        cmdlet("Start-PvsStreamService", &[("Name", name)]),
        cmdlet("Invoke-PvsMarkDown", &[("ServerName", name)]),
        cmdlet("Remove-PvsServer", &[("Name", name)]),
    ];
    requests.extend([true, false].map(|ticked| tick("Store", name, ticked)));
    requests
}

fn changes_about(name: &str) -> Vec<Change> {
    let (store, server) = ("Store".to_owned(), name.to_owned());
    let both = || (store.clone(), server.clone());
    let mut changes = vec![
        Change::FreeSpace { server: server.clone(), megabytes: 1 },
        Change::CoStore(co_store::Change::Invalid { store: both().0, server: both().1, file: None }),
        Change::CoStore(co_store::Change::Corrupt { store: both().0, server: both().1, file: None, offset: None }),
        Change::CoStore(co_store::Change::FileMissing {
            store: both().0,
            server: both().1,
            file: "Hoge.1.avhd".into(),
        }),
        Change::CoStore(co_store::Change::Cleaned { store: both().0, server: both().1 }),
        Change::CoStore(co_store::Change::Master { store: both().0, server: both().1 }),
    ];
    for yes in [true, false] {
        changes.extend([
            Change::CoStore(co_store::Change::Terminals { store: both().0, server: both().1, count: u64::from(yes) }),
            Change::Powered { server: server.clone(), on: yes },
            Change::Answers { server: server.clone(), answers: yes },
            Change::CoStore(co_store::Change::StreamService { server: server.clone(), running: yes }),
            Change::CoStore(co_store::Change::Registered { store: both().0, server: both().1, registered: yes }),
        ]);
    }
    changes
}

fn acts() -> Vec<Act> {
    let store = || "Store".to_owned();
    let mut acts: Vec<Act> = SERVERS.iter().flat_map(|name| requests_about(name)).map(Act::Ask).collect();
    acts.extend(SERVERS.iter().flat_map(|name| changes_about(name)).map(Act::Do));
    acts.extend([STORAGES_QUERY, TASKS_QUERY].map(|text| Act::Ask(query(text, &["Store"]))));
    acts.extend(
        [
            Change::CoStore(co_store::Change::NewVersion { store: store(), disk: None }),
            Change::CoStore(co_store::Change::EmptyTrash { store: store() }),
            Change::CoStore(co_store::Change::TaskAdded {
                store: store(),
                state: TaskState::Pending,
                description: "x".into(),
            }),
            Change::CoStore(co_store::Change::TaskRemoved { id: 1 }),
            Change::FailNext(1),
            Change::LoseNext(1),
        ]
        .map(Act::Do),
    );
    acts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn the_two_stores_answer_any_script_alike(script in prop::collection::vec(prop::sample::select(acts()), 1..30)) {
        let farm = campus();
        for act in &script {
            match act {
                Act::Ask(request) => drop(farm.perform(request)),
                Act::Do(change) => drop(farm.try_change(change)),
            }
            let status = farm.status();
            // A row names one master whatever the script; SQL does not look whether there is such a machine.
            prop_assert!(status.co_store.stores[0].master.is_some(), "{:?}", act);
        }
        farm.notes();
        // What is in the folder is the whole farm.
        let again = PracticeWorld::open(&farm.farm_yaml()).unwrap();
        prop_assert_eq!(again.status().unwrap(), farm.status());
    }

    #[test]
    fn no_text_of_a_request_brings_the_farm_down(text in ".{0,40}", more in ".{0,20}") {
        let farm = campus();
        let list = vec![text.clone(), format!("--store={more}"), "--server=PVS2".into()];
        let command = |arguments| Request::Command {
            on: server("PVS1"),
            folder: more.clone(),
            program: "CO-StoreApi.exe",
            arguments,
        };
        let asked = [
            query(&text, &[&more]),
            query(STORAGES_QUERY, &[&text]),
            Request::Change { only_if: Vec::new(), change: statement(&text, &[&more]), rows: 0 },
            rename("PVS1", &text, &more),
            Request::ListStore { on: server("PVS1"), store: text.clone() },
            cmdlet("Get-PvsServer", &[("StoreName", &text)]),
            cmdlet("Set-PvsServerStore", &[("ServerName", &text), ("StoreName", &more)]),
            command(list),
            command(Vec::new()),
        ];
        for request in &asked {
            farm.perform(request);
        }
        prop_assert_eq!(farm.storages(), ["PVS1", "PVS2"]);
        let ended = matches!(farm.perform(&api("remove_slave_storage", "PVS2")), Reply::Ended { exit_code: 0, .. });
        prop_assert!(ended);
    }
}
