//! The word by which an answer is known to be whole: fresh for every order, printed when it begins and when it has ended.

use std::hash::{BuildHasher, RandomState};

/// A word that stands in no other answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nonce(String);

/// What an answer is, as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Nothing says that the order has begun; it may have.
    NotBegun,
    /// It has begun, and nothing says that it has ended.
    Begun,
    /// It has ended.
    Ended {
        /// With this status.
        status: i32,
        /// After it wrote this.
        wrote: Vec<u8>,
    },
}

impl Nonce {
    /// Returns a new one.
    pub fn new() -> Nonce {
        // The keys of a map are as random as the system's source of them.
        let word = || RandomState::new().hash_one(std::process::id());
        Nonce(format!("rolewalk-{:016x}{:016x}", word(), word()))
    }

    /// Returns the word: letters, digits and a dash, which no shell has a meaning for.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads how far an answer has come. What stands before its beginning (greetings, a profile's output) is no part of it.
    pub fn progress(&self, bytes: &[u8]) -> Progress {
        let begin = format!("{} begins", self.0);
        let Some(at) = find(bytes, begin.as_bytes()) else { return Progress::NotBegun };
        let rest = &bytes[at + begin.len()..];
        let Some(line) = rest.iter().position(|byte| *byte == b'\n') else { return Progress::Begun };
        let is_windows = rest[..line].ends_with(b"\r");
        let rest = &rest[line + 1..];
        let end = format!("{} ends ", self.0);
        let Some(at) = find(rest, end.as_bytes()) else { return Progress::Begun };
        let status = &rest[at + end.len()..];
        let Some(line) = status.iter().position(|byte| *byte == b'\n') else { return Progress::Begun };
        let status = std::str::from_utf8(&status[..line]).ok().and_then(|text| text.trim().parse().ok());
        // One line end before the word is the order's own, of the kind with which it began; all else is what was written.
        let wrote = rest[..at].strip_suffix(b"\n").unwrap_or(&rest[..at]);
        let wrote = if is_windows { wrote.strip_suffix(b"\r").unwrap_or(wrote) } else { wrote };
        status.map_or(Progress::Begun, |status| Progress::Ended { status, wrote: wrote.to_vec() })
    }

    /// Returns whether an answer has ended, given that it had not when it was `before` bytes long.
    pub fn has_ended(&self, bytes: &[u8], before: usize) -> bool {
        let end = format!("{} ends ", self.0);
        let from = before.saturating_sub(end.len() + 16);
        let tail = &bytes[from.min(bytes.len())..];
        find(tail, end.as_bytes()).is_some_and(|at| tail[at..].contains(&b'\n'))
    }
}

impl Default for Nonce {
    fn default() -> Self {
        Nonce::new()
    }
}

fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    let (first, mut from) = (*word.first()?, 0);
    // Most bytes are not the first one, and are passed over quickly.
    while let Some(at) = bytes.get(from..)?.iter().position(|byte| *byte == first) {
        if bytes[from + at..].starts_with(word) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_nonces_are_the_same() {
        let all: std::collections::BTreeSet<String> = (0..1000).map(|_| Nonce::new().0).collect();
        assert_eq!(all.len(), 1000);
    }

    #[test]
    fn an_answer_is_whole_only_with_both_words_and_a_status() {
        let nonce = Nonce::new();
        let n = nonce.as_str();
        let whole = format!("motd\n{n} begins\nout\n\n{n} ends 3\n");
        assert_eq!(nonce.progress(whole.as_bytes()), Progress::Ended { status: 3, wrote: b"out\n".to_vec() });
        let windows = format!("{n} begins\r\nout\r\n{n} ends -5\r\n");
        assert_eq!(nonce.progress(windows.as_bytes()), Progress::Ended { status: -5, wrote: b"out".to_vec() });
        let of_the_file = format!("{n} begins\nout\r\n{n} ends 0\n");
        assert_eq!(nonce.progress(of_the_file.as_bytes()), Progress::Ended { status: 0, wrote: b"out\r".to_vec() });
        for cut in 0..whole.len() {
            let progress = nonce.progress(&whole.as_bytes()[..cut]);
            assert!(!matches!(progress, Progress::Ended { .. }), "{cut}");
            assert_eq!(progress == Progress::NotBegun, cut < "motd\n".len() + n.len() + " begins".len(), "{cut}");
            assert!(!nonce.has_ended(&whole.as_bytes()[..cut], 0), "{cut}");
            assert!(nonce.has_ended(whole.as_bytes(), cut), "{cut}");
        }
        let other = Nonce::new();
        assert_eq!(other.progress(whole.as_bytes()), Progress::NotBegun);
    }
}
