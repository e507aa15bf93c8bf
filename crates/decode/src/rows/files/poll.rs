//! Waiting for descriptors: `poll`, `select`, `epoll`.

use super::args::{FD, follows, shown, word};
use super::names_event::{EPOLL_CREATE1, EPOLL_CTL, EPOLL_EVENTS, POLL};
use crate::context::Cx;
use crate::kind::{Kind, Len};
use crate::layout::{Store, Struct};
use crate::row::{Arg, Class, Ret, Row, arg, both, only32, only64, out};
use crate::rows::common::{TIMESPEC, TIMESPEC64, TIMEVAL};
use crate::value::Value;

const FDS: Arg = arg("fds", Kind::With(|cx, addr| cx.elements(addr, 8, cx.args[1] & 0xffff_ffff, pollfd)));
const NFDS: Arg = arg("nfds", Kind::Uint);
const TIMEOUT: Arg = arg("timeout", Kind::Int);
const SIGMASK3: Arg = arg("sigmask", Kind::Sigset(Len::Arg(4)));
const SIGSIZE: Arg = arg("sigsetsize", Kind::Ulong);
const COUNT: Arg = arg("nfds", Kind::Int);
const READ: Arg = arg("readfds", Kind::With(fd_set));
const WRITE: Arg = arg("writefds", Kind::With(fd_set));
const EXCEPT: Arg = arg("exceptfds", Kind::With(fd_set));
const EPFD: Arg = arg("epfd", Kind::Fd);
const EVENTS: Arg = out("events", Kind::With(|cx, addr| cx.elements(addr, 12, cx.result(), epoll_event)));
const MAXEVENTS: Arg = arg("maxevents", Kind::Int);

/// Never implemented, so that nothing is known of them.
const OLD: &[Arg] =
    &[arg("arg1", Kind::Hex), arg("arg2", Kind::Hex), arg("arg3", Kind::Hex), arg("arg4", Kind::Hex)];

/// The rows of this family.
pub(super) static ROWS: &[Row] = &[
    Row::new("poll", both(7, 168), Class::DESC, &[FDS, NFDS, TIMEOUT]).aux(|cx| polled(cx, None)),
    Row::new(
        "ppoll",
        both(271, 309),
        Class::DESC,
        &[FDS, NFDS, arg("tmo_p", Kind::Ref(&TIMESPEC)), SIGMASK3, SIGSIZE],
    )
    .aux(|cx| polled(cx, Some(&TIMESPEC))),
    Row::new(
        "ppoll_time64",
        only32(414),
        Class::DESC,
        &[FDS, NFDS, arg("tmo_p", Kind::Ref(&TIMESPEC64)), SIGMASK3, SIGSIZE],
    )
    .aux(|cx| polled(cx, Some(&TIMESPEC64))),
    Row::new(
        "select",
        only64(23),
        Class::DESC,
        &[COUNT, READ, WRITE, EXCEPT, arg("timeout", Kind::Ref(&TIMEVAL))],
    )
    .aux(|cx| selected(cx, &TIMEVAL)),
    Row::new(
        "_newselect",
        only32(142),
        Class::DESC,
        &[COUNT, READ, WRITE, EXCEPT, arg("timeout", Kind::Ref(&TIMEVAL))],
    )
    .aux(|cx| selected(cx, &TIMEVAL)),
    Row::new(
        "select",
        only32(82),
        Class::DESC,
        &[
            arg("nfds", Kind::With(old_select)),
            arg("readfds", Kind::With(|cx, _| old_set(cx, 1))),
            arg("writefds", Kind::With(|cx, _| old_set(cx, 2))),
            arg("exceptfds", Kind::With(|cx, _| old_set(cx, 3))),
            arg("timeout", Kind::With(old_timeout)),
        ],
    )
    .aux(|cx| load_old(cx).then(|| selected(cx, &TIMEVAL)).flatten()),
    Row::new(
        "pselect6",
        both(270, 308),
        Class::DESC,
        &[
            COUNT,
            READ,
            WRITE,
            EXCEPT,
            arg("timeout", Kind::Ref(&TIMESPEC)),
            arg("sig", Kind::With(packed_mask)),
        ],
    )
    .aux(|cx| selected(cx, &TIMESPEC)),
    Row::new(
        "pselect6_time64",
        only32(413),
        Class::DESC,
        &[
            COUNT,
            READ,
            WRITE,
            EXCEPT,
            arg("timeout", Kind::Ref(&TIMESPEC64)),
            arg("sig", Kind::With(packed_mask)),
        ],
    )
    .aux(|cx| selected(cx, &TIMESPEC64)),
    Row::new("epoll_create", both(213, 254), Class::DESC, &[arg("size", Kind::Int)]).ret(Ret::Fd),
    Row::new("epoll_create1", both(291, 329), Class::DESC, &[arg("flags", Kind::Flags(&EPOLL_CREATE1))])
        .ret(Ret::Fd),
    Row::new(
        "epoll_ctl",
        both(233, 255),
        Class::DESC,
        &[EPFD, arg("op", Kind::Const(&EPOLL_CTL)), FD, arg("event", Kind::With(control_event))],
    ),
    Row::new("epoll_ctl_old", only64(214), Class::empty(), OLD),
    Row::new("epoll_wait_old", only64(215), Class::empty(), OLD),
    Row::new("epoll_wait", both(232, 256), Class::DESC, &[EPFD, EVENTS, MAXEVENTS, TIMEOUT]),
    Row::new(
        "epoll_pwait",
        both(281, 319),
        Class::DESC,
        &[EPFD, EVENTS, MAXEVENTS, TIMEOUT, out("sigmask", Kind::Sigset(Len::Arg(5))), SIGSIZE],
    ),
    Row::new(
        "epoll_pwait2",
        both(441, 441),
        Class::DESC,
        &[
            EPFD,
            EVENTS,
            MAXEVENTS,
            out("timeout", Kind::Ref(&TIMESPEC64)),
            out("sigmask", Kind::Sigset(Len::Arg(5))),
            SIGSIZE,
        ],
    ),
];

/// `struct pollfd` as it is asked: descriptor and events.
fn pollfd(cx: &mut Cx<'_>, at: u64) -> Option<Value> {
    let fd = cx.load(at, Store::I32)?;
    let mut fields = vec![("fd", cx.fd(fd))];
    if (fd as i32) >= 0 {
        fields.push(("events", Value::Flags(cx.load(at.wrapping_add(4), Store::U16)?, &POLL)));
    }
    Some(Value::record(fields))
}

/// What `poll` found: the descriptors with events, and the time left.
fn polled(cx: &mut Cx<'_>, timeout: Option<&'static Struct>) -> Option<Value> {
    cx.outcome?.value()?;
    let ready = cx.result();
    if ready == 0 {
        return Some(word("Timeout"));
    }
    let (addr, count) = (cx.args[0], cx.args[1] & 0xffff_ffff);
    if !follows(cx, addr) || addr.checked_add(8 * count).is_none() {
        return None;
    }
    let limit = if cx.abbreviate() { cx.env.options.string_limit } else { 1 << 16 };
    let (mut items, mut more) = (Vec::new(), false);
    for i in 0..count.min(1 << 20) {
        let at = addr.wrapping_add(8 * i);
        let (Some(fd), Some(events)) = (cx.load(at, Store::I32), cx.load(at.wrapping_add(6), Store::U16))
        else {
            items.push(Value::Hex(at));
            break;
        };
        if events == 0 {
            continue;
        }
        if items.len() >= limit {
            more = true;
            break;
        }
        items.push(Value::record(vec![
            ("fd", Value::Int(i64::from(fd as i32))),
            ("revents", Value::Flags(events, &POLL)),
        ]));
    }
    if items.is_empty() && !more {
        return None;
    }
    let found = Value::Array { items, more };
    match timeout {
        Some(layout) if cx.args[2] != 0 => {
            let left = cx.structure(cx.args[2], layout);
            Some(word(format!("{}, left {}", shown(&found), shown(&left))))
        }
        _ => Some(found),
    }
}

/// The most descriptors a set can have that is looked at.
const MAX_FDS: usize = 1 << 20;

/// The members of a set of descriptors; `None` if it cannot be read.
fn members(cx: &Cx<'_>, addr: u64) -> Option<Vec<i32>> {
    let count = usize::try_from(cx.int(0)).ok().filter(|&count| count > 0)?.min(MAX_FDS);
    let word = cx.abi.word_size();
    let bytes = cx.read(addr, count.div_ceil(8 * word) * word)?;
    Some((0..count).filter(|fd| bytes[fd / 8] >> (fd % 8) & 1 != 0).map(|fd| fd as i32).collect())
}

fn fd_set(cx: &mut Cx<'_>, addr: u64) -> Value {
    if !follows(cx, addr) {
        return Value::Addr(addr);
    }
    match members(cx, addr) {
        Some(fds) => Value::Set(fds.into_iter().map(|fd| cx.fd(fd as u64)).collect()),
        None => Value::Addr(addr),
    }
}

/// Puts the arguments of the first `select` of i386, which lie in memory, where those of the others are.
fn load_old(cx: &mut Cx<'_>) -> bool {
    let (addr, word) = (cx.args[0], cx.abi.word_size() as u64);
    let mut args = [0; 6];
    for (i, arg) in (0..5).zip(&mut args) {
        match cx.fetch(addr.wrapping_add(i * word), Store::Word) {
            Some(value) => *arg = value,
            None => return false,
        }
    }
    cx.args = args;
    true
}

fn old_select(cx: &mut Cx<'_>, addr: u64) -> Value {
    if load_old(cx) {
        cx.saved[0] = 1;
        return Value::Int(i64::from(cx.int(0)));
    }
    Value::Addr(addr)
}

fn old_set(cx: &mut Cx<'_>, i: usize) -> Value {
    if cx.saved[0] == 0 { Value::Absent } else { fd_set(cx, cx.args[i]) }
}

fn old_timeout(cx: &mut Cx<'_>, _: u64) -> Value {
    if cx.saved[0] == 0 { Value::Absent } else { cx.structure(cx.args[4], &TIMEVAL) }
}

/// The signal mask of `pselect6`: a pointer and a size behind one argument.
fn packed_mask(cx: &mut Cx<'_>, addr: u64) -> Value {
    let word = cx.abi.word_size() as u64;
    let (Some(mask), Some(size), true) =
        (cx.load(addr, Store::Word), cx.load(addr.wrapping_add(word), Store::Word), follows(cx, addr))
    else {
        return Value::Addr(addr);
    };
    Value::record(vec![("sigmask", cx.sigset(mask, size)), ("sigsetsize", Value::Uint(size))])
}

/// What `select` found: the members left in each set, and the time left.
fn selected(cx: &mut Cx<'_>, timeout: &'static Struct) -> Option<Value> {
    cx.outcome?.value()?;
    let mut ready = cx.result();
    if ready == 0 {
        return Some(word("Timeout"));
    }
    let mut parts = Vec::new();
    for (i, name) in ["in", "out", "except"].into_iter().enumerate() {
        let addr = cx.args[i + 1];
        if addr == 0 || ready == 0 {
            continue;
        }
        let Some(fds) = members(cx, addr) else { continue };
        if fds.is_empty() {
            continue;
        }
        let fds = &fds[..fds.len().min(usize::try_from(ready).unwrap_or(usize::MAX))];
        ready -= fds.len() as u64;
        let set = Value::Set(fds.iter().map(|&fd| Value::Uint(fd as u64)).collect());
        parts.push(format!("{name} {}", shown(&set)));
    }
    if cx.args[4] != 0 {
        let left = cx.structure(cx.args[4], timeout);
        parts.push(format!("left {}", shown(&left)));
    }
    Some(word(parts.join(", ")))
}

/// `struct epoll_event`, `<linux/eventpoll.h>`: packed, 12 bytes.
fn epoll_event(cx: &mut Cx<'_>, at: u64) -> Option<Value> {
    let events = cx.load(at, Store::U32)?;
    let data = cx.load(at.wrapping_add(4), Store::U64)?;
    let data = Value::record(vec![("u32", Value::Uint(data & 0xffff_ffff)), ("u64", Value::Uint(data))]);
    Some(Value::record(vec![("events", Value::Flags(events, &EPOLL_EVENTS)), ("data", data)]))
}

fn control_event(cx: &mut Cx<'_>, addr: u64) -> Value {
    // EPOLL_CTL_DEL ignores the event.
    if !follows(cx, addr) || cx.int(1) == 2 {
        return Value::Addr(addr);
    }
    epoll_event(cx, addr).unwrap_or(Value::Addr(addr))
}
