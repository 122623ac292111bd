//! Requests about a store's folder on a server: listing, fingerprints, and the one rename.

use crate::disk::listing::{Listing, Quarantine};
use crate::disk::name::{LeftOut, left_out, same_name};
use crate::model::request::Reply;
use crate::world::practice::farm::{Farm, Outcome, refused};
use crate::world::practice::farm_file::folder_name;
use crate::world::practice::shares::{Share, disk_files};
use crate::world::store_files::{self, Memory};

/// Lists the vDisk files, and the `Invalid*` folders with what they hold.
pub fn list(farm: &Farm, on: &str, store: &str) -> Outcome {
    let Some(share) = present(farm, on, store) else { return Ok(no_share(on, store)) };
    Ok(Reply::Listing(listing(farm, &share)?))
}

/// Lists the same with fingerprints and chains: through the very engine where there are files, else from memory.
pub fn hash(farm: &Farm, on: &str, store: &str, afresh: bool) -> Outcome {
    let Some(share) = present(farm, on, store) else { return Ok(no_share(on, store)) };
    let mut listing = listing(farm, &share)?;
    match farm.shares.place(&share) {
        Some((folder, remembered)) => {
            let memory = Memory { file: Some(&remembered), afresh };
            let read = store_files::of_folder(&folder, memory).map_err(|error| error.source)?;
            (listing.files, listing.broken) = (read.files, read.broken);
        }
        None => store_files::of_memory(&mut listing, &|name| {
            let bytes = farm.shares.read(&share, name)?;
            let print = bytes.fingerprint().clone();
            Ok((bytes, print))
        }),
    }
    // Folder and memory answer alike, whatever order a listing has.
    listing.files.sort_by(|one, other| one.name.cmp(&other.name));
    listing.broken.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(Reply::Listing(listing))
}

fn listing(farm: &Farm, share: &Share) -> Result<Listing, std::io::Error> {
    let files = disk_files(farm.shares.as_ref(), share)?;
    let files = files.into_iter().map(|file| store_files::unread(file.name, file.bytes, file.modified));
    Ok(Listing { files: files.collect(), quarantines: invalid_folders(farm, share)?, ..Listing::default() })
}

/// Renames a folder, never a file and never onto a name that exists.
pub fn rename(farm: &mut Farm, on: &str, store: &str, from: &str, to: &str) -> Outcome {
    let Some(share) = present(farm, on, store) else { return Ok(no_share(on, store)) };
    if let Err(why) = folder_name(to) {
        return Ok(refused(format!("`{to}` can't be a folder's name: {why}")));
    }
    let folders = farm.shares.folders(&share)?;
    let Some(found) = folders.iter().find(|folder| same_name(folder, from)) else {
        return Ok(refused(format!("there is no folder `{from}` in store `{store}` on {on}")));
    };
    let files = farm.shares.files(&share, None)?;
    if folders.iter().chain(files.iter().map(|file| &file.name)).any(|name| same_name(name, to)) {
        return Ok(refused(format!("`{to}` exists already in store `{store}` on {on}")));
    }
    farm.shares.rename_folder(&share, found, to)?;
    Ok(Reply::Renamed)
}

/// Returns the `Invalid*` folders of a share.
pub fn invalid_folders(farm: &Farm, share: &Share) -> Result<Vec<Quarantine>, std::io::Error> {
    let folders = farm.shares.folders(share)?.into_iter();
    let invalid = folders.filter(|name| left_out(name, true) == Some(LeftOut::Quarantine));
    let read = |name: String| {
        let files = farm.shares.files(share, Some(&name))?;
        Ok(Quarantine::of(name, files.into_iter().map(|file| file.name)))
    };
    invalid.map(read).collect()
}

fn present(farm: &Farm, on: &str, store: &str) -> Option<Share> {
    farm.share(on, store).filter(|share| farm.shares.has(share))
}

fn no_share(on: &str, store: &str) -> Reply {
    refused(format!("no such share: store `{store}` on {on}"))
}
