//! Any `-e` expression is applied or refused.
#![no_main]

#[path = "../properties/expression.rs"]
mod expression;

libfuzzer_sys::fuzz_target!(|data: &[u8]| expression::check(data));
