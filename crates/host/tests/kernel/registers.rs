//! GETREGS, GETFPREGS, GETREGSET, ARCH_PRCTL and their setters: what is set is what the tracee computes with.

use crate::tracee::*;
use lariat_abi::{Errno, Options, Regs, RegsetKind, Request};

/// A kernel address, canonical.
const KERNEL: u64 = 0xffff_8000_0000_0000;
/// Between the two halves of the address space.
const NON_CANONICAL: u64 = 0x0800_0000_0000_0000;
/// `ARCH_SET_GS` and its kin, `<asm/prctl.h>`.
const ARCH_SET_GS: u32 = 0x1001;
const ARCH_SET_FS: u32 = 0x1002;
const ARCH_GET_FS: u32 = 0x1003;
const ARCH_GET_GS: u32 = 0x1004;
/// Byte offset of `xmm0` in the FXSAVE area.
const XMM0: usize = 160;

#[test]
fn set_regs_changes_what_the_tracee_computes() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let stopped = tracee.at(stopped, "sum");
    let mut regs = stopped.regs().expect("GETREGS");
    assert_eq!((regs.rbx, regs.r12), (40, 2));
    assert!(regs.is_64bit_code());
    regs.rbx = 1000;
    stopped.set_regs(&regs).expect("SETREGS");
    assert_eq!(stopped.regs(), Ok(regs));
    assert_eq!(tracee.result(stopped), 1002);
}

#[test]
fn set_regs_moves_the_instruction_pointer() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    tracee.tell("text");
    let function = tracee.result(stopped) as u64;
    let stopped = tracee.interrupt();
    let stopped = tracee.at(stopped, "nops");
    let before = stopped.regs().expect("GETREGS");
    // A call of `answer` as the processor would make it; its return meets the second int3.
    let mut regs = before;
    regs.rsp -= 256;
    regs.rip = function;
    stopped.poke_data(lariat_abi::TraceeAddr::new(regs.rsp), before.rip + 8).expect("POKEDATA");
    stopped.set_regs(&regs).expect("SETREGS");
    let stopped = tracee.go(stopped, TRAP);
    let after = stopped.regs().expect("GETREGS");
    assert_eq!((after.rax, after.rip, after.rsp), (1, before.rip + 9, before.rsp - 248));
    stopped.set_regs(&Regs { rip: after.rip, ..before }).expect("SETREGS");
    assert_eq!(tracee.result(stopped), 0);
}

#[test]
fn set_regs_refuses_kernel_code_and_non_canonical_bases() {
    let (_tracee, stopped) = Tracee::seized(Options::empty());
    let regs = stopped.regs().expect("GETREGS");
    for bad in [
        Regs { cs: 0x10, ..regs },
        Regs { cs: 0, ..regs },
        Regs { fs_base: NON_CANONICAL, ..regs },
        Regs { gs_base: KERNEL, ..regs },
    ] {
        assert_eq!(refused(stopped.set_regs(&bad)), Errno::EIO);
    }
    assert_eq!(raw(Request::GetRegs, stopped.tid(), 0, 8), Err(Errno::EFAULT));
    assert_eq!(raw(Request::SetRegs, stopped.tid(), 0, 8), Err(Errno::EFAULT));
}

#[test]
fn set_fpregs_changes_what_the_tracee_computes() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let stopped = tracee.at(stopped, "float");
    let mut regs = stopped.fpregs().expect("GETFPREGS");
    assert_eq!(f64::from_bits(regs.xmm[0] as u64), 21.0);
    regs.xmm[0] = u128::from(50.0f64.to_bits());
    stopped.set_fpregs(&regs).expect("SETFPREGS");
    assert_eq!(stopped.fpregs().expect("GETFPREGS").xmm[0], regs.xmm[0]);
    regs.mxcsr |= 1 << 31;
    assert_eq!(refused(stopped.set_fpregs(&regs)), Errno::EINVAL, "a reserved bit of mxcsr");
    assert_eq!(tracee.result(stopped), 100);
}

#[test]
fn the_prstatus_set_is_the_registers() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let stopped = tracee.at(stopped, "sum");
    let bytes = stopped.regset(RegsetKind::Prstatus, 4096).expect("GETREGSET");
    let bytes: [u8; Regs::SIZE] = bytes.try_into().expect("the size of a 64-bit task's set");
    let mut regs = Regs::from_bytes(&bytes);
    assert_eq!(Ok(regs), stopped.regs());
    regs.r12 = 3;
    stopped.set_regset(RegsetKind::Prstatus, &regs.to_bytes()).expect("SETREGSET");
    // A part of the set: r15, r14, r13, r12, rbp, rbx.
    let part = stopped.regset(RegsetKind::Prstatus, 48).expect("a short buffer is enough for a part");
    assert_eq!(part, regs.to_bytes()[..48]);
    let mut part = part;
    part[40..].copy_from_slice(&100u64.to_le_bytes());
    stopped.set_regset(RegsetKind::Prstatus, &part).expect("SETREGSET of a part");
    assert_eq!(tracee.result(stopped), 103);
}

#[test]
fn the_fpregset_is_the_fxsave_area() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let stopped = tracee.at(stopped, "float");
    let mut bytes = stopped.regset(RegsetKind::Fpregset, 4096).expect("GETREGSET");
    assert_eq!(bytes.len(), 512);
    bytes[XMM0..XMM0 + 8].copy_from_slice(&1.5f64.to_le_bytes());
    stopped.set_regset(RegsetKind::Fpregset, &bytes).expect("SETREGSET");
    assert_eq!(tracee.result(stopped), 3);
}

#[test]
fn the_xstate_set_is_the_xsave_area() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let stopped = tracee.at(stopped, "float");
    let mut bytes = stopped.regset(RegsetKind::Xstate, 1 << 16).expect("GETREGSET");
    assert!(bytes.len() >= 576, "FXSAVE area and XSAVE header");
    assert_eq!(refused(stopped.set_regset(RegsetKind::Xstate, &bytes[..512])), Errno::EFAULT, "a part");
    bytes[XMM0..XMM0 + 8].copy_from_slice(&4.0f64.to_le_bytes());
    stopped.set_regset(RegsetKind::Xstate, &bytes).expect("SETREGSET");
    assert_eq!(tracee.result(stopped), 8);
}

#[test]
fn the_xstate_set_has_the_wide_registers() {
    if !std::arch::is_x86_feature_detected!("avx") {
        // The processor has none: nothing of them is in the set.
        let (_tracee, stopped) = Tracee::seized(Options::empty());
        assert_eq!(stopped.regset(RegsetKind::Xstate, 1 << 16).expect("GETREGSET")[512] & 4, 0);
        return;
    }
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let stopped = tracee.at(stopped, "wide");
    let mut bytes = stopped.regset(RegsetKind::Xstate, 1 << 16).expect("GETREGSET");
    // The high halves are component 2, at byte 576 on every processor that has them (Intel SDM vol. 1, 13.4.3);
    // bit 2 of the header says that they are not at their initial state.
    bytes[512] |= 4;
    bytes[576 + 16..576 + 24].copy_from_slice(&0x1234_5678u64.to_le_bytes());
    stopped.set_regset(RegsetKind::Xstate, &bytes).expect("SETREGSET");
    assert_eq!(tracee.result(stopped), 0x1234_5678);
}

#[test]
fn register_sets_are_refused_with_reasons() {
    let (_tracee, stopped) = Tracee::seized(Options::empty());
    let prstatus = RegsetKind::Prstatus;
    assert_eq!(refused(stopped.regset(RegsetKind::Other(0x7777), 64)), Errno::EINVAL, "no such set");
    assert_eq!(refused(stopped.regset(prstatus, 12)), Errno::EINVAL, "not whole words");
    assert_eq!(refused(stopped.set_regset(prstatus, &[0; 12])), Errno::EINVAL, "not whole words");
    assert_eq!(refused(stopped.regset(RegsetKind::I386Tls, 16)), Errno::EINVAL, "of 32-bit tasks only");
    assert_eq!(stopped.regset(prstatus, 0).expect("nothing is a part too"), []);
    let tid = stopped.tid();
    assert_eq!(raw(Request::GetRegSet, tid, 1, 8), Err(Errno::EFAULT), "the iovec");
    let iov = [8usize, 216];
    assert_eq!(raw(Request::GetRegSet, tid, 1, iov.as_ptr() as usize), Err(Errno::EFAULT), "its base");
    assert_eq!(raw(Request::SetRegSet, tid, 1, iov.as_ptr() as usize), Err(Errno::EFAULT), "its base");
}

#[test]
fn getfpxregs_is_for_32_bit_tracers() {
    let (tracee, _stopped) = Tracee::seized(Options::empty());
    let mut room = [0u8; 512];
    for request in [Request::GetFpxRegs, Request::SetFpxRegs] {
        assert_eq!(
            raw(request, tracee.tid, 0, room.as_mut_ptr() as usize),
            Err(Errno::EIO),
            "{}",
            request.name()
        );
    }
}

#[test]
fn the_ioperm_set_is_there_only_once_asked_for() {
    let (_tracee, stopped) = Tracee::seized(Options::empty());
    assert_eq!(refused(stopped.regset(RegsetKind::Ioperm, 8192)), Errno::ENXIO);
}

#[test]
fn arch_prctl_changes_the_segment_bases() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let stopped = tracee.at(stopped, "gs");
    let regs = stopped.regs().expect("GETREGS");
    assert_eq!(stopped.arch_prctl_get(ARCH_GET_FS), Ok(regs.fs_base));
    assert_eq!(stopped.arch_prctl_get(ARCH_GET_GS), Ok(0));
    stopped.arch_prctl_set(ARCH_SET_GS, regs.rdi).expect("ARCH_SET_GS");
    assert_eq!(stopped.arch_prctl_get(ARCH_GET_GS), Ok(regs.rdi));
    assert_eq!(tracee.result(stopped), 42);

    let stopped = tracee.interrupt();
    let stopped = tracee.at(stopped, "gs");
    let mut regs = stopped.regs().expect("GETREGS");
    regs.gs_base = regs.rsi;
    stopped.set_regs(&regs).expect("SETREGS");
    assert_eq!(tracee.result(stopped), 43);
}

#[test]
fn arch_prctl_refuses_kernel_addresses_and_other_codes() {
    let (_tracee, stopped) = Tracee::seized(Options::empty());
    assert_eq!(refused(stopped.arch_prctl_set(ARCH_SET_FS, KERNEL)), Errno::EPERM);
    assert_eq!(refused(stopped.arch_prctl_set(ARCH_SET_GS, KERNEL)), Errno::EPERM);
    assert_eq!(refused(stopped.arch_prctl_get(0x9999)), Errno::EINVAL);
    assert_eq!(raw(Request::ArchPrctl, stopped.tid(), 8, ARCH_GET_FS as usize), Err(Errno::EFAULT));
}
