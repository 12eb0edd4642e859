//! Runs a stage over documents, shared out over workers and batches in a given way, and writes down what came of each.

use std::fmt;

use textmill_model::{Batch, Document, Effects, Rejected, StageKind};

use crate::{CallError, Instance, Worker};

/// How documents are shared out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    pub(super) workers: usize,
    pub(super) documents_per_batch: usize,
    pub(super) merge: Merge,
}

/// In which order the notes of workers are merged.
#[derive(Debug, Clone, Copy)]
pub(super) enum Merge {
    FirstToLast,
    LastToFirst,
    /// The first with the second, the third with the fourth, then the sums.
    Pairs,
}

impl Split {
    /// All in one batch.
    pub(super) fn whole(documents: usize) -> Split {
        Split { workers: 1, documents_per_batch: documents.max(1), merge: Merge::FirstToLast }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Split { workers, documents_per_batch, merge } = self;
        let merge = match merge {
            Merge::FirstToLast => "first to last",
            Merge::LastToFirst => "last to first",
            Merge::Pairs => "in pairs",
        };
        write!(f, "{workers} workers, batches of {documents_per_batch}, merged {merge}")
    }
}

/// What came of a run: what became of each document, in corpus order, and what the stage did wrong.
pub(super) struct Ran {
    lines: Vec<(u64, String)>,
    counts: Vec<u64>,
    pub(super) faults: Vec<String>,
}

impl Ran {
    /// The first document that fared differently in `other`, which was done in the way `how`.
    pub(super) fn same_as(&self, other: &Ran, how: &str) -> Result<(), String> {
        for ((seq, here), (_, there)) in self.lines.iter().zip(&other.lines) {
            if here != there {
                let at = here.bytes().zip(there.bytes()).take_while(|(a, b)| a == b).count();
                let (here, there) = (around(here, at), around(there, at));
                return Err(format!("document {seq} differs: `{here}`, but with {how} `{there}`"));
            }
        }
        if self.lines.len() != other.lines.len() {
            let (here, there) = (self.lines.len(), other.lines.len());
            return Err(format!("it says {here} things, but with {how} {there}"));
        }
        if self.counts != other.counts {
            return Err(format!("counters are {:?}, but with {how} {:?}", self.counts, other.counts));
        }
        Ok(())
    }
}

/// What stands around byte `at`.
fn around(text: &str, at: usize) -> String {
    let before = text.char_indices().map(|(i, _)| i).take_while(|i| *i + 30 < at).last().unwrap_or(0);
    text[before..].chars().take(90).collect()
}

/// Runs a stage over `documents`.
pub(super) fn run(instance: &Instance, documents: &[Document], split: Split) -> Result<Ran, CallError> {
    let batches = batches(documents, split.documents_per_batch);
    let effects = match instance.entry().kind {
        StageKind::Document => process(instance, &batches, split)?,
        StageKind::Ordered => {
            let (tokens, _) =
                share_out(instance, &batches, split, |worker, batch| instance.prepare(worker, batch))?;
            let committed = batches.iter().zip(tokens).map(|(batch, token)| instance.commit(batch, token));
            committed.collect::<Result<_, _>>()?
        }
        StageKind::Corpus => {
            let (_, workers) =
                share_out(instance, &batches, split, |worker, batch| instance.observe(worker, batch))?;
            if let Some(all) = merged(instance, workers, split.merge)? {
                instance.learn(all)?;
            }
            process(instance, &batches, split)?
        }
    };
    written_down(instance, batches, effects)
}

/// Runs an ordered stage over `documents` and makes it anew after every so many batches, from what it saved until then.
pub(super) fn run_in_pieces<E: From<CallError>>(
    make: &dyn Fn() -> Result<Instance, E>,
    documents: &[Document],
    batches_per_piece: usize,
) -> Result<Ran, E> {
    let batches = batches(documents, 7);
    let (mut instance, mut saves, mut effects) = (make()?, Vec::new(), Vec::new());
    for (i, batch) in batches.iter().enumerate() {
        if i > 0 && i % batches_per_piece == 0 {
            instance.save(|piece| saves.push(piece.to_vec()))?;
            instance = make()?;
            saves.iter().try_for_each(|saved| instance.restore(saved))?;
        }
        let token = instance.prepare(&mut instance.worker(), batch)?;
        effects.push(instance.commit(batch, token)?);
    }
    Ok(written_down(&instance, batches, effects)?)
}

/// Consecutive documents in batches of `n`, the last one perhaps of fewer.
pub(super) fn batches(documents: &[Document], n: usize) -> Vec<Batch> {
    let batch = |(index, documents): (u64, &[Document])| Batch {
        index,
        documents: documents.to_vec(),
        rejects: Vec::new(),
    };
    (0..).zip(documents.chunks(n)).map(batch).collect()
}

fn process(instance: &Instance, batches: &[Batch], split: Split) -> Result<Vec<Effects>, CallError> {
    Ok(share_out(instance, batches, split, |worker, batch| instance.process(worker, batch))?.0)
}

/// Lets workers `work` on batches, each on a thread of its own; worker k takes batches k, k + workers … from the
/// last to the first, so that nothing can count on corpus order. Results come in the order of the batches.
fn share_out<T: Send>(
    instance: &Instance,
    batches: &[Batch],
    split: Split,
    work: impl Fn(&mut Worker, &Batch) -> Result<T, CallError> + Sync,
) -> Result<(Vec<T>, Vec<Worker>), CallError> {
    let mut workers: Vec<Worker> = (0..split.workers).map(|_| instance.worker()).collect();
    let work = &work;
    let one_worker = |(k, worker): (usize, &mut Worker)| {
        let own = batches.iter().enumerate().skip(k).step_by(split.workers);
        let own: Vec<_> = own.collect();
        own.into_iter().rev().map(|(i, batch)| (i, work(worker, batch))).collect::<Vec<_>>()
    };
    let mut results: Vec<(usize, Result<T, CallError>)> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            workers.iter_mut().enumerate().map(|own| scope.spawn(move || one_worker(own))).collect();
        let joined = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.flat_map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    results.sort_by_key(|(i, _)| *i);
    let results = results.into_iter().map(|(_, result)| result).collect::<Result<_, _>>()?;
    Ok((results, workers))
}

fn merged(instance: &Instance, workers: Vec<Worker>, order: Merge) -> Result<Option<Worker>, CallError> {
    let merge = |mut into: Worker, from: Worker| instance.merge(&mut into, from).map(|()| into);
    let mut workers = workers;
    match order {
        Merge::FirstToLast => {}
        Merge::LastToFirst => workers.reverse(),
        Merge::Pairs => {
            while workers.len() > 1 {
                let mut sums = Vec::new();
                let mut rest = workers.into_iter();
                while let Some(into) = rest.next() {
                    sums.push(match rest.next() {
                        Some(from) => merge(into, from)?,
                        None => into,
                    });
                }
                workers = sums;
            }
        }
    }
    let mut workers = workers.into_iter();
    let Some(first) = workers.next() else { return Ok(None) };
    workers.try_fold(first, merge).map(Some)
}

/// Applies effects, and writes down documents and rejects.
fn written_down(instance: &Instance, batches: Vec<Batch>, effects: Vec<Effects>) -> Result<Ran, CallError> {
    let mut ran =
        Ran { lines: Vec::new(), counts: vec![0; instance.entry().counters.len()], faults: Vec::new() };
    for (mut batch, effects) in batches.into_iter().zip(effects) {
        ran.lines.extend(effects.rows.iter().map(|row| {
            let seq = row.document.map_or(u64::MAX, |i| batch.documents[i as usize].seq);
            (seq, format!("row {} {}", row.table, row.json))
        }));
        for (sum, count) in ran.counts.iter_mut().zip(&effects.counts) {
            *sum += count;
        }
        batch.apply(effects, instance.entry(), instance.id());
        let documents = batch.documents.iter().map(|document| (document.seq, json(document)));
        ran.lines.extend(documents);
        for reject in &batch.rejects {
            let Rejected::Document(document) = &reject.what else { continue };
            let line =
                format!("{:?} {} {} {}", reject.outcome, reject.reason, reject.message, json(document));
            ran.lines.push((reject.seq, line));
            if matches!(&*reject.reason, "panicked" | "unsound_answer") {
                ran.faults.push(format!("document {}: {}", document.id, reject.message));
            }
        }
    }
    ran.lines.sort_by_key(|(seq, _)| *seq);
    let last = instance.finish()?;
    ran.lines.extend(last.iter().map(|row| (u64::MAX, format!("last row {} {}", row.table, row.json))));
    Ok(ran)
}

fn json(document: &Document) -> String {
    serde_json::to_string(document).unwrap_or_else(|err| err.to_string())
}
