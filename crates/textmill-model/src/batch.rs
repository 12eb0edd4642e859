//! Batches, and what a stage did to one.

use std::sync::Arc;

use crate::{Document, Edit, Origin, Span, StageEntry};

/// Some consecutive documents: what a worker works on and what crosses to a plugin.
#[derive(Debug, Default)]
pub struct Batch {
    /// Its place among the batches of the pass, from 0.
    pub index: u64,
    /// The documents that are still in the run, in corpus order.
    pub documents: Vec<Document>,
    /// Those that left it, and why.
    pub rejects: Vec<Reject>,
}

/// Something that was read and will not be written.
#[derive(Debug, Clone)]
pub struct Reject {
    /// Its place in the corpus.
    pub seq: u64,
    /// The id of the stage that let it go; `source` for a record that could not be read.
    pub stage: Arc<str>,
    /// Whether a stage decided so, or something went wrong.
    pub outcome: Outcome,
    /// One of the stage's declared reasons, or why it failed: `failed`, `panicked`, `unsound_answer` from a stage,
    /// `malformed`, `unreadable`, `too_large` from the source.
    pub reason: String,
    /// What went wrong, in a sentence; empty for a drop.
    pub message: String,
    /// What it was.
    pub what: Rejected,
}

/// How a document left the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// A stage decided that it should not be in the output.
    Dropped,
    /// It could not be read or processed.
    Failed,
}

/// What left the run.
#[derive(Debug, Clone)]
pub enum Rejected {
    /// A document, with everything that stages had said of it by then.
    Document(Box<Document>),
    /// A record that never became a document.
    Record {
        /// The file and the record's number in it.
        origin: Origin,
        /// Its line, counted from 1 as editors do, where the records of a file are its lines.
        line: Option<u64>,
        /// Where the record starts in the (decompressed) file, in bytes.
        byte_offset: u64,
        /// The record as it stood there; cut at a megabyte.
        raw: Vec<u8>,
    },
}

/// What a stage decided about a document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Verdict {
    /// It stays.
    #[default]
    Keep,
    /// It goes, for the declared reason of this index.
    Drop(u32),
    /// The stage could not do its work on it.
    Fail {
        /// `failed` or `panicked`, or what the host found wrong with the stage's answer.
        reason: &'static str,
        /// What went wrong, in a sentence.
        message: String,
    },
}

/// All that a stage did to a batch, checked and not yet applied; nothing of a document that failed.
///
/// Entries are sorted by document; `document` is an index into [`Batch::documents`].
#[derive(Debug, Default)]
pub struct Effects {
    /// A verdict a document.
    pub verdicts: Vec<Verdict>,
    /// Sound edits: in range, ascending and apart within a document.
    pub edits: Vec<(u32, Edit)>,
    /// Sound spans of declared layers, in offsets of the text before the edits.
    pub spans: Vec<CheckedSpan>,
    /// Values of declared fields.
    pub values: Vec<CheckedValue>,
    /// How much each declared counter grew.
    pub counts: Vec<u64>,
    /// Rows for side files. [`Batch::apply`] passes over them: they leave the documents.
    pub rows: Vec<CheckedRow>,
}

/// A span for a document; its `parent` counts within this document and layer, among the spans of this call.
#[derive(Debug)]
pub struct CheckedSpan {
    /// Index of the document in the batch.
    pub document: u32,
    /// Index of the layer in [`StageEntry::layers`].
    pub layer: u32,
    /// The span.
    pub span: Span,
}

/// A value for a field of a document.
#[derive(Debug)]
pub struct CheckedValue {
    /// Index of the document in the batch.
    pub document: u32,
    /// Index of the field in [`StageEntry::fields`].
    pub field: u32,
    /// JSON text.
    pub json: Box<str>,
}

/// A row of a side file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedRow {
    /// Index of the document in the batch that the row goes with; none for what is said when all is over.
    pub document: Option<u32>,
    /// Index of the side file in [`StageEntry::tables`].
    pub table: u32,
    /// JSON text, on one line.
    pub json: Box<str>,
}

impl Reject {
    /// The same, of a record that is the line of this number, counted from 1.
    pub fn on_line(mut self, number: Option<u64>) -> Reject {
        if let Rejected::Record { line, .. } = &mut self.what {
            *line = number;
        }
        self
    }
}

impl Batch {
    /// The bytes of text in it.
    pub fn text_bytes(&self) -> usize {
        self.documents.iter().map(Document::text_bytes).sum()
    }

    /// Does to the documents what `effects` says: annotate, edit, and part with those that go.
    ///
    /// `stage` is what made the effects, and `id` what the plan calls it. A document that leaves keeps what the
    /// stage said of it, so that a reject can name the document it duplicates; one that failed is left as it was.
    pub fn apply(&mut self, effects: Effects, stage: &StageEntry, id: &Arc<str>) {
        let Effects { verdicts, edits, spans, values, .. } = effects;
        self.forget_earlier(&verdicts, stage);
        let annotation = |field: &Arc<str>| field.strip_prefix("annotations.").map(Arc::from);
        let annotations: Vec<Option<Arc<str>>> = stage.fields.iter().map(annotation).collect(); // one name for all
        for CheckedValue { document, field, json } in values {
            let document = &mut self.documents[document as usize];
            match &annotations[field as usize] {
                Some(name) => document.annotations.set(name, json),
                None => _ = document.set_field(&stage.fields[field as usize], &json),
            }
        }
        for CheckedSpan { document, layer, span } in spans {
            let annotations = &mut self.documents[document as usize].annotations;
            annotations.layer_mut(&stage.layers[layer as usize]).push(span);
        }
        for group in edits.chunk_by(|a, b| a.0 == b.0) {
            let edits: Vec<Edit> = group.iter().map(|(_, edit)| edit.clone()).collect();
            self.documents[group[0].0 as usize].edit(&edits);
        }
        self.part(verdicts, stage, id);
    }

    /// What a stage writes it writes anew: what an earlier run left under its names goes. So the spans of this call are
    /// the first of their layers, and parts, whose wholes are counted within the call, find them at that index.
    fn forget_earlier(&mut self, verdicts: &[Verdict], stage: &StageEntry) {
        let worked_on = self.documents.iter_mut().zip(verdicts);
        for (document, _) in worked_on.filter(|(_, verdict)| !matches!(verdict, Verdict::Fail { .. })) {
            document.annotations.layers.retain(|layer| !stage.layers.contains(&layer.name));
            for name in stage.fields.iter().filter_map(|field| field.strip_prefix("annotations.")) {
                document.annotations.values.retain(|value| &*value.name != name);
            }
        }
    }

    fn part(&mut self, verdicts: Vec<Verdict>, stage: &StageEntry, id: &Arc<str>) {
        if verdicts.iter().all(|verdict| *verdict == Verdict::Keep) {
            return;
        }
        let all = std::mem::take(&mut self.documents);
        for (document, verdict) in all.into_iter().zip(verdicts) {
            let (outcome, reason, message) = match verdict {
                Verdict::Keep => {
                    self.documents.push(document);
                    continue;
                }
                Verdict::Drop(reason) => {
                    (Outcome::Dropped, stage.drop_reasons[reason as usize].to_string(), String::new())
                }
                Verdict::Fail { reason, message } => (Outcome::Failed, reason.to_owned(), message),
            };
            let (seq, what) = (document.seq, Rejected::Document(Box::new(document)));
            self.rejects.push(Reject { seq, stage: Arc::clone(id), outcome, reason, message, what });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PluginEntry, StageKind};

    fn stage() -> StageEntry {
        let plugin = PluginEntry {
            name: "test".into(),
            version: String::new(),
            license: String::new(),
            build: String::new(),
            path: "".into(),
        };
        StageEntry {
            name: "test".into(),
            summary: String::new(),
            kind: StageKind::Document,
            plugin: Arc::new(plugin),
            options_schema: serde_json::Value::Null,
            layers: vec!["quotes".into(), "names".into()],
            fields: vec!["annotations.test.n".into()],
            needs: Vec::new(),
            uses: Vec::new(),
            rules: Vec::new(),
            drop_reasons: vec!["short".into()],
            counters: Vec::new(),
            tables: Vec::new(),
        }
    }

    fn batch(texts: &[&str]) -> Batch {
        let documents = texts.iter().map(|text| Document::new(*text, *text)).collect();
        Batch { documents, ..Batch::default() }
    }

    fn span(layer: u32, range: std::ops::Range<usize>, parent: Option<u32>) -> CheckedSpan {
        let name = if parent.is_some() { "speaker" } else { "" };
        CheckedSpan { document: 0, layer, span: Span { parent, name: name.into(), ..Span::new(range) } }
    }

    #[test]
    fn a_part_finds_its_whole_when_layers_take_turns() {
        let mut batch = batch(&["one two three"]);
        let spans =
            vec![span(0, 0..3, None), span(1, 4..7, None), span(0, 8..13, None), span(0, 4..7, Some(1))];
        let effects = Effects { verdicts: vec![Verdict::Keep], spans, ..Effects::default() };
        batch.apply(effects, &stage(), &"test".into());
        let quotes = batch.documents[0].annotations.layer("quotes");
        assert_eq!(quotes.iter().map(|span| span.parent).collect::<Vec<_>>(), [None, None, Some(1)]);
    }

    #[test]
    fn what_an_earlier_run_said_goes_unless_the_stage_fails() {
        let mut batch = batch(&["one", "two"]);
        for document in &mut batch.documents {
            document.annotations.layer_mut(&"quotes".into()).push(Span::new(0..3));
            document.annotations.set(&"test.n".into(), "7");
        }
        let failed = Verdict::Fail { reason: "failed", message: "no luck".into() };
        let effects = Effects { verdicts: vec![Verdict::Keep, failed], ..Effects::default() };
        batch.apply(effects, &stage(), &"test".into());
        let kept = &batch.documents[0].annotations;
        assert_eq!((kept.layer("quotes").len(), kept.value("test.n")), (0, None));
        let Rejected::Document(rejected) = &batch.rejects[0].what else { panic!("a document failed") };
        assert_eq!(
            (rejected.annotations.layer("quotes").len(), rejected.annotations.value("test.n")),
            (1, Some("7"))
        );
    }
}
