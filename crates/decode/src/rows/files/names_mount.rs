//! Named constants of mounts, buffers, asynchronous calls and sandboxes, in the order strace names them.

use crate::table::{Table, tables};

/// Names of `XATTR_*`.
pub(super) static XATTR: Table = Table::new("XATTR_???", &[(0x1, "XATTR_CREATE"), (0x2, "XATTR_REPLACE")]);

/// Names of `SPLICE_F_*`.
pub(super) static SPLICE: Table = Table::new(
    "SPLICE_F_???",
    &[(0x1, "SPLICE_F_MOVE"), (0x2, "SPLICE_F_NONBLOCK"), (0x4, "SPLICE_F_MORE"), (0x8, "SPLICE_F_GIFT")],
);

/// Names of `SYNC_FILE_RANGE_*`.
pub(super) static SYNC_RANGE: Table = Table::new(
    "SYNC_FILE_RANGE_???",
    &[
        (0x1, "SYNC_FILE_RANGE_WAIT_BEFORE"),
        (0x2, "SYNC_FILE_RANGE_WRITE"),
        (0x4, "SYNC_FILE_RANGE_WAIT_AFTER"),
    ],
);

/// Names of `RWF_*`.
pub(super) static RWF: Table = Table::new(
    "RWF_???",
    &[(0x1, "RWF_HIPRI"), (0x2, "RWF_DSYNC"), (0x4, "RWF_SYNC"), (0x8, "RWF_NOWAIT"), (0x10, "RWF_APPEND")],
);

/// Names of `MS_*`.
pub(super) static MOUNT: Table = Table::new(
    "MS_???",
    &[
        (0x1, "MS_RDONLY"),
        (0x2, "MS_NOSUID"),
        (0x4, "MS_NODEV"),
        (0x8, "MS_NOEXEC"),
        (0x10, "MS_SYNCHRONOUS"),
        (0x20, "MS_REMOUNT"),
        (0x40, "MS_MANDLOCK"),
        (0x80, "MS_DIRSYNC"),
        (0x100, "MS_NOSYMFOLLOW"),
        (0x400, "MS_NOATIME"),
        (0x800, "MS_NODIRATIME"),
        (0x1000, "MS_BIND"),
        (0x2000, "MS_MOVE"),
        (0x4000, "MS_REC"),
        (0x8000, "MS_SILENT"),
        (0x10000, "MS_POSIXACL"),
        (0x20000, "MS_UNBINDABLE"),
        (0x40000, "MS_PRIVATE"),
        (0x80000, "MS_SLAVE"),
        (0x100000, "MS_SHARED"),
        (0x200000, "MS_RELATIME"),
        (0x400000, "MS_KERNMOUNT"),
        (0x800000, "MS_I_VERSION"),
        (0x1000000, "MS_STRICTATIME"),
        (0x2000000, "MS_LAZYTIME"),
        (0x4000000, "MS_SUBMOUNT"),
        (0x8000000, "MS_NOREMOTELOCK"),
        (0x10000000, "MS_NOSEC"),
        (0x20000000, "MS_BORN"),
        (0x40000000, "MS_ACTIVE"),
        (0x80000000, "MS_NOUSER"),
    ],
);

/// Names of `MNT_*`.
pub(super) static UMOUNT: Table = Table::new(
    "MNT_???",
    &[(0x1, "MNT_FORCE"), (0x2, "MNT_DETACH"), (0x4, "MNT_EXPIRE"), (0x8, "UMOUNT_NOFOLLOW")],
);

/// Names of `FSOPEN_*`.
pub(super) static FSOPEN: Table = Table::new("FSOPEN_???", &[(0x1, "FSOPEN_CLOEXEC")]);

/// Names of `FSCONFIG_*`.
pub(super) static FSCONFIG: Table = Table::new(
    "FSCONFIG_???",
    &[
        (0x0, "FSCONFIG_SET_FLAG"),
        (0x1, "FSCONFIG_SET_STRING"),
        (0x2, "FSCONFIG_SET_BINARY"),
        (0x3, "FSCONFIG_SET_PATH"),
        (0x4, "FSCONFIG_SET_PATH_EMPTY"),
        (0x5, "FSCONFIG_SET_FD"),
        (0x6, "FSCONFIG_CMD_CREATE"),
        (0x7, "FSCONFIG_CMD_RECONFIGURE"),
    ],
);

/// Names of `FSMOUNT_*`.
pub(super) static FSMOUNT: Table = Table::new("FSMOUNT_???", &[(0x1, "FSMOUNT_CLOEXEC")]);

tables! {
    /// Attributes of a mount, of `fsmount`.
    pub(super) FSMOUNT_ATTR "MOUNT_ATTR_???": 1 "MOUNT_ATTR_RDONLY", 2 "MOUNT_ATTR_NOSUID",
        4 "MOUNT_ATTR_NODEV", 8 "MOUNT_ATTR_NOEXEC", 0x10 "MOUNT_ATTR_NOATIME",
        0x20 "MOUNT_ATTR_STRICTATIME", 0x80 "MOUNT_ATTR_NODIRATIME";
    /// The same with what `mount_setattr` alone can do.
    pub(super) MOUNT_ATTR "MOUNT_ATTR_???": 1 "MOUNT_ATTR_RDONLY", 2 "MOUNT_ATTR_NOSUID",
        4 "MOUNT_ATTR_NODEV", 8 "MOUNT_ATTR_NOEXEC", 0x10 "MOUNT_ATTR_NOATIME",
        0x20 "MOUNT_ATTR_STRICTATIME", 0x80 "MOUNT_ATTR_NODIRATIME", 0x10_0000 "MOUNT_ATTR_IDMAP",
        0x20_0000 "MOUNT_ATTR_NOSYMFOLLOW";
    /// How mounts and unmounts spread.
    pub(super) PROPAGATION "MS_???": 0x2_0000 "MS_UNBINDABLE", 0x4_0000 "MS_PRIVATE", 0x8_0000 "MS_SLAVE",
        0x10_0000 "MS_SHARED";
}

/// Names of `FSPICK_*`.
pub(super) static FSPICK: Table = Table::new(
    "FSPICK_???",
    &[
        (0x1, "FSPICK_CLOEXEC"),
        (0x2, "FSPICK_SYMLINK_NOFOLLOW"),
        (0x4, "FSPICK_NO_AUTOMOUNT"),
        (0x8, "FSPICK_EMPTY_PATH"),
    ],
);

/// Names of `MOVE_MOUNT_*`.
pub(super) static MOVE_MOUNT: Table = Table::new(
    "MOVE_MOUNT_???",
    &[
        (0x1, "MOVE_MOUNT_F_SYMLINKS"),
        (0x2, "MOVE_MOUNT_F_AUTOMOUNTS"),
        (0x4, "MOVE_MOUNT_F_EMPTY_PATH"),
        (0x10, "MOVE_MOUNT_T_SYMLINKS"),
        (0x20, "MOVE_MOUNT_T_AUTOMOUNTS"),
        (0x40, "MOVE_MOUNT_T_EMPTY_PATH"),
        (0x100, "MOVE_MOUNT_SET_GROUP"),
    ],
);

/// Names of `OPEN_TREE_*`.
pub(super) static OPEN_TREE: Table = Table::new(
    "OPEN_TREE_???",
    &[
        (0x1, "OPEN_TREE_CLONE"),
        (0x80000, "OPEN_TREE_CLOEXEC"),
        (0x100, "AT_SYMLINK_NOFOLLOW"),
        (0x200, "AT_REMOVEDIR"),
        (0x400, "AT_SYMLINK_FOLLOW"),
        (0x800, "AT_NO_AUTOMOUNT"),
        (0x1000, "AT_EMPTY_PATH"),
        (0x8000, "AT_RECURSIVE"),
    ],
);

/// Names of `AT_*`.
pub(super) static MOUNT_SETATTR: Table = Table::new(
    "AT_???",
    &[
        (0x100, "AT_SYMLINK_NOFOLLOW"),
        (0x800, "AT_NO_AUTOMOUNT"),
        (0x1000, "AT_EMPTY_PATH"),
        (0x8000, "AT_RECURSIVE"),
    ],
);

/// Names of `MFD_*`.
pub(super) static MEMFD: Table =
    Table::new("MFD_???", &[(0x1, "MFD_CLOEXEC"), (0x2, "MFD_ALLOW_SEALING"), (0x4, "MFD_HUGETLB")]);

/// Names of `UFFD_*`.
pub(super) static USERFAULTFD: Table =
    Table::new("UFFD_???", &[(0x1, "UFFD_USER_MODE_ONLY"), (0x800, "O_NONBLOCK"), (0x80000, "O_CLOEXEC")]);

/// Names of `LANDLOCK_CREATE_RULESET_*`.
pub(super) static LANDLOCK_CREATE: Table =
    Table::new("LANDLOCK_CREATE_RULESET_???", &[(0x1, "LANDLOCK_CREATE_RULESET_VERSION")]);

/// Names of `LANDLOCK_RULE_*`.
pub(super) static LANDLOCK_RULE: Table =
    Table::new("LANDLOCK_RULE_???", &[(0x1, "LANDLOCK_RULE_PATH_BENEATH")]);

/// Names of `LANDLOCK_ACCESS_FS_*`.
pub(super) static LANDLOCK_ACCESS: Table = Table::new(
    "LANDLOCK_ACCESS_FS_???",
    &[
        (0x1, "LANDLOCK_ACCESS_FS_EXECUTE"),
        (0x2, "LANDLOCK_ACCESS_FS_WRITE_FILE"),
        (0x4, "LANDLOCK_ACCESS_FS_READ_FILE"),
        (0x8, "LANDLOCK_ACCESS_FS_READ_DIR"),
        (0x10, "LANDLOCK_ACCESS_FS_REMOVE_DIR"),
        (0x20, "LANDLOCK_ACCESS_FS_REMOVE_FILE"),
        (0x40, "LANDLOCK_ACCESS_FS_MAKE_CHAR"),
        (0x80, "LANDLOCK_ACCESS_FS_MAKE_DIR"),
        (0x100, "LANDLOCK_ACCESS_FS_MAKE_REG"),
        (0x200, "LANDLOCK_ACCESS_FS_MAKE_SOCK"),
        (0x400, "LANDLOCK_ACCESS_FS_MAKE_FIFO"),
        (0x800, "LANDLOCK_ACCESS_FS_MAKE_BLOCK"),
        (0x1000, "LANDLOCK_ACCESS_FS_MAKE_SYM"),
        (0x2000, "LANDLOCK_ACCESS_FS_REFER"),
    ],
);

/// Names of `IORING_SETUP_*`.
pub(super) static IORING_SETUP: Table = Table::new(
    "IORING_SETUP_???",
    &[
        (0x1, "IORING_SETUP_IOPOLL"),
        (0x2, "IORING_SETUP_SQPOLL"),
        (0x4, "IORING_SETUP_SQ_AFF"),
        (0x8, "IORING_SETUP_CQSIZE"),
        (0x10, "IORING_SETUP_CLAMP"),
        (0x20, "IORING_SETUP_ATTACH_WQ"),
        (0x40, "IORING_SETUP_R_DISABLED"),
        (0x80, "IORING_SETUP_SUBMIT_ALL"),
        (0x100, "IORING_SETUP_COOP_TASKRUN"),
        (0x200, "IORING_SETUP_TASKRUN_FLAG"),
        (0x400, "IORING_SETUP_SQE128"),
        (0x800, "IORING_SETUP_CQE32"),
    ],
);

/// Names of `IORING_FEAT_*`.
pub(super) static IORING_FEAT: Table = Table::new(
    "IORING_FEAT_???",
    &[
        (0x1, "IORING_FEAT_SINGLE_MMAP"),
        (0x2, "IORING_FEAT_NODROP"),
        (0x4, "IORING_FEAT_SUBMIT_STABLE"),
        (0x8, "IORING_FEAT_RW_CUR_POS"),
        (0x10, "IORING_FEAT_CUR_PERSONALITY"),
        (0x20, "IORING_FEAT_FAST_POLL"),
        (0x40, "IORING_FEAT_POLL_32BITS"),
        (0x80, "IORING_FEAT_SQPOLL_NONFIXED"),
        (0x100, "IORING_FEAT_EXT_ARG"),
        (0x200, "IORING_FEAT_NATIVE_WORKERS"),
        (0x400, "IORING_FEAT_RSRC_TAGS"),
        (0x800, "IORING_FEAT_CQE_SKIP"),
        (0x1000, "IORING_FEAT_LINKED_FILE"),
    ],
);

/// Names of `IORING_ENTER_*`.
pub(super) static IORING_ENTER: Table = Table::new(
    "IORING_ENTER_???",
    &[
        (0x1, "IORING_ENTER_GETEVENTS"),
        (0x2, "IORING_ENTER_SQ_WAKEUP"),
        (0x4, "IORING_ENTER_SQ_WAIT"),
        (0x8, "IORING_ENTER_EXT_ARG"),
        (0x10, "IORING_ENTER_REGISTERED_RING"),
    ],
);

/// Names of `IORING_REGISTER_*`.
pub(super) static IORING_REGISTER: Table = Table::new(
    "IORING_REGISTER_???",
    &[
        (0x0, "IORING_REGISTER_BUFFERS"),
        (0x1, "IORING_UNREGISTER_BUFFERS"),
        (0x2, "IORING_REGISTER_FILES"),
        (0x3, "IORING_UNREGISTER_FILES"),
        (0x4, "IORING_REGISTER_EVENTFD"),
        (0x5, "IORING_UNREGISTER_EVENTFD"),
        (0x6, "IORING_REGISTER_FILES_UPDATE"),
        (0x7, "IORING_REGISTER_EVENTFD_ASYNC"),
        (0x8, "IORING_REGISTER_PROBE"),
        (0x9, "IORING_REGISTER_PERSONALITY"),
        (0xa, "IORING_UNREGISTER_PERSONALITY"),
        (0xb, "IORING_REGISTER_RESTRICTIONS"),
        (0xc, "IORING_REGISTER_ENABLE_RINGS"),
        (0xd, "IORING_REGISTER_FILES2"),
        (0xe, "IORING_REGISTER_FILES_UPDATE2"),
        (0xf, "IORING_REGISTER_BUFFERS2"),
        (0x10, "IORING_REGISTER_BUFFERS_UPDATE"),
        (0x11, "IORING_REGISTER_IOWQ_AFF"),
        (0x12, "IORING_UNREGISTER_IOWQ_AFF"),
        (0x13, "IORING_REGISTER_IOWQ_MAX_WORKERS"),
        (0x14, "IORING_REGISTER_RING_FDS"),
        (0x15, "IORING_UNREGISTER_RING_FDS"),
        (0x16, "IORING_REGISTER_PBUF_RING"),
        (0x17, "IORING_UNREGISTER_PBUF_RING"),
    ],
);

/// Names of `IOCB_CMD_*`.
pub(super) static IOCB_CMD: Table = Table::new(
    "IOCB_CMD_???",
    &[
        (0x0, "IOCB_CMD_PREAD"),
        (0x1, "IOCB_CMD_PWRITE"),
        (0x2, "IOCB_CMD_FSYNC"),
        (0x3, "IOCB_CMD_FDSYNC"),
        (0x4, "IOCB_CMD_PREADX"),
        (0x5, "IOCB_CMD_POLL"),
        (0x6, "IOCB_CMD_NOOP"),
        (0x7, "IOCB_CMD_PREADV"),
        (0x8, "IOCB_CMD_PWRITEV"),
    ],
);

/// Names of `IOCB_FLAG_*`.
pub(super) static IOCB_FLAGS: Table =
    Table::new("IOCB_FLAG_???", &[(0x1, "IOCB_FLAG_RESFD"), (0x2, "IOCB_FLAG_IOPRIO")]);
