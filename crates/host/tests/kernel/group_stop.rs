//! Group-stop: what ATTACH cannot see, SEIZE can, and LISTEN keeps; ptrace(2), "Group-stop".

use crate::tracee::*;
use lariat_abi::{Errno, Options, Request, Signal, Tid};
use lariat_host::{self as host, Resume, Stopped};

/// Lets a stop signal have its effect: the signal-delivery-stop, then the group-stop.
fn group_stopped(tracee: &Tracee, stopped: Stopped, status: i32) -> Stopped {
    tracee.kill(libc::SIGSTOP);
    let stopped = tracee.go(stopped, STOP);
    assert_eq!(stopped.siginfo().expect("GETSIGINFO").signal(), Some(Signal::STOP));
    stopped.resume(Resume::Cont, Some(Signal::STOP)).expect("CONT");
    stop(tracee.tid, status)
}

#[test]
fn an_attached_tracee_reports_it_as_the_signal_again_without_siginfo() {
    let (mut tracee, stopped) = Tracee::attached(Options::empty());
    let stopped = group_stopped(&tracee, stopped, STOP);
    assert_eq!(refused(stopped.siginfo()), Errno::EINVAL);
    assert_eq!(refused(stopped.set_siginfo(&lariat_abi::SigInfo::zeroed())), Errno::EINVAL);
    // CONT ends the group-stop of this thread: there is no way to stay in it.
    tracee.tell("answer");
    assert_eq!(tracee.result(stopped), 1);
}

#[test]
fn a_seized_tracee_reports_an_event() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let stopped = group_stopped(&tracee, stopped, GROUP_STOP);
    assert_eq!(stopped.siginfo().expect("GETSIGINFO").code(), 0x80 << 8 | libc::SIGSTOP);
    tracee.tell("answer");
    assert_eq!(tracee.result(stopped), 1);
}

#[test]
fn the_event_carries_the_signal_that_stopped_it() {
    for signal in [Signal::TSTP, Signal::TTIN, Signal::TTOU] {
        let (tracee, stopped) = Tracee::seized(Options::empty());
        tracee.kill(signal.as_raw());
        let stopped = tracee.go(stopped, signal_stop(signal.as_raw()));
        stopped.resume(Resume::Cont, Some(signal)).expect("CONT");
        let _stopped = stop(tracee.tid, 0x80 << 16 | signal_stop(signal.as_raw()));
    }
}

#[test]
fn interrupt_in_a_group_stop_reports_it_again() {
    let (tracee, stopped) = Tracee::seized(Options::empty());
    let stopped = group_stopped(&tracee, stopped, GROUP_STOP);
    stopped.listen().expect("LISTEN");
    host::interrupt(tracee.tid).expect("INTERRUPT");
    let _stopped = stop(tracee.tid, GROUP_STOP);
}

#[test]
fn listen_keeps_it_stopped_until_sigcont() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let stopped = group_stopped(&tracee, stopped, GROUP_STOP);
    stopped.listen().expect("LISTEN");
    assert_eq!(pending(tracee.tid, libc::__WALL), Ok(None));
    assert_eq!(raw(Request::GetEventMsg, tracee.tid, 0, 0), Err(Errno::ESRCH));
    assert_eq!(raw(Request::Cont, tracee.tid, 0, 0), Err(Errno::ESRCH), "it is not stopped for requests");

    // SIGTERM stays pending; only SIGCONT (and SIGKILL) end a group-stop.
    tracee.kill(libc::SIGTERM);
    let shared = u64::from_str_radix(&tracee.status("ShdPnd"), 16).expect("a mask");
    assert_eq!(shared, 1 << (libc::SIGTERM - 1));
    assert_eq!(pending(tracee.tid, libc::__WALL), Ok(None));

    tracee.kill(libc::SIGCONT);
    let stopped = stop(tracee.tid, INTERRUPTED);
    let stopped = tracee.go(stopped, signal_stop(libc::SIGTERM));
    let stopped = tracee.go(stopped, signal_stop(libc::SIGCONT));
    tracee.tell("answer");
    assert_eq!(tracee.result(stopped), 1, "SIGTERM was suppressed");
}

#[test]
fn listen_is_for_event_stops_only() {
    let (tracee, stopped) = Tracee::seized(Options::empty());
    tracee.kill(libc::SIGUSR1);
    let stopped = tracee.go(stopped, signal_stop(libc::SIGUSR1));
    assert_eq!(refused(stopped.listen()), Errno::EIO);
}

/// Stops a child that is not traced, and takes the notice of it.
fn stop_untraced(tracee: &Tracee) {
    tracee.kill(libc::SIGSTOP);
    let mut status = 0;
    // SAFETY: `status` takes the status.
    let tid = unsafe { libc::waitpid(tracee.tid.as_raw(), &raw mut status, libc::WUNTRACED) };
    assert_eq!((tid, status), (tracee.tid.as_raw(), STOP));
}

#[test]
fn attach_to_a_stopped_task_is_a_stop_at_once() {
    let mut tracee = Tracee::free();
    stop_untraced(&tracee);
    host::attach(tracee.tid).expect("ATTACH");
    // The stop that was waited for before is reported anew, and needs no waiting: it is there.
    assert_eq!(pending(tracee.tid, libc::__WALL), Ok(Some(STOP)));
    assert_eq!(raw(Request::SetOptions, tracee.tid, 0, Options::EXITKILL.bits() as usize), Ok(0));
    // The SIGSTOP that ATTACH sends comes as well, once the task runs.
    assert_eq!(raw(Request::Cont, tracee.tid, 0, 0), Ok(0));
    let stopped = stop(tracee.tid, STOP);
    tracee.tell("answer");
    assert_eq!(tracee.result(stopped), 1);
}

#[test]
fn cont_straight_after_attach_to_a_stopped_task_needs_no_wait() {
    let mut tracee = Tracee::free();
    stop_untraced(&tracee);
    host::attach(tracee.tid).expect("ATTACH");
    assert_eq!(raw(Request::Cont, tracee.tid, 0, 0), Ok(0));
    let stopped = stop(tracee.tid, STOP);
    tracee.tell("answer");
    assert_eq!(tracee.result(stopped), 1);
}

#[test]
fn seize_of_a_stopped_task_shows_its_group_stop() {
    let tracee = Tracee::free();
    stop_untraced(&tracee);
    host::seize(tracee.tid, Options::EXITKILL).expect("SEIZE");
    let stopped = stop(tracee.tid, GROUP_STOP);
    stopped.listen().expect("LISTEN");
    tracee.kill(libc::SIGCONT);
    let _stopped = stop(tracee.tid, INTERRUPTED);
}

#[test]
fn a_task_detached_in_group_stop_stays_stopped_without_a_new_notice() {
    let mut tracee = Tracee::free();
    stop_untraced(&tracee);
    host::seize(tracee.tid, Options::EXITKILL).expect("SEIZE");
    stop(tracee.tid, GROUP_STOP).detach(None).expect("DETACH");
    // Between the two states it is on its way from one to the other.
    assert_state(tracee.tid, 'T');
    assert_eq!(pending(tracee.tid, libc::WUNTRACED), Ok(None));
    tracee.kill(libc::SIGCONT);
    assert_eq!(tracee.ask("answer"), 1);
}

/// The task comes to this state by itself; the watchdog ends a wait in vain.
fn assert_state(tid: Tid, state: char) {
    while !status(tid, "State").starts_with(state) {
        std::thread::yield_now();
    }
}
