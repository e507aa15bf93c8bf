//! The system-call ABIs of an x86-64 kernel.

/// Which system-call ABI a call was made through.
///
/// It is a property of the call, not of the process: 64-bit code may execute `int 0x80` and so make an i386
/// call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Abi {
    /// `syscall` from 64-bit code.
    X86_64,
    /// `int 0x80`, `sysenter`, or `syscall` from 32-bit code.
    I386,
    /// x32: the x86-64 entry with bit 30 of the number set.
    X32,
}

/// `AUDIT_ARCH_X86_64`, `<linux/audit.h>`.
pub(crate) const AUDIT_ARCH_X86_64: u32 = 0xc000_003e;
/// `AUDIT_ARCH_I386`, `<linux/audit.h>`.
pub(crate) const AUDIT_ARCH_I386: u32 = 0x4000_0003;
/// `__X32_SYSCALL_BIT`, `<asm/unistd.h>`.
const X32_SYSCALL_BIT: u64 = 0x4000_0000;

impl Abi {
    /// Bytes in a `long` and in a pointer.
    #[must_use]
    pub const fn word_size(self) -> usize {
        match self {
            Self::X86_64 => 8,
            Self::I386 | Self::X32 => 4,
        }
    }

    /// The ABI for the architecture and number that seccomp(2) and `PTRACE_GET_SYSCALL_INFO` report. An
    /// architecture that this kernel cannot have is taken for x86-64.
    #[must_use]
    pub const fn from_audit(arch: u32, number: u64) -> Self {
        match arch {
            AUDIT_ARCH_I386 => Self::I386,
            // -1 ("skip this call") has every bit set and is not an x32 number.
            _ if number & X32_SYSCALL_BIT != 0 && number >> 31 == 0 => Self::X32,
            _ => Self::X86_64,
        }
    }

    /// The architecture as seccomp(2) filters see it.
    #[must_use]
    pub const fn audit_arch(self) -> u32 {
        match self {
            Self::I386 => AUDIT_ARCH_I386,
            Self::X86_64 | Self::X32 => AUDIT_ARCH_X86_64,
        }
    }
}
