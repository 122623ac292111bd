//! Reads what people name on the command line: topology files and folders, connections, snapshots, plans.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::format::connections::{self, Connections};
use crate::format::fault::Fault;
use crate::format::source::{MAX_BYTES, SourceFile, too_large};
use crate::format::{snapshot, topology};
use crate::model::snapshot::Snapshot;
use crate::model::topology::Topology;
use crate::system;

use super::failure::Failure;

/// The name of the file that says how groups are reached.
const CONNECTIONS: &str = "connections.yaml";
/// The name of the file that describes a practice farm; in a folder of topologies it is none of them.
pub const FARM: &str = "farm.yaml";

/// The most bytes of topology files that one command reads: with [`MAX_BYTES`] for each file it bounds memory, however
/// many files there are.
const MAX_BYTES_OF_ALL: u64 = 64 * 1024 * 1024;
/// The most bytes of a snapshot or plan that are read.
const MAX_BYTES_OF_JSON: u64 = 256 * 1024 * 1024;
const MEBIBYTE: u64 = 1024 * 1024;

/// Topologies with the connections that hold for them.
#[derive(Debug)]
pub struct Inputs {
    /// The topologies, in the order of the files and in the files.
    pub topologies: Vec<Topology>,
    /// The connections by the folder of the topology's file, with the file that defines them.
    connections: BTreeMap<PathBuf, Option<(PathBuf, Connections)>>,
}

impl Inputs {
    /// Returns the connections that hold for a topology, and the file that defines them.
    pub fn connections(&self, topology: &Topology) -> Option<&(PathBuf, Connections)> {
        self.connections.get(&folder_of(Path::new(&topology.source.file)))?.as_ref()
    }
}

/// Reads topologies, and the connections beside them or in a folder above.
///
/// # Errors
/// Returns all faults of all files at once.
pub fn read(paths: &[PathBuf]) -> Result<Inputs, Failure> {
    let files = topology_files(paths)?;
    check_sum(&files)?;
    let mut faults = Vec::new();
    let mut sources = Vec::new();
    for file in &files {
        match read_source(file)? {
            Ok(source) if is_kubernetes(&source.bytes) && !paths.contains(file) => {}
            Ok(source) => sources.push(source),
            Err(fault) => faults.push(fault),
        }
    }
    let mut connections: BTreeMap<PathBuf, Option<(PathBuf, Connections)>> = BTreeMap::new();
    let mut told: Vec<PathBuf> = Vec::new();
    for file in &files {
        let folder = folder_of(file);
        if connections.contains_key(&folder) {
            continue;
        }
        let found = match find_above(&folder, CONNECTIONS) {
            None => None,
            Some(path) => match read_connections(&path)? {
                Ok(parsed) => Some((path, parsed)),
                Err(new) => {
                    if !told.contains(&path) {
                        told.push(path);
                        faults.extend(new);
                    }
                    None
                }
            },
        };
        connections.insert(folder, found);
    }
    let of_file = |name: &str| connections.get(&folder_of(Path::new(name)))?.as_ref().map(|(_, parsed)| parsed);
    match topology::parse(&sources, &system::tables(), &of_file) {
        Ok(topologies) if faults.is_empty() => Ok(Inputs { topologies, connections }),
        Ok(_) => Err(Failure::of_faults(faults)),
        Err(new) => {
            faults.extend(new);
            Err(Failure::of_faults(faults))
        }
    }
}

/// Reads a snapshot.
///
/// # Errors
/// A [`Failure`] where it can't be read or is none.
pub fn read_snapshot(path: &Path) -> Result<Snapshot, Failure> {
    let bytes = read_file(path)?;
    Ok(snapshot::read(&shown(path), &bytes, &system::tables())?)
}

/// Reads a file whole.
///
/// # Errors
/// A [`Failure`] that names it, also where it is larger than any snapshot or plan that is read; then it is not read.
pub fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let size = fs::metadata(path).map_err(|error| unreadable(path, &error))?.len();
    if size > MAX_BYTES_OF_JSON {
        return Err(too_much(&shown(path), size, MAX_BYTES_OF_JSON));
    }
    fs::read(path).map_err(|error| unreadable(path, &error))
}

/// Refuses files that are too large together, before any is read.
fn check_sum(files: &[PathBuf]) -> Result<(), Failure> {
    let mut sum = 0;
    for file in files {
        let size = fs::metadata(file).map_err(|error| unreadable(file, &error))?.len();
        // A file that is too large by itself is a fault with a place of its own.
        sum += if size > MAX_BYTES { 0 } else { size };
    }
    let (size, limit) = (sum.div_ceil(MEBIBYTE), MAX_BYTES_OF_ALL / MEBIBYTE);
    if sum <= MAX_BYTES_OF_ALL {
        return Ok(());
    }
    Err(Failure::new(
        1,
        format!(
            "the {} topology files are too large together: {size} MiB, at most {limit} MiB are read at once",
            files.len()
        ),
        format!(
            "{} 個のトポロジーファイルは合計 {size} MiB で大きすぎる (一度に読めるのは {limit} MiB まで)",
            files.len()
        ),
    )
    .hint(
        "give one folder after another; each group's plan is the same either way",
        "フォルダーを分けて順に指定する (グループごとの計画は変わらない)",
    ))
}

fn too_much(name: &str, size_bytes: u64, limit_bytes: u64) -> Failure {
    let (size, limit) = (size_bytes.div_ceil(MEBIBYTE), limit_bytes / MEBIBYTE);
    Failure::new(
        1,
        format!("`{name}` is too large: {size} MiB, at most {limit} MiB are read"),
        format!("`{name}` は {size} MiB で大きすぎる (読めるのは {limit} MiB まで)"),
    )
    .hint("observe and plan fewer groups at a time", "一度に観測・計画するグループを減らす")
}

/// Returns a path as it is shown and kept in files: with `/` between folders.
pub fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    if cfg!(windows) { text.replace('\\', "/") } else { text }
}

/// Returns a command line that a shell reads as these words.
pub fn command<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,=".contains(c);
    let quoted = words.into_iter().map(|word| match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// Returns a command of ours with the paths that it was given.
pub fn command_of(words: &[&str], paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| shown(path)).collect();
    command(words.iter().copied().chain(paths.iter().map(String::as_str)))
}

/// Returns whether a path names a plan file.
pub fn is_plan(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let path = shown(path);
    Failure::new(1, format!("can't read `{path}`"), format!("`{path}` を読めない")).cause(error)
}

fn read_source(path: &Path) -> Result<Result<SourceFile, Fault>, Failure> {
    let size = fs::metadata(path).map_err(|error| unreadable(path, &error))?.len();
    let name = shown(path);
    if size > MAX_BYTES {
        return Ok(Err(too_large(&name, size)));
    }
    Ok(Ok(SourceFile { name, bytes: read_file(path)? }))
}

fn read_connections(path: &Path) -> Result<Result<Connections, Vec<Fault>>, Failure> {
    Ok(read_source(path)?.map_err(|fault| vec![fault]).and_then(|source| connections::parse(&source)))
}

/// Returns the topology files that are named, or lie in a folder that is named or below it.
fn topology_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let meta = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if !meta.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        walk(path, &mut files)?;
        if files.len() == before {
            let shown = shown(path);
            return Err(Failure::new(
                1,
                format!("no topology file in `{shown}`"),
                format!("`{shown}` にトポロジーファイルがない"),
            )
            .hint(
                "a topology file ends in `.yaml` or `.yml`; `connections.yaml` and `farm.yaml` are none",
                "トポロジーファイルの名前は `.yaml` か `.yml` で終わる (`connections.yaml` と `farm.yaml` は除く)",
            ));
        }
    }
    Ok(files)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|error| unreadable(folder, &error))?.path());
    }
    paths.sort();
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            walk(&path, files)?;
        } else if (name.ends_with(".yaml") || name.ends_with(".yml")) && name != CONNECTIONS && name != FARM {
            files.push(path);
        }
    }
    Ok(())
}

/// Returns whether a text holds Kubernetes objects, which lie in the same folders as topologies at times: no topology has
/// these fields, not even a faulty one.
fn is_kubernetes(bytes: &[u8]) -> bool {
    let begins = |key: &[u8]| bytes.split(|byte| *byte == b'\n').take(200).any(|line| line.starts_with(key));
    begins(b"apiVersion:") && begins(b"kind:")
}

fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.into(),
        _ => PathBuf::from("."),
    }
}

/// Returns the file of that name in the folder or the nearest one above it.
fn find_above(folder: &Path, name: &str) -> Option<PathBuf> {
    let beside = folder.join(name);
    if beside.is_file() {
        return Some(beside);
    }
    // Folders that the path names come first, so that messages show the path as it was given.
    let named = folder.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty());
    let is_plain = !folder.components().any(|part| matches!(part, Component::ParentDir));
    let here = named.map(|above| above.join(name)).filter(|_| is_plain).find(|path| path.is_file());
    here.or_else(|| {
        let full = fs::canonicalize(folder).ok()?;
        full.ancestors().map(|above| above.join(name)).find(|path| path.is_file())
    })
}

/// Finds the connections again for topologies that come from a plan: it is the plan that is carried out, and not what
/// the topology file may declare by now.
///
/// # Errors
/// Returns all faults of the connections files.
pub fn connections_for(topologies: &[Topology]) -> Result<Inputs, Failure> {
    let mut connections = BTreeMap::new();
    for topology in topologies {
        let folder = folder_of(Path::new(&topology.source.file));
        if connections.contains_key(&folder) {
            continue;
        }
        let found = match find_above(&folder, CONNECTIONS) {
            None => None,
            Some(path) => {
                let parsed = read_connections(&path)?.map_err(Failure::of_faults)?;
                Some((path, parsed))
            }
        };
        connections.insert(folder, found);
    }
    Ok(Inputs { topologies: topologies.to_vec(), connections })
}
