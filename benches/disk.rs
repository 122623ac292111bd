//! Drives the reading of store folders from a shell, so that it can be timed beside other programs (`bench/disk.py`).
//!
//! No product command: it leaves out all that isn't reading, and asserts nothing. Without arguments it says how it is
//! used, since `cargo bench` starts it so.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rolewalk::disk::cache::{Ask, Cache};
use rolewalk::disk::compare::{FileState, Maintenance};
use rolewalk::disk::folder::read_folder;
use rolewalk::disk::listing::Content;
use rolewalk::disk::pair::compare_folders;
use rolewalk::disk::watch::Watch;

const USAGE: &str = "usage: disk hash FOLDER… | manifest FOLDER… | cached CACHE FOLDER… | paranoid CACHE FOLDER… | \
    compare FOLDER FOLDER";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["hash", folders @ ..] => read(folders, &Cache::default(), true, false),
        ["manifest", folders @ ..] => read(folders, &Cache::default(), false, false),
        ["cached", cache, folders @ ..] => cached(Path::new(cache), folders, false),
        ["paranoid", cache, folders @ ..] => cached(Path::new(cache), folders, true),
        ["compare", a, b] => compare(a, b),
        _ => {
            println!("{USAGE}");
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn cached(path: &Path, folders: &[&str], paranoid: bool) -> Result<(), String> {
    let (cache, note) = Cache::load(path);
    note.map_or(Ok(()), Err)?;
    read(folders, &cache, true, paranoid)?;
    cache.save(path).map_err(|error| error.to_string())
}

fn read(folders: &[&str], cache: &Cache, digest: bool, paranoid: bool) -> Result<(), String> {
    let ask = Ask { digest, paranoid, now: jiff::Timestamp::now(), watch: &Watch::default() };
    for folder in folders {
        let listing = read_folder(Path::new(folder), cache, &ask).map_err(|error| error.to_string())?;
        for file in listing.files {
            match file.content {
                Content::Read(found) => println!("{}  {folder}/{}", found.blake3, file.name),
                Content::Outlined(found) => println!("{} blocks  {folder}/{}", found.manifest.blocks.len(), file.name),
                other => return Err(format!("{folder}/{}: {other:?}", file.name)),
            }
        }
    }
    Ok(())
}

fn compare(a: &str, b: &str) -> Result<(), String> {
    let folders = [a, b].map(|folder| (folder.to_owned(), PathBuf::from(folder)));
    let found = compare_folders(a, &folders, &Maintenance::new(), &Watch::default());
    for file in &found.servers[1].files {
        match &file.state {
            FileState::Differs(found) if found.same_disk.is_none() => {
                let places: Vec<String> = found.ranges.iter().map(ToString::to_string).collect();
                println!("{}: differs: {}", file.path, places.join(", "));
            }
            other => println!("{}: {other:?}", file.path),
        }
    }
    match found.servers[1].files.is_empty() {
        true => Err(format!("nothing to compare: {:?}", found.servers[1].disks)),
        false => Ok(()),
    }
}
