//! Sentences in the languages that rolewalk speaks. Nothing here chooses a language; `report` does.

/// A language that people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// English.
    English,
    /// Japanese, with the source documents' own terms.
    Japanese,
}

/// A fixed sentence or name of a table, in every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// English.
    pub en: &'static str,
    /// Japanese.
    pub ja: &'static str,
}

impl Words {
    /// Returns the wording in `language`.
    pub fn say(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.en,
            Language::Japanese => self.ja,
        }
    }
}

/// Writes bytes as MiB, rounded up, so that a need is never shown smaller than it is.
pub fn mib(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}

/// A sentence made for one occasion (it names servers and figures), in every language.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text {
    /// English.
    pub en: String,
    /// Japanese.
    pub ja: String,
}

impl Text {
    /// Returns the sentence `en` in English and `ja` in Japanese.
    pub fn new(en: impl Into<String>, ja: impl Into<String>) -> Self {
        Self { en: en.into(), ja: ja.into() }
    }

    /// Returns the wording in `language`.
    pub fn say(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::Japanese => &self.ja,
        }
    }
}

impl From<Words> for Text {
    fn from(words: Words) -> Self {
        Text::new(words.en, words.ja)
    }
}
