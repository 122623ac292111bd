//! The farm's folder: made whole, told when damaged, made anew.

use std::fs;

use super::support::*;
use crate::model::request::Reply;
use crate::world::practice::co_store;
use crate::world::practice::{Change, PracticeError, PracticeWorld};

#[test]
fn a_farm_lives_on_in_its_folder_and_several_processes_may_use_it() {
    let farm = campus();
    farm.change(Change::CoStore(co_store::Change::Master { store: "Store".into(), server: "PVS2".into() }));
    let again = PracticeWorld::open(&farm.farm_yaml()).unwrap();
    assert_eq!(again.status().unwrap(), farm.status());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let one = PracticeWorld::open(&farm.farm_yaml()).unwrap();
                (0..5).for_each(|_| drop(one.perform(&cmdlet("Get-PvsServer", &[]))));
            });
        }
    });
    assert_eq!(again.status().unwrap().number, 21, "no request of any of them is lost");
}

#[test]
fn a_farm_that_several_make_at_once_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let yaml = folder.path().join("farm.yaml");
    fs::write(&yaml, CAMPUS).unwrap();
    std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(|| PracticeWorld::open(&yaml).unwrap()))));
    let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [".practice", "farm.yaml"], "nothing temporary stays");
}

#[test]
fn a_half_deleted_farm_says_what_is_missing_and_how_to_make_it_anew() {
    for part in ["co-store.sqlite", "shares", "lock", "shares/PVS2/Store"] {
        let farm = campus();
        let path = farm.folder.path().join(".practice").join(part);
        if path.is_dir() {
            fs::remove_dir_all(&path).unwrap()
        } else {
            fs::remove_file(&path).unwrap()
        }
        let error = PracticeWorld::open(&farm.farm_yaml()).map(drop).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
        let command = error.command().unwrap();
        assert!(command.starts_with("rolewalk practice reset ") && command.ends_with("farm.yaml"), "{command}");
        assert!(!path.exists(), "a damaged farm is not half mended");
        PracticeWorld::reset(&farm.farm_yaml()).unwrap();
        assert_eq!(PracticeWorld::open(&farm.farm_yaml()).unwrap().status().unwrap().number, 0);
    }
}

#[test]
fn an_open_farm_that_is_damaged_refuses_and_an_unreadable_database_is_told() {
    let farm = campus();
    let world = PracticeWorld::open(&farm.farm_yaml()).unwrap();
    fs::write(farm.folder.path().join(".practice/co-store.sqlite"), "no database at all").unwrap();
    assert_unknown(world.perform(&cmdlet("Get-PvsServer", &[])), "damaged");
    assert_refused(world.perform(&api("add_slave_storage", "PVS2")), "damaged");
    assert!(matches!(PracticeWorld::open(&farm.farm_yaml()).map(drop), Err(PracticeError::Damaged { .. })));
    fs::remove_dir_all(farm.folder.path().join(".practice")).unwrap();
    assert_unknown(world.perform(&cmdlet("Get-PvsServer", &[])), "`lock` is missing");
}

#[test]
fn a_farm_yaml_that_changed_since_is_told_but_a_comment_is_no_change() {
    let farm = campus();
    fs::write(farm.farm_yaml(), format!("# a comment\n{CAMPUS}")).unwrap();
    assert!(PracticeWorld::open(&farm.farm_yaml()).is_ok());
    fs::write(farm.farm_yaml(), CAMPUS.replace("Hoge: 2", "Hoge: 3")).unwrap();
    let error = PracticeWorld::open(&farm.farm_yaml()).map(drop).unwrap_err();
    assert!(matches!(error, PracticeError::Changed { .. }) && error.command().is_some(), "{error}");
}

#[test]
fn a_reset_makes_the_farm_anew_and_deletes_nothing_that_is_not_a_farm() {
    let farm = campus();
    farm.change(Change::CoStore(co_store::Change::Master { store: "Store".into(), server: "PVS2".into() }));
    PracticeWorld::reset(&farm.farm_yaml()).unwrap();
    let anew = PracticeWorld::open(&farm.farm_yaml()).unwrap().status().unwrap();
    assert_eq!((anew.co_store.stores[0].master.as_deref(), anew.number), (Some("PVS1"), 0));

    let folder = tempfile::tempdir().unwrap();
    let yaml = folder.path().join("farm.yaml");
    fs::write(&yaml, CAMPUS).unwrap();
    fs::create_dir(folder.path().join(".practice")).unwrap();
    fs::write(folder.path().join(".practice/thesis.txt"), "years of work").unwrap();
    assert!(matches!(PracticeWorld::reset(&yaml), Err(PracticeError::NotOurs { .. })));
    assert!(folder.path().join(".practice/thesis.txt").exists());
}

#[test]
fn a_farm_yaml_that_is_missing_or_wrong_makes_no_farm() {
    let folder = tempfile::tempdir().unwrap();
    let yaml = folder.path().join("farm.yaml");
    assert!(matches!(PracticeWorld::open(&yaml).map(drop), Err(PracticeError::Read { .. })));
    for bad in [b"version: 1".to_vec(), vec![0xff, 0xfe], vec![b'#'; 2 << 20]] {
        fs::write(&yaml, bad).unwrap();
        assert!(PracticeWorld::open(&yaml).is_err());
        assert!(PracticeWorld::reset(&yaml).is_err());
    }
    assert!(!folder.path().join(".practice").exists());
}

#[test]
fn a_share_that_somebody_deletes_meanwhile_is_no_share() {
    let farm = campus();
    let world = PracticeWorld::open(&farm.farm_yaml()).unwrap();
    fs::remove_dir_all(farm.folder.path().join(".practice/shares/PVS2/Store")).unwrap();
    let list = crate::model::request::Request::ListStore { on: server("PVS2"), store: "Store".into() };
    assert_refused(world.perform(&list), "no such share");
    assert!(matches!(world.perform(&cmdlet("Get-PvsServer", &[])), Reply::Json(_)));
}
