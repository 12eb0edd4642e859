//! The pages `docs/pipeline.md` and `docs/stages.md`, made from the schemas: what the program says of itself cannot be
//! out of date. A hidden command prints them; a test holds the files against it.

use std::fmt::{Result as Written, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use textmill_model::{Catalog, FormatEntry, StageEntry};

use crate::arguments::Page;
use crate::exit::{Exit, Stop};
use crate::options::{self, OptionEntry};
use crate::{console, plugins};

pub(crate) fn reference(page: Page, folders: &[PathBuf]) -> Result<Exit, Stop> {
    let catalog = plugins::catalog(&plugins::found(Path::new("pipeline.toml"), folders));
    let mut reference = Reference { text: String::new() };
    let _ = match page {
        Page::Pipeline => reference.pipeline(&catalog),
        Page::Stages => reference.stages(&catalog),
    }; // writing to a string does not fail
    console::answer(&reference.text)?;
    Ok(Exit::Done)
}

const PIPELINE: &str = r#"# pipeline.toml

<!-- Made by `UPDATE_EXPECT=1 cargo test -p textmill`; what is changed by hand is lost. -->

A pipeline file has a `[source]`, any number of `[[stage]]`, a `[sink]`, and if need be `[run]`. Each of the first three
says with `use` what it is, and with `options` how it does its work:

```toml
[source]
use = "text"
options.paths = ["articles/*.txt"]

[[stage]]
use = "dedup"
id = "near"                  # only needed when one stage is used twice
options.similarity = 0.8

[sink]
use = "jsonl"
options.path = "out/documents.jsonl"
```

Paths start at the folder of the file. `textmill check` finds every fault of a file, `textmill explain` shows it with all
defaults filled in, and `textmill schema` prints a JSON Schema of it for editors.

## Stages

`use` is the name of a stage of any plugin that is found (`stages.md` has those that come with textmill), or a plugin's
file and the stage in it: `"./my/libshout.so#shout"`. Plugins are looked for, in this order, in

1. the files that the pipeline names itself,
2. the folders given with `--plugin-path`,
3. `plugins/` beside the pipeline file,
4. the folders in `TEXTMILL_PLUGIN_PATH`, written as in `PATH`,
5. the user's data folder: `$XDG_DATA_HOME/textmill/plugins`, in most cases `~/.local/share/textmill/plugins`,
6. the folder of the program itself, and `plugins/` in it.

The first folder that has a plugin of a name is where it is taken from. Two different plugins that offer one stage are
a fault. `textmill plugins` lists what was found.

Stages do their work in the order of the file. A stage that needs a layer of annotations has to stand behind one that
writes it.

## Variables

In every string, `${NAME}` is the value of an environment variable, `${NAME:-default}` has a default for one that is not
set or empty, `${NAME:?message}` insists on it, and `$$` is a dollar sign.

## Changes from the command line

`--set stage.ID.OPTION=VALUE`, `--set source.OPTION=VALUE`, `--set sink.OPTION=VALUE` and `--set run.NAME=VALUE` change
the file for one run; they stand in the run's report. The value is TOML; what is not, is a string. `--input` and
`--output` set the paths of source and sink; those start at the current folder.

"#;

const STAGES: &str = "# Stages

<!-- Made by `UPDATE_EXPECT=1 cargo test -p textmill`; what is changed by hand is lost. -->

The stages that come with textmill, each with its options and what it writes. Kinds: a `document` stage looks at each
document for itself; an `ordered` one decides document after document, in the order of the corpus; a `corpus` one looks
at all documents before it works on the first.
";

struct Reference {
    text: String,
}

impl Reference {
    fn pipeline(&mut self, catalog: &Catalog) -> Written {
        self.text += PIPELINE;
        self.formats("Sources", "source", &catalog.sources)?;
        self.formats("Sinks", "sink", &catalog.sinks)?;
        writeln!(self.text, "## `[run]`\n\nHow to run. Nothing here changes what is written.\n")?;
        let schema = textmill_plan::json_schema(catalog);
        self.options(&schema["properties"]["run"], &schema)
    }

    fn formats(&mut self, heading: &str, section: &str, formats: &[FormatEntry]) -> Written {
        writeln!(self.text, "## {heading}\n")?;
        for format in formats {
            writeln!(self.text, "### {section} `{}`\n\n{}.\n", format.name, capitalised(format.summary))?;
            self.options(&format.options_schema, &format.options_schema)?;
            writeln!(self.text)?;
        }
        Ok(())
    }

    fn stages(&mut self, catalog: &Catalog) -> Written {
        self.text += STAGES;
        catalog.stages.iter().try_for_each(|stage| self.stage(stage))
    }

    fn stage(&mut self, stage: &StageEntry) -> Written {
        writeln!(self.text, "\n## `{}`\n\n{}.\n", stage.name, stage.summary.trim_end_matches('.'))?;
        writeln!(self.text, "Kind: {}. Plugin: `{}`.\n", stage.kind.name(), stage.plugin.name)?;
        self.options(&stage.options_schema, &stage.options_schema)?;
        let promises = [
            ("Needs layers", &stage.needs),
            ("Writes layers", &stage.layers),
            ("Writes fields", &stage.fields),
            ("Edits by rules", &stage.rules),
            ("Drops for", &stage.drop_reasons),
            ("Counts", &stage.counters),
            ("Writes side files", &stage.tables),
        ];
        for (what, names) in promises.into_iter().filter(|(_, names)| !names.is_empty()) {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            writeln!(self.text, "\n{what}: {}.", names.join(", "))?;
        }
        Ok(())
    }

    fn options(&mut self, schema: &Json, root: &Json) -> Written {
        let options = options::of(schema, root);
        if options.is_empty() {
            writeln!(self.text, "No options.")?;
        }
        options.iter().try_for_each(|option| self.option(option))
    }

    fn option(&mut self, option: &OptionEntry<'_>) -> Written {
        let default = match option.default {
            _ if option.is_required => ", required".to_owned(),
            Some(default) => format!(", default `{default}`"),
            None if option.may_be_unset => ", not set by default".to_owned(),
            None => String::new(),
        };
        write!(self.text, "- `{}`: {}{default}.", option.name, option.takes)?;
        for paragraph in option.description.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
            write!(self.text, " {paragraph}")?;
        }
        writeln!(self.text)?;
        for (name, description) in option.choices.iter().filter(|(_, description)| !description.is_empty()) {
            writeln!(self.text, "  - `{name}`: {description}")?;
        }
        Ok(())
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default() + chars.as_str()
}
