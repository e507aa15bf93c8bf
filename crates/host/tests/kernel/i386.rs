//! A 32-bit tracee: its register sets, thread areas and calls.

use crate::tracee::*;
use lariat_abi::{Abi, Errno, I386Regs, Options, RegsetKind, Request, SyscallOp, UserDesc};
use lariat_host::{Resume, Stopped};
use std::path::PathBuf;
use std::sync::OnceLock;

fn program() -> &'static PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| compile("ptrace_i386", I386))
}

/// The tracee at its `n`th breakpoint.
fn at(n: usize) -> (Tracee, Stopped) {
    let (tracee, mut stopped) = Tracee::traced_program(program());
    for _ in 0..n {
        stopped = tracee.go(stopped, TRAP);
    }
    (tracee, stopped)
}

fn regs(stopped: &Stopped) -> I386Regs {
    let bytes = stopped.regset(RegsetKind::Prstatus, 4096).expect("GETREGSET");
    I386Regs::from_bytes(&bytes.try_into().expect("the size of a 32-bit task's set"))
}

#[test]
fn the_prstatus_set_is_the_32_bit_registers() {
    let (tracee, stopped) = at(1);
    let mut set = regs(&stopped);
    assert_eq!((set.ebx, set.esi), (40, 2));
    set.ebx = 58;
    stopped.set_regset(RegsetKind::Prstatus, &set.to_bytes()).expect("SETREGSET");
    let stopped = tracee.go(stopped, TRAP);
    assert_eq!(regs(&stopped).eax, 60);
}

#[test]
fn getregs_has_the_64_bit_layout_all_the_same() {
    let (tracee, stopped) = at(1);
    let mut set = stopped.regs().expect("GETREGS");
    assert_eq!((set.rbx, set.rsi), (40, 2));
    assert!(!set.is_64bit_code());
    set.rsi = 8;
    stopped.set_regs(&set).expect("SETREGS");
    let stopped = tracee.go(stopped, TRAP);
    assert_eq!(regs(&stopped).eax, 48);
}

#[test]
fn the_floating_point_sets_are_fsave_and_fxsave() {
    let (tracee, stopped) = at(3);
    // `struct user_i387_ia32_struct`: seven words, then st(0), ten bytes.
    let mut set = stopped.regset(RegsetKind::Fpregset, 4096).expect("GETREGSET");
    assert_eq!(set.len(), 108);
    let one = [0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f];
    assert_eq!(set[28..38], one);
    // 2.0: the next exponent.
    set[36] = 0;
    set[37] = 0x40;
    stopped.set_regset(RegsetKind::Fpregset, &set).expect("SETREGSET");
    let fxsave = stopped.regset(RegsetKind::Xfpregset, 4096).expect("GETREGSET");
    assert_eq!(fxsave.len(), 512);
    assert_eq!(fxsave[32..42], [0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0x40]);
    assert!(stopped.regset(RegsetKind::Xstate, 1 << 16).expect("GETREGSET").len() >= 576);
    let stopped = tracee.go(stopped, TRAP);
    assert_eq!(regs(&stopped).eax, 2);
}

#[test]
fn thread_areas_can_be_read_and_changed() {
    let (tracee, stopped) = at(5);
    let set = regs(&stopped);
    let mut area = stopped.thread_area(set.ebx).expect("GET_THREAD_AREA");
    assert_eq!((area.entry_number, area.limit), (set.ebx, 0xfffff));
    assert_eq!(area.flags & 0x51, 0x51, "32-bit, limit in pages, usable");

    let all = stopped.regset(RegsetKind::I386Tls, 48).expect("GETREGSET");
    let base = |n: usize| u32::from_le_bytes(all[16 * n + 4..16 * n + 8].try_into().expect("a word"));
    assert_eq!(base(set.ebx as usize - 12), area.base_addr, "the first of three is number 12");

    area.base_addr = set.ecx;
    stopped.set_thread_area(set.ebx, &area).expect("SET_THREAD_AREA");
    assert_eq!(stopped.thread_area(set.ebx), Ok(area));
    let stopped = tracee.go(stopped, TRAP);
    assert_eq!(regs(&stopped).eax, 22);
}

#[test]
fn thread_areas_out_of_range_are_refused() {
    let (_tracee, stopped) = at(5);
    for index in [0, 11, 15, i32::MAX as u32] {
        assert_eq!(refused(stopped.thread_area(index)), Errno::EINVAL, "{index}");
        assert_eq!(refused(stopped.set_thread_area(index, &UserDesc::default())), Errno::EINVAL, "{index}");
    }
    assert_eq!(refused(stopped.thread_area(u32::MAX)), Errno::EIO, "negative");
    assert_eq!(refused(stopped.set_thread_area(u32::MAX, &UserDesc::default())), Errno::EIO, "negative");
    assert_eq!(raw(Request::GetThreadArea, stopped.tid(), 12, 8), Err(Errno::EFAULT));
    // A 64-bit task has them too: the request is the processor's.
    let (_tracee, stopped) = Tracee::seized(Options::empty());
    assert_eq!(stopped.thread_area(12).expect("GET_THREAD_AREA").base_addr, 0);
}

#[test]
fn syscall_info_names_the_abi() {
    let (tracee, stopped) = at(7);
    stopped.set_options(Options::TRACESYSGOOD | Options::EXITKILL).expect("SETOPTIONS");
    let stopped = crate::tracee::go(stopped, Resume::Syscall, SYSCALL);
    let info = stopped.syscall_info().expect("GET_SYSCALL_INFO");
    assert_eq!(info.op, SyscallOp::Entry { number: 64, args: [1, 2, 3, 4, 5, 6] });
    assert_eq!(Abi::from_audit(info.arch, 64), Abi::I386);
    let stopped = crate::tracee::go(stopped, Resume::Syscall, SYSCALL);
    let parent = i64::from(std::process::id());
    let exit = SyscallOp::Exit { rval: parent, is_error: false };
    assert_eq!(stopped.syscall_info().expect("GET_SYSCALL_INFO").op, exit);
    let stopped = tracee.go(stopped, TRAP);
    assert_eq!(i64::from(regs(&stopped).eax), parent);
    stopped.resume(Resume::Cont, None).expect("CONT");
    assert_eq!(death(tracee.tid), lariat_abi::WaitStatus::Exited(9));
}
