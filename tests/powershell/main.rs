//! The programs for hosts with PowerShell, run by a real PowerShell: the one that ROLEWALK_PWSH names, or else `powershell` or
//! `pwsh` on the PATH. PVS itself is stood in for by `pvs.psm1`.
//!
//! Orders call `powershell`. So each test here has this test program run once more, its part in `within` alone, where that
//! name leads to the PowerShell that was found.

mod found;
mod within;

use std::process::Command;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rolewalk::world::hosts::powershell;
use serde_json::json;

use found::Found;

#[test]
fn every_program_is_windows_powershell_without_an_error() {
    let Some(found) = Found::look() else { return };
    let scripts: Vec<String> =
        powershell::PROGRAMS.map(|(_, program)| BASE64_STANDARD.encode(script(program))).to_vec();
    let file = found.path("scripts.txt");
    std::fs::write(&file, scripts.join("\n")).unwrap();
    let words = powershell::encoded(include_str!("parse.ps1"));
    let output = found.command("powershell", &words[1..]).env("ROLEWALK_SCRIPTS", &file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said.trim(), format!("parsed {}", scripts.len()), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A whole script, as a host is sent it.
fn script(program: &str) -> String {
    let order = powershell::order(program, &json!({})).unwrap();
    let bytes = BASE64_STANDARD.decode(order.words.last().unwrap().as_encoded_bytes()).unwrap();
    let units: Vec<u16> = bytes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).unwrap()
}

#[test]
fn commands_of_pvs_get_their_data_as_it_is_and_tell_what_came_of_them() {
    have_run("within::commands_of_pvs");
}

#[test]
fn a_store_folder_is_listed_with_whatever_names_are_in_it() {
    have_run("within::listing");
}

#[test]
fn files_are_found_and_removed_and_no_other_is() {
    have_run("within::files");
}

#[test]
fn a_folder_is_renamed_and_nothing_is_written_over() {
    have_run("within::renaming");
}

#[cfg(unix)]
#[test]
fn a_program_gets_its_arguments_as_they_are_and_its_bytes_are_kept() {
    have_run("within::programs");
}

#[cfg(unix)]
#[test]
fn the_wizard_reads_its_answers_from_a_file_that_is_gone_afterwards() {
    have_run("within::wizard");
}

#[test]
fn a_wizard_that_can_not_be_started_leaves_no_answers() {
    have_run("within::wizard_not_there");
}

#[cfg(windows)]
#[test]
fn a_check_tells_what_the_host_is() {
    have_run("within::checked");
}

/// Runs one part in a process of its own, and says all that it said where it failed.
fn have_run(part: &str) {
    let Some(found) = Found::look() else { return };
    let this = std::env::current_exe().unwrap();
    let words = ["--exact", part, "--ignored", "--nocapture"].map(String::from);
    let output = found.command(this.to_str().unwrap(), &words).output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

impl Found {
    /// Returns a command whose `powershell` is the one that was found, beside the module that stands in for PVS.
    fn command(&self, program: &str, words: &[String]) -> Command {
        let mut command = Command::new(if program == "powershell" { self.powershell() } else { program.into() });
        command.args(words).env("PATH", self.search_path()).env("PSModulePath", self.module_path());
        command.env("ROLEWALK_PVS", self.path(""));
        command
    }
}
