#![no_main]

// The library may panic, and that is caught: only a panic that is not is a finding.
libfuzzer_sys::fuzz_target!(
    init: std::panic::set_hook(Box::new(|_| {})),
    |bytes: &[u8]| fuzz_checks::check("html", bytes)
);
