//! Any script is read or refused, prints as itself, and can be played on the model and shown.
#![no_main]

#[path = "../properties/script.rs"]
mod script;

libfuzzer_sys::fuzz_target!(|data: &[u8]| script::check(data));
