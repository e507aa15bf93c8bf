//! What a tracee's numbers refer to, from /proc: paths of descriptors (`-y`), command names (`-Y`).

use crate::settings::Settings;
use lariat_abi::Tid;
use lariat_decode::Names;

/// The names that the user asked for, of one tracee.
pub(crate) struct ProcNames<'a> {
    pub(crate) tid: Tid,
    pub(crate) settings: &'a Settings,
}

impl ProcNames<'_> {
    fn link(&self, what: &str) -> Option<Box<str>> {
        if !self.settings.decode_fds.path {
            return None;
        }
        let target = std::fs::read_link(format!("/proc/{}/{what}", self.tid)).ok()?;
        let bytes = std::os::unix::ffi::OsStrExt::as_bytes(target.as_os_str());
        // A name is shown between angle brackets, which are therefore escaped in it.
        let mut shown = Vec::new();
        self.settings.style.escaped(&mut shown, bytes, b"<>");
        Some(String::from_utf8_lossy(&shown).into())
    }
}

impl Names for ProcNames<'_> {
    fn fd(&self, fd: i32) -> Option<Box<str>> {
        self.link(&format!("fd/{fd}"))
    }

    fn cwd(&self) -> Option<Box<str>> {
        self.link("cwd")
    }

    fn comm(&self, pid: i32) -> Option<Box<str>> {
        if !self.settings.decode_pids_comm {
            return None;
        }
        std::fs::read_to_string(format!("/proc/{pid}/comm")).ok().map(|comm| comm.trim_end().into())
    }
}
