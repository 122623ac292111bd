//! Requests and replies: effects as data. A system turns a step into requests and replies into facts;
//! a world performs requests. Nothing here performs anything.

use super::attestation::Attestation;
use super::disks::listing::Listing;
use super::name::ServerName;
use super::pool::{PoolSeen, PoolState};
use super::words::Text;

/// One thing that the world is asked to do or to show.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Request {
    /// Read rows with one SQL statement.
    Query(Statement),
    /// Change rows in one transaction: only if every statement of `only_if` reads no row, and only if exactly
    /// `rows` rows change; else rolled back.
    Change {
        /// Statements that must read no row, asked inside the transaction.
        only_if: Vec<Statement>,
        /// The change.
        change: Statement,
        /// How many rows must change.
        rows: u64,
    },
    /// Run a documented PowerShell command of the product on a server; the reply is JSON.
    Cmdlet {
        /// The server on which it runs.
        on: ServerName,
        /// The command, for example `Get-PvsServer`.
        name: &'static str,
        /// Its parameters, in order, without the dash.
        parameters: Vec<(&'static str, String)>,
    },
    /// Run a program of the product on a server, with administrator's rights.
    Command {
        /// The server on which it runs.
        on: ServerName,
        /// The folder of the program.
        folder: String,
        /// The program's file name.
        program: &'static str,
        /// Its arguments, each one argument whatever it holds.
        arguments: Vec<String>,
    },
    /// Run a program of the product on a server that only shows something, with administrator's rights.
    Show {
        /// The server on which it runs.
        on: ServerName,
        /// The folder of the program.
        folder: String,
        /// The program's file name.
        program: &'static str,
        /// Its arguments, each one argument whatever it holds.
        arguments: Vec<String>,
    },
    /// Run a program of the product on a server, and keep what it writes to standard output in a new file there. Only
    /// the file's owner may read it, from its creation on. The file is there whole or not at all, and never replaces one.
    SaveOutput {
        /// The server on which it runs.
        on: ServerName,
        /// The folder of the program.
        folder: String,
        /// The program's file name.
        program: &'static str,
        /// Its arguments, each one argument whatever it holds.
        arguments: Vec<String>,
        /// The file's whole path.
        to: String,
    },
    /// Copy a file from a server to the same path on another, over an encrypted channel. Only its owner may read the
    /// copy, from its creation on. The copy is there whole or not at all, and never replaces a file.
    CopyFile {
        /// The server that has the file.
        from: ServerName,
        /// The server that gets it.
        to: ServerName,
        /// The file's whole path.
        path: String,
    },
    /// Remove a file of a server; one that is not there is as good.
    RemoveFile {
        /// The server.
        on: ServerName,
        /// The file's whole path.
        path: String,
    },
    /// Say whether a server has a file, without reading it.
    StatFile {
        /// The server.
        on: ServerName,
        /// The file's whole path.
        path: String,
    },
    /// List the store folder of a server: vDisk files, and `Invalid*` folders with what they hold. Reads no file.
    ListStore {
        /// The server.
        on: ServerName,
        /// The store.
        store: String,
    },
    /// List the store folder of a server with the fingerprints of its vDisk files and their chains checked, all of it
    /// on that server.
    HashStore {
        /// The server.
        on: ServerName,
        /// The store.
        store: String,
        /// Whether every file is read again, whatever is remembered of it.
        afresh: bool,
    },
    /// Rename a folder inside the store folder of a server. Never a file, never onto something that exists.
    RenameFolder {
        /// The server.
        on: ServerName,
        /// The store.
        store: String,
        /// The folder's name now.
        from: String,
        /// Its name then.
        to: String,
    },
    /// Say what the load balancer does with a server.
    SeePool {
        /// The server.
        server: ServerName,
    },
    /// Tell the load balancer, all of it, what to do with a server, and read that back.
    SetPool {
        /// The server.
        server: ServerName,
        /// What it is to do.
        to: PoolState,
    },
    /// Wait until no session is left on a server, as long as the connection allows; end none.
    AwaitIdle {
        /// The server.
        server: ServerName,
    },
    /// Say what people have attested about a group.
    ReadAttested {
        /// The system.
        system: &'static str,
        /// The group.
        group: String,
    },
    /// Have a server join the PVS farm by the product's Configuration Wizard, with the answers that the connection
    /// declares. Its exit code proves nothing.
    RunWizard {
        /// The server.
        on: ServerName,
        /// The CO-Store store through whose `-Link` store it joins; the declared answers name it.
        store: String,
    },
    /// Ask a person to do something that no interface offers.
    AskOperator(Task),
}

/// One SQL statement with its parameters (`@P1`, `@P2`, …), which travel as data.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Statement {
    /// Plain T-SQL.
    pub text: String,
    /// The parameters.
    pub parameters: Vec<String>,
    /// The same question for many values of `@P1` at once, with `{list}` where their parameters stand: its first column
    /// is the value that a row belongs to, the others are as in `text`. None where it can only be asked for one.
    pub together: Option<String>,
}

/// What a person is asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Task {
    /// The group.
    pub group: String,
    /// The transition's name.
    pub transition: &'static str,
    /// The server that it is about.
    pub server: ServerName,
    /// The server on which to work.
    pub host: ServerName,
    /// The instructions, one action a line.
    pub instructions: Vec<Text>,
}

/// How a reply that did not come is told.
pub const NO_ANSWER: &str = "no answer: ";

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Rows, each with its columns in the statement's order; none stands for NULL.
    Rows(Vec<Vec<Option<String>>>),
    /// The transaction was committed.
    Changed {
        /// How many rows changed.
        rows: u64,
    },
    /// A program ended.
    Ended {
        /// Its exit code.
        exit_code: i32,
        /// What it wrote to standard output.
        stdout: String,
        /// What it wrote to standard error.
        stderr: String,
    },
    /// The JSON that a PowerShell command wrote.
    Json(String),
    /// A PowerShell command failed.
    CmdletFailed {
        /// The product's error code, where it gave one.
        code: Option<i64>,
        /// Its message.
        message: String,
    },
    /// What a store folder holds.
    Listing(Listing),
    /// The folder has its new name.
    Renamed,
    /// The file is where it should be, or gone as it should be.
    FileDone,
    /// The size of a file in bytes; none where it is surely not there.
    FileSize(Option<u64>),
    /// What the load balancer does with a server.
    Pool(PoolSeen),
    /// What people have attested, each with whether it is over.
    Attested(Vec<(Attestation, bool)>),
    /// The person did it (or says so): the proof is another request.
    OperatorDone,
    /// The person was asked and has not done it yet.
    OperatorAsked,
    /// It was not carried out, surely: nothing was changed by it.
    Refused {
        /// Why.
        why: String,
    },
    /// Nobody answered, or the answer was lost: it may or may not have been carried out.
    Unknown {
        /// Why.
        why: String,
    },
}

impl Reply {
    /// Returns the reply in one line, as a journal has it: 4,000 characters at most.
    pub fn told(&self) -> String {
        let line = match self {
            Reply::Ended { exit_code, stdout, stderr } => {
                let said = [stdout.trim(), stderr.trim()].into_iter().filter(|part| !part.is_empty());
                format!("exit code {exit_code}: {}", said.collect::<Vec<_>>().join(" / "))
            }
            Reply::Changed { rows } => format!("{rows} row changed"),
            Reply::CmdletFailed { code, message } => match code {
                Some(code) => format!("PVS error {code}: {message}"),
                None => message.clone(),
            },
            Reply::Json(json) => json.clone(),
            Reply::Renamed => "renamed".into(),
            Reply::FileDone => "done".into(),
            Reply::FileSize(Some(bytes)) => format!("{bytes} bytes"),
            Reply::FileSize(None) => "no such file".into(),
            Reply::Pool(seen) => seen.to_string(),
            Reply::Attested(all) => format!("{} attested facts", all.len()),
            Reply::OperatorDone => "the operator did it".into(),
            Reply::OperatorAsked => "the operator was asked".into(),
            Reply::Refused { why } => format!("refused: {why}"),
            Reply::Unknown { why } => format!("{NO_ANSWER}{why}"),
            Reply::Rows(rows) => format!("{} rows", rows.len()),
            Reply::Listing(listing) => format!("{} files", listing.files.len()),
        };
        line.chars().take(4000).collect()
    }
}

impl Request {
    /// Returns the server on which it is done; none where it is for a database, a load balancer or the state folder.
    pub fn host(&self) -> Option<&ServerName> {
        match self {
            Request::Query(_) | Request::Change { .. } => None,
            Request::SeePool { .. }
            | Request::SetPool { .. }
            | Request::AwaitIdle { .. }
            | Request::ReadAttested { .. } => None,
            Request::Cmdlet { on, .. }
            | Request::Command { on, .. }
            | Request::Show { on, .. }
            | Request::SaveOutput { on, .. }
            | Request::RemoveFile { on, .. }
            | Request::StatFile { on, .. }
            | Request::ListStore { on, .. }
            | Request::HashStore { on, .. }
            | Request::RenameFolder { on, .. }
            | Request::RunWizard { on, .. } => Some(on),
            Request::CopyFile { from, .. } => Some(from),
            Request::AskOperator(task) => Some(&task.host),
        }
    }

    /// Returns the request in one line, as people read it. Commands and statements are the same in every language.
    pub fn told(&self) -> Text {
        let en = self.to_string();
        let ja = match self {
            Request::ListStore { on, store } => format!("{on}: ストア {store} のフォルダーを一覧表示"),
            Request::HashStore { on, store, afresh } => {
                let again = if *afresh { " (すべて読み直す)" } else { "" };
                format!("{on}: ストア {store} のファイルのハッシュ値を計算{again}")
            }
            Request::RenameFolder { on, store, from, to } => {
                format!("{on}: ストア {store} のフォルダー {from} の名前を {to} に変更")
            }
            Request::CopyFile { from, to, path } => format!("{from}: {path} を {to} にコピー (暗号化)"),
            Request::RemoveFile { on, path } => format!("{on}: {path} を削除"),
            Request::StatFile { on, path } => format!("{on}: {path} の有無を確認"),
            Request::SeePool { server } => format!("負荷分散装置: {server} の状態を確認"),
            Request::SetPool { server, to } => match to {
                PoolState::Ready => format!("負荷分散装置: {server} を分散対象に組み込む"),
                PoolState::Drain => format!("負荷分散装置: {server} への新しいセッションを止める"),
                PoolState::Maint => format!("負荷分散装置: {server} を分散対象から切り離す"),
            },
            Request::AwaitIdle { server } => format!("負荷分散装置: {server} のセッションがなくなるまで待つ"),
            Request::ReadAttested { group, .. } => format!("グループ {group} について証言された内容を読む"),
            Request::RunWizard { on, .. } => format!("{on}: 宣言された応答ファイルで PVS 構成ウィザードを実行"),
            Request::AskOperator(task) => format!("{}: 作業者に依頼: {} {}", task.host, task.transition, task.server),
            Request::Change { change, rows, .. } => format!("SQL (1 トランザクション、{rows} 行のみ): {change}"),
            Request::Query(_) | Request::Cmdlet { .. } | Request::Command { .. } | Request::Show { .. } => plain(&en),
            Request::SaveOutput { on, program, arguments, to, .. } => {
                let command: Vec<&str> =
                    std::iter::once(*program).chain(arguments.iter().map(String::as_str)).collect();
                format!("{on}: {} > {to} (所有者だけが読める)", command.join(" "))
            }
        };
        Text::new(en, ja)
    }

    /// Returns the new name of the folder, where a line tells of one that is renamed as [`Request::RenameFolder`] is told.
    pub fn renamed_to(line: &str) -> Option<&str> {
        let (before, to) = line.rsplit_once(" to ")?;
        before.contains(": rename the folder ").then_some(to)
    }

    /// Returns whether it only looks.
    pub fn is_look(&self) -> bool {
        match self {
            Request::Query(_)
            | Request::Show { .. }
            | Request::StatFile { .. }
            | Request::SeePool { .. }
            | Request::ReadAttested { .. }
            | Request::ListStore { .. }
            | Request::HashStore { .. } => true,
            Request::Cmdlet { name, .. } => name.starts_with("Get-") || name.starts_with("Test-"),
            Request::Change { .. }
            | Request::Command { .. }
            | Request::SaveOutput { .. }
            | Request::CopyFile { .. }
            | Request::RemoveFile { .. }
            | Request::RenameFolder { .. }
            | Request::SetPool { .. }
            | Request::AwaitIdle { .. }
            | Request::RunWizard { .. }
            | Request::AskOperator(_) => false,
        }
    }
}

/// A program on a server, without a word that only English has.
fn plain(en: &str) -> String {
    en.strip_prefix("on ").unwrap_or(en).to_string()
}

/// Writes the request as a person would type or say it, on one line.
impl std::fmt::Display for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Request::Query(statement) => write!(f, "SQL: {statement}"),
            Request::Change { change, rows, .. } => write!(f, "SQL, one transaction, {rows} row or nothing: {change}"),
            Request::Cmdlet { on, name, parameters } => {
                write!(f, "on {on}: {name}")?;
                parameters.iter().try_for_each(|(key, value)| write!(f, " -{key} {value}"))
            }
            Request::Command { on, program, arguments, .. } | Request::Show { on, program, arguments, .. } => {
                write!(f, "on {on}: {program}")?;
                arguments.iter().try_for_each(|argument| write!(f, " {argument}"))
            }
            Request::SaveOutput { on, program, arguments, to, .. } => {
                write!(f, "on {on}: {program}")?;
                arguments.iter().try_for_each(|argument| write!(f, " {argument}"))?;
                write!(f, " > {to} (readable by its owner alone)")
            }
            Request::CopyFile { from, to, path } => write!(f, "on {from}: copy {path} to {to} (encrypted)"),
            Request::RemoveFile { on, path } => write!(f, "on {on}: remove {path}"),
            Request::StatFile { on, path } => write!(f, "on {on}: is there {path}"),
            Request::ListStore { on, store } => write!(f, "on {on}: list the folder of store {store}"),
            Request::HashStore { on, store, afresh } => {
                let again = if *afresh { ", reading all again" } else { "" };
                write!(f, "on {on}: fingerprint the files of store {store}{again}")
            }
            Request::RenameFolder { on, store, from, to } => {
                write!(f, "on {on}: rename the folder {from} of store {store} to {to}")
            }
            Request::SeePool { server } => write!(f, "load balancer: what is {server}"),
            Request::SetPool { server, to } => write!(f, "load balancer: set {server} to {}", to.as_str()),
            Request::AwaitIdle { server } => write!(f, "load balancer: wait until {server} has no session"),
            Request::ReadAttested { system, group } => write!(f, "read what is attested of {system} group {group}"),
            Request::RunWizard { on, .. } => {
                write!(f, "on {on}: run the PVS Configuration Wizard with the declared answers")
            }
            Request::AskOperator(task) => {
                write!(f, "ask the operator, on {}: {} {}", task.host, task.transition, task.server)
            }
        }
    }
}

impl std::fmt::Display for Statement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.text)?;
        let numbered = self.parameters.iter().enumerate();
        numbered.into_iter().try_for_each(|(index, value)| write!(f, " [@P{} = {value:?}]", index + 1))
    }
}
