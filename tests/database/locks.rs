//! The lock in the database: for the whole run, for all machines, and gone with whoever held it.

use std::time::Duration;

use rolewalk::model::name::ServerName;
use rolewalk::model::request::{Reply, Request};
use rolewalk::run::lock::{self, LockFault, RemoteLock};
use rolewalk::system::co_store::sql;
use rolewalk::world::practice::tds::{Fault, Gate};
use rolewalk::world::real::Real;

use super::stage::{Stage, ended, wait};

#[test]
fn only_one_of_two_processes_with_state_folders_of_their_own_walks_a_group() {
    let stage = Stage::of("campus");
    // The first holds the lock, and waits for the answer to its first look.
    let gate = Gate::default();
    stage.server.faults().add("SELECT name", Fault::Held(gate.clone()));
    let first = stage.start("--state one apply . --yes");
    while stage.count("SELECT name") == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    let second = stage.run("--state two apply . --yes");
    assert_eq!(second.code, Some(9), "{}", second.text);
    for word in [
        "another run holds the lock of group `Store` in the database",
        "rolewalk (admin, process",
        "on desk holds it since",
        "nothing has been changed",
    ] {
        assert!(second.text.contains(word), "`{word}` is not in {}", second.text);
    }
    let listed = stage.run("--state two locks .");
    assert!(
        listed.code == Some(0) && listed.text.contains("Store (co-store): rolewalk (admin, process"),
        "{}",
        listed.text
    );
    gate.open();
    let first = ended(&first.wait_with_output().unwrap());
    assert_eq!(first.code, Some(0), "{}", first.text);
    let third = stage.run("--state two apply . --yes");
    assert_eq!(third.code, Some(0), "the lock is gone with its holder: {}", third.text);
    assert_eq!(stage.count("UPDATE"), 0);
}

#[test]
fn a_lock_dies_with_the_process_that_holds_it() {
    let stage = Stage::of("campus");
    stage.server.faults().add("SELECT name", Fault::Never);
    let mut first = stage.start("--state one apply . --yes");
    while stage.count("SELECT name") == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let database = stage.database();
    let free = wait(async {
        loop {
            match lock::look_in_database(&database, "co-store", "Store").await {
                Ok(RemoteLock::Held(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
                other => return other,
            }
        }
    });
    assert_eq!(free, Ok(RemoteLock::Free));
}

#[test]
fn groups_of_one_name_in_other_letters_share_a_lock_and_others_do_not() {
    let stage = Stage::of("campus");
    let (mine, others) = (stage.database(), stage.database());
    wait(async {
        lock::take_in_database(&mine, "co-store", "Store").await.unwrap();
        let again = lock::take_in_database(&others, "co-store", "STORE ").await;
        assert!(matches!(again, Err(LockFault::HeldInDatabase { holder: Some(_), .. })), "{again:?}");
        lock::take_in_database(&others, "co-store", "Annex").await.unwrap();
        drop(mine);
        while lock::take_in_database(&others, "co-store", "Store").await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
}

#[test]
fn whoever_has_lost_the_lock_changes_nothing_any_more() {
    let stage = Stage::of("campus");
    let real = Real { database: Some(stage.database()), lock_probe: Some(sql::is_there()), ..Real::default() };
    wait(async {
        lock::take_in_database(real.database.as_ref().unwrap(), "co-store", "Store").await.unwrap();
        stage.server.cut_all();
        let cmdlet =
            Request::Cmdlet { on: ServerName::new("PVS1").unwrap(), name: "Remove-PvsServer", parameters: Vec::new() };
        let change =
            Request::Change { only_if: Vec::new(), change: sql::move_master("Store", "PVS1", "PVS2"), rows: 1 };
        for request in [cmdlet, change] {
            let reply = real.perform(&request).await;
            assert!(matches!(&reply, Reply::Refused { why } if why.contains("lock")), "{reply:?}");
        }
        let look = real.perform(&Request::Query(sql::read_store("Store"))).await;
        assert!(matches!(look, Reply::Rows(_)), "{look:?}");
    });
    assert_eq!(stage.count("UPDATE"), 0);
}

#[test]
fn a_part_that_a_connection_lacks_is_refused_with_that_reason() {
    let real = Real::default();
    let list = Request::ListStore { on: ServerName::new("PVS1").unwrap(), store: "Store".into() };
    for (request, part) in [(Request::Query(sql::read_store("Store")), "database"), (list, "hosts")] {
        let why = format!("the connection has no part `{part}`");
        assert_eq!(wait(real.perform(&request)), Reply::Refused { why });
    }
}
