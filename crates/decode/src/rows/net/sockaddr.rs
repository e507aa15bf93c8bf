//! Socket addresses: what `struct sockaddr` holds depends on its family and on its length.

use super::socket_names::AF;
use crate::context::Cx;
use crate::text::Style;
use crate::value::Value;
use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

/// `sizeof(struct sockaddr_storage)`: no address is longer.
const LONGEST: u64 = 128;

/// `sizeof sun_path`, unix(7).
const SUN_PATH: usize = 108;

/// The address of `len` bytes at `raw`.
pub(super) fn sockaddr(cx: &mut Cx<'_>, raw: u64, len: u64) -> Value {
    let len = len & 0xffff_ffff;
    if raw == 0 || !(2..=0x7fff_ffff).contains(&len) || !cx.env.options.dereference {
        return Value::Addr(raw);
    }
    match cx.read(raw, len.min(LONGEST) as usize) {
        Some(bytes) => from_bytes(cx, &bytes),
        None => Value::Addr(raw),
    }
}

/// The address in these bytes.
pub(in crate::rows) fn from_bytes(cx: &mut Cx<'_>, bytes: &[u8]) -> Value {
    let [low, high, data @ ..] = bytes else { return Value::record(vec![]) };
    let family = u64::from(u16::from_le_bytes([*low, *high]));
    let mut fields = vec![("sa_family", Value::Const(family, &AF))];
    let members = match family {
        1 => unix(&data[..data.len().min(SUN_PATH)]),
        2 => inet(data),
        10 => inet6(data),
        16 => netlink(data),
        _ => super::sockaddr_link::members(cx, family, bytes),
    };
    match members {
        Some(members) => fields.extend(members),
        None if data.is_empty() => {}
        None => fields.push(("sa_data", Value::string(data))),
    }
    Value::record(fields)
}

/// Members of an address after its family.
pub(super) type Members = Option<Vec<(&'static str, Value)>>;

/// `sun_path`: an abstract name starts with NUL, shown as `@`.
fn unix(data: &[u8]) -> Members {
    let (abstract_name, path) = match data {
        [] => return None,
        [0, rest @ ..] => (true, rest),
        path => (false, path.split(|&b| b == 0).next().unwrap_or(path)),
    };
    if !abstract_name {
        return Some(vec![("sun_path", Value::string(path))]);
    }
    let mut shown = vec![b'@'];
    Style::default().quoted(&mut shown, path);
    Some(vec![("sun_path", Value::Word(0, Cow::Owned(String::from_utf8_lossy(&shown).into_owned())))])
}

fn inet(data: &[u8]) -> Members {
    let [p0, p1, a, b, c, d, ..] = *data else { return None };
    if data.len() < 14 {
        return None;
    }
    Some(vec![("sin_port", port(p0, p1)), ("sin_addr", inet_addr([a, b, c, d]))])
}

fn port(high: u8, low: u8) -> Value {
    let number = Value::Uint(u64::from(u16::from_be_bytes([high, low])));
    Value::meaning(Value::Octets(vec![high, low]), Value::Call("htons", vec![number]))
}

/// `inet_addr("127.0.0.1")`.
pub(super) fn inet_addr(octets: [u8; 4]) -> Value {
    let address = Value::string(Ipv4Addr::from(octets).to_string());
    Value::meaning(Value::Octets(octets.to_vec()), Value::Call("inet_addr", vec![address]))
}

fn inet6(data: &[u8]) -> Members {
    let address: [u8; 16] = data.get(6..22)?.try_into().ok()?;
    let flow = u32::from_be_bytes(data.get(2..6)?.try_into().ok()?);
    let mut fields = vec![
        ("sin6_port", port(*data.first()?, *data.get(1)?)),
        (
            "sin6_flowinfo",
            Value::meaning(
                Value::Octets(data[2..6].to_vec()),
                Value::Call("htonl", vec![Value::Uint(u64::from(flow))]),
            ),
        ),
        ("", inet_pton(address, "sin6_addr=")),
    ];
    // The first form of the structure (RFC 2133) has no scope, and a part of one counts as far as it goes.
    let scope = &data[22..data.len().min(26)];
    if !scope.is_empty() {
        let number = scope.iter().rev().fold(0, |n, &b| n << 8 | u64::from(b));
        fields.push(("sin6_scope_id", Value::Uint(number)));
    }
    Some(fields)
}

/// `inet_pton(AF_INET6, "::1", &sin6_addr)`, or what is stored after the title `sin6_addr=`.
pub(super) fn inet_pton(octets: [u8; 16], title: &'static str) -> Value {
    let address = Ipv6Addr::from(octets);
    // The C library shows the low half of `::/96` as an IPv4 address.
    let text = match address.segments() {
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => {
            let [.., a, b, c, d] = octets;
            format!("::{}", Ipv4Addr::new(a, b, c, d))
        }
        _ => address.to_string(),
    };
    let call = Value::Call(
        "inet_pton",
        vec![
            Value::Const(10, &AF),
            Value::string(text),
            Value::Word(0, Cow::Owned(format!("&{}", title.trim_end_matches('=')))),
        ],
    );
    Value::meaning(Value::Titled(title, Box::new(Value::Octets(octets.to_vec()))), call)
}

fn netlink(data: &[u8]) -> Members {
    let word = |at: usize| Some(u32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?));
    let (pid, groups) = (word(2)?, word(6)?);
    let pad = u16::from_le_bytes([*data.first()?, *data.get(1)?]);
    let mut fields = Vec::new();
    if pad != 0 {
        fields.push(("nl_pad", Value::Hex(u64::from(pad))));
    }
    fields.push(("nl_pid", Value::Int(i64::from(pid as i32))));
    let shown = if groups == 0 { "00000000".to_owned() } else { format!("{groups:#08x}") };
    fields.push(("nl_groups", Value::Word(u64::from(groups), Cow::Owned(shown))));
    Some(fields)
}
