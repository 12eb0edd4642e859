//! A batch as the boundary shows it: flat arrays that point into the documents.

use textmill_abi as abi;
use textmill_model::{Batch, Document, StageEntry};

/// Views of a batch's documents for one stage, valid as long as the batch that they borrow.
///
/// Fields and spans are only gathered for stages that ask for them; most ask for none, and get 64 bytes a document.
pub(crate) struct Views<'a> {
    documents: Vec<abi::Document>,
    _fields: Vec<abi::Str>,
    _json: Vec<Option<String>>,
    _spans: Vec<abi::Span>,
    _batch: &'a Batch,
}

impl<'a> Views<'a> {
    pub(crate) fn new(batch: &'a Batch, stage: &StageEntry, reads: &[String]) -> Views<'a> {
        let json: Vec<Option<String>> = batch
            .documents
            .iter()
            .flat_map(|document| reads.iter().map(|field| document.field(field)))
            .collect();
        let fields: Vec<abi::Str> =
            json.iter().map(|json| json.as_deref().map_or(abi::Str::NONE, abi::Str::new)).collect();
        let (spans, ends) = spans(batch, stage);
        let view = |(i, document): (usize, &Document)| {
            let start = if i == 0 { 0 } else { ends[i - 1] };
            abi::Document {
                text: abi::Str::new(document.text()),
                id: abi::Str::new(&document.id),
                seq: document.seq,
                fields: fields[i * reads.len()..].as_ptr(),
                spans: spans[start..].as_ptr(),
                n_spans: (ends[i] - start) as u32,
                reserved: 0,
            }
        };
        let documents = batch.documents.iter().enumerate().map(view).collect();
        Views { documents, _fields: fields, _json: json, _spans: spans, _batch: batch }
    }

    /// The batch's table; valid as long as these views.
    pub(crate) fn table(&self, text_bytes: usize) -> abi::Batch {
        abi::Batch {
            struct_size: size_of::<abi::Batch>() as u32,
            n: self.documents.len() as u32,
            documents: self.documents.as_ptr(),
            stride: size_of::<abi::Document>() as u32,
            reserved: 0,
            text_bytes: text_bytes as u64,
        }
    }
}

/// The spans of the layers that the stage needs or uses, and where each document's end.
fn spans(batch: &Batch, stage: &StageEntry) -> (Vec<abi::Span>, Vec<usize>) {
    let mut spans = Vec::new();
    let mut ends = Vec::with_capacity(batch.documents.len());
    for (document, i) in batch.documents.iter().zip(0..) {
        for (layer, name) in (0..).zip(stage.needs.iter().chain(&stage.uses)) {
            spans.extend(document.annotations.layer(name).iter().map(|span| abi::Span {
                document: i,
                layer,
                start: span.start as u64,
                end: span.end as u64,
                parent: span.parent.unwrap_or(abi::NONE),
                reserved: 0,
                name: abi::Str::new(&span.name),
                attributes: abi::Str::new(&span.attributes),
            }));
        }
        ends.push(spans.len());
    }
    (spans, ends)
}
