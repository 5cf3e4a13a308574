//! "Did you mean": the known word that is nearest to what was written.

/// The known word nearest to the unknown one, if it is near at all: at most a third of the letters
/// differ.
pub(super) fn nearest<'a>(
    unknown: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // Nobody means a word by something that long, and the distance costs the product of the two.
    if unknown.len() > 64 {
        return None;
    }
    let ranked = known
        .into_iter()
        .map(|word| (distance(unknown, word), word));
    let (distance, word) = ranked.min_by_key(|(distance, _)| *distance)?;
    let allowed = (word.chars().count().max(unknown.chars().count()) / 3).max(1);
    (distance <= allowed).then_some(word)
}

/// The nearest word as the end of a message.
pub(super) fn did_you_mean<'a>(
    unknown: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    match nearest(unknown, known.clone()) {
        Some(word) => format!("; did you mean {word:?}?"),
        None => {
            let known: Vec<_> = known.into_iter().take(20).collect();
            match known.is_empty() {
                true => String::new(),
                false => format!("; known: {}", known.join(", ")),
            }
        }
    }
}

/// Letters to change, add, drop or swap with their neighbour, to make one word of the other.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut last: Vec<usize> = vec![];
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for i in 0..from.len() {
        let mut next = vec![i + 1];
        for j in 0..to.len() {
            let change = row[j] + usize::from(from[i] != to[j]);
            let swapped = i > 0 && j > 0 && from[i] == to[j - 1] && from[i - 1] == to[j];
            let swap = if swapped { last[j - 1] + 1 } else { usize::MAX };
            next.push(change.min(row[j + 1] + 1).min(next[j] + 1).min(swap));
        }
        last = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted() {
        for (from, to, slips) in [
            ("", "", 0),
            ("agent", "agent", 0),
            ("agnet", "agent", 1),
            ("agent", "agents", 1),
            ("adress", "address", 1),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(from, to), slips, "{from} {to}");
            assert_eq!(distance(to, from), slips, "{to} {from}");
        }
    }

    #[test]
    fn the_nearest_word_is_meant_if_any_is_near() {
        let known = ["name", "greeting", "music"];
        assert_eq!(nearest("greting", known), Some("greeting"));
        assert_eq!(nearest("nmae", known), Some("name"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest(&"x".repeat(10_000), known), None);
    }
}
