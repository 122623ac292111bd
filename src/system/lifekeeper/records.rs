//! What the servers of a cluster hold of one another: each server's role, and the mark `record`.
//!
//! A server that answers in words that nobody understands has no role: the others are not asked about it. One that knows
//! nobody while others hold records of it was installed anew, or looks so.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::name::ServerName;
use crate::model::site::Site;

use super::output::{Equivalency, State};
use super::table::{ACTIVE, MEMBER, STANDBY, TABLE, UNREGISTERED};
use super::view::{Said, View, Word, letter};
use super::{clearing, hierarchy, purging, removing};

/// The hierarchies that a group is about: each one's top tag, with all its tags.
pub(super) type Hierarchies = BTreeMap<String, BTreeSet<String>>;

/// What a cluster's servers say, seen as one.
pub(super) struct Cluster<'a> {
    /// What is declared.
    pub site: &'a Site,
    /// What every server says.
    pub said: &'a Said,
    /// The hierarchies of the group, as any server shows them.
    pub hierarchies: Hierarchies,
}

/// How much of the group's hierarchies a server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Extent {
    in_service: usize,
    half: usize,
    out: usize,
    absent: usize,
}

/// A role with its record, each known or not.
pub(super) type Read = (Result<&'static str, String>, Result<&'static str, String>);

impl<'a> Cluster<'a> {
    /// Sees what the servers say as one.
    pub fn of(site: &'a Site, said: &'a Said) -> Cluster<'a> {
        let mut hierarchies = Hierarchies::new();
        for (_, view) in views(said) {
            let mut top = None;
            for resource in &view.status.resources {
                if resource.is_top {
                    top = Some(&resource.tag);
                }
                let Some(top) = top.filter(|top| hierarchy(&site.group).is_none_or(|tag| tag == *top)) else {
                    continue;
                };
                hierarchies.entry(top.clone()).or_default().insert(resource.tag.clone());
            }
        }
        Cluster { site, said, hierarchies }
    }

    /// Returns the servers that answer and can be understood, with what they show.
    pub fn views(&self) -> impl Iterator<Item = (&'a ServerName, &'a View)> {
        views(self.said)
    }

    /// Returns what a server shows, where it answers and can be understood.
    pub fn view(&self, server: &ServerName) -> Option<&'a View> {
        match self.said.get(server) {
            Some(Word::Said(view)) => Some(view),
            _ => None,
        }
    }

    /// Returns whether a tag is of the group's hierarchies. A group about all hierarchies is about every tag.
    pub fn is_of_group(&self, tag: &str) -> bool {
        hierarchy(&self.site.group).is_none() || self.has_tag(tag)
    }

    /// Returns whether a tag is one of the hierarchies that some server shows of the group.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.hierarchies.values().any(|tags| tags.contains(tag))
    }

    /// Returns whether a server is installed and knows nobody: as it is after an installation.
    pub fn is_fresh(&self, server: &ServerName) -> bool {
        match self.said.get(server) {
            Some(Word::NotInstalled) => true,
            Some(Word::Said(view)) => {
                view.systems.len() == 1 && view.status.resources.is_empty() && view.paths.is_empty()
            }
            _ => false,
        }
    }

    /// Returns the other servers that answer, can be understood, and are members.
    fn peers(&self, server: &ServerName) -> impl Iterator<Item = (&'a ServerName, &'a View)> {
        self.views().filter(move |(one, _)| *one != server && !self.is_fresh(one))
    }

    /// Returns whether another holds an equivalency of the group that names a server.
    pub fn is_shared(&self, server: &ServerName) -> bool {
        let names = |one: &Equivalency| {
            (one.system == *server && self.is_of_group(&one.tag))
                || (one.other == *server && self.is_of_group(&one.other_tag))
        };
        self.peers(server).any(|(_, view)| view.equivalencies.iter().any(names))
    }

    /// Returns whether others hold equivalencies that name a server for each of the hierarchies.
    fn is_shared_whole(&self, server: &ServerName) -> bool {
        let names = |one: &Equivalency, tags: &BTreeSet<String>| {
            (one.system == *server && tags.contains(&one.tag))
                || (one.other == *server && tags.contains(&one.other_tag))
        };
        let is_shared =
            |tags| self.peers(server).any(|(_, view)| view.equivalencies.iter().any(|one| names(one, tags)));
        self.hierarchies.values().all(is_shared)
    }

    /// Returns whether another has all of the hierarchies: with whom it shares them says who has them besides.
    fn is_shown(&self, server: &ServerName) -> bool {
        !self.hierarchies.is_empty() && self.peers(server).any(|(_, theirs)| self.extent(theirs).absent == 0)
    }

    /// Returns whether another lists a server as a system or has a path to it, or anybody is at removing it.
    fn is_listed(&self, server: &ServerName) -> Result<bool, String> {
        if self.is_known(server) { Ok(true) } else { self.is_flagged(&removing(server.as_str())) }
    }

    /// Returns whether any server has that flag, or why that can't be told.
    fn is_flagged(&self, flag: &str) -> Result<bool, String> {
        let mut unread = None;
        for (server, view) in self.views() {
            match &view.flags {
                Ok(flags) if flags.iter().any(|one| one == flag) => return Ok(true),
                Ok(_) => {}
                Err(why) => unread = Some(format!("the flags of {server} are unknown: {why}")),
            }
        }
        unread.map_or(Ok(false), Err)
    }

    /// Returns whether somebody is at removing what the others hold of a server, or why that can't be told.
    pub fn is_purging(&self, server: &ServerName) -> Result<bool, String> {
        self.is_flagged(&purging(server.as_str()))
    }

    fn extent(&self, view: &View) -> Extent {
        let mut extent = Extent::default();
        for tags in self.hierarchies.values() {
            let states: Vec<State> =
                view.status.resources.iter().filter(|one| tags.contains(&one.tag)).map(|one| one.state).collect();
            let running = states.iter().filter(|state| **state == State::InService).count();
            match (states.len(), running) {
                (0, _) => extent.absent += 1,
                (_, 0) => extent.out += 1,
                (all, running) if running == all => extent.in_service += 1,
                _ => extent.half += 1,
            }
        }
        extent
    }

    /// Returns the servers that have one of the hierarchies in service, by hierarchy.
    fn in_service(&self) -> BTreeMap<&String, Vec<&'a ServerName>> {
        let runs = |tags: &BTreeSet<String>, view: &View| {
            view.status.resources.iter().any(|one| tags.contains(&one.tag) && one.state == State::InService)
        };
        let on = |tags| self.views().filter(|(_, view)| runs(tags, view)).map(|(server, _)| server).collect();
        self.hierarchies.iter().map(|(top, tags)| (top, on(tags))).collect()
    }

    /// Returns a server's role and what is held of it.
    pub fn read(&self, server: &ServerName) -> Read {
        match self.said.get(server) {
            None => both("it was not asked"),
            Some(Word::Strange(why)) => both(why),
            Some(Word::Silent(why)) => (self.told(server, why), Err(why.clone())),
            Some(Word::NotInstalled) => self.fresh(server),
            Some(Word::Said(_)) if self.is_fresh(server) => self.fresh(server),
            Some(Word::Said(view)) => match self.apart() {
                Some(why) if self.in_service().values().flatten().any(|one| *one == server) => both(&why),
                _ => self.own(server, view),
            },
        }
    }

    /// A server that knows nobody: what the others hold of it is of the time before.
    fn fresh(&self, server: &ServerName) -> Read {
        if let Some(why) = self.unread_of(server) {
            return both(&why);
        }
        match (self.is_shared(server), self.is_listed(server)) {
            (true, _) => (Ok(STANDBY), Ok("stale")),
            (false, Ok(true)) if !self.is_known(server) => (Ok(MEMBER), Ok("onesided")),
            (false, Ok(true)) => (Ok(MEMBER), Ok("stale")),
            (false, Ok(false)) => (Ok(UNREGISTERED), Ok("none")),
            (false, Err(why)) => both(&why),
        }
    }

    /// Returns whether another still has a server in one of its lists: more than the flag of who is at removing it.
    fn is_known(&self, server: &ServerName) -> bool {
        self.peers(server).any(|(_, view)| view.systems.contains(server) || view.paths.contains(server))
    }

    /// Returns the other servers whose records can't be read, and that may hold some: each with what it answered.
    fn unread(&self, server: &ServerName) -> impl Iterator<Item = (&'a ServerName, &'a Word)> {
        let declared = |one: &ServerName| self.site.servers.contains(one) && !self.site.lost.contains(one);
        self.said.iter().filter(move |(one, word)| {
            matches!(word, Word::Silent(_) | Word::Strange(_)) && *one != server && declared(one)
        })
    }

    /// Says why it can't be told what all others hold of a server, where one of them can't be read.
    pub fn unread_of(&self, server: &ServerName) -> Option<String> {
        self.unread(server).find_map(|(other, word)| match word {
            Word::Silent(why) | Word::Strange(why) => Some(format!("what {other} holds of it is unknown: {why}")),
            _ => None,
        })
    }

    /// Says where the hierarchies are, when unlike servers have them in service.
    fn apart(&self) -> Option<String> {
        let on = self.in_service();
        let servers: BTreeSet<&ServerName> = on.values().flatten().copied().collect();
        let is_shared = on.values().any(|servers| servers.len() > 1);
        let told = on.iter().filter_map(|(top, servers)| Some(format!("{top} is in service on {}", servers.first()?)));
        (servers.len() > 1 && !is_shared)
            .then(|| format!("{}: declare `hierarchies`, one role for each", told.collect::<Vec<_>>().join(", ")))
    }

    /// Returns the role that a server has by its own resources.
    fn rung(&self, view: &View) -> &'static str {
        match self.extent(view) {
            Extent { in_service: 0, half: 0, absent, .. } if absent > 0 || self.hierarchies.is_empty() => MEMBER,
            Extent { in_service: 0, half: 0, .. } => STANDBY,
            _ => ACTIVE,
        }
    }

    /// A server of the cluster: its role from its own resources, its record from both sides.
    fn own(&self, server: &ServerName, view: &View) -> Read {
        let (role, extent, all) = (self.rung(view), self.extent(view), self.hierarchies.len());
        let is_partial = match role {
            MEMBER => extent.out > 0,
            STANDBY => false,
            _ => extent.in_service < all,
        };
        // Whatever is left of them: what the others hold of it, and what is on disk, may not be as it should be.
        match &view.flags {
            Ok(flags) if role != ACTIVE && flags.contains(&clearing(server.as_str())) => {
                return (Ok(STANDBY), Ok("partly"));
            }
            // Whether somebody is at removing them there can't be told.
            Err(why) if role == STANDBY => return (Ok(role), Err(why.clone())),
            Err(why) if role == MEMBER => return both(why),
            _ => {}
        }
        if self.is_ghost(server, view) {
            return (Ok(STANDBY), Ok("stale"));
        }
        if role == MEMBER {
            // Who holds the hierarchies says whether it holds one with this server, too: another that can't be read may.
            let is_shown = self.is_shown(server) && self.is_purging(server) == Ok(false);
            if let Some(why) = self.unread_of(server).filter(|_| !is_shown) {
                return both(&why);
            }
            match self.is_purging(server) {
                Ok(true) => return (Ok(role), Ok("stale")),
                Ok(false) => {}
                Err(why) => return (Ok(role), Err(why)),
            }
        }
        let (mut record, mut unsure) = ("current", None);
        for (other, theirs) in self.peers(server) {
            let knows = theirs.systems.contains(server) && theirs.paths.contains(server);
            let is_known = view.systems.contains(other) && view.paths.contains(other);
            // What is missing between two servers is the lower one's affair: it is the one that came or went.
            if !(knows && is_known) && rank(role) <= rank(self.rung(theirs)) {
                record = "onesided";
            }
            if let Err(why) = self.share(server, view, other, theirs) {
                return (Ok(role), Err(why));
            }
        }
        for (other, word) in self.unread(server) {
            let (theirs, why) = match word {
                Word::Silent(why) => (self.told(other, why).ok(), why),
                Word::Strange(why) => (None, why),
                _ => continue,
            };
            let is_known = view.systems.contains(other) && view.paths.contains(other);
            match theirs {
                Some(theirs) if rank(role) > rank(theirs) => {}
                Some(_) if !is_known => record = "onesided",
                _ => unsure = Some(format!("whether {other} knows it is unknown: {why}")),
            }
        }
        match (record, unsure) {
            ("current", Some(why)) => (Ok(role), Err(why)),
            ("current", None) if is_partial => (Ok(role), Ok("partly")),
            _ => (Ok(role), Ok(record)),
        }
    }

    /// Returns whether another holds an equivalency with a server for a hierarchy that the server itself does not have.
    fn is_ghost(&self, server: &ServerName, view: &View) -> bool {
        let lacks = |tag: &String| {
            let of_tag = self.hierarchies.values().filter(|tags| tags.contains(tag));
            of_tag.into_iter().all(|tags| !view.status.resources.iter().any(|one| tags.contains(&one.tag)))
        };
        let names = |one: &Equivalency| {
            let is_there = one.system == *server || one.other == *server;
            is_there && self.is_of_group(&one.tag) && lacks(&one.tag)
        };
        self.peers(server).any(|(_, theirs)| theirs.equivalencies.iter().any(names))
    }

    /// Checks that what two servers both have is known to both as the same.
    fn share(&self, server: &ServerName, view: &View, other: &ServerName, theirs: &View) -> Result<(), String> {
        let has =
            |view: &View, tags: &BTreeSet<String>| view.status.resources.iter().any(|one| tags.contains(&one.tag));
        let links = |view: &View, tags: &BTreeSet<String>| {
            view.equivalencies.iter().any(|one| {
                let ends = [(&one.system, &one.tag), (&one.other, &one.other_tag)];
                ends.iter().all(|(system, _)| *system == server || *system == other)
                    && ends.iter().any(|(_, tag)| tags.contains(*tag))
            })
        };
        for (top, tags) in &self.hierarchies {
            if has(view, tags) && has(theirs, tags) && !(links(view, tags) && links(theirs, tags)) {
                return Err(format!(
                    "{server} and {other} both have {top}, and no equivalency says that it is the same"
                ));
            }
        }
        Ok(())
    }

    /// Returns the role that the others give a server that does not answer.
    fn told(&self, server: &ServerName, why: &str) -> Result<&'static str, String> {
        let is_lost = self.site.lost.contains(server);
        if self.peers(server).next().is_none() {
            return match is_lost {
                true => Ok(UNREGISTERED),
                false => Err(format!("{why}; no server that answers speaks of it")),
            };
        }
        let unread = || self.unread_of(server).map(|other| format!("{why}; {other}"));
        match (self.is_shared(server), self.is_listed(server)) {
            (true, _) => {
                let is_served = self.in_service().values().any(|servers| !servers.is_empty());
                let others: Vec<&ServerName> =
                    self.silent().filter(|one| *one != server && self.is_shared(one)).collect();
                match (is_served, is_lost, others.first()) {
                    (true, _, _) if self.is_shared_whole(server) => Ok(STANDBY),
                    (true, false, _) => {
                        Err(format!("{why}; it has some of the hierarchies, and may have them in service"))
                    }
                    (true, true, _) => unread().map_or(Ok(MEMBER), Err),
                    (false, true, None) => Ok(ACTIVE),
                    (false, _, Some(other)) => Err(format!("{why}; it or {other} may have the hierarchies in service")),
                    (false, false, None) => Err(format!("{why}; it may have the hierarchies in service")),
                }
            }
            (false, _) if !is_lost && !self.is_shown(server) => {
                Err(format!("{why}; it may have hierarchies that it shares with nobody"))
            }
            (false, Ok(true)) => unread().map_or(Ok(MEMBER), Err),
            (false, Ok(false)) => unread().map_or(Ok(UNREGISTERED), Err),
            (false, Err(flags)) => Err(format!("{why}; {flags}")),
        }
    }

    /// Returns whether a server with the group's hierarchies is declared lost.
    pub fn is_any_lost(&self) -> bool {
        self.site.lost.iter().any(|server| self.is_shared(server))
    }

    /// Returns the servers that do not answer, or are lost.
    fn silent(&self) -> impl Iterator<Item = &'a ServerName> {
        let is_silent = |(server, word): (&'a ServerName, &'a Word)| matches!(word, Word::Silent(_)).then_some(server);
        self.said.iter().filter_map(is_silent)
    }

    /// Returns the letters of the volumes of the group's hierarchies, as any server shows them.
    pub fn volumes(&self) -> BTreeSet<String> {
        let resources = self.views().flat_map(|(_, view)| &view.status.resources);
        resources.filter(|one| self.is_of_group(&one.tag)).filter_map(letter).collect()
    }
}

fn views(said: &Said) -> impl Iterator<Item = (&ServerName, &View)> {
    said.iter().filter_map(|(server, word)| match word {
        Word::Said(view) => Some((server, &**view)),
        _ => None,
    })
}

fn rank(role: &str) -> Option<usize> {
    TABLE.rung(role)
}

fn both(why: &str) -> Read {
    (Err(why.into()), Err(why.into()))
}
