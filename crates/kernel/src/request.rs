//! ptrace(2): from the request to what is done with the tracee.
//!
//! ```text
//!  request ─► TRACEME │ ATTACH, SEIZE │ check_attach: mine? stopped? freeze ─► arch_ptrace ─► ptrace_request ─► unfreeze
//! ```
//!
//! A frozen tracee is woken by nothing, not even SIGKILL, which is looked for when the request is over. In this model a
//! request is one step, so the freeze is never seen from outside; it is kept since the checks depend on it.
//! ptrace(2), "Description", "Errors".

use crate::call::{Input, Output, SyscallReport};
use crate::entry::Done;
use crate::jobctl::JobCtl;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::siginfo::{Send, SigInfo};
use crate::sigset::{SigSet, valid_signal};
use crate::task::{Pt, State, TaskId, Tif};
use lariat_abi::{Errno, Event, Request};

/// `sizeof(struct user)` and `sizeof(struct user_regs_struct)` of x86-64, bytes.
const USER: u64 = 928;
const USER_REGS: u64 = 27 * 8;
/// `offsetof(struct user, u_debugreg)`.
const DEBUG_REGS: u64 = 848;
/// Offsets in `user_regs_struct`.
const RAX: u64 = 10 * 8;
const ORIG_RAX: u64 = 15 * 8;
const FS_BASE: u64 = 21 * 8;
const GS_BASE: u64 = 22 * 8;

type Answer = Result<i64, Errno>;

impl<M: Machine> Kernel<M> {
    /// `SYSCALL_DEFINE4(ptrace)`.
    pub(crate) fn sys_ptrace(
        &mut self,
        current: TaskId,
        request: Request,
        pid: i32,
        (addr, data): (u64, u64),
        input: &Input,
    ) -> Done {
        if request == Request::TraceMe {
            return self.ptrace_traceme(current).into();
        }
        let Some(child) = self.find(pid) else { return Errno::ESRCH.into() };
        match request {
            Request::Attach => return self.ptrace_attach(current, child, None),
            Request::Seize => return self.ptrace_attach(current, child, Some((addr, data))),
            _ => {}
        }
        let ignore_state = matches!(request, Request::Kill | Request::Interrupt);
        if !self.ptrace_check_attach(current, child, ignore_state) {
            return Errno::ESRCH.into();
        }
        let mut output = Output::None;
        let answer = self.arch_ptrace(current, child, request, (addr, data), input, &mut output);
        self.task_mut(current).output = output;
        if answer.is_err() || request != Request::Detach {
            self.ptrace_unfreeze_traced(child);
        }
        Done::Return(answer.unwrap_or_else(|errno| -i64::from(errno.as_raw())))
    }

    /// `ptrace_check_attach`: whether it is our tracee, and stopped, which it then stays.
    fn ptrace_check_attach(&mut self, current: TaskId, child: TaskId, ignore_state: bool) -> bool {
        let task = self.task(child);
        task.is_ptraced() && task.parent == current && (ignore_state || self.ptrace_freeze_traced(child))
    }

    /// `ptrace_freeze_traced`: not one that listens, that is being killed, or that changed its number without its
    /// tracer having waited for that.
    fn ptrace_freeze_traced(&mut self, child: TaskId) -> bool {
        let task = self.task_mut(child);
        if task.jobctl.contains(JobCtl::LISTENING) || !task.is_traced() || task.fatal_signal_pending() {
            return false;
        }
        let exec = i32::from(Event::Exec.code()) << 8 | 5;
        if task.exit_code == exec && task.ptrace_message != task.pid as u64 {
            // `looks_like_a_spurious_pid`.
            return false;
        }
        task.jobctl |= JobCtl::PTRACE_FROZEN;
        true
    }

    /// `ptrace_unfreeze_traced`.
    fn ptrace_unfreeze_traced(&mut self, child: TaskId) {
        let Some(task) = self.get(child) else { return };
        let killed = task.fatal_signal_pending();
        self.task_mut(child).jobctl.remove(JobCtl::PTRACE_FROZEN);
        if killed {
            self.task_mut(child).jobctl.remove(JobCtl::TRACED);
            self.wake_up_state(child, &[State::Traced]);
        }
    }

    /// `arch_ptrace` and `ptrace_request`.
    fn arch_ptrace(
        &mut self,
        current: TaskId,
        child: TaskId,
        request: Request,
        (addr, data): (u64, u64),
        input: &Input,
        output: &mut Output,
    ) -> Answer {
        let fault = *input == Input::Fault;
        let put = |output: &mut Output, value: Output| {
            if fault {
                return Err(Errno::EFAULT);
            }
            *output = value;
            Ok(0)
        };
        match request {
            Request::PeekUser => {
                let word = self.peek_user(child, addr)?;
                put(output, Output::Word(word))
            }
            Request::PokeUser => self.poke_user(child, addr, data),
            Request::GetRegs => {
                let task = self.task(child);
                // Outside a call the register is the program's, which the model does not know.
                let ax = if task.orig_ax < 0 { 0 } else { task.ax };
                put(output, Output::Regs { orig_ax: task.orig_ax, ax })
            }
            Request::SetRegs => {
                if let Input::Regs { orig_ax, ax } = *input {
                    let task = self.task_mut(child);
                    task.orig_ax = i64::from(orig_ax as i32);
                    task.ax = ax;
                }
                put(output, Output::None)
            }
            Request::GetFpRegs | Request::SetFpRegs => put(output, Output::None),
            Request::PeekText | Request::PeekData => {
                let mm = self.ptrace_access_vm(child).ok_or(Errno::EIO)?;
                let word = self.machine.peek(mm, addr).ok_or(Errno::EIO)?;
                put(output, Output::Word(word))
            }
            Request::PokeText | Request::PokeData => {
                let mm = self.ptrace_access_vm(child).ok_or(Errno::EIO)?;
                self.machine.poke(mm, addr, data).then_some(0).ok_or(Errno::EIO)
            }
            Request::SetOptions | Request::OldSetOptions => {
                let options = self.check_ptrace_options(current, data)?;
                self.task_mut(child).options = options;
                Ok(0)
            }
            Request::GetEventMsg => put(output, Output::Word(self.task(child).ptrace_message)),
            Request::PeekSigInfo => self.peek_siginfo(child, input, output),
            Request::GetSigInfo => {
                let info = self.task(child).last_siginfo.ok_or(Errno::EINVAL)?;
                put(output, Output::SigInfo(info))
            }
            Request::SetSigInfo => {
                let Input::SigInfo(info) = *input else { return Err(Errno::EFAULT) };
                self.task_mut(child).last_siginfo.as_mut().map(|last| *last = info).ok_or(Errno::EINVAL)?;
                Ok(0)
            }
            Request::GetSigMask | Request::SetSigMask if addr != 8 => Err(Errno::EINVAL),
            Request::GetSigMask => {
                let task = self.task(child);
                put(output, Output::Mask(task.saved_sigmask.unwrap_or(task.blocked)))
            }
            Request::SetSigMask => {
                let Input::Mask(mask) = *input else { return Err(Errno::EFAULT) };
                let task = self.task_mut(child);
                // Whoever resumes looks at its signals anew.
                task.blocked = mask.without(SigSet::KERNEL_ONLY);
                task.saved_sigmask = None;
                Ok(0)
            }
            Request::Interrupt => self.ptrace_interrupt(child),
            Request::Listen => self.ptrace_listen(child),
            Request::Detach => self.ptrace_detach(current, child, data).map(|()| 0),
            Request::Cont
            | Request::Syscall
            | Request::SingleStep
            | Request::SingleBlock
            | Request::SysEmu
            | Request::SysEmuSingleStep => self.ptrace_resume(child, request, data),
            Request::Kill => {
                // It may be dying already.
                let _ = self.send_signal(9, Send::NoInfo, child, false, Some(current));
                Ok(0)
            }
            Request::GetRegSet | Request::SetRegSet => self.regset(addr, input, output),
            Request::GetSyscallInfo => self.get_syscall_info(child, addr, fault, output),
            _ => self.rare_request(current, child, request, (addr, data), input, output),
        }
    }

    /// `ptrace_access_vm`: the memory of a tracee, unless it has become undumpable and we may not see such.
    fn ptrace_access_vm(&self, child: TaskId) -> Option<crate::task::MmId> {
        let id = self.task(child).mm?;
        let mm = self.mm(id);
        let dumpable = mm.dumpable == crate::access::Dumpable::User;
        (dumpable || self.ptracer_capable(child, mm.user_ns)).then_some(id)
    }

    fn peek_user(&self, child: TaskId, addr: u64) -> Result<u64, Errno> {
        if !addr.is_multiple_of(8) || addr >= USER {
            return Err(Errno::EIO);
        }
        let task = self.task(child);
        Ok(match addr {
            RAX => task.ax as u64,
            ORIG_RAX => task.orig_ax as u64,
            FS_BASE => task.bases[0],
            GS_BASE => task.bases[1],
            DEBUG_REGS.. if addr < DEBUG_REGS + 8 * 8 => task.debug.get((addr - DEBUG_REGS) / 8),
            _ => 0,
        })
    }

    fn poke_user(&mut self, child: TaskId, addr: u64, data: u64) -> Answer {
        if !addr.is_multiple_of(8) || addr >= USER {
            return Err(Errno::EIO);
        }
        let task = self.task_mut(child);
        match addr {
            RAX => task.ax = data as i64,
            ORIG_RAX => task.orig_ax = i64::from(data as i32),
            FS_BASE | GS_BASE if data >= crate::machine::TASK_SIZE => return Err(Errno::EIO),
            FS_BASE => task.bases[0] = data,
            GS_BASE => task.bases[1] = data,
            0..USER_REGS => {}
            DEBUG_REGS.. if addr < DEBUG_REGS + 8 * 8 => task.debug.set((addr - DEBUG_REGS) / 8, data)?,
            // Between the registers and the debug registers nothing can be written.
            _ => return Err(Errno::EIO),
        }
        Ok(0)
    }

    fn peek_siginfo(&self, child: TaskId, input: &Input, output: &mut Output) -> Answer {
        let Input::Peek { off, flags, nr } = *input else { return Err(Errno::EFAULT) };
        if flags & !1 != 0 || nr < 0 {
            return Err(Errno::EINVAL);
        }
        let queue =
            if flags & 1 != 0 { &self.group_of(child).shared_pending } else { &self.task(child).pending };
        let infos: Vec<SigInfo> = queue
            .list
            .iter()
            .skip(usize::try_from(off).unwrap_or(usize::MAX))
            .take(nr as usize)
            .copied()
            .collect();
        let count = infos.len() as i64;
        *output = Output::SigInfos(infos);
        Ok(count)
    }

    /// `PTRACE_INTERRUPT`: one more trap, at once or after the one it is in; out of LISTEN too.
    fn ptrace_interrupt(&mut self, child: TaskId) -> Answer {
        if !self.task(child).ptrace.contains(Pt::SEIZED) {
            return Err(Errno::EIO);
        }
        if self.task_mut(child).set_jobctl_pending(JobCtl::TRAP_STOP) {
            let listening = self.task(child).jobctl.contains(JobCtl::LISTENING);
            self.ptrace_signal_wake_up(child, listening);
        }
        Ok(0)
    }

    /// `PTRACE_LISTEN`: stays in its group-stop, and is no longer seen as traced by wait and requests.
    fn ptrace_listen(&mut self, child: TaskId) -> Answer {
        let task = self.task_mut(child);
        let event = task.last_siginfo.map_or(0, |info| info.code >> 8);
        if !task.ptrace.contains(Pt::SEIZED) || event != i32::from(Event::Stop.code()) {
            return Err(Errno::EIO);
        }
        task.jobctl |= JobCtl::LISTENING;
        if task.jobctl.contains(JobCtl::TRAP_NOTIFY) {
            // Something has happened since: it traps again at once.
            self.ptrace_signal_wake_up(child, true);
        }
        Ok(0)
    }

    /// `ptrace_resume`.
    fn ptrace_resume(&mut self, child: TaskId, request: Request, data: u64) -> Answer {
        if !valid_signal(data) {
            return Err(Errno::EIO);
        }
        let emulate = matches!(request, Request::SysEmu | Request::SysEmuSingleStep);
        let task = self.task_mut(child);
        task.tif.set(Tif::SYSCALL_TRACE, request == Request::Syscall);
        task.tif.set(Tif::SYSCALL_EMU, emulate);
        match request {
            Request::SingleBlock => self.user_enable_step(child, true),
            Request::SingleStep | Request::SysEmuSingleStep => self.user_enable_step(child, false),
            _ => self.user_disable_single_step(child),
        }
        let task = self.task_mut(child);
        task.exit_code = data as i32;
        task.jobctl.remove(JobCtl::TRACED);
        self.wake_up_state(child, &[State::Traced]);
        Ok(0)
    }

    fn user_enable_step(&mut self, id: TaskId, block: bool) {
        let task = self.task_mut(id);
        task.tif |= Tif::SINGLESTEP | Tif::SYSCALL_EXIT_TRAP;
        task.tif.set(Tif::BLOCKSTEP, block);
    }

    pub(crate) fn user_disable_single_step(&mut self, id: TaskId) {
        self.task_mut(id).tif.remove(Tif::SINGLESTEP | Tif::SYSCALL_EXIT_TRAP | Tif::BLOCKSTEP);
    }

    /// `ptrace_regset`: the sets of a 64-bit task.
    fn regset(&self, kind: u64, input: &Input, output: &mut Output) -> Answer {
        let Input::IoVec(length) = *input else { return Err(Errno::EFAULT) };
        // Of the extended state only that it is longer than 512 bytes is known.
        let size = match kind {
            1 => USER_REGS,
            2 => 512,
            0x202 => !7,
            _ => return Err(Errno::EINVAL),
        };
        let length = length.ok_or(Errno::EFAULT)?;
        if length % 8 != 0 {
            return Err(Errno::EINVAL);
        }
        *output = Output::Length(length.min(size));
        Ok(0)
    }

    /// `ptrace_get_syscall_info`: the full size, however little of it the caller takes.
    fn get_syscall_info(&self, child: TaskId, size: u64, fault: bool, output: &mut Output) -> Answer {
        let task = self.task(child);
        let (full, report) = match self.syscall_info_op(child) {
            1 => (80, SyscallReport::Entry(task.orig_ax)),
            2 => (33, SyscallReport::Exit(task.ax, (-4095..0).contains(&task.ax))),
            3 => (84, SyscallReport::Seccomp(task.orig_ax, task.ptrace_message as u32)),
            _ => (24, SyscallReport::None),
        };
        if fault && size > 0 {
            return Err(Errno::EFAULT);
        }
        if size >= full {
            *output = Output::SyscallInfo(report);
        }
        Ok(full as i64)
    }
}
