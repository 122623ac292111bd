//! The state folder: runs with their journals and plans, the topologies that were last applied, and locks.
//!
//! Files are written beside and renamed, so that none is ever half-written; journals alone are appended to.

use std::fs;
use std::io::{self, Write};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::replace::replace;

/// The state folder. By default `.rolewalk` in the current folder.
#[derive(Debug, Clone)]
pub struct State {
    folder: PathBuf,
}

/// Why something in the state folder could not be read or written.
#[derive(Debug, Error)]
#[error("can't {act} `{}`", path.display())]
pub struct StateFault {
    /// What was tried: `read`, `write`, `make`, `lock`, `rely on`.
    pub act: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// What the system says.
    #[source]
    pub cause: io::Error,
}

impl State {
    /// Returns the state folder at `folder`; nothing is made yet.
    pub fn at(folder: impl Into<PathBuf>) -> State {
        State { folder: folder.into() }
    }

    /// Returns the folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the folder of runs.
    pub fn runs_folder(&self) -> PathBuf {
        self.folder.join("runs")
    }

    /// Returns the folder of a run.
    pub fn run(&self, run: &str) -> PathBuf {
        self.runs_folder().join(run)
    }

    /// Returns the file of a group's lock.
    pub fn lock(&self, system: &str, group: &str) -> PathBuf {
        self.folder.join("locks").join(format!("{}.json", file_name(system, group)))
    }

    /// Returns the file that holds the latest generation of the group with this lock.
    pub fn generation_of(&self, lock: &Path) -> PathBuf {
        self.generations().join(lock.file_name().unwrap_or_default())
    }

    /// Returns the folder of locks.
    pub fn locks(&self) -> PathBuf {
        self.folder.join("locks")
    }

    /// Returns the folder of generations.
    pub fn generations(&self) -> PathBuf {
        self.folder.join("generations")
    }

    /// Returns the file that holds the latest generation of a group.
    pub fn generation(&self, system: &str, group: &str) -> PathBuf {
        self.generations().join(format!("{}.json", file_name(system, group)))
    }

    /// Returns the file that holds the plan whose topology was last applied to a group.
    pub fn applied(&self, system: &str, group: &str) -> PathBuf {
        self.folder.join("applied").join(format!("{}.json", file_name(system, group)))
    }

    /// Returns the file of the fingerprints that were last recorded of a group's images.
    pub fn fingerprints(&self, system: &str, group: &str) -> PathBuf {
        self.folder.join("fingerprints").join(format!("{}.json", file_name(system, group)))
    }

    /// Returns the file of what people have attested about a group.
    pub fn attested(&self, system: &str, group: &str) -> PathBuf {
        self.folder.join("attested").join(format!("{}.json", file_name(system, group)))
    }

    /// Returns the ids of all runs, in no particular order.
    ///
    /// # Errors
    /// Returns a [`StateFault`] where the folder is there and can't be read.
    pub fn runs(&self) -> Result<Vec<String>, StateFault> {
        let folder = self.runs_folder();
        let fault = |cause| StateFault { act: "read", path: folder.clone(), cause };
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(fault(error)),
        };
        let mut runs = Vec::new();
        for entry in entries {
            let entry = entry.map_err(fault)?;
            if let (true, Ok(name)) = (entry.path().join("journal.jsonl").exists(), entry.file_name().into_string()) {
                runs.push(name);
            }
        }
        runs.sort();
        Ok(runs)
    }
}

/// Makes a folder and those above it.
///
/// # Errors
/// Returns a [`StateFault`].
pub fn make_folder(folder: &Path) -> Result<(), StateFault> {
    fs::create_dir_all(folder).map_err(|cause| StateFault { act: "make", path: folder.into(), cause })
}

/// Makes the names in a folder outlive a power cut, where the system lets us: what was made or renamed in it.
///
/// # Errors
/// Returns a [`StateFault`].
#[cfg(unix)]
pub fn flush_folder(folder: &Path) -> Result<(), StateFault> {
    let flushed = fs::File::open(folder).and_then(|folder| folder.sync_all());
    flushed.map_err(|cause| StateFault { act: "write", path: folder.into(), cause })
}

/// Windows keeps names by itself.
#[cfg(not(unix))]
pub fn flush_folder(_folder: &Path) -> Result<(), StateFault> {
    Ok(())
}

/// Writes a file beside its place, flushes it, and renames it there.
///
/// # Errors
/// Returns a [`StateFault`]; what was there before is untouched then.
pub fn write_file(path: &Path, content: &[u8]) -> Result<(), StateFault> {
    write_file_with(path, |out| out.write_all(content))
}

/// Writes several files likewise, side by side, and makes their folders: a disk flushes many at once nearly as fast as one.
/// Returns what came of each, in their order.
pub fn write_files(files: &[(PathBuf, Vec<u8>)]) -> Vec<Result<(), StateFault>> {
    const AT_ONCE: usize = 16;
    let write = |(path, content): &(PathBuf, Vec<u8>)| {
        path.parent().map_or(Ok(()), make_folder)?;
        write_file(path, content)
    };
    std::thread::scope(|scope| {
        let parts = files.chunks(files.len().div_ceil(AT_ONCE).max(1));
        let begun: Vec<_> = parts.map(|part| scope.spawn(move || part.iter().map(write).collect::<Vec<_>>())).collect();
        begun.into_iter().flat_map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

/// Writes a file likewise, piece by piece. What is no file (a device, a pipe) is written to and stays what it is, and a
/// link leads to the file that is written.
///
/// # Errors
/// As [`write_file`].
pub fn write_file_with(
    path: &Path,
    write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> Result<(), StateFault> {
    let fault = |cause| StateFault { act: "write", path: path.into(), cause };
    let known = match fs::metadata(path) {
        Ok(known) if known.is_dir() => return Err(fault(io::ErrorKind::IsADirectory.into())),
        Ok(known) if !known.is_file() => {
            let mut out = io::BufWriter::new(fs::OpenOptions::new().write(true).open(path).map_err(fault)?);
            return write(&mut out).and_then(|()| out.flush()).map_err(fault);
        }
        known => known.ok(),
    };
    let target = if known.is_some() { fs::canonicalize(path).map_err(fault)? } else { path.into() };
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    let mut file = readable(builder.prefix(".rolewalk-")).tempfile_in(folder).map_err(fault)?;
    if let Some(known) = known {
        file.as_file().set_permissions(known.permissions()).map_err(fault)?;
    }
    let mut out = io::BufWriter::new(&mut file);
    write(&mut out).and_then(|()| out.flush()).map_err(fault)?;
    drop(out);
    file.as_file().sync_all().map_err(fault)?;
    replace(file, &target).map_err(fault)
}

/// A temporary file is made for its owner alone; what people asked for is read by whoever their `umask` lets (a reviewer,
/// a CI job).
#[cfg(unix)]
fn readable<'b>(builder: &'b mut tempfile::Builder<'static, 'static>) -> &'b mut tempfile::Builder<'static, 'static> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn readable<'b>(builder: &'b mut tempfile::Builder<'static, 'static>) -> &'b mut tempfile::Builder<'static, 'static> {
    builder
}

/// A file name for a group: readable, and unlike for groups that differ in anything but case.
fn file_name(system: &str, group: &str) -> String {
    let key = format!("{system}\n{}", group.to_lowercase());
    let digest = blake3::hash(key.as_bytes()).to_hex();
    let readable: String = group.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(40).collect();
    format!("{system}-{readable}-{}", &digest[..12])
}
