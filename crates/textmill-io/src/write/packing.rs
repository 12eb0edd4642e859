//! Packs cuts of a stream on threads of its own, and gives them back in order.
//!
//! Packing is the most expensive thing that happens to a byte on its way out, and the stream is written by one
//! thread at a time. The threads start with the first cut; how many they are does not show in the output.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::Compression;

/// Packed cuts that wait for their turn, a thread: enough to keep each of them busy.
const WAITING_PER_THREAD: usize = 2;

/// Packs cuts.
pub(super) struct PackingThreads {
    compression: Compression,
    level: i32,
    threads: usize,
    jobs: Option<Sender<Job>>,
    waiting: VecDeque<Receiver<io::Result<Vec<u8>>>>,
}

struct Job {
    cut: Vec<u8>,
    packed: Sender<io::Result<Vec<u8>>>,
}

impl PackingThreads {
    pub(super) fn new(compression: Compression, level: i32, threads: usize) -> PackingThreads {
        PackingThreads { compression, level, threads, jobs: None, waiting: VecDeque::new() }
    }

    /// Takes a cut; gives an earlier one back, packed, when enough are under way.
    pub(super) fn push(&mut self, cut: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        let (packed, receiver) = channel();
        let jobs = match &self.jobs {
            Some(jobs) => jobs,
            None => self.jobs.insert(self.start()?),
        };
        jobs.send(Job { cut, packed }).map_err(|_| died())?;
        self.waiting.push_back(receiver);
        if self.waiting.len() > self.threads * WAITING_PER_THREAD { self.next() } else { Ok(None) }
    }

    /// The next cut, packed; `None` when all are out.
    pub(super) fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(receiver) = self.waiting.pop_front() else { return Ok(None) };
        receiver.recv().map_err(|_| died())?.map(Some)
    }

    fn start(&self) -> io::Result<Sender<Job>> {
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..self.threads {
            let (queue, mut packer) = (Arc::clone(&queue), Packer::new(self.compression, self.level)?);
            let work = move || {
                while let Some(Job { cut, packed }) = next_job(&queue) {
                    let _ = packed.send(packer.pack(&cut)); // nobody listens when the writer was dropped
                }
            };
            thread::Builder::new().name("pack".to_owned()).spawn(work)?;
        }
        Ok(jobs)
    }
}

fn next_job(queue: &Mutex<Receiver<Job>>) -> Option<Job> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

fn died() -> io::Error {
    io::Error::other("a thread that packs the output died")
}

/// Packs one cut after the other, each for itself.
enum Packer {
    Gzip(flate2::Compression),
    Zstd(zstd::bulk::Compressor<'static>),
}

impl Packer {
    fn new(compression: Compression, level: i32) -> io::Result<Packer> {
        if compression == Compression::Gzip {
            return Ok(Packer::Gzip(flate2::Compression::new(level.unsigned_abs())));
        }
        let mut compressor = zstd::bulk::Compressor::new(level)?;
        compressor.include_checksum(true)?;
        Ok(Packer::Zstd(compressor))
    }

    fn pack(&mut self, cut: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Packer::Gzip(level) => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::with_capacity(cut.len() / 2), *level);
                encoder.write_all(cut)?;
                encoder.finish()
            }
            Packer::Zstd(compressor) => compressor.compress(cut),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(threads: usize, cuts: &[&[u8]]) -> (usize, Vec<Vec<u8>>) {
        let mut packing = PackingThreads::new(Compression::Zstd, 3, threads);
        let mut waiting_max = 0;
        let mut packed = Vec::new();
        for cut in cuts {
            packed.extend(packing.push(cut.to_vec()).unwrap());
            waiting_max = waiting_max.max(packing.waiting.len());
        }
        while let Some(cut) = packing.next().unwrap() {
            packed.push(cut);
        }
        (waiting_max, packed)
    }

    #[test]
    fn the_number_of_threads_bounds_what_is_held_and_does_not_show() {
        let cuts: Vec<Vec<u8>> = (0..40_u8).map(|i| vec![i; 1000]).collect();
        let cuts: Vec<&[u8]> = cuts.iter().map(Vec::as_slice).collect();
        let runs = [1, 3, 100].map(|threads| packed(threads, &cuts));
        assert_eq!(runs.each_ref().map(|(waiting_max, _)| *waiting_max), [2, 6, 40]);
        assert!(runs.iter().all(|(_, packed)| *packed == runs[0].1));
    }
}
