//! Calls of procedures: `sp_executesql` with its parameters, and the procedures that are known by name.
//!
//! # Source
//! Microsoft Open Specification [MS-TDS], sections 2.2.6.6 and 2.2.5.4.

use std::io;

use super::tokens::Value;
use super::wire::{Rest, malformed, utf16};

/// A call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The procedure's name, in lower case.
    pub procedure: String,
    /// The parameters in order, with their names in lower case and without `@`.
    pub parameters: Vec<(String, Value)>,
}

impl Call {
    /// Returns a parameter by its name, or by its place among those without one.
    pub fn parameter(&self, name: &str, place: usize) -> Option<&Value> {
        let named = self.parameters.iter().find(|(one, _)| one == name);
        let placed = || self.parameters.get(place).filter(|(one, _)| one.is_empty());
        named.or_else(placed).map(|(_, value)| value)
    }
}

/// Reads a call.
pub fn read(message: &[u8]) -> io::Result<Call> {
    let mut rest = Rest(message);
    rest.skip_headers()?;
    let procedure = match rest.u16()? {
        0xffff => match rest.u16()? {
            10 => "sp_executesql".into(),
            other => format!("procedure {other}"),
        },
        units => rest.text(units.into())?.to_lowercase(),
    };
    rest.u16()?;
    let mut parameters = Vec::new();
    // 0xff and 0x80 would begin a further call.
    while !rest.0.is_empty() && rest.0[0] != 0xff && rest.0[0] != 0x80 {
        let name = rest.short_text()?.trim_start_matches('@').to_lowercase();
        rest.u8()?;
        parameters.push((name, value(&mut rest)?));
    }
    Ok(Call { procedure, parameters })
}

fn value(rest: &mut Rest<'_>) -> io::Result<Value> {
    match rest.u8()? {
        // Whole numbers and truth values, of a length that is told.
        0x26 | 0x68 => {
            rest.u8()?;
            let length = rest.u8()?;
            number(rest, length)
        }
        0x30 | 0x32 => number(rest, 1),
        0x34 => number(rest, 2),
        0x38 => number(rest, 4),
        0x7f => number(rest, 8),
        kind @ (0xe7 | 0xef | 0xa7 | 0xaf) => {
            let longest = rest.u16()?;
            rest.bytes(5)?;
            let bytes = match longest {
                0xffff => chunks(rest)?,
                _ => match rest.u16()? {
                    0xffff => None,
                    length => Some(rest.bytes(length.into())?.to_vec()),
                },
            };
            let is_wide = kind == 0xe7 || kind == 0xef;
            let text =
                |bytes: Vec<u8>| if is_wide { utf16(&bytes) } else { String::from_utf8_lossy(&bytes).into_owned() };
            Ok(bytes.map_or(Value::Null, |bytes| Value::Text(text(bytes))))
        }
        other => Err(malformed(&format!("a parameter is of kind 0x{other:02x}, which is not known here"))),
    }
}

fn number(rest: &mut Rest<'_>, length: u8) -> io::Result<Value> {
    let bytes = rest.bytes(length.into())?;
    Ok(match bytes {
        [] => Value::Null,
        [one] => Value::Number((*one).into()),
        [a, b] => Value::Number(i16::from_le_bytes([*a, *b]).into()),
        [a, b, c, d] => Value::Number(i32::from_le_bytes([*a, *b, *c, *d]).into()),
        _ => Value::Number(bytes.try_into().map(i64::from_le_bytes).map_err(|_| malformed("a number is too long"))?),
    })
}

/// Reads a large value, which comes in chunks.
fn chunks(rest: &mut Rest<'_>) -> io::Result<Option<Vec<u8>>> {
    if rest.bytes(8)? == [0xff; 8] {
        return Ok(None);
    }
    let mut all = Vec::new();
    loop {
        match rest.u32()? as usize {
            0 => return Ok(Some(all)),
            length => all.extend_from_slice(rest.bytes(length)?),
        }
    }
}
