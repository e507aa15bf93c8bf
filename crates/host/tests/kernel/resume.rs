//! CONT, SYSCALL, SINGLESTEP, SINGLEBLOCK, SYSEMU, SYSEMU_SINGLESTEP: where the tracee stops next.

use crate::tracee::*;
use lariat_abi::{Errno, Options, Request, Signal, WaitStatus};
use lariat_host::{self as host, Resume};

/// `TRAP_BRKPT`, `TRAP_TRACE`, `<asm-generic/siginfo.h>`.
const TRAP_BRKPT: i32 = 1;
const TRAP_TRACE: i32 = 2;

#[test]
fn cont_injects_or_suppresses_the_signal() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    tracee.kill(libc::SIGTERM);
    let stopped = tracee.go(stopped, signal_stop(libc::SIGTERM));
    tracee.tell("answer");
    assert_eq!(tracee.result(stopped), 1, "suppressed");

    let stopped = tracee.interrupt();
    tracee.kill(libc::SIGTERM);
    let stopped = tracee.go(stopped, signal_stop(libc::SIGTERM));
    stopped.resume(Resume::Cont, Some(Signal::INT)).expect("CONT");
    assert_eq!(death(tracee.tid), WaitStatus::Signaled { signal: Signal::INT, core: false }, "another one");
}

#[test]
fn a_signal_given_in_another_stop_has_no_effect() {
    // ptrace(2) leaves it open; this is what Linux does in an EVENT_STOP.
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    stopped.resume(Resume::Cont, Some(Signal::TERM)).expect("CONT");
    assert_eq!(tracee.ask("answer"), 1);
}

#[test]
fn no_resumption_takes_a_signal_above_64() {
    let (tracee, stopped) = Tracee::seized(Options::empty());
    for request in [Request::Cont, Request::Syscall, Request::SingleStep, Request::SysEmu, Request::Detach] {
        assert_eq!(raw(request, tracee.tid, 0, 65), Err(Errno::EIO), "{}", request.name());
    }
    assert!(stopped.regs().is_ok(), "still stopped");
}

#[test]
fn syscall_stops_at_entry_and_exit() {
    for (options, status) in [(Options::TRACESYSGOOD, SYSCALL), (Options::empty(), TRAP)] {
        let (mut tracee, stopped) = Tracee::seized(options);
        let stopped = tracee.at(stopped, "call");
        let stopped = go(stopped, Resume::Syscall, status);
        let regs = stopped.regs().expect("GETREGS");
        assert_eq!((regs.orig_rax, regs.rax as i64), (libc::SYS_getppid as u64, -i64::from(libc::ENOSYS)));
        assert_eq!([regs.rdi, regs.rsi, regs.rdx, regs.r10, regs.r8, regs.r9], [1, 2, 3, 4, 5, 6]);
        let stopped = go(stopped, Resume::Syscall, status);
        assert_eq!(stopped.regs().expect("GETREGS").rax, u64::from(std::process::id()));
        let stopped = tracee.go(stopped, TRAP);
        assert_eq!(tracee.result(stopped), i64::from(std::process::id()));
    }
}

#[test]
fn syscall_without_tracesysgood_has_the_siginfo_of_a_trap() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let stopped = tracee.at(stopped, "call");
    assert_eq!(stopped.siginfo().expect("GETSIGINFO").code(), libc::SI_KERNEL, "int3");
    let stopped = go(stopped, Resume::Syscall, TRAP);
    assert_eq!(stopped.siginfo().expect("GETSIGINFO").code(), libc::SIGTRAP);
}

#[test]
fn single_step_is_one_instruction() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let mut stopped = tracee.at(stopped, "nops");
    let start = stopped.regs().expect("GETREGS").rip;
    for nops in 1..=8 {
        stopped = go(stopped, Resume::SingleStep, TRAP);
        assert_eq!(stopped.regs().expect("GETREGS").rip, start + nops);
        assert_eq!(stopped.siginfo().expect("GETSIGINFO").code(), TRAP_TRACE);
        assert_eq!(stopped.regs().expect("GETREGS").eflags & 0x100, 0, "the trap flag is not shown");
    }
    let stopped = tracee.go(stopped, TRAP);
    assert_eq!(tracee.result(stopped), 0);
}

#[test]
fn single_step_passes_over_a_system_call() {
    let (mut tracee, stopped) = Tracee::seized(Options::TRACESYSGOOD);
    let stopped = tracee.at(stopped, "call");
    let start = stopped.regs().expect("GETREGS").rip;
    let stopped = go(stopped, Resume::SingleStep, TRAP);
    let regs = stopped.regs().expect("GETREGS");
    assert_eq!((regs.rip, regs.rax), (start + 2, u64::from(std::process::id())));
    // The trap after a system call is made by the kernel, not by the processor.
    assert_eq!(stopped.siginfo().expect("GETSIGINFO").code(), TRAP_BRKPT);
}

#[test]
fn single_step_with_a_signal_stops_at_the_handlers_first_instruction() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    tracee.tell("handle 10");
    let handler = tracee.result(stopped) as u64;
    let stopped = tracee.interrupt();
    tracee.kill(libc::SIGUSR1);
    let stopped = tracee.go(stopped, signal_stop(libc::SIGUSR1));
    stopped.resume(Resume::SingleStep, Some(Signal::USR1)).expect("SINGLESTEP");
    let stopped = stop(tracee.tid, TRAP);
    assert_eq!(stopped.regs().expect("GETREGS").rip, handler);
    // Stepping goes on out of the handler, through rt_sigreturn.
    let mut stopped = stopped;
    loop {
        stopped = go(stopped, Resume::SingleStep, TRAP);
        let regs = stopped.regs().expect("GETREGS");
        let mut next = [0; 2];
        assert_eq!(stopped.memory().read(lariat_abi::TraceeAddr::new(regs.rip), &mut next), 2);
        if next == [0x0f, 0x05] && regs.rax == libc::SYS_rt_sigreturn as u64 {
            break;
        }
    }
    let stopped = go(stopped, Resume::SingleStep, TRAP);
    tracee.tell("count");
    assert_eq!(tracee.result(stopped), 1);
}

#[test]
fn single_block_stops_after_a_branch_or_at_least_after_an_instruction() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let mut stopped = tracee.at(stopped, "blocks");
    let mut sums = Vec::new();
    loop {
        stopped = go(stopped, Resume::SingleBlock, TRAP);
        sums.push(stopped.regs().expect("GETREGS").rax);
        // The second int3 traps with SI_KERNEL, a step with a code of its own.
        if stopped.siginfo().expect("GETSIGINFO").code() == libc::SI_KERNEL {
            break;
        }
    }
    // A hypervisor that does not pass DEBUGCTL.BTF on makes single steps of them: jmp and six adds.
    assert!(sums == [3, 6] || sums == [1, 2, 3, 3, 4, 5, 6, 6], "{sums:?}");
    assert_eq!(tracee.result(stopped), 6);
}

#[test]
fn sysemu_stops_once_and_the_call_is_not_made() {
    let (mut tracee, stopped) = Tracee::seized(Options::TRACESYSGOOD);
    let stopped = tracee.at(stopped, "call");
    let stopped = go(stopped, Resume::SysEmu, SYSCALL);
    let mut regs = stopped.regs().expect("GETREGS");
    assert_eq!((regs.orig_rax, regs.rax as i64), (libc::SYS_getppid as u64, -i64::from(libc::ENOSYS)));
    regs.rax = 77;
    stopped.set_regs(&regs).expect("SETREGS");
    // The next stop is the int3: there is no exit-stop.
    let stopped = go(stopped, Resume::SysEmu, TRAP);
    assert_eq!(stopped.regs().expect("GETREGS").rax, 77);
    assert_eq!(tracee.result(stopped), 77);
}

#[test]
fn sysemu_singlestep_steps_and_does_not_make_calls() {
    let (mut tracee, stopped) = Tracee::seized(Options::TRACESYSGOOD);
    let mut stopped = tracee.at(stopped, "nops");
    let start = stopped.regs().expect("GETREGS").rip;
    stopped = go(stopped, Resume::SysEmuSingleStep, TRAP);
    assert_eq!(stopped.regs().expect("GETREGS").rip, start + 1);
    let stopped = tracee.go(stopped, TRAP);
    assert_eq!(tracee.result(stopped), 0);

    let stopped = tracee.interrupt();
    let stopped = tracee.at(stopped, "call");
    let rip = stopped.regs().expect("GETREGS").rip;
    let stopped = go(stopped, Resume::SysEmuSingleStep, SYSCALL);
    let mut regs = stopped.regs().expect("GETREGS");
    assert_eq!(regs.rax as i64, -i64::from(libc::ENOSYS));
    regs.rax = 78;
    stopped.set_regs(&regs).expect("SETREGS");
    // There is no trap behind the call that was not made: the next one is that of the int3 after it.
    let stopped = go(stopped, Resume::SysEmuSingleStep, TRAP);
    let regs = stopped.regs().expect("GETREGS");
    assert_eq!((regs.rax, regs.rip), (78, rip + 3));
    assert_eq!(tracee.result(stopped), 78);
}

#[test]
fn resumption_needs_a_stopped_tracee() {
    let (tracee, stopped) = Tracee::seized(Options::empty());
    stopped.resume(Resume::Cont, None).expect("CONT");
    let requests = [
        Request::Cont,
        Request::Syscall,
        Request::SingleStep,
        Request::SingleBlock,
        Request::SysEmu,
        Request::SysEmuSingleStep,
        Request::Listen,
        Request::Detach,
    ];
    for request in requests {
        assert_eq!(raw(request, tracee.tid, 0, 0), Err(Errno::ESRCH), "{}", request.name());
    }
    host::interrupt(tracee.tid).expect("INTERRUPT, which does not");
    let _stopped = stop(tracee.tid, INTERRUPTED);
}
