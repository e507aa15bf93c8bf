//! Times with the date they mean: `5 /* 1970-01-01T00:00:05+0000 */`. The date is in UTC.

use super::args::follows;
use crate::context::Cx;
use crate::kind::Kind;
use crate::layout::Store;
use crate::row::{Class, Row, arg, both, only32};
use crate::value::Value;

use super::args::{DIRFD, PATH};
use super::names_open::AT;

const FILE_DESC: Class = Class::FILE.union(Class::DESC);

/// The rows that set the times of files.
pub(super) static ROWS: &[Row] = &[
    Row::new("utime", both(132, 30), Class::FILE, &[PATH, arg("times", Kind::With(utimbuf))]),
    Row::new("utimes", both(235, 271), Class::FILE, &[PATH, arg("times", Kind::With(timevals))]),
    Row::new("futimesat", both(261, 299), FILE_DESC, &[DIRFD, PATH, arg("times", Kind::With(timevals))]),
    Row::new(
        "utimensat",
        both(280, 320),
        FILE_DESC,
        &[DIRFD, PATH, arg("times", Kind::With(timespecs)), arg("flags", Kind::Flags(&AT))],
    ),
    Row::new(
        "utimensat_time64",
        only32(412),
        FILE_DESC,
        &[DIRFD, PATH, arg("times", Kind::With(timespecs64)), arg("flags", Kind::Flags(&AT))],
    ),
];

/// `struct utimbuf`, `<linux/utime.h>`.
fn utimbuf(cx: &mut Cx<'_>, addr: u64) -> Value {
    let word = cx.abi.word_size() as u64;
    let (Some(access), Some(change), true) =
        (cx.load(addr, Store::SWord), cx.load(addr.wrapping_add(word), Store::SWord), follows(cx, addr))
    else {
        return Value::Addr(addr);
    };
    let second = |sec: u64| noted(Value::Int(sec as i64), sec as i64, 0, 9);
    Value::record(vec![("actime", second(access)), ("modtime", second(change))])
}

fn timevals(cx: &mut Cx<'_>, addr: u64) -> Value {
    pair(cx, addr, Store::SWord, "tv_usec", 6)
}

fn timespecs(cx: &mut Cx<'_>, addr: u64) -> Value {
    pair(cx, addr, Store::SWord, "tv_nsec", 9)
}

fn timespecs64(cx: &mut Cx<'_>, addr: u64) -> Value {
    pair(cx, addr, Store::U64, "tv_nsec", 9)
}

/// Two times: of the last access and of the last change.
fn pair(cx: &mut Cx<'_>, addr: u64, store: Store, part: &'static str, digits: usize) -> Value {
    if !follows(cx, addr) {
        return Value::Addr(addr);
    }
    let size = store.size(cx.abi) as u64;
    let mut items = Vec::new();
    for i in 0..2 {
        let at = addr.wrapping_add(2 * size * i);
        let (Some(sec), Some(fraction)) = (cx.load(at, store), cx.load(at.wrapping_add(size), store)) else {
            return Value::Addr(addr);
        };
        items.push(match (digits, fraction) {
            (9, 0x3fff_ffff) => Value::Word(fraction, "UTIME_NOW".into()),
            (9, 0x3fff_fffe) => Value::Word(fraction, "UTIME_OMIT".into()),
            _ => {
                let unsigned = if size == 4 { fraction & 0xffff_ffff } else { fraction };
                let fields = vec![("tv_sec", Value::Int(sec as i64)), (part, Value::Uint(unsigned))];
                noted(Value::record(fields), sec as i64, fraction, digits)
            }
        });
    }
    Value::array(items)
}

/// A value with the date of a time beside it; nothing is said about the time 0.
pub(in crate::rows) fn noted(value: Value, sec: i64, fraction: u64, digits: usize) -> Value {
    match date(sec, fraction, digits) {
        Some(text) => Value::Note(Box::new(value), text.into()),
        None => value,
    }
}

/// The date and time of day, in UTC; `None` for the time 0 and for what is none.
pub(in crate::rows) fn date(sec: i64, fraction: u64, digits: usize) -> Option<String> {
    let whole = if digits == 6 { 1_000_000 } else { 1_000_000_000 };
    if (sec == 0 && fraction == 0) || fraction >= whole {
        return None;
    }
    let (days, second) = (sec.div_euclid(86_400), sec.rem_euclid(86_400));
    let (year, month, day) = civil(days)?;
    let time = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    let part = if fraction == 0 { String::new() } else { format!(".{fraction:0digits$}") };
    Some(format!("{year:04}-{month:02}-{day:02}T{time}{part}+0000"))
}

/// The Gregorian date of a day counted from 1970-01-01; `None` for a year that `struct tm` cannot hold.
fn civil(days: i64) -> Option<(i64, i64, i64)> {
    // Count from 0000-03-01, in eras of 400 years, so that leap days end years.
    let days = days.checked_add(719_468)?;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year + carry;
    i32::try_from(year - 1900).ok()?;
    Some((year, month, date))
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_gregorian() {
        assert_eq!(date(5, 3, 9).as_deref(), Some("1970-01-01T00:00:05.000000003+0000"));
        assert_eq!(date(951_782_400, 0, 9).as_deref(), Some("2000-02-29T00:00:00+0000"));
        assert_eq!(date(-1, 0, 9).as_deref(), Some("1969-12-31T23:59:59+0000"));
        assert_eq!(date(0, 0, 9), None);
        assert_eq!(date(i64::MAX, 1, 9), None);
        assert_eq!(date(i64::MIN, 1, 9), None);
    }
}
