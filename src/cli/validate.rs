//! `validate`: parses and checks, touches nothing.

use crate::model::words::Text;

use super::arguments::Validate;
use super::failure::Failure;
use super::inputs;
use super::setting::{Setting, plural};

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Validate) -> Result<u8, Failure> {
    let inputs = inputs::read(&arguments.paths)?;
    let groups = inputs.topologies.len();
    let servers: usize = inputs.topologies.iter().map(|one| one.servers.len()).sum();
    setting.remark(&Text::new(
        format!("valid: {}, {}", plural(groups, "group"), plural(servers, "server")),
        format!("有効: グループ {groups}、サーバー {servers}"),
    ));
    Ok(0)
}
