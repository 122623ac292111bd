//! `validate`: parses and checks, touches nothing.

use crate::model::words::Text;

use super::arguments::Validate;
use super::failure::Failure;
use super::inputs;
use super::setting::{Setting, plural};

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Validate) -> Result<u8, Failure> {
    let checked = inputs::check(&arguments.paths)?;
    let groups = checked.topologies.len();
    let servers: usize = checked.topologies.iter().map(|one| one.servers.len()).sum();
    let counts = [(groups, "group", "グループ"), (servers, "server", "サーバー")];
    let beside = [(checked.connections, "connection", "接続"), (checked.farms, "practice farm", "練習用ファーム")];
    let counted = counts.into_iter().filter(|_| groups > 0).chain(beside.into_iter().filter(|(count, ..)| *count > 0));
    let (en, ja): (Vec<String>, Vec<String>) =
        counted.map(|(count, en, ja)| (plural(count, en), format!("{ja} {count}"))).unzip();
    setting.remark(&Text::new(format!("valid: {}", en.join(", ")), format!("有効: {}", ja.join("、"))));
    Ok(0)
}
