//! What can go wrong between here and a server, in words that say whose fault it is.

use std::time::Duration;

use thiserror::Error;

use crate::model::words::Text;

/// Why there is no answer, or none that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Trouble {
    /// There is no connection to be had.
    #[error("`{host}` can't be reached over SSH: {why}")]
    Unreachable {
        /// The server.
        host: String,
        /// Why not.
        why: String,
    },
    /// Its host key is unknown, or another one.
    #[error("the SSH host key of `{host}` was refused: {why}")]
    HostKey {
        /// The server.
        host: String,
        /// Why.
        why: String,
    },
    /// It does not let this account in.
    #[error("`{host}` refused the SSH login: {why}")]
    Denied {
        /// The server.
        host: String,
        /// What it said.
        why: String,
    },
    /// A program of this machine is not there.
    #[error("`{program}` can't be started: {why}")]
    NoProgram {
        /// The program.
        program: String,
        /// Why not.
        why: String,
    },
    /// It can't be told to this server in a form that is safe.
    #[error("it can't be told to `{host}`: {why}")]
    Unsendable {
        /// The server.
        host: String,
        /// Why not.
        why: String,
    },
    /// The answer did not come in time.
    #[error("`{host}` did not answer within {} s", within.as_secs_f32())]
    Late {
        /// The server.
        host: String,
        /// How long it was waited for.
        within: Duration,
    },
    /// The connection was lost before the end of the answer.
    #[error("the answer of `{host}` has no end: {why}")]
    Lost {
        /// The server.
        host: String,
        /// What is known of it.
        why: String,
    },
    /// The answer is larger than any that is expected.
    #[error("the answer of `{host}` is larger than any that is expected ({most} bytes); it was not read to its end")]
    TooLarge {
        /// The server.
        host: String,
        /// How much would have been read.
        most: usize,
    },
    /// The answer holds something that can't be read.
    #[error("the answer of `{host}` can't be read: {why}")]
    Unreadable {
        /// The server.
        host: String,
        /// What.
        why: String,
    },
}

impl Trouble {
    /// Returns what is wrong, as people read it. What a server or the client said stays in its own words.
    pub fn told(&self) -> Text {
        let ja = match self {
            Trouble::Unreachable { host, why } => format!("`{host}` に SSH で接続できない: {why}"),
            Trouble::HostKey { host, why } => format!("`{host}` の SSH ホスト鍵を受け入れられない: {why}"),
            Trouble::Denied { host, why } => format!("`{host}` が SSH のログインを拒否した: {why}"),
            Trouble::NoProgram { program, why } => format!("`{program}` を起動できない: {why}"),
            Trouble::Unsendable { host, why } => format!("`{host}` に安全な形で伝えられない: {why}"),
            Trouble::Late { host, within } => format!("`{host}` が {} 秒以内に応答しなかった", within.as_secs_f32()),
            Trouble::Lost { host, why } => format!("`{host}` の応答が途中で切れた: {why}"),
            Trouble::TooLarge { host, most } => {
                format!("`{host}` の応答が想定 ({most} バイト) より大きいため、最後まで読んでいない")
            }
            Trouble::Unreadable { host, why } => format!("`{host}` の応答を読み取れない: {why}"),
        };
        Text::new(self.to_string(), ja)
    }

    /// Returns whether the order was surely not carried out: it never left this machine.
    pub fn is_before_sending(&self) -> bool {
        matches!(
            self,
            Trouble::Unreachable { .. }
                | Trouble::HostKey { .. }
                | Trouble::Denied { .. }
                | Trouble::NoProgram { .. }
                | Trouble::Unsendable { .. }
        )
    }

    /// Puts what the SSH client said of a connection that it could not make into words.
    pub fn of_connecting(host: &str, said: &str) -> Trouble {
        let host = host.to_string();
        let why = last_line(said);
        if ["Host key verification failed", "host key is known for", "HOST IDENTIFICATION HAS CHANGED"]
            .iter()
            .any(|words| said.contains(words))
        {
            let why = match said.contains("HAS CHANGED") {
                true => "it is not the one that is known (the machine was set up anew, or another one answers)".into(),
                false => said.lines().next().unwrap_or_default().trim().to_string(),
            };
            return Trouble::HostKey { host, why };
        }
        if said.contains("Permission denied") || said.contains("Too many authentication failures") {
            return Trouble::Denied { host, why };
        }
        Trouble::Unreachable { host, why }
    }
}

/// Returns the last line that says something, clipped.
pub fn last_line(said: &str) -> String {
    let line = said.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason was given");
    clipped(line)
}

/// Returns a text as it may stand in a sentence: its beginning, in one line.
pub fn clipped(text: &str) -> String {
    let line: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    if text.trim().chars().count() > 300 { line + "…" } else { line }
}
