//! Makes text that came from elsewhere harmless where it is shown. It never drops a character in silence:
//! whatever could act on a terminal or a page is shown as what it is.

use std::borrow::Cow;

/// Returns the text with control characters and marks of direction shown as `\u{…}`.
pub fn terminal(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if acts(c) {
            clean.extend(c.escape_default());
        } else {
            clean.push(c);
        }
    }
    Cow::Owned(clean)
}

/// Returns the text as it stands in Markdown, with nothing in it that Markdown or HTML reads as more than text.
pub fn markdown(text: &str) -> String {
    let mut clean = String::with_capacity(text.len() + 8);
    let text = terminal(text);
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '&' => clean.push_str("&amp;"),
            '<' => clean.push_str("&lt;"),
            '>' => clean.push_str("&gt;"),
            // What would call somebody, name another ticket, or become a link or a formula.
            '@' | '#' => clean.extend([c].into_iter().chain("<!-- -->".chars())),
            '$' => clean.push_str("&#36;"),
            ':' if rest.as_str().starts_with("//") => clean.push_str("&#58;"),
            '.' if ends_with_www(&clean) => clean.push_str("&#46;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '+' | '!' | '|' | '~' => {
                clean.push('\\');
                clean.push(c);
            }
            _ => clean.push(c),
        }
    }
    clean
}

fn ends_with_www(text: &str) -> bool {
    text.len().checked_sub(3).and_then(|at| text.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case("www"))
}

/// Returns the text as code in Markdown: the one form in which nothing is ever read as more than text.
pub fn markdown_code(text: &str) -> String {
    let text = terminal(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Returns a sentence of ours in Markdown: what it has between backticks is code where that is plain, and everything
/// else is only text.
pub fn markdown_sentence(text: &str) -> String {
    let plain = |part: &str| {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '/' | '=' | ':' | ',');
        !part.trim().is_empty() && part.trim() == part && part.chars().all(fits)
    };
    let parts: Vec<&str> = text.split('`').collect();
    let mut said = String::with_capacity(text.len() + 8);
    for (index, part) in parts.iter().enumerate() {
        let is_inside = index % 2 == 1 && index + 1 < parts.len();
        match is_inside {
            true if plain(part) => said.push_str(&format!("`{part}`")),
            true => said.push_str(&format!("\\`{}\\`", markdown(part))),
            false if index % 2 == 1 => said.push_str(&format!("\\`{}", markdown(part))),
            false => said.push_str(&markdown(part)),
        }
    }
    said
}

/// Returns the text as it stands in XML 1.0, inside an element or a quoted attribute. Characters that XML has no way
/// to hold are shown as what they are.
pub fn xml(text: &str) -> String {
    html(text).replace('\u{FFFE}', "\\u{fffe}").replace('\u{FFFF}', "\\u{ffff}")
}

/// Returns the text as the value of a Prometheus label, without the quotes around it.
pub fn label(text: &str) -> String {
    terminal(text).replace('\\', "\\\\").replace('"', "\\\"")
}

/// Returns the text as it stands in HTML, inside an element or a quoted attribute.
pub fn html(text: &str) -> String {
    let mut clean = String::with_capacity(text.len() + 8);
    for c in terminal(text).chars() {
        match c {
            '&' => clean.push_str("&amp;"),
            '<' => clean.push_str("&lt;"),
            '>' => clean.push_str("&gt;"),
            '"' => clean.push_str("&quot;"),
            '\'' => clean.push_str("&#39;"),
            _ => clean.push(c),
        }
    }
    clean
}

/// Returns the text between double quotes as DOT reads it.
pub fn dot(text: &str) -> String {
    format!("\"{}\"", terminal(text).replace('\\', "\\\\").replace('"', "\\\""))
}

/// Returns the text as a Mermaid label: what Mermaid reads as more than text is given by its number.
pub fn mermaid(text: &str) -> String {
    let mut clean = String::with_capacity(text.len() + 8);
    for c in terminal(text).chars() {
        match c {
            '#' | ';' | ':' | '"' | '<' | '>' | '{' | '}' | '[' | ']' | '`' | '\\' => {
                clean.push_str(&format!("#{};", u32::from(c)));
            }
            _ => clean.push(c),
        }
    }
    clean
}

/// Returns the text as one YAML scalar, quoted where YAML would read it as something else than this text.
pub fn yaml(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && !["y", "n", "yes", "no", "on", "off", "true", "false", "null"].contains(&text.to_lowercase().as_str());
    match plain {
        true => text.into(),
        false => yaml_quoted(text),
    }
}

/// Quotes as YAML 1.2 section 5.7 has it.
fn yaml_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if acts(c) && u32::from(c) > 0xFFFF => quoted.push_str(&format!("\\U{:08X}", u32::from(c))),
            c if acts(c) => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Returns whether a character acts instead of being seen: controls, marks of direction, line and paragraph
/// separators, and what takes no room at all.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{061C}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_observed_can_act_on_a_terminal() {
        assert_eq!(terminal("a\u{1b}[31mb\r\n\u{202e}c"), "a\\u{1b}[31mb\\r\\n\\u{202e}c");
        assert_eq!(terminal("\u{9b}2J"), "\\u{9b}2J");
        assert_eq!(terminal("スレーブサーバー é"), "スレーブサーバー é");
    }

    #[test]
    fn names_are_only_text_in_every_language_of_documents() {
        assert_eq!(markdown("a_b*c|<x>[l](u) @all"), "a\\_b\\*c\\|&lt;x&gt;\\[l\\](u) @<!-- -->all");
        assert_eq!(markdown("http://x.y WwW.z #12 $1$"), "http&#58;//x.y WwW&#46;z #<!-- -->12 &#36;1&#36;");
        assert_eq!(markdown_code("a`b``c"), "```a`b``c```");
        assert_eq!((markdown_code("`").as_str(), markdown_code("a\nb").as_str()), ("`` ` ``", "`a\\nb`"));
        assert_eq!(markdown_sentence("`PVS1` is 'x' `<a>` `"), "`PVS1` is 'x' \\`&lt;a&gt;\\` \\`");
        assert_eq!(xml("<a b=\"c\">\u{FFFF}\u{8}"), "&lt;a b=&quot;c&quot;&gt;\\u{ffff}\\u{8}");
        assert_eq!(label("a\"b\\c\nd"), "a\\\"b\\\\c\\\\nd");
        assert_eq!(html("<a href=\"x\">'&"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;");
        assert_eq!(dot("a\"b\\c"), "\"a\\\"b\\\\c\"");
        assert_eq!(mermaid("a: b; #"), "a#58; b#59; #35;");
        assert_eq!((yaml("PVS-1").as_str(), yaml("no").as_str(), yaml("1e3").as_str()), ("PVS-1", "\"no\"", "\"1e3\""));
        assert_eq!(yaml("a: \"b\"\n"), "\"a: \\\"b\\\"\\u000A\"");
    }
}
