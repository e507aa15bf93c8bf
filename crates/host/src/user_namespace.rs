//! User namespaces, as far as the kernel shows them: ioctl_ns(2).

use crate::error::{Error, Result};
use lariat_abi::Tid;
use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;

/// `NS_GET_PARENT` of `<linux/nsfs.h>`.
const GET_PARENT: libc::c_ulong = 0xb702;
/// `NS_GET_OWNER_UID`.
const GET_OWNER: libc::c_ulong = 0xb704;
/// The inode number of the first user namespace, `PROC_USER_INIT_INO`.
const FIRST: u64 = 0xeffffffd;

/// A user namespace, held open.
#[derive(Debug)]
pub struct UserNamespace {
    file: File,
    inode: u64,
}

impl UserNamespace {
    /// The one a task is in.
    ///
    /// # Errors
    /// `EACCES`: the task may not be looked at (`PTRACE_MODE_READ_FSCREDS`). `ENOENT`: it is gone, or the kernel has
    /// no user namespaces.
    pub fn of(tid: Tid) -> std::io::Result<Self> {
        Self::new(File::open(format!("/proc/{tid}/ns/user"))?)
    }

    fn new(file: File) -> std::io::Result<Self> {
        let inode = file.metadata()?.ino();
        Ok(Self { file, inode })
    }

    /// The number that tells it from every other.
    #[must_use]
    pub const fn inode(&self) -> u64 {
        self.inode
    }

    /// Whether it is the machine's first, `init_user_ns`.
    #[must_use]
    pub const fn is_first(&self) -> bool {
        self.inode == FIRST
    }

    /// The one it was made in; `None` if that is none of ours: neither our own user namespace nor below it.
    ///
    /// # Errors
    /// What ioctl_ns(2) gives, but for the `EPERM` which means none.
    pub fn parent(&self) -> std::io::Result<Option<Self>> {
        // SAFETY: the request has no argument, and the descriptor is open.
        match unsafe { libc::ioctl(self.file.as_raw_fd(), GET_PARENT) } {
            -1 => match std::io::Error::last_os_error() {
                error if error.kind() == ErrorKind::PermissionDenied => Ok(None),
                error => Err(error),
            },
            // SAFETY: a new descriptor that nobody else knows of.
            fd => Self::new(unsafe { OwnedFd::from_raw_fd(fd) }.into()).map(Some),
        }
    }

    /// The user that made it, as our user namespace calls them.
    ///
    /// # Errors
    /// What ioctl_ns(2) gives.
    pub fn owner(&self) -> Result<u32> {
        let mut uid = 0u32;
        // SAFETY: the kernel writes one `uid_t`.
        match unsafe { libc::ioctl(self.file.as_raw_fd(), GET_OWNER, &raw mut uid) } {
            -1 => Err(Error::last("ioctl(NS_GET_OWNER_UID)")),
            _ => Ok(uid),
        }
    }
}
