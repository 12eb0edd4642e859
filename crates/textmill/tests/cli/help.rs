//! Help, version, completions, and what is wrong on the command line itself.

use expect_test::{Expect, expect};

use super::sandbox::Sandbox;

#[track_caller]
fn check(arguments: &[&str], expected: Expect) {
    expected.assert_eq(&Sandbox::new().textmill(arguments).all());
}

#[test]
fn the_first_page() {
    check(
        &["--help"],
        expect![[r#"
            stdout:
            Turns piles of documents into clean, deduplicated text with its quotes and summaries, as a pipeline
            file says

            Usage: textmill [OPTIONS] <COMMAND>

            Commands:
              run          Run a pipeline
              check        Find every fault of a pipeline file, without running it
              explain      Show the plan: passes, stages, plugin files, options with defaults filled in
              verify       Check that all files of a run are as it left them
              trace        Show what each stage does to one document
              plugins      List the stages that were found, and why a plugin can't be used
              formats      List the formats that can be read and written
              new-plugin   Make a crate with a plugin of your own, which builds, tests and runs as it is
              plugin       For authors of plugins
              schema       Print a JSON Schema of pipeline files that use the stages found, for editors
              completions  Print completions for a shell
              help         Print this message or the help of the given subcommand(s)

            Options:
              -h, --help     Print help
              -V, --version  Print version

            Options of every command:
                  --color <WHEN>       Whether to write in colour: auto, always or never. `NO_COLOR` is heeded
                                       [default: auto]
                  --plugin-path <DIR>  A folder with plugins, searched before all others. Can be given several
                                       times

            Exit codes: 0 done; 1 the run failed; 2 it could not start; 3 done, but some documents failed;
            130 and 143 interrupted by Ctrl-C or SIGTERM.
            Plugins are looked for in --plugin-path, `plugins/` beside the pipeline file, $TEXTMILL_PLUGIN_PATH,
            the user's data folder, the program's own folder and its `plugins/`.
            exit 0
        "#]],
    );
}

#[test]
fn what_run_takes() {
    check(
        &["run", "-h"],
        expect![[r#"
            stdout:
            Run a pipeline

            Usage: textmill run [OPTIONS] [PIPELINE]

            Arguments:
              [PIPELINE]  The pipeline file [default: pipeline.toml]

            Options:
                  --set <KEY=VALUE>  Change an option, as in `stage.dedup.similarity=0.7`, `run.threads=2`. Can
                                     be given several times
                  --input <PATH>...  Read these files, folders or patterns instead; `-` is standard input
                  --output <PATH>    Write to this file or folder instead; `-` is standard output
                  --limit <N>        Read only the first N records
                  --sample <SHARE>   Read only this share of the records, from 0 to 1; the same ones on every
                                     run
                  --threads <N>      Work with N threads; without it, what the pipeline says, else one for each
                                     core
                  --resume           Go on where an earlier run was cut short; where there is none, begin
                  --fresh            Begin anew where an earlier run was cut short
                  --dry-run          Write nothing: neither output nor report nor rejects
              -q, --quiet            Say nothing but what went wrong
              -h, --help             Print help

            Options of every command:
                  --color <WHEN>       Whether to write in colour: auto, always or never. `NO_COLOR` is heeded
                                       [default: auto]
                  --plugin-path <DIR>  A folder with plugins, searched before all others. Can be given several
                                       times
            exit 0
        "#]],
    );
}

#[test]
fn the_version() {
    check(
        &["--version"],
        expect![[r#"
        stdout:
        textmill 0.1.0
        exit 0
    "#]],
    );
}

#[test]
fn a_share_is_from_0_to_1() {
    check(
        &["run", "--sample", "7"],
        expect![[r#"
        stderr:
        error: invalid value '7' for '--sample <SHARE>': a share is a number from 0 to 1

        For more information, try '--help'.
        exit 2
    "#]],
    );
}

#[test]
fn a_command_that_is_not_there_is_guessed() {
    check(
        &["chek"],
        expect![[r#"
        stderr:
        error: unrecognized subcommand 'chek'

          tip: some similar subcommands exist: 'schema', 'check'

        Usage: textmill [OPTIONS] <COMMAND>

        For more information, try '--help'.
        exit 2
    "#]],
    );
}

#[test]
fn every_shell_gets_completions() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = Sandbox::new().textmill(&["completions", shell]);
        assert!(said.code == Some(0) && said.stdout.contains("new-plugin"), "{shell}");
    }
}
