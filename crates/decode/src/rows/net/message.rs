//! `struct msghdr`: an address, buffers and control messages in one.

use super::sockaddr::sockaddr;
use super::socket_names::*;
use super::sockopt::UCRED;
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::Store;
use crate::rows::common::{TIMESPEC, TIMEVAL};
use crate::value::Value;

/// The message `sendmsg` is given.
pub(super) fn msg_out(cx: &mut Cx<'_>, raw: u64) -> Value {
    header(cx, raw, u64::MAX, None)
}

/// The message `recvmsg` fills in; the length of the name that the tracee offered is kept.
pub(super) fn msg_in(cx: &mut Cx<'_>, raw: u64) -> Value {
    let word = cx.abi.word_size() as u64;
    let name_len = cx.load(raw.wrapping_add(word), Store::U32);
    if cx.entering() {
        cx.saved[1] = name_len.unwrap_or(u64::MAX);
        return if raw == 0 || name_len.is_none() { Value::Addr(raw) } else { Value::Later };
    }
    match name_len {
        Some(len) if cx.failed() => Value::record(vec![("msg_namelen", Value::Int(i64::from(len as i32)))]),
        _ => header(cx, raw, cx.result(), Some(cx.saved[1])),
    }
}

fn header(cx: &mut Cx<'_>, raw: u64, data: u64, offered: Option<u64>) -> Value {
    if raw == 0 || !cx.env.options.dereference {
        return Value::Addr(raw);
    }
    let word = cx.abi.word_size() as u64;
    let at = |i: u64| raw.wrapping_add(i * word);
    let loaded = (|| {
        let name = (cx.load(raw, Store::Word)?, cx.load(at(1), Store::U32)?);
        let vector = (cx.load(at(2), Store::Word)?, cx.load(at(3), Store::Word)?);
        let control = (cx.load(at(4), Store::Word)?, cx.load(at(5), Store::Word)?);
        Some((name, vector, control, cx.load(at(6), Store::U32)?))
    })();
    let Some((name, vector, control, flags)) = loaded else { return Value::Addr(raw) };
    let length = |n: u64| Value::Int(i64::from(n as u32 as i32));
    let name_len = match offered {
        Some(before) if before != name.1 => {
            Value::Changed(Box::new(length(before)), Box::new(length(name.1)))
        }
        _ => length(name.1),
    };
    let address = sockaddr(cx, name.0, name.1.min(offered.unwrap_or(u64::MAX)));
    let mut fields = vec![
        ("msg_name", address),
        ("msg_namelen", name_len),
        ("msg_iov", cx.iovec(vector.0, vector.1, data)),
        ("msg_iovlen", Value::Uint(vector.1)),
    ];
    if control.1 != 0 {
        fields.push(("msg_control", messages(cx, control.0, control.1)));
    }
    fields.push(("msg_controllen", Value::Uint(control.1)));
    fields.push(("msg_flags", Value::Flags(flags, &MSG)));
    Value::record(fields)
}

/// The control messages in `len` bytes at `raw`; cmsg(3).
fn messages(cx: &mut Cx<'_>, raw: u64, len: u64) -> Value {
    let word = cx.abi.word_size();
    let head = word + 8;
    // The kernel takes no more than `optmem_max`, some 100 kB.
    let Some(bytes) = cx.read(raw, len.min(1 << 17) as usize).filter(|b| b.len() >= head) else {
        return Value::Addr(raw);
    };
    let mut rest = bytes.as_slice();
    let mut items = Vec::new();
    while let (Some(size), Some(level), Some(kind)) = (
        Store::Word.load(cx.abi, rest),
        rest.get(word..).and_then(|b| Store::U32.load(cx.abi, b)),
        rest.get(word + 4..).and_then(|b| Store::U32.load(cx.abi, b)),
    ) {
        let end = usize::try_from(size).unwrap_or(usize::MAX).min(rest.len());
        let data = rest.get(head..end).unwrap_or_default();
        items.push(message(cx, size, level, kind, data));
        let step = end.max(head).next_multiple_of(word);
        rest = rest.get(step..).unwrap_or_default();
    }
    Value::array(items)
}

fn message(cx: &mut Cx<'_>, size: u64, level: u64, kind: u64, data: &[u8]) -> Value {
    let unknown = SOL.name(level).is_none();
    let mut fields = vec![("cmsg_len", Value::Uint(size)), ("cmsg_level", Value::Const(level, &SOL))];
    fields.push((
        "cmsg_type",
        match level {
            0 => Value::Const(kind, &IP),
            1 => Value::Const(kind, &SCM),
            17 => Value::Const(kind, &UDP),
            _ => Value::Hex(kind),
        },
    ));
    if !data.is_empty() && !unknown {
        let value = match (level, kind) {
            (1, 1) => cx.stored(&Store::Many(&Store::I32, (data.len() / 4) as u32), &Kind::Fd, data),
            (1, 2) if data.len() >= 12 => cx.members(data, &UCRED),
            (1, 29) if data.len() >= TIMEVAL.size(cx.abi) => cx.members(data, &TIMEVAL),
            (1, 35) if data.len() >= TIMESPEC.size(cx.abi) => cx.members(data, &TIMESPEC),
            _ => Value::Absent,
        };
        fields.push(("cmsg_data", value));
    }
    Value::record(fields)
}
