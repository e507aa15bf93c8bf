//! `ioctl`: the command by name, and its argument in the form that command gives it.

use super::args::{FD, word};
use super::ioctl_forms::{Form, of_command};
use super::names_ioctl;
use super::termios::{self, settings};
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::Store;
use crate::row::{Class, Ret, Row, arg, both};
use crate::table::{Table, tables};
use crate::value::Value;

/// The row of this family.
pub(super) static ROWS: &[Row] = &[Row::new(
    "ioctl",
    both(16, 54),
    Class::DESC,
    &[FD, arg("request", Kind::With(command)), arg("argp", Kind::With(argument))],
)
.ret(Ret::Decoded(descriptor))];

/// The descriptor that some commands return.
fn descriptor(cx: &mut Cx<'_>) -> Option<Value> {
    // KVM_CREATE_VM, KVM_CREATE_VCPU (<linux/kvm.h>), NS_GET_USERNS, NS_GET_PARENT (<linux/nsfs.h>)
    const CREATE: [u64; 4] = [0xae01, 0xae41, 0xb701, 0xb702];
    let command = cx.args[1] & 0xffff_ffff;
    CREATE.contains(&command).then(|| cx.fd(cx.result()))
}

pub(super) static FS_FLAGS: Table = Table::new(
    "FS_???_FL",
    &[
        (0x00000001, "FS_SECRM_FL"),
        (0x00000002, "FS_UNRM_FL"),
        (0x00000004, "FS_COMPR_FL"),
        (0x00000008, "FS_SYNC_FL"),
        (0x00000010, "FS_IMMUTABLE_FL"),
        (0x00000020, "FS_APPEND_FL"),
        (0x00000040, "FS_NODUMP_FL"),
        (0x00000080, "FS_NOATIME_FL"),
        (0x00000100, "FS_DIRTY_FL"),
        (0x00000200, "FS_COMPRBLK_FL"),
        (0x00000400, "FS_NOCOMP_FL"),
        (0x00000800, "FS_ENCRYPT_FL"),
        (0x00001000, "FS_BTREE_FL"),
        (0x00001000, "FS_INDEX_FL"),
        (0x00002000, "FS_IMAGIC_FL"),
        (0x00004000, "FS_JOURNAL_DATA_FL"),
        (0x00008000, "FS_NOTAIL_FL"),
        (0x00010000, "FS_DIRSYNC_FL"),
        (0x00020000, "FS_TOPDIR_FL"),
        (0x00040000, "FS_HUGE_FILE_FL"),
        (0x00080000, "FS_EXTENT_FL"),
        (0x00100000, "FS_VERITY_FL"),
        (0x00200000, "FS_EA_INODE_FL"),
        (0x00400000, "FS_EOFBLOCKS_FL"),
        (0x00800000, "FS_NOCOW_FL"),
        (0x02000000, "FS_DAX_FL"),
        (0x10000000, "FS_INLINE_DATA_FL"),
        (0x20000000, "FS_PROJINHERIT_FL"),
        (0x40000000, "FS_CASEFOLD_FL"),
        (0x80000000, "FS_RESERVED_FL"),
    ],
);

tables! {
    EVENTS "EV_???": 1 "EV_KEY", 2 "EV_REL", 3 "EV_ABS", 4 "EV_MSC", 5 "EV_SW", 0x11 "EV_LED", 0x12 "EV_SND",
        0x14 "EV_REP", 0x15 "EV_FF", 0x16 "EV_PWR", 0x17 "EV_FF_STATUS";
    AXES "ABS_???": 0 "ABS_X", 1 "ABS_Y", 2 "ABS_Z", 3 "ABS_RX", 4 "ABS_RY", 5 "ABS_RZ", 6 "ABS_THROTTLE",
        7 "ABS_RUDDER", 8 "ABS_WHEEL", 9 "ABS_GAS", 10 "ABS_BRAKE", 0x10 "ABS_HAT0X", 0x11 "ABS_HAT0Y",
        0x12 "ABS_HAT1X", 0x13 "ABS_HAT1Y", 0x14 "ABS_HAT2X", 0x15 "ABS_HAT2Y", 0x16 "ABS_HAT3X",
        0x17 "ABS_HAT3Y", 0x18 "ABS_PRESSURE", 0x19 "ABS_DISTANCE", 0x1a "ABS_TILT_X", 0x1b "ABS_TILT_Y",
        0x1c "ABS_TOOL_WIDTH", 0x20 "ABS_VOLUME", 0x28 "ABS_MISC", 0x2e "ABS_RESERVED", 0x2f "ABS_MT_SLOT",
        0x30 "ABS_MT_TOUCH_MAJOR", 0x31 "ABS_MT_TOUCH_MINOR", 0x32 "ABS_MT_WIDTH_MAJOR",
        0x33 "ABS_MT_WIDTH_MINOR", 0x34 "ABS_MT_ORIENTATION", 0x35 "ABS_MT_POSITION_X",
        0x36 "ABS_MT_POSITION_Y", 0x37 "ABS_MT_TOOL_TYPE", 0x38 "ABS_MT_BLOB_ID", 0x39 "ABS_MT_TRACKING_ID",
        0x3a "ABS_MT_PRESSURE", 0x3b "ABS_MT_DISTANCE", 0x3c "ABS_MT_TOOL_X", 0x3d "ABS_MT_TOOL_Y";
}

/// The command: by name, or taken apart.
fn command(cx: &mut Cx<'_>, raw: u64) -> Value {
    let code = raw & 0xffff_ffff;
    if let Some(table) = names_ioctl::table(cx.abi, code) {
        return Value::Const(code, table);
    }
    if let Some(name) = evdev(code) {
        return Value::meaning(Value::Hex(code), word(name));
    }
    let direction = ["_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"][(code >> 30) as usize];
    let parts = [code >> 8 & 0xff, code & 0xff, code >> 16 & 0x3fff].map(Value::Hex);
    let call = Value::Call("_IOC", std::iter::once(word(direction)).chain(parts).collect());
    Value::meaning(Value::Hex(code), call)
}

/// The commands of input devices that have the size of a buffer in them; `<linux/input.h>`.
fn evdev(code: u64) -> Option<String> {
    let (kind, number, size) = (code >> 8 & 0xff, code & 0xff, code >> 16 & 0x3fff);
    if code >> 30 != 2 || kind != u64::from(b'E') {
        return None;
    }
    let name = match number {
        0x06 => "EVIOCGNAME",
        0x07 => "EVIOCGPHYS",
        0x08 => "EVIOCGUNIQ",
        0x09 => "EVIOCGPROP",
        0x0a => "EVIOCGMTSLOTS",
        0x18 => "EVIOCGKEY",
        0x19 => "EVIOCGLED",
        0x1a => "EVIOCGSND",
        0x1b => "EVIOCGSW",
        0x20..=0x3f => {
            let event = number - 0x20;
            return Some(match (event, EVENTS.name(event)) {
                (0, _) => format!("EVIOCGBIT(0, {size})"),
                (_, Some(name)) => format!("EVIOCGBIT({name}, {size})"),
                _ => format!("EVIOCGBIT({event:#x} /* EV_??? */, {size})"),
            });
        }
        0x40..=0x7f => {
            let axis = number - 0x40;
            return Some(match AXES.name(axis) {
                Some(name) => format!("EVIOCGABS({name})"),
                None => format!("EVIOCGABS({axis:#x} /* ABS_??? */)"),
            });
        }
        _ => return None,
    };
    Some(format!("{name}({size})"))
}

/// The argument in the form its command gives it.
fn argument(cx: &mut Cx<'_>, raw: u64) -> Value {
    let code = cx.args[1] & 0xffff_ffff;
    let terminal = match code {
        0x5401..=0x5404 | 0x5456 | 0x5457 => Some(termios::Form::Termios),
        0x5405..=0x5408 => Some(termios::Form::Termio),
        0x802c_542a | 0x402c_542b..=0x402c_542d => Some(termios::Form::Termios2),
        _ => None,
    };
    if let Some(form) = terminal {
        let fills = matches!(code, 0x5401 | 0x5405 | 0x5456 | 0x802c_542a);
        return match (fills, cx.entering()) {
            (true, true) => Value::Later,
            (true, false) if cx.failed() => Value::Addr(raw),
            _ => settings(cx, raw, form),
        };
    }
    let Some(name) = names_ioctl::name(cx.abi, code) else {
        return if code >> 8 & 0xff == u64::from(b'E') { Value::Addr(raw) } else { Value::Hex(raw) };
    };
    if cx.entering() {
        // `SIOCGIFCONF` says how much room there was.
        cx.saved[2] = cx.load(raw, Store::I32).unwrap_or(0);
    }
    let form = of_command(name)
        .or_else(|| super::ioctl_net::of_command(name))
        .or_else(|| super::ioctl_btrfs::of_command(name))
        .or_else(|| super::ioctl_console::of_command(name));
    match form {
        None if code >> 8 & 0xff == u64::from(b'E') => Value::Addr(raw),
        None => Value::Hex(raw),
        Some(Form::Nothing) => Value::Absent,
        Some(Form::Value(kind) | Form::Given(kind)) => cx.decode(kind, raw),
        Some(Form::Filled(_) | Form::Both(..)) if cx.entering() => Value::Later,
        Some(Form::Filled(_)) if cx.failed() => Value::Addr(raw),
        Some(Form::Both(before, _)) if cx.failed() => cx.decode(before, raw),
        Some(Form::Filled(kind) | Form::Both(_, kind)) => cx.decode(kind, raw),
    }
}
