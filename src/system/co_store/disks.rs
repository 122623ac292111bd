//! What a server's store folder says of its vDisk files, beside the master's. The comparison itself is
//! [`crate::model::disks::compare`]'s; here it becomes the mark `disks` and the facts that guards read.

use std::collections::BTreeMap;

use crate::model::disks::compare::{Comparison, Disks, Maintenance, ServerCompared, ServerFiles, compare};
use crate::model::disks::listing::{Content, FileSeen, Listing, Quarantine};
use crate::model::disks::name::folded;
use crate::model::fact::{Fact, Facts, Value};
use crate::model::name::ServerName;
use crate::model::request::{Reply, Request};
use crate::model::site::Site;
use crate::model::table::MarkValue;
use crate::system::Answers;

use super::guards::fact;
use super::replies::why_not;

/// The mark that this file reads; a fact of this name says why it is unknown.
const DISKS: &str = "disks";

/// Returns the request for the fingerprints of a server's files.
pub(super) fn fingerprints(site: &Site, server: &ServerName) -> Request {
    Request::HashStore { on: server.clone(), store: site.group.clone(), afresh: site.read_afresh }
}

/// Returns what a server's store folder holds: with fingerprints where they were asked for, else as it was listed.
pub(super) fn listing(site: &Site, answers: &Answers, server: &ServerName) -> Result<Listing, String> {
    let listed = answers.to(&Request::ListStore { on: server.clone(), store: site.group.clone() });
    match (answers.to(&fingerprints(site, server)), listed) {
        (Some(Reply::Listing(read)), Some(Reply::Listing(listed))) => Ok(as_listed(read, listed)),
        (Some(Reply::Listing(listing)), None) | (None, Some(Reply::Listing(listing))) => Ok(listing.clone()),
        (Some(Reply::Listing(_)), other) | (None, other) | (other, _) => Err(format!("`{server}`: {}", why_not(other))),
    }
}

/// The folder as it was listed last, with what was read of the files that are still as they were then: reading takes hours,
/// and a fingerprint from before a file was written says nothing of the file that is there.
fn as_listed(read: &Listing, listed: &Listing) -> Listing {
    let was = |file: &FileSeen| read.files.iter().find(|was| was.name == file.name);
    let content = |file: &FileSeen| match was(file) {
        Some(was) if (was.bytes, was.modified) == (file.bytes, file.modified) => was.content.clone(),
        Some(_) => Content::InUse { why: "it was written after it was read".into() },
        None => Content::InUse { why: "it came after the others were read".into() },
    };
    let seen = |file: &FileSeen| match file.content {
        Content::Unread => FileSeen { content: content(file), ..file.clone() },
        _ => file.clone(),
    };
    Listing {
        files: listed.files.iter().map(seen).collect(),
        quarantines: listed.quarantines.clone(),
        left_out: listed.left_out.clone(),
        broken: read.broken.clone(),
        images: read.images.clone(),
    }
}

/// Compares the files of all servers that hold them with the master's; none where no master is known, or where files are
/// not compared by content.
pub fn compared(
    site: &Site,
    answers: &Answers,
    master: &ServerName,
    holders: &[&ServerName],
    maintenance: &Maintenance,
) -> Option<Comparison> {
    let files =
        |server: &&ServerName| ServerFiles { server: server.to_string(), listing: listing(site, answers, server) };
    let servers: Vec<ServerFiles> = holders.iter().map(files).collect();
    site.compare_content.then(|| compare(master.as_str(), &servers, maintenance))
}

/// Returns why the mark of a server is unknown.
pub(super) fn why_unknown(facts: &Facts, server: &ServerName) -> String {
    let missed = |name: &str| match facts.get(Some(server), name) {
        Some(Fact::Unknown { why }) => Some(why.clone()),
        _ => None,
    };
    missed(DISKS).or_else(|| missed("role")).unwrap_or_else(|| "it was not observed".into())
}

/// What is known of one server, as far as its files are concerned.
pub(super) struct Looked<'a> {
    pub site: &'a Site,
    pub answers: &'a Answers,
    pub server: &'a ServerName,
    pub role: Option<&'static str>,
    /// The comparison of all holders, or why there is none.
    pub comparison: &'a Result<Comparison, String>,
    /// The lengths of the master's files by their folded names; none where they are unknown.
    pub master_files: Option<&'a BTreeMap<String, u64>>,
}

/// Returns the lengths of a server's files by their folded names, as its folder was listed last.
pub(super) fn lengths(site: &Site, answers: &Answers, server: &ServerName) -> Option<BTreeMap<String, u64>> {
    match answers.to(&Request::ListStore { on: server.clone(), store: site.group.clone() }) {
        Some(Reply::Listing(listing)) => {
            Some(listing.files.iter().map(|file| (folded(&file.name), file.bytes)).collect())
        }
        _ => None,
    }
}

/// Returns the mark `disks` of a server, none where it is unknown, and notes the facts that belong to it.
pub(super) fn mark(looked: &Looked<'_>, facts: &mut Facts) -> Option<MarkValue> {
    let Looked { site, answers, server, role, .. } = looked;
    let list = Request::ListStore { on: (*server).clone(), store: site.group.clone() };
    let listing = match answers.to(&list) {
        Some(Reply::Listing(listing)) => listing,
        Some(Reply::Refused { why }) => return without_share(facts, server, *role, why),
        other => {
            let why = why_not(other);
            for name in [fact::SHARE, fact::INVALID_FILES, fact::STORE_BYTES, fact::DIVERGENT_FILES, DISKS] {
                facts.miss(Some(server), name, why.clone());
            }
            return None;
        }
    };
    note_listing(facts, server, listing);
    if let Some(master_files) = looked.master_files {
        let held = Value::Count(held_bytes(listing, master_files));
        facts.know(Some(server), fact::HELD_BYTES, held, "listings of both store folders", None);
    }
    if unlisted(listing) {
        facts.miss(Some(server), DISKS, "the folder `Invalid` could not be listed");
        facts.miss(Some(server), fact::DIVERGENT_FILES, "the folder `Invalid` could not be listed");
        return None;
    }
    if listing.quarantines.iter().any(Quarantine::blocks) {
        facts.miss(Some(server), fact::DIVERGENT_FILES, "the Invalid folder comes first");
        return Some("invalid");
    }
    match (*role)? {
        "master" if !site.compare_content => {
            facts.know(Some(server), fact::DIVERGENT_FILES, Value::List(Vec::new()), "it is the master", None);
            Some("complete")
        }
        "master" | "slave" => compared_mark(looked, facts),
        _ => Some(if listing.files.is_empty() { "none" } else { "leftover" }),
    }
}

/// The server answered, and said that there is no such folder.
fn without_share(facts: &mut Facts, server: &ServerName, role: Option<&'static str>, why: &str) -> Option<MarkValue> {
    facts.know(Some(server), fact::SHARE, Value::Flag(false), why, None);
    facts.miss(Some(server), fact::DIVERGENT_FILES, why);
    // Where the store's files must be, a folder that is missing is a riddle and no empty one.
    if matches!(role, Some("unregistered" | "additional")) {
        facts.know(Some(server), fact::INVALID_FILES, Value::List(Vec::new()), why, None);
        facts.know(Some(server), fact::STORE_BYTES, Value::Count(0), why, None);
        return Some("none");
    }
    facts.miss(Some(server), fact::INVALID_FILES, why);
    facts.miss(Some(server), fact::STORE_BYTES, why);
    None
}

fn note_listing(facts: &mut Facts, server: &ServerName, listing: &Listing) {
    let bytes = listing.files.iter().fold(0u64, |sum, file| sum.saturating_add(file.bytes));
    let source = "listing of the store folder";
    facts.know(Some(server), fact::SHARE, Value::Flag(true), source, None);
    facts.know(Some(server), fact::STORE_BYTES, Value::Count(bytes), source, None);
    match unlisted(listing) {
        true => facts.miss(Some(server), fact::INVALID_FILES, "the folder `Invalid` could not be listed"),
        false => facts.know(Some(server), fact::INVALID_FILES, Value::List(invalid_files(listing)), source, None),
    }
    let folders = listing.quarantines.iter().map(|folder| folder.path.clone()).collect();
    facts.know(Some(server), fact::INVALID_FOLDERS, Value::List(folders), source, None);
}

/// Returns how many bytes of the master's files a folder holds: what has the same name is overwritten or kept, and what
/// is longer there counts no further than the master's (CS-07, CS-09).
fn held_bytes(listing: &Listing, master_files: &BTreeMap<String, u64>) -> u64 {
    let held = |file: &FileSeen| master_files.get(&folded(&file.name)).map_or(0, |bytes| file.bytes.min(*bytes));
    listing.files.iter().fold(0, |sum, file| sum.saturating_add(held(file)))
}

/// Returns the files in the folder named exactly `Invalid`; a renamed one was acknowledged by a person (DV-03, DV-05).
fn invalid_files(listing: &Listing) -> Vec<String> {
    listing.quarantines.iter().filter(|folder| folder.is_in_force()).flat_map(Quarantine::files).collect()
}

fn unlisted(listing: &Listing) -> bool {
    listing.quarantines.iter().any(|folder| folder.is_in_force() && folder.unreadable.is_some())
}

/// Reads the mark off the comparison: a file of the same name that differs is divergence (DV-01); files that are missing
/// or extra are replication still to come (CS-08).
fn compared_mark(looked: &Looked<'_>, facts: &mut Facts) -> Option<MarkValue> {
    let server = looked.server;
    let found = match looked.comparison {
        Err(why) => Err(why.clone()),
        Ok(comparison) => comparison
            .servers
            .iter()
            .find(|one| one.server == server.as_str())
            .ok_or_else(|| "it was not compared".to_string()),
    };
    let (mark, why) = match &found {
        Err(why) => (None, why.clone()),
        Ok(found) => verdict(found),
    };
    match (mark, found) {
        (Some(_), Ok(found)) => {
            let files = Value::List(divergent(found));
            facts.know(Some(server), fact::DIVERGENT_FILES, files, "BLAKE3 of every file", None);
        }
        _ => {
            facts.miss(Some(server), DISKS, why.clone());
            facts.miss(Some(server), fact::DIVERGENT_FILES, why);
        }
    }
    mark
}

/// Returns the mark that a comparison means for a server of the store, or why it means none.
pub fn verdict(found: &ServerCompared) -> (Option<MarkValue>, String) {
    let mark = match &found.disks {
        Disks::Complete => "complete",
        Disks::Awaiting => "awaiting",
        Disks::Divergent => "divergent",
        Disks::Invalid => "invalid",
        // No image is there: all is still to come, unless the master has none either.
        Disks::None if found.files.is_empty() => "complete",
        Disks::None => "awaiting",
        Disks::Unknown { why } => return (None, why.clone()),
    };
    (Some(mark), String::new())
}

fn divergent(found: &ServerCompared) -> Vec<String> {
    found.files.iter().filter(|file| file.state.is_divergent()).map(|file| file.path.clone()).collect()
}
