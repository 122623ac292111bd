//! `disks` beside real images, made by qemu-img: where they differ, and whether the disk in them is the same all the same.
//! Where qemu-img is absent the tests say so and pass.

use std::fs;
use std::path::Path;
use std::process::Command;

use rolewalk::disk::compare::{FileState, Maintenance, ServerFiles, compare};
use rolewalk::disk::difference::{Difference, Grain, SameDisk, Unplaced};
use rolewalk::disk::listing::Listing;
use rolewalk::disk::place::Part;
use serde_json::{Value as Json, json};

use crate::disks::fits_schema;
use crate::scene::Scene;

const FARM: &str = "version: 1\nco-store:\n  Labs:\n    servers: { PVS1: master, PVS2: slave, PVS3: slave, PVS4: slave }\n    disks: { Hoge: 0 }\n";
const STORE: &str = "version: 1\ngroup: Labs\nsystem: co-store\nconnection: practice\nservers: { PVS1: master, PVS2: slave, PVS3: slave, PVS4: slave }\n";
const CONNECTIONS: &str = "version: 1\nconnections:\n  practice: { practice: farm.yaml }\n";
const SERVERS: [&str; 4] = ["PVS1", "PVS2", "PVS3", "PVS4"];
/// The sector in which a byte is flipped: 9 sectors behind 10 MiB.
const SECTOR: u64 = 20_489;

/// A kind of image.
struct Kind {
    name: &'static str,
    format: &'static str,
    options: &'static str,
    /// The block that holds [`SECTOR`]; none in an image without blocks.
    block: Option<u64>,
}

const DYNAMIC: Kind =
    Kind { name: "Hoge.vhd", format: "vpc", options: "subformat=dynamic,force_size=on", block: Some(5) };
const FIXED: Kind = Kind { name: "Hoge.vhd", format: "vpc", options: "subformat=fixed,force_size=on", block: None };
const VHDX: Kind = Kind { name: "Hoge.vhdx", format: "vhdx", options: "block_size=1M", block: Some(10) };

fn qemu(program: &str, arguments: &[&str], folder: &Path) -> Option<()> {
    match Command::new(program).args(arguments).current_dir(folder).output() {
        Ok(output) => {
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            Some(())
        }
        Err(error) => {
            eprintln!("skipped: {program} can't be run ({error}); install qemu-utils to run this test");
            None
        }
    }
}

/// Writes a disk of 16 MiB with a MiB of a pattern at these MiB, in this order, and one sector that is like no other.
fn made(kind: &Kind, folder: &Path, mebis: [u32; 2]) -> Option<()> {
    let _ = fs::remove_file(folder.join(kind.name));
    qemu("qemu-img", &["create", "-q", "-f", kind.format, "-o", kind.options, kind.name, "16M"], folder)?;
    let [one, two] = mebis.map(|mebi| format!("write -P {} {mebi}M 1M", mebi + 1));
    let marked = format!("write -P 0x99 {} 512", SECTOR * 512);
    qemu("qemu-io", &["-f", kind.format, "-c", &one, "-c", &two, "-c", &marked, kind.name], folder)
}

fn flip(image: &Path) {
    let mut bytes = fs::read(image).unwrap();
    let at = bytes.windows(512).position(|window| window == [0x99; 512]).expect("the sector stands in the file");
    bytes[at + 300] ^= 1;
    fs::write(image, bytes).unwrap();
}

/// Makes the headers those of another moment, and leaves the disk as it is.
fn touch_headers(kind: &Kind, folder: &Path) -> Option<()> {
    let image = folder.join(kind.name);
    if kind.format == "vhdx" {
        let same = format!("write -P 0x99 {} 512", SECTOR * 512);
        return qemu("qemu-io", &["-f", "vhdx", "-c", &same, kind.name], folder);
    }
    let mut bytes = fs::read(&image).unwrap();
    let end = bytes.len() - 512;
    let copies = if kind.block.is_some() { vec![0, end] } else { vec![end] };
    for at in copies {
        let footer = &mut bytes[at..at + 512];
        footer[27] ^= 1;
        footer[64..68].fill(0);
        let sum: u32 = footer.iter().map(|byte| u32::from(*byte)).sum();
        footer[64..68].copy_from_slice(&(!sum).to_be_bytes());
    }
    fs::write(image, bytes).unwrap();
    Some(())
}

/// A store whose slaves have the master's image with one flipped byte, with its blocks in another order, and with other
/// headers. A fixed image has no order: there the second slave's is the master's.
fn store(kind: &Kind) -> Option<Scene> {
    let scene = Scene::empty();
    scene.write("farm.yaml", FARM).write("store.yaml", STORE).write("connections.yaml", CONNECTIONS);
    scene.ok("disks .");
    let folder = |server: &str| scene.at(".practice/shares").join(server).join("Labs");
    let [one, two, three, four] = SERVERS.map(folder);
    made(kind, &one, [2, 10])?;
    for other in [&two, &three, &four] {
        fs::copy(one.join(kind.name), other.join(kind.name)).unwrap();
    }
    flip(&two.join(kind.name));
    if kind.block.is_some() {
        made(kind, &three, [10, 2])?;
    }
    touch_headers(kind, &four)?;
    Some(scene)
}

fn cells(scene: &Scene, kind: &Kind) -> Vec<Json> {
    let matrix = scene.json("disks . --format json", 2);
    fits_schema(scene, &matrix);
    let rows = matrix["groups"][0]["files"].as_array().unwrap();
    let row = rows.iter().find(|row| row["path"] == kind.name).unwrap_or_else(|| panic!("{matrix}"));
    SERVERS.map(|server| row["servers"][server].clone()).into()
}

fn structures(cell: &Json) -> Vec<&str> {
    cell["parts"].as_array().unwrap().iter().filter_map(|part| part["name"].as_str()).collect()
}

// DV-01, DV-02
#[test]
fn images_of_this_machine_are_told_apart_by_block_and_sector_by_layout_and_by_header() {
    for kind in [DYNAMIC, FIXED, VHDX] {
        let Some(scene) = store(&kind) else { return };
        let [_, flipped, turned, touched] = &cells(&scene, &kind)[..] else { panic!() };
        let sector = json!({ "part": "sectors", "block": kind.block, "first": SECTOR, "last": SECTOR });
        assert_eq!((&flipped["state"], &flipped["grain"]), (&json!("differs"), &json!("sector")), "{}", kind.options);
        assert_eq!(flipped["parts"], json!([sector]), "{}", kind.options);
        let other = if kind.block.is_some() { "other-layout" } else { "equal" };
        assert_eq!(turned["state"], other, "{}", kind.options);
        assert_eq!(touched["state"], "other-header", "{}: {touched}", kind.options);
        assert!(touched["parts"].as_array().unwrap().iter().all(|part| part["part"] == "structure"), "{touched}");
        match kind.name {
            "Hoge.vhdx" => assert!(structures(touched).iter().any(|name| name.ends_with("-header")), "{touched}"),
            _ if kind.block.is_some() => assert_eq!(structures(touched), ["footer-copy", "footer"]),
            _ => assert_eq!(structures(touched), ["footer"]),
        }
        assert!([flipped, touched].iter().all(|cell| !cell["ranges"].as_array().unwrap().is_empty()));
        assert_eq!(scene.acts(), [""; 0]);
    }
}

// DV-01, DV-02
#[test]
fn the_same_disk_in_other_bytes_is_told_in_words_and_stops_a_handover_all_the_same() {
    let Some(scene) = store(&DYNAMIC) else { return };
    let said = scene.run("disks .").exits(2).says("sector 20489 (block 5)");
    let said = said.says("Hoge.vhd on PVS3 holds the same disk as the master's, with blocks in other places");
    let said = said.says("Hoge.vhd on PVS4 holds the same disk as the master's and differs in its headers alone");
    said.says("the footer's copy, the footer").says("is divergent all the same");
    let said = scene.run("disks . --lang ja").exits(2).says("セクター 20489 (ブロック 5)");
    said.says("ブロックの配置が異なる").says("フッターの控え、フッター");
    for format in ["markdown", "html"] {
        let said = scene.run(&format!("disks . --format {format}")).exits(2);
        said.says("same disk, other layout").says("same disk, other header").says("sector 20489");
    }
    // Only the servers whose files hold the same disk are left as slaves that differ.
    let equal = scene.at(".practice/shares/PVS1/Labs/Hoge.vhd");
    fs::copy(equal, scene.at(".practice/shares/PVS2/Labs/Hoge.vhd")).unwrap();
    scene.edit("store.yaml", "PVS1: master, PVS2: slave", "PVS1: slave, PVS2: master");
    scene.run("apply . --yes").exits(5).says("no_divergent_file").says("Hoge.vhd on `PVS3` differs");
    assert_eq!(scene.acts(), [""; 0]);
}

/// What each server's own `disks hash` tells of its image beside the master's, without the files.
fn by_manifests(scene: &Scene, kind: &Kind) -> Vec<FileState> {
    let listed = |server: &str| {
        let listing = scene.ok(&format!("disks hash .practice/shares/{server}/Labs --format json")).out;
        let listing: Listing = serde_json::from_str(&listing).unwrap();
        ServerFiles { server: server.into(), listing: Ok(listing) }
    };
    let found = compare("PVS1", &SERVERS.map(listed), &Maintenance::new());
    let state = |server: rolewalk::disk::compare::ServerCompared| {
        server.files.into_iter().find(|file| file.path == kind.name).unwrap().state
    };
    found.servers.into_iter().map(state).collect()
}

// DV-01: bytes do not cross the network, and no more is said than what was sent tells.
#[test]
fn what_servers_send_names_blocks_and_other_headers_and_says_what_it_can_not_tell() {
    for kind in [DYNAMIC, FIXED, VHDX] {
        let Some(scene) = store(&kind) else { return };
        let states = by_manifests(&scene, &kind);
        let [_, FileState::Differs(flipped), turned, FileState::Differs(touched)] = &states[..] else {
            panic!("{states:?}")
        };
        assert_eq!((flipped.same_disk, flipped.grain), (None, Grain::Block));
        let holds = |part: &Part| {
            matches!(part, Part::Sectors { block, first, last }
                if *block == kind.block && (*first..=*last).contains(&SECTOR))
        };
        let parts = flipped.parts.as_ref().unwrap();
        assert!(parts.first.iter().any(holds), "{}: {parts:?}", kind.options);
        assert_eq!(flipped.ranges.iter().map(|range| range.end - range.start).sum::<u64>(), 2 << 20);
        assert_eq!(touched.same_disk, Some(SameDisk::OtherHeader), "{}: {touched:?}", kind.options);
        match (kind.block, turned) {
            (None, turned) => assert_eq!(turned, &FileState::Equal),
            (_, FileState::Differs(Difference { same_disk, parts, .. })) => {
                assert_eq!((same_disk, parts), (&None, &Err(Unplaced::OtherPlaces)));
            }
            (_, other) => panic!("{other:?}"),
        }
    }
}
