//! The documents kept so far, and which of them a new one duplicates.
//!
//! In go [`Features`], in corpus order; out comes the first kept document that is a duplicate, if there is one.
//!
//! A suspicion becomes a finding in three steps, each more costly than the one before: *a shared key*
//! (`buckets`, `segment`), *few enough differences* to be possible (`parities`), and the *count of shared shingles*,
//! which alone decides. So precision is 1 by construction, whatever the keys; and of the pairs that share one none
//! is missed, but for the last case below.
//!
//! Thousands of pages may share their boilerplate, and through it their keys. Looking at all of them for each of them would
//! take time with the square of their number. So a bucket of `CROWD` documents is a *crowd*, and nobody in it is looked at
//! for the bucket's sake. They are found by single shingles that they share with the new document, and only *rare* ones
//! count, which fewer than `COMMON` documents of crowds have: two similar documents share so many shingles that some must
//! be rare, unless nearly all of their own are common. That is counted and no matter of chance (as in prefix filtering:
//! Chaudhuri, Ganti, Kaushik 2006). Common shingles alone can only do for documents of certain lengths (as in the
//! length filter of Arasu, Ganti, Kaushik 2006), and these are looked up by band and length. Such documents are mostly truly
//! similar, so that few of them are kept; of each band and length the last `VISITED_MAX` are looked at, and no more.
//!
//! The last documents are in memory (`recent`). When they would take more than may be, they are written to a segment
//! on disk and forgotten; two segments of about the same size become one, so that there are never more of them than
//! times the number of documents can be halved. Where a document lies never changes what is found.
//!
//! Not here: what is done with a duplicate (`lib`).

use crate::containment::votes_min;
use crate::features::{Features, Measure, Scratch, Shingles, Shingling, shingle_key, shingles_again};
use crate::parities::differences_at_least;
use crate::recent::Recent;
use crate::record::Record;
use crate::segment::{About, Segment};
use crate::shingle_set::{Members, common, common_at_least, contained_at_least, containment, jaccard};
use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use textmill_text::shingles::mix;

/// The kept documents, numbered from 0 in the order in which they were inserted.
///
/// # Examples
///
/// ```
/// use dedup::bands::Bands;
/// use dedup::features::{Form, Measure, Shingling, features};
/// use dedup::index::{Duplicate, Index};
///
/// let shingling = Some(Shingling { words: 2, measure: Measure::Jaccard(Bands::for_similarity(0.5)) });
/// let of = |text| features(text, Form::Words, shingling, &mut Default::default());
/// let mut index = Index::new(0.5, shingling);
/// index.insert("rain.txt", 0, &of("rain fell and nobody minded it"))?;
/// let found = |index: &mut Index, text| index.find(&of(text));
/// assert_eq!(found(&mut index, "Rain fell -- and nobody minded it!")?, Some(Duplicate::Exact { of: 0 }));
/// assert_eq!(found(&mut index, "rain fell and nobody minded")?, Some(Duplicate::Near { of: 0, similarity: 0.8 }));
/// assert_eq!(found(&mut index, "snow fell and everybody minded")?, None);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Index {
    matching: Matching,
    /// Oldest first; the first one may be a lasting index.
    segments: Vec<Arc<Segment>>,
    recent: Recent,
    limit: Option<Limit>,
    suspects: Vec<u32>,
    record: Vec<u8>,
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

/// A document that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its id.
    pub name: String,
    /// Its place in the corpus, counted from the first document of the first run.
    pub place: u64,
}

/// How much memory the index may take, and where it puts what is more.
struct Limit {
    bytes: usize,
    /// Asked for when something has to be written; where nothing can be, it says why.
    folder: Box<dyn Fn() -> io::Result<PathBuf> + Send>,
}

impl Index {
    /// An empty index; near duplicates have at least this `similarity` and are looked for if there is a `shingling`.
    pub fn new(similarity: f64, shingling: Option<Shingling>) -> Self {
        let matching = Matching {
            similarity,
            measure: shingling.map(|it| it.measure),
            // A trifle more than that, because a rounded product must not turn anyone away.
            differences_max_per_member: (1.0 - similarity) / (1.0 + similarity) + 1e-9,
        };
        let recent = Recent::new(0, matching.measure);
        Index {
            matching,
            segments: Vec::new(),
            recent,
            limit: None,
            suspects: Vec::new(),
            record: Vec::new(),
        }
    }

    /// Goes on from the documents in `segment`.
    #[must_use]
    pub fn going_on_from(mut self, segment: Arc<Segment>) -> Self {
        assert!(self.is_empty(), "what is older goes first");
        self.recent = Recent::new(segment.first() + segment.len() as u32, self.matching.measure);
        self.segments.push(segment);
        self
    }

    /// Takes about as much memory as `bytes`, and writes what is more into a folder.
    ///
    /// Some 40 bytes a document stay in memory with the bands of similarity 0.8, so that with too small a limit it is
    /// passed.
    #[must_use]
    pub fn within(mut self, bytes: usize, folder: impl Fn() -> io::Result<PathBuf> + Send + 'static) -> Self {
        self.limit = Some(Limit { bytes, folder: Box::new(folder) });
        self
    }

    /// How many documents were kept.
    pub fn len(&self) -> usize {
        self.recent.first() as usize + self.recent.len()
    }

    /// Whether none was kept yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How much memory the kept documents take, room for more included.
    pub fn bytes(&self) -> usize {
        self.segments.iter().map(|it| it.bytes()).sum::<usize>() + self.recent.bytes()
    }

    /// How many files hold what is not in memory.
    pub fn segments(&self) -> usize {
        self.segments.len()
    }

    /// The first kept document that `features` duplicate; an exact duplicate goes before a near one.
    ///
    /// # Errors
    ///
    /// When a segment can't be read.
    pub fn find(&mut self, features: &Features) -> io::Result<Option<Duplicate>> {
        if let Some(of) = self.find_exact(features.fingerprint)? {
            return Ok(Some(Duplicate::Exact { of }));
        }
        let Some(shingles) = &features.shingles else { return Ok(None) };
        let mut suspects = std::mem::take(&mut self.suspects);
        let mut record = std::mem::take(&mut self.record);
        let found = self.suspects(shingles, &mut suspects).and_then(|()| {
            let similar = suspects.iter().map(|it| self.similarity(*it, shingles, &mut record));
            let first = similar.zip(&suspects).find(|(it, _)| !matches!(it, Ok(None)));
            let Some((similarity, of)) = first else { return Ok(None) };
            Ok(similarity?.map(|similarity| Duplicate::Near { of: *of, similarity }))
        });
        (self.suspects, self.record) = (suspects, record);
        found
    }

    /// The kept document with this fingerprint.
    ///
    /// # Errors
    ///
    /// When a segment can't be read.
    pub fn find_exact(&self, fingerprint: u128) -> io::Result<Option<u32>> {
        if let Some(of) = self.recent.find(fingerprint) {
            return Ok(Some(of));
        }
        let found = self.segments.iter().rev().map(|it| it.find(fingerprint));
        found.into_iter().find(|it| !matches!(it, Ok(None))).unwrap_or(Ok(None))
    }

    /// Keeps a document that [`find`](Self::find) has not found. Its number is how many were kept before.
    ///
    /// # Errors
    ///
    /// When memory is full and a segment can't be written; then nothing is kept.
    pub fn insert(&mut self, name: &str, place: u64, features: &Features) -> io::Result<()> {
        if let Some(limit) = &self.limit {
            let resident = self.bytes() - self.recent.bytes();
            let left = limit.bytes.saturating_sub(resident).max(limit.bytes / 8);
            if !self.recent.is_empty() && self.recent.bytes_with(name, features.shingles.as_ref()) > left {
                self.spill()?;
            }
        }
        if let Some(shingles) = &features.shingles {
            self.join_crowds(shingles)?;
        }
        self.recent.insert(name, place, features);
        Ok(())
    }

    /// Name and place of a kept document.
    ///
    /// # Errors
    ///
    /// When a segment can't be read.
    pub fn kept(&mut self, number: u32) -> io::Result<Kept> {
        let mut bytes = std::mem::take(&mut self.record);
        let kept = self.record(number, &mut bytes).map(|it| Kept { name: it.name().into(), place: it.place });
        self.record = bytes;
        kept
    }

    /// Writes all documents into a new file that outlives the run, under a temporary name first: a file at `path` is
    /// replaced whole or not at all.
    ///
    /// # Errors
    ///
    /// When it can't be written.
    pub fn write(&self, path: &Path, about: &About) -> io::Result<()> {
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(".part");
        let temporary = PathBuf::from(temporary);
        let _ = fs::remove_file(&temporary); // of a run that was cut short
        Segment::write(&temporary, about, &self.segments, &self.recent)?;
        File::options().write(true).open(&temporary)?.sync_all()?; // before anybody can see it
        fs::rename(&temporary, path)?;
        let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|it| it.sync_all()).or(Ok(())) // not every system can open a folder
    }

    /// Appends a kept document, so that [`take_back`](Self::take_back) finds it again.
    ///
    /// # Errors
    ///
    /// When a segment can't be read.
    pub fn put_down(&self, number: u32, out: &mut Vec<u8>) -> io::Result<()> {
        let mut bytes = Vec::new();
        let (fingerprint, record) = match self.segment_of(number) {
            None => {
                let local = (number - self.recent.first()) as usize;
                (self.recent.fingerprints()[local], self.recent.record_bytes(number))
            }
            Some(segment) => {
                segment.record(number, &mut bytes)?;
                (segment.fingerprint(number)?, &*bytes)
            }
        };
        out.extend(fingerprint.to_le_bytes());
        out.extend((record.len() as u64).to_le_bytes());
        out.extend(record);
        Ok(())
    }

    /// Keeps a document again that [`put_down`](Self::put_down) wrote and [`saved`] has read.
    ///
    /// # Errors
    ///
    /// As in [`insert`](Self::insert).
    pub fn take_back(
        &mut self,
        fingerprint: u128,
        record: &Record<'_>,
        scratch: &mut Scratch,
    ) -> io::Result<()> {
        let measure = self.matching.measure.filter(|_| record.len > 0);
        let shingles = measure.map(|it| shingles_again(it, record.shingles(), scratch));
        self.insert(&record.name(), record.place, &Features { fingerprint, shingles })
    }

    /// The Jaccard similarity of two kept documents.
    ///
    /// # Errors
    ///
    /// When a segment can't be read.
    pub fn jaccard(&self, a: u32, b: u32) -> io::Result<f64> {
        let (mut bytes_a, mut bytes_b) = (Vec::new(), Vec::new());
        let (a, b) = (self.record(a, &mut bytes_a)?, self.record(b, &mut bytes_b)?);
        let shared = common(a.shingles(), b.shingles(), 0).unwrap_or(0);
        Ok(jaccard(shared, a.len, b.len))
    }

    /// The numbers of all kept documents that are worth a closer look, ascending.
    ///
    /// # Errors
    ///
    /// When a segment can't be read.
    pub fn suspects(&self, shingles: &Shingles, suspects: &mut Vec<u32>) -> io::Result<()> {
        suspects.clear();
        match self.matching.measure {
            None => {}
            Some(Measure::Jaccard(_)) => {
                if self.segments.is_empty() && !self.recent.may_hold_any(&shingles.keys) {
                    return Ok(());
                }
                if self.visit_bands(shingles, suspects)? {
                    self.visit_crowds(shingles, suspects)?;
                }
                suspects.sort_unstable();
                suspects.dedup();
                // Those in memory are looked at here, because there may be many and it costs little.
                let in_memory = |it| it >= self.recent.first();
                suspects.retain(|it| {
                    !in_memory(*it) || self.matching.is_possible(&self.recent.record(*it), shingles)
                });
            }
            Some(Measure::Containment) => self.visit_shingles(shingles, suspects)?,
        }
        Ok(())
    }

    /// Adds who holds enough of the shingles of a new document.
    fn visit_shingles(&self, shingles: &Shingles, suspects: &mut Vec<u32>) -> io::Result<()> {
        if self.visit_probes(shingles, CROWD, suspects)? {
            suspects.clear();
            let common = self.visit_rare(0, shingles, suspects)?;
            if contained_at_least(self.matching.similarity, shingles.len).is_some_and(|it| common >= it) {
                suspects.clear();
                self.visit_probes(shingles, VISITED_MAX, suspects)?;
            }
        }
        Ok(())
    }

    /// Adds who shares a band with a new document, but for crowds. Returns whether there is one.
    fn visit_bands(&self, shingles: &Shingles, suspects: &mut Vec<u32>) -> io::Result<bool> {
        let mut is_crowded = false;
        for (table, key) in shingles.keys.iter().enumerate() {
            let before = suspects.len();
            if self.visit(table, *key, CROWD, |it| suspects.push(it))? == CROWD {
                suspects.truncate(before);
                is_crowded = true;
            }
        }
        Ok(is_crowded)
    }

    /// Adds who is in a crowd and may be similar to a new document: by rare shingles that they share, or, where common
    /// ones are enough, by a band and a length.
    fn visit_crowds(&self, shingles: &Shingles, suspects: &mut Vec<u32>) -> io::Result<()> {
        let crowds = self.recent.tables();
        let common = self.visit_rare(crowds, shingles, suspects)?;
        for class in length_classes(self.matching.lengths_by_common(shingles.len, common)) {
            for (table, key) in shingles.keys.iter().enumerate() {
                let key = crowd_key(table, *key, class);
                self.visit(crowds, key, VISITED_MAX, |it| suspects.push(it))?;
            }
        }
        Ok(())
    }

    /// Finds who has enough of the shingles that are looked up for a new document, asking at most `max` for each.
    /// Returns whether there are as many for one.
    fn visit_probes(&self, shingles: &Shingles, max: usize, suspects: &mut Vec<u32>) -> io::Result<bool> {
        let mut is_crowded = false;
        for key in &shingles.keys {
            is_crowded |= self.visit(0, *key, max, |it| suspects.push(it))? == max;
        }
        elect(suspects, votes_min(self.matching.similarity, shingles.keys.len()));
        Ok(is_crowded)
    }

    /// Adds who shares so many rare shingles with a new document that the two may be similar. Returns how many of its
    /// shingles are common.
    fn visit_rare(&self, table: usize, shingles: &Shingles, suspects: &mut Vec<u32>) -> io::Result<usize> {
        // Whoever is similar shares this many of all shingles, by either measure.
        let Some(shared) = contained_at_least(self.matching.similarity, shingles.len) else { return Ok(0) };
        let (mut votes, mut common) = (Vec::new(), 0);
        for shingle in Members::new(&shingles.set, shingles.len) {
            let before = votes.len();
            if self.visit(table, shingle_key(shingle), COMMON, |it| votes.push(it))? == COMMON {
                votes.truncate(before);
                common += 1;
            }
        }
        elect(&mut votes, shared.saturating_sub(common).max(1));
        suspects.append(&mut votes);
        Ok(common)
    }

    /// Makes a document that is about to be kept findable in crowds, and with it those who become a crowd by it.
    fn join_crowds(&mut self, shingles: &Shingles) -> io::Result<()> {
        let Some(measure @ Measure::Jaccard(_)) = self.matching.measure else {
            return Ok(()); // all shingles are looked up anyway
        };
        let (mut is_crowded, mut joining) = (false, Vec::new());
        for (table, key) in shingles.keys.iter().enumerate() {
            let before = joining.len();
            let others = self.visit(table, *key, CROWD, |it| joining.push(it))?;
            is_crowded |= others + 1 >= CROWD;
            if others + 1 != CROWD {
                joining.truncate(before);
            }
        }
        joining.sort_unstable();
        joining.dedup();
        let (mut bytes, mut scratch) = (Vec::new(), Scratch::default());
        for number in joining {
            if !self.is_in_crowd(number)? {
                let members = self.record(number, &mut bytes)?.shingles();
                self.post_in_crowd(number, &shingles_again(measure, members, &mut scratch))?;
            }
        }
        if is_crowded {
            self.post_in_crowd(self.len() as u32, shingles)?;
        }
        Ok(())
    }

    fn is_in_crowd(&self, number: u32) -> io::Result<bool> {
        let mut is_member = false;
        self.visit(self.recent.tables(), member_key(number), COMMON, |it| is_member |= it == number)?;
        Ok(is_member)
    }

    fn post_in_crowd(&mut self, number: u32, shingles: &Shingles) -> io::Result<()> {
        self.recent.post_in_crowd(member_key(number), number);
        let class = length_class(shingles.len);
        for (table, key) in shingles.keys.iter().enumerate() {
            self.recent.post_in_crowd(crowd_key(table, *key, class), number);
        }
        let crowds = self.recent.tables();
        for key in Members::new(&shingles.set, shingles.len).map(shingle_key) {
            if self.visit(crowds, key, COMMON, |_| {})? < COMMON {
                self.recent.post_in_crowd(key, number);
            }
        }
        Ok(())
    }

    /// Calls `visit` with the last documents that have `key`, wherever they are, and at most `max`. Returns how many.
    fn visit(&self, table: usize, key: u32, max: usize, mut visit: impl FnMut(u32)) -> io::Result<usize> {
        let mut visited = self.recent.visit(table, key, max, &mut visit);
        for segment in self.segments.iter().rev() {
            visited += segment.visit(table, key, max - visited, &mut visit)?;
        }
        Ok(visited)
    }

    /// How similar a kept document is to a new one, if it is similar enough.
    ///
    /// # Errors
    ///
    /// When a segment can't be read.
    pub fn similarity(
        &self,
        number: u32,
        shingles: &Shingles,
        bytes: &mut Vec<u8>,
    ) -> io::Result<Option<f64>> {
        Ok(self.matching.similarity(&self.record(number, bytes)?, shingles))
    }

    fn record<'a>(&'a self, number: u32, bytes: &'a mut Vec<u8>) -> io::Result<Record<'a>> {
        match self.segment_of(number) {
            None => Ok(self.recent.record(number)),
            Some(segment) => segment.record(number, bytes),
        }
    }

    fn segment_of(&self, number: u32) -> Option<&Arc<Segment>> {
        (number < self.recent.first())
            .then(|| &self.segments[self.segments.partition_point(|it| it.first() <= number) - 1])
    }

    /// Writes what is in memory to disk, and merges what has become alike in size.
    fn spill(&mut self) -> io::Result<()> {
        let empty = Recent::new(self.len() as u32, self.matching.measure);
        let segment = self.write_temporary(self.segments.len()..self.segments.len(), &self.recent)?;
        self.segments.push(Arc::new(segment));
        self.recent = empty;
        while let [.., older, newer] = &*self.segments
            && older.is_temporary
            && older.len() < 2 * newer.len()
        {
            let last_two = self.segments.len() - 2..self.segments.len();
            let merged = self.write_temporary(
                last_two.clone(),
                &Recent::new(self.recent.first(), self.matching.measure),
            )?;
            self.segments.truncate(last_two.start);
            self.segments.push(Arc::new(merged));
        }
        Ok(())
    }

    fn write_temporary(&self, segments: Range<usize>, recent: &Recent) -> io::Result<Segment> {
        let folder = self.limit.as_ref().map(|it| (it.folder)()).transpose()?.unwrap_or_default();
        let end = recent.first() as usize + recent.len();
        let first = self.segments.get(segments.start).map_or(recent.first(), |it| it.first());
        let path = folder.join(format!("{first}-{end}.segment"));
        let nothing = About::default();
        let _ = fs::remove_file(&path); // of an attempt that failed half-way
        Segment::write(&path, &nothing, &self.segments[segments], recent)?;
        let mut segment = Segment::open(&path)?;
        segment.is_temporary = true;
        Ok(segment)
    }
}

/// A bucket of so many documents is a crowd.
const CROWD: usize = 64;
/// A shingle that so many documents of crowds have is common.
const COMMON: usize = 16;
/// How many documents of one band and length are looked at where rare shingles can't help.
const VISITED_MAX: usize = 256;

/// By what somebody in a crowd is known to be there.
fn member_key(number: u32) -> u32 {
    (mix(u64::from(number), 1) >> 32) as u32
}

/// By what somebody in a crowd is found who has this key of a band and this length.
fn crowd_key(table: usize, key: u32, class: u32) -> u32 {
    (mix((table as u64) << 32 | u64::from(key), u64::from(class) << 1) >> 32) as u32
}

/// Lengths of about the same size, within two or three per cent, are of one class; classes ascend.
fn length_class(len: usize) -> u32 {
    const BITS: u32 = 5;
    let power = len.max(1).ilog2();
    let first_bits = (len as u128) << BITS >> power; // the highest of them is a 1
    (power << BITS) + (first_bits as u32 & !(1 << BITS))
}

fn length_classes(lengths: Range<usize>) -> Range<u32> {
    if lengths.is_empty() { 0..0 } else { length_class(lengths.start)..length_class(lengths.end - 1) + 1 }
}

/// Reads what [`Index::put_down`] wrote: fingerprints and records. Nothing comes behind an error.
pub fn saved(mut bytes: &[u8]) -> impl Iterator<Item = io::Result<(u128, Record<'_>)>> {
    let mut next = move || {
        let (fingerprint, rest) = bytes.split_first_chunk()?;
        let (len, rest) = rest.split_first_chunk()?;
        let (record, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*len)).ok()?)?;
        bytes = rest;
        Some((rest.is_empty(), u128::from_le_bytes(*fingerprint), Record::read(record)?))
    };
    let mut is_done = bytes.is_empty();
    std::iter::from_fn(move || {
        if is_done {
            return None;
        }
        let item = next();
        is_done = item.is_none_or(|(is_last, ..)| is_last);
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "what was saved of a run is damaged");
        Some(item.map(|(_, fingerprint, record)| (fingerprint, record)).ok_or_else(damaged))
    })
}

/// Leaves everyone once, ascending, who is there at least so many times.
fn elect(votes: &mut Vec<u32>, at_least: usize) {
    votes.sort_unstable();
    *votes = votes.chunk_by(|a, b| a == b).filter(|it| it.len() >= at_least).map(|it| it[0]).collect();
}

/// Who counts as similar.
struct Matching {
    similarity: f64,
    measure: Option<Measure>,
    /// How many members two similar sets of `a` and `b` members may have apart, divided by `a + b`.
    differences_max_per_member: f64,
}

impl Matching {
    /// False only when the two certainly differ too much.
    fn is_possible(&self, kept: &Record<'_>, new: &Shingles) -> bool {
        let differences_max = (kept.len + new.len) as f64 * self.differences_max_per_member;
        kept.len.abs_diff(new.len) as f64 <= differences_max
            && differences_at_least(kept.parities, &new.parities) as f64 <= differences_max
    }

    /// How many shingles somebody has who shares `common` ones with a document of `len`, no others, and is similar.
    fn lengths_by_common(&self, len: usize, common: usize) -> Range<usize> {
        let shortest = self.similarity * len as f64;
        let end = common as f64 * (1.0 + 1.0 / self.similarity) - len as f64 + 1.0;
        shortest as usize..(end + 1e-6) as usize // a quotient is rounded; below 0 nobody is that short
    }

    /// The similarity, if it is enough.
    fn similarity(&self, kept: &Record<'_>, new: &Shingles) -> Option<f64> {
        let shared = |at_least| common(kept.shingles(), Members::new(&new.set, new.len), at_least);
        match self.measure? {
            Measure::Jaccard(_) if !self.is_possible(kept, new) => None,
            Measure::Jaccard(_) => {
                let at_least = common_at_least(self.similarity, kept.len, new.len)?;
                Some(jaccard(shared(at_least)?, kept.len, new.len))
            }
            Measure::Containment => {
                Some(containment(shared(contained_at_least(self.similarity, new.len)?)?, new.len))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bands::Bands;
    use crate::features::{Form, features};
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use textmill_sdk::serde_json;

    const WORDS: usize = 2;

    fn shingling(similarity: f64) -> Option<Shingling> {
        Some(Shingling { words: WORDS, measure: Measure::Jaccard(Bands::for_similarity(similarity)) })
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

    fn about() -> About {
        About { options: serde_json::json!({"similarity": 0.7}), places: 40, ..About::default() }
    }

    /// What is found for each text in turn, and kept if nothing is.
    fn all_found(
        index: &mut Index,
        shingling: Option<Shingling>,
        texts: &[String],
    ) -> Vec<Option<Duplicate>> {
        let mut found = Vec::new();
        for text in texts {
            let new = features(text, Form::Words, shingling, &mut Default::default());
            found.push(index.find(&new).unwrap());
            if found.last() == Some(&None) {
                index.insert(&format!("n{}", index.len()), 7 * index.len() as u64, &new).unwrap();
            }
        }
        found
    }

    fn measures() -> impl Strategy<Value = Option<Shingling>> {
        let measure = |measure| Some(Shingling { words: WORDS, measure });
        prop::sample::select(vec![
            None,
            measure(Measure::Jaccard(Bands::for_similarity(0.7))),
            measure(Measure::Containment),
        ])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn where_documents_lie_never_changes_what_is_found(
            texts in similar_texts(), shingling in measures(), bytes in 1..60_000usize,
            restart in 0..40usize, save in 0..40usize,
        ) {
            let mut whole = Index::new(0.7, shingling);
            let expected = all_found(&mut whole, shingling, &texts);

            // Little memory: all the time something is written to disk.
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().to_owned();
            let mut spilling = Index::new(0.7, shingling).within(bytes, move || Ok(path.clone()));
            prop_assert_eq!(&all_found(&mut spilling, shingling, &texts), &expected);
            prop_assert!(spilling.segments() <= 7);

            // A lasting index, and a second run that goes on from it.
            let (earlier, later) = texts.split_at(restart.min(texts.len()));
            let lasting = folder.path().join("corpus.dedup");
            let mut first_run = Index::new(0.7, shingling);
            all_found(&mut first_run, shingling, earlier);
            first_run.write(&lasting, &about()).unwrap();
            first_run.write(&lasting, &about()).unwrap();
            let segment = Segment::open(&lasting).unwrap();
            prop_assert_eq!(segment.about(), &about());
            let mut second_run = Index::new(0.7, shingling).going_on_from(Arc::new(segment));
            prop_assert_eq!(&all_found(&mut second_run, shingling, later), &expected[earlier.len()..]);

            // A run that was cut short after it had saved what it kept, in two pieces.
            let (mut first_piece, mut second_piece) = (Vec::new(), Vec::new());
            let save = save.min(whole.len()) as u32;
            (0..save).for_each(|it| whole.put_down(it, &mut first_piece).unwrap());
            (save..whole.len() as u32).for_each(|it| spilling.put_down(it, &mut second_piece).unwrap());
            let mut restored = Index::new(0.7, shingling);
            for item in saved(&first_piece).chain(saved(&second_piece)) {
                let (fingerprint, record) = item.unwrap();
                restored.take_back(fingerprint, &record, &mut Scratch::default()).unwrap();
            }
            for number in 0..whole.len() as u32 {
                let kept = whole.kept(number).unwrap();
                prop_assert_eq!((&*kept.name, kept.place), (&*format!("n{number}"), 7 * u64::from(number)));
                prop_assert_eq!(&spilling.kept(number).unwrap(), &kept);
                prop_assert_eq!(&restored.kept(number).unwrap(), &kept);
            }
            let again = all_found(&mut restored, shingling, &texts);
            prop_assert!(again.iter().all(Option::is_some));
            prop_assert_eq!(again, all_found(&mut whole, shingling, &texts));
        }

        #[test]
        fn a_damaged_index_is_refused(texts in similar_texts(), at: prop::sample::Index, turned in 1..=255u8, cut: bool) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("corpus.dedup");
            let mut index = Index::new(0.7, shingling(0.7));
            all_found(&mut index, shingling(0.7), &texts);
            index.write(&path, &about()).unwrap();
            let mut bytes = fs::read(&path).unwrap();
            let at = at.index(bytes.len());
            if cut {
                bytes.truncate(at);
            } else {
                bytes[at] ^= turned;
            }
            fs::write(&path, bytes).unwrap();
            prop_assert!(Segment::open(&path).is_err());
            prop_assert!(saved(&[7; 30]).map(|it| it.is_err()).eq([true]));
        }
    }

    /// Texts of 30 words each, `shared` of which they all have, so that all share bands and few are similar. Every tenth is
    /// like an earlier one, far away.
    fn crowded_texts(len: usize, shared: usize) -> Vec<String> {
        let text = |i: usize| {
            let own = if i % 10 == 9 { i / 20 } else { i };
            let changed =
                |it| if i % 10 == 9 && it == 3 { "changed".to_owned() } else { format!("w{own}x{it}") };
            let words = (0..shared)
                .map(|it| format!("shared{it}"))
                .chain((shared..30).map(|it| it - shared).map(changed));
            words.collect::<Vec<_>>().join(" ")
        };
        (0..len).map(text).collect()
    }

    #[test]
    fn nobody_is_lost_in_a_crowd_wherever_it_is() {
        const SIMILARITY: f64 = 0.7;
        let bands = Measure::Jaccard(Bands { bands: 40, rows: 2 });
        // With 24 shared words, these alone come near the similarity asked for.
        for (shared, measure) in [(18, bands), (24, bands), (18, Measure::Containment)] {
            let texts = crowded_texts(900, shared);
            let shingling = Some(Shingling { words: WORDS, measure });
            let found = all_found(&mut Index::new(SIMILARITY, shingling), shingling, &texts);
            for (i, found) in found.iter().enumerate() {
                let has_an_earlier_one = i % 20 == 19 || i % 20 == 9 && i / 20 % 10 != 9;
                assert_eq!(found.is_some(), has_an_earlier_one, "{i} {shared} {measure:?}");
            }
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().to_owned();
            let mut spilling = Index::new(SIMILARITY, shingling).within(100_000, move || Ok(path.clone()));
            assert_eq!(all_found(&mut spilling, shingling, &texts), found);
            assert!(spilling.segments() > 1);
        }
    }

    #[test]
    fn documents_take_the_memory_that_the_manual_tells() {
        let words = |range: Range<usize>| range.map(|it| format!("w{it} ")).collect::<String>();
        let articles = |common: usize| -> Vec<String> {
            (1..=1000).map(|i| words(0..common) + &words(1000 * i..1000 * i + 400 - common)).collect()
        };
        let bytes_a_document = |measure, common| {
            let shingling = Some(Shingling { words: 5, measure });
            let mut index = Index::new(0.7, shingling);
            all_found(&mut index, shingling, &articles(common));
            assert_eq!(index.len(), 1000);
            index.bytes() / 1000
        };
        let bands = Measure::Jaccard(Bands::for_similarity(0.7));
        for (measure, common, told) in
            [(bands, 0, 2_600), (bands, 250, 7_500), (Measure::Containment, 0, 12_500)]
        {
            let bytes = bytes_a_document(measure, common);
            assert!((told * 9 / 10..=told).contains(&bytes), "{bytes} bytes a document, and {told} are told");
        }
    }

    #[test]
    fn a_piece_is_found_in_a_much_longer_text_and_not_the_other_way_round() {
        let shingling = Some(Shingling { words: WORDS, measure: Measure::Containment });
        let words = |range: Range<usize>| range.map(|it| format!("w{it} ")).collect::<String>();
        let mut index = Index::new(0.7, shingling);
        // 99 shingles, of which 70 or 69 are in the first text: one is where the two parts meet.
        assert_eq!(all_found(&mut index, shingling, &[words(0..5000)]), [None]);
        let parts =
            [words(4000..4071) + &words(9000..9029), words(4000..4070) + &words(9000..9030), words(2..4)];
        let found = all_found(&mut index, shingling, &parts);
        let near = |similarity| Some(Duplicate::Near { of: 0, similarity });
        assert_eq!(found, [near(70.0 / 99.0), None, near(1.0)]);
        assert_eq!(all_found(&mut index, shingling, &[words(0..9000)]), [None]);
    }

    proptest! {
        #[test]
        fn whoever_is_similar_by_common_shingles_alone_is_of_a_class_that_is_looked_up(
            len in 1..5_000usize, common in 0..5_000usize, other in 1..8_000usize,
            similarity in prop_oneof![Just(0.7), Just(0.8), Just(1.0), 0.05..=1.0],
        ) {
            let common = common.min(len);
            let matching = Matching { similarity, measure: None, differences_max_per_member: 0.0 };
            let classes = length_classes(matching.lengths_by_common(len, common));
            let is_similar = common_at_least(similarity, len, other).is_some_and(|it| it <= common);
            prop_assert!(!is_similar || classes.contains(&length_class(other)));
            prop_assert!(length_class(other) <= length_class(other + 1));
        }

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
                let found = index.find(&new).unwrap();
                match (same, near) {
                    (Some(of), _) => prop_assert_eq!(found, Some(Duplicate::Exact { of: of as u32 })),
                    (None, Some(of)) => {
                        let similarity = naive_similarity(kept[of].0, text);
                        prop_assert_eq!(found, Some(Duplicate::Near { of: of as u32, similarity }));
                    }
                    (None, None) => {
                        prop_assert_eq!(found, None);
                        index.insert(text, 0, &new).unwrap();
                        kept.push((text, new));
                    }
                }
            }
        }
    }
}
