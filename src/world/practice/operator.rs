//! The simulated operator: does what a person would do who follows the documents, within the products' rules.

use super::farm::{Farm, Outcome, refused};
use super::farm_file::Operator;
use super::product::Product;
use crate::model::request::{Reply, Task};

/// Answers a task for a person.
pub fn answer(farm: &mut Farm, task: &Task) -> Outcome {
    if farm.state.operator == Operator::Person {
        return Ok(Reply::OperatorAsked);
    }
    match farm.state.machine(task.host.as_str()) {
        Some(machine) if machine.reachable() => {}
        Some(machine) => return Ok(refused(format!("nobody can work on {}: it can't be reached", machine.name))),
        None => return Ok(refused(format!("there is no machine {}", task.host))),
    }
    let done = match Product::of(&farm.state, task.host.as_str()) {
        Some(product) => (product.operate)(farm, task)?,
        None => Err(refused(format!("{} has no product that could be operated", task.host))),
    };
    Ok(match done {
        Ok(()) => Reply::OperatorDone,
        Err(reply) => reply,
    })
}
