//! `disks`: the vDisk files of a store's servers side by side; of one folder; and what task logs tell.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::format::{disks as disks_file, log_text};
use crate::model::disks::compare::FileState;
use crate::model::disks::listing::{Content, FileSeen, Listing};
use crate::model::disks::matrix::{Amount, Cell, Matrix};
use crate::model::name::ServerName;
use crate::model::words::Text;
use crate::report;
use crate::run::runs::worst;
use crate::run::side_by_side::side_by_side;
use crate::run::state::make_folder;
use crate::system;
use crate::system::co_store::{inventory, matrix, task_log};
use crate::world::store_files::{self, Attending, Memory, Watch};

use super::arguments::{Disks, DisksCommand, DisksFormat, DisksHash, DisksLog, HashFormat};
use super::failure::Failure;
use super::inputs::shown;
use super::reach::{Look, Reach, Reaches};
use super::setting::Setting;
use super::{inputs, reach, reading, recorded};

/// The most that is read of one log: its end, where a retry loop stands.
const MOST_LOG_BYTES: u64 = 64 << 20;

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Disks) -> Result<u8, Failure> {
    match &arguments.what {
        Some(DisksCommand::Hash(arguments)) => hash(setting, arguments),
        Some(DisksCommand::Log(arguments)) => log(setting, arguments),
        None => compare(setting, arguments),
    }
}

/// Shows the servers of each store side by side. Exit code 2 where files differ, are missing or extra, block tasks or
/// changed without a new version; 3 where something could not be determined.
fn compare(setting: &Setting, arguments: &Disks) -> Result<u8, Failure> {
    let inputs = inputs::read(&arguments.paths)?;
    let mut reaches = reach::open(setting, &inputs.topologies, &inputs)?;
    reaches.read_afresh(arguments.paranoid);
    let mut looks = reach::look_all(&reaches)?;
    ask_pvs(&reaches, &mut looks);
    let mut matrices = Vec::new();
    for (reach, look) in reaches.groups.iter().zip(&looks) {
        if !has_disks(reach) {
            let group = &look.seen.group;
            setting.remark(&Text::new(
                format!("group `{group}` has no vDisk files"),
                format!("グループ `{group}` に vDisk ファイルはない"),
            ));
            continue;
        }
        let changed = recorded::keep(setting, reach, look);
        let inventory = Some(inventory::reads(&reach.site, &look.answers));
        let mut matrix = Matrix { changed, inventory, ..matrix::matrix(&reach.site, &look.answers, &look.seen) };
        let world = &reaches.worlds[reach.world];
        look_closer(&mut matrix, &|server, path| {
            let folder = world.store_folder(server, &reach.site.group)?;
            Some((folder, matrix::file(&reach.site, &look.answers, server, path)?))
        });
        matrices.push(matrix);
    }
    let tables = system::tables();
    setting.print(&match arguments.format {
        DisksFormat::Text => report::disks::text(&matrices, &tables, &setting.look()),
        DisksFormat::Json => disks_file::write(&matrices),
        DisksFormat::Markdown => report::disks::markdown(&matrices, &tables, setting.language),
        DisksFormat::Html => report::disks::html(&matrices, &tables, setting.language),
    });
    Ok(worst(matrices.iter().map(|matrix| match matrix.amount() {
        Amount::Equal => 0,
        Amount::Different => 2,
        Amount::Unknown => 3,
    })))
}

fn has_disks(reach: &Reach) -> bool {
    reach.system.table.system == system::co_store::SYSTEM.table.system
}

/// Has PVS tell its own inventory of each store, and keeps what it answers: nobody but this command asks for it.
fn ask_pvs(reaches: &Reaches, looks: &mut [Look]) {
    let stores = reaches.groups.iter().zip(looks.iter_mut()).filter(|(reach, _)| has_disks(reach));
    let asked = stores.map(|(reach, look)| async move {
        let asks = inventory::asks(&reach.site, &look.answers);
        look.answers.extend(reaches.worlds[reach.world].perform_all(asks).await);
    });
    reaches.runtime.block_on(side_by_side(asked));
}

/// A store's folder on this machine, and a file in it as it was listed.
type Listed = (PathBuf, FileSeen);

/// Has the files that differ and lie on this machine, the master's as well, read again for where exactly they differ.
fn look_closer(matrix: &mut Matrix, listed: &dyn Fn(&ServerName, &str) -> Option<Listed>) {
    let Some(master) = matrix.master.clone() else { return };
    for row in &mut matrix.files {
        for (column, cell) in matrix.servers.iter().zip(&mut row.cells) {
            let Cell::Compared(FileState::Differs(found)) = cell else { continue };
            let of = |server| listed(server, &row.path);
            let (Some(theirs), Some(ours)) = (of(&master), of(&column.server)) else { continue };
            let files = [&theirs, &ours].map(|(folder, seen)| (folder.as_path(), seen));
            *found = store_files::compare_again(found, [master.as_str(), column.server.as_str()], files);
        }
    }
}

/// Fingerprints one folder. Exit code 3 where a file could not be read; 130 where a person interrupted it: nothing is
/// printed then, and the next call goes on where this one stopped.
fn hash(setting: &Setting, arguments: &DisksHash) -> Result<u8, Failure> {
    // Without a place to remember them, fingerprints are taken all the same.
    let file = setting.state.folder().join("fingerprints.cache");
    let memory = Memory { file: make_folder(setting.state.folder()).ok().map(|()| &*file), afresh: arguments.paranoid };
    let (watch, line_shown) = (Arc::new(Watch::default()), reading::Line::of(setting));
    reading::listen(&watch);
    let note = |note: &str| {
        setting.remark(&Text::new(note, format!("記録済みのハッシュ値は使わず、すべて読み直す ({note})")));
    };
    let attending = Attending { tell: &|progress| line_shown.show(progress), note: &note };
    let listing = store_files::watch_folder(&arguments.folder, memory, &watch, attending);
    line_shown.clear();
    let mut listing = listing.map_err(|error| {
        let folder = shown(&arguments.folder);
        Failure::new(1, error.to_string(), format!("フォルダー `{folder}` を一覧できない")).cause(&error.source)
    })?;
    if watch.is_stopped() {
        let (en, ja) = match memory.file {
            Some(_) if memory.afresh => (
                "with --paranoid the next call reads all files from their beginning",
                "--paranoid では次回もすべてのファイルを最初から読む",
            ),
            Some(_) => (
                "what was read is remembered, and the same command goes on",
                "読み取った分は記録済み。同じコマンドで再開する",
            ),
            None => ("nothing could be remembered", "読み取った分は記録できなかった"),
        };
        setting.note(&Text::new(format!("interrupted: {en}"), format!("中断: {ja}")));
        return Ok(130);
    }
    if arguments.format == HashFormat::Json {
        listing.images = store_files::images(&arguments.folder, &listing);
    }
    let unread: Vec<Text> = listing.files.iter().filter_map(why_unread).collect();
    setting.print(&match arguments.format {
        HashFormat::Json => json(&listing)?,
        HashFormat::Text => listing.files.iter().filter_map(|file| line(&arguments.folder, file)).collect(),
    });
    unread.iter().for_each(|why| setting.say(&format!("{}\n", report::clean::terminal(why.say(setting.language)))));
    Ok(if unread.is_empty() { 0 } else { 3 })
}

fn json(listing: &Listing) -> Result<String, Failure> {
    let text = serde_json::to_string(listing);
    let text = text.map_err(|error| Failure::new(1, "can't write the listing", "一覧を書けない").cause(error))?;
    Ok(text + "\n")
}

fn why_unread(file: &FileSeen) -> Option<Text> {
    let name = &file.name;
    match &file.content {
        Content::Read(_) | Content::Outlined(_) => None,
        Content::Unread => Some(Text::new(format!("`{name}` was not read"), format!("`{name}` は未読"))),
        Content::Unreadable { why } => {
            Some(Text::new(format!("`{name}` could not be read: {why}"), format!("`{name}` を読めない: {why}")))
        }
        Content::InUse { why } => {
            Some(Text::new(format!("`{name}` is in use: {why}"), format!("`{name}` は使用中: {why}")))
        }
    }
}

/// Returns a file's line as `b3sum DIR/*` prints it: a name with a line end or a backslash is escaped, and marked so.
fn line(folder: &Path, file: &FileSeen) -> Option<String> {
    let Content::Read(found) = &file.content else { return None };
    let path = shown(&folder.join(&file.name));
    let escaped = path.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
    let mark = if escaped == path { "" } else { "\\" };
    Some(format!("{mark}{}  {escaped}\n", found.blake3))
}

/// Reads task logs. Exit code 2 where a task found abnormal files; 3 where a part of a log is no text: what stood there is
/// unknown.
fn log(setting: &Setting, arguments: &DisksLog) -> Result<u8, Failure> {
    let mut texts = Vec::with_capacity(arguments.files.len());
    let mut is_damaged = false;
    for path in &arguments.files {
        let read = log_text::read(&log_end(setting, path)?);
        if read.is_damaged {
            let file = shown(path);
            setting.remark(&Text::new(
                format!("`{file}` was read as {}, and holds what is no text", read.encoding),
                format!("`{file}` を {} として読んだが、文字でない部分がある", read.encoding),
            ));
        }
        is_damaged |= read.is_damaged;
        texts.push(read.text);
    }
    let found = task_log::read(texts.iter().map(String::as_str));
    setting.print(&report::task_log::text(&found, &setting.look()));
    Ok(match is_damaged {
        true => 3,
        false if found.failures.is_empty() => 0,
        false => 2,
    })
}

/// Reads a log, or the end of one that is too long.
fn log_end(setting: &Setting, path: &Path) -> Result<Vec<u8>, Failure> {
    let file = shown(path);
    let failed = |error| Failure::new(1, format!("can't read `{file}`"), format!("`{file}` を読めない")).cause(&error);
    let mut log = File::open(path).map_err(failed)?;
    let bytes = log.metadata().map_err(failed)?.len();
    let left_out = bytes.saturating_sub(MOST_LOG_BYTES);
    if left_out > 0 {
        log.seek(SeekFrom::Start(left_out)).map_err(failed)?;
        setting.remark(&Text::new(
            format!("the first {left_out} bytes of `{file}` were left out"),
            format!("`{file}` の先頭 {left_out} バイトは読んでいない"),
        ));
    }
    let mut end = Vec::new();
    log.take(MOST_LOG_BYTES).read_to_end(&mut end).map_err(failed)?;
    let cut = if left_out > 0 { end.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1) } else { 0 };
    Ok(end.split_off(cut))
}
