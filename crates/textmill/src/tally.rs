//! What came of a run, as a table and some lines below it.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};
use textmill_engine::{Books, StageTally, Timing, Turned};

use crate::figures::{bytes, count, counted, reasons, seconds};

/// The table of a run, with a line for each place where something of it is.
pub(crate) fn of(turned: &Turned) -> String {
    if matches!(&turned.ended, Err(err) if err.is_broken_pipe()) {
        return String::new();
    }
    let books = &turned.report.books;
    let mut text = format!("{}\n", stages(books, &turned.timing));
    let _ = totals(turned, &mut text); // writing to a string does not fail
    text
}

/// A row for reading, each stage, and writing.
fn stages(books: &Books, timing: &Timing) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["", "in", "dropped", "failed", "edits", "time"]);
    let time = |part: &str| {
        let found = timing.parts.iter().find(|(name, _)| &**name == part);
        seconds(found.map_or(0.0, |(_, seconds)| *seconds))
    };
    let failed: u64 = books.source_failures.values().sum();
    let both = |a, b| {
        let sum: f64 = timing.parts.iter().filter(|(name, _)| [a, b].contains(&&**name)).map(|it| it.1).sum();
        seconds(sum)
    };
    table.add_row(["read", &count(books.read), "", &some(failed), "", &both("read", "decode")]);
    for stage in &books.stages {
        table.add_row(row(stage, time(&stage.id)));
    }
    table.add_row(["write", &count(books.written), "", "", "", &both("encode", "write")]);
    for (i, column) in table.column_iter_mut().enumerate() {
        if i == 0 {
            column.set_padding((0, 1));
        } else {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

fn row(stage: &StageTally, time: String) -> [String; 6] {
    let edits = stage.rules.values().map(|rule| rule.edits).sum();
    let (dropped, failed) = (stage.dropped.values().sum(), stage.failed.values().sum());
    [stage.id.to_string(), count(stage.received), some(dropped), some(failed), some(edits), time]
}

/// A count, or nothing where there is nothing.
fn some(n: u64) -> String {
    if n == 0 { String::new() } else { count(n) }
}

fn totals(turned: &Turned, text: &mut String) -> std::fmt::Result {
    let (books, timing) = (&turned.report.books, &turned.timing);
    let so_far = if turned.ended.is_ok() { "" } else { "until then: " };
    writeln!(
        text,
        "\n{so_far}read {} = written {} + dropped {} + failed {}, in {} with {} ({}/s, {}/s)",
        count(books.read),
        count(books.written),
        count(books.dropped),
        count(books.failed),
        seconds(timing.seconds),
        counted(timing.threads as u64, "thread"),
        count(timing.documents_per_second as u64),
        bytes((timing.megabytes_per_second * 1e6) as u64),
    )?;
    why(books, text)?;
    places(turned, text)
}

/// Drops and failures by stage and reason.
fn why(books: &Books, text: &mut String) -> std::fmt::Result {
    if !books.source_failures.is_empty() {
        writeln!(text, "failed   source: {}", reasons(&books.source_failures))?;
    }
    for stage in &books.stages {
        if !stage.dropped.is_empty() {
            writeln!(text, "dropped  {}: {}", stage.id, reasons(&stage.dropped))?;
        }
        if !stage.failed.is_empty() {
            writeln!(text, "failed   {}: {}", stage.id, reasons(&stage.failed))?;
        }
    }
    Ok(())
}

/// Where output, rejects and report are.
fn places(turned: &Turned, text: &mut String) -> std::fmt::Result {
    let Some(folder) = &turned.folder else {
        return writeln!(text, "a dry run: nothing was written");
    };
    let books = &turned.report.books;
    if turned.ended.is_ok() {
        for output in &turned.report.outputs {
            writeln!(text, "output   {}", output.display())?;
        }
    }
    if books.dropped + books.failed > 0 {
        writeln!(text, "rejects  {}", folder.join("rejects").display())?;
    }
    writeln!(text, "report   {}", folder.join("report.json").display())
}
