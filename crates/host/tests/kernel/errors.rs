//! Every request that needs a stopped tracee, sent to one that runs, to a stranger and to nobody: ESRCH.

use crate::tracee::*;
use lariat_abi::{Errno, Options, Request, Tid};
use lariat_host::{self as host, Resume};

const NEED_A_STOP: [Request; 37] = [
    Request::PeekText,
    Request::PeekData,
    Request::PeekUser,
    Request::PokeText,
    Request::PokeData,
    Request::PokeUser,
    Request::Cont,
    Request::SingleStep,
    Request::GetRegs,
    Request::SetRegs,
    Request::GetFpRegs,
    Request::SetFpRegs,
    Request::Detach,
    Request::Syscall,
    Request::GetThreadArea,
    Request::SetThreadArea,
    Request::ArchPrctl,
    Request::SysEmu,
    Request::SysEmuSingleStep,
    Request::SingleBlock,
    Request::SetOptions,
    Request::GetEventMsg,
    Request::GetSigInfo,
    Request::SetSigInfo,
    Request::GetRegSet,
    Request::SetRegSet,
    Request::Listen,
    Request::PeekSigInfo,
    Request::GetSigMask,
    Request::SetSigMask,
    Request::SeccompGetFilter,
    Request::SeccompGetMetadata,
    Request::GetSyscallInfo,
    Request::SetSyscallInfo,
    Request::GetRseqConfiguration,
    Request::GetSyscallUserDispatchConfig,
    Request::SetSyscallUserDispatchConfig,
];

#[test]
fn a_running_tracee_answers_esrch() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    stopped.resume(Resume::Cont, None).expect("CONT");
    for request in NEED_A_STOP {
        assert_eq!(raw(request, tracee.tid, 0, 0), Err(Errno::ESRCH), "{}", request.name());
    }
    assert_eq!(tracee.ask("answer"), 1);
}

#[test]
fn a_task_that_is_not_traced_answers_esrch() {
    let mut tracee = Tracee::free();
    for request in NEED_A_STOP {
        assert_eq!(raw(request, tracee.tid, 0, 0), Err(Errno::ESRCH), "{}", request.name());
    }
    assert_eq!(refused(host::interrupt(tracee.tid)), Errno::ESRCH);
    assert_eq!(tracee.ask("answer"), 1);
}

#[test]
fn nobody_answers_esrch() {
    for request in NEED_A_STOP {
        assert_eq!(raw(request, Tid::new(0x3fff_ffff), 0, 0), Err(Errno::ESRCH), "{}", request.name());
    }
}

#[test]
fn an_error_says_what_failed_and_why() {
    let error = host::seize(Tid::new(0x3fff_ffff), Options::empty()).expect_err("nobody");
    assert!(error.is_gone() && !error.is_unsupported());
    assert_eq!(
        error.to_string(),
        "PTRACE_SEIZE of task 1073741823: the task is gone, is not ours, or is not stopped (ESRCH)"
    );
}
