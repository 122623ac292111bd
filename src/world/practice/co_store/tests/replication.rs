//! What CO-Store's replication does, and what stops it.

use super::support::*;
use crate::model::request::Reply;
use crate::world::practice::Change;
use crate::world::practice::co_store;

fn version() -> Change {
    Change::CoStore(co_store::Change::NewVersion { store: "Store".into(), disk: None })
}

#[test]
fn a_slave_s_file_that_differs_is_set_aside_and_nothing_is_replicated_until_its_folder_is_renamed() {
    // DV-01 to DV-05
    let farm = campus();
    let (store, server) = ("Store".to_owned(), "PVS2".to_owned());
    farm.change(Change::CoStore(co_store::Change::Corrupt {
        store,
        server,
        file: Some("Hoge.2.avhd".into()),
        offset: None,
    }));
    assert_ne!(farm.digests("PVS2"), farm.digests("PVS1"));
    farm.change(version());
    let listing = farm.listing("PVS2");
    assert_eq!(listing.quarantines[0].path, "Invalid");
    assert_eq!(listing.quarantines[0].files(), ["Hoge.2.avhd.20260105_090200_000000"]);
    assert!(!farm.names("PVS2").contains(&"Hoge.3.avhd".to_owned()), "nothing is replicated");
    let task = farm.tasks().remove(0);
    assert_eq!(task[1].as_deref(), Some("running"));
    let said = task[2].clone().unwrap();
    let block = "以下のサーバーに異常なファイルが確認されました。\nサーバー名: PVS1\n    異常なファイルは存在しません。\n\
        サーバー名: PVS2\n    Hoge.2.avhd.20260105_090200_000000";
    assert!(said.ends_with(block), "{said}");
    assert_eq!(farm.perform(&rename("PVS2", "Invalid", "Invalid.20260105")), Reply::Renamed);
    assert_eq!(farm.tasks(), Vec::<Vec<Option<String>>>::new(), "the task that was tried again has succeeded");
    assert_eq!(farm.digests("PVS2"), farm.digests("PVS1"));
    assert_eq!(farm.listing("PVS2").quarantines[0].path, "Invalid.20260105");
}

#[test]
fn a_backup_on_any_storage_stops_every_task_of_its_store() {
    // DV-03, DV-04
    for holder in ["PVS1", "PVS2"] {
        let farm = campus();
        farm.change(Change::CoStore(co_store::Change::Invalid {
            store: "Store".into(),
            server: holder.into(),
            file: None,
        }));
        assert_eq!(farm.listing(holder).quarantines[0].files(), ["Hoge.2.avhd.20260105_090100_000000"]);
        assert_eq!(farm.perform(&ask("await-replication", "PVS2", "PVS1")), Reply::OperatorDone);
        assert_eq!(farm.tasks().len(), 1);
        assert_ne!(farm.digests("PVS2"), farm.digests("PVS1"));
    }
}

#[test]
fn a_server_without_room_or_without_power_is_left_out_and_served_by_a_later_task() {
    // CS-07, CS-08
    let farm = campus();
    farm.change(Change::FreeSpace { server: "PVS2".into(), megabytes: 0 });
    farm.change(version());
    assert!(farm.notes().iter().any(|note| note.contains("no room")), "{:?}", farm.notes());
    assert_eq!(farm.names("PVS2").len(), 6);
    farm.change(Change::FreeSpace { server: "PVS2".into(), megabytes: 500 });
    farm.change(Change::Powered { server: "PVS2".into(), on: false });
    farm.change(version());
    farm.change(Change::Powered { server: "PVS2".into(), on: true });
    assert_eq!(farm.names("PVS2").len(), 6);
    farm.change(Change::CoStore(co_store::Change::EmptyTrash { store: "Store".into() }));
    assert_eq!(farm.digests("PVS2"), farm.digests("PVS1"));
    let free: u64 = farm.json("Get-PvsStoreFreeSpace", &[("Name", "Store"), ("ServerName", "PVS2")]).parse().unwrap();
    assert!(free < 500, "copies take room: {free}");
}

#[test]
fn a_task_waits_for_a_master_that_is_away() {
    let farm = campus();
    farm.change(Change::CoStore(co_store::Change::FileMissing {
        store: "Store".into(),
        server: "PVS2".into(),
        file: "Hoge.vhd".into(),
    }));
    farm.change(Change::Powered { server: "PVS1".into(), on: false });
    assert!(farm.try_change(&version()).unwrap_err().contains("can't be reached"));
    farm.change(Change::CoStore(co_store::Change::EmptyTrash { store: "Store".into() }));
    assert_eq!(farm.tasks().len(), 1);
    farm.change(Change::Powered { server: "PVS1".into(), on: true });
    assert_eq!(farm.tasks().len(), 0);
    assert_eq!(farm.digests("PVS2"), farm.digests("PVS1"));
}

#[test]
fn copies_keep_the_time_of_the_original_and_lock_files_are_not_copied() {
    let farm = campus();
    farm.perform(&ask("register", "PVS3", "PVS3"));
    farm.perform(&api("add_slave_storage", "PVS3"));
    farm.change(version());
    assert_eq!(farm.listing("PVS3").files, farm.listing("PVS1").files);
    assert!(farm.folder.path().join(".practice/shares/PVS1/Store/Hoge.lok").exists());
    assert!(!farm.folder.path().join(".practice/shares/PVS3/Store/Hoge.lok").exists());
    assert!(farm.names("PVS1").iter().all(|name| !name.ends_with(".lok")));
}
