//! `farm.yaml`: what a farm is made from. Read once, when the farm is made; it never describes what became of the
//! farm since.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::name::{NameRule, ServerName};

/// The servers and stores that a practice farm begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "rolewalk practice farm")]
#[serde(deny_unknown_fields)]
pub struct FarmFile {
    /// The version of this file's form: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// Who does what no interface offers.
    #[serde(default)]
    pub operator: Operator,
    /// The CO-Store stores, by name.
    #[serde(rename = "co-store")]
    pub co_store: BTreeMap<String, StoreFile>,
}

/// Who does what no interface offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Operator {
    /// The farm does at once what a person would do.
    #[default]
    Simulated,
    /// A person does it, with `rolewalk practice set`.
    Person,
}

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

/// What is wrong with a `farm.yaml`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FarmFileFault {
    /// It is no YAML, or not of this form.
    #[error("{why}")]
    Form {
        /// The line, counted from 1; none where it is about the whole file.
        line: Option<u64>,
        /// The column, counted from 1.
        column: Option<u64>,
        /// What is wrong there.
        why: String,
    },
    /// It is of another version.
    #[error("version {0} is not known, 1 is")]
    Version(u32),
    /// A name can't be used.
    #[error("{what} `{name}`: {why}")]
    Name {
        /// What is named: a store, a vDisk or a server.
        what: &'static str,
        /// The name.
        name: String,
        /// Why it can't be used.
        why: String,
    },
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

/// Longer names would not fit into paths on Windows.
const LONGEST_NAME: usize = 50;

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

/// Returns the JSON Schema of a farm file, with a line end at its end.
pub fn schema() -> String {
    let schema = schemars::generate::SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<FarmFile>();
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// Parses and checks the text of a `farm.yaml`.
///
/// # Errors
/// The first [`FarmFileFault`].
pub fn parse(text: &str) -> Result<FarmFile, FarmFileFault> {
    let file: FarmFile = serde_yaml::from_str(text).map_err(|error| {
        let place = error.location().filter(|place| place.line() > 0);
        FarmFileFault::Form {
            line: place.map(|place| place.line()),
            column: place.map(|place| place.column()),
            why: error.without_snippet().to_string(),
        }
    })?;
    check(&file)?;
    Ok(file)
}

/// Checks what the form alone can't say.
///
/// # Errors
/// The first [`FarmFileFault`].
pub fn check(file: &FarmFile) -> Result<(), FarmFileFault> {
    if file.version != 1 {
        return Err(FarmFileFault::Version(file.version));
    }
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
        return Err(FarmFileFault::Versions { disk: disk.clone(), versions });
    }
    let mut seen = BTreeSet::new();
    for server in store.servers.keys() {
        let fault = |why: String| FarmFileFault::Name { what: "server", name: server.clone(), why };
        let checked = ServerName::new(server).map_err(|error| fault(error.to_string()))?;
        NameRule::WINDOWS.check(&checked).map_err(|error| fault(error.to_string()))?;
        // Each server has a folder of its name.
        folder_name(server).map_err(|why| fault(why.into()))?;
        if !seen.insert(server.to_ascii_uppercase()) {
            return Err(fault("it differs from another only in case".into()));
        }
    }
    let masters = store.servers.values().filter(|server| server.role() == Role::Master).count();
    if masters == 1 { Ok(()) } else { Err(FarmFileFault::Masters { store: name.into(), masters }) }
}

fn check_servers(file: &FarmFile) -> Result<(), FarmFileFault> {
    let mut first: BTreeMap<String, (bool, Option<u64>)> = BTreeMap::new();
    for (name, server) in file.co_store.values().flat_map(|store| &store.servers) {
        let registered = server.role() != Role::Unregistered;
        let (before, free_mb) =
            first.entry(name.to_ascii_uppercase()).or_insert_with(|| (registered, server.free_mb()));
        if *before != registered {
            return Err(FarmFileFault::Registered(name.clone()));
        }
        match (*free_mb, server.free_mb()) {
            (Some(one), Some(other)) if one != other => return Err(FarmFileFault::FreeSpace(name.clone())),
            (None, given) => *free_mb = given,
            _ => {}
        }
    }
    Ok(())
}

fn names<'a>(what: &'static str, names: impl Iterator<Item = &'a String>) -> Result<(), FarmFileFault> {
    let mut seen = BTreeSet::new();
    for name in names {
        let fault = |why: &str| FarmFileFault::Name { what, name: name.clone(), why: why.into() };
        folder_name(name).map_err(fault)?;
        if !seen.insert(name.to_uppercase()) {
            return Err(fault("it differs from another only in case"));
        }
    }
    Ok(())
}

/// Says whether `name` can be a folder's or a file's name on every system that rolewalk runs on.
pub(super) fn folder_name(name: &str) -> Result<(), &'static str> {
    let stem = name.split('.').next().unwrap_or(name).to_ascii_uppercase();
    let numbered = |device: &str| stem.strip_prefix(device).is_some_and(|rest| rest.len() == 1 && rest != "0");
    if name.is_empty() {
        Err("it is empty")
    } else if name.chars().count() > LONGEST_NAME {
        Err("it has more than 50 characters")
    } else if name.chars().any(|c| c.is_control() || "<>:\"/\\|?*'".contains(c)) {
        Err("it has a character that a file name can't have on Windows")
    } else if name.starts_with(['.', ' ']) || name.ends_with(['.', ' ']) {
        Err("it begins or ends with `.` or a space")
    } else if ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str()) || numbered("COM") || numbered("LPT") {
        Err("it is the name of a device on Windows")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAMPUS: &str = "version: 1\nco-store:\n  Store:\n    servers:\n      PVS1: master\n      PVS2: slave\n      \
        PVS4: { role: unregistered, free_mb: 200 }\n    disks: { Hoge: 2 }\n";

    #[test]
    fn both_forms_of_a_server_are_read_and_the_operator_is_simulated_unless_told() {
        let file = parse(CAMPUS).unwrap();
        assert_eq!(file.operator, Operator::Simulated);
        let store = &file.co_store["Store"];
        assert_eq!(store.servers["PVS2"].role(), Role::Slave);
        assert_eq!(store.servers["PVS4"].free_mb(), Some(200));
        assert_eq!(store.disks["Hoge"], 2);
    }

    #[test]
    fn what_no_farm_can_be_is_refused_with_a_reason() {
        let faults = [
            (CAMPUS.replace("version: 1", "version: 2"), "version 2 is not known"),
            (CAMPUS.replace("PVS2: slave", "PVS2: master"), "has 2 masters"),
            (CAMPUS.replace("PVS1: master", "PVS1: slave"), "has 0 masters"),
            (CAMPUS.replace("PVS2", "pvs1"), "differs from another only in case"),
            (CAMPUS.replace("PVS2", "PVS_2"), "not allowed"),
            (CAMPUS.replace("PVS2", "NUL"), "device"),
            (CAMPUS.replace("Store", "../Store"), "file name"),
            (CAMPUS.replace("Hoge: 2", "Hoge: 1000000"), "at most 100"),
            (CAMPUS.replace("free_mb", "free_bm"), "unknown field `free_bm`"),
            (CAMPUS.replace("disks", "dsiks"), "dsiks"),
            (CAMPUS.replace("slave", "slaev"), "unknown variant `slaev`, expected one of unregistered"),
            (CAMPUS.replace("PVS2: slave", "PVS2: [slave]"), "role"),
            (format!("{CAMPUS}  Store-Link:\n    servers: {{ PVS7: master }}\n"), "PVS has a store"),
            (CAMPUS.replace("servers", "PVS1: master\n    servers"), ""),
            ("\u{0}".into(), ""),
            (String::new(), ""),
        ];
        for (text, says) in faults {
            let fault = parse(&text).expect_err(&text).to_string();
            assert!(fault.contains(says), "{text}\n{fault}");
        }
    }

    #[test]
    fn a_server_is_in_the_farm_once_whatever_the_number_of_stores() {
        let two = format!("{CAMPUS}  Other:\n    servers: {{ PVS3: master, PVS4: slave }}\n");
        assert_eq!(parse(&two), Err(FarmFileFault::Registered("PVS4".into())));
    }

    #[test]
    fn the_schema_takes_what_is_read_and_refuses_what_is_not() {
        let schema = serde_json::to_value(schemars::schema_for!(FarmFile)).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let value = |text: &str| serde_yaml::from_str::<serde_json::Value>(text).unwrap();
        assert!(validator.is_valid(&value(CAMPUS)));
        for (from, to) in [("free_mb", "free_bm"), ("slave", "slaev"), ("disks", "dsiks"), ("version: 1", "version: 2")]
        {
            assert!(!validator.is_valid(&value(&CAMPUS.replace(from, to))), "{to}");
        }
    }
}
