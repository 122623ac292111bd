//! CO-Store's part of `farm.yaml`.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::name::NameRule;
use crate::world::practice::farm_file::{FarmFile, FarmFileFault, names, servers};

/// One store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreFile {
    /// The servers and the roles that they have.
    pub servers: BTreeMap<String, ServerFile>,
    /// The vDisks, by name, with the number of versions besides the base.
    #[serde(default)]
    pub disks: BTreeMap<String, u32>,
}

/// One server of a store: its role, or its role and more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ServerFile {
    /// The role alone.
    Role(Role),
    /// The role and what else is to be so.
    Full(ServerDetails),
}

/// Chooses the form by what stands there, so that a fault is told in words of that form.
impl<'de> Deserialize<'de> for ServerFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = ServerFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a role, or `{ role: …, free_mb: … }`")
            }

            fn visit_str<E: de::Error>(self, role: &str) -> Result<ServerFile, E> {
                Role::deserialize(role.into_deserializer()).map(ServerFile::Role)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ServerFile, A::Error> {
                ServerDetails::deserialize(MapAccessDeserializer::new(map)).map(ServerFile::Full)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// The long form of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServerDetails {
    /// The role.
    pub role: Role,
    /// Free space on the server's disk in MiB; left out: plenty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_mb: Option<u64>,
}

/// What a server is in a store when the farm is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It is not in the farm.
    Unregistered,
    /// It is in the farm and holds no vDisk files.
    Additional,
    /// It holds all vDisk files.
    Slave,
    /// It holds all vDisk files, and they are updated on it.
    Master,
}

/// What is wrong with the CO-Store part of a `farm.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// A store does not have exactly one master.
    #[error("store `{store}` has {masters} masters, and exactly one is possible")]
    Masters {
        /// The store.
        store: String,
        /// How many masters it has.
        masters: usize,
    },
    /// A server is in the farm for one store and not in it for another.
    #[error("server `{0}` is unregistered in one store and registered in another, and a farm has each server once")]
    Registered(String),
    /// A server's disk has two sizes.
    #[error("server `{0}` has different `free_mb` in two stores, and it has one disk")]
    FreeSpace(String),
    /// More versions than a practice farm makes.
    #[error("vDisk `{disk}` has {versions} versions, at most {MOST_VERSIONS} are possible")]
    Versions {
        /// The vDisk.
        disk: String,
        /// How many versions were asked for.
        versions: u32,
    },
}

/// The most versions of a vDisk: each is a real file on each storage.
const MOST_VERSIONS: u32 = 100;

impl ServerFile {
    /// Returns the role.
    pub fn role(&self) -> Role {
        match self {
            ServerFile::Role(role) => *role,
            ServerFile::Full(details) => details.role,
        }
    }

    /// Returns the free space in MiB, where it is given.
    pub fn free_mb(&self) -> Option<u64> {
        match self {
            ServerFile::Role(_) => None,
            ServerFile::Full(details) => details.free_mb,
        }
    }
}

/// Checks what the form alone can't say.
///
/// # Errors
/// The first fault.
pub fn check(file: &FarmFile) -> Result<(), FarmFileFault> {
    names("store", file.co_store.keys())?;
    let belongs = |name: &&String| {
        let to = name.strip_suffix("-Diff").or_else(|| name.strip_suffix("-Link"));
        to.is_some_and(|to| file.co_store.keys().any(|store| store.eq_ignore_ascii_case(to)))
    };
    if let Some(name) = file.co_store.keys().find(belongs) {
        let why = "PVS has a store of that name beside another store of this file".into();
        return Err(FarmFileFault::Name { what: "store", name: name.clone(), why });
    }
    file.co_store.iter().try_for_each(|(name, store)| check_store(name, store))?;
    check_servers(file)
}

fn check_store(name: &str, store: &StoreFile) -> Result<(), FarmFileFault> {
    names("vDisk", store.disks.keys())?;
    if let Some((disk, &versions)) = store.disks.iter().find(|(_, versions)| **versions > MOST_VERSIONS) {
        return Err(Fault::Versions { disk: disk.clone(), versions }.into());
    }
    servers(NameRule::WINDOWS, store.servers.keys())?;
    let masters = store.servers.values().filter(|server| server.role() == Role::Master).count();
    if masters == 1 { Ok(()) } else { Err(Fault::Masters { store: name.into(), masters }.into()) }
}

fn check_servers(file: &FarmFile) -> Result<(), FarmFileFault> {
    let mut first: BTreeMap<String, (bool, Option<u64>)> = BTreeMap::new();
    for (name, server) in file.co_store.values().flat_map(|store| &store.servers) {
        let registered = server.role() != Role::Unregistered;
        let (before, free_mb) =
            first.entry(name.to_ascii_uppercase()).or_insert_with(|| (registered, server.free_mb()));
        if *before != registered {
            return Err(Fault::Registered(name.clone()).into());
        }
        match (*free_mb, server.free_mb()) {
            (Some(one), Some(other)) if one != other => return Err(Fault::FreeSpace(name.clone()).into()),
            (None, given) => *free_mb = given,
            _ => {}
        }
    }
    Ok(())
}
