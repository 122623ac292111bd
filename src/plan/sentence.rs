//! Puts names in the places of a table's sentences. The planner and the checker say the same words.

use crate::model::name::ServerName;
use crate::model::topology::Topology;
use crate::model::words::{Text, Words};

/// Returns a row's sentence for a server, with the leader of before the step where there is one.
pub fn why(topology: &Topology, server: &ServerName, leader: Option<&ServerName>, words: Words) -> Text {
    let leader = leader.map_or("?", ServerName::as_str);
    let left = topology.taken_back(server).map_or("?", |one| one.left.as_str());
    let fill = |sentence: &str| {
        let named = sentence.replace("{server}", server.as_str()).replace("{leader}", leader).replace("{left}", left);
        named.replace("{group}", &topology.group)
    };
    Text::new(fill(words.en), fill(words.ja))
}
