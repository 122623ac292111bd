//! Packets of TDS: messages are cut into packets, each with a head of eight bytes.
//!
//! # Source
//! Microsoft Open Specification [MS-TDS], section 2.2.3.

use std::io::{self, Read, Write};

/// What a message is.
pub mod kind {
    /// A batch of statements as text.
    pub const BATCH: u8 = 0x01;
    /// A call of a procedure.
    pub const CALL: u8 = 0x03;
    /// An answer.
    pub const ANSWER: u8 = 0x04;
    /// What is being answered is to be cancelled.
    pub const ATTENTION: u8 = 0x06;
    /// Begin or end of a transaction.
    pub const TRANSACTION: u8 = 0x0e;
    /// The login.
    pub const LOGIN: u8 = 0x10;
    /// What comes before the login, and the TLS handshake.
    pub const PRELOGIN: u8 = 0x12;
}

/// The size of a packet with its head.
pub const PACKET: usize = 4096;
/// The longest message that is read.
const LONGEST: usize = 4 * 1024 * 1024;
const LAST: u8 = 0x01;

/// Reads one packet: what it is, whether it is the last of its message, and what is in it.
pub fn read_packet(stream: &mut impl Read) -> io::Result<(u8, bool, Vec<u8>)> {
    let mut head = [0; 8];
    stream.read_exact(&mut head)?;
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    let mut body = vec![0; length.checked_sub(8).ok_or_else(|| malformed("a packet is shorter than its head"))?];
    stream.read_exact(&mut body)?;
    Ok((head[0], head[1] & LAST != 0, body))
}

/// Reads one message.
pub fn read_message(stream: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let (kind, mut last, mut message) = read_packet(stream)?;
    while !last {
        let (_, is_last, body) = read_packet(stream)?;
        message.extend(body);
        last = is_last;
        if message.len() > LONGEST {
            return Err(malformed("a message is longer than 4 MiB"));
        }
    }
    Ok((kind, message))
}

/// Writes one message.
pub fn write_message(stream: &mut impl Write, kind: u8, message: &[u8]) -> io::Result<()> {
    let mut parts = message.chunks(PACKET - 8).peekable();
    let mut number = 1u8;
    let mut packets = Vec::with_capacity(message.len() + 64);
    while let Some(part) = parts.next() {
        let status = if parts.peek().is_none() { LAST } else { 0 };
        packets.extend_from_slice(&[kind, status]);
        packets.extend_from_slice(&(part.len() as u16 + 8).to_be_bytes());
        packets.extend_from_slice(&[0, 0, number, 0]);
        packets.extend_from_slice(part);
        number = number.wrapping_add(1);
    }
    stream.write_all(&packets)?;
    stream.flush()
}

/// Returns the error of a message that can't be read.
pub fn malformed(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_string())
}

/// What is left to read of a message. Numbers are little-endian.
pub struct Rest<'a>(pub &'a [u8]);

impl<'a> Rest<'a> {
    /// Takes so many bytes.
    pub fn bytes(&mut self, count: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(|| malformed("a message ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// Takes a byte.
    pub fn u8(&mut self) -> io::Result<u8> {
        Ok(self.bytes(1)?[0])
    }

    /// Takes two bytes.
    pub fn u16(&mut self) -> io::Result<u16> {
        self.bytes(2).map(|two| u16::from_le_bytes([two[0], two[1]]))
    }

    /// Takes four bytes.
    pub fn u32(&mut self) -> io::Result<u32> {
        self.bytes(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
    }

    /// Takes a text of so many UTF-16 units.
    pub fn text(&mut self, units: usize) -> io::Result<String> {
        self.bytes(units.saturating_mul(2)).map(utf16)
    }

    /// Takes a text with its length in one byte.
    pub fn short_text(&mut self) -> io::Result<String> {
        let units = self.u8()?;
        self.text(units.into())
    }

    /// Leaves out the headers that stand before a request.
    pub fn skip_headers(&mut self) -> io::Result<()> {
        let length = self.u32()? as usize;
        self.bytes(length.checked_sub(4).ok_or_else(|| malformed("headers are shorter than their length"))?).map(drop)
    }
}

/// Reads UTF-16, as far as it is.
pub fn utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]])).collect();
    String::from_utf16_lossy(&units)
}
