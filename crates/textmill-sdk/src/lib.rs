//! Write a textmill stage plugin in Rust.
