//! Named constants of descriptors, locks and events, in the order strace names them.

use crate::table::Table;

/// Names of `F_*`.
pub(super) static FCNTL: Table = Table::new(
    "F_???",
    &[
        (0x0, "F_DUPFD"),
        (0x1, "F_GETFD"),
        (0x2, "F_SETFD"),
        (0x3, "F_GETFL"),
        (0x4, "F_SETFL"),
        (0x5, "F_GETLK"),
        (0x6, "F_SETLK"),
        (0x7, "F_SETLKW"),
        (0x8, "F_SETOWN"),
        (0x9, "F_GETOWN"),
        (0xa, "F_SETSIG"),
        (0xb, "F_GETSIG"),
        (0xc, "F_GETLK64"),
        (0xd, "F_SETLK64"),
        (0xe, "F_SETLKW64"),
        (0xf, "F_SETOWN_EX"),
        (0x10, "F_GETOWN_EX"),
        (0x11, "F_GETOWNER_UIDS"),
        (0x24, "F_OFD_GETLK"),
        (0x25, "F_OFD_SETLK"),
        (0x26, "F_OFD_SETLKW"),
        (0x400, "F_SETLEASE"),
        (0x401, "F_GETLEASE"),
        (0x402, "F_NOTIFY"),
        (0x405, "F_CANCELLK"),
        (0x406, "F_DUPFD_CLOEXEC"),
        (0x407, "F_SETPIPE_SZ"),
        (0x408, "F_GETPIPE_SZ"),
        (0x409, "F_ADD_SEALS"),
        (0x40a, "F_GET_SEALS"),
    ],
);

/// Names of `FD_*`.
pub(super) static FD_FLAGS: Table = Table::new("FD_???", &[(0x1, "FD_CLOEXEC")]);

/// Names of `F_*`.
pub(super) static LOCK_TYPE: Table =
    Table::new("F_???", &[(0x0, "F_RDLCK"), (0x1, "F_WRLCK"), (0x2, "F_UNLCK"), (0x4, "F_EXLCK")]);

/// Names of `DN_*`.
pub(super) static NOTIFY: Table = Table::new(
    "DN_???",
    &[
        (0x1, "DN_ACCESS"),
        (0x2, "DN_MODIFY"),
        (0x4, "DN_CREATE"),
        (0x8, "DN_DELETE"),
        (0x10, "DN_RENAME"),
        (0x20, "DN_ATTRIB"),
        (0x80000000, "DN_MULTISHOT"),
    ],
);

/// Names of `F_SEAL_*`.
pub(super) static SEALS: Table = Table::new(
    "F_SEAL_???",
    &[
        (0x1, "F_SEAL_SEAL"),
        (0x2, "F_SEAL_SHRINK"),
        (0x4, "F_SEAL_GROW"),
        (0x8, "F_SEAL_WRITE"),
        (0x10, "F_SEAL_FUTURE_WRITE"),
    ],
);

/// Names of `LOCK_*`.
pub(super) static FLOCK: Table = Table::new(
    "LOCK_???",
    &[
        (0x1, "LOCK_SH"),
        (0x2, "LOCK_EX"),
        (0x4, "LOCK_NB"),
        (0x8, "LOCK_UN"),
        (0x20, "LOCK_MAND"),
        (0xc0, "LOCK_RW"),
        (0x40, "LOCK_READ"),
        (0x80, "LOCK_WRITE"),
    ],
);

/// Names of `POLL_*`.
pub(super) static POLL: Table = Table::new(
    "POLL???",
    &[
        (0x1, "POLLIN"),
        (0x2, "POLLPRI"),
        (0x4, "POLLOUT"),
        (0x8, "POLLERR"),
        (0x10, "POLLHUP"),
        (0x20, "POLLNVAL"),
        (0x40, "POLLRDNORM"),
        (0x80, "POLLRDBAND"),
        (0x100, "POLLWRNORM"),
        (0x200, "POLLWRBAND"),
        (0x400, "POLLMSG"),
        (0x1000, "POLLREMOVE"),
        (0x2000, "POLLRDHUP"),
        (0x8000, "POLL_BUSY_LOOP"),
    ],
);

/// Names of `EPOLL_*`.
pub(super) static EPOLL_CREATE1: Table = Table::new("EPOLL_???", &[(0x80000, "EPOLL_CLOEXEC")]);

/// Names of `EPOLL_CTL_*`.
pub(super) static EPOLL_CTL: Table =
    Table::new("EPOLL_CTL_???", &[(0x1, "EPOLL_CTL_ADD"), (0x2, "EPOLL_CTL_DEL"), (0x3, "EPOLL_CTL_MOD")]);

/// Names of `EPOLL_*`.
pub(super) static EPOLL_EVENTS: Table = Table::new(
    "EPOLL???",
    &[
        (0x1, "EPOLLIN"),
        (0x2, "EPOLLPRI"),
        (0x4, "EPOLLOUT"),
        (0x8, "EPOLLERR"),
        (0x10, "EPOLLHUP"),
        (0x20, "EPOLLNVAL"),
        (0x40, "EPOLLRDNORM"),
        (0x80, "EPOLLRDBAND"),
        (0x100, "EPOLLWRNORM"),
        (0x200, "EPOLLWRBAND"),
        (0x400, "EPOLLMSG"),
        (0x2000, "EPOLLRDHUP"),
        (0x10000000, "EPOLLEXCLUSIVE"),
        (0x20000000, "EPOLLWAKEUP"),
        (0x40000000, "EPOLLONESHOT"),
        (0x80000000, "EPOLLET"),
    ],
);

/// Names of `EFD_*`.
pub(super) static EVENTFD: Table =
    Table::new("EFD_???", &[(0x1, "EFD_SEMAPHORE"), (0x80000, "EFD_CLOEXEC"), (0x800, "EFD_NONBLOCK")]);

/// Names of `SFD_*`.
pub(super) static SIGNALFD: Table =
    Table::new("SFD_???", &[(0x80000, "SFD_CLOEXEC"), (0x800, "SFD_NONBLOCK")]);

/// Names of `TFD_*`.
pub(super) static TIMERFD: Table = Table::new(
    "TFD_???",
    &[
        (0x1, "TFD_TIMER_ABSTIME"),
        (0x2, "TFD_TIMER_CANCEL_ON_SET"),
        (0x80000, "TFD_CLOEXEC"),
        (0x800, "TFD_NONBLOCK"),
    ],
);

/// Names of `TFD_*`.
pub(super) static TIMERFD_SET: Table = Table::new(
    "TFD_???",
    &[
        (0x1, "TFD_TIMER_ABSTIME"),
        (0x2, "TFD_TIMER_CANCEL_ON_SET"),
        (0x80000, "TFD_CLOEXEC"),
        (0x800, "TFD_NONBLOCK"),
    ],
);

pub(super) use crate::rows::common::CLOCK;

/// Names of `IN_*`.
pub(super) static INOTIFY_INIT: Table =
    Table::new("IN_???", &[(0x800, "IN_NONBLOCK"), (0x80000, "IN_CLOEXEC")]);

/// Names of `IN_*`.
pub(super) static INOTIFY: Table = Table::new(
    "IN_???",
    &[
        (0x1, "IN_ACCESS"),
        (0x2, "IN_MODIFY"),
        (0x4, "IN_ATTRIB"),
        (0x8, "IN_CLOSE_WRITE"),
        (0x10, "IN_CLOSE_NOWRITE"),
        (0x20, "IN_OPEN"),
        (0x40, "IN_MOVED_FROM"),
        (0x80, "IN_MOVED_TO"),
        (0x100, "IN_CREATE"),
        (0x200, "IN_DELETE"),
        (0x400, "IN_DELETE_SELF"),
        (0x800, "IN_MOVE_SELF"),
        (0x2000, "IN_UNMOUNT"),
        (0x4000, "IN_Q_OVERFLOW"),
        (0x8000, "IN_IGNORED"),
        (0x1000000, "IN_ONLYDIR"),
        (0x2000000, "IN_DONT_FOLLOW"),
        (0x4000000, "IN_EXCL_UNLINK"),
        (0x10000000, "IN_MASK_CREATE"),
        (0x20000000, "IN_MASK_ADD"),
        (0x40000000, "IN_ISDIR"),
        (0x80000000, "IN_ONESHOT"),
    ],
);

/// Names of `FAN_*`.
pub(super) static FAN_INIT: Table = Table::new(
    "FAN_???",
    &[
        (0x1, "FAN_CLOEXEC"),
        (0x2, "FAN_NONBLOCK"),
        (0x10, "FAN_UNLIMITED_QUEUE"),
        (0x20, "FAN_UNLIMITED_MARKS"),
        (0x40, "FAN_ENABLE_AUDIT"),
        (0x80, "FAN_REPORT_PIDFD"),
        (0x100, "FAN_REPORT_TID"),
        (0x200, "FAN_REPORT_FID"),
        (0x400, "FAN_REPORT_DIR_FID"),
        (0x800, "FAN_REPORT_NAME"),
        (0x1000, "FAN_REPORT_TARGET_FID"),
    ],
);

/// Names of `FAN_MARK_*`.
pub(super) static FAN_MARK: Table = Table::new(
    "FAN_MARK_???",
    &[
        (0x1, "FAN_MARK_ADD"),
        (0x2, "FAN_MARK_REMOVE"),
        (0x4, "FAN_MARK_DONT_FOLLOW"),
        (0x8, "FAN_MARK_ONLYDIR"),
        (0x10, "FAN_MARK_MOUNT"),
        (0x20, "FAN_MARK_IGNORED_MASK"),
        (0x40, "FAN_MARK_IGNORED_SURV_MODIFY"),
        (0x80, "FAN_MARK_FLUSH"),
        (0x100, "FAN_MARK_FILESYSTEM"),
        (0x200, "FAN_MARK_EVICTABLE"),
        (0x400, "FAN_MARK_IGNORE"),
    ],
);

/// Names of `FAN_*`.
pub(super) static FAN_MASK: Table = Table::new(
    "FAN_???",
    &[
        (0x1, "FAN_ACCESS"),
        (0x2, "FAN_MODIFY"),
        (0x4, "FAN_ATTRIB"),
        (0x8, "FAN_CLOSE_WRITE"),
        (0x10, "FAN_CLOSE_NOWRITE"),
        (0x20, "FAN_OPEN"),
        (0x40, "FAN_MOVED_FROM"),
        (0x80, "FAN_MOVED_TO"),
        (0x100, "FAN_CREATE"),
        (0x200, "FAN_DELETE"),
        (0x400, "FAN_DELETE_SELF"),
        (0x800, "FAN_MOVE_SELF"),
        (0x1000, "FAN_OPEN_EXEC"),
        (0x4000, "FAN_Q_OVERFLOW"),
        (0x8000, "FAN_FS_ERROR"),
        (0x10000, "FAN_OPEN_PERM"),
        (0x20000, "FAN_ACCESS_PERM"),
        (0x40000, "FAN_OPEN_EXEC_PERM"),
        (0x80000, "FAN_DIR_MODIFY"),
        (0x40000000, "FAN_ONDIR"),
        (0x8000000, "FAN_EVENT_ON_CHILD"),
        (0x10000000, "FAN_RENAME"),
    ],
);
