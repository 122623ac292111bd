//! The whole path of what is there, as every program takes it.
//!
//! Windows' library begins a whole path with `\\?\`. `cmd.exe` does not start in such a folder and people do not write such
//! paths, so they are written as usual wherever that means the same.

use std::io;
use std::path::{Path, PathBuf};

/// The longest path that Windows takes without `\\?\`, in units of UTF-16, less the twelve that a file in a folder may have.
const LONGEST: usize = 247;

/// Returns the whole path, with no link in it.
///
/// # Errors
/// Where nothing is there, or it can't be looked at.
pub fn whole_path(path: &Path) -> io::Result<PathBuf> {
    let whole = path.canonicalize()?;
    Ok(match whole.to_str().filter(|_| cfg!(windows)).and_then(usual) {
        Some(usual) => usual.into(),
        None => whole,
    })
}

/// Returns how a path that begins with `\\?\` is usually written; none where it has no such form, or another meaning in it.
///
/// # Source
/// "Naming Files, Paths, and Namespaces" and "Maximum Path Length Limitation" of Windows' documentation.
fn usual(path: &str) -> Option<String> {
    let bare = path.strip_prefix(r"\\?\")?;
    let usual = match bare.strip_prefix(r"UNC\") {
        Some(share) => format!(r"\\{share}"),
        None if bare.as_bytes().get(1..3) == Some(br":\") => bare.into(),
        None => return None,
    };
    let is_kept = |part: &str| !part.ends_with(['.', ' ']) && !is_device(part);
    let parts = usual.split('\\').filter(|part| !part.is_empty());
    (usual.encode_utf16().count() <= LONGEST && parts.into_iter().all(is_kept)).then_some(usual)
}

/// Whether a name means a device, whatever follows its first dot.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |kind| stem.strip_prefix(kind).is_some_and(|number: &str| number.chars().count() == 1);
    ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str()) || numbered("COM") || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_windows_is_written_as_usual_where_that_means_the_same() {
        assert_eq!(usual(r"\\?\C:\farm\店"), Some(r"C:\farm\店".into()));
        assert_eq!(usual(r"\\?\C:\"), Some(r"C:\".into()));
        assert_eq!(usual(r"\\?\UNC\files\state\.rolewalk"), Some(r"\\files\state\.rolewalk".into()));
        for other in [
            r"C:\farm",
            "/srv/farm",
            r"\\?\Volume{b75e2c83-0000-0000-0000-602f00000000}\farm",
            r"\\?\C:\farm.\state",
            r"\\?\C:\farm \state",
            r"\\?\C:\nul.txt\state",
            r"\\?\C:\Com1",
        ] {
            assert_eq!(usual(other), None, "{other}");
        }
        let long = "x".repeat(LONGEST - 3);
        assert!(usual(&format!(r"\\?\C:\{long}")).is_some());
        assert_eq!(usual(&format!(r"\\?\C:\{long}x")), None);
    }

    #[test]
    fn the_whole_path_leads_to_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "here").unwrap();
        let whole = whole_path(&folder.path().join(".").join("file")).unwrap();
        assert!(whole.is_absolute() && !whole.to_str().unwrap().starts_with(r"\\?\"), "{whole:?}");
        assert_eq!(std::fs::read_to_string(whole).unwrap(), "here");
        assert!(whole_path(&folder.path().join("absent")).is_err());
    }
}
