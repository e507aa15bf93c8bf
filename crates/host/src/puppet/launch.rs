//! From this process to the first actor: a stage's memory, and the process that executes its image.

use super::block::{BLOCKS, Block, FD, Header, IMAGE_LEN, SHARED, SHARED_LEN, SLOTS, WINDOW};
use super::code::code;
use super::image::image;
use crate::error::{Error, Result};
use lariat_abi::Errno;
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::io::Errno as RustixErrno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::thread::futex::OWNER_DIED;
use std::arch::asm;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// The first window that is tried. Nothing is mapped hereabouts unless it is asked for.
const FIRST_WINDOW: usize = 0x1000_0000_0000;

/// Where the next stage goes.
static NEXT_WINDOW: AtomicUsize = AtomicUsize::new(FIRST_WINDOW);

/// A stage's file, and its shared memory in this process, at the address that it has in every actor.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) window: usize,
    pub(super) file: OwnedFd,
}

impl Memory {
    /// Makes the file, with the image in it, and maps the rest.
    pub(super) fn new() -> Result<Self> {
        let fail = |call| move |error| Error::of(call, error);
        // Kernels before 6.3 do not know the flag; newer ones want to be told.
        let file = match memfd_create("lariat-stage", MemfdFlags::CLOEXEC | MemfdFlags::EXEC) {
            Err(RustixErrno::INVAL) => memfd_create("lariat-stage", MemfdFlags::CLOEXEC),
            made => made,
        }
        .map_err(fail("memfd_create"))?;
        ftruncate(&file, (IMAGE_LEN + SHARED_LEN) as u64).map_err(fail("ftruncate"))?;
        let window = Self::map(&file).map_err(fail("mmap"))?;
        let memory = Self { window, file };
        rustix::io::pwrite(&memory.file, &image(window), 0).map_err(fail("pwrite"))?;
        memory.own();
        Ok(memory)
    }

    fn map(file: &OwnedFd) -> rustix::io::Result<usize> {
        loop {
            let window = NEXT_WINDOW.fetch_add(WINDOW, Ordering::Relaxed);
            let at = std::ptr::without_provenance_mut(window + SHARED);
            let flags = MapFlags::SHARED | MapFlags::FIXED_NOREPLACE;
            // SAFETY: replaces no mapping.
            match unsafe {
                mmap(at, SHARED_LEN, ProtFlags::READ | ProtFlags::WRITE, flags, file, IMAGE_LEN as u64)
            } {
                Ok(mapped) => {
                    mapped.expose_provenance();
                    return Ok(window);
                }
                Err(RustixErrno::EXIST) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn header(&self) -> *mut Header {
        std::ptr::with_exposed_provenance_mut(self.window + SHARED)
    }

    /// The slots.
    pub(super) fn blocks(&self) -> &[Block; SLOTS] {
        // SAFETY: mapped as long as `self` is; all zero is a value; everything in it is atomic.
        unsafe { &*std::ptr::with_exposed_provenance(self.window + BLOCKS) }
    }

    /// Takes the mutex by which actors know whether the calling thread lives.
    fn own(&self) {
        // SAFETY: the header is mapped, and nobody else knows the mutex.
        unsafe {
            let mut attributes = std::mem::zeroed();
            libc::pthread_mutexattr_init(&raw mut attributes);
            libc::pthread_mutexattr_setpshared(&raw mut attributes, libc::PTHREAD_PROCESS_SHARED);
            libc::pthread_mutexattr_setrobust(&raw mut attributes, libc::PTHREAD_MUTEX_ROBUST);
            libc::pthread_mutex_init(&raw mut (*self.header()).owner, &raw const attributes);
            libc::pthread_mutex_lock(&raw mut (*self.header()).owner);
            libc::pthread_mutexattr_destroy(&raw mut attributes);
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: unlocked by the thread that locked it, since a stage stays with its thread; the mapping is ours,
        // and no reference to it outlives `self`.
        unsafe {
            libc::pthread_mutex_unlock(&raw mut (*self.header()).owner);
            libc::pthread_mutex_destroy(&raw mut (*self.header()).owner);
            // If anybody is left in spite of all, this is the last that it is told.
            (*self.header().cast::<AtomicU32>()).store(OWNER_DIED, Ordering::SeqCst);
            let _ = munmap(self.header().cast(), SHARED_LEN);
        }
    }
}

/// Starts a process that executes the image as the actor of slot 0, with every signal blocked, and returns its id.
///
/// The child shares this process's memory until it executes, and this thread sleeps meanwhile: nothing is copied.
/// It uses no memory and calls nobody, since other threads run on; no signal handler can run in it.
pub(super) fn launch(file: &OwnedFd) -> Result<i32> {
    let code = code();
    let argument = [1u8, 0];
    let argv = [&raw const code.bytes[code.name], argument.as_ptr(), std::ptr::null()];
    let path = &raw const code.bytes[code.path];
    let flags = (libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD) as u64;
    let mut failure = 0i32;
    let (every, mut before) = (u64::MAX, 0u64);
    let pid: i64;
    // SAFETY: the masks are 8 bytes, as the kernel wants them. The child runs the instructions between the first
    // system call and the label only, and writes no memory but `failure`; what it does to its registers does not
    // touch the parent's.
    unsafe {
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const every, &raw mut before, 8);
        asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "mov edi, {file:e}",
            "mov esi, {fd}",
            "mov eax, 33",              // dup2
            "syscall",
            "mov edi, {fd}",
            "mov esi, 2",               // F_SETFD
            "xor edx, edx",
            "mov eax, 72",              // fcntl
            "syscall",
            "mov rdi, {path}",
            "mov rsi, {argv}",
            "xor edx, edx",
            "mov eax, 59",              // execve
            "syscall",
            "mov [{failure}], eax",
            "mov edi, 127",
            "mov eax, 231",             // exit_group
            "syscall",
            "ud2",
            "2:",
            file = in(reg) file.as_raw_fd(),
            path = in(reg) path,
            argv = in(reg) argv.as_ptr(),
            failure = in(reg) &raw mut failure,
            fd = const FD,
            inout("rax") libc::SYS_clone => pid,
            in("rdi") flags,
            in("rsi") 0u64,
            in("rdx") 0u64,
            in("r10") 0u64,
            in("r8") 0u64,
            out("rcx") _,
            out("r11") _,
        );
        libc::syscall(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK, &raw const before, 0usize, 8);
    }
    if pid < 0 {
        return Err(Error::Call { call: "clone", errno: Errno::from_raw(-pid as i32) });
    }
    if failure < 0 {
        // SAFETY: reaps our child, and wants no status.
        unsafe { libc::waitpid(pid as i32, std::ptr::null_mut(), libc::__WALL) };
        return Err(Error::Call { call: "execve", errno: Errno::from_raw(-failure) });
    }
    Ok(pid as i32)
}
