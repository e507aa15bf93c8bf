//! The proof that a tracee is stopped, and every request that needs it.
//!
//! Nearly all of them work in every ptrace-stop. The others, in ptrace(2)'s words:
//!
//! ```text
//!   a signal with resume or detach    signal-delivery-stop
//!   LISTEN                            PTRACE_EVENT_STOP, group-stop or not
//!   GETSIGINFO, SETSIGINFO            not the group-stop of an attached tracee: it has none
//!   GETEVENTMSG                       says something in event-stops and (1 entry, 2 exit) syscall-stops
//!   GET_SYSCALL_INFO                  says something in syscall-stops and in PTRACE_EVENT_SECCOMP
//!   SET_SYSCALL_INFO                  those
//! ```

use crate::error::Result;
use crate::memory::TraceeMemory;
use crate::ptrace::{plain, raw};
use lariat_abi::{
    FpRegs, Options, Regs, RegsetKind, Request, RseqConfiguration, SeccompMetadata, SigInfo, Signal,
    SyscallInfo, Tid, TraceeAddr, UserDesc, UserDispatch,
};
use std::mem::MaybeUninit;

/// A tracee in ptrace-stop.
///
/// Only a wait makes one, and only [`resume`](Self::resume), [`listen`](Self::listen) and
/// [`detach`](Self::detach) take one. Every method may answer `ESRCH`: the task was killed meanwhile.
///
/// SIGKILL is also the one way by which the proof grows stale: it moves the task on to its
/// `PTRACE_EVENT_EXIT` stop, if that is asked for, and a request meant for the stop before then works on that
/// one. A resumption that comes so late makes the event pass unseen; what follows is the death.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a stopped tracee stays stopped until it is resumed or detached"]
pub struct Stopped {
    tid: Tid,
}

/// How a stopped tracee goes on; ptrace(2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resume {
    /// `PTRACE_CONT`.
    Cont,
    /// `PTRACE_SYSCALL`: stop at the next entry to or exit from a system call.
    Syscall,
    /// `PTRACE_SINGLESTEP`: stop after one instruction.
    SingleStep,
    /// `PTRACE_SINGLEBLOCK`: stop at the next branch.
    SingleBlock,
    /// `PTRACE_SYSEMU`: stop at the next entry to a system call, which is then not made.
    SysEmu,
    /// `PTRACE_SYSEMU_SINGLESTEP`: the same, and stop after one instruction.
    SysEmuSingleStep,
}

impl Resume {
    const fn request(self) -> Request {
        match self {
            Self::Cont => Request::Cont,
            Self::Syscall => Request::Syscall,
            Self::SingleStep => Request::SingleStep,
            Self::SingleBlock => Request::SingleBlock,
            Self::SysEmu => Request::SysEmu,
            Self::SysEmuSingleStep => Request::SysEmuSingleStep,
        }
    }
}

impl Stopped {
    /// The proof for a task that a wait has just reported as stopped.
    pub(crate) const fn new(tid: Tid) -> Self {
        Self { tid }
    }

    /// The task.
    #[must_use]
    pub const fn tid(&self) -> Tid {
        self.tid
    }

    /// Its memory.
    #[must_use]
    pub const fn memory(&self) -> TraceeMemory {
        TraceeMemory::new(self.tid)
    }

    /// Makes it run. `signal` is delivered if the stop was a signal-delivery-stop; in other stops ptrace(2)
    /// leaves its effect open, so pass `None`. A signal other than the one of the stop arrives with a siginfo
    /// as if kill(2) by the tracing thread had sent it; one that is blocked is queued and reported again when
    /// it no longer is.
    ///
    /// # Errors
    /// `ESRCH`: killed meanwhile.
    pub fn resume(self, how: Resume, signal: Option<Signal>) -> Result<()> {
        plain(how.request(), self.tid, 0, signal.map_or(0, |s| s.as_raw() as usize))
    }

    /// `PTRACE_LISTEN`: leaves a seized tracee in its group-stop, as untraced. SIGCONT makes it stop anew
    /// (`PTRACE_EVENT_STOP`), as does [`interrupt`](crate::interrupt); other signals wait.
    ///
    /// # Errors
    /// `EIO`: not in a `PTRACE_EVENT_STOP`, or attached and not seized; the tracee is still stopped. `ESRCH`:
    /// killed meanwhile.
    pub fn listen(self) -> Result<()> {
        plain(Request::Listen, self.tid, 0, 0)
    }

    /// `PTRACE_DETACH`: lets the tracee go, delivering `signal` if it is in a signal-delivery-stop.
    ///
    /// # Errors
    /// `ESRCH`: killed meanwhile.
    pub fn detach(self, signal: Option<Signal>) -> Result<()> {
        plain(Request::Detach, self.tid, 0, signal.map_or(0, |s| s.as_raw() as usize))
    }

    /// `PTRACE_SETOPTIONS`.
    ///
    /// # Errors
    /// `EINVAL`: unknown bits, or `SUSPEND_SECCOMP` on a kernel without it; `EPERM`: not allowed to suspend.
    pub fn set_options(&self, options: Options) -> Result<()> {
        plain(Request::SetOptions, self.tid, 0, options.bits() as usize)
    }

    /// `PTRACE_GETEVENTMSG`: what the event says; see [`lariat_abi::Event`]. In a syscall-stop 1 at the entry and 2
    /// at the exit (`PTRACE_EVENTMSG_SYSCALL_*`); 0 in signal-delivery-stops.
    ///
    /// # Errors
    /// `ESRCH`.
    pub fn event_message(&self) -> Result<u64> {
        self.fetch(Request::GetEventMsg, 0, 0u64)
    }

    /// `PTRACE_GETSIGINFO`: the signal that stopped it.
    ///
    /// # Errors
    /// `EINVAL`: an attached (not seized) tracee in group-stop.
    pub fn siginfo(&self) -> Result<SigInfo> {
        self.fetch(Request::GetSigInfo, 0, SigInfo::zeroed())
    }

    /// `PTRACE_SETSIGINFO`: what is delivered on resumption with the same signal.
    ///
    /// # Errors
    /// `EINVAL`: as [`siginfo`](Self::siginfo).
    pub fn set_siginfo(&self, info: &SigInfo) -> Result<()> {
        self.store(Request::SetSigInfo, 0, info)
    }

    /// `PTRACE_PEEKSIGINFO`: up to `count` queued signals (of which 4096 are enough) from position `offset` of
    /// the thread's queue, or of the process's (`shared`), without taking them out. Past the end there are
    /// none.
    ///
    /// # Errors
    /// `ESRCH`.
    pub fn peek_siginfo(&self, shared: bool, offset: u64, count: u32) -> Result<Vec<SigInfo>> {
        #[repr(C)]
        struct Args {
            off: u64,
            flags: u32,
            nr: i32,
        }
        let count = count.min(4096);
        let args = Args { off: offset, flags: u32::from(shared), nr: count as i32 };
        let mut found = vec![SigInfo::zeroed(); count as usize];
        // SAFETY: `args` is the structure the request reads; `found` has room for `nr` siginfos.
        let n = unsafe {
            raw(Request::PeekSigInfo, self.tid, (&raw const args) as usize, found.as_mut_ptr() as usize)
        }?;
        found.truncate(n as usize);
        Ok(found)
    }

    /// `PTRACE_GETSIGMASK`: blocked signals, bit 0 is signal 1.
    ///
    /// # Errors
    /// `ESRCH`.
    pub fn sigmask(&self) -> Result<u64> {
        self.fetch(Request::GetSigMask, 8, 0u64)
    }

    /// `PTRACE_SETSIGMASK`. SIGKILL and SIGSTOP are taken out of the mask.
    ///
    /// # Errors
    /// `ESRCH`.
    pub fn set_sigmask(&self, mask: u64) -> Result<()> {
        self.store(Request::SetSigMask, 8, &mask)
    }

    /// `PTRACE_GETREGS`: general registers in the 64-bit layout, whatever the task's bitness.
    ///
    /// # Errors
    /// `ESRCH`.
    pub fn regs(&self) -> Result<Regs> {
        self.fetch(Request::GetRegs, 0, Regs::default())
    }

    /// `PTRACE_SETREGS`.
    ///
    /// # Errors
    /// `EIO`: a code segment that is not user code, or a non-canonical segment base.
    pub fn set_regs(&self, regs: &Regs) -> Result<()> {
        self.store(Request::SetRegs, 0, regs)
    }

    /// `PTRACE_GETFPREGS`.
    ///
    /// # Errors
    /// `ESRCH`.
    pub fn fpregs(&self) -> Result<FpRegs> {
        self.fetch(Request::GetFpRegs, 0, FpRegs::default())
    }

    /// `PTRACE_SETFPREGS`.
    ///
    /// # Errors
    /// `EINVAL`: reserved bits of `mxcsr`.
    pub fn set_fpregs(&self, regs: &FpRegs) -> Result<()> {
        self.store(Request::SetFpRegs, 0, regs)
    }

    /// `PTRACE_GETREGSET`: up to `max` bytes of a register set. The length of what comes back tells a
    /// 32-bit task ([`lariat_abi::I386Regs::SIZE`]) from a 64-bit one.
    ///
    /// # Errors
    /// `EINVAL`: the task has no such set, or `max` is not a multiple of its element size (less than the whole
    /// is no error). `ENODEV`: the processor lacks it. `ENXIO`: the set is not in use
    /// ([`RegsetKind::Ioperm`] before ioperm(2)).
    pub fn regset(&self, kind: RegsetKind, max: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0u8; max];
        let mut iov = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: max };
        // SAFETY: the iovec describes `bytes`, which the kernel fills up to its length.
        unsafe { raw(Request::GetRegSet, self.tid, kind.as_raw() as usize, (&raw mut iov) as usize) }?;
        bytes.truncate(iov.iov_len);
        Ok(bytes)
    }

    /// `PTRACE_SETREGSET`.
    ///
    /// # Errors
    /// As [`regset`](Self::regset); `EINVAL`, `EIO`: contents the kernel does not accept. `EFAULT`: a part of
    /// [`RegsetKind::Xstate`], which takes the whole only.
    pub fn set_regset(&self, kind: RegsetKind, bytes: &[u8]) -> Result<()> {
        let mut iov = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
        // SAFETY: the iovec describes `bytes`, which the kernel only reads.
        unsafe { raw(Request::SetRegSet, self.tid, kind.as_raw() as usize, (&raw mut iov) as usize) }
            .map(|_| ())
    }

    /// `PTRACE_PEEKUSER`: the word at `offset` of the USER area (`struct user`). DR4 and DR5, which are
    /// reserved, read as 0.
    ///
    /// # Errors
    /// `EIO`: misaligned or out of range.
    pub fn peek_user(&self, offset: u64) -> Result<u64> {
        // The system call, unlike the C library's wrapper, stores the word through `data`.
        self.fetch(Request::PeekUser, offset as usize, 0u64)
    }

    /// `PTRACE_POKEUSER`.
    ///
    /// # Errors
    /// `EIO`: as [`peek_user`](Self::peek_user), and DR4 and DR5. `EINVAL`: a breakpoint on a kernel address.
    pub fn poke_user(&self, offset: u64, word: u64) -> Result<()> {
        plain(Request::PokeUser, self.tid, offset as usize, word as usize)
    }

    /// `PTRACE_PEEKDATA` (the same as PEEKTEXT on Linux): one word of memory, whatever its protection.
    ///
    /// # Errors
    /// `EIO`: not mapped, or not whole.
    pub fn peek_data(&self, addr: TraceeAddr) -> Result<u64> {
        self.fetch(Request::PeekData, addr.as_raw() as usize, 0u64)
    }

    /// `PTRACE_PEEKTEXT`.
    ///
    /// # Errors
    /// `EIO`: not mapped.
    pub fn peek_text(&self, addr: TraceeAddr) -> Result<u64> {
        self.fetch(Request::PeekText, addr.as_raw() as usize, 0u64)
    }

    /// `PTRACE_POKEDATA`: writes one word, read-only mappings included.
    ///
    /// # Errors
    /// `EIO`: not mapped, or not whole: then the bytes up to the edge of the mapping have been written.
    pub fn poke_data(&self, addr: TraceeAddr, word: u64) -> Result<()> {
        plain(Request::PokeData, self.tid, addr.as_raw() as usize, word as usize)
    }

    /// `PTRACE_POKETEXT`.
    ///
    /// # Errors
    /// As [`poke_data`](Self::poke_data).
    pub fn poke_text(&self, addr: TraceeAddr, word: u64) -> Result<()> {
        plain(Request::PokeText, self.tid, addr.as_raw() as usize, word as usize)
    }

    /// `PTRACE_GET_SYSCALL_INFO`. Without [`Options::TRACESYSGOOD`] every stop is [`SyscallOp::None`](lariat_abi::SyscallOp::None).
    ///
    /// # Errors
    /// "Not supported by this kernel" before Linux 5.3.
    pub fn syscall_info(&self) -> Result<SyscallInfo> {
        let bytes = self.fetch(Request::GetSyscallInfo, SyscallInfo::SIZE, [0u8; SyscallInfo::SIZE])?;
        Ok(SyscallInfo::decode(&bytes))
    }

    /// `PTRACE_SET_SYSCALL_INFO`: changes number and arguments, or the result.
    ///
    /// # Errors
    /// `EINVAL`: the op is not that of the stop. `ERANGE`: a number or argument that is too large for the
    /// call's ABI. "Not supported by this kernel" before Linux 6.16.
    pub fn set_syscall_info(&self, info: &SyscallInfo) -> Result<()> {
        self.store(Request::SetSyscallInfo, SyscallInfo::SIZE, &info.encode())
    }

    /// `PTRACE_SECCOMP_GET_FILTER`: the instructions of filter `index`, counted from the oldest; each is a
    /// `struct sock_filter` of 8 bytes.
    ///
    /// # Errors
    /// `EACCES`: needs `CAP_SYS_ADMIN` and no filter of our own. `EINVAL`: the task has no filter at all.
    /// `ENOENT`: it has, but none with this index. `EMEDIUMTYPE`: it is not a classic BPF filter. "Not
    /// supported by this kernel" if it was built without seccomp filters or checkpoint/restore.
    pub fn seccomp_filter(&self, index: u64) -> Result<Vec<[u8; 8]>> {
        // SAFETY: with a null `data` the request only counts.
        let count = unsafe { raw(Request::SeccompGetFilter, self.tid, index as usize, 0) }? as usize;
        let mut program = vec![[0u8; 8]; count];
        let room = program.as_mut_ptr() as usize;
        // SAFETY: `program` has room for the instructions just counted; filters never change.
        unsafe { raw(Request::SeccompGetFilter, self.tid, index as usize, room) }?;
        Ok(program)
    }

    /// `PTRACE_SECCOMP_GET_METADATA` of filter `index`.
    ///
    /// # Errors
    /// As [`seccomp_filter`](Self::seccomp_filter).
    pub fn seccomp_metadata(&self, index: u64) -> Result<SeccompMetadata> {
        let ask = SeccompMetadata { filter_off: index, flags: 0 };
        self.fetch(Request::SeccompGetMetadata, size_of::<SeccompMetadata>(), ask)
    }

    /// `PTRACE_GET_RSEQ_CONFIGURATION`.
    ///
    /// # Errors
    /// "Not supported by this kernel" before Linux 5.13, or if it was built without rseq.
    pub fn rseq_configuration(&self) -> Result<RseqConfiguration> {
        self.fetch(
            Request::GetRseqConfiguration,
            size_of::<RseqConfiguration>(),
            RseqConfiguration::default(),
        )
    }

    /// `PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG`.
    ///
    /// # Errors
    /// "Not supported by this kernel" before Linux 6.4.
    pub fn user_dispatch(&self) -> Result<UserDispatch> {
        self.fetch(Request::GetSyscallUserDispatchConfig, size_of::<UserDispatch>(), UserDispatch::default())
    }

    /// `PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG`.
    ///
    /// # Errors
    /// `EINVAL`: a bad mode or range, or `PR_SYS_DISPATCH_OFF` with anything else than zeroes. `EFAULT`: the
    /// selector is not a user address. "Not supported by this kernel" before Linux 6.4.
    pub fn set_user_dispatch(&self, config: &UserDispatch) -> Result<()> {
        self.store(Request::SetSyscallUserDispatchConfig, size_of::<UserDispatch>(), config)
    }

    /// `PTRACE_GET_THREAD_AREA`: the thread-local descriptor with this GDT index, 12 to 14. 64-bit tasks have
    /// them too.
    ///
    /// # Errors
    /// `EINVAL`: no such index. `EIO`: an index above `i32::MAX`.
    pub fn thread_area(&self, index: u32) -> Result<UserDesc> {
        self.fetch(Request::GetThreadArea, index as usize, UserDesc::default())
    }

    /// `PTRACE_SET_THREAD_AREA`.
    ///
    /// # Errors
    /// As [`thread_area`](Self::thread_area); `EINVAL`: a descriptor that is not allowed.
    pub fn set_thread_area(&self, index: u32, desc: &UserDesc) -> Result<()> {
        self.store(Request::SetThreadArea, index as usize, desc)
    }

    /// `PTRACE_ARCH_PRCTL` with `ARCH_GET_FS` or `ARCH_GET_GS` (`<asm/prctl.h>`).
    ///
    /// # Errors
    /// `EINVAL`: another code.
    pub fn arch_prctl_get(&self, code: u32) -> Result<u64> {
        // For this request the code is `data` and the pointer `addr`.
        let mut word = 0u64;
        // SAFETY: the kernel stores one word through `addr`.
        unsafe { raw(Request::ArchPrctl, self.tid, (&raw mut word) as usize, code as usize) }?;
        Ok(word)
    }

    /// `PTRACE_ARCH_PRCTL` with `ARCH_SET_FS` or `ARCH_SET_GS`.
    ///
    /// # Errors
    /// `EPERM`: not a user address. `EINVAL`: another code.
    pub fn arch_prctl_set(&self, code: u32, value: u64) -> Result<()> {
        plain(Request::ArchPrctl, self.tid, value as usize, code as usize)
    }

    /// A request that fills what `data` points to.
    fn fetch<T: Copy>(&self, request: Request, addr: usize, initial: T) -> Result<T> {
        let mut value = MaybeUninit::new(initial);
        // SAFETY: the request writes at most `size_of::<T>()` bytes: every caller passes the type that the
        // request fills, and its size where the request takes one. It was initialised before, and the types
        // are plain numbers, so any bytes are valid.
        unsafe {
            raw(request, self.tid, addr, value.as_mut_ptr() as usize)?;
            Ok(value.assume_init())
        }
    }

    /// A request that reads what `data` points to.
    fn store<T>(&self, request: Request, addr: usize, value: &T) -> Result<()> {
        // SAFETY: the request only reads, and every caller passes the type that it reads.
        unsafe { raw(request, self.tid, addr, std::ptr::from_ref(value) as usize) }.map(|_| ())
    }
}
