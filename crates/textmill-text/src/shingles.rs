//! Hashes of runs of consecutive words.
