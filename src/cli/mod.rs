//! The command line: one file per command. Everything that speaks to a terminal is here; everything that is
//! decided is elsewhere.

mod apply;
pub mod arguments;
mod attest;
mod bundle;
mod check;
mod check_folders;
mod connect;
mod connect_hosts;
mod disks;
mod drift;
mod drift_form;
mod failure;
mod history;
mod inputs;
mod landing;
mod locks;
mod observe;
mod plan;
mod practice;
mod progress;
mod reach;
mod reading;
mod recorded;
mod reference;
mod rehearse;
mod resume;
mod schema;
mod secret;
mod serve;
mod setting;
mod show;
mod simulate;
mod table;
mod undo;
mod validate;
mod verify;

use clap::Parser;

use crate::run::runs::worst;

use arguments::{Arguments, Command};
use failure::Failure;
use setting::Setting;

/// Runs the command line and returns the exit code.
pub fn main() -> u8 {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let setting = Setting::of(&arguments);
    setting.start_logging();
    let is_run = matches!(&arguments.command, Command::Apply(_) | Command::Resume(_) | Command::Undo(_));
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&setting, arguments.command)));
    match outcome {
        Ok(Ok(code)) => unprinted(&setting, code, is_run),
        Ok(Err(failure)) => {
            setting.say(&failure.render(setting.language, setting.color_stderr));
            failure.exit_code
        }
        // The panic's own message was printed by the hook already.
        Err(_) => {
            setting.say("bug: rolewalk met a state that it holds to be impossible; look with `rolewalk observe` before anything else\n");
            70
        }
    }
}

fn run(setting: &Setting, command: Command) -> Result<u8, Failure> {
    let _shown = reading::Shown::begin(setting);
    match command {
        Command::Validate(arguments) => validate::run(setting, &arguments),
        Command::Observe(arguments) => observe::run(setting, &arguments),
        Command::Plan(arguments) => plan::run(setting, &arguments),
        Command::Show(arguments) => show::run(setting, &arguments),
        Command::Verify(arguments) => verify::run(setting, &arguments),
        Command::Apply(arguments) => apply::run(setting, &arguments),
        Command::Resume(arguments) => resume::run(setting, &arguments),
        Command::Undo(arguments) => undo::run(setting, &arguments),
        Command::Attest(arguments) => attest::run(setting, &arguments),
        Command::Drift(arguments) => drift::run(setting, &arguments),
        Command::Disks(arguments) => disks::run(setting, &arguments),
        Command::Rehearse(arguments) => rehearse::run(setting, &arguments),
        Command::Simulate(arguments) => simulate::run(setting, &arguments),
        Command::History => history::history(setting),
        Command::Locks(arguments) => locks::run(setting, &arguments),
        Command::Table(arguments) => table::run(setting, &arguments),
        Command::Practice(arguments) => practice::run(setting, &arguments),
        Command::Schema(arguments) => schema::schema(setting, &arguments),
        Command::Completions(arguments) => schema::completions(setting, &arguments),
        Command::Man(arguments) => schema::man(setting, &arguments),
    }
}

/// Says what could not be printed. That is an error, but of a run, whose journal has all of it: there only what became
/// of the groups counts.
fn unprinted(setting: &Setting, code: u8, is_run: bool) -> u8 {
    let Some(error) = setting.unprinted() else { return code };
    let failure = Failure::new(1, "can't write to standard output", "標準出力に書き込めない").cause(error);
    setting.say(&failure.render(setting.language, setting.color_stderr));
    if is_run { code } else { worst([code, failure.exit_code]) }
}

/// Help and version are no errors; everything else about the arguments is exit code 1.
fn usage(error: &clap::Error) -> u8 {
    // A closed pipe under `--help` is nobody's fault; that there is no room for it is one.
    let printed = error.print();
    let is_lost = printed.is_err_and(|error| error.kind() != std::io::ErrorKind::BrokenPipe);
    u8::from(error.use_stderr() || is_lost)
}
