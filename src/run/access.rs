//! Who else may write the state folder: whoever may can alter what a run goes by, and the record of what it did.
//!
//! Only told, never changed: operators who take over from one another share a folder as their machine's rules have it.
//! On Unix the mode tells; on Windows `icacls`, in the security descriptor definition language, which is the same in every
//! language of Windows.

use std::path::Path;

/// Whether everybody on this machine may alter what the folder holds; false where the system doesn't tell.
#[cfg(unix)]
pub fn everybody_may_write(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    const OTHERS_WRITE: u32 = 0o002;
    const STICKY: u32 = 0o1000;
    // In a folder that is sticky nobody takes away or replaces what is another's.
    std::fs::metadata(folder).is_ok_and(|folder| folder.mode() & (OTHERS_WRITE | STICKY) == OTHERS_WRITE)
}

/// Whether everybody on this machine may alter what the folder holds; false where the system doesn't tell.
#[cfg(windows)]
pub fn everybody_may_write(folder: &Path) -> bool {
    let told = || {
        let beside = tempfile::tempdir().ok()?;
        let file = beside.path().join("acl");
        let done = std::process::Command::new("icacls.exe").arg(folder).arg("/save").arg(&file).output().ok()?;
        let bytes = done.status.success().then(|| std::fs::read(file).ok())??;
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        Some(String::from_utf16_lossy(&units))
    };
    told().is_some_and(|text| lets_everybody_write(&text))
}

/// Reads a descriptor's list of access: whether it gives those who are everybody (`WD`), signed in (`AU`), users (`BU`) or
/// anonymous (`AN`) the right to alter, delete or own what is there.
///
/// # Source
/// The security descriptor string format and the ACE strings of Windows' documentation.
#[cfg_attr(not(windows), allow(dead_code))]
fn lets_everybody_write(text: &str) -> bool {
    const EVERYBODY: [&str; 7] = ["WD", "AU", "BU", "AN", "S-1-1-0", "S-1-5-11", "S-1-5-32-545"];
    let entries = text.split('(').skip(1).filter_map(|entry| entry.split(')').next());
    entries.map(|entry| entry.split(';').collect::<Vec<_>>()).any(|fields| match fields.as_slice() {
        ["A", _, rights, _, _, who, ..] => EVERYBODY.contains(who) && alters(rights),
        _ => false,
    })
}

/// Whether rights let somebody alter what is there; to add a file is not that.
#[cfg_attr(not(windows), allow(dead_code))]
fn alters(rights: &str) -> bool {
    const WORDS: [&str; 7] = ["FA", "FW", "GA", "GW", "SD", "WD", "WO"];
    /// Generic write and all, ownership, the list of access itself, deletion.
    const ANY: u32 = 0x4000_0000 | 0x1000_0000 | 0x0008_0000 | 0x0004_0000 | 0x0001_0000;
    match rights.strip_prefix("0x") {
        Some(mask) => u32::from_str_radix(mask, 16).is_ok_and(|mask| mask & ANY != 0),
        None => rights.as_bytes().chunks(2).any(|word| WORDS.iter().any(|one| one.as_bytes() == word)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_folder_that_everybody_may_write_is_told_unless_it_is_sticky() {
        use std::fs::{Permissions, set_permissions};
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        for (mode, told) in [(0o700, false), (0o775, false), (0o777, true), (0o1777, false)] {
            set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
            assert_eq!(everybody_may_write(folder.path()), told, "{mode:o}");
        }
        assert!(!everybody_may_write(&folder.path().join("absent")));
    }

    #[test]
    fn a_list_of_access_tells_whether_everybody_alters() {
        // As Windows makes them: a profile's folder, one below C:\, one that everybody was given.
        let own = "state\r\nD:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIID;FA;;;S-1-5-21-1-2-3-1001)\r\n";
        let below_root = "state\r\nD:AI(A;ID;0x1301bf;;;AU)(A;OICIIOID;SDGXGWGR;;;AU)(A;OICIID;FA;;;SY)\r\n";
        let reads = "state\r\nD:AI(A;OICIID;0x1200a9;;;BU)(A;CIID;LC;;;BU)(D;OICI;FA;;;WD)\r\n";
        let given = "state\r\nD:PAI(A;OICI;FA;;;WD)\r\n";
        let told = [own, below_root, reads, given, "", "(", "(A;;;;)"].map(lets_everybody_write);
        assert_eq!(told, [false, true, false, true, false, false, false]);
    }
}
