//! What a tracee's numbers refer to, from /proc: descriptors (`-y`, `-yy`), command names (`-Y`), processes in
//! other namespaces, network interfaces.

use crate::settings::Settings;
use crate::sockets;
use lariat_abi::Tid;
use lariat_decode::Names;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::PathBuf;

/// The names that the user asked for, of one tracee.
pub(crate) struct ProcNames<'a> {
    pub(crate) tid: Tid,
    pub(crate) settings: &'a Settings,
    /// The call that a restart goes on with.
    pub(crate) interrupted: Option<&'static str>,
}

impl ProcNames<'_> {
    fn entry(&self, what: &str) -> PathBuf {
        format!("/proc/{}/{what}", self.tid).into()
    }

    /// A path or another name that the tracee chose, with what would end it escaped: it is shown between angle
    /// brackets.
    fn path(&self, path: &std::path::Path) -> String {
        let mut shown = Vec::new();
        self.settings.style.escaped(&mut shown, path.as_os_str().as_bytes(), b"<>");
        String::from_utf8_lossy(&shown).into_owned()
    }

    /// The process that a pidfd refers to, in our own namespace.
    fn pidfd(&self, fd: i32) -> Option<String> {
        let info = std::fs::read_to_string(self.entry(&format!("fdinfo/{fd}"))).ok()?;
        let pid = info.lines().find_map(|line| line.strip_prefix("Pid:"))?.trim();
        Some(format!("pid:{pid}"))
    }
}

impl Names for ProcNames<'_> {
    fn fd(&self, fd: i32) -> Option<Box<str>> {
        let wanted = self.settings.decode_fds;
        if !(wanted.path || wanted.socket || wanted.dev || wanted.pidfd) {
            return None;
        }
        let entry = self.entry(&format!("fd/{fd}"));
        let link = std::fs::read_link(&entry).ok()?;
        let name = link.to_str().unwrap_or_default();
        if wanted.socket
            && let Some(inode) = name.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']'))
            && let Some(text) = sockets::describe(self.tid, fd, inode.parse().ok()?, &self.settings.style)
        {
            return Some(text.into());
        }
        if wanted.pidfd
            && name == "anon_inode:[pidfd]"
            && let Some(text) = self.pidfd(fd)
        {
            return Some(text.into());
        }
        if wanted.dev
            && name.starts_with("/dev/")
            && let Ok(meta) = std::fs::metadata(&entry)
        {
            let kind = meta.file_type();
            let kind =
                if kind.is_char_device() { Some("char") } else { kind.is_block_device().then_some("block") };
            if let Some(kind) = kind {
                let (major, minor) = lariat_decode::device_numbers(meta.rdev());
                return Some(format!("{}<{kind} {major}:{minor}>", self.path(&link)).into());
            }
        }
        wanted.path.then(|| self.path(&link).into())
    }

    fn cwd(&self) -> Option<Box<str>> {
        if !self.settings.decode_fds.path {
            return None;
        }
        std::fs::read_link(self.entry("cwd")).ok().map(|link| self.path(&link).into())
    }

    fn comm(&self, pid: i32) -> Option<Box<str>> {
        if !self.settings.decode_pids_comm {
            return None;
        }
        let pid = crate::namespaces::outer_pid(self.tid, pid).unwrap_or(pid);
        let comm = std::fs::read(format!("/proc/{pid}/comm")).ok()?;
        let comm = std::ffi::OsStr::from_bytes(comm.strip_suffix(b"\n").unwrap_or(&comm));
        Some(self.path(std::path::Path::new(comm)).into())
    }

    fn outer_pid(&self, pid: i32) -> Option<i32> {
        if !self.settings.decode_pids_namespace {
            return None;
        }
        crate::namespaces::outer_pid(self.tid, pid).filter(|&outer| outer != pid)
    }

    fn interrupted(&self) -> Option<&'static str> {
        self.interrupted
    }

    fn interface(&self, index: u32) -> Option<Box<str>> {
        // The one table of a network namespace that has numbers and names of interfaces.
        let table = std::fs::read_to_string(self.entry("net/igmp")).ok()?;
        table.lines().find_map(|line| {
            let mut fields = line.split_whitespace();
            let same = fields.next()?.parse() == Ok(index);
            fields.next().filter(|_| same && !line.starts_with('\t')).map(Into::into)
        })
    }
}
