//! Calls that are several calls in one: i386's `socketcall`, whose first argument says which call is meant
//! and whose second points to that call's arguments; socketcall(2), `<linux/net.h>`.

use crate::catalog::Catalog;
use crate::memory::ReadMemory;
use crate::row::Row;
use lariat_abi::{Abi, TraceeAddr};

/// The calls by the number in the first argument; 0 is none.
static SOCKET_CALLS: [&str; 21] = [
    "",
    "socket",
    "bind",
    "connect",
    "listen",
    "accept",
    "getsockname",
    "getpeername",
    "socketpair",
    "send",
    "recv",
    "sendto",
    "recvfrom",
    "shutdown",
    "setsockopt",
    "getsockopt",
    "sendmsg",
    "recvmsg",
    "accept4",
    "recvmmsg",
    "sendmmsg",
];

/// The call that is meant and its arguments; `None` when `row` is an ordinary call, or when memory or table
/// do not tell.
pub(crate) fn resolve(
    row: &'static Row,
    abi: Abi,
    raw: [u64; 6],
    memory: &dyn ReadMemory,
) -> Option<(&'static Row, [u64; 6])> {
    if abi != Abi::I386 || row.name != "socketcall" {
        return None;
    }
    let name = SOCKET_CALLS.get(usize::try_from(raw[0]).ok()?)?;
    let meant = *Catalog::get().named(name).first()?;
    let mut bytes = [0u8; 24];
    let bytes = bytes.get_mut(..4 * meant.args.len())?;
    if !memory.read_exact(TraceeAddr::new(raw[1]), bytes) {
        return None;
    }
    let mut args = [0; 6];
    for (arg, word) in args.iter_mut().zip(bytes.chunks_exact(4)) {
        *arg = u64::from(u32::from_le_bytes([word[0], word[1], word[2], word[3]]));
    }
    Some((meant, args))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::ByteMemory;

    #[test]
    fn the_call_that_is_meant_is_found() {
        let socketcall = Catalog::get().named("socketcall")[0];
        let words: Vec<u8> = [3u32, 0x1000, 110].iter().flat_map(|w| w.to_le_bytes()).collect();
        let memory = ByteMemory::new().with(0x8000, words);
        let (row, args) = resolve(socketcall, Abi::I386, [3, 0x8000, 0, 0, 0, 0], &memory).expect("connect");
        assert_eq!((row.name, args), ("connect", [3, 0x1000, 110, 0, 0, 0]));
        assert!(resolve(socketcall, Abi::I386, [99, 0x8000, 0, 0, 0, 0], &memory).is_none());
        assert!(resolve(socketcall, Abi::I386, [3, 0x9000, 0, 0, 0, 0], &memory).is_none());
    }
}
