//! The declared servers of one group: in file order, and found by name without looking at them all.
//!
//! Never holds an order of its own that could disagree with the servers: the index is made when somebody first
//! asks for a name, and forgotten whenever the servers may have been changed. Who is declared: [`super::topology`].

use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

use super::name::ServerName;
use super::topology::Declared;

/// Declared servers, in file order.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    servers: Vec<Declared>,
    /// Places in `servers`, by name.
    by_name: OnceLock<Vec<u32>>,
}

impl Roster {
    /// Returns what is declared of a server; the first where a name stands there twice.
    pub fn find(&self, server: &ServerName) -> Option<&Declared> {
        let index = self.by_name.get_or_init(|| self.index());
        let at = index.partition_point(|place| self.servers[*place as usize].server < *server);
        let found = &self.servers[*index.get(at)? as usize];
        (found.server == *server).then_some(found)
    }

    fn index(&self) -> Vec<u32> {
        let mut places: Vec<u32> = (0..self.servers.len() as u32).collect();
        places.sort_by(|one, other| self.servers[*one as usize].server.cmp(&self.servers[*other as usize].server));
        places
    }
}

impl Deref for Roster {
    type Target = [Declared];
    fn deref(&self) -> &[Declared] {
        &self.servers
    }
}

impl DerefMut for Roster {
    fn deref_mut(&mut self) -> &mut [Declared] {
        self.by_name.take();
        &mut self.servers
    }
}

impl From<Vec<Declared>> for Roster {
    fn from(servers: Vec<Declared>) -> Roster {
        Roster { servers, by_name: OnceLock::new() }
    }
}

impl FromIterator<Declared> for Roster {
    fn from_iter<I: IntoIterator<Item = Declared>>(servers: I) -> Roster {
        Vec::from_iter(servers).into()
    }
}

impl<'a> IntoIterator for &'a Roster {
    type Item = &'a Declared;
    type IntoIter = std::slice::Iter<'a, Declared>;
    fn into_iter(self) -> Self::IntoIter {
        self.servers.iter()
    }
}

impl PartialEq for Roster {
    fn eq(&self, other: &Roster) -> bool {
        self.servers == other.servers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster(names: &[&str]) -> Roster {
        let declared = |name: &&str| Declared {
            server: ServerName::new(name).unwrap(),
            role: "slave",
            because: None,
            lost: false,
            reinstalled: None,
            line: 1,
        };
        names.iter().map(declared).collect()
    }

    #[test]
    fn a_server_is_found_by_its_name_in_any_case_and_file_order_is_kept() {
        let roster = roster(&["PVS9", "pvs1", "PVS5"]);
        let found = |name: &str| roster.find(&ServerName::new(name).unwrap()).map(|one| one.server.as_str());
        assert_eq!([found("PVS1"), found("pvs9"), found("PVS5")], [Some("pvs1"), Some("PVS9"), Some("PVS5")]);
        assert_eq!([found("PVS0"), found("PVS3"), found("PVSA")], [None; 3]);
        assert_eq!(roster[0].server.as_str(), "PVS9");
    }

    #[test]
    fn a_server_that_is_renamed_is_found_by_its_new_name_alone() {
        let mut roster = roster(&["PVS1", "PVS2"]);
        let (old, new) = (ServerName::new("PVS1").unwrap(), ServerName::new("PVS3").unwrap());
        assert!(roster.find(&old).is_some());
        roster[0].server = new.clone();
        assert!(roster.find(&old).is_none() && roster.find(&new).is_some());
    }
}
