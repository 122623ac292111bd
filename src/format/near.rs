//! The nearest known word to one that is not known, for hints.

/// Returns the candidate that `word` was probably meant to be, where one is near enough.
///
/// # Guarantees
/// Of equally near candidates the first wins.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(64).flat_map(char::to_lowercase).collect();
    let limit = (word.len() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let other: Vec<char> = candidate.chars().take(64).flat_map(char::to_lowercase).collect();
        let distance = distance(&word, &other);
        if distance <= limit && distance < other.len() && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Returns a hint for an unknown word: the nearest candidate, else all of them.
pub fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    if let Some(near) = nearest(word, candidates.clone()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let all: Vec<String> = candidates.into_iter().map(|one| format!("`{one}`")).collect();
    (!all.is_empty()).then(|| format!("known: {}", all.join(", ")))
}

/// Returns [`hint`] in Japanese.
pub fn hint_ja<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    if let Some(near) = nearest(word, candidates.clone()) {
        return Some(format!("`{near}` の誤りか確認する"));
    }
    let all: Vec<String> = candidates.into_iter().map(|one| format!("`{one}`")).collect();
    (!all.is_empty()).then(|| format!("使える値: {}", all.join("、")))
}

/// Counts the letters to add, drop, replace or swap with the next, to come from `a` to `b`.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = last;
        last = row;
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_the_word_and_a_stranger_finds_none() {
        let roles = ["unregistered", "additional", "slave", "master"];
        assert_eq!(nearest("salve", roles), Some("slave"));
        assert_eq!(nearest("Master", roles), Some("master"));
        assert_eq!(nearest("aditional", roles), Some("additional"));
        assert_eq!(nearest("primary", roles), None);
        assert_eq!(nearest("", roles), None);
    }
}
