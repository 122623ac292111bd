//! Citrix PVS's own rules, as its guide documents them.

use super::support::*;
use crate::model::request::Reply;
use crate::world::practice::Change;
use crate::world::practice::co_store;

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
