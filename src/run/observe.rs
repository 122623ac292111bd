//! One look at a group: asks what its system wants to know until nothing is left to ask.

use crate::model::site::Site;
use crate::model::snapshot::GroupSnapshot;
use crate::system::{Answers, System};
use crate::world::World;

/// Observes one group. What could not be seen is unknown in the result.
pub async fn observe(system: &System, site: &Site, world: &World) -> GroupSnapshot {
    let mut answers = Answers::default();
    loop {
        let asks = (system.asks)(site, &answers);
        if asks.is_empty() {
            return (system.reads)(site, &answers);
        }
        answers.0.extend(world.perform_all(asks).await);
    }
}
