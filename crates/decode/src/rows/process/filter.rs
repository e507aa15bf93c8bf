//! Programs of the classic BPF machine, as `struct sock_fprog` gives them: filters of sockets and of system
//! calls; `<linux/filter.h>`, seccomp(2). They are followed only without abbreviation.

use crate::context::Cx;
use crate::layout::Store;
use crate::table::{Table, tables};
use crate::value::Value;
use std::borrow::Cow;

/// No longer program is taken: `BPF_MAXINSNS`.
const LONGEST: u64 = 4096;

tables! {
    CLASSES "BPF_???": 0 "BPF_LD", 1 "BPF_LDX", 2 "BPF_ST", 3 "BPF_STX", 4 "BPF_ALU", 5 "BPF_JMP", 6 "BPF_RET",
        7 "BPF_MISC";
    SIZES "BPF_???": 0 "BPF_W", 8 "BPF_H", 0x10 "BPF_B", 0x18 "BPF_DW";
    MODES "BPF_???": 0 "BPF_IMM", 0x20 "BPF_ABS", 0x40 "BPF_IND", 0x60 "BPF_MEM", 0x80 "BPF_LEN",
        0xa0 "BPF_MSH", 0xc0 "BPF_XADD";
    SOURCES "BPF_???": 0 "BPF_K", 8 "BPF_X";
    ALU "BPF_???": 0 "BPF_ADD", 0x10 "BPF_SUB", 0x20 "BPF_MUL", 0x30 "BPF_DIV", 0x40 "BPF_OR",
        0x50 "BPF_AND", 0x60 "BPF_LSH", 0x70 "BPF_RSH", 0x80 "BPF_NEG", 0x90 "BPF_MOD", 0xa0 "BPF_XOR",
        0xb0 "BPF_MOV", 0xc0 "BPF_ARSH", 0xd0 "BPF_END";
    JUMPS "BPF_???": 0 "BPF_JA", 0x10 "BPF_JEQ", 0x20 "BPF_JGT", 0x30 "BPF_JGE", 0x40 "BPF_JSET",
        0x50 "BPF_JNE", 0x60 "BPF_JSGT", 0x70 "BPF_JSGE", 0x80 "BPF_CALL", 0x90 "BPF_EXIT",
        0xa0 "BPF_JLT", 0xb0 "BPF_JLE", 0xc0 "BPF_JSLT", 0xd0 "BPF_JSLE";
    RESULTS "BPF_???": 0 "BPF_K", 8 "BPF_X", 0x10 "BPF_A";
    MISC "BPF_???": 0 "BPF_TAX", 0x80 "BPF_TXA";
    NO_NAMES "BPF_???": 0 "";
    ACTIONS "SECCOMP_RET_???": 0x8000_0000 "SECCOMP_RET_KILL_PROCESS", 0 "SECCOMP_RET_KILL_THREAD",
        0x3_0000 "SECCOMP_RET_TRAP", 0x5_0000 "SECCOMP_RET_ERRNO", 0x7fc0_0000 "SECCOMP_RET_USER_NOTIF",
        0x7ff0_0000 "SECCOMP_RET_TRACE", 0x7ffc_0000 "SECCOMP_RET_LOG", 0x7fff_0000 "SECCOMP_RET_ALLOW";
    AUXILIARY "SKF_AD_???": 0 "SKF_AD_PROTOCOL", 4 "SKF_AD_PKTTYPE", 8 "SKF_AD_IFINDEX", 12 "SKF_AD_NLATTR",
        16 "SKF_AD_NLATTR_NEST", 20 "SKF_AD_MARK", 24 "SKF_AD_QUEUE", 28 "SKF_AD_HATYPE",
        32 "SKF_AD_RXHASH", 36 "SKF_AD_CPU", 40 "SKF_AD_ALU_XOR_X", 44 "SKF_AD_VLAN_TAG",
        48 "SKF_AD_VLAN_TAG_PRESENT", 52 "SKF_AD_PAY_OFFSET", 56 "SKF_AD_RANDOM", 60 "SKF_AD_VLAN_TPID";
}

/// What a program is for: the operands mean something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rows) enum Purpose {
    /// To filter what a socket receives.
    Socket,
    /// To filter system calls.
    Calls,
}

/// `struct sock_fprog` at `raw`: a length and a pointer.
pub(in crate::rows) fn program(cx: &mut Cx<'_>, raw: u64, purpose: Purpose) -> Value {
    let word = cx.abi.word_size() as u64;
    let loaded = (cx.load(raw, Store::U16), cx.load(raw.wrapping_add(word), Store::Word));
    let (Some(len), Some(filter)) = loaded else { return Value::Addr(raw) };
    if !cx.env.options.dereference {
        return Value::Addr(raw);
    }
    let shown = if cx.abbreviate() { Value::Addr(filter) } else { instructions(cx, filter, len, purpose) };
    Value::record(vec![("len", Value::Uint(len)), ("filter", shown)])
}

/// `len` instructions at `filter`.
pub(in crate::rows) fn instructions(cx: &mut Cx<'_>, filter: u64, len: u64, purpose: Purpose) -> Value {
    let shown = cx.elements(filter, 8, len.min(LONGEST), |cx, at| {
        let bytes: [u8; 8] = cx.read(at, 8)?.try_into().ok()?;
        let [code0, code1, when_true, when_false, k @ ..] = bytes;
        let code = u64::from(u16::from_le_bytes([code0, code1]));
        Some(instruction(code, when_true, when_false, u64::from(u32::from_le_bytes(k)), purpose))
    });
    match shown {
        Value::Array { items, more } => Value::Array { items, more: more || len > LONGEST },
        other => other,
    }
}

fn instruction(code: u64, when_true: u8, when_false: u8, k: u64, purpose: Purpose) -> Value {
    if when_true == 0 && when_false == 0 {
        return Value::Call("BPF_STMT", vec![opcode(code), operand(code, k, purpose)]);
    }
    let jumps = [when_true, when_false].map(|jump| Value::Hex(jump.into()));
    Value::Call("BPF_JUMP", [opcode(code), Value::Hex(k)].into_iter().chain(jumps).collect())
}

/// The code by its parts, each of a table of its own; what has no name is shown where there is any.
fn opcode(code: u64) -> Value {
    let part = |mask: u64, table: &'static Table| Value::Const(code & mask, table);
    let rest = |mask: u64| match code & mask {
        0 => Value::Absent,
        _ => part(mask, &NO_NAMES),
    };
    let class = part(7, &CLASSES);
    Value::Joined(match code & 7 {
        0 | 1 => vec![class, part(0x18, &SIZES), part(0xe0, &MODES)],
        2 | 3 => vec![class, rest(0xfff8)],
        4 => vec![class, part(8, &SOURCES), part(0xf0, &ALU)],
        5 => vec![class, part(8, &SOURCES), part(0xf0, &JUMPS)],
        6 => vec![class, part(0x18, &RESULTS), rest(0xffe0)],
        _ => vec![class, part(0xf8, &MISC), rest(0xff00)],
    })
}

fn operand(code: u64, k: u64, purpose: Purpose) -> Value {
    const NETWORK: u64 = 0xfff0_0000;
    const LINK: u64 = 0xffe0_0000;
    const ANCILLARY: u64 = 0xffff_f000;
    let offset = |base: &str, offset: String| Value::Word(k, Cow::Owned(format!("{base}+{offset}")));
    match (purpose, code & 7, code & 0xe0) {
        (Purpose::Calls, 6, _) => {
            let data = match k & 0xffff {
                0 => Value::Absent,
                data => Value::Hex(data),
            };
            Value::Joined(vec![Value::Const(k & 0xffff_0000, &ACTIONS), data])
        }
        (Purpose::Socket, 0, 0x20) if k >= ANCILLARY => {
            let part = k - ANCILLARY;
            let unknown = || format!("{part:#x} /* {} */", AUXILIARY.unknown);
            offset("SKF_AD_OFF", AUXILIARY.name(part).map_or_else(unknown, str::to_owned))
        }
        (Purpose::Socket, 0, 0x20) if k >= NETWORK => offset("SKF_NET_OFF", (k - NETWORK).to_string()),
        (Purpose::Socket, 0, 0x20) if k >= LINK => offset("SKF_LL_OFF", (k - LINK).to_string()),
        _ => Value::Hex(k),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Style;

    fn shown(code: u64, jumps: [u8; 2], k: u64, purpose: Purpose) -> String {
        let mut out = Vec::new();
        Style::default().value(&mut out, &instruction(code, jumps[0], jumps[1], k, purpose));
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn instructions_are_shown_as_the_macros_that_make_them() {
        let calls = |code, jumps, k| shown(code, jumps, k, Purpose::Calls);
        assert_eq!(calls(0x20, [0, 0], 4), "BPF_STMT(BPF_LD|BPF_W|BPF_ABS, 0x4)");
        assert_eq!(calls(0x15, [0, 2], 5), "BPF_JUMP(BPF_JMP|BPF_K|BPF_JEQ, 0x5, 0, 0x2)");
        assert_eq!(calls(6, [0, 0], 0x5_0001), "BPF_STMT(BPF_RET|BPF_K, SECCOMP_RET_ERRNO|0x1)");
        assert_eq!(shown(6, [0, 0], 0x5_0001, Purpose::Socket), "BPF_STMT(BPF_RET|BPF_K, 0x50001)");
        assert_eq!(
            shown(0x20, [0, 0], 0xffff_f024, Purpose::Socket),
            "BPF_STMT(BPF_LD|BPF_W|BPF_ABS, SKF_AD_OFF+SKF_AD_CPU)"
        );
        for code in 0..0x1_0000 {
            calls(code, [1, 1], code);
        }
    }
}
