//! What /proc says of a process that one may not touch: `/proc/PID/status` and `/proc/PID/stat`; proc(5).

use lariat_abi::Tid;
use std::os::unix::fs::MetadataExt;

/// `PF_KTHREAD` of `<linux/sched.h>`, in the flags of `/proc/PID/stat`.
const KERNEL_THREAD: u64 = 0x0020_0000;

/// A process or thread as everybody may see it. Ids are those of the reader's user namespace, where ids that it
/// does not map are all the same (`/proc/sys/kernel/overflowuid`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessStatus {
    /// `State:`, the letter: `R`, `S`, `D`, `T`, `t` (in a ptrace-stop), `Z`, `X`, `I`.
    pub state: char,
    /// `Tgid:`, the process.
    pub process: Tid,
    /// `PPid:`, the process of the parent; 0 if that is in none of our pid namespaces.
    pub parent: Tid,
    /// `TracerPid:`, the thread that traces it. A tracer outside of our pid namespace is not told.
    pub tracer: Option<Tid>,
    /// `Uid:`, real, effective, saved, filesystem.
    pub uids: [u32; 4],
    /// `Gid:`, in the same order.
    pub gids: [u32; 4],
    /// `CapPrm:`, permitted capabilities, a bit each.
    pub permitted: u64,
    /// `CapEff:`, effective capabilities.
    pub effective: u64,
    /// `Seccomp:`: 0 none, 1 strict, 2 a filter.
    pub seccomp: u32,
    /// Whether it has memory of its own: neither dead nor a kernel thread.
    pub has_memory: bool,
    /// Whether it is a kernel thread.
    pub kernel_thread: bool,
    /// The user and group that /proc gives its files to: the effective ones of a process that is dumpable,
    /// else the superuser of its memory's user namespace.
    pub owner: Option<(u32, u32)>,
}

impl ProcessStatus {
    /// Reads it; `None` if there is no such process, or if it is hidden from us.
    #[must_use]
    pub fn read(tid: Tid) -> Option<Self> {
        let stat = format!("/proc/{tid}/stat");
        let flags = std::fs::read(&stat).ok().and_then(|text| flags(&String::from_utf8_lossy(&text)));
        let owner = std::fs::metadata(&stat).ok().map(|meta| (meta.uid(), meta.gid()));
        let text = std::fs::read(format!("/proc/{tid}/status")).ok()?;
        let status = Self::parse(&String::from_utf8_lossy(&text))?;
        Some(Self { kernel_thread: flags? & KERNEL_THREAD != 0, owner, ..status })
    }

    /// What `/proc/PID/status` says.
    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            value.map(str::trim)
        };
        let tid = |name| Some(Tid::new(field(name)?.parse().ok()?));
        let ids = |name| {
            let ids: Vec<u32> = field(name)?.split_whitespace().filter_map(|id| id.parse().ok()).collect();
            <[u32; 4]>::try_from(ids).ok()
        };
        let set = |name| u64::from_str_radix(field(name)?, 16).ok();
        Some(Self {
            state: field("State")?.chars().next()?,
            process: tid("Tgid")?,
            parent: tid("PPid")?,
            tracer: Some(tid("TracerPid")?).filter(|tracer| tracer.as_raw() != 0),
            uids: ids("Uid")?,
            gids: ids("Gid")?,
            permitted: set("CapPrm")?,
            effective: set("CapEff")?,
            // A kernel without seccomp has no such line.
            seccomp: field("Seccomp").and_then(|mode| mode.parse().ok()).unwrap_or(0),
            has_memory: field("VmSize").is_some(),
            kernel_thread: false,
            owner: None,
        })
    }

    /// Whether it is dead: a zombie, or about to vanish.
    #[must_use]
    pub const fn is_dead(&self) -> bool {
        matches!(self.state, 'Z' | 'X' | 'x')
    }
}

/// The ninth field of `/proc/PID/stat`. The second, the name, may contain anything, also parentheses and spaces.
fn flags(stat: &str) -> Option<u64> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(6)?.parse().ok()
}

/// The name of a process or thread (`/proc/PID/comm`), with what a terminal would obey escaped.
#[must_use]
pub fn command_name(tid: Tid) -> Option<String> {
    let name = std::fs::read(format!("/proc/{tid}/comm")).ok()?;
    let name = String::from_utf8_lossy(name.strip_suffix(b"\n").unwrap_or(&name)).into_owned();
    Some(name.escape_debug().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Name:\ta) R 0 State: x\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t71\nNgid:\t0\nPid:\t72\n\
        PPid:\t5\nTracerPid:\t9\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nVmSize:\t   12 kB\nCapPrm:\t00000000000000ff\n\
        CapEff:\t0000000000000003\nSeccomp:\t2\n";

    #[test]
    fn a_status() {
        let status = ProcessStatus::parse(STATUS).expect("complete");
        assert_eq!((status.state, status.process, status.parent), ('S', Tid::new(71), Tid::new(5)));
        assert_eq!((status.tracer, status.seccomp, status.has_memory), (Some(Tid::new(9)), 2, true));
        assert_eq!((status.uids, status.gids), ([1, 2, 3, 4], [5, 6, 7, 8]));
        assert_eq!((status.permitted, status.effective), (0xff, 3));
    }

    #[test]
    fn what_is_cut_off_or_odd_is_no_status() {
        for end in 0..STATUS.len() - "Seccomp:\t2\n".len() - 1 {
            assert_eq!(ProcessStatus::parse(&STATUS[..end]).filter(|s| s.effective == 3), None, "{end}");
        }
        assert_eq!(ProcessStatus::parse(&STATUS.replace("1\t2\t3\t4", "1\t2\t-3\t4")), None);
    }

    #[test]
    fn a_name_may_look_like_anything() {
        assert_eq!(flags("7 (a) R 1 2 (b)) S 1 2 3 4 5 2097216 0 0"), Some(2_097_216));
        assert_eq!(flags("7 (a"), None);
        assert_eq!(flags(""), None);
    }

    #[test]
    fn this_process() {
        let status = ProcessStatus::read(Tid::new(std::process::id() as i32)).expect("it lives");
        assert!(status.has_memory && !status.kernel_thread && !status.is_dead());
        assert_eq!(status.process.as_raw(), std::process::id() as i32);
    }
}
