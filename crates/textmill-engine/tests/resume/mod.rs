//! Runs that are cut short anywhere, and go on.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};

use textmill_engine::{Beginning, Progress, RunError, RunOptions, Setup, Turned, prepare};
use textmill_host::{Environment, Plugins};

use crate::{ALL_STAGES, Heard, INPUT, left_behind, reading, stages, text_of};

/// How a run is cut short at some document.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    /// All that is under way is lost, as when the program is killed.
    Short,
    /// What was read goes all the way, as after Ctrl-C.
    Softly,
}

/// Each record is a file and a batch, and behind each there is a commit point.
const SETTINGS: &str = "batch_bytes = 1\ncommit_bytes = 1\nthreads = 1";

/// Runs all stages and one that tells of each document, and cuts the run short at the `at`th document told of.
fn run(folder: &Path, sink: &str, beginning: Beginning, cut: Option<(Cut, usize)>) -> Turned {
    run_with(folder, sink, SETTINGS, beginning, cut)
}

fn run_with(
    folder: &Path,
    sink: &str,
    settings: &str,
    beginning: Beginning,
    cut: Option<(Cut, usize)>,
) -> Turned {
    let told = "[[stage]]\nuse = 'canceller'\n";
    let text = format!(
        "source = {{ use = 'jsonl', options.paths = ['in'] }}
         sink = {{ {sink} }}
         [run]\n{settings}\n{told}{ALL_STAGES}{}",
        told.replace("use", "id = 'late'\nuse")
    );
    let plugins = Plugins::linked(&[stages::plugin()]).unwrap();
    let options = RunOptions { beginning, ..RunOptions::default() };
    let (stop, told_of) = (Arc::clone(&options.stop), AtomicUsize::new(0));
    let environment = Arc::new_cyclic(|environment: &Weak<Environment>| {
        let environment = environment.clone();
        Environment::new(move |_, _, message| {
            let now = told_of.fetch_add(usize::from(message == "cancel"), Ordering::Relaxed);
            match cut.filter(|(_, at)| *at == now) {
                Some((Cut::Short, _)) => environment.upgrade().unwrap().cancel(),
                Some((Cut::Softly, _)) => stop.store(true, Ordering::Relaxed),
                None => {}
            }
        })
    });
    let setup = Setup { plugins: &plugins, environment, folder };
    let (mill, _) =
        prepare(reading(folder, &text, &plugins), &setup).unwrap_or_else(|faults| panic!("{faults:?}"));
    mill.run(&options, &Progress::default(), &Heard(Mutex::default()))
}

const JSONL: &str = "use = 'jsonl', options.path = 'out.jsonl'";

fn folder_with_input() -> tempfile::TempDir {
    // In memory, where there is such a place: what is tested here brings much to the disk.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    for (i, line) in INPUT.lines().enumerate() {
        fs::write(folder.path().join(format!("in/{i:02}.jsonl")), line).unwrap();
    }
    folder
}

/// What an undisturbed run leaves behind.
fn undisturbed(sink: &str) -> [String; 7] {
    let folder = folder_with_input();
    run(folder.path(), sink, Beginning::Refuse, None).ended.unwrap();
    left_behind(folder.path())
}

/// The stage before and the one behind all others tell of these many documents in an undisturbed run.
const TOLD: usize = 20;

#[test]
fn a_run_that_is_cut_short_anywhere_goes_on_as_if_nothing_had_been() {
    let expected = undisturbed(JSONL);
    for cut in [Cut::Short, Cut::Softly] {
        for at in 0..TOLD {
            let folder = folder_with_input();
            let first = run(folder.path(), JSONL, Beginning::Refuse, Some((cut, at)));
            assert!(matches!(first.ended, Err(RunError::Interrupted)), "at {at}: {:?}", first.ended);
            assert!(first.is_resumable || cut == Cut::Short, "at {at}");
            let second = run(folder.path(), JSONL, Beginning::Resume, None);
            second.ended.unwrap_or_else(|err| panic!("at {at}: {err:?}"));
            assert_eq!(left_behind(folder.path()), expected, "cut short at {at}");
            let left: Vec<_> = fs::read_dir(folder.path().join("out.jsonl.run"))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .filter(|name| !name.ends_with(".json") && name != ".lock")
                .collect();
            assert!(left.iter().all(|name| ["rejects", "tables"].contains(&&**name)), "{left:?}");
        }
    }
}

#[test]
fn a_run_may_be_cut_short_behind_every_document() {
    let expected = undisturbed(JSONL);
    let folder = folder_with_input();
    let mut turns = 1;
    while run(folder.path(), JSONL, Beginning::Resume, Some((Cut::Softly, 0))).ended.is_err() {
        turns += 1;
    }
    assert_eq!(left_behind(folder.path()), expected);
    assert!(turns > 5, "{turns}");
}

#[test]
fn packed_output_goes_on_in_the_middle_of_a_piece() {
    let sink = "use = 'jsonl', options.path = 'out.jsonl.gz'";
    let whole = folder_with_input();
    run(whole.path(), sink, Beginning::Refuse, None).ended.unwrap();
    for at in [3, TOLD - 2] {
        let folder = folder_with_input();
        run(folder.path(), sink, Beginning::Refuse, Some((Cut::Short, at))).ended.unwrap_err();
        run(folder.path(), sink, Beginning::Resume, None).ended.unwrap();
        let packed = |folder: &Path| fs::read(folder.join("out.jsonl.gz")).unwrap();
        assert!(packed(folder.path()) == packed(whole.path()), "cut short at {at}");
    }
}

#[test]
fn an_output_that_can_only_be_written_in_one_go_is_begun_anew() {
    let sink = "use = 'text', options.path = 'out'";
    let folder = folder_with_input();
    let first = run(folder.path(), sink, Beginning::Refuse, Some((Cut::Short, TOLD - 1)));
    assert!(first.ended.is_err() && first.is_resumable, "the pass before it need not be done again");
    run(folder.path(), sink, Beginning::Resume, None).ended.unwrap();
    assert_eq!(fs::read_dir(folder.path().join("out")).unwrap().count(), 8);
    assert!(text_of(folder.path(), "out.run/rejects/dropped.jsonl").lines().count() == 2);
}

#[test]
fn what_was_cut_short_is_not_overwritten_by_chance() {
    let folder = folder_with_input();
    run(folder.path(), JSONL, Beginning::Refuse, Some((Cut::Short, 9))).ended.unwrap_err();
    let refused = run(folder.path(), JSONL, Beginning::Refuse, None);
    let said = refused.ended.unwrap_err().to_string();
    assert!(said.contains("was cut short, after ") && !refused.is_started, "{said}");
    run(folder.path(), JSONL, Beginning::Fresh, None).ended.unwrap();
    assert_eq!(left_behind(folder.path()), undisturbed(JSONL));
}

#[test]
fn a_run_does_not_go_on_with_another_input_or_plan() {
    let changed = |change: fn(&Path) -> &'static str| {
        let folder = folder_with_input();
        run(folder.path(), JSONL, Beginning::Refuse, Some((Cut::Short, 9))).ended.unwrap_err();
        let sink = change(folder.path());
        let said = run(folder.path(), sink, Beginning::Resume, None).ended.unwrap_err().to_string();
        said.split_once(": ").unwrap().1.to_owned()
    };
    let grown = |folder: &Path| {
        fs::write(folder.join("in/12.jsonl"), INPUT).unwrap();
        JSONL
    };
    assert_eq!(changed(grown), "input `in/12.jsonl` changed");
    let plan = |_: &Path| "use = 'jsonl', options.path = 'out.jsonl', options.offsets = 'bytes'";
    assert_eq!(changed(plan), "the options of the sink changed");
}

#[test]
fn how_it_runs_may_change_between() {
    let folder = folder_with_input();
    run(folder.path(), JSONL, Beginning::Refuse, Some((Cut::Short, 13))).ended.unwrap_err();
    run_with(folder.path(), JSONL, "threads = 3", Beginning::Resume, None).ended.unwrap();
    assert_eq!(left_behind(folder.path()), undisturbed(JSONL));
}

#[test]
fn a_commit_point_that_is_damaged_is_told_of() {
    let folder = folder_with_input();
    run(folder.path(), JSONL, Beginning::Refuse, Some((Cut::Short, 9))).ended.unwrap_err();
    let point = folder.path().join("out.jsonl.run/commit_point");
    let mut bytes = fs::read(&point).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(point, bytes).unwrap();
    let err = run(folder.path(), JSONL, Beginning::Resume, None).ended.unwrap_err();
    let RunError::Folder { source, .. } = err else { panic!("{err:?}") };
    assert!(source.to_string().contains("`commit_point` is damaged"), "{source}");
}
