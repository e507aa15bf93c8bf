//! Tracee memory: whole and part, whatever the protection, and the ways of reaching it that are left when the
//! others are refused.

use crate::tracee::*;
use lariat_abi::{Errno, Options, TraceeAddr};
use lariat_decode::ReadMemory;
use lariat_host::{self as host, Resume, Stopped, TraceeMemory};
use std::cell::RefCell;

const PAGE: u64 = 4096;

/// The result of a deed as an address, and the tracee stopped again.
fn place(tracee: &mut Tracee, stopped: Stopped, deed: &str) -> (u64, Stopped) {
    tracee.tell(deed);
    let addr = tracee.result(stopped) as u64;
    (addr, tracee.interrupt())
}

fn read(memory: TraceeMemory, addr: u64, len: usize) -> Vec<u8> {
    let mut buf = vec![0; len];
    let got = memory.read(TraceeAddr::new(addr), &mut buf);
    buf.truncate(got);
    buf
}

#[test]
fn a_read_at_the_edge_of_a_mapping_gives_what_there_is() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let (start, stopped) = place(&mut tracee, stopped, "pages");
    let (memory, edge) = (stopped.memory(), start + 2 * PAGE);
    assert_eq!(read(memory, edge - 4, 4), b"EDGE");
    assert_eq!(read(memory, edge - 4, 100), b"EDGE");
    let both = read(memory, start, 3 * PAGE as usize);
    assert_eq!(both.len(), 2 * PAGE as usize);
    assert_eq!((both[0], &both[both.len() - 4..]), (b'a', &b"EDGE"[..]));
    assert_eq!(read(memory, edge, 1), b"");
    assert_eq!(read(memory, edge - 1, 0), b"");
}

#[test]
fn a_huge_length_is_a_length_like_any_other() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let (start, stopped) = place(&mut tracee, stopped, "pages");
    let huge = read(stopped.memory(), start + PAGE, 64 << 20);
    assert_eq!(huge.len(), PAGE as usize);
}

#[test]
fn nothing_is_read_where_nothing_is() {
    let (tracee, _stopped) = Tracee::seized(Options::empty());
    let memory = TraceeMemory::new(tracee.tid);
    for addr in [0, 1, u64::MAX, u64::MAX - 7, 0xffff_8000_0000_0000] {
        assert_eq!(read(memory, addr, 16), b"", "{addr:#x}");
        assert!(memory.write(TraceeAddr::new(addr), b"x").is_err(), "{addr:#x}");
    }
    let nobody = TraceeMemory::new(lariat_abi::Tid::new(0x3fff_ffff));
    assert_eq!(read(nobody, 0x1000, 16), b"");
    let error = nobody.write(TraceeAddr::new(0x1000), b"x").expect_err("nobody");
    assert_eq!(error.errno(), Errno::ESRCH);
}

#[test]
fn protection_does_not_count() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let (hidden, stopped) = place(&mut tracee, stopped, "none");
    let memory = stopped.memory();
    assert_eq!(read(memory, hidden, 6), b"hidden");
    assert_eq!(read(memory, hidden, 2 * PAGE as usize).len() % PAGE as usize, 0, "up to the end of the page");
    memory.write(TraceeAddr::new(hidden), b"shown ").expect("write");
    assert_eq!(read(memory, hidden, 6), b"shown ");
}

#[test]
fn read_only_text_can_be_written_and_is_executed() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let (text, stopped) = place(&mut tracee, stopped, "text");
    let code = read(stopped.memory(), text, 16);
    let at = code.windows(5).position(|w| w[0] & 0xf8 == 0xb8 && w[1..] == [1, 0, 0, 0]);
    let at = text + at.expect("movl $1") as u64 + 1;
    stopped.memory().write(TraceeAddr::new(at), &[8]).expect("write");
    tracee.tell("answer");
    assert_eq!(tracee.result(stopped), 8);
}

#[test]
fn a_write_past_the_edge_fails_and_says_so() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let (start, stopped) = place(&mut tracee, stopped, "pages");
    let edge = TraceeAddr::new(start + 2 * PAGE - 2);
    assert_eq!(stopped.memory().write(edge, b"1234").expect_err("past the edge").errno(), Errno::EIO);
    stopped.memory().write(edge, b"12").expect("up to the edge");
    assert_eq!(read(stopped.memory(), start + 2 * PAGE - 4, 4), b"ED12");
    stopped.memory().write(edge, b"").expect("nothing is always written");
}

/// Memory that notes what is read of it.
struct Noted(TraceeMemory, RefCell<Vec<(u64, usize)>>);

impl ReadMemory for Noted {
    fn read(&self, addr: TraceeAddr, buf: &mut [u8]) -> usize {
        self.1.borrow_mut().push((addr.as_raw(), buf.len()));
        self.0.read(addr, buf)
    }
}

#[test]
fn strings_are_read_in_chunks_that_stay_within_a_page() {
    let (mut tracee, stopped) = Tracee::seized(Options::empty());
    let (start, stopped) = place(&mut tracee, stopped, "pages");
    let edge = start + 2 * PAGE;
    let memory = Noted(stopped.memory(), RefCell::default());
    let string = |addr: u64, max| memory.read_c_string(TraceeAddr::new(addr), max);
    assert_eq!(string(edge - 4, 100), None, "the mapping ends before the string does");
    assert_eq!(string(edge - 4, 4), Some((b"EDGE".to_vec(), false)));
    stopped.memory().write(TraceeAddr::new(edge - 1), b"\0").expect("write");
    assert_eq!(string(edge - 4, 100), Some((b"EDG".to_vec(), true)), "it ends just before the edge");
    let (long, ended) = string(start + 10, 1 << 20).expect("a string");
    assert_eq!((long.len(), ended), (2 * PAGE as usize - 11, true));
    for &(addr, len) in memory.1.borrow().iter() {
        assert!(addr % PAGE + len as u64 <= PAGE, "{len} bytes at {addr:#x}");
    }
}

/// Makes these calls fail with EPERM for the calling thread, for ever.
fn forbid(calls: &[libc::c_long]) {
    let statement = |code: u32, k: u32| libc::sock_filter { code: code as u16, jt: 0, jf: 0, k };
    let mut filter = vec![statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0)];
    for &call in calls {
        let code = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
        filter.push(libc::sock_filter { code, jt: 0, jf: 1, k: call as u32 });
        filter.push(statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32));
    }
    filter.push(statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW));
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    // SAFETY: the program is whole; the filter is this thread's own, which ends with the test.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        let mode = libc::SECCOMP_SET_MODE_FILTER;
        assert_eq!(libc::syscall(libc::SYS_seccomp, mode, 0, &raw const program), 0);
    }
}

/// What must hold however the memory is reached.
fn check(memory: TraceeMemory, start: u64, hidden: u64) {
    let edge = start + 2 * PAGE;
    assert_eq!(read(memory, edge - 4, 100), b"EDGE");
    assert_eq!(read(memory, edge - 11, 5), b"aaaaa", "at no word's start, to no word's end");
    assert_eq!(read(memory, start + 1, PAGE as usize), vec![b'a'; PAGE as usize]);
    assert_eq!(read(memory, edge, 8), b"");
    assert_eq!(read(memory, 0, 8), b"");
    assert_eq!(read(memory, hidden, 6), b"hidden");
    memory.write(TraceeAddr::new(start + 3), b"0123456789").expect("write");
    assert_eq!(read(memory, start, 16), b"aaa0123456789aaa");
    memory.write(TraceeAddr::new(hidden + 1), b"I").expect("write");
    assert_eq!(read(memory, hidden, 6), b"hIdden");
    assert_eq!(
        memory.write(TraceeAddr::new(edge - 2), b"1234").expect_err("past the edge").errno(),
        Errno::EIO
    );
}

/// The tracee of a thread that may not make these calls.
fn forbidden(calls: &'static [libc::c_long], then: fn(Tracee, Stopped, u64, u64)) {
    let tracer = std::thread::spawn(move || {
        let (mut tracee, stopped) = Tracee::seized(Options::empty());
        // In this order: the hole behind the pages is not filled by another mapping.
        let (hidden, stopped) = place(&mut tracee, stopped, "none");
        let (start, stopped) = place(&mut tracee, stopped, "pages");
        forbid(calls);
        then(tracee, stopped, start, hidden);
    });
    if let Err(panic) = tracer.join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn without_process_vm_calls_proc_mem_serves() {
    forbidden(
        &[libc::SYS_process_vm_readv, libc::SYS_process_vm_writev],
        |_tracee, stopped, start, hidden| {
            check(stopped.memory(), start, hidden);
        },
    );
}

const ALL: &[libc::c_long] =
    &[libc::SYS_process_vm_readv, libc::SYS_process_vm_writev, libc::SYS_open, libc::SYS_openat];

#[test]
fn without_proc_mem_too_words_are_peeked_and_poked() {
    forbidden(ALL, |_tracee, stopped, start, hidden| check(stopped.memory(), start, hidden));
}

#[test]
fn the_last_resort_needs_a_stopped_tracee() {
    forbidden(ALL, |mut tracee, stopped, start, _| {
        let memory = stopped.memory();
        stopped.resume(Resume::Cont, None).expect("CONT");
        assert_eq!(read(memory, start, 8), b"");
        let error = memory.write(TraceeAddr::new(start), b"x").expect_err("it runs");
        assert_eq!(error.errno(), Errno::ESRCH);
        assert_eq!(tracee.ask(&format!("load {start}")), i64::from_le_bytes(*b"aaaaaaaa"));
        host::interrupt(tracee.tid).expect("INTERRUPT");
        let _stopped = stop(tracee.tid, INTERRUPTED);
    });
}
