//! A plugin that panics where its options say, to try that nothing but messages comes of it.
//!
//! One stage of each kind: `faulty_document`, `faulty_ordered`, `faulty_corpus`. `{"at": "commit"}` makes the stage
//! panic in `commit`, on documents whose text is `panic`; steps without a document panic always.

use textmill_sdk::prelude::*;

textmill_sdk::plugin! {
    name: "faulty",
    stages: [document FaultyDocument, ordered FaultyOrdered, corpus FaultyCorpus]
}

/// Options of all three stages.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// The step to panic in.
    at: String,
}

impl Options {
    fn reach(&self, step: &str) {
        assert!(self.at != step, "oh no, {step}");
    }

    fn reach_with(&self, step: &str, doc: &Doc<'_>) {
        if doc.text() == "panic" {
            self.reach(step);
        }
    }
}

/// Panics when it is dropped, if told to.
#[derive(Debug, Default)]
pub struct Bomb(Option<Options>, &'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        if let Some(options) = &self.0 {
            options.reach(self.1);
        }
    }
}

/// Works on each document for itself.
pub struct FaultyDocument(Options);

impl Stage for FaultyDocument {
    type Options = Options;
    const INFO: StageInfo = StageInfo {
        summary: "Panics",
        counters: &["seen"],
        rules: &["any"],
        ..StageInfo::new("faulty_document")
    };

    fn build(options: Options, _host: &Host) -> Result<Self, OptionError> {
        options.reach("build");
        Ok(FaultyDocument(options))
    }

    fn reads(&self) -> Vec<String> {
        self.0.reach("reads");
        Vec::new()
    }
}

impl Drop for FaultyDocument {
    fn drop(&mut self) {
        self.0.reach("drop");
    }
}

impl DocumentStage for FaultyDocument {
    type Scratch = Option<Bomb>;

    fn process(&self, doc: &mut Doc<'_>, scratch: &mut Option<Bomb>) -> Result<Verdict, StageError> {
        doc.count("seen", 1);
        if doc.text().starts_with(|first: char| first.is_ascii()) {
            doc.remove(0..1, "any");
        }
        *scratch = Some(Bomb(Some(self.0.clone()), "scratch_drop"));
        self.0.reach_with("process", doc);
        Ok(Verdict::Keep)
    }
}

/// Decides in corpus order.
pub struct FaultyOrdered(Options);

impl Stage for FaultyOrdered {
    type Options = Options;
    const INFO: StageInfo =
        StageInfo { summary: "Panics", tables: &["committed"], ..StageInfo::new("faulty_ordered") };

    fn build(options: Options, _host: &Host) -> Result<Self, OptionError> {
        Ok(FaultyOrdered(options))
    }
}

impl OrderedStage for FaultyOrdered {
    type Scratch = ();
    type Token = Bomb;
    type State = u64;

    fn state(&self) -> u64 {
        self.0.reach("state");
        0
    }

    fn prepare(&self, doc: &Doc<'_>, _scratch: &mut ()) -> Result<Bomb, StageError> {
        self.0.reach_with("prepare", doc);
        Ok(Bomb(Some(self.0.clone()), "token_drop"))
    }

    fn commit(&self, count: &mut u64, doc: &mut Doc<'_>, token: Bomb) -> Result<Verdict, StageError> {
        self.0.reach_with("commit", doc);
        drop(token);
        *count += 1;
        doc.row("committed", *count);
        Ok(Verdict::Keep)
    }

    fn finish(&self, count: &mut u64, tables: &mut Tables<'_>) -> Result<(), StageError> {
        self.0.reach("finish");
        tables.row("committed", json!({ "all": count }));
        Ok(())
    }

    const SAVES: bool = true;

    fn save(&self, count: &mut u64, out: &mut dyn FnMut(&[u8])) {
        self.0.reach("save");
        out(&count.to_le_bytes());
    }

    fn restore(&self, count: &mut u64, saved: &[u8]) -> Result<(), StageError> {
        self.0.reach("restore");
        *count = u64::from_le_bytes(saved.try_into()?);
        Ok(())
    }

    fn publish(&self, _count: &mut u64) -> Result<(), StageError> {
        self.0.reach("publish");
        Ok(())
    }
}

/// Sees all documents first.
pub struct FaultyCorpus(Options);

impl Stage for FaultyCorpus {
    type Options = Options;
    const INFO: StageInfo = StageInfo { summary: "Panics", ..StageInfo::new("faulty_corpus") };

    fn build(options: Options, _host: &Host) -> Result<Self, OptionError> {
        Ok(FaultyCorpus(options))
    }
}

impl CorpusStage for FaultyCorpus {
    type Gathered = u64;
    type Learned = u64;
    type Scratch = ();

    fn observe(&self, gathered: &mut u64, doc: &Doc<'_>) -> Result<(), StageError> {
        self.0.reach_with("observe", doc);
        *gathered += 1;
        Ok(())
    }

    fn merge(&self, into: &mut u64, from: u64) {
        self.0.reach("merge");
        *into += from;
    }

    fn learn(&self, gathered: u64) -> Result<u64, StageError> {
        self.0.reach("learn");
        Ok(gathered)
    }

    fn process(&self, _: &u64, doc: &mut Doc<'_>, _: &mut ()) -> Result<Verdict, StageError> {
        self.0.reach_with("process", doc);
        Ok(Verdict::Keep)
    }
}
