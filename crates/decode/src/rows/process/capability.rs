//! Capability sets of `capget` and `capset`, and the names of capabilities.

use crate::context::Cx;
use crate::layout::Store;
use crate::table::Table;
use crate::value::Value;
use std::borrow::Cow;

static VERSIONS: Table = Table::new(
    "_LINUX_CAPABILITY_VERSION_???",
    &[
        (0x1998_0330, "_LINUX_CAPABILITY_VERSION_1"),
        (0x2007_1026, "_LINUX_CAPABILITY_VERSION_2"),
        (0x2008_0522, "_LINUX_CAPABILITY_VERSION_3"),
    ],
);

/// `<linux/capability.h>`.
pub(super) static CAPABILITIES: Table = Table::new(
    "CAP_???",
    &[
        (0, "CAP_CHOWN"),
        (1, "CAP_DAC_OVERRIDE"),
        (2, "CAP_DAC_READ_SEARCH"),
        (3, "CAP_FOWNER"),
        (4, "CAP_FSETID"),
        (5, "CAP_KILL"),
        (6, "CAP_SETGID"),
        (7, "CAP_SETUID"),
        (8, "CAP_SETPCAP"),
        (9, "CAP_LINUX_IMMUTABLE"),
        (10, "CAP_NET_BIND_SERVICE"),
        (11, "CAP_NET_BROADCAST"),
        (12, "CAP_NET_ADMIN"),
        (13, "CAP_NET_RAW"),
        (14, "CAP_IPC_LOCK"),
        (15, "CAP_IPC_OWNER"),
        (16, "CAP_SYS_MODULE"),
        (17, "CAP_SYS_RAWIO"),
        (18, "CAP_SYS_CHROOT"),
        (19, "CAP_SYS_PTRACE"),
        (20, "CAP_SYS_PACCT"),
        (21, "CAP_SYS_ADMIN"),
        (22, "CAP_SYS_BOOT"),
        (23, "CAP_SYS_NICE"),
        (24, "CAP_SYS_RESOURCE"),
        (25, "CAP_SYS_TIME"),
        (26, "CAP_SYS_TTY_CONFIG"),
        (27, "CAP_MKNOD"),
        (28, "CAP_LEASE"),
        (29, "CAP_AUDIT_WRITE"),
        (30, "CAP_AUDIT_CONTROL"),
        (31, "CAP_SETFCAP"),
        (32, "CAP_MAC_OVERRIDE"),
        (33, "CAP_MAC_ADMIN"),
        (34, "CAP_SYSLOG"),
        (35, "CAP_WAKE_ALARM"),
        (36, "CAP_BLOCK_SUSPEND"),
        (37, "CAP_AUDIT_READ"),
        (38, "CAP_PERFMON"),
        (39, "CAP_BPF"),
        (40, "CAP_CHECKPOINT_RESTORE"),
    ],
);

/// Who is asked about, `struct __user_cap_header_struct`.
pub(super) fn header(cx: &mut Cx<'_>, addr: u64) -> Value {
    match (cx.env.options.dereference, cx.load(addr, Store::U32), cx.load(addr.wrapping_add(4), Store::I32)) {
        (true, Some(version), Some(pid)) => {
            Value::record(vec![("version", Value::Const(version, &VERSIONS)), ("pid", cx.pid(pid))])
        }
        _ => Value::Addr(addr),
    }
}

/// The sets: one structure of three words, or two of them, as the version in the header says.
pub(super) fn data(cx: &mut Cx<'_>, addr: u64) -> Value {
    let Some(version) = cx.load(cx.args[0], Store::U32) else { return Value::Addr(addr) };
    let wide = matches!(version, 0x2007_1026 | 0x2008_0522);
    let read = if addr == 0 || !cx.env.options.dereference {
        None
    } else {
        cx.read(addr, if wide { 24 } else { 12 })
    };
    let Some(bytes) = read else { return Value::Addr(addr) };
    let word = |i: usize| Store::U32.load(cx.abi, bytes.get(i * 4..).unwrap_or(&[])).unwrap_or(0);
    let set = |i: usize| capabilities(word(i) | word(i + 3) << 32);
    Value::record(vec![("effective", set(0)), ("permitted", set(1)), ("inheritable", set(2))])
}

/// A set of capabilities: `1<<CAP_CHOWN|1<<CAP_KILL`, the rest in hexadecimal.
fn capabilities(mask: u64) -> Value {
    let mut parts = Vec::new();
    let mut rest = mask;
    for &(bit, name) in CAPABILITIES.entries {
        if mask >> bit & 1 != 0 {
            parts.push(Value::Word(1 << bit, Cow::Owned(format!("1<<{name}"))));
            rest &= !(1 << bit);
        }
    }
    match (parts.is_empty(), rest) {
        (true, 0) => return Value::Hex(0),
        (true, _) => return Value::Note(Box::new(Value::Hex(rest)), Cow::Borrowed("CAP_???")),
        (false, 0) => {}
        (false, _) => parts.push(Value::Hex(rest)),
    }
    Value::Or(mask, parts)
}
