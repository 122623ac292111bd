//! `schema`, `completions` and `man`: for editors and shells, all made from the same types that parse.

use clap::CommandFactory;

use crate::format::{schema as yaml_schema, schema_json};
use crate::system;
use crate::world::practice::farm_file;

use super::arguments::{Arguments, Completions, Schema};
use super::failure::Failure;
use super::setting::Setting;

/// The kinds of files that have a schema.
const KINDS: [&str; 9] =
    ["topology", "connections", "farm", "snapshot", "plan", "journal", "drift", "disks", "rehearsal"];

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

/// Prints the manual page.
pub fn man(setting: &Setting) -> Result<u8, Failure> {
    let mut out = Vec::new();
    let render = clap_mangen::Man::new(Arguments::command()).render(&mut out);
    render.map_err(|error| Failure::new(1, "can't make the manual page", "マニュアルを作れない").cause(error))?;
    setting.print(&String::from_utf8_lossy(&out));
    Ok(0)
}
