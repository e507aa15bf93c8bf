//! Calls the kernel has numbers but no code for: so many words in hexadecimal.

use crate::kind::Kind;
use crate::row::{Arg, Class, Row, arg, both, only32, only64};

const WORDS: [Arg; 5] = [
    arg("arg1", Kind::Hex),
    arg("arg2", Kind::Hex),
    arg("arg3", Kind::Hex),
    arg("arg4", Kind::Hex),
    arg("arg5", Kind::Hex),
];
static FIVE: [Arg; 5] = WORDS;
static FOUR: [Arg; 4] =
    [arg("arg1", Kind::Hex), arg("arg2", Kind::Hex), arg("arg3", Kind::Hex), arg("arg4", Kind::Hex)];
static THREE: [Arg; 3] = [arg("arg1", Kind::Hex), arg("arg2", Kind::Hex), arg("arg3", Kind::Hex)];
static TWO: [Arg; 2] = [arg("arg1", Kind::Hex), arg("arg2", Kind::Hex)];
static ONE: [Arg; 1] = [arg("arg1", Kind::Hex)];

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new("create_module", both(174, 127), Class::empty(), &TWO),
    Row::new("get_kernel_syms", both(177, 130), Class::empty(), &ONE),
    Row::new("query_module", both(178, 167), Class::empty(), &FIVE),
    Row::new("nfsservctl", both(180, 169), Class::empty(), &THREE),
    Row::new("getpmsg", both(181, 188), Class::NETWORK, &FIVE),
    Row::new("putpmsg", both(182, 189), Class::NETWORK, &FIVE),
    Row::new("afs_syscall", both(183, 137), Class::empty(), &FIVE),
    Row::new("tuxcall", only64(184), Class::empty(), &THREE),
    Row::new("security", only64(185), Class::empty(), &THREE),
    Row::new("vserver", both(236, 273), Class::empty(), &FIVE),
    Row::new("break", only32(17), Class::MEMORY, &[]),
    Row::new("stty", only32(31), Class::empty(), &TWO),
    Row::new("gtty", only32(32), Class::empty(), &TWO),
    Row::new("ftime", only32(35), Class::empty(), &[]),
    Row::new("prof", only32(44), Class::empty(), &[]),
    Row::new("lock", only32(53), Class::empty(), &[]),
    Row::new("mpx", only32(56), Class::empty(), &[]),
    Row::new("ulimit", only32(58), Class::empty(), &TWO),
    Row::new("profil", only32(98), Class::empty(), &FOUR),
    Row::new("idle", only32(112), Class::empty(), &[]),
    Row::new("bdflush", only32(134), Class::empty(), &TWO),
];
