//! The text of a log that a Windows product wrote: UTF-8, CP932 or, with a mark at its beginning, UTF-16.
//!
//! Bytes in, text out. What can't be read becomes U+FFFD and is said, never left out in silence.

use encoding_rs::{Encoding, SHIFT_JIS, UTF_8};

/// A log's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogText {
    /// The text.
    pub text: String,
    /// The encoding by which it was read.
    pub encoding: &'static str,
    /// Whether something in it could not be read.
    pub is_damaged: bool,
}

/// Reads a log. A character that the end of the file cuts in two is no damage: a log that is rotated or cut ends so.
pub fn read(bytes: &[u8]) -> LogText {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return by(encoding, &bytes[mark..]);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => LogText { text: text.to_owned(), encoding: UTF_8.name(), is_damaged: false },
        Err(error) if error.error_len().is_none() => by(UTF_8, &bytes[..error.valid_up_to()]),
        // CP932, which the encoding standard calls Shift_JIS.
        Err(_) => by(SHIFT_JIS, without_half(bytes)),
    }
}

fn by(encoding: &'static Encoding, bytes: &[u8]) -> LogText {
    let (text, is_damaged) = encoding.decode_without_bom_handling(bytes);
    let name = if encoding == SHIFT_JIS { "CP932" } else { encoding.name() };
    LogText { text: text.into_owned(), encoding: name, is_damaged }
}

/// Cuts the first half of a two-byte character off the end.
fn without_half(bytes: &[u8]) -> &[u8] {
    let is_first = |byte: &u8| matches!(byte, 0x81..=0x9f | 0xe0..=0xfc);
    // A run of such bytes at the end is pairs, and one more where it is odd.
    let run = bytes.iter().rev().take_while(|byte| is_first(byte)).count();
    &bytes[..bytes.len() - run % 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    // DV-07
    #[test]
    fn utf8_cp932_and_utf16_are_told_apart() {
        let text = "書き換え終了タスクに失敗しました. ソ能表①\r\n";
        let (cp932, _, _) = SHIFT_JIS.encode(text);
        let utf16: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let marked = format!("\u{feff}{text}");
        let cases =
            [(text.as_bytes(), "UTF-8"), (&cp932[..], "CP932"), (&utf16[..], "UTF-16LE"), (marked.as_bytes(), "UTF-8")];
        for (bytes, encoding) in cases {
            assert_eq!(read(bytes), LogText { text: text.into(), encoding, is_damaged: false });
        }
    }

    #[test]
    fn a_character_cut_in_two_at_the_end_is_no_damage() {
        let text = "サーバー名: 端末";
        let whole = read(&text.as_bytes()[..text.len() - 1]);
        assert_eq!((whole.text.as_str(), whole.is_damaged), ("サーバー名: 端", false));
        let (cp932, _, _) = SHIFT_JIS.encode(text);
        let cut = read(&cp932[..cp932.len() - 1]);
        assert_eq!((cut.text.as_str(), cut.encoding, cut.is_damaged), ("サーバー名: 端", "CP932", false));
    }

    #[test]
    fn what_is_no_text_is_said_to_be_damaged() {
        let read = read(&[b'a', 0xff, 0x81, 0x20, 0xff]);
        assert!(read.is_damaged && read.text.starts_with('a'), "{read:?}");
        assert_eq!(super::read(&[]).text, "");
    }
}
