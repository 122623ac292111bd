//! The listing of a store folder, from what a host writes of its entries.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::answer::script;
use super::order::Answer;
use super::posix;
use super::trouble::{clipped, last_line};
use crate::model::disks::listing::{Content, FileSeen, LeftOutEntry, Listing, Quarantine};
use crate::model::disks::name::{LeftOut, folded, left_out};
use crate::model::request::Reply;

/// One entry of the folder.
struct Entry {
    name: String,
    is_folder: bool,
    bytes: u64,
    modified: Timestamp,
    /// Why nothing more is known of it.
    unreadable: Option<String>,
}

/// Reads what [`posix::LIST`] writes. Surely no such folder is a refusal.
///
/// # Errors
/// Says what can't be read, or why the folder can't be listed.
pub fn posix(answer: &Answer) -> Result<Reply, String> {
    match answer.status {
        0 => {}
        posix::ABSENT => return Ok(Reply::Refused { why: "there is no such folder".into() }),
        _ => return Err(last_line(&String::from_utf8_lossy(&answer.said))),
    }
    let mut entries = Vec::new();
    let mut held: Vec<(String, Result<String, ()>)> = Vec::new();
    for record in answer.wrote.split(|byte| *byte == 0).filter(|record| !record.is_empty()) {
        let shown = || format!("no entry: {}", clipped(&String::from_utf8_lossy(record)));
        let mut fields = record.splitn(4, |byte| *byte == b'\t');
        let [Some(kind), Some(bytes), Some(time), Some(name)] = std::array::from_fn(|_| fields.next()) else {
            return Err(shown());
        };
        let name_text = String::from_utf8_lossy(name).into_owned();
        match kind {
            b"q" => {
                let path = name_text.strip_prefix("./").and_then(|path| path.split_once('/')).ok_or_else(shown)?;
                held.push((path.0.into(), Ok(path.1.into())));
            }
            b"u" => held.push((name_text.strip_prefix("./").ok_or_else(shown)?.into(), Err(()))),
            _ => {
                let number = |field: &[u8]| std::str::from_utf8(field).ok().map(str::to_owned);
                let bytes = number(bytes).and_then(|text| text.parse().ok()).ok_or_else(shown)?;
                let modified = number(time).and_then(|text| time_of(&text)).ok_or_else(shown)?;
                let unreadable = match (kind, std::str::from_utf8(name)) {
                    (_, Err(_)) => Some("its name isn't Unicode".to_string()),
                    (b"f" | b"d", _) => None,
                    // A link that leads nowhere, a socket, a device.
                    _ => Some("it is no file".into()),
                };
                entries.push(Entry { name: name_text, is_folder: kind == b"d", bytes, modified, unreadable });
            }
        }
    }
    let quarantine = |name: &str| {
        let mine = held.iter().filter(|(folder, _)| folder == name);
        let names = mine.clone().filter_map(|(_, file)| file.clone().ok());
        let unreadable = mine.clone().any(|(_, file)| file.is_err()).then(|| "it can't be listed".to_string());
        Quarantine { unreadable, ..Quarantine::of(name.into(), names) }
    };
    Ok(Reply::Listing(listing(entries, quarantine)))
}

/// Reads what the program for PowerShell writes. Surely no such folder is a refusal.
///
/// # Errors
/// Says what can't be read, or why the folder can't be listed.
pub fn powershell(answer: &Answer) -> Result<Reply, String> {
    let said = script(answer)??;
    if said.get("absent") == Some(&Json::Bool(true)) {
        return Ok(Reply::Refused { why: "there is no such folder".into() });
    }
    let listed = said.get("entries").and_then(Json::as_array).ok_or_else(|| clipped(&said.to_string()))?;
    let mut entries = Vec::new();
    let mut quarantines = std::collections::BTreeMap::new();
    for one in listed {
        let shown = || format!("no entry: {}", clipped(&one.to_string()));
        let text = |field: &str| one.get(field).and_then(Json::as_str);
        let name = text("n").ok_or_else(shown)?.to_string();
        let is_folder = one.get("d").and_then(Json::as_bool).ok_or_else(shown)?;
        let bytes = one.get("b").and_then(Json::as_u64).ok_or_else(shown)?;
        let modified = text("t").and_then(|time| in_ticks(time.parse().ok()?)).ok_or_else(shown)?;
        if left_out(&name, is_folder) == Some(LeftOut::Quarantine) {
            // PowerShell writes one name without its list.
            let names = match one.get("h") {
                Some(Json::Array(all)) => all.iter().map(|name| name.as_str().map(str::to_owned)).collect(),
                Some(Json::String(name)) => Some(vec![name.clone()]),
                Some(Json::Null) | None => Some(Vec::new()),
                Some(_) => None,
            };
            let unreadable = match (text("u"), one.get("h")) {
                (Some(why), _) => Some(clipped(why)),
                (None, None) => Some("it was not listed".into()),
                (None, Some(_)) => None,
            };
            let found = Quarantine { unreadable, ..Quarantine::of(name.clone(), names.ok_or_else(shown)?) };
            quarantines.insert(name.clone(), found);
        }
        entries.push(Entry { name, is_folder, bytes, modified, unreadable: None });
    }
    let unlisted =
        |name: &str| Quarantine { unreadable: Some("it was not listed".into()), ..Quarantine::of(name.into(), []) };
    Ok(Reply::Listing(listing(entries, |name| quarantines.get(name).cloned().unwrap_or_else(|| unlisted(name)))))
}

fn listing(entries: Vec<Entry>, quarantine: impl Fn(&str) -> Quarantine) -> Listing {
    let mut listing = Listing::default();
    for Entry { name, is_folder, bytes, modified, unreadable } in entries {
        match left_out(&name, is_folder) {
            None => {
                let content = unreadable.map_or(Content::Unread, |why| Content::Unreadable { why });
                listing.files.push(FileSeen { name, bytes, modified, content });
            }
            Some(because) => {
                if because == LeftOut::Quarantine {
                    listing.quarantines.push(quarantine(&name));
                }
                listing.left_out.push(LeftOutEntry { path: name, because });
            }
        }
    }
    listing.files.sort_by_cached_key(|file| (folded(&file.name), file.name.clone()));
    listing.quarantines.sort_by_cached_key(|found| (folded(&found.path), found.path.clone()));
    listing.left_out.sort_by_cached_key(|entry| (folded(&entry.path), entry.path.clone()));
    listing
}

/// Reads seconds since the Unix epoch (UTC) with a fraction.
fn time_of(text: &str) -> Option<Timestamp> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
    let nanoseconds: i128 = digits.parse().ok()?;
    let seconds: i64 = seconds.parse().ok()?;
    in_ticks(Timestamp::from_nanosecond(i128::from(seconds) * 1_000_000_000 + nanoseconds).ok()?)
}

/// Counts in units of 100 ns, as everywhere else: a file's time is compared with the one that its reader told.
fn in_ticks(time: Timestamp) -> Option<Timestamp> {
    Timestamp::from_nanosecond(time.as_nanosecond() / 100 * 100).ok()
}
