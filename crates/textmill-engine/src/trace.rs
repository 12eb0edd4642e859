//! What each stage did to one document.

use std::sync::{Arc, Mutex, PoisonError};

use textmill_host::Instance;
use textmill_model::{Batch, Document, Edit, Effects, Span, Verdict};

/// Which document to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TraceTarget {
    /// The first of the input.
    First,
    /// The one of this id.
    Id(String),
}

/// The way of one document through the stages.
#[derive(Debug, Clone, PartialEq)]
pub struct Traced {
    /// The document as the source read it.
    pub source: Document,
    /// Each stage that it came to, first to last.
    pub steps: Vec<TraceStep>,
}

/// What a stage did to the document.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceStep {
    /// The stage's id in the plan.
    pub stage: Arc<str>,
    /// The text that the stage got.
    pub text: String,
    /// Its edits with the names of their rules, in offsets of that text.
    pub edits: Vec<(Arc<str>, Edit)>,
    /// The spans that it added with the names of their layers, in offsets of that text.
    pub spans: Vec<(Arc<str>, Span)>,
    /// The fields that it set, as JSON.
    pub fields: Vec<(Arc<str>, Box<str>)>,
    /// What it decided.
    pub verdict: Verdict,
    /// The reason, when it dropped the document.
    pub drop_reason: Option<Arc<str>>,
}

/// Follows a document through a run.
#[derive(Debug)]
pub(crate) struct Tracer {
    target: TraceTarget,
    traced: Mutex<Option<Traced>>,
}

impl Tracer {
    pub(crate) fn new(target: TraceTarget) -> Tracer {
        Tracer { target, traced: Mutex::new(None) }
    }

    /// Looks for the document in a batch of the source.
    pub(crate) fn source(&self, batch: &Batch) {
        let found = match &self.target {
            TraceTarget::First => batch.documents.first(),
            TraceTarget::Id(id) => batch.documents.iter().find(|document| document.id == *id),
        };
        if let Some(found) = found {
            let mut traced = self.lock();
            // Batches come in any order; the first of the corpus is the one that is meant.
            if traced.as_ref().is_none_or(|traced| found.seq < traced.source.seq) {
                *traced = Some(Traced { source: found.clone(), steps: Vec::new() });
            }
        }
    }

    /// Puts down what a stage is about to do.
    pub(crate) fn effects(&self, batch: &Batch, instance: &Instance, effects: &Effects) {
        let mut traced = self.lock();
        let Some(traced) = traced.as_mut() else { return };
        let Some(i) = batch.documents.iter().position(|document| document.seq == traced.source.seq) else {
            return;
        };
        traced.steps.push(step(i as u32, &batch.documents[i], instance, effects));
    }

    pub(crate) fn finish(self) -> Option<Traced> {
        self.traced.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Traced>> {
        self.traced.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn step(index: u32, document: &Document, instance: &Instance, effects: &Effects) -> TraceStep {
    let entry = instance.entry();
    let verdict = effects.verdicts[index as usize].clone();
    let edits = effects.edits.iter().filter(|(of, _)| *of == index);
    let spans = effects.spans.iter().filter(|span| span.document == index);
    let values = effects.values.iter().filter(|value| value.document == index);
    TraceStep {
        stage: Arc::clone(instance.id()),
        text: document.text().to_owned(),
        edits: edits.map(|(_, edit)| (entry.rule_of(edit), edit.clone())).collect(),
        spans: spans
            .map(|span| (Arc::clone(&entry.layers[span.layer as usize]), span.span.clone()))
            .collect(),
        fields: values
            .map(|value| (Arc::clone(&entry.fields[value.field as usize]), value.json.clone()))
            .collect(),
        drop_reason: match verdict {
            Verdict::Drop(reason) => Some(Arc::clone(&entry.drop_reasons[reason as usize])),
            _ => None,
        },
        verdict,
    }
}
