//! `schema`, `completions` and `man`: for editors and shells, all made from the same types that parse.

use clap::CommandFactory;

use crate::format::{schema as yaml_schema, schema_json};
use crate::run::state::{make_folder, write_file};
use crate::system;
use crate::world::practice::farm_file;

use super::arguments::{Arguments, Completions, Man, ManFormat, Schema};
use super::failure::Failure;
use super::reference;
use super::setting::Setting;

/// The kinds of files that have a schema.
const KINDS: [&str; 11] = [
    "topology",
    "connections",
    "farm",
    "snapshot",
    "plan",
    "journal",
    "drift",
    "disks",
    "evidence",
    "attested",
    "rehearsal",
];

/// Prints a schema.
pub fn schema(setting: &Setting, arguments: &Schema) -> Result<u8, Failure> {
    let kind = arguments.kind.as_str();
    let text = yaml_schema::schema(kind, &system::tables())
        .or_else(|| schema_json::schema(kind))
        .or_else(|| (kind == "farm").then(farm_file::schema));
    match text {
        Some(text) => {
            setting.print(&text);
            Ok(0)
        }
        None => Err(Failure::new(1, format!("unknown kind `{kind}`"), format!("種類 `{kind}` は不明"))
            .hint(format!("kinds: {}", KINDS.join(", ")), format!("種類: {}", KINDS.join("、")))),
    }
}

/// Prints completions.
pub fn completions(setting: &Setting, arguments: &Completions) -> Result<u8, Failure> {
    let mut out = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "rolewalk", &mut out);
    setting.print(&String::from_utf8_lossy(&out));
    Ok(0)
}

/// Prints a manual page, or the reference of all commands; writes all pages where a folder is given.
pub fn man(setting: &Setting, arguments: &Man) -> Result<u8, Failure> {
    let pages = reference::pages(&Arguments::command());
    if let Some(folder) = &arguments.output {
        make_folder(folder)?;
        for (name, command) in &pages {
            write_file(&folder.join(format!("{name}.1")), &roff(command)?)?;
        }
        return Ok(0);
    }
    if arguments.format == ManFormat::Markdown {
        setting.print(&reference::markdown(&Arguments::command()));
        return Ok(0);
    }
    let wanted = std::iter::once("rolewalk").chain(arguments.command.iter().map(String::as_str)).collect::<Vec<_>>();
    let wanted = wanted.join("-");
    let page = pages.iter().find(|(name, _)| *name == wanted).ok_or_else(|| {
        let command = arguments.command.join(" ");
        Failure::new(1, format!("unknown command `{command}`"), format!("コマンド `{command}` は不明"))
            .hint("`rolewalk help` lists the commands", "`rolewalk help` でコマンドの一覧を確認できる")
    })?;
    setting.print(&String::from_utf8_lossy(&roff(&page.1)?));
    Ok(0)
}

fn roff(command: &clap::Command) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    let render = clap_mangen::Man::new(command.clone()).render(&mut out);
    render.map_err(|error| Failure::new(1, "can't make the manual page", "マニュアルを作れない").cause(error))?;
    Ok(out)
}
