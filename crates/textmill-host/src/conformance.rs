//! Tries a stage hard: what `textmill plugin check` runs.
//!
//! In goes any stage of any plugin, with options; out comes a list of checks that passed, failed with a message, or
//! had nothing to try on such a stage. The stage is called through the same [`Instance`] as in a run, so every edit
//! and span is checked by the same code, and an answer that would fail a document there fails a check here.
//!
//! The texts are made in code from a fixed seed: the same checks on every machine, and nothing to install.
//!
//! Not here: whether the stage does its job well, and how fast. A plugin that overflows its stack, aborts or writes
//! where it should not takes the program with it; nothing can catch that.

mod texts;
mod trial;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use textmill_model::{Batch, Document, StageEntry, StageKind};

use crate::{CallError, CreateError, Environment, Instance, Plugins};
use trial::{Merge, Split};

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was tried, as a statement that should hold.
    pub name: &'static str,
    /// What came of it.
    pub outcome: CheckOutcome,
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckOutcome {
    /// It holds.
    Passed,
    /// It does not, as this message shows.
    Failed(String),
    /// There was nothing to try, for this reason.
    Skipped(String),
}

/// Tries a stage of `plugins`, made with `options`, check by check as they are asked for. A few seconds in a release
/// build.
///
/// `begin` gets the name of each check before it is tried: of one that does not come back, nothing else is known.
pub fn conformance<'a>(
    plugins: &'a Plugins,
    stage: &'a Arc<StageEntry>,
    options: &'a Value,
    mut begin: impl FnMut(&'static str) + 'a,
) -> impl Iterator<Item = Check> + 'a {
    static TRIALS: AtomicU32 = AtomicU32::new(0);
    let number = TRIALS.fetch_add(1, Ordering::Relaxed);
    let scratch = std::env::temp_dir().join(format!("textmill-check-{}-{number}", std::process::id()));
    let subject = Subject { plugins, stage, options, scratch };
    let usable = subject.create();
    let outcome = move |(name, needs_instance, try_it): &(&'static str, bool, Try)| {
        begin(name);
        let result = match &usable {
            Err(_) if *needs_instance => Err(Stop::NothingToTry("the stage can't be made".to_owned())),
            _ => try_it(&subject),
        };
        let outcome = match result {
            Ok(()) => CheckOutcome::Passed,
            Err(Stop::Fault(message)) => CheckOutcome::Failed(message),
            Err(Stop::NothingToTry(reason)) => CheckOutcome::Skipped(reason),
        };
        Check { name, outcome }
    };
    CHECKS.iter().map(outcome)
}

type Try = fn(&Subject<'_>) -> Result<(), Stop>;

/// Each check: what should hold, whether it takes an instance, and how it is tried.
const CHECKS: [(&str, bool, Try); 21] = [
    ("the descriptor is sound", false, descriptor),
    ("the options schema is sound", false, schema),
    ("no options are accepted, and so are the schema's defaults", false, defaults),
    ("these options are accepted", false, |it| it.create().map(|_| ())),
    ("an empty batch is no trouble", true, empty_batch),
    ("an empty text is no trouble", true, |it| it.survives(&[""])),
    ("10 MB on one line are no trouble", true, |it| it.survives_growing(10_000_000, |n| texts::long(" ", n))),
    ("10 MB in many lines are no trouble", true, |it| {
        it.survives_growing(10_000_000, |n| texts::long("\n", n))
    }),
    ("combining characters are no trouble", true, |it| it.survives_all(&texts::COMBINING)),
    ("characters beyond the basic plane are no trouble", true, |it| it.survives_all(&texts::ASTRAL)),
    ("control characters are no trouble", true, |it| it.survives_all(&texts::CONTROL)),
    ("nothing but quotation marks is no trouble", true, |it| it.survives_all(&texts::QUOTATION_MARKS)),
    ("right-to-left text is no trouble", true, |it| it.survives_all(&texts::RIGHT_TO_LEFT)),
    ("edits, spans and values are sound on plain news", true, |it| it.survives_documents(texts::news(it))),
    ("the same again gives the same", true, same_again),
    ("workers, batches and merge orders do not show", true, splits_do_not_show),
    ("what it saves brings it back", true, saves_bring_it_back),
    ("it is made and ended 1,000 times", true, made_a_thousand_times),
    ("a worker is made and ended 1,000 times", true, worker_made_a_thousand_times),
    ("tokens that are not committed are dropped", true, tokens_dropped),
    ("it stops when the run is cancelled", true, stops_when_cancelled),
];

/// How long a text may take, whatever its length, and for each megabyte. A hundred times what stages need: only one
/// whose time grows with the square of the text is as slow as that.
const SECONDS_PER_TEXT: Duration = Duration::from_secs(1);
const SECONDS_PER_MEGABYTE: Duration = Duration::from_secs(10);

/// The stage that is tried.
struct Subject<'a> {
    plugins: &'a Plugins,
    stage: &'a Arc<StageEntry>,
    options: &'a Value,
    /// Where the stage may put files that pass.
    scratch: PathBuf,
}

impl Drop for Subject<'_> {
    fn drop(&mut self) {
        // Left behind at worst, in the place that the system clears.
        let _ = std::fs::remove_dir_all(&self.scratch);
    }
}

/// Why a check is over before its end.
enum Stop {
    Fault(String),
    NothingToTry(String),
}

impl From<String> for Stop {
    fn from(fault: String) -> Stop {
        Stop::Fault(fault)
    }
}

impl From<CallError> for Stop {
    fn from(err: CallError) -> Stop {
        Stop::Fault(err.to_string())
    }
}

impl From<CreateError> for Stop {
    fn from(err: CreateError) -> Stop {
        let option = err.pointer.strip_prefix('/').map(|it| format!("option `{it}`: ")).unwrap_or_default();
        Stop::Fault(option + &err.message)
    }
}

impl Subject<'_> {
    fn create(&self) -> Result<Instance, Stop> {
        self.create_with(self.options)
    }

    fn create_with(&self, options: &Value) -> Result<Instance, Stop> {
        let environment = Arc::new(Environment::new(|_, _, _| {}));
        environment.set_scratch(Some(&self.scratch));
        Ok(self.plugins.create(self.stage, &self.stage.name, options, &environment)?)
    }

    /// Each sample as it is, and repeated to a megabyte.
    fn survives_all(&self, samples: &[&str]) -> Result<(), Stop> {
        for sample in samples {
            self.survives(&[sample])?;
            self.survives_growing(1_000_000, |bytes| sample.repeat(bytes / sample.len()))?;
        }
        Ok(())
    }

    /// Longer and longer texts, up to `bytes_max`. An algorithm that goes back and forth over the text is told of at a
    /// size where it still comes to an end.
    fn survives_growing(&self, bytes_max: usize, text: impl Fn(usize) -> String) -> Result<(), Stop> {
        for bytes in [10_000, 100_000, 1_000_000, 10_000_000].into_iter().filter(|bytes| *bytes <= bytes_max)
        {
            let text = text(bytes);
            let limit = SECONDS_PER_TEXT + SECONDS_PER_MEGABYTE.mul_f64(bytes as f64 / 1e6);
            let mut took = self.time(&text)?;
            if took > limit {
                took = self.time(&text)?; // once more: something else may have kept the machine busy
            }
            if took > limit {
                let sample: String = text.chars().take(12).collect();
                let took = took.as_secs_f64();
                return Err(format!("it takes {took:.1} s for {bytes} bytes of {sample:?}…").into());
            }
        }
        Ok(())
    }

    fn time(&self, text: &str) -> Result<Duration, Stop> {
        let start = Instant::now();
        self.survives(&[text])?;
        Ok(start.elapsed())
    }

    fn survives(&self, texts: &[&str]) -> Result<(), Stop> {
        let documents = texts.iter().zip(0..).map(|(text, seq)| texts::document(self, seq, text));
        self.survives_documents(documents.collect())
    }

    /// A stage may refuse a document with an error, but it must neither panic nor answer nonsense.
    fn survives_documents(&self, documents: Vec<Document>) -> Result<(), Stop> {
        let ran = trial::run(&self.create()?, &documents, Split::whole(documents.len()))?;
        match ran.faults.into_iter().next() {
            Some(fault) => Err(fault.into()),
            None => Ok(()),
        }
    }
}

fn descriptor(it: &Subject<'_>) -> Result<(), Stop> {
    let StageEntry { name, summary, plugin, layers, fields, .. } = it.stage.as_ref();
    for (what, name) in [("plugin", &*plugin.name), ("stage", name)] {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
        if !name.chars().all(plain) {
            return Err(
                format!("the {what} name `{name}` has other characters than a-z, 0-9, _ and -").into()
            );
        }
    }
    if summary.is_empty() || summary.contains('\n') {
        return Err("the summary is not one line".to_owned().into());
    }
    if plugin.version.is_empty() {
        return Err("the plugin has no version".to_owned().into());
    }
    names_are_sound(it.stage)?;
    let below = |field: &str, layer: &str| {
        let rest = field.strip_prefix("annotations.").and_then(|path| path.strip_prefix(layer));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    for layer in layers {
        if let Some(field) = fields.iter().find(|field| below(field, layer)) {
            return Err(format!("field `{field}` is inside layer `{layer}`, which is a list").into());
        }
    }
    Ok(())
}

fn names_are_sound(stage: &StageEntry) -> Result<(), Stop> {
    let StageEntry { layers, fields, needs, uses, rules, drop_reasons, counters, tables, .. } = stage;
    let lists = [
        ("layer", layers),
        ("field", fields),
        ("needed layer", needs),
        ("used layer", uses),
        ("rule", rules),
        ("drop reason", drop_reasons),
        ("counter", counters),
        ("table", tables),
    ];
    for (what, names) in lists {
        let mut seen = BTreeSet::new();
        for name in names {
            if name.split('.').any(str::is_empty) {
                return Err(format!("the {what} `{name}` has an empty part").into());
            }
            if !seen.insert(name) {
                return Err(format!("the {what} `{name}` stands twice").into());
            }
        }
    }
    let reserved = |reason: &&Arc<str>| FAILURES.contains(&&***reason);
    match drop_reasons.iter().find(reserved) {
        Some(reason) => Err(format!("the drop reason `{reason}` is a reason of failures").into()),
        None => Ok(()),
    }
}

/// Why documents and records fail. A drop for a reason of the same name would look like a failure in reports.
const FAILURES: [&str; 6] = ["failed", "panicked", "unsound_answer", "malformed", "unreadable", "too_large"];

fn schema(it: &Subject<'_>) -> Result<(), Stop> {
    let schema = &it.stage.options_schema;
    if schema["type"] != "object" {
        return Err("it does not say `\"type\": \"object\"`".to_owned().into());
    }
    if schema["additionalProperties"] != false {
        return Err("it lets unknown options through: `deny_unknown_fields` is missing".to_owned().into());
    }
    for (option, about) in properties(schema) {
        if about["description"].as_str().unwrap_or_default().is_empty() {
            return Err(format!("option `{option}` has no description: give it a doc comment").into());
        }
    }
    Ok(())
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

fn defaults(it: &Subject<'_>) -> Result<(), Stop> {
    let schema = &it.stage.options_schema;
    if schema["required"].as_array().is_some_and(|required| !required.is_empty()) {
        return Err(Stop::NothingToTry("the stage has options that must be given".to_owned()));
    }
    it.create_with(&json!({}))?;
    let defaults = properties(schema)
        .filter_map(|(option, about)| about.get("default").map(|default| (option.clone(), default.clone())));
    it.create_with(&Value::Object(defaults.collect::<Map<_, _>>()))?;
    Ok(())
}

fn empty_batch(it: &Subject<'_>) -> Result<(), Stop> {
    trial::run(&it.create()?, &[], Split::whole(1))?;
    let instance = it.create()?;
    let (batch, mut worker) = (Batch::default(), instance.worker());
    match it.stage.kind {
        StageKind::Document => drop(instance.process(&mut worker, &batch)?),
        StageKind::Ordered => {
            let token = instance.prepare(&mut worker, &batch)?;
            instance.commit(&batch, token)?;
        }
        StageKind::Corpus => instance.observe(&mut worker, &batch)?,
    }
    Ok(())
}

fn same_again(it: &Subject<'_>) -> Result<(), Stop> {
    let documents = texts::news(it);
    let whole = Split::whole(documents.len());
    let first = trial::run(&it.create()?, &documents, whole)?;
    let second = trial::run(&it.create()?, &documents, whole)?;
    Ok(first.same_as(&second, "a second run")?)
}

fn splits_do_not_show(it: &Subject<'_>) -> Result<(), Stop> {
    let documents = texts::news(it);
    let whole = trial::run(&it.create()?, &documents, Split::whole(documents.len()))?;
    let merges: &[Merge] = match it.stage.kind {
        StageKind::Corpus => &[Merge::FirstToLast, Merge::LastToFirst, Merge::Pairs],
        _ => &[Merge::FirstToLast],
    };
    for workers in [1, 2, 7] {
        for documents_per_batch in [1, 7, 64] {
            for &merge in merges {
                let split = Split { workers, documents_per_batch, merge };
                let ran = trial::run(&it.create()?, &documents, split)?;
                whole.same_as(&ran, &split.to_string())?;
            }
        }
    }
    Ok(())
}

/// A run that is cut short anywhere goes on as if nothing had been.
fn saves_bring_it_back(it: &Subject<'_>) -> Result<(), Stop> {
    if !it.create()?.saves() {
        let reason = "it does not save what it remembers: a run that was cut short begins its pass anew";
        return Err(Stop::NothingToTry(reason.to_owned()));
    }
    let documents = texts::news(it);
    let whole = trial::run(&it.create()?, &documents, Split::whole(documents.len()))?;
    for every in [1, 5] {
        let ran = trial::run_in_pieces(&|| it.create(), &documents, every)?;
        whole.same_as(&ran, &format!("a new instance, restored from saves, after every {every} batches"))?;
    }
    Ok(())
}

fn made_a_thousand_times(it: &Subject<'_>) -> Result<(), Stop> {
    for _ in 0..1000 {
        it.create()?;
    }
    Ok(())
}

fn worker_made_a_thousand_times(it: &Subject<'_>) -> Result<(), Stop> {
    let instance = it.create()?;
    for _ in 0..1000 {
        drop(instance.worker());
    }
    Ok(())
}

fn tokens_dropped(it: &Subject<'_>) -> Result<(), Stop> {
    if it.stage.kind != StageKind::Ordered {
        return Err(Stop::NothingToTry("only ordered stages make tokens".to_owned()));
    }
    let (instance, documents) = (it.create()?, texts::news(it));
    let mut worker = instance.worker();
    for batch in trial::batches(&documents, 7) {
        drop(instance.prepare(&mut worker, &batch)?);
    }
    Ok(())
}

fn stops_when_cancelled(it: &Subject<'_>) -> Result<(), Stop> {
    let environment = Arc::new(Environment::new(|_, _, _| {}));
    let instance = it.plugins.create(it.stage, &it.stage.name, it.options, &environment)?;
    let documents = texts::news(it);
    let batch = trial::batches(&documents, documents.len()).remove(0);
    let mut worker = instance.worker();
    environment.cancel();
    let stopped = match it.stage.kind {
        StageKind::Document => instance.process(&mut worker, &batch).err(),
        StageKind::Ordered => instance.prepare(&mut worker, &batch).err(),
        StageKind::Corpus => instance.observe(&mut worker, &batch).err(),
    };
    match stopped {
        Some(CallError::Cancelled) => Ok(()),
        Some(err) => Err(err.into()),
        None => Err(format!("it worked on through a batch of {} documents", documents.len()).into()),
    }
}
