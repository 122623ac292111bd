//! Requests about a store's folder on a server: listing, fingerprints, and the one rename.

use crate::disk::name::same_name;
use crate::model::request::{Fingerprint, InvalidFolder, ListedFile, Listing, Reply};
use crate::world::practice::farm::{Farm, Outcome, refused};
use crate::world::practice::farm_file::folder_name;
use crate::world::practice::shares::{Share, StoredFile};

/// Lists the vDisk files, and the `Invalid*` folders with what they hold.
pub fn list(farm: &Farm, on: &str, store: &str) -> Outcome {
    let Some(share) = present(farm, on, store) else { return Ok(no_share(on, store)) };
    let files = farm.disk_files(&share)?.unwrap_or_default();
    let files = files.into_iter();
    let files = files.map(|file| ListedFile { name: file.name, bytes: file.bytes, modified_100ns: file.modified });
    Ok(Reply::Listing(Listing { files: files.collect(), invalid: invalid_folders(farm, &share)? }))
}

/// Fingerprints the vDisk files.
pub fn hash(farm: &Farm, on: &str, store: &str) -> Outcome {
    let Some(share) = present(farm, on, store) else { return Ok(no_share(on, store)) };
    let files = farm.disk_files(&share)?.unwrap_or_default();
    let fingerprint = |file: StoredFile| Fingerprint {
        blake3: match farm.shares.read(&share, &file.name) {
            Ok(content) => Ok(blake3::hash(&content).to_hex().to_string()),
            Err(error) => Err(error.to_string()),
        },
        name: file.name,
        bytes: file.bytes,
    };
    Ok(Reply::Fingerprints(files.into_iter().map(fingerprint).collect()))
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
pub fn invalid_folders(farm: &Farm, share: &Share) -> Result<Vec<InvalidFolder>, std::io::Error> {
    let folders = farm.shares.folders(share)?.into_iter();
    let invalid = folders.filter(|name| name.to_ascii_lowercase().starts_with("invalid"));
    let read = |name: String| {
        let files = farm.shares.files(share, Some(&name))?;
        Ok(InvalidFolder { name, files: files.into_iter().map(|file| file.name).collect() })
    };
    invalid.map(read).collect()
}

fn present(farm: &Farm, on: &str, store: &str) -> Option<Share> {
    farm.share(on, store).filter(|share| farm.shares.has(share))
}

fn no_share(on: &str, store: &str) -> Reply {
    refused(format!("no such share: store `{store}` on {on}"))
}
