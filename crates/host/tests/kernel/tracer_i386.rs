//! A 32-bit tracer of a 64-bit task: what it is shown, and that the task is none the worse.

use crate::namespaces::stranger_may_be_attached;
use crate::tracee::*;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

#[test]
fn a_32_bit_tracer_sees_half_of_a_64_bit_task_unless_it_asks_for_the_set() {
    let program = compile("tracer_i386", I386);
    let mut tracee = Tracee::free();
    let mut tracer =
        Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts");
    tracer.stdin.take().expect("a pipe").write_all(&tracee.tid.as_raw().to_le_bytes()).expect("it reads");
    let mut bytes = Vec::new();
    tracer.stdout.take().expect("a pipe").read_to_end(&mut bytes).expect("it writes");
    assert!(tracer.wait().expect("it ends").success());

    let mut at = 0;
    let mut int = || {
        at += 4;
        i32::from_le_bytes(bytes[at - 4..at].try_into().expect("four bytes"))
    };
    let attach = int();
    if !stranger_may_be_attached() {
        return assert_eq!(attach, -libc::EPERM);
    }
    assert_eq!((attach, int(), int()), (0, tracee.tid.as_raw(), STOP));
    assert_eq!(int(), 0, "GETREGS");
    let half: [u32; 17] = std::array::from_fn(|_| int() as u32);
    let half =
        lariat_abi::I386Regs::from_bytes(half.map(u32::to_le_bytes).as_flattened().try_into().expect("68"));
    assert_eq!((int(), int() as u32), (0, half.eip), "PEEKUSER");
    assert_eq!((int(), int()), (0, lariat_abi::Regs::SIZE as i32), "GETREGSET: the task's own set");
    let whole: [u32; 54] = std::array::from_fn(|_| int() as u32);
    let whole =
        lariat_abi::Regs::from_bytes(whole.map(u32::to_le_bytes).as_flattened().try_into().expect("216"));
    assert!(whole.is_64bit_code() && whole.rsp >> 32 != 0);
    assert_eq!((half.eip, half.esp, half.ebx), (whole.rip as u32, whole.rsp as u32, whole.rbx as u32));
    assert_eq!((int(), int()), (0, 0x1f80), "GETFPXREGS, which only a 32-bit tracer has: mxcsr");
    assert_eq!((int(), int()), (24, 0), "GET_SYSCALL_INFO and DETACH");
    assert_eq!(at, bytes.len());
    assert_eq!(tracee.ask("answer"), 1);
}
