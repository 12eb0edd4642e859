//! `textmill explain`: the plan in words. What is read, which stages in which pass and why, with which options, from
//! which plugin files, and what is written where.

use std::fmt::{Result as Written, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value as Json;
use textmill_engine::{Mill, Obstacle};
use textmill_host::Environment;
use textmill_model::{FormatEntry, StageEntry};
use textmill_plan::{FormatUse, Pass, StageUse};

use crate::arguments::PipelineArguments;
use crate::exit::{Exit, Stop};
use crate::pipeline::Pipeline;
use crate::style::{FAINT, HEADING};
use crate::{console, figures, options, plugins};

pub(crate) fn explain(arguments: &PipelineArguments, folders: &[PathBuf]) -> Result<Exit, Stop> {
    let pipeline = Pipeline::open(arguments, folders)?;
    let mill = pipeline.mill(&Arc::new(Environment::new(|_, _, _| {})))?;
    let mut text = String::new();
    let _ = Explained { text: &mut text }.plan(&mill); // writing to a string does not fail
    console::answer(&text)?;
    Ok(Exit::Done)
}

struct Explained<'a> {
    text: &'a mut String,
}

impl Explained<'_> {
    fn plan(&mut self, mill: &Mill) -> Written {
        let plan = mill.plan();
        self.source(mill)?;
        let passes = plan.passes();
        for (i, pass) in passes.iter().enumerate() {
            self.pass(mill, pass, i + 1, passes.len())?;
        }
        self.sink(mill)?;
        self.run(mill)
    }

    fn source(&mut self, mill: &Mill) -> Written {
        let source = &mill.plan().source;
        self.format("source", source, &textmill_io::sources())?;
        let inputs = mill.source().inputs();
        let bytes: Option<u64> = inputs.iter().map(|input| input.bytes).sum();
        let bytes = bytes.map(|bytes| format!(", {}", figures::bytes(bytes))).unwrap_or_default();
        let files = figures::counted(inputs.len() as u64, "file");
        writeln!(self.text, "  reads {files}{bytes}: {}", first_and_last(inputs.iter().map(|it| &*it.shown)))
    }

    fn pass(&mut self, mill: &Mill, pass: &Pass, number: usize, passes: usize) -> Written {
        writeln!(self.text, "\n{HEADING}pass {number} of {passes}{HEADING:#}")?;
        let stages = &mill.plan().stages;
        for i in pass.stages.clone() {
            self.stage(&stages[i], mill.description(i))?;
        }
        if pass.stages.is_empty() && pass.observes.is_none() {
            writeln!(self.text, "  no stages: documents are written as they were read")?;
        }
        let Some(observer) = pass.observes.map(|i| &stages[i]) else { return Ok(()) };
        let folder = mill.run_folder();
        writeln!(
            self.text,
            "  `{}` looks at every document\n  \
             Why the pass ends here: a corpus stage has to see all documents before it can process one. Until then \
             they are put aside,\n  compressed, in {}",
            observer.id,
            shown(&folder),
        )
    }

    fn stage(&mut self, used: &StageUse, description: &[String]) -> Written {
        let stage = &used.stage;
        let called = if used.id == stage.name { String::new() } else { format!(" (stage `{}`)", stage.name) };
        writeln!(
            self.text,
            "  {HEADING}{}{HEADING:#}{called}: {} ({})",
            used.id,
            stage.summary,
            stage.kind.name()
        )?;
        let plugin = &stage.plugin;
        writeln!(
            self.text,
            "    {FAINT}plugin {} {}, {}{FAINT:#}",
            plugin.name,
            plugin.version,
            plugins::place(&plugin.path)
        )?;
        self.options("    ", &used.options, &stage.options_schema)?;
        description.iter().try_for_each(|line| writeln!(self.text, "    {line}"))?;
        self.promises(stage)
    }

    fn promises(&mut self, stage: &StageEntry) -> Written {
        let writes: Vec<Arc<str>> = stage.layers.iter().chain(&stage.fields).cloned().collect();
        let promises = [
            ("needs", &stage.needs),
            ("writes", &writes),
            ("edits by", &stage.rules),
            ("drops for", &stage.drop_reasons),
            ("side files", &stage.tables),
        ];
        for (what, names) in promises.into_iter().filter(|(_, names)| !names.is_empty()) {
            writeln!(self.text, "    {what}: {}", names.join(", "))?;
        }
        Ok(())
    }

    fn sink(&mut self, mill: &Mill) -> Written {
        writeln!(self.text)?;
        self.format("sink", &mill.plan().sink, &textmill_io::sinks())?;
        if mill.sink().is_stdout() {
            return writeln!(self.text, "  writes to standard output");
        }
        let outputs: Vec<String> = mill.sink().outputs().iter().map(|output| shown(output)).collect();
        writeln!(self.text, "  writes {}", outputs.join(", "))
    }

    fn run(&mut self, mill: &Mill) -> Written {
        let run = &mill.plan().run;
        writeln!(self.text, "\n{HEADING}run{HEADING:#}")?;
        let threads = run.threads.map_or("one for each core".to_owned(), |threads| threads.to_string());
        writeln!(self.text, "  threads: {threads}")?;
        writeln!(self.text, "  batches: {} of text", figures::bytes(run.batch_bytes as u64))?;
        let failures = run.max_failures.map_or("any number of documents may fail".to_owned(), |max| {
            format!("ends when more than {} fail", figures::counted(max, "document"))
        });
        writeln!(self.text, "  failures: {failures}")?;
        writeln!(self.text, "  when cut short: {}", when_cut_short(mill))?;
        writeln!(self.text, "  report and rejects: {}", shown(&mill.run_folder()))
    }

    fn format(&mut self, section: &str, used: &FormatUse, kinds: &[FormatEntry]) -> Written {
        let kind = kinds.iter().find(|kind| kind.name == used.kind);
        let summary = kind.map_or("", |kind| kind.summary);
        writeln!(self.text, "{HEADING}{section} {}{HEADING:#}: {summary}", used.kind)?;
        self.options("  ", &used.options, kind.map_or(&Json::Null, |kind| &kind.options_schema))
    }

    /// All options, and which of them are as they would be if nobody had said anything.
    fn options(&mut self, indent: &str, values: &Json, schema: &Json) -> Written {
        let known = options::of(schema, schema);
        for (name, value) in values.as_object().into_iter().flatten() {
            let default = known.iter().find(|option| option.name == name).and_then(|option| option.default);
            match (value, default) {
                (Json::Null, _) => writeln!(self.text, "{indent}{FAINT}{name} is not set{FAINT:#}")?,
                (value, Some(default)) if value == default => {
                    writeln!(self.text, "{indent}{FAINT}{name} = {value} (default){FAINT:#}")?;
                }
                (value, _) => writeln!(self.text, "{indent}{name} = {value}")?,
            }
        }
        Ok(())
    }
}

/// What becomes of a run that does not come to its end.
fn when_cut_short(mill: &Mill) -> String {
    let run = &mill.plan().run;
    let (obstacle, begins) = match mill.obstacle() {
        None => {
            let bytes = figures::bytes(run.commit_bytes);
            return format!(
                "`--resume` goes on at a commit point, made every {bytes} or {} s",
                run.commit_seconds
            );
        }
        Some(Obstacle::Input(input)) => (format!("`{input}` cannot be read a second time"), 1),
        Some(Obstacle::Stage(id, pass)) => {
            (format!("stage `{id}` does not save what it remembers"), pass + 1)
        }
        Some(Obstacle::Output) => ("the output is written in one go".to_owned(), mill.plan().passes().len()),
    };
    match begins {
        1 => format!("begins anew, because {obstacle}"),
        pass => format!("`--resume` begins pass {pass} anew, because {obstacle}"),
    }
}

/// `a`, or `a … z`.
fn first_and_last<'a>(mut names: impl Iterator<Item = &'a str>) -> String {
    let first = names.next().unwrap_or("none");
    names.last().map_or(first.to_owned(), |last| format!("{first} … {last}"))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
