//! What is said before the first statement: the kind of connection, then who asks.
//!
//! # Source
//! Microsoft Open Specification [MS-TDS], sections 2.2.6.4 and 2.2.6.5.

use std::io;

use super::wire::{Rest, malformed, utf16};

/// What a client or a server says of encryption before the login.
pub mod encryption {
    /// Nothing but the login is encrypted.
    pub const LOGIN: u8 = 0;
    /// All is encrypted.
    pub const ON: u8 = 1;
    /// It is not to be had.
    pub const NOT_SUPPORTED: u8 = 2;
    /// All must be encrypted.
    pub const REQUIRED: u8 = 3;
}

/// Reads what a client says of encryption.
pub fn asked_encryption(message: &[u8]) -> io::Result<u8> {
    let mut options = Rest(message);
    loop {
        let option = options.u8()?;
        if option == 0xff {
            return Ok(encryption::NOT_SUPPORTED);
        }
        let place = options.bytes(4)?;
        let at = usize::from(u16::from_be_bytes([place[0], place[1]]));
        if option == 1 {
            return message.get(at).copied().ok_or_else(|| malformed("an option lies outside its message"));
        }
    }
}

/// Words the server's answer: version 15, and what it says of encryption.
pub fn answer(encryption: u8) -> Vec<u8> {
    let values: [(u8, &[u8]); 4] = [(0, &[15, 0, 0x07, 0xd0, 0, 0]), (1, &[encryption]), (2, &[0]), (4, &[0])];
    let mut message = Vec::new();
    let mut at = values.len() as u16 * 5 + 1;
    for (option, value) in values {
        message.push(option);
        message.extend_from_slice(&at.to_be_bytes());
        message.extend_from_slice(&(value.len() as u16).to_be_bytes());
        at += value.len() as u16;
    }
    message.push(0xff);
    values.iter().for_each(|(_, value)| message.extend_from_slice(value));
    message
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct Login {
    /// The client's machine.
    pub host: String,
    /// The login.
    pub user: String,
    /// Its password.
    pub password: String,
    /// The client's program.
    pub program: String,
    /// The database.
    pub database: String,
}

/// Reads the login.
pub fn read(message: &[u8]) -> io::Result<Login> {
    let field = |at: usize| -> io::Result<&[u8]> {
        let outside = || malformed("a field of the login lies outside its message");
        let mut place = Rest(message.get(at..).ok_or_else(outside)?);
        let (begin, units) = (usize::from(place.u16()?), usize::from(place.u16()?));
        message.get(begin..begin + units * 2).ok_or_else(outside)
    };
    let text = |at| field(at).map(utf16);
    // A password is scrambled: its halves are changed over after all bits of 0xa5 were turned.
    let password: Vec<u8> = field(44)?.iter().map(|byte| (byte ^ 0xa5).rotate_left(4)).collect();
    Ok(Login { host: text(36)?, user: text(40)?, password: utf16(&password), program: text(48)?, database: text(68)? })
}
