//! Carries out changes from outside.

use super::answer::{go_on, in_mark};
use super::change::{Change, ChangeError, cant};
use super::co_store;
use super::farm::{Farm, Trouble};
use super::lifekeeper;
use super::product::Product;
use super::state::{MIB, Machine};
use super::sun_ray;
use super::wsmgr;

/// What comes of a change: trouble under the farm; inside: why the change can't be.
pub type Applied = Result<Result<(), ChangeError>, Trouble>;

/// Carries out one change.
///
/// # Errors
/// Trouble under the farm; inside: why the change can't be. Nothing was changed then.
pub fn apply(farm: &mut Farm, change: &Change) -> Applied {
    let before = farm.state.clone();
    farm.state.minutes = farm.state.minutes.saturating_add(1);
    let applied = in_mark(farm, |farm| {
        let applied = carry_out(farm, change)?;
        if applied.is_ok() {
            go_on(farm)?;
        }
        Ok(applied)
    });
    if !matches!(applied, Ok(Ok(()))) {
        farm.state = before;
    }
    applied
}

fn carry_out(farm: &mut Farm, change: &Change) -> Applied {
    match change {
        Change::FreeSpace { server, megabytes } => {
            Ok(on_machine(farm, server, |machine| machine.free_bytes = megabytes.saturating_mul(MIB)))
        }
        Change::Powered { server, on } => {
            if let Some(product) = Product::of(&farm.state, server) {
                (product.power)(farm, server, *on);
            }
            Ok(on_machine(farm, server, |machine| machine.powered = *on))
        }
        Change::Answers { server, answers } => Ok(on_machine(farm, server, |machine| machine.answers = *answers)),
        Change::FailNext(count) => {
            farm.state.fail_next = *count;
            Ok(Ok(()))
        }
        Change::LoseNext(count) => {
            farm.state.lose_next = *count;
            Ok(Ok(()))
        }
        Change::Operator(operator) => {
            farm.state.operator = *operator;
            Ok(Ok(()))
        }
        Change::CoStore(change) => co_store::carry_out(farm, change),
        Change::SunRay(change) => sun_ray::carry_out(farm, change),
        Change::Lifekeeper(change) => lifekeeper::carry_out(farm, change),
        Change::Wsmgr(change) => wsmgr::carry_out(farm, change),
    }
}

fn on_machine(farm: &mut Farm, server: &str, change: impl FnOnce(&mut Machine)) -> Result<(), ChangeError> {
    match farm.state.machine_mut(server) {
        Some(machine) => {
            change(machine);
            Ok(())
        }
        None => cant(format!("there is no machine {server}")),
    }
}
