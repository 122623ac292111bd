//! What PVS's own inventory says of the versions of a store's vDisks, server by server.
//!
//! For people, beside what the bytes say: PVS looks at the times of files, in the folder that it has for a server, and not
//! at what is in them. No guard and no mark reads it. It is read in `system::co_store::inventory` and set beside the files
//! by [`super::matrix::Matrix::beside`].

use crate::model::name::ServerName;

/// What the inventory says of one store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// What it says of each version on each server. A version in maintenance is left out: it is on one server by rule.
    pub records: Vec<Record>,
    /// Why something of it is unknown.
    pub unknown: Vec<String>,
}

/// What it says of one version on one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The server.
    pub server: ServerName,
    /// The file name of the version's image.
    pub file: String,
    /// The folder in which PVS looks for it; empty where it does not say.
    pub folder: String,
    /// How the version is there, or why PVS does not know.
    pub state: Result<State, String>,
}

/// How PVS says that a version is on a server.
///
/// # Source
/// The PVS PowerShell programmer's guide: `State` of `PvsDiskInventory`, 0 to 4; 5 is a server that can't be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Up to date.
    UpToDate,
    /// The version's file is missing.
    FileMissing,
    /// The version's file is out of date.
    FileOutdated,
    /// Its properties are missing.
    PropertiesMissing,
    /// Its properties are out of date.
    PropertiesOutdated,
}

/// What the inventory says of a server as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// Every version is up to date.
    UpToDate,
    /// Some version is not.
    Behind,
    /// PVS does not know of every version.
    Unknown,
    /// It tells of no version there, as of a server that does not serve the store.
    NotListed,
}

/// How what PVS says of a version stands to the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Beside {
    /// They do not contradict each other, as far as both are known.
    NoConflict,
    /// PVS takes it for up to date, and a file of it is missing or holds other bytes than the master's.
    TakenForGood,
    /// PVS takes it for behind, and the file that PVS means is there with the master's bytes.
    TakenForBehind,
}

impl Inventory {
    /// Returns an inventory of which nothing is known.
    pub fn unknown(why: String) -> Inventory {
        Inventory { records: Vec::new(), unknown: vec![why] }
    }

    /// Returns what is said of a server. What is unknown anywhere may be of any server: then none is up to date for sure.
    pub fn says(&self, server: &ServerName) -> Says {
        let states = || self.records.iter().filter(|one| one.server == *server).map(|one| &one.state);
        let is_behind = |state: &Result<State, String>| state.as_ref().is_ok_and(|state| *state != State::UpToDate);
        if states().any(is_behind) {
            Says::Behind
        } else if !self.unknown.is_empty() || states().any(Result::is_err) {
            Says::Unknown
        } else if states().next().is_none() {
            Says::NotListed
        } else {
            Says::UpToDate
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(name: &str) -> ServerName {
        ServerName::new(name).unwrap()
    }

    fn record(of: &str, state: Result<State, String>) -> Record {
        Record { server: server(of), file: "Hoge.vhd".into(), folder: String::new(), state }
    }

    // DV-01: what is not known is never absent, and never up to date.
    #[test]
    fn a_server_is_up_to_date_only_where_nothing_is_unknown() {
        let why = || Err("PVS can't reach the server".to_string());
        let known = vec![
            record("PVS1", Ok(State::UpToDate)),
            record("PVS2", why()),
            record("pvs2", Ok(State::FileMissing)),
            record("PVS3", Ok(State::UpToDate)),
            record("PVS3", why()),
        ];
        let all = |inventory: &Inventory| ["PVS1", "PVS2", "PVS3", "PVS4"].map(|name| inventory.says(&server(name)));
        let inventory = Inventory { records: known, unknown: Vec::new() };
        assert_eq!(all(&inventory), [Says::UpToDate, Says::Behind, Says::Unknown, Says::NotListed]);
        let partly = Inventory { unknown: vec!["PVS error 97: ServerTimeout".into()], ..inventory };
        assert_eq!(all(&partly), [Says::Unknown, Says::Behind, Says::Unknown, Says::Unknown]);
    }
}
