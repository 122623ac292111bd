//! Citrix PVS's own rules, as its guide documents them.

use super::support::*;
use crate::model::request::Reply;
use crate::world::practice::co_store;
use crate::world::practice::{Change, PracticeWorld, farm_file};

#[test]
fn servers_are_listed_as_an_array_whatever_their_number() {
    let farm = campus();
    let both =
        r#"[{"ServerName":"PVS1","SiteName":"Site","Active":1},{"ServerName":"PVS2","SiteName":"Site","Active":1}]"#;
    assert_eq!(farm.json("Get-PvsServer", &[]), both);
    farm.perform(&tick("Store", "PVS1", false));
    assert_eq!(farm.json("Get-PvsServer", &[("StoreName", "Store")]), "[]");
    assert_eq!(farm.code("Get-PvsServer", &[("StoreName", "Nix")]), Some(93));
    let status = r#"[{"ServerName":"PVS2","Status":1,"DeviceCount":0}]"#;
    assert_eq!(farm.json("Get-PvsServerStatus", &[("ServerName", "pvs2")]), status);
    assert_eq!(farm.code("Get-PvsServerStatus", &[("ServerName", "PVS3")]), Some(45));
}

#[test]
fn terminals_and_free_space_are_bare_numbers() {
    // CS-07
    let farm = campus();
    farm.change(Change::CoStore(co_store::Change::Terminals {
        store: "Store".into(),
        server: "PVS2".into(),
        count: 7,
    }));
    let count =
        |store| farm.json("Get-PvsServerStoreActiveDeviceCount", &[("ServerName", "PVS2"), ("StoreName", store)]);
    assert_eq!((count("Store"), count("Store-Diff"), count("Store-Link")), ("7".into(), "0".into(), "0".into()));
    assert!(farm.json("Get-PvsServerStatus", &[("ServerName", "PVS2")]).contains(r#""DeviceCount":7"#));
    assert_eq!(farm.json("Get-PvsStoreFreeSpace", &[("Name", "Store"), ("ServerName", "PVS2")]), "102400");
    farm.change(Change::Powered { server: "PVS2".into(), on: false });
    assert_eq!(farm.code("Get-PvsStoreFreeSpace", &[("Name", "Store"), ("ServerName", "PVS2")]), Some(192));
    assert_eq!(count("Store"), "0", "terminals do not outlive their server");
}

#[test]
fn a_server_is_deleted_only_when_it_is_stopped_and_nobody_is_connected() {
    // CS-06
    let farm = campus();
    assert_eq!(farm.code("Remove-PvsServer", &[("Name", "PVS2")]), Some(103));
    farm.change(Change::CoStore(co_store::Change::Terminals {
        store: "Store".into(),
        server: "PVS2".into(),
        count: 1,
    }));
    assert_eq!(farm.json("Stop-PvsStreamService", &[("Name", "PVS2")]), "[]");
    assert_eq!(farm.code("Remove-PvsServer", &[("Name", "PVS2")]), Some(100));
    farm.change(Change::CoStore(co_store::Change::Terminals {
        store: "Store".into(),
        server: "PVS2".into(),
        count: 0,
    }));
    let itself = farm.perform(&cmdlet_on("PVS2", "Remove-PvsServer", &[("Name", "PVS2")]));
    assert!(matches!(itself, Reply::CmdletFailed { code: Some(103), .. }), "never with a console on itself");
    assert_eq!(farm.json("Remove-PvsServer", &[("Name", "PVS2")]), "[]");
    assert_eq!(farm.code("Remove-PvsServer", &[("Name", "PVS2")]), Some(45));
    assert_eq!(farm.storages(), ["PVS1", "PVS2"], "PVS knows nothing of CO-Store's storages");
}

#[test]
fn a_server_that_is_off_can_be_deleted_and_one_that_does_not_answer_only_when_marked_down() {
    // CS-06
    let farm = campus();
    farm.change(Change::Answers { server: "PVS2".into(), answers: false });
    assert!(farm.json("Get-PvsServerStatus", &[("ServerName", "PVS2")]).contains(r#""Status":2"#));
    assert_eq!(farm.code("Stop-PvsStreamService", &[("Name", "PVS2")]), Some(109));
    assert_eq!(farm.code("Remove-PvsServer", &[("Name", "PVS2")]), Some(103));
    assert_eq!(farm.code("Invoke-PvsMarkDown", &[("ServerName", "PVS1")]), Some(103));
    assert_eq!(farm.json("Invoke-PvsMarkDown", &[("ServerName", "PVS2")]), "[]");
    assert_eq!(farm.json("Remove-PvsServer", &[("Name", "PVS2")]), "[]");
    let farm = campus();
    farm.change(Change::Powered { server: "PVS2".into(), on: false });
    assert!(farm.json("Get-PvsServerStatus", &[("ServerName", "PVS2")]).contains(r#""Status":0"#));
    assert_eq!(farm.code("Start-PvsStreamService", &[("Name", "PVS2")]), Some(108));
    assert_eq!(farm.json("Remove-PvsServer", &[("Name", "PVS2")]), "[]");
}

#[test]
fn a_tick_that_is_there_or_gone_already_is_error_23() {
    // CS-10
    let farm = campus();
    let code = |reply| match reply {
        Reply::CmdletFailed { code, .. } => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(code(farm.perform(&tick("Store", "PVS1", true))), Some(23));
    assert_eq!(code(farm.perform(&tick("Store", "PVS2", false))), Some(23));
    assert_eq!(code(farm.perform(&tick("Store", "PVS3", true))), Some(45));
    assert_eq!(code(farm.perform(&tick("Nix", "PVS2", true))), Some(93));
}

/// What PVS's inventory says of each version on each server, as `PVS1 0: 0`, in one farm: a folder has other paths than memory.
fn inventory(farm: &PracticeWorld) -> Vec<String> {
    let json = |name, parameters: &[(&'static str, &str)]| match farm.perform(&cmdlet(name, parameters)) {
        Reply::Json(text) => serde_json::from_str::<Vec<serde_json::Value>>(&text).unwrap(),
        other => panic!("{name}: {other:?}"),
    };
    let disks = json("Get-PvsDiskLocator", &[("SiteName", "Site"), ("StoreName", "Store")]);
    let id = disks[0]["DiskLocatorId"].as_str().unwrap();
    let text = |one: &serde_json::Value, field: &str| one[field].as_str().unwrap().to_owned();
    let all = json("Get-PvsDiskInventory", &[("DiskLocatorId", &format!("{id},{id}"))]);
    let told: Vec<String> = all
        .iter()
        .map(|one| format!("{} {}: {}", text(one, "ServerName"), text(one, "Version"), text(one, "State")))
        .collect();
    let (first, second) = told.split_at(told.len() / 2);
    assert_eq!(first, second, "each id is answered");
    first.to_vec()
}

// DV-01
#[test]
fn an_inventory_tells_of_ticked_servers_and_goes_by_what_files_there_are_and_when_they_were_written() {
    let farm = PracticeWorld::in_memory(&farm_file::parse(CAMPUS).unwrap()).unwrap();
    assert_eq!(inventory(&farm), ["PVS1 0: 0", "PVS1 1: 0", "PVS1 2: 0"]);
    farm.perform(&tick("Store", "PVS2", true));
    let (store, server) = (|| "Store".to_owned(), || "PVS2".to_owned());
    let missing = |file: &str| {
        Change::CoStore(co_store::Change::FileMissing { store: store(), server: server(), file: file.into() })
    };
    for change in [
        missing("Hoge.vhd"),
        missing("Hoge.1.pvp"),
        // Its time is the old one.
        Change::CoStore(co_store::Change::Corrupt {
            store: store(),
            server: server(),
            file: Some("Hoge.2.avhd".into()),
            offset: None,
        }),
    ] {
        farm.change(change).unwrap();
    }
    let all = ["PVS1 0: 0", "PVS2 0: 1", "PVS1 1: 0", "PVS2 1: 3", "PVS1 2: 0", "PVS2 2: 0"];
    assert_eq!(inventory(&farm), all);
    farm.change(Change::Powered { server: server(), on: false }).unwrap();
    assert!(inventory(&farm).iter().filter(|one| one.starts_with("PVS2")).all(|one| one.ends_with(": 5")));
    let none = farm.perform(&cmdlet("Get-PvsDiskInventory", &[("DiskLocatorId", "x")]));
    assert!(matches!(none, Reply::CmdletFailed { code: Some(34), .. }), "{none:?}");
}

// CS-10
#[test]
fn a_servers_stores_are_told_with_the_folders_by_which_it_reaches_them() {
    let both = campus();
    let on_disk = PracticeWorld::open(&both.farm_yaml()).unwrap();
    let Reply::Json(told) = on_disk.perform(&cmdlet("Get-PvsServerStore", &[("ServerName", "pvs1,PVS2")])) else {
        panic!()
    };
    let told: Vec<serde_json::Value> = serde_json::from_str(&told).unwrap();
    let of: Vec<String> = told.iter().map(|one| format!("{} {}", one["ServerName"], one["StoreName"])).collect();
    let want = [r#""PVS1" "Store""#, r#""PVS1" "Store-Diff""#, r#""PVS1" "Store-Link""#, r#""PVS2" "Store-Link""#];
    assert_eq!(of, want);
    assert!(told[0]["Path"].as_str().unwrap().ends_with("Store") && told[1]["Path"] == "", "{told:?}");
    assert_eq!(both.code("Get-PvsServerStore", &[("ServerName", "PVS1,PVS3")]), Some(45));
    assert_eq!(both.json("Get-PvsStore", &[("StoreName", "store-diff")]), r#"[{"StoreName":"Store-Diff","Path":""}]"#);
    assert_eq!(both.code("Get-PvsStore", &[("StoreName", "Nix")]), Some(93));
}

#[test]
fn commands_and_parameters_that_do_not_exist_are_refused() {
    let farm = campus();
    assert_refused(farm.perform(&cmdlet("New-PvsServer", &[])), "not recognized");
    assert_refused(farm.perform(&cmdlet("Get-PvsServer", &[("Nmae", "x")])), "Nmae");
    assert_refused(farm.perform(&cmdlet("Remove-PvsServer", &[])), "Name");
    assert_refused(farm.perform(&cmdlet("Remove-PvsServer", &[("Name", "a"), ("Name", "b")])), "more than once");
}

#[test]
fn a_machine_that_is_off_silent_or_unheard_of_does_not_answer() {
    let farm = campus();
    farm.change(Change::Powered { server: "PVS2".into(), on: false });
    assert_unknown(farm.perform(&cmdlet_on("PVS2", "Get-PvsServer", &[])), "PVS2 did not answer");
    farm.change(Change::Powered { server: "PVS2".into(), on: true });
    farm.change(Change::Answers { server: "PVS2".into(), answers: false });
    assert_unknown(farm.perform(&rename("PVS2", "Invalid", "x")), "PVS2 did not answer");
    assert_unknown(farm.perform(&cmdlet_on("NOBODY", "Get-PvsServer", &[])), "NOBODY did not answer");
    let outside = farm.perform(&cmdlet_on("PVS3", "Get-PvsServer", &[]));
    assert!(matches!(outside, Reply::CmdletFailed { code: None, .. }), "{outside:?}");
}
