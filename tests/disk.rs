//! Real files: a farm of small images compared, and images as other programs see them (built ones are read by
//! qemu-img, and ones that qemu-img made are read here). Where qemu-img is absent its tests say so and pass.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};

use rolewalk::disk::cache::Cache;
use rolewalk::disk::compare::{Disks, FileState, Maintenance, ServerFiles, compare};
use rolewalk::disk::difference::{Difference, Parts, SameDisk};
use rolewalk::disk::folder::{hash_folder, hash_folder_by};
use rolewalk::disk::guest::read_guest;
use rolewalk::disk::pair::compare_folders;
use rolewalk::disk::place::Part;
use rolewalk::disk::vhd::{VhdKind, read_vhd};
use rolewalk::disk::vhd_build::{Image, block_content, build_dynamic};
use rolewalk::disk::vhd_table::read_table;
use rolewalk::disk::vhdx::read_vhdx;
use rolewalk::disk::watch::Watch;

fn qemu_img(arguments: &[&str], folder: &Path) -> Option<Output> {
    qemu("qemu-img", arguments, folder)
}

fn qemu(program: &str, arguments: &[&str], folder: &Path) -> Option<Output> {
    match Command::new(program).args(arguments).current_dir(folder).output() {
        Ok(output) => Some(output),
        Err(error) => {
            eprintln!("skipped: {program} can't be run ({error}); install qemu-utils to run this test");
            None
        }
    }
}

fn assert_success(output: &Output, what: &str) {
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn qemu_reads_a_built_base_as_it_was_meant() {
    let folder = tempfile::tempdir().expect("a folder");
    let image = Image { blocks: vec![5, 0], ..Image::small("Hoge") };
    fs::write(folder.path().join("Hoge.vhd"), build_dynamic(&image).expect("valid")).expect("written");
    let mut raw = vec![0; 4 << 20];
    for block in [0, 5] {
        let begin = block as usize * (512 << 10);
        raw[begin..begin + (512 << 10)].copy_from_slice(&block_content(&image, block));
    }
    fs::write(folder.path().join("Hoge.raw"), raw).expect("written");

    let Some(info) = qemu_img(&["info", "--output=json", "Hoge.vhd"], folder.path()) else {
        return;
    };
    assert_success(&info, "info");
    let info: serde_json::Value = serde_json::from_slice(&info.stdout).expect("JSON");
    assert_eq!((info["format"].as_str(), info["virtual-size"].as_u64()), (Some("vpc"), Some(4 << 20)));
    let compare = qemu_img(&["compare", "-f", "vpc", "-F", "raw", "Hoge.vhd", "Hoge.raw"], folder.path());
    assert_success(&compare.expect("qemu-img ran before"), "compare");
    let check = qemu_img(&["check", "-f", "vpc", "Hoge.vhd"], folder.path()).expect("qemu-img ran before");
    // 63: the format offers nothing to check, but the image was opened.
    assert!(matches!(check.status.code(), Some(0 | 63)), "{}", String::from_utf8_lossy(&check.stderr));
}

#[test]
fn images_made_by_qemu_are_understood() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("raw"), vec![7; 5 << 20]).expect("written");
    for (subformat, kind, blocks) in [("dynamic", VhdKind::Dynamic, 3), ("fixed", VhdKind::Fixed, 0)] {
        let option = format!("subformat={subformat},force_size=on");
        let arguments = ["convert", "-f", "raw", "-O", "vpc", "-o", &option, "raw", "image.vhd"];
        let Some(made) = qemu_img(&arguments, folder.path()) else {
            return;
        };
        assert_success(&made, "convert");
        let mut file = File::open(folder.path().join("image.vhd")).expect("made above");
        let vhd = read_vhd(&mut file).expect("a valid image");
        assert!(vhd.faults.is_empty(), "{:?}", vhd.faults);
        assert_eq!((vhd.footer.kind, vhd.footer.virtual_bytes), (kind, 5 << 20));
        let table = read_table(&mut file, &vhd).expect("a valid table");
        assert_eq!(table.iter().flatten().count(), blocks);
    }
}

#[test]
fn a_vhdx_made_by_qemu_is_understood_and_every_session_shows() {
    let folder = tempfile::tempdir().expect("a folder");
    let arguments = ["create", "-f", "vhdx", "-o", "block_size=4M", "image.vhdx", "64M"];
    let Some(made) = qemu_img(&arguments, folder.path()) else {
        return;
    };
    assert_success(&made, "create");
    let read = || read_vhdx(&mut File::open(folder.path().join("image.vhdx")).expect("made above")).expect("valid");
    let vhdx = read();
    assert!(vhdx.faults.is_empty(), "{:?}", vhdx.faults);
    assert_eq!((vhdx.virtual_bytes, vhdx.block_bytes), (64 << 20, 4 << 20));
    assert_eq!((vhdx.is_open(), vhdx.parent.is_none()), (false, true));
    assert!(vhdx.creator.starts_with("QEMU"), "{}", vhdx.creator);

    fs::write(folder.path().join("raw"), vec![7; 64 << 20]).expect("written");
    let arguments = ["convert", "-n", "-f", "raw", "-O", "vhdx", "raw", "image.vhdx"];
    assert_success(&qemu_img(&arguments, folder.path()).expect("qemu-img ran before"), "convert");
    let written = read();
    assert!(written.header.sequence > vhdx.header.sequence);
    assert_ne!(written.header.data_write, vhdx.header.data_write);
    assert_eq!(written.id, vhdx.id);
}

/// A store with an image of 64 MiB that holds a MiB of a pattern at each of these places, written in this order.
fn written_by_qemu(store: &Path, (name, format): (&str, &str), mebis: [u32; 2]) -> Option<()> {
    fs::create_dir(store).expect("a folder");
    assert_success(&qemu_img(&["create", "-f", format, name, "64M"], store)?, "create");
    let [first, second] = mebis.map(|mebi| format!("write -P {} {mebi}M 1M", mebi + 1));
    assert_success(&qemu("qemu-io", &["-f", format, "-c", &first, "-c", &second, name], store)?, "write");
    Some(())
}

// DV-01
#[test]
fn one_disk_whose_blocks_qemu_wrote_in_another_order_is_told() {
    for (name, format) in [("Hoge.vhd", "vpc"), ("Hoge.vhdx", "vhdx")] {
        let farm = tempfile::tempdir().expect("a folder");
        let folders = ["PVS1", "PVS2", "PVS3"].map(|server| (server.to_owned(), farm.path().join(server)));
        for ((_, folder), mebis) in folders.iter().zip([[2, 40], [40, 2], [2, 41]]) {
            if written_by_qemu(folder, (name, format), mebis).is_none() {
                return;
            }
        }
        let [one, turned, other] = folders.each_ref().map(|(_, folder)| folder.join(name));
        let compare = ["compare", "-f", format, "-F", format, one.to_str().unwrap(), turned.to_str().unwrap()];
        assert_success(&qemu_img(&compare, farm.path()).expect("qemu-img ran before"), "compare");

        let found = compare_folders("PVS1", &folders, &Maintenance::new(), &Watch::default());
        let difference = |server: usize| match &found.servers[server].files[0].state {
            FileState::Differs(found) => found.clone(),
            other => panic!("{format}: {other:?}"),
        };
        assert_eq!(difference(1).same_disk, Some(SameDisk::OtherLayout), "{format}");
        assert_eq!(found.servers[1].disks, Disks::Divergent, "told, and not excused");

        let guest = |path: &Path| read_guest(path, &Watch::default()).expect("readable");
        assert_eq!(guest(&one).same_disk(&guest(&turned)), Some(SameDisk::OtherLayout));
        assert_eq!(guest(&one).same_disk(&guest(&other)), None);

        let Difference { same_disk: None, parts: Ok(Parts { first, more: 0 }), .. } = difference(2) else { panic!() };
        let sectors = first.into_iter().filter_map(|part| match part {
            Part::Sectors { first, last, .. } => Some((first, last)),
            _ => None,
        });
        // From 40 to 42 MiB, in sectors of 512 bytes.
        assert_eq!(sectors.collect::<Vec<_>>(), [(81920, 86015)], "{format}");
    }
}

// DV-01, DV-03, CS-08
#[test]
fn a_flipped_byte_a_missing_file_and_a_quarantine_are_told_apart() {
    let farm = tempfile::tempdir().expect("a folder");
    let base = build_dynamic(&Image { blocks: (0..8).collect(), ..Image::small("Hoge") }).expect("valid");
    let listings = ["PVS1", "PVS2", "PVS3", "PVS4", "PVS5"].map(|server| {
        let store = farm.path().join(server);
        fs::create_dir(&store).expect("a folder");
        let mut base = base.clone();
        if server == "PVS2" {
            base[3 << 20] ^= 1;
        }
        if server != "PVS5" {
            fs::write(store.join("Hoge.vhd"), base).expect("written");
        }
        if server != "PVS3" && server != "PVS5" {
            fs::write(store.join("Hoge.pvp"), "properties").expect("written");
        }
        if server == "PVS4" {
            fs::create_dir(store.join("Invalid")).expect("a folder");
            fs::write(store.join("Invalid/Hoge.11.avhd.20170907_123456_000000"), "old").expect("written");
        }
        let listing = hash_folder(&store).map_err(|error| error.to_string());
        ServerFiles { server: server.to_owned(), listing }
    });
    let found = compare("PVS1", &listings, &Maintenance::new());
    let disks: Vec<&Disks> = found.servers.iter().map(|server| &server.disks).collect();
    assert_eq!(disks, [&Disks::Complete, &Disks::Divergent, &Disks::Awaiting, &Disks::Invalid, &Disks::None]);
    let FileState::Differs(Difference { ranges, .. }) = &found.servers[1].files[1].state else { panic!("{found:?}") };
    assert_eq!(ranges[0].to_string(), "2 MiB to 4 MiB");
}

#[test]
fn a_folder_that_has_not_changed_is_listed_from_the_cache() {
    let store = tempfile::tempdir().expect("a folder");
    for name in ["Hoge.vhd", "Fuga.vhd"] {
        fs::write(store.path().join(name), build_dynamic(&Image::small(name)).expect("valid")).expect("written");
    }
    let (cache, read_bytes) = (Cache::default(), AtomicU64::new(0));
    let list = || {
        let now = jiff::Timestamp::MAX;
        hash_folder_by(store.path(), &|path| {
            cache.read(path, now, &mut |bytes| {
                read_bytes.fetch_add(bytes, Ordering::Relaxed);
            })
        })
        .expect("readable")
    };
    let first = list();
    assert_eq!(read_bytes.swap(0, Ordering::Relaxed), first.image_bytes());
    assert_eq!(list(), first);
    assert_eq!(read_bytes.load(Ordering::Relaxed), 0);
}
