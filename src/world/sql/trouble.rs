//! What can go wrong between here and a database, in words that say whose fault it is.

use std::time::Duration;

use thiserror::Error;

use super::meter;
use crate::model::words::Text;

/// Why a statement has no answer, or another one than was wanted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Trouble {
    /// There is no connection to be had.
    #[error("the database server `{address}` can't be reached: {why}")]
    Unreachable {
        /// Where it should be.
        address: String,
        /// Why not.
        why: String,
    },
    /// The certificate was refused.
    #[error("the certificate of the database server `{address}` was refused: {why}")]
    Certificate {
        /// Where it is.
        address: String,
        /// Why.
        why: String,
    },
    /// The encryption that was asked for is not to be had.
    #[error("the database server `{address}` offers no connection of this kind: {why}")]
    Encryption {
        /// Where it is.
        address: String,
        /// Why not.
        why: String,
    },
    /// The login was refused.
    #[error("the database server refused the login: error {number}: {message}")]
    Login {
        /// The server's number for it.
        number: u32,
        /// The server's message.
        message: String,
    },
    /// The server refused the statement.
    #[error("SQL Server error {number}: {message}")]
    Refused {
        /// The server's number for it.
        number: u32,
        /// The server's message.
        message: String,
    },
    /// The answer did not come in time.
    #[error("the database server did not answer within {} s", within.as_secs_f32())]
    Late {
        /// How long it was waited for.
        within: Duration,
    },
    /// The connection was lost.
    #[error("the connection to the database server was lost: {why}")]
    Lost {
        /// How.
        why: String,
    },
    /// The answer is larger than any that is expected.
    #[error("the database server's answer is larger than any that is expected; it was not read to its end")]
    TooLarge,
    /// The answer holds something that can't be read.
    #[error("the database server's answer can't be read: {why}")]
    Unreadable {
        /// What.
        why: String,
    },
}

/// Adds what time it is here to a refusal that is one of time: the clock that is wrong may be our own.
fn with_clock(why: &str) -> String {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S UTC");
    match why.to_lowercase() {
        said if said.contains("expired") || said.contains("not valid yet") || said.contains("notvalidyet") => {
            format!("{why}; this machine's clock says {now}")
        }
        _ => why.into(),
    }
}

impl Trouble {
    /// Puts what happened to a statement into words.
    pub(super) fn of_statement(error: tiberius::error::Error) -> Trouble {
        match error {
            tiberius::error::Error::Server(told) => {
                Trouble::Refused { number: told.code(), message: told.message().into() }
            }
            tiberius::error::Error::Io { message, .. } if message.contains(meter::TOO_LARGE) => Trouble::TooLarge,
            tiberius::error::Error::Io { message, .. } => Trouble::Lost { why: message },
            tiberius::error::Error::Tls(why) => Trouble::Lost { why },
            other => Trouble::Unreadable { why: other.to_string() },
        }
    }

    /// Puts what happened to an attempt to connect into words.
    pub(super) fn of_connecting(error: tiberius::error::Error, address: &str) -> Trouble {
        let address = address.to_string();
        match error {
            tiberius::error::Error::Server(told) => {
                Trouble::Login { number: told.code(), message: told.message().into() }
            }
            tiberius::error::Error::Tls(why) => {
                // The library's remedies name its own functions, which nobody can call from here.
                let why = why.split(" To connect anyway").next().unwrap_or_default().trim_end_matches('.');
                let why = why.rsplit("handshake: ").next().unwrap_or(why);
                Trouble::Certificate { address, why: with_clock(why) }
            }
            tiberius::error::Error::Protocol(why) if why.contains("ncrypt") => {
                Trouble::Encryption { address, why: why.into_owned() }
            }
            tiberius::error::Error::Io { message, .. } if message.contains(meter::TOO_LARGE) => Trouble::TooLarge,
            tiberius::error::Error::Io { message, .. } => Trouble::Unreachable { address, why: message },
            other => Trouble::Unreachable { address, why: other.to_string() },
        }
    }

    /// Returns what is wrong, as people read it. What a server or the system said stays in its own words.
    pub fn told(&self) -> Text {
        let ja = match self {
            Trouble::Unreachable { address, why } => format!("データベースサーバー `{address}` に接続できない: {why}"),
            Trouble::Certificate { address, why } => {
                format!("データベースサーバー `{address}` の証明書を受け入れられない: {why}")
            }
            Trouble::Encryption { address, why } => {
                format!("データベースサーバー `{address}` はこの種類の接続に対応していない: {why}")
            }
            Trouble::Login { number, message } => {
                format!("データベースサーバーがログインを拒否した: エラー {number}: {message}")
            }
            Trouble::Refused { number, message } => format!("SQL Server のエラー {number}: {message}"),
            Trouble::Late { within } => {
                format!("データベースサーバーが {} 秒以内に応答しなかった", within.as_secs_f32())
            }
            Trouble::Lost { why } => format!("データベースサーバーとの接続が切れた: {why}"),
            Trouble::TooLarge => "データベースサーバーの応答が想定より大きいため、最後まで読んでいない".into(),
            Trouble::Unreadable { why } => format!("データベースサーバーの応答を読み取れない: {why}"),
        };
        Text::new(self.to_string(), ja)
    }

    /// Returns whether the server itself said no, so that the connection can still be used.
    pub fn is_said_by_server(&self) -> bool {
        matches!(self, Trouble::Refused { .. })
    }

    /// Returns whether the server chose the transaction as the victim of a deadlock, and has undone it (error 1205).
    pub(super) fn is_deadlock(&self) -> bool {
        matches!(self, Trouble::Refused { number: 1205, .. })
    }
}
