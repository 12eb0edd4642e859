//! One small stage of each kind, and some that misbehave.

use std::collections::{BTreeMap, BTreeSet};

use textmill_sdk::prelude::*;

#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NoOptions {}

/// Does to each document what its text says.
pub(crate) struct Picky;

impl Stage for Picky {
    type Options = NoOptions;
    const INFO: StageInfo = StageInfo {
        layers: &["words"],
        fields: &["annotations.picky.bytes"],
        drop_reasons: &["told_to"],
        counters: &["seen"],
        ..StageInfo::new("picky")
    };

    fn build(_: NoOptions, _: &Host) -> Result<Self, OptionError> {
        Ok(Picky)
    }
}

impl DocumentStage for Picky {
    type Scratch = ();

    fn process(&self, doc: &mut Doc<'_>, _: &mut ()) -> Result<Verdict, StageError> {
        doc.count("seen", 1);
        doc.set("annotations.picky.bytes", doc.text().len());
        match doc.text().split(' ').next() {
            Some("fail") => return Err(StageError::new("told to fail")),
            Some("panic") => panic!("told to panic"),
            Some("drop") => return Ok(Verdict::Drop("told_to")),
            _ => {}
        }
        let mut at = 0;
        for word in doc.text().split(' ') {
            doc.annotate("words", Span::new(at..at + word.len()));
            at += word.len() + 1;
        }
        Ok(Verdict::Keep)
    }
}

/// Keeps the first document of each text. Saves what it remembers.
pub(crate) struct First;

/// The texts that were seen, and those of them that were not saved.
#[derive(Default)]
pub(crate) struct Seen {
    texts: BTreeSet<String>,
    unsaved: Vec<String>,
}

impl Stage for First {
    type Options = NoOptions;
    const INFO: StageInfo = StageInfo {
        fields: &["annotations.first.number"],
        drop_reasons: &["seen_before"],
        tables: &["texts", "counts"],
        ..StageInfo::new("first")
    };

    fn build(_: NoOptions, _: &Host) -> Result<Self, OptionError> {
        Ok(First)
    }
}

impl OrderedStage for First {
    type Scratch = ();
    type Token = String;
    type State = Seen;

    fn state(&self) -> Seen {
        Seen::default()
    }

    fn prepare(&self, doc: &Doc<'_>, _: &mut ()) -> Result<String, StageError> {
        Ok(doc.text().to_owned())
    }

    fn commit(&self, seen: &mut Seen, doc: &mut Doc<'_>, text: String) -> Result<Verdict, StageError> {
        doc.set("annotations.first.number", seen.texts.len());
        doc.row("texts", &text);
        if !seen.texts.insert(text.clone()) {
            return Ok(Verdict::Drop("seen_before"));
        }
        seen.unsaved.push(text);
        Ok(Verdict::Keep)
    }

    fn finish(&self, seen: &mut Seen, tables: &mut Tables<'_>) -> Result<(), StageError> {
        tables.row("counts", seen.texts.len());
        Ok(())
    }

    const SAVES: bool = true;

    fn save(&self, seen: &mut Seen, out: &mut dyn FnMut(&[u8])) {
        seen.unsaved.drain(..).for_each(|text| out(text.as_bytes()));
    }

    fn restore(&self, seen: &mut Seen, saved: &[u8]) -> Result<(), StageError> {
        seen.texts.insert(std::str::from_utf8(saved)?.to_owned());
        Ok(())
    }
}

/// Removes the first line of a text when three documents start with it.
pub(crate) struct Common;

impl Stage for Common {
    type Options = NoOptions;
    const INFO: StageInfo =
        StageInfo { rules: &["common_line"], tables: &["common"], ..StageInfo::new("common") };

    fn build(_: NoOptions, _: &Host) -> Result<Self, OptionError> {
        Ok(Common)
    }
}

impl CorpusStage for Common {
    type Gathered = BTreeMap<String, usize>;
    type Learned = BTreeMap<String, usize>;
    type Scratch = ();

    fn observe(&self, lines: &mut Self::Gathered, doc: &Doc<'_>) -> Result<(), StageError> {
        if let Some((line, _)) = doc.text().split_once('\n') {
            *lines.entry(line.to_owned()).or_default() += 1;
        }
        Ok(())
    }

    fn merge(&self, into: &mut Self::Gathered, from: Self::Gathered) {
        for (line, count) in from {
            *into.entry(line).or_default() += count;
        }
    }

    fn learn(&self, lines: Self::Gathered) -> Result<Self::Learned, StageError> {
        Ok(lines)
    }

    fn process(&self, lines: &Self::Learned, doc: &mut Doc<'_>, _: &mut ()) -> Result<Verdict, StageError> {
        if let Some((line, _)) = doc.text().split_once('\n').filter(|(line, _)| lines[*line] >= 3) {
            doc.remove(0..line.len() + 1, "common_line");
        }
        Ok(Verdict::Keep)
    }

    fn finish(&self, lines: &Self::Learned, tables: &mut Tables<'_>) -> Result<(), StageError> {
        lines.iter().for_each(|line| tables.row("common", line));
        Ok(())
    }
}

/// An ordered stage whose decision panics.
pub(crate) struct Brittle;

impl Stage for Brittle {
    type Options = NoOptions;
    const INFO: StageInfo = StageInfo::new("brittle");

    fn build(_: NoOptions, _: &Host) -> Result<Self, OptionError> {
        Ok(Brittle)
    }
}

impl OrderedStage for Brittle {
    type Scratch = ();
    type Token = ();
    type State = ();

    fn state(&self) {}

    fn prepare(&self, _: &Doc<'_>, _: &mut ()) -> Result<(), StageError> {
        Ok(())
    }

    fn commit(&self, _: &mut (), doc: &mut Doc<'_>, _: ()) -> Result<Verdict, StageError> {
        assert!(doc.id() != "f", "told to panic");
        Ok(Verdict::Keep)
    }
}

/// A stage that wants the run to end; stands for a user who does.
pub(crate) struct Canceller(Host);

impl Stage for Canceller {
    type Options = NoOptions;
    const INFO: StageInfo = StageInfo::new("canceller");

    fn build(_: NoOptions, host: &Host) -> Result<Self, OptionError> {
        Ok(Canceller(host.clone()))
    }
}

impl DocumentStage for Canceller {
    type Scratch = ();

    fn process(&self, _: &mut Doc<'_>, _: &mut ()) -> Result<Verdict, StageError> {
        self.0.info("cancel");
        Ok(Verdict::Keep)
    }
}

textmill_sdk::plugin! {
    name: "test_stages",
    stages: [document Picky, ordered First, corpus Common, ordered Brittle, document Canceller]
}
