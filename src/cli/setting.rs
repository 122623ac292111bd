//! How this process speaks: language, colour, width, and where its state is. The one place that reads the environment.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::OnceLock;

use anstyle::{AnsiColor, Style};

use crate::model::words::{Language, Text};
use crate::report::clean;
use crate::run::runs::Identity;
use crate::run::state::State;

use super::arguments::{Arguments, Color, Command, Lang, LogFormat, RunFormat};
use super::reading;

/// How many bytes are collected before they are printed.
const PIECE: usize = 64 * 1024;

/// How this process speaks, and where its state is.
#[derive(Debug)]
pub struct Setting {
    /// The language of messages.
    pub language: Language,
    /// Whether standard output gets colour.
    pub color_stdout: bool,
    /// Whether standard error gets colour.
    pub color_stderr: bool,
    /// The width of the terminal in columns, or COLUMNS; 100 where there is none.
    pub width: usize,
    /// Whether only what went wrong is said.
    pub quiet: bool,
    /// Whether a long reading shows how far it is: at a terminal that clears lines.
    pub shows_progress: bool,
    /// Whether a person sits at a terminal.
    pub attended: bool,
    /// How a run is told on standard output.
    pub run_format: RunFormat,
    /// The state folder.
    pub state: State,
    log_format: LogFormat,
    /// Why data could not be printed, where it is not that nobody reads on.
    unprinted: OnceLock<io::Error>,
}

impl Setting {
    /// Reads the arguments, and the environment where they leave something open.
    pub fn of(arguments: &Arguments) -> Setting {
        // Windows' older terminals have to be told to read escape codes, and may refuse to.
        let reads_escapes = anstyle_query::windows::enable_ansi_colors().unwrap_or(true);
        let color = |terminal: bool| match arguments.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                terminal && reads_escapes && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        };
        let stdout = io::stdout().is_terminal();
        Setting {
            language: language(arguments.lang),
            color_stdout: color(stdout),
            color_stderr: color(io::stderr().is_terminal()),
            width: width(),
            quiet: arguments.quiet,
            shows_progress: io::stderr().is_terminal()
                && reads_escapes
                && !arguments.quiet
                && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
            attended: io::stdin().is_terminal() && stdout,
            run_format: match &arguments.command {
                Command::Apply(arguments) => arguments.format,
                Command::Resume(arguments) => arguments.format,
                _ => RunFormat::Text,
            },
            state: State::at(&arguments.state),
            log_format: arguments.log_format,
            unprinted: OnceLock::new(),
        }
    }

    /// Starts diagnostic logs on standard error, as ROLEWALK_LOG asks for.
    pub fn start_logging(&self) {
        let Ok(filter) = tracing_subscriber::EnvFilter::try_from_env("ROLEWALK_LOG") else { return };
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
        // A second subscriber can't be there: this is called once per process.
        let _ = match self.log_format {
            LogFormat::Text => log.try_init(),
            LogFormat::Json => log.json().try_init(),
        };
    }

    /// Prints data to standard output. Returns false once nobody reads it any more.
    pub fn print(&self, text: &str) -> bool {
        self.print_with(|out| out.write_all(text.as_bytes()))
    }

    /// Prints data piece by piece. Returns false once nobody reads it any more.
    pub fn print_with(&self, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> bool {
        let _line = reading::cleared();
        // Standard output looks for line ends at every write: it gets few large ones.
        let mut out = io::BufWriter::with_capacity(PIECE, io::stdout().lock());
        let printed = write(&mut out).and_then(|()| out.flush());
        let is_whole = printed.is_ok();
        if let Some(error) = printed.err().filter(|error| error.kind() != ErrorKind::BrokenPipe) {
            // The first one counts; those after it have the same cause.
            let _ = self.unprinted.set(error);
        }
        is_whole
    }

    /// Returns why data could not be printed; none where all was, or nobody reads on.
    pub fn unprinted(&self) -> Option<&io::Error> {
        self.unprinted.get()
    }

    /// Shows a plan that is about to be carried out: beside the data, where a run is told as data. One about which a
    /// person is asked is shown however little is to be said.
    pub fn show_plan(&self, text: &str, is_asked: bool) {
        match self.run_format {
            _ if self.quiet && !is_asked => {}
            RunFormat::Text => _ = self.print(text),
            RunFormat::Jsonl => self.say(text),
        }
    }

    /// Says something on standard error.
    pub fn say(&self, text: &str) {
        let _line = reading::cleared();
        // Nobody is left to be told that nobody listens.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Says something on standard error, unless only what went wrong is to be said.
    pub fn remark(&self, text: &Text) {
        if !self.quiet {
            self.note(text);
        }
    }

    /// Says in one line what must be known however little is to be said; what it names may come from anywhere.
    pub fn note(&self, text: &Text) {
        self.say(&format!("{}\n", clean::terminal(text.say(self.language))));
    }

    /// Asks a question at the terminal; only `yes` or `y` is a yes.
    pub fn confirms(&self, question: &Text) -> bool {
        self.say(&format!("{} [y/N] ", question.say(self.language)));
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "yes" | "Y" | "YES")
    }

    /// Returns what an environment variable holds, to which a file refers by its name.
    pub fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    /// Returns the account and the machine.
    pub fn identity(&self) -> Identity {
        let first =
            |names: &[&str]| names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
        let host = first(&["COMPUTERNAME", "HOSTNAME"]).or_else(host_name);
        Identity {
            who: first(&["USER", "LOGNAME", "USERNAME"]).or_else(account).unwrap_or_else(|| "unknown".into()),
            host: host.unwrap_or_else(|| "unknown".into()),
        }
    }
}

/// Returns a count with its word in English; Japanese has no plural.
pub fn plural(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// Returns the style of a word, or none without colour.
pub fn style(color: bool, colour: AnsiColor) -> Style {
    if color { Style::new().bold().fg_color(Some(colour.into())) } else { Style::new() }
}

/// Returns the account's name where no variable tells it, as in many containers and jobs.
#[cfg(unix)]
fn account() -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let uid = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    let name = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>());
    name.into_iter().find(|fields| fields.get(2) == Some(&uid.as_str())).map(|fields| fields[0].to_string())
}

#[cfg(not(unix))]
fn account() -> Option<String> {
    None
}

fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_string()).filter(|name| !name.is_empty())
}

fn language(chosen: Option<Lang>) -> Language {
    let from_environment = || {
        let names = ["LC_ALL", "LC_MESSAGES", "LANG"];
        names.iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    };
    match chosen {
        Some(Lang::En) => Language::English,
        Some(Lang::Ja) => Language::Japanese,
        None if from_environment().is_some_and(|locale| is_japanese(&locale)) => Language::Japanese,
        None => Language::English,
    }
}

/// Returns whether a locale such as `ja_JP.UTF-8` is a Japanese one.
fn is_japanese(locale: &str) -> bool {
    locale.split(['_', '-', '.', '@']).next().is_some_and(|language| language.eq_ignore_ascii_case("ja"))
}

/// Returns the width that a person chose, or else that of the terminal.
fn width() -> usize {
    let chosen = std::env::var("COLUMNS").ok().and_then(|value| value.parse().ok());
    let terminal = || terminal_size::terminal_size().map(|(terminal_size::Width(columns), _)| usize::from(columns));
    chosen.or_else(terminal).filter(|columns| (20..=1000).contains(columns)).unwrap_or(100)
}
