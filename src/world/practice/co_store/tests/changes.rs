//! What can be done to a farm from outside, and what is seen of it.

use super::support::*;
use crate::model::request::Reply;
use crate::world::practice::co_store::{self, TaskState};
use crate::world::practice::{Change, Operator};

#[test]
fn tasks_come_and_go() {
    // CS-10
    let farm = campus();
    let task = |state, description: &str| {
        Change::CoStore(co_store::Change::TaskAdded { store: "store".into(), state, description: description.into() })
    };
    farm.change(task(TaskState::Running, "one"));
    farm.change(task(TaskState::Pending, "two"));
    let text = |words: [&str; 3]| words.map(|word| Some(word.to_owned())).to_vec();
    assert_eq!(farm.tasks(), [text(["1", "running", "one"]), text(["2", "pending", "two"])]);
    farm.change(Change::CoStore(co_store::Change::TaskRemoved { id: 1 }));
    assert_eq!(farm.tasks(), [text(["2", "pending", "two"])]);
    assert!(farm.try_change(&Change::CoStore(co_store::Change::TaskRemoved { id: 1 })).is_err());
}

#[test]
fn what_a_hand_does_to_the_database_and_the_ticks_is_seen() {
    let farm = campus();
    farm.change(Change::CoStore(co_store::Change::Master { store: "Store".into(), server: "pvs2".into() }));
    farm.change(Change::CoStore(co_store::Change::Ticked {
        pvs_store: "Store-Diff".into(),
        server: "PVS2".into(),
        ticked: true,
    }));
    let status = farm.status();
    assert_eq!(status.co_store.stores[0].master.as_deref(), Some("PVS2"));
    assert_eq!(status.co_store.stores[0].ticks[0].ticked, ["PVS1"]);
    assert_eq!(status.co_store.stores[0].ticks[1].ticked, ["PVS1", "PVS2"]);
    let again = Change::CoStore(co_store::Change::Ticked {
        pvs_store: "Store-Diff".into(),
        server: "PVS2".into(),
        ticked: true,
    });
    assert!(farm.try_change(&again).unwrap_err().contains("No object was added"));
}

#[test]
fn a_farm_shows_which_files_are_missing_and_which_differ() {
    // DV-01
    let farm = campus();
    let on = |server: &str| ("Store".to_owned(), server.to_owned());
    let (store, server) = on("PVS2");
    farm.change(Change::CoStore(co_store::Change::FileMissing { store, server, file: "hoge.1.pvp".into() }));
    let (store, server) = on("PVS2");
    farm.change(Change::CoStore(co_store::Change::Corrupt {
        store,
        server,
        file: Some("Hoge.vhd".into()),
        offset: Some(0),
    }));
    let (store, server) = on("PVS2");
    farm.change(Change::CoStore(co_store::Change::Invalid { store, server, file: None }));
    let status = farm.status();
    let share = status.co_store.stores[0].servers[1].share.clone().unwrap();
    assert_eq!(share.missing, ["Hoge.1.pvp"]);
    assert_eq!(share.files.iter().find(|file| file.name == "Hoge.vhd").unwrap().as_master, Some(false));
    assert_eq!(share.files.iter().filter(|file| file.as_master == Some(true)).count(), 4);
    assert_eq!(share.invalid[0].0, "Invalid");
    assert_eq!(status.co_store.stores[0].servers[2].share, None);
}

#[test]
fn the_stream_service_starts_with_its_machine() {
    let farm = campus();
    farm.change(Change::CoStore(co_store::Change::StreamService { server: "PVS2".into(), running: false }));
    assert!(farm.json("Get-PvsServer", &[]).contains(r#"PVS2","SiteName":"Site","Active":0"#));
    farm.change(Change::Powered { server: "PVS2".into(), on: false });
    farm.change(Change::Powered { server: "PVS2".into(), on: true });
    assert!(farm.json("Get-PvsServer", &[]).contains(r#"PVS2","SiteName":"Site","Active":1"#));
}

#[test]
fn what_can_not_be_is_refused_and_changes_nothing() {
    let farm = campus();
    let before = farm.status();
    let (store, nobody) = ("Store".to_owned(), "NOBODY".to_owned());
    let third = || ("Store".to_owned(), "PVS3".to_owned());
    let impossible = [
        Change::CoStore(co_store::Change::Terminals { store: store.clone(), server: "PVS3".into(), count: 1 }),
        Change::CoStore(co_store::Change::Terminals { store: "Nix".into(), server: "PVS1".into(), count: 1 }),
        Change::FreeSpace { server: nobody.clone(), megabytes: 1 },
        Change::Powered { server: nobody.clone(), on: false },
        Change::Answers { server: nobody.clone(), answers: false },
        Change::CoStore(co_store::Change::StreamService { server: "PVS3".into(), running: true }),
        Change::CoStore(co_store::Change::Master { store: store.clone(), server: nobody.clone() }),
        Change::CoStore(co_store::Change::Ticked { pvs_store: store.clone(), server: "PVS3".into(), ticked: true }),
        Change::CoStore(co_store::Change::Registered {
            store: store.clone(),
            server: nobody.clone(),
            registered: true,
        }),
        Change::CoStore(co_store::Change::Registered { store: store.clone(), server: nobody, registered: false }),
        Change::CoStore(co_store::Change::NewVersion { store: "Nix".into(), disk: None }),
        Change::CoStore(co_store::Change::NewVersion { store: store.clone(), disk: Some("Nix".into()) }),
        Change::CoStore(co_store::Change::EmptyTrash { store: "Nix".into() }),
        Change::CoStore(co_store::Change::Invalid { store: third().0, server: third().1, file: None }),
        Change::CoStore(co_store::Change::FileMissing {
            store: store.clone(),
            server: "PVS2".into(),
            file: "../Hoge.vhd".into(),
        }),
        Change::CoStore(co_store::Change::Corrupt {
            store: store.clone(),
            server: "PVS2".into(),
            file: None,
            offset: Some(u64::MAX),
        }),
        Change::CoStore(co_store::Change::Cleaned { store, server: "PVS2".into() }),
    ];
    for change in &impossible {
        assert!(farm.try_change(change).is_err(), "{change}");
    }
    let after = farm.status();
    assert_eq!((after.machines, after.co_store.stores), (before.machines, before.co_store.stores));
}

#[test]
fn the_operator_can_be_exchanged_and_the_audit_tells_everything_in_order() {
    let farm = campus();
    farm.change(Change::Operator(Operator::Person));
    assert_eq!(farm.perform(&ask("register", "PVS3", "PVS3")), Reply::OperatorAsked);
    farm.notes();
    let text = std::fs::read_to_string(farm.folder.path().join(".practice/audit.jsonl")).unwrap();
    let expected = "\
{\"number\":1,\"change\":\"the operator is a person\",\"reply\":\"done\"}
{\"number\":2,\"request\":\"ask the operator, on PVS3: register PVS3\",\"reply\":\"the operator was asked\"}
";
    assert_eq!(text, expected);
}
