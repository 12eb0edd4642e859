//! Faults of a pipeline file, and how they look on a terminal.
//!
//! A fault says what is wrong, where, and what the reader can do; it knows nothing of how it was found. Rendering is
//! the same for all: what, where, the line with a caret, the hint.

use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};

use crate::lines::Lines;
use crate::tree::Spot;

/// Something wrong with a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whether the pipeline can run in spite of it.
    pub severity: Severity,
    /// What is wrong: lower-case, without a final period.
    pub message: String,
    /// Where, in bytes of the file, or of [`Fault::command_line`] when that is there. None: the file as a whole.
    pub span: Option<Range<usize>>,
    /// A word or two next to the caret; may be empty.
    pub label: String,
    /// What the reader can do about it.
    pub hint: Option<String>,
    /// The `--set …` that the fault is in, for one that is not in the file.
    pub command_line: Option<Arc<str>>,
    /// It says that something is not there, which a broken line elsewhere may be the cause of.
    pub(crate) about_absence: bool,
    /// It leaves a bracket or a string open, and what follows was read as part of that.
    pub(crate) swallows_the_rest: bool,
}

/// How bad a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing can run.
    Error,
    /// It can run; the reader should know all the same.
    Warning,
}

impl Fault {
    /// An error about the file as a whole.
    pub fn error(message: impl Into<String>) -> Fault {
        Fault {
            severity: Severity::Error,
            message: message.into(),
            span: None,
            label: String::new(),
            hint: None,
            command_line: None,
            about_absence: false,
            swallows_the_rest: false,
        }
    }

    /// The same fault with a hint.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Fault {
        Fault { hint: Some(hint.into()), ..self }
    }

    pub(crate) fn at(spot: &Spot, message: impl Into<String>) -> Fault {
        Fault::error(message).moved_to(spot)
    }

    pub(crate) fn warning(spot: &Spot, message: impl Into<String>) -> Fault {
        Fault { severity: Severity::Warning, ..Fault::at(spot, message) }
    }

    pub(crate) fn with_label(self, label: impl Into<String>) -> Fault {
        Fault { label: label.into(), ..self }
    }

    pub(crate) fn of_absence(self) -> Fault {
        Fault { about_absence: true, ..self }
    }

    pub(crate) fn moved_to(self, spot: &Spot) -> Fault {
        Fault { span: Some(spot.range.clone()), command_line: spot.command_line.clone(), ..self }
    }
}

/// More than these nobody reads; a broken program that wrote the file has made them all in one way.
const SHOWN_MAX: usize = 100;

/// The faults as text for a terminal, one after the other with an empty line between, each with the line it is about.
///
/// Of more than 100, the first 100 and how many more there are.
///
/// `file_name` is what the user called the file and `text` what stands in it. `color` adds ANSI escapes.
///
/// # Examples
///
/// ```
/// use textmill_plan::{Fault, render};
///
/// let mut fault = Fault::error("unknown kind of sink `sjon`").with_hint("did you mean `json`?");
/// fault.span = Some(6..12);
/// assert_eq!(render(&[fault], "pipeline.toml", "use = 'sjon'\n", false), "\
/// error: unknown kind of sink `sjon`
///  --> pipeline.toml:1:7
///   |
/// 1 | use = 'sjon'
///   |       ^^^^^^
/// hint: did you mean `json`?
/// ");
/// ```
pub fn render(faults: &[Fault], file_name: &str, text: &str, color: bool) -> String {
    let lines = Lines::of(text);
    let mut rendered = String::new();
    let more = faults.len().saturating_sub(SHOWN_MAX);
    let last = (more > 0).then(|| Fault::error(format!("{more} more faults are not shown")));
    for fault in faults.iter().take(SHOWN_MAX).chain(&last) {
        if !rendered.is_empty() {
            rendered.push('\n');
        }
        rendered.push_str(&render_head(fault, file_name, text, &lines, color));
        rendered.push('\n');
        render_hint(fault, color, &mut rendered);
    }
    rendered
}

fn render_head(fault: &Fault, file_name: &str, text: &str, lines: &Lines, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let level = match fault.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(fault.message.as_str());
    let group = match (&fault.span, &fault.command_line) {
        (None, _) => title.element(Origin::path(file_name)),
        (Some(span), None) => {
            let number = lines.number(span.start);
            let start = lines.start(number);
            let snippet =
                snippet(&text[start..], span.start - start..span.end.max(span.start) - start, fault);
            title.element(snippet.line_start(number).path(file_name))
        }
        (Some(span), Some(line)) => title.element(snippet(line, span.clone(), fault).line_numbering(false)),
    };
    renderer.render(&[group])
}

/// The first line of `text` with a caret below `span`, which is cut to that line and to whole characters.
fn snippet<'a>(
    text: &'a str,
    span: Range<usize>,
    fault: &'a Fault,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let line = text.lines().next().unwrap_or_default();
    let start = line.floor_char_boundary(span.start);
    let end = line.ceil_char_boundary(span.end).max(start);
    let mut annotation = AnnotationKind::Primary.span(start..end);
    if !fault.label.is_empty() {
        annotation = annotation.label(fault.label.as_str());
    }
    Snippet::source(line).annotation(annotation)
}

fn render_hint(fault: &Fault, color: bool, rendered: &mut String) {
    let Some(hint) = &fault.hint else { return };
    rendered.push_str(if color { "\u{1b}[1m\u{1b}[96mhint\u{1b}[0m: " } else { "hint: " });
    rendered.push_str(&hint.replace('\n', "\n      "));
    rendered.push('\n');
}
