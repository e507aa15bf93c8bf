//! Tracee memory: the quick way first, then the ways that ignore protection.
//!
//! ```text
//!   process_vm_readv/writev   one call; respects the protection of pages     refused: EPERM, ENOSYS
//!   /proc/PID/mem             opened anew; ignores protection                refused: no /proc, proc_mem.force_override
//!   PEEKDATA, POKEDATA        a word a call; ignores protection              needs a stopped tracee of this thread
//! ```
//!
//! Each goes on where the one before came to an end, so that a read stops at the edge of a mapping and nowhere
//! else. At a true edge that costs two calls more, which is rare; the whole of an ordinary read is one call.

use crate::error::{Error, Result};
use crate::ptrace::{plain, raw};
use lariat_abi::{Errno, Request, Tid, TraceeAddr};
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

/// Bytes in a page.
const PAGE: u64 = 4096;

/// Bytes that PEEKDATA and POKEDATA transfer. A word at a multiple of its size never crosses a page.
const WORD: usize = 8;

/// The memory of a tracee. It holds nothing open: an exec gives the task other memory.
///
/// The task need not be stopped, but for the last resort. What another thread of the tracee does meanwhile is
/// seen or not.
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

    /// Reads up to `buf.len()` bytes, whatever the protection of their pages, and returns how many there were:
    /// fewer at the edge of a mapping, 0 when `addr` is not mapped or the task is gone.
    #[must_use]
    pub fn read(&self, addr: TraceeAddr, buf: &mut [u8]) -> usize {
        let mut done = 0;
        for way in [Self::read_vm, Self::read_file, Self::peek] {
            if done == buf.len() {
                break;
            }
            let Some(at) = addr.checked_add(done as u64) else { break };
            done += way(self, at, &mut buf[done..]);
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

    fn read_file(&self, addr: TraceeAddr, buf: &mut [u8]) -> usize {
        let Ok(file) = OpenOptions::new().read(true).open(format!("/proc/{}/mem", self.tid)) else {
            return 0;
        };
        // It gives nothing at all for a range whose end is not mapped: go by pages.
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

    fn peek(&self, addr: TraceeAddr, buf: &mut [u8]) -> usize {
        let mut done = 0;
        while done < buf.len() {
            let Some(at) = addr.checked_add(done as u64) else { break };
            let (start, skip) = word_at(at);
            let Ok(word) = self.peek_word(start) else { break };
            let part = &word.to_le_bytes()[skip..];
            let n = part.len().min(buf.len() - done);
            buf[done..done + n].copy_from_slice(&part[..n]);
            done += n;
        }
        done
    }

    fn peek_word(&self, start: TraceeAddr) -> Result<u64> {
        let mut word = 0u64;
        // SAFETY: the request stores one word through `data`.
        unsafe { raw(Request::PeekData, self.tid, start.as_raw() as usize, (&raw mut word) as usize) }?;
        Ok(word)
    }

    /// Writes all of `bytes`, whatever the protection of their pages; a private mapping gets pages of its own,
    /// and its file stays as it is (proc(5), "/proc/pid/mem").
    ///
    /// # Errors
    /// `EIO`: part of the range is not mapped; what is before that may have been written. `ESRCH`: the task is
    /// gone or, where only the last resort is left, not stopped.
    pub fn write(&self, addr: TraceeAddr, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() || self.write_vm(addr, bytes) {
            return Ok(());
        }
        let Err(refusal) = self.write_file(addr, bytes) else { return Ok(()) };
        match (self.poke(addr, bytes), refusal) {
            (Ok(()), _) => Ok(()),
            // The file was there: what it said is the reason.
            (Err(_), Some(errno)) => Err(Error::Call { call: "write to /proc/PID/mem", errno }),
            (Err(error), None) => Err(error),
        }
    }

    fn write_vm(&self, addr: TraceeAddr, bytes: &[u8]) -> bool {
        let local = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
        let remote = libc::iovec { iov_base: addr.as_raw() as *mut libc::c_void, iov_len: bytes.len() };
        // SAFETY: `local` describes `bytes`, which are only read.
        let put = unsafe {
            libc::process_vm_writev(self.tid.as_raw(), &raw const local, 1, &raw const remote, 1, 0)
        };
        usize::try_from(put) == Ok(bytes.len())
    }

    /// The error is `None` if the file cannot be had.
    fn write_file(&self, addr: TraceeAddr, bytes: &[u8]) -> std::result::Result<(), Option<Errno>> {
        let file =
            OpenOptions::new().write(true).open(format!("/proc/{}/mem", self.tid)).map_err(|_| None)?;
        file.write_all_at(bytes, addr.as_raw()).map_err(|error| Some(errno_of(&error)))
    }

    /// Of the first and the last word the other bytes are written back as they were read: what another thread
    /// of the tracee writes there in between is lost.
    fn poke(&self, addr: TraceeAddr, bytes: &[u8]) -> Result<()> {
        let mut done = 0;
        while done < bytes.len() {
            let Some(at) = addr.checked_add(done as u64) else {
                return Err(Error::Ptrace { request: Request::PokeData, tid: self.tid, errno: Errno::EIO });
            };
            let (start, skip) = word_at(at);
            let n = (WORD - skip).min(bytes.len() - done);
            let mut word = self.peek_word(start)?.to_le_bytes();
            word[skip..skip + n].copy_from_slice(&bytes[done..done + n]);
            let word = u64::from_le_bytes(word) as usize;
            plain(Request::PokeData, self.tid, start.as_raw() as usize, word)?;
            done += n;
        }
        Ok(())
    }
}

/// The word that holds the byte at `addr`, and where in the word it is.
const fn word_at(addr: TraceeAddr) -> (TraceeAddr, usize) {
    let skip = addr.as_raw() % WORD as u64;
    (TraceeAddr::new(addr.as_raw() - skip), skip as usize)
}

fn errno_of(error: &std::io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}
