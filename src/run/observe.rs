//! One look at a group: asks what its system wants to know until nothing is left to ask.

use crate::model::plan::GroupPlan;
use crate::model::request::Request;
use crate::model::site::Site;
use crate::model::snapshot::GroupSnapshot;
use crate::system::{Answers, System};
use crate::world::World;

/// Observes one group. What could not be seen is unknown in the result.
pub async fn observe(system: &System, site: &Site, world: &World) -> GroupSnapshot {
    (system.reads)(site, &answers(system, site, world).await)
}

/// Asks all that there is to ask of one group.
///
/// Reading files may take hours. What was asked before is asked again then, so that a guard never says yes on the
/// strength of what was so when the reading began.
pub async fn answers(system: &System, site: &Site, world: &World) -> Answers {
    let mut answers = Answers::default();
    loop {
        let asks = (system.asks)(site, &answers);
        if asks.is_empty() {
            return answers;
        }
        let take_long = asks.iter().any(takes_long);
        answers.extend(world.perform_all(asks).await);
        if take_long {
            answers.retain(takes_long);
        }
    }
}

/// Whether a look takes as long as files are large, so that whatever else was seen may be old after it.
fn takes_long(request: &Request) -> bool {
    matches!(request, Request::HashStore { .. })
}

/// Asks after every server that the plan saw, named or not: one that leaves the farm meanwhile has left it, and is not
/// merely unknown.
pub fn site_of(group: &GroupPlan, site: &Site) -> Site {
    let mut site = site.clone();
    let unnamed = group.standings.keys().filter(|server| !site.servers.contains(server));
    let unnamed: Vec<_> = unnamed.cloned().collect();
    site.servers.extend(unnamed);
    site.takes_back.clone_from(&group.topology.source.takes_back);
    site
}
