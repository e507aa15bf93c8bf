//! Register sets in the layouts that ptrace transfers: `<sys/user.h>`, `<linux/elf.h>`.

/// To and from the bytes that `PTRACE_GETREGSET` transfers: the members in order, each one word.
macro_rules! words {
    ($set:ident of $word:ident: $($member:ident)*) => {
        impl $set {
            /// Bytes in the set.
            pub const SIZE: usize = size_of::<Self>();

            /// The set that `PTRACE_GETREGSET` stored in these bytes.
            #[must_use]
            pub fn from_bytes(bytes: &[u8; Self::SIZE]) -> Self {
                let (words, _) = bytes.as_chunks::<{ size_of::<$word>() }>();
                let mut words = words.iter().map(|word| $word::from_le_bytes(*word));
                Self { $($member: words.next().unwrap_or_default()),* }
            }

            /// The bytes for `PTRACE_SETREGSET`.
            #[must_use]
            pub fn to_bytes(&self) -> [u8; Self::SIZE] {
                let words = [$(self.$member.to_le_bytes()),*];
                let mut bytes = [0; Self::SIZE];
                bytes.copy_from_slice(words.as_flattened());
                bytes
            }
        }
    };
}

words!(Regs of u64: r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss
    fs_base gs_base ds es fs gs);
words!(I386Regs of u32: ebx ecx edx esi edi ebp eax ds es fs gs orig_eax eip cs eflags esp ss);

/// The general registers of a 64-bit task: `struct user_regs_struct`, the `NT_PRSTATUS` set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
#[allow(missing_docs, reason = "the members are the machine's registers")]
pub struct Regs {
    pub r15: u64,
    pub r14: u64,
    pub r13: u64,
    pub r12: u64,
    pub rbp: u64,
    pub rbx: u64,
    pub r11: u64,
    pub r10: u64,
    pub r9: u64,
    pub r8: u64,
    pub rax: u64,
    pub rcx: u64,
    pub rdx: u64,
    pub rsi: u64,
    pub rdi: u64,
    /// The system-call number at a syscall-entry-stop; -1 where no call is to be restarted.
    pub orig_rax: u64,
    pub rip: u64,
    pub cs: u64,
    pub eflags: u64,
    pub rsp: u64,
    pub ss: u64,
    pub fs_base: u64,
    pub gs_base: u64,
    pub ds: u64,
    pub es: u64,
    pub fs: u64,
    pub gs: u64,
}

impl Regs {
    /// Byte offset of `rax` in the USER area, for `PTRACE_PEEKUSER`.
    pub const RAX: u64 = 10 * 8;
    /// Byte offset of `orig_rax` in the USER area.
    pub const ORIG_RAX: u64 = 15 * 8;
    /// Byte offset of the debug registers, `u_debugreg[0]`, in the USER area: `offsetof(struct user,
    /// u_debugreg)`.
    pub const DEBUG_REGS: u64 = 848;

    /// The code-segment selector of 64-bit user code, `__USER_CS`.
    pub const USER_CS: u64 = 0x33;

    /// Whether the task executes 64-bit code.
    #[must_use]
    pub const fn is_64bit_code(&self) -> bool {
        self.cs == Self::USER_CS
    }
}

/// The general registers of a 32-bit task as `PTRACE_GETREGSET` with `NT_PRSTATUS` transfers them:
/// i386's `struct user_regs_struct`. Its size tells it from [`Regs`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
#[allow(missing_docs, reason = "the members are the machine's registers")]
pub struct I386Regs {
    pub ebx: u32,
    pub ecx: u32,
    pub edx: u32,
    pub esi: u32,
    pub edi: u32,
    pub ebp: u32,
    pub eax: u32,
    pub ds: u32,
    pub es: u32,
    pub fs: u32,
    pub gs: u32,
    pub orig_eax: u32,
    pub eip: u32,
    pub cs: u32,
    pub eflags: u32,
    pub esp: u32,
    pub ss: u32,
}

/// The FXSAVE area: `struct user_fpregs_struct`, the `NT_PRFPREG` set of a 64-bit task. Intel SDM vol. 1,
/// 10.5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
#[allow(missing_docs, reason = "the members are the machine's registers")]
pub struct FpRegs {
    pub cwd: u16,
    pub swd: u16,
    pub ftw: u16,
    pub fop: u16,
    pub rip: u64,
    pub rdp: u64,
    pub mxcsr: u32,
    pub mxcsr_mask: u32,
    pub st: [u128; 8],
    pub xmm: [u128; 16],
    pub padding: [u32; 24],
}

/// A register set that `PTRACE_GETREGSET` and `PTRACE_SETREGSET` name: `NT_*` of `<linux/elf.h>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RegsetKind {
    /// `NT_PRSTATUS`: general registers, [`Regs`] or [`I386Regs`] by the task's bitness.
    Prstatus,
    /// `NT_PRFPREG`: [`FpRegs`] for a 64-bit task, the FSAVE area for a 32-bit one.
    Fpregset,
    /// `NT_PRXFPREG`: the FXSAVE area of a 32-bit task.
    Xfpregset,
    /// `NT_X86_XSTATE`: the XSAVE area; its size depends on the processor.
    Xstate,
    /// `NT_386_TLS`: thread-local descriptors of a 32-bit task.
    I386Tls,
    /// `NT_386_IOPERM`: the I/O permission bitmap.
    Ioperm,
    /// Any other number.
    Other(u32),
}

impl RegsetKind {
    /// Its number in `<linux/elf.h>`.
    #[must_use]
    pub const fn as_raw(self) -> u32 {
        match self {
            Self::Prstatus => 1,
            Self::Fpregset => 2,
            Self::Xfpregset => 0x46e6_2b7f,
            Self::I386Tls => 0x200,
            Self::Ioperm => 0x201,
            Self::Xstate => 0x202,
            Self::Other(raw) => raw,
        }
    }
}

/// A thread-local segment descriptor: `struct user_desc`, `<asm/ldt.h>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct UserDesc {
    /// Index in the GDT; 12 to 14 on x86-64.
    pub entry_number: u32,
    /// Base address.
    pub base_addr: u32,
    /// Limit.
    pub limit: u32,
    /// `seg_32bit` and the other one-bit members, lowest first.
    pub flags: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_the_kernels() {
        assert_eq!(Regs::SIZE, 216);
        assert_eq!(I386Regs::SIZE, 68);
        assert_eq!(size_of::<FpRegs>(), 512);
        assert_eq!(size_of::<UserDesc>(), 16);
        assert_eq!(std::mem::offset_of!(Regs, rax) as u64, Regs::RAX);
        assert_eq!(std::mem::offset_of!(Regs, orig_rax) as u64, Regs::ORIG_RAX);
    }

    #[test]
    fn sets_go_both_ways() {
        let bytes: [u8; Regs::SIZE] = std::array::from_fn(|i| i as u8);
        let regs = Regs::from_bytes(&bytes);
        assert_eq!(regs.to_bytes(), bytes);
        assert_eq!(regs.rax.to_le_bytes(), bytes[Regs::RAX as usize..][..8]);
        let bytes: [u8; I386Regs::SIZE] = std::array::from_fn(|i| i as u8);
        let regs = I386Regs::from_bytes(&bytes);
        assert_eq!(regs.to_bytes(), bytes);
        let at = std::mem::offset_of!(I386Regs, eip);
        assert_eq!(regs.eip.to_le_bytes(), bytes[at..at + 4]);
    }
}
