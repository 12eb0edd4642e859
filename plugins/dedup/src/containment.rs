//! Finds documents that hold most of a new one, however much longer they are.
//!
//! A short piece within a long one has little in common with it by Jaccard's measure, and sketches don't find it. What
//! does: *every* shingle of a kept document can be looked up, and for the new document as many of its own as
//! chance allows, [`PROBES`], those of the smallest hashes. A document that holds a share `c` of the new
//! one has each of them with probability `c`; who has too few of them is not looked at any further.
//!
//! In goes the containment asked for; out comes how many probes must be found, and how probably a document is.
//!
//! Only sums and products of floats here: the choice must be the same on every machine.
//!
//! Not here: counting what is in common (`index`), which alone decides.

/// How many shingles of a new document are looked up, if it has as many.
pub const PROBES: usize = 32;

/// Returns how many of `probes` a document must have to be looked at: as many as 999 of 1,000 documents
/// have that hold this share of the new one.
///
/// With fewer than [`PROBES`] all shingles of the new document are among them, so nothing is left to chance.
///
/// ```
/// use dedup::containment::{PROBES, votes_min};
///
/// assert_eq!(votes_min(0.8, PROBES), 18);
/// assert_eq!(votes_min(0.8, 10), 8);
/// ```
pub fn votes_min(containment: f64, probes: usize) -> usize {
    if probes < PROBES {
        return (1..=probes).find(|it| *it as f64 / probes as f64 >= containment).unwrap_or(probes);
    }
    (1..=probes).rev().find(|it| at_least(*it, containment) >= 0.999).unwrap_or(1)
}

/// The probability that a document which holds the share `containment` of a long new one is looked at, when
/// `asked` is the share asked for.
///
/// ```
/// use dedup::containment::detection;
///
/// assert!(detection(0.8, 0.8) >= 0.999);
/// assert!(detection(0.8, 0.3) < 0.002);
/// ```
pub fn detection(asked: f64, containment: f64) -> f64 {
    at_least(votes_min(asked, PROBES), containment)
}

/// The probability that of [`PROBES`] trials, each with this chance, at least so many succeed.
fn at_least(successes: usize, chance: f64) -> f64 {
    // From no trial to all: how probable each number of successes is.
    let mut probable = [0.0; PROBES + 1];
    probable[0] = 1.0;
    for trial in 1..=PROBES {
        for i in (0..=trial).rev() {
            let one_more = if i == 0 { 0.0 } else { probable[i - 1] * chance };
            probable[i] = probable[i] * (1.0 - chance) + one_more;
        }
    }
    probable[successes..].iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn more_votes_are_less_probable_and_none_is_certain(chance in 0.0..=1.0, asked in 0.01..=1.0) {
            prop_assert!((at_least(0, chance) - 1.0).abs() < 1e-9);
            prop_assert!((0..PROBES).all(|it| at_least(it, chance) >= at_least(it + 1, chance)));
            prop_assert!(votes_min(asked, PROBES) == 1 || detection(asked, asked) >= 0.999);
        }

        #[test]
        fn of_few_shingles_all_that_are_held_vote(asked in 0.01..=1.0, probes in 1..PROBES) {
            let held = (0..=probes).find(|it| *it as f64 / probes as f64 >= asked).unwrap();
            prop_assert_eq!(votes_min(asked, probes), held);
        }
    }
}
