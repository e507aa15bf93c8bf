//! Reading the tracee's memory, without saying how.
//!
//! Decoders see a tracee only through [`ReadMemory`]. The tracer implements it over
//! `process_vm_readv`, the in-process recorder over captured bytes, and tests over [`ByteMemory`].

use lariat_abi::TraceeAddr;

/// The page size that bounds string reads: a string that ends just before an unmapped page must be
/// read whole, so no single read crosses a page boundary it does not have to.
const PAGE: u64 = 4096;

/// A source of tracee memory.
pub trait ReadMemory {
    /// Reads up to `buf.len()` bytes at `addr` and returns how many were read: fewer at the edge of a
    /// mapping, 0 when `addr` itself cannot be read.
    fn read(&self, addr: TraceeAddr, buf: &mut [u8]) -> usize;

    /// Reads exactly `buf.len()` bytes, or reports `false`.
    fn read_exact(&self, addr: TraceeAddr, buf: &mut [u8]) -> bool {
        self.read(addr, buf) == buf.len()
    }

    /// Reads a NUL-terminated string of at most `max` bytes. The NUL is not returned; the flag says
    /// whether it was found within `max` bytes. `None` when `addr` cannot be read, or when the
    /// mapping ends before the string does.
    fn read_c_string(&self, addr: TraceeAddr, max: usize) -> Option<(Vec<u8>, bool)> {
        let mut out = Vec::new();
        let mut chunk = [0u8; PAGE as usize];
        let mut at = addr.as_raw();
        // Most strings are short paths: ask for little first.
        let mut want = 256usize;
        while out.len() < max {
            let to_page_end = (PAGE - at % PAGE) as usize;
            let len = want.min(to_page_end).min(max - out.len());
            let got = self.read(TraceeAddr::new(at), &mut chunk[..len]);
            if let Some(end) = chunk[..got].iter().position(|&b| b == 0) {
                out.extend_from_slice(&chunk[..end]);
                return Some((out, true));
            }
            if got < len {
                return None;
            }
            out.extend_from_slice(&chunk[..got]);
            at = at.checked_add(got as u64)?;
            want = chunk.len();
        }
        Some((out, false))
    }
}

/// Memory made of byte arrays at chosen addresses: what tests decode from.
#[derive(Debug, Default, Clone)]
pub struct ByteMemory {
    regions: Vec<(u64, Vec<u8>)>,
}

impl ByteMemory {
    /// Memory in which nothing is mapped.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Maps `bytes` at `addr`.
    #[must_use]
    pub fn with(mut self, addr: u64, bytes: impl Into<Vec<u8>>) -> Self {
        self.regions.push((addr, bytes.into()));
        self
    }
}

impl ReadMemory for ByteMemory {
    fn read(&self, addr: TraceeAddr, buf: &mut [u8]) -> usize {
        let mut done = 0;
        while done < buf.len() {
            let Some(at) = addr.as_raw().checked_add(done as u64) else { break };
            let found =
                self.regions.iter().find(|(base, bytes)| at >= *base && at - base < bytes.len() as u64);
            let Some((base, bytes)) = found else { break };
            let from = &bytes[(at - base) as usize..];
            let n = from.len().min(buf.len() - done);
            buf[done..done + n].copy_from_slice(&from[..n]);
            done += n;
        }
        done
    }
}
