//! Values as JSON: structures are objects, flags are objects with number and names, strings that are not UTF-8 are
//! objects with their bytes in hexadecimal.

use crate::digits;
use crate::value::Value;
use std::io::Write;

/// Appends one value.
pub fn value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Absent | Value::Later => out.extend_from_slice(b"null"),
        Value::Int(n) | Value::Signal(n) => put(out, format_args!("{n}")),
        Value::Uint(n) | Value::Hex(n) | Value::Mode(n) | Value::Addr(n) => put(out, format_args!("{n}")),
        // The one constant that is a negative number.
        Value::Const(n, table) if std::ptr::eq(*table, &raw const crate::context::AT_FDCWD) => {
            put(out, format_args!("{{\"number\":{},\"name\":\"AT_FDCWD\"}}", *n as u32 as i32));
        }
        Value::Const(n, table) => {
            put(out, format_args!("{{\"number\":{n},\"name\":"));
            match table.name(*n) {
                Some(name) => string(out, name.as_bytes()),
                None => out.extend_from_slice(b"null"),
            }
            out.push(b'}');
        }
        Value::Flags(n, table) => {
            put(out, format_args!("{{\"number\":{n},\"flags\":["));
            let mut first = true;
            let _ = table.split(*n, |name| {
                if !std::mem::take(&mut first) {
                    out.push(b',');
                }
                string(out, name.as_bytes());
            });
            out.extend_from_slice(b"]}");
        }
        Value::Or(n, parts) => {
            put(out, format_args!("{{\"number\":{n},\"parts\":"));
            list(out, parts);
            out.push(b'}');
        }
        Value::Meaning(_, meaning) => self::value(out, meaning),
        Value::Joined(parts) => list(out, parts),
        Value::Octets(bytes) => text(out, bytes, false),
        Value::Str { bytes, more } => text(out, bytes, *more),
        Value::Fd { fd, target: None } => put(out, format_args!("{fd}")),
        Value::Fd { fd, target: Some(target) } => {
            put(out, format_args!("{{\"fd\":{fd},\"target\":"));
            string(out, target.as_bytes());
            out.push(b'}');
        }
        Value::Pid { pid, comm: None, outer: None } => put(out, format_args!("{pid}")),
        Value::Pid { pid, comm, outer } => {
            put(out, format_args!("{{\"pid\":{pid}"));
            if let Some(comm) = comm {
                out.extend_from_slice(b",\"comm\":");
                string(out, comm.as_bytes());
            }
            if let Some(outer) = outer {
                put(out, format_args!(",\"outer\":{outer}"));
            }
            out.push(b'}');
        }
        Value::Signals32(mask) => self::value(out, &Value::Signals(u64::from(*mask))),
        Value::Signals(mask) => {
            let names =
                (1..=64).filter(|n| mask >> (n - 1) & 1 != 0).filter_map(lariat_abi::Signal::from_raw);
            out.push(b'[');
            for (i, signal) in names.enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                string(out, signal.name().as_bytes());
            }
            out.push(b']');
        }
        Value::Array { items, .. } | Value::Set(items) => list(out, items),
        Value::Not(items) => {
            out.extend_from_slice(b"{\"all_but\":");
            list(out, items);
            out.push(b'}');
        }
        Value::Struct { fields, .. } => object(out, fields),
        Value::Call(name, args) => {
            put(out, format_args!("{{\"call\":\"{name}\",\"args\":"));
            list(out, args);
            out.push(b'}');
        }
        Value::WaitStatus(status) => put(out, format_args!("{{\"wait_status\":{status}}}")),
        Value::Note(inner, _) | Value::Titled(_, inner) => self::value(out, inner),
        Value::Changed(before, after) => {
            out.extend_from_slice(b"{\"before\":");
            self::value(out, before);
            out.extend_from_slice(b",\"after\":");
            self::value(out, after);
            out.push(b'}');
        }
        Value::Word(_, word) => string(out, word.as_bytes()),
        #[allow(unreachable_patterns, reason = "what a later value may be is still shown")]
        other => string(out, format!("{other:?}").as_bytes()),
    }
}

fn object(out: &mut Vec<u8>, fields: &[(std::borrow::Cow<'static, str>, Value)]) {
    out.push(b'{');
    for (i, (name, member)) in fields.iter().filter(|(_, v)| !v.is_absent()).enumerate() {
        if i > 0 {
            out.push(b',');
        }
        // A member without a name is known by its place.
        if name.is_empty() {
            string(out, i.to_string().as_bytes())
        } else {
            string(out, name.as_bytes())
        }
        out.push(b':');
        value(out, member);
    }
    out.push(b'}');
}

fn list(out: &mut Vec<u8>, items: &[Value]) {
    out.push(b'[');
    for (i, item) in items.iter().filter(|v| !v.is_absent()).enumerate() {
        if i > 0 {
            out.push(b',');
        }
        value(out, item);
    }
    out.push(b']');
}

/// Appends a JSON string.
fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().for_each(|c| character(out, c)),
        Err(_) => bytes.iter().for_each(|&b| character(out, char::from(b))),
    }
    out.push(b'"');
}

fn character(out: &mut Vec<u8>, c: char) {
    match c {
        '"' | '\\' => out.extend_from_slice(&[b'\\', c as u8]),
        '\n' => out.extend_from_slice(b"\\n"),
        c if (c as u32) < 0x20 || ('\u{7f}'..'\u{100}').contains(&c) => {
            put(out, format_args!("\\u{:04x}", c as u32));
        }
        c if c.is_ascii() => out.push(c as u8),
        c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// Bytes that the tracee has: a string if they are one, else all of them in hexadecimal, so that none is lost.
fn text(out: &mut Vec<u8>, bytes: &[u8], truncated: bool) {
    let whole = std::str::from_utf8(bytes).is_ok();
    if whole && !truncated {
        return string(out, bytes);
    }
    if whole {
        out.extend_from_slice(b"{\"string\":");
        string(out, bytes);
    } else {
        out.extend_from_slice(b"{\"hex\":\"");
        bytes.iter().for_each(|&byte| digits::hex(out, byte));
        out.push(b'"');
    }
    out.extend_from_slice(if truncated { b",\"truncated\":true}" } else { b"}" });
}

fn put(out: &mut Vec<u8>, args: std::fmt::Arguments<'_>) {
    // A `Vec` takes everything.
    let _ = out.write_fmt(args);
}
