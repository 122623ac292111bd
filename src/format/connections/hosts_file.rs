//! The part `hosts:` as it is written, for its schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::database::Secret;
use super::hosts::{Encoding, Shell, Via};
use crate::format::topology::wire::{Length, Line};

/// How the servers of a connection are reached.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostsFile {
    /// What holds for every server.
    #[serde(flatten)]
    pub every: HostFile,
    /// How many servers are talked to at once [default: 20].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 1000))]
    pub at_once: Option<u32>,
    /// The SSH client [default: ssh].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Line")]
    pub ssh: Option<String>,
    /// The folder of `CO-StoreApi.exe` [default: C:\Program Files\CO-CONV\CO-Store\Server].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Line")]
    pub api_folder: Option<String>,
    /// What is different for a server, by its name.
    #[serde(default)]
    pub each: BTreeMap<String, HostFile>,
}

/// How a server is reached, what shell it has, and where things are on it.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostFile {
    /// By what way [default: ssh].
    #[serde(default)]
    pub via: Via,
    /// What shell reads a command there [default: posix]. `cmd` can only be given fixed text.
    #[serde(default)]
    pub shell: Shell,
    /// How the products' programs write text [default: utf-8].
    #[serde(default)]
    pub encoding: Encoding,
    /// Its name or address for the SSH client [default: the server's name].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Line")]
    pub address: Option<String>,
    /// Its port [default: as the client's configuration says].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u16", range(min = 1, max = 65535))]
    pub port: Option<u16>,
    /// The account [default: as the client's configuration says].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Line")]
    pub user: Option<String>,
    /// A configuration file for the SSH client in place of the user's own; a path from the folder of `connections.yaml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Line")]
    pub ssh_config: Option<String>,
    /// What stands before a product's program to give it more rights, such as `[sudo, -n]`; for `posix`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<Line>")]
    pub elevate: Vec<String>,
    /// The program `rolewalk` there, which reads vDisk files; without it their content is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Line")]
    pub rolewalk: Option<String>,
    /// The folder of each store, by the store's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, Line>")]
    pub stores: BTreeMap<String, String>,
    /// How a server joins the PVS farm without a person [default: a person does it]; for `powershell`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "WizardFile")]
    pub wizard: Option<WizardFile>,
    /// How long to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "HostLimitsFile")]
    pub limits: Option<HostLimitsFile>,
}

/// How a server joins the PVS farm without a person.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WizardFile {
    /// The wizard [default: C:\Program Files\Citrix\Provisioning Services\ConfigWizard.exe].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Line")]
    pub program: Option<String>,
    /// Where the text of its answer file is found. All of it is a secret: a password is in it.
    pub answers: Secret,
}

/// How long to wait, as in `1m 30s`.
#[derive(Debug, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostLimitsFile {
    /// For a connection [default: 10s].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Length")]
    pub connect: Option<String>,
    /// For a command [default: 2m].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Length")]
    pub command: Option<String>,
    /// For the fingerprints of a store's files [default: 12h].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Length")]
    pub hash: Option<String>,
}
