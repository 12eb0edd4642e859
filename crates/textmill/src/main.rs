//! The command line of textmill.
fn main() {}
