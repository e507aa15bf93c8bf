//! Syscall-stops: GET_SYSCALL_INFO, SET_SYSCALL_INFO, GETEVENTMSG, and changing a call by its registers.

use crate::tracee::*;
use lariat_abi::{Abi, Errno, Options, Request, SyscallInfo, SyscallOp};
use lariat_host::{Resume, Stopped};

const ENTRY: SyscallOp = SyscallOp::Entry { number: libc::SYS_getppid as u64, args: [1, 2, 3, 4, 5, 6] };

/// The tracee at the entry of getppid.
fn entered() -> (Tracee, Stopped) {
    let (mut tracee, stopped) = Tracee::seized(Options::TRACESYSGOOD);
    let stopped = tracee.at(stopped, "call");
    let stopped = go(stopped, Resume::Syscall, SYSCALL);
    (tracee, stopped)
}

/// Past the exit and the second breakpoint: the result of the call as the tracee sees it.
fn result(mut tracee: Tracee, stopped: Stopped) -> i64 {
    let stopped = tracee.go(stopped, TRAP);
    tracee.result(stopped)
}

/// Whether the kernel is this version or newer.
pub fn kernel_has(major: u32, minor: u32) -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").expect("a release");
    let mut parts = release.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (major, minor)
}

#[test]
fn the_info_says_entry_exit_and_neither() {
    let parent = i64::from(std::process::id());
    let (mut tracee, stopped) = Tracee::seized(Options::TRACESYSGOOD);
    let stopped = tracee.at(stopped, "call");
    let info = stopped.syscall_info().expect("GET_SYSCALL_INFO");
    let regs = stopped.regs().expect("GETREGS");
    assert_eq!(info.op, SyscallOp::None);
    assert_eq!((info.instruction_pointer, info.stack_pointer), (regs.rip, regs.rsp));
    assert_eq!(info.arch, Abi::X86_64.audit_arch());

    let stopped = go(stopped, Resume::Syscall, SYSCALL);
    let info = stopped.syscall_info().expect("GET_SYSCALL_INFO");
    assert_eq!((info.op, info.instruction_pointer), (ENTRY, regs.rip + 2));
    assert_eq!(stopped.event_message(), Ok(1), "PTRACE_EVENTMSG_SYSCALL_ENTRY");

    let stopped = go(stopped, Resume::Syscall, SYSCALL);
    let exit = SyscallOp::Exit { rval: parent, is_error: false };
    assert_eq!(stopped.syscall_info().expect("GET_SYSCALL_INFO").op, exit);
    assert_eq!(stopped.event_message(), Ok(2), "PTRACE_EVENTMSG_SYSCALL_EXIT");
    assert_eq!(result(tracee, stopped), parent);
}

#[test]
fn the_info_is_none_without_tracesysgood() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let stopped = tracee.at(stopped, "call");
    let stopped = go(stopped, Resume::Syscall, TRAP);
    assert_eq!(stopped.syscall_info().expect("GET_SYSCALL_INFO").op, SyscallOp::None);
}

#[test]
fn the_infos_size_depends_on_the_stop_and_the_room() {
    let (mut tracee, stopped) = Tracee::seized(Options::TRACESYSGOOD);
    let mut room = [0xaa_u8; 128];
    let mut size = |size: usize| raw(Request::GetSyscallInfo, tracee.tid, size, room.as_mut_ptr() as usize);
    assert_eq!(size(88), Ok(24));
    assert_eq!(size(1000), Ok(24), "what there is, whatever the room");
    let stopped = tracee.at(stopped, "call");
    let stopped = go(stopped, Resume::Syscall, SYSCALL);
    let mut size = |size: usize| raw(Request::GetSyscallInfo, tracee.tid, size, room.as_mut_ptr() as usize);
    assert_eq!(size(88), Ok(80));
    room.fill(0xaa);
    assert_eq!(raw(Request::GetSyscallInfo, tracee.tid, 4, room.as_mut_ptr() as usize), Ok(80));
    assert_eq!((room[0], room[4]), (1, 0xaa), "cut to the room");
    assert_eq!(raw(Request::GetSyscallInfo, tracee.tid, 88, 8), Err(Errno::EFAULT));
    let _stopped = go(stopped, Resume::Syscall, SYSCALL);
    assert_eq!(raw(Request::GetSyscallInfo, tracee.tid, 88, room.as_mut_ptr() as usize), Ok(33));
}

#[test]
fn an_error_is_told_from_a_result() {
    let (tracee, stopped) = entered();
    let mut regs = stopped.regs().expect("GETREGS");
    (regs.orig_rax, regs.rdi) = (libc::SYS_close as u64, u64::MAX);
    stopped.set_regs(&regs).expect("SETREGS");
    let stopped = go(stopped, Resume::Syscall, SYSCALL);
    let exit = SyscallOp::Exit { rval: -i64::from(libc::EBADF), is_error: true };
    assert_eq!(stopped.syscall_info().expect("GET_SYSCALL_INFO").op, exit);
    assert_eq!(result(tracee, stopped), -i64::from(libc::EBADF));
}

#[test]
fn number_arguments_and_result_are_the_tracers_to_change() {
    let (tracee, stopped) = entered();
    let mut regs = stopped.regs().expect("GETREGS");
    (regs.orig_rax, regs.rdi) = (libc::SYS_getpgid as u64, u64::from(std::process::id()));
    stopped.set_regs(&regs).expect("SETREGS");
    let stopped = go(stopped, Resume::Syscall, SYSCALL);
    // SAFETY: no memory is touched.
    let group = unsafe { libc::getpgid(0) };
    assert_eq!(stopped.peek_user(lariat_abi::Regs::RAX), Ok(group as u64));
    stopped.poke_user(lariat_abi::Regs::RAX, 123).expect("POKEUSER");
    assert_eq!(result(tracee, stopped), 123);
}

#[test]
fn number_minus_one_skips_the_call() {
    let (tracee, stopped) = entered();
    stopped.poke_user(lariat_abi::Regs::ORIG_RAX, u64::MAX).expect("POKEUSER");
    let stopped = go(stopped, Resume::Syscall, SYSCALL);
    let exit = SyscallOp::Exit { rval: -i64::from(libc::ENOSYS), is_error: true };
    assert_eq!(stopped.syscall_info().expect("GET_SYSCALL_INFO").op, exit);
    assert_eq!(result(tracee, stopped), -i64::from(libc::ENOSYS));
}

#[test]
fn a_restart_code_shows_at_the_exit_and_can_be_overwritten() {
    let (mut tracee, stopped) = Tracee::seized(Options::TRACESYSGOOD);
    let mut stopped = tracee.at(stopped, "call");
    let mut regs = stopped.regs().expect("GETREGS");
    // pause() instead of getppid(); the interrupt is there before it is slept in.
    regs.rax = libc::SYS_pause as u64;
    stopped.set_regs(&regs).expect("SETREGS");
    stopped = go(stopped, Resume::Syscall, SYSCALL);
    lariat_host::interrupt(tracee.tid).expect("INTERRUPT");
    stopped = go(stopped, Resume::Syscall, SYSCALL);
    let code = 514; // ERESTARTNOHAND
    let exit = SyscallOp::Exit { rval: -code, is_error: true };
    assert_eq!(stopped.syscall_info().expect("GET_SYSCALL_INFO").op, exit);
    assert!(Errno::from_raw(code as i32).is_restart());
    stopped.poke_user(lariat_abi::Regs::RAX, 55).expect("POKEUSER");
    // The exit-stop was what the interrupt asked for: there is no EVENT_STOP as well.
    assert_eq!(result(tracee, stopped), 55, "it is not restarted");
}

#[test]
fn without_the_tracers_doing_a_restart_code_restarts() {
    let (mut tracee, stopped) = Tracee::seized(Options::TRACESYSGOOD);
    let stopped = tracee.at(stopped, "call");
    let mut regs = stopped.regs().expect("GETREGS");
    regs.rax = libc::SYS_pause as u64;
    stopped.set_regs(&regs).expect("SETREGS");
    let stopped = go(stopped, Resume::Syscall, SYSCALL);
    lariat_host::interrupt(tracee.tid).expect("INTERRUPT");
    let stopped = go(stopped, Resume::Syscall, SYSCALL);
    let stopped = go(stopped, Resume::Syscall, SYSCALL);
    let SyscallOp::Entry { number, .. } = stopped.syscall_info().expect("GET_SYSCALL_INFO").op else {
        panic!("an entry");
    };
    assert_eq!(number, libc::SYS_pause as u64);
}

/// The error of SET_SYSCALL_INFO on a kernel that is too old for it.
fn assert_too_old(stopped: &Stopped, info: &SyscallInfo) {
    let error = stopped.set_syscall_info(info).expect_err("a kernel before 6.16");
    assert!(error.is_unsupported());
    assert!(error.to_string().ends_with("not supported by this kernel"), "{error}");
}

#[test]
fn set_syscall_info_changes_call_and_result() {
    let (tracee, stopped) = entered();
    let mut info = stopped.syscall_info().expect("GET_SYSCALL_INFO");
    let mut args = [0; 6];
    args[0] = u64::MAX;
    info.op = SyscallOp::Entry { number: libc::SYS_close as u64, args };
    if !kernel_has(6, 16) {
        return assert_too_old(&stopped, &info);
    }
    stopped.set_syscall_info(&info).expect("SET_SYSCALL_INFO");
    let stopped = go(stopped, Resume::Syscall, SYSCALL);
    let mut info = stopped.syscall_info().expect("GET_SYSCALL_INFO");
    assert_eq!(info.op, SyscallOp::Exit { rval: -i64::from(libc::EBADF), is_error: true });
    info.op = SyscallOp::Exit { rval: 99, is_error: false };
    stopped.set_syscall_info(&info).expect("SET_SYSCALL_INFO");
    assert_eq!(result(tracee, stopped), 99);
}

#[test]
fn set_syscall_info_refuses_what_does_not_fit_the_stop() {
    let (tracee, stopped) = entered();
    let info = stopped.syscall_info().expect("GET_SYSCALL_INFO");
    if !kernel_has(6, 16) {
        return assert_too_old(&stopped, &info);
    }
    for op in [SyscallOp::Exit { rval: 1, is_error: false }, SyscallOp::None, SyscallOp::Unknown(9)] {
        assert_eq!(refused(stopped.set_syscall_info(&SyscallInfo { op, ..info })), Errno::EINVAL, "{op:?}");
    }
    let op = SyscallOp::Entry { number: 1 << 32, args: [0; 6] };
    assert_eq!(refused(stopped.set_syscall_info(&SyscallInfo { op, ..info })), Errno::ERANGE);
    let mut bytes = info.encode();
    let mut set = |size: usize, reserved: u8| {
        bytes[1] = reserved;
        raw(Request::SetSyscallInfo, tracee.tid, size, bytes.as_ptr() as usize)
    };
    assert_eq!(set(87, 0), Err(Errno::EINVAL), "a short structure");
    assert_eq!(set(88, 1), Err(Errno::EINVAL), "a reserved byte");
    assert_eq!(set(88, 0), Ok(0));
    assert_eq!(raw(Request::SetSyscallInfo, tracee.tid, 88, 8), Err(Errno::EFAULT));
    let stopped = go(stopped, Resume::Syscall, SYSCALL);
    assert_eq!(refused(stopped.set_syscall_info(&info)), Errno::EINVAL, "an entry at the exit");
}

#[test]
fn set_options_can_be_changed_in_any_stop_and_refuses_unknown_bits() {
    let (tracee, stopped) = entered();
    let unknown = Options::from_bits_retain(1 << 8);
    assert_eq!(refused(stopped.set_options(unknown)), Errno::EINVAL);
    // By either of its numbers.
    assert_eq!(raw(Request::OldSetOptions, tracee.tid, 0, Options::EXITKILL.bits() as usize), Ok(0));
    let stopped = go(stopped, Resume::Syscall, TRAP);
    assert_eq!(result(tracee, stopped), i64::from(std::process::id()));
}
