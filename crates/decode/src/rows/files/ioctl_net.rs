//! `ioctl` on network interfaces: `struct ifreq`, a name and what the command is about; netdevice(7),
//! `<linux/if.h>`, `<linux/sockios.h>`.

use super::args::follows;
use super::ioctl_forms::Form;
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Store, Struct, field};
use crate::rows::{ARPHRD, bdaddr, sockaddr_from_bytes};
use crate::table::{Table, tables};
use crate::value::Value;
use std::borrow::Cow;

/// `IFNAMSIZ`: a name fills half of the structure, or a little less; the rest is a union.
const NAME: usize = 16;
/// The size of the union's part that is looked at: a `struct sockaddr` or a `struct ifmap`.
const UNION: usize = 16;

tables! {
    FLAGS "IFF_???": 1 "IFF_UP", 2 "IFF_BROADCAST", 4 "IFF_DEBUG", 8 "IFF_LOOPBACK", 0x10 "IFF_POINTOPOINT",
        0x20 "IFF_NOTRAILERS", 0x40 "IFF_RUNNING", 0x80 "IFF_NOARP", 0x100 "IFF_PROMISC",
        0x200 "IFF_ALLMULTI", 0x400 "IFF_MASTER", 0x800 "IFF_SLAVE", 0x1000 "IFF_MULTICAST",
        0x2000 "IFF_PORTSEL", 0x4000 "IFF_AUTOMEDIA", 0x8000 "IFF_DYNAMIC";
}

static MAP: Struct = Struct::new(&[
    field("mem_start", Store::Word, Kind::Hex),
    field("mem_end", Store::Word, Kind::Hex),
    field("base_addr", Store::U16, Kind::Hex32),
    field("irq", Store::U8, Kind::Hex32),
    field("dma", Store::U8, Kind::Hex32),
    field("port", Store::U8, Kind::Hex32),
]);

/// What the union holds.
#[derive(Clone, Copy)]
enum Part {
    Address,
    Hardware,
    Stored(Store, &'static Kind),
}

const INT: Part = Part::Stored(Store::I32, &Kind::Int);

/// Commands that ask for a part, those that set it, and the member it is.
static PARTS: &[(&str, &str, &str, Part)] = &[
    ("SIOCGIFFLAGS", "SIOCSIFFLAGS", "ifr_flags", Part::Stored(Store::U16, &Kind::Flags(&FLAGS))),
    ("SIOCGIFADDR", "SIOCSIFADDR", "ifr_addr", Part::Address),
    ("SIOCGIFDSTADDR", "SIOCSIFDSTADDR", "ifr_dstaddr", Part::Address),
    ("SIOCGIFBRDADDR", "SIOCSIFBRDADDR", "ifr_broadaddr", Part::Address),
    ("SIOCGIFNETMASK", "SIOCSIFNETMASK", "ifr_netmask", Part::Address),
    ("SIOCGIFHWADDR", "SIOCSIFHWADDR", "ifr_hwaddr", Part::Hardware),
    ("", "SIOCSIFHWBROADCAST", "ifr_hwaddr", Part::Hardware),
    ("", "SIOCADDMULTI", "ifr_hwaddr", Part::Hardware),
    ("", "SIOCDELMULTI", "ifr_hwaddr", Part::Hardware),
    ("SIOCGIFMETRIC", "SIOCSIFMETRIC", "ifr_metric", INT),
    ("SIOCGIFMTU", "SIOCSIFMTU", "ifr_mtu", INT),
    ("SIOCGIFINDEX", "", "ifr_ifindex", INT),
    ("SIOCGIFTXQLEN", "SIOCSIFTXQLEN", "ifr_qlen", INT),
    ("SIOCGIFSLAVE", "SIOCSIFSLAVE", "ifr_slave", Part::Stored(Store::Text(16), &Kind::Int)),
    ("", "SIOCSIFNAME", "ifr_newname", Part::Stored(Store::Text(16), &Kind::Int)),
    ("SIOCGIFMAP", "SIOCSIFMAP", "ifr_map", Part::Stored(Store::Inline(&MAP), &Kind::Int)),
];

static ASKING: Form =
    Form::Both(Kind::With(|cx, raw| request(cx, raw, false)), Kind::With(|cx, raw| request(cx, raw, true)));
static SETTING: Form = Form::Given(Kind::With(|cx, raw| request(cx, raw, true)));
static NAMING: Form =
    Form::Both(Kind::With(|cx, raw| by_index(cx, raw, false)), Kind::With(|cx, raw| by_index(cx, raw, true)));
static MEMBER: Form = Form::Given(Kind::With(|cx, raw| by_index(cx, raw, false)));
static BRIDGE: Form = Form::Given(Kind::With(name_alone));
static LIST: Form =
    Form::Both(Kind::With(|cx, raw| list(cx, raw, false)), Kind::With(|cx, raw| list(cx, raw, true)));

/// The form of a command on interfaces.
pub(super) fn of_command(name: &str) -> Option<&'static Form> {
    match name {
        "SIOCGIFNAME" => Some(&NAMING),
        "SIOCGIFCONF" => Some(&LIST),
        "SIOCBRADDBR" | "SIOCBRDELBR" => Some(&BRIDGE),
        "SIOCBRADDIF" | "SIOCBRDELIF" => Some(&MEMBER),
        _ => match part(name)? {
            (true, ..) => Some(&ASKING),
            (false, ..) => Some(&SETTING),
        },
    }
}

/// Whether the command asks, the member it is about and what that holds.
fn part(command: &str) -> Option<(bool, &'static str, Part)> {
    PARTS.iter().find_map(|&(ask, set, member, part)| match command {
        _ if command == ask => Some((true, member, part)),
        _ if command == set => Some((false, member, part)),
        _ => None,
    })
}

/// `{ifr_name="lo", ifr_mtu=65536}`, or the name alone.
fn request(cx: &mut Cx<'_>, raw: u64, whole: bool) -> Value {
    let command = super::names_ioctl::name(cx.abi, cx.args[1] & 0xffff_ffff).unwrap_or_default();
    let bytes = if follows(cx, raw) { cx.read(raw, NAME + UNION) } else { None };
    let (Some(bytes), Some((_, member, part))) = (bytes, part(command)) else { return Value::Addr(raw) };
    let mut fields = vec![("ifr_name", Value::field_text(&bytes[..NAME]))];
    if whole {
        let union = &bytes[NAME..];
        let value = match part {
            Part::Address => sockaddr_from_bytes(cx, union),
            Part::Hardware => hardware(union),
            Part::Stored(Store::Inline(layout), _) => cx.structure(raw.wrapping_add(NAME as u64), layout),
            Part::Stored(store, kind) => {
                let size = store.size(cx.abi);
                cx.stored(&store, kind, &union[..size])
            }
        };
        fields.push((member, value));
    }
    Value::record(fields)
}

/// A hardware address, whose length depends on the kind of device.
fn hardware(union: &[u8]) -> Value {
    let kind = u64::from(u16::from_le_bytes([union[0], union[1]]));
    let len = match ARPHRD.name(kind) {
        Some("ARPHRD_ETHER" | "ARPHRD_LOOPBACK" | "ARPHRD_IEEE802" | "ARPHRD_IEEE80211") => 6,
        _ => 14,
    };
    let address = match bdaddr(&union[2..2 + len]) {
        Value::Meaning(_, shown) => Value::meaning(Value::Octets(union[2..].to_vec()), *shown),
        other => other,
    };
    Value::record(vec![("sa_family", Value::Const(kind, &ARPHRD)), ("sa_data", address)])
}

/// `{ifr_ifindex=1}`, with the name that belongs to it if it is known.
fn by_index(cx: &mut Cx<'_>, raw: u64, named: bool) -> Value {
    let bytes = if follows(cx, raw) { cx.read(raw, NAME + UNION) } else { None };
    let Some(bytes) = bytes else { return Value::Addr(raw) };
    let mut fields = vec![("ifr_ifindex", cx.stored(&Store::I32, &Kind::Int, &bytes[NAME..NAME + 4]))];
    if named {
        fields.push(("ifr_name", Value::field_text(&bytes[..NAME])));
    }
    Value::record(fields)
}

fn name_alone(cx: &mut Cx<'_>, raw: u64) -> Value {
    match cx.env.memory.read_c_string(lariat_abi::TraceeAddr::new(raw), NAME) {
        Some((bytes, ended)) if raw != 0 => Value::Str { bytes, more: !ended },
        _ => Value::Addr(raw),
    }
}

/// `struct ifconf`: room for requests, and after a success as many as there are interfaces.
fn list(cx: &mut Cx<'_>, raw: u64, filled: bool) -> Value {
    let word = cx.abi.word_size() as u64;
    // The union ends with the largest member: `struct ifmap`, which has two words.
    let size = NAME as u64 + if word == 8 { 24 } else { 16 };
    let (Some(len), Some(buffer)) = (cx.load(raw, Store::I32), cx.load(raw.wrapping_add(word), Store::Word))
    else {
        return Value::Addr(raw);
    };
    let length = |len: u64| match len {
        len if len > 0 && len % size == 0 && (len as i64) > 0 => {
            let text = format!("{} * sizeof(struct ifreq)", len / size);
            Value::Note(Box::new(Value::Int(len as i64)), Cow::Owned(text))
        }
        len => Value::Int(len as i64),
    };
    if !filled {
        return Value::record(vec![("ifc_len", length(len)), ("ifc_buf", Value::Addr(buffer))]);
    }
    let shown = match cx.saved[2] {
        _ if buffer == 0 => length(len),
        offered if offered == len => length(len),
        offered => Value::Changed(Box::new(length(offered)), Box::new(length(len))),
    };
    let requests = match buffer {
        0 => Value::Addr(0),
        _ => cx.elements(buffer, size, len / size, |cx, at| {
            let bytes = cx.read(at, NAME + UNION)?;
            let address = sockaddr_from_bytes(cx, &bytes[NAME..]);
            let name = Value::field_text(&bytes[..NAME]);
            Some(Value::record(vec![("ifr_name", name), ("ifr_addr", address)]))
        }),
    };
    Value::record(vec![("ifc_len", shown), ("ifc_buf", requests)])
}
