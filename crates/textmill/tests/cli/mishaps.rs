//! What happens to runs: each mishap is really caused, and nothing is lost, doubled or left half done.

#![cfg(unix)]

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use super::sandbox::{Sandbox, library, project};

/// A sandbox with a pipeline of a stage that does as it is told, and documents that tell it so. Each is a batch, and
/// behind each there is a commit point.
fn told(texts: &[&str]) -> Sandbox {
    let sandbox = Sandbox::in_memory();
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let compiled = Command::new(compiler)
        .args(["-shared", "-fPIC", "-Wall", "-Werror", "-I"])
        .arg(project().join("crates/textmill-abi/include"))
        .arg("-o")
        .arg(sandbox.path(&library("odd")))
        .arg(project().join("crates/textmill/tests/cli/odd.c"))
        .status();
    assert!(compiled.unwrap().success(), "these tests need a C compiler");
    for (i, text) in texts.iter().enumerate() {
        sandbox.write(&format!("in/{i}.txt"), text);
    }
    sandbox.write(
        "pipeline.toml",
        format!(
            "source = {{ use = 'text', options.paths = ['in'] }}
             sink = {{ use = 'jsonl', options.path = 'out.jsonl' }}
             run = {{ batch_bytes = 1, commit_bytes = 1, batch_seconds_max = 1, threads = 1 }}
             stage = [{{ use = './{}#odd' }}]",
            library("odd")
        ),
    );
    sandbox
}

const RAIN: [&str; 3] = ["Rain fell.", "It was wet.", "The sun came out."];

#[test]
fn a_stage_that_hangs_is_named_and_the_program_ends() {
    let sandbox = told(&["Rain fell.", "hang"]);
    let said = sandbox.textmill(&["run"]);
    assert_eq!(said.code, Some(1));
    let expected = "error: stage `odd` of plugin `odd` hangs: it has worked on document `1` for more than 1 s\n\
                    hint: `batch_seconds_max` of `[run]` says how long it may take\n";
    assert!(said.stderr.ends_with(expected), "{}", said.stderr);
    assert!(!sandbox.path("out.jsonl").exists());
}

#[test]
fn panics_and_garbage_fail_their_documents_alone() {
    let sandbox = told(&["Rain fell.", "panic", "garbage", "It was wet."]);
    let said = sandbox.textmill(&["run"]);
    assert_eq!(said.code, Some(3), "{}", said.stderr);
    assert_eq!(sandbox.read("out.jsonl").lines().count(), 2);
    let failed = sandbox.read("out.jsonl.run/rejects/failed.jsonl");
    assert!(failed.contains("panicked") && failed.contains("unsound_answer"), "{failed}");
}

#[test]
fn a_run_that_gave_up_does_not_go_on_with_another_input() {
    let sandbox = told(&["Rain fell.", "give up", "It was wet."]);
    let said = sandbox.textmill(&["run"]);
    assert_eq!(said.code, Some(1), "{}", said.stderr);
    let again = sandbox.textmill(&["run", "--resume"]);
    assert_eq!(again.code, Some(1), "it gives up again");
    sandbox.write("in/1.txt", "go on");
    let changed = sandbox.textmill(&["run", "--resume"]);
    assert_eq!(changed.code, Some(2));
    assert!(changed.stderr.contains("input `in/1.txt` changed"), "{}", changed.stderr);
    assert_eq!(sandbox.textmill(&["run", "--fresh"]).code, Some(0));
    assert_eq!(sandbox.read("out.jsonl").lines().count(), 3);
}

/// Runs with a limit on the size of files, which stands for a full disk.
fn run_with_full_disk(sandbox: &Sandbox, arguments: &[&str], bytes: u64) -> (Option<i32>, String) {
    let mut command = sandbox.command(arguments);
    let program = command.get_program().to_owned();
    let limited = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", bytes / 512);
    let mut shell = Command::new("sh");
    shell.args(["-c", &limited]).arg(program).args(command.get_args()).current_dir(sandbox.path(""));
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.arg0("sh");
    command.env_clear();
    let said = sandbox.said(&shell.output().unwrap());
    (said.code, said.stderr)
}

#[test]
fn a_full_disk_is_told_of_and_the_run_goes_on_when_there_is_room() {
    let long = "It rained all day. ".repeat(500);
    let texts: Vec<&str> = RAIN.into_iter().chain([&*long; 8]).collect();
    let sandbox = told(&texts);
    assert_eq!(sandbox.textmill(&["run"]).code, Some(0));
    let expected = sandbox.read("out.jsonl");
    fs::remove_file(sandbox.path("out.jsonl")).unwrap();

    let (code, said) = run_with_full_disk(&sandbox, &["run"], 40_960);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("error: cannot write `") && said.contains("File too large"), "{said}");
    assert!(said.contains("hint: `textmill run --resume` goes on where it stopped"), "{said}");
    assert!(!sandbox.path("out.jsonl").exists());
    assert_eq!(sandbox.textmill(&["run", "--resume"]).code, Some(0));
    assert!(sandbox.read("out.jsonl") == expected);
}

#[test]
fn an_input_that_vanishes_grows_or_comes_between_is_told_of() {
    let cut_short = || {
        let sandbox = told(&["Rain fell.", "It was wet.", "give up"]);
        assert_eq!(sandbox.textmill(&["run"]).code, Some(1));
        sandbox
    };
    let refused = |sandbox: &Sandbox, input: &str| {
        let said = sandbox.textmill(&["run", "--resume"]);
        assert_eq!(said.code, Some(2));
        assert!(said.stderr.contains(&format!("input `in/{input}` changed")), "{}", said.stderr);
        assert!(said.stderr.contains("or begin anew with `--fresh`"), "{}", said.stderr);
    };
    let sandbox = cut_short();
    fs::remove_file(sandbox.path("in/1.txt")).unwrap();
    refused(&sandbox, "1.txt");
    let sandbox = cut_short();
    sandbox.write("in/0.txt", "Rain fell. And fell.");
    refused(&sandbox, "0.txt");
    let sandbox = cut_short();
    sandbox.write("in/7.txt", "New.");
    refused(&sandbox, "7.txt");
}

#[test]
fn a_plain_run_over_one_that_was_cut_short_asks_what_to_do() {
    let sandbox = told(&["Rain fell.", "It was wet.", "give up"]);
    assert_eq!(sandbox.textmill(&["run"]).code, Some(1));
    let said = sandbox.textmill(&["run"]);
    assert_eq!(said.code, Some(2));
    assert!(said.stderr.contains("was cut short, after "), "{}", said.stderr);
    let hint = "hint: `textmill run --resume` goes on where it stopped, `--fresh` begins anew\n";
    assert!(said.stderr.ends_with(hint), "{}", said.stderr);
}

#[test]
fn verify_tells_what_changed() {
    let sandbox = told(&RAIN);
    assert_eq!(sandbox.textmill(&["run", "--resume"]).code, Some(0), "where nothing was begun, it begins");
    let whole = sandbox.textmill(&["verify", "out.jsonl.run"]);
    assert_eq!(whole.code, Some(0), "{}", whole.stdout);
    assert!(
        whole.stdout.contains("ok       ../out.jsonl: ") && whole.stdout.contains(", 3 records"),
        "{}",
        whole.stdout
    );
    let output = sandbox.read("out.jsonl");
    sandbox.write("out.jsonl", output.replace("Rain", "Snow"));
    fs::remove_file(sandbox.path("out.jsonl.run/report.json")).unwrap();
    let changed = sandbox.textmill(&["verify", "out.jsonl.run"]);
    assert_eq!(changed.code, Some(1));
    assert!(changed.stdout.contains("FAILED   ../out.jsonl: its content changed"), "{}", changed.stdout);
    assert!(changed.stdout.contains("FAILED   report.json: No such file"), "{}", changed.stdout);
    assert_eq!(sandbox.textmill(&["verify", "in"]).code, Some(2));
}
