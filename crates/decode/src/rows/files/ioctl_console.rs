//! What the `ioctl` commands of the console's keyboard, screen and bell, and those of disks, do with their
//! argument; ioctl_console(2), `<linux/kd.h>`, `<linux/hdreg.h>`, `<linux/blkpg.h>`.

use super::args::word;
use super::ioctl_forms::Form;
use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::{Store, Struct, field};
use crate::table::{Table, tables};
use crate::value::Value;

/// The form of the command with this name, if it is known.
pub(super) fn of_command(name: &str) -> Option<&'static Form> {
    FORMS.iter().find(|(_, names)| names.contains(&name)).map(|(form, _)| form)
}

static FORMS: &[(Form, &[&str])] = &[
    (Form::Value(Kind::With(sound)), &["KIOCSOUND"]),
    (Form::Value(Kind::With(tone)), &["KDMKTONE"]),
    (Form::Value(Kind::With(|_, raw| Value::Flags(raw & 0xff, &LEDS))), &["KDSETLED", "KDSKBLED"]),
    (Form::Value(Kind::Const(&SCREEN)), &["KDSETMODE"]),
    (Form::Value(Kind::With(keyboard)), &["KDSKBMODE"]),
    (Form::Value(Kind::Const(&META)), &["KDSKBMETA"]),
    (Form::Value(Kind::Signal), &["KDSIGACCEPT"]),
    (Form::Given(Kind::Ref(&KEYCODE)), &["KDSETKEYCODE"]),
    (Form::Value(Kind::Const(&BUS)), &["HDIO_SET_BUSSTATE"]),
    (Form::Value(Kind::Flags(&NICE)), &["HDIO_SET_NICE"]),
    (
        Form::Given(Kind::Cells(Store::U32, &Kind::Hex32, Len::Fixed(3))),
        &["HDIO_DRIVE_RESET", "HDIO_SCAN_HWIF"],
    ),
    (Form::Given(Kind::Ref(&PARTITION)), &["BLKPG"]),
    (Form::Given(Kind::Ref(&PLL)), &["RTC_PLL_SET"]),
    (Form::Filled(Kind::Ref(&PLL)), &["RTC_PLL_GET"]),
];

tables! {
    LEDS "LED_???": 1 "LED_SCR", 2 "LED_NUM", 4 "LED_CAP";
    SCREEN "KD_???": 0 "KD_TEXT", 1 "KD_GRAPHICS", 2 "KD_TEXT0", 3 "KD_TEXT1";
    KEYBOARD "K_???": 0 "K_RAW", 1 "K_XLATE", 2 "K_MEDIUMRAW", 3 "K_UNICODE", 4 "K_OFF";
    META "K_???": 3 "K_METABIT", 4 "K_ESCPREFIX";
    BUS "BUSSTATE_???": 0 "BUSSTATE_OFF", 1 "BUSSTATE_ON", 2 "BUSSTATE_TRISTATE";
    NICE "IDE_NICE_???": 1 "1 << IDE_NICE_DSC_OVERLAP", 2 "1 << IDE_NICE_ATAPI_OVERLAP",
        8 "1 << IDE_NICE_0", 0x10 "1 << IDE_NICE_1", 0x20 "1 << IDE_NICE_2";
    PARTITIONING "BLKPG_???": 1 "BLKPG_ADD_PARTITION", 2 "BLKPG_DEL_PARTITION", 3 "BLKPG_RESIZE_PARTITION";
}

/// The pitch of the timer that drives the bell, in Hz; a period is so many of its ticks.
const PITCH: u64 = 1_193_182;

/// A period, and the pitch that it makes.
fn sound(_: &mut Cx<'_>, raw: u64) -> Value {
    match PITCH.checked_div(raw) {
        None | Some(0) => bell(raw, format!("{raw} /* off */")),
        Some(pitch) => bell(raw, format!("{raw} /* {pitch} Hz */")),
    }
}

/// A period, and above it for how long.
fn tone(_: &mut Cx<'_>, raw: u64) -> Value {
    let (time, period) = (raw >> 16, raw & 0xffff);
    match (time, period) {
        (0, _) => bell(raw, format!("{period} /* off */")),
        _ => {
            let stored = format!("{time}<<16|{period}");
            let told = match PITCH.checked_div(period) {
                None => format!("{stored} /* off */"),
                Some(pitch) => format!("{stored} /* {pitch} Hz, {time} ms */"),
            };
            Value::meaning(word(stored), word(told))
        }
    }
}

fn bell(raw: u64, shown: String) -> Value {
    Value::meaning(Value::Uint(raw), word(shown))
}

/// The keyboard's mode; an unknown one is a plain number.
fn keyboard(_: &mut Cx<'_>, raw: u64) -> Value {
    let mode = raw as u32;
    match KEYBOARD.name(u64::from(mode)) {
        Some(name) => Value::meaning(Value::Uint(raw), word(name)),
        None => bell(raw, format!("{mode} /* {} */", KEYBOARD.unknown)),
    }
}

/// `struct kbkeycode`.
static KEYCODE: Struct =
    Struct::new(&[field("scancode", Store::U32, Kind::Hex32), field("keycode", Store::U32, Kind::Hex32)]);
/// `struct blkpg_ioctl_arg`.
static PARTITION: Struct = Struct::new(&[
    field("op", Store::U32, Kind::Const(&PARTITIONING)),
    field("flags", Store::I32, Kind::Int),
    field("datalen", Store::I32, Kind::Int),
    field("data", Store::Word, Kind::Addr),
]);
/// `struct rtc_pll_info`.
static PLL: Struct = Struct::new(&[
    field("pll_ctrl", Store::I32, Kind::Int),
    field("pll_value", Store::I32, Kind::Int),
    field("pll_max", Store::I32, Kind::Int),
    field("pll_min", Store::I32, Kind::Int),
    field("pll_posmult", Store::I32, Kind::Int),
    field("pll_negmult", Store::I32, Kind::Int),
    field("pll_clock", Store::SWord, Kind::Long),
]);
