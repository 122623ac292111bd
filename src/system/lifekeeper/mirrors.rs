//! The mark `mirror`: the state of the mirrors toward a server, from the source's own words.
//!
//! # Source
//! Scripts that SIOS publishes: the role 1 is the source's; the states 1 (mirroring) and 4 (paused). Every other state is
//! unknown here until it was seen on a real system.

use crate::model::name::ServerName;

use super::output::MirrorLine;
use super::records::Cluster;
use super::table::{ACTIVE, MEMBER, STANDBY, UNREGISTERED};
use super::view::{View, Volume};

/// Returns the mark `mirror` of a server of that role and record, or why it can't be told.
pub(super) fn mirror(
    cluster: &Cluster<'_>,
    server: &ServerName,
    role: &Result<&'static str, String>,
    record: &Result<&'static str, String>,
) -> Result<&'static str, String> {
    match role.clone()? {
        STANDBY | MEMBER if *record == Ok("stale") => leftover(cluster, server),
        // What is left of it is another matter than what it has not, and only its record tells which it is.
        MEMBER if record.is_err() && leftover(cluster, server) != Ok("none") => record.clone(),
        UNREGISTERED | MEMBER => Ok("none"),
        _ if !is_mirrored(cluster) => Ok("unneeded"),
        ACTIVE => Ok("mirroring"),
        _ => match standby(cluster, server)? {
            "none" if record.is_err() && leftover(cluster, server) != Ok("none") => record.clone(),
            state => Ok(state),
        },
    }
}

/// Returns the worst state of the mirrors toward a standby.
fn standby(cluster: &Cluster<'_>, server: &ServerName) -> Result<&'static str, String> {
    cluster.volumes().iter().map(|volume| toward(cluster, server, volume)).try_fold("mirroring", |worst, one| {
        let rank = |value: &str| ["mirroring", "unneeded", "paused", "none"].iter().position(|known| *known == value);
        let one = one?;
        Ok(if rank(one) > rank(worst) { one } else { worst })
    })
}

/// Returns whether a volume of the group is on a server that has DataKeeper.
fn is_mirrored(cluster: &Cluster<'_>) -> bool {
    let volumes = cluster.volumes();
    cluster
        .views()
        .any(|(_, view)| view.volumes.iter().any(|(letter, volume)| volumes.contains(letter) && volume.is_mirrorable))
}

/// Returns the addresses of a server in the job of a volume.
fn addresses<'a>(volume: &'a Volume, server: &'a ServerName) -> impl Iterator<Item = &'a str> {
    let ends = volume.job.iter().flatten().flat_map(|job| &job.pairs).flatten();
    ends.filter(|end| server.is(&end.system)).map(|end| end.address.as_str())
}

/// Returns the server to which a line's mirror leads, as the job of the volume has it.
pub(super) fn target<'a>(volume: &'a Volume, line: &MirrorLine) -> Option<&'a str> {
    let ends = volume.job.iter().flatten().flat_map(|job| &job.pairs).flatten();
    ends.into_iter().find(|end| end.address == line.target).map(|end| end.system.as_str())
}

/// Returns what is left of a server that was installed anew, on the sources of its mirrors.
fn leftover(cluster: &Cluster<'_>, server: &ServerName) -> Result<&'static str, String> {
    let is_purging = cluster.is_purging(server);
    if is_purging == Ok(true) {
        return Ok("leftover");
    }
    let letters = cluster.volumes();
    let others = cluster.views().filter(|(one, _)| *one != server);
    for (other, letter, volume) in
        others.flat_map(|(one, view)| view.volumes.iter().map(move |(letter, volume)| (one, letter, volume)))
    {
        if letters.contains(letter) && is_left(volume, server).map_err(|why| format!("{letter}: on {other}: {why}"))? {
            return Ok("leftover");
        }
    }
    match cluster.unread_of(server) {
        Some(why) => Err(why),
        None => is_purging.map(|_| "none"),
    }
}

/// Returns whether a volume still has something of a server.
pub(super) fn is_left(volume: &Volume, server: &ServerName) -> Result<bool, String> {
    let lines = volume.mirrors.as_ref().map_err(Clone::clone)?;
    let job = volume.job.as_ref().map_err(Clone::clone)?;
    let has_info = *volume.has_info.as_ref().map_err(Clone::clone)?;
    // A target's own job and file go with its source's, when the hierarchy is extended anew.
    if lines.iter().any(|line| !line.is_source) {
        return Ok(false);
    }
    let names = addresses(volume, server).next().is_some();
    // A mirror whose job is gone already leads to nobody that is known.
    let leads = lines.iter().any(|line| target(volume, line).is_none_or(|to| server.is(to)));
    Ok(names || leads || (has_info && job.is_none()))
}

/// Returns the state of a volume's mirror toward a standby.
fn toward(cluster: &Cluster<'_>, server: &ServerName, letter: &str) -> Result<&'static str, String> {
    let mut seen = Vec::new();
    let mut unread = None;
    for (other, view) in cluster.views().filter(|(other, _)| *other != server) {
        let Some(volume) = view.volumes.get(letter) else { continue };
        match lines_toward(volume, server) {
            Ok(lines) => seen.extend(lines),
            Err(why) => unread = Some(format!("{letter}: on {other}: {why}")),
        }
    }
    if let Some(line) = seen.first() {
        return state(letter, line.state);
    }
    // It may be the source itself; what a target says of its mirror counts only where its source is lost.
    let mut own = own(cluster.view(server), letter)?;
    own.retain(|line| line.is_source || cluster.is_any_lost());
    if let Some(one) = own.iter().find(|line| line.state == 1).or(own.first()) {
        return state(letter, one.state);
    }
    let holders = cluster.views().filter(|(_, view)| view.volumes.contains_key(letter)).count();
    match unread.or_else(|| cluster.unread_of(server)) {
        Some(why) => Err(why),
        None if holders == 1 && !cluster.views().any(|(_, view)| shares(view, server)) => Ok("unneeded"),
        None => Ok("none"),
    }
}

fn own(view: Option<&View>, letter: &str) -> Result<Vec<MirrorLine>, String> {
    match view.and_then(|view| view.volumes.get(letter)) {
        Some(volume) => volume.mirrors.clone(),
        None => Ok(Vec::new()),
    }
}

fn shares(view: &View, server: &ServerName) -> bool {
    view.equivalencies.iter().any(|one| one.system == *server || one.other == *server)
}

fn lines_toward<'a>(volume: &'a Volume, server: &ServerName) -> Result<Vec<&'a MirrorLine>, String> {
    let lines = volume.mirrors.as_ref().map_err(Clone::clone)?;
    volume.job.as_ref().map_err(Clone::clone)?;
    let own: Vec<&str> = addresses(volume, server).collect();
    Ok(lines.iter().filter(|line| line.is_source && own.contains(&line.target.as_str())).collect())
}

fn state(letter: &str, state: i32) -> Result<&'static str, String> {
    match state {
        1 => Ok("mirroring"),
        4 => Ok("paused"),
        other => Err(format!("{letter}: the mirror's state is {other}, and what that means is not documented")),
    }
}
