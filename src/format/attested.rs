//! What people have attested about a group, as it is kept in the state folder: `rolewalk.attested/1`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plan_write::pretty;
use crate::model::attestation::Attestation;
use crate::model::name::ServerName;

/// The name of the format, as the first member.
pub const FORMAT: &str = "rolewalk.attested/1";

/// What is attested about one group.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttestedFile {
    /// Always `rolewalk.attested/1`.
    #[schemars(extend("const" = FORMAT))]
    format: String,
    /// The group.
    group: String,
    /// The system.
    system: String,
    /// Each attested fact once.
    facts: Vec<FactFile>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FactFile {
    /// The server that it is about; null means the group.
    server: Option<String>,
    /// The fact's name.
    name: String,
    /// Its value, as it was given.
    value: String,
    /// Who saw it.
    by: String,
    /// When it was attested (UTC).
    #[schemars(extend("format" = "date-time"))]
    at: String,
    /// Until when it holds (UTC).
    #[schemars(extend("format" = "date-time"))]
    until: String,
}

/// Returns the file of what is attested about a group.
pub fn write(system: &str, group: &str, attested: &[Attestation]) -> String {
    let fact = |one: &Attestation| FactFile {
        server: one.server.as_ref().map(ServerName::to_string),
        name: one.name.clone(),
        value: one.value.clone(),
        by: one.by.clone(),
        at: one.at.to_string(),
        until: one.until.to_string(),
    };
    let facts = attested.iter().map(fact).collect();
    pretty(&AttestedFile { format: FORMAT.into(), group: group.into(), system: system.into(), facts })
}

/// Reads what is attested about a group.
///
/// # Errors
/// Why it can't be read: also where it is of another group.
pub fn read(system: &str, group: &str, bytes: &[u8]) -> Result<Vec<Attestation>, String> {
    let file: AttestedFile = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if file.format != FORMAT {
        return Err(format!("its format is {:?} and not {FORMAT:?}", file.format));
    }
    if file.system != system || !file.group.eq_ignore_ascii_case(group) {
        return Err(format!("it is of {} group {:?}", file.system, file.group));
    }
    let time = |text: &str| text.parse::<Timestamp>().map_err(|_| format!("{text:?} is no time in UTC"));
    let fact = |one: FactFile| {
        let server = one.server.map(|name| ServerName::new(&name).map_err(|fault| fault.to_string())).transpose()?;
        let (at, until) = (time(&one.at)?, time(&one.until)?);
        Ok(Attestation { server, name: one.name, value: one.value, by: one.by, at, until })
    };
    file.facts.into_iter().map(fact).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_attested_is_read_back_as_it_was_written_and_another_file_is_none() {
        let one = Attestation {
            server: ServerName::new("web1").ok(),
            name: "role".into(),
            value: "manager".into(),
            by: "hanako".into(),
            at: Timestamp::from_second(1_800_000_000).unwrap(),
            until: Timestamp::from_second(1_800_003_600).unwrap(),
        };
        let other = Attestation { server: None, ..one.clone() };
        let text = write("wsmgr", "Web", &[one.clone(), other.clone()]);
        assert_eq!(read("wsmgr", "Web", text.as_bytes()), Ok(vec![one, other]));
        assert!(read("wsmgr", "Other", text.as_bytes()).unwrap_err().contains("it is of"));
        for bad in [text.replace("/1", "/2"), text.replace("2027", "soon"), text.replace("web1", ""), String::new()] {
            assert!(read("wsmgr", "Web", bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
