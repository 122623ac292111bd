//! The fingerprints that were last recorded of a group's images, as they are kept in the state folder.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::plan_write::pretty;
use crate::model::disks::manifest::Digest;
use crate::model::disks::name::folded;
use crate::model::disks::recorded::{Print, Recorded};
use crate::model::name::ServerName;

/// The name of the format, as the first member.
const FORMAT: &str = "rolewalk.fingerprints/1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedFile {
    format: String,
    /// Each server's images.
    servers: BTreeMap<String, Vec<PrintFile>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PrintFile {
    path: String,
    bytes: u64,
    blake3: Digest,
    at: String,
}

/// Returns the file of a record.
pub fn write(recorded: &Recorded) -> String {
    let print = |one: &Print| PrintFile {
        path: one.name.clone(),
        bytes: one.bytes,
        blake3: one.blake3,
        at: one.at.to_string(),
    };
    let servers = recorded.iter().map(|(server, files)| (server.to_string(), files.values().map(print).collect()));
    pretty(&RecordedFile { format: FORMAT.into(), servers: servers.collect() })
}

/// Reads a record.
///
/// # Errors
/// Why it is none; a record that can't be read is no record, and is said to be none.
pub fn read(bytes: &[u8]) -> Result<Recorded, String> {
    let file: RecordedFile = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if file.format != FORMAT {
        return Err(format!("its format is {:?} and not {FORMAT:?}", file.format));
    }
    let print = |one: PrintFile| {
        let at: Timestamp = one.at.parse().map_err(|_| format!("{:?} is no time in UTC", one.at))?;
        Ok((folded(&one.path), Print { name: one.path, bytes: one.bytes, blake3: one.blake3, at }))
    };
    let files = |files: Vec<PrintFile>| files.into_iter().map(print).collect::<Result<_, String>>();
    let name = |text: &str| ServerName::new(text).map_err(|fault| fault.to_string());
    file.servers.into_iter().map(|(server, of)| Ok((name(&server)?, files(of)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_back_as_it_was_written_and_another_file_is_none() {
        let print = Print {
            name: "Hoge.1.avhd".into(),
            bytes: 3,
            blake3: Digest([7; 32]),
            at: Timestamp::from_second(1_800_000_000).unwrap(),
        };
        let recorded: Recorded =
            [(ServerName::new("PVS1").unwrap(), [(folded("Hoge.1.avhd"), print)].into())].into_iter().collect();
        let text = write(&recorded);
        assert_eq!(read(text.as_bytes()), Ok(recorded));
        for bad in [text.replace("/1", "/2"), text.replace("2027", "soon"), text.replace("07", "0"), String::new()] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
