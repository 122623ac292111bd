//! Turns any error into words: `error:`, the place, `because` and `cause:` lines, then `hint:`. The only file that does.

use anstyle::AnsiColor;

use crate::format::fault::{self, Fault};
use crate::format::json::JsonFault;
use crate::format::plan::PlanFileFault;
use crate::model::words::{Language, Text};
use crate::run::generation::{Overtaken, overtaken};
use crate::run::lock::{Holder, LockFault, RemoteHolder};
use crate::run::runs::RunFault;
use crate::run::state::StateFault;
use crate::world::practice::PracticeError;

use super::setting::style;

/// What a command ends with when it can't do what was asked.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit_code: u8,
    /// What is wrong: a phrase in lower case, without a full stop.
    pub message: Text,
    /// Where: `FILE:LINE:COLUMN` or a file.
    pub place: Option<String>,
    /// The argument, or the causes, one a line, each with its leading word.
    pub lines: Vec<Text>,
    /// What to do.
    pub hint: Option<Text>,
    /// Faults of files that people write, which have a form of their own.
    pub faults: Vec<Fault>,
}

impl Failure {
    /// Returns a failure with nothing but a message.
    pub fn new(exit_code: u8, en: impl Into<String>, ja: impl Into<String>) -> Failure {
        let message = Text::new(en, ja);
        Failure { exit_code, message, place: None, lines: Vec::new(), hint: None, faults: Vec::new() }
    }

    /// Adds where it is.
    pub fn at(mut self, place: impl Into<String>) -> Failure {
        self.place = Some(place.into());
        self
    }

    /// Adds a reason of the argument.
    pub fn because(mut self, reason: &Text) -> Failure {
        self.lines.push(Text::new(format!("  because {}", reason.en), format!("  理由: {}", reason.ja)));
        self
    }

    /// Adds a cause that the system told.
    pub fn cause(mut self, cause: impl std::fmt::Display) -> Failure {
        self.lines.push(Text::new(format!("  cause: {cause}"), format!("  原因: {cause}")));
        self
    }

    /// Adds a line.
    pub fn line(mut self, en: &str, ja: &str) -> Failure {
        self.lines.push(Text::new(format!("  {en}"), format!("  {ja}")));
        self
    }

    /// Adds that nothing has been changed, once.
    pub fn nothing_changed(self) -> Failure {
        let (en, ja) = ("nothing has been changed", "何も変更していない");
        match self.lines.iter().any(|line| line.en.trim_start() == en) {
            true => self,
            false => self.line(en, ja),
        }
    }

    /// Adds what to do.
    pub fn hint(mut self, en: impl Into<String>, ja: impl Into<String>) -> Failure {
        self.hint = Some(Text::new(en, ja));
        self
    }

    /// Returns the failure of faulty files.
    pub fn of_faults(faults: Vec<Fault>) -> Failure {
        Failure { faults, ..Failure::new(1, "", "") }
    }

    /// Writes the failure as it is printed.
    pub fn render(&self, language: Language, color: bool) -> String {
        if !self.faults.is_empty() {
            let faults = self.faults.iter().map(|one| fault::render(one, language, color));
            let lines = self.lines.iter().map(|line| format!("{}\n", line.say(language).trim_start()));
            return faults.chain(lines).collect::<Vec<_>>().join("\n");
        }
        let red = style(color, AnsiColor::Red);
        let blue = style(color, AnsiColor::Blue);
        let cyan = style(color, AnsiColor::Cyan);
        let message = fault::snippet::harmless(self.message.say(language));
        let mut text = format!("{red}error:{red:#} {message}\n");
        if let Some(place) = &self.place {
            text.push_str(&format!("{blue}  -->{blue:#} {}\n", fault::snippet::harmless(place)));
        }
        for line in &self.lines {
            text.push_str(&fault::snippet::harmless(line.say(language)));
            text.push('\n');
        }
        if let Some(hint) = &self.hint {
            text.push_str(&format!("\n{cyan}hint:{cyan:#} {}\n", fault::snippet::harmless(hint.say(language))));
        }
        text
    }
}

impl From<StateFault> for Failure {
    fn from(fault: StateFault) -> Failure {
        if let Some(Overtaken { later }) = overtaken(&fault) {
            let (group, number) = (&later.group, later.number);
            return Failure::new(
                9,
                format!("another run has taken group `{group}` since: this one does nothing more"),
                format!("グループ `{group}` は別の実行に引き継がれたため、この実行はここで停止する"),
            )
            .because(&Text::new(
                format!("generation {number} was taken by {} on {} at {}", later.who, later.host, later.since),
                format!("世代 {number} ({} が {} で {} に開始)", later.who, later.host, later.since),
            ))
            .hint(
                "`rolewalk history` lists the runs; once the other has ended, `rolewalk resume` looks what was done",
                "`rolewalk history` で実行を確認し、もう一方の終了後に `rolewalk resume` で再開する",
            );
        }
        let ja = format!("`{}` を扱えない", fault.path.display());
        Failure::new(1, fault.to_string(), ja).cause(&fault.cause)
    }
}

impl From<LockFault> for Failure {
    fn from(fault: LockFault) -> Failure {
        match fault {
            LockFault::State(fault) => fault.into(),
            LockFault::HeldInDatabase { group, holder } => Failure::new(
                9,
                format!("another run holds the lock of group `{group}` in the database"),
                format!("グループ `{group}` は別の実行がデータベース上でロックしている"),
            )
            .because(&held_remotely(holder.as_ref()))
            .nothing_changed()
            .hint(
                "wait until that run has ended; the lock ends with its connection (`rolewalk locks PATH` shows who holds what)",
                "その実行の終了を待つ。ロックは接続とともに終わる (`rolewalk locks PATH` で確認できる)",
            ),
            LockFault::Database { group, trouble } => Failure::new(
                3,
                format!("the lock of group `{group}` in the database can't be had"),
                format!("グループ `{group}` のロックをデータベースで取得できない"),
            )
            .cause(trouble)
            .nothing_changed()
            .hint(
                "`rolewalk observe --check PATH` tries the connection and says what is missing",
                "`rolewalk observe --check PATH` で接続を確認できる",
            ),
            LockFault::Held { group, holder } => {
                let failure = Failure::new(
                    9,
                    format!("another run holds the lock of group `{group}`"),
                    format!("グループ `{group}` は別の実行がロックしている"),
                );
                let failure = match holder {
                    Some(holder) => failure.because(&held_by(&holder)),
                    None => failure,
                };
                failure.hint(
                    "wait until that run has ended; the lock ends with its process (`rolewalk locks` shows who holds what)",
                    "その実行の終了を待つ。ロックはプロセスとともに終わる (`rolewalk locks` で確認できる)",
                )
            }
        }
    }
}

/// Says who holds a lock in a database.
pub fn held_remotely(holder: Option<&RemoteHolder>) -> Text {
    match holder {
        Some(RemoteHolder { host, program, login, since }) => Text::new(
            format!("{program} on {host} holds it since {since} by the server's clock (login {login})"),
            format!("{host} の {program} が {since} (サーバーの時計) から保持している (ログイン {login})"),
        ),
        None => Text::new(
            "who holds it can't be seen: that takes the right VIEW SERVER STATE",
            "保持者は確認できない (VIEW SERVER STATE の権限が必要)",
        ),
    }
}

/// Says who holds a lock.
pub fn held_by(holder: &Holder) -> Text {
    let Holder { who, host, process, since, .. } = holder;
    Text::new(
        format!("{who} on {host} holds it since {since} (process {process})"),
        format!("{host} の {who} が {since} から保持している (プロセス {process})"),
    )
}

impl From<JsonFault> for Failure {
    fn from(fault: JsonFault) -> Failure {
        let (file, line, column) = fault.place();
        let place = if line == 0 { file.to_string() } else { format!("{file}:{line}:{column}") };
        let said = fault.said();
        Failure { hint: fault.hint(), ..Failure::new(1, said.en, said.ja).at(place) }
    }
}

impl From<PlanFileFault> for Failure {
    fn from(fault: PlanFileFault) -> Failure {
        let exit_code = fault.exit_code();
        let told = fault.to_string();
        match fault {
            PlanFileFault::Unreadable(fault) => Failure { exit_code, ..fault.into() },
            PlanFileFault::Inconsistent(fault) => {
                let ja = format!("計画の内容に矛盾がある: {}", fault.said().ja);
                Failure { exit_code, message: Text::new(&told, ja), ..fault.into() }
                    .hint("make the plan again with `rolewalk plan`", "`rolewalk plan` で計画を作り直す")
            }
            PlanFileFault::Altered { file, .. } => {
                Failure::new(exit_code, told, "計画ファイルが作成後に変更されている")
                    .at(file)
                    .nothing_changed()
                    .hint("make the plan again with `rolewalk plan`", "`rolewalk plan` で計画を作り直す")
            }
        }
    }
}

impl From<RunFault> for Failure {
    fn from(fault: RunFault) -> Failure {
        let told = fault.to_string();
        match fault {
            RunFault::State(fault) => fault.into(),
            RunFault::None(folder) => Failure::new(1, told, format!("`{folder}` に実行はまだない")).hint(
                "`rolewalk apply PATH` begins one; `--state DIR` names another state folder",
                "`rolewalk apply PATH` で開始する。状態フォルダーは `--state DIR` で指定できる",
            ),
            RunFault::Missing(wanted) => Failure::new(1, told, format!("実行 `{wanted}` はない"))
                .hint("`rolewalk history` lists the runs", "`rolewalk history` で実行の一覧を確認できる"),
            RunFault::Several(wanted, ids) => {
                Failure::new(1, told, format!("`{wanted}` で始まる実行が複数ある: {ids}"))
                    .hint("`rolewalk history` lists the runs", "`rolewalk history` で実行の一覧を確認できる")
            }
            RunFault::Journal { path, fault, run } => {
                let place = match fault.line() {
                    Some(line) => format!("{}:{line}", path.display()),
                    None => path.display().to_string(),
                };
                let ja = format!("実行 `{run}` のジャーナルは信頼できない");
                Failure::new(1, told, ja).at(place).cause(fault).hint(
                    "it is never repaired; look at what is there with `rolewalk observe`, then plan anew",
                    "ジャーナルは修復しない。`rolewalk observe` で現状を確認し、計画し直す",
                )
            }
            RunFault::OtherPlan { began_with, .. } => {
                let because = Text::new(
                    format!("its journal tells of plan `{began_with}`"),
                    format!("ジャーナルの計画は `{began_with}`"),
                );
                Failure::new(8, told, "実行フォルダーの計画が、開始時の計画と異なる")
                    .because(&because)
                    .nothing_changed()
                    .hint("make a new plan with `rolewalk plan`", "`rolewalk plan` で計画を作り直す")
            }
            RunFault::Plan { fault, run } => {
                let mut failure = Failure::from(*fault);
                failure.message = Text::new(told, format!("実行 `{run}` の計画は信頼できない"));
                failure
            }
        }
    }
}

impl From<PracticeError> for Failure {
    fn from(error: PracticeError) -> Failure {
        let command = error.command();
        let mut source = std::error::Error::source(&error);
        let mut failure = Failure::new(1, error.to_string(), format!("練習用ファームを利用できない: {error}"));
        while let Some(cause) = source {
            failure = failure.cause(cause);
            source = cause.source();
        }
        match command {
            Some(command) => failure.hint(format!("`{command}` makes it anew"), format!("`{command}` で作り直せる")),
            None => failure,
        }
    }
}
