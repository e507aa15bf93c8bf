//! What a socket is connected to and bound to (`-yy`), in strace's notation: `TCP:[127.0.0.1:80->10.0.0.1:4000]`.
//!
//! ```text
//!  /proc/TID/fd/N ─► inode, protocol (an extended attribute) ─► /proc/TID/net/tcp and kin ─► addresses
//!                                                            └► sock_diag for the peer of a Unix socket
//! ```
//!
//! The tables are those of the tracee's own network namespace. A socket that is in no table (it is bound to
//! nothing yet) is shown by its inode number.

use lariat_abi::Tid;
use lariat_decode::text::Style;
use std::ffi::CString;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The socket of this inode number, which is descriptor `fd` of the task; `None` for a protocol that has no
/// notation.
pub(crate) fn describe(tid: Tid, fd: i32, inode: u32, style: &Style) -> Option<String> {
    let protocol = protocol(tid, fd)?;
    let addresses = match protocol.as_str() {
        "TCP" | "UDP" | "UDP-Lite" => internet(tid, &protocol, inode, ipv4),
        "TCPv6" | "UDPv6" | "UDPLITEv6" => internet(tid, &protocol, inode, ipv6),
        "RAW" | "RAWv6" | "PING" | "PINGv6" => None,
        "NETLINK" => netlink(tid, inode),
        "UNIX" | "UNIX-STREAM" => unix(inode, style),
        _ => return None,
    };
    Some(format!("{protocol}:[{}]", addresses.unwrap_or_else(|| inode.to_string())))
}

/// The kernel's name of the protocol.
fn protocol(tid: Tid, fd: i32) -> Option<String> {
    let path = CString::new(format!("/proc/{tid}/fd/{fd}")).ok()?;
    let value = lariat_host::extended_attribute(&path, c"system.sockprotoname")?;
    let text = value.split(|&byte| byte == 0).next()?;
    Some(String::from_utf8_lossy(text).into_owned())
}

/// The fields of the line of a table that is about this socket.
fn line(tid: Tid, table: &str, inode: u32, column: usize) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{tid}/net/{table}")).ok()?;
    let inode = inode.to_string();
    text.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        (fields.get(column) == Some(&inode.as_str())).then(|| fields.into_iter().map(str::to_owned).collect())
    })
}

fn internet(tid: Tid, protocol: &str, inode: u32, address: fn(&str) -> Option<String>) -> Option<String> {
    let table = match protocol {
        "TCP" => "tcp",
        "TCPv6" => "tcp6",
        "UDP" => "udp",
        "UDPv6" => "udp6",
        "UDP-Lite" => "udplite",
        _ => "udplite6",
    };
    let fields = line(tid, table, inode, 9)?;
    let both = |text: &str| {
        let (host, port) = text.split_once(':')?;
        Some((address(host)?, u16::from_str_radix(port, 16).ok()?))
    };
    let (local, port) = both(fields.get(1)?)?;
    let (remote, remote_port) = both(fields.get(2)?)?;
    Some(if remote_port == 0 {
        format!("{local}:{port}")
    } else {
        format!("{local}:{port}->{remote}:{remote_port}")
    })
}

/// An address as the kernel prints it: a word in the order of the machine.
fn ipv4(hex: &str) -> Option<String> {
    let word = u32::from_str_radix(hex, 16).ok()?;
    Some(Ipv4Addr::from(word.to_ne_bytes()).to_string())
}

/// Four such words.
fn ipv6(hex: &str) -> Option<String> {
    let mut bytes = [0; 16];
    for (i, chunk) in bytes.chunks_mut(4).enumerate() {
        let word = u32::from_str_radix(hex.get(8 * i..8 * i + 8)?, 16).ok()?;
        chunk.copy_from_slice(&word.to_ne_bytes());
    }
    Some(format!("[{}]", Ipv6Addr::from(bytes)))
}

/// `<linux/netlink.h>`.
static NETLINK: [&str; 23] = [
    "ROUTE",
    "UNUSED",
    "USERSOCK",
    "FIREWALL",
    "SOCK_DIAG",
    "NFLOG",
    "XFRM",
    "SELINUX",
    "ISCSI",
    "AUDIT",
    "FIB_LOOKUP",
    "CONNECTOR",
    "NETFILTER",
    "IP6_FW",
    "DNRTMSG",
    "KOBJECT_UEVENT",
    "GENERIC",
    "17",
    "SCSITRANSPORT",
    "ECRYPTFS",
    "RDMA",
    "CRYPTO",
    "SMC",
];

fn netlink(tid: Tid, inode: u32) -> Option<String> {
    let fields = line(tid, "netlink", inode, 9)?;
    let protocol = fields.get(1)?;
    let name = protocol.parse().ok().and_then(|n: usize| NETLINK.get(n).copied()).unwrap_or(protocol);
    Some(format!("{name}:{}", fields.get(2)?))
}

fn unix(inode: u32, style: &Style) -> Option<String> {
    let socket = lariat_host::unix_socket(inode)?;
    let mut text = inode.to_string();
    if let Some(peer) = socket.peer {
        text += &format!("->{peer}");
    }
    if let Some(name) = socket.name {
        // An abstract name begins with a NUL byte; a path may end with one.
        let (mark, name) = match name.strip_prefix(b"\0") {
            Some(name) => ("@", name),
            None => ("", name.strip_suffix(b"\0").unwrap_or(&name)),
        };
        let mut quoted = Vec::new();
        style.escaped(&mut quoted, name, b"\"");
        text += &format!(",{mark}\"{}\"", String::from_utf8_lossy(&quoted));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_addresses_are_understood() {
        assert_eq!(ipv4("0100007F").as_deref(), Some("127.0.0.1"));
        assert_eq!(ipv6("00000000000000000000000001000000").as_deref(), Some("[::1]"));
        assert_eq!(ipv6("B80D0120000000000000000001000000").as_deref(), Some("[2001:db8::1]"));
        assert_eq!(ipv6("00"), None);
        assert_eq!(ipv4("x"), None);
    }
}
