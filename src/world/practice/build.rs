//! Makes a farm from its `farm.yaml`.

use super::database::Database;
use super::farm::{Farm, Trouble};
use super::farm_file::FarmFile;
use super::product::ALL;
use super::shares::Shares;
use super::state::{Machine, State};

/// Makes a farm in which every product is as the file says.
pub fn build(file: &FarmFile, database: Database, shares: Box<dyn Shares>) -> Result<Farm, Trouble> {
    let mut machines: Vec<Machine> = ALL.iter().flat_map(|product| (product.machines)(file)).collect();
    machines.sort_by_key(|machine| machine.name.to_ascii_uppercase());
    let state = State {
        made_from: file.clone(),
        operator: file.operator,
        machines,
        number: 0,
        last: None,
        minutes: 0,
        fail_next: 0,
        lose_next: 0,
        co_store: Default::default(),
        sun_ray: Default::default(),
        lifekeeper: Default::default(),
        wsmgr: Default::default(),
    };
    let mut farm = Farm { state, database, shares, notes: Vec::new(), owners: Default::default(), is_settled: false };
    ALL.iter().try_for_each(|product| (product.build)(&mut farm))?;
    Ok(farm)
}
