//! From the part `hosts:` of a connection to hosts that can be reached. Secrets are read here; nothing is asked yet.

use std::path::{Path, PathBuf};

use crate::format::connections::{Connection, Encoding, HostPart, HostsPart, Shell, Via};
use crate::model::name::ServerName;
use crate::model::topology::Topology;
use crate::world::hosts;

use super::connect::program;
use super::failure::Failure;
use super::secret;
use super::setting::Setting;

/// Where its setup puts the PVS Configuration Wizard.
const WIZARD: &str = "C:\\Program Files\\Citrix\\Provisioning Services\\ConfigWizard.exe";

/// Returns how hosts are reached; a path is one from the folder of the file. Where nothing may be changed, no secret is read.
///
/// # Errors
/// A [`Failure`] for a secret that can't be read.
pub fn settings(
    setting: &Setting,
    part: &HostsPart,
    folder: &Path,
    reads_only: bool,
) -> Result<hosts::Settings, Failure> {
    let each = part.each.iter().map(|(name, one)| Ok((name.clone(), host(setting, one, folder, reads_only)?)));
    Ok(hosts::Settings {
        every: host(setting, &part.every, folder, reads_only)?,
        each: each.collect::<Result<_, Failure>>()?,
        at_once: part.at_once,
        ssh: PathBuf::from(program(part.ssh.as_deref().unwrap_or("ssh"), folder)),
    })
}

fn host(setting: &Setting, part: &HostPart, folder: &Path, reads_only: bool) -> Result<hosts::Host, Failure> {
    let wizard = match part.wizard.as_ref().filter(|_| !reads_only) {
        Some(wizard) => {
            let answers = hosts::Secret(secret::text(setting, &wizard.answers, folder)?);
            Some(hosts::Wizard { program: wizard.program.clone().unwrap_or_else(|| WIZARD.into()), answers })
        }
        None => None,
    };
    Ok(hosts::Host {
        via: match part.via {
            Via::Ssh => hosts::Via::Ssh,
            Via::Local => hosts::Via::Local,
        },
        shell: match part.shell {
            Shell::Posix => hosts::Shell::Posix,
            Shell::Powershell => hosts::Shell::Powershell,
            Shell::Cmd => hosts::Shell::Cmd,
        },
        encoding: match part.encoding {
            Encoding::Utf8 => hosts::Encoding::Utf8,
            Encoding::Cp932 => hosts::Encoding::Cp932,
            Encoding::Utf16 => hosts::Encoding::Utf16,
        },
        address: part.address.clone(),
        port: part.port,
        user: part.user.clone(),
        ssh_config: part.ssh_config.as_ref().map(|file| folder.join(file)),
        elevate: part.elevate.clone(),
        rolewalk: part.rolewalk.clone(),
        stores: part.stores.clone(),
        wizard,
        limits: hosts::Limits { connect: part.limits.connect, command: part.limits.command, hash: part.limits.hash },
    })
}

/// Returns the declared servers that join the PVS farm without a person.
pub fn wizards(topology: &Topology, connection: &Connection) -> Vec<ServerName> {
    let Some(hosts) = &connection.hosts else { return Vec::new() };
    let servers = topology.servers.iter().map(|one| &one.server);
    servers.filter(|server| hosts.each.get(server).unwrap_or(&hosts.every).wizard.is_some()).cloned().collect()
}
