//! The locks of groups, in the state folder and in databases: taken for a run, and listed by `locks`.

use crate::model::topology::Topology;
use crate::model::words::Text;
use crate::report::clean;
use crate::run::access;
use crate::run::lock::{self, Holder, Lock, RemoteLock};
use crate::run::state::flush_folder;

use super::arguments::Locks;
use super::failure::{Failure, held_by, held_remotely};
use super::inputs::{self, shown};
use super::reach::{self, Reaches};
use super::setting::Setting;

/// Refuses groups of one name in one run, though they are of unlike systems: the journal tells groups apart by name.
///
/// # Errors
/// A [`Failure`] with the places of the first two.
pub fn tell_apart(topologies: &[Topology]) -> Result<(), Failure> {
    let same = |one: &Topology, other: &Topology| one.group.to_lowercase() == other.group.to_lowercase();
    let twin = |(index, one): (usize, &Topology)| topologies[..index].iter().position(|other| same(one, other));
    let Some(index) = topologies.iter().enumerate().position(|pair| twin(pair).is_some()) else { return Ok(()) };
    let (first, second) = (&topologies[twin((index, &topologies[index])).unwrap_or(index)], &topologies[index]);
    let (name, systems) = (&second.group, (first.table.system, second.table.system));
    let place = |one: &Topology| format!("{}:{}", one.source.file, one.source.line);
    let failure = Failure::new(
        1,
        format!("group `{name}` is one of {} and one of {}: a run tells groups apart by name", systems.0, systems.1),
        format!("グループ `{name}` が {} と {} の両方にある: 実行ではグループを名前で区別する", systems.0, systems.1),
    );
    let other = (format!("the other is declared at {}", place(first)), format!("もう一方の宣言: {}", place(first)));
    Err(failure.at(place(second)).line(&other.0, &other.1).nothing_changed().hint(
        "name the two paths one after the other, each in a command of its own, or give one group another name",
        "パスを 1 つずつ別のコマンドで指定するか、一方のグループ名を変える",
    ))
}

/// Takes the locks of all groups; all or none. Before anything is asked of the world.
pub fn take_locks(setting: &Setting, topologies: &[Topology]) -> Result<Vec<Lock>, Failure> {
    tell_apart(topologies)?;
    let identity = setting.identity();
    let holder = |topology: &Topology| Holder {
        group: topology.group.clone(),
        system: topology.table.system.into(),
        who: identity.who.clone(),
        host: identity.host.clone(),
        process: std::process::id(),
        since: reach::now(),
    };
    let mut locks = Vec::with_capacity(topologies.len());
    for topology in topologies {
        let taken = lock::take(&setting.state, &holder(topology));
        locks.push(taken.map_err(|fault| Failure::from(fault).at(shown(setting.state.folder())).nothing_changed())?);
    }
    // Once for all groups: their numbers must never fall back.
    if !locks.is_empty() {
        flush_folder(&setting.state.generations()).map_err(|fault| Failure::from(fault).nothing_changed())?;
    }
    if access::everybody_may_write(setting.state.folder()) {
        let folder = shown(setting.state.folder());
        setting.note(&Text::new(
            format!("note: everybody on this machine may write `{folder}`, and so alter what a run goes by"),
            format!("注: `{folder}` は誰でも書き込めるため、実行の記録が改変されうる"),
        ));
    }
    Ok(locks)
}

/// Takes the locks of all groups whose connection has a database, for all machines. They end with `reaches`.
///
/// # Errors
/// A [`Failure`] for a connection through which nothing may be changed, before anybody is asked for anything; and for a
/// lock that can't be had.
pub fn take_in_databases(topologies: &[Topology], reaches: &Reaches) -> Result<(), Failure> {
    if let Some(why) = reaches.groups.iter().find_map(|reach| reach.only_read.clone()) {
        return Err(Failure::new(5, why.en, why.ja).nothing_changed().hint(
            "`plan` and `drift` work with it; take `reads_only` away, or name another connection, to change something",
            "`plan` と `drift` は使える。変更するには `reads_only` を消すか、別の接続を指定する",
        ));
    }
    for (topology, reach) in topologies.iter().zip(&reaches.groups) {
        let Some(database) = reaches.worlds[reach.world].database() else { continue };
        let taken = lock::take_in_database(database, topology.table.system, &topology.group);
        reaches.runtime.block_on(taken).map_err(|fault| Failure::from(fault).at(database.settings().address()))?;
    }
    Ok(())
}

/// Lists who holds the lock of which group. A database that can't be asked is exit code 3.
pub fn run(setting: &Setting, arguments: &Locks) -> Result<u8, Failure> {
    let folder = in_folder(setting)?;
    let (remote, code) = match arguments.paths.is_empty() {
        true => (String::new(), 0),
        false => in_databases(setting, arguments)?,
    };
    if folder.is_empty() && remote.is_empty() {
        setting.remark(&Text::new("no group is locked", "ロックされているグループはない"));
    }
    setting.print(&(folder + &remote));
    Ok(code)
}

fn in_databases(setting: &Setting, arguments: &Locks) -> Result<(String, u8), Failure> {
    let inputs = inputs::read(&arguments.paths)?;
    let reaches = reach::open(setting, &inputs.topologies, &inputs)?;
    let (mut told, mut code) = (String::new(), 0);
    for (topology, reach) in inputs.topologies.iter().zip(&reaches.groups) {
        let Some(database) = reaches.worlds[reach.world].database() else { continue };
        let look = lock::look_in_database(database, topology.table.system, &topology.group);
        let says = match reaches.runtime.block_on(look) {
            Ok(RemoteLock::Free) => continue,
            Ok(RemoteLock::Held(holder)) => held_remotely(holder.as_ref()),
            Err(trouble) => {
                code = 3;
                let why = trouble.told();
                Text::new(format!("unknown: {}", why.en), format!("不明: {}", why.ja))
            }
        };
        told.push_str(&line(setting, &topology.group, topology.table.system, &says));
    }
    Ok((told, code))
}

fn line(setting: &Setting, group: &str, system: &str, says: &Text) -> String {
    format!("{}\n", clean::terminal(&format!("{group} ({system}): {}", says.say(setting.language))))
}

fn in_folder(setting: &Setting) -> Result<String, Failure> {
    let held = lock::held(&setting.state)?;
    let told = held.iter().map(|holder| match holder {
        Some(holder) => line(setting, &holder.group, &holder.system, &held_by(holder)),
        None => Text::new("a lock is held and nothing tells by whom\n", "保持者の分からないロックがある\n")
            .say(setting.language)
            .into(),
    });
    Ok(told.collect())
}
