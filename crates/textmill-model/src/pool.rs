//! Bytes that are used again.
//!
//! A run reads a million batches of the same size. Memory that is new to the program costs a page fault for every 4 KiB,
//! which is more than all that happens to a byte on its way through; so the bytes of a batch go back to where they
//! came from when the last document is gone that was read from them.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

/// Keeps bytes that nobody needs just now.
#[derive(Debug)]
pub struct BytePool {
    free: Mutex<Vec<Vec<u8>>>,
    bytes_max: usize,
}

/// Bytes of a batch. They return to their pool when this is dropped.
#[derive(Debug, Default)]
pub struct BatchBytes {
    bytes: Vec<u8>,
    pool: Option<Arc<BytePool>>,
}

/// Texts of a batch, one behind the other. Their bytes return to their pool when this is dropped.
#[derive(Debug, Default)]
pub struct BatchTexts {
    texts: String,
    pool: Option<Arc<BytePool>>,
}

impl BytePool {
    /// A pool of buffers for about `bytes`. Those that grew far beyond are not kept.
    pub fn new(bytes: usize) -> Arc<BytePool> {
        Arc::new(BytePool { free: Mutex::default(), bytes_max: bytes.saturating_mul(2) })
    }

    /// An empty buffer with room for `bytes`.
    pub fn take(&self, bytes: usize) -> Vec<u8> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut buffer = free.unwrap_or_default();
        buffer.reserve(bytes);
        buffer
    }

    fn put_back(&self, mut buffer: Vec<u8>) {
        if buffer.capacity() <= self.bytes_max {
            buffer.clear();
            self.free.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
        }
    }
}

impl BatchBytes {
    /// Bytes that go back to `pool`, if they came from one.
    pub fn new(bytes: Vec<u8>, pool: Option<Arc<BytePool>>) -> Arc<BatchBytes> {
        Arc::new(BatchBytes { bytes, pool })
    }
}

impl BatchTexts {
    /// Room for the texts that stand in `batch`, from the same pool.
    pub fn new(batch: &BatchBytes) -> BatchTexts {
        let room = batch.pool.as_ref().map_or_else(Vec::new, |pool| pool.take(batch.len()));
        BatchTexts { texts: String::from_utf8(room).unwrap_or_default(), pool: batch.pool.clone() }
    }
}

impl Deref for BatchBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for BatchBytes {
    fn drop(&mut self) {
        if let Some(pool) = &self.pool {
            pool.put_back(std::mem::take(&mut self.bytes));
        }
    }
}

impl Deref for BatchTexts {
    type Target = String;

    fn deref(&self) -> &String {
        &self.texts
    }
}

impl DerefMut for BatchTexts {
    fn deref_mut(&mut self) -> &mut String {
        &mut self.texts
    }
}

impl Drop for BatchTexts {
    fn drop(&mut self) {
        if let Some(pool) = &self.pool {
            pool.put_back(std::mem::take(&mut self.texts).into_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_unless_they_grew_too_large() {
        let pool = BytePool::new(100);
        let capacity_after = |bytes: usize| {
            let mut buffer = pool.take(100);
            buffer.resize(bytes, 1);
            drop(BatchBytes::new(buffer, Some(Arc::clone(&pool))));
            pool.free.lock().unwrap().first().map(Vec::capacity)
        };
        assert!(capacity_after(120).is_some_and(|capacity| capacity >= 120));
        assert!(pool.take(50).is_empty());
        assert_eq!(capacity_after(1000), None);
    }
}
