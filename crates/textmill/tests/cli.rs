//! The real program, run as people run it, each time in a folder of its own.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

mod cli {
    mod broken_inputs;
    mod cleaning;
    mod determinism;
    mod digest;
    mod endings;
    mod faults;
    mod help;
    mod interrupts;
    mod kills;
    mod mishaps;
    mod offsets;
    mod own_plugin;
    mod plugin_checks;
    mod reference;
    mod sandbox;
    mod seeds;
    mod stages_shown;
    mod streams;
}
