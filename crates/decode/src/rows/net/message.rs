//! `struct msghdr`: an address, buffers and control messages in one; alone and as a vector of several.

use super::control::messages;
use super::sockaddr::sockaddr;
use super::socket_names::*;
use crate::context::Cx;
use crate::layout::{Store, Struct};
use crate::record::Outcome;
use crate::text::Style;
use crate::value::Value;
use std::borrow::Cow;

/// Headers whose offered length of the name is kept: `UIO_MAXIOV`, more the kernel does not look at.
const MOST: u64 = 1024;

/// The message `sendmsg` is given.
pub(super) fn msg_out(cx: &mut Cx<'_>, raw: u64) -> Value {
    match Header::load(cx, raw) {
        Some(header) => header.show(cx, u64::MAX, None),
        None => Value::Addr(raw),
    }
}

/// The message `recvmsg` fills in; the length of the name that the tracee offered is kept.
pub(super) fn msg_in(cx: &mut Cx<'_>, raw: u64) -> Value {
    if cx.entering() {
        let name_len = name_len(cx, raw);
        cx.saved[1] = name_len.unwrap_or(u64::MAX);
        return if raw == 0 || name_len.is_none() { Value::Addr(raw) } else { Value::Later };
    }
    if cx.failed() {
        return match name_len(cx, raw) {
            Some(len) => Value::record(vec![("msg_namelen", length(len))]),
            None => Value::Addr(raw),
        };
    }
    match Header::load(cx, raw) {
        Some(header) => {
            let (data, offered) = (cx.result(), cx.saved[1]);
            header.show(cx, data, Some(offered))
        }
        None => Value::Addr(raw),
    }
}

/// The messages `sendmmsg` is given, each that was sent with its length.
pub(super) fn vector_out(cx: &mut Cx<'_>, raw: u64) -> Value {
    if cx.entering() {
        return Value::Later;
    }
    let (count, mut sent) = (cx.args[2] & 0xffff_ffff, cx.result());
    let (size, at) = vector_layout(cx);
    let shown = cx.elements(raw, size, count.min(MOST), |cx, addr| {
        let header = Header::load(cx, addr)?.show(cx, u64::MAX, None);
        let mut fields = vec![("msg_hdr", header)];
        if sent > 0 {
            sent -= 1;
            fields.push(("msg_len", Value::Uint(cx.load(addr.wrapping_add(at), Store::U32)?)));
        }
        Some(Value::record(fields))
    });
    match shown {
        Value::Array { items, more } => {
            let cut = count > MOST && items.len() as u64 == MOST;
            Value::Array { more: more || cut, items }
        }
        other => other,
    }
}

/// The messages `recvmmsg` fills in: those that were received.
pub(super) fn vector_in(cx: &mut Cx<'_>, raw: u64) -> Value {
    let (size, at) = vector_layout(cx);
    if cx.entering() {
        for i in 0..(cx.args[2] & 0xffff_ffff).min(MOST) {
            let Some(len) = name_len(cx, raw.wrapping_add(i * size)) else { break };
            cx.kept.push(len);
        }
        return Value::Later;
    }
    if cx.failed() {
        return Value::Addr(raw);
    }
    let count = cx.result();
    let mut index = 0;
    cx.elements(raw, size, count, |cx, addr| {
        let data = cx.load(addr.wrapping_add(at), Store::U32)?;
        let offered = cx.kept.get(index).copied();
        index += 1;
        let header = Header::load(cx, addr)?.show(cx, data, offered);
        Some(Value::record(vec![("msg_hdr", header), ("msg_len", Value::Uint(data))]))
    })
}

/// What is left of `recvmmsg`'s timeout: the kernel writes it back.
pub(super) fn vector_left(cx: &mut Cx<'_>, layout: &'static Struct) -> Option<Value> {
    match cx.outcome {
        Some(Outcome::Returned(0)) => Some(Value::Word(0, Cow::Borrowed("Timeout"))),
        Some(Outcome::Returned(_)) if cx.args[4] != 0 && cx.env.options.dereference => {
            let mut text = b"left ".to_vec();
            Style::default().value(&mut text, &cx.structure(cx.args[4], layout));
            Some(Value::Word(0, Cow::Owned(String::from_utf8_lossy(&text).into_owned())))
        }
        _ => None,
    }
}

/// The size of a `struct mmsghdr` and where its `msg_len` is.
fn vector_layout(cx: &Cx<'_>) -> (u64, u64) {
    let word = cx.abi.word_size() as u64;
    (8 * word, 7 * word)
}

fn name_len(cx: &Cx<'_>, raw: u64) -> Option<u64> {
    cx.load(raw.wrapping_add(cx.abi.word_size() as u64), Store::U32)
}

fn length(raw: u64) -> Value {
    Value::Int(i64::from(raw as u32 as i32))
}

/// A `struct msghdr` as it is stored; address and length of each part.
struct Header {
    name: (u64, u64),
    vector: (u64, u64),
    control: (u64, u64),
    flags: u64,
}

impl Header {
    fn load(cx: &Cx<'_>, raw: u64) -> Option<Self> {
        if raw == 0 || !cx.env.options.dereference {
            return None;
        }
        let word = cx.abi.word_size() as u64;
        let at = |i: u64| raw.wrapping_add(i * word);
        Some(Self {
            name: (cx.load(raw, Store::Word)?, cx.load(at(1), Store::U32)?),
            vector: (cx.load(at(2), Store::Word)?, cx.load(at(3), Store::Word)?),
            control: (cx.load(at(4), Store::Word)?, cx.load(at(5), Store::Word)?),
            flags: cx.load(at(6), Store::U32)?,
        })
    }

    /// The message with at most `data` bytes in its buffers; `offered` is the length of the name before
    /// the kernel filled it in.
    fn show(&self, cx: &mut Cx<'_>, data: u64, offered: Option<u64>) -> Value {
        let name_len = match offered {
            Some(before) if before != self.name.1 => {
                Value::Changed(Box::new(length(before)), Box::new(length(self.name.1)))
            }
            _ => length(self.name.1),
        };
        let address = sockaddr(cx, self.name.0, self.name.1.min(offered.unwrap_or(u64::MAX)));
        let mut fields = vec![
            ("msg_name", address),
            ("msg_namelen", name_len),
            ("msg_iov", cx.iovec(self.vector.0, self.vector.1, data)),
            ("msg_iovlen", Value::Uint(self.vector.1)),
        ];
        if self.control.1 != 0 {
            fields.push(("msg_control", messages(cx, self.control.0, self.control.1)));
        }
        fields.push(("msg_controllen", Value::Uint(self.control.1)));
        fields.push(("msg_flags", Value::Flags(self.flags, &MSG)));
        Value::record(fields)
    }
}
