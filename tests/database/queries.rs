//! Queries and changes: parameters, row counts, transactions, and many questions in one.

use rolewalk::model::request::{Reply, Statement};
use rolewalk::run::side_by_side::side_by_side;
use rolewalk::system::co_store::sql;
use rolewalk::world::practice::tds::{Fault, Told};

use super::stage::{QUERIES, Stage, wait};

fn statement(text: &str, parameters: &[&str]) -> Statement {
    let parameters = parameters.iter().map(|one| (*one).into()).collect();
    Statement { text: text.into(), parameters, together: None }
}

fn rows(of: &[&[&str]]) -> Reply {
    Reply::Rows(of.iter().map(|row| row.iter().map(|cell| Some((*cell).into())).collect()).collect())
}

fn tasks() -> Statement {
    let query = QUERIES.split_once("tasks: ").unwrap().1;
    sql::site_tasks(query, "Store")
}

fn is_refused(reply: &Reply, word: &str) -> bool {
    matches!(reply, Reply::Refused { why } if why.contains(word))
}

fn is_unknown(reply: &Reply, word: &str) -> bool {
    matches!(reply, Reply::Unknown { why } if why.contains(word))
}

// CS-10
#[test]
fn the_row_of_a_store_is_read_over_tls_and_one_connection_serves_many_queries() {
    let stage = Stage::of("campus");
    let database = stage.database();
    wait(async {
        for _ in 0..3 {
            assert_eq!(database.query(&sql::read_store("Store")).await, rows(&[&["Store", "PVS1"]]));
        }
        assert_eq!(database.query(&sql::read_store("Other")).await, rows(&[]));
    });
    assert_eq!(stage.count("LOGIN"), 1);
}

#[test]
fn names_with_quotes_brackets_and_any_letters_travel_as_data() {
    let stage = Stage::of("campus");
    for name in ["O'Brien", "a\"]; DROP TABLE dbo.store --", "本店 ストア", "@P1", "x' OR '1'='1", ""] {
        let database = stage.database();
        wait(async {
            let made = statement("INSERT INTO dbo.store (name, master_pvs_server) VALUES (@P1, @P2)", &[name, name]);
            assert_eq!(database.change(&[], &made, 1).await, Reply::Changed { rows: 1 }, "{name}");
            assert_eq!(database.query(&sql::read_store(name)).await, rows(&[&[name, name]]), "{name}");
        });
    }
}

#[test]
fn a_thousand_groups_are_asked_in_three_statements() {
    let stage = Stage::of("campus");
    let names: Vec<String> = (0..1000).map(|number| format!("S{number}")).collect();
    let inserts: String =
        names.iter().map(|name| format!("INSERT INTO dbo.store VALUES ('{name}', 'M-{name}');")).collect();
    stage.behind(&format!("BEGIN; {inserts} COMMIT;"));
    let (database, storages) = (stage.database(), QUERIES.lines().next().unwrap().trim_start_matches("storages: "));
    let observed = wait(side_by_side(names.iter().map(|name| async {
        let store = database.query(&sql::read_store(name)).await;
        let storages = database.query(&sql::site_storages(storages, name)).await;
        let tasks = database.query(&tasks()).await;
        (store, storages, tasks)
    })));
    for (name, (store, storages, _)) in names.iter().zip(&observed) {
        assert_eq!(*store, rows(&[&[name, &format!("M-{name}")]]));
        assert_eq!(*storages, rows(&[]));
    }
    assert_eq!(observed.len(), 1000);
    assert_eq!(stage.count("SELECT"), 3, "{:?}", stage.server.log());
    assert_eq!(stage.count("LOGIN"), 1);
}

/// The command line itself, with nothing but a database to ask: what a thousand groups ask of it costs no more than one.
#[test]
fn a_thousand_groups_are_observed_with_one_login_and_three_queries() {
    let stage = Stage::of("campus");
    stage.edit("    practice: farm.yaml\n", "");
    std::fs::remove_file(stage.path("store.yaml")).unwrap();
    let names: Vec<String> = (0..1000).map(|number| format!("S{number}")).collect();
    let insert = |name: &String| {
        format!(
            "INSERT INTO dbo.store VALUES ('{name}', 'M-{name}');
             INSERT INTO dbo.practice_task (store, state, description) VALUES ('{name}', 'running', 'merge of {name}');"
        )
    };
    stage.behind(&format!("BEGIN; {} COMMIT;", names.iter().map(insert).collect::<String>()));
    for name in &names {
        let servers = format!("servers: {{ M-{name}: master, N-{name}: slave }}");
        let text = format!("version: 1\ngroup: {name}\nsystem: co-store\nconnection: practice\n{servers}\n");
        stage.write(&format!("{name}.yaml"), &text);
    }
    let observed = stage.run("observe . --format json");
    assert_eq!(observed.code, Some(3), "nobody was asked for the roles of slaves: {}", observed.text);
    for name in &names {
        assert!(observed.text.contains(&format!("merge of {name}\"")), "{name}");
        assert!(observed.text.contains(&format!("\"M-{name}\"")), "{name}");
    }
    let log = stage.server.log();
    assert_eq!((stage.count("LOGIN"), stage.count("SELECT")), (1, 3), "{log:?}");
    let others = log.iter().filter(|one| *one != "LOGIN" && !one.starts_with("SELECT") && !one.starts_with("SET "));
    assert_eq!(others.count(), 0, "{log:?}");
}

// CS-10
#[test]
fn a_handover_changes_one_row_or_nothing() {
    let stage = Stage::of("campus");
    let database = stage.database();
    let change = |from: &str, to: &str| sql::move_master("Store", from, to);
    wait(async {
        let stale = database.change(&[], &change("PVS9", "PVS2"), 1).await;
        assert!(is_refused(&stale, "0 rows would change where 1 must"), "{stale:?}");
        assert_eq!(database.query(&sql::read_store("Store")).await, rows(&[&["Store", "PVS1"]]));
        assert_eq!(database.change(&[tasks()], &change("PVS1", "PVS2"), 1).await, Reply::Changed { rows: 1 });
        assert_eq!(database.query(&sql::read_store("Store")).await, rows(&[&["Store", "PVS2"]]));
    });
    assert_eq!((stage.count("BEGIN"), stage.count("COMMIT"), stage.count("ROLLBACK")), (2, 1, 1));
}

// CS-10
#[test]
fn an_open_task_is_read_inside_the_transaction_and_stops_it() {
    let stage = Stage::of("campus");
    stage.behind("INSERT INTO dbo.practice_task (store, state, description) VALUES ('Store', 'running', 'merge')");
    let database = stage.database();
    wait(async {
        let reply = database.change(&[tasks()], &sql::move_master("Store", "PVS1", "PVS2"), 1).await;
        assert!(is_refused(&reply, "running, merge"), "{reply:?}");
        assert_eq!(database.query(&sql::read_store("Store")).await, rows(&[&["Store", "PVS1"]]));
    });
    let log = stage.server.log();
    let at = |word: &str| log.iter().position(|one| one.starts_with(word));
    assert!(at("BEGIN") < at("SELECT id, state") && at("SELECT id, state") < at("ROLLBACK"), "{log:?}");
    assert_eq!(stage.count("UPDATE"), 0);
}

#[test]
fn a_transaction_that_was_undone_by_a_deadlock_is_begun_again() {
    let stage = Stage::of("campus");
    let victim = Told::new(1205, "Transaction was deadlocked and has been chosen as the deadlock victim.");
    stage.server.faults().add("UPDATE", Fault::Refused(victim.clone()));
    let database = stage.database();
    let change = sql::move_master("Store", "PVS1", "PVS2");
    assert_eq!(wait(database.change(&[], &change, 1)), Reply::Changed { rows: 1 });
    for _ in 0..3 {
        stage.server.faults().add("UPDATE", Fault::Refused(victim.clone()));
    }
    let database = stage.database();
    let reply = wait(database.change(&[], &sql::move_master("Store", "PVS2", "PVS1"), 1));
    assert!(is_refused(&reply, "deadlock"), "{reply:?}");
    assert_eq!(stage.count("COMMIT"), 1);
}

#[test]
fn a_connection_that_is_cut_after_the_change_was_sent_leaves_it_unknown_and_undone() {
    for (word, fault, master) in [
        ("UPDATE", Fault::CutBefore, "PVS1"),
        ("UPDATE", Fault::CutAfter, "PVS1"),
        ("COMMIT", Fault::CutBefore, "PVS1"),
        ("COMMIT", Fault::CutAfter, "PVS2"),
    ] {
        let stage = Stage::of("campus");
        stage.server.faults().add(word, fault.clone());
        let database = stage.database();
        wait(async {
            let reply = database.change(&[tasks()], &sql::move_master("Store", "PVS1", "PVS2"), 1).await;
            assert!(is_unknown(&reply, "was lost"), "{word} {fault:?}: {reply:?}");
            let seen = database.query(&sql::read_store("Store")).await;
            assert_eq!(seen, rows(&[&["Store", master]]), "{word} {fault:?}");
        });
        assert_eq!(stage.count("UPDATE"), 1, "a change is never sent twice");
    }
}

#[test]
fn a_connection_that_is_cut_before_the_change_was_sent_refuses_it() {
    for word in ["BEGIN", "SELECT id, state"] {
        let stage = Stage::of("campus");
        stage.server.faults().add(word, Fault::CutBefore);
        let database = stage.database();
        let reply = wait(database.change(&[tasks()], &sql::move_master("Store", "PVS1", "PVS2"), 1));
        assert!(is_refused(&reply, "was lost"), "{word}: {reply:?}");
        assert_eq!(stage.count("UPDATE"), 0);
    }
}

#[test]
fn a_read_whose_connection_turns_out_to_be_dead_is_repeated_on_a_new_one() {
    let stage = Stage::of("campus");
    let database = stage.database();
    wait(async {
        database.query(&sql::read_store("Store")).await;
        stage.server.cut_all();
        assert_eq!(database.query(&sql::read_store("Store")).await, rows(&[&["Store", "PVS1"]]));
    });
    assert_eq!(stage.count("LOGIN"), 2);
}

#[test]
fn a_late_answer_is_cancelled_and_the_connection_can_be_used_on() {
    let stage = Stage::of("campus");
    let database = stage.database_with_limit(std::time::Duration::from_millis(300));
    wait(async {
        database.query(&sql::read_store("Store")).await;
        stage.server.faults().add("SELECT", Fault::Late(std::time::Duration::from_millis(900)));
        let reply = database.query(&sql::read_store("Store")).await;
        assert!(is_unknown(&reply, "did not answer within 0.3 s"), "{reply:?}");
        assert_eq!(database.query(&sql::read_store("Store")).await, rows(&[&["Store", "PVS1"]]));
    });
    assert_eq!(stage.count("LOGIN"), 1);
}

#[test]
fn a_change_whose_answer_is_late_is_cancelled_and_surely_undone() {
    let stage = Stage::of("campus");
    let database = stage.database_with_limit(std::time::Duration::from_millis(300));
    stage.server.faults().add("UPDATE", Fault::Late(std::time::Duration::from_millis(900)));
    wait(async {
        let reply = database.change(&[], &sql::move_master("Store", "PVS1", "PVS2"), 1).await;
        assert!(is_refused(&reply, "did not answer"), "{reply:?}");
        assert_eq!(database.query(&sql::read_store("Store")).await, rows(&[&["Store", "PVS1"]]));
    });
    assert_eq!((stage.count("ROLLBACK"), stage.count("COMMIT")), (1, 0));
}

// A transaction that stayed open would keep the row from CO-Store for as long as this process lives.
#[test]
fn after_a_commit_or_a_beginning_whose_answer_is_late_no_transaction_stays_open() {
    for (word, fits) in [("BEGIN", is_refused as fn(&Reply, &str) -> bool), ("COMMIT", is_unknown)] {
        let stage = Stage::of("campus");
        let database = stage.database_with_limit(std::time::Duration::from_millis(300));
        stage.server.faults().add(word, Fault::Late(std::time::Duration::from_millis(900)));
        wait(async {
            let reply = database.change(&[], &sql::move_master("Store", "PVS1", "PVS2"), 1).await;
            assert!(fits(&reply, "did not answer"), "{word}: {reply:?}");
        });
        assert_eq!(stage.count("ROLLBACK"), 1, "{word}");
        // Somebody else can write.
        wait(async {
            let reply = stage.database().change(&[], &sql::move_master("Store", "PVS1", "PVS2"), 1).await;
            assert!(!is_refused(&reply, "locked"), "{word}: {reply:?}");
        });
    }
}

#[test]
fn an_answer_that_never_comes_is_waited_for_as_long_as_the_limit_says() {
    let stage = Stage::of("campus");
    let database = stage.database_with_limit(std::time::Duration::from_millis(300));
    stage.server.faults().add("SELECT", Fault::Never);
    wait(async {
        let reply = database.query(&sql::read_store("Store")).await;
        assert!(is_unknown(&reply, "did not answer"), "{reply:?}");
        assert_eq!(database.query(&sql::read_store("Store")).await, rows(&[&["Store", "PVS1"]]));
    });
    assert_eq!(stage.count("LOGIN"), 2, "a session that does not confirm the cancelling is given up");
}

#[test]
fn a_reply_without_an_end_is_not_read_to_its_end() {
    for fault in [Fault::EndlessRows, Fault::EndlessValue] {
        let stage = Stage::of("campus");
        stage.server.faults().add("SELECT", fault.clone());
        let database = stage.database_with_limit(std::time::Duration::from_secs(300));
        wait(async {
            let reply = database.query(&sql::read_store("Store")).await;
            assert!(is_unknown(&reply, "larger than any that is expected"), "{fault:?}: {reply:?}");
            assert_eq!(database.query(&sql::read_store("Store")).await, rows(&[&["Store", "PVS1"]]));
        });
    }
}
