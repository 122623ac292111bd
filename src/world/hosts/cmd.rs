//! `cmd.exe`: only programs and arguments of letters, digits and a few marks, none of which it has a meaning for. Whatever
//! holds another character is refused: nobody can quote safely for it.
//!
//! # Source
//! The help of `cmd /?`, `echo /?` and `call /?`: `%^errorlevel%` is read by `call` once the program has ended.

use std::path::PathBuf;

use super::nonce::Nonce;
use super::order::Order;

/// Returns the order that runs a program with arguments.
///
/// # Errors
/// Says which word can't be given to it.
pub fn order(program: &str, arguments: &[String]) -> Result<Order, String> {
    let plain = |text: &str, more: &str| {
        let known = |c: char| c.is_ascii_alphanumeric() || "-_./:\\=".contains(c) || more.contains(c);
        !text.is_empty() && text.chars().all(known)
    };
    if !plain(program, " ()") || program.ends_with('\\') {
        return Err(format!("`cmd` can't be given the program {program:?}; declare `shell: powershell`"));
    }
    if let Some(bad) = arguments.iter().find(|one| !plain(one, "")) {
        return Err(format!("`cmd` can't be given {bad:?} as data; declare `shell: powershell`"));
    }
    let nonce = Nonce::new();
    let n = nonce.as_str();
    let words: String = arguments.iter().map(|one| format!(" {one}")).collect();
    let line = format!("echo {n} begins& \"{program}\"{words}& echo.& call echo {n} ends %^errorlevel%");
    let local = ["/d", "/c", &line].map(Into::into).to_vec();
    Ok(Order::new(nonce, line, PathBuf::from("cmd.exe"), local))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_without_a_meaning_are_given_to_it() {
        let words = |all: &[&str]| all.iter().map(|one| (*one).to_string()).collect::<Vec<_>>();
        let order = order("C:\\Program Files (x86)\\LK\\bin\\sys_list.exe", &words(&["-d", "PVS-1"])).unwrap();
        assert!(
            order.line.contains("& \"C:\\Program Files (x86)\\LK\\bin\\sys_list.exe\" -d PVS-1& "),
            "{}",
            order.line
        );
        for hostile in
            ["a b", "%PATH%", "a&b", "a|b", "^", "!x!", "a\"b", "a>b", "", "a\nb", "サーバー", "(a)", "a;b", "a,b", "~"]
        {
            assert!(super::order("x.exe", &words(&[hostile])).is_err(), "{hostile:?}");
        }
        for hostile in ["a&b", "%x%", "a\"b", "", "C:\\x\\"] {
            assert!(super::order(hostile, &[]).is_err(), "{hostile:?}");
        }
    }
}
