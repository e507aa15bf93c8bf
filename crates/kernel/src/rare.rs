//! The requests that are asked for rarely: newer ones, and those of the architecture. ptrace(2); `<linux/ptrace.h>`.

use crate::call::{Input, Output};
use crate::cred::Caps;
use crate::entry::{SYSCALL_ENTRY, SYSCALL_EXIT};
use crate::kernel::Kernel;
use crate::machine::{Machine, TASK_SIZE};
use crate::task::TaskId;
use lariat_abi::{Errno, Event, Request};

/// `sizeof` of `struct ptrace_syscall_info`, `ptrace_rseq_configuration`, `ptrace_sud_config` and
/// `seccomp_metadata`, bytes.
const SYSCALL_INFO: u64 = 88;
const RSEQ: i64 = 24;
const USER_DISPATCH: u64 = 32;
const METADATA: u64 = 16;

/// `ARCH_SET_GS`, `ARCH_SET_FS`, `ARCH_GET_FS`, `ARCH_GET_GS`.
const SET_BASE: std::ops::RangeInclusive<u64> = 0x1001..=0x1002;
const GET_BASE: std::ops::RangeInclusive<u64> = 0x1003..=0x1004;

/// `GDT_ENTRY_TLS_MIN` and `GDT_ENTRY_TLS_MAX` of x86-64.
const TLS: std::ops::RangeInclusive<u64> = 12..=14;

impl<M: Machine> Kernel<M> {
    /// Answers them; `EIO` to one that no kernel knows.
    pub(crate) fn rare_request(
        &mut self,
        current: TaskId,
        child: TaskId,
        request: Request,
        (addr, data): (u64, u64),
        input: &Input,
        output: &mut Output,
    ) -> Result<i64, Errno> {
        let fault = *input == Input::Fault;
        let unless_fault = |answer| if fault { Err(Errno::EFAULT) } else { Ok(answer) };
        match request {
            // However little of it the caller takes.
            Request::GetRseqConfiguration => unless_fault(RSEQ),
            Request::SetSyscallInfo => self.set_syscall_info(child, addr, input),
            Request::GetSyscallUserDispatchConfig if addr == USER_DISPATCH => unless_fault(0),
            Request::SetSyscallUserDispatchConfig if addr == USER_DISPATCH => match *input {
                Input::UserDispatch { valid: true } => Ok(0),
                Input::UserDispatch { valid: false } => Err(Errno::EINVAL),
                _ => Err(Errno::EFAULT),
            },
            Request::GetSyscallUserDispatchConfig | Request::SetSyscallUserDispatchConfig => {
                Err(Errno::EINVAL)
            }
            Request::SeccompGetFilter => self.filter_of(current, child, addr).and_then(unless_fault),
            Request::SeccompGetMetadata => self.seccomp_metadata(current, child, addr, input, output),
            Request::ArchPrctl if SET_BASE.contains(&data) => {
                if addr < TASK_SIZE {
                    Ok(0)
                } else {
                    Err(Errno::EPERM)
                }
            }
            Request::ArchPrctl if GET_BASE.contains(&data) => unless_fault(0),
            Request::ArchPrctl => Err(Errno::EINVAL),
            Request::GetThreadArea | Request::SetThreadArea if (addr as i32) < 0 => Err(Errno::EIO),
            Request::GetThreadArea | Request::SetThreadArea if !TLS.contains(&addr) => Err(Errno::EINVAL),
            Request::GetThreadArea | Request::SetThreadArea => unless_fault(0),
            _ => Err(Errno::EIO),
        }
    }

    /// `ptrace_set_syscall_info`, since Linux 6.16: it must be for the stop that the tracee is in.
    fn set_syscall_info(&mut self, child: TaskId, size: u64, input: &Input) -> Result<i64, Errno> {
        if size < SYSCALL_INFO {
            return Err(Errno::EINVAL);
        }
        let Input::SyscallInfo { op, reserved, nr, rval } = *input else { return Err(Errno::EFAULT) };
        if reserved || op != self.syscall_info_op(child) {
            return Err(Errno::EINVAL);
        }
        let task = self.task_mut(child);
        match op {
            1 | 3 => task.orig_ax = i32::try_from(nr).map_err(|_| Errno::ERANGE)?.into(),
            2 => task.ax = rval,
            _ => return Err(Errno::EINVAL),
        }
        Ok(0)
    }

    /// `ptrace_get_syscall_info_op`: 0 none, 1 entry, 2 exit, 3 seccomp.
    pub(crate) fn syscall_info_op(&self, child: TaskId) -> u8 {
        let task = self.task(child);
        let seccomp = 5 | i32::from(Event::Seccomp.code()) << 8;
        match task.last_siginfo.map_or(0, |info| info.code) {
            0x85 if task.ptrace_message == SYSCALL_ENTRY => 1,
            0x85 if task.ptrace_message == SYSCALL_EXIT => 2,
            code if code == seccomp => 3,
            _ => 0,
        }
    }

    /// `seccomp_get_filter`, counted from the oldest: how many instructions it has.
    fn filter_of(&self, current: TaskId, child: TaskId, at: u64) -> Result<i64, Errno> {
        if !self.capable(current, Caps::SYS_ADMIN) || !self.task(current).seccomp.is_empty() {
            return Err(Errno::EACCES);
        }
        match self.task(child).seccomp.len() as u64 {
            0 => Err(Errno::EINVAL),
            // A filter of this model has four.
            filters if at < filters => Ok(4),
            _ => Err(Errno::ENOENT),
        }
    }

    /// `seccomp_get_metadata`.
    fn seccomp_metadata(
        &self,
        current: TaskId,
        child: TaskId,
        size: u64,
        input: &Input,
        output: &mut Output,
    ) -> Result<i64, Errno> {
        if !self.capable(current, Caps::SYS_ADMIN) || !self.task(current).seccomp.is_empty() {
            return Err(Errno::EACCES);
        }
        if size < 8 {
            return Err(Errno::EINVAL);
        }
        let Input::FilterOffset(at) = *input else { return Err(Errno::EFAULT) };
        self.filter_of(current, child, at)?;
        // No filter here was installed with SECCOMP_FILTER_FLAG_LOG.
        *output = Output::Word(0);
        Ok(size.min(METADATA) as i64)
    }
}
