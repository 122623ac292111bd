//! WSMGR for Web server groups: the table, the guards, how a group is observed, and how a step is done.
//!
//! The product has no interface that tells roles or synchronisation: people see them in the admin tool and its sync
//! monitor, and attest them. The load balancer's pool is seen and changed by rolewalk. Nothing here ever names or
//! writes the product's `config` folder (WS-03). Begin with [`table`]; the facts' names stand in [`guards::fact`].

pub mod acts;
pub mod guards;
mod instructions;
pub mod observe;
pub mod rows;
mod space;
pub mod table;

use super::System;
use crate::model::attestation::{Attestable, Form};
use crate::model::words::Words;

/// WSMGR for Web.
pub const SYSTEM: System = System {
    table: &table::TABLE,
    asks: observe::asks,
    reads: observe::reads,
    acts: acts::acts,
    judges: acts::judges,
    attestable: ATTESTABLE,
    shares: |group| group,
};

/// The most servers that a group can have.
///
/// # Source
/// WSMGR for Web user's guide, 13.1.2.
pub const MOST_SERVERS: usize = 20;

const fn of(name: &'static str, of_server: bool, form: Form, en: &'static str, ja: &'static str) -> Attestable {
    Attestable { name, of_server, form, says: Words { en, ja } }
}

/// What people see in the admin tool, in the sync monitor and on the machines, and no probe can.
const ATTESTABLE: &[Attestable] = &[
    of("role", true, Form::Role, "its kind of operation in the server group", "サーバグループでの動作種類"),
    of("sync", true, Form::Mark, "its status in the sync monitor", "同期モニタのサーバステータス"),
    of(
        "own",
        true,
        Form::Mark,
        "whether it is in the group, or cut off, or its own list is cleared",
        "グループに所属、ネットワークから切り離し、または自身のグループ設定を削除済み",
    ),
    of(
        guards::fact::RESTORED,
        true,
        Form::Flag,
        "whether it was restored from a backup",
        "バックアップからリストアしたか",
    ),
    of(
        guards::fact::SYSTEM_FREE,
        true,
        Form::Count,
        "free space of its system drive in bytes",
        "システムドライブの空き容量 (バイト)",
    ),
    of(
        guards::fact::INSTALL_FREE,
        true,
        Form::Count,
        "free space of the drive with the product in bytes",
        "WSMGR for Web インストール先の空き容量 (バイト)",
    ),
    of(guards::fact::ONE_DRIVE, true, Form::Flag, "whether both are one drive", "両者が同じドライブか"),
    of(
        guards::fact::CONFIG_BYTES,
        false,
        Form::Count,
        "the size of the configuration that is distributed in bytes",
        "配布する設定情報のサイズ (バイト)",
    ),
    of(
        guards::fact::SERVERS_NEEDED,
        false,
        Form::Count,
        "how many servers carry the load until the work is over",
        "作業が終わるまでの負荷に必要なサーバの台数",
    ),
    of(
        guards::fact::BULK,
        false,
        Form::Flag,
        "whether users were created with the bulk registration tool",
        "ユーザ一括登録ツールでユーザを作成したか",
    ),
];
