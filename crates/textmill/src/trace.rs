//! `textmill trace`: what each stage did to one document.
//!
//! The whole pipeline runs, and writes nothing. Of a text that a stage edited, the lines around its edits are shown,
//! with what went and by which rule: struck out in colour, or as `[-removed-]{rule}` without.

use std::fmt::{Result as Written, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use textmill_engine::{Progress, RunOptions, TraceStep, TraceTarget, Traced};
use textmill_host::Environment;
use textmill_model::{Edit, Span, Verdict};

use crate::arguments::{Changes, PipelineArguments, TraceArguments};
use crate::console::{self, Console};
use crate::exit::{self, Exit, Stop};
use crate::pipeline::Pipeline;
use crate::style::{ADDED, ERROR, FAINT, HEADING, REMOVED};
use crate::{figures, interrupt, run};

pub(crate) fn trace(arguments: &TraceArguments, folders: &[PathBuf]) -> Result<Exit, Stop> {
    let (target, changes) = target(arguments);
    let of = PipelineArguments { pipeline: arguments.pipeline.pipeline.clone(), changes };
    let pipeline = Pipeline::open(&of, folders)?;
    let environment = Arc::new(Environment::new(|_, _, _| {}));
    let mill = pipeline.mill(&environment)?;
    let console = Console::of(&mill, true);
    let options = RunOptions { is_dry: true, trace: Some(target), ..RunOptions::default() };
    interrupt::listen(&options.stop)?;
    let turned = mill.run(&options, &Progress::default(), &console);
    if turned.ended.is_err() {
        return Ok(run::end(&turned, &console));
    }
    let Some(traced) = turned.traced else {
        let message = format!("no document `{}` was read", arguments.document);
        console.say(&exit::error(&message, "name a file that is there, or an id as it stands in the output"));
        return Ok(Exit::Failed);
    };
    let mut text = String::new();
    let _ = Tracing { text: &mut text, is_colored: console::answers_in_color() }.document(&traced);
    console::answer(&text)?;
    Ok(Exit::Done)
}

/// Which document to follow: the one in a file, which then is all that is read, or the one of an id.
fn target(arguments: &TraceArguments) -> (TraceTarget, Changes) {
    let mut changes = arguments.pipeline.changes.clone();
    let document = &arguments.document;
    if !Path::new(document).is_file() {
        return (TraceTarget::Id(document.clone()), changes);
    }
    changes.input = vec![document.clone()];
    (TraceTarget::First, changes)
}

/// How much of a text or a value is shown where only a part of it is needed, in characters.
const EXCERPT_CHARS_MAX: usize = 120;
/// How many unchanged lines are shown on either side of a change.
const CONTEXT_LINES: usize = 1;

struct Tracing<'a> {
    text: &'a mut String,
    is_colored: bool,
}

impl Tracing<'_> {
    fn document(&mut self, traced: &Traced) -> Written {
        let source = &traced.source;
        let (path, record) = (&source.origin.path, source.origin.record);
        let bytes = figures::bytes(source.text().len() as u64);
        writeln!(self.text, "{HEADING}document {}{HEADING:#}", source.id)?;
        writeln!(self.text, "  from {path}, record {record}, with {bytes} of text")?;
        if let Some(encoding) = &source.origin.encoding {
            writeln!(self.text, "  decoded from {encoding}")?;
        }
        for step in &traced.steps {
            self.step(step)?;
        }
        Ok(())
    }

    fn step(&mut self, step: &TraceStep) -> Written {
        writeln!(self.text, "\n{HEADING}{}{HEADING:#}: {}", step.stage, verdict(step))?;
        if !step.edits.is_empty() {
            self.edits(step)?;
        }
        let mut characters = Characters { text: &step.text, offset: 0, count: 0 };
        for (layer, span) in &step.spans {
            self.span(layer, span, &mut characters)?;
        }
        for (field, json) in &step.fields {
            writeln!(self.text, "  {field} = {}", excerpt(json))?;
        }
        Ok(())
    }

    fn span(&mut self, layer: &str, span: &Span, characters: &mut Characters<'_>) -> Written {
        let name = if span.parent.is_some() {
            format!("  {}", span.name)
        } else {
            format!("{HEADING}{layer}{HEADING:#}")
        };
        let covered = excerpt(characters.text.get(span.range()).unwrap_or_default());
        let (start, end) = (characters.before(span.start), characters.before(span.end));
        write!(self.text, "  {name} {FAINT}{start}..{end}{FAINT:#} “{covered}”")?;
        if !span.attributes.is_empty() {
            write!(self.text, " {FAINT}{{{}}}{FAINT:#}", excerpt(&span.attributes))?;
        }
        writeln!(self.text)
    }

    fn edits(&mut self, step: &TraceStep) -> Written {
        let mut lines = Lines { done: Vec::new(), line: String::new(), is_changed: false };
        let mut at = 0;
        for (rule, edit) in &step.edits {
            lines.keep(&step.text[at..edit.start]);
            lines.change(&self.edit(&step.text[edit.range()], edit, rule));
            at = edit.end;
        }
        lines.keep(&step.text[at..]);
        lines.end_line();
        for line in around_changes(&lines.done) {
            match line {
                Shown::Line("") => writeln!(self.text, "  |")?,
                Shown::Line(line) => writeln!(self.text, "  | {line}")?,
                Shown::Gap(1) => writeln!(self.text, "  {FAINT}… 1 line unchanged{FAINT:#}")?,
                Shown::Gap(n) => writeln!(self.text, "  {FAINT}… {n} lines unchanged{FAINT:#}")?,
            }
        }
        Ok(())
    }

    fn edit(&self, removed: &str, edit: &Edit, rule: &str) -> String {
        let (old, new) = (marked(removed), marked(&edit.text));
        let mut shown = String::new();
        if self.is_colored {
            shown += &styled(&old, REMOVED);
            shown += &styled(&new, ADDED);
        } else {
            shown += &if old.is_empty() { old } else { format!("[-{old}-]") };
            shown += &if new.is_empty() { new } else { format!("[+{new}+]") };
        }
        shown + &format!("{FAINT}{{{rule}}}{FAINT:#}")
    }
}

fn verdict(step: &TraceStep) -> String {
    match (&step.verdict, &step.drop_reason) {
        (Verdict::Keep, _) if step.edits.is_empty() => "kept".to_owned(),
        (Verdict::Keep, _) => format!("kept, {}", figures::counted(step.edits.len() as u64, "edit")),
        (Verdict::Drop(_), reason) => {
            format!("{ERROR}dropped{ERROR:#}, {}", reason.as_deref().unwrap_or("for no reason given"))
        }
        (Verdict::Fail { reason, message }, _) => format!("{ERROR}{reason}{ERROR:#}, {message}"),
    }
}

/// Turns bytes into characters, which is what the output counts, going on from where it was asked last.
struct Characters<'a> {
    text: &'a str,
    offset: usize,
    count: usize,
}

impl Characters<'_> {
    /// The characters before `offset`.
    fn before(&mut self, offset: usize) -> usize {
        if offset < self.offset {
            (self.offset, self.count) = (0, 0);
        }
        self.count += self.text[self.offset..offset].chars().count();
        self.offset = offset;
        self.count
    }
}

/// The lines of a text with its changes in it.
struct Lines {
    /// Each with whether something changed in it.
    done: Vec<(String, bool)>,
    line: String,
    is_changed: bool,
}

impl Lines {
    fn keep(&mut self, text: &str) {
        for (i, part) in text.split('\n').enumerate() {
            if i > 0 {
                self.end_line();
            }
            self.line.extend(part.chars().map(visible));
        }
    }

    /// Adds a change, which may have several lines.
    fn change(&mut self, shown: &str) {
        for (i, part) in shown.split('\n').enumerate() {
            if i > 0 {
                self.end_line();
            }
            self.line += part;
            self.is_changed = true;
        }
    }

    fn end_line(&mut self) {
        self.done.push((std::mem::take(&mut self.line), std::mem::take(&mut self.is_changed)));
    }
}

enum Shown<'a> {
    Line(&'a str),
    /// So many lines are left out.
    Gap(usize),
}

/// The lines in which something changed, and those next to them.
fn around_changes(lines: &[(String, bool)]) -> Vec<Shown<'_>> {
    let is_near = |i: usize| {
        let near = i.saturating_sub(CONTEXT_LINES)..(i + CONTEXT_LINES + 1).min(lines.len());
        lines[near].iter().any(|(_, is_changed)| *is_changed)
    };
    let mut shown = Vec::new();
    for (i, (line, _)) in lines.iter().enumerate() {
        match shown.last_mut() {
            _ if is_near(i) => shown.push(Shown::Line(line)),
            Some(Shown::Gap(n)) => *n += 1,
            _ => shown.push(Shown::Gap(1)),
        }
    }
    shown
}

/// A text that went or came, with marks for what can't be seen: `·` for white space at an end, `¶` for a line break.
fn marked(text: &str) -> String {
    let is_blank = |c: char| c.is_whitespace() && c != '\n';
    let inner = text.trim_matches(is_blank);
    let start = text.len() - text.trim_start_matches(is_blank).len();
    let breaks = start + inner.trim_end_matches('\n').len();
    let mark = |(i, c): (usize, char)| match c {
        '\n' if i < breaks => "¶\n".to_owned(),
        '\n' => "¶".to_owned(),
        '\t' => "→".to_owned(),
        c if is_blank(c) && !(start..start + inner.len()).contains(&i) => "·".to_owned(),
        c => visible(c).to_string(),
    };
    text.char_indices().map(mark).collect()
}

/// The text in a style, which ends and starts anew at each line break.
fn styled(text: &str, style: anstyle::Style) -> String {
    if text.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = text.split('\n').map(|line| format!("{style}{line}{style:#}")).collect();
    lines.join("\n")
}

/// A character that does nothing to a terminal.
fn visible(c: char) -> char {
    if c.is_control() && c != '\t' { '\u{fffd}' } else { c }
}

/// The beginning and the end of a text, on one line.
fn excerpt(text: &str) -> String {
    let chars: Vec<char> = text.chars().map(|c| if c == '\n' { '¶' } else { visible(c) }).collect();
    if chars.len() <= EXCERPT_CHARS_MAX {
        return chars.into_iter().collect();
    }
    let half = EXCERPT_CHARS_MAX / 2;
    let (start, end) = (chars[..half].iter(), chars[chars.len() - half..].iter());
    start.chain([&' ', &'…', &' ']).chain(end).collect()
}
