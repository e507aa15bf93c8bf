//! Seccomp: the stop that a filter asks for, reading filters, suspending them; seccomp(2).

use crate::syscalls::kernel_has;
use crate::tracee::*;
use lariat_abi::{Errno, Options, SyscallOp, Tid};
use lariat_host::{Resume, Stopped};

/// A tracee under the filters of the deed `seccomp`: getppid is traced, getpgid fails with EXDEV.
fn filtered(options: Options) -> (Tracee, Stopped) {
    let (mut tracee, stopped) = Tracee::seized(options | Options::TRACESYSGOOD);
    tracee.tell("seccomp");
    assert_eq!(tracee.result(stopped), 0);
    let stopped = tracee.interrupt();
    (tracee, stopped)
}

/// Reading filters takes `CAP_SYS_ADMIN` and a tracer that is itself without filters.
fn may_read_filters() -> bool {
    capable(CAP_SYS_ADMIN) && status(Tid::new(std::process::id() as i32), "Seccomp") == "0"
}

#[test]
fn a_traced_call_stops_with_the_filters_data() {
    let (mut tracee, stopped) = filtered(Options::TRACESECCOMP);
    let stopped = tracee.at(stopped, "call");
    let stopped = tracee.go(stopped, event_stop(7));
    assert_eq!(stopped.event_message(), Ok(0x1234));
    let op =
        SyscallOp::Seccomp { number: libc::SYS_getppid as u64, args: [1, 2, 3, 4, 5, 6], ret_data: 0x1234 };
    assert_eq!(stopped.syscall_info().expect("GET_SYSCALL_INFO").op, op);
    // CONT lets the call pass: the next stop is the breakpoint behind it.
    let stopped = tracee.go(stopped, TRAP);
    assert_eq!(tracee.result(stopped), i64::from(std::process::id()));
}

#[test]
fn the_syscall_stop_comes_before_the_filter() {
    let (mut tracee, stopped) = filtered(Options::TRACESECCOMP);
    let stopped = tracee.at(stopped, "call");
    let stopped = go(stopped, Resume::Syscall, SYSCALL);
    let stopped = go(stopped, Resume::Syscall, event_stop(7));
    let stopped = go(stopped, Resume::Syscall, SYSCALL);
    let exit = SyscallOp::Exit { rval: i64::from(std::process::id()), is_error: false };
    assert_eq!(stopped.syscall_info().expect("GET_SYSCALL_INFO").op, exit);
}

#[test]
fn a_changed_number_goes_through_the_filters_again() {
    let (mut tracee, stopped) = filtered(Options::TRACESECCOMP);
    let stopped = tracee.at(stopped, "call");
    let stopped = tracee.go(stopped, event_stop(7));
    stopped.poke_user(lariat_abi::Regs::ORIG_RAX, libc::SYS_getpgid as u64).expect("POKEUSER");
    let stopped = tracee.go(stopped, TRAP);
    assert_eq!(tracee.result(stopped), -i64::from(libc::EXDEV));
}

#[test]
fn set_syscall_info_changes_a_call_in_the_filters_stop() {
    let (mut tracee, stopped) = filtered(Options::TRACESECCOMP);
    let stopped = tracee.at(stopped, "call");
    let stopped = tracee.go(stopped, event_stop(7));
    let mut info = stopped.syscall_info().expect("GET_SYSCALL_INFO");
    let args = [u64::MAX, 0, 0, 0, 0, 0];
    info.op = SyscallOp::Seccomp { number: libc::SYS_close as u64, args, ret_data: 0 };
    let set = stopped.set_syscall_info(&info);
    if !kernel_has(6, 16) {
        return assert!(set.expect_err("a kernel before 6.16").is_unsupported());
    }
    set.expect("SET_SYSCALL_INFO");
    let stopped = tracee.go(stopped, TRAP);
    assert_eq!(tracee.result(stopped), -i64::from(libc::EBADF));
}

#[test]
fn without_traceseccomp_a_traced_call_fails() {
    let (mut tracee, stopped) = filtered(Options::empty());
    tracee.tell("select 0");
    assert_eq!(tracee.result(stopped), -i64::from(libc::ENOSYS));
}

#[test]
fn filters_are_read_oldest_first() {
    let (_tracee, stopped) = filtered(Options::empty());
    if !may_read_filters() {
        assert_eq!(refused(stopped.seccomp_filter(0)), Errno::EACCES);
        return assert_eq!(refused(stopped.seccomp_metadata(0)), Errno::EACCES);
    }
    for (index, number, result) in
        [(0, libc::SYS_getppid, 0x7ff0_1234), (1, libc::SYS_getpgid, 0x0005_0000 | libc::EXDEV as u32)]
    {
        let program = stopped.seccomp_filter(index).expect("SECCOMP_GET_FILTER");
        let operand = |i: usize| u32::from_le_bytes(program[i][4..].try_into().expect("four bytes"));
        assert_eq!(program.len(), 4);
        assert_eq!((operand(1), operand(2), operand(3)), (number as u32, result, 0x7fff_0000));
        let metadata = stopped.seccomp_metadata(index).expect("SECCOMP_GET_METADATA");
        assert_eq!((metadata.filter_off, metadata.flags), (index, 2), "SECCOMP_FILTER_FLAG_LOG");
    }
    assert_eq!(refused(stopped.seccomp_filter(2)), Errno::ENOENT);
    assert_eq!(refused(stopped.seccomp_metadata(2)), Errno::ENOENT);
}

#[test]
fn a_task_without_filters_has_none_to_read() {
    let (_tracee, stopped) = Tracee::seized(Options::empty());
    let expected = if may_read_filters() { Errno::EINVAL } else { Errno::EACCES };
    assert_eq!(refused(stopped.seccomp_filter(0)), expected);
    assert_eq!(refused(stopped.seccomp_metadata(0)), expected);
}

#[test]
fn filters_can_be_suspended() {
    let (mut tracee, stopped) = filtered(Options::empty());
    let suspend = Options::EXITKILL | Options::TRACESYSGOOD | Options::SUSPEND_SECCOMP;
    if !may_read_filters() {
        return assert_eq!(refused(stopped.set_options(suspend)), Errno::EPERM);
    }
    stopped.set_options(suspend).expect("SETOPTIONS");
    tracee.tell("select 0");
    assert_eq!(tracee.result(stopped), i64::from(std::process::id()));
    let stopped = tracee.interrupt();
    stopped.set_options(Options::EXITKILL).expect("SETOPTIONS");
    tracee.tell("select 0");
    assert_eq!(tracee.result(stopped), -i64::from(libc::ENOSYS), "filtered again");
}
