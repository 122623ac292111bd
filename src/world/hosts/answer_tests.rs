use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use proptest::prelude::*;

use super::*;
use crate::world::hosts::store;

fn of_script(status: i32, json: &str) -> Answer {
    Answer { status, wrote: BASE64_STANDARD.encode(json).into_bytes(), said: Vec::new() }
}

/// The answers that the guide's fields make up, each with what it is.
#[test]
fn answers_of_pvs_are_read_as_documented_and_nothing_else_is() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/replies/powershell");
    let mut read = 0;
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let (head, body) = text.split_once("\n\n").unwrap();
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(&format!("# {name}: "))).unwrap();
        assert!(
            ["constructed from documented fields", "documented"].iter().any(|from| field("form").starts_with(from))
        );
        let answer = of_script(field("status").parse().unwrap(), body.trim());
        let told = match field("of") {
            "cmdlet" => shown(cmdlet(&answer)),
            "program" => shown(program_by_powershell(&answer, Encoding::Cp932, true)),
            "stat" => shown(size_by_powershell(&answer)),
            "list" => shown(store::powershell(&answer)),
            "change" => shown(script(&answer).map(|said| done(said, Reply::Renamed))),
            "wizard" => shown(wizard(&answer)),
            other => panic!("{other}"),
        };
        assert!(told.contains(field("is")), "{}: {told}", file.display());
        read += 1;
    }
    assert!(read >= 33, "{read}");
}

fn shown(told: Result<impl std::fmt::Debug, String>) -> String {
    match told {
        Ok(reply) => format!("{reply:?}"),
        Err(why) => format!("unreadable: {why}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn whatever_comes_is_read_or_told_and_never_a_guess(bytes in proptest::collection::vec(any::<u8>(), 0..200), status in -3..200i32) {
        let raw = Answer { status, wrote: bytes.clone(), said: bytes.clone() };
        let encoded = Answer { wrote: BASE64_STANDARD.encode(&bytes).into_bytes(), ..raw.clone() };
        for answer in [&raw, &encoded] {
            for reply in [cmdlet(answer), program_by_powershell(answer, Encoding::Utf16, true), size_by_powershell(answer), store::powershell(answer)] {
                // Bytes without a form are no answer of PowerShell's.
                prop_assert!(reply.is_err() || serde_json::from_slice::<Json>(&bytes).is_ok(), "{:?}", reply);
            }
            let _ = (size(answer), store::posix(answer), program(answer, Encoding::Cp932, true), fingerprints(Reply::Ended {
                exit_code: status, stdout: String::from_utf8_lossy(&bytes).into_owned(), stderr: String::new(),
            }));
        }
    }

    #[test]
    fn a_field_that_is_missing_or_of_another_kind_is_no_answer(
        fields in proptest::collection::btree_map("(n|d|b|t|h|u|json|code|exit|size|absent|entries|message|complete|kept)", "(1|\"x\"|null|true|\\[\\]|\\[1\\]|\\{\\}|-1|1e400)", 0..6)
    ) {
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let one = format!("{{{}}}", body.join(","));
        for text in [one.clone(), format!("{{\"entries\":[{one}]}}"), format!("[{one}]")] {
            let answer = of_script(0, &text);
            for reply in [cmdlet(&answer), program_by_powershell(&answer, Encoding::Utf8, true), size_by_powershell(&answer), store::powershell(&answer)] {
                if let Err(why) = reply {
                    prop_assert!(!why.is_empty());
                }
            }
            // Nothing above says that the wizard's files are gone.
            prop_assert!(!matches!(wizard(&answer), Ok((_, true))));
        }
    }
}

#[test]
fn a_listing_of_find_is_read_with_what_invalid_folders_hold() {
    let wrote = b"f\t512\t1700000000.1234567890\tHoge.vhd\0f\t1\t1700000000.0\tHoge.lok\0d\t4096\t1700000000.5\tInvalid\0\
        q\t0\t0\t./Invalid/Hoge.11.avhd.20170907_123456_000000\0d\t4096\t1.5\tInvalid.20170908\0u\t0\t0\t./Invalid.20170908\0\
        l\t7\t1.5\tGone.vhd\0";
    let answer = Answer { status: 0, wrote: wrote.to_vec(), said: Vec::new() };
    let Ok(Reply::Listing(listing)) = store::posix(&answer) else { panic!() };
    assert_eq!(listing.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["Gone.vhd", "Hoge.vhd"]);
    assert_eq!(listing.files[1].bytes, 512);
    assert_eq!(listing.files[1].modified.to_string(), "2023-11-14T22:13:20.1234567Z");
    assert_eq!(listing.quarantines[0].backups.len(), 1);
    assert!(listing.quarantines[1].unreadable.is_some());
    assert_eq!(listing.left_out.len(), 3);
    let absent = Answer { status: posix::ABSENT, wrote: Vec::new(), said: Vec::new() };
    assert!(matches!(store::posix(&absent), Ok(Reply::Refused { .. })));
    let failed = Answer { status: posix::UNTOLD, wrote: Vec::new(), said: b"find: permission denied".to_vec() };
    assert_eq!(store::posix(&failed), Err("find: permission denied".into()));
}
