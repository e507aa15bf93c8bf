//! PEEKUSER and POKEUSER: registers one by one, and the debug registers.

use crate::tracee::*;
use lariat_abi::{Errno, Options, Regs, Request, TraceeAddr};

/// `TRAP_HWBKPT`, `<asm-generic/siginfo.h>`.
const TRAP_HWBKPT: i32 = 4;

fn debug(register: u64) -> u64 {
    Regs::DEBUG_REGS + 8 * register
}

#[test]
fn peek_and_poke_see_one_register() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let stopped = tracee.at(stopped, "sum");
    let rbx = std::mem::offset_of!(Regs, rbx) as u64;
    assert_eq!(stopped.peek_user(rbx), Ok(40));
    assert_eq!(stopped.peek_user(Regs::RAX), Ok(stopped.regs().expect("GETREGS").rax));
    assert_eq!(stopped.peek_user(Regs::ORIG_RAX), Ok(u64::MAX), "no system call");
    stopped.poke_user(rbx, 98).expect("POKEUSER");
    assert_eq!(tracee.result(stopped), 100);
}

#[test]
fn misaligned_and_far_offsets_are_refused() {
    let (_tracee, stopped) = Tracee::seized(Options::empty());
    for offset in [4, 1, 928, 1 << 20, u64::MAX - 7] {
        assert_eq!(refused(stopped.peek_user(offset)), Errno::EIO, "{offset}");
        assert_eq!(refused(stopped.poke_user(offset, 0)), Errno::EIO, "{offset}");
    }
    assert_eq!(raw(Request::PeekUser, stopped.tid(), 80, 8), Err(Errno::EFAULT));
}

#[test]
fn a_debug_register_breaks_on_execution() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let stopped = tracee.at(stopped, "nops");
    let third = stopped.regs().expect("GETREGS").rip + 2;
    stopped.poke_user(debug(0), third).expect("DR0");
    stopped.poke_user(debug(7), 1).expect("DR7: DR0, execution, this task");
    let stopped = tracee.go(stopped, TRAP);
    assert_eq!(stopped.regs().expect("GETREGS").rip, third);
    let info = stopped.siginfo().expect("GETSIGINFO");
    assert_eq!((info.code(), info.addr()), (TRAP_HWBKPT, third));
    assert_eq!(stopped.peek_user(debug(6)).expect("DR6") & 0xf, 1, "which one it was");
    assert_eq!(stopped.peek_user(debug(0)), Ok(third));
    stopped.poke_user(debug(7), 0).expect("DR7: none");
    let stopped = tracee.go(stopped, TRAP);
    assert_eq!(tracee.result(stopped), 0);
}

#[test]
fn a_debug_register_watches_a_write() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    tracee.tell("pages");
    let addr = tracee.result(stopped) as u64;
    let stopped = tracee.interrupt();
    stopped.poke_user(debug(1), addr).expect("DR1");
    // DR1, reads and writes, eight bytes (Intel SDM vol. 3, 18.2.4).
    stopped.poke_user(debug(7), 1 << 2 | 0b1011 << 20).expect("DR7");
    tracee.tell(&format!("load {addr}"));
    let stopped = tracee.go(stopped, TRAP);
    assert_eq!(stopped.siginfo().expect("GETSIGINFO").code(), TRAP_HWBKPT);
    assert_eq!(stopped.peek_user(debug(6)).expect("DR6") & 0xf, 2);
    assert_eq!(tracee.result(stopped), i64::from_le_bytes(*b"aaaaaaaa"));
}

#[test]
fn debug_registers_refuse_the_kernels_memory_and_their_reserved_ones() {
    let (_tracee, stopped) = Tracee::seized(Options::empty());
    assert_eq!(refused(stopped.poke_user(debug(0), 0xffff_8000_0000_0000)), Errno::EINVAL);
    for reserved in [4, 5] {
        assert_eq!(refused(stopped.poke_user(debug(reserved), 1)), Errno::EIO, "DR{reserved}");
        assert_eq!(stopped.peek_user(debug(reserved)), Ok(0), "DR{reserved}");
    }
}

#[test]
fn peek_and_poke_reach_memory_whatever_its_protection() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    tracee.tell("none");
    let hidden = TraceeAddr::new(tracee.result(stopped) as u64);
    let stopped = tracee.interrupt();
    assert_eq!(stopped.peek_data(hidden), Ok(u64::from_le_bytes(*b"hidden\0\0")));
    assert_eq!(stopped.peek_text(hidden), stopped.peek_data(hidden));
    stopped.poke_data(hidden, 5).expect("POKEDATA");
    assert_eq!(stopped.peek_data(hidden), Ok(5));
    stopped.poke_text(hidden, 6).expect("POKETEXT");
    assert_eq!(stopped.peek_data(hidden), Ok(6));
}

#[test]
fn poke_text_changes_what_the_tracee_executes() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    tracee.tell("text");
    let text = tracee.result(stopped) as u64;
    let stopped = tracee.interrupt();
    // `answer` holds the instruction movl $1.
    let at = (text..text + 16).find(|&at| {
        let word = stopped.peek_text(TraceeAddr::new(at)).expect("PEEKTEXT");
        word as u8 & 0xf8 == 0xb8 && (word >> 8) as u32 == 1
    });
    let at = TraceeAddr::new(at.expect("the instruction"));
    let word = stopped.peek_text(at).expect("PEEKTEXT");
    stopped.poke_text(at, word & !0xff00 | 9 << 8).expect("POKETEXT");
    tracee.tell("answer");
    assert_eq!(tracee.result(stopped), 9);
}

#[test]
fn unmapped_memory_is_refused() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    tracee.tell("pages");
    let edge = tracee.result(stopped) as u64 + 2 * 4096;
    let stopped = tracee.interrupt();
    for addr in [0, 8, edge, edge - 4, u64::MAX - 7, 0xffff_8000_0000_0000] {
        let addr = TraceeAddr::new(addr);
        assert_eq!(refused(stopped.peek_data(addr)), Errno::EIO, "{addr}");
        assert_eq!(refused(stopped.poke_data(addr, 0)), Errno::EIO, "{addr}");
    }
    let last = TraceeAddr::new(edge - 8);
    assert_eq!(
        stopped.peek_data(last),
        Ok(u64::from_le_bytes(*b"aaaa\0\0\0\0")),
        "what could be written was"
    );
    assert_eq!(raw(Request::PeekData, tracee.tid, edge as usize - 8, 8), Err(Errno::EFAULT), "our pointer");
}
