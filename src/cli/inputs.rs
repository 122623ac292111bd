//! Reads what people name on the command line: topology files and folders, connections, snapshots, plans.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use crate::format::connections::{self, Connections};
use crate::format::fault::Fault;
use crate::format::source::{MAX_BYTES, Source, SourceFile, too_large};
use crate::format::{snapshot, topology};
use crate::model::snapshot::Snapshot;
use crate::model::topology::Topology;
use crate::model::words::Text;
use crate::run::whole_path::whole_path;
use crate::system;
use crate::world::practice::parse_farm_file;

use super::failure::Failure;
use super::setting::Setting;

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
    /// The connections by the folder of the topology's file as it is shown.
    connections: Folders,
}

/// The connections that hold for the files of a folder, with the file that defines them.
type Folders = BTreeMap<String, Option<(PathBuf, Connections)>>;

impl Inputs {
    /// Returns the connections that hold for a topology, and the file that defines them.
    pub fn connections(&self, topology: &Topology) -> Option<&(PathBuf, Connections)> {
        of_file(&self.connections, &topology.source.file)
    }
}

fn of_file<'f>(folders: &'f Folders, file: &str) -> Option<&'f (PathBuf, Connections)> {
    folders.get(&shown(&folder_of(Path::new(file))))?.as_ref()
}

/// Reads topologies, and the connections beside them or in a folder above.
///
/// # Errors
/// Returns all faults of all files at once.
pub fn read(paths: &[PathBuf]) -> Result<Inputs, Failure> {
    let mut faults = Vec::new();
    let files = topology_files(paths, &mut faults);
    check_sum(&files)?;
    let mut sources = Vec::new();
    for file in &files {
        match read_source(file) {
            Ok(source) if is_kubernetes(&source.bytes) && !paths.contains(file) => {}
            Ok(source) => sources.push(source),
            Err(fault) => faults.push(fault),
        }
    }
    if let (true, true, Some(first)) = (sources.is_empty(), faults.is_empty(), paths.first()) {
        faults.push(no_topology(first));
    }
    let connections = connections_of(&files, &mut faults);
    let of_file = |name: &str| of_file(&connections, name).map(|(_, parsed)| parsed);
    match topology::parse(&sources, &system::tables(), &of_file) {
        Ok(topologies) if faults.is_empty() => Ok(Inputs { topologies, connections }),
        parsed => {
            faults.extend(parsed.err().unwrap_or_default());
            Err(Failure::of_faults(faults))
        }
    }
}

/// Finds the connections that hold for files, each file of connections read and its faults told once.
fn connections_of(files: &[PathBuf], faults: &mut Vec<Fault>) -> Folders {
    let mut connections = Folders::new();
    let mut told: Vec<PathBuf> = Vec::new();
    for folder in files.iter().map(|file| folder_of(file)) {
        if connections.contains_key(&shown(&folder)) {
            continue;
        }
        let parsed = find_above(&folder, CONNECTIONS).and_then(|path| match read_connections(&path) {
            Ok(parsed) => Some((path, parsed)),
            Err(new) => {
                if !told.contains(&path) {
                    told.push(path);
                    faults.extend(new);
                }
                None
            }
        });
        connections.insert(shown(&folder), parsed);
    }
    connections
}

/// What was found to be right.
#[derive(Debug, Default)]
pub struct Checked {
    /// The topologies.
    pub topologies: Vec<Topology>,
    /// How many connections the files that were named for them define.
    pub connections: usize,
    /// How many practice farms were described.
    pub farms: usize,
}

/// Checks whatever is named: topologies with the connections that hold for them, files of connections, and descriptions
/// of practice farms. A folder without topologies is checked for its connections.
///
/// # Errors
/// Returns all faults of all files at once.
pub fn check(paths: &[PathBuf]) -> Result<Checked, Failure> {
    let (mut checked, mut faults, mut rest) = (Checked::default(), Vec::new(), Vec::new());
    for path in paths {
        let beside = path.join(CONNECTIONS);
        let is_file = |name| path.file_name().is_some_and(|one| one.eq_ignore_ascii_case(name)) && !path.is_dir();
        let connections = match is_file(CONNECTIONS) {
            true => Some(path),
            false => Some(&beside).filter(|beside| beside.is_file() && holds_no_topology(path)),
        };
        match connections.map(|path| read_connections(path)) {
            Some(Ok(parsed)) => checked.connections += parsed.named.len(),
            Some(Err(new)) => faults.extend(new),
            None if is_file(FARM) => match check_farm(path) {
                Ok(()) => checked.farms += 1,
                Err(fault) => faults.push(fault),
            },
            None => rest.push(path.clone()),
        }
    }
    match if rest.is_empty() { Ok(None) } else { read(&rest).map(Some) } {
        Ok(inputs) => checked.topologies = inputs.map(|inputs| inputs.topologies).unwrap_or_default(),
        Err(failure) if failure.faults.is_empty() => return Err(failure),
        // Connections that were named, and hold for a topology that was named, are told once.
        Err(failure) => {
            let known = faults.clone();
            faults.extend(failure.faults.into_iter().filter(|fault| !known.contains(fault)));
        }
    }
    if faults.is_empty() { Ok(checked) } else { Err(Failure::of_faults(faults)) }
}

fn holds_no_topology(folder: &Path) -> bool {
    let mut found = Found::default();
    found.walk(folder).is_ok() && found.files.is_empty()
}

fn check_farm(path: &Path) -> Result<(), Fault> {
    let source = read_source(path)?;
    let text = Source::decode(&source).map_err(|fault| *fault)?.text.to_owned();
    parse_farm_file(&text).map(drop).map_err(|why| {
        Fault::new("bad-farm", Text::new(why.to_string(), format!("練習用ファームの定義に誤りがあります: {why}")))
            .in_file(&source.name)
            .hint("`rolewalk schema farm` lists the fields", "項目は `rolewalk schema farm` で見られます")
    })
}

/// Reads a snapshot, and says which of the groups it lacks: of them nothing is known.
///
/// # Errors
/// A [`Failure`] where it can't be read or is none.
pub fn read_snapshot(setting: &Setting, path: &Path, topologies: &[Topology]) -> Result<Snapshot, Failure> {
    let bytes = read_file(path)?;
    let seen = snapshot::read(&shown(path), &bytes, &system::tables())?;
    let by_name = seen.by_name();
    let lacks = |one: &&Topology| !by_name.contains_key(&(one.table.system, one.group.as_str()));
    let lacking: Vec<&str> = topologies.iter().filter(lacks).map(|one| one.group.as_str()).collect();
    if !lacking.is_empty() {
        let (lacking, file) = (few(lacking.into_iter()), shown(path));
        let has = few(seen.groups.iter().map(|one| one.group.as_str()));
        setting.note(&Text::new(
            format!("note: the snapshot `{file}` has no group {lacking}; it has {has}"),
            format!("注: スナップショット `{file}` にグループ {lacking} がない (あるもの: {has})"),
        ));
    }
    Ok(seen)
}

/// Returns the first few names, and that there are more.
fn few<'n>(names: impl Iterator<Item = &'n str>) -> String {
    const MOST: usize = 10;
    let mut quoted: Vec<String> = names.take(MOST + 1).map(|name| format!("`{name}`")).collect();
    if quoted.len() > MOST {
        quoted[MOST] = "…".into();
    }
    if quoted.is_empty() { "-".into() } else { quoted.join(", ") }
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
        // A file that can't be read, or is too large by itself, is a fault with a place of its own.
        let size = fs::metadata(file).map_or(0, |meta| meta.len());
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

/// Returns a path as it is shown and kept in files: with `/` between folders, and bytes that are no text as `\xE9`, so
/// that unlike paths look unlike.
pub fn shown(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02X}")));
    }
    if cfg!(windows) { text.replace('\\', "/") } else { text }
}

/// Returns a command line that a shell reads as these words.
pub fn command<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let quoted = if cfg!(windows) { quoted_on_windows } else { quoted };
    words.into_iter().map(quoted).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,=".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// Quotes a word as `cmd.exe` and PowerShell both read it. A name with `%`, `$` or a backtick may mean more to one of them
/// even so. No path of Windows holds a quote.
fn quoted_on_windows(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:\\+".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_string(),
        false => format!("\"{}\"", word.replace('"', "\"\"")),
    }
}

/// Returns a command of ours with the paths that it was given.
pub fn command_of(words: &[&str], paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| shown(path)).collect();
    command(words.iter().copied().chain(paths.iter().map(String::as_str)))
}

/// Returns whether a path names a plan: a file whose content begins as all our JSON does, or that is called JSON, whatever
/// may be wrong with it.
pub fn is_plan(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) || begins_as_json(path)
}

fn begins_as_json(path: &Path) -> bool {
    let mut begin = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(256).read_to_end(&mut begin));
    let begin: Vec<u8> = begin.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
    read.is_ok() && begin.starts_with(b"{\"format\":")
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::of_faults(vec![unread(path, error)])
}

fn unread(path: &Path, error: &io::Error) -> Fault {
    let name = shown(path);
    let message = Text::new(format!("can't read `{name}`: {error}"), format!("`{name}` を読めません ({error})"));
    Fault::new("unreadable", message).in_file(&name).hint(
        "name a file or folder that is there and may be read; paths are taken from the current folder",
        "読み取れるファイルかフォルダーを指定してください。パスは現在のフォルダーからの相対です",
    )
}

fn read_source(path: &Path) -> Result<SourceFile, Fault> {
    let name = shown(path);
    let size = fs::metadata(path).map_err(|error| unread(path, &error))?.len();
    if size > MAX_BYTES {
        return Err(too_large(&name, size));
    }
    let bytes = fs::read(path).map_err(|error| unread(path, &error))?;
    Ok(SourceFile { name, bytes })
}

fn read_connections(path: &Path) -> Result<Connections, Vec<Fault>> {
    connections::parse(&read_source(path).map_err(|fault| vec![fault])?)
}

/// Returns the topology files that are named, or lie in a folder that is named or below it, each once however often and
/// by whatever path it is named.
fn topology_files(paths: &[PathBuf], faults: &mut Vec<Fault>) -> Vec<PathBuf> {
    let mut found = Found::default();
    for path in paths {
        if !path.is_dir() {
            found.add(path.clone());
            continue;
        }
        let before = found.met;
        match found.walk(path) {
            Err(fault) => faults.push(fault),
            Ok(is_new) if is_new && found.met == before => faults.push(no_topology(path)),
            Ok(_) => {}
        }
    }
    found.files
}

fn no_topology(path: &Path) -> Fault {
    let name = shown(path);
    let message =
        Text::new(format!("no topology file in `{name}`"), format!("`{name}` にトポロジーファイルがありません"));
    Fault::new("no-topology", message).in_file(&name).hint(
        "a topology file ends in `.yaml` or `.yml`; `connections.yaml` and `farm.yaml` are none",
        "トポロジーファイルの名前は `.yaml` か `.yml` で終わります (`connections.yaml` と `farm.yaml` は除く)",
    )
}

/// The topology files that were found.
#[derive(Default)]
struct Found {
    files: Vec<PathBuf>,
    /// Files and folders by the path to which all their names lead: a link may lead back to where it is.
    seen: HashSet<PathBuf>,
    /// How many names of topology files were met, those of files that are known already among them.
    met: usize,
}

impl Found {
    /// Returns whether this is the first time that a path leads there.
    fn is_first(&mut self, path: &Path) -> bool {
        self.seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.into()))
    }

    fn add(&mut self, path: PathBuf) {
        self.met += 1;
        if self.is_first(&path) {
            self.files.push(path);
        }
    }

    /// Adds what lies in a folder or below it; returns whether nobody had walked it before.
    fn walk(&mut self, folder: &Path) -> Result<bool, Fault> {
        if !self.is_first(folder) {
            return Ok(false);
        }
        let entries = fs::read_dir(folder).map_err(|error| unread(folder, &error))?;
        let mut paths = Vec::new();
        for entry in entries {
            paths.push(entry.map_err(|error| unread(folder, &error))?.path());
        }
        paths.sort();
        for path in paths {
            let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
            if name.starts_with('.') {
                continue;
            }
            if path.is_dir() {
                self.walk(&path)?;
            } else if (name.ends_with(".yaml") || name.ends_with(".yml")) && name != CONNECTIONS && name != FARM {
                self.add(path);
            }
        }
        Ok(true)
    }
}

/// Returns whether a text holds Kubernetes objects and no topology: they lie in the same folders at times, and as
/// templates are no YAML at all. Where a topology stands among them, it is the parser that tells them apart.
fn is_kubernetes(bytes: &[u8]) -> bool {
    let begins = |key: &[u8]| bytes.split(|byte| matches!(byte, b'\n' | b'\r')).any(|line| line.starts_with(key));
    let is_ours = topology::OURS.iter().any(|key| begins(format!("{key}:").as_bytes()));
    begins(b"apiVersion:") && begins(b"kind:") && !is_ours
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
        let full = whole_path(folder).ok()?;
        full.ancestors().map(|above| above.join(name)).find(|path| path.is_file())
    })
}

/// Finds the connections again for topologies that come from a plan: it is the plan that is carried out, and not what
/// the topology file may declare by now. Where that file is not here, whoever runs it is told whose connections they are.
///
/// # Errors
/// Returns all faults of the connections files.
pub fn connections_for(setting: &Setting, topologies: &[Topology]) -> Result<Inputs, Failure> {
    let mut faults = Vec::new();
    let files: Vec<PathBuf> = topologies.iter().map(|topology| PathBuf::from(&topology.source.file)).collect();
    let connections = connections_of(&files, &mut faults);
    if !faults.is_empty() {
        return Err(Failure::of_faults(faults));
    }
    let inputs = Inputs { topologies: topologies.to_vec(), connections };
    let elsewhere = |topology: &&Topology| !Path::new(&topology.source.file).exists();
    let mut told = BTreeSet::new();
    for topology in topologies.iter().filter(elsewhere) {
        let Some((path, _)) = inputs.connections(topology).filter(|(path, _)| told.insert(path.clone())) else {
            continue;
        };
        let (file, path) = (&topology.source.file, shown(&whole_path(path).unwrap_or_else(|_| path.clone())));
        setting.note(&Text::new(
            format!("note: `{file}` of the plan is not here; the connections are those of `{path}`"),
            format!("注: 計画の `{file}` はここにない。接続は `{path}` のものを使う"),
        ));
    }
    Ok(inputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_is_shown_is_read_word_by_word() {
        let words = ["plan", "stores/a b.yaml", "it's", "x,y", ""];
        let (posix, windows) = (words.map(quoted).join(" "), words.map(quoted_on_windows).join(" "));
        assert_eq!(posix, r"plan 'stores/a b.yaml' 'it'\''s' x,y ''");
        assert_eq!(shlex::split(&posix).unwrap(), words);
        assert_eq!(windows, r#"plan "stores/a b.yaml" "it's" "x,y" """#);
    }
}
