//! What each `ioctl` command does with its argument: one form for all commands of a kind, by name;
//! ioctl_console(2), ioctl_tty(2), ioctl_fiemap(2), ioctl_userfaultfd(2), loop(4), random(4), rtc(4),
//! `<linux/fs.h>`.

use super::args::follows;
use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::{Field, Show, Store, Struct, field, field_if, pad, verbose};
use crate::table::{Table, tables};
use crate::value::Value;
use std::borrow::Cow;

/// What becomes of the argument.
pub(super) enum Form {
    /// There is none.
    Nothing,
    /// It is a number itself.
    Value(Kind),
    /// The tracee gives what it points to.
    Given(Kind),
    /// The kernel fills in what it points to.
    Filled(Kind),
    /// The tracee gives a part and the kernel the rest: how it is shown after a failure and after a success.
    Both(Kind, Kind),
}

/// The form of the command with this name, if it is known.
pub(super) fn of_command(name: &str) -> Option<&'static Form> {
    // One number may have several names: `PHN_NOT_OH or RTC_UIE_OFF`.
    FORMS.iter().find(|(_, names)| name.split(" or ").any(|part| names.contains(&part))).map(|(form, _)| form)
}

#[rustfmt::skip]
static FORMS: &[(Form, &[&str])] = &[
    (Form::Nothing, &["FIOCLEX", "FIONCLEX", "TIOCEXCL", "TIOCNXCL", "TIOCNOTTY", "TIOCCONS", "TIOCSSERIAL", "TIOCSBRK", "TIOCCBRK", "TIOCVHANGUP", "BLKRRPART", "BLKFLSBUF", "BLKTRACESTART", "BLKTRACESTOP", "BLKTRACETEARDOWN", "KDENABIO", "KDDISABIO", "KDMAPDISP", "KDUNMAPDISP", "PIO_FONTRESET", "LOOP_CLR_FD", "LOOP_SET_CAPACITY", "LOOP_CTL_GET_FREE", "RNDZAPENTCNT", "RNDCLEARPOOL", "RNDRESEEDCRNG", "RTC_AIE_ON", "RTC_AIE_OFF", "RTC_UIE_ON", "RTC_UIE_OFF", "RTC_PIE_ON", "RTC_PIE_OFF", "RTC_WIE_ON", "RTC_WIE_OFF", "RTC_VL_CLR", "BTRFS_IOC_TRANS_START", "BTRFS_IOC_TRANS_END", "BTRFS_IOC_SYNC", "BTRFS_IOC_SCRUB_CANCEL", "BTRFS_IOC_QUOTA_RESCAN_WAIT", "NS_GET_USERNS", "NS_GET_PARENT", "NS_GET_NSTYPE", "WDIOC_KEEPALIVE", "FIFREEZE", "FITHAW"]),
    (Form::Value(ULONG), &["HDIO_SET_MULTCOUNT", "HDIO_SET_UNMASKINTR", "HDIO_SET_KEEPSETTINGS", "HDIO_SET_32BIT", "HDIO_SET_NOWERR", "HDIO_SET_DMA", "HDIO_SET_PIO_MODE", "HDIO_UNREGISTER_HWIF", "HDIO_SET_WCACHE", "HDIO_SET_ACOUSTIC", "HDIO_SET_ADDRESS", "BLKRASET", "BLKFRASET", "RTC_IRQP_SET", "RTC_EPOCH_SET", "PERF_EVENT_IOC_PAUSE_OUTPUT", "LOOP_SET_DIRECT_IO", "LOOP_SET_BLOCK_SIZE"]),
    (Form::Value(Kind::Int), &["TCSBRK", "TCSBRKP", "TIOCSCTTY", "LOOP_CTL_ADD", "LOOP_CTL_REMOVE", "KVM_CREATE_VCPU"]),
    (Form::Value(Kind::Hex), &["TIOCGPTPEER"]),
    (Form::Value(Kind::Fd), &["LOOP_SET_FD", "LOOP_CHANGE_FD", "PERF_EVENT_IOC_SET_BPF", "FICLONE"]),
    (Form::Value(Kind::Const(&QUEUE)), &["TCFLSH"]),
    (Form::Value(Kind::Const(&FLOW)), &["TCXONC"]),
    (Form::Given(INT), &["BLKROSET", "TIOCSSOFTCAR", "TIOCPKT", "TIOCSETD", "FIOSETOWN", "SIOCSPGRP", "SIOCSIFENCAP", "RNDADDTOENTCNT", "BLKBSZSET", "WDIOC_SETTIMEOUT", "WDIOC_SETPRETIMEOUT", "FIONBIO", "FIOASYNC", "TIOCSPTLCK"]),
    (Form::Given(PID), &["TIOCSPGRP"]),
    (Form::Filled(PID), &["TIOCGPGRP", "TIOCGSID"]),
    (Form::Filled(INT), &["SIOCGPGRP", "FIOGETOWN", "RNDGETENTCNT", "TIOCGSOFTCAR", "TIOCGEXCL", "TIOCOUTQ", "FIONREAD", "TIOCGETD", "TIOCGPTN", "BLKSSZGET", "BLKROGET", "BLKALIGNOFF", "BLKBSZGET"]),
    (Form::Filled(UINT), &["TIOCGDEV", "BLKIOMIN", "BLKIOOPT", "BLKPBSZGET", "BLKDISCARDZEROES"]),
    (Form::Filled(USHORT), &["BLKSECTGET", "BLKROTATIONAL"]),
    (Form::Filled(WORD), &["BLKGETSIZE", "BLKRAGET", "BLKFRAGET", "RTC_IRQP_READ", "RTC_EPOCH_READ"]),
    (Form::Filled(INT64), &["BLKGETSIZE64"]),
    (Form::Given(PAIR), &["BLKDISCARD", "BLKSECDISCARD", "BLKZEROOUT"]),
    (Form::Given(U64), &["PERF_EVENT_IOC_PERIOD"]),
    (Form::Given(Kind::Str), &["PERF_EVENT_IOC_SET_FILTER"]),
    (Form::Given(LABEL), &["FS_IOC_SETFSLABEL"]),
    (Form::Filled(LABEL), &["FS_IOC_GETFSLABEL"]),
    (Form::Given(MODEM), &["TIOCMBIS", "TIOCMBIC", "TIOCMSET"]),
    (Form::Filled(MODEM), &["TIOCMGET"]),
    (Form::Given(Kind::Ref(&WINSIZE)), &["TIOCSWINSZ"]),
    (Form::Filled(Kind::Ref(&WINSIZE)), &["TIOCGWINSZ"]),
    (Form::Filled(FLAGS), &["FS_IOC_GETFLAGS", "FS_IOC32_GETFLAGS"]),
    (Form::Given(FLAGS), &["FS_IOC_SETFLAGS", "FS_IOC32_SETFLAGS"]),
    (Form::Filled(Kind::Ref(&FSXATTR)), &["FS_IOC_FSGETXATTR"]),
    (Form::Given(Kind::Ref(&FSXATTR_SET)), &["FS_IOC_FSSETXATTR"]),
    (Form::Given(Kind::Ref(&CLONE_RANGE)), &["FICLONERANGE"]),
    (Form::Both(FIEMAP_IN, FIEMAP_OUT), &["FS_IOC_FIEMAP"]),
    (Form::Given(Kind::Ref(&TRIM)), &["FITRIM"]),
    (Form::Both(Kind::With(dedupe), Kind::With(deduped)), &["FIDEDUPERANGE"]),
    (Form::Given(Kind::Ref(&KVM_REGION)), &["KVM_SET_USER_MEMORY_REGION"]),
    (Form::Value(Kind::Const(&super::names_kvm::CAP)), &["KVM_CHECK_EXTENSION"]),
    (Form::Given(Kind::With(entropy)), &["RNDADDENTROPY"]),
    (Form::Given(Kind::Ref(&LOOP_STATUS64)), &["LOOP_SET_STATUS64"]),
    (Form::Filled(Kind::Ref(&LOOP_STATUS64)), &["LOOP_GET_STATUS64"]),
    (Form::Given(LOOP_STATUS_OLD), &["LOOP_SET_STATUS"]),
    (Form::Filled(LOOP_STATUS_OLD), &["LOOP_GET_STATUS"]),
    (Form::Given(Kind::Ref(&LOOP_CONFIG)), &["LOOP_CONFIGURE"]),
    (Form::Given(Kind::Ref(&RTC_TIME)), &["RTC_SET_TIME", "RTC_ALM_SET"]),
    (Form::Filled(Kind::Ref(&RTC_TIME)), &["RTC_RD_TIME", "RTC_ALM_READ"]),
    (Form::Given(Kind::Ref(&RTC_ALARM)), &["RTC_WKALM_SET"]),
    (Form::Filled(Kind::Ref(&RTC_ALARM)), &["RTC_WKALM_RD"]),
    (Form::Given(Kind::Ref(&UFFD_RANGE)), &["UFFDIO_UNREGISTER", "UFFDIO_WAKE"]),
    (Form::Both(Kind::Ref(&UFFD_API), UFFD_API_DONE), &["UFFDIO_API"]),
    (Form::Both(Kind::Ref(&UFFD_REGISTER), UFFD_REGISTER_DONE), &["UFFDIO_REGISTER"]),
    (Form::Both(Kind::Ref(&UFFD_COPY), UFFD_COPY_DONE), &["UFFDIO_COPY"]),
    (Form::Both(Kind::Ref(&UFFD_ZERO), UFFD_ZERO_DONE), &["UFFDIO_ZEROPAGE"]),
    (Form::Given(FIRST_BYTE), &["TIOCSTI"]),
    // Structures that are not described: the address.
    (Form::Given(Kind::Addr), &[
        "BLKGETDISKSEQ", "BLKGETNRZONES", "BLKGETZONESZ", "BTRFS_IOC_BALANCE_PROGRESS",
        "BTRFS_IOC_BALANCE_V2", "BTRFS_IOC_CLONE_RANGE", "BTRFS_IOC_DEV_INFO", "BTRFS_IOC_DEV_REPLACE",
        "BTRFS_IOC_FILE_EXTENT_SAME", "BTRFS_IOC_FS_INFO", "BTRFS_IOC_GET_DEV_STATS",
        "BTRFS_IOC_GET_FEATURES", "BTRFS_IOC_GET_SUPPORTED_FEATURES", "BTRFS_IOC_INO_PATHS",
        "BTRFS_IOC_LOGICAL_INO", "BTRFS_IOC_QGROUP_LIMIT", "BTRFS_IOC_QUOTA_RESCAN_STATUS",
        "BTRFS_IOC_SCRUB", "BTRFS_IOC_SCRUB_PROGRESS", "BTRFS_IOC_SET_FEATURES",
        "BTRFS_IOC_SET_RECEIVED_SUBVOL", "BTRFS_IOC_SPACE_INFO", "BTRFS_IOC_START_SYNC",
        "BTRFS_IOC_SUBVOL_GETFLAGS", "BTRFS_IOC_TREE_SEARCH", "BTRFS_IOC_TREE_SEARCH_V2", "FIDEDUPERANGE",
        "GIO_CMAP", "GIO_FONT", "GIO_FONTX", "GIO_SCRNMAP", "GIO_UNIMAP", "GIO_UNISCRNMAP",
        "HDIO_DRIVE_CMD", "HDIO_GETGEO", "HDIO_GET_32BIT", "HDIO_GET_ACOUSTIC", "HDIO_GET_ADDRESS",
        "HDIO_GET_BUSSTATE", "HDIO_GET_DMA", "HDIO_GET_IDENTITY", "HDIO_GET_KEEPSETTINGS",
        "HDIO_GET_MULTCOUNT", "HDIO_GET_NICE", "HDIO_GET_NOWERR", "HDIO_GET_UNMASKINTR", "HDIO_GET_WCACHE",
        "HDIO_OBSOLETE_IDENTITY", "KDFONTOP", "KDGETKEYCODE", "KDGETLED", "KDGETMODE", "KDGKBDIACR",
        "KDGKBDIACRUC", "KDGKBENT", "KDGKBLED", "KDGKBMETA", "KDGKBMODE", "KDGKBSENT", "KDGKBTYPE",
        "KDKBDREP", "KDSKBDIACR", "KDSKBDIACRUC", "KDSKBENT", "KDSKBSENT", "KVM_GET_EMULATED_CPUID",
        "KVM_GET_REGS", "KVM_GET_SREGS", "KVM_GET_SUPPORTED_CPUID", "KVM_SET_CPUID2", "KVM_SET_REGS",
        "KVM_SET_SREGS", "KVM_SET_USER_MEMORY_REGION", "NS_GET_OWNER_UID", "PERF_EVENT_IOC_ID",
        "PERF_EVENT_IOC_MODIFY_ATTRIBUTES", "PERF_EVENT_IOC_QUERY_BPF", "PIO_CMAP", "PIO_FONT", "PIO_FONTX",
        "PIO_SCRNMAP", "PIO_UNIMAP", "PIO_UNIMAPCLR", "PIO_UNISCRNMAP", "RTC_PARAM_GET", "RTC_PARAM_SET",
        "RTC_VL_READ", "SIOCADDDLCI", "SIOCADDRT", "SIOCATMARK", "SIOCBONDCHANGEACTIVE", "SIOCBONDENSLAVE",
        "SIOCBONDINFOQUERY", "SIOCBONDRELEASE", "SIOCBONDSETHWADDR", "SIOCBONDSLAVEINFOQUERY", "SIOCDARP",
        "SIOCDELDLCI", "SIOCDELRT", "SIOCDIFADDR", "SIOCDRARP", "SIOCETHTOOL", "SIOCGARP", "SIOCGHWTSTAMP",
        "SIOCGIFBR", "SIOCGIFCOUNT", "SIOCGIFENCAP", "SIOCGIFMEM", "SIOCGIFPFLAGS", "SIOCGIFVLAN",
        "SIOCGMIIPHY", "SIOCGMIIREG", "SIOCGRARP", "SIOCGSKNS", "SIOCGSTAMPNS_NEW", "SIOCGSTAMPNS_OLD",
        "SIOCGSTAMP_NEW", "SIOCGSTAMP_OLD", "SIOCOUTQNSD", "SIOCRTMSG", "SIOCSARP", "SIOCSHWTSTAMP",
        "SIOCSIFBR", "SIOCSIFLINK", "SIOCSIFMEM", "SIOCSIFPFLAGS", "SIOCSIFVLAN", "SIOCSMIIREG",
        "SIOCSRARP", "SIOCWANDEV", "SNDCTL_TMR_CONTINUE", "SNDCTL_TMR_START", "SNDCTL_TMR_STOP",
        "TIOCGLCKTRMIOS", "TIOCSLCKTRMIOS", "WDIOC_GETBOOTSTATUS", "WDIOC_GETPRETIMEOUT", "WDIOC_GETSTATUS",
        "WDIOC_GETTEMP", "WDIOC_GETTIMELEFT", "WDIOC_GETTIMEOUT",
    ]),
];

tables! {
    QUEUE "TC???": 0 "TCIFLUSH", 1 "TCOFLUSH", 2 "TCIOFLUSH";
    FLOW "TC???": 0 "TCOOFF", 1 "TCOON", 2 "TCIOFF", 3 "TCION";
    MODEM_LINES "TIOCM_???": 1 "TIOCM_LE", 2 "TIOCM_DTR", 4 "TIOCM_RTS", 8 "TIOCM_ST", 0x10 "TIOCM_SR",
        0x20 "TIOCM_CTS", 0x40 "TIOCM_CAR", 0x80 "TIOCM_RNG", 0x100 "TIOCM_DSR", 0x2000 "TIOCM_OUT1",
        0x4000 "TIOCM_OUT2", 0x8000 "TIOCM_LOOP";
    XFLAGS "FS_XFLAG_???": 1 "FS_XFLAG_REALTIME", 2 "FS_XFLAG_PREALLOC", 8 "FS_XFLAG_IMMUTABLE",
        0x10 "FS_XFLAG_APPEND", 0x20 "FS_XFLAG_SYNC", 0x40 "FS_XFLAG_NOATIME", 0x80 "FS_XFLAG_NODUMP",
        0x100 "FS_XFLAG_RTINHERIT", 0x200 "FS_XFLAG_PROJINHERIT", 0x400 "FS_XFLAG_NOSYMLINKS",
        0x800 "FS_XFLAG_EXTSIZE", 0x1000 "FS_XFLAG_EXTSZINHERIT", 0x2000 "FS_XFLAG_NODEFRAG",
        0x4000 "FS_XFLAG_FILESTREAM", 0x8000 "FS_XFLAG_DAX", 0x10000 "FS_XFLAG_COWEXTSIZE",
        0x8000_0000 "FS_XFLAG_HASATTR";
    FIEMAP_FLAGS "FIEMAP_FLAG_???": 1 "FIEMAP_FLAG_SYNC", 2 "FIEMAP_FLAG_XATTR", 4 "FIEMAP_FLAG_CACHE";
    EXTENT_FLAGS "FIEMAP_EXTENT_???": 1 "FIEMAP_EXTENT_LAST", 2 "FIEMAP_EXTENT_UNKNOWN",
        4 "FIEMAP_EXTENT_DELALLOC", 8 "FIEMAP_EXTENT_ENCODED", 0x80 "FIEMAP_EXTENT_DATA_ENCRYPTED",
        0x100 "FIEMAP_EXTENT_NOT_ALIGNED", 0x200 "FIEMAP_EXTENT_DATA_INLINE", 0x400 "FIEMAP_EXTENT_DATA_TAIL",
        0x800 "FIEMAP_EXTENT_UNWRITTEN", 0x1000 "FIEMAP_EXTENT_MERGED", 0x2000 "FIEMAP_EXTENT_SHARED";
    KVM_MEMORY "KVM_MEM_???": 1 "KVM_MEM_LOG_DIRTY_PAGES", 2 "KVM_MEM_READONLY";
    LOOP_FLAGS "LO_FLAGS_???": 1 "LO_FLAGS_READ_ONLY", 2 "LO_FLAGS_USE_AOPS", 4 "LO_FLAGS_AUTOCLEAR",
        8 "LO_FLAGS_PARTSCAN", 0x10 "LO_FLAGS_DIRECT_IO";
    LOOP_CRYPT "LO_CRYPT_???": 0 "LO_CRYPT_NONE", 1 "LO_CRYPT_XOR", 2 "LO_CRYPT_DES", 3 "LO_CRYPT_FISH2",
        4 "LO_CRYPT_BLOW", 5 "LO_CRYPT_CAST128", 6 "LO_CRYPT_IDEA", 9 "LO_CRYPT_DUMMY",
        10 "LO_CRYPT_SKIPJACK", 18 "LO_CRYPT_CRYPTOAPI";
    UFFD_FEATURES "UFFD_FEATURE_???": 1 "UFFD_FEATURE_PAGEFAULT_FLAG_WP", 2 "UFFD_FEATURE_EVENT_FORK",
        4 "UFFD_FEATURE_EVENT_REMAP", 8 "UFFD_FEATURE_EVENT_REMOVE", 0x10 "UFFD_FEATURE_MISSING_HUGETLBFS",
        0x20 "UFFD_FEATURE_MISSING_SHMEM", 0x40 "UFFD_FEATURE_EVENT_UNMAP", 0x80 "UFFD_FEATURE_SIGBUS",
        0x100 "UFFD_FEATURE_THREAD_ID", 0x200 "UFFD_FEATURE_MINOR_HUGETLBFS",
        0x400 "UFFD_FEATURE_MINOR_SHMEM", 0x800 "UFFD_FEATURE_EXACT_ADDRESS",
        0x1000 "UFFD_FEATURE_WP_HUGETLBFS_SHMEM";
    UFFD_REGISTER_MODES "UFFDIO_REGISTER_MODE_???": 1 "UFFDIO_REGISTER_MODE_MISSING",
        2 "UFFDIO_REGISTER_MODE_WP", 4 "UFFDIO_REGISTER_MODE_MINOR";
    UFFD_COPY_MODES "UFFDIO_COPY_MODE_???": 1 "UFFDIO_COPY_MODE_DONTWAKE", 2 "UFFDIO_COPY_MODE_WP";
    UFFD_ZERO_MODES "UFFDIO_ZEROPAGE_MODE_???": 1 "UFFDIO_ZEROPAGE_MODE_DONTWAKE";
    UFFD_API_IOCTLS "_UFFDIO_???": 1 "1<<_UFFDIO_REGISTER", 2 "1<<_UFFDIO_UNREGISTER",
        0x8000_0000_0000_0000 "1<<_UFFDIO_API";
    UFFD_RANGE_IOCTLS "_UFFDIO_???": 4 "1<<_UFFDIO_WAKE", 8 "1<<_UFFDIO_COPY", 0x10 "1<<_UFFDIO_ZEROPAGE",
        0x40 "1<<_UFFDIO_WRITEPROTECT", 0x80 "1<<_UFFDIO_CONTINUE";
}

const ULONG: Kind = Kind::Ulong;
const NUMBER: Kind = Kind::With(|_, raw| Value::Uint(raw));
const INT: Kind = Kind::Cell(Store::I32, &Kind::Int);
const UINT: Kind = Kind::Cell(Store::U32, &Kind::Uint);
const USHORT: Kind = Kind::Cell(Store::U16, &Kind::Uint);
const PID: Kind = Kind::Cell(Store::I32, &Kind::Pid);
const WORD: Kind = Kind::Cell(Store::Word, &Kind::Ulong);
const INT64: Kind = Kind::Cell(Store::U64, &Kind::Int64);
const U64: Kind = Kind::Cell(Store::U64, &NUMBER);
const PAIR: Kind = Kind::Cells(Store::U64, &NUMBER, Len::Fixed(2));
const MODEM: Kind = Kind::Cell(Store::U32, &Kind::Flags(&MODEM_LINES));
const FLAGS: Kind = Kind::Cell(Store::U32, &Kind::Flags(&super::ioctl::FS_FLAGS));
/// A label of a file system: at most `FSLABEL_MAX` bytes.
const LABEL: Kind =
    Kind::With(|cx, raw| match cx.env.memory.read_c_string(lariat_abi::TraceeAddr::new(raw), 255) {
        Some((bytes, ended)) if raw != 0 => Value::Str { bytes, more: !ended },
        _ => Value::Addr(raw),
    });
const FIRST_BYTE: Kind =
    Kind::With(|cx, raw| if follows(cx, raw) { cx.bytes(raw, 1) } else { Value::Addr(raw) });

/// `struct winsize`.
static WINSIZE: Struct = Struct::new(&[
    field("ws_row", Store::U16, Kind::Uint),
    field("ws_col", Store::U16, Kind::Uint),
    field("ws_xpixel", Store::U16, Kind::Uint),
    field("ws_ypixel", Store::U16, Kind::Uint),
]);

const fn number(name: &'static str) -> Field {
    field(name, Store::AlignedU64, NUMBER)
}

const fn hex(name: &'static str) -> Field {
    field(name, Store::AlignedU64, Kind::Hex64)
}

/// `struct file_clone_range`.
static CLONE_RANGE: Struct = Struct::new(&[
    field("src_fd", Store::AlignedU64, Kind::Fd),
    number("src_offset"),
    number("src_length"),
    number("dest_offset"),
]);
/// `struct fstrim_range`.
static TRIM: Struct = Struct::new(&[hex("start"), number("len"), number("minlen")]);
/// `struct fsxattr`.
static FSXATTR: Struct = Struct::new(&[
    field("fsx_xflags", Store::U32, Kind::Flags(&XFLAGS)),
    field("fsx_extsize", Store::U32, Kind::Uint),
    field("fsx_nextents", Store::U32, Kind::Uint),
    field("fsx_projid", Store::U32, Kind::Hex32),
    field("fsx_cowextsize", Store::U32, Kind::Uint),
    pad(8),
]);
/// The same where it is set: the number of extents is not looked at.
static FSXATTR_SET: Struct = Struct::new(&[
    field("fsx_xflags", Store::U32, Kind::Flags(&XFLAGS)),
    field("fsx_extsize", Store::U32, Kind::Uint),
    pad(4),
    field("fsx_projid", Store::U32, Kind::Hex32),
    field("fsx_cowextsize", Store::U32, Kind::Uint),
    pad(8),
]);
/// `struct fiemap` before the call.
static FIEMAP: Struct = Struct::new(&[
    number("fm_start"),
    number("fm_length"),
    field("fm_flags", Store::U32, Kind::Flags(&FIEMAP_FLAGS)),
    pad(4),
    field("fm_extent_count", Store::U32, Kind::Uint),
    pad(4),
]);
/// `struct fiemap_extent`.
static EXTENT: Struct = Struct::new(&[
    number("fe_logical"),
    number("fe_physical"),
    number("fe_length"),
    pad(16),
    field("fe_flags", Store::U32, Kind::Flags(&EXTENT_FLAGS)),
    pad(12),
]);
const FIEMAP_IN: Kind = Kind::Ref(&FIEMAP);
const FIEMAP_OUT: Kind = Kind::With(fiemap);

/// What was asked, which the kernel leaves alone, and what was found.
fn fiemap(cx: &mut Cx<'_>, raw: u64) -> Value {
    let asked = cx.structure(raw, &FIEMAP);
    let at = |offset: u64| raw.wrapping_add(offset);
    let (Some(flags), Some(mapped), Some(room)) =
        (cx.load(at(16), Store::U32), cx.load(at(20), Store::U32), cx.load(at(24), Store::U32))
    else {
        return asked;
    };
    let mut fields = vec![
        (Cow::Borrowed("fm_flags"), Value::Flags(flags, &FIEMAP_FLAGS)),
        (Cow::Borrowed("fm_mapped_extents"), Value::Uint(mapped)),
    ];
    let more = cx.abbreviate();
    if !more {
        let extents = cx.structures(at(32), &EXTENT, mapped.min(room));
        fields.push((Cow::Borrowed("fm_extents"), extents));
    }
    Value::Changed(Box::new(asked), Box::new(Value::Struct { fields, more }))
}

/// `struct file_dedupe_range_info`: what is asked, and what was done.
static DEDUPE_ASKED: Struct =
    Struct::new(&[field("dest_fd", Store::AlignedU64, Kind::Fd), number("dest_offset"), pad(16)]);
static DEDUPE_DONE: Struct =
    Struct::new(&[pad(16), number("bytes_deduped"), field("status", Store::I32, Kind::Int), pad(4)]);
static DEDUPE: Struct = Struct::new(&[
    number("src_offset"),
    number("src_length"),
    field("dest_count", Store::U16, Kind::Uint),
    pad(6),
]);

/// The ranges, two of them if abbreviated.
fn dedupe_list(cx: &mut Cx<'_>, raw: u64, layout: &'static Struct, count: u64) -> Value {
    let shown = if cx.abbreviate() { count.min(2) } else { count };
    match cx.structures(raw.wrapping_add(24), layout, shown) {
        Value::Array { items, more } => Value::Array { items, more: more || shown < count },
        other => other,
    }
}

/// `struct file_dedupe_range` before the call.
fn dedupe(cx: &mut Cx<'_>, raw: u64) -> Value {
    let mut shown = cx.structure(raw, &DEDUPE);
    if let (Value::Struct { fields, .. }, Some(count)) =
        (&mut shown, cx.load(raw.wrapping_add(16), Store::U16))
    {
        fields.push((Cow::Borrowed("info"), dedupe_list(cx, raw, &DEDUPE_ASKED, count)));
    }
    shown
}

/// The same after it.
fn deduped(cx: &mut Cx<'_>, raw: u64) -> Value {
    let asked = dedupe(cx, raw);
    let count = cx.load(raw.wrapping_add(16), Store::U16).unwrap_or(0);
    let info = dedupe_list(cx, raw, &DEDUPE_DONE, count);
    Value::Changed(Box::new(asked), Box::new(Value::record(vec![("info", info)])))
}

/// `struct kvm_userspace_memory_region`, `<linux/kvm.h>`.
static KVM_REGION: Struct = Struct::new(&[
    field("slot", Store::U32, Kind::Uint),
    field("flags", Store::U32, Kind::Flags(&KVM_MEMORY)),
    hex("guest_phys_addr"),
    number("memory_size"),
    hex("userspace_addr"),
]);

/// `struct rand_pool_info`: how much entropy, how many bytes, and these.
fn entropy(cx: &mut Cx<'_>, raw: u64) -> Value {
    let (Some(count), Some(size)) = (cx.load(raw, Store::I32), cx.load(raw.wrapping_add(4), Store::I32))
    else {
        return Value::Addr(raw);
    };
    Value::record(vec![
        ("entropy_count", Value::Int(count as i64)),
        ("buf_size", Value::Int(size as i64)),
        ("buf", cx.bytes(raw.wrapping_add(8), size & 0xffff_ffff)),
    ])
}

/// A text that should end within its field; the last byte is not shown if it does not.
const fn text(name: &'static str, len: u32) -> Field {
    field(name, Store::Text(len), Kind::Int)
}

/// What is of interest only if there is any.
const fn optional(name: &'static str, store: Store, kind: Kind) -> Field {
    field_if(Show::NonZeroOrVerbose, name, store, kind)
}

/// `struct loop_info64`.
static LOOP_STATUS64: Struct = Struct::new(&[
    verbose("lo_device", Store::AlignedU64, Kind::Dev),
    verbose("lo_inode", Store::AlignedU64, NUMBER),
    verbose("lo_rdevice", Store::AlignedU64, Kind::Dev),
    hex("lo_offset"),
    verbose("lo_sizelimit", Store::AlignedU64, NUMBER),
    field("lo_number", Store::U32, Kind::Uint),
    optional("lo_encrypt_type", Store::U32, Kind::Const(&LOOP_CRYPT)),
    optional("lo_encrypt_key_size", Store::U32, Kind::Uint),
    field("lo_flags", Store::U32, Kind::Flags(&LOOP_FLAGS)),
    text("lo_file_name", 64),
    optional("lo_crypt_name", Store::Text(64), Kind::Int),
    optional("lo_encrypt_key", Store::Blob(32), Kind::Int),
    verbose("lo_init", Store::Many(&Store::AlignedU64, 2), Kind::Hex64),
]);
/// `struct loop_info`.
static LOOP_STATUS: Struct = Struct::new(&[
    field("lo_number", Store::I32, Kind::Int),
    verbose("lo_device", Store::Word, Kind::Dev),
    verbose("lo_inode", Store::Word, Kind::Ulong),
    verbose("lo_rdevice", Store::Word, Kind::Dev),
    field("lo_offset", Store::I32, Kind::Hex32),
    optional("lo_encrypt_type", Store::U32, Kind::Const(&LOOP_CRYPT)),
    optional("lo_encrypt_key_size", Store::I32, Kind::Uint),
    field("lo_flags", Store::U32, Kind::Flags(&LOOP_FLAGS)),
    text("lo_name", 64),
    optional("lo_encrypt_key", Store::Blob(32), Kind::Int),
    verbose("lo_init", Store::Many(&Store::Word, 2), Kind::Hex),
    pad(4),
]);
const LOOP_STATUS_OLD: Kind = Kind::Ref(&LOOP_STATUS);
/// `struct loop_config`.
static LOOP_CONFIG: Struct = Struct::new(&[
    field("fd", Store::U32, Kind::Fd),
    field("block_size", Store::U32, Kind::Uint),
    field("info", Store::Inline(&LOOP_STATUS64), Kind::Int),
    field_if(Show::NonZero, "__reserved", Store::Many(&Store::AlignedU64, 8), Kind::Hex64),
]);

/// `struct rtc_time`.
static RTC_TIME: Struct = Struct::new(&[
    field("tm_sec", Store::I32, Kind::Int),
    field("tm_min", Store::I32, Kind::Int),
    field("tm_hour", Store::I32, Kind::Int),
    field("tm_mday", Store::I32, Kind::Int),
    field("tm_mon", Store::I32, Kind::Int),
    field("tm_year", Store::I32, Kind::Int),
    verbose("tm_wday", Store::I32, Kind::Int),
    verbose("tm_yday", Store::I32, Kind::Int),
    verbose("tm_isdst", Store::I32, Kind::Int),
]);
/// `struct rtc_wkalrm`.
static RTC_ALARM: Struct = Struct::new(&[
    field("enabled", Store::U8, Kind::Uint),
    field("pending", Store::U8, Kind::Uint),
    pad(2),
    field("time", Store::Inline(&RTC_TIME), Kind::Int),
]);

/// `struct uffdio_range` and what is asked with one; `<linux/userfaultfd.h>`.
static UFFD_RANGE: Struct = Struct::new(&[hex("start"), hex("len")]);
static UFFD_API: Struct =
    Struct::new(&[hex("api"), field("features", Store::AlignedU64, Kind::Flags64(&UFFD_FEATURES))]);
static UFFD_REGISTER: Struct = Struct::new(&[
    field("range", Store::Inline(&UFFD_RANGE), Kind::Int),
    field("mode", Store::AlignedU64, Kind::Flags64(&UFFD_REGISTER_MODES)),
]);
static UFFD_COPY: Struct = Struct::new(&[
    hex("dst"),
    hex("src"),
    hex("len"),
    field("mode", Store::AlignedU64, Kind::Flags64(&UFFD_COPY_MODES)),
]);
static UFFD_ZERO: Struct = Struct::new(&[
    field("range", Store::Inline(&UFFD_RANGE), Kind::Int),
    field("mode", Store::AlignedU64, Kind::Flags64(&UFFD_ZERO_MODES)),
]);
const UFFD_API_DONE: Kind =
    Kind::With(|cx, raw| answered(cx, raw, &UFFD_API, "ioctls", Some(&UFFD_API_IOCTLS)));
const UFFD_REGISTER_DONE: Kind =
    Kind::With(|cx, raw| answered(cx, raw, &UFFD_REGISTER, "ioctls", Some(&UFFD_RANGE_IOCTLS)));
const UFFD_COPY_DONE: Kind = Kind::With(|cx, raw| answered(cx, raw, &UFFD_COPY, "copy", None));
const UFFD_ZERO_DONE: Kind = Kind::With(|cx, raw| answered(cx, raw, &UFFD_ZERO, "zeropage", None));

/// A question of userfaultfd with its answer, the word that follows it.
fn answered(
    cx: &mut Cx<'_>,
    raw: u64,
    asked: &'static Struct,
    name: &'static str,
    flags: Option<&'static Table>,
) -> Value {
    let size = asked.size(cx.abi) as u64;
    let mut shown = cx.structure(raw, asked);
    if let (Value::Struct { fields, .. }, Some(word)) =
        (&mut shown, cx.load(raw.wrapping_add(size), Store::U64))
    {
        let answer = match flags {
            Some(table) => Value::Flags(word, table),
            None => Value::Hex(word),
        };
        fields.push((Cow::Borrowed(name), answer));
    }
    shown
}
