//! textmill plugin: removes boilerplate.
//!
//! Two stages. `clean` looks at one document: its lines, its credits, its white space. `boilerplate` looks at the
//! whole corpus first and then removes the lines that sites repeat from document to document.
//!
//! Every removal is an edit under a rule (see [`rule`]), and no rule takes a line with a quotation in it (see
//! [`quotation`]). All that knows text lives in modules that know no document; this file makes stages of them.

pub mod cleaner;
pub mod control;
pub mod credits;
pub mod cuts;
pub mod edit;
pub mod ending;
pub mod fates;
pub mod features;
pub mod fold;
pub mod known_lines;
pub mod layout;
pub mod lexicon;
pub mod lines;
pub mod links;
pub mod lists;
pub mod markup;
pub mod mojibake;
pub mod nfc;
pub mod notes;
pub mod phrases;
pub mod quotation;
pub mod repeated;
pub mod reporters;
pub mod rule;
pub mod shape;
pub mod site;
pub mod stamps;
pub mod tails;
pub mod tally;
pub mod trees;
pub mod watch;

use cleaner::Cleaner;
use edit::Edit;
use known_lines::KnownLines;
use layout::Model;
use phrases::{NEWS, Phrases};
use regex::Regex;
use repeated::{Limits, Seen};
use rule::Rule;
use site::Site;
use textmill_sdk::prelude::*;

/// Options of stage `clean`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CleanOptions {
    /// Which built-in rules are on.
    preset: Preset,
    /// Phrases of your own. A line that is such a phrase goes, and so does a line that contains it and has few words
    /// more. Case, punctuation and spacing do not matter; ` .. ` inside a phrase stands for any words.
    phrases: Vec<String>,
    /// Patterns of your own: regular expressions, looked for line by line. What matches goes; a line of which
    /// nothing else is left goes as a whole. `(?i)` at the start ignores case, `^` and `$` are the ends of the line.
    patterns: Vec<String>,
    /// A file of lines to remove, such as the table `lines` that stage `boilerplate` leaves in the run folder: one
    /// JSON object a line, with `line` and, to remove it from one site only, `site`. Case, punctuation and a single
    /// number do not matter. A line with a quotation in it stays.
    lines: Option<String>,
    /// Which field tells the site of a document for `lines`; as in stage `boilerplate`, but for folders, of which only
    /// the name counts: a file that was learned in one place does its work in another.
    site: String,
    /// Remove notes about the text: "Editor's note: …", "This story has been updated …", and at its end who wrote it and
    /// who else reported. Also behind the last sentence of a line.
    notes: bool,
    /// Remove titles of other stories: behind a label such as "Read more:", and in a list at the end of the text.
    titles: bool,
    /// Remove by-lines at the top and the end of the text: "By Jo Nes", "Reuters". Off, since who wrote a text is worth
    /// knowing.
    bylines: bool,
    /// Remove lines at the top and the end of the text that only say when it was published. Off, since readers who were
    /// asked called them part of the text.
    time_stamps: bool,
    /// Remove picture credits, such as "Photo credit: gov.kz", alone on a line or at the end of a caption.
    credits: bool,
    /// Remove the dateline in front of the first sentence: "GENEVA, May 3 (Agency) – ".
    dateline: bool,
    /// Remove tags that were left in the text, such as `<b>` and `</p>`; what stands between them stays.
    markup: bool,
    /// Remove white space at the ends of lines and of the text, and all blank lines in a row but one; write every
    /// line end as a line feed.
    white_space: bool,
    /// Remove characters that nobody can see, and repair quotation marks and dashes that came as control characters.
    control: bool,
    /// Repair text that was UTF-8 and was read as Windows-1252: "donâ€™t".
    mojibake: bool,
    /// Write characters in Unicode's normal form C: é as one code point.
    nfc: bool,
    /// Write what was removed into the table `removed` of the run folder: document, rule and text. White space and
    /// single characters are left out.
    removed: bool,
}

/// A choice of built-in rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// As `light`, and where a whole page was taken for its text, the lines of the page around the text: menus,
    /// teasers, comments. A trained model tells them apart.
    News,
    /// The phrases that news pages leave behind: share buttons, newsletters, cookie notices, small print.
    Light,
    /// None: only your own phrases, and whatever else you leave on.
    Off,
}

impl Default for CleanOptions {
    fn default() -> Self {
        CleanOptions {
            preset: Preset::News,
            phrases: Vec::new(),
            patterns: Vec::new(),
            lines: None,
            site: "origin.path".to_owned(),
            notes: true,
            titles: true,
            bylines: false,
            time_stamps: false,
            credits: true,
            dateline: false,
            markup: true,
            white_space: true,
            control: true,
            mojibake: true,
            nfc: false,
            removed: false,
        }
    }
}

/// Removes lines and spans that belong to a page, not to its text.
#[derive(Debug)]
pub struct Clean {
    cleaner: Cleaner,
    site: Site,
    writes_removed: bool,
}

impl Stage for Clean {
    type Options = CleanOptions;

    const INFO: StageInfo = StageInfo {
        summary: "Removes share buttons, newsletter lines, credits and stray white space",
        rules: &RULES,
        counters: &RULES,
        tables: &["removed"],
        ..StageInfo::new("clean")
    };

    fn build(options: CleanOptions, host: &Host) -> Result<Self, OptionError> {
        let mut phrases = Phrases::default();
        for (i, phrase) in options.phrases.iter().enumerate() {
            phrases.add_user(phrase).map_err(|err| OptionError::new(&format!("/phrases/{i}"), err))?;
        }
        let built_in = options.preset != Preset::Off;
        if built_in {
            phrases.add_file(NEWS).map_err(|err| OptionError::new("preset", err))?;
        }
        let mut patterns = Vec::new();
        for (i, pattern) in options.patterns.iter().enumerate() {
            patterns
                .push(pattern_of(pattern).map_err(|err| OptionError::new(&format!("/patterns/{i}"), err))?);
        }
        let known_lines = options.lines.as_deref().map(|path| KnownLines::read(&host.folder().join(path)));
        let known_lines = known_lines.transpose().map_err(|err| {
            OptionError::new("lines", err)
                .hint("each line reads {\"site\": …, \"line\": …}; `site` may be missing")
        })?;
        let news = (options.preset == Preset::News).then(|| Model::from_text(layout::NEWS));
        let layout = news.transpose().map_err(|err| OptionError::new("preset", err))?;
        let CleanOptions { notes, titles, bylines, time_stamps, credits, dateline, markup, .. } = options;
        let CleanOptions { white_space, control, mojibake, nfc, .. } = options;
        let cleaner = Cleaner {
            phrases,
            patterns,
            known_lines: known_lines.unwrap_or_default(),
            layout,
            notes: notes && built_in,
            titles: titles && built_in,
            bylines: bylines && built_in,
            time_stamps: time_stamps && built_in,
            credits: credits && built_in,
            datelines: dateline,
            markup: markup && built_in,
            white_space,
            control,
            mojibake: mojibake && built_in,
            nfc,
        };
        Ok(Clean { cleaner, site: Site::new(options.site), writes_removed: options.removed })
    }

    fn reads(&self) -> Vec<String> {
        if self.cleaner.known_lines.is_empty() { Vec::new() } else { vec![self.site.field().to_owned()] }
    }
}

/// # Errors
///
/// What is wrong with the pattern, without the drawing that the library makes of it.
fn pattern_of(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern).map_err(|err| {
        let why = err.to_string();
        let why = why.lines().last().unwrap_or_default();
        format!("`{pattern}` is no sound pattern: {}", why.strip_prefix("error: ").unwrap_or(why))
    })
}

impl DocumentStage for Clean {
    type Scratch = cleaner::Scratch;

    fn process(&self, doc: &mut Doc<'_>, scratch: &mut Self::Scratch) -> Result<Verdict, StageError> {
        let site = if self.cleaner.known_lines.is_empty() { String::new() } else { self.site.of(doc) };
        let edits = self.cleaner.clean(doc.text(), self.site.name(&site), scratch);
        put(doc, edits);
        if self.writes_removed {
            for edit in edits.iter().filter(|edit| edit.with.is_empty() && edit.rule.is_worth_telling()) {
                let (id, text) = (doc.id(), &doc.text()[edit.range.clone()]);
                doc.row("removed", Removed { id, rule: edit.rule.name(), text: text.trim() });
            }
        }
        Ok(Verdict::Keep)
    }
}

/// A row of the table `removed`.
#[derive(Serialize)]
struct Removed<'a> {
    id: &'a str,
    rule: &'static str,
    text: &'a str,
}

/// Options of stage `boilerplate`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BoilerplateOptions {
    /// Lines are learned for each site by itself. This field says which site a document is of: `metadata.site`, for
    /// instance. Of an address only the host counts, and of `origin.path` only the folder. Documents without the
    /// field are together one site.
    site: String,
    /// A line has to stand in at least this many documents of its site.
    documents_min: u32,
    /// A line has to stand in at least this share of the documents of its site, from 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    share_min: f64,
    /// A line of at most this many words also goes in the middle of a document, next to another repeated one.
    short_words_max: usize,
    /// So many other lines may stand between an edge of the document and a repeated line, or between two of these.
    gap_lines_max: usize,
    /// So many different lines are counted exactly, at about 20 bytes each and worker. Beyond that, a sketch of
    /// the same size counts so that lines may wrongly stay and hardly ever wrongly go.
    lines_max: usize,
}

impl Default for BoilerplateOptions {
    fn default() -> Self {
        let Limits { documents_min, share_min, short_words_max, gap_lines_max, lines_max } =
            Limits::default();
        let site = "origin.path".to_owned();
        BoilerplateOptions { site, documents_min, share_min, short_words_max, gap_lines_max, lines_max }
    }
}

/// Removes lines that a site repeats from document to document.
#[derive(Debug)]
pub struct Boilerplate {
    limits: Limits,
    site: Site,
}

impl Stage for Boilerplate {
    type Options = BoilerplateOptions;

    const INFO: StageInfo = StageInfo {
        summary: "Removes lines that a site repeats from document to document",
        rules: &[Rule::Repeated.name()],
        counters: &[Rule::Repeated.name()],
        tables: &["lines"],
        ..StageInfo::new("boilerplate")
    };

    fn build(options: BoilerplateOptions, _host: &Host) -> Result<Self, OptionError> {
        let BoilerplateOptions { site, documents_min, share_min, short_words_max, gap_lines_max, lines_max } =
            options;
        if documents_min < 2 {
            return Err(OptionError::new(
                "documents_min",
                "must be at least 2: a line in one document is not repeated",
            ));
        }
        if !(0.0..=1.0).contains(&share_min) {
            return Err(OptionError::new("share_min", "must be from 0 to 1"));
        }
        if lines_max < 1024 {
            return Err(OptionError::new("lines_max", "must be at least 1024"));
        }
        Ok(Boilerplate {
            limits: Limits { documents_min, share_min, short_words_max, gap_lines_max, lines_max },
            site: Site::new(site),
        })
    }

    fn reads(&self) -> Vec<String> {
        vec![self.site.field().to_owned()]
    }
}

impl CorpusStage for Boilerplate {
    type Gathered = (Seen, repeated::Scratch);
    type Learned = Seen;
    type Scratch = repeated::Scratch;

    fn observe(&self, (seen, scratch): &mut Self::Gathered, doc: &Doc<'_>) -> Result<(), StageError> {
        self.limits.observe(&self.site.of(doc), doc.text(), doc.seq(), seen, scratch);
        Ok(())
    }

    fn merge(&self, into: &mut Self::Gathered, from: Self::Gathered) {
        self.limits.merge(&mut into.0, from.0);
    }

    fn learn(&self, (seen, _): Self::Gathered) -> Result<Seen, StageError> {
        Ok(self.limits.learn(seen))
    }

    fn process(
        &self,
        learned: &Seen,
        doc: &mut Doc<'_>,
        scratch: &mut Self::Scratch,
    ) -> Result<Verdict, StageError> {
        let site = self.site.of(doc);
        put(doc, self.limits.remove(&site, doc.text(), learned, scratch));
        for (line, documents) in self.limits.first_seen(doc.text(), doc.seq(), learned, scratch) {
            doc.row("lines", LearnedLine { site: self.site.name(&site), line, documents });
        }
        Ok(Verdict::Keep)
    }
}

/// A row of the table `lines`; stage `clean` reads such rows with its option `lines`.
#[derive(Serialize)]
struct LearnedLine<'a> {
    site: &'a str,
    line: &'a str,
    documents: u32,
}

/// The names of the rules of `clean`, which are also the names under which removals are counted.
const RULES: [&str; Rule::OF_CLEAN.len()] = {
    let mut names = [""; Rule::OF_CLEAN.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = Rule::OF_CLEAN[i].name();
        i += 1;
    }
    names
};

fn put(doc: &mut Doc<'_>, edits: &[Edit]) {
    for edit in edits {
        doc.replace(edit.range.clone(), &edit.with, edit.rule.name());
        doc.count(edit.rule.name(), 1);
    }
}

textmill_sdk::plugin! { name: "clean", stages: [document Clean, corpus Boilerplate] }

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use textmill_sdk::testing;

    use super::*;

    const TEXT: &str = "Tell a friend\n\nRain fell in Riga. Photo: EPA \n\n\nOur daily letter: sign up!\n";

    #[test]
    fn clean_books_every_removal_under_its_rule() {
        let done = testing::document::<Clean>(json!({"phrases": ["our daily letter"]}), TEXT).unwrap();
        assert_eq!(done.text, "Rain fell in Riga.\n");
        let rules: Vec<_> = done.edits.iter().map(|edit| edit.0.as_str()).collect();
        assert_eq!(rules, ["share", "white_space", "credit", "white_space", "phrase"]);
        assert!(done.counters.contains(&("share".to_owned(), 1)));
    }

    #[test]
    fn without_a_preset_only_what_was_asked_for_goes() {
        let options =
            json!({"preset": "off", "white_space": false, "control": false, "phrases": ["sign up"]});
        let done = testing::document::<Clean>(options, TEXT).unwrap();
        assert_eq!(done.text, "Tell a friend\n\nRain fell in Riga. Photo: EPA \n\n\n");
    }

    #[test]
    fn options_that_make_no_sense_are_refused() {
        for options in [json!({"phrases": ["…"]}), json!({"preset": "loud"}), json!({"prest": "news"})] {
            assert!(testing::build::<Clean>(options.clone()).is_err(), "{options}");
        }
        let fault = testing::build::<Clean>(json!({"patterns": ["rain", "(rain"]})).unwrap_err();
        assert!(fault.contains("`(rain` is no sound pattern: unclosed group"), "{fault}");
        for options in [json!({"documents_min": 1}), json!({"share_min": 2.0}), json!({"lines_max": 0})] {
            assert!(testing::build::<Boilerplate>(options.clone()).is_err(), "{options}");
        }
    }

    #[test]
    fn boilerplate_removes_what_texts_share() {
        let texts =
            ["The Daily\nRain fell in Riga.", "The Daily\nSnow fell in Oslo.", "The Weekly\nMayor fined."];
        let done = testing::corpus::<Boilerplate>(json!({"documents_min": 2}), &texts).unwrap();
        let left: Vec<_> = done.iter().map(|done| done.text.as_str()).collect();
        assert_eq!(left, ["Rain fell in Riga.", "Snow fell in Oslo.", "The Weekly\nMayor fined."]);
        assert_eq!(done[0].edits[0].0, "repeated");
    }

    #[test]
    fn patterns_take_spans_and_whole_lines() {
        let options = json!({"patterns": ["^By [A-Z][a-z]+$", r"\[\d+\]", "(?i) read more$"]});
        let text = "By Ann\n\nRain fell.[1] It was wet.[22] READ MORE\nBy Ann we heard of it.\n";
        let done = testing::document::<Clean>(options, text).unwrap();
        assert_eq!(done.text, "Rain fell. It was wet.\nBy Ann we heard of it.\n");
        let err = testing::build::<Clean>(json!({"patterns": ["a", "(b"]})).unwrap_err();
        assert_eq!(err, "option `patterns/1`: `(b` is no sound pattern: unclosed group");
    }

    #[test]
    fn spans_inside_a_line_go_by_their_options() {
        let text = "Rain in Riga\n\nRIGA, May 3 (Agency) – Rain fell in <b>all</b> of the old town, and then in the new.\n";
        let done = testing::document::<Clean>(json!({"dateline": true}), text).unwrap();
        assert_eq!(done.text, "Rain in Riga\n\nRain fell in all of the old town, and then in the new.\n");
        let left = testing::document::<Clean>(json!({"markup": false}), text).unwrap();
        assert_eq!(left.text, text);
    }

    #[test]
    fn characters_are_mended() {
        let done =
            testing::document::<Clean>(json!({"nfc": true}), "â€œItâ€™s a cafe\u{301},â€\u{9d} she said.")
                .unwrap();
        assert_eq!(done.text, "“It’s a café,” she said.");
        let rules: Vec<_> = done.edits.iter().map(|edit| edit.0.as_str()).collect();
        assert_eq!(rules, ["mojibake", "mojibake", "nfc", "mojibake"]);
    }

    #[test]
    fn what_was_removed_can_be_looked_through() {
        let done =
            testing::document::<Clean>(json!({"removed": true, "phrases": ["our daily letter"]}), TEXT)
                .unwrap();
        let rows: Vec<String> = done.rows.iter().map(|(table, row)| format!("{table} {row}")).collect();
        expect![[r#"
            removed {"id":"0","rule":"share","text":"Tell a friend"}
            removed {"id":"0","rule":"credit","text":"Photo: EPA"}
            removed {"id":"0","rule":"phrase","text":"Our daily letter: sign up!"}"#]]
        .assert_eq(&rows.join("\n"));
        assert!(testing::document::<Clean>(json!({}), TEXT).unwrap().rows.is_empty());
    }

    #[test]
    fn learned_lines_are_known_to_a_later_run() {
        let texts =
            ["The Daily, 3 May\nRain fell in Riga.", "THE DAILY, 4 May\nSnow fell in Oslo.", "It was dry."];
        let done = testing::corpus::<Boilerplate>(json!({"documents_min": 2}), &texts).unwrap();
        let rows: Vec<String> =
            done.iter().flat_map(|done| &done.rows).map(|(_, row)| row.to_string()).collect();
        assert_eq!(rows, [r#"{"site":"","line":"The Daily, 3 May","documents":2}"#]);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lines.jsonl");
        std::fs::write(&file, rows.join("\n")).unwrap();
        let done =
            testing::document::<Clean>(json!({"lines": file}), "The Daily, 9 May\nSleet fell.").unwrap();
        assert_eq!(done.text, "Sleet fell.");
        let err = testing::build::<Clean>(json!({"lines": "nowhere.jsonl"})).unwrap_err();
        assert!(err.starts_with("option `lines`: cannot use `"), "{err}");
    }
}
