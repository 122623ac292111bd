//! One of the site's own queries. The file is trusted like code; what is refused is what could not work.
//!
//! Knows of T-SQL where its words stand, and what is a string, a quoted name or a comment; nothing of its grammar. What is
//! asked with a query is worded in `system::co_store::sql`.
//!
//! # Source
//! Microsoft's Transact-SQL reference: comments (`/*` nests), delimited identifiers, and "ORDER BY clause" and "OPTION
//! clause", which a query that stands inside another can't have (`ORDER BY` only beside `TOP`, `OFFSET` or `FOR XML`).

use crate::format::fields::Reading;
use crate::format::yaml::{Loc, Node};
use crate::model::words::Text;

/// Reads a query, without the `;` and the comments at its end.
pub(super) fn read(reading: &mut Reading<'_>, node: &Loc<Node>, name: &str) -> Option<String> {
    let text = match &node.value {
        Node::Scalar { text, .. } if !node.value.is_null() => text.trim(),
        _ => reading.text(node, name)?,
    };
    match statement(text) {
        Ok(statement) => Some(statement.into()),
        Err(Refused::NoQuery) => {
            no_query(reading, node, name);
            None
        }
        Err(Refused::Clause(clause)) => {
            clause_outside(reading, node, name, clause);
            None
        }
    }
}

fn no_query(reading: &mut Reading<'_>, node: &Loc<Node>, name: &str) {
    let message =
        (format!("`{name}` is no query that can be asked"), format!("`{name}` は実行できる問い合わせではありません"));
    reading.wrong("bad-query", node.place, message.0, message.1, || {
        Text::new(
            "write one statement that begins with SELECT (or with WITH, where `@P1` stands for the store)",
            "SELECT で始まる 1 文を書いてください (ストアを `@P1` で受ける場合は WITH でも可)",
        )
    });
}

fn clause_outside(reading: &mut Reading<'_>, node: &Loc<Node>, name: &str, clause: &str) {
    let message = (
        format!("`{name}` has {clause}, which SQL Server does not take in a query that is asked for all stores"),
        format!("`{name}` の {clause} は、全ストアをまとめて尋ねる問い合わせでは SQL Server が受け付けません"),
    );
    reading.wrong("clause-outside", node.place, message.0, message.1, || {
        Text::new(
            format!(
                "take {clause} away; or take the store as `@P1` (`WHERE store = @P1`), and the query is asked as it is"
            ),
            format!(
                "{clause} を消すか、ストアを `@P1` で受けて (`WHERE store = @P1`)、そのまま実行される形にしてください"
            ),
        )
    });
}

/// Why a query can't be asked.
#[derive(Debug, PartialEq, Eq)]
enum Refused {
    /// It is no query, or more than one statement, or something in it is left open.
    NoQuery,
    /// It has a clause that it can't have inside another query.
    Clause(&'static str),
}

/// Returns the one statement that a text is.
fn statement(text: &str) -> Result<&str, Refused> {
    let mut all = tokens(text).ok_or(Refused::NoQuery)?;
    while all.last().is_some_and(|last| last.text == ";") {
        all.pop();
    }
    let (first, last) = all.first().zip(all.last()).ok_or(Refused::NoQuery)?;
    let statement = &text[first.at..last.at + last.text.len()];
    // As it is told apart where it is asked.
    let is_each = statement.to_ascii_uppercase().contains("@P1");
    let begins = first.is("SELECT") || (is_each && first.is("WITH"));
    if !begins || all.iter().any(|one| one.text == ";") {
        return Err(Refused::NoQuery);
    }
    let outer: Vec<&Token<'_>> = all.iter().filter(|one| one.depth == 0).collect();
    let has = |word: &str| outer.iter().any(|one| one.is(word));
    let is_ordered = outer.windows(2).any(|pair| pair[0].is("ORDER") && pair[1].is("BY"));
    match is_each {
        true => Ok(statement),
        false if is_ordered && !["TOP", "OFFSET"].into_iter().any(has) => Err(Refused::Clause("ORDER BY")),
        false if has("OPTION") => Err(Refused::Clause("OPTION")),
        false => Ok(statement),
    }
}

/// A word, a quoted name, a string or a sign.
struct Token<'a> {
    text: &'a str,
    /// Where it begins, in bytes.
    at: usize,
    /// In how many parentheses it stands.
    depth: usize,
}

impl Token<'_> {
    fn is(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }
}

/// Parts a text; none where a string, a name, a comment or a parenthesis is left open.
fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let (mut all, mut depth, mut at) = (Vec::new(), 0usize, 0);
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (length, is_token) = match first {
            _ if rest.starts_with("--") => (rest.find('\n').unwrap_or(rest.len()), false),
            _ if rest.starts_with("/*") => (comment(rest)?, false),
            '\'' | '"' => (1 + quoted(&rest[1..], first)?, true),
            '[' => (1 + quoted(&rest[1..], ']')?, true),
            _ if first.is_whitespace() => (first.len_utf8(), false),
            _ if is_of_word(first) => (rest.find(|c| !is_of_word(c)).unwrap_or(rest.len()), true),
            _ => (first.len_utf8(), true),
        };
        depth = if first == ')' { depth.checked_sub(1)? } else { depth };
        if is_token {
            all.push(Token { text: &rest[..length], at, depth });
        }
        depth += usize::from(first == '(');
        at += length;
    }
    (depth == 0).then_some(all)
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '@' | '#' | '$')
}

/// Returns the length of what is quoted, with the quote at its end. A quote that is doubled is no end.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut end = text.find(quote)? + 1;
    while text[end..].starts_with(quote) {
        end += 1;
        end += text[end..].find(quote)? + 1;
    }
    Some(end)
}

/// Returns the length of a comment, with those that stand in it.
fn comment(text: &str) -> Option<usize> {
    let (mut open, mut at) = (1usize, 2);
    while open > 0 {
        let (begin, end) = (text[at..].find("/*"), text[at..].find("*/")?);
        match begin.filter(|begin| *begin < end) {
            Some(begin) => (open, at) = (open + 1, at + begin + 2),
            None => (open, at) = (open - 1, at + end + 2),
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_ends_with_its_last_word_whatever_stands_behind() {
        for (text, statement) in [
            ("SELECT store, server FROM s", "SELECT store, server FROM s"),
            ("  select store FROM s ; ", "select store FROM s"),
            ("SELECT store FROM s;;\n;", "SELECT store FROM s"),
            ("SELECT store FROM s -- all of them", "SELECT store FROM s"),
            ("SELECT store FROM s; -- all; of them", "SELECT store FROM s"),
            ("/* ours */ SELECT store FROM s /* a /* b; */ c */;", "SELECT store FROM s"),
            ("SELECT store, -- the name\n server FROM s -- x", "SELECT store, -- the name\n server FROM s"),
            ("SELECT ';' AS [a;b], \"c--d\", 'it''s /*' FROM s", "SELECT ';' AS [a;b], \"c--d\", 'it''s /*' FROM s"),
            (
                "WITH a AS (SELECT 1 AS b) SELECT b FROM a WHERE store = @p1;",
                "WITH a AS (SELECT 1 AS b) SELECT b FROM a WHERE store = @p1",
            ),
            (
                "SELECT server FROM s WHERE store = @P1 ORDER BY server OPTION (RECOMPILE)",
                "SELECT server FROM s WHERE store = @P1 ORDER BY server OPTION (RECOMPILE)",
            ),
            ("SELECT TOP 5 store, server FROM s ORDER BY server", "SELECT TOP 5 store, server FROM s ORDER BY server"),
            (
                "SELECT store, ROW_NUMBER() OVER (ORDER BY x) AS server FROM s",
                "SELECT store, ROW_NUMBER() OVER (ORDER BY x) AS server FROM s",
            ),
            ("SELECT [order], [by] FROM s", "SELECT [order], [by] FROM s"),
            ("SELECT [a]] ORDER BY b] FROM s;", "SELECT [a]] ORDER BY b] FROM s"),
            ("SELECT 店 FROM s;", "SELECT 店 FROM s"),
        ] {
            assert_eq!(super::statement(text), Ok(statement), "{text}");
        }
    }

    #[test]
    fn what_could_not_be_asked_is_refused() {
        for text in [
            "",
            ";",
            "-- SELECT a FROM s",
            "DELETE FROM s",
            "SELECT a FROM s; DELETE FROM s",
            "SELECT a FROM s WHERE b = 'open",
            "SELECT [a FROM s",
            "SELECT a FROM s /* open",
            "SELECT a FROM s /* a /* b */",
            "SELECT a FROM (SELECT b FROM s",
            "SELECT a FROM s) AS x; DROP TABLE s --",
            "WITH a AS (SELECT 1) SELECT * FROM a",
        ] {
            assert_eq!(statement(text), Err(Refused::NoQuery), "{text}");
        }
        for (text, clause) in [
            ("SELECT store, server FROM s ORDER BY server", "ORDER BY"),
            ("SELECT store, server FROM s order /* x */ by server -- x", "ORDER BY"),
            ("SELECT a FROM s UNION SELECT b FROM t ORDER BY 1;", "ORDER BY"),
            ("SELECT store, server FROM s OPTION (MAXDOP 1)", "OPTION"),
        ] {
            assert_eq!(statement(text), Err(Refused::Clause(clause)), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_taken_is_a_part_of_what_was_written(text in "(SELECT |;|--|/\\*|\\*/|'|\\[|\\]|\\(|\\)|\n|ORDER BY |@P1|店| ){0,12}") {
            if let Ok(statement) = statement(&text) {
                proptest::prop_assert!(text.contains(statement) && !statement.ends_with(';'));
                // So that it can stand inside another: what follows it is read.
                let inside = format!("SELECT x FROM ({statement}) AS site");
                let last = tokens(&inside).and_then(|all| all.last().map(|one| one.text.to_owned()));
                proptest::prop_assert_eq!(last, Some("site".to_owned()));
            }
        }
    }
}
