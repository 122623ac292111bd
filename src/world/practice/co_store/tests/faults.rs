//! Requests that fail, are refused, or lose their answer.

use super::support::*;
use crate::model::request::{Reply, Request};
use crate::world::practice::Change;
use crate::world::practice::co_store::STORAGES_QUERY;
use crate::world::practice::co_store::{self, TaskState};

#[test]
fn a_lost_answer_is_unknown_and_the_thing_is_done() {
    let farm = campus();
    farm.change(Change::LoseNext(2));
    assert_unknown(farm.perform(&api("remove_slave_storage", "PVS2")), "lost");
    assert_eq!(farm.storages(), ["PVS1"], "looks lose nothing");
    assert_unknown(farm.perform(&tick("Store", "PVS2", true)), "lost");
    assert!(matches!(farm.perform(&tick("Store", "PVS2", true)), Reply::CmdletFailed { code: Some(23), .. }));
}

#[test]
fn a_request_that_is_made_to_fail_changes_nothing() {
    let farm = campus();
    let before = farm.status();
    farm.change(Change::FailNext(4));
    assert_failed(farm.perform(&api("remove_slave_storage", "PVS2")), "made to fail");
    let failed = farm.perform(&tick("Store", "PVS2", true));
    assert!(matches!(failed, Reply::CmdletFailed { code: Some(22), .. }), "{failed:?}");
    assert_refused(farm.perform(&set_master("PVS2", "PVS1")), "deadlock");
    assert_refused(farm.perform(&rename("PVS2", "Invalid", "x")), "made to fail");
    let after = farm.status();
    assert_eq!((after.co_store.stores, after.fail_next), (before.co_store.stores, 0));
    assert_eq!(farm.perform(&set_master("PVS2", "PVS1")), Reply::Changed { rows: 1 });
}

#[test]
fn a_change_of_the_database_is_rolled_back_where_its_conditions_do_not_hold() {
    // CS-10
    let farm = campus();
    let running = || {
        Change::CoStore(co_store::Change::TaskAdded {
            store: "Store".into(),
            state: TaskState::Running,
            description: "x".into(),
        })
    };
    farm.change(running());
    assert_refused(farm.perform(&set_master("PVS2", "PVS1")), "reads a row: 1, running, x");
    farm.change(Change::CoStore(co_store::Change::TaskRemoved { id: 1 }));
    assert_refused(farm.perform(&set_master("PVS2", "PVS4")), "0 rows would change where 1 must");
    assert_eq!(farm.role("PVS1"), "master");
    let Request::Change { change, .. } = set_master("PVS2", "PVS1") else { unreachable!() };
    assert_refused(farm.perform(&Request::Change { only_if: Vec::new(), change, rows: 2 }), "1 rows");
    assert_eq!(farm.role("PVS1"), "master", "the row is as it was");
}

#[test]
fn sql_is_one_statement_and_a_query_only_reads() {
    let farm = campus();
    for text in [
        "DELETE FROM dbo.store",
        "SELECT 1; DELETE FROM dbo.store",
        "SELECT nonsense FROM dbo.store",
        "SELECT name FROM dbo.store WHERE name = @P2",
        "COMMIT",
        "PRAGMA dbo.user_version",
        "",
        "WITH x AS (SELECT 1) DELETE FROM dbo.store",
    ] {
        assert_refused(farm.perform(&query(text, &["Store"])), "");
    }
    let nasty = "x'; DROP TABLE dbo.store; --";
    assert_eq!(farm.perform(&query(STORAGES_QUERY, &[nasty])), Reply::Rows(Vec::new()));
    assert_eq!(farm.role("PVS1"), "master");
    farm.change(Change::CoStore(co_store::Change::DatabaseAnswers(false)));
    assert_unknown(farm.perform(&query(STORAGES_QUERY, &["Store"])), "database server did not answer");
    assert_unknown(farm.perform(&set_master("PVS2", "PVS1")), "database server did not answer");
}

#[test]
fn a_rename_never_touches_a_file_nor_a_name_that_exists() {
    // DV-05
    let farm = campus();
    farm.change(Change::CoStore(co_store::Change::Invalid {
        store: "Store".into(),
        server: "PVS2".into(),
        file: None,
    }));
    for (from, to, says) in [
        ("Invalid", "hoge.vhd", "exists already"),
        ("Invalid", "../Invalid", "file name"),
        ("Invalid", "..", "begins or ends"),
        ("Invalid", "a/b", "file name"),
        ("Invalid", "", "empty"),
        ("Invalid", "INVALID", "exists already"),
        ("Hoge.vhd", "x", "no folder"),
        ("../Store", "x", "no folder"),
    ] {
        assert_refused(farm.perform(&rename("PVS2", from, to)), says);
    }
    assert_eq!(farm.perform(&rename("PVS2", "Invalid", "Invalid.20260105")), Reply::Renamed);
    farm.change(Change::CoStore(co_store::Change::Invalid {
        store: "Store".into(),
        server: "PVS2".into(),
        file: None,
    }));
    assert_refused(farm.perform(&rename("PVS2", "Invalid", "Invalid.20260105")), "exists already");
    assert_refused(farm.perform(&rename("PVS3", "Invalid", "x")), "no such share");
    let elsewhere = Request::ListStore { on: server("PVS1"), store: "../Store".into() };
    assert_refused(farm.perform(&elsewhere), "no such share");
}

#[test]
fn a_program_that_is_not_there_is_refused() {
    let farm = campus();
    let Request::Command { on, program, arguments, .. } = api("add_slave_storage", "PVS2") else { unreachable!() };
    let request = Request::Command { on, folder: r"C:\Temp".into(), program, arguments };
    assert_refused(farm.perform(&request), r"C:\Temp\CO-StoreApi.exe");
}
