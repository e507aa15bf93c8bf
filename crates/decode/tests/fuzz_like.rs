//! The properties of `fuzz/` on a bounded number of inputs, the same in every run.
#![allow(missing_docs, unreachable_pub, reason = "the properties are those of the fuzz targets")]

#[path = "../../../fuzz/properties/decode.rs"]
mod decode;
#[path = "../../../fuzz/properties/random.rs"]
mod random;
#[path = "../../../fuzz/properties/siginfo.rs"]
mod siginfo;
#[path = "../../../fuzz/properties/wait_status.rs"]
mod wait_status;

use lariat_abi::{Abi, SigInfo};
use lariat_decode::Catalog;
use random::Random;

/// What follows the number in an input of `decode`: arguments and the like, then memory.
fn surroundings(random: &mut Random) -> Vec<u8> {
    let mut input = random.bytes(40);
    let count = random.below(96);
    input.extend(random.words(count, decode::BASE));
    input
}

#[test]
fn every_call_of_every_abi_can_be_shown() {
    let mut random = Random::new(0x1a71a7);
    for abi in [Abi::X86_64, Abi::I386, Abi::X32] {
        for (number, _) in Catalog::get().table(abi) {
            for _ in 0..20 {
                decode::check_call(abi, number, &surroundings(&mut random));
            }
        }
    }
}

#[test]
fn any_number_can_be_shown() {
    let mut random = Random::new(0xdec0de);
    for _ in 0..4000 {
        let mut input = random.bytes(12);
        input.extend(surroundings(&mut random));
        decode::check(&input);
    }
    decode::check(&[]);
}

#[test]
fn any_siginfo_can_be_shown() {
    let mut random = Random::new(0x516);
    for _ in 0..20_000 {
        let mut bytes = random.words(SigInfo::SIZE / 8, 0);
        // Mostly a signal and a code that there are.
        if random.below(4) > 0 {
            bytes[..4].copy_from_slice(&(random.below(65) as i32).to_le_bytes());
            bytes[8..12].copy_from_slice(&(random.below(24) as i32 - 8).to_le_bytes());
        }
        siginfo::check(&bytes);
    }
}

#[test]
fn any_wait_status_can_be_shown() {
    let mut random = Random::new(0x3a17);
    for _ in 0..20_000 {
        let event = random.next() as u8 % 10;
        let status = u32::from(event) << 16 | u32::from(random.next() as u16);
        wait_status::check(&status.to_le_bytes());
        wait_status::check(&random.bytes(4));
    }
}
