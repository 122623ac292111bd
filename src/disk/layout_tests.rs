//! Layouts, and the places that they give to byte ranges, of images that are built for the purpose.

use std::io::Cursor;

use super::*;
use crate::disk::place::{Part, place};
use crate::disk::vhd::{VhdTime, sum};
use crate::disk::vhd_build::{Image as Built, ParentLink, build_differencing, build_dynamic};

// DV-01
#[test]
fn bytes_of_an_image_are_named_by_structure_block_and_sector() {
    let image = Built { blocks: vec![5, 0], ..Built::small("Hoge") };
    let parent = ParentLink { id: image.id(), modified: VhdTime(1), file: "Hoge.vhd".to_owned() };
    let built = [(build_dynamic(&image), FileKind::Vhd), (build_differencing(&image, &parent), FileKind::Avhd)];
    for (bytes, kind) in built {
        let bytes = bytes.expect("valid");
        let layout = read_layout(&mut Cursor::new(&bytes), kind).expect("valid");
        let five = layout.blocks[5].expect("allocated");
        let one = |start: u64, end: u64| place(&layout, &[ByteRange { start, end }]);
        let sector = 5 * (512 << 10) / 512;
        let flipped = one(five + 700, five + 701);
        assert_eq!(flipped.len(), 1, "{flipped:?}");
        assert_eq!(flipped[0].part, Part::Sectors { block: Some(5), first: sector + 1, last: sector + 1 });
        assert_eq!(one(five - 1, five)[0].part, Part::Bitmap { block: 5 });
        let whole = one(0, bytes.len() as u64);
        let structures: Vec<Structure> = whole
            .iter()
            .filter_map(|placed| match placed.part {
                Part::Structure(structure) => Some(structure),
                _ => None,
            })
            .collect();
        use Structure::{BlockTable, DynamicHeader, Footer, FooterCopy};
        assert_eq!(structures, [FooterCopy, DynamicHeader, BlockTable, Footer]);
        let blocks = whole.iter().filter(|placed| matches!(placed.part, Part::Sectors { .. })).count();
        assert_eq!((blocks, whole.len()), (2, 8));
    }
}

// DV-01
#[test]
fn bytes_of_a_fixed_image_are_sectors() {
    let footer = build_dynamic(&Built::small("Hoge")).expect("valid")[..512].to_vec();
    let mut image = vec![7; 4 << 20];
    image.extend(footer);
    let end = image.len() - 512;
    image[end + 60..end + 64].copy_from_slice(&2u32.to_be_bytes());
    let sum = sum(&image[end..], 64);
    image[end + 64..end + 68].copy_from_slice(&sum.to_be_bytes());
    let layout = read_layout(&mut Cursor::new(&image), FileKind::Vhd).expect("valid");
    let found = place(&layout, &[ByteRange { start: 3 << 20, end: (3 << 20) + 1024 }]);
    assert_eq!(found[0].part, Part::Sectors { block: None, first: 6144, last: 6145 });
    let error = read_layout(&mut Cursor::new(&image[1 << 20..]), FileKind::Vhd).expect_err("cut short");
    assert!(error.to_string().starts_with("the disk's size at byte"), "{error}");
}

// DV-01: what a server sends tells a footer that was written anew from a sector beside it.
#[test]
fn what_stands_beside_the_structures_is_told_from_the_structures() {
    let folder = tempfile::tempdir().expect("a folder");
    let image = build_dynamic(&Built::small("Hoge")).expect("valid");
    let read = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut image = image.clone();
        change(&mut image);
        std::fs::write(folder.path().join("Hoge.vhd"), &image).expect("written");
        let listing = crate::disk::folder::list_folder(folder.path()).expect("listed");
        read_image(folder.path(), &listing.files[0])
    };
    let first = read(&|_| {}).expect("an image");
    assert_eq!(first.beside.keys().collect::<Vec<_>>(), [&0]);
    let footer = |image: &mut Vec<u8>| {
        let end = image.len() - 512;
        for at in [0, end] {
            image[at + 24] ^= 1;
            let sum = sum(&image[at..at + 512], 64);
            image[at + 64..at + 68].copy_from_slice(&sum.to_be_bytes());
        }
    };
    assert_eq!(read(&footer), Some(first.clone()));
    let sector = |image: &mut Vec<u8>| *image.iter_mut().nth_back(600).expect("long enough") ^= 1;
    let other = read(&sector).expect("an image");
    assert_eq!(other.layout, first.layout);
    assert_ne!(other.beside, first.beside);
    assert_eq!(read(&|image| image.truncate(700)), None);
    let mut stale = crate::disk::folder::list_folder(folder.path()).expect("listed").files.remove(0);
    stale.bytes += 1;
    assert_eq!(read_image(folder.path(), &stale), None);
}
