//! GETSIGINFO, SETSIGINFO, PEEKSIGINFO.

use crate::tracee::*;
use lariat_abi::{Errno, Options, Request, SigInfo, Signal, si_code};
use lariat_host::Resume;

const RT: Signal = match Signal::from_raw(40) {
    Some(signal) => signal,
    None => panic!("40 is a signal"),
};

/// The siginfo with another word in place of `si_value`.
fn with_value(info: &SigInfo, value: u64) -> SigInfo {
    let mut bytes = *info.as_bytes();
    bytes[24..32].copy_from_slice(&value.to_le_bytes());
    SigInfo::from_bytes(bytes)
}

#[test]
fn the_siginfo_says_who_sent_the_signal() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    tracee.kill(libc::SIGUSR1);
    let stopped = tracee.go(stopped, signal_stop(libc::SIGUSR1));
    let info = stopped.siginfo().expect("GETSIGINFO");
    assert_eq!((info.signal(), info.code()), (Some(Signal::USR1), si_code::SI_USER));
    assert_eq!(info.pid(), std::process::id() as i32);

    tracee.tell("selfsig 40 77");
    let stopped = tracee.go(stopped, signal_stop(40));
    let info = stopped.siginfo().expect("GETSIGINFO");
    assert_eq!((info.code(), info.pid(), info.value()), (si_code::SI_QUEUE, tracee.tid.as_raw(), 77));
    assert_eq!(tracee.result(stopped), 0);
}

#[test]
fn what_is_set_is_what_the_handler_gets() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    tracee.tell("handle 40");
    assert!(tracee.result(stopped) > 0);
    let stopped = tracee.interrupt();
    tracee.tell("selfsig 40 77");
    let stopped = tracee.go(stopped, signal_stop(40));
    let info = with_value(&stopped.siginfo().expect("GETSIGINFO"), 1234);
    stopped.set_siginfo(&info).expect("SETSIGINFO");
    assert_eq!(stopped.siginfo(), Ok(info));
    stopped.resume(Resume::Cont, Some(RT)).expect("CONT");
    assert_eq!(tracee.hear(), 0);
    assert_eq!(tracee.ask("value"), 1234);
    assert_eq!(tracee.ask("code"), i64::from(si_code::SI_QUEUE));
}

#[test]
fn another_signal_than_the_stops_comes_as_if_the_tracer_had_sent_it() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    tracee.tell("handle 12");
    assert!(tracee.result(stopped) > 0);
    let stopped = tracee.interrupt();
    tracee.tell("selfsig 40 77");
    let stopped = tracee.go(stopped, signal_stop(40));
    stopped.resume(Resume::Cont, Some(Signal::USR2)).expect("CONT");
    assert_eq!(tracee.hear(), 0);
    assert_eq!(tracee.ask("code"), i64::from(si_code::SI_USER));
    assert_eq!(tracee.ask("pid"), i64::from(own_tid().as_raw()), "the tracing thread");
    assert_eq!(tracee.ask("count"), 1);
}

#[test]
fn bad_pointers_are_refused() {
    let (tracee, _stopped) = Tracee::seized(Options::empty());
    assert_eq!(raw(Request::GetSigInfo, tracee.tid, 0, 8), Err(Errno::EFAULT));
    assert_eq!(raw(Request::SetSigInfo, tracee.tid, 0, 8), Err(Errno::EFAULT));
}

#[test]
fn peek_siginfo_reads_the_threads_and_the_processs_queue() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    for number in [10, 12, 40] {
        tracee.tell(&format!("block {number}"));
    }
    for value in [1, 2, 3] {
        tracee.tell(&format!("selfsig 40 {value}"));
    }
    assert_eq!(tracee.result(stopped), 0);
    for _ in 0..5 {
        assert_eq!(tracee.hear(), 0);
    }
    tracee.kill(libc::SIGUSR1);
    tracee.kill(libc::SIGUSR2);
    let stopped = tracee.interrupt();

    let peek = |shared, offset, count| stopped.peek_siginfo(shared, offset, count).expect("PEEKSIGINFO");
    let values = |infos: Vec<SigInfo>| infos.iter().map(SigInfo::value).collect::<Vec<_>>();
    let signals = |infos: Vec<SigInfo>| infos.iter().map(SigInfo::signo).collect::<Vec<_>>();
    assert_eq!(values(peek(false, 0, 10)), [1, 2, 3]);
    assert_eq!(values(peek(false, 1, 1)), [2]);
    assert_eq!(values(peek(false, 3, 10)), []);
    assert_eq!(values(peek(false, u64::MAX, 10)), [], "far past the end");
    assert_eq!(values(peek(false, 0, 0)), []);
    assert_eq!(signals(peek(true, 0, 10)), [libc::SIGUSR1, libc::SIGUSR2]);
    assert_eq!(signals(peek(true, 1, 1)), [libc::SIGUSR2]);
    assert_eq!(signals(peek(true, 0, u32::MAX)), [libc::SIGUSR1, libc::SIGUSR2], "a huge count");
    // They are still there.
    tracee.tell("handle 40");
    tracee.tell("unblock 40");
    let stopped = tracee.go(stopped, signal_stop(40));
    assert_eq!(stopped.siginfo().expect("GETSIGINFO").value(), 1);
}

#[test]
fn peek_siginfo_refuses_bad_arguments() {
    #[repr(C)]
    struct Args {
        off: u64,
        flags: u32,
        nr: i32,
    }
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    tracee.tell("block 40");
    tracee.tell("selfsig 40 1");
    assert_eq!((tracee.result(stopped), tracee.hear()), (0, 0));
    let _stopped = tracee.interrupt();
    let ask = |args: Args, data| raw(Request::PeekSigInfo, tracee.tid, &raw const args as usize, data);
    let mut room = [0u8; 128];
    let room = &raw mut room as usize;
    assert_eq!(ask(Args { off: 0, flags: 0, nr: 1 }, room), Ok(1));
    assert_eq!(ask(Args { off: 0, flags: 0, nr: -1 }, room), Err(Errno::EINVAL), "a negative count");
    assert_eq!(ask(Args { off: 0, flags: 2, nr: 1 }, room), Err(Errno::EINVAL), "an unknown flag");
    assert_eq!(ask(Args { off: 0, flags: 0, nr: 1 }, 8), Err(Errno::EFAULT));
    assert_eq!(raw(Request::PeekSigInfo, tracee.tid, 8, room), Err(Errno::EFAULT));
}
