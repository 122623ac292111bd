//! What `farm.yaml` may say, and what not.

use super::*;
use crate::world::practice::co_store::Role;

const CAMPUS: &str = "version: 1\nco-store:\n  Store:\n    servers:\n      PVS1: master\n      PVS2: slave\n      \
    PVS4: { role: unregistered, free_mb: 200 }\n    disks: { Hoge: 2 }\n";

#[test]
fn both_forms_of_a_server_are_read_and_the_operator_is_simulated_unless_told() {
    let file = parse(CAMPUS).unwrap();
    assert_eq!(file.operator, Operator::Simulated);
    let store = &file.co_store["Store"];
    assert_eq!(store.servers["PVS2"].role(), Role::Slave);
    assert_eq!(store.servers["PVS4"].free_mb(), Some(200));
    assert_eq!(store.disks["Hoge"], 2);
}

#[test]
fn what_no_farm_can_be_is_refused_with_a_reason() {
    let faults = [
        (CAMPUS.replace("version: 1", "version: 2"), "version 2 is not known"),
        (CAMPUS.replace("PVS2: slave", "PVS2: master"), "has 2 masters"),
        (CAMPUS.replace("PVS1: master", "PVS1: slave"), "has 0 masters"),
        (CAMPUS.replace("PVS2", "pvs1"), "differs from another only in case"),
        (CAMPUS.replace("PVS2", "PVS_2"), "not allowed"),
        (CAMPUS.replace("PVS2", "NUL"), "device"),
        (CAMPUS.replace("Store", "../Store"), "file name"),
        (CAMPUS.replace("Hoge: 2", "Hoge: 1000000"), "at most 100"),
        (CAMPUS.replace("free_mb", "free_bm"), "unknown field `free_bm`"),
        (CAMPUS.replace("disks", "dsiks"), "dsiks"),
        (CAMPUS.replace("slave", "slaev"), "unknown variant `slaev`, expected one of unregistered"),
        (CAMPUS.replace("PVS2: slave", "PVS2: [slave]"), "role"),
        (format!("{CAMPUS}  Store-Link:\n    servers: {{ PVS7: master }}\n"), "PVS has a store"),
        (CAMPUS.replace("servers", "PVS1: master\n    servers"), ""),
        ("\u{0}".into(), ""),
        (String::new(), ""),
    ];
    for (text, says) in faults {
        let fault = parse(&text).expect_err(&text).to_string();
        assert!(fault.contains(says), "{text}\n{fault}");
    }
}

#[test]
fn a_server_is_in_the_farm_once_whatever_the_number_of_stores() {
    let two = format!("{CAMPUS}  Other:\n    servers: {{ PVS3: master, PVS4: slave }}\n");
    assert_eq!(parse(&two), Err(co_store::FarmFileFault::Registered("PVS4".into()).into()));
}

#[test]
fn the_schema_takes_what_is_read_and_refuses_what_is_not() {
    let schema = serde_json::to_value(schemars::schema_for!(FarmFile)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let value = |text: &str| serde_yaml::from_str::<serde_json::Value>(text).unwrap();
    assert!(validator.is_valid(&value(CAMPUS)));
    for (from, to) in [("free_mb", "free_bm"), ("slave", "slaev"), ("disks", "dsiks"), ("version: 1", "version: 2")] {
        assert!(!validator.is_valid(&value(&CAMPUS.replace(from, to))), "{to}");
    }
}
