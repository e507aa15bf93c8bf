//! Socket addresses of links, devices and what else has no internet address; `<linux/if_packet.h>`,
//! `<linux/vm_sockets.h>`, `<linux/if_alg.h>`, `<linux/if_xdp.h>` and others.

use super::control::INTERFACE;
use super::sockaddr::Members;
use super::socket_names::ETH_P;
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::{Show, Store, Struct, field, field_if, pad};
use crate::table::{Table, tables};
use crate::value::Value;
use std::borrow::Cow;

tables! {
    pub(in crate::rows) ARPHRD "ARPHRD_???": 0 "ARPHRD_NETROM", 1 "ARPHRD_ETHER", 2 "ARPHRD_EETHER", 3 "ARPHRD_AX25",
        4 "ARPHRD_PRONET", 5 "ARPHRD_CHAOS", 6 "ARPHRD_IEEE802", 7 "ARPHRD_ARCNET", 8 "ARPHRD_APPLETLK",
        15 "ARPHRD_DLCI", 19 "ARPHRD_ATM", 23 "ARPHRD_METRICOM", 24 "ARPHRD_IEEE1394",
        27 "ARPHRD_EUI64", 32 "ARPHRD_INFINIBAND", 256 "ARPHRD_SLIP", 257 "ARPHRD_CSLIP",
        258 "ARPHRD_SLIP6", 259 "ARPHRD_CSLIP6", 260 "ARPHRD_RSRVD", 264 "ARPHRD_ADAPT",
        270 "ARPHRD_ROSE", 271 "ARPHRD_X25", 272 "ARPHRD_HWX25", 280 "ARPHRD_CAN", 290 "ARPHRD_MCTP",
        512 "ARPHRD_PPP", 513 "ARPHRD_CISCO", 516 "ARPHRD_LAPB", 517 "ARPHRD_DDCMP",
        518 "ARPHRD_RAWHDLC", 519 "ARPHRD_RAWIP", 768 "ARPHRD_TUNNEL", 769 "ARPHRD_TUNNEL6",
        770 "ARPHRD_FRAD", 771 "ARPHRD_SKIP", 772 "ARPHRD_LOOPBACK", 773 "ARPHRD_LOCALTLK",
        774 "ARPHRD_FDDI", 775 "ARPHRD_BIF", 776 "ARPHRD_SIT", 777 "ARPHRD_IPDDP", 778 "ARPHRD_IPGRE",
        779 "ARPHRD_PIMREG", 780 "ARPHRD_HIPPI", 781 "ARPHRD_ASH", 782 "ARPHRD_ECONET",
        783 "ARPHRD_IRDA", 784 "ARPHRD_FCPP", 785 "ARPHRD_FCAL", 786 "ARPHRD_FCPL",
        787 "ARPHRD_FCFABRIC", 800 "ARPHRD_IEEE802_TR", 801 "ARPHRD_IEEE80211",
        802 "ARPHRD_IEEE80211_PRISM", 803 "ARPHRD_IEEE80211_RADIOTAP", 804 "ARPHRD_IEEE802154",
        805 "ARPHRD_IEEE802154_MONITOR", 820 "ARPHRD_PHONET", 821 "ARPHRD_PHONET_PIPE",
        822 "ARPHRD_CAIF", 823 "ARPHRD_IP6GRE", 824 "ARPHRD_NETLINK", 825 "ARPHRD_6LOWPAN",
        826 "ARPHRD_VSOCKMON", 65534 "ARPHRD_NONE", 65535 "ARPHRD_VOID";
    PACKET "PACKET_???": 0 "PACKET_HOST", 1 "PACKET_BROADCAST", 2 "PACKET_MULTICAST",
        3 "PACKET_OTHERHOST", 4 "PACKET_OUTGOING", 5 "PACKET_LOOPBACK", 6 "PACKET_USER",
        7 "PACKET_KERNEL";
    HCI_CHANNEL "HCI_CHANNEL_???": 0 "HCI_CHANNEL_RAW", 1 "HCI_CHANNEL_USER", 2 "HCI_CHANNEL_MONITOR",
        3 "HCI_CHANNEL_CONTROL", 4 "HCI_CHANNEL_LOGGING";
    PSM "L2CAP_PSM_???": 1 "L2CAP_PSM_SDP", 3 "L2CAP_PSM_RFCOMM", 33 "L2CAP_PSM_3DSP",
        35 "L2CAP_PSM_IPSP";
    CID "L2CAP_CID_???": 1 "L2CAP_CID_SIGNALING", 2 "L2CAP_CID_CONN_LESS", 3 "L2CAP_CID_A2MP",
        4 "L2CAP_CID_ATT", 5 "L2CAP_CID_LE_SIGNALING", 6 "L2CAP_CID_SMP", 7 "L2CAP_CID_SMP_BREDR";
    BDADDR "BDADDR_???": 0 "BDADDR_BREDR", 1 "BDADDR_LE_PUBLIC", 2 "BDADDR_LE_RANDOM";
    VM_CID "": 0 "VMADDR_CID_HYPERVISOR", 1 "VMADDR_CID_LOCAL", 2 "VMADDR_CID_HOST",
        0xffff_ffff "VMADDR_CID_ANY";
    VM_PORT "": 0xffff_ffff "VMADDR_PORT_ANY";
    VM_FLAGS "VMADDR_FLAG_???": 1 "VMADDR_FLAG_TO_HOST";
    XDP "XDP_???": 1 "XDP_SHARED_UMEM", 2 "XDP_COPY", 4 "XDP_ZEROCOPY", 8 "XDP_USE_NEED_WAKEUP";
    MCTP_NET "": 0 "MCTP_NET_ANY";
    MCTP_ADDR "": 0 "MCTP_ADDR_NULL", 255 "MCTP_ADDR_ANY";
}

/// An octet as strace shows the parts of a hardware address: `0xa`, and `00`.
const OCTET: Kind = Kind::With(|_, raw| match raw {
    0 => Value::Word(0, Cow::Borrowed("00")),
    _ => Value::Hex(raw),
});
const PORT: Kind = Kind::With(|_, raw| big_endian16(raw, Value::Uint));
const NETWORK: Kind = Kind::With(|_, raw| {
    let number = Value::Hex(u64::from((raw as u32).swap_bytes()));
    Value::meaning(Value::Octets((raw as u32).to_le_bytes().to_vec()), Value::Call("htonl", vec![number]))
});
const ETHER: Kind = Kind::With(|_, raw| big_endian16(raw, |number| Value::Const(number, &ETH_P)));

/// A 16-bit number in network order.
fn big_endian16(raw: u64, show: fn(u64) -> Value) -> Value {
    let raw = raw as u16;
    let number = Value::Call("htons", vec![show(u64::from(raw.swap_bytes()))]);
    Value::meaning(Value::Octets(raw.to_le_bytes().to_vec()), number)
}

// Every layout begins with the two bytes of the family.

static IPX: Struct = Struct::new(&[
    pad(2),
    field("sipx_port", Store::U16, PORT),
    field("sipx_network", Store::U32, NETWORK),
    field("sipx_node", Store::Many(&Store::U8, 6), OCTET),
    field("sipx_type", Store::U8, OCTET),
    field_if(Show::NonZero, "sipx_zero", Store::U8, OCTET),
]);
static PACKET_HEAD: Struct = Struct::new(&[
    pad(2),
    field("sll_protocol", Store::U16, ETHER),
    field("sll_ifindex", Store::U32, INTERFACE),
    field("sll_hatype", Store::U16, Kind::Const(&ARPHRD)),
    field("sll_pkttype", Store::U8, Kind::Const(&PACKET)),
    field("sll_halen", Store::U8, Kind::Uint),
]);
static HCI: Struct = Struct::new(&[
    pad(2),
    field("hci_dev", Store::U16, Kind::With(|_, raw| htobs(Value::Uint(raw)))),
    field("hci_channel", Store::U16, Kind::Const(&HCI_CHANNEL)),
]);
static VSOCK: Struct = Struct::new(&[
    pad(2),
    field_if(Show::NonZero, "svm_reserved1", Store::U16, Kind::Hex32),
    field_if(Show::Never, "svm_port", Store::U32, Kind::Hex32),
    field("svm_cid", Store::U32, Kind::Const(&VM_CID)),
    field("svm_flags", Store::U8, Kind::Flags(&VM_FLAGS)),
]);
static XDP_HEAD: Struct = Struct::new(&[
    pad(2),
    field("sxdp_flags", Store::U16, Kind::Flags(&XDP)),
    field("sxdp_ifindex", Store::U32, INTERFACE),
    field("sxdp_queue_id", Store::U32, Kind::Uint),
]);
static QIPCRTR: Struct = Struct::new(&[
    pad(4),
    field("sq_node", Store::U32, Kind::Hex32),
    field("sq_port", Store::U32, Kind::Hex32),
]);
static MCTP: Struct = Struct::new(&[
    pad(2),
    field_if(Show::NonZero, "__smctp_pad0", Store::U16, Kind::Hex32),
    field("smctp_network", Store::U32, Kind::Const(&MCTP_NET)),
    field("smctp_addr", Store::Inline(&MCTP_ADDRESS), Kind::Int),
    field("smctp_type", Store::U8, Kind::Hex32),
    field("smctp_tag", Store::U8, Kind::Hex32),
    field_if(Show::NonZero, "__smctp_pad1", Store::U8, Kind::Hex32),
]);
static MCTP_ADDRESS: Struct = Struct::new(&[field("s_addr", Store::U8, Kind::Const(&MCTP_ADDR))]);

/// The members of an address of `family` after the family itself; `bytes` begin with it. `None` if there
/// are too few bytes, or the family is not known here.
pub(super) fn members(cx: &mut Cx<'_>, family: u64, bytes: &[u8]) -> Members {
    match family {
        4 => whole(cx, &IPX, bytes),
        9 => bytes.get(2..18).map(|address| vec![("sx25_addr", x25(address))]),
        17 => packet(cx, bytes),
        31 => bluetooth(cx, bytes),
        38 => algorithm(bytes),
        40 => vsock(cx, bytes),
        42 => whole(cx, &QIPCRTR, bytes),
        44 => xdp(cx, bytes),
        45 => whole(cx, &MCTP, bytes),
        _ => None,
    }
}

fn whole(cx: &mut Cx<'_>, layout: &'static Struct, bytes: &[u8]) -> Members {
    match cx.members(bytes.get(..layout.size(cx.abi))?, layout) {
        Value::Struct { fields, .. } => {
            Some(fields.into_iter().filter_map(|(n, v)| Some((borrowed(n)?, v))).collect())
        }
        _ => None,
    }
}

fn borrowed(name: Cow<'static, str>) -> Option<&'static str> {
    match name {
        Cow::Borrowed(name) => Some(name),
        Cow::Owned(_) => None,
    }
}

fn x25(address: &[u8]) -> Value {
    Value::record(vec![("x25_addr", Value::field_text(address))])
}

fn packet(cx: &mut Cx<'_>, bytes: &[u8]) -> Members {
    let address = bytes.get(12..).filter(|rest| rest.len() >= 8)?;
    let mut fields = whole(cx, &PACKET_HEAD, bytes)?;
    let len = usize::from(bytes[11]);
    if len > 0 {
        let shown = &address[..len.min(address.len())];
        let items = shown.iter().map(|&b| cx.decode(&OCTET, u64::from(b))).collect();
        fields.push(("sll_addr", Value::Array { items, more: len > address.len() }));
    }
    Some(fields)
}

fn htobs(value: Value) -> Value {
    Value::Call("htobs", vec![value])
}

/// A device's address as it is written, highest octet first in memory order: `02:03:04:05:06:07`.
pub(in crate::rows) fn bdaddr(octets: &[u8]) -> Value {
    let parts: Vec<_> = octets.iter().map(|o| format!("{o:02x}")).collect();
    Value::meaning(Value::Octets(octets.to_vec()), Value::Word(0, Cow::Owned(parts.join(":"))))
}

/// Bluetooth has an address for each protocol; only their lengths tell them apart.
fn bluetooth(cx: &mut Cx<'_>, bytes: &[u8]) -> Members {
    let half = |at: usize| u64::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    match bytes.len() {
        4 => Some(vec![("hci_dev", htobs(Value::Uint(half(2))))]),
        6 => whole(cx, &HCI, bytes),
        8 => Some(vec![("sco_bdaddr", bdaddr(&bytes[2..8]))]),
        10 => Some(vec![("rc_bdaddr", bdaddr(&bytes[2..8])), ("rc_channel", Value::Uint(bytes[8].into()))]),
        12 | 14 => {
            let mut fields = vec![
                ("l2_psm", dynamic(half(2), &PSM, 0x1001, "L2CAP_PSM_DYN_START")),
                ("l2_bdaddr", bdaddr(&bytes[4..10])),
                ("l2_cid", dynamic(half(10), &CID, 0x40, "L2CAP_CID_DYN_START")),
            ];
            if bytes.len() == 14 {
                fields.push(("l2_bdaddr_type", Value::Const(bytes[12].into(), &BDADDR)));
            }
            Some(fields)
        }
        _ => None,
    }
}

/// A number with a name, or counted from where the free ones start.
fn dynamic(raw: u64, table: &'static Table, start: u64, name: &'static str) -> Value {
    htobs(match raw {
        _ if raw == start => Value::Word(raw, Cow::Borrowed(name)),
        _ if raw > start => Value::Word(raw, Cow::Owned(format!("{name}+{}", raw - start))),
        _ => Value::Const(raw, table),
    })
}

fn algorithm(bytes: &[u8]) -> Members {
    let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let (feat, mask, name) = (word(16)?, word(20)?, bytes.get(24..)?);
    if name.is_empty() {
        return None;
    }
    Some(vec![
        ("salg_type", Value::field_text(&bytes[2..16])),
        ("salg_feat", features(feat)),
        ("salg_mask", features(mask)),
        ("salg_name", Value::field_text(name)),
    ])
}

/// `CRYPTO_ALG_KERN_DRIVER_ONLY` is the one flag; number and name are both shown.
fn features(raw: u32) -> Value {
    let note = match (raw & 0x1000 != 0, raw & !0x1000) {
        _ if raw == 0 => return Value::Uint(0),
        (true, 0) => "CRYPTO_ALG_KERN_DRIVER_ONLY".to_owned(),
        (true, rest) => format!("CRYPTO_ALG_KERN_DRIVER_ONLY|{rest:#x}"),
        (false, _) => "CRYPTO_ALG_???".to_owned(),
    };
    Value::Note(Box::new(Value::Hex(raw.into())), Cow::Owned(note))
}

fn vsock(cx: &mut Cx<'_>, bytes: &[u8]) -> Members {
    let bytes = bytes.get(..16)?;
    let mut fields = whole(cx, &VSOCK, bytes)?;
    let port = u32::from_le_bytes(bytes[4..8].try_into().ok()?);
    let at = fields.iter().position(|(name, _)| *name == "svm_flags")?;
    fields.insert(at, ("svm_port", Value::Const(port.into(), &VM_PORT)));
    if bytes[13..].iter().any(|&b| b != 0) {
        fields.push(("svm_zero", Value::Octets(bytes[13..].to_vec())));
    }
    Some(fields)
}

fn xdp(cx: &mut Cx<'_>, bytes: &[u8]) -> Members {
    let bytes = bytes.get(..16)?;
    let mut fields = whole(cx, &XDP_HEAD, bytes)?;
    let fd = u64::from(u32::from_le_bytes(bytes[12..].try_into().ok()?));
    match (bytes[2] & 1, fd) {
        (1, _) => fields.push(("sxdp_shared_umem_fd", cx.fd(fd))),
        (_, 0) => {}
        _ => fields.push(("sxdp_shared_umem_fd", Value::Hex(fd))),
    }
    Some(fields)
}
