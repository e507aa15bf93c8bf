//! Resource limits and usage, and what the system says about itself.

use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Show, Store, Struct, field, field_if, verbose};
use crate::row::{Class, Row, arg, both, late, only32, out};
use crate::rows::common::TIMEVAL;
use crate::table::Table;
use crate::value::Value;
use std::borrow::Cow;

/// `<asm-generic/resource.h>`.
static RESOURCES: Table = Table::new(
    "RLIMIT_???",
    &[
        (0, "RLIMIT_CPU"),
        (1, "RLIMIT_FSIZE"),
        (2, "RLIMIT_DATA"),
        (3, "RLIMIT_STACK"),
        (4, "RLIMIT_CORE"),
        (5, "RLIMIT_RSS"),
        (6, "RLIMIT_NPROC"),
        (7, "RLIMIT_NOFILE"),
        (8, "RLIMIT_MEMLOCK"),
        (9, "RLIMIT_AS"),
        (10, "RLIMIT_LOCKS"),
        (11, "RLIMIT_SIGPENDING"),
        (12, "RLIMIT_MSGQUEUE"),
        (13, "RLIMIT_NICE"),
        (14, "RLIMIT_RTPRIO"),
        (15, "RLIMIT_RTTIME"),
    ],
);

static RUSAGE_WHO: Table = Table::new(
    "RUSAGE_???",
    &[
        (0, "RUSAGE_SELF"),
        (0xffff_ffff, "RUSAGE_CHILDREN"),
        (0xffff_fffe, "RUSAGE_BOTH"),
        (1, "RUSAGE_THREAD"),
    ],
);

static RANDOM_FLAGS: Table =
    Table::new("GRND_???", &[(1, "GRND_NONBLOCK"), (2, "GRND_RANDOM"), (4, "GRND_INSECURE")]);

static RLIMIT64: Struct = Struct::new(&[
    field("rlim_cur", Store::U64, Kind::With(limit64)),
    field("rlim_max", Store::U64, Kind::With(limit64)),
]);
static RLIMIT: Struct = Struct::new(&[
    field("rlim_cur", Store::Word, Kind::With(limit)),
    field("rlim_max", Store::Word, Kind::With(limit)),
]);

/// `struct rusage`, `<linux/resource.h>`.
pub(super) static RUSAGE: Struct = Struct::new(&[
    field("ru_utime", Store::Inline(&TIMEVAL), Kind::Int),
    field("ru_stime", Store::Inline(&TIMEVAL), Kind::Int),
    verbose("ru_maxrss", Store::Word, Kind::Ulong),
    verbose("ru_ixrss", Store::Word, Kind::Ulong),
    verbose("ru_idrss", Store::Word, Kind::Ulong),
    verbose("ru_isrss", Store::Word, Kind::Ulong),
    verbose("ru_minflt", Store::Word, Kind::Ulong),
    verbose("ru_majflt", Store::Word, Kind::Ulong),
    verbose("ru_nswap", Store::Word, Kind::Ulong),
    verbose("ru_inblock", Store::Word, Kind::Ulong),
    verbose("ru_oublock", Store::Word, Kind::Ulong),
    verbose("ru_msgsnd", Store::Word, Kind::Ulong),
    verbose("ru_msgrcv", Store::Word, Kind::Ulong),
    verbose("ru_nsignals", Store::Word, Kind::Ulong),
    verbose("ru_nvcsw", Store::Word, Kind::Ulong),
    verbose("ru_nivcsw", Store::Word, Kind::Ulong),
]);

/// `struct sysinfo`, `<linux/sysinfo.h>`.
static SYSINFO: Struct = Struct::new(&[
    field("uptime", Store::Word, Kind::Ulong),
    field("loads", Store::Many(&Store::Word, 3), Kind::Ulong),
    field("totalram", Store::Word, Kind::Ulong),
    field("freeram", Store::Word, Kind::Ulong),
    field("sharedram", Store::Word, Kind::Ulong),
    field("bufferram", Store::Word, Kind::Ulong),
    field("totalswap", Store::Word, Kind::Ulong),
    field("freeswap", Store::Word, Kind::Ulong),
    field("procs", Store::U16, Kind::Uint),
    field_if(Show::Never, "pad", Store::U16, Kind::Uint),
    field("totalhigh", Store::Word, Kind::Ulong),
    field("freehigh", Store::Word, Kind::Ulong),
    field("mem_unit", Store::U32, Kind::Uint),
]);

/// `struct new_utsname`, `<linux/utsname.h>`.
static UTSNAME: Struct = Struct::new(&[
    field("sysname", Store::Text(65), Kind::Int),
    field("nodename", Store::Text(65), Kind::Int),
    verbose("release", Store::Text(65), Kind::Int),
    verbose("version", Store::Text(65), Kind::Int),
    verbose("machine", Store::Text(65), Kind::Int),
    verbose("domainname", Store::Text(65), Kind::Int),
]);

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new(
        "getrlimit",
        both(97, 76),
        Class::empty(),
        &[arg("resource", Kind::Const(&RESOURCES)), out("rlim", Kind::Ref(&RLIMIT))],
    ),
    Row::new(
        "ugetrlimit",
        only32(191),
        Class::empty(),
        &[arg("resource", Kind::Const(&RESOURCES)), out("rlim", Kind::Ref(&RLIMIT))],
    ),
    Row::new(
        "setrlimit",
        both(160, 75),
        Class::empty(),
        &[arg("resource", Kind::Const(&RESOURCES)), arg("rlim", Kind::Ref(&RLIMIT))],
    ),
    Row::new(
        "prlimit64",
        both(302, 340),
        Class::empty(),
        &[
            arg("pid", Kind::Pid),
            arg("resource", Kind::Const(&RESOURCES)),
            arg("new_limit", Kind::Ref(&RLIMIT64)),
            out("old_limit", Kind::Ref(&RLIMIT64)),
        ],
    ),
    Row::new(
        "getrusage",
        both(98, 77),
        Class::empty(),
        &[arg("who", Kind::Const(&RUSAGE_WHO)), out("usage", Kind::Ref(&RUSAGE))],
    ),
    Row::new("sysinfo", both(99, 116), Class::empty(), &[out("info", Kind::Ref(&SYSINFO))]),
    Row::new("uname", both(63, 122), Class::empty(), &[out("buf", Kind::Ref(&UTSNAME))]),
    Row::new("olduname", only32(109), Class::empty(), &[arg("buf", Kind::Hex)]),
    Row::new("oldolduname", only32(59), Class::empty(), &[arg("buf", Kind::Hex)]),
    Row::new(
        "getcpu",
        both(309, 318),
        Class::empty(),
        &[
            out("cpu", Kind::Cell(Store::U32, &Kind::Uint)),
            out("node", Kind::Cell(Store::U32, &Kind::Uint)),
            arg("tcache", Kind::Addr),
        ],
    ),
    Row::new(
        "getrandom",
        both(318, 355),
        Class::empty(),
        &[
            late("buf", Kind::With(random)),
            arg("buflen", Kind::Ulong),
            arg("flags", Kind::Flags(&RANDOM_FLAGS)),
        ],
    ),
];

/// A limit of the old calls, whose infinity is all ones in a word.
fn limit(cx: &mut Cx<'_>, raw: u64) -> Value {
    match (cx.abi.word_size(), raw) {
        (4, 0xffff_ffff) => named(raw, Cow::Borrowed("RLIM_INFINITY")),
        _ => limit64(cx, raw),
    }
}

/// Limits above a kilobyte that are whole kilobytes are shown as such.
fn limit64(_: &mut Cx<'_>, raw: u64) -> Value {
    match raw {
        u64::MAX => named(raw, Cow::Borrowed("RLIM64_INFINITY")),
        1025.. if raw.is_multiple_of(1024) => named(raw, Cow::Owned(format!("{}*1024", raw / 1024))),
        _ => Value::Uint(raw),
    }
}

fn named(raw: u64, meaning: Cow<'static, str>) -> Value {
    Value::meaning(Value::Uint(raw), Value::Word(raw, meaning))
}

/// Random bytes are no text even where they look like it.
fn random(cx: &mut Cx<'_>, addr: u64) -> Value {
    let len = cx.result().min((cx.env.options.string_limit as u64).saturating_add(1));
    match cx.read(addr, len as usize) {
        Some(bytes) if !cx.failed() && addr != 0 => {
            Value::Word(0, Cow::Owned(crate::rows::common::hexadecimal(cx, &bytes)))
        }
        _ => Value::Addr(addr),
    }
}

#[cfg(test)]
mod tests {
    use crate::rows::process::testing::line;
    use crate::{ByteMemory, Outcome};
    use lariat_abi::{Abi, Errno};

    #[test]
    fn limits_are_whole_kilobytes_where_they_can_be() {
        let words: Vec<u8> =
            [8192 * 1024u64, u64::MAX, 1024, 1025].iter().flat_map(|w| w.to_le_bytes()).collect();
        let memory = ByteMemory::new().with(0x1000, words);
        let args = [0, 3, 0x1000, 0x1010, 0, 0];
        assert_eq!(
            line(Abi::X86_64, 302, args, &memory, Outcome::Returned(0)),
            "prlimit64(0, RLIMIT_STACK, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}, \
             {rlim_cur=1024, rlim_max=1025}) = 0"
        );
        assert_eq!(
            line(Abi::I386, 191, [3, 0x1004, 0, 0, 0, 0], &memory, Outcome::Returned(0)),
            "ugetrlimit(RLIMIT_STACK, {rlim_cur=0, rlim_max=RLIM_INFINITY}) = 0"
        );
    }

    #[test]
    fn random_bytes_are_never_text() {
        let memory = ByteMemory::new().with(0x1000, *b"ab");
        let args = [0x1000, 2, 1, 0, 0, 0];
        assert_eq!(
            line(Abi::X86_64, 318, args, &memory, Outcome::Returned(2)),
            "getrandom(\"\\x61\\x62\", 2, GRND_NONBLOCK) = 2"
        );
        assert_eq!(
            line(Abi::X86_64, 318, args, &memory, Outcome::Failed(Errno::from_raw(14))),
            "getrandom(0x1000, 2, GRND_NONBLOCK) = -1 EFAULT (Bad address)"
        );
    }
}
