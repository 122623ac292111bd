//! `farm.yaml`: what a farm is made from. Read once, when the farm is made; it never describes what became of the
//! farm since.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::co_store;
use super::product::ALL;
use super::sun_ray;
use super::wsmgr;
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
    #[serde(rename = "co-store", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub co_store: BTreeMap<String, co_store::StoreFile>,
    /// The Sun Ray failover groups, by name.
    #[serde(rename = "sun-ray", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sun_ray: BTreeMap<String, sun_ray::GroupFile>,
    /// The WSMGR server groups, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub wsmgr: BTreeMap<String, wsmgr::GroupFile>,
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
    /// It describes no server at all.
    #[error("no server is described, of no product")]
    Empty,
    /// A machine has two products.
    #[error("server `{0}` has two products, and a practice machine has one")]
    TwoProducts(String),
    /// CO-Store's part is wrong.
    #[error(transparent)]
    CoStore(#[from] co_store::FarmFileFault),
    /// Sun Ray's part is wrong.
    #[error(transparent)]
    SunRay(#[from] sun_ray::FarmFileFault),
    /// WSMGR's part is wrong.
    #[error(transparent)]
    Wsmgr(#[from] wsmgr::FarmFileFault),
}

/// Longer names would not fit into paths on Windows.
const LONGEST_NAME: usize = 50;

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
    for product in ALL {
        (product.check)(file)?;
    }
    let machines: Vec<String> =
        ALL.iter().flat_map(|product| (product.machines)(file)).map(|one| one.name.to_ascii_uppercase()).collect();
    if machines.is_empty() {
        return Err(FarmFileFault::Empty);
    }
    let twice = machines.iter().enumerate().find(|(at, name)| machines[..*at].contains(name));
    twice.map_or(Ok(()), |(_, name)| Err(FarmFileFault::TwoProducts(name.clone())))
}

/// Checks the names of servers: the product's rule, and that each can be a folder.
pub(super) fn servers<'a>(rule: NameRule, names: impl Iterator<Item = &'a String>) -> Result<(), FarmFileFault> {
    let mut seen = BTreeSet::new();
    for server in names {
        let fault = |why: String| FarmFileFault::Name { what: "server", name: server.clone(), why };
        let checked = ServerName::new(server).map_err(|error| fault(error.to_string()))?;
        rule.check(&checked).map_err(|error| fault(error.to_string()))?;
        // Each server may have a folder of its name.
        folder_name(server).map_err(|why| fault(why.into()))?;
        if !seen.insert(server.to_ascii_uppercase()) {
            return Err(fault("it differs from another only in case".into()));
        }
    }
    Ok(())
}

/// Checks the names of groups or of what is in them.
pub(super) fn names<'a>(what: &'static str, names: impl Iterator<Item = &'a String>) -> Result<(), FarmFileFault> {
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
mod tests;

impl FarmFile {
    /// Returns a farm with nothing in it.
    pub fn of(operator: Operator) -> FarmFile {
        FarmFile { version: 1, operator, co_store: BTreeMap::new(), sun_ray: BTreeMap::new(), wsmgr: BTreeMap::new() }
    }
}
