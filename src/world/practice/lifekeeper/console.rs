//! What a person does in the LifeKeeper console: it keeps all servers in step, and writes to disk by itself.
//!
//! # Source
//! The reinstallation document: a hierarchy is extended from the server where it is in service; nothing can be extended to
//! a server with which an equivalency is left, nor unextended from one that does not hold the hierarchy.

use super::change::part;
use super::state::{Equivalency, Job, MirrorEnd, Server, cluster_of, info_file, new_id};
use crate::model::request::{Reply, Task};
use crate::world::practice::farm::{Farm, Trouble, refused};
use crate::world::practice::state::same;

/// Does what a person would do who follows the documents; inside: why it can't be done.
pub fn operate(farm: &mut Farm, task: &Task) -> Result<Result<(), Reply>, Trouble> {
    let (server, host) = (task.server.as_str(), task.host.as_str());
    let only = task.group.split_once('/').map(|(_, tag)| tag);
    let done = match task.transition {
        "register" => register(farm, server),
        "extend" => extend(farm, server, host, only),
        "mirror" => mirror(farm, server, host, only),
        "unextend" => unextend(farm, server, host, only),
        other => Err(format!("the simulated operator does not know how to do `{other}`")),
    };
    Ok(done.map_err(refused))
}

type Done = Result<(), String>;

fn get(farm: &Farm, server: &str) -> Result<Server, String> {
    let one = farm.state.lifekeeper.server(server).ok_or_else(|| format!("there is no LifeKeeper server {server}"))?;
    match (farm.state.reachable(server), one.installed) {
        (false, _) => Err(format!("the console can't connect to {server}")),
        (_, false) => Err(format!("LifeKeeper is not installed on {server}")),
        _ => Ok(one.clone()),
    }
}

fn with(farm: &mut Farm, server: &str, change: impl FnOnce(&mut Server)) {
    if let Some(one) = farm.state.lifekeeper.server_mut(server) {
        change(one);
        one.sync();
    }
}

/// Returns the other servers of the cluster that have joined it.
fn members(farm: &Farm, server: &str) -> Vec<String> {
    let Some(cluster) = cluster_of(farm, server) else { return Vec::new() };
    let names = || cluster.servers.keys().filter(|one| !same(one, server));
    let joined = |name: &&String| farm.state.lifekeeper.server(name).is_some_and(|one| !one.is_new());
    let joined: Vec<String> = names().filter(joined).cloned().collect();
    // The first two of a new cluster.
    if joined.is_empty() { names().take(1).cloned().collect() } else { joined }
}

fn add(list: &mut Vec<String>, name: &str) {
    if !list.iter().any(|one| same(one, name)) {
        list.push(name.into());
    }
}

fn register(farm: &mut Farm, server: &str) -> Done {
    let one = get(farm, server)?;
    let members = members(farm, server);
    let reached: Vec<String> = members.into_iter().filter(|other| get(farm, other).is_ok()).collect();
    if reached.is_empty() {
        return Err("no other server of the cluster can be reached".into());
    }
    for other in reached {
        with(farm, &other, |theirs| {
            add(&mut theirs.memory.systems, &one.name);
            add(&mut theirs.memory.paths, &one.name);
        });
        with(farm, server, |own| {
            add(&mut own.memory.systems, &other);
            add(&mut own.memory.paths, &other);
        });
    }
    Ok(())
}

/// Returns the tops of the hierarchies that are in service on the host, and asked for.
fn tops(host: &Server, only: Option<&str>) -> Vec<String> {
    let asked = |top: &&str| only.is_none_or(|only| only == *top) && host.serves(top);
    host.tops().into_iter().filter(asked).map(str::to_string).collect()
}

fn extend(farm: &mut Farm, server: &str, host: &str, only: Option<&str>) -> Done {
    let (target, source) = (get(farm, server)?, get(farm, host)?);
    if !source.memory.paths.iter().any(|one| same(one, server)) {
        return Err(format!("there is no communication path between {host} and {server}"));
    }
    for top in tops(&source, only) {
        if target.tops().contains(&top.as_str()) {
            continue;
        }
        if source.memory.equivalencies.iter().any(|one| same(&one.other, server) && one.tag == top) {
            return Err(format!("{top} can't be extended to {server}: an equivalency with it is left"));
        }
        let resources: Vec<_> = source.memory.resources.iter().filter(|one| one.top == top).cloned().collect();
        let holders: Vec<String> = source
            .memory
            .equivalencies
            .iter()
            .filter(|one| one.tag == top)
            .map(|one| one.other.clone())
            .chain([source.name.clone()])
            .collect();
        let taken =
            |one: &Server| one.memory.equivalencies.iter().map(|one| one.priorities.0.max(one.priorities.1)).max();
        let priority = taken(&source).unwrap_or(1) / 10 * 10 + 10;
        for resource in resources {
            let own = super::state::Resource { in_service: false, ..resource.clone() };
            with(farm, server, |one| one.memory.resources.push(own));
            for holder in &holders {
                let of_holder = source.memory.equivalencies.iter().find(|one| same(&one.other, holder));
                let theirs = of_holder.map_or_else(|| source_priority(&source), |one| one.priorities.1);
                let link = |other: &str, priorities| Equivalency {
                    other: other.into(),
                    tag: resource.tag.clone(),
                    priorities,
                };
                with(farm, server, |one| one.memory.equivalencies.push(link(holder, (priority, theirs))));
                with(farm, holder, |one| one.memory.equivalencies.push(link(&target.name, (theirs, priority))));
            }
        }
    }
    Ok(())
}

fn source_priority(source: &Server) -> u16 {
    source.memory.equivalencies.first().map_or(1, |one| one.priorities.0)
}

fn mirror(farm: &mut Farm, server: &str, host: &str, only: Option<&str>) -> Done {
    let (target, source) = (get(farm, server)?, get(farm, host)?);
    let volumes: Vec<String> = source
        .memory
        .resources
        .iter()
        .filter(|one| tops(&source, only).contains(&one.top))
        .filter_map(|one| one.volume.clone())
        .collect();
    for volume in volumes {
        let is_there = |end: &&MirrorEnd| end.volume == volume && same(&end.other, server);
        if source.mirrors.iter().any(|end| is_there(&end)) && target.mirrors.iter().any(|end| end.volume == volume) {
            for (on, other) in [(host, server), (server, host)] {
                with(farm, on, |one| {
                    if let Some(end) = one.end_mut(&volume, other) {
                        end.is_paused = false;
                    }
                });
            }
            continue;
        }
        let old = source.jobs.iter().find(|job| job.volume == volume).cloned();
        let names = |job: &Job| job.pairs.iter().any(|(one, other)| same(one, server) || same(other, server));
        if old.as_ref().is_some_and(names) || source.mirrors.iter().any(|end| is_there(&end)) {
            return Err(format!("volume {volume} is in a job with {server} already"));
        }
        let fresh = || Job { id: new_id(farm.state.number + 1000, &volume), volume: volume.clone(), pairs: Vec::new() };
        let mut job = old.unwrap_or_else(fresh);
        let ends = job.pairs.iter().flat_map(|(one, other)| [one.clone(), other.clone()]);
        let mut holders: Vec<String> = ends.chain([source.name.clone()]).collect();
        holders.sort();
        holders.dedup();
        job.pairs.extend(holders.iter().map(|one| (one.clone(), target.name.clone())));
        holders.push(target.name.clone());
        for holder in holders {
            with(farm, &holder, |one| {
                one.jobs.retain(|known| known.volume != volume);
                one.jobs.push(job.clone());
                one.files.insert(info_file(&volume), "practice".into());
            });
        }
        let end = |other: &str, is_source| MirrorEnd {
            volume: volume.clone(),
            is_source,
            other: other.into(),
            is_paused: false,
        };
        with(farm, host, |one| one.mirrors.push(end(&target.name, true)));
        with(farm, server, |one| {
            one.mirrors.retain(|known| known.volume != volume);
            one.mirrors.push(end(&source.name, false));
        });
    }
    Ok(())
}

fn unextend(farm: &mut Farm, server: &str, host: &str, only: Option<&str>) -> Done {
    let (target, source) = (get(farm, server)?, get(farm, host)?);
    for top in tops(&source, only) {
        let is_left = source.memory.equivalencies.iter().any(|one| same(&one.other, server) && one.tag == top);
        if !target.tops().contains(&top.as_str()) {
            if is_left {
                return Err(format!("{top} can't be unextended from {server}: it is not there"));
            }
            continue;
        }
        let tags: Vec<String> =
            target.memory.resources.iter().filter(|one| one.top == top).map(|one| one.tag.clone()).collect();
        let volumes = super::lists::volumes(&target, &top);
        let all: Vec<String> = farm.state.lifekeeper.servers.iter().map(|one| one.name.clone()).collect();
        for name in all.iter().filter(|name| !same(name, server)) {
            let had = farm.state.lifekeeper.server(name).is_some_and(|one| one.tops().contains(&top.as_str()));
            if !had {
                continue;
            }
            with(farm, name, |one| {
                one.memory.equivalencies.retain(|known| !(same(&known.other, server) && tags.contains(&known.tag)));
                volumes.iter().for_each(|volume| part(one, volume, server));
            });
        }
        with(farm, server, |one| {
            one.memory.equivalencies.retain(|known| !tags.contains(&known.tag));
            one.memory.resources.retain(|known| known.top != top);
            one.mirrors.retain(|end| !volumes.contains(&end.volume));
            one.jobs.retain(|job| !volumes.contains(&job.volume));
            volumes.iter().for_each(|volume| drop(one.files.remove(&info_file(volume))));
        });
    }
    Ok(())
}
