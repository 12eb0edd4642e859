//! Tests of the boundary: what crosses it, what it looks like, and what happens when somebody breaks its promises.
//!
//! C code is compiled with `$CC`, or `cc`, into folders that go when the test ends. The plugin written in Rust is
//! `examples/faulty.rs`, linked into this program and also loaded from the library that `cargo test` makes of it.

#![allow(clippy::unwrap_used, reason = "clippy knows `#[test]` functions, not their helpers")]

mod compile;
mod conformance;
mod layout;
mod misbehaviour;
mod order;
mod panics;
mod search_path;
mod shout;
