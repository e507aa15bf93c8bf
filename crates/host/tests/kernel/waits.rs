//! What the wait calls report of tracees; ptrace(2), "Notes", and wait(2).

use crate::tracee::*;
use lariat_abi::{Options, Signal};
use lariat_host as host;

fn waitid(tracee: &Tracee, flags: i32) -> libc::siginfo_t {
    // SAFETY: all zero is a siginfo, which the call fills.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let id = tracee.tid.as_raw() as u32;
        assert_eq!(libc::waitid(libc::P_PID, id, &raw mut info, flags | libc::__WALL), 0);
        info
    }
}

#[test]
fn waitid_reports_a_trap_with_the_event_and_wnowait_leaves_it() {
    let tracee = Tracee::free();
    host::seize(tracee.tid, Options::EXITKILL).expect("SEIZE");
    host::interrupt(tracee.tid).expect("INTERRUPT");
    for flags in [libc::WNOWAIT, 0] {
        let info = waitid(&tracee, libc::WSTOPPED | libc::WEXITED | flags);
        // SAFETY: the siginfo is of a child.
        let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
        assert_eq!((info.si_signo, info.si_code), (libc::SIGCHLD, libc::CLD_TRAPPED));
        assert_eq!((pid, status), (tracee.tid.as_raw(), 0x80 << 8 | libc::SIGTRAP));
    }
    assert_eq!(pending(tracee.tid, libc::__WALL), Ok(None), "taken");
}

#[test]
fn stops_of_tracees_are_seen_without_wuntraced_and_without_wall() {
    let tracee = Tracee::free();
    host::seize(tracee.tid, Options::EXITKILL).expect("SEIZE");
    host::interrupt(tracee.tid).expect("INTERRUPT");
    waitid(&tracee, libc::WSTOPPED | libc::WNOWAIT);
    assert_eq!(pending(tracee.tid, 0), Ok(Some(INTERRUPTED)));
}

#[test]
fn a_running_tracee_has_nothing_and_is_no_echild() {
    let (tracee, stopped) = Tracee::seized(Options::empty());
    assert_eq!(pending(tracee.tid, libc::__WALL), Ok(None), "its stop was taken");
    stopped.resume(host::Resume::Cont, None).expect("CONT");
    assert_eq!(pending(tracee.tid, libc::__WALL), Ok(None));
}

#[test]
fn no_task_left_is_a_result() {
    let mut tracee = Tracee::free();
    tracee.tell("exit");
    let reaped = host::wait_for(tracee.tid).expect("wait4").expect("its death");
    assert!(reaped.status.is_death() && reaped.stopped.is_none());
    assert!(host::wait_for(tracee.tid).expect("wait4").is_none());
}

#[test]
fn block_signals_blocks_for_the_calling_thread_and_returns_the_mask_before() {
    std::thread::spawn(|| {
        let first = host::block_signals(&[Signal::USR1]).expect("blocks");
        let second = host::block_signals(&[Signal::USR2]).expect("blocks");
        assert_eq!(second, first | 1 << (libc::SIGUSR1 - 1));
    })
    .join()
    .expect("the thread ends");
}

#[test]
fn threads_lists_the_tasks_of_a_process() {
    let mut tracee = Tracee::free();
    let sibling = lariat_abi::Tid::new(tracee.ask("sibling") as i32);
    let mut found = host::threads(tracee.tid);
    found.sort();
    assert_eq!(found, [tracee.tid, sibling]);
    assert_eq!(host::threads(lariat_abi::Tid::new(0x3fff_ffff)), []);
}
