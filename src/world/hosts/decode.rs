//! Bytes as text, in the encoding that is declared.

use encoding_rs::{SHIFT_JIS, UTF_8, UTF_16LE};

use super::Encoding;

/// Reads text; says what part of it is none.
///
/// # Errors
/// The text with marks in the places of what could not be read.
pub fn text(bytes: &[u8], encoding: Encoding) -> Result<String, String> {
    let table = match encoding {
        Encoding::Utf8 => UTF_8,
        // The web's name for Windows' code page 932.
        Encoding::Cp932 => SHIFT_JIS,
        Encoding::Utf16 => UTF_16LE,
    };
    let (text, _, is_damaged) = table.decode(bytes);
    if is_damaged { Err(text.into_owned()) } else { Ok(text.into_owned()) }
}

/// Reads text that only people read.
pub fn shown(bytes: &[u8], encoding: Encoding) -> String {
    text(bytes, encoding).unwrap_or_else(|damaged| format!("{damaged} (not all of it is {})", name(encoding)))
}

/// Returns an encoding's name.
pub fn name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf8 => "UTF-8",
        Encoding::Cp932 => "CP932",
        Encoding::Utf16 => "UTF-16",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_declared_and_what_is_none_is_said() {
        let line = "ストアに ['PVS3'] が追加されました.";
        let (cp932, _, _) = SHIFT_JIS.encode(line);
        let utf_16: Vec<u8> = line.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(text(&cp932, Encoding::Cp932).as_deref(), Ok(line));
        assert_eq!(text(&utf_16, Encoding::Utf16).as_deref(), Ok(line));
        assert_eq!(text(line.as_bytes(), Encoding::Utf8).as_deref(), Ok(line));
        assert!(text(&cp932, Encoding::Utf8).is_err());
        assert!(shown(&cp932, Encoding::Utf8).ends_with("(not all of it is UTF-8)"));
    }
}
