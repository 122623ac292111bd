//! The words with which the system's OpenSSH client is called.
//!
//! The user's own configuration, keys, agents and jump hosts are respected; what is set here is what safety needs. On
//! Unix a connection is made once and kept, and each order is a channel in it; Windows' client can't do that.
//!
//! # Source
//! ssh(1) and ssh_config(5) of OpenSSH.

use std::ffi::OsString;
use std::path::Path;

use super::Host;
use crate::model::name::ServerName;

/// Whether the client can keep connections.
pub const KEEPS: bool = cfg!(unix);
/// How long a kept connection outlives its last use, in seconds: no longer than this after a process that was killed.
const PERSIST: u32 = 60;

/// Returns the words that make a connection and keep it; the client returns once it is there.
pub fn open(host: &Host, name: &ServerName, socket: &Path) -> Vec<OsString> {
    let mut words = keeping(host, socket);
    words.extend(["-f".into(), "-N".into(), "--".into(), address(host, name)]);
    words
}

/// Returns the words that make a connection and keep it, and send an order through it.
pub fn open_and_send(host: &Host, name: &ServerName, socket: &Path, line: &str) -> Vec<OsString> {
    let mut words = keeping(host, socket);
    words.extend(["--".into(), address(host, name), line.into()]);
    words
}

/// Returns the words that send an order through a connection that is kept, and never by another one.
pub fn through(host: &Host, name: &ServerName, socket: &Path, line: &str) -> Vec<OsString> {
    let mut words = common(host);
    words.extend(["-o", "ControlMaster=no", "-o", "ProxyCommand=false"].map(OsString::from));
    words.extend(control(socket));
    words.extend(["--".into(), address(host, name), line.into()]);
    words
}

/// Returns the words that send an order by a connection of its own.
pub fn alone(host: &Host, name: &ServerName, line: &str) -> Vec<OsString> {
    let mut words = common(host);
    words.extend(["-o", "ControlMaster=no", "-o", "ControlPath=none"].map(OsString::from));
    words.extend(["--".into(), address(host, name), line.into()]);
    words
}

/// Returns the words that end a connection that is kept. Its socket says which, so that nobody's configuration is asked.
pub fn end(socket: &Path) -> Vec<OsString> {
    let mut words = ["-F", "/dev/null"].map(OsString::from).to_vec();
    words.extend(control(socket));
    words.extend(["-O", "exit", "--", "kept"].map(OsString::from));
    words
}

fn keeping(host: &Host, socket: &Path) -> Vec<OsString> {
    let persist = format!("ControlPersist={PERSIST}");
    let mut words = common(host);
    words.extend(["-o", "ControlMaster=yes", "-o", &persist].map(OsString::from));
    words.extend(control(socket));
    words
}

fn common(host: &Host) -> Vec<OsString> {
    let mut words: Vec<OsString> = Vec::new();
    if let Some(file) = &host.ssh_config {
        words.extend(["-F".into(), file.clone().into()]);
    }
    if let Some(port) = host.port {
        words.extend(["-p".into(), port.to_string().into()]);
    }
    if let Some(user) = &host.user {
        words.extend(["-l".into(), user.into()]);
    }
    words.push("-T".into());
    let connect = format!("ConnectTimeout={}", host.limits.connect.as_secs().max(1));
    for option in [
        // Nobody is asked anything, and an unknown or another host key is a refusal.
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        "UpdateHostKeys=no",
        // A server that is gone is noticed.
        "ServerAliveInterval=15",
        "ServerAliveCountMax=3",
        // Nothing of this machine is lent to the other, and nothing else is run.
        "ClearAllForwardings=yes",
        "ForwardAgent=no",
        "ForwardX11=no",
        "PermitLocalCommand=no",
        "RemoteCommand=none",
        "LogLevel=ERROR",
        &connect,
    ] {
        words.extend(["-o".into(), option.into()]);
    }
    words
}

fn control(socket: &Path) -> [OsString; 2] {
    let mut path = OsString::from("ControlPath=");
    path.push(socket);
    ["-o".into(), path]
}

fn address(host: &Host, name: &ServerName) -> OsString {
    host.address.as_deref().unwrap_or(name.as_str()).into()
}
