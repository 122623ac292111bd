//! "Did you mean": the known word that is nearest to a written one.

/// Words longer than this are not compared: nobody mistypes them by a letter or two.
const LONGEST: usize = 64;

/// Returns the candidate that `word` was probably meant to be: at most a third of its letters are wrong.
///
/// Case does not count. Of several that are as near, the first wins.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = fold(word)?;
    let allowed = (word.len() / 3).max(1);
    let distances = candidates.into_iter().filter_map(|candidate| {
        let other = fold(candidate)?;
        let near = other.len().abs_diff(word.len()) <= allowed;
        let distance = if near { distance(&word, &other) } else { usize::MAX };
        (distance <= allowed && distance < other.len()).then_some((distance, candidate))
    });
    distances.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

fn fold(word: &str) -> Option<Vec<char>> {
    let folded: Vec<char> = word.chars().take(LONGEST + 1).flat_map(char::to_lowercase).collect();
    (!folded.is_empty() && folded.len() <= LONGEST).then_some(folded)
}

/// Counts the letters to put in, take out, replace or swap with a neighbour that lead from `a` to `b`.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_found() {
        let roles = ["unregistered", "additional", "slave", "master"];
        assert_eq!(nearest("mastr", roles), Some("master"));
        assert_eq!(nearest("Master", roles), Some("master"));
        assert_eq!(nearest("salve", roles), Some("slave"));
        assert_eq!(nearest("unregisterd", roles), Some("unregistered"));
    }

    #[test]
    fn another_word_is_not_taken_for_a_slip() {
        assert_eq!(nearest("primary", ["unregistered", "additional", "slave", "master"]), None);
        assert_eq!(nearest("", ["a"]), None);
        assert_eq!(nearest("b", ["a"]), None);
    }
}
