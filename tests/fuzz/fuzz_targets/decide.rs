#![no_main]
//! Bytes as a line of `gt-audit simulate`.

#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::decide(bytes));
