//! CO-Store stores on Citrix PVS: the table, the guards, how a store is observed, and how a step is done.
//!
//! Never performs anything. Begin with [`table`]; the facts' names stand in [`guards::fact`].

pub mod acts;
mod disk_guards;
mod disks;
pub mod guards;
pub mod inventory;
pub mod matrix;
pub mod observe;
pub mod paths;
mod replies;
pub mod sql;
pub mod table;
pub mod task_log;
mod versions;
mod view;

use super::System;
use crate::model::attestation::{Attestable, Form};
use crate::model::words::Words;

/// CO-Store.
pub const SYSTEM: System = System {
    table: &table::TABLE,
    asks: observe::asks,
    reads: observe::reads,
    acts: acts::acts,
    judges: acts::judges,
    attestable: ATTESTABLE,
    shares: |group| group,
};

/// The program that adds and removes a server's storage.
pub const API: &str = "CO-StoreApi.exe";

/// What a person may attest where the site has no query for it.
const ATTESTABLE: &[Attestable] = &[
    Attestable {
        name: guards::fact::STORAGES,
        of_server: false,
        form: Form::List,
        says: Words {
            en: "the servers with storage for the store", ja: "ストアのストレージを持つサーバー"
        },
    },
    Attestable {
        name: guards::fact::OPEN_TASKS,
        of_server: false,
        form: Form::List,
        says: Words {
            en: "the store's running and waiting tasks", ja: "ストアの実行中・待機中のタスク"
        },
    },
];

/// Returns the name of the store that holds the difference disks of `store`.
pub(crate) fn diff_store(store: &str) -> String {
    format!("{store}-Diff")
}

/// Returns the name of the store through which a server joins the farm.
pub(crate) fn link_store(store: &str) -> String {
    format!("{store}-Link")
}
