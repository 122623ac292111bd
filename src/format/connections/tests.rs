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
    assert_eq!(read.named[0], ("b".into(), Connection::Practice("b.yaml".into())));
    assert_eq!(read.get("a"), Some(&Connection::Practice("a.yaml".into())));
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
fn a_connection_has_one_kind_and_a_name() {
    assert_eq!(connection("{}").unwrap_err(), ["connection-kind"]);
    assert_eq!(connection("farm.yaml").unwrap_err(), ["wrong-kind"]);
    assert_eq!(connection("{ practise: a }").unwrap_err(), ["unknown-connection-kind"]);
    assert_eq!(read("version: 1\nconnections: { '': { practice: a } }\n").unwrap_err(), ["wrong-kind"]);
}
