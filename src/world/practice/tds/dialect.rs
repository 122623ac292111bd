//! The little of T-SQL that SQLite does not take, put into its words. What stands in strings and comments is left alone.

/// Rewrites a statement: `N'…'` to `'…'`, `@@NAME` to a function of that name.
pub fn rewritten(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let whole = match first {
            '\'' | '"' => 1 + quoted(&rest[1..], first),
            '[' => 1 + quoted(&rest[1..], ']'),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            _ => 0,
        };
        if whole > 0 {
            out.push_str(&rest[..whole]);
            rest = &rest[whole..];
            continue;
        }
        let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '@')).collect();
        match word.as_str() {
            "" => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
                continue;
            }
            "N" | "n" if rest[1..].starts_with('\'') => {}
            name if name.starts_with("@@") => {
                out.push_str("at_");
                out.push_str(&name[2..].to_lowercase());
                out.push_str("()");
            }
            plain => out.push_str(plain),
        }
        rest = &rest[word.len()..];
    }
    out
}

/// Returns the length of what is quoted, with the quote at its end. A quote that is doubled begins a next part, which is as good.
fn quoted(text: &str, quote: char) -> usize {
    text.find(quote).map_or(text.len(), |end| end + quote.len_utf8())
}

/// Returns the first words of a statement, in upper case.
pub fn words(text: &str) -> (String, String) {
    let mut words =
        text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '@')).filter(|word| !word.is_empty());
    let mut next = || words.next().unwrap_or_default().to_uppercase();
    (next(), next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sqlite_does_not_take_is_put_into_its_words_and_strings_are_left_alone() {
        let text = "SELECT N'N''x @@SPID', @@SPID, [N'a], N.N -- N'c'\n, /* @@X */ @P1";
        assert_eq!(rewritten(text), "SELECT 'N''x @@SPID', at_spid(), [N'a], N.N -- N'c'\n, /* @@X */ @P1");
        assert_eq!(rewritten("SELECT 'open"), "SELECT 'open");
        assert_eq!(rewritten("日本 N'語'"), "日本 '語'");
    }

    #[test]
    fn the_first_words_say_what_a_statement_is() {
        assert_eq!(words(" begin  tran;"), ("BEGIN".into(), "TRAN".into()));
        assert_eq!(words(""), (String::new(), String::new()));
    }
}
