//! Waiting for any task: a test program of its own with one test in it, since such a wait takes whatever comes.
#![allow(unsafe_code, reason = "raw requests with bad pointers, signals, waitid(2)")]
#![allow(missing_docs, unreachable_pub, dead_code, reason = "a test; the tracee is shared with others")]

#[path = "kernel/tracee.rs"]
mod tracee;

use lariat_abi::{Options, Signal, WaitStatus};
use lariat_host::{self as host, Reaped, Resume, Waiter};
use tracee::{INTERRUPTED, Tracee, pending};

fn any() -> host::Result<Option<Reaped>> {
    Waiter::default().next(None, || {})
}

#[test]
fn any_tracee_is_reported_and_none_is_a_result() {
    assert!(any().expect("wait4").is_none(), "no child");

    let (first, first_stop) = Tracee::seized(Options::empty());
    let (second, second_stop) = Tracee::seized(Options::empty());
    first_stop.resume(Resume::Cont, None).expect("CONT");
    second_stop.resume(Resume::Cont, None).expect("CONT");

    host::interrupt(second.tid).expect("INTERRUPT");
    let reaped = any().expect("wait4").expect("the second's stop");
    assert_eq!((reaped.tid, reaped.status.encode()), (second.tid, INTERRUPTED));
    reaped.stopped.expect("stopped").resume(Resume::Cont, None).expect("CONT");

    first.kill(libc::SIGUSR1);
    let reaped = any().expect("wait4").expect("the first's stop");
    assert_eq!((reaped.tid, reaped.status), (first.tid, WaitStatus::Stopped(Signal::USR1)));
    let stopped = reaped.stopped.expect("stopped");

    // A death has no proof of being stopped.
    second.kill(libc::SIGKILL);
    let reaped = any().expect("wait4").expect("the second's death");
    assert_eq!(reaped.tid, second.tid);
    assert_eq!(reaped.status, WaitStatus::Signaled { signal: Signal::KILL, core: false });
    assert!(reaped.stopped.is_none());

    stopped.resume(Resume::Cont, Some(Signal::USR1)).expect("CONT");
    let reaped = any().expect("wait4").expect("the first's death");
    assert_eq!(reaped.status, WaitStatus::Signaled { signal: Signal::USR1, core: false });
    assert_eq!(pending(first.tid, libc::__WALL), Err(lariat_abi::Errno::ECHILD));
    assert!(any().expect("wait4").is_none(), "none is left");
}
