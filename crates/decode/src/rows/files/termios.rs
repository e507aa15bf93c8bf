//! Terminal settings, `<asm-generic/termbits.h>`.

use super::args::{follows, word};
use crate::context::Cx;
use crate::layout::Store;
use crate::table::Table;
use crate::value::Value;

static IFLAG: Table = Table::new(
    "",
    &[
        (0x1, "IGNBRK"),
        (0x2, "BRKINT"),
        (0x4, "IGNPAR"),
        (0x8, "PARMRK"),
        (0x10, "INPCK"),
        (0x20, "ISTRIP"),
        (0x40, "INLCR"),
        (0x80, "IGNCR"),
        (0x100, "ICRNL"),
        (0x200, "IUCLC"),
        (0x400, "IXON"),
        (0x800, "IXANY"),
        (0x1000, "IXOFF"),
        (0x2000, "IMAXBEL"),
        (0x4000, "IUTF8"),
    ],
);

static OFLAG: Table = Table::new(
    "",
    &[
        (0x1, "OPOST"),
        (0x2, "OLCUC"),
        (0x4, "ONLCR"),
        (0x8, "OCRNL"),
        (0x10, "ONOCR"),
        (0x20, "ONLRET"),
        (0x40, "OFILL"),
        (0x80, "OFDEL"),
    ],
);

static CFLAG: Table = Table::new(
    "",
    &[
        (0x40, "CSTOPB"),
        (0x80, "CREAD"),
        (0x100, "PARENB"),
        (0x200, "PARODD"),
        (0x400, "HUPCL"),
        (0x800, "CLOCAL"),
        (0x40000000, "CMSPAR"),
        (0x80000000, "CRTSCTS"),
    ],
);

static LFLAG: Table = Table::new(
    "",
    &[
        (0x1, "ISIG"),
        (0x2, "ICANON"),
        (0x4, "XCASE"),
        (0x8, "ECHO"),
        (0x10, "ECHOE"),
        (0x20, "ECHOK"),
        (0x40, "ECHONL"),
        (0x80, "NOFLSH"),
        (0x8000, "IEXTEN"),
        (0x200, "ECHOCTL"),
        (0x400, "ECHOPRT"),
        (0x800, "ECHOKE"),
        (0x1000, "FLUSHO"),
        (0x4000, "PENDIN"),
        (0x100, "TOSTOP"),
        (0x10000, "EXTPROC"),
    ],
);

static SPEED: Table = Table::new(
    "",
    &[
        (0x0, "B0"),
        (0x1, "B50"),
        (0x2, "B75"),
        (0x3, "B110"),
        (0x4, "B134"),
        (0x5, "B150"),
        (0x6, "B200"),
        (0x7, "B300"),
        (0x8, "B600"),
        (0x9, "B1200"),
        (0xa, "B1800"),
        (0xb, "B2400"),
        (0xc, "B4800"),
        (0xd, "B9600"),
        (0xe, "B19200"),
        (0xf, "B38400"),
        (0x1000, "BOTHER"),
        (0x1001, "B57600"),
        (0x1002, "B115200"),
        (0x1003, "B230400"),
        (0x1004, "B460800"),
        (0x1005, "B500000"),
        (0x1006, "B576000"),
        (0x1007, "B921600"),
        (0x1008, "B1000000"),
        (0x1009, "B1152000"),
        (0x100a, "B1500000"),
        (0x100b, "B2000000"),
        (0x100c, "B2500000"),
        (0x100d, "B3000000"),
        (0x100e, "B3500000"),
        (0x100f, "B4000000"),
    ],
);

/// The control characters in their order.
static CONTROLS: [&str; 17] = [
    "VINTR", "VQUIT", "VERASE", "VKILL", "VEOF", "VTIME", "VMIN", "VSWTC", "VSTART", "VSTOP", "VSUSP",
    "VEOL", "VREPRINT", "VDISCARD", "VWERASE", "VLNEXT", "VEOL2",
];

/// The line discipline of terminals; the others keep their numbers.
static LINE: Table = Table::new(
    "N_???",
    &[
        (0, "N_TTY"),
        (1, "N_SLIP"),
        (2, "N_MOUSE"),
        (3, "N_PPP"),
        (4, "N_STRIP"),
        (5, "N_AX25"),
        (13, "N_HDLC"),
        (15, "N_HCI"),
    ],
);

/// Which of the settings structures an address holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `struct termio`: 16-bit flags, 8 control characters.
    Termio,
    /// `struct termios`.
    Termios,
    /// `struct termios2`: with speeds.
    Termios2,
}

/// The settings at `addr`.
pub(super) fn settings(cx: &mut Cx<'_>, addr: u64, form: Form) -> Value {
    let (store, step, controls, size) = match form {
        Form::Termio => (Store::U16, 2, 8, 18),
        Form::Termios => (Store::U32, 4, 19, 36),
        Form::Termios2 => (Store::U32, 4, 19, 44),
    };
    let Some(bytes) = cx.read(addr, size).filter(|_| follows(cx, addr)) else { return Value::Addr(addr) };
    let get = |at: usize, store: Store| bytes.get(at..).and_then(|b| store.load(cx.abi, b)).unwrap_or(0);
    let [input, output, control, local] = [0, 1, 2, 3].map(|i| get(i * step, store));
    let mut fields: Vec<(std::borrow::Cow<'static, str>, Value)> = vec![
        ("c_iflag".into(), flags(input, Vec::new(), input, &IFLAG)),
        ("c_oflag".into(), flags(output, delays(output), output & !0xff00, &OFLAG)),
        ("c_cflag".into(), flags(control, speeds(control), control & !0x100f_103f, &CFLAG)),
        ("c_lflag".into(), flags(local, Vec::new(), local, &LFLAG)),
    ];
    if cx.abbreviate() {
        return Value::Struct { fields, more: true };
    }
    fields.push(("c_line".into(), Value::Const(get(4 * step, Store::U8), &LINE)));
    let characters = (0..controls).map(|i| {
        let value = get(4 * step + 1 + i, Store::U8);
        let number = if value == 0 { "0".to_owned() } else { format!("{value:#x}") };
        match CONTROLS.get(i) {
            Some(name) => Value::Word(value, format!("[{name}]={number}").into()),
            None => Value::Word(value, format!("[{i}]={number}").into()),
        }
    });
    fields.push(("c_cc".into(), Value::array(characters.collect())));
    if form == Form::Termios2 {
        fields.push(("c_ispeed".into(), Value::Uint(get(36, Store::U32))));
        fields.push(("c_ospeed".into(), Value::Uint(get(40, Store::U32))));
    }
    Value::Struct { fields, more: false }
}

/// A word of several fields and flags; after fields the bar stands even if no flag follows.
fn flags(raw: u64, mut parts: Vec<Value>, rest: u64, table: &'static Table) -> Value {
    let unnamed = table.split(rest, |_| {});
    parts.push(match rest {
        0 => word(""),
        _ if unnamed == rest => Value::Hex(rest),
        _ => Value::Flags(rest, table),
    });
    Value::Or(raw, parts)
}

fn delays(output: u64) -> Vec<Value> {
    let tab = (output >> 11 & 3) as usize;
    [
        format!("NL{}", output >> 8 & 1),
        format!("CR{}", output >> 9 & 3),
        ["TAB0", "TAB1", "TAB2", "XTABS"][tab].to_owned(),
        format!("BS{}", output >> 13 & 1),
        format!("VT{}", output >> 14 & 1),
        format!("FF{}", output >> 15 & 1),
    ]
    .map(word)
    .to_vec()
}

fn speeds(control: u64) -> Vec<Value> {
    let mut parts = vec![Value::Const(control & 0x100f, &SPEED)];
    let input = control >> 16 & 0x100f;
    if input != 0 {
        parts.push(word(format!("{}<<IBSHIFT", SPEED.name(input).unwrap_or("B???"))));
    }
    parts.push(word(format!("CS{}", 5 + (control >> 4 & 3))));
    parts
}
