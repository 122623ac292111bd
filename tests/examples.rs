//! Every example is valid for the parser and for an independent validator of its schema, and yields the plan that
//! is kept as a snapshot. (Good fixtures are held against both in `bad_input.rs`.)
//!
//! `ROLEWALK_UPDATE=1 cargo test --test examples` writes the farm's schema anew; `cargo insta` the plans.

mod copy;

use std::fs;
use std::path::Path;

use copy::{Copy, examples, root};
use rolewalk::world::practice::farm_file;

/// Returns the kind of schema for a file of an example.
fn kind(file: &Path) -> &'static str {
    match file.file_name().and_then(|name| name.to_str()) {
        Some("connections.yaml") => "connections",
        Some("farm.yaml") => "farm",
        _ => "topology",
    }
}

#[test]
fn every_file_of_every_example_fits_the_schema_that_it_names() {
    let mut files = 0;
    for example in examples() {
        for entry in fs::read_dir(root().join("examples").join(&example)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "yaml") {
                continue;
            }
            let kind = kind(&path);
            let text = fs::read_to_string(&path).unwrap();
            let named = format!("# yaml-language-server: $schema=../../schemas/{kind}.schema.json");
            assert_eq!(text.lines().next(), Some(named.as_str()), "{}", path.display());
            let schema = fs::read_to_string(root().join(format!("schemas/{kind}.schema.json"))).unwrap();
            let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
            let validator = jsonschema::validator_for(&schema).unwrap();
            for document in serde_yaml::from_multiple::<serde_json::Value>(&text).unwrap() {
                let faults: Vec<String> = validator.iter_errors(&document).map(|fault| fault.to_string()).collect();
                assert_eq!(faults, Vec::<String>::new(), "{}", path.display());
            }
            files += 1;
        }
    }
    assert_eq!(files, 6 * 3);
}

#[test]
fn every_example_is_valid_alone_and_all_are_valid_together() {
    let copy = Copy::new();
    for example in examples() {
        let said = copy.run(&["validate", &format!("examples/{example}")]);
        assert_eq!(said.code, 0, "{example}: {}", said.text);
        farm_file::parse(&fs::read_to_string(copy.path(&format!("examples/{example}/farm.yaml"))).unwrap()).unwrap();
    }
    let said = copy.run(&["validate", "examples"]);
    assert_eq!((said.code, said.text.as_str()), (0, "valid: 6 groups, 16 servers\n"));
}

#[test]
fn every_example_yields_the_plan_that_is_kept() {
    let examples = examples();
    assert_eq!(examples, ["campus", "change-master", "cluster", "failover-group", "first-slave", "web-servers"]);
    for example in examples {
        let copy = Copy::new();
        let said = copy.run(&["plan", &format!("examples/{example}")]);
        assert_eq!(said.code, 0, "{}", said.text);
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(format!("example_{}", example.replace('-', "_")), said.text);
        });
    }
}

#[test]
fn groups_of_all_systems_in_one_folder_are_planned_and_walked_together() {
    let copy = Copy::new();
    let planned = copy.run(&["plan", "examples"]);
    assert_eq!(planned.code, 0, "{}", planned.text);
    for group in ["(co-store)", "(sun-ray)", "(wsmgr)"] {
        assert!(planned.text.contains(group), "{group}: {}", planned.text);
    }
    let said = copy.run(&["apply", "examples", "--yes"]);
    assert_eq!(said.code, 0, "{}", said.text);
    let again = copy.run(&["plan", "examples", "--detailed-exitcode"]);
    assert_eq!(again.code, 0, "{}", again.text);
}

#[test]
fn every_example_is_walked_to_its_end_and_a_second_run_has_nothing_to_do() {
    let copy = Copy::new();
    for example in examples() {
        let path = format!("examples/{example}");
        let said = copy.run(&["apply", &path, "--yes"]);
        assert_eq!(said.code, 0, "{}", said.text);
        assert!(said.text.contains("as declared now"), "{}", said.text);
        let again = copy.run(&["apply", &path, "--yes"]);
        assert_eq!(again.code, 0, "{}", again.text);
        assert!(again.text.starts_with("no changes: everything is as declared"), "{}", again.text);
        assert_eq!(copy.run(&["drift", &path]).code, 0);
    }
}

#[test]
fn the_farms_schema_in_the_repository_is_that_of_the_type() {
    let path = root().join("schemas/farm.schema.json");
    let wanted = farm_file::schema();
    if std::env::var_os("ROLEWALK_UPDATE").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    assert!(found == wanted, "the schema of farm.yaml is stale: run this test with ROLEWALK_UPDATE=1");
}
