//! Input that one may have to wait for: standard input, pipes, devices.
//!
//! A read that waits for a terminal cannot be called back, and opening a pipe waits as well. So a thread of its
//! own does both, and whoever wants the bytes looks up now and then and gives up when nothing more is wanted. The
//! thread is left where it waits; it ends with its input or with the program.

use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// Says whether nothing more is wanted; once true it stays true.
pub(crate) type Cancelled = Arc<dyn Fn() -> bool + Send + Sync>;

const CHUNK_BYTES: usize = 1 << 17;
const LOOK_UP_MS: u64 = 50; // nobody feels it, and it costs nothing

/// The reading end: gives what the thread has read.
pub(crate) struct WaitingInput {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: Cursor<Vec<u8>>,
    has_ended: bool,
    cancelled: Cancelled,
}

impl WaitingInput {
    /// Starts to wait for what `open` opens.
    pub(crate) fn new<R: Read>(
        open: impl FnOnce() -> io::Result<R> + Send + 'static,
        cancelled: Cancelled,
    ) -> io::Result<WaitingInput> {
        let (sender, chunks) = sync_channel(1);
        thread::Builder::new().name("input".to_owned()).spawn(move || send_all(open, &sender))?;
        Ok(WaitingInput { chunks, chunk: Cursor::default(), has_ended: false, cancelled })
    }

    /// What comes next; empty at the end.
    fn next_chunk(&mut self) -> io::Result<Vec<u8>> {
        while !(self.cancelled)() {
            match self.chunks.recv_timeout(Duration::from_millis(LOOK_UP_MS)) {
                Ok(chunk) => return chunk,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(io::Error::other("the thread that reads it died"));
                }
            }
        }
        Err(io::Error::other("nothing more is wanted"))
    }
}

impl Read for WaitingInput {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.chunk.read(buffer)?;
        if n > 0 || self.has_ended || buffer.is_empty() {
            return Ok(n);
        }
        self.chunk = Cursor::new(self.next_chunk()?);
        self.has_ended = self.chunk.get_ref().is_empty();
        self.chunk.read(buffer)
    }
}

/// Sends all that there is to read, then an empty chunk or an error; ends early when nobody listens.
fn send_all<R: Read>(open: impl FnOnce() -> io::Result<R>, chunks: &SyncSender<io::Result<Vec<u8>>>) {
    let mut input = match open() {
        Ok(input) => input,
        Err(err) => return drop(chunks.send(Err(err))),
    };
    loop {
        let chunk = read_chunk(&mut input);
        let is_last = chunk.as_ref().is_ok_and(Vec::is_empty) || chunk.is_err();
        if chunks.send(chunk).is_err() || is_last {
            return;
        }
    }
}

fn read_chunk(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match input.read(&mut chunk) {
            Ok(n) => {
                chunk.truncate(n);
                return Ok(chunk);
            }
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::Sender;

    use super::*;

    /// Gives what comes through a channel, and waits as long as somebody holds the other end.
    struct Pipe(Receiver<&'static [u8]>);

    impl Read for Pipe {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let Ok(mut bytes) = self.0.recv() else { return Ok(0) };
            bytes.read(buffer)
        }
    }

    /// An input, the end that fills it, and the nth time it is asked being when nothing more is wanted.
    fn pipe(cancelled_at: usize) -> (Sender<&'static [u8]>, WaitingInput) {
        let (sender, receiver) = std::sync::mpsc::channel();
        let asked = AtomicUsize::new(1);
        let cancelled = move || asked.fetch_add(1, Ordering::Relaxed) >= cancelled_at;
        (sender, WaitingInput::new(|| Ok(Pipe(receiver)), Arc::new(cancelled)).unwrap())
    }

    #[test]
    fn all_that_comes_is_read_in_order() {
        let (sender, mut input) = pipe(usize::MAX);
        sender.send(b"Rain ").unwrap();
        sender.send(b"fell.").unwrap();
        drop(sender);
        assert_eq!(io::read_to_string(&mut input).unwrap(), "Rain fell.");
        assert_eq!(input.read(&mut [0]).unwrap(), 0, "the end comes again");
    }

    #[test]
    fn an_idle_input_is_given_up_when_nothing_more_is_wanted() {
        let (sender, mut input) = pipe(3);
        sender.send(b"Rain").unwrap();
        let mut read = Vec::new();
        let given_up = input.read_to_end(&mut read).unwrap_err();
        assert_eq!((&*read, &*given_up.to_string()), (b"Rain".as_slice(), "nothing more is wanted"));
    }

    #[test]
    fn what_cannot_be_opened_is_an_error_and_never_an_end() {
        let open = || Err::<io::Empty, _>(io::Error::other("gone"));
        let mut input = WaitingInput::new(open, Arc::new(|| false)).unwrap();
        assert_eq!(input.read(&mut [0]).unwrap_err().to_string(), "gone");
        assert!(input.read(&mut [0]).is_err());
    }
}
