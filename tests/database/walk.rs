//! Whole runs with the database over the network, and all else on the practice farm.

use std::fs;
use std::path::Path;

use rolewalk::world::practice::tds::Fault;

use super::stage::{CANARY, Stage};

// CS-05, CS-07
#[test]
fn the_campus_is_walked_and_is_as_declared_afterwards() {
    let stage = Stage::of("campus");
    let applied = stage.run("apply . --yes");
    assert_eq!(applied.code, Some(0), "{}", applied.text);
    let again = stage.run("apply . --yes");
    assert!(again.code == Some(0) && again.text.contains("as declared"), "{}", again.text);
    let drift = stage.run("drift .");
    assert_eq!(drift.code, Some(0), "{}", drift.text);
}

// CS-10
#[test]
fn a_handover_goes_through_the_database_as_one_transaction() {
    let stage = Stage::of("change-master");
    let applied = stage.run("apply . --yes");
    assert_eq!(applied.code, Some(0), "{}", applied.text);
    assert_eq!((stage.count("BEGIN"), stage.count("UPDATE"), stage.count("COMMIT")), (1, 1, 1));
}

// CS-10
#[test]
fn a_handover_whose_connection_is_cut_is_looked_at_and_never_sent_again() {
    for (word, fault) in [("COMMIT", Fault::CutAfter), ("COMMIT", Fault::CutBefore), ("UPDATE", Fault::CutAfter)] {
        let stage = Stage::of("change-master");
        stage.server.faults().add(word, fault.clone());
        let applied = stage.run("apply . --yes");
        // Seen half done, or nothing to be seen of a change that may still be on its way.
        let code = if (word, &fault) == ("COMMIT", &Fault::CutAfter) { 7 } else { 3 };
        assert_eq!(applied.code, Some(code), "{fault:?}: {}", applied.text);
        assert!(applied.text.contains("was lost"), "{}", applied.text);
        assert_eq!(stage.count("UPDATE"), 1);
        let resumed = stage.run("resume");
        assert_eq!(resumed.code, Some(0), "{fault:?}: {}", resumed.text);
        let updates = if (word, &fault) == ("COMMIT", &Fault::CutAfter) { 1 } else { 2 };
        assert_eq!(stage.count("UPDATE"), updates, "{word} {fault:?}");
    }
}

#[test]
fn a_secret_is_in_nothing_that_is_written() {
    for (word, fault) in [("", None), ("COMMIT", Some(Fault::CutAfter)), ("LOGIN", Some(Fault::CutBefore))] {
        let stage = Stage::of("change-master");
        if let Some(fault) = fault {
            stage.server.faults().add(word, fault);
        }
        let mut written = String::new();
        for line in [
            "observe --check .",
            "observe . -o seen.json",
            "plan . -o plan.json",
            "--log-format json apply . --yes",
            "resume",
            "history",
            "locks .",
        ] {
            let output = stage.command(line).env("ROLEWALK_LOG", "trace").output().unwrap();
            written.push_str(&String::from_utf8_lossy(&output.stdout));
            written.push_str(&String::from_utf8_lossy(&output.stderr));
        }
        assert!(written.len() > 1000);
        assert_eq!(found_in(written.as_bytes()), None);
        let mut files = 0;
        search(&stage.path(""), &mut files);
        assert!(files > 5, "{files}");
    }
}

/// Searches every file for the secret, in each encoding that it could be written in.
fn search(folder: &Path, files: &mut usize) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search(&path, files);
        } else {
            *files += 1;
            assert_eq!(found_in(&fs::read(&path).unwrap()), None, "{}", path.display());
        }
    }
}

fn found_in(bytes: &[u8]) -> Option<usize> {
    let plain = CANARY.split('\'').next().unwrap();
    let wide: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let scrambled: Vec<u8> = wide.iter().map(|byte| byte.rotate_left(4) ^ 0xa5).collect();
    [plain.as_bytes().to_vec(), wide, scrambled]
        .iter()
        .find_map(|part| bytes.windows(part.len()).position(|at| at == part))
}
