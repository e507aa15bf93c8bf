//! Calls that are several calls in one: i386's `socketcall`, whose first argument says which call is meant
//! and whose second points to that call's arguments (socketcall(2), `<linux/net.h>`), and `ipc`, which has
//! the arguments itself, each call's in an order of its own (ipc(2), `<linux/ipc.h>`).

use crate::catalog::Catalog;
use crate::memory::ReadMemory;
use crate::row::Row;
use crate::rows::{POINTED_MSGRCV, POINTED_SEMCTL, POINTED_SHMAT};
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
    match row.name {
        "socketcall" if abi == Abi::I386 => socket_call(raw, memory),
        "ipc" if abi == Abi::I386 => ipc_call(raw),
        _ => None,
    }
}

fn ipc_call(raw: [u64; 6]) -> Option<(&'static Row, [u64; 6])> {
    let [call, first, second, third, ptr, fifth] = raw;
    let (version, call) = (call >> 16 & 0xffff, call & 0xffff);
    let named = |name| Catalog::get().named(name).first().copied();
    let (row, args) = match (call, version) {
        (1, _) => (named("semop")?, [first, ptr, second, 0, 0, 0]),
        (2, _) => (named("semget")?, [first, second, third, 0, 0, 0]),
        (3, _) => (&POINTED_SEMCTL, [first, second, third, ptr, 0, 0]),
        (4, _) => (named("semtimedop")?, [first, ptr, second, fifth, 0, 0]),
        (11, _) => (named("msgsnd")?, [first, ptr, second, third, 0, 0]),
        (12, 0) => (&POINTED_MSGRCV, [first, ptr, second, 0, third, 0]),
        (12, _) => (named("msgrcv")?, [first, ptr, second, fifth, third, 0]),
        (13, _) => (named("msgget")?, [first, second, 0, 0, 0, 0]),
        (14, _) => (named("msgctl")?, [first, second, ptr, 0, 0, 0]),
        (21, _) => (&POINTED_SHMAT, [first, ptr, second, third, 0, 0]),
        (22, _) => (named("shmdt")?, [ptr, 0, 0, 0, 0, 0]),
        (23, _) => (named("shmget")?, [first, second, third, 0, 0, 0]),
        (24, _) => (named("shmctl")?, [first, second, ptr, 0, 0, 0]),
        _ => return None,
    };
    Some((row, args))
}

fn socket_call(raw: [u64; 6], memory: &dyn ReadMemory) -> Option<(&'static Row, [u64; 6])> {
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
