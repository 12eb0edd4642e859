//! Clusters: who is similar to whom, over any number of steps.
//!
//! In go all documents with their features; out comes, for each, its cluster and how similar it is to the one of the
//! cluster that stays. Two documents are linked when they are exact duplicates or share enough shingles (counted, as in
//! `index`); a cluster is a connected component of links. So, unlike by the first of its kind, a chain of revisions is
//! one cluster, though its ends may have little in common.
//!
//! Links are looked for in corpus order and joined in a disjoint-set forest whose roots are the first documents, so
//! that nothing hangs on who gathered what.
//!
//! Not here: what is done with clusters (`cluster_stage`).

use crate::features::Features;
use crate::index::Index;
use std::cmp::Ordering;
use std::io;

/// A document, before it is compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its place in the corpus.
    pub place: u64,
    /// Its id.
    pub name: String,
    /// What it is compared by.
    pub features: Features,
    /// Of each cluster, the first one of the highest rank stays.
    pub rank: Rank,
}

/// What speaks for keeping a document; ordered, the higher the better.
#[derive(Debug, Clone, PartialEq)]
pub enum Rank {
    /// Nothing is known.
    None,
    /// A number: a length, or a time as a number.
    Number(f64),
    /// A text, such as a date in ISO 8601.
    Text(String),
}

impl Rank {
    fn order(&self, other: &Rank) -> Ordering {
        match (self, other) {
            (Rank::Number(a), Rank::Number(b)) => a.total_cmp(b),
            (Rank::Text(a), Rank::Text(b)) => a.cmp(b),
            _ => self.kind().cmp(&other.kind()),
        }
    }

    fn kind(&self) -> u8 {
        match self {
            Rank::None => 0,
            Rank::Number(_) => 1,
            Rank::Text(_) => 2,
        }
    }
}

/// A document in its cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Its place in the corpus.
    pub place: u64,
    /// Its id.
    pub name: String,
    /// The cluster: the place in the corpus of its first document.
    pub cluster: u64,
    /// How many documents are in it.
    pub size: u64,
    /// Which of all members, by number, stays of the cluster.
    pub kept: usize,
    /// The Jaccard similarity to that one; 1 of exact duplicates. Below the similarity asked for when others link the two.
    pub similarity: f64,
}

/// Returns all documents in corpus order, each in its cluster.
///
/// # Errors
///
/// Never, as long as everything is in memory.
///
/// # Examples
///
/// ```
/// use dedup::bands::Bands;
/// use dedup::clusters::{Candidate, Rank, clusters};
/// use dedup::features::{Form, Measure, Shingling, features};
/// use dedup::index::Index;
///
/// let shingling = Some(Shingling { words: 2, measure: Measure::Jaccard(Bands::for_similarity(0.6)) });
/// let candidate = |place, text: &str| Candidate {
///     place,
///     name: format!("{place}.txt"),
///     features: features(text, Form::Words, shingling, &mut Default::default()),
///     rank: Rank::Number(text.len() as f64),
/// };
/// let texts = ["rain fell and nobody minded it", "snow fell", "rain fell and nobody minded it much"];
/// let candidates = (0..).zip(texts).map(|(i, it)| candidate(i, it)).collect();
/// let found = clusters(candidates, Index::new(0.6, shingling))?;
/// assert_eq!(found.iter().map(|it| (it.cluster, it.size, it.kept)).collect::<Vec<_>>(), [(0, 2, 2), (1, 1, 1), (0, 2, 2)]);
/// assert_eq!(found[0].similarity, 5.0 / 6.0);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn clusters(mut candidates: Vec<Candidate>, index: Index) -> io::Result<Vec<Member>> {
    candidates.sort_unstable_by_key(|it| it.place);
    let links = Links::find(&mut candidates, index)?;
    let roots: Vec<usize> = (0..candidates.len()).map(|it| links.forest.root(it)).collect();
    let mut sizes = vec![0; candidates.len()];
    let mut kept: Vec<usize> = (0..candidates.len()).collect();
    for (i, root) in roots.iter().enumerate() {
        sizes[*root] += 1;
        let held = kept[*root];
        if candidates[i].rank.order(&candidates[held].rank).then(held.cmp(&i)) == Ordering::Greater {
            kept[*root] = i;
        }
    }
    let places: Vec<u64> = candidates.iter().map(|it| it.place).collect();
    let members = candidates.into_iter().zip(0..).map(|(it, i)| {
        let kept = kept[roots[i]];
        let (own, other) = (links.numbers[i], links.numbers[kept]);
        let similarity = if own == other { 1.0 } else { links.index.jaccard(own, other)? };
        let (cluster, size) = (places[roots[i]], sizes[roots[i]]);
        Ok(Member { place: it.place, name: it.name, cluster, size, kept, similarity })
    });
    members.collect()
}

/// Who is linked with whom.
struct Links {
    index: Index,
    /// Under which number the index knows each candidate, or its exact duplicate.
    numbers: Vec<u32>,
    forest: Forest,
}

impl Links {
    fn find(candidates: &mut [Candidate], index: Index) -> io::Result<Links> {
        let mut links =
            Links { index, numbers: Vec::new(), forest: Forest { parents: (0..candidates.len()).collect() } };
        let mut suspects = Vec::new();
        let mut first_with_number = Vec::new();
        for (i, candidate) in candidates.iter_mut().enumerate() {
            // What the index holds from now on need not be held twice.
            let features = std::mem::take(&mut candidate.features);
            if let Some(same) = links.index.find_exact(features.fingerprint)? {
                links.numbers.push(same);
                links.forest.join(i, first_with_number[same as usize]);
                continue;
            }
            if let Some(shingles) = &features.shingles {
                links.index.suspects(shingles, &mut suspects)?;
                for suspect in &suspects {
                    let other = first_with_number[*suspect as usize];
                    // Most members of a large cluster need to be compared with one of them only.
                    if links.forest.root(i) != links.forest.root(other)
                        && links.index.similarity(*suspect, shingles, &mut Vec::new())?.is_some()
                    {
                        links.forest.join(i, other);
                    }
                }
            }
            links.numbers.push(links.index.len() as u32);
            first_with_number.push(i);
            links.index.insert("", candidate.place, &features)?;
        }
        Ok(links)
    }
}

/// Disjoint sets; the root of each is its smallest member.
struct Forest {
    parents: Vec<usize>,
}

impl Forest {
    fn root(&self, mut member: usize) -> usize {
        while self.parents[member] != member {
            member = self.parents[member];
        }
        member
    }

    /// Makes one set of two, and short ways for those asked about.
    fn join(&mut self, a: usize, b: usize) {
        let (root_a, root_b) = (self.root(a), self.root(b));
        let root = root_a.min(root_b);
        for mut member in [a, b] {
            while self.parents[member] != root {
                let parent = std::mem::replace(&mut self.parents[member], root);
                if parent == member {
                    break;
                }
                member = parent;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bands::Bands;
    use crate::features::{Form, Measure, Shingling, features};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const SIMILARITY: f64 = 0.5;

    fn shingling() -> Option<Shingling> {
        Some(Shingling { words: 1, measure: Measure::Jaccard(Bands::for_similarity(SIMILARITY)) })
    }

    fn candidate(place: usize, words: &BTreeSet<u32>, rank: u32) -> Candidate {
        let text: String = words.iter().map(|it| format!("w{it} ")).collect();
        let features = features(&text, Form::Words, shingling(), &mut Default::default());
        Candidate {
            place: place as u64,
            name: place.to_string(),
            features,
            rank: Rank::Number(f64::from(rank)),
        }
    }

    fn share_a_band(a: &Candidate, b: &Candidate) -> bool {
        let keys =
            |it: &Candidate| it.features.shingles.as_ref().map(|it| it.keys.to_vec()).unwrap_or_default();
        keys(a).iter().zip(&keys(b)).any(|(a, b)| a == b)
    }

    fn jaccard(a: &BTreeSet<u32>, b: &BTreeSet<u32>) -> f64 {
        a.intersection(b).count() as f64 / a.union(b).count().max(1) as f64
    }

    proptest! {
        #[test]
        fn clusters_are_the_connected_components_whatever_the_order(
            sets in prop::collection::vec((prop::collection::btree_set(0..12u32, 0..9), 0..3u32), 1..25),
            order in any::<u64>(),
        ) {
            let all: Vec<Candidate> = sets.iter().enumerate().map(|(i, it)| candidate(i, &it.0, it.1)).collect();
            // Naively: everyone takes the smallest label of those linked, until nothing changes.
            let mut labels: Vec<u64> = (0..all.len() as u64).collect();
            for _ in 0..all.len() {
                for (i, j) in (0..all.len()).flat_map(|i| (0..all.len()).map(move |j| (i, j))) {
                    let near = share_a_band(&all[i], &all[j]) && jaccard(&sets[i].0, &sets[j].0) >= SIMILARITY;
                    if near || all[i].features.fingerprint == all[j].features.fingerprint {
                        labels[i] = labels[i].min(labels[j]);
                    }
                }
            }
            let mut shuffled = all.clone();
            shuffled.sort_by_key(|it| it.place.wrapping_mul(order | 1).rotate_left(17));
            let found = clusters(shuffled, Index::new(SIMILARITY, shingling())).unwrap();
            for (i, member) in found.iter().enumerate() {
                prop_assert_eq!((member.place, member.cluster), (i as u64, labels[i]));
                let others: Vec<usize> = (0..all.len()).filter(|it| labels[*it] == labels[i]).collect();
                prop_assert_eq!(member.size as usize, others.len());
                let highest = others.iter().map(|it| sets[*it].1).max().unwrap();
                prop_assert_eq!(member.kept, *others.iter().find(|it| sets[**it].1 == highest).unwrap());
                let similarity = if sets[i].0 == sets[member.kept].0 { 1.0 } else { jaccard(&sets[i].0, &sets[member.kept].0) };
                prop_assert_eq!(member.similarity, similarity);
            }
        }
    }
}
