//! Names for the calls about the system as a whole.

use crate::table::Table;

/// syslog(2).
pub(super) static SYSLOG_ACTIONS: Table = Table::new(
    "SYSLOG_ACTION_???",
    &[
        (0x0, "SYSLOG_ACTION_CLOSE"),
        (0x1, "SYSLOG_ACTION_OPEN"),
        (0x2, "SYSLOG_ACTION_READ"),
        (0x3, "SYSLOG_ACTION_READ_ALL"),
        (0x4, "SYSLOG_ACTION_READ_CLEAR"),
        (0x5, "SYSLOG_ACTION_CLEAR"),
        (0x6, "SYSLOG_ACTION_CONSOLE_OFF"),
        (0x7, "SYSLOG_ACTION_CONSOLE_ON"),
        (0x8, "SYSLOG_ACTION_CONSOLE_LEVEL"),
        (0x9, "SYSLOG_ACTION_SIZE_UNREAD"),
        (0xa, "SYSLOG_ACTION_SIZE_BUFFER"),
    ],
);

pub(super) static LOG_LEVELS: Table = Table::new(
    "LOGLEVEL_???",
    &[
        (0x0, "LOGLEVEL_EMERG"),
        (0x1, "LOGLEVEL_ALERT"),
        (0x2, "LOGLEVEL_CRIT"),
        (0x3, "LOGLEVEL_ERR"),
        (0x4, "LOGLEVEL_WARNING"),
        (0x5, "LOGLEVEL_NOTICE"),
        (0x6, "LOGLEVEL_INFO"),
        (0x7, "LOGLEVEL_DEBUG"),
        (0x8, "LOGLEVEL_DEBUG+1"),
    ],
);

/// `<linux/reboot.h>`.
pub(super) static REBOOT_MAGIC1: Table =
    Table::new("LINUX_REBOOT_MAGIC_???", &[(0xfee1dead, "LINUX_REBOOT_MAGIC1")]);

pub(super) static REBOOT_MAGIC2: Table = Table::new(
    "LINUX_REBOOT_MAGIC_???",
    &[
        (0x28121969, "LINUX_REBOOT_MAGIC2"),
        (0x5121996, "LINUX_REBOOT_MAGIC2A"),
        (0x16041998, "LINUX_REBOOT_MAGIC2B"),
        (0x20112000, "LINUX_REBOOT_MAGIC2C"),
    ],
);

pub(super) static REBOOT_COMMANDS: Table = Table::new(
    "LINUX_REBOOT_CMD_???",
    &[
        (0x0, "LINUX_REBOOT_CMD_CAD_OFF"),
        (0x89abcdef, "LINUX_REBOOT_CMD_CAD_ON"),
        (0xcdef0123, "LINUX_REBOOT_CMD_HALT"),
        (0x4321fedc, "LINUX_REBOOT_CMD_POWER_OFF"),
        (0x1234567, "LINUX_REBOOT_CMD_RESTART"),
        (0xa1b2c3d4, "LINUX_REBOOT_CMD_RESTART2"),
        (0xd000fce2, "LINUX_REBOOT_CMD_SW_SUSPEND"),
        (0x45584543, "LINUX_REBOOT_CMD_KEXEC"),
    ],
);

pub(super) static MODULE_INIT: Table = Table::new(
    "MODULE_INIT_???",
    &[
        (0x1, "MODULE_INIT_IGNORE_MODVERSIONS"),
        (0x2, "MODULE_INIT_IGNORE_VERMAGIC"),
        (0x4, "MODULE_INIT_COMPRESSED_FILE"),
    ],
);

pub(super) static MODULE_DELETE: Table = Table::new("O_???", &[(0x800, "O_NONBLOCK"), (0x200, "O_TRUNC")]);

/// `<linux/kexec.h>`.
pub(super) static KEXEC_ARCH: Table = Table::new(
    "KEXEC_ARCH_???",
    &[
        (0x0, "KEXEC_ARCH_DEFAULT"),
        (0x30000, "KEXEC_ARCH_386"),
        (0x40000, "KEXEC_ARCH_68K"),
        (0x3e0000, "KEXEC_ARCH_X86_64"),
        (0x140000, "KEXEC_ARCH_PPC"),
        (0x150000, "KEXEC_ARCH_PPC64"),
        (0x320000, "KEXEC_ARCH_IA_64"),
        (0x280000, "KEXEC_ARCH_ARM"),
        (0x160000, "KEXEC_ARCH_S390"),
        (0x2a0000, "KEXEC_ARCH_SH"),
        (0xa0000, "KEXEC_ARCH_MIPS_LE"),
        (0x80000, "KEXEC_ARCH_MIPS"),
        (0xf0000, "KEXEC_ARCH_PARISC"),
        (0xb70000, "KEXEC_ARCH_AARCH64"),
        (0xf30000, "KEXEC_ARCH_RISCV"),
    ],
);

pub(super) static KEXEC_FLAGS: Table =
    Table::new("KEXEC_???", &[(0x1, "KEXEC_ON_CRASH"), (0x2, "KEXEC_PRESERVE_CONTEXT")]);

pub(super) static KEXEC_FILE_FLAGS: Table = Table::new(
    "KEXEC_FILE_???",
    &[(0x1, "KEXEC_FILE_UNLOAD"), (0x2, "KEXEC_FILE_ON_CRASH"), (0x4, "KEXEC_FILE_NO_INITRAMFS")],
);

pub(super) static SWAP_FLAGS: Table = Table::new(
    "SWAP_FLAG_???",
    &[
        (0x8000, "SWAP_FLAG_PREFER"),
        (0x10000, "SWAP_FLAG_DISCARD"),
        (0x20000, "SWAP_FLAG_DISCARD_ONCE"),
        (0x40000, "SWAP_FLAG_DISCARD_PAGES"),
    ],
);

/// `<linux/perf_event.h>`.
pub(super) static PERF_FLAGS: Table = Table::new(
    "PERF_FLAG_???",
    &[
        (0x1, "PERF_FLAG_FD_NO_GROUP"),
        (0x2, "PERF_FLAG_FD_OUTPUT"),
        (0x4, "PERF_FLAG_PID_CGROUP"),
        (0x8, "PERF_FLAG_FD_CLOEXEC"),
    ],
);
