//! Tracee memory: the quick way first, then the ways that ignore protection.

use lariat_abi::{Tid, TraceeAddr};
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

/// Bytes in a page.
const PAGE: u64 = 4096;

/// The memory of a tracee. It holds nothing open: an exec gives the task other memory.
#[derive(Debug, Clone, Copy)]
pub struct TraceeMemory {
    tid: Tid,
}

impl TraceeMemory {
    /// The memory of this task.
    #[must_use]
    pub const fn new(tid: Tid) -> Self {
        Self { tid }
    }

    /// Reads up to `buf.len()` bytes and returns how many there were: fewer at the edge of a mapping, 0 when
    /// `addr` itself cannot be read. `process_vm_readv` first, `/proc/PID/mem` for what is not readable.
    #[must_use]
    pub fn read(&self, addr: TraceeAddr, buf: &mut [u8]) -> usize {
        let got = self.read_vm(addr, buf);
        if got > 0 || buf.is_empty() {
            return got;
        }
        // /proc/PID/mem gives nothing at all for a range whose end is not mapped: go by pages.
        let Ok(file) = OpenOptions::new().read(true).open(format!("/proc/{}/mem", self.tid)) else {
            return 0;
        };
        let mut done = 0;
        while done < buf.len() {
            let Some(at) = addr.checked_add(done as u64) else { break };
            let n = ((PAGE - at.as_raw() % PAGE) as usize).min(buf.len() - done);
            match file.read_at(&mut buf[done..done + n], at.as_raw()) {
                Ok(0) | Err(_) => break,
                Ok(n) => done += n,
            }
        }
        done
    }

    fn read_vm(&self, addr: TraceeAddr, buf: &mut [u8]) -> usize {
        let local = libc::iovec { iov_base: buf.as_mut_ptr().cast(), iov_len: buf.len() };
        let remote = libc::iovec { iov_base: addr.as_raw() as *mut libc::c_void, iov_len: buf.len() };
        // SAFETY: `local` describes `buf`; `remote` is only looked at in the tracee.
        let got = unsafe {
            libc::process_vm_readv(self.tid.as_raw(), &raw const local, 1, &raw const remote, 1, 0)
        };
        usize::try_from(got).unwrap_or(0)
    }

    /// Writes all of `bytes`, read-only private mappings included.
    ///
    /// # Errors
    /// `EIO`: part of the range is not mapped.
    pub fn write(&self, addr: TraceeAddr, bytes: &[u8]) -> std::io::Result<()> {
        let local = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
        let remote = libc::iovec { iov_base: addr.as_raw() as *mut libc::c_void, iov_len: bytes.len() };
        // SAFETY: `local` describes `bytes`, which are only read.
        let put = unsafe {
            libc::process_vm_writev(self.tid.as_raw(), &raw const local, 1, &raw const remote, 1, 0)
        };
        if usize::try_from(put) == Ok(bytes.len()) {
            return Ok(());
        }
        OpenOptions::new()
            .write(true)
            .open(format!("/proc/{}/mem", self.tid))?
            .write_all_at(bytes, addr.as_raw())
    }
}
