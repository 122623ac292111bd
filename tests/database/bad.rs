//! What can be wrong with a database before the first answer: each has its own message, and nothing is changed.

use rolewalk::world::practice::tds::{Fault, Offer};

use super::stage::{CANARY, QUERIES, Stage};

/// Runs `apply`, which must stop with this exit code, say these words, and send no change.
fn stops(stage: &Stage, code: i32, words: &[&str]) {
    let ended = stage.run("apply . --yes");
    assert_eq!(ended.code, Some(code), "{}", ended.text);
    for word in words {
        assert!(ended.text.contains(word), "`{word}` is not in {}", ended.text);
    }
    assert!(!ended.text.contains(CANARY), "{}", ended.text);
    assert_eq!(stage.count("UPDATE"), 0);
    assert!(!stage.path(".rolewalk/runs").exists());
}

#[test]
fn a_wrong_password_is_told_as_the_server_tells_it() {
    let stage = Stage::of("campus");
    stage.write("other", "wrong\n").edit("{ env: DB_PASSWORD }", "{ file: other }");
    stops(&stage, 3, &["refused the login", "18456", "Login failed for user 'practice'", "nothing has been changed"]);
}

#[test]
fn a_database_that_is_not_there_is_told_as_the_server_tells_it() {
    let stage = Stage::of("campus");
    stage.connect(&format!("ca: ca.pem\n      database: elsewhere\n      {QUERIES}"));
    stops(&stage, 3, &["4060", "Cannot open database \"elsewhere\""]);
}

#[test]
fn a_certificate_of_an_unknown_authority_is_refused() {
    let stage = Stage::of("campus");
    stage.connect(QUERIES);
    stops(&stage, 3, &["the certificate of the database server `localhost:", "was refused", "UnknownIssuer"]);
    assert!(!stage.run("apply . --yes").text.contains("Config::"), "a remedy that nobody can use");
}

#[test]
fn an_expired_certificate_is_refused() {
    let stage = Stage::with("campus", Offer::Expired);
    stops(&stage, 3, &["the certificate of the database server", "xpired"]);
}

#[test]
fn a_certificate_that_is_not_valid_yet_is_told_with_the_time_that_this_machine_takes_it_to_be() {
    let stage = Stage::with("campus", Offer::Ahead);
    stops(&stage, 3, &["the certificate of the database server", "this machine's clock says 20", "UTC"]);
}

#[test]
fn what_connections_say_otherwise_than_a_plan_does_is_told_before_it_is_carried_out() {
    let stage = Stage::of("campus");
    assert_eq!(stage.run("observe . -o seen.json").code, Some(0));
    assert_eq!(stage.run("plan . -o plan.json").code, Some(0));
    stage.connect(&format!("tls: trust-any\n      {QUERIES}"));
    let words = "certificate of the database server is not checked";
    let planned = stage.run("plan . --snapshot seen.json");
    assert!(planned.code == Some(0) && planned.text.contains(words), "{}", planned.text);
    let applied = stage.run("apply plan.json");
    let told = format!("note: not so when the plan was made: connection `practice`: the {words}");
    assert!(applied.code == Some(0) && applied.text.contains(&told), "{}", applied.text);
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let stage = Stage::of("campus");
    stage.edit("host: localhost", "host: 127.0.0.2");
    stops(&stage, 3, &["127.0.0.2"]);
}

#[test]
fn a_server_without_tls_is_refused_unless_tls_is_off_and_then_every_plan_says_so() {
    let stage = Stage::with("campus", Offer::Off);
    stage.connect(QUERIES);
    stops(&stage, 3, &["offers no connection of this kind"]);
    stage.connect(&format!("tls: off\n      {QUERIES}"));
    let plan = stage.run("plan .");
    assert!(plan.code == Some(0) && plan.text.contains("is not encrypted"), "{}", plan.text);
}

#[test]
fn any_certificate_is_taken_only_where_that_is_written_and_then_every_plan_says_so() {
    let stage = Stage::with("campus", Offer::Expired);
    stage.connect(&format!("tls: trust-any\n      {QUERIES}"));
    let plan = stage.run("plan .");
    assert!(
        plan.code == Some(0) && plan.text.contains("certificate of the database server is not checked"),
        "{}",
        plan.text
    );
}

#[test]
fn nobody_at_the_address_is_told_with_the_address() {
    let stage = Stage::of("campus");
    let port = stage.server.address().port();
    stage.edit(&format!("port: {port}"), "port: 1");
    stops(&stage, 3, &["the database server `localhost:1` can't be reached"]);
}

#[test]
fn a_server_that_says_nothing_is_waited_for_as_long_as_the_limit_says() {
    let stage = Stage::of("campus");
    stage.connect(&format!("ca: ca.pem\n      limits: {{ connect: 300ms }}\n      {QUERIES}"));
    stage.server.faults().add("LOGIN", Fault::Never);
    stops(&stage, 3, &["no connection within 0.3 s"]);
}

#[test]
fn a_password_that_can_not_be_read_is_told_with_the_place_where_it_should_be() {
    let stage = Stage::of("campus");
    for (reference, word) in [
        ("{ env: NOWHERE }", "environment variable `NOWHERE`"),
        ("{ file: nowhere }", "nowhere`"),
        ("{ command: [no-such-program, x] }", "program `no-such-program`"),
    ] {
        stage.connect(QUERIES).edit("{ env: DB_PASSWORD }", reference);
        let ended = stage.run("plan .");
        assert!(ended.code == Some(1) && ended.text.contains(word), "{}", ended.text);
    }
}

#[test]
fn a_database_without_the_table_leaves_everything_unknown() {
    let stage = Stage::of("campus");
    stage.behind("DROP TABLE dbo.store");
    let plan = stage.run("plan .");
    assert_eq!(plan.code, Some(3), "{}", plan.text);
    let check = stage.run("observe --check .");
    assert!(
        check.code == Some(3) && check.text.contains("missing: SQL Server error 208: Invalid object name"),
        "{}",
        check.text
    );
}

#[test]
fn two_rows_with_the_name_of_the_store_leave_its_master_unknown() {
    let stage = Stage::of("campus");
    stage.behind(
        "DROP TABLE dbo.store; CREATE TABLE dbo.store (name TEXT, master_pvs_server TEXT);
         INSERT INTO dbo.store VALUES ('Store', 'PVS1'), ('Store', 'PVS2')",
    );
    let observed = stage.run("observe .");
    assert!(observed.code == Some(3) && observed.text.contains("2 rows with the name"), "{}", observed.text);
    let check = stage.run("observe --check .");
    assert!(check.code == Some(3) && check.text.contains("2 rows for store `Store`"), "{}", check.text);
}

#[test]
fn a_reply_without_an_end_and_one_that_never_comes_have_their_own_words_and_exit_code() {
    let limits = format!("ca: ca.pem\n      limits: {{ query: 1s }}\n      {QUERIES}");
    for (fault, fields, words) in [
        (
            Fault::EndlessValue,
            format!("ca: ca.pem\n      {QUERIES}"),
            "the database server's answer is larger than any that is expected; it was not read to its end",
        ),
        (Fault::Never, limits, "the database server did not answer within 1 s"),
    ] {
        let stage = Stage::of("campus");
        stage.connect(&fields);
        // Each goes wrong once, and what is asked before the files are read is asked again afterwards.
        (0..2).for_each(|_| stage.server.faults().add("master_pvs_server", fault.clone()));
        let seen = stage.run("observe .");
        let said = seen.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(seen.code == Some(3) && said.contains(words), "{fault:?}: {}", seen.text);
        assert_eq!(stage.count("UPDATE"), 0);
    }
}

/// Whatever stands behind a query's last word is no part of it, where it is asked inside another and where it is not.
#[test]
fn a_query_may_end_with_a_semicolon_and_comments() {
    for (storages, tasks) in [
        (
            "\"SELECT store, server FROM dbo.practice_storage; -- all of them\"",
            "|\n        SELECT store, id, state, -- as the console shows it; all of it\n        description FROM dbo.practice_task\n                     WHERE state IN ('running', 'pending') /* open */; -- open",
        ),
        (
            "SELECT server FROM dbo.practice_storage WHERE store = @P1 ORDER BY server;",
            "\"SELECT id, state, description FROM dbo.practice_task WHERE store = @P1 AND state <> 'done' -- open\"",
        ),
    ] {
        let stage = Stage::of("campus");
        stage.connect(&format!("ca: ca.pem\n      storages: {storages}\n      tasks: {tasks}"));
        let check = stage.run("observe --check .");
        assert_eq!(check.code, Some(0), "{}", check.text);
        for word in ["query `storages` of store `Store`: 2 rows", "query `tasks` of store `Store`: 0 rows"] {
            assert!(check.text.contains(word), "{word}: {}", check.text);
        }
        assert_eq!(stage.run("plan .").code, Some(0));
    }
}

#[test]
fn a_query_that_sql_server_could_not_take_is_refused_with_its_place() {
    let stage = Stage::of("campus");
    stage.connect("ca: ca.pem\n      storages: SELECT store, server FROM dbo.practice_storage ORDER BY server");
    for line in ["validate connections.yaml", "plan ."] {
        let ended = stage.run(line);
        assert_eq!(ended.code, Some(1), "{}", ended.text);
        for word in ["`storages` has ORDER BY", "connections.yaml:11:17", "take ORDER BY away"] {
            assert!(ended.text.contains(word), "{word}: {}", ended.text);
        }
    }
    assert_eq!(stage.count("LOGIN"), 0);
}

#[test]
fn a_check_says_what_is_there_and_changes_nothing() {
    let stage = Stage::of("campus");
    let check = stage.run("observe --check .");
    assert_eq!(check.code, Some(0), "{}", check.text);
    for word in [
        "ok: SQL Server 15.0.2000.5",
        "ok: encrypted, and the certificate is checked",
        "ok: dbo.store has name and master_pvs_server",
        "ok: this login may hand over the master",
        "ok: store `Store` is there",
        "ok: query `storages` of store `Store`: 2 rows",
        "ok: query `tasks` of store `Store`: 0 rows",
    ] {
        assert!(check.text.contains(word), "`{word}` is not in {}", check.text);
    }
    let log = stage.server.log();
    assert!(log.iter().all(|one| one == "LOGIN" || one.starts_with("SELECT") || one.starts_with("SET ")), "{log:?}");
    assert!(!stage.path(".rolewalk").exists());
}

#[test]
fn a_query_that_is_not_there_leaves_what_it_would_tell_unknown() {
    let stage = Stage::of("campus");
    stage.connect("ca: ca.pem");
    let observed = stage.run("observe .");
    assert!(observed.code == Some(3) && observed.text.contains("no query `storages`"), "{}", observed.text);
    assert!(stage.run("observe --check .").text.contains("note: no query `tasks`"));
}
