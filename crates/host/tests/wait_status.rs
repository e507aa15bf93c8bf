//! The wait-status codec against the C library's macros, over all 16-bit values and the event codes there are.

use lariat_abi::{Event, WaitStatus};

#[test]
fn the_codec_agrees_with_the_macros_of_the_c_library() {
    for event in (0..=8).chain([0x7f, 0x80, 0xff]) {
        for low in 0..=0xffff {
            agrees(event << 16 | low);
        }
    }
}

fn agrees(raw: i32) {
    let stop = libc::WIFSTOPPED(raw).then(|| libc::WSTOPSIG(raw));
    match WaitStatus::decode(raw) {
        WaitStatus::Exited(code) => {
            assert!(libc::WIFEXITED(raw) && libc::WEXITSTATUS(raw) == i32::from(code), "{raw:#x}");
        }
        WaitStatus::Signaled { signal, core } => {
            assert!(libc::WIFSIGNALED(raw) && libc::WCOREDUMP(raw) == core, "{raw:#x}");
            assert_eq!(libc::WTERMSIG(raw), signal.as_raw(), "{raw:#x}");
        }
        WaitStatus::Stopped(signal) => assert_eq!((stop, raw >> 16), (Some(signal.as_raw()), 0), "{raw:#x}"),
        // ptrace(2), `PTRACE_O_TRACESYSGOOD`.
        WaitStatus::SyscallStop => assert_eq!(stop, Some(libc::SIGTRAP | 0x80), "{raw:#x}"),
        // ptrace(2): `status>>8 == (SIGTRAP | (PTRACE_EVENT_foo<<8))`.
        WaitStatus::Event { event, signal } => {
            assert_eq!(
                (stop, raw >> 8),
                (Some(signal.as_raw()), signal.as_raw() | i32::from(event.code()) << 8)
            );
            assert_ne!(event, Event::Unknown(0), "{raw:#x}");
        }
        WaitStatus::Continued => assert!(libc::WIFCONTINUED(raw), "{raw:#x}"),
        WaitStatus::Unknown(kept) => {
            assert_eq!(kept, raw);
            // No task stops, exits or dies so: a signal that is none, or bits where none belong.
            let is_none = |signal: i32| !(1..=64).contains(&signal);
            let impossible = match stop {
                Some(signal) => is_none(signal),
                None if libc::WIFEXITED(raw) => raw >> 16 != 0 || raw & 0x80 != 0,
                None => raw >> 8 != 0 || is_none(raw & 0x7f),
            };
            assert!(impossible, "{raw:#x}");
        }
    }
}
