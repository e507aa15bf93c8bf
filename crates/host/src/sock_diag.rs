//! What the kernel says of a Unix socket: its peer and its name; sock_diag(7), `<linux/unix_diag.h>`.
//!
//! One netlink request for one inode. The sockets of this process's own network namespace are asked for.

use rustix::net::netlink::SOCK_DIAG;
use rustix::net::{self, AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

/// A Unix socket.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnixSocket {
    /// The inode number of the socket it is connected to.
    pub peer: Option<u32>,
    /// What it is bound to: a path, or an abstract name that begins with a NUL byte.
    pub name: Option<Vec<u8>>,
}

const SOCK_DIAG_BY_FAMILY: u16 = 20;
const UDIAG_SHOW_NAME: u32 = 1;
const UDIAG_SHOW_PEER: u32 = 4;
const UNIX_DIAG_NAME: u16 = 0;
const UNIX_DIAG_PEER: u16 = 2;
/// `struct nlmsghdr` and `struct unix_diag_req`, bytes.
const HEADER: usize = 16;
const REQUEST: usize = 24;
/// `struct unix_diag_msg`, bytes.
const ANSWER: usize = 16;

/// Asks for the Unix socket with this inode number; `None` if there is none, or the kernel cannot say.
#[must_use]
pub fn unix_socket(inode: u32) -> Option<UnixSocket> {
    let mut request = Vec::with_capacity(HEADER + REQUEST);
    request.extend_from_slice(&((HEADER + REQUEST) as u32).to_ne_bytes());
    request.extend_from_slice(&SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    request.extend_from_slice(&(libc::NLM_F_REQUEST as u16).to_ne_bytes());
    request.extend_from_slice(&[0; 8]); // Sequence number and port.
    request.extend_from_slice(&[libc::AF_UNIX as u8, 0, 0, 0]);
    request.extend_from_slice(&u32::MAX.to_ne_bytes()); // All states.
    request.extend_from_slice(&inode.to_ne_bytes());
    request.extend_from_slice(&(UDIAG_SHOW_NAME | UDIAG_SHOW_PEER).to_ne_bytes());
    request.extend_from_slice(&[0xff; 8]); // No cookie.
    decode(&ask(&request)?)
}

/// Sends a request and takes the one answer.
fn ask(request: &[u8]) -> Option<Vec<u8>> {
    let flags = SocketFlags::CLOEXEC;
    let socket = net::socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, Some(SOCK_DIAG)).ok()?;
    if net::send(&socket, request, SendFlags::empty()).ok()? != request.len() {
        return None;
    }
    let mut answer = vec![0; 8192];
    let (got, _) = net::recv(&socket, &mut answer[..], RecvFlags::empty()).ok()?;
    answer.truncate(got);
    Some(answer)
}

fn decode(answer: &[u8]) -> Option<UnixSocket> {
    let half = |at: usize| Some(u16::from_ne_bytes(answer.get(at..at + 2)?.try_into().ok()?));
    if half(4)? != SOCK_DIAG_BY_FAMILY {
        return None;
    }
    let mut found = UnixSocket::default();
    let mut at = HEADER + ANSWER;
    while let (Some(length), Some(kind)) = (half(at), half(at + 2)) {
        let value = answer.get(at + 4..at + usize::from(length))?;
        match kind {
            UNIX_DIAG_NAME if !value.is_empty() => found.name = Some(value.to_vec()),
            UNIX_DIAG_PEER => {
                let peer = u32::from_ne_bytes(value.get(..4)?.try_into().ok()?);
                found.peer = (peer != 0).then_some(peer);
            }
            _ => {}
        }
        at += usize::from(length).next_multiple_of(4).max(4);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};

    fn inode(fd: &impl AsRawFd) -> u32 {
        let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
        std::fs::metadata(path).expect("a socket").ino() as u32
    }

    #[test]
    fn peers_and_names_are_told() {
        let name = format!("lariat-sock-diag-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).expect("a name");
        let listener = UnixListener::bind_addr(&address).expect("a listener");
        let client = UnixStream::connect_addr(&address).expect("a client");
        let (server, _) = listener.accept().expect("a connection");
        let bound = unix_socket(inode(&listener)).expect("the listener");
        assert_eq!(bound.name.as_deref(), Some(format!("\0{name}").as_bytes()));
        assert_eq!(bound.peer, None);
        assert_eq!(unix_socket(inode(&client)).expect("the client").peer, Some(inode(&server)));
        assert_eq!(unix_socket(inode(&server)).expect("the server").peer, Some(inode(&client)));
        assert_eq!(unix_socket(1), None);
    }

    #[test]
    fn odd_answers_are_no_answers() {
        assert_eq!(decode(&[]), None);
        assert_eq!(decode(&[0; 40]), None);
        let mut cut = vec![0; 40];
        cut[4] = 20;
        cut[32] = 200;
        assert_eq!(decode(&cut), None);
    }
}
