//! A seccomp filter that stops a tracee at the calls that somebody asked for, and at no other.
//!
//! ```text
//!  numbers to stop at, for each table ──► ranges ──► BPF: arch ─► nr ─► ALLOW | TRACE
//! ```
//!
//! The filter looks at the architecture and the number only, wherever it can: the kernel then knows by a bit
//! for each number that the call passes (`seccomp_cache_allow`, since Linux 5.11) and does not run it at all.
//! The one exception is prctl(2), traced for the sake of `PR_SET_SECCOMP`, see [`Filter::new`].

use crate::error::{Error, last_errno};
use lariat_abi::{Abi, Errno};
use libc::sock_filter;

/// The data of our `SECCOMP_RET_TRACE`: tells a stop of ours from one of a filter of the program's own.
pub const TRACE_DATA: u16 = 0x1a51;

// Offsets in `struct seccomp_data`, <linux/seccomp.h>.
const NR: u32 = 0;
const ARCH: u32 = 4;
/// The low half of the first argument.
const ARG0: u32 = 16;

const X32_BIT: u32 = 0x4000_0000;

/// `SECCOMP_RET_ALLOW`.
const ALLOW: sock_filter = ret(0x7fff_0000);
/// `SECCOMP_RET_TRACE`.
const TRACE: sock_filter = ret(0x7ff0_0000 | TRACE_DATA as u32);

const fn ret(value: u32) -> sock_filter {
    sock_filter { code: (libc::BPF_RET | libc::BPF_K) as u16, jt: 0, jf: 0, k: value }
}

const fn load(at: u32) -> sock_filter {
    sock_filter { code: (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16, jt: 0, jf: 0, k: at }
}

const fn and(mask: u32) -> sock_filter {
    sock_filter { code: (libc::BPF_ALU | libc::BPF_AND | libc::BPF_K) as u16, jt: 0, jf: 0, k: mask }
}

/// Skips `yes` instructions if the comparison holds and `no` if it does not.
const fn jump(comparison: u32, k: u32, yes: u8, no: u8) -> sock_filter {
    sock_filter { code: (libc::BPF_JMP | comparison | libc::BPF_K) as u16, jt: yes, jf: no, k }
}

/// Skips `over` instructions: more than a conditional jump can.
const fn skip(over: u32) -> sock_filter {
    sock_filter { code: (libc::BPF_JMP | libc::BPF_JA) as u16, jt: 0, jf: 0, k: over }
}

/// The program. It is installed with [`crate::Launch`].
#[derive(Debug, Clone)]
pub struct Filter {
    program: Vec<sock_filter>,
}

/// What concerns one table of system calls.
#[derive(Debug, Clone, Copy)]
pub struct TableFilter<'a> {
    /// The numbers to stop at, in ascending order.
    pub traced: &'a [u32],
    /// `prctl`'s number.
    pub prctl: u32,
}

impl Filter {
    /// The filter that stops at the traced numbers of each table; above both, at every number if `unknown`.
    ///
    /// prctl(2) with `PR_SET_SECCOMP` always stops: a program that installs a filter of its own must be noticed,
    /// since the verdicts `ERRNO` and `TRAP` go before `TRACE` and would hide calls.
    #[must_use]
    pub fn new(x86_64: TableFilter<'_>, i386: TableFilter<'_>, unknown: bool) -> Self {
        let (long, short) = (table(x86_64, unknown), table(i386, unknown));
        let mut program = vec![
            load(ARCH),
            jump(libc::BPF_JEQ, Abi::X86_64.audit_arch(), 0, 3),
            load(NR),
            // An x32 call has the number of the 64-bit one.
            and(!X32_BIT),
            // Over the three instructions that follow, and the short table.
            skip(3 + short.len() as u32),
            jump(libc::BPF_JEQ, Abi::I386.audit_arch(), 1, 0),
            TRACE,
            load(NR),
        ];
        program.extend(short);
        program.extend(long);
        Self { program }
    }

    /// The instructions, for the kernel.
    pub(crate) fn program(&self) -> libc::sock_fprog {
        libc::sock_fprog { len: self.program.len() as u16, filter: self.program.as_ptr().cast_mut() }
    }
}

/// The part for one table; the number is in the accumulator. Each way through it ends in a verdict.
fn table(filter: TableFilter<'_>, unknown: bool) -> Vec<sock_filter> {
    let mut code = Vec::new();
    if filter.traced.binary_search(&filter.prctl).is_err() {
        code.extend([
            jump(libc::BPF_JEQ, filter.prctl, 0, 4),
            load(ARG0),
            jump(libc::BPF_JEQ, libc::PR_SET_SECCOMP as u32, 0, 1),
            TRACE,
            ALLOW,
        ]);
    }
    let mut rest = filter.traced;
    while let Some(&first) = rest.first() {
        let run = rest.iter().zip(first..).take_while(|&(&number, expected)| number == expected).count();
        let last = first + run as u32 - 1;
        rest = &rest[run..];
        code.extend([jump(libc::BPF_JGE, first, 1, 0), ALLOW, jump(libc::BPF_JGT, last, 1, 0), TRACE]);
    }
    code.push(if unknown { TRACE } else { ALLOW });
    code
}

/// Installs the filter on the calling thread, with `PR_SET_NO_NEW_PRIVS` only if the kernel asks for it.
///
/// # Errors
/// The kernel has no seccomp, or a filter of this process forbids it.
///
/// Every later call of this thread that the filter traces fails with `ENOSYS` unless it has a tracer that set
/// `PTRACE_O_TRACESECCOMP`.
pub(crate) fn install(filter: &Filter) -> Result<(), Error> {
    const SET_MODE_FILTER: i64 = 1;
    let program = filter.program();
    // SAFETY: the program lives as long as the call.
    let set = || unsafe { libc::syscall(libc::SYS_seccomp, SET_MODE_FILTER, 0, &raw const program) };
    if set() == 0 {
        return Ok(());
    }
    if last_errno() == Errno::EACCES && rustix::thread::set_no_new_privs(true).is_ok() && set() == 0 {
        return Ok(());
    }
    Err(Error::last("seccomp"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Interprets the filter as the kernel would.
    fn verdict(filter: &Filter, arch: u32, number: u32, arg0: u32) -> u32 {
        let (mut at, mut acc) = (0usize, 0u32);
        loop {
            let sock_filter { code, jt, jf, k } = filter.program[at];
            at += 1;
            let code = u32::from(code);
            let branch = |holds: bool| usize::from(if holds { jt } else { jf });
            if code == libc::BPF_LD | libc::BPF_W | libc::BPF_ABS {
                acc = match k {
                    NR => number,
                    ARCH => arch,
                    ARG0 => arg0,
                    other => panic!("no field at {other}"),
                };
            } else if code == libc::BPF_ALU | libc::BPF_AND | libc::BPF_K {
                acc &= k;
            } else if code == libc::BPF_JMP | libc::BPF_JA {
                at += k as usize;
            } else if code == libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K {
                at += branch(acc == k);
            } else if code == libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K {
                at += branch(acc >= k);
            } else if code == libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K {
                at += branch(acc > k);
            } else {
                assert_eq!(code, libc::BPF_RET | libc::BPF_K);
                return k;
            }
        }
    }

    #[test]
    fn exactly_the_traced_numbers_stop() {
        let (long, short) = ([0, 1, 2, 9, 300, 301, 450], [3, 5, 6]);
        for unknown in [false, true] {
            let filter = Filter::new(
                TableFilter { traced: &long, prctl: 157 },
                TableFilter { traced: &short, prctl: 172 },
                unknown,
            );
            for number in 0..600 {
                let of = |list: &[u32]| list.contains(&number) || unknown && Some(&number) > list.last();
                for (arch, number, expected) in [
                    (Abi::X86_64.audit_arch(), number, of(&long)),
                    (Abi::X86_64.audit_arch(), number | X32_BIT, of(&long)),
                    (Abi::I386.audit_arch(), number, of(&short)),
                ] {
                    let expected = if expected { TRACE.k } else { ALLOW.k };
                    // The numbers of prctl are in neither list.
                    let prctl = (arch == Abi::I386.audit_arch() && number == 172)
                        || (arch != Abi::I386.audit_arch() && number & !X32_BIT == 157);
                    if !prctl {
                        assert_eq!(verdict(&filter, arch, number, 22), expected, "{arch:x} {number:x}");
                    }
                }
            }
            for (arch, prctl) in [(Abi::X86_64.audit_arch(), 157), (Abi::I386.audit_arch(), 172)] {
                assert_eq!(verdict(&filter, arch, prctl, 22), TRACE.k, "PR_SET_SECCOMP");
                assert_eq!(verdict(&filter, arch, prctl, 15), ALLOW.k, "PR_SET_NAME");
            }
            // A table of no architecture we know.
            assert_eq!(verdict(&filter, 0xc000_00b7, 1, 0), TRACE.k);
        }
    }

    #[test]
    fn every_second_number_still_fits() {
        let traced: Vec<u32> = (0..460).step_by(2).collect();
        let table = TableFilter { traced: &traced, prctl: 157 };
        let filter = Filter::new(table, table, true);
        assert!(filter.program.len() <= 4096, "BPF_MAXINSNS");
        assert_eq!(verdict(&filter, Abi::I386.audit_arch(), 458, 0), TRACE.k);
        assert_eq!(verdict(&filter, Abi::I386.audit_arch(), 457, 0), ALLOW.k);
        assert_eq!(verdict(&filter, Abi::X86_64.audit_arch(), 457, 0), ALLOW.k);
    }
}
