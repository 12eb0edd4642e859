//! The books: what became of every document. Kept by batch, summed up in corpus order, and they must balance.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use textmill_host::Instance;
use textmill_model::{CheckedRow, Effects, Outcome, Reject};

/// What became of the documents of a batch, a pass, or a run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Books {
    /// Records that were read, malformed ones included.
    pub read: u64,
    /// Documents that reached the sink.
    pub written: u64,
    /// Documents that a stage dropped.
    pub dropped: u64,
    /// Documents that failed, and records that could not be read.
    pub failed: u64,
    /// Bytes of text in the documents that were read.
    pub text_bytes_read: u64,
    /// Bytes of text in the documents that were written.
    pub text_bytes_written: u64,
    /// Records that could not be read, by reason.
    pub source_failures: BTreeMap<String, u64>,
    /// Each stage, in the order of the plan.
    pub stages: Vec<StageTally>,
}

/// What a stage did.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct StageTally {
    /// What the plan calls it.
    pub id: Arc<str>,
    /// Documents that came to it.
    pub received: u64,
    /// Documents that it let go, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Documents that it failed on, by reason.
    pub failed: BTreeMap<String, u64>,
    /// Its own counters.
    pub counters: BTreeMap<Arc<str>, u64>,
    /// Its edits, by rule.
    pub rules: BTreeMap<Arc<str>, RuleTally>,
    /// Rows of its side files, by table.
    pub tables: BTreeMap<Arc<str>, u64>,
}

/// What a rule did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleTally {
    /// How many edits.
    pub edits: u64,
    /// Bytes that went.
    pub bytes_removed: u64,
    /// Bytes that came instead.
    pub bytes_inserted: u64,
}

impl Books {
    pub(crate) fn new(instances: &[Instance]) -> Books {
        let tally =
            |instance: &Instance| StageTally { id: Arc::clone(instance.id()), ..StageTally::default() };
        Books { stages: instances.iter().map(tally).collect(), ..Books::default() }
    }

    /// Whether every document that was read is accounted for.
    pub fn balance(&self) -> bool {
        self.read == self.written + self.dropped + self.failed
    }

    /// Puts down what a stage is about to do to `received` documents.
    pub(crate) fn effects(&mut self, stage: usize, instance: &Instance, received: usize, effects: &Effects) {
        let (tally, entry) = (&mut self.stages[stage], instance.entry());
        tally.received += received as u64;
        for (name, count) in entry.counters.iter().zip(&effects.counts).filter(|(_, count)| **count > 0) {
            *tally.counters.entry(Arc::clone(name)).or_default() += count;
        }
        for (_, edit) in &effects.edits {
            let rule = tally.rules.entry(entry.rule_of(edit)).or_default();
            rule.edits += 1;
            rule.bytes_removed += edit.range().len() as u64;
            rule.bytes_inserted += edit.text.len() as u64;
        }
        self.rows(stage, instance, &effects.rows);
    }

    /// Puts down rows of side files.
    pub(crate) fn rows(&mut self, stage: usize, instance: &Instance, rows: &[CheckedRow]) {
        for row in rows {
            let table = &instance.entry().tables[row.table as usize];
            *self.stages[stage].tables.entry(Arc::clone(table)).or_default() += 1;
        }
    }

    /// Puts down what left the run.
    pub(crate) fn reject(&mut self, reject: &Reject) {
        let stage = self.stages.iter_mut().find(|stage| stage.id == reject.stage);
        let (total, reasons) = match reject.outcome {
            Outcome::Dropped => (&mut self.dropped, stage.map(|stage| &mut stage.dropped)),
            Outcome::Failed => (&mut self.failed, stage.map(|stage| &mut stage.failed)),
        };
        *total += 1;
        let reasons = reasons.unwrap_or(&mut self.source_failures);
        *reasons.entry(reject.reason.clone()).or_default() += 1;
    }

    /// Adds the books of a batch.
    pub(crate) fn add(&mut self, batch: Books) {
        self.read += batch.read;
        self.written += batch.written;
        self.dropped += batch.dropped;
        self.failed += batch.failed;
        self.text_bytes_read += batch.text_bytes_read;
        self.text_bytes_written += batch.text_bytes_written;
        add_counts(&mut self.source_failures, batch.source_failures);
        for (stage, more) in self.stages.iter_mut().zip(batch.stages) {
            stage.received += more.received;
            add_counts(&mut stage.dropped, more.dropped);
            add_counts(&mut stage.failed, more.failed);
            add_counts(&mut stage.counters, more.counters);
            add_counts(&mut stage.tables, more.tables);
            for (name, rule) in more.rules {
                let sum = stage.rules.entry(name).or_default();
                sum.edits += rule.edits;
                sum.bytes_removed += rule.bytes_removed;
                sum.bytes_inserted += rule.bytes_inserted;
            }
        }
    }
}

fn add_counts<K: Ord>(into: &mut BTreeMap<K, u64>, from: BTreeMap<K, u64>) {
    for (key, count) in from {
        *into.entry(key).or_default() += count;
    }
}
