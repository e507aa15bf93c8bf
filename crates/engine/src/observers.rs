//! Calls by which a task can learn its affinity, or hand it on.

use lariat_abi::Abi;

/// What a call has to do with affinity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Observes {
    /// Nothing.
    Never,
    /// It reads a file, which may be `/proc/PID/status`.
    ByReading,
    /// It makes a task, a program or a kernel thread, is about scheduling, looks at other tasks, or is not known.
    Always,
    /// Nothing itself, but the descriptor that it returns may be a file of `/proc`.
    ByOpening,
    /// Nothing itself, but descriptors may come with a message.
    ByReceiving,
}

/// The last number of either table that this build knows.
const LAST: u64 = 462;

/// What the call with this number has to do with affinity. Numbers: `<asm/unistd_64.h>`, `<asm/unistd_32.h>`.
pub(crate) fn observes(abi: Abi, number: u64) -> Observes {
    match abi {
        Abi::X86_64 => x86_64(number),
        Abi::I386 => i386(number),
        Abi::X32 => Observes::Always,
    }
}

fn x86_64(number: u64) -> Observes {
    match number {
        // read, pread64, readv, sendfile, splice, preadv, copy_file_range, preadv2
        0 | 17 | 19 | 40 | 275 | 295 | 326 | 327 => Observes::ByReading,
        // open, creat, openat, open_by_handle_at, openat2
        2 | 85 | 257 | 304 | 437 => Observes::ByOpening,
        // recvmsg, recvmmsg
        47 | 299 => Observes::ByReceiving,
        // clone, fork, vfork, execve, execveat, clone3
        56..=59 | 322 | 435
        // sched_setparam, sched_setscheduler, sched_setaffinity, sched_getaffinity, sched_setattr
        | 142 | 144 | 203 | 204 | 314
        // io_submit, io_uring_setup, io_uring_enter, io_uring_register
        | 209 | 425..=427
        // ptrace, process_vm_readv, bpf, pidfd_getfd
        | 101 | 310 | 321 | 438 => Observes::Always,
        _ if number > LAST => Observes::Always,
        _ => Observes::Never,
    }
}

fn i386(number: u64) -> Observes {
    match number {
        // read, readv, pread64, sendfile, sendfile64, splice, preadv, copy_file_range, preadv2
        3 | 145 | 180 | 187 | 239 | 313 | 333 | 377 | 378 => Observes::ByReading,
        // open, creat, openat, open_by_handle_at, openat2
        5 | 8 | 295 | 342 | 437 => Observes::ByOpening,
        // socketcall, recvmsg, recvmmsg, recvmmsg_time64
        102 | 372 | 337 | 417 => Observes::ByReceiving,
        // fork, execve, clone, vfork, execveat, clone3
        2 | 11 | 120 | 190 | 358 | 435
        // sched_setparam, sched_setscheduler, sched_setaffinity, sched_getaffinity, sched_setattr
        | 154 | 156 | 241 | 242 | 351
        // io_submit, io_uring_setup, io_uring_enter, io_uring_register
        | 248 | 425..=427
        // ptrace, process_vm_readv, bpf, pidfd_getfd
        | 26 | 347 | 357 | 438 => Observes::Always,
        _ if number > LAST => Observes::Always,
        _ => Observes::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_tell_is_known_of_both_tables() {
        for (abi, number, expected) in [
            (Abi::X86_64, 204, Observes::Always),
            (Abi::I386, 242, Observes::Always),
            (Abi::X86_64, 435, Observes::Always),
            (Abi::X86_64, 4000, Observes::Always),
            (Abi::X32, 39, Observes::Always),
            (Abi::X86_64, 0, Observes::ByReading),
            (Abi::I386, 3, Observes::ByReading),
            (Abi::X86_64, 257, Observes::ByOpening),
            (Abi::X86_64, 47, Observes::ByReceiving),
            (Abi::X86_64, 110, Observes::Never),
            (Abi::X86_64, 1, Observes::Never),
        ] {
            assert_eq!(observes(abi, number), expected, "{abi:?} {number}");
        }
    }
}
