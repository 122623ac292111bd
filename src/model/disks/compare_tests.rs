//! The verdicts of [`super`], case by case.

use super::*;
use crate::model::disks::manifest::{BLOCK_BYTES, Digest, Fingerprint, Manifest};
use crate::model::disks::name::Backup;

/// A file of one block for each number; 0 is a block of zeros.
fn file(name: &str, blocks: &[u8]) -> FileSeen {
    let blocks: Vec<_> = blocks.iter().map(|&n| (n != 0).then_some(Digest([n; 32]))).collect();
    let bytes = blocks.len() as u64 * BLOCK_BYTES;
    let blake3 = Digest(*blake3::hash(format!("{blocks:?}").as_bytes()).as_bytes());
    let manifest = Manifest { block_bytes: BLOCK_BYTES, blocks };
    let content = Content::Read(Fingerprint { bytes, blake3, manifest });
    FileSeen { name: name.to_owned(), bytes, modified: jiff::Timestamp::UNIX_EPOCH, content }
}

fn listing(files: &[FileSeen]) -> Listing {
    Listing { files: files.to_vec(), ..Listing::default() }
}

fn base() -> Vec<FileSeen> {
    vec![file("Hoge.vhd", &[1, 2, 3, 4]), file("Hoge.1.avhd", &[5, 0, 6]), file("Hoge.1.pvp", &[7])]
}

fn with(extra: FileSeen) -> Listing {
    let mut files = base();
    files.retain(|file| folded(&file.name) != folded(&extra.name));
    files.push(extra);
    listing(&files)
}

fn quarantined(folder: &str) -> Listing {
    let backup = Backup::parse("Hoge.11.avhd.20170907_123456_000000").expect("a backup's name");
    let found = Quarantine { path: folder.to_owned(), backups: vec![backup], others: vec![], unreadable: None };
    Listing { quarantines: vec![found], ..listing(&base()) }
}

fn store(master: Result<Listing, String>, slave: Result<Listing, String>, versions: &[(&str, u32)]) -> Comparison {
    let maintenance = versions.iter().map(|(disk, version)| ((*disk).to_owned(), *version)).collect();
    let server = |server: &str, listing| ServerFiles { server: server.to_owned(), listing };
    compare("PVS1", &[server("PVS1", master), server("PVS2", slave)], &maintenance)
}

/// The verdict on PVS2 against a master that holds [`base`].
fn slave(listing: Listing) -> ServerCompared {
    let mut found = store(Ok(super::tests::listing(&base())), Ok(listing), &[]);
    assert_eq!(found.servers[0].disks, Disks::Complete, "the master is never blamed");
    found.servers.remove(1)
}

fn state(server: &ServerCompared, path: &str) -> FileState {
    server.files.iter().find(|file| file.path == path).expect("compared").state.clone()
}

// DV-01
#[test]
fn servers_with_the_same_bytes_are_complete() {
    assert_eq!(slave(listing(&base())).disks, Disks::Complete);
}

// DV-01
#[test]
fn a_file_with_other_bytes_is_divergent_and_says_where() {
    let found = slave(with(file("Hoge.1.avhd", &[5, 0, 9])));
    assert_eq!(found.disks, Disks::Divergent);
    let FileState::Differs(Difference { ranges, .. }) = state(&found, "Hoge.1.avhd") else { panic!("{found:?}") };
    assert_eq!(ranges[0].to_string(), "4 MiB to 6 MiB");
    assert_eq!(state(&found, "Hoge.vhd"), FileState::Equal);
}

// DV-01
#[test]
fn properties_that_differ_are_divergent_too() {
    assert_eq!(slave(with(file("Hoge.1.pvp", &[8]))).disks, Disks::Divergent);
}

#[test]
fn an_export_manifest_is_reported_and_weighs_nothing() {
    let found = slave(with(file("Hoge.xml", &[8])));
    assert_eq!((state(&found, "Hoge.xml"), found.disks), (FileState::Extra, Disks::Complete));
}

// CS-08
#[test]
fn missing_or_extra_files_await_replication() {
    let found = slave(listing(&base()[..1]));
    assert_eq!((state(&found, "Hoge.1.avhd"), found.disks), (FileState::Missing, Disks::Awaiting));
    let found = slave(with(file("Old.vhd", &[1])));
    assert_eq!((state(&found, "Old.vhd"), found.disks), (FileState::Extra, Disks::Awaiting));
}

// CS-08, DV-01
#[test]
fn a_missing_file_does_not_hide_one_that_differs() {
    assert_eq!(slave(listing(&[file("Hoge.vhd", &[9, 2, 3, 4])])).disks, Disks::Divergent);
}

// CS-08
#[test]
fn a_server_without_images_has_none() {
    let found = slave(listing(&[]));
    assert_eq!((state(&found, "Hoge.vhd"), found.disks), (FileState::Missing, Disks::None));
    assert_eq!(slave(listing(&[file("Hoge.1.pvp", &[7])])).disks, Disks::None);
}

// DV-03
#[test]
fn a_backup_in_invalid_blocks_and_a_renamed_folder_does_not() {
    assert_eq!(slave(quarantined("Invalid")).disks, Disks::Invalid);
    assert_eq!(slave(quarantined("INVALID")).disks, Disks::Invalid);
    assert_eq!(slave(quarantined("Invalid.20170908")).disks, Disks::Complete);
}

// DV-03, DV-04
#[test]
fn a_backup_on_the_master_is_said_of_the_master() {
    let found = store(Ok(quarantined("Invalid")), Ok(listing(&base())), &[]);
    assert_eq!((&found.servers[0].disks, &found.servers[1].disks), (&Disks::Invalid, &Disks::Complete));
}

// DV-03
#[test]
fn an_invalid_folder_that_cannot_be_listed_is_unknown() {
    let mut ours = quarantined("Invalid");
    ours.quarantines[0] =
        Quarantine { backups: vec![], unreadable: Some("denied".to_owned()), ..ours.quarantines[0].clone() };
    assert_eq!(
        slave(ours).disks,
        Disks::Unknown { why: "the folder `Invalid` could not be listed: denied".to_owned() }
    );
}

#[test]
fn names_that_differ_only_in_case_are_one_file() {
    assert_eq!(slave(with(file("HOGE.VHD", &[1, 2, 3, 4]))).disks, Disks::Complete);
    let mut both = base();
    both.push(file("HOGE.VHD", &[9]));
    assert!(matches!(slave(listing(&both)).disks, Disks::Unknown { .. }));
}

#[test]
fn the_newest_version_in_maintenance_may_be_on_the_master_alone() {
    let newest = FileSeen {
        content: Content::InUse { why: "it was written while it was read".to_owned() },
        ..file("Hoge.2.avhd", &[1])
    };
    let master = || Ok(with(newest.clone()));
    let found = store(master(), Ok(listing(&base())), &[("hoge", 2)]);
    // A handover now would leave the version that is being written on a slave.
    assert_eq!((&found.servers[0].disks, &found.servers[1].disks), (&Disks::Complete, &Disks::Awaiting));
    assert_eq!(state(&found.servers[1], "Hoge.2.avhd"), FileState::Maintenance);

    let found = store(master(), Ok(listing(&base())), &[]);
    assert_eq!(found.servers[1].disks, Disks::Awaiting);
    assert!(matches!(found.servers[0].disks, Disks::Unknown { .. }));
    // Version 1 isn't the newest, so nothing excuses its absence.
    let found = store(Ok(with(file("Hoge.2.avhd", &[1]))), Ok(with(file("Hoge.2.avhd", &[1]))), &[("Hoge", 1)]);
    assert_eq!(found.servers[1].disks, Disks::Complete);
    let found = store(Ok(with(file("Hoge.2.avhd", &[1]))), Ok(listing(&base()[..1])), &[("Hoge", 1)]);
    assert_eq!(state(&found.servers[1], "Hoge.1.avhd"), FileState::Missing);
}

#[test]
fn a_maintenance_version_that_is_on_both_is_compared() {
    let (ours, theirs) = (with(file("Hoge.2.avhd", &[1])), with(file("Hoge.2.avhd", &[2])));
    assert_eq!(store(Ok(ours), Ok(theirs), &[("Hoge", 2)]).servers[1].disks, Disks::Divergent);
}

#[test]
fn what_could_not_be_read_is_unknown_and_never_equal() {
    for (content, why) in [
        (Content::Unreadable { why: "denied".to_owned() }, "`Hoge.vhd` on `PVS2` could not be read: denied"),
        (Content::InUse { why: "it grew".to_owned() }, "`Hoge.vhd` on `PVS2` is in use: it grew"),
        (Content::Unread, "`Hoge.vhd` on `PVS2` was not read"),
    ] {
        let ours = with(FileSeen { content, ..file("Hoge.vhd", &[1, 2, 3, 4]) });
        assert_eq!(slave(ours).disks, Disks::Unknown { why: why.to_owned() });
    }
}

// DV-01
#[test]
fn manifests_alone_tell_equal_from_different_and_where() {
    let outlined = |seen: FileSeen| match seen.content {
        Content::Read(ref found) => {
            let outline = crate::disk::manifest::Outline { blake3: None, ..found.into() };
            FileSeen { content: Content::Outlined(outline), ..seen }
        }
        _ => panic!("{seen:?}"),
    };
    let all: Vec<FileSeen> = base().into_iter().map(outlined).collect();
    assert_eq!(slave(listing(&all)).disks, Disks::Complete);
    let text = serde_json::to_string(&listing(&all)).expect("JSON");
    assert_eq!(serde_json::from_str::<Listing>(&text).expect("the same form"), listing(&all));
    let found = slave(with(outlined(file("Hoge.1.avhd", &[5, 0, 9]))));
    let FileState::Differs(Difference { ranges, .. }) = state(&found, "Hoge.1.avhd") else { panic!("{found:?}") };
    assert_eq!(ranges[0].to_string(), "4 MiB to 6 MiB");
}

// DV-01
#[test]
fn unequal_lengths_prove_a_difference_without_reading() {
    let ours = with(FileSeen { content: Content::Unread, ..file("Hoge.vhd", &[1, 2, 3]) });
    let found = slave(ours);
    assert_eq!(found.disks, Disks::Divergent);
    let FileState::Differs(Difference { ranges, .. }) = state(&found, "Hoge.vhd") else { panic!("{found:?}") };
    assert_eq!(ranges[0].to_string(), "6 MiB to 8 MiB");
}

#[test]
fn a_master_or_server_that_is_not_known_is_no_absence() {
    let failed = || Err("no answer".to_owned());
    let found = store(failed(), Ok(listing(&base())), &[]);
    let why = "the files of the master `PVS1` aren't known: no answer".to_owned();
    assert_eq!(found.servers[1].disks, Disks::Unknown { why });
    let found = store(failed(), Ok(quarantined("Invalid")), &[]);
    assert_eq!(found.servers[1].disks, Disks::Invalid);
    let found = store(Ok(listing(&base())), failed(), &[]);
    assert_eq!(found.servers[1].disks, Disks::Unknown { why: "no answer".to_owned() });
    let found =
        compare("PVS9", &[ServerFiles { server: "PVS1".into(), listing: Ok(listing(&base())) }], &BTreeSet::new());
    assert!(matches!(found.servers[0].disks, Disks::Unknown { .. }));
}

// CS-08, CS-10: an empty folder would otherwise pass for one that equals the master's.
#[test]
fn an_empty_folder_means_nothing_beside_a_master_whose_files_are_unknown() {
    let empty = || listing(&[]);
    let found = store(Err("access is denied".to_owned()), Ok(empty()), &[]);
    let Disks::Unknown { why } = &found.servers[1].disks else { panic!("{:?}", found.servers[1].disks) };
    assert!(why.contains("access is denied"), "{why}");
    assert_eq!(store(Ok(listing(&base())), Ok(empty()), &[]).servers[1].disks, Disks::None);
    assert_eq!(store(Ok(empty()), Ok(empty()), &[]).servers[1].disks, Disks::None);
}

// DV-01
#[test]
fn a_broken_chain_leaves_equal_files_unknown_and_never_hides_what_differs() {
    let fault = ChainFault::ParentMissing { parent: "Hoge.vhd".to_owned() };
    let broken = vec![BrokenLink { path: "Hoge.1.avhd".to_owned(), fault }];
    let equal = slave(Listing { broken: broken.clone(), ..listing(&base()) });
    assert!(
        matches!(&equal.disks, Disks::Unknown { why } if why.contains("parent `Hoge.vhd` is missing")),
        "{equal:?}"
    );
    let differs = Listing { broken: broken.clone(), ..with(file("Hoge.1.avhd", &[5, 0, 9])) };
    assert_eq!(slave(differs).disks, Disks::Divergent);
    let missing = Listing { broken, ..listing(&base()[1..]) };
    assert_eq!(slave(missing).disks, Disks::Awaiting);
}

// DV-01: whoever writes a version may hold its file alone, so that its headers can't be read.
#[test]
fn the_chain_of_a_version_in_maintenance_is_not_held_against_the_master() {
    let fault = ChainFault::Unreadable { why: "another program holds it".to_owned() };
    let broken = vec![BrokenLink { path: "HOGE.2.avhd".to_owned(), fault }];
    let held = || Listing { broken: broken.clone(), ..with(file("Hoge.2.avhd", &[1])) };
    let found = store(Ok(held()), Ok(listing(&base())), &[("Hoge", 2)]);
    assert_eq!((&found.servers[0].disks, &found.servers[1].disks), (&Disks::Complete, &Disks::Awaiting));
    assert!(matches!(store(Ok(held()), Ok(held()), &[]).servers[0].disks, Disks::Unknown { .. }));
}

// DV-01: PVS may refuse a chain whose files lost their times on the way.
#[test]
fn a_lost_file_time_blocks_unless_the_master_serves_the_chain_so() {
    let fault = ChainFault::ParentTime { parent: "Hoge.vhd".to_owned(), want: "2026".to_owned(), have: None };
    let broken = vec![BrokenLink { path: "Hoge.1.avhd".to_owned(), fault }];
    let lost = || Listing { broken: broken.clone(), ..listing(&base()) };
    let found = slave(lost());
    assert!(matches!(&found.disks, Disks::Unknown { why } if why.contains("should be of 2026")), "{found:?}");
    assert_eq!(found.broken, broken);
    let found = store(Ok(lost()), Ok(lost()), &[]);
    assert_eq!((&found.servers[0].disks, &found.servers[1].disks), (&Disks::Complete, &Disks::Complete));
}
