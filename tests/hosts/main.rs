//! Programs, files and PowerShell on hosts, through a real SSH server on loopback.

#![cfg(unix)]

mod bad;
mod command_line;
mod files;
mod once;
mod programs;
mod sshd;
mod stand_in;
mod transcript;
mod walk;
mod wizard;
