//! The vDisk files.

use super::support::*;

#[test]
fn every_storage_has_the_base_and_each_version_with_its_properties() {
    let farm = campus();
    let all = ["Hoge.1.avhd", "Hoge.1.pvp", "Hoge.2.avhd", "Hoge.2.pvp", "Hoge.pvp", "Hoge.vhd"];
    assert_eq!(farm.names("PVS1"), all);
    assert_eq!(farm.fingerprints("PVS1"), farm.fingerprints("PVS2"));
    assert!(farm.fingerprints("PVS1").iter().all(|file| file.blake3.as_ref().is_ok_and(|hex| hex.len() == 64)));
}
