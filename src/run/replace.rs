//! Gives a file that was written beside its place the name that it shall have.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::NamedTempFile;

/// How often a file is given its name, where another program of Windows is in the way, and how long to wait between.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(25);

/// Gives a file its name; the file that had it is gone. On Windows a program that looks at every file (for viruses, for an
/// index) holds it for a moment, which is waited for.
///
/// # Errors
/// What was there before is untouched then, and the new file is gone.
pub fn replace(beside: NamedTempFile, path: &Path) -> io::Result<()> {
    let (_file, beside) = beside.keep().map_err(|error| error.error)?;
    let named = (1..TRIES).find_map(|_| match fs::rename(&beside, path) {
        Err(error) if is_held(&error) => {
            std::thread::sleep(PAUSE);
            None
        }
        named => Some(named),
    });
    named.unwrap_or_else(|| fs::rename(&beside, path)).inspect_err(|_| {
        // What it was made for has failed already, and is told.
        let _ = fs::remove_file(&beside);
    })
}

/// Whether Windows refused as it does while another program has the file open: access denied, or a sharing violation.
///
/// # Source
/// "System Error Codes" of Windows' documentation: 5 and 32.
fn is_held(error: &io::Error) -> bool {
    cfg!(windows) && matches!(error.raw_os_error(), Some(5 | 32))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn beside(folder: &Path) -> NamedTempFile {
        let mut file = NamedTempFile::new_in(folder).unwrap();
        file.write_all(b"new").unwrap();
        file
    }

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    #[test]
    fn the_new_file_has_the_name_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for _ in 0..2 {
            replace(beside(folder.path()), &path).unwrap();
            assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(folder.path()).len()), ("new", 1));
        }
    }

    #[test]
    fn a_place_that_can_not_be_taken_stays_as_it_was_with_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("place");
        fs::create_dir_all(path.join("inside")).unwrap();
        replace(beside(folder.path()), &path).unwrap_err();
        assert!(path.join("inside").is_dir());
        assert_eq!(names(folder.path()), ["place"]);
    }

    #[cfg(windows)]
    #[test]
    fn a_file_that_another_program_holds_for_a_moment_is_replaced_after_it() {
        use std::os::windows::fs::OpenOptionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "old").unwrap();
        let held = fs::OpenOptions::new().read(true).share_mode(0).open(&path).unwrap();
        let refused = fs::rename(beside(folder.path()).path(), &path).unwrap_err();
        assert!(is_held(&refused), "{refused}");
        std::thread::scope(|scope| {
            let replaced = scope.spawn(|| replace(beside(folder.path()), &path));
            std::thread::sleep(3 * PAUSE);
            drop(held);
            replaced.join().unwrap().unwrap();
        });
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(folder.path()).len()), ("new", 1));
    }
}
