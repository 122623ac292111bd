//! The vDisk files that the farm makes: small, and always the same for the same name.

use super::farm::Trouble;
use super::shares::{Share, Shares};

/// Writes one version of a vDisk, 0 the base, into a share: the image and its properties file.
pub fn write_version(
    shares: &mut dyn Shares,
    share: &Share,
    disk: &str,
    version: u32,
    modified: i64,
) -> Result<(), Trouble> {
    let name = image_name(disk, version);
    let content = format!("image {} {name}", share.store);
    shares.write(share, &name, content.as_bytes(), modified)?;
    let properties = properties(disk, version);
    shares.write(share, &properties_name(disk, version), properties.as_bytes(), modified)?;
    Ok(())
}

/// Returns the file name of a version's image: `Hoge.vhd`, `Hoge.1.avhd`.
///
/// # Source
/// Article 17-025 and Citrix, "Managing vDisks".
pub fn image_name(disk: &str, version: u32) -> String {
    if version == 0 { format!("{disk}.vhd") } else { format!("{disk}.{version}.avhd") }
}

fn properties_name(disk: &str, version: u32) -> String {
    if version == 0 { format!("{disk}.pvp") } else { format!("{disk}.{version}.pvp") }
}

fn properties(disk: &str, version: u32) -> String {
    format!(
        "<?xml version=\"1.0\"?>\r\n<versionManifest><description>{disk} {version}</description></versionManifest>\r\n"
    )
}

/// Returns the number of the version whose image has that name; none where it is no image of that vDisk.
pub fn version_of(file: &str, disk: &str) -> Option<u32> {
    let rest = file.strip_prefix(disk)?;
    match rest {
        ".vhd" => Some(0),
        _ => rest.strip_prefix('.')?.strip_suffix(".avhd")?.parse().ok(),
    }
}

/// Returns whether the file is an image of a vDisk, base or version.
pub fn is_image(file: &str) -> bool {
    [".vhd", ".avhd", ".vhdx", ".avhdx"].iter().any(|ending| super::shares::ends_with(file, ending))
}
