use super::*;

fn read(text: &str) -> Result<Connections, Vec<&'static str>> {
    let file = SourceFile { name: "connections.yaml".into(), bytes: text.into() };
    parse(&file).map_err(|faults| faults.iter().map(|fault| fault.name).collect())
}

fn connection(fields: &str) -> Result<Connections, Vec<&'static str>> {
    read(&format!("version: 1\nconnections:\n  campus: {fields}\n"))
}

#[test]
fn connections_come_by_name_in_the_order_of_the_file() {
    let read = read("version: 1\nconnections: { b: { practice: b.yaml }, a: { practice: a.yaml } }\n").unwrap();
    let practice = |farm: &str| Connection { practice: Some(farm.into()), ..Connection::default() };
    assert_eq!(read.named[0], ("b".into(), practice("b.yaml")));
    assert_eq!(read.get("a"), Some(&practice("a.yaml")));
    assert_eq!(read.get("c"), None);
}

#[test]
fn secrets_are_found_wherever_they_stand_and_whatever_they_are_called() {
    for fields in [
        "{ practice: a, password: x }",
        "{ practice: a, DB_Password: 123456 }",
        "{ practice: a, api-key: x }",
        "{ practice: a, accessToken: [x] }",
        "{ practice: \"Server=db;User=u;Pwd=x\" }",
    ] {
        assert_eq!(connection(fields).unwrap_err(), ["inline-secret"], "{fields}");
    }
    assert_eq!(connection("{ practice: a, x: { y: [{ password: p }] } }").unwrap_err()[1], "inline-secret");
}

#[test]
fn a_reference_to_a_secret_is_no_secret() {
    for reference in ["{ env: DB }", "{ file: /run/db }", "{ command: [pass, show, db] }"] {
        let faults = connection(&format!("{{ practice: a, password: {reference} }}")).unwrap_err();
        assert_eq!(faults, ["unknown-connection-kind"], "{reference}");
    }
}

#[test]
fn a_connection_has_a_part_and_a_name() {
    assert_eq!(connection("{}").unwrap_err(), ["connection-kind"]);
    assert_eq!(connection("farm.yaml").unwrap_err(), ["wrong-kind"]);
    assert_eq!(connection("{ practise: a }").unwrap_err(), ["unknown-connection-kind"]);
    assert_eq!(read("version: 1\nconnections: { '': { practice: a } }\n").unwrap_err(), ["wrong-kind"]);
}

fn database(fields: &str) -> Result<DatabasePart, Vec<&'static str>> {
    let read = connection(&format!("{{ database: {{ {fields} }} }}"))?;
    Ok(read.get("campus").unwrap().database.clone().unwrap())
}

const LEAST: &str = "host: db1, user: u, password: { env: DB }";

#[test]
fn a_database_is_checked_with_tls_and_has_limits_unless_it_says_otherwise() {
    let read = database(LEAST).unwrap();
    assert_eq!((read.tls, read.ca.as_deref(), read.database.as_str()), (Tls::On, None, "co-store"));
    assert_eq!(read.limits, Limits::default());
    let more = "port: 14330, tls: trust-any, limits: { query: 5s }, storages: \"SELECT store, server FROM s\"";
    let read = database(&format!("{LEAST}, {more}")).unwrap();
    assert_eq!((read.port, read.tls), (Some(14330), Tls::TrustAny));
    assert_eq!(read.limits.query, std::time::Duration::from_secs(5));
    assert_eq!(read.limits.connect, Limits::default().connect);
    assert_eq!(read.storages.as_deref(), Some("SELECT store, server FROM s"));
    let read = database(&format!("{LEAST}, tasks: \"SELECT store FROM t; -- open ones\"")).unwrap();
    assert_eq!(read.tasks.as_deref(), Some("SELECT store FROM t"));
}

#[test]
fn what_a_database_can_not_be_reached_with_is_refused() {
    for (fields, fault) in [
        ("host: db1, user: u", "missing-field"),
        ("host: db1, user: u, password: { vault: x }", "bad-secret"),
        ("host: db1, user: u, password: { env: A, file: b }", "bad-secret"),
        ("host: db1, user: u, password: { command: [] }", "bad-secret"),
        ("host: db1, user: u, password: plain", "inline-secret"),
        ("host: db1, user: u, password: { env: A }, port: 70000", "bad-port"),
        ("host: db1, user: u, password: { env: A }, port: 1, instance: X", "port-and-instance"),
        ("host: db1, user: u, password: { env: A }, tls: maybe", "unknown-tls"),
        ("host: db1, user: u, password: { env: A }, authentication: windows", "unknown-authentication"),
        ("host: db1, user: u, authentication: integrated", "integrated-login"),
        ("host: db1, password: { env: A }, authentication: integrated", "integrated-login"),
        ("host: db1, user: u, password: { env: A }, tls: off, ca: a.pem", "ca-without-check"),
        ("host: db1, user: u, password: { env: A }, limits: { query: soon }", "bad-duration"),
        ("host: db1, user: u, password: { env: A }, limits: { query: 0s }", "bad-limit"),
        ("host: db1, user: u, password: { env: A }, limits: { query: 2h }", "bad-limit"),
        ("host: db1, user: u, password: { env: A }, tasks: DELETE FROM t", "bad-query"),
        ("host: db1, user: u, password: { env: A }, tasks: \"SELECT a FROM t; DELETE FROM t\"", "bad-query"),
        ("host: db1, user: u, password: { env: A }, storages: SELECT a FROM t ORDER BY a", "clause-outside"),
        ("host: db1, user: u, password: { env: A }, tasks: \"WITH a AS (SELECT 1) SELECT * FROM a\"", "bad-query"),
    ] {
        assert_eq!(database(fields).unwrap_err(), [fault], "{fields}");
    }
}

#[test]
fn the_domain_account_of_whoever_runs_it_logs_in_without_user_and_password() {
    assert_eq!(database("host: db1, authentication: integrated").unwrap().login, Login::Integrated);
    let password = Secret::Env("DB".into());
    let login = Login::SqlServer { user: "u".into(), password };
    assert_eq!(database(LEAST).unwrap().login, login);
    assert_eq!(database(&format!("{LEAST}, authentication: sql-server")).unwrap().login, login);
}

fn hosts(fields: &str) -> Result<HostsPart, Vec<&'static str>> {
    let read = connection(&format!("{{ hosts: {{ {fields} }} }}"))?;
    Ok(read.get("campus").unwrap().hosts.clone().unwrap())
}

#[test]
fn a_host_is_as_all_are_unless_it_says_otherwise() {
    let read = hosts(
        "shell: powershell, encoding: cp932, user: ops, stores: { Store: 'E:\\vDisk' }, limits: { command: 5s }, \
         each: { PVS2: { via: local, user: me, stores: { Other: 'F:\\x' } }, pvs3: { address: 192.0.2.3, limits: { connect: 2s } } }",
    )
    .unwrap();
    let of = |name: &str| &read.each[&crate::model::name::ServerName::new(name).unwrap()];
    assert_eq!((read.every.via, read.every.shell, read.every.encoding), (Via::Ssh, Shell::Powershell, Encoding::Cp932));
    assert_eq!((of("PVS2").via, of("pvs2").user.as_deref(), of("PVS2").stores.len()), (Via::Local, Some("me"), 2));
    assert_eq!((of("PVS3").address.as_deref(), of("PVS3").user.as_deref()), (Some("192.0.2.3"), Some("ops")));
    assert_eq!(of("PVS3").limits.command, std::time::Duration::from_secs(5));
    assert_eq!(of("PVS3").limits.connect, std::time::Duration::from_secs(2));
    assert_eq!(read.at_once, 20);
}

#[test]
fn what_no_host_can_be_reached_with_is_refused() {
    for (fields, fault) in [
        ("via: telnet", "unknown-way"),
        ("shell: bash", "unknown-way"),
        ("encoding: utf8", "unknown-way"),
        ("address: 192.0.2.1", "unknown-field"),
        ("port: 0", "bad-port"),
        ("at_once: 0", "bad-limit"),
        ("limits: { connect: 500ms }", "bad-limit"),
        ("limits: { hash: 8d }", "bad-limit"),
        ("wizard: { program: x }", "missing-field"),
        ("wizard: { answers: FarmConfiguration=2 }", "inline-secret"),
        ("each: { PVS1: {}, pvs1: {} }", "same-but-for-case"),
        ("each: { 'PVS 1': { via: local } }", "bad-server-name"),
        ("each: { PVS1: { each: {} } }", "unknown-field"),
        ("user: a, password: x", "inline-secret"),
    ] {
        assert_eq!(hosts(fields).unwrap_err()[0], fault, "{fields}");
    }
}
