//! The program that every actor executes: a static ELF file of one page of code and memory for the stacks, made for
//! the address of its stage.

use super::block::{IMAGE_LEN, SLOTS, STACK, STACKS};
use super::code::code;

/// Where the code begins in the file, and in the stage's window.
pub(super) const CODE: usize = 0x100;

const PT_LOAD: u32 = 1;
const PT_GNU_STACK: u32 = 0x6474_e551;
const R: u32 = 4;
const W: u32 = 2;
const X: u32 = 1;
const HEADER: usize = 64;
const SEGMENT: usize = 56;

/// The file's first page: ELF header, three program headers, and the code.
pub(super) fn image(window: usize) -> Vec<u8> {
    let mut file = Vec::with_capacity(IMAGE_LEN);
    file.extend(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    file.extend([2u16, 62].map(u16::to_le_bytes).concat()); // ET_EXEC, EM_X86_64
    file.extend(1u32.to_le_bytes());
    file.extend([(window + CODE) as u64, HEADER as u64, 0].map(u64::to_le_bytes).concat());
    file.extend(0u32.to_le_bytes());
    file.extend([HEADER as u16, SEGMENT as u16, 3, 64, 0, 0].map(u16::to_le_bytes).concat());
    // The stacks are not executable, and nothing else is writable.
    let segments = [
        (PT_LOAD, R | X, window, IMAGE_LEN, IMAGE_LEN),
        (PT_LOAD, R | W, window + STACKS, 0, SLOTS * STACK),
        (PT_GNU_STACK, R | W, 0, 0, 0),
    ];
    for (kind, flags, address, in_file, in_memory) in segments {
        file.extend([kind, flags].map(u32::to_le_bytes).concat());
        let words = [0, address, address, in_file, in_memory, 4096];
        file.extend(words.map(|word| (word as u64).to_le_bytes()).concat());
    }
    file.resize(CODE, 0);
    file.extend(code().bytes);
    assert!(file.len() <= IMAGE_LEN, "the actor's code outgrew its page");
    file.resize(IMAGE_LEN, 0);
    file
}
