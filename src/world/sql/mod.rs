//! The product's database: a real SQL Server, asked over the network.
//!
//! Sends the statements that requests hold and none of its own; what they say is decided elsewhere. Parameters travel as
//! data. The password is in no message: [`Settings`] shows it to nobody. Nothing is repeated but reads, and a
//! transaction that the server itself has undone.
//!
//! Begin with [`database::Database`]; one connection is `session`, errors in words are [`trouble::Trouble`].

pub mod database;
mod meter;
mod session;
mod together;
pub mod trouble;
mod value;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

pub use database::{Database, Hold};
pub use trouble::Trouble;

/// The most bytes that are read for one answer, and the most rows: a reply that never ends fills no memory.
pub const LARGEST_ANSWER: (u64, usize) = (16 * 1024 * 1024, 100_000);

/// How a database is reached.
#[derive(Clone)]
pub struct Settings {
    /// The machine's name or address.
    pub host: String,
    /// The TCP port; none: 1433, or the one of `instance`.
    pub port: Option<u16>,
    /// The named instance, whose port SQL Server Browser tells.
    pub instance: Option<String>,
    /// The database.
    pub database: String,
    /// Who logs in.
    pub login: Login,
    /// Whether the connection is encrypted, and by what a certificate is checked.
    pub encryption: Encryption,
    /// The longest time until a connection can be used.
    pub connect_limit: Duration,
    /// The longest time until an answer is whole.
    pub query_limit: Duration,
    /// What each new session is told first.
    pub session: Vec<String>,
    /// The machine on which this runs, as the server shows it to others.
    pub client_host: String,
    /// The program and its user, as the server shows them to others; at most 128 characters.
    pub client_program: String,
}

/// Who logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// A login of SQL Server's own.
    SqlServer {
        /// Its name.
        user: String,
        /// Its password.
        password: Password,
    },
    /// Whoever runs rolewalk, as the domain knows them; only where [`INTEGRATED`] says that it can be.
    Integrated,
}

/// Whether this rolewalk was built to log in with the domain account of whoever runs it.
pub const INTEGRATED: bool = cfg!(any(all(unix, feature = "kerberos"), all(windows, feature = "windows-auth")));

/// A password. It is shown as three dots.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Whether a connection is encrypted, and by what a certificate is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// Encrypted; the certificate is checked by the system's authorities and those in the file, where there is one.
    Checked(Option<PathBuf>),
    /// Encrypted; any certificate is taken.
    AnyCertificate,
    /// Not encrypted.
    Off,
}

impl Settings {
    /// Returns the address as people read it.
    pub fn address(&self) -> String {
        match (&self.instance, self.port) {
            (Some(instance), _) => format!("{}\\{instance}", self.host),
            (None, port) => format!("{}:{}", self.host, port.unwrap_or(1433)),
        }
    }
}
