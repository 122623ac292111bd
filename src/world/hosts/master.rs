//! The SSH client that keeps a connection in the background, told in its own words to end: another client, started to tell it,
//! would cost more than all else.
//!
//! # Source
//! PROTOCOL.mux of OpenSSH: version 4, `MUX_MSG_HELLO` and `MUX_C_TERMINATE`; its mux.c, by which the answer may not arrive.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Each is its length, its type, and a number: the version, and one by which an answer would be known.
const HELLO: [u8; 12] = [0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 4];
const TERMINATE: [u8; 12] = [0, 0, 0, 8, 0x10, 0, 0, 5, 0, 0, 0, 0];
/// How long one is waited for, which has nothing to wait for itself.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks whoever listens at a socket to end.
///
/// # Errors
/// Nobody listens there, or does not read.
pub fn ask(socket: &Path) -> io::Result<UnixStream> {
    let mut master = UnixStream::connect(socket)?;
    master.set_read_timeout(Some(PATIENCE))?;
    master.set_write_timeout(Some(PATIENCE))?;
    master.write_all(&[HELLO, TERMINATE].concat())?;
    Ok(master)
}

/// Waits until one that was asked has ended; returns whether nobody listens there any more. One of another version goes on.
pub fn is_gone(mut master: UnixStream, socket: &Path) -> bool {
    let _ = io::copy(&mut Read::by_ref(&mut master).take(4096), &mut io::sink());
    UnixStream::connect(socket).is_err()
}
