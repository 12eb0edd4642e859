//! What can be said on the command line. The doc comments are the help texts.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

/// Turns piles of documents into clean, deduplicated text with its quotes and summaries, as a pipeline file says.
#[derive(Debug, Parser)]
#[command(name = "textmill", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Whether to write in colour: auto, always or never. `NO_COLOR` is heeded.
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t, hide_possible_values = true, help_heading = EVERYWHERE)]
    pub(crate) color: ColorWhen,

    /// A folder with plugins, searched before all others. Can be given several times.
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = EVERYWHERE)]
    pub(crate) plugin_path: Vec<PathBuf>,
}

const EVERYWHERE: &str = "Options of every command";

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 the run failed; 2 it could not start; 3 done, but some documents failed;
130 and 143 interrupted by Ctrl-C or SIGTERM.
Plugins are looked for in --plugin-path, `plugins/` beside the pipeline file, $TEXTMILL_PLUGIN_PATH, \
the user's data folder, the program's own folder and its `plugins/`.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a pipeline.
    Run(RunArguments),
    /// Find every fault of a pipeline file, without running it.
    Check(PipelineArguments),
    /// Show the plan: passes, stages, plugin files, options with defaults filled in.
    Explain(PipelineArguments),
    /// Check that all files of a run are as it left them.
    Verify(VerifyArguments),
    /// Show what each stage does to one document.
    Trace(TraceArguments),
    /// List the stages that were found, and why a plugin can't be used.
    Plugins(PluginsArguments),
    /// List the formats that can be read and written.
    Formats,
    /// Make a crate with a plugin of your own, which builds, tests and runs as it is.
    NewPlugin(NewPluginArguments),
    /// For authors of plugins.
    Plugin {
        #[command(subcommand)]
        command: PluginCommand,
    },
    /// Print a JSON Schema of pipeline files that use the stages found, for editors.
    Schema(PluginsArguments),
    /// Print completions for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print a page of the reference in `docs/`.
    #[command(hide = true)]
    Reference {
        #[arg(value_enum)]
        page: Page,
    },
}

/// Which pipeline, and what to change in it.
#[derive(Debug, Args)]
pub(crate) struct PipelineArguments {
    /// The pipeline file.
    #[arg(default_value = "pipeline.toml", value_hint = ValueHint::FilePath)]
    pub(crate) pipeline: PathBuf,

    #[command(flatten)]
    pub(crate) changes: Changes,
}

/// What to change in a pipeline.
#[derive(Debug, Clone, Args)]
pub(crate) struct Changes {
    /// Change an option, as in `stage.dedup.similarity=0.7`, `run.threads=2`. Can be given several times.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,

    /// Read these files, folders or patterns instead; `-` is standard input.
    #[arg(long, value_name = "PATH", num_args = 1.., value_hint = ValueHint::AnyPath)]
    pub(crate) input: Vec<String>,

    /// Write to this file or folder instead; `-` is standard output.
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) output: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    pub(crate) pipeline: PipelineArguments,

    /// Read only the first N records.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,

    /// Read only this share of the records, from 0 to 1; the same ones on every run.
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) sample: Option<f64>,

    /// Work with N threads; without it, what the pipeline says, else one for each core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub(crate) threads: Option<u16>,

    /// Go on where an earlier run was cut short; where there is none, begin.
    #[arg(long, conflicts_with_all = ["fresh", "dry_run"])]
    pub(crate) resume: bool,

    /// Begin anew where an earlier run was cut short.
    #[arg(long)]
    pub(crate) fresh: bool,

    /// Write nothing: neither output nor report nor rejects.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Say nothing but what went wrong.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// The run folder, such as `out/documents.jsonl.run`.
    #[arg(value_name = "RUN", value_hint = ValueHint::DirPath)]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct PluginsArguments {
    /// The pipeline file beside which to look as well; it need not be there.
    #[arg(default_value = "pipeline.toml", value_hint = ValueHint::FilePath)]
    pub(crate) pipeline: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct TraceArguments {
    /// A file, or the id of a document as it stands in the output.
    #[arg(value_name = "FILE_OR_ID", value_hint = ValueHint::FilePath)]
    pub(crate) document: String,

    #[command(flatten)]
    pub(crate) pipeline: PipelineArguments,
}

#[derive(Debug, Args)]
pub(crate) struct NewPluginArguments {
    /// Its name, and that of its folder and its stage: lower-case letters, digits and `_`.
    pub(crate) name: String,

    /// Where the crate textmill-sdk is; without it, where it was when this program was built.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) sdk: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Try a plugin hard: odd texts, threads, batch sizes, a thousand lives.
    Check(PluginCheckArguments),
}

#[derive(Debug, Args)]
pub(crate) struct PluginCheckArguments {
    /// The shared library.
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) path: PathBuf,

    /// The one stage to try; without it, all of the plugin.
    #[arg(long, value_name = "NAME")]
    pub(crate) stage: Option<String>,

    /// The options to try it with, as a JSON object.
    #[arg(long, value_name = "JSON")]
    pub(crate) options: Option<String>,
}

/// A page that is made from the schemas.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Page {
    Pipeline,
    Stages,
}

/// When to write in colour.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum ColorWhen {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl ColorWhen {
    /// Makes it so for everything that is written from now on.
    pub(crate) fn apply(self) {
        let choice = match self {
            ColorWhen::Auto => anstream::ColorChoice::Auto,
            ColorWhen::Always => anstream::ColorChoice::Always,
            ColorWhen::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a share is a number from 0 to 1".to_owned())
}
