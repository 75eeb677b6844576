#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hellok8s_lab_fuzz::manifest(data));
