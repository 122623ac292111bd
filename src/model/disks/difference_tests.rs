//! What manifests and headers that were sent tell of two images, without any file.

use std::collections::BTreeMap;

use super::*;
use crate::model::disks::layout::{Layout, Structure};
use crate::model::disks::manifest::Digest;

const MIB: u64 = 1 << 20;

/// An image of three blocks of 2 MiB that begin 1 MiB after the file does, and a footer behind them.
fn image(beside: u8) -> Image {
    let structures = [
        (ByteRange { start: 0, end: 512 }, Structure::FooterCopy),
        (ByteRange { start: 7 * MIB, end: 7 * MIB + 512 }, Structure::Footer),
    ];
    Image {
        layout: Layout {
            parent: None,
            virtual_bytes: 6 * MIB,
            block_bytes: 2 << 20,
            bitmap_bytes: 512,
            is_fixed: false,
            blocks: [MIB, 3 * MIB, 5 * MIB].map(Some).into(),
            structures: structures.into(),
        },
        beside: BTreeMap::from([(0, Digest([beside; 32])), (3, Digest([beside; 32]))]),
    }
}

fn difference(mebis: &[(u64, u64)], one: &Image, other: &Image) -> Difference {
    let ranges = mebis.iter().map(|(start, end)| ByteRange { start: start * MIB, end: end * MIB }).collect();
    Difference::by_manifests(ranges, ("PVS1", Some(one)), ("PVS2", Some(other)))
}

// DV-01
#[test]
fn a_block_of_a_manifest_names_the_blocks_of_the_disk_that_it_touches() {
    let found = difference(&[(2, 4)], &image(1), &image(1));
    let part = |block, first, last| Part::Sectors { block: Some(block), first, last };
    let want = [part(0, 2048, 4095), Part::Bitmap { block: 1 }, part(1, 4096, 6143)];
    assert_eq!(found.parts.expect("placed").first, want);
    assert_eq!((found.same_disk, found.grain), (None, Grain::Block));
}

// DV-01
#[test]
fn structures_alone_differ_only_where_everything_beside_them_is_known_to_be_equal() {
    let ends = [(0, 2), (6, 8)];
    let found = difference(&ends, &image(1), &image(1));
    let parts = [Structure::FooterCopy, Structure::Footer].map(Part::Structure);
    assert_eq!((found.same_disk, &found.parts.expect("placed").first[..]), (Some(SameDisk::OtherHeader), &parts[..]));
    let mut moved = image(1);
    moved.layout.structures[0].0.end = 1024;
    for (mebis, other) in [(&ends[..], image(2)), (&ends[..], moved), (&[(0, 4)], image(1))] {
        let found = difference(mebis, &image(1), &other);
        let parts = found.parts.expect("placed").first;
        assert!(
            found.same_disk.is_none() && parts.iter().any(|part| matches!(part, Part::Sectors { .. })),
            "{mebis:?}"
        );
    }
}

// DV-01: never more than is true.
#[test]
fn where_places_or_forms_are_not_the_same_or_not_known_no_block_is_named() {
    let (mut turned, mut child) = (image(1), image(1));
    turned.layout.blocks.swap(0, 2);
    child.layout.parent = Some(crate::model::disks::identity::DiskId([7; 16]));
    let unplaced = |other: &Image| difference(&[(2, 4)], &image(1), other).parts.expect_err("not placed");
    assert_eq!((unplaced(&turned), unplaced(&child)), (Unplaced::OtherPlaces, Unplaced::OtherForm));
    let silent = Difference::by_manifests(Vec::new(), ("PVS1", Some(&turned)), ("PVS2", None));
    assert_eq!(silent.parts, Err(Unplaced::HeadersNotRead { server: "PVS2".into() }));
}

#[test]
fn parts_are_joined_and_only_the_first_are_kept() {
    let sector = |block, at| Part::Sectors { block, first: at, last: at };
    let joined: Parts =
        [sector(Some(1), 4), sector(Some(1), 5), sector(Some(2), 6), sector(Some(2), 8)].into_iter().collect();
    assert_eq!(joined.first[0], Part::Sectors { block: Some(1), first: 4, last: 5 });
    assert_eq!((joined.first.len(), joined.more), (3, 0));
    let many: Parts = (0..250).map(|at| sector(None, 2 * at)).collect();
    assert_eq!((many.first.len(), many.more), (MOST_PARTS, 150));
}
