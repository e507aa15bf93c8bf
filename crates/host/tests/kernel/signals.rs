//! Signal-delivery-stops, injection, GETSIGMASK and SETSIGMASK; ptrace(2), "Signal injection and suppression".

use crate::tracee::*;
use lariat_abi::{Errno, Options, Request, Signal};
use lariat_host::Resume;

#[test]
fn every_signal_but_sigkill_stops_the_tracee() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let mut stopped = stopped;
    for number in (1..=Signal::MAX).filter(|&n| n != libc::SIGKILL) {
        tracee.kill(number);
        if number == libc::SIGCONT {
            // It might end a group-stop, and a seized tracee is told so in any case.
            stopped = tracee.go(stopped, INTERRUPTED);
        }
        stopped = tracee.go(stopped, signal_stop(number));
        let info = stopped.siginfo().expect("GETSIGINFO");
        assert_eq!(info.signo(), number);
        // An ignored one too: SIGCHLD, SIGURG, SIGWINCH.
        assert_eq!(stopped.event_message(), Ok(0));
    }
    tracee.tell("answer");
    assert_eq!(tracee.result(stopped), 1, "all were suppressed");
}

#[test]
fn an_injected_signal_that_is_blocked_comes_back_when_unblocked() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    tracee.tell("handle 10");
    assert!(tracee.result(stopped) > 0);
    let stopped = tracee.interrupt();
    tracee.kill(libc::SIGUSR1);
    let stopped = tracee.go(stopped, signal_stop(libc::SIGUSR1));
    stopped.set_sigmask(1 << (libc::SIGUSR1 - 1)).expect("SETSIGMASK");
    tracee.tell("count");
    stopped.resume(Resume::Cont, Some(Signal::USR1)).expect("CONT");
    assert_eq!(tracee.hear(), 0, "blocked");
    assert_eq!(tracee.status("ShdPnd"), format!("{:016x}", 1 << (libc::SIGUSR1 - 1)));
    tracee.tell("unblock 10");
    let stopped = stop(tracee.tid, signal_stop(libc::SIGUSR1));
    stopped.resume(Resume::Cont, Some(Signal::USR1)).expect("CONT");
    assert_eq!(tracee.hear(), 0);
    assert_eq!(tracee.ask("count"), 1);
}

#[test]
fn a_signal_that_comes_in_a_syscall_stop_is_not_lost() {
    let (mut tracee, stopped) = Tracee::seized(Options::TRACESYSGOOD);
    let stopped = tracee.at(stopped, "call");
    let stopped = go(stopped, Resume::Syscall, SYSCALL);
    tracee.kill(libc::SIGUSR1);
    let stopped = go(stopped, Resume::Syscall, SYSCALL);
    let stopped = tracee.go(stopped, signal_stop(libc::SIGUSR1));
    let stopped = tracee.go(stopped, TRAP);
    assert_eq!(tracee.result(stopped), i64::from(std::process::id()));
}

#[test]
fn a_handler_for_one_time_is_used_up_by_an_injected_signal() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    tracee.tell("reset 10");
    assert!(tracee.result(stopped) > 0);
    let stopped = tracee.interrupt();
    tracee.kill(libc::SIGUSR2);
    let stopped = tracee.go(stopped, signal_stop(libc::SIGUSR2));
    stopped.resume(Resume::Cont, Some(Signal::USR1)).expect("CONT");
    assert_eq!(tracee.ask("count"), 1);
    tracee.tell("raise 10");
    stop(tracee.tid, signal_stop(10)).resume(Resume::Cont, Some(Signal::USR1)).expect("CONT");
    let killed = lariat_abi::WaitStatus::Signaled { signal: Signal::USR1, core: false };
    assert_eq!(death(tracee.tid), killed, "the handler is gone");
}

#[test]
fn the_mask_is_read_and_changed() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    tracee.tell("block 10");
    assert_eq!(tracee.result(stopped), 0);
    let stopped = tracee.interrupt();
    assert_eq!(stopped.sigmask(), Ok(1 << 9));
    // SIGKILL and SIGSTOP are taken out.
    stopped.set_sigmask(1 << 11 | 1 << 8 | 1 << 18).expect("SETSIGMASK");
    assert_eq!(stopped.sigmask(), Ok(1 << 11));
    tracee.tell("mask");
    assert_eq!(tracee.result(stopped), 1 << 11);
}

#[test]
fn the_mask_has_eight_bytes() {
    let (tracee, stopped) = Tracee::seized(Options::empty());
    let mut mask = 0u64;
    let room = &raw mut mask as usize;
    for request in [Request::GetSigMask, Request::SetSigMask] {
        assert_eq!(raw(request, tracee.tid, 4, room), Err(Errno::EINVAL));
        assert_eq!(raw(request, tracee.tid, 16, room), Err(Errno::EINVAL));
        assert_eq!(raw(request, tracee.tid, 8, 8), Err(Errno::EFAULT));
    }
    assert_eq!(stopped.sigmask(), Ok(0));
}
