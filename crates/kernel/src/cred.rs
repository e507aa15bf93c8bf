//! Who a task is: `struct cred`, user namespaces and capabilities, as far as ptrace asks.
//!
//! credentials(7), capabilities(7), user_namespaces(7). Ids are kernel ids (`kuid_t`), the same in every namespace.

use std::fmt;

/// A user namespace, by its place in [`UserNamespaces`]. [`UserNs::INIT`] is the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UserNs(pub u32);

impl UserNs {
    /// `init_user_ns`.
    pub const INIT: Self = Self(0);
}

/// A set of capabilities: bit `n` is capability `n` of `<linux/capability.h>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Caps(pub u64);

impl Caps {
    /// `CAP_KILL`.
    pub const KILL: u32 = 5;
    /// `CAP_SYS_PTRACE`.
    pub const SYS_PTRACE: u32 = 19;
    /// `CAP_SYS_ADMIN`.
    pub const SYS_ADMIN: u32 = 21;
    /// Every capability.
    pub const ALL: Self = Self(u64::MAX);

    /// Whether the capability is in the set.
    #[must_use]
    pub const fn has(self, cap: u32) -> bool {
        self.0 >> cap & 1 != 0
    }

    /// `cap_issubset`: whether each of these is among `others`.
    #[must_use]
    pub const fn is_subset(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }
}

/// In the order of their numbers; `<linux/capability.h>`.
static NAMES: [&str; 41] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

/// The names, with commas; a capability that has none here by its number.
impl fmt::Display for Caps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut between = "";
        for cap in (0..u64::BITS).filter(|&cap| self.has(cap)) {
            f.write_str(between)?;
            match NAMES.get(cap as usize) {
                Some(name) => f.write_str(name)?,
                None => write!(f, "capability {cap}")?,
            }
            between = ", ";
        }
        Ok(())
    }
}

/// `struct cred`: a task's ids, capabilities and user namespace.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cred {
    /// Real user id.
    pub uid: u32,
    /// Effective user id.
    pub euid: u32,
    /// Saved set-user-id.
    pub suid: u32,
    /// Filesystem user id.
    pub fsuid: u32,
    /// Real group id.
    pub gid: u32,
    /// Effective group id.
    pub egid: u32,
    /// Saved set-group-id.
    pub sgid: u32,
    /// Filesystem group id.
    pub fsgid: u32,
    /// Effective capabilities.
    pub effective: Caps,
    /// Permitted capabilities.
    pub permitted: Caps,
    /// The user namespace the capabilities are held in.
    pub user_ns: UserNs,
}

impl Cred {
    /// A user without capabilities, in the first namespace.
    #[must_use]
    pub const fn user(uid: u32, gid: u32) -> Self {
        Self {
            uid,
            euid: uid,
            suid: uid,
            fsuid: uid,
            gid,
            egid: gid,
            sgid: gid,
            fsgid: gid,
            effective: Caps(0),
            permitted: Caps(0),
            user_ns: UserNs::INIT,
        }
    }

    /// The superuser of the first namespace.
    #[must_use]
    pub const fn root() -> Self {
        Self { effective: Caps::ALL, permitted: Caps::ALL, ..Self::user(0, 0) }
    }
}

/// The tree of user namespaces: of each its parent and the user that made it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct UserNamespaces {
    /// Parent and owner of namespace `n + 1`; the first has neither.
    nested: Vec<(UserNs, u32)>,
}

impl UserNamespaces {
    /// Adds a namespace that a task of user `owner` (its effective id) makes in `parent`.
    pub fn add(&mut self, parent: UserNs, owner: u32) -> UserNs {
        self.nested.push((parent, owner));
        UserNs(self.nested.len() as u32)
    }

    /// `cap_capable`: whether these credentials hold the capability over things of `target`. They do if they are
    /// in `target` or an ancestor of it and hold it there; and the owner of a namespace, seen from its parent,
    /// holds all of them in it.
    #[must_use]
    pub fn capable(&self, cred: &Cred, target: UserNs, cap: u32) -> bool {
        let mut ns = target;
        loop {
            if ns == cred.user_ns {
                return cred.effective.has(cap);
            }
            let Some(&(parent, owner)) = ns.0.checked_sub(1).and_then(|at| self.nested.get(at as usize))
            else {
                return false;
            };
            if parent == cred.user_ns && owner == cred.euid {
                return true;
            }
            // A parent is there before its child: whoever added it otherwise gets no walk without an end.
            if parent >= ns {
                return false;
            }
            ns = parent;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_have_names() {
        assert_eq!(Caps(0).to_string(), "");
        assert_eq!(Caps(1 << Caps::SYS_PTRACE | 1 << Caps::KILL).to_string(), "CAP_KILL, CAP_SYS_PTRACE");
        assert_eq!(Caps(1 << 40 | 1 << 63).to_string(), "CAP_CHECKPOINT_RESTORE, capability 63");
    }

    #[test]
    fn a_namespace_that_is_its_own_parent_ends_the_walk() {
        let mut namespaces = UserNamespaces::default();
        let odd = namespaces.add(UserNs(1), 0);
        assert!(!namespaces.capable(&Cred::root(), odd, Caps::KILL));
    }
}
