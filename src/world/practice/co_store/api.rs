//! `CO-StoreApi.exe`: the two commands that add and remove a server's storage.
//!
//! # Source
//! Article 17-027, sections 2-a and 2-b: the commands and their success lines. CO-StoreApi manual 5.0, section 6: errors go
//! to standard error with exit code 1 or more. The wording of its errors is not public: here they are worded by us.

use crate::model::request::Reply;
use crate::world::practice::clock;
use crate::world::practice::farm::{Farm, Outcome, Trouble, refused};
use crate::world::practice::state::same;

/// The folder in which the product is installed.
///
/// # Source
/// Article 17-027.
pub const FOLDER: &str = r"C:\Program Files\CO-CONV\CO-Store\Server";

/// Answers a call of the program.
pub fn answer(farm: &mut Farm, folder: &str, program: &str, arguments: &[String]) -> Outcome {
    if !program.eq_ignore_ascii_case("CO-StoreApi.exe") || !same(folder.trim_end_matches('\\'), FOLDER) {
        return Ok(refused(format!(r"there is no program `{folder}\{program}`")));
    }
    let call = match parse(arguments) {
        Ok(call) => call,
        Err(why) => return Ok(error(&why)),
    };
    let Some(store) = farm.state.store(call.store) else {
        return Ok(error(&format!("ストア \"{}\" は存在しません.", call.store)));
    };
    let Some(server) = farm.state.co_store.server(call.server).map(|host| host.name.clone()) else {
        return Ok(error(&format!("サーバー \"{}\" は PVS に登録されていません.", call.server)));
    };
    note_terminals(farm, &store);
    let done = if call.adds { add(farm, &store, &server)? } else { remove(farm, &store, &server)? };
    Ok(match done {
        Ok(line) => success(farm, &line, call.quiet),
        Err(why) => error(&why),
    })
}

struct Call<'a> {
    adds: bool,
    quiet: bool,
    store: &'a str,
    server: &'a str,
}

fn parse(arguments: &[String]) -> Result<Call<'_>, String> {
    let (command, options) = arguments.split_first().ok_or("コマンドが指定されていません.")?;
    let adds = match command.as_str() {
        "add_slave_storage" => true,
        "remove_slave_storage" => false,
        other => return Err(format!("不明なコマンドです: {other}")),
    };
    let mut call = Call { adds, quiet: false, store: "", server: "" };
    for option in options {
        match option.split_once('=') {
            None if option == "--quiet" => call.quiet = true,
            Some(("--store", store)) => call.store = store,
            Some(("--server", server)) => call.server = server,
            _ => return Err(format!("不明なオプションです: {option}")),
        }
    }
    match (call.store, call.server) {
        ("", _) => Err("--store が指定されていません.".into()),
        (_, "") => Err("--server が指定されていません.".into()),
        _ => Ok(call),
    }
}

/// Adds a storage. Copies nothing: replication starts with the next version (article 17-027, 2-a).
fn add(farm: &mut Farm, store: &str, server: &str) -> Result<Result<String, String>, Trouble> {
    if farm.is_storage(store, server)? {
        return Ok(Err(format!("サーバー \"{server}\" は既にストア \"{store}\" のストレージです.")));
    }
    let reachable = farm.state.reachable(server);
    let shared = farm.share(server, store).is_some_and(|share| farm.shares.has(&share));
    if !reachable || !shared {
        return Ok(Err(format!("サーバー \"{server}\" のストアのパスにアクセスできません.")));
    }
    farm.database.add_storage(store, server)?;
    Ok(Ok(format!("CO-Store ストア \"{store}\" のストレージに ['{server}'] が追加されました.")))
}

/// Removes a storage. Its files stay (article 17-027, 2-b); the master's storage can't be removed.
fn remove(farm: &mut Farm, store: &str, server: &str) -> Result<Result<String, String>, Trouble> {
    if !farm.is_storage(store, server)? {
        return Ok(Err(format!("サーバー \"{server}\" はストア \"{store}\" のストレージではありません.")));
    }
    if farm.database.master(store)?.is_some_and(|master| same(&master, server)) {
        return Ok(Err(format!("サーバー \"{server}\" はストア \"{store}\" のマスターサーバーです.")));
    }
    farm.database.remove_storage(store, server)?;
    Ok(Ok(format!("CO-Store ストア \"{store}\" のストレージから ['{server}'] を除外しました.")))
}

/// The product does not look for running terminals; the operator must (CS-07, CS-09). Whoever did not is seen here.
fn note_terminals(farm: &mut Farm, store: &str) {
    for (server, count) in farm.terminals(store) {
        farm.notes.push(format!("{count} terminals of store `{store}` were running on {server}"));
    }
}

/// Returns how the program ends that succeeded.
fn success(farm: &Farm, line: &str, quiet: bool) -> Reply {
    let log = if quiet {
        String::new()
    } else {
        let time = clock::moment(farm.state.minutes).strftime("%Y-%m-%d %H:%M:%S,000");
        format!("{time} [1] INFO  CO_StoreApi.Program - 終了します: 0x00000000\r\n")
    };
    Reply::Ended { exit_code: 0, stdout: format!("{line}\r\n{log}"), stderr: String::new() }
}

/// Returns how the program ends that failed.
pub fn error(why: &str) -> Reply {
    Reply::Ended { exit_code: 1, stdout: String::new(), stderr: format!("{why}\r\n") }
}
