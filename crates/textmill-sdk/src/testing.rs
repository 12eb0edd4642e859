//! Runs a stage on a text, without a program around it: for an author's own tests.
//!
//! What is tested is the stage itself. How it behaves across the boundary, over threads and on odd texts,
//! `textmill plugin check` tries on the built library.

use std::ops::Range;

use serde_json::Value;

use crate::doc::Found;
use crate::{CorpusStage, Doc, DocumentStage, Host, OrderedStage, Stage, StageError, StageInfo, Verdict};

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
/// When the stage can't be built, or fails on the text.
pub fn document<S: DocumentStage>(options: Value, text: &str) -> Result<Done, String> {
    let stage: S = build(options)?;
    run(&S::INFO, text, 0, |doc| stage.process(doc, &mut S::Scratch::default()))
}

/// Runs an ordered stage on texts, first to last. Their ids are their numbers: `0`, `1` …
///
/// # Errors
///
/// When the stage can't be built, or fails on a text.
pub fn ordered<S: OrderedStage>(options: Value, texts: &[&str]) -> Result<Vec<Done>, String> {
    let stage: S = build(options)?;
    let (mut state, mut scratch) = (stage.state(), S::Scratch::default());
    let commit = |(i, text): (usize, &&str)| {
        run(&S::INFO, text, i as u64, |doc| {
            let token = stage.prepare(doc, &mut scratch)?;
            stage.commit(&mut state, doc, token)
        })
    };
    texts.iter().enumerate().map(commit).collect()
}

/// Runs a corpus stage on texts: shows it all of them, then lets it work on each.
///
/// # Errors
///
/// When the stage can't be built or learn, or fails on a text.
pub fn corpus<S: CorpusStage>(options: Value, texts: &[&str]) -> Result<Vec<Done>, String> {
    let stage: S = build(options)?;
    let mut all = S::Gathered::default();
    for (i, text) in texts.iter().enumerate() {
        let mut gathered = S::Gathered::default();
        run(&S::INFO, text, i as u64, |doc| {
            stage.observe(&mut gathered, doc)?;
            Ok(Verdict::Keep)
        })?;
        stage.merge(&mut all, gathered);
    }
    let learned = stage.learn(all).map_err(|err| err.message)?;
    let mut scratch = S::Scratch::default();
    let process = |(i, text): (usize, &&str)| {
        run(&S::INFO, text, i as u64, |doc| stage.process(&learned, doc, &mut scratch))
    };
    texts.iter().enumerate().map(process).collect()
}

fn run(
    info: &StageInfo,
    text: &str,
    seq: u64,
    work: impl FnOnce(&mut Doc<'_>) -> Result<Verdict, StageError>,
) -> Result<Done, String> {
    let mut found = Found::default();
    found.clear(info);
    found.begin();
    let result = work(&mut Doc {
        text,
        id: &seq.to_string(),
        seq,
        index: 0,
        info,
        field_names: &[],
        fields: Vec::new(),
        spans: Vec::new(),
        found: &mut found,
    });
    let verdict = found.settle(result)?;
    Ok(done(info, text, verdict, &found))
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
    }
}
