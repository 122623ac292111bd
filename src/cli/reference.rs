//! The reference of the command line, made from the very types that parse it: man pages, and one document of all commands.

use clap::builder::PossibleValue;
use clap::{Arg, Command};

/// Returns all commands as one Markdown document.
pub fn markdown(command: &Command) -> String {
    let mut command = command.clone();
    command.build();
    let mut out = format!(
        "# Reference\n\n{}\n\nThis page is printed by `rolewalk man --format markdown`, from the command line itself.\n",
        escaped(&long_about(&command))
    );
    out.push_str("\n## For every command\n\n");
    out.push_str(&table(command.get_arguments().filter(|arg| is_shown(arg))));
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        section(&mut out, sub, "rolewalk", 2);
    }
    out
}

/// Returns the commands with the names of their man pages, the whole first.
pub fn pages(command: &Command) -> Vec<(String, Command)> {
    let mut found = vec![("rolewalk".to_owned(), command.clone())];
    collect(command, "rolewalk", &mut found);
    found
}

fn collect(command: &Command, above: &str, found: &mut Vec<(String, Command)>) {
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let name = format!("{above}-{}", sub.get_name());
        let page = sub.clone().name(name.clone()).bin_name(name.replace('-', " ")).version(env!("CARGO_PKG_VERSION"));
        found.push((name.clone(), page));
        collect(sub, &name, found);
    }
}

fn section(out: &mut String, command: &Command, above: &str, depth: usize) {
    let name = format!("{above} {}", command.get_name());
    out.push_str(&format!("\n{} {name}\n\n{}\n", "#".repeat(depth), escaped(&long_about(command))));
    let usage = command.clone().bin_name(name.clone()).render_usage().to_string();
    out.push_str(&format!("\n```text\n{}\n```\n", usage.trim_start_matches("Usage: ").trim()));
    let rows = table(command.get_arguments().filter(|arg| is_shown(arg) && !arg.is_global_set()));
    if !rows.is_empty() {
        out.push_str(&format!("\n{rows}"));
    }
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        section(out, sub, &name, depth + 1);
    }
}

fn is_shown(arg: &Arg) -> bool {
    !arg.is_hide_set() && arg.get_id() != "help" && arg.get_id() != "version"
}

fn long_about(command: &Command) -> String {
    let about = command.get_long_about().or(command.get_about());
    sentence(&about.map(ToString::to_string).unwrap_or_default())
}

/// Returns the text with a full stop at its end.
fn sentence(text: &str) -> String {
    match text.chars().last() {
        None | Some('.' | '…' | ']' | ':') => text.into(),
        Some(_) => format!("{text}."),
    }
}

fn table<'a>(args: impl Iterator<Item = &'a Arg>) -> String {
    let rows: Vec<String> = args.map(row).collect();
    match rows.is_empty() {
        true => String::new(),
        false => format!("| argument | what it does |\n| --- | --- |\n{}", rows.concat()),
    }
}

fn row(arg: &Arg) -> String {
    let mut names = Vec::new();
    names.extend(arg.get_short().map(|short| format!("-{short}")));
    names.extend(arg.get_long().map(|long| format!("--{long}")));
    let value = arg.get_value_names().filter(|_| arg.get_action().takes_values());
    let value = value.map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
    let shown = match (names.is_empty(), value) {
        (true, value) => value.unwrap_or_default(),
        (false, Some(value)) => format!("{} {value}", names.join(", ")),
        (false, None) => names.join(", "),
    };
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut said = vec![escaped(&sentence(&help))];
    let values: Vec<PossibleValue> = match arg.get_action().takes_values() {
        true => arg.get_possible_values().into_iter().filter(|value| !value.is_hide_set()).collect(),
        false => Vec::new(),
    };
    if !values.is_empty() {
        let of = |value: &PossibleValue| match value.get_help() {
            Some(help) => format!("`{}` {}", value.get_name(), escaped(&help.to_string())),
            None => format!("`{}`", value.get_name()),
        };
        said.push(format!("Values: {}.", values.iter().map(of).collect::<Vec<_>>().join("; ")));
    }
    let default: Vec<String> =
        arg.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy())).collect();
    if !default.is_empty() && arg.get_action().takes_values() {
        said.push(format!("Default: {}.", default.join(", ")));
    }
    format!("| `{}` | {} |\n", shown.replace('|', "\\|"), said.join(" "))
}

/// Returns help as it stands in a cell: in one line, with nothing that ends the cell or opens an element.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::arguments::Arguments;

    #[test]
    fn the_reference_in_the_repository_is_the_command_line() {
        let path = format!("{}/docs/reference.md", env!("CARGO_MANIFEST_DIR"));
        let wanted = markdown(&Arguments::command());
        if std::env::var_os("ROLEWALK_UPDATE").is_some() {
            std::fs::write(&path, &wanted).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        assert!(found == wanted, "{path} is stale: run the tests with ROLEWALK_UPDATE=1");
    }

    #[test]
    fn every_command_has_a_man_page_and_a_section() {
        let pages = pages(&Arguments::command());
        let reference = markdown(&Arguments::command());
        assert!(pages.len() > 25, "{}", pages.len());
        for (name, page) in &pages[1..] {
            assert!(page.get_about().is_some(), "{name}");
            let spaced = page.get_bin_name().unwrap();
            assert!(reference.contains(&format!("# {spaced}\n")), "{spaced}");
        }
    }
}
