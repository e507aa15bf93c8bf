//! Any status decodes, encodes to itself again, and can be shown.
#![no_main]

#[path = "../properties/wait_status.rs"]
mod wait_status;

libfuzzer_sys::fuzz_target!(|data: &[u8]| wait_status::check(data));
