//! Shows how far a run is: a bar on a terminal, a line now and then elsewhere.

use std::io::{IsTerminal, stderr};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use textmill_engine::Progress;

use crate::console::Console;
use crate::figures;

/// Between two looks at how far a run is, when there is a bar.
const BAR_INTERVAL: Duration = Duration::from_millis(100);
/// Between two lines, when there is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(10);

const KNOWN: &str = "{prefix}{wide_bar} {percent:>3}%  {msg}  ETA {eta}";
const UNKNOWN: &str = "{prefix}{spinner} {msg}";

/// Does `work`, and shows how far it is.
pub(crate) fn shown<T: Send>(
    console: &Console,
    progress: &Progress,
    is_quiet: bool,
    work: impl FnOnce() -> T + Send,
) -> T {
    if is_quiet {
        return work();
    }
    std::thread::scope(|scope| {
        let (done, waiting) = channel::<()>();
        let shower = scope.spawn(move || {
            if stderr().is_terminal() {
                show_bar(console, progress, &waiting);
            } else {
                say_lines(console, progress, &waiting);
            }
        });
        let result = work();
        drop(done);
        let _ = shower.join(); // a bar that panicked is no reason to lose the run
        result
    })
}

fn show_bar(console: &Console, progress: &Progress, done: &Receiver<()>) {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    console.show_bar(bar.clone());
    let mut watch = Watch::new(progress);
    while !is_over(done, BAR_INTERVAL) {
        let look = watch.look();
        if look.is_new_pass {
            bar.set_style(style(look.total));
            bar.reset_eta();
        }
        bar.set_prefix(look.pass.clone());
        if let Some(total) = look.total {
            bar.set_length(total);
            bar.set_position(look.position.min(total));
        }
        bar.set_message(look.words());
        bar.tick();
    }
    console.hide_bar();
}

fn style(total: Option<u64>) -> ProgressStyle {
    let template = if total.is_some() { KNOWN } else { UNKNOWN };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn say_lines(console: &Console, progress: &Progress, done: &Receiver<()>) {
    let mut watch = Watch::new(progress);
    while !is_over(done, LINE_INTERVAL) {
        let look = watch.look();
        let share = look.total.map(|total| look.position.min(total) * 100 / total.max(1));
        let share = share.map(|percent| format!("{percent}%, ")).unwrap_or_default();
        console.say(&format!("{}{share}{}\n", look.pass, look.words()));
    }
}

fn is_over(done: &Receiver<()>, interval: Duration) -> bool {
    done.recv_timeout(interval) != Err(RecvTimeoutError::Timeout)
}

/// Looks at a run from time to time.
struct Watch<'a> {
    progress: &'a Progress,
    pass: usize,
    began: Instant,
}

/// How far a run was at a moment.
struct Look {
    is_new_pass: bool,
    /// `pass 1 of 2: `, or nothing when there is only one.
    pass: String,
    /// Bytes of input in the first pass, documents in a later one.
    position: u64,
    total: Option<u64>,
    documents: u64,
    text_bytes: u64,
    seconds: f64,
}

impl<'a> Watch<'a> {
    fn new(progress: &'a Progress) -> Watch<'a> {
        Watch { progress, pass: 0, began: Instant::now() }
    }

    fn look(&mut self) -> Look {
        let progress = self.progress;
        let pass = progress.pass.load(Ordering::Relaxed);
        let passes = progress.passes.load(Ordering::Relaxed);
        let is_new_pass = pass != self.pass;
        if is_new_pass {
            (self.pass, self.began) = (pass, Instant::now());
        }
        let documents = progress.documents.load(Ordering::Relaxed);
        let expected = progress.documents_expected.load(Ordering::Relaxed);
        let input_bytes = Some(progress.input_bytes.load(Ordering::Relaxed)).filter(|bytes| *bytes > 0);
        let (position, total) = match expected {
            0 => (progress.input_bytes_read.load(Ordering::Relaxed), input_bytes),
            expected => (documents, Some(expected)),
        };
        Look {
            is_new_pass,
            pass: if passes > 1 { format!("pass {pass} of {passes}: ") } else { String::new() },
            position,
            total,
            documents,
            text_bytes: progress.text_bytes.load(Ordering::Relaxed),
            seconds: self.began.elapsed().as_secs_f64().max(1e-3),
        }
    }
}

impl Look {
    fn words(&self) -> String {
        let documents_per_second = figures::count((self.documents as f64 / self.seconds) as u64);
        let bytes_per_second = figures::bytes((self.text_bytes as f64 / self.seconds) as u64);
        let documents = figures::counted(self.documents, "document");
        format!("{documents}, {documents_per_second}/s, {bytes_per_second}/s")
    }
}
