//! The vDisk files that the farm makes: small real images, always the same for the same name, each version linked to
//! the one before.

use std::io;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::disk::name::DiskFileName;
use crate::disk::vhd::VhdTime;
use crate::disk::vhd_build::{Image, ParentLink, build_differencing, build_dynamic};
use crate::world::practice::bytes::Bytes;
use crate::world::practice::farm::Trouble;
use crate::world::practice::shares::{Share, Shares};

/// How many built images are remembered: half a MiB each.
const MOST_BUILT: usize = 32;

/// Writes one version of a vDisk, 0 the base, into a share: the image and its properties file. The version before it
/// must be there.
pub fn write_version(
    shares: &mut dyn Shares,
    share: &Share,
    disk: &str,
    version: u32,
    modified: i64,
) -> Result<(), Trouble> {
    let name = image_name(disk, version);
    let content = content(shares, share, disk, version, modified)?;
    shares.write(share, &name, &content, modified)?;
    let properties = properties(disk, version);
    shares.write(share, &properties_name(disk, version), &properties.into_bytes().into(), modified)?;
    Ok(())
}

fn content(shares: &dyn Shares, share: &Share, disk: &str, version: u32, modified: i64) -> io::Result<Bytes> {
    let image = image(share, disk, version, modified);
    let parent = match version.checked_sub(1) {
        None => None,
        Some(before) => {
            let file = image_name(disk, before);
            let files = shares.files(share, None)?;
            let parent = files.iter().find(|one| one.name == file);
            let parent = parent.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("no `{file}`")))?;
            let id = self::image(share, disk, before, parent.modified).id();
            Some(ParentLink { id, modified: vhd_time(parent.modified), file })
        }
    };
    built_once(image, parent)
}

/// Builds an image, or returns the one that was built of the same description before.
fn built_once(image: Image, parent: Option<ParentLink>) -> io::Result<Bytes> {
    static BUILT: Mutex<Vec<(Image, Option<ParentLink>, Bytes)>> = Mutex::new(Vec::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((.., bytes)) = built.iter().find(|(one, of, _)| *one == image && *of == parent) {
        return Ok(bytes.clone());
    }
    let bytes = match &parent {
        None => build_dynamic(&image),
        Some(parent) => build_differencing(&image, parent),
    };
    let bytes = Bytes::from(bytes.map_err(io::Error::other)?);
    if built.len() >= MOST_BUILT {
        built.remove(0);
    }
    built.push((image, parent, bytes.clone()));
    Ok(bytes)
}

/// Returns an image that has the name of a version and the version before it as its parent by name, but of another disk;
/// none where the name is no version's.
pub fn strangers_child(name: &str, modified: i64) -> Result<Option<Vec<u8>>, Trouble> {
    let Some((disk, version @ 1..)) = image_version(name) else { return Ok(None) };
    let stranger = Image::small(format!("another disk/{name}"));
    let link = ParentLink { id: stranger.id(), modified: vhd_time(modified), file: image_name(&disk, version - 1) };
    let built = build_differencing(&stranger, &link).map_err(io::Error::other)?;
    Ok(Some(built))
}

fn image(share: &Share, disk: &str, version: u32, modified: i64) -> Image {
    Image { written: vhd_time(modified), ..Image::small(format!("{}/{}", share.store, image_name(disk, version))) }
}

fn vhd_time(hundred_ns: i64) -> VhdTime {
    let moment = Timestamp::from_nanosecond(i128::from(hundred_ns) * 100).ok();
    moment.and_then(VhdTime::of).unwrap_or(VhdTime(0))
}

/// Returns the file name of a version's image: `Hoge.vhd`, `Hoge.1.avhd`.
///
/// # Source
/// Article 17-025 and Citrix, "Managing vDisks".
pub fn image_name(disk: &str, version: u32) -> String {
    if version == 0 { format!("{disk}.vhd") } else { format!("{disk}.{version}.avhd") }
}

/// Returns the file name of a version's properties: `Hoge.pvp`, `Hoge.1.pvp`.
pub fn properties_name(disk: &str, version: u32) -> String {
    if version == 0 { format!("{disk}.pvp") } else { format!("{disk}.{version}.pvp") }
}

fn properties(disk: &str, version: u32) -> String {
    format!(
        "<?xml version=\"1.0\"?>\r\n<versionManifest><description>{disk} {version}</description></versionManifest>\r\n"
    )
}

/// Returns the number of the version whose image has that name; none where it is no image of that vDisk.
pub fn version_of(file: &str, disk: &str) -> Option<u32> {
    image_version(file).filter(|(name, _)| name == disk).map(|(_, version)| version)
}

/// Returns the vDisk and the version, 0 the base, of which a file is the image; none where it is no image.
pub fn image_version(file: &str) -> Option<(String, u32)> {
    let name = DiskFileName::parse(file).filter(|name| name.kind.is_image())?;
    Some((name.disk, name.version.unwrap_or(0)))
}

/// Returns the identity that PVS has for a vDisk, always the same for the same name.
pub fn disk_id(store: &str, disk: &str) -> String {
    Image::small(format!("{store}/{disk}")).id().to_string()
}
