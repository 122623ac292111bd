//! The vDisk files.

use std::fs;
use std::process::Command;

use jiff::Timestamp;

use super::support::*;
use crate::disk::vhd::{VhdTime, read_vhd};
use crate::world::practice::Change;
use crate::world::practice::co_store;

#[test]
fn every_storage_has_the_base_and_each_version_with_its_properties() {
    let farm = campus();
    let all = ["Hoge.1.avhd", "Hoge.1.pvp", "Hoge.2.avhd", "Hoge.2.pvp", "Hoge.pvp", "Hoge.vhd"];
    assert_eq!(farm.names("PVS1"), all);
    assert_eq!(farm.digests("PVS1"), farm.digests("PVS2"));
    assert!(farm.digests("PVS1").iter().all(|(_, hex)| hex.as_ref().is_some_and(|hex| hex.len() == 64)));
}

#[test]
fn each_version_is_a_real_image_that_names_the_one_before_as_its_parent() {
    let farm = campus();
    farm.change(Change::CoStore(co_store::Change::NewVersion { store: "Store".into(), disk: None }));
    let share = farm.folder.path().join(".practice/shares/PVS2/Store");
    let read = |name: &str| read_vhd(&mut fs::File::open(share.join(name)).unwrap()).unwrap();
    let modified = |name: &str| {
        let time = fs::metadata(share.join(name)).unwrap().modified().unwrap();
        VhdTime::of(Timestamp::try_from(time).unwrap()).unwrap()
    };
    assert!(read("Hoge.vhd").parent().is_none());
    for (parent, child) in [("Hoge.vhd", "Hoge.1.avhd"), ("Hoge.1.avhd", "Hoge.2.avhd"), ("Hoge.2.avhd", "Hoge.3.avhd")]
    {
        let image = read(child);
        let link = image.parent().unwrap();
        assert_eq!(link.id, read(parent).footer.id, "{child}");
        assert_eq!(link.modified, modified(parent), "PVS refuses a version whose parent has another time: {child}");
    }
}

#[test]
fn qemu_accepts_the_bases() {
    let farm = campus();
    let base = farm.folder.path().join(".practice/shares/PVS1/Store/Hoge.vhd");
    assert!(fs::metadata(&base).unwrap().len() < 1 << 20);
    for command in ["info", "check"] {
        // Where qemu is not installed, the test of the header above must do.
        let Ok(output) = Command::new("qemu-img").args([command, "-f", "vpc"]).arg(&base).output() else { return };
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() || said.contains("does not support checks"), "{command}: {said}");
    }
}
