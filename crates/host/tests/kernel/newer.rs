//! GET_RSEQ_CONFIGURATION and the syscall-user-dispatch requests.

use crate::tracee::*;
use lariat_abi::{Errno, Options, Request, UserDispatch};
use lariat_host::{Error, Stopped};

/// Whether the kernel has the request; if not, that the error says so.
fn supported<T>(result: &lariat_host::Result<T>) -> bool {
    let Err(error) = result else { return true };
    if error.is_unsupported() {
        assert!(error.to_string().ends_with("not supported by this kernel"), "{error}");
        return false;
    }
    true
}

#[test]
fn an_unknown_request_is_not_supported_by_this_kernel() {
    let (tracee, _stopped) = Tracee::seized(Options::empty());
    assert_eq!(raw(Request::Unknown(0x4fff), tracee.tid, 0, 0), Err(Errno::EIO));
    // What such a kernel answers is what the crate calls unsupported.
    let request = Request::GetRseqConfiguration;
    let error = Error::Ptrace { request, tid: tracee.tid, errno: Errno::EIO };
    assert!(!supported::<()>(&Err(error)));
}

#[test]
fn the_rseq_configuration_is_the_registration_of_the_c_library() {
    let (mut tracee, stopped) = Tracee::traced();
    let before = stopped.rseq_configuration();
    if !supported(&before) {
        return;
    }
    assert_eq!(before.expect("GET_RSEQ_CONFIGURATION").rseq_abi_pointer, 0, "no code has run since execve");
    let stopped = tracee.at(stopped, "nops");
    let after = stopped.rseq_configuration().expect("GET_RSEQ_CONFIGURATION");
    // glibc registers from 2.35 on; an older C library leaves it at zero.
    if after.rseq_abi_pointer != 0 {
        assert!(after.rseq_abi_size >= 32);
        assert_eq!((after.signature, after.flags), (0x5305_3053, 0), "RSEQ_SIG of x86");
        let mut area = [0; 8];
        let at = lariat_abi::TraceeAddr::new(after.rseq_abi_pointer);
        assert_eq!(stopped.memory().read(at, &mut area), 8, "the area is there");
    } else {
        assert_eq!(after.rseq_abi_size, 0);
    }
    let mut room = [0xaa_u8; 24];
    assert_eq!(raw(Request::GetRseqConfiguration, tracee.tid, 23, room.as_mut_ptr() as usize), Ok(24));
    assert_eq!(room[22..], [0, 0xaa], "cut to the room");
    assert_eq!(raw(Request::GetRseqConfiguration, tracee.tid, 24, 8), Err(Errno::EFAULT));
}

/// The tracee in the deed `dispatch`, with the address of its selector; `None` on a kernel without the requests.
fn dispatcher() -> Option<(Tracee, Stopped, u64)> {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let stopped = tracee.at(stopped, "dispatch");
    let selector = stopped.regs().expect("GETREGS").rdi;
    supported(&stopped.user_dispatch()).then_some((tracee, stopped, selector))
}

#[test]
fn user_dispatch_set_by_the_tracer_turns_calls_into_sigsys() {
    let Some((mut tracee, stopped, selector)) = dispatcher() else { return };
    assert_eq!(stopped.user_dispatch(), Ok(UserDispatch::default()), "off");
    let config = UserDispatch { mode: 1, selector, offset: 0, len: 0 };
    stopped.set_user_dispatch(&config).expect("SET_SYSCALL_USER_DISPATCH_CONFIG");
    assert_eq!(stopped.user_dispatch(), Ok(config));
    assert_eq!(tracee.result(stopped), 0, "the selector allows");
    tracee.tell("select 1");
    let stopped = stop(tracee.tid, signal_stop(libc::SIGSYS));
    let info = stopped.siginfo().expect("GETSIGINFO");
    assert_eq!((info.code(), info.syscall()), (2, libc::SYS_getppid as i32), "SYS_USER_DISPATCH");
    // The handler sets the selector back; the call was not made.
    stopped.resume(lariat_host::Resume::Cont, Some(lariat_abi::Signal::SYS)).expect("CONT");
    assert_eq!(tracee.hear(), libc::SYS_getppid);
    assert_eq!(tracee.ask("count"), 1);
}

#[test]
fn bad_user_dispatch_is_refused() {
    let Some((tracee, stopped, selector)) = dispatcher() else { return };
    let set = |mode, selector, offset, len| {
        stopped.set_user_dispatch(&UserDispatch { mode, selector, offset, len })
    };
    assert_eq!(refused(set(3, selector, 0, 0)), Errno::EINVAL, "no such mode");
    assert_eq!(refused(set(0, selector, 0, 0)), Errno::EINVAL, "off has no selector");
    assert_eq!(refused(set(1, selector, u64::MAX, 2)), Errno::EINVAL, "the range wraps around");
    assert_eq!(refused(set(1, 0xffff_8000_0000_0000, 0, 0)), Errno::EFAULT, "not a user address");
    assert_eq!(stopped.user_dispatch(), Ok(UserDispatch::default()));
    let mut room = [0u8; 32];
    let room = room.as_mut_ptr() as usize;
    for request in [Request::GetSyscallUserDispatchConfig, Request::SetSyscallUserDispatchConfig] {
        assert_eq!(raw(request, tracee.tid, 31, room), Err(Errno::EINVAL));
        assert_eq!(raw(request, tracee.tid, 32, 8), Err(Errno::EFAULT));
    }
}
