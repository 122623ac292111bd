//! The documents' procedures from end to end.

use super::support::*;
use crate::model::request::Reply;
use crate::world::practice::Change;
use crate::world::practice::co_store;

const MASTER: &str = "SELECT name, master_pvs_server FROM dbo.store WHERE name = @P1";

#[test]
fn an_unregistered_server_becomes_additional_and_then_a_slave_that_awaits_replication() {
    // CS-05, CS-07, CS-08
    let farm = campus();
    assert_eq!(farm.perform(&ask("register", "PVS3", "PVS3")), Reply::OperatorDone);
    assert_eq!(farm.role("PVS3"), "additional");
    assert!(farm.json("Get-PvsServer", &[]).contains(r#"{"ServerName":"PVS3","SiteName":"Site","Active":1}"#));
    assert!(farm.json("Get-PvsServer", &[("StoreName", "Store-Link")]).contains("PVS3"));
    let added = "CO-Store ストア \"Store\" のストレージに ['PVS3'] が追加されました.";
    assert_eq!(farm.perform(&api("add_slave_storage", "PVS3")), ended(0, added));
    assert_eq!(farm.storages(), ["PVS1", "PVS2", "PVS3"]);
    assert_eq!(farm.names("PVS3"), [""; 0], "adding a storage replicates nothing");
    assert_eq!(farm.perform(&ask("await-replication", "PVS3", "PVS1")), Reply::OperatorDone);
    assert_eq!(farm.digests("PVS3"), farm.digests("PVS1"));
    assert_eq!(farm.digests("PVS2"), farm.digests("PVS1"));
    assert!(farm.names("PVS3").contains(&"Hoge.3.avhd".to_owned()));
    assert_eq!(farm.role("PVS3"), "slave");
}

#[test]
fn the_master_changes_in_the_database_and_then_in_the_ticks() {
    // CS-10
    let farm = campus();
    assert_eq!(farm.perform(&set_master("PVS2", "PVS1")), Reply::Changed { rows: 1 });
    let row = vec![Some("Store".to_owned()), Some("PVS2".to_owned())];
    assert_eq!(farm.perform(&query(MASTER, &["store"])), Reply::Rows(vec![row]), "names compare as SQL Server does");
    assert_eq!((farm.role("PVS1"), farm.role("PVS2")), ("slave", "master"));
    for store in ["Store", "Store-Diff"] {
        assert_eq!(farm.perform(&tick(store, "PVS2", true)), Reply::Json("[]".into()));
        assert_eq!(farm.perform(&tick(store, "PVS1", false)), Reply::Json("[]".into()));
        let only = r#"[{"ServerName":"PVS2","SiteName":"Site","Active":1}]"#;
        assert_eq!(farm.json("Get-PvsServer", &[("StoreName", store)]), only);
    }
}

#[test]
fn a_slave_leaves_its_storage_with_its_files_and_then_the_farm() {
    // CS-06, CS-09
    let farm = campus();
    let removed = "CO-Store ストア \"Store\" のストレージから ['PVS2'] を除外しました.";
    let before = farm.names("PVS2");
    assert_eq!(farm.perform(&api("remove_slave_storage", "PVS2")), ended(0, removed));
    assert_eq!(farm.storages(), ["PVS1"]);
    assert_eq!(farm.names("PVS2"), before, "removal keeps the files");
    assert_eq!(farm.perform(&ask("unregister", "PVS2", "PVS1")), Reply::OperatorDone);
    assert_eq!(farm.role("PVS2"), "unregistered");
    assert!(!farm.json("Get-PvsServer", &[("StoreName", "Store-Link")]).contains("PVS2"));
    farm.change(Change::CoStore(co_store::Change::Cleaned { store: "Store".into(), server: "PVS2".into() }));
    assert_eq!(farm.names("PVS2"), [""; 0]);
}

#[test]
fn a_storage_added_again_keeps_its_old_files() {
    // CS-08
    let farm = campus();
    farm.perform(&api("remove_slave_storage", "PVS2"));
    farm.change(Change::CoStore(co_store::Change::NewVersion { store: "Store".into(), disk: None }));
    assert!(!farm.names("PVS2").contains(&"Hoge.3.avhd".to_owned()), "it is no storage any more");
    farm.perform(&api("add_slave_storage", "PVS2"));
    assert_eq!(farm.names("PVS2").len(), 6);
    farm.change(Change::CoStore(co_store::Change::EmptyTrash { store: "Store".into() }));
    assert_eq!(farm.digests("PVS2"), farm.digests("PVS1"));
}

#[test]
fn co_store_refuses_what_it_documents_and_leaves_the_rest_to_the_operator() {
    // CS-07, CS-09
    let farm = campus();
    assert_failed(farm.perform(&api("add_slave_storage", "PVS3")), "登録されていません");
    assert_failed(farm.perform(&api("add_slave_storage", "PVS9")), "登録されていません");
    assert_failed(farm.perform(&api("add_slave_storage", "PVS2")), "既に");
    assert_failed(farm.perform(&api("remove_slave_storage", "PVS1")), "マスターサーバー");
    assert_failed(farm.perform(&api("list_storages", "PVS1")), "不明なコマンド");
    farm.change(Change::CoStore(co_store::Change::Terminals {
        store: "Store".into(),
        server: "PVS1".into(),
        count: 3,
    }));
    assert!(matches!(farm.perform(&api("remove_slave_storage", "PVS2")), Reply::Ended { exit_code: 0, .. }));
    assert_eq!(farm.notes(), ["3 terminals of store `Store` were running on PVS1"]);
    assert_failed(farm.perform(&api("remove_slave_storage", "PVS2")), "ストレージではありません");
}

#[test]
fn a_person_is_asked_and_nothing_happens_until_the_person_does_it() {
    // CS-05
    let farm = farm(&CAMPUS.replace("simulated", "person"));
    assert_eq!(farm.perform(&ask("register", "PVS3", "PVS3")), Reply::OperatorAsked);
    assert_eq!(farm.role("PVS3"), "unregistered");
    farm.change(Change::CoStore(co_store::Change::Registered {
        store: "Store".into(),
        server: "PVS3".into(),
        registered: true,
    }));
    assert_eq!(farm.role("PVS3"), "additional");
}

#[test]
fn the_simulated_operator_does_only_what_a_person_could() {
    // CS-05, CS-06
    let farm = campus();
    assert_refused(farm.perform(&ask("register", "PVS3", "PVS1")), "by work on PVS3 itself");
    farm.change(Change::Powered { server: "PVS3".into(), on: false });
    assert_refused(farm.perform(&ask("register", "PVS3", "PVS3")), "can't be reached");
    assert_refused(farm.perform(&ask("handover", "PVS2", "PVS1")), "does not know how");
    farm.change(Change::CoStore(co_store::Change::Terminals {
        store: "Store".into(),
        server: "PVS2".into(),
        count: 1,
    }));
    assert_refused(farm.perform(&ask("unregister", "PVS2", "PVS1")), "devices are connected");
    // A powered-off server need not be started.
    farm.change(Change::Powered { server: "PVS2".into(), on: false });
    assert_eq!(farm.perform(&ask("unregister", "PVS2", "PVS1")), Reply::OperatorDone);
    assert_refused(farm.perform(&ask("unregister", "PVS1", "PVS1")), "no other server");
}
