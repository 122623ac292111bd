//! The same question for many groups at once: questions that wait at the same moment are asked in one statement.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

use super::session::Rows;
use crate::model::request::{Reply, Statement};

/// The most values in one list. SQL Server takes 2,100 parameters.
pub const MOST: usize = 2000;

/// A question that waits, with the way back for its answer.
pub type Waiting = (Statement, oneshot::Sender<Reply>);

/// The questions that wait, by what they ask.
#[derive(Default)]
pub struct Gathering(Mutex<BTreeMap<String, Vec<Waiting>>>);

impl Gathering {
    /// Adds a question. The first of its kind is to ask for all, once the others had their turn.
    pub fn add(&self, kind: &str, statement: &Statement) -> (bool, oneshot::Receiver<Reply>) {
        let (send, receive) = oneshot::channel();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = all.entry(kind.into()).or_default();
        waiting.push((statement.clone(), send));
        (waiting.len() == 1, receive)
    }

    /// Takes all questions of a kind.
    pub fn take(&self, kind: &str) -> Vec<Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(kind).unwrap_or_default()
    }
}

/// Words one statement for all values.
pub fn worded(kind: &str, values: &[String]) -> Statement {
    let list: Vec<String> = (1..=values.len()).map(|number| format!("@P{number}")).collect();
    Statement { text: kind.replace("{list}", &list.join(", ")), parameters: values.to_vec(), together: None }
}

/// Parts the rows of the common answer by the value that they belong to, which stands in their first column.
///
/// The server may find names equal that are not so here (width, kana). None then: whoever asked asks alone.
pub fn parted(values: &[String], rows: Rows) -> Option<BTreeMap<String, Rows>> {
    let mut parts: BTreeMap<String, Rows> = values.iter().map(|value| (folded(value), Rows::new())).collect();
    if parts.len() < values.len() {
        return None;
    }
    for mut row in rows {
        if row.is_empty() {
            return None;
        }
        let value = row.remove(0)?;
        parts.get_mut(&folded(&value))?.push(row);
    }
    Some(parts)
}

/// Folds a name for comparison: most servers' collations tell no upper from lower case, nor blanks at the end.
pub fn folded(name: &str) -> String {
    name.trim_end_matches(' ').to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(of: &[&[&str]]) -> Rows {
        of.iter().map(|row| row.iter().map(|cell| Some((*cell).to_string())).collect()).collect()
    }

    fn values(of: &[&str]) -> Vec<String> {
        of.iter().map(|one| (*one).to_string()).collect()
    }

    #[test]
    fn one_statement_asks_for_all_values() {
        let asked = worded("SELECT a FROM t WHERE a IN ({list})", &values(&["x", "it's"]));
        assert_eq!(asked.text, "SELECT a FROM t WHERE a IN (@P1, @P2)");
        assert_eq!(asked.parameters, ["x", "it's"]);
    }

    #[test]
    fn rows_are_parted_by_their_first_column_and_a_value_may_have_none() {
        let parts = parted(&values(&["A", "b"]), rows(&[&["a ", "1"], &["A", "2"]])).unwrap();
        assert_eq!(parts["a"], rows(&[&["1"], &["2"]]));
        assert!(parts["b"].is_empty());
    }

    #[test]
    fn a_row_that_belongs_to_nobody_makes_everybody_ask_alone() {
        assert_eq!(parted(&values(&["ストア"]), rows(&[&["すとあ", "1"]])), None);
        assert_eq!(parted(&values(&["A", "a"]), rows(&[&["a", "1"]])), None);
        assert_eq!(parted(&values(&["A"]), vec![vec![None]]), None);
    }
}
