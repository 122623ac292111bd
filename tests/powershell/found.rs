//! The PowerShell of this machine, with a folder of its own for one test.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A PowerShell, and a folder in which `powershell` leads to it.
pub struct Found {
    program: PathBuf,
    folder: TempDir,
}

impl Found {
    /// Looks for a PowerShell; none, with a note, where there is none.
    pub fn look() -> Option<Found> {
        let named = std::env::var_os("ROLEWALK_PWSH").map(PathBuf::from);
        let Some(program) = named.or_else(|| on_path("powershell")).or_else(|| on_path("pwsh")) else {
            // A note must be seen; whoever runs the tests decides whether that matters.
            eprintln!(
                "note: no PowerShell is on the PATH, and this test passes unrun (install `pwsh`, or set ROLEWALK_PWSH)"
            );
            return None;
        };
        let folder = tempfile::Builder::new().prefix("rolewalk-powershell").tempdir().unwrap();
        let module = folder.path().join("modules/Citrix.PVS.SnapIn");
        fs::create_dir_all(&module).unwrap();
        fs::write(module.join("Citrix.PVS.SnapIn.psm1"), include_str!("pvs.psm1")).unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(&program, folder.path().join("bin/powershell")).unwrap();
        Some(Found { program, folder })
    }

    /// Returns the path of one of the folder's files.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns what is to be started for `powershell`.
    pub fn powershell(&self) -> PathBuf {
        if cfg!(unix) { self.path("bin/powershell") } else { self.program.clone() }
    }

    /// Returns the PATH on which `powershell` is this one.
    pub fn search_path(&self) -> OsString {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::join_paths([self.path("bin")].into_iter().chain(std::env::split_paths(&path))).unwrap()
    }

    /// Returns where modules are looked for. Windows PowerShell wants its own named, and none of a newer PowerShell.
    pub fn module_path(&self) -> OsString {
        let windows = std::env::var_os("SystemRoot")
            .map(|root| Path::new(&root).join(r"System32\WindowsPowerShell\v1.0\Modules"));
        std::env::join_paths([self.path("modules")].into_iter().chain(windows)).unwrap()
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(&file)).find(|path| path.is_file())
}
