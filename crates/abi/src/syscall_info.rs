//! The structures of the newer requests: system-call information, rseq, seccomp, user dispatch.

/// `struct ptrace_syscall_info`, `<linux/ptrace.h>`: what `PTRACE_GET_SYSCALL_INFO` answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyscallInfo {
    /// `AUDIT_ARCH_*` of the call.
    pub arch: u32,
    /// The instruction pointer.
    pub instruction_pointer: u64,
    /// The stack pointer.
    pub stack_pointer: u64,
    /// Where in the call the tracee is.
    pub op: SyscallOp,
}

/// The part of [`SyscallInfo`] that depends on the kind of stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyscallOp {
    /// Not a syscall-stop (`PTRACE_SYSCALL_INFO_NONE`).
    None,
    /// Syscall-entry-stop.
    Entry {
        /// The call's number.
        number: u64,
        /// Its arguments.
        args: [u64; 6],
    },
    /// Syscall-exit-stop.
    Exit {
        /// The result; a negative error number if `is_error`.
        rval: i64,
        /// Whether the result is an error.
        is_error: bool,
    },
    /// Seccomp-stop.
    Seccomp {
        /// The call's number.
        number: u64,
        /// Its arguments.
        args: [u64; 6],
        /// The data part of the filter's result.
        ret_data: u32,
    },
    /// An op this build does not know.
    Unknown(u8),
}

impl SyscallInfo {
    /// Bytes in the structure.
    pub const SIZE: usize = 88;

    /// Decodes what the kernel wrote. The union begins at byte 24.
    #[must_use]
    pub fn decode(bytes: &[u8; Self::SIZE]) -> Self {
        let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap_or_default());
        let half = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap_or_default());
        let args = || std::array::from_fn(|i| word(32 + 8 * i));
        let op = match bytes[0] {
            0 => SyscallOp::None,
            1 => SyscallOp::Entry { number: word(24), args: args() },
            2 => SyscallOp::Exit { rval: word(24) as i64, is_error: bytes[32] != 0 },
            3 => SyscallOp::Seccomp { number: word(24), args: args(), ret_data: half(80) },
            other => SyscallOp::Unknown(other),
        };
        Self { arch: half(4), instruction_pointer: word(8), stack_pointer: word(16), op }
    }

    /// Encodes the structure, for `PTRACE_SET_SYSCALL_INFO`.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        bytes[4..8].copy_from_slice(&self.arch.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.instruction_pointer.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.stack_pointer.to_le_bytes());
        let mut call = |number: u64, args: [u64; 6]| {
            bytes[24..32].copy_from_slice(&number.to_le_bytes());
            for (i, arg) in args.iter().enumerate() {
                bytes[32 + 8 * i..40 + 8 * i].copy_from_slice(&arg.to_le_bytes());
            }
        };
        let op = match self.op {
            SyscallOp::None => 0,
            SyscallOp::Entry { number, args } => {
                call(number, args);
                1
            }
            SyscallOp::Exit { rval, is_error } => {
                bytes[24..32].copy_from_slice(&rval.to_le_bytes());
                bytes[32] = u8::from(is_error);
                2
            }
            SyscallOp::Seccomp { number, args, ret_data } => {
                call(number, args);
                bytes[80..84].copy_from_slice(&ret_data.to_le_bytes());
                3
            }
            SyscallOp::Unknown(op) => op,
        };
        bytes[0] = op;
        bytes
    }
}

/// `struct ptrace_rseq_configuration`, `<linux/ptrace.h>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct RseqConfiguration {
    /// Address of the thread's `struct rseq` in the tracee; 0 if none is registered.
    pub rseq_abi_pointer: u64,
    /// Its size, bytes.
    pub rseq_abi_size: u32,
    /// The signature before abort handlers.
    pub signature: u32,
    /// Flags of the registration.
    pub flags: u32,
    /// Padding.
    pub pad: u32,
}

/// `struct seccomp_metadata`, `<linux/ptrace.h>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct SeccompMetadata {
    /// Which filter, counted from the oldest; 0 is the first installed.
    pub filter_off: u64,
    /// Its flags (`SECCOMP_FILTER_FLAG_LOG`).
    pub flags: u64,
}

/// `struct ptrace_sud_config`, `<linux/ptrace.h>`: syscall user dispatch, `PR_SET_SYSCALL_USER_DISPATCH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct UserDispatch {
    /// `PR_SYS_DISPATCH_ON` or `PR_SYS_DISPATCH_OFF`.
    pub mode: u64,
    /// Address of the selector byte in the tracee.
    pub selector: u64,
    /// Start of the code that may always call.
    pub offset: u64,
    /// Its length, bytes.
    pub len: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn info_goes_both_ways() {
        let ops = [
            SyscallOp::None,
            SyscallOp::Entry { number: 1, args: [1, 2, 3, 4, 5, u64::MAX] },
            SyscallOp::Exit { rval: -2, is_error: true },
            SyscallOp::Seccomp { number: 39, args: [0; 6], ret_data: 7 },
        ];
        for op in ops {
            let info =
                SyscallInfo { arch: 0xc000_003e, instruction_pointer: 0x1234, stack_pointer: 0x5678, op };
            assert_eq!(SyscallInfo::decode(&info.encode()), info);
        }
        assert_eq!(size_of::<RseqConfiguration>(), 24);
        assert_eq!(size_of::<UserDispatch>(), 32);
    }
}
