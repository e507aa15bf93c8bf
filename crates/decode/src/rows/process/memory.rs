//! Address spaces: mapping, protection, advice, and other tasks' memory.

use super::memory_names::{MADVISE, MAP_FLAGS, MAP_TYPE, MCL, MLOCK, MREMAP, MS, PKEY, PROT, SHADOW_STACK};
use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::Store;
use crate::row::{Class, Ret, Row, arg, both, classes, late, only32, only64, out};
use crate::value::Value;
use std::borrow::Cow;

const MAPPING: Class = classes(&[Class::DESC, Class::MEMORY]);
const ADDR: crate::row::Arg = arg("addr", Kind::Addr);
const LENGTH: crate::row::Arg = arg("length", Kind::Ulong);
const MAP_HUGE_SHIFT: u32 = 26;

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new("brk", both(12, 45), Class::MEMORY, &[ADDR]).ret(Ret::Hex),
    Row::new(
        "mmap",
        only64(9),
        MAPPING,
        &[
            ADDR,
            LENGTH,
            arg("prot", Kind::Flags64(&PROT)),
            arg("flags", Kind::With(map_flags)),
            arg("fd", Kind::Fd),
            arg("offset", Kind::Hex),
        ],
    )
    .ret(Ret::Hex),
    // The first i386 form passes the address of `struct mmap_arg_struct`: six words, which are shown
    // as if they were the arguments.
    Row::new(
        "mmap",
        only32(90),
        MAPPING,
        &[
            arg("addr", Kind::With(|cx, _| packed(cx, 0, &Kind::Addr))),
            arg("length", Kind::With(|cx, _| packed(cx, 1, &Kind::Ulong))),
            arg("prot", Kind::With(|cx, _| packed(cx, 2, &Kind::Flags64(&PROT)))),
            arg("flags", Kind::With(|cx, _| packed(cx, 3, &Kind::With(map_flags)))),
            arg("fd", Kind::With(|cx, _| packed(cx, 4, &Kind::Fd))),
            arg("offset", Kind::With(|cx, _| packed(cx, 5, &Kind::Hex))),
        ],
    )
    .ret(Ret::Hex),
    Row::new(
        "mmap2",
        only32(192),
        MAPPING,
        &[
            ADDR,
            LENGTH,
            arg("prot", Kind::Flags64(&PROT)),
            arg("flags", Kind::With(map_flags)),
            arg("fd", Kind::Fd),
            arg("pgoffset", Kind::With(|_, raw| Value::Hex((raw & 0xffff_ffff) << 12))),
        ],
    )
    .ret(Ret::Hex),
    Row::new("munmap", both(11, 91), Class::MEMORY, &[ADDR, LENGTH]),
    Row::new("mprotect", both(10, 125), Class::MEMORY, &[ADDR, LENGTH, arg("prot", Kind::Flags64(&PROT))]),
    Row::new(
        "pkey_mprotect",
        both(329, 380),
        Class::MEMORY,
        &[ADDR, LENGTH, arg("prot", Kind::Flags64(&PROT)), arg("pkey", Kind::Int)],
    ),
    Row::new(
        "pkey_alloc",
        both(330, 381),
        Class::empty(),
        &[arg("flags", Kind::Hex), arg("access_rights", Kind::Flags64(&PKEY))],
    ),
    Row::new("pkey_free", both(331, 382), Class::empty(), &[arg("pkey", Kind::Int)]),
    Row::new(
        "mremap",
        both(25, 163),
        Class::MEMORY,
        &[
            arg("old_address", Kind::Addr),
            arg("old_size", Kind::Ulong),
            arg("new_size", Kind::Ulong),
            arg("flags", Kind::Flags64(&MREMAP)),
            // Only MREMAP_FIXED states the new address, and it is nothing without MREMAP_MAYMOVE.
            arg(
                "new_address",
                Kind::With(|cx, addr| if cx.args[3] & 3 == 3 { Value::Addr(addr) } else { Value::Absent }),
            ),
        ],
    )
    .ret(Ret::Hex),
    Row::new("madvise", both(28, 219), Class::MEMORY, &[ADDR, LENGTH, arg("advice", Kind::Const(&MADVISE))]),
    Row::new("mlock", both(149, 150), Class::MEMORY, &[ADDR, LENGTH]),
    Row::new("mlock2", both(325, 376), Class::MEMORY, &[ADDR, LENGTH, arg("flags", Kind::Flags(&MLOCK))]),
    Row::new("munlock", both(150, 151), Class::MEMORY, &[ADDR, LENGTH]),
    Row::new("mlockall", both(151, 152), Class::MEMORY, &[arg("flags", Kind::Flags(&MCL))]),
    Row::new("munlockall", both(152, 153), Class::MEMORY, &[]),
    Row::new("mincore", both(27, 218), Class::MEMORY, &[ADDR, LENGTH, out("vec", Kind::With(residency))]),
    Row::new("msync", both(26, 144), Class::MEMORY, &[ADDR, LENGTH, arg("flags", Kind::Flags(&MS))]),
    Row::new(
        "remap_file_pages",
        both(216, 257),
        Class::MEMORY,
        &[
            ADDR,
            arg("size", Kind::Ulong),
            arg("prot", Kind::Flags64(&PROT)),
            arg("pgoff", Kind::Ulong),
            arg("flags", Kind::With(map_flags)),
        ],
    ),
    Row::new(
        "map_shadow_stack",
        both(453, 453),
        Class::MEMORY,
        &[ADDR, arg("size", Kind::Ulong), arg("flags", Kind::Flags(&SHADOW_STACK))],
    )
    .ret(Ret::Hex),
    Row::new("mseal", both(462, 462), Class::MEMORY, &[ADDR, LENGTH, arg("flags", Kind::Hex)]),
    Row::new(
        "process_madvise",
        both(440, 440),
        Class::DESC,
        &[
            arg("pidfd", Kind::Fd),
            arg("iovec", Kind::With(|cx, addr| ranges(cx, addr, cx.args[2]))),
            arg("vlen", Kind::Ulong),
            arg("advice", Kind::Const(&MADVISE)),
            arg("flags", Kind::Hex32),
        ],
    ),
    Row::new(
        "process_mrelease",
        both(448, 448),
        Class::DESC,
        &[arg("pidfd", Kind::Fd), arg("flags", Kind::Hex32)],
    ),
    Row::new(
        "process_vm_readv",
        both(310, 347),
        Class::empty(),
        &[
            arg("pid", Kind::Pid),
            late("local_iov", Kind::With(filled)),
            arg("liovcnt", Kind::Ulong),
            arg("remote_iov", Kind::With(|cx, addr| ranges(cx, addr, cx.args[4]))),
            arg("riovcnt", Kind::Ulong),
            arg("flags", Kind::Ulong),
        ],
    ),
    Row::new(
        "process_vm_writev",
        both(311, 348),
        Class::empty(),
        &[
            arg("pid", Kind::Pid),
            arg("local_iov", Kind::Iovec(Len::Arg(2), Len::Unbounded)),
            arg("liovcnt", Kind::Ulong),
            arg("remote_iov", Kind::With(|cx, addr| ranges(cx, addr, cx.args[4]))),
            arg("riovcnt", Kind::Ulong),
            arg("flags", Kind::Ulong),
        ],
    ),
];

/// The kind of mapping, its flags, and the size of huge pages in the high bits.
pub(super) fn map_flags(_: &mut Cx<'_>, raw: u64) -> Value {
    let word = raw & 0xffff_ffff;
    let mut parts = vec![Value::Const(word & 0xf, &MAP_TYPE)];
    let huge = word >> MAP_HUGE_SHIFT;
    let flags = word & ((1 << MAP_HUGE_SHIFT) - 1) & !0xf;
    let named: u64 = MAP_FLAGS.entries.iter().fold(0, |all, (bit, _)| all | bit);
    if flags & named != 0 {
        parts.push(Value::Flags(flags, &MAP_FLAGS));
    } else if flags != 0 {
        parts.push(Value::Hex(flags));
    }
    if huge != 0 {
        parts.push(Value::Word(huge << MAP_HUGE_SHIFT, Cow::Owned(format!("{huge}<<MAP_HUGE_SHIFT"))));
    }
    Value::Or(raw, parts)
}

/// Word `i` of the packed arguments. If they cannot be read, their address is the only argument.
fn packed(cx: &mut Cx<'_>, i: u64, kind: &Kind) -> Value {
    const WORDS: u64 = 6;
    let addr = cx.args[0];
    let last = cx.fetch(addr.wrapping_add((WORDS - 1) * 4), Store::U32);
    match (cx.fetch(addr.wrapping_add(i * 4), Store::U32), last) {
        (Some(word), Some(_)) => cx.decode(kind, word),
        _ if i == 0 => Value::Addr(addr),
        _ => Value::Absent,
    }
}

/// One byte for each page; only bit 0 means something.
fn residency(cx: &mut Cx<'_>, addr: u64) -> Value {
    let pages = cx.args[1].div_ceil(4096);
    cx.elements(addr, 1, pages, |cx, at| Some(Value::Uint(cx.load(at, Store::U8)? & 1)))
}

/// `count` entries of `struct iovec` whose data is not shown: another process's memory, or yet to be read.
pub(in crate::rows) fn ranges(cx: &mut Cx<'_>, addr: u64, count: u64) -> Value {
    let word = cx.abi.word_size() as u64;
    cx.elements(addr, 2 * word, count, |cx, at| {
        let base = cx.load(at, Store::Word)?;
        let len = cx.load(at.wrapping_add(word), Store::Word)?;
        Some(Value::record(vec![("iov_base", Value::Addr(base)), ("iov_len", Value::Uint(len))]))
    })
}

fn filled(cx: &mut Cx<'_>, addr: u64) -> Value {
    if cx.failed() {
        return ranges(cx, addr, cx.args[2]);
    }
    cx.iovec(addr, cx.args[2], cx.result())
}

#[cfg(test)]
mod tests {
    use crate::rows::process::testing::line;
    use crate::{ByteMemory, Outcome};
    use lariat_abi::Abi;

    #[test]
    fn mapping_flags_have_three_parts() {
        let memory = ByteMemory::new();
        let args = [0, 4096, 0, 0x800_0032, 0xffff_ffff, 4096];
        assert_eq!(
            line(Abi::X86_64, 9, args, &memory, Outcome::Returned(0x1000)),
            "mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS|2<<MAP_HUGE_SHIFT, -1, \
             0x1000) = 0x1000"
        );
    }

    #[test]
    fn the_i386_forms_differ_in_where_the_words_are() {
        let words: Vec<u8> = [0u32, 4096, 1, 2, 3, 0x2000].iter().flat_map(|w| w.to_le_bytes()).collect();
        let memory = ByteMemory::new().with(0x5000, words);
        assert_eq!(
            line(Abi::I386, 90, [0x5000, 0, 0, 0, 0, 0], &memory, Outcome::Returned(0x1000)),
            "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0x2000) = 0x1000"
        );
        assert_eq!(
            line(Abi::I386, 192, [0, 4096, 1, 2, 3, 2], &memory, Outcome::Returned(0x1000)),
            "mmap2(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0x2000) = 0x1000"
        );
    }
}
