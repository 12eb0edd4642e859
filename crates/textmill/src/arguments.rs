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
Exit codes: 0 done; 1 the run failed; 2 it could not start; 3 done, but some documents failed; 130 interrupted.
Plugins are looked for in --plugin-path, `plugins/` beside the pipeline file, $TEXTMILL_PLUGIN_PATH, \
the user's data folder, the program's own folder and its `plugins/`.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a pipeline.
    Run(RunArguments),
    /// Find every fault of a pipeline file, without running it.
    Check(PipelineArguments),
    /// List the stages that were found, and why a plugin can't be used.
    Plugins(PluginsArguments),
    /// Print a JSON Schema of pipeline files that use the stages found, for editors.
    Schema(PluginsArguments),
    /// Print completions for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
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
#[derive(Debug, Args)]
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

    /// Write nothing: neither output nor report nor rejects.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Say nothing but what went wrong.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PluginsArguments {
    /// The pipeline file beside which to look as well; it need not be there.
    #[arg(default_value = "pipeline.toml", value_hint = ValueHint::FilePath)]
    pub(crate) pipeline: PathBuf,
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
