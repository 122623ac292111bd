//! What a person is told to do, step by step, in the document's own terms.
//!
//! No instruction has anything to do with the `config` folder but to leave it alone (WS-03).
//!
//! # Source
//! WSMGR for Web user's guide, 13.1.2 and 13.1.3.

use crate::model::plan::Step;
use crate::model::snapshot::{GroupSnapshot, leaders};
use crate::model::words::Text;

use super::table::TABLE;

/// Returns the instructions of an operator's step.
pub fn instructions(step: &Step, now: &GroupSnapshot) -> Vec<Text> {
    let (server, host) = (&step.server, &step.runs_on);
    let leader = leaders(&TABLE, &now.servers).next().map_or_else(|| host.to_string(), ToString::to_string);
    let tool = Text::new(
        format!("Open the server group settings in the admin tool on `{host}`."),
        format!("`{host}` の管理ツールでサーバグループ設定を開く。"),
    );
    let monitor = |en: &str, ja: &str| {
        Text::new(
            format!("Open the sync monitor on `{host}`, choose [refresh], and check that `{server}` is {en}."),
            format!("`{host}` の同期モニタで [情報更新] を行い、`{server}` が{ja}であることを確認する。"),
        )
    };
    let connect = Text::new(
        format!("Where `{server}` was cut off the network, connect it now: its own group list is empty."),
        format!("`{server}` をネットワークから切り離していた場合は、ここで接続する (自身のグループ設定は削除済み)。"),
    );
    match step.transition.name {
        "form" => vec![
            Text::new(
                format!("Create the configuration on `{server}` first, and on no other server."),
                format!("先に `{server}` 1 台に設定情報を作成する。"),
            ),
            tool,
            Text::new(
                format!("Register `{server}` as the manager."),
                format!("`{server}` を管理サーバとして登録する。"),
            ),
        ],
        "add" => vec![
            connect,
            tool,
            Text::new(
                format!("Add `{server}` as a member. Never copy its config folder by hand: it synchronises by itself."),
                format!(
                    "`{server}` をメンバサーバとして追加する。config ディレクトリの手動コピーは行わない (自動的に同期処理が実施される)。"
                ),
            ),
            monitor("a member that synchronises", "同期処理中のメンバサーバ"),
        ],
        "enable" => vec![
            connect,
            tool,
            Text::new(
                format!("Set the kind of operation of `{server}` to member."),
                format!("`{server}` の動作種類を「メンバサーバ」にする。"),
            ),
            monitor("a member that synchronises", "同期処理中のメンバサーバ"),
        ],
        "await-sync" => vec![
            monitor("complete", "同期完了"),
            Text::new(
                "Where it shows an error, mend the cause and start the synchronisation by hand, and wait for that.",
                "エラーの場合は原因を取り除き、手動で同期処理を実施して完了を待つ。",
            ),
        ],
        "resync" => vec![
            Text::new(
                format!("Mend the cause that the sync monitor on `{host}` shows for `{server}`."),
                format!("`{host}` の同期モニタで `{server}` のエラーの原因を確認し、取り除く。"),
            ),
            Text::new(
                format!("Start the synchronisation of `{server}` by hand in the admin tool on `{host}`."),
                format!("`{host}` の管理ツールから `{server}` に対して手動で同期処理を実施する。"),
            ),
        ],
        "regroup" => vec![
            tool,
            Text::new(
                format!("Configure the server group again with `{server}` as the manager and the same members."),
                format!("`{server}` を管理サーバ、メンバサーバは同じまま、サーバグループ設定を再度実施する。"),
            ),
            monitor("complete", "同期完了"),
        ],
        "disable" | "disable-apart" => vec![
            tool,
            Text::new(
                format!("Set the kind of operation of `{server}` to disabled."),
                format!("`{server}` の動作種類を「無効」にする。"),
            ),
        ],
        "remove" | "remove-apart" => vec![
            tool,
            Text::new(
                format!("Delete `{server}` from the server group."),
                format!("`{server}` をサーバグループから削除する。"),
            ),
        ],
        "isolate" => vec![
            Text::new(
                format!("Disconnect `{server}` from the network."),
                format!("`{server}` をネットワークから切り離す。"),
            ),
            Text::new(
                format!(
                    "Where `{server}` still starts: on its own admin tool delete all servers from the group, and attest `{server}.own=cleared`."
                ),
                format!(
                    "`{server}` を起動できる場合: 切り離したまま管理ツールのサーバグループ設定ですべてのサーバを削除し、`{server}.own=cleared` を証言する。"
                ),
            ),
        ],
        "clear" => vec![
            Text::new(
                format!("Leave `{server}` disconnected, and start its own admin tool."),
                format!("`{server}` をネットワークから切り離したまま、その管理ツールを起動する。"),
            ),
            Text::new(
                "In the server group settings, delete all servers.",
                "サーバグループ設定で、すべてのサーバを削除する。",
            ),
        ],
        "handover" => vec![
            tool,
            Text::new(
                format!("In one change: set `{leader}` to disabled, and `{server}` to manager."),
                format!("1 回の変更で、`{leader}` の動作種類を「無効」、`{server}` を「管理サーバ」にする。"),
            ),
            Text::new(
                format!(
                    "Refresh the sync monitor on `{server}`, and attest `SERVER.sync` of each other member as it shows it."
                ),
                format!(
                    "`{server}` の同期モニタで [情報更新] を行い、ほかの各メンバサーバについて表示どおり `SERVER.sync` を証言する。"
                ),
            ),
        ],
        "take-over" => vec![
            tool,
            Text::new(
                format!("In one change: delete `{leader}` from the group, and set `{server}` to manager."),
                format!("1 回の変更で、`{leader}` をサーバグループから削除し、`{server}` を「管理サーバ」にする。"),
            ),
            Text::new(
                "Check in the sync monitor that every other member synchronises.",
                "同期モニタで、ほかのすべてのメンバサーバの同期処理が始まったことを確認する。",
            ),
        ],
        _ => vec![tool],
    }
}
