//! The documents kept so far, and which of them a new one duplicates.
//!
//! In go [`Features`], in corpus order; out comes the first kept document that is a duplicate, if there is one.
//!
//! A suspicion becomes a finding in three steps, each more costly than the one before: *a shared band*
//! (`buckets`), *few enough differences* to be possible (`parities`), and the *count of shared shingles*, which
//! alone decides. So precision is 1 by construction, whatever the bands; and of the pairs that share a band none
//! is missed.
//!
//! Not here: names of documents, and what is done with a duplicate (`lib`).

use crate::buckets::Buckets;
use crate::features::{Features, Shingles, Shingling};
use crate::fingerprints::Fingerprints;
use crate::parities::{differences_at_least, parity_words};
use crate::shingle_set::{Members, common, common_at_least, jaccard};

/// The kept documents, numbered from 0 in the order in which they were inserted.
///
/// # Examples
///
/// ```
/// use dedup::bands::Bands;
/// use dedup::features::{Form, Shingling, features};
/// use dedup::index::{Duplicate, Index};
///
/// let shingling = Some(Shingling { words: 2, bands: Bands::for_similarity(0.5) });
/// let of = |text| features(text, Form::Words, shingling, &mut Default::default());
/// let mut index = Index::new(0.5, shingling);
/// index.insert(of("rain fell and nobody minded it"));
/// assert_eq!(index.find(&of("Rain fell -- and nobody minded it!")), Some(Duplicate::Exact { of: 0 }));
/// assert_eq!(index.find(&of("rain fell and nobody minded")), Some(Duplicate::Near { of: 0, similarity: 0.8 }));
/// assert_eq!(index.find(&of("snow fell and everybody minded")), None);
/// ```
pub struct Index {
    fingerprints: Fingerprints,
    near: Option<NearIndex>,
}

/// What a new document duplicates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Duplicate {
    /// Has the same fingerprint as kept document `of`.
    Exact {
        /// Number of the kept document.
        of: u32,
    },
    /// Shares enough shingles with kept document `of`.
    Near {
        /// Number of the kept document.
        of: u32,
        /// Share of shingles in common, from the similarity asked for up to 1.
        similarity: f64,
    },
}

impl Index {
    /// An empty index; near duplicates have at least this `similarity` and are looked for if there is a `shingling`.
    pub fn new(similarity: f64, shingling: Option<Shingling>) -> Self {
        let near = shingling.map(|it| NearIndex::new(similarity, it.bands.bands));
        Index { fingerprints: Fingerprints::default(), near }
    }

    /// The first kept document that `features` duplicate; an exact duplicate goes before a near one.
    pub fn find(&mut self, features: &Features) -> Option<Duplicate> {
        if let Some(of) = self.fingerprints.find(features.fingerprint) {
            return Some(Duplicate::Exact { of });
        }
        let (of, similarity) = self.near.as_mut()?.find(features.shingles.as_ref()?)?;
        Some(Duplicate::Near { of, similarity })
    }

    /// Keeps a document that [`find`](Self::find) has not found. Its number is how many were kept before.
    pub fn insert(&mut self, features: Features) {
        let number = self.fingerprints.len() as u32;
        self.fingerprints.insert(features.fingerprint);
        if let (Some(near), Some(shingles)) = (&mut self.near, features.shingles) {
            near.insert(number, &shingles);
        }
    }
}

/// Those kept documents that have shingles.
struct NearIndex {
    similarity: f64,
    /// How many members two similar sets of `a` and `b` members may have apart, divided by `a + b`.
    differences_max_per_member: f64,
    buckets: Buckets,
    members: Vec<Member>,
    /// All parities, one behind the other.
    parities: Vec<u64>,
    /// All sets, likewise.
    sets: Vec<u8>,
    suspects: Vec<u32>,
}

struct Member {
    /// The number of the document.
    number: u32,
    len: u32,
    parities_start: usize,
    set_start: usize,
}

impl NearIndex {
    fn new(similarity: f64, bands: usize) -> Self {
        NearIndex {
            similarity,
            // A trifle more than that, because a rounded product must not turn anyone away.
            differences_max_per_member: (1.0 - similarity) / (1.0 + similarity) + 1e-9,
            buckets: Buckets::new(bands),
            members: Vec::new(),
            parities: Vec::new(),
            sets: Vec::new(),
            suspects: Vec::new(),
        }
    }

    fn find(&mut self, shingles: &Shingles) -> Option<(u32, f64)> {
        let mut suspects = std::mem::take(&mut self.suspects);
        suspects.clear();
        self.buckets.for_each_sharing(&shingles.keys, |member| {
            if self.may_be_similar(&self.members[member as usize], shingles) {
                suspects.push(member);
            }
        });
        suspects.sort_unstable();
        suspects.dedup();
        let verified = |it: &u32| self.verified_similarity(&self.members[*it as usize], shingles);
        let found = suspects.iter().find_map(verified);
        self.suspects = suspects;
        found
    }

    /// False only when the two certainly differ too much.
    fn may_be_similar(&self, member: &Member, shingles: &Shingles) -> bool {
        let len = member.len as usize;
        let differences_max = (len + shingles.len) as f64 * self.differences_max_per_member;
        let parities = &self.parities[member.parities_start..][..parity_words(len)];
        len.abs_diff(shingles.len) as f64 <= differences_max
            && differences_at_least(parities, &shingles.parities) as f64 <= differences_max
    }

    /// Number and similarity of `member`, if it is similar enough.
    fn verified_similarity(&self, member: &Member, shingles: &Shingles) -> Option<(u32, f64)> {
        let len = member.len as usize;
        let at_least = common_at_least(self.similarity, len, shingles.len)?;
        let kept = Members::new(&self.sets[member.set_start..], len);
        let shared = common(kept, Members::new(&shingles.set, shingles.len), at_least)?;
        Some((member.number, jaccard(shared, len, shingles.len)))
    }

    fn insert(&mut self, number: u32, shingles: &Shingles) {
        let len = u32::try_from(shingles.len).expect("a text has fewer than 4 billion words");
        self.buckets.insert(&shingles.keys);
        self.members.push(Member {
            number,
            len,
            parities_start: self.parities.len(),
            set_start: self.sets.len(),
        });
        self.parities.extend_from_slice(&shingles.parities);
        self.sets.extend_from_slice(&shingles.set);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bands::Bands;
    use crate::features::{Form, features};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const WORDS: usize = 2;

    fn shingling(similarity: f64) -> Option<Shingling> {
        Some(Shingling { words: WORDS, bands: Bands::for_similarity(similarity) })
    }

    fn naive_similarity(a: &str, b: &str) -> f64 {
        let set = |text: &str| -> BTreeSet<Vec<String>> {
            let words: Vec<String> = text.split(' ').map(str::to_string).collect();
            words.windows(WORDS).map(<[String]>::to_vec).collect()
        };
        let (a, b) = (set(a), set(b));
        a.intersection(&b).count() as f64 / a.union(&b).count().max(1) as f64
    }

    /// Texts that often have much in common.
    fn similar_texts() -> impl Strategy<Value = Vec<String>> {
        let text =
            (0..4u32, prop::collection::vec((0..40usize, 0..30u32), 0..4)).prop_map(|(base, changes)| {
                let mut words: Vec<u32> = (0..40).map(|i| base * 100 + i).collect();
                for (place, word) in changes {
                    words[place] = word;
                }
                words.iter().map(|it| format!("w{it}")).collect::<Vec<_>>().join(" ")
            });
        prop::collection::vec(text, 1..40)
    }

    proptest! {
        #[test]
        fn what_is_found_is_the_first_that_shares_a_band_and_is_similar(
            texts in similar_texts(), similarity in prop::sample::select(vec![0.5, 0.7, 0.8, 0.9, 1.0]),
        ) {
            let of = |text: &str| features(text, Form::Words, shingling(similarity), &mut Default::default());
            let mut index = Index::new(similarity, shingling(similarity));
            let mut kept: Vec<(&str, Features)> = Vec::new();
            for text in &texts {
                let new = of(text);
                let shares_band = |it: &Features| {
                    let (a, b) = (it.shingles.as_ref().unwrap(), new.shingles.as_ref().unwrap());
                    a.keys.iter().zip(&b.keys).any(|(a, b)| a == b)
                };
                let same = kept.iter().position(|it| it.0 == text);
                let near = kept.iter().position(|it| shares_band(&it.1) && naive_similarity(it.0, text) >= similarity);
                let found = index.find(&new);
                match (same, near) {
                    (Some(of), _) => prop_assert_eq!(found, Some(Duplicate::Exact { of: of as u32 })),
                    (None, Some(of)) => {
                        let similarity = naive_similarity(kept[of].0, text);
                        prop_assert_eq!(found, Some(Duplicate::Near { of: of as u32, similarity }));
                    }
                    (None, None) => {
                        prop_assert_eq!(found, None);
                        index.insert(new.clone());
                        kept.push((text, new));
                    }
                }
            }
        }
    }
}
