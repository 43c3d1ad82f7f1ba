#![no_main]
//! Bytes as a configuration file.

#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::configure(bytes));
