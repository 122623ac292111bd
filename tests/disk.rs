//! vDisk images as other programs see them: built images are read by qemu-img, and images that qemu-img made are
//! read here. Where qemu-img is absent these tests say so and pass.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};

use rolewalk::disk::vhd::{VhdKind, read_vhd};
use rolewalk::disk::vhd_build::{Image, block_content, build_dynamic};
use rolewalk::disk::vhd_table::read_table;

fn qemu_img(arguments: &[&str], folder: &Path) -> Option<Output> {
    match Command::new("qemu-img")
        .args(arguments)
        .current_dir(folder)
        .output()
    {
        Ok(output) => Some(output),
        Err(error) => {
            eprintln!(
                "skipped: qemu-img can't be run ({error}); install qemu-utils to run this test"
            );
            None
        }
    }
}

fn assert_success(output: &Output, what: &str) {
    assert!(
        output.status.success(),
        "{what}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn qemu_reads_a_built_base_as_it_was_meant() {
    let folder = tempfile::tempdir().expect("a folder");
    let image = Image {
        blocks: vec![5, 0],
        ..Image::small("Hoge")
    };
    fs::write(
        folder.path().join("Hoge.vhd"),
        build_dynamic(&image).expect("valid"),
    )
    .expect("written");
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
    assert_eq!(
        (info["format"].as_str(), info["virtual-size"].as_u64()),
        (Some("vpc"), Some(4 << 20))
    );
    let compare = qemu_img(
        &["compare", "-f", "vpc", "-F", "raw", "Hoge.vhd", "Hoge.raw"],
        folder.path(),
    );
    assert_success(&compare.expect("qemu-img ran before"), "compare");
    let check =
        qemu_img(&["check", "-f", "vpc", "Hoge.vhd"], folder.path()).expect("qemu-img ran before");
    // 63: the format offers nothing to check, but the image was opened.
    assert!(
        matches!(check.status.code(), Some(0 | 63)),
        "{}",
        String::from_utf8_lossy(&check.stderr)
    );
}

#[test]
fn images_made_by_qemu_are_understood() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("raw"), vec![7; 5 << 20]).expect("written");
    for (subformat, kind, blocks) in [
        ("dynamic", VhdKind::Dynamic, 3),
        ("fixed", VhdKind::Fixed, 0),
    ] {
        let option = format!("subformat={subformat},force_size=on");
        let arguments = [
            "convert",
            "-f",
            "raw",
            "-O",
            "vpc",
            "-o",
            &option,
            "raw",
            "image.vhd",
        ];
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
