//! Runs a stage on a text, without a program around it: for an author's own tests.
//!
//! What is tested is the stage itself. How it behaves across the boundary, over threads and on odd texts,
//! `textmill plugin check` tries on the built library.

use std::ops::Range;

use serde_json::Value;

use crate::doc::Found;
use crate::{
    CorpusStage, Doc, DocumentStage, Host, OrderedStage, SpanView, Stage, StageError, StageInfo, Tables,
    Verdict,
};

/// A document to try a stage on: a text, and what the stage asks to see besides. A `&str` is one with a text alone.
///
/// # Examples
///
/// ```
/// use serde_json::json;
/// use textmill_sdk::testing::Given;
///
/// let given = Given::text("Rain fell. It was wet.")
///     .layer("sentences", [0..10, 11..22])
///     .field("metadata.site", json!("example.org"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Given<'a> {
    text: &'a str,
    fields: Vec<(&'a str, String)>,
    layers: Vec<(&'a str, Vec<Range<usize>>)>,
}

impl<'a> Given<'a> {
    /// A document that is nothing but a text.
    pub fn text(text: &'a str) -> Given<'a> {
        Given { text, ..Given::default() }
    }

    /// Adds a field, for stages whose [`Stage::reads`] asks for it.
    #[must_use]
    pub fn field(mut self, name: &'a str, value: Value) -> Given<'a> {
        self.fields.push((name, value.to_string()));
        self
    }

    /// Adds a layer of spans without attributes, for stages that read it: [`StageInfo::needs`], [`StageInfo::uses`].
    #[must_use]
    pub fn layer(mut self, name: &'a str, spans: impl IntoIterator<Item = Range<usize>>) -> Given<'a> {
        self.layers.push((name, spans.into_iter().collect()));
        self
    }

    fn json_of(&self, field: &str) -> Option<&str> {
        self.fields.iter().find(|(name, _)| *name == field).map(|(_, json)| &**json)
    }

    fn spans_of(&self, info: &StageInfo) -> Vec<(u32, SpanView<'_>)> {
        let mut views = Vec::new();
        for (i, layer) in (0..).zip(info.needs.iter().chain(info.uses)) {
            for (_, spans) in self.layers.iter().filter(|(name, _)| name == layer) {
                let view = |range| SpanView { range, name: "", parent: None, attributes: "" };
                views.extend(spans.iter().cloned().map(|range| (i, view(range))));
            }
        }
        views
    }
}

impl<'a> From<&'a str> for Given<'a> {
    fn from(text: &'a str) -> Given<'a> {
        Given::text(text)
    }
}

/// What a stage did to a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// What it decided.
    pub verdict: Verdict,
    /// The text with the stage's edits.
    pub text: String,
    /// Each span: layer, part name (empty for a whole), range in the text that the stage got, attributes as JSON.
    pub annotations: Vec<(String, String, Range<usize>, Value)>,
    /// Each field that was set.
    pub fields: Vec<(String, Value)>,
    /// Each edit: rule, range in the text that the stage got, what came instead.
    pub edits: Vec<(String, Range<usize>, String)>,
    /// Each counter that is not 0.
    pub counters: Vec<(String, u64)>,
    /// Each row of a side file: table, value.
    pub rows: Vec<(String, Value)>,
}

impl Done {
    /// The ranges of the whole spans of a layer.
    pub fn spans(&self, layer: &str) -> Vec<Range<usize>> {
        let of_layer = self.annotations.iter().filter(|(name, part, ..)| name == layer && part.is_empty());
        of_layer.map(|(_, _, range, _)| range.clone()).collect()
    }

    /// The value of a field; `null` when it was not set.
    pub fn field(&self, name: &str) -> Value {
        self.fields
            .iter()
            .rev()
            .find(|(field, _)| field == name)
            .map_or(Value::Null, |(_, value)| value.clone())
    }
}

/// Builds a stage from options as a pipeline file gives them.
///
/// # Errors
///
/// When the options don't fit the type, or [`Stage::build`] refuses them.
pub fn build<S: Stage>(options: Value) -> Result<S, String> {
    let options = serde_json::from_value(options).map_err(|err| err.to_string())?;
    S::build(options, &Host::silent()).map_err(|err| err.to_string())
}

/// Runs a document stage on one text.
///
/// # Errors
///
/// When the stage can't be built, fails on the text, or edits in a way that the program would refuse.
pub fn document<'a, S: DocumentStage>(options: Value, given: impl Into<Given<'a>>) -> Result<Done, String> {
    let stage: S = build(options)?;
    run(&stage, &given.into(), 0, |doc| stage.process(doc, &mut S::Scratch::default()))
}

/// Runs an ordered stage on texts, first to last. Their ids are their numbers: `0`, `1` …
///
/// # Errors
///
/// As [`document`], at the first text with which something is wrong.
pub fn ordered<'a, S: OrderedStage>(
    options: Value,
    texts: &[impl Into<Given<'a>> + Clone],
) -> Result<Vec<Done>, String> {
    let mut trial = OrderedTrial::<S>::new(options)?;
    texts.iter().map(|text| trial.document(text.clone())).collect()
}

/// An ordered stage on trial, document after document: what it says at the end, and how it is saved and restored.
pub struct OrderedTrial<S: OrderedStage> {
    stage: S,
    state: S::State,
    scratch: S::Scratch,
    seq: u64,
}

impl<S: OrderedStage> OrderedTrial<S> {
    /// The stage with an empty memory.
    ///
    /// # Errors
    ///
    /// When the stage can't be built.
    pub fn new(options: Value) -> Result<OrderedTrial<S>, String> {
        let stage: S = build(options)?;
        Ok(OrderedTrial { state: stage.state(), stage, scratch: S::Scratch::default(), seq: 0 })
    }

    /// The stage as it was after `documents` documents, when it had been saved in these `pieces`.
    ///
    /// # Errors
    ///
    /// When the stage can't be built or restored.
    pub fn restored<'s>(
        options: Value,
        pieces: impl IntoIterator<Item = &'s Vec<u8>>,
        documents: u64,
    ) -> Result<OrderedTrial<S>, String> {
        let mut trial = OrderedTrial::<S>::new(options)?;
        for piece in pieces {
            trial.stage.restore(&mut trial.state, piece).map_err(|err| err.message)?;
        }
        trial.seq = documents;
        Ok(trial)
    }

    /// Runs the stage on the next document, whose id is its number: `0`, `1` …
    ///
    /// # Errors
    ///
    /// As [`document`].
    pub fn document<'a>(&mut self, given: impl Into<Given<'a>>) -> Result<Done, String> {
        let seq = self.seq;
        self.seq += 1;
        run(&self.stage, &given.into(), seq, |doc| {
            let token = self.stage.prepare(doc, &mut self.scratch)?;
            self.stage.commit(&mut self.state, doc, token)
        })
    }

    /// What the stage saves now, piece by piece.
    pub fn save(&mut self) -> Vec<Vec<u8>> {
        let mut pieces = Vec::new();
        self.stage.save(&mut self.state, &mut |piece| pieces.push(piece.to_vec()));
        pieces
    }

    /// The rows that the stage adds when the last document is through: table, value.
    ///
    /// # Errors
    ///
    /// When the stage fails.
    pub fn finish(&mut self) -> Result<Vec<(String, Value)>, String> {
        finished(&S::INFO, |tables| self.stage.finish(&mut self.state, tables))
    }

    /// Lets the stage make lasting what outlives a run.
    ///
    /// # Errors
    ///
    /// When the stage fails.
    pub fn publish(&mut self) -> Result<(), String> {
        self.stage.publish(&mut self.state).map_err(|err| err.message)
    }
}

/// Runs a corpus stage on texts: shows it all of them, then lets it work on each.
///
/// # Errors
///
/// When the stage can't learn, and as [`document`].
pub fn corpus<'a, S: CorpusStage>(
    options: Value,
    texts: &[impl Into<Given<'a>> + Clone],
) -> Result<Vec<Done>, String> {
    corpus_and_rows::<S>(options, texts).map(|(done, _)| done)
}

/// As [`corpus`], with the rows that the stage adds when the last document is through: table, value.
///
/// # Errors
///
/// As [`corpus`].
#[expect(clippy::type_complexity, reason = "two plain lists")]
pub fn corpus_and_rows<'a, S: CorpusStage>(
    options: Value,
    texts: &[impl Into<Given<'a>> + Clone],
) -> Result<(Vec<Done>, Vec<(String, Value)>), String> {
    let stage: S = build(options)?;
    let texts: Vec<Given<'_>> = texts.iter().map(|text| text.clone().into()).collect();
    let mut all = S::Gathered::default();
    for (given, seq) in texts.iter().zip(0..) {
        let mut gathered = S::Gathered::default();
        run(&stage, given, seq, |doc| {
            stage.observe(&mut gathered, doc)?;
            Ok(Verdict::Keep)
        })?;
        stage.merge(&mut all, gathered);
    }
    let learned = stage.learn(all).map_err(|err| err.message)?;
    let mut scratch = S::Scratch::default();
    let process = |(given, seq)| run(&stage, given, seq, |doc| stage.process(&learned, doc, &mut scratch));
    let done = texts.iter().zip(0..).map(process).collect::<Result<_, _>>()?;
    Ok((done, finished(&S::INFO, |tables| stage.finish(&learned, tables))?))
}

fn run<S: Stage>(
    stage: &S,
    given: &Given<'_>,
    seq: u64,
    work: impl FnOnce(&mut Doc<'_>) -> Result<Verdict, StageError>,
) -> Result<Done, String> {
    let (info, text, reads) = (&S::INFO, given.text, stage.reads());
    let mut found = Found::default();
    found.clear(info);
    found.begin();
    let result = work(&mut Doc {
        text,
        id: &seq.to_string(),
        seq,
        index: 0,
        info,
        field_names: &reads,
        fields: reads.iter().map(|field| given.json_of(field)).collect(),
        spans: given.spans_of(info),
        found: &mut found,
    });
    let verdict = found.settle(result)?;
    sound(text, &found)?;
    Ok(done(info, text, verdict, &found))
}

/// What the program checks of ranges, for authors to see it in their own tests.
fn sound(text: &str, found: &Found) -> Result<(), String> {
    let mut end = 0;
    for range in found.edits.iter().map(|edit| &edit.range) {
        if range.start < end {
            return Err(format!("the edit of {range:?} starts before the one before it ends, at {end}"));
        }
        end = range.end;
    }
    let ranges = found.edits.iter().map(|edit| &edit.range).chain(found.spans.iter().map(|span| &span.range));
    match ranges.into_iter().find(|range| text.get((*range).clone()).is_none()) {
        Some(range) => Err(format!("{range:?} is outside the text, or cuts a character")),
        None => Ok(()),
    }
}

fn done(info: &StageInfo, text: &str, verdict: Verdict, found: &Found) -> Done {
    let json = |text: &str| serde_json::from_str(text).unwrap_or_default();
    let mut edited = text.to_owned();
    for edit in found.edits.iter().rev() {
        edited.replace_range(edit.range.clone(), found.kept(&edit.text));
    }
    let annotation = |span: &crate::doc::FoundSpan| {
        let attributes = json(&format!("{{{}}}", found.kept(&span.attributes)));
        let layer = info.layers[span.layer as usize].to_owned();
        (layer, found.kept(&span.name).to_owned(), span.range.clone(), attributes)
    };
    let edit = |edit: &crate::doc::FoundEdit| {
        let rule = info.rules[edit.rule as usize].to_owned();
        (rule, edit.range.clone(), found.kept(&edit.text).to_owned())
    };
    let counters = info.counters.iter().zip(&found.counts).filter(|(_, count)| **count > 0);
    Done {
        verdict,
        text: edited,
        annotations: found.spans.iter().map(annotation).collect(),
        fields: found
            .values
            .iter()
            .map(|value| (info.fields[value.field as usize].to_owned(), json(found.kept(&value.json))))
            .collect(),
        edits: found.edits.iter().map(edit).collect(),
        counters: counters.map(|(name, count)| ((*name).to_owned(), *count)).collect(),
        rows: rows(info, found),
    }
}

fn rows(info: &StageInfo, found: &Found) -> Vec<(String, Value)> {
    let json = |range| serde_json::from_str(found.kept(range)).unwrap_or_default();
    found.rows.iter().map(|row| (info.tables[row.table as usize].to_owned(), json(&row.json))).collect()
}

/// What a stage says when the last document is through.
fn finished(
    info: &StageInfo,
    finish: impl FnOnce(&mut Tables<'_>) -> Result<(), StageError>,
) -> Result<Vec<(String, Value)>, String> {
    let mut found = Found::default();
    found.clear(info);
    found.begin();
    let result = finish(&mut Tables { info, found: &mut found });
    found.settle(result.map(|()| Verdict::Keep))?;
    Ok(rows(info, &found))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{OptionError, Span};

    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Options {
        cut: Range<usize>,
    }

    /// Cuts a range out, marks sentences again, and copies a field.
    struct Copies(Range<usize>);

    impl Stage for Copies {
        type Options = Options;
        const INFO: StageInfo = StageInfo {
            layers: &["copies"],
            fields: &["metadata.copy"],
            needs: &["sentences"],
            rules: &["cut"],
            ..StageInfo::new("copies")
        };

        fn build(options: Options, _host: &Host) -> Result<Self, OptionError> {
            Ok(Copies(options.cut))
        }

        fn reads(&self) -> Vec<String> {
            vec!["metadata.site".to_owned()]
        }
    }

    impl DocumentStage for Copies {
        type Scratch = ();

        fn process(&self, doc: &mut Doc<'_>, _scratch: &mut ()) -> Result<Verdict, StageError> {
            for span in doc.layer("sentences") {
                doc.annotate("copies", Span::new(span.range));
            }
            doc.set("metadata.copy", doc.field::<String>("metadata.site"));
            doc.remove(self.0.clone(), "cut");
            Ok(Verdict::Keep)
        }
    }

    #[test]
    fn layers_and_fields_that_are_given_are_seen() {
        let given =
            Given::text("Ré. Mi.").layer("sentences", [0..4, 5..8]).field("metadata.site", json!("a.org"));
        let done = document::<Copies>(json!({"cut": {"start": 0, "end": 5}}), given).unwrap();
        assert_eq!((done.spans("copies"), &*done.text), (vec![0..4, 5..8], "Mi."));
        assert_eq!(done.field("metadata.copy"), json!("a.org"));
    }

    #[test]
    fn edits_that_the_program_would_refuse_are_errors() {
        let error = |start: usize, end: usize| {
            document::<Copies>(json!({"cut": {"start": start, "end": end}}), "Ré. Mi.").unwrap_err()
        };
        assert_eq!(error(0, 2), "0..2 is outside the text, or cuts a character");
        assert_eq!(error(8, 9), "8..9 is outside the text, or cuts a character");
    }
}
