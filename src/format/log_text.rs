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

/// How a log's lines are encoded, where they are of both kinds: programs of one product may write one file.
const MIXED: &str = "UTF-8 and CP932";
/// CP932, which the encoding standard calls Shift_JIS.
const CP932: &str = "CP932";

/// Reads a log: by the mark at its beginning, or else line by line, as UTF-8 where a line is that and as CP932 otherwise.
/// A character that the end of the file cuts in two is no damage: a log that is rotated or cut ends so.
pub fn read(bytes: &[u8]) -> LogText {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        let (text, is_damaged) = encoding.decode_without_bom_handling(&bytes[mark..]);
        return LogText { text: text.into_owned(), encoding: encoding.name(), is_damaged };
    }
    let (mut text, mut is_damaged) = (String::with_capacity(bytes.len()), false);
    // Whether a line that is more than ASCII was read as either.
    let (mut has_utf8, mut has_cp932) = (false, false);
    // No half of a CP932 character is a line's end.
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match utf8(line) {
            Some(line) => {
                has_utf8 |= !line.is_ascii();
                text.push_str(line);
            }
            None => {
                has_cp932 = true;
                let (line, damaged) = SHIFT_JIS.decode_without_bom_handling(without_half(line));
                is_damaged |= damaged;
                text.push_str(&line);
            }
        }
    }
    let encoding = match (has_utf8, has_cp932) {
        (true, true) => MIXED,
        (false, true) => CP932,
        (_, false) => UTF_8.name(),
    };
    LogText { text, encoding, is_damaged }
}

/// Returns a line as UTF-8, without a character that the end of the file cuts in two; none where it is something else.
fn utf8(line: &[u8]) -> Option<&str> {
    match std::str::from_utf8(line) {
        Ok(line) => Some(line),
        // Before a line's end, a character is not cut but wrong.
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&line[..error.valid_up_to()]).ok(),
        Err(_) => None,
    }
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

    // DV-07
    #[test]
    fn a_line_of_the_other_encoding_leaves_the_rest_of_the_log_readable() {
        let (one, other) = ("異常なファイルが確認されました。\r\n", "サーバー名: 端末\r\n");
        let (cp932, _, _) = SHIFT_JIS.encode(other);
        let mixed = [one.as_bytes(), &cp932, one.as_bytes()].concat();
        let text = format!("{one}{other}{one}");
        assert_eq!(read(&mixed), LogText { text, encoding: "UTF-8 and CP932", is_damaged: false });
        let damaged = read(&[one.as_bytes(), &[b'a', 0xff, 0xff, b'\n'], one.as_bytes()].concat());
        assert!(damaged.is_damaged && damaged.text.starts_with(one) && damaged.text.ends_with(one), "{damaged:?}");
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
