//! What a server's store folder says of its vDisk files, beside the master's.

use std::collections::BTreeMap;

use crate::model::fact::{Facts, Value};
use crate::model::name::ServerName;
use crate::model::request::{Listing, Reply, Request};
use crate::model::site::Site;
use crate::model::snapshot::Standing;
use crate::model::table::MarkValue;
use crate::system::Answers;

use super::guards::fact;
use super::observe::why_not;

/// The mark that this file reads; a fact of this name says why it is unknown.
const DISKS: &str = "disks";

/// Returns the mark `disks` of a server, none where it is unknown, and notes the facts that belong to it.
pub(super) fn mark(
    site: &Site,
    answers: &Answers,
    facts: &mut Facts,
    server: &ServerName,
    standing: &Standing,
    master: Option<&ServerName>,
) -> Option<MarkValue> {
    let list = Request::ListStore { on: server.clone(), store: site.group.clone() };
    let listing = match answers.to(&list) {
        Some(Reply::Listing(listing)) => listing,
        Some(Reply::Refused { why }) => {
            // The server answered, and said that there is no such folder.
            facts.know(Some(server), fact::SHARE, Value::Flag(false), why, None);
            facts.miss(Some(server), fact::DIVERGENT_FILES, why.clone());
            // Where the store's files must be, a folder that is missing is a riddle and no empty one.
            if matches!(standing.role, Some("unregistered" | "additional")) {
                facts.know(Some(server), fact::INVALID_FILES, Value::List(Vec::new()), why, None);
                facts.know(Some(server), fact::STORE_BYTES, Value::Count(0), why, None);
                return Some("none");
            }
            facts.miss(Some(server), fact::INVALID_FILES, why.clone());
            facts.miss(Some(server), fact::STORE_BYTES, why.clone());
            return None;
        }
        other => {
            let why = why_not(other);
            for name in [fact::SHARE, fact::INVALID_FILES, fact::STORE_BYTES, fact::DIVERGENT_FILES, DISKS] {
                facts.miss(Some(server), name, why.clone());
            }
            return None;
        }
    };
    note_listing(facts, server, listing);
    if !invalid_files(listing).is_empty() {
        facts.miss(Some(server), fact::DIVERGENT_FILES, "the Invalid folder comes first");
        return Some("invalid");
    }
    match standing.role? {
        "master" => {
            facts.know(Some(server), fact::DIVERGENT_FILES, Value::List(Vec::new()), "it is the master", None);
            Some("complete")
        }
        "slave" => compared(site, answers, facts, server, master),
        _ => Some(if listing.files.is_empty() { "none" } else { "leftover" }),
    }
}

fn note_listing(facts: &mut Facts, server: &ServerName, listing: &Listing) {
    let bytes = listing.files.iter().fold(0u64, |sum, file| sum.saturating_add(file.bytes));
    let source = "listing of the store folder";
    facts.know(Some(server), fact::SHARE, Value::Flag(true), source, None);
    facts.know(Some(server), fact::STORE_BYTES, Value::Count(bytes), source, None);
    facts.know(Some(server), fact::INVALID_FILES, Value::List(invalid_files(listing)), source, None);
    let folders = listing.invalid.iter().map(|folder| folder.name.clone()).collect();
    facts.know(Some(server), fact::INVALID_FOLDERS, Value::List(folders), source, None);
}

/// Returns the files in the folder named exactly `Invalid`; a renamed one was acknowledged by a person (DV-03, DV-05).
fn invalid_files(listing: &Listing) -> Vec<String> {
    let folder = listing.invalid.iter().find(|folder| folder.name.eq_ignore_ascii_case("Invalid"));
    folder.map(|folder| folder.files.clone()).unwrap_or_default()
}

/// Compares a slave with the master by content: a file of the same name that differs is divergence (DV-01);
/// files that are missing or extra are replication still to come (CS-08).
fn compared(
    site: &Site,
    answers: &Answers,
    facts: &mut Facts,
    server: &ServerName,
    master: Option<&ServerName>,
) -> Option<MarkValue> {
    let sides = master
        .ok_or_else(|| "no master is known to compare with".to_string())
        .and_then(|master| Ok((digests(site, answers, master)?, digests(site, answers, server)?)));
    let (want, have) = match sides {
        Ok(sides) => sides,
        Err(why) => {
            facts.miss(Some(server), DISKS, why.clone());
            facts.miss(Some(server), fact::DIVERGENT_FILES, why);
            return None;
        }
    };
    let mut divergent = Vec::new();
    let mut unread = None;
    for (name, (shown, there)) in &have {
        match (there, want.get(name)) {
            (Ok(have), Some((_, Ok(want)))) if have != want => divergent.push(shown.clone()),
            (Err(why), Some(_)) | (_, Some((_, Err(why)))) => {
                unread = Some(format!("{shown} could not be read: {why}"))
            }
            _ => {}
        }
    }
    match (divergent.is_empty(), unread) {
        (false, _) => {
            facts.know(Some(server), fact::DIVERGENT_FILES, Value::List(divergent), "BLAKE3 of every file", None);
            Some("divergent")
        }
        (true, Some(why)) => {
            facts.miss(Some(server), DISKS, why.clone());
            facts.miss(Some(server), fact::DIVERGENT_FILES, why);
            None
        }
        (true, None) => {
            facts.know(Some(server), fact::DIVERGENT_FILES, Value::List(divergent), "BLAKE3 of every file", None);
            Some(if want.keys().eq(have.keys()) { "complete" } else { "awaiting" })
        }
    }
}

/// Per file, by its name in lower case (Windows ignores case): the name as shown, and the digest or why there is none.
type Digests = BTreeMap<String, (String, Result<String, String>)>;

fn digests(site: &Site, answers: &Answers, server: &ServerName) -> Result<Digests, String> {
    if !site.compare_content {
        return Err("the files were not compared by content".into());
    }
    match answers.to(&Request::HashStore { on: server.clone(), store: site.group.clone() }) {
        Some(Reply::Fingerprints(files)) => {
            let entry = |file: &crate::model::request::Fingerprint| {
                (file.name.to_lowercase(), (file.name.clone(), file.blake3.clone()))
            };
            Ok(files.iter().map(entry).collect())
        }
        other => Err(format!("`{server}`: {}", why_not(other))),
    }
}
