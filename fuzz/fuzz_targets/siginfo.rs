//! Any siginfo can be shown.
#![no_main]

#[path = "../properties/siginfo.rs"]
mod siginfo;

libfuzzer_sys::fuzz_target!(|data: &[u8]| siginfo::check(data));
