//! The rules' beginning: what the farm answers to a request, whatever product it is for.
//!
//! Never reads a clock, an environment or a table of transitions: the same farm gives the same answer.

use super::farm::{Farm, Outcome, Trouble, refused, silent};
use super::operator;
use super::product::{ALL, Product};
use crate::model::request::{Reply, Request};

/// Answers a request, and changes the farm as it demands.
///
/// # Guarantees
/// After `Refused` the farm's state and database are as before.
pub fn answer(farm: &mut Farm, request: &Request) -> Reply {
    let changes = can_be_made_to_fail(request);
    if !request.is_look() {
        farm.state.minutes = farm.state.minutes.saturating_add(1);
    }
    let product = farm.asked(request);
    if changes && farm.state.fail_next > 0 {
        farm.state.fail_next -= 1;
        farm.notes.push("made to fail".into());
        return match product {
            Some(product) => (product.failure)(request),
            None => refused("access is denied (practice: made to fail)"),
        };
    }
    if request.is_look() && farm.is_settled {
        return obey(farm, product, request).unwrap_or_else(|trouble| Reply::Unknown { why: trouble.to_string() });
    }
    let (before, written) = (farm.state.clone(), farm.database.written());
    let reply = match in_mark(farm, |farm| go_on_and_obey(farm, product, request)) {
        Ok(reply) => {
            // Files are written where the database or the state tells of it.
            farm.is_settled = request.is_look() && farm.state == before && farm.database.written() == written;
            reply
        }
        Err(trouble) => {
            farm.state = before;
            let why = trouble.to_string();
            return Reply::Unknown { why };
        }
    };
    if changes && farm.state.lose_next > 0 {
        farm.state.lose_next -= 1;
        farm.notes.push(format!("the answer was lost: {reply:?}"));
        return Reply::Unknown { why: "the connection was lost before the answer came".into() };
    }
    reply
}

/// Does something in a part of the transaction that is taken back where it meets trouble.
pub fn in_mark<T>(farm: &mut Farm, act: impl FnOnce(&mut Farm) -> Result<T, Trouble>) -> Result<T, Trouble> {
    farm.database.mark("request")?;
    match act(farm) {
        Ok(value) => {
            farm.database.keep("request")?;
            Ok(value)
        }
        Err(trouble) => {
            farm.database.take_back("request")?;
            Err(trouble)
        }
    }
}

/// What products do by themselves goes on all the time: before the request, and after it, so that its effect is not late.
fn go_on_and_obey(farm: &mut Farm, product: Option<&Product>, request: &Request) -> Outcome {
    go_on(farm)?;
    let reply = obey(farm, product, request)?;
    go_on(farm)?;
    Ok(reply)
}

/// Lets every product do what it does by itself.
pub fn go_on(farm: &mut Farm) -> Result<(), Trouble> {
    ALL.iter().try_for_each(|product| (product.goes_on)(farm))
}

fn obey(farm: &mut Farm, product: Option<&Product>, request: &Request) -> Outcome {
    match (request, product) {
        (Request::AskOperator(task), _) => operator::answer(farm, task),
        (_, None) => Ok(silent(request.host().map_or("the database server", |host| host.as_str()))),
        (_, Some(product)) => match unanswered(farm, product, request) {
            Some(reply) => Ok(reply),
            None => (product.answer)(farm, request),
        },
    }
}

/// Returns the reply where whoever is asked does not answer at all.
fn unanswered(farm: &Farm, product: &Product, request: &Request) -> Option<Reply> {
    let host = request.host().filter(|host| !farm.state.reachable(host.as_str()));
    host.map(|host| silent(host.as_str())).or_else(|| (product.unanswered)(&farm.state, request))
}

/// Returns whether `fail_next` and `lose_next` count the request.
fn can_be_made_to_fail(request: &Request) -> bool {
    !matches!(request, Request::AskOperator(_)) && !request.is_look()
}
