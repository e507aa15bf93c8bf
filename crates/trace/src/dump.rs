//! Dumps of what is read and written (`-e read=`, `-e write=`), below the line of the call.
//!
//! The data is taken from the tracee's memory at the exit of the call, whole: `-s` does not limit it.

use crate::settings::Settings;
use lariat_abi::{Abi, TraceeAddr};
use lariat_decode::digits;
use lariat_decode::{Call, Outcome, ReadMemory};
use std::io::Write;

/// More than this of one buffer is not dumped: a length is only as true as the tracee.
const MAX: usize = 1 << 24;
/// `UIO_MAXIOV`, `<linux/uio.h>`.
const MAX_BUFFERS: u64 = 1024;

#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Read,
    Write,
}

/// Where the data of a call is. The descriptor is always the first argument.
#[derive(Clone, Copy)]
enum Shape {
    /// A buffer at the second argument; when writing, of the third argument's length.
    Buffer,
    /// `struct iovec` at the second argument, as many as the third says.
    Vector,
    /// `struct msghdr` at the second argument.
    Message,
    /// `struct mmsghdr` at the second argument; the result says how many.
    Messages,
}

static DUMPED: &[(&str, Direction, Shape)] = &[
    ("read", Direction::Read, Shape::Buffer),
    ("pread64", Direction::Read, Shape::Buffer),
    ("recv", Direction::Read, Shape::Buffer),
    ("recvfrom", Direction::Read, Shape::Buffer),
    ("mq_timedreceive", Direction::Read, Shape::Buffer),
    ("mq_timedreceive_time64", Direction::Read, Shape::Buffer),
    ("readv", Direction::Read, Shape::Vector),
    ("preadv", Direction::Read, Shape::Vector),
    ("preadv2", Direction::Read, Shape::Vector),
    ("recvmsg", Direction::Read, Shape::Message),
    ("recvmmsg", Direction::Read, Shape::Messages),
    ("recvmmsg_time64", Direction::Read, Shape::Messages),
    ("write", Direction::Write, Shape::Buffer),
    ("pwrite64", Direction::Write, Shape::Buffer),
    ("send", Direction::Write, Shape::Buffer),
    ("sendto", Direction::Write, Shape::Buffer),
    ("mq_timedsend", Direction::Write, Shape::Buffer),
    ("mq_timedsend_time64", Direction::Write, Shape::Buffer),
    ("writev", Direction::Write, Shape::Vector),
    ("pwritev", Direction::Write, Shape::Vector),
    ("pwritev2", Direction::Write, Shape::Vector),
    ("vmsplice", Direction::Write, Shape::Vector),
    ("sendmsg", Direction::Write, Shape::Message),
    ("sendmmsg", Direction::Write, Shape::Messages),
];

/// The data that a finished call moved.
pub(crate) enum Dump {
    /// One buffer.
    Buffer(Vec<u8>),
    /// The buffers of one vector.
    Vector(Vec<Vec<u8>>),
    /// A vector for each message, and how many buffers it has, also those in which nothing is.
    Messages(Vec<(u64, Vec<Vec<u8>>)>),
}

/// What the call has moved through a descriptor that is to be dumped.
pub(crate) fn moved(call: &Call, memory: &dyn ReadMemory, settings: &Settings) -> Option<Dump> {
    let Some(Outcome::Returned(result)) = call.outcome else { return None };
    let &(_, direction, shape) = DUMPED.iter().find(|(name, ..)| *name == call.row.name)?;
    let wanted = if direction == Direction::Read { &settings.read } else { &settings.write };
    let fd = call.raw[0] as i32;
    if fd < 0 || !wanted.contains(fd) {
        return None;
    }
    let source = Source { memory, abi: call.abi };
    let [_, address, third, ..] = call.raw;
    // A read has filled what the result says; a write was given what its arguments say.
    let limit = if direction == Direction::Read { result.max(0) as u64 } else { u64::MAX };
    Some(match shape {
        Shape::Buffer => {
            let length = if direction == Direction::Read { limit } else { third };
            Dump::Buffer(source.bytes(address, length))
        }
        Shape::Vector => Dump::Vector(source.vector(address, third, limit)),
        Shape::Message => Dump::Vector(source.message(address, limit).1),
        Shape::Messages => {
            let count = (result.max(0) as u64).min(MAX_BUFFERS);
            let size = source.word() * 8;
            let each = |i: u64| {
                let at = address.wrapping_add(i * size);
                let length = source.number(at.wrapping_add(size - source.word()), 4).unwrap_or(0);
                source.message(at, if direction == Direction::Read { length } else { u64::MAX })
            };
            Dump::Messages((0..count).map(each).collect())
        }
    })
}

struct Source<'a> {
    memory: &'a dyn ReadMemory,
    abi: Abi,
}

impl Source<'_> {
    fn word(&self) -> u64 {
        self.abi.word_size() as u64
    }

    fn bytes(&self, address: u64, length: u64) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(MAX).min(MAX)];
        let got = self.memory.read(TraceeAddr::new(address), &mut bytes);
        bytes.truncate(got);
        bytes
    }

    fn number(&self, address: u64, size: usize) -> Option<u64> {
        let mut bytes = [0; 8];
        let got = self.memory.read(TraceeAddr::new(address), &mut bytes[..size]);
        (got == size).then(|| u64::from_le_bytes(bytes))
    }

    fn vector(&self, address: u64, count: u64, limit: u64) -> Vec<Vec<u8>> {
        let (word, mut left, mut buffers) = (self.word(), limit, Vec::new());
        for i in 0..count.min(MAX_BUFFERS) {
            let at = address.wrapping_add(i * 2 * word);
            let pair = (self.number(at, word as usize), self.number(at.wrapping_add(word), word as usize));
            let (Some(base), Some(length)) = pair else { break };
            let length = length.min(left);
            left -= length;
            if limit != u64::MAX && length == 0 {
                break;
            }
            buffers.push(self.bytes(base, length));
        }
        buffers
    }

    /// `struct msghdr`: `msg_iov` and `msg_iovlen` are its third and fourth word.
    fn message(&self, address: u64, limit: u64) -> (u64, Vec<Vec<u8>>) {
        let word = self.word();
        let part = |n: u64| self.number(address.wrapping_add(n * word), word as usize);
        match (part(2), part(3)) {
            (Some(vector), Some(count)) => (count, self.vector(vector, count, limit)),
            _ => (0, Vec::new()),
        }
    }
}

impl Dump {
    /// The lines below the call's.
    pub(crate) fn text(&self, out: &mut Vec<u8>) {
        match self {
            Self::Buffer(bytes) => hex(out, bytes),
            Self::Vector(buffers) => vector(out, buffers),
            Self::Messages(messages) => {
                for (i, (count, buffers)) in messages.iter().enumerate() {
                    let _ = writeln!(out, " = {count} buffers in vector {i}");
                    vector(out, buffers);
                }
            }
        }
    }

    /// An array of strings of hexadecimal digits, one for each buffer.
    pub(crate) fn json(&self, out: &mut Vec<u8>) {
        let buffers: Vec<&Vec<u8>> = match self {
            Self::Buffer(bytes) => vec![bytes],
            Self::Vector(buffers) => buffers.iter().collect(),
            Self::Messages(messages) => messages.iter().flat_map(|(_, buffers)| buffers).collect(),
        };
        out.push(b'[');
        for (i, bytes) in buffers.into_iter().enumerate() {
            out.extend_from_slice(if i > 0 { b",\"" } else { b"\"" });
            bytes.iter().for_each(|&byte| digits::hex(out, byte));
            out.push(b'"');
        }
        out.push(b']');
    }
}

fn vector(out: &mut Vec<u8>, buffers: &[Vec<u8>]) {
    for (i, bytes) in buffers.iter().enumerate() {
        let _ = writeln!(out, " * {} bytes in buffer {i}", bytes.len());
        hex(out, bytes);
    }
}

/// Sixteen bytes a line: offset, hexadecimal, and what is printable in ASCII.
fn hex(out: &mut Vec<u8>, bytes: &[u8]) {
    for (row, chunk) in bytes.chunks(16).enumerate() {
        let _ = write!(out, " | {:05x} ", row * 16);
        for i in 0..16 {
            if i % 8 == 0 {
                out.push(b' ');
            }
            match chunk.get(i) {
                Some(&byte) => {
                    digits::hex(out, byte);
                    out.push(b' ');
                }
                None => out.extend_from_slice(b"   "),
            }
        }
        out.push(b' ');
        out.extend(
            chunk.iter().map(|&byte| if byte.is_ascii_graphic() || byte == b' ' { byte } else { b'.' }),
        );
        out.extend(std::iter::repeat_n(b' ', 16 - chunk.len()));
        out.extend_from_slice(b" |\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_has_sixteen_bytes_a_line() {
        let mut out = Vec::new();
        Dump::Buffer(b"defghijklmnopqrstuvw\n".to_vec()).text(&mut out);
        assert_eq!(
            String::from_utf8(out).expect("ASCII"),
            " | 00000  64 65 66 67 68 69 6a 6b  6c 6d 6e 6f 70 71 72 73  defghijklmnopqrs |\n \
             | 00010  74 75 76 77 0a                                    tuvw.            |\n"
        );
        let mut out = Vec::new();
        Dump::Vector(vec![b"hi".to_vec(), vec![0xff]]).json(&mut out);
        assert_eq!(out, b"[\"6869\",\"ff\"]");
    }
}
