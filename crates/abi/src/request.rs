//! The requests of ptrace(2) by number: `<linux/ptrace.h>`, `<asm/ptrace-abi.h>`.

macro_rules! requests {
    ($($name:ident = $value:literal, $symbol:literal;)*) => {
        /// A ptrace request.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Request {
            $(#[doc = concat!("`", $symbol, "`.")] $name,)*
            /// A request this build does not know; the kernel answers `EIO` if it does not either.
            Unknown(u32),
        }

        impl Request {
            /// The request with this number.
            #[must_use]
            pub const fn from_raw(raw: u32) -> Self {
                match raw { $($value => Self::$name,)* other => Self::Unknown(other) }
            }

            /// Its number.
            #[must_use]
            pub const fn as_raw(self) -> u32 {
                match self { $(Self::$name => $value,)* Self::Unknown(raw) => raw }
            }

            /// Its name in the header; `PTRACE_???` for an unknown one.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $symbol,)* Self::Unknown(_) => "PTRACE_???" }
            }
        }
    };
}

requests! {
    TraceMe = 0, "PTRACE_TRACEME";
    PeekText = 1, "PTRACE_PEEKTEXT";
    PeekData = 2, "PTRACE_PEEKDATA";
    PeekUser = 3, "PTRACE_PEEKUSER";
    PokeText = 4, "PTRACE_POKETEXT";
    PokeData = 5, "PTRACE_POKEDATA";
    PokeUser = 6, "PTRACE_POKEUSER";
    Cont = 7, "PTRACE_CONT";
    Kill = 8, "PTRACE_KILL";
    SingleStep = 9, "PTRACE_SINGLESTEP";
    GetRegs = 12, "PTRACE_GETREGS";
    SetRegs = 13, "PTRACE_SETREGS";
    GetFpRegs = 14, "PTRACE_GETFPREGS";
    SetFpRegs = 15, "PTRACE_SETFPREGS";
    Attach = 16, "PTRACE_ATTACH";
    Detach = 17, "PTRACE_DETACH";
    GetFpxRegs = 18, "PTRACE_GETFPXREGS";
    SetFpxRegs = 19, "PTRACE_SETFPXREGS";
    OldSetOptions = 21, "PTRACE_OLDSETOPTIONS";
    Syscall = 24, "PTRACE_SYSCALL";
    GetThreadArea = 25, "PTRACE_GET_THREAD_AREA";
    SetThreadArea = 26, "PTRACE_SET_THREAD_AREA";
    ArchPrctl = 30, "PTRACE_ARCH_PRCTL";
    SysEmu = 31, "PTRACE_SYSEMU";
    SysEmuSingleStep = 32, "PTRACE_SYSEMU_SINGLESTEP";
    SingleBlock = 33, "PTRACE_SINGLEBLOCK";
    SetOptions = 0x4200, "PTRACE_SETOPTIONS";
    GetEventMsg = 0x4201, "PTRACE_GETEVENTMSG";
    GetSigInfo = 0x4202, "PTRACE_GETSIGINFO";
    SetSigInfo = 0x4203, "PTRACE_SETSIGINFO";
    GetRegSet = 0x4204, "PTRACE_GETREGSET";
    SetRegSet = 0x4205, "PTRACE_SETREGSET";
    Seize = 0x4206, "PTRACE_SEIZE";
    Interrupt = 0x4207, "PTRACE_INTERRUPT";
    Listen = 0x4208, "PTRACE_LISTEN";
    PeekSigInfo = 0x4209, "PTRACE_PEEKSIGINFO";
    GetSigMask = 0x420a, "PTRACE_GETSIGMASK";
    SetSigMask = 0x420b, "PTRACE_SETSIGMASK";
    SeccompGetFilter = 0x420c, "PTRACE_SECCOMP_GET_FILTER";
    SeccompGetMetadata = 0x420d, "PTRACE_SECCOMP_GET_METADATA";
    GetSyscallInfo = 0x420e, "PTRACE_GET_SYSCALL_INFO";
    GetRseqConfiguration = 0x420f, "PTRACE_GET_RSEQ_CONFIGURATION";
    SetSyscallUserDispatchConfig = 0x4210, "PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG";
    GetSyscallUserDispatchConfig = 0x4211, "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG";
    SetSyscallInfo = 0x4212, "PTRACE_SET_SYSCALL_INFO";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_back_and_names_are_unique() {
        let mut names = std::collections::HashSet::new();
        for raw in (0..=0x50).chain(0x4200..=0x4220).chain([u32::MAX]) {
            let request = Request::from_raw(raw);
            assert_eq!(request.as_raw(), raw);
            assert!(matches!(request, Request::Unknown(_)) || names.insert(request.name()), "{raw:#x}");
        }
    }
}
